//! Clocked work: names of visitors (群众申请查阅) go when their period is over.

use crate::store;
use futures::future::BoxFuture;
use kernel::{Act, Actor, App, Purpose, Reader, Result, StationId, Tx, clock};
use people::model::{Report, ReportLine};
use people::rules::retention as rule;

const RULE: &str = "retention.video_visitor";

/// The daily run of the program itself. As for persons: what a rule makes due that nobody has verified or confirmed is only
/// reported.
pub fn retention(app: App) -> BoxFuture<'static, Result<()>> {
    Box::pin(async move {
        let act = app.act(&Actor::system(), "video.retention", Purpose::Retention, app.fresh_command());
        clear_visitors(&app, &act).await.map(|_| ())
    })
}

/// Clears name and matter of visitors whose period has ended; relation, day and who allowed it stay, so that the reports of
/// past months keep their counts. The report stands with those of the people.
///
/// # Errors
/// The database's.
pub async fn clear_visitors(app: &App, act: &Act) -> Result<ReportLine> {
    let today = clock::day_of(act.at);
    let mut line = rule::line(&app.rules(), "群众申请查阅视频的申请人", &[RULE], today);
    if let Some(before) = line.before {
        let before = clock::start_of(before);
        let look = app.look(&act.actor, "video.retention", Purpose::Retention);
        let due: Vec<(StationId, i64)> =
            app.db().read(&look, async |r: &mut Reader| store::visitors_due(r, before).await).await?;
        line.due = due.iter().map(|d| d.1).sum();
        if rule::may_clear(&line, &act.actor) {
            for (station, _) in due {
                let part = app.act(&act.actor, "video.retention", Purpose::Retention, app.fresh_command());
                let clear = async |tx: &mut Tx| {
                    let gone = store::clear_visitors(tx, station, before).await?;
                    let subjects: Vec<(&str, kernel::Uuid)> = gone.iter().map(|w| ("video_watch", *w)).collect();
                    tx.record("video.visitor_cleared", &subjects, "");
                    Ok(gone.len() as i64)
                };
                line.cleared += app.db().write(&part.in_station(station), clear).await?;
            }
        }
    }
    if line.due > 0 {
        let report = Report { dry_run: line.cleared == 0, on: today, lines: vec![line.clone()] };
        people::actions::keep_report(app, act, "video.retention", report).await?;
    }
    Ok(line)
}
