//! The manifest file: the signed text and its signatures.

use crate::statement::{Bad, FORMAT, MAX_MANIFEST, Statement};
use serde::{Deserialize, Serialize};
use vault::{SignAlg, Vault, VaultError};

/// What the keys of clips are derived for, see [`Vault::attest`].
pub const CONTEXT: &str = "clip";

/// One signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// `sm2` or `ed25519`.
    pub alg: String,
    /// Which key of the station.
    pub key_id: String,
    /// The public key in hexadecimal. Proves nothing by itself.
    pub public: String,
    /// In hexadecimal.
    pub signature: String,
}

/// A manifest as it lies on the disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// [`FORMAT`].
    pub format: String,
    /// The statement as text; exactly these bytes are signed.
    pub statement: String,
    /// SM2 and Ed25519.
    pub signatures: Vec<Mark>,
}

impl Sealed {
    /// Reads a manifest file; the statement inside is read too.
    ///
    /// # Errors
    /// See [`Bad`].
    pub fn parse(bytes: &[u8]) -> Result<(Sealed, Statement), Bad> {
        if bytes.len() > MAX_MANIFEST {
            return Err(Bad::Size);
        }
        let sealed: Sealed = serde_json::from_slice(bytes).map_err(|_| Bad::Shape)?;
        if sealed.format != FORMAT {
            return Err(Bad::Format);
        }
        let short = |t: &str| t.len() <= 300 && t.bytes().all(|b| b.is_ascii_graphic());
        let right = |m: &Mark| [&m.alg, &m.key_id, &m.public, &m.signature].iter().all(|t| short(t));
        if sealed.signatures.len() > 8 || !sealed.signatures.iter().all(right) {
            return Err(Bad::Value("signatures"));
        }
        let statement = Statement::parse(&sealed.statement)?;
        Ok((sealed, statement))
    }

    /// What was signed.
    pub(crate) fn message(&self) -> Vec<u8> {
        message(&self.statement)
    }
}

/// The form's name goes before the text, so that a signature cannot be shown for anything else.
fn message(statement: &str) -> Vec<u8> {
    [FORMAT.as_bytes(), b"\n", statement.as_bytes()].concat()
}

impl Mark {
    pub(crate) fn fits(&self, message: &[u8]) -> bool {
        let (Some(alg), Ok(public), Ok(signature)) =
            (SignAlg::from_id(&self.alg), hex::decode(&self.public), hex::decode(&self.signature))
        else {
            return false;
        };
        alg.verify(&public, message, &signature)
    }
}

/// Why a statement was not sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// It would not be read back.
    #[error("{0}")]
    Statement(#[from] Bad),
    /// The keys'.
    #[error("{0}")]
    Vault(#[from] VaultError),
}

/// Signs a statement with SM2 and with Ed25519. Returns the text of the manifest file.
///
/// # Errors
/// A value out of its bounds (a digest that was not filled in, too long a reason), or the key file's error.
pub fn seal(vault: &Vault, statement: &Statement) -> Result<String, SealError> {
    statement.check()?;
    let text = serde_json::to_string(statement).map_err(|_| Bad::Shape)?;
    let known = vault.attest_keys(CONTEXT);
    let mark = |s: vault::Signature| Mark {
        public: known
            .iter()
            .find(|(id, alg, _)| *id == s.key_id && *alg == s.alg)
            .map(|k| k.2.clone())
            .unwrap_or_default(),
        signature: hex::encode(&s.bytes),
        alg: s.alg,
        key_id: s.key_id,
    };
    let signatures = vault.attest(CONTEXT, &message(&text))?.into_iter().map(mark).collect();
    let sealed = Sealed { format: FORMAT.into(), statement: text, signatures };
    let file = serde_json::to_string_pretty(&sealed).map_err(|_| Bad::Shape)?;
    if file.len() > MAX_MANIFEST { Err(Bad::Size.into()) } else { Ok(file) }
}
