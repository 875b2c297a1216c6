//! What people do: preview a file, import it.

use crate::arrivals;
use crate::cameras::{self, CameraRow};
use crate::judge::{Row, Verdict, judge};
use crate::mapping::{Kind, Mapping};
use crate::persons;
use crate::report::{Outcome, Report};
use crate::store;
use crate::table::Table;
use demand::model::PastRow;
use incidents::model::NewIntake;
use kernel::{Act, Actor, App, ImportId, Permission, Purpose, Reader, Result, StationId, Timestamp, Tx};
use people::model::RegisterRow;
use std::collections::HashMap;

/// Rows written in one command.
const SLICE: usize = 50;

/// Where the rows go and who brings them.
pub struct Job<'a> {
    pub actor: &'a Actor,
    pub station: StationId,
    pub mapping: &'a Mapping,
    pub file_name: &'a str,
}

fn act(app: &App, job: &Job<'_>, action: &'static str) -> Act {
    app.act(job.actor, action, Purpose::Exchange, app.fresh_command()).in_station(job.station)
}

/// What a row becomes.
enum Entry {
    Intake(Row),
    Person(RegisterRow),
    Camera(Box<CameraRow>),
    Arrival(PastRow),
}

impl Entry {
    /// The reason when a key comes again with other content, where a row that was taken stays as it is.
    fn conflict(&self) -> Option<&'static str> {
        match self {
            Entry::Intake(_) => Some("key.conflict"),
            Entry::Arrival(_) => Some("slot.conflict"),
            Entry::Person(_) | Entry::Camera(_) => None,
        }
    }
}

/// A row that can be written.
struct Ready {
    /// Tells the row from all others of its name space; of a person a keyed digest, never the number itself.
    key: String,
    /// Tells a changed row from the same one.
    digest: Vec<u8>,
    warnings: Vec<String>,
    /// Older first, so that the first report of a matter leads its cluster.
    order: Timestamp,
    entry: Entry,
}

enum Sorted {
    Skipped,
    Refused(Vec<String>),
    Ready(Box<Ready>),
}

/// Judges every record and compares keys inside the file: of messages the first of a key is taken.
fn sort_out(app: &App, job: &Job<'_>, table: &Table) -> Result<Vec<Sorted>> {
    let mut first: HashMap<String, Vec<u8>> = HashMap::new();
    let mut out = Vec::with_capacity(table.records.len());
    for (_, record) in &table.records {
        let mut sorted = one(app, job, &table.header, record)?;
        if let Sorted::Ready(r) = &sorted
            && let Some(why) = r.entry.conflict()
        {
            match first.get(&r.key) {
                Some(digest) if *digest != r.digest => sorted = Sorted::Refused(vec![why.into()]),
                Some(_) => {}
                None => {
                    first.insert(r.key.clone(), r.digest.clone());
                }
            }
        }
        out.push(sorted);
    }
    Ok(out)
}

