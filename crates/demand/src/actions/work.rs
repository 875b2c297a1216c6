//! 岗位的活: how long one matter takes a post, how many people that needs, and what became of it lately.

use super::{BESIDE, DAYS};
use crate::rules::kept::in_time;
use incidents::store::{CALLED, handled_between, sent_between};
use kernel::rules::RuleSet;
use kernel::{Date, Reader, Result, StationId, Timestamp, ToSpan, clock};
use roster::model::PostKind;
use staffing::load::Service;

/// Measured durations from which the planning goes by them and not by what is usual.
const MEASURED: usize = 30;
/// Spread of durations where none was measured.
const USUAL_SPREAD: f64 = 0.8;
/// Minutes that a report can take at the desk; beyond, it was written down afterwards.
const AT_DESK: std::ops::RangeInclusive<f64> = 0.5..=60.0;
/// Minutes that a scene can take; beyond, the feedback was written afterwards.
const AT_SCENE: std::ops::RangeInclusive<f64> = 5.0..=480.0;

/// Minutes that a promise may name at most; whoever still waits no longer than that is neither in time nor late.
pub const LONGEST: i64 = 120;

/// Matters that are read of a kind of post at once; of more the newest are counted, and the page says so.
pub const MATTERS: usize = CALLED;

/// How long one matter takes, that in words, and how many people go together.
#[derive(Clone, Debug, PartialEq)]
pub struct Work {
    pub service: Service,
    pub taking: String,
    pub crew: i64,
}

/// One matter that came to a post, and how long it waited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matter {
    pub came: Timestamp,
    /// Seconds until somebody took it on; `None` for what nobody did.
    pub waited: Option<i64>,
    /// The ticket, or the number of the report.
    pub label: String,
    /// Where the report is; "" of a ticket.
    pub path: String,
}

fn minutes(from: Timestamp, until: Timestamp) -> f64 {
    (until.as_microsecond() - from.as_microsecond()) as f64 / 60_000_000.0
}

fn by(measured: Vec<f64>, what: &str, usual: f64, whence: &str) -> (Service, String) {
    if measured.len() >= MEASURED {
        let mean = measured.iter().sum::<f64>() / measured.len() as f64;
        let words = format!("{what}按 {} 次实际登记（平均 {mean:.1} 分钟）", measured.len());
        return (Service::Measured(measured), words);
    }
    let words = format!("实际登记只有 {} 次，{what}按{whence} {usual:.0} 分钟", measured.len());
    (Service::LogNormal { mean: usual, cv: USUAL_SPREAD }, words)
}

/// What is known of the work of a kind of post: at windows by the tickets served, at the desk from a report to the first
/// order (or to its entry, where nobody was sent), on patrol from the first order to the last feedback.
pub async fn work(r: &mut Reader, rules: &RuleSet, station: StationId, kind: PostKind) -> Result<Work> {
    let today = clock::day_of(r.now());
    let since = clock::start_of(today.saturating_sub(DAYS.days()));
    let until = clock::start_of(today.saturating_add(1.days()));
    let mut measured = vec![];
    let (service, taking, crew) = match kind {
        PostKind::Command => {
            for h in handled_between(r, station, since, until, CALLED).await? {
                measured.push(minutes(h.answered_at.unwrap_or(h.called_at), h.sent_at.unwrap_or(h.registered_at)));
            }
            measured.retain(|m| AT_DESK.contains(m));
            let usual = rules.int("demand.desk_minutes", today)? as f64;
            let (service, taking) = by(measured, "接报到派出的时长", usual, "本地默认的平均");
            (service, taking, 1)
        }
        PostKind::Patrol => {
            let sent = sent_between(r, station, since, until, CALLED).await?;
            measured.extend(sent.iter().filter_map(|s| Some(minutes(s.sent_at, s.finished_at?))).filter(|m| AT_SCENE.contains(m)));
            let usual = rules.int("demand.scene_minutes", today)? as f64;
            let crew = rules.int("demand.patrol_crew", today)?;
            let (service, taking) = by(measured, "出警到反馈的时长", usual, "本地默认的平均");
            (service, format!("{taking}；一组 {crew} 人"), crew)
        }
        _ => {
            let services = windows::store::services(r, station).await?;
            for s in &services {
                measured.extend(windows::store::minutes_taken(r, station, s.id, since).await?);
            }
            measured.retain(|m| (0.5..=480.0).contains(m));
            let mean = services.iter().map(|s| s.minutes as f64).sum::<f64>() / services.len().max(1) as f64;
            let (service, taking) = by(measured, "办理时长", mean.max(1.0), "各业务设定的平均");
            (service, taking, 1)
        }
    };
    Ok(Work { service, taking, crew })
}

/// What came to posts of this kind on days of a span, and how long it waited: at windows people from their ticket to the first call,
/// at the desk reports from the call until it was answered (or entered, where that is not known), on patrol reports from the first
/// order until one was signed. What was given back or taken back is no order; who still waits is left out, an order for [`LONGEST`].
/// The newest of `most`, newest first, and whether there may be more.
pub async fn matters(r: &mut Reader, station: StationId, kind: PostKind, from: Date, until: Date, most: usize) -> Result<(Vec<Matter>, bool)> {
    let now = r.now();
    let seconds = |from: Timestamp, until: Timestamp| (until.as_second() - from.as_second()).max(0);
    let (start, end) = (clock::start_of(from), clock::start_of(until.saturating_add(1.days())));
    let read;
    let mut all: Vec<Matter> = match kind {
        PostKind::Command => {
            let all = handled_between(r, station, start, end, most).await?;
            read = all.len();
            let of = |h: incidents::model::Handled| Matter {
                came: h.called_at,
                waited: Some(seconds(h.called_at, h.answered_at.unwrap_or(h.registered_at))),
                label: h.number,
                path: format!("/incidents/{}", h.id),
            };
            all.into_iter().map(of).collect()
        }
        PostKind::Patrol => {
            let all = sent_between(r, station, start, end, most).await?;
            read = all.len();
            let open = |s: &incidents::model::Sent| s.signed_at.is_none() && seconds(s.sent_at, now) <= LONGEST * 60;
            let of = |s: incidents::model::Sent| Matter {
                came: s.sent_at,
                waited: s.signed_at.map(|t| seconds(s.sent_at, t)),
                label: s.number,
                path: format!("/incidents/{}", s.id),
            };
            all.into_iter().filter(|s| !open(s)).map(of).collect()
        }
        _ => {
            let all = windows::store::waits_between(r, station, from, until, most).await?;
            read = all.len();
            let of = |w: &windows::model::Wait| Matter { came: w.drawn_at, waited: w.waited(), label: w.label(), path: String::new() };
            all.iter().filter(|w| !w.open()).map(of).collect()
        }
    };
    all.sort_by_key(|m| std::cmp::Reverse(m.came));
    Ok((all, read >= most))
}

/// What came in the last four weeks, without today.
pub async fn lately(r: &mut Reader, station: StationId, kind: PostKind) -> Result<Vec<Matter>> {
    let today = clock::day_of(r.now());
    Ok(matters(r, station, kind, today.saturating_sub(BESIDE.days()), today.saturating_sub(1.days()), MATTERS).await?.0)
}

/// What of the last four weeks was taken on within so many minutes, and of how many.
pub async fn kept_lately(r: &mut Reader, station: StationId, kind: PostKind, within: i64) -> Result<(i64, i64)> {
    let all = lately(r, station, kind).await?;
    Ok((all.iter().filter(|m| in_time(m.waited, within)).count() as i64, all.len() as i64))
}
