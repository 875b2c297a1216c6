//! Reporters, parties, witnesses: persons with as little as the matter needs.

use super::{blind_phone, index, keep};
use crate::model::{Home, IdKind, NewContact, Relation, Secret, Sex};
use crate::store::{self, Ready};
use crate::{actions::register, rules};
use kernel::{App, Error, FieldErrors, PersonId, Result, Tx, clock};

/// Keeps a contact inside another domain's command, which records its own deed. The same name and
/// phone in the same station are the same person. Errors: neither name nor phone, or one that is wrong.
pub async fn register_contact(app: &App, tx: &mut Tx, new: NewContact) -> Result<PersonId> {
    let mut e = FieldErrors::default();
    let unnamed = new.name.trim().is_empty();
    let name = if unnamed { rules::NAMELESS.to_string() } else { rules::name(&new.name) };
    if let Some(s) = rules::name_error(&name) {
        e.add("reporter_name", s);
    }
    let phone = rules::phone(&new.phone).unwrap_or_else(|s| {
        e.add("reporter_phone", s);
        None
    });
    if unnamed && phone.is_none() && e.is_empty() {
        e.add("reporter_name", "请填写姓名或电话。");
    }
    e.ok(())?;
    if let Some(number) = &phone {
        let blind = blind_phone(app, number);
        if let Some(known) = store::same_contact(tx, new.station, &name, blind).await? {
            store::used_again(tx, known, new.protected, new.minor).await?;
            index(tx, new.station, known).await?;
            return Ok(known);
        }
    }
    let id: PersonId = tx.fresh();
    let kept = phone.map(|n| keep(app, id, Secret::Phone, &n)).transpose()?;
    let ready = Ready {
        name,
        sex: Sex::Unknown,
        ethnicity: String::new(),
        birth: None,
        adult_on: None,
        minor_told: new.minor,
        id_kind: IdKind::None,
        id_number: None,
        phone: kept,
        kind: None,
        contact: true,
        protected: new.protected,
        domicile: String::new(),
        pending_place: String::new(),
        died_on: None,
    };
    if store::insert(tx, new.station, id, &ready).await? == 0 {
        return Err(Error::internal("a contact without a document collided"));
    }
    if let Some(address) = new.address {
        let home = Home { address, from: clock::day_of(tx.now()), relation: Relation::Other };
        register::settle(tx, new.station, id, &home).await?;
    }
    index(tx, new.station, id).await?;
    tx.record("people.contact", &[("person", id.0)], "");
    Ok(id)
}

/// The person asks for secrecy (请求保密): the name is closed to all but those who handle the matter.
pub async fn protect(tx: &mut Tx, id: PersonId) -> Result<()> {
    let station = tx.act().station;
    store::used_again(tx, id, true, false).await?;
    index(tx, station, id).await?;
    tx.record("people.protect", &[("person", id.0)], "");
    Ok(())
}

/// Another matter uses a known person: the clearing period starts anew.
pub async fn touch(tx: &mut Tx, id: PersonId) -> Result<()> {
    store::used_again(tx, id, false, false).await
}
