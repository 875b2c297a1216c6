//! Clearing what is due: by rule, with dry run, hold and report.
//!
//! Shortest necessary period: 个人信息保护法 §19. No national period for these classes was found; the
//! rule pack carries local defaults to be confirmed. Without a rule nothing is cleared. One way for all: every domain that
//! keeps personal values names its [`Class`]es, [`run`] asks the rules, counts, empties in batches and keeps the report, with a
//! line for every record.

use crate::model::{Held, Report, ReportLine};
use crate::rules::retention as rule;
use crate::store::{self, Due};
use futures::future::BoxFuture;
use kernel::{Act, Actor, App, Date, Permission, PersonId, Purpose, Reader, Result, StationId, Timestamp, Tx, Uuid, clock};
use std::collections::BTreeMap;

/// Records emptied by one command.
const BATCH: usize = 200;
/// Records of a class emptied by one run; the rest waits for the next.
pub const MAX_RUN: i64 = 20_000;

/// What is due before a moment: the records that nothing holds (at most [`MAX_RUN`]), how many there are, and how many are held.
pub type Find = for<'a> fn(&'a mut Reader, Timestamp) -> BoxFuture<'a, Result<(Vec<Due>, i64, i64)>>;
/// Empties one record, unless a hold was placed in between; how many were emptied (0 or 1).
pub type Empty = for<'a> fn(&'a mut Tx, Uuid) -> BoxFuture<'a, Result<u64>>;

/// A kind of records with a period of its own.
pub struct Class {
    pub label: &'static str,
    /// Rule keys, the first that is in force counts.
    pub keys: &'static [&'static str],
    /// The record's kind in the chain.
    pub kind: &'static str,
    pub find: Find,
    pub empty: Empty,
    /// The chain's word for one batch, and the event told of each record.
    pub action: &'static str,
    pub event: &'static str,
}

const CLASSES: &[Class] = &[
    Class {
        label: "报警人、当事人等联系人",
        keys: &["retention.person_contact_days", "retention.person_contact"],
        kind: "person",
        find: |r, before| {
            Box::pin(async move {
                let (due, held) = store::count_contacts(r, before).await?;
                Ok((store::due_contacts(r, before, MAX_RUN).await?, due, held))
            })
        },
        empty: erase,
        action: "people.erase",
        event: "people.erased",
    },
    Class {
        label: "已迁出人员登记",
        keys: &["retention.person_moved_out_days", "retention.person_moved_out"],
        kind: "person",
        find: |r, before| {
            Box::pin(async move {
                let day = clock::day_of(before);
                let (due, held) = store::count_moved_out(r, day).await?;
                Ok((store::due_moved_out(r, day, MAX_RUN).await?, due, held))
            })
        },
        empty: erase,
        action: "people.erase",
        event: "people.erased",
    },
];

fn erase(tx: &mut Tx, id: Uuid) -> BoxFuture<'_, Result<u64>> {
    Box::pin(async move {
        let n = store::erase(tx, PersonId(id)).await?;
        if n == 1 {
            tx.unindex(id).await?;
        }
        Ok(n)
    })
}

/// Clears persons whose period has ended. A dry run only counts.
pub async fn retention(app: &App, act: &Act, dry_run: bool) -> Result<Report> {
    run(app, act, "people.retention", CLASSES, dry_run).await
}

/// Empties the records of these classes whose period has ended, in batches, each in its station's chain. A dry run only
/// counts. The report is kept, under `action`. A hold placed in between wins.
///
/// # Errors
/// Without the right; the database's.
pub async fn run(app: &App, act: &Act, action: &'static str, classes: &[Class], dry_run: bool) -> Result<Report> {
    act.actor.must(Permission::RetentionRun)?;
    let today = clock::day_of(act.at);
    if !dry_run {
        end_overdue(app, act, today).await?;
    }
    let mut report = Report { dry_run, on: today, lines: vec![] };
    for class in classes {
        let mut line = rule::line(&app.rules(), class.label, class.keys, today);
        if let Some(before) = line.before {
            let look = app.look(&act.actor, action, Purpose::Retention);
            let find = class.find;
            let (list, due, held) = app.db().read(&look, async |r: &mut Reader| find(r, clock::start_of(before)).await).await?;
            (line.due, line.held) = (due, held);
            if !dry_run && rule::may_clear(&line, &act.actor) {
                line.cleared = clear(app, act, class, &line, list).await?;
            }
        }
        report.lines.push(line);
    }
    keep_report(app, act, action, report).await
}

/// Ends the holds whose last day is over (a volume's 保管期限), before anything is counted.
async fn end_overdue(app: &App, act: &Act, today: Date) -> Result<()> {
    let look = app.look(&act.actor, "people.holds_end", Purpose::Retention);
    if app.db().read(&look, async |r: &mut Reader| store::overdue_holds(r, today).await).await? == 0 {
        return Ok(());
    }
    let end = app.act(&act.actor, "people.holds_end", Purpose::Retention, app.fresh_command());
    app.db()
        .write(&end, async |tx: &mut Tx| {
            let n = store::end_overdue_holds(tx, today).await?;
            tx.record("people.holds_end", &[], &n.to_string());
            Ok(())
        })
        .await
}

/// Keeps the report of a run; all stand in one list.
pub async fn keep_report(app: &App, act: &Act, action: &'static str, report: Report) -> Result<Report> {
    app.db()
        .write(act, async |tx: &mut Tx| {
            let id = tx.fresh();
            store::insert_run(tx, id, &report).await?;
            tx.record(action, &[("retention_run", id)], &serde_json::to_string(&report)?);
            Ok(report)
        })
        .await
}

async fn clear(app: &App, act: &Act, class: &Class, line: &ReportLine, list: Vec<Due>) -> Result<i64> {
    let mut by_station: BTreeMap<StationId, Vec<Due>> = BTreeMap::new();
    for d in list {
        by_station.entry(d.station_id).or_default().push(d);
    }
    let mut cleared = 0;
    for (station, list) in by_station {
        for part in list.chunks(BATCH) {
            let batch = app.act(&act.actor, class.action, Purpose::Retention, app.fresh_command()).in_station(station);
            let empty = class.empty;
            cleared += app
                .db()
                .write(&batch, async |tx: &mut Tx| {
                    let mut subjects = vec![];
                    for d in part {
                        if empty(tx, d.id).await? == 1 {
                            store::insert_cleared(tx, class.kind, d.id, line).await?;
                            tx.emit(class.event, d.id);
                            subjects.push((class.kind, d.id));
                        }
                    }
                    tx.record(class.action, &subjects, "");
                    Ok::<i64, kernel::Error>(subjects.len() as i64)
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

/// Places a hold on a record of another domain, inside that domain's own command: nothing of it is emptied until it is released.
pub async fn hold_record(tx: &mut Tx, kind: &str, record: Uuid, reason: &str) -> Result<Uuid> {
    let reason = super::household::reason_of(reason)?;
    store::insert_record_hold(tx, kind, record, &reason).await
}

/// Keeps a record and the persons in it for as long as `held.owner` is kept (the volume of a dispute), inside the caller's
/// command. Said again, the new period takes the place of the former.
pub async fn keep_until(tx: &mut Tx, held: &Held<'_>, reason: &str) -> Result<()> {
    let reason = super::household::reason_of(reason)?;
    store::hold_until(tx, held, &reason).await
}

/// Releases a hold of a record, with a reason.
pub async fn release_record(tx: &mut Tx, record: Uuid, hold: Uuid, reason: &str) -> Result<()> {
    let reason = super::household::reason_of(reason)?;
    store::release_record_hold(tx, record, hold, &reason).await
}
