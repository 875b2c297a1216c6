//! kill -9 during writes: nothing acknowledged is lost, nothing comes in twice, the chain is whole.
//!
//! Writers send reports through the residents' page. After a random number of answers, at a random
//! moment, the process is killed. Then the data is opened, every acknowledged report is looked for by
//! its receipt, the chain is verified against the signed heads in the file outside the database, and
//! the heads are signed anew. Reports that got no answer are sent again under their command id. Before the kill another
//! program has looked into the same data and ended, as a command line does beside the server.

use crate::child::Server;
use crate::client::Client;
use anyhow::{Context, Result, ensure};
use fengqiao::open::{Keys, Place, open};
use kernel::app::Settings;
use kernel::{Actor, App, IncidentId, Purpose, Reader, StationId, Timestamp, Uuid, verify};
use std::collections::HashSet;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the drill found; an error would have ended it.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct Outcome {
    pub kills: u32,
    /// Reports that the server acknowledged.
    pub acknowledged: usize,
    /// Reports without an answer at a kill, sent again afterwards.
    pub sent_again: usize,
    /// Of those, how many had been written before the kill and were not written a second time.
    pub already_there: usize,
    /// Entries of the chain at the end.
    pub entries: i64,
    /// Heads signed and compared at the end.
    pub heads: usize,
}

/// One report: the command it is written under.
#[derive(Clone)]
struct Report {
    command: Uuid,
}

