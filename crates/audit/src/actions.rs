//! What people do: delay a disclosure, lift it.

use crate::store;
use kernel::{Act, App, FieldErrors, Permission, Result, Timestamp, Tx, Uuid};

/// Delays the disclosure of looks at a record until a review; the longest step is a rule value.
pub async fn delay(app: &App, act: &Act, kind: &str, subject: Uuid, reason: &str, basis: &str, review: Timestamp) -> Result<()> {
    act.actor.must(Permission::DisclosureDelay)?;
    let today = kernel::clock::day_of(act.at);
    let longest = app.rules().int("disclosure.review_days", today)?;
    let mut errors = FieldErrors::default();
    if reason.trim().is_empty() {
        errors.add("reason", "请写明公开会怎样妨碍办案。");
    }
    if basis.trim().is_empty() {
        errors.add("basis", "请写明法律依据。");
    }
    let last = act.at.checked_add(std::time::Duration::from_secs(longest.max(1) as u64 * 86_400)).unwrap_or(act.at);
    if review <= act.at || review > last {
        errors.add("review_at", format!("复核日期须在今天之后、{longest} 天之内；到期可再延。"));
    }
    errors.ok(())?;
    let (kind, reason, basis) = (kind.to_string(), reason.to_string(), basis.to_string());
    app.db()
        .write(act, async |tx: &mut Tx| {
            let id: Uuid = tx.fresh();
            store::insert_delay(tx, id, &kind, subject, &reason, &basis, review).await?;
            tx.record("audit.delay", &[("delay", id)], &reason);
            Ok(())
        })
        .await
}

/// Lifts a delay: what was hidden is shown from now on.
pub async fn lift(app: &App, act: &Act, id: Uuid) -> Result<()> {
    act.actor.must(Permission::DisclosureDelay)?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            store::lift(tx, id).await?;
            notices::actions::done_all(tx, id).await?;
            tx.record("audit.lift", &[("delay", id)], "");
            Ok(())
        })
        .await
}
