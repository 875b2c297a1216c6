//! What people do: preview a file, import it.

use crate::judge::{Row, Verdict, judge};
use crate::mapping::Mapping;
use crate::report::{Outcome, Report};
use crate::store;
use crate::table::Table;
use incidents::model::NewIntake;
use kernel::{Act, Actor, App, ImportId, Permission, Purpose, Reader, Result, StationId, Tx};
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

/// Judges every record and compares keys inside the file: the first of a key is taken.
fn sort_out(app: &App, job: &Job<'_>, table: &Table) -> Vec<Verdict> {
    let now = app.now();
    let mut first: HashMap<String, [u8; 32]> = HashMap::new();
    table
        .records
        .iter()
        .map(|(_, record)| {
            let verdict = judge(job.mapping, &table.header, record, now);
            if let Verdict::Accepted(row) = &verdict {
                match first.get(&row.key) {
                    Some(digest) if *digest != row.digest() => return Verdict::Refused(vec!["key.conflict"]),
                    Some(_) => {}
                    None => {
                        first.insert(row.key.clone(), row.digest());
                    }
                }
            }
            verdict
        })
        .collect()
}

/// What an import would do; writes nothing.
pub async fn preview(app: &App, job: &Job<'_>, table: &Table) -> Result<Report> {
    job.actor.must(Permission::DataImport)?;
    let verdicts = sort_out(app, job, table);
    let look = app.look(job.actor, "exchange.preview", Purpose::Exchange);
    app.db()
        .read(&look, async |r: &mut Reader| {
            let mut report = Report::default();
            let mut seen: HashMap<&str, ()> = HashMap::new();
            for v in &verdicts {
                let outcome = match v {
                    Verdict::Skipped => Outcome::Skipped,
                    Verdict::Refused(reasons) => refused(reasons),
                    Verdict::Accepted(row) => {
                        let known = seen.insert(&row.key, ()).is_some();
                        match store::known(r, job.station, &job.mapping.key.namespace, &row.key).await? {
                            Some((digest, _)) if digest != row.digest() => refused(&["key.conflict"]),
                            Some(_) => Outcome::Known,
                            None if known => Outcome::Known,
                            None => Outcome::Accepted { warnings: row.warnings.clone() },
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
    job.actor.must(Permission::DataImport)?;
    let started = app.now();
    let verdicts = sort_out(app, job, table);
    let import: ImportId = ImportId(app.clock().new_id());
    let mut outcomes: Vec<Option<Outcome>> = verdicts
        .iter()
        .map(|v| match v {
            Verdict::Skipped => Some(Outcome::Skipped),
            Verdict::Refused(reasons) => Some(refused(reasons)),
            Verdict::Accepted(_) => None,
        })
        .collect();
    // Older first, so that the first report of a matter leads its cluster.
    let mut open: Vec<(usize, &Row)> = verdicts
        .iter()
        .enumerate()
        .filter_map(|(i, v)| match v {
            Verdict::Accepted(row) => Some((i, &**row)),
            _ => None,
        })
        .collect();
    open.sort_by_key(|(_, row)| row.reported_at);
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
    for o in outcomes {
        report.add(o.unwrap_or(Outcome::Skipped));
    }
    let text: String = table.records.iter().flat_map(|(_, r)| r.iter().map(String::as_str)).collect();
    let digest = vault::digest(vault::HashAlg::Sm3, &[text.as_bytes()]);
    app.db()
        .write(&act(app, job, "exchange.import"), async |tx: &mut Tx| {
            store::insert_import(tx, job.station, import, job.file_name, &digest, &job.mapping.mapping.name, &report.counts, started).await?;
            tx.record("exchange.import", &[("import", import.0)], &hex::encode(digest));
            Ok(())
        })
        .await?;
    Ok(report)
}

async fn write(app: &App, job: &Job<'_>, import: ImportId, slice: &[(usize, &Row)]) -> Result<Vec<Outcome>> {
    let namespace = &job.mapping.key.namespace;
    let written: Vec<u8> = app
        .db()
        .write(&act(app, job, "exchange.rows"), async |tx: &mut Tx| {
            let mut out = vec![];
            for (_, row) in slice {
                let digest = row.digest();
                match store::known(tx, job.station, namespace, &row.key).await? {
                    Some((old, _)) => out.push(if old == digest { KNOWN } else { CONFLICT }),
                    None => {
                        let taken = incidents::actions::take_in(app, tx, &intake(job, row)).await?;
                        store::keep(tx, job.station, namespace, &row.key, &digest, taken.id, import).await?;
                        out.push(TAKEN);
                    }
                }
            }
            tx.record("exchange.rows", &[("import", import.0)], "");
            Ok(out)
        })
        .await?;
    Ok(written
        .into_iter()
        .zip(slice)
        .map(|(w, (_, row))| match w {
            TAKEN => Outcome::Accepted { warnings: row.warnings.clone() },
            KNOWN => Outcome::Known,
            _ => refused(&["key.conflict"]),
        })
        .collect())
}

const TAKEN: u8 = 0;
const KNOWN: u8 = 1;
const CONFLICT: u8 = 2;

fn intake(job: &Job<'_>, row: &Row) -> NewIntake {
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
        ..NewIntake::default()
    }
}
