//! Disputes that look like one matter: proposed, decided by a person, merged as a link.

use super::{To, end_of, give, note, reach, trace, visible};
use crate::model::{ClockState, Dispute, Other, Outcome, Reason, Step, TrackResult, Verdict};
use crate::rules;
use crate::store::{self, parts, tracks};
use kernel::{Act, App, DisputeId, FieldErrors, Permission as P, PersonId, Reader, Refusal, Result, Tx, clock};

/// Other disputes with what they have in common, most reasons first; a person decides.
pub async fn proposals(app: &App, r: &mut Reader, d: &Dispute, people: &[PersonId]) -> Result<Vec<(Other, Vec<Reason>)>> {
    let today = app.today();
    let days = app.rules().int("dispute.repeat_window_days", today)?;
    let since = clock::start_of(today).checked_sub(std::time::Duration::from_secs(days.clamp(0, 40_000) as u64 * 86_400)).unwrap_or(d.opened_at);
    let mut out: Vec<(Other, Vec<Reason>)> = tracks::others(r, d, people, since)
        .await?
        .into_iter()
        .map(|o| {
            let why = rules::alike(d, people.len(), &o);
            (o, why)
        })
        .filter(|(_, why)| !why.is_empty())
        .collect();
    out.sort_by_key(|(o, why)| (std::cmp::Reverse(why.len()), std::cmp::Reverse(o.opened_at)));
    out.truncate(8);
    Ok(out)
}

/// What a person decides about two disputes. The same matter again is a fact for the level.
pub async fn relate(app: &App, act: &Act, id: DisputeId, other: DisputeId, verdict: Verdict, why: &str) -> Result<()> {
    act.actor.must(P::DisputeMediate)?;
    let app2 = app.clone();
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            rules::next(d.state, Step::Relate)?;
            if id == other {
                return Err(Refusal::new("mediation.relate_self", "不能与自己关联。", "请选择另一起纠纷。").into());
            }
            let o = store::get(tx, other).await?;
            visible(tx, &o)?;
            let people: Vec<PersonId> = parts::parties(tx, id).await?.iter().map(|p| p.person_id).collect();
            let reasons = proposals(&app2, tx, &d, &people).await?.into_iter().find(|(x, _)| x.id == other).map_or(vec![], |(_, w)| w);
            if reasons.is_empty() && why.trim().is_empty() {
                return Err(FieldErrors::one("relate_note", "系统没有提示这两起相似，请写明认定的理由。"));
            }
            tracks::insert_relation(tx, id, other, verdict, &reasons, why).await?;
            if verdict == Verdict::Same && d.state.is_open() {
                parts::add_fact(tx, id, "repeat_call", &format!("与 {} 为同一纠纷", o.number)).await?;
            }
            trace(tx, other, Step::Relate, (o.state, o.outcome), clock::day_of(tx.now()), &format!("{}：{}", d.number, verdict.label())).await?;
            note(tx, &d, Step::Relate, &format!("{}：{} {why}", o.number, verdict.label())).await
        })
        .await
}

/// Links this dispute to a master, where the matter goes on. Both records stay as they were.
pub async fn merge(app: &App, act: &Act, id: DisputeId, master: DisputeId, why: &str) -> Result<()> {
    act.actor.must(P::DisputeMediate)?;
    if why.trim().is_empty() {
        return Err(FieldErrors::one("merge_note", "请写明为什么是同一件纠纷。"));
    }
    let rules = app.rules();
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            let m = reach(tx, master).await?;
            let own = !parts::agreements(tx, id).await?.is_empty();
            let theirs = !parts::agreements(tx, master).await?.is_empty();
            rules::merge(&d, &m, own, theirs)?;
            super::other::no_case(tx, id, &rules).await?;
            let today = clock::day_of(tx.now());
            tracks::insert_relation(tx, id, master, Verdict::Same, &[], why).await?;
            tracks::end(tx, id, TrackResult::Merged, today, &m.number).await?;
            super::clocks::leave(tx, id, ClockState::Stopped, today, "并入他案").await?;
            for f in parts::follow_ups(tx, id).await?.iter().filter(|f| f.done_at.is_none() && !f.dropped) {
                notices::actions::done_all(tx, f.id.0).await?;
            }
            parts::drop_follow_ups(tx, id).await?;
            super::clocks::finish(tx, &d, Step::Merge, Outcome::Merged, &format!("并入 {}：{why}", m.number)).await?;
            store::set_master(tx, id, Some(master)).await?;
            if m.state.is_open() {
                parts::add_fact(tx, master, "repeat_call", &format!("并入 {}", d.number)).await?;
            }
            trace(tx, master, Step::Relate, (m.state, m.outcome), today, &format!("{} 并入本件", d.number)).await?;
            let title = format!("{} 已并入，请核对当事人和级别", d.number);
            give(tx, (&m, "dispute.merged"), title, master.0, To::User(m.owner_id), end_of(today.tomorrow().unwrap_or(today))).await
        })
        .await
}