impl Report {
    fn fields(&self) -> [(&'static str, String); 4] {
        [
            ("command_id", self.command.to_string()),
            ("content", "演练：楼上半夜拖动桌椅，声音很大，请派人看看。".into()),
            ("place", "演练路1号".into()),
            ("agree", "1".into()),
        ]
    }

    /// The hash of the receipt's secret, which follows from the command and the keys.
    fn receipt(&self, app: &App) -> [u8; 32] {
        let command = web::Form::sent(self.fields()).command(kernel::CommandId(self.command));
        app.vault().token_of(command.0.as_bytes()).1
    }
}

#[derive(Default)]
struct Ledger {
    acknowledged: Vec<Report>,
    unanswered: Vec<Report>,
    refused: Option<String>,
}

/// Writers at once.
const WRITERS: usize = 6;

/// Kills the server of `data` (an empty or earlier drilled directory) `kills` times.
pub async fn run(bin: &Path, data: &Path, kills: u32, tell: &(dyn Fn(u32, &Outcome) + Sync)) -> Result<Outcome> {
    let place = Place { data: data.to_path_buf(), ..Place::default() };
    let station = prepare(&place).await?;
    let ledger = Arc::new(Mutex::new(Ledger::default()));
    let mut out = Outcome::default();
    for n in 0..=kills {
        let mut server = Server::start(bin, "serve", data).await?;
        let last = n == kills;
        let stop = Arc::new(std::sync::atomic::AtomicBool::new(last));
        let writers: Vec<_> = (0..WRITERS)
            .map(|_| tokio::spawn(write(server.at, station, ledger.clone(), stop.clone())))
            .collect();
        if !last {
            until(&ledger, out.acknowledged + rand::random_range(1..10)).await;
            look_beside(&place).await?;
            let before = lock(&ledger).acknowledged.len();
            until(&ledger, before + rand::random_range(2..20)).await;
            tokio::time::sleep(Duration::from_micros(rand::random_range(0..40_000))).await;
            server.kill()?;
            stop.store(true, std::sync::atomic::Ordering::Relaxed);
        }
        for w in writers {
            w.await?;
        }
        drop(server);
        check(&place, station, &ledger, &mut out).await?;
        out.kills = n.min(kills);
        tell(n, &out);
    }
    Ok(out)
}

/// Waits until so many reports are acknowledged, or for as long as a slow machine may take.
async fn until(ledger: &Mutex<Ledger>, acknowledged: usize) {
    for _ in 0..3_000 {
        if lock(ledger).acknowledged.len() >= acknowledged {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Opens the data that the server writes, reads and closes it, as a command line does: the server's writes stay. An SQLite
/// before 3.51 would take more away from a server without locks (decision 0043); that is not met here.
async fn look_beside(place: &Place) -> Result<()> {
    let app = open(place, Keys::MustExist, Settings::default()).await?;
    app.db().ping().await?;
    app.db().close().await;
    Ok(())
}

/// Keys, schema and one station.
async fn prepare(place: &Place) -> Result<StationId> {
    let app = open(place, Keys::Make("sm"), Settings::default()).await?;
    let station = crate::ground::station(&app).await?;
    app.db().close().await;
    Ok(station)
}

/// Sends the unanswered reports again, then new ones until told to stop.
async fn write(at: std::net::SocketAddr, station: StationId, ledger: Arc<Mutex<Ledger>>, stop: Arc<std::sync::atomic::AtomicBool>) {
    let mut client = Client::new(at);
    let path = format!("/p/report/{station}");
    loop {
        let waiting = lock(&ledger).unanswered.pop();
        let report = match waiting {
            Some(r) => r,
            None if stop.load(std::sync::atomic::Ordering::Relaxed) => return,
            None => Report { command: kernel::Clock::System.new_id() },
        };
        let fields = report.fields();
        let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
        match client.post(&path, &fields).await {
            Ok(r) if r.status == 200 && r.text().contains("receipt__secret") => lock(&ledger).acknowledged.push(report),
            Ok(r) => {
                let mut l = lock(&ledger);
                l.refused = Some(format!("{}: {}", r.status, r.text()));
                l.unanswered.push(report);
                return;
            }
            // Killed: the writer does not know whether it was written.
            Err(_) => {
                lock(&ledger).unanswered.push(report);
                return;
            }
        }
    }
}

fn lock(ledger: &Mutex<Ledger>) -> std::sync::MutexGuard<'_, Ledger> {
    ledger.lock().unwrap_or_else(|e| e.into_inner())
}

async fn check(place: &Place, station: StationId, ledger: &Mutex<Ledger>, out: &mut Outcome) -> Result<()> {
    let (acknowledged, unanswered) = {
        let l = lock(ledger);
        if let Some(why) = &l.refused {
            anyhow::bail!("the server refused a report: {why}");
        }
        (l.acknowledged.clone(), l.unanswered.clone())
    };
    let app = open(place, Keys::MustExist, Settings::default()).await?;
    let heads = verify::heads_file(app.settings());
    let look = app.look(&Actor::system(), "audit.verify", Purpose::Audit);
    let verdict = verify::verify(&app, &look, heads.exists().then_some(heads.as_path())).await?;
    ensure!(verdict.is_whole(), "the chain is broken after kill {}: {:?}", out.kills + 1, verdict.findings);
    verify::sign_heads(&app, &heads).await?;
    // What was found in an earlier round is looked for again only at the end of the list's growth.
    for r in &acknowledged[out.acknowledged.min(acknowledged.len())..] {
        ensure!(by_receipt(&app, r).await?.is_some(), "acknowledged and lost: {}", r.command);
    }
    let mut there = 0;
    for r in &unanswered {
        there += usize::from(by_receipt(&app, r).await?.is_some());
    }
    let numbers = numbers(&app, station).await?;
    let distinct: HashSet<&str> = numbers.iter().map(String::as_str).collect();
    ensure!(distinct.len() == numbers.len(), "a number was given twice");
    ensure!(
        numbers.len() == acknowledged.len() + there,
        "{} reports in the database, {} acknowledged and {there} written without an answer",
        numbers.len(),
        acknowledged.len()
    );
    out.acknowledged = acknowledged.len();
    out.sent_again += unanswered.len();
    out.already_there += there;
    out.entries = verdict.entries;
    out.heads = verdict.seals;
    app.db().close().await;
    Ok(())
}

async fn by_receipt(app: &App, report: &Report) -> Result<Option<IncidentId>> {
    let hash = report.receipt(app);
    let look = app.look(&Actor::system(), "drill.look", Purpose::Audit);
    Ok(app.db().read(&look, async |r: &mut Reader| incidents::store::by_receipt(r, &hash).await).await?)
}

/// The running numbers of all reports.
async fn numbers(app: &App, station: StationId) -> Result<Vec<String>> {
    let look = app.look(&Actor::system(), "drill.look", Purpose::Audit);
    let all = app.db().read(&look, async |r: &mut Reader| {
        let mut out = vec![];
        let mut after = (Timestamp::MIN, IncidentId(Uuid::nil()));
        loop {
            let page = incidents::store::pages(r, station, Timestamp::MIN, Timestamp::MAX, after, 500).await?;
            let Some(last) = page.last() else { return Ok(out) };
            after = (last.called_at, last.id);
            out.extend(page.into_iter().map(|i| i.number));
        }
    });
    all.await.context("reading the register")
}
