//! The pages under load on years of data: desk, dispute, search, figures; start, memory, size.

use crate::child::Server;
use crate::client::Client;
use crate::load::{self, Page, Run};
use anyhow::{Context, Result, bail};
use demo::bulk::Size;
use fengqiao::open::{DEMO_MARK, Keys, Place, open};
use kernel::app::Settings;
use kernel::{Actor, App, DisputeId, Purpose, Reader, Role, Timestamp, Uuid, verify};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What is measured and for how long.
#[derive(Clone, Debug)]
pub struct Plan {
    pub bin: PathBuf,
    /// The folder that keeps the data between runs.
    pub folder: PathBuf,
    pub size: (usize, usize),
    pub rate: usize,
    pub seconds: u64,
}

/// All numbers of one bench.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Measured {
    pub incidents: usize,
    pub disputes: usize,
    /// How long the data took to make (kept with it).
    pub fill_seconds: f64,
    pub database_megabytes: f64,
    pub audit_entries: i64,
    pub chain_whole: bool,
    pub verify_seconds: f64,
    /// Process start to the first good answer; the files may stand in the system's cache.
    pub start_seconds: f64,
    pub idle_megabytes: f64,
    pub loaded_megabytes: f64,
    pub binary_megabytes: f64,
    /// One caller, one request after the other.
    pub alone: Vec<load::Taken>,
    pub fixed: Run,
    pub most: Run,
    /// Others' work on the machine while measuring: the load average of one minute, at begin and end.
    pub load_average: (String, String),
}

/// Lines of looks filed in one transaction, by nobody else's time: the more, the more of them share a page. 5,000 at once took
/// six times as long.
const FILED_AT_ONCE: i64 = 100_000;

#[derive(serde::Serialize, serde::Deserialize)]
struct Made {
    incidents: usize,
    disputes: usize,
    seconds: f64,
    /// Transactions made durable, and the commands in them.
    commits: u64,
    commands: u64,
}

/// Words that stand in the texts, and two that do not.
const WORDS: &[&str] = &["噪音", "停车", "漏水", "宠物", "打架", "欠薪", "邻居", "棋盘井", "正阳", "桌椅", "3号楼", "物业", "巴图", "防噪地毯"];

/// Makes the data when it is not there in this size; returns how long it took.
pub async fn fill(folder: &Path, size: Size, tell: demo::Progress<'_>) -> Result<(Place, f64)> {
    let data = folder.join(format!("{}-{}", size.incidents, size.disputes));
    let place = Place { data: data.clone(), ..Place::default() };
    let note = folder.join(format!("{}-{}.json", size.incidents, size.disputes));
    if let Ok(text) = std::fs::read_to_string(&note) {
        let made: Made = serde_json::from_str(&text)?;
        return Ok((place, made.seconds));
    }
    if data.exists() {
        std::fs::remove_dir_all(&data).with_context(|| format!("unfinished data in {}", data.display()))?;
    }
    std::fs::create_dir_all(&data)?;
    std::fs::write(data.join(DEMO_MARK), "测量用数据：人员、地址与事件均为虚构。\n")?;
    let app = open(&place, Keys::Make("sm"), Settings::default()).await?;
    // Unfinished data are made anew, so nothing of it need outlive a loss of power; what is measured later waits for the disk.
    app.db().make_haste().await?;
    let begun = Instant::now();
    let accounts = demo::bulk::fill(&app, size, tell).await?;
    // What a station's night does between two batches of looks belongs to the work; done at once, it does not run into
    // what is measured.
    while app.db().file_looks(FILED_AT_ONCE).await? > 0 {}
    let counts = app.db().counts();
    let lines: Vec<String> = accounts
        .iter()
        .map(|a| format!("{}\t{}\t{}\t{}\t{}", a.role.label(), a.account, a.password, a.name, a.unit))
        .collect();
    std::fs::write(data.join("demo-accounts.txt"), lines.join("\n"))?;
    app.db().close().await;
    let seconds = begun.elapsed().as_secs_f64();
    let made = Made { incidents: size.incidents, disputes: size.disputes, seconds, commits: counts.commits, commands: counts.commands };
    std::fs::write(&note, serde_json::to_string_pretty(&made)?)?;
    Ok((place, seconds))
}

/// The whole bench.
pub async fn bench(plan: &Plan, tell: demo::Progress<'_>) -> Result<Measured> {
    let size = Size { incidents: plan.size.0, disputes: plan.size.1 };
    let (place, fill_seconds) = fill(&plan.folder, size, tell).await?;
    let before = average();
    let (disputes, verdict, verify_seconds) = look_inside(&place).await?;
    let server = Server::start(&plan.bin, "demo", &place.data).await?;
    let start_seconds = server.start.as_secs_f64();
    tokio::time::sleep(Duration::from_secs(3)).await;
    let idle = server.resident();
    let pages = pages(&server, &place, &disputes).await?;
    // Caches of statements and pages fill first; this part is not counted.
    load::run(server.at, &pages, plan.rate.min(50), 3).await?;
    let mut alone = vec![];
    for p in &pages {
        alone.push(one_by_one(&server, p).await?);
    }
    let fixed = load::run(server.at, &pages, plan.rate, plan.seconds).await?;
    let most = load::run(server.at, &pages, 0, plan.seconds.min(15)).await?;
    let megabytes = |b: u64| b as f64 / 1_048_576.0;
    Ok(Measured {
        incidents: size.incidents,
        disputes: size.disputes,
        fill_seconds,
        database_megabytes: megabytes(std::fs::metadata(place.db_path())?.len()),
        audit_entries: verdict.entries,
        chain_whole: verdict.is_whole(),
        verify_seconds,
        start_seconds,
        idle_megabytes: megabytes(idle),
        loaded_megabytes: megabytes(server.resident()),
        binary_megabytes: megabytes(std::fs::metadata(&plan.bin)?.len()),
        alone,
        fixed,
        most,
        load_average: (before, average()),
    })
}

