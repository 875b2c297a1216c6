//! The audit chain: one per station, each entry holding the hash of the one before it.
//!
//! An entry's body is canonical JSON (fields in a fixed order) of ids, codes and digests; personal
//! values never enter it, so lawful deletion does not break the chain. `hash = H(prev ‖ body)`,
//! and the body holds chain, number and time, so an entry can be neither moved nor renumbered.
//! The subjects of a look are kept beside it in an index for "who looked at my data"; verification
//! recomputes that index from the bodies.

use crate::{Act, StationId, Timestamp, Uuid};
use serde::{Deserialize, Serialize};

/// What a record in an entry is: a short kind (`person`, `incident`, …) and its id.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Subject {
    pub k: String,
    pub id: Uuid,
}

/// Read or write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Deed {
    Read,
    Write,
    /// Something was asked for and refused (a guessed receipt, a wrong password).
    Refused,
}

/// The body of an entry, in the order in which it is hashed. Never reorder; add at the end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Body {
    pub v: u8,
    pub chain: StationId,
    pub seq: i64,
    /// Microseconds since 1970, UTC.
    pub at: i64,
    pub deed: Deed,
    pub action: String,
    pub user: Uuid,
    pub role: String,
    /// The actor's station.
    pub unit: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os_user: Option<String>,
    pub purpose: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<Subject>,
    pub command: Uuid,
    pub subjects: Vec<Subject>,
    /// Digest of what was written or asked, hex; empty for plain looks.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub digest: String,
}

/// One thing recorded during a command, turned into a [`Body`] when the command ends.
#[derive(Clone, Debug)]
pub struct Note {
    pub deed: Deed,
    pub action: String,
    pub subjects: Vec<Subject>,
    pub digest: String,
}

impl Body {
    pub(crate) fn new(act: &Act, note: Note, seq: i64, at: Timestamp) -> Body {
        Body {
            v: 1,
            chain: act.station,
            seq,
            at: at.as_microsecond(),
            deed: note.deed,
            action: note.action,
            user: act.actor.user.0,
            role: act.actor.role.code().into(),
            unit: act.actor.station.0,
            os_user: act.actor.os_user.clone(),
            purpose: act.purpose.code().into(),
            about: act.about.map(|(k, id)| Subject { k: k.into(), id }),
            command: act.command.0,
            subjects: note.subjects,
            digest: note.digest,
        }
    }
}

/// An entry holds at most this many subjects; a longer look makes several entries. The table `kernel_audit_place` has as many places.
pub const MAX_SUBJECTS: usize = 200;

/// The first entry of a chain follows this.
pub const GENESIS: [u8; 32] = [0; 32];

/// `H(prev ‖ body)`.
pub fn link(alg: vault::HashAlg, prev: &[u8], body: &str) -> [u8; 32] {
    vault::digest(alg, &[prev, body.as_bytes()])
}
