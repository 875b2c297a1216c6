//! The built program on the command line: what an operator does in a year, and what is refused.

use fengqiao::open::{Keys, Place, open};
use kernel::app::Settings;
use kernel::{Actor, App, Clock, Db, Purpose, Role, StationId};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const BIN: &str = env!("CARGO_BIN_EXE_fengqiao");

struct Home {
    dir: tempfile::TempDir,
}

impl Home {
    fn new() -> Home {
        Home { dir: tempfile::tempdir().unwrap() }
    }
    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
    fn place(&self) -> Place {
        Place { data: self.path("data"), ..Place::default() }
    }
    /// Runs a command on this data.
    fn run(&self, args: &[&str]) -> Output {
        Command::new(BIN).args(args).arg("--data").arg(self.path("data")).output().unwrap()
    }
    #[track_caller]
    fn good(&self, args: &[&str]) -> String {
        let out = self.run(args);
        assert!(out.status.success(), "{args:?}: {}", said(&out));
        said(&out)
    }
    /// Runs a command that must be refused; returns what it said.
    #[track_caller]
    fn refused(&self, args: &[&str]) -> String {
        let out = self.run(args);
        assert!(!out.status.success(), "{args:?} was not refused: {}", said(&out));
        said(&out)
    }
    async fn app(&self) -> App {
        open(&self.place(), Keys::Make("sm"), Settings::default()).await.unwrap()
    }
}

fn said(out: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr))
}

/// One station, one officer and one auxiliary, one report whose text a spreadsheet would run.
async fn furnish(home: &Home) -> StationId {
    let app = home.app().await;
    let who = Actor::local("test");
    let act = || app.act(&who, "test.furnish", Purpose::Administration, app.fresh_command());
    let sub = places::model::NewSubBureau { code: "150702-FJ".into(), name: "测试分局".into(), region: "150702".into() };
    let sub_bureau = places::actions::add_sub_bureau(&app, &act(), sub).await.unwrap();
    let new = places::model::NewStation {
        sub_bureau,
        code: "150702990000".into(),
        name: "测试派出所".into(),
        region: "150702".into(),
        address: "测试路1号".into(),
    };
    let station = places::actions::add_station(&app, &act(), new).await.unwrap();
    for (account, role) in [("leader", Role::StationLeader), ("aux", Role::Auxiliary)] {
        let new = identity::model::NewUser {
            station,
            unit: "测试派出所".into(),
            account: account.into(),
            name: format!("测试{}", role.label()),
            role,
            password: "Word-2026-word".into(),
            must_change: false,
        };
        identity::actions::create_user(&app, &act(), new).await.unwrap();
    }
    let mut operator = Actor::resident(station);
    operator.role = Role::Operator;
    let take = app.act(&operator, "incidents.take", Purpose::Incident, app.fresh_command());
    let new = incidents::model::NewIntake {
        source_code: "0101".into(),
        content: "=HYPERLINK(\"http://x\")楼上半夜拖动桌椅".into(),
        place: "测试路1号".into(),
        reporter_name: "斯琴".into(),
        reporter_phone: "10000123456".into(),
        ..Default::default()
    };
    incidents::actions::take(&app, &take, new).await.unwrap();
    app.db().close().await;
    station
}

#[test]
fn every_command_has_help_that_shows_an_example() {
    for name in ["demo", "serve", "init", "import", "export", "figures", "audit", "backup", "restore", "keys", "check"] {
        let out = Command::new(BIN).args([name, "--help"]).output().unwrap();
        let text = said(&out);
        assert!(out.status.success() && text.contains("例：fengqiao ") && text.contains("--data") && text.contains("--as"), "{name}: {text}");
    }
}

#[test]
fn init_prints_three_links_and_a_key_file_that_only_its_owner_reads() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    assert!(home.refused(&["serve"]).contains("fengqiao init"));
    let text = home.good(&["init"]);
    assert_eq!(text.matches("/setup/").count(), 3, "{text}");
    let keys = home.path("data/keys.toml");
    assert_eq!(std::fs::metadata(&keys).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(home.refused(&["serve", "--listen", "0.0.0.0:0"]).contains("TLS"));
    assert!(home.refused(&["serve", "--metrics", "0.0.0.0:0"]).contains("本机"));
    assert!(home.refused(&["demo", "--listen", "127.0.0.1:0"]).contains("不是演示"));
    std::fs::set_permissions(&keys, PermissionsExt::from_mode(0o644)).unwrap();
    assert!(home.refused(&["check"]).contains("chmod 600"));
}