fn one(app: &App, job: &Job<'_>, header: &[String], record: &[String]) -> Result<Sorted> {
    let words = |reasons: Vec<&'static str>| Sorted::Refused(reasons.into_iter().map(String::from).collect());
    Ok(match job.mapping.target.kind {
        Kind::Intake => match judge(job.mapping, header, record, app.now()) {
            Verdict::Skipped => Sorted::Skipped,
            Verdict::Refused(reasons) => words(reasons),
            Verdict::Accepted(row) => Sorted::Ready(Box::new(Ready {
                key: row.key.clone(),
                digest: row.digest().to_vec(),
                warnings: row.warnings.clone(),
                order: row.reported_at,
                entry: Entry::Intake(*row),
            })),
        },
        Kind::Camera => match cameras::camera(job.mapping, header, record, &app.rules(), app.today()) {
            Verdict::Skipped => Sorted::Skipped,
            Verdict::Refused(reasons) => words(reasons),
            // A digest with a key: the row holds a password.
            Verdict::Accepted(row) => Sorted::Ready(Box::new(Ready {
                key: row.form.number.clone(),
                digest: app.vault().blind("exchange.camera", &cameras::words(&row)).to_vec(),
                warnings: vec![],
                order: Timestamp::UNIX_EPOCH,
                entry: Entry::Camera(row),
            })),
        },
        Kind::Arrival => match arrivals::arrival(job.mapping, header, record, app.now()) {
            Verdict::Skipped => Sorted::Skipped,
            Verdict::Refused(reasons) => words(reasons),
            Verdict::Accepted(row) => Sorted::Ready(Box::new(Ready {
                digest: vault::digest(vault::HashAlg::Sm3, &[format!("{:?}", row.row).as_bytes()]).to_vec(),
                key: row.key,
                warnings: vec![],
                order: row.row.at,
                entry: Entry::Arrival(row.row),
            })),
        },
        Kind::Person => match persons::person(job.mapping, header, record) {
            Verdict::Skipped => Sorted::Skipped,
            Verdict::Refused(reasons) => words(reasons),
            Verdict::Accepted(row) => match people::actions::judge_row(app, job.station, &row)? {
                Err(fields) => Sorted::Refused(fields.0.into_iter().map(|(_, says)| says).collect()),
                Ok(()) => {
                    let who = if row.id_number.is_empty() { format!("{}\n{}", row.name, row.address) } else { row.id_number.clone() };
                    Sorted::Ready(Box::new(Ready {
                        key: hex::encode(app.vault().blind("exchange.person", &who)),
                        digest: app.vault().blind("exchange.row", &persons::words(&row)).to_vec(),
                        warnings: vec![],
                        order: Timestamp::UNIX_EPOCH,
                        entry: Entry::Person(*row),
                    }))
                }
            },
        },
    })
}

/// Cameras are registered by those who maintain them; the station must lie within reach.
fn permit(job: &Job<'_>) -> Result<()> {
    job.actor.must(Permission::DataImport)?;
    if job.mapping.target.kind == Kind::Camera {
        job.actor.must(Permission::VideoAdmin)?;
    }
    job.actor.must_serve_station("批量导入")?;
    job.actor.must_reach("这个派出所", job.station)
}

/// What an import would do; writes nothing.
pub async fn preview(app: &App, job: &Job<'_>, table: &Table) -> Result<Report> {
    permit(job)?;
    let sorted = sort_out(app, job, table)?;
    let look = app.look(job.actor, "exchange.preview", Purpose::Exchange);
    app.db()
        .read(&look, async |r: &mut Reader| {
            let mut report = Report::default();
            let mut seen: HashMap<&str, &[u8]> = HashMap::new();
            for v in &sorted {
                let outcome = match v {
                    Sorted::Skipped => Outcome::Skipped,
                    Sorted::Refused(reasons) => Outcome::Refused { reasons: reasons.clone() },
                    Sorted::Ready(row) => {
                        let known = match seen.insert(&row.key, &row.digest) {
                            Some(before) => Some(before.to_vec()),
                            None => store::known(r, job.station, &job.mapping.key.namespace, &row.key).await?,
                        };
                        match (known, &row.entry) {
                            (Some(digest), _) if digest == row.digest => Outcome::Known,
                            (Some(_), e) if e.conflict().is_some() => refused(&[e.conflict().unwrap_or_default()]),
                            (_, Entry::Arrival(row)) => match demand::actions::judge_row(r, job.station, row).await? {
                                Ok(_) => Outcome::Accepted { warnings: vec![] },
                                Err(fields) => Outcome::Refused { reasons: fields.0.into_iter().map(|(_, says)| says).collect() },
                            },
                            (_, Entry::Camera(c)) => match video::actions::judge_row(app, r, job.station, &c.form).await? {
                                Ok(()) => Outcome::Accepted { warnings: vec![] },
                                Err(fields) => Outcome::Refused { reasons: fields.0.into_iter().map(|(_, says)| says).collect() },
                            },
                            _ => Outcome::Accepted { warnings: row.warnings.clone() },
                        }
                    }
                };
                report.add(outcome);
            }
            Ok(report)
        })
        .await
}

