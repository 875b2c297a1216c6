//! What an export states, and its bounds.

use media::export::{Manifest, PartFacts, Span};
use serde::{Deserialize, Serialize};

/// Version of the statement's form.
pub const FORMAT: &str = "fengqiao-evidence-1";

/// Longest manifest file that is read.
pub const MAX_MANIFEST: usize = 4 << 20;
/// Longest text of one field, in characters.
const MAX_TEXT: usize = 500;
const MAX_PARTS: usize = 200;
const MAX_SPANS: usize = 20_000;
pub(crate) const MAX_BLOCKS: usize = 256;
/// 2100-01-01; moments lie between 1970 and then.
const MAX_MS: i64 = 4_102_444_800_000;

/// The camera as the station names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Camera {
    /// Its number in the station's register.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Where it stands.
    #[serde(default)]
    pub place: String,
}

/// Who took the clip out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exporter {
    /// The station.
    pub unit: String,
    /// Name and, where there is one, number of the officer.
    pub name: String,
}

/// Of a copy for publication: what it was made from. The original stays at the station.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blurred {
    /// SHA-256 of the original's file in hexadecimal.
    pub original_sha256: String,
    /// SM3 of it.
    pub original_sm3: String,
    /// Regions that were made unrecognisable.
    pub regions: u32,
}

/// What an export says about itself. Everything here is signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// [`FORMAT`].
    pub format: String,
    /// Number of the export in the register of looks.
    pub export: String,
    /// Which camera.
    pub camera: Camera,
    /// Who.
    pub exporter: Exporter,
    /// When, milliseconds since 1970.
    pub exported_ms: i64,
    /// The purpose by its Chinese name.
    pub purpose: String,
    /// Why, in the exporter's words.
    pub reason: String,
    /// Number of the incident, or "".
    #[serde(default)]
    pub incident: String,
    /// Who approved, or "".
    #[serde(default)]
    pub approver: String,
    /// Only of a copy in which regions were made unrecognisable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blurred: Option<Blurred>,
    /// The film: span, gaps, files with their digests.
    pub clip: Manifest,
}

/// Why a file is no manifest that can be checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Bad {
    /// Larger than [`MAX_MANIFEST`].
    #[error("the manifest is larger than 4 MiB")]
    Size,
    /// Not JSON of this shape.
    #[error("the file is no manifest of a clip")]
    Shape,
    /// Another version.
    #[error("the manifest is of a form that this program does not know")]
    Format,
    /// A value out of its bounds; names it.
    #[error("the manifest holds an impossible value: {0}")]
    Value(&'static str),
}

impl Statement {
    /// Reads the signed text.
    ///
    /// # Errors
    /// It is no statement, of another version, or a value is out of its bounds.
    pub fn parse(text: &str) -> Result<Statement, Bad> {
        if text.len() > MAX_MANIFEST {
            return Err(Bad::Size);
        }
        let s: Statement = serde_json::from_str(text).map_err(|_| Bad::Shape)?;
        s.check()?;
        Ok(s)
    }

    pub(crate) fn check(&self) -> Result<(), Bad> {
        if self.format != FORMAT {
            return Err(Bad::Format);
        }
        let texts = [
            ("export", &self.export),
            ("camera.code", &self.camera.code),
            ("camera.name", &self.camera.name),
            ("camera.place", &self.camera.place),
            ("exporter.unit", &self.exporter.unit),
            ("exporter.name", &self.exporter.name),
            ("purpose", &self.purpose),
            ("reason", &self.reason),
            ("incident", &self.incident),
            ("approver", &self.approver),
            ("clip.stream", &self.clip.stream),
            ("clip.format", &self.clip.format),
        ];
        if let Some((name, _)) = texts.iter().find(|(_, t)| !printable(t)) {
            return Err(Bad::Value(name));
        }
        if !moment(self.exported_ms) {
            return Err(Bad::Value("exported_ms"));
        }
        if self.blurred.as_ref().is_some_and(|b| !digest(&b.original_sha256) || !digest(&b.original_sm3)) {
            return Err(Bad::Value("blurred"));
        }
        let clip = &self.clip;
        if !span(&clip.asked) || clip.gaps.len() > MAX_SPANS || !clip.gaps.iter().all(span) {
            return Err(Bad::Value("clip.gaps"));
        }
        if clip.parts.is_empty() || clip.parts.len() > MAX_PARTS {
            return Err(Bad::Value("clip.parts"));
        }
        clip.parts.iter().try_for_each(part)
    }
}

fn part(p: &PartFacts) -> Result<(), Bad> {
    let lists = p.segments.len() <= MAX_SPANS && p.lossy.len() <= MAX_SPANS && p.lossy.iter().all(span);
    let segments = p.segments.iter().all(|s| s.film_ms >= 0 && moment(s.from_ms) && moment(s.to_ms));
    if !lists || !segments || !printable(&p.codec) {
        return Err(Bad::Value("clip.parts.segments"));
    }
    if p.bytes == 0 || p.bytes > 1 << 50 {
        return Err(Bad::Value("clip.parts.bytes"));
    }
    let known = |alg: &str| p.digests.get(alg).is_some_and(|d| digest(d));
    if p.digests.len() > 8 || !known("sha256") || !known("sm3") {
        return Err(Bad::Value("clip.parts.digests"));
    }
    let Some(blocks) = &p.blocks else { return Err(Bad::Value("clip.parts.blocks")) };
    let right = (1..=1 << 50).contains(&blocks.size)
        && blocks.sha256.len() <= MAX_BLOCKS
        && blocks.sha256.len() as u64 == p.bytes.div_ceil(blocks.size);
    if right && blocks.sha256.iter().all(|d| digest(d)) { Ok(()) } else { Err(Bad::Value("clip.parts.blocks")) }
}

/// No control characters: the text is shown on a terminal.
fn printable(t: &str) -> bool {
    t.chars().count() <= MAX_TEXT && !t.chars().any(|c| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c))
}

fn moment(ms: i64) -> bool {
    (0..=MAX_MS).contains(&ms)
}

fn span(s: &Span) -> bool {
    moment(s.from_ms) && moment(s.to_ms) && s.from_ms <= s.to_ms
}

/// 64 lower-case hexadecimal digits.
fn digest(d: &str) -> bool {
    d.len() == 64 && d.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}
