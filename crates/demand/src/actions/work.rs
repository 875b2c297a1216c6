//! 岗位的活: how long one matter takes a post, how many people that needs, and what became of it lately.

use super::{BESIDE, DAYS};
use incidents::store::{handled_since, sent_since};
use kernel::rules::RuleSet;
use kernel::{Reader, Result, StationId, Timestamp, ToSpan, clock};
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

/// How long one matter takes, that in words, and how many people go together.
#[derive(Clone, Debug, PartialEq)]
pub struct Work {
    pub service: Service,
    pub taking: String,
    pub crew: i64,
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
    let mut measured = vec![];
    let (service, taking, crew) = match kind {
        PostKind::Command => {
            for h in handled_since(r, station, since).await? {
                measured.push(minutes(h.answered_at.unwrap_or(h.called_at), h.sent_at.unwrap_or(h.registered_at)));
            }
            measured.retain(|m| AT_DESK.contains(m));
            let usual = rules.int("demand.desk_minutes", today)? as f64;
            let (service, taking) = by(measured, "接报到派出的时长", usual, "本地默认的平均");
            (service, taking, 1)
        }
        PostKind::Patrol => {
            let sent = sent_since(r, station, since).await?;
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

/// What became of the last four weeks within so many minutes, and of how many: at windows who was called, at the desk which
/// reports were entered, on patrol which orders were signed.
pub async fn kept_lately(r: &mut Reader, station: StationId, kind: PostKind, within: i64) -> Result<(i64, i64)> {
    let today = clock::day_of(r.now());
    let (first, last) = (today.saturating_sub(BESIDE.days()), today.saturating_sub(1.days()));
    let passed = |at: Timestamp| at < clock::start_of(today);
    let waits: Vec<Option<f64>> = match kind {
        PostKind::Command => {
            let all = handled_since(r, station, clock::start_of(first)).await?;
            all.iter().filter(|h| passed(h.called_at)).map(|h| Some(minutes(h.called_at, h.answered_at.unwrap_or(h.registered_at)))).collect()
        }
        PostKind::Patrol => {
            let all = sent_since(r, station, clock::start_of(first)).await?;
            all.iter().filter(|s| passed(s.sent_at)).map(|s| s.signed_at.map(|t| minutes(s.sent_at, t))).collect()
        }
        _ => {
            let all = windows::store::tickets_between(r, station, first, last).await?;
            all.iter().map(|t| t.waited().map(|w| w as f64 / 60.0)).collect()
        }
    };
    let in_time = waits.iter().filter(|w| w.is_some_and(|w| w <= within as f64)).count();
    Ok((in_time as i64, waits.len() as i64))
}