fn refused(reasons: &[&str]) -> Outcome {
    Outcome::Refused { reasons: reasons.iter().map(|r| r.to_string()).collect() }
}

/// Imports a table; `progress` hears how many rows are done. Running it again changes nothing.
pub async fn import(app: &App, job: &Job<'_>, table: &Table, progress: &(dyn Fn(usize) + Sync)) -> Result<Report> {
    permit(job)?;
    let started = app.now();
    let sorted = sort_out(app, job, table)?;
    let import: ImportId = ImportId(app.clock().new_id());
    let mut outcomes: Vec<Option<Outcome>> = sorted
        .iter()
        .map(|v| match v {
            Sorted::Skipped => Some(Outcome::Skipped),
            Sorted::Refused(reasons) => Some(Outcome::Refused { reasons: reasons.clone() }),
            Sorted::Ready(_) => None,
        })
        .collect();
    let mut open: Vec<(usize, &Ready)> = sorted
        .iter()
        .enumerate()
        .filter_map(|(i, v)| match v {
            Sorted::Ready(row) => Some((i, &**row)),
            _ => None,
        })
        .collect();
    open.sort_by_key(|(_, row)| row.order);
    let mut done = 0;
    for slice in open.chunks(SLICE) {
        match write(app, job, import, slice).await {
            Ok(results) => {
                for ((i, _), outcome) in slice.iter().zip(results) {
                    outcomes[*i] = Some(outcome);
                }
            }
            // One row hurts its slice: then each goes alone, and only the bad one is refused.
            Err(_) => {
                for one in slice {
                    outcomes[one.0] = Some(match write(app, job, import, std::slice::from_ref(one)).await {
                        Ok(mut results) => results.remove(0),
                        Err(e) => Outcome::Refused { reasons: vec!["write.failed".into(), e.to_string()] },
                    });
                }
            }
        }
        done += slice.len();
        progress(done);
    }
    let mut report = Report::default();
    let mut backlog = 0;
    for (o, s) in outcomes.into_iter().zip(&sorted) {
        if let (Some(Outcome::Accepted { .. }), Sorted::Ready(row)) = (&o, s)
            && let Entry::Intake(row) = &row.entry
        {
            backlog += usize::from(is_past(row, started));
        }
        report.add(o.unwrap_or(Outcome::Skipped));
    }
    let text: String = table.records.iter().flat_map(|(_, r)| r.iter().map(String::as_str)).collect();
    let digest = vault::digest(vault::HashAlg::Sm3, &[text.as_bytes()]);
    app.db()
        .write(&act(app, job, "exchange.import"), async |tx: &mut Tx| {
            store::insert_import(tx, job.station, import, job.file_name, &digest, &job.mapping.mapping.name, &report.counts, started).await?;
            if backlog > 0 {
                notices::actions::put(tx, backlog_task(job, import, backlog, started)).await?;
            }
            tx.record("exchange.import", &[("import", import.0)], &hex::encode(digest));
            Ok(())
        })
        .await?;
    Ok(report)
}

