//! Data in, PDF out: printed papers by typst as a library; and PDF files of others as pictures to bind ([`Foreign`]).
//!
//! A paper is a [`Template`] (typst source compiled into the program) and a JSON value. [`render`] lays the
//! value out and returns a PDF/A-2b file. The engine knows no field and no law; the two samples it carries,
//! [`MEDIATION_AGREEMENT`] and [`RECEIPT`], state their JSON shape in their own docs. Domains keep their
//! templates in their own `typst/` folder and import the shared look from [`BASE`]:
//!
//! ```typst
//! #import "/base.typ": *
//! #let data = sys.inputs
//! #show: paper.with(title: "回访记录", number: data.number)
//! ```
//!
//! What the engine promises:
//!
//! * **Data is never source.** Values arrive through `sys.inputs` as strings, numbers, lists and dictionaries;
//!   `#read("…")`, `$x$` or `****` in a name print as those characters. A template has to call `eval` itself to
//!   break this, and none may.
//! * **No files, no network, no clock.** A template can import `/base.typ`, `/forms.typ` (papers made of blocks) and
//!   `/agreement.typ`, and nothing else.
//! * **Same data, same bytes.** The creation date is the data's `issued_at`; the PDF id is a hash of template
//!   name and data. (Another program version or other mounted fonts may give other bytes: keep the file that was
//!   signed, do not print it again.)
//! * **No silent gaps.** A character that no font can draw is printed as 〓 and listed in [`Pdf::missing`].
//! * **Bounds** on input, pictures, pages and mounted fonts, see [`limits`].
//!
//! Costs (release build with the root profile, one core; `examples/measure.rs` prints them again): a three-page
//! agreement 21 ms, the first paper of the process 80–110 ms because it unpacks the fonts, data at the bounds up to 3 s
//! and 620 MB. [`render`] computes on the calling thread and cannot be interrupted: call it from `spawn_blocking`,
//! and let a semaphore admit two or so at a time.

mod data;
mod dossier;
mod error;
mod fonts;
mod foreign;
mod paper;
mod samples;
#[cfg(test)]
mod tests;

pub use dossier::{COPIES, DOSSIER, FORM};
pub use error::DocumentError;
pub use fonts::{add_font_dir, edition};
pub use foreign::{Foreign, Unreadable};
pub use paper::{BASE, Pdf, Template, render};
pub use samples::{MEDIATION_AGREEMENT, RECEIPT};

/// The bounds of the engine. Beyond one of them [`render`] or [`add_font_dir`] returns an error that names it.
pub mod limits {
    /// Bytes of all strings and keys in one paper's data, pictures not counted. About 80,000 Chinese characters.
    pub const MAX_TEXT_BYTES: usize = 256 * 1024;
    /// Values (strings, numbers, lists, dictionaries) in one paper's data.
    pub const MAX_VALUES: usize = 20_000;
    /// Depth of nested lists and dictionaries.
    pub const MAX_DEPTH: usize = 16;
    /// Bytes of all decoded pictures of one paper.
    pub const MAX_PICTURE_BYTES: usize = 24 * 1024 * 1024;
    /// Pixels of one picture, width × height.
    pub const MAX_PICTURE_PIXELS: u64 = 20_000_000;
    /// Pages of one paper.
    pub const MAX_PAGES: usize = 200;
    /// Pages of one PDF file that is bound into a paper.
    pub const MAX_FOREIGN_PAGES: usize = 60;
    /// Font files taken from mounted directories, all together.
    pub const MAX_FONT_FILES: usize = 64;
    /// Bytes of one mounted font file.
    pub const MAX_FONT_BYTES: u64 = 64 * 1024 * 1024;
    /// Bytes of all mounted font files together.
    pub const MAX_FONT_TOTAL_BYTES: u64 = 256 * 1024 * 1024;
}
