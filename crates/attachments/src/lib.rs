//! 附件: photos and papers, checked, cleaned, encrypted, linked to records.
//!
//! **Invariants.** The type is what the bytes say, never what the name says. Images are decoded and
//! written anew, so no location, no hidden data and no exploit survives. Size is bounded before and
//! after. Content is kept once by its digest, encrypted under the digest, in the same transaction
//! as the record that it belongs to; it goes by its own period, never before the texts of that record. Who may see a file is decided by its owner record's domain.

mod keep;
mod sniff;
#[cfg(test)]
mod tests;
mod web_pages;

pub use keep::{Kept, Owner, due, forget, keep, load, of_record, owner_emptied, owner_of};
pub use sniff::{MAX_BYTES, Prepared, fuzz_sniff, prepare};

use web::{Domain, Need};

/// Table and the download route. Who may open a file is decided by the owner's `checks`.
pub fn domain() -> Domain {
    Domain {
        name: "attachments",
        migrations: Some(kernel::migrations!("attachments", "0001_attachments.sql", "0002_clearing.sql")),
        routes: vec![web::domain::get("/files/{id}", Need::SignedIn, web_pages::download)],
        ..Domain::default()
    }
}

/// The slot through which a domain says whether a person may see files of one of its records:
/// it answers any non-empty text for "yes".
pub const SEE_SLOT: web::Slot = "attachments.see";
