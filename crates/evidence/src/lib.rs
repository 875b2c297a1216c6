//! Clips that prove themselves (录像证据): what an export says about itself, signed, and the check of a file against it.
//!
//! Joins two neighbours that do not know each other: [`media`] makes the file, [`vault`] digests and signs. No database, no
//! HTTP, no clock: `fengqiao verify-clip` and the stand-alone page work on any machine, years later. Invariants:
//!
//! - what is signed is the text of the statement, byte for byte as it stands in the manifest; nothing is written anew before a check;
//! - digests are made while the bytes pass (SHA-256, SM3, and SHA-256 by blocks, so that a change is found where it is);
//! - any bytes as a manifest give an answer, in bounded memory, never a panic;
//! - "the signature fits" and "the key is the station's" are two statements: the second needs a key that came another way.
//!
//! ```no_run
//! # fn example(clip: media::export::Clip, vault: vault::Vault, mut statement: evidence::Statement) -> Result<(), Box<dyn std::error::Error>> {
//! for part in 0..clip.parts() {
//!     let mut digests = evidence::Digests::new(clip.bytes(part));
//!     clip.write(part, &mut std::io::sink(), &mut digests.hashers())?;
//!     digests.fill(&mut statement.clip.parts[part]);
//! }
//! let manifest = evidence::seal(&vault, &statement)?; // the text of manifest.json
//! # let _ = manifest; Ok(()) }
//! ```

mod digests;
mod keys;
mod seal;
mod statement;
mod verify;
mod words;

pub use digests::{Digests, Measured, block_size, measure};
pub use keys::{Key, parse_keys};
pub use seal::{CONTEXT, Mark, SealError, Sealed, seal};
pub use statement::{Bad, Blurred, Camera, Exporter, FORMAT, MAX_MANIFEST, Statement};
pub use verify::{FileFinding, SignFinding, Verdict, verify};
pub use words::{Words, clock};

/// The stand-alone page that checks a clip in a browser, in one file, without a network. It opens from `file://`; an export
/// hands it out as a download (the site's content security policy does not let it run inside the site).
pub const PAGE: &str = include_str!("../assets/verify-clip.html");