fn average() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or("").to_string()
}

/// Dispute ids from all years, and the chain verified, before the server starts. What an earlier run left for the night is
/// done, and the file stands in the system's cache where that has room for it, as after a day of serving.
async fn look_inside(place: &Place) -> Result<(Vec<DisputeId>, verify::Verdict, f64)> {
    let app = open(place, Keys::MustExist, Settings::default()).await?;
    while app.db().file_looks(FILED_AT_ONCE).await? > 0 {}
    let look = app.look(&Actor::system(), "audit.verify", Purpose::Audit);
    let begun = Instant::now();
    let verdict = verify::verify(&app, &look, None).await?;
    let seconds = begun.elapsed().as_secs_f64();
    let ids = sample(&app, account(place, Role::Officer)?.2.as_str()).await?;
    app.db().close().await;
    drop(app);
    let path = place.db_path();
    tokio::task::spawn_blocking(move || std::io::copy(&mut std::fs::File::open(path)?, &mut std::io::sink())).await??;
    Ok((ids, verdict, seconds))
}

async fn sample(app: &App, unit: &str) -> Result<Vec<DisputeId>> {
    let look = app.look(&Actor::system(), "drill.look", Purpose::Audit);
    let ids = app.db().read(&look, async |r: &mut Reader| {
        let mut out = vec![];
        let all = places::store::stations(r).await?;
        let station = all.iter().find(|s| s.name == unit).map(|s| s.id).ok_or(kernel::Error::NotFound("派出所"))?;
        for weeks in 0..150 {
            let from = r.now().checked_sub(Duration::from_secs(weeks * 7 * 86_400)).unwrap_or(Timestamp::MIN);
            let after = (Timestamp::MIN, DisputeId(Uuid::nil()));
            let page = mediation::store::query::pages(r, station, from, Timestamp::MAX, after, 20).await?;
            out.extend(page.into_iter().map(|d| d.id));
        }
        out.sort_by_key(|d| (d.0.as_u128() as u64).rotate_left(23));
        out.dedup();
        Ok(out)
    });
    let ids = ids.await?;
    if ids.is_empty() { bail!("no dispute in the data") } else { Ok(ids) }
}

/// Account, password and unit of the first person of a role.
fn account(place: &Place, role: Role) -> Result<(String, String, String)> {
    let text = std::fs::read_to_string(place.data.join("demo-accounts.txt"))?;
    let line = text.lines().find(|l| l.split('\t').next() == Some(role.label())).context("an account of the role")?;
    let part: Vec<&str> = line.split('\t').collect();
    match part.as_slice() {
        [_, account, password, _, unit] => Ok((account.to_string(), password.to_string(), unit.to_string())),
        _ => bail!("demo-accounts.txt holds a broken line"),
    }
}

/// The pages with their shares, each asked by a person who has them every day.
async fn pages(server: &Server, place: &Place, disputes: &[DisputeId]) -> Result<Vec<Page>> {
    let cookie = async |role: Role| -> Result<String> {
        let (name, password, _) = account(place, role)?;
        let mut client = Client::new(server.at);
        client.sign_in(&name, &password).await?;
        client.cookie.context("a session")
    };
    let (operator, officer, leader) =
        (cookie(Role::Operator).await?, cookie(Role::Officer).await?, cookie(Role::StationLeader).await?);
    let search = |w: &&str| format!("/search?{}", serde_urlencoded::to_string([("q", *w)]).unwrap_or_default());
    Ok(vec![
        Page { name: "desk", share: 40, cookie: operator, paths: vec!["/incidents/desk".into(), "/incidents/desk?tab=open".into()] },
        Page { name: "dispute", share: 40, cookie: officer.clone(), paths: disputes.iter().map(|d| format!("/disputes/{d}")).collect() },
        Page { name: "search", share: 15, cookie: officer, paths: WORDS.iter().map(search).collect() },
        Page { name: "figures", share: 5, cookie: leader, paths: vec!["/figures".into()] },
    ])
}

/// Forty requests of one page by one caller.
async fn one_by_one(server: &Server, page: &Page) -> Result<load::Taken> {
    let mut client = Client::new(server.at);
    client.cookie = Some(page.cookie.clone());
    let mut times = vec![];
    for n in 0..40 {
        let begun = Instant::now();
        let reply = client.get(&page.paths[n % page.paths.len()]).await?;
        times.push((begun.elapsed(), reply.status == 200, reply.body.len()));
    }
    Ok(load::of_times(page.name, &times))
}
