//! Moving in and out, and legal holds.

use super::{index, register};
use crate::model::Home;
use crate::store;
use kernel::{Act, App, Date, Error, FieldErrors, Permission, PersonId, Refusal, Result, Tx, Uuid};

pub(super) fn erased() -> Error {
    Refusal::new("people.erased", "此人的资料已到期清理，不能再修改。", "如需重新登记，请新建人员。").into()
}

/// Moves a person into an address; the present home ends the day before.
/// Errors: already there, earlier than the present home's start, address of another station.
pub async fn move_in(app: &App, act: &Act, id: PersonId, home: Home) -> Result<()> {
    act.actor.must(Permission::PeopleEdit)?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let p = store::own(tx, id).await?;
            if p.erased_at.is_some() {
                return Err(erased());
            }
            register::settle(tx, p.station_id, id, &home).await?;
            store::used_again(tx, id, false, false).await?;
            index(tx, p.station_id, id).await?;
            tx.record("people.move_in", &[("person", id.0), ("address", home.address.0)], &home.from.to_string());
            tx.emit("people.moved", id);
            Ok(())
        })
        .await
}

/// Ends the present home on `on` (included): moved away.
pub async fn move_out(app: &App, act: &Act, id: PersonId, on: Date) -> Result<()> {
    act.actor.must(Permission::PeopleEdit)?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let p = store::own(tx, id).await?;
            match store::open_home(tx, id).await? {
                None => return Err(FieldErrors::one("from", "此人没有现住址，不需要迁出。")),
                Some((_, _, from)) if on < from => {
                    return Err(FieldErrors::one("from", format!("迁出日期不能早于迁入日期 {from}。")));
                }
                Some(_) => {}
            }
            store::end_homes(tx, id, on).await?;
            index(tx, p.station_id, id).await?;
            tx.record("people.move_out", &[("person", id.0)], &on.to_string());
            tx.emit("people.moved", id);
            Ok(())
        })
        .await
}

pub(super) fn reason_of(reason: &str) -> Result<String> {
    let kept = kernel::text::clean(reason);
    match kept.chars().count() {
        2..=200 => Ok(kept),
        _ => Err(FieldErrors::one("reason", "请写明理由，2 到 200 字。")),
    }
}

/// Places a legal hold: nothing of this person is cleared until it is released.
pub async fn hold(app: &App, act: &Act, id: PersonId, reason: &str) -> Result<Uuid> {
    act.actor.must(Permission::PeopleEdit)?;
    let reason = reason_of(reason)?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let p = store::own(tx, id).await?;
            if p.erased_at.is_some() {
                return Err(erased());
            }
            let hold: Uuid = tx.fresh();
            store::insert_hold(tx, p.station_id, id, hold, &reason).await?;
            tx.record("people.hold", &[("person", id.0)], &reason);
            Ok(hold)
        })
        .await
}

/// Releases a hold, with a reason.
pub async fn release(app: &App, act: &Act, id: PersonId, hold: Uuid, reason: &str) -> Result<()> {
    act.actor.must(Permission::PeopleEdit)?;
    let reason = reason_of(reason)?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            store::own(tx, id).await?;
            store::release_hold(tx, id, hold, &reason).await?;
            tx.record("people.release", &[("person", id.0)], &reason);
            Ok(())
        })
        .await
}
