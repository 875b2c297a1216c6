//! 窗口不空岗: today minute by minute, and a month.

use super::open_days;
use crate::model::{Span, Stand, Ticket, TicketState, moment};
use crate::rules::empty::{self, Kept};
use crate::store;
use kernel::rules::RuleSet;
use kernel::{Date, Reader, Result, StationId, ToSpan, Uuid, clock};

/// A window on a day with what became of its plan.
pub struct WindowDay {
    pub day: Date,
    pub window: Uuid,
    pub name: String,
    pub kept: Kept,
    /// The whole day's plan, what is still to come too.
    pub plan: Vec<Span>,
}

/// Plan and stands of the windows on days of the span, up to now.
pub async fn kept(r: &mut Reader, rules: &RuleSet, station: StationId, from: Date, until: Date) -> Result<(Vec<WindowDay>, Vec<Stand>)> {
    let now = r.now();
    let until = until.min(clock::day_of(now));
    if until < from {
        return Ok((vec![], vec![]));
    }
    let (_, days) = open_days(r, rules, station, from, until).await?;
    let stands = store::stands_between(r, station, moment(from, 0), moment(until.saturating_add(1.days()), 0)).await?;
    let mut out = vec![];
    for d in &days {
        for w in &d.windows {
            let kept = empty::keep(d.date(), w.id, &w.spans, &stands, now);
            out.push(WindowDay { day: d.date(), window: w.id, name: w.name.clone(), kept, plan: w.spans.clone() });
        }
    }
    Ok((out, stands))
}

/// Minutes of a window, or of all, over the days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    pub planned: i64,
    pub actual: i64,
    pub empty: i64,
    pub extra: i64,
}

impl Sum {
    pub fn of<'a>(days: impl Iterator<Item = &'a WindowDay>) -> Sum {
        days.fold(Sum::default(), |s, d| Sum {
            planned: s.planned + empty::minutes(&d.kept.planned),
            actual: s.actual + empty::minutes(&d.kept.actual),
            empty: s.empty + empty::minutes(&d.kept.empty),
            extra: s.extra + empty::minutes(&d.kept.extra),
        })
    }
}

/// Tickets of a service, or of all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waits {
    pub drawn: i64,
    pub done: i64,
    /// Left, or called and not there.
    pub lost: i64,
    /// Seconds from drawing to the first call.
    pub p50: Option<i64>,
    pub p90: Option<i64>,
    pub longest: Option<i64>,
}

impl Waits {
    pub fn of<'a>(tickets: impl Iterator<Item = &'a Ticket> + Clone) -> Waits {
        let waits: Vec<i64> = tickets.clone().filter_map(Ticket::waited).collect();
        let count = |states: &[TicketState]| tickets.clone().filter(|t| states.contains(&t.state)).count() as i64;
        Waits {
            drawn: tickets.clone().count() as i64,
            done: count(&[TicketState::Done]),
            lost: count(&[TicketState::Left, TicketState::Missed]),
            p50: empty::rank(&waits, 0.5),
            p90: empty::rank(&waits, 0.9),
            longest: waits.iter().copied().max(),
        }
    }
}
