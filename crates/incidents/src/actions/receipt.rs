//! 接报回执 and 请求保密: what the one who reports gets, and may ask for, whatever way the report came.

use super::{reach, trace};
use crate::model::{Intake, NewReceipt, Step};
use crate::{rules, store};
use kernel::{Act, App, IncidentId, Permission, Result, Tx};

/// Gives a receipt; whatever was given before opens nothing any more. The caller shows the secret once, and keeps only the
/// hash. Returns the intake for the paper.
///
/// # Errors
/// Out of reach; a minor's receipt for the minor alone.
pub async fn give_receipt(app: &App, act: &Act, id: IncidentId, new: &NewReceipt) -> Result<()> {
    act.actor.must(Permission::IncidentTake)?;
    act.actor.must(Permission::IncidentSee)?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let intake = reach(tx, id).await?;
            rules::receipt::give(&intake, new.to)?;
            let again = store::receipts::revoke(tx, id).await? > 0;
            store::receipts::insert(tx, id, new).await?;
            trace(tx, id, Step::Receipt, &said(new, again)).await
        })
        .await
}

fn said(new: &NewReceipt, again: bool) -> String {
    let more = if again { "；补发，原查询码作废" } else { "" };
    format!("{}，{}{more}", new.to.label(), new.how.label())
}

/// The receipt of a report that comes in with it (online), inside the taking itself.
pub(super) async fn with_report(tx: &mut Tx, id: IncidentId, new: &NewReceipt) -> Result<()> {
    store::receipts::insert(tx, id, new).await
}

/// The reporter asks for secrecy after the report was taken: the name is closed to all but those who handle it.
pub async fn keep_secret(app: &App, act: &Act, id: IncidentId) -> Result<()> {
    act.actor.must(Permission::IncidentTake)?;
    act.actor.must(Permission::IncidentSee)?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let intake: Intake = reach(tx, id).await?;
            if !intake.secret {
                store::set_secret(tx, &intake).await?;
                if let Some(person) = intake.reporter_id {
                    people::actions::protect(tx, person).await?;
                }
            }
            trace(tx, id, Step::KeepSecret, "").await
        })
        .await
}
