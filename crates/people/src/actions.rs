//! What people do: each fn permits, reads, asks the rule, writes, records, tells.

mod borders;
mod contact;
mod household;
mod import;
mod register;
mod retention;
mod reveal;

pub use borders::{building_moved, grid_moved};
pub use contact::{protect, register_contact, touch};
pub use household::{hold, move_in, move_out, release};
pub use import::{import_row, judge_row};
pub use register::{edit, register};
pub use retention::{Class, MAX_RUN, hold_record, keep_report, keep_until, release_record, retention, retention_job, run};
pub use reveal::{PURPOSES, blind_id_number, blind_phone, reveal, reveal_for_matter};

use crate::model::Secret;
use crate::rules;
use crate::store::Kept;
use kernel::search::Doc;
use kernel::{App, PersonId, Result, StationId, Tx};

/// Names of the blind indexes; other domains that look by number use them too.
pub const ID_FIELD: &str = "person.id_number";
pub const PHONE_FIELD: &str = "person.phone";

/// What the ciphertext is bound to: one person, one field.
pub(crate) fn aad(id: PersonId, secret: Secret) -> String {
    format!("people|{id}|{}", secret.code())
}

/// Seals a number of a person, with blind index and tail.
pub(crate) fn keep(app: &App, id: PersonId, secret: Secret, number: &str) -> Result<Kept> {
    let (field, tail) = match secret {
        Secret::IdNumber => (ID_FIELD, 2),
        Secret::Phone => (PHONE_FIELD, 4),
    };
    Ok(Kept {
        sealed: app.vault().seal(aad(id, secret).as_bytes(), number.as_bytes())?,
        blind: app.vault().blind(field, number),
        tail: rules::tail(number, tail),
    })
}

/// Puts a person into the search index: name and address line, never a number. Whoever is hidden
/// from some roles stands there without name.
pub(crate) async fn index(tx: &mut Tx, station: StationId, id: PersonId) -> Result<()> {
    let p = crate::store::raw(tx, id).await?;
    let today = kernel::clock::day_of(tx.now());
    let home = crate::store::open_home(tx, id).await?.map(|(_, address, _)| address);
    let (line, grid, beat) = match home {
        Some(a) => (
            places::store::address_line(tx, a).await?,
            places::store::grid_of(tx, a, today).await?,
            places::store::beat_of(tx, a, today).await?,
        ),
        None => (p.pending_place.clone(), None, None),
    };
    let (title, text) = match (p.protected, rules::is_minor(&p, today)) {
        (true, _) => ("受保护人", ""),
        (_, true) => ("未成年人", ""),
        _ => (p.name.as_str(), line.as_str()),
    };
    let at = tx.now();
    tx.index(&Doc { kind: "person", id: id.0, station, grid, beat, at, title, text }).await
}