async fn write(app: &App, job: &Job<'_>, import: ImportId, slice: &[(usize, &Ready)]) -> Result<Vec<Outcome>> {
    let namespace = &job.mapping.key.namespace;
    // A repeated command answers from what it wrote down, so the answers are plain data.
    let written: Vec<Option<String>> = app
        .db()
        .write(&act(app, job, "exchange.rows"), async |tx: &mut Tx| {
            let mut out = vec![];
            for (_, row) in slice {
                let known = store::known(tx, job.station, namespace, &row.key).await?;
                if known.as_ref().is_some_and(|d| *d == row.digest) {
                    out.push(Some(KNOWN.to_string()));
                    continue;
                }
                let record = match &row.entry {
                    e if known.is_some() && e.conflict().is_some() => {
                        out.push(e.conflict().map(str::to_string));
                        continue;
                    }
                    Entry::Arrival(row) => match demand::actions::import_row(tx, job.station, row).await? {
                        Ok(service) => service,
                        Err(fields) => {
                            let says: Vec<&str> = fields.0.iter().map(|(_, s)| s.as_str()).collect();
                            out.push(Some(says.join(" ")));
                            continue;
                        }
                    },
                    Entry::Intake(row) => incidents::actions::take_in(app, tx, &intake(job, row, tx.now())).await?.id.0,
                    Entry::Camera(row) => match video::actions::import_row(app, tx, job.station, &row.form, &row.group).await? {
                        Ok(id) => id,
                        Err(fields) => {
                            let says: Vec<&str> = fields.0.iter().map(|(_, s)| s.as_str()).collect();
                            out.push(Some(says.join(" ")));
                            continue;
                        }
                    },
                    Entry::Person(row) => match people::actions::import_row(app, tx, row).await? {
                        Ok(people::model::Outcome::Added { person, .. } | people::model::Outcome::Updated { person, .. }) => person.0,
                        Err(fields) => {
                            let says: Vec<&str> = fields.0.iter().map(|(_, s)| s.as_str()).collect();
                            out.push(Some(says.join(" ")));
                            continue;
                        }
                    },
                };
                store::keep(tx, job.station, namespace, &row.key, &row.digest, record, import).await?;
                out.push(None);
            }
            if slice.iter().any(|(_, row)| matches!(row.entry, Entry::Camera(_))) {
                tx.emit("video.setup", import.0);
            }
            if slice.iter().any(|(_, row)| matches!(row.entry, Entry::Arrival(_))) {
                tx.emit("demand.past", import.0);
            }
            tx.record("exchange.rows", &[("import", import.0)], "");
            Ok(out)
        })
        .await?;
    Ok(written
        .into_iter()
        .zip(slice)
        .map(|(w, (_, row))| match w {
            None => Outcome::Accepted { warnings: row.warnings.clone() },
            Some(w) if w == KNOWN => Outcome::Known,
            Some(why) => Outcome::Refused { reasons: vec![why] },
        })
        .collect())
}

const KNOWN: &str = "known";

/// Seconds after which a report in a file is one of the past: its minutes for dispatch ran out before it came in.
const PAST: i64 = 24 * 3_600;
/// Days to arrange the reports of a file.
const ARRANGE_DAYS: u64 = 3;

fn is_past(row: &Row, now: Timestamp) -> bool {
    now.as_second() - row.reported_at.as_second() > PAST
}

/// One task for the desk instead of one for each of a thousand reports of the past.
fn backlog_task(job: &Job<'_>, import: ImportId, n: usize, now: Timestamp) -> notices::model::NewTask {
    notices::model::NewTask {
        station: job.station,
        kind: "exchange.backlog",
        title: format!("导入的 {n} 件以往来信待定位、待派警（{}）", kernel::text::cut(job.file_name, 40)),
        path: format!("/exchange/imports/{import}"),
        record: import.0,
        to_user: None,
        to_role: Some(kernel::Role::Operator),
        due: now.checked_add(std::time::Duration::from_secs(ARRANGE_DAYS * 86_400)).unwrap_or(now),
    }
}

/// The desk has arranged what came with a file: its task is done.
pub async fn arranged(app: &App, act: &kernel::Act, import: ImportId) -> Result<()> {
    act.actor.must(Permission::IncidentDispatch)?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            notices::actions::done_all(tx, import.0).await?;
            tx.record("exchange.arranged", &[("import", import.0)], "");
            Ok(())
        })
        .await
}

fn intake(job: &Job<'_>, row: &Row, now: Timestamp) -> NewIntake {
    let count = |label: &str, n: Option<i64>| n.filter(|n| *n > 0).map(|n| format!("{label} {n}"));
    let note: Vec<String> = [count("支持", row.support), count("反对", row.oppose)].into_iter().flatten().collect();
    NewIntake {
        source_code: job.mapping.target.source_code.clone(),
        external: Some((job.mapping.key.namespace.clone(), row.key.clone())),
        called_at: Some(row.reported_at),
        title: row.title.clone(),
        content: row.content.clone(),
        category: job.mapping.target.category_initial.clone(),
        note: note.join("，"),
        backlog: is_past(row, now),
        ..NewIntake::default()
    }
}
