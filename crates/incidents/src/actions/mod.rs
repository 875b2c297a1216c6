//! What people do with an incident, one function each: permit → read → rule → write → record → emit.

mod intake;
mod receipt;
mod retention;
mod transfer;
mod work;

pub use intake::{NewPlace, classify, invalidate, link, locate, take, take_in};
pub use retention::{hold, release, retention};
pub use receipt::{give_receipt, keep_secret};
pub use transfer::{find_outside, hand_over, taken, told, withdraw};
pub(crate) use transfer::warn as warn_transfer;
pub use work::{NewFeedback, StepArgs, dispatch, feedback, give_back, open_handover, recall, review, step, take_handover};

use crate::model::{Intake, Step};
use crate::{rules, store};
use kernel::{IncidentId, Result, Tx};

/// Reads the incident inside the caller's reach; a person with an order reaches it too.
pub(crate) async fn reach(tx: &mut Tx, id: IncidentId) -> Result<Intake> {
    let intake = store::get(tx, id).await?;
    visible(tx, &intake).await?;
    Ok(intake)
}

/// `NotFound` unless the caller may see it: by station, by beat or grid, or by an order given to them.
pub async fn visible(r: &mut kernel::Reader, intake: &Intake) -> Result<()> {
    let actor = r.act().actor.clone();
    if actor.reach().covers(intake.station_id, intake.grid_id, intake.beat_id) && actor.may(kernel::Permission::IncidentSee) {
        return Ok(());
    }
    // Who took the report follows it, wherever it turns out to lie.
    let took = actor.own_beats && actor.user == intake.registered_by && actor.may(kernel::Permission::IncidentSee);
    if actor.station == intake.station_id && took {
        return Ok(());
    }
    if actor.station == intake.station_id && store::was_given(r, intake.id, actor.user).await? {
        return Ok(());
    }
    Err(kernel::Error::NotFound("这起警情"))
}

/// Moves the incident by `step`, with log line, chain entry and event.
pub(crate) async fn advance(tx: &mut Tx, intake: &Intake, step: Step, note: &str) -> Result<()> {
    let to = rules::next(intake.state, step)?;
    store::set_state(tx, intake, to).await?;
    trace(tx, intake.id, step, note).await
}

/// Log line, chain entry and event of one step.
pub(crate) async fn trace(tx: &mut Tx, id: IncidentId, step: Step, note: &str) -> Result<()> {
    store::orders::log(tx, id, step, None, note).await?;
    tell(tx, id, step, note);
    Ok(())
}

/// Chain entry and event of a step whose log lines stand already.
pub(crate) fn tell(tx: &mut Tx, id: IncidentId, step: Step, note: &str) {
    tx.record(&format!("incidents.{}", step.code()), &[("incident", id.0)], note);
    tx.emit(&format!("incidents.{}", step.code()), id);
}
