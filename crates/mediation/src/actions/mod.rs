//! What people do with a dispute, one function each: permit → read → rule → write → record → emit.

mod after;
mod clocks;
mod handover;
mod level;
mod mediate;
mod open;
mod other;
mod paper;
mod relate;
mod retention;

pub use after::{add_follow_ups, break_promise, close, confirm, follow_up, perform, reopen};
pub use clocks::{extend, extend_case, extend_court, pause, resume};
pub(crate) use clocks::{TASK, stop, task};
pub use handover::{Reply, answer, apply, decline, hand_over};
pub use level::{report_risk, set_level, take_lead};
pub use mediate::{Agreed, agree, committee_number, fail, gate, number_recording, plan, recheck, talk};
pub use open::{MAX_SUMMARY, add_party, amend_party, edit, open};
pub use other::{Case, add_committee, amend_settlement, decide, escalate, protect, refer, self_settle, warn, withdraw};
pub use relate::{merge, proposals, relate};
pub use retention::{hold, release, retention};
pub use paper::{agreement_data, paper, performed_how};

use crate::model::{Dispute, Outcome, State, Step};
use crate::{rules, store};
use kernel::{Date, DisputeId, Error, Permission as P, Reader, Result, Role, Timestamp, Tx, UserId, Uuid};
use notices::model::NewTask;

/// Reads the dispute inside the caller's reach.
pub(crate) async fn reach(tx: &mut Tx, id: DisputeId) -> Result<Dispute> {
    let d = store::get(tx, id).await?;
    visible(tx, &d)?;
    Ok(d)
}

/// `NotFound` unless the caller may see it: the station's people with 查看纠纷 (narrowed to their own beats where the
/// account is, but always what they handle), grid workers in their own grids (the shared minimal view).
pub fn visible(r: &Reader, d: &Dispute) -> Result<()> {
    let actor = &r.act().actor;
    let may = actor.may(P::DisputeSee) || actor.may(P::DisputeAssist);
    let own = actor.own_beats && actor.station == d.station_id && d.owner_id == actor.user;
    if may && (own || actor.reach().covers(d.station_id, d.grid_id, d.beat_id)) { Ok(()) } else { Err(Error::NotFound("这起纠纷")) }
}

/// Whether the person acting works the dispute: handles it, leads it, or was in the crew of a session or of a mediation on the spot. Whoever asked for
/// secrecy, and minors, are named to them; to others by their role ([`people::rules::handles_protected`]).
pub async fn handles(r: &mut Reader, d: &Dispute) -> Result<bool> {
    let actor = r.act().actor.clone();
    if actor.role == Role::System || d.owner_id == actor.user || d.lead_id == Some(actor.user) {
        return Ok(true);
    }
    let took_part = store::parts::crews(r, d.id).await?.iter().any(|c| c.1 == actor.user);
    Ok(took_part || store::parts::agreement_crews(r, d.id).await?.iter().any(|c| c.1 == actor.user))
}

/// Moves the dispute by `step` as of `day`, with log line, chain entry and event.
pub(crate) async fn advance(tx: &mut Tx, d: &Dispute, step: Step, outcome: Option<Outcome>, day: Date, note: &str) -> Result<State> {
    let to = rules::after(d, step)?;
    let outcome = if to == State::Closed { outcome.or(d.outcome) } else { None };
    if to != d.state {
        store::set_state(tx, d, to, outcome).await?;
    }
    trace(tx, d.id, step, (to, outcome), day, note).await?;
    Ok(to)
}

/// Log line, chain entry and event of one step that changes no state.
pub(crate) async fn note(tx: &mut Tx, d: &Dispute, step: Step, text: &str) -> Result<()> {
    rules::next(d.state, step)?;
    let day = kernel::clock::day_of(tx.now());
    trace(tx, d.id, step, (d.state, d.outcome), day, text).await
}

pub(crate) async fn trace(tx: &mut Tx, id: DisputeId, step: Step, after: (State, Option<Outcome>), day: Date, text: &str) -> Result<()> {
    store::log(tx, id, day, step, after, text).await?;
    tx.record(&format!("mediation.{}", step.code()), &[("dispute", id.0)], text);
    tx.emit(&format!("mediation.{}", step.code()), id);
    Ok(())
}

/// The end of a day, as a task's deadline.
pub(crate) fn end_of(day: Date) -> Timestamp {
    kernel::clock::start_of(day.tomorrow().unwrap_or(day))
}

/// Gives a task about the dispute.
pub(crate) async fn give(
    tx: &mut Tx,
    d: (&Dispute, &'static str),
    title: String,
    record: Uuid,
    to: To,
    due: Timestamp,
) -> Result<()> {
    let (dispute, kind) = d;
    let (to_user, to_role) = match to {
        To::User(u) => (Some(u), None),
        To::Role(r) => (None, Some(r)),
    };
    notices::actions::put(
        tx,
        NewTask {
            station: dispute.station_id,
            kind,
            title: format!("{} {title}", dispute.number),
            path: format!("/disputes/{}", dispute.id),
            record,
            to_user,
            to_role,
            due,
        },
    )
    .await
    .map(|_| ())
}

/// Whose task it is.
pub(crate) enum To {
    User(UserId),
    Role(Role),
}