#[tokio::test]
async fn an_export_needs_purpose_and_right_and_is_marked_masked_logged_and_harmless() {
    let home = Home::new();
    let station = furnish(&home).await;
    let file = home.path("out.csv");
    let file = file.to_str().unwrap();
    let common = ["export", "incidents", file, "--from", "2020-01-01", "--to", "2099-01-01"];
    assert!(home.refused(&common).contains("--purpose"));
    let whole = |extra: &[&'static str]| [&common[..], &["--purpose", "statistics", "--reason", "季度分析用"][..], extra].concat();
    assert!(home.refused(&[&common[..], &["--purpose", "because", "--reason", "季度分析用"]].concat()).contains("目的"));
    assert!(home.refused(&[&common[..], &["--purpose", "statistics", "--reason", "看"]].concat()).contains("用途"));
    assert!(!home.refused(&whole(&["--as", "aux"])).is_empty());
    assert!(home.refused(&whole(&["--as", "nobody"])).contains("没有账号"));
    assert!(!Path::new(file).exists(), "a refused export left a file");
    let text = home.good(&whole(&["--as", "leader"]));
    assert!(text.contains("测试所领导") && text.contains("季度分析用"), "{text}");
    let csv = std::fs::read_to_string(file).unwrap();
    assert!(csv.contains("\"'=HYPERLINK"), "a formula was not neutralised: {csv}");
    assert!(!csv.contains("10000123456") && csv.contains("3456"), "the phone is not masked: {csv}");
    assert!(csv.lines().last().unwrap().contains("导出人：测试所领导"), "{csv}");
    assert!(home.refused(&whole(&[])).contains("没有覆盖"));
    let app = home.app().await;
    let who = Actor::local("test");
    let look = app.look(&who, "test.look", Purpose::Audit);
    let logged = app
        .db()
        .read(&look, async |r: &mut kernel::Reader| {
            let id = incidents::store::pages(r, station, kernel::Timestamp::MIN, kernel::Timestamp::MAX, (kernel::Timestamp::MIN, kernel::Uuid::nil().into()), 1)
                .await?
                .remove(0)
                .id;
            r.count(
                kernel::sql!("select count(*) as n from kernel_audit_touched s join kernel_audit a on a.chain = s.chain and a.seq = s.seq where s.kind = 'incident' and s.id = $1 and a.body like '%exchange.export_incidents%'"),
                kernel::args![id],
            )
            .await
        })
        .await
        .unwrap();
    assert_eq!(logged, 1, "the record's export is not in the chain");
    app.db().close().await;
}

#[tokio::test]
async fn an_account_narrowed_to_its_beats_is_narrowed_on_the_command_line_too() {
    let home = Home::new();
    let station = furnish(&home).await;
    let app = home.app().await;
    let who = Actor::local("test");
    let act = || app.act(&who, "test.narrow", Purpose::Administration, app.fresh_command());
    let new = identity::model::NewUser {
        station,
        unit: "测试派出所".into(),
        account: "officer".into(),
        name: "测试民警".into(),
        role: Role::Officer,
        password: "Word-2026-word".into(),
        must_change: false,
    };
    let id = identity::actions::create_user(&app, &act(), new).await.unwrap();
    app.db().close().await;
    let export = |file: &str| {
        let said = home.good(&["export", "incidents", file, "--from", "2020-01-01", "--to", "2099-01-01", "--purpose", "statistics", "--reason", "季度分析用", "--as", "officer"]);
        assert!(said.contains("测试民警"), "{said}");
        std::fs::read_to_string(file).unwrap()
    };
    let (wide, narrow) = (home.path("wide.csv"), home.path("narrow.csv"));
    assert!(export(wide.to_str().unwrap()).contains("楼上半夜"));
    let app = home.app().await;
    let mut security = Actor::local("test");
    security.role = Role::SecurityAdmin;
    let act = app.act(&security, "identity.narrow", Purpose::Administration, app.fresh_command());
    identity::actions::narrow(&app, &act, id, true).await.unwrap();
    app.db().close().await;
    assert!(!export(narrow.to_str().unwrap()).contains("楼上半夜"));
}

#[tokio::test]
async fn figures_come_as_an_array_of_name_definition_numerator_denominator_value() {
    let home = Home::new();
    furnish(&home).await;
    let out = home.run(&["figures", "--from", "2020-01-01", "--to", "2029-12-31", "--json"]);
    let list: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    let received = list.as_array().unwrap().iter().find(|f| f["key"] == "incident.received").unwrap();
    for field in ["name", "definition", "numerator", "denominator", "value"] {
        assert!(received.get(field).is_some(), "{field}");
    }
    assert_eq!(received["numerator"], 1);
    assert!(!home.refused(&["figures", "--from", "2020-01-01", "--to", "2020-02-30"]).is_empty());
}

#[tokio::test]
async fn a_backup_is_encrypted_comes_back_and_says_which_key_it_needs() {
    let home = Home::new();
    furnish(&home).await;
    let file = home.path("b.backup");
    let file = file.to_str().unwrap();
    assert!(home.good(&["keys", "rotate", "backup"]).contains("backup-"));
    let made = home.good(&["backup", file]);
    let key = made.split("备份密钥 ").nth(1).unwrap().split('）').next().unwrap().to_string();
    let bytes = std::fs::read(file).unwrap();
    assert!(!bytes.windows(6).any(|w| w == b"SQLite"), "the backup is not encrypted");
    assert!(home.refused(&["backup", file]).contains("没有覆盖"));
    assert!(home.refused(&["backup", "/nonexistent/x.backup"]).contains("没有完成"));
    assert!(home.refused(&["restore", file]).contains("没有覆盖"));
    // On a new machine, without the key, with a wrong one, with the right one.
    let other = Home::new();
    assert!(other.refused(&["restore", file]).contains(&key));
    let stranger = Home::new();
    stranger.good(&["init"]);
    let wrong = stranger.path("data/keys.toml");
    assert!(other.refused(&["restore", file, "--keys-file", wrong.to_str().unwrap()]).contains(&key));
    let right = home.path("data/keys.toml");
    other.good(&["restore", file, "--keys-file", right.to_str().unwrap()]);
    assert!(other.good(&["audit", "verify", "--keys-file", right.to_str().unwrap()]).contains("完整"));
    let list = home.good(&["keys", "list"]);
    assert!(list.contains("仅读取") && list.contains("使用中"), "{list}");
    assert!(home.good(&["check"]).contains("完整"));
}

/// The migrations of an earlier version: without the last step of the incidents.
fn earlier() -> Vec<kernel::Migrations> {
    let mut all = fengqiao::domains::migrations();
    let last = all.iter_mut().find(|m| m.domain == "incidents").unwrap();
    assert!(last.steps.len() > 1);
    last.steps = &last.steps[..last.steps.len() - 1];
    all
}

async fn upgrade(home: &Home, database: Option<String>) {
    let place = Place { database: database.clone(), ..home.place() };
    std::fs::create_dir_all(&place.data).unwrap();
    vault::KeyFile::create(&place.key_path(), "sm", "2026-05-08").unwrap();
    let db = Db::open(&place.database(), Clock::System, vault::HashAlg::Sm3).await.unwrap();
    db.migrate(&earlier()).await.unwrap();
    db.close().await;
    let mut args = vec!["check"];
    if let Some(url) = &database {
        args.extend(["--database", url.as_str()]);
    }
    let text = home.good(&args);
    assert!(text.contains("先加密备份到"), "{text}");
    let backups = || -> Vec<PathBuf> {
        let all = std::fs::read_dir(&place.data).unwrap().map(|e| e.unwrap().path());
        all.filter(|p| p.extension().is_some_and(|e| e == "backup")).collect()
    };
    assert_eq!(backups().len(), 1);
    assert!(!home.good(&args).contains("将升级"), "a database that is up to date was backed up again");
    assert_eq!(backups().len(), 1);
    // The backup is the earlier version, whole.
    let old = Home::new();
    let mut restore = vec!["restore".to_string(), backups()[0].display().to_string(), "--keys-file".into(), place.key_path().display().to_string()];
    if let Some(url) = &database {
        restore.extend(["--database".into(), url.clone()]);
    }
    old.good(&restore.iter().map(String::as_str).collect::<Vec<_>>());
    if database.is_none() {
        let db = Db::open(&old.place().database(), Clock::System, vault::HashAlg::Sm3).await.unwrap();
        assert_eq!(db.pending(&earlier()).await.unwrap().steps, vec![]);
        assert_eq!(db.pending(&fengqiao::domains::migrations()).await.unwrap().steps.len(), 1);
        db.close().await;
    } else {
        let dump = std::fs::read(old.path("data/fengqiao.dump")).unwrap();
        assert!(dump.starts_with(b"PGDMP"));
    }
    // A database of a later version is refused and stays as it is.
    let db = Db::open(&place.database(), Clock::System, vault::HashAlg::Sm3).await.unwrap();
    let act = kernel::Act::look(&Actor::system(), "test.newer", Purpose::Administration, &db);
    db.write(&act, async |tx: &mut kernel::Tx| {
        tx.record("test.newer", &[], "");
        tx.exec(kernel::sql!("insert into kernel_migration (domain, n, checksum, at) values ('incidents', 99, 'x', 0)"), vec![]).await
    })
    .await
    .unwrap();
    db.close().await;
    let text = home.refused(&args);
    assert!(text.contains("比本程序新") && text.contains("未做任何改动"), "{text}");
    assert_eq!(backups().len(), 1);
}

#[tokio::test]
async fn an_upgrade_backs_up_first_and_a_newer_database_is_refused() {
    upgrade(&Home::new(), None).await;
}

#[tokio::test]
async fn the_same_on_postgresql() {
    let Ok(base) = std::env::var("FENGQIAO_TEST_PG") else { return };
    use sqlx::Connection;
    let name = format!("up{}", Clock::System.new_id().simple());
    let mut c = sqlx::PgConnection::connect(&base).await.unwrap();
    let text: &'static str = Box::leak(format!("create database {name}").into_boxed_str());
    sqlx::query(text).execute(&mut c).await.unwrap();
    let (head, _) = base.split('?').next().unwrap().rsplit_once('/').unwrap();
    upgrade(&Home::new(), Some(format!("{head}/{name}"))).await;
}

#[tokio::test]
async fn a_spreadsheet_comes_in_like_any_file_and_twice_is_once() {
    let home = Home::new();
    furnish(&home).await;
    let top = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let file = home.path("300.csv");
    std::fs::copy(format!("{top}/crates/exchange/testdata/invented_300.csv"), &file).unwrap();
    let mapping = format!("{top}/mappings/citizen_messages.toml");
    let args = ["import", file.to_str().unwrap(), "--mapping", &mapping];
    let look = home.good(&[&args[..], &["--dry-run"]].concat());
    assert!(look.contains("预览") && !look.contains("导入完成"), "{look}");
    let first = home.good(&args);
    assert!(first.contains("导入完成") && first.contains("拒收"), "{first}");
    let refused = home.path("300.csv.refused.csv");
    assert!(std::fs::read_to_string(&refused).unwrap().lines().count() > 1);
    let again = home.good(&args);
    let done = again.split("导入完成").nth(1).unwrap();
    assert!(done.contains("接收 0，"), "{again}");
    for bad in ["invented_unclosed_quote.csv", "invented_missing_column.csv"] {
        let file = format!("{top}/crates/exchange/testdata/{bad}");
        let text = home.refused(&["import", &file, "--mapping", &mapping]);
        assert!(text.contains("没有完成"), "{text}");
    }
    assert!(home.good(&["audit", "verify"]).contains("完整"));
}

#[tokio::test]
async fn metrics_tell_routes_and_batches_on_a_port_of_their_own_and_nothing_personal() {
    let home = Home::new();
    furnish(&home).await;
    let free = || std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let (site, metrics) = (free(), free());
    let mut child = Command::new(BIN)
        .args(["serve", "--listen", &site, "--metrics", &metrics, "--data"])
        .arg(home.path("data"))
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let ask = |at: &str, path: &str| -> std::io::Result<String> {
        use std::io::{Read, Write};
        let mut s = std::net::TcpStream::connect(at)?;
        write!(s, "GET {path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\r\n")?;
        let mut out = String::new();
        s.read_to_string(&mut out)?;
        Ok(out)
    };
    let begun = std::time::Instant::now();
    while !ask(&site, "/healthz").is_ok_and(|a| a.starts_with("HTTP/1.1 200")) {
        assert!(begun.elapsed().as_secs() < 60 && child.try_wait().unwrap().is_none(), "the server does not answer");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    ask(&site, "/p/report/00000000-0000-0000-0000-000000000001?phone=10000123456").unwrap();
    let text = ask(&metrics, "/metrics").unwrap();
    let outside = ask(&site, "/metrics").unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(outside.starts_with("HTTP/1.1 404"), "metrics stand on the public port");
    for part in [
        "fengqiao_requests_total{route=\"/healthz\",method=\"GET\",status=\"200\"}",
        "fengqiao_requests_total{route=\"/p/report/{station}\",method=\"GET\",status=\"404\"} 1",
        "fengqiao_request_seconds_bucket{route=\"/healthz\",le=\"+Inf\"}",
        "fengqiao_commits_total ",
        "fengqiao_batch_commands_bucket{le=\"64\"}",
        "fengqiao_writer_waiting ",
        "fengqiao_live_streams 0",
        "fengqiao_job_runs_total{job=",
        "fengqiao_database_up 1",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert!(!text.contains("10000123456") && !text.contains("00000000-0000"), "{text}");
}
