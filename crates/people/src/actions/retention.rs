//! Clearing what is due: by rule, with dry run, hold and report.
//!
//! Shortest necessary period: 个人信息保护法 §19. No national period for these classes was found; the
//! rule pack carries local defaults to be confirmed. Without a rule nothing is cleared.

use crate::model::{Report, ReportLine};
use crate::store::{self, Due};
use futures::future::BoxFuture;
use jiff::ToSpan;
use kernel::{Act, Actor, App, Date, Permission, Purpose, Reader, Result, Role, StationId, Tx, clock};
use std::collections::BTreeMap;

/// Persons cleared by one command.
const BATCH: usize = 200;
/// Persons cleared by one run; the rest waits for the next.
const MAX_RUN: i64 = 20_000;

#[derive(Clone, Copy)]
enum Class {
    Contact,
    MovedOut,
}

impl Class {
    fn label(self) -> &'static str {
        match self {
            Class::Contact => "报警人、当事人等联系人",
            Class::MovedOut => "已迁出人员登记",
        }
    }
    /// Rule keys, the first that is in force counts.
    fn keys(self) -> &'static [&'static str] {
        match self {
            Class::Contact => &["retention.person_contact_days", "retention.person_contact"],
            Class::MovedOut => &["retention.person_moved_out_days", "retention.person_moved_out"],
        }
    }
}

/// The line of a class with its cut-off day, before anything is counted.
fn line(app: &App, class: Class, today: Date) -> ReportLine {
    let rules = app.rules();
    let mut out = ReportLine {
        class: class.label().into(),
        rule: class.keys()[0].into(),
        source: "规则待导入，未清理".into(),
        verified: false,
        before: None,
        due: 0,
        held: 0,
        cleared: 0,
    };
    let Some(rule) = class.keys().iter().find_map(|k| rules.rule(k, today).ok()) else { return out };
    let Some(n) = rule.value.as_integer().filter(|n| *n > 0) else { return out };
    let span = match rule.unit.as_str() {
        "months" => n.months(),
        "years" => n.years(),
        _ => n.days(),
    };
    out.rule = format!("{}（{n} {}）", rule.title, match rule.unit.as_str() {
        "months" => "个月",
        "years" => "年",
        _ => "天",
    });
    out.source = rule.source.clone();
    out.verified = !rules.is_unverified(&rule.key, today);
    out.before = today.checked_sub(span).ok();
    out
}

async fn due(r: &mut Reader, class: Class, before: Date) -> Result<(Vec<Due>, i64, i64)> {
    let moment = clock::start_of(before);
    Ok(match class {
        Class::Contact => {
            let (n, held) = store::count_contacts(r, moment).await?;
            (store::due_contacts(r, moment, MAX_RUN).await?, n, held)
        }
        Class::MovedOut => {
            let (n, held) = store::count_moved_out(r, before).await?;
            (store::due_moved_out(r, before, MAX_RUN).await?, n, held)
        }
    })
}

/// Clears persons whose period has ended, in batches, each in its station's chain. A dry run only
/// counts. The report is kept. A hold placed in between wins.
pub async fn retention(app: &App, act: &Act, dry_run: bool) -> Result<Report> {
    act.actor.must(Permission::RetentionRun)?;
    let today = clock::day_of(act.at);
    let mut report = Report { dry_run, on: today, lines: vec![] };
    for class in [Class::Contact, Class::MovedOut] {
        let mut line = line(app, class, today);
        if let Some(before) = line.before {
            let look = app.look(&act.actor, "people.retention_due", Purpose::Retention);
            let (list, due, held) = app.db().read(&look, async |r: &mut Reader| due(r, class, before).await).await?;
            (line.due, line.held) = (due, held);
            // The program itself clears only by rules that somebody has verified or confirmed.
            if !dry_run && (line.verified || act.actor.role != Role::System) {
                line.cleared = clear(app, act, list).await?;
            }
        }
        report.lines.push(line);
    }
    let kept = report.clone();
    app.db()
        .write(act, async |tx: &mut Tx| {
            let id = tx.fresh();
            store::insert_run(tx, id, &kept).await?;
            tx.record("people.retention", &[("retention_run", id)], &serde_json::to_string(&kept)?);
            Ok(kept)
        })
        .await
}

async fn clear(app: &App, act: &Act, list: Vec<Due>) -> Result<i64> {
    let mut by_station: BTreeMap<StationId, Vec<Due>> = BTreeMap::new();
    for d in list {
        by_station.entry(d.station_id).or_default().push(d);
    }
    let mut cleared = 0;
    for (station, list) in by_station {
        for part in list.chunks(BATCH) {
            let batch = app.act(&act.actor, "people.erase", Purpose::Retention, app.fresh_command()).in_station(station);
            cleared += app
                .db()
                .write(&batch, async |tx: &mut Tx| {
                    let mut n = 0;
                    let mut subjects = vec![];
                    for d in part {
                        if store::erase(tx, d.id).await? == 1 {
                            tx.unindex(d.id.0).await?;
                            tx.emit("people.erased", d.id);
                            subjects.push(("person", d.id.0));
                            n += 1;
                        }
                    }
                    tx.record("people.erase", &subjects, "");
                    Ok::<i64, kernel::Error>(n)
                })
                .await?;
        }
    }
    Ok(cleared)
}

/// The daily run of the program itself; what a 待核实 rule makes due is only reported, until the
/// security administrator confirms the rule or clears by hand.
pub fn retention_job(app: App) -> BoxFuture<'static, Result<()>> {
    Box::pin(async move {
        let act = app.act(&Actor::system(), "people.retention", Purpose::Retention, app.fresh_command());
        retention(&app, &act, false).await.map(|_| ())
    })
}
