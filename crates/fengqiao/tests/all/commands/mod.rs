//! The built program on the command line: what an operator does in a year, and what is refused.

mod backups;
mod named;
mod serving;
mod unit;

use crate::common::{self, BIN, Home, furnish, said};
use fengqiao::open::{Keys, Place, open_at};
use kernel::app::Settings;
use kernel::{Actor, Clock, Db, Purpose, Role};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Every command that the tree knows, with the words that lead to it.
fn all(c: &clap::Command, path: Vec<String>) -> Vec<(Vec<String>, clap::Command)> {
    let below = c.get_subcommands().flat_map(|s| all(s, path.iter().cloned().chain([s.get_name().to_string()]).collect()));
    let below: Vec<_> = below.collect();
    [vec![(path, c.clone())], below].concat()
}

#[test]
fn every_command_has_help_in_chinese_that_shows_an_example() {
    let mut tree = fengqiao::cli::tree();
    tree.build();
    let english = ["Usage", "Options", "Commands", "Arguments", "Print ", "default:", "possible values"];
    for (path, command) in all(&tree, vec![]) {
        let out = Command::new(BIN).args(&path).arg("--help").output().unwrap();
        let text = said(&out);
        assert!(out.status.success() && text.contains("用法：fengqiao"), "{path:?}: {text}");
        for word in english {
            assert!(!text.contains(word), "{path:?} says “{word}”: {text}");
        }
        assert!(text.contains("显示这份说明"), "{path:?}: {text}");
        let top = path.len() == 1;
        assert!(!top || text.contains("例：fengqiao "), "{path:?} has no example: {text}");
        assert!(path.is_empty() || path[0] == "verify-clip" || (text.contains("--data") && text.contains("--as")), "{path:?}: {text}");
        for a in command.get_arguments() {
            let help = a.get_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.chars().any(|c| c > '\u{2e80}'), "{path:?}: {} says nothing", a.get_id());
        }
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        assert!(about.chars().any(|c| c > '\u{2e80}'), "{path:?} says nothing of itself");
    }
    // The examples themselves can be read by the program.
    for (path, command) in all(&tree, vec![]) {
        let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        for example in text.lines().flat_map(|l| l.split(['；', '。'])).filter_map(|l| l.trim().strip_prefix("例：").or(l.trim().strip_prefix("fengqiao ").map(|_| l.trim()))) {
            if let Err(e) = fengqiao::cli::parse(example.split_whitespace()) {
                panic!("{path:?}: the example “{example}” is refused: {e}");
            }
        }
    }
}

#[test]
fn what_cannot_be_read_is_told_in_chinese_with_the_way_to_the_help() {
    for (args, says, help) in [
        (&["export", "incidents", "x.csv", "--from", "2026-01-01", "--to", "2026-01-02", "--reason", "季度分析"][..], "缺少 --purpose", "fengqiao export --help"),
        (&["backup"][..], "缺少 <", "fengqiao backup --help"),
        (&["backups"][..], "没有“backups”这个命令。是不是 backup", "fengqiao --help"),
        (&["backup", "x", "--dat", "y"][..], "没有 --dat 这个选项。是不是 --data", "fengqiao backup --help"),
        (&["keys", "rotat"][..], "没有“rotat”这个命令", "fengqiao keys --help"),
        (&["check", "--data"][..], "--data", "fengqiao check --help"),
        (&["serve", "--trusted-proxy", "here"][..], "的内容“here”不对", "fengqiao serve --help"),
        (&["serve", "--ring", "x", "--no-video"][..], "不能同时写", "fengqiao serve --help"),
    ] {
        let out = Command::new(BIN).args(args).output().unwrap();
        let text = said(&out);
        assert_eq!(out.status.code(), Some(2), "{args:?}: {text}");
        assert!(text.contains("没有完成：") && text.contains(says) && text.contains(help), "{args:?}: {text}");
        for word in ["error", "Usage", "required", "For more"] {
            assert!(!text.contains(word), "{args:?} says “{word}”: {text}");
        }
    }
    for bare in [vec![], vec!["keys"], vec!["audit"]] {
        let out = Command::new(BIN).args(&bare).output().unwrap();
        assert!(!out.status.success() && said(&out).contains("用法：fengqiao") && said(&out).contains("命令"), "{}", said(&out));
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
    // Fonts are mounted before the port is opened: a directory that is not there, and a file that is no font, are named.
    let nowhere = home.refused(&["serve", "--fonts", "/nonexistent/fonts"]);
    assert!(nowhere.contains("字体目录 /nonexistent/fonts 不能用") && nowhere.contains("--fonts"), "{nowhere}");
    std::fs::create_dir(home.path("fonts")).unwrap();
    std::fs::write(home.path("fonts/broken.ttf"), b"no font").unwrap();
    let fonts = home.path("fonts");
    let broken = home.refused(&["serve", "--fonts", fonts.to_str().unwrap()]);
    assert!(broken.contains("broken.ttf"), "{broken}");
    std::fs::remove_file(home.path("fonts/broken.ttf")).unwrap();
    let mounted = home.refused(&["serve", "--fonts", fonts.to_str().unwrap(), "--metrics", "0.0.0.0:0"]);
    assert!(mounted.contains("装入 0 个字体") && mounted.contains("本机"), "{mounted}");
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
    let id = common::hire(&app, station, "officer", Role::Officer).await;
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
    let old_url = if database.is_some() { Some(common::fresh_database().await) } else { None };
    if let Some(url) = &old_url {
        restore.extend(["--database".into(), url.clone()]);
    }
    let said = old.good(&restore.iter().map(String::as_str).collect::<Vec<_>>());
    // It was migrated on its way in, after a backup of its own.
    assert!(said.contains("先加密备份到") && said.contains("已恢复到"), "{said}");
    let url = old_url.unwrap_or_else(|| old.place().database());
    let db = Db::open(&url, Clock::System, vault::HashAlg::Sm3).await.unwrap();
    assert_eq!(db.pending(&fengqiao::domains::migrations()).await.unwrap().steps, vec![]);
    db.close().await;
    let kept = std::fs::read_dir(old.path("data")).unwrap().filter(|e| e.as_ref().unwrap().path().extension().is_some_and(|x| x == "backup")).count();
    assert_eq!(kept, 1, "the earlier version is kept");
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
    // A backup of it is refused too, and nothing of it stays.
    let newer = home.path("newer.backup");
    let db = Db::open(&place.database(), Clock::System, vault::HashAlg::Sm3).await.unwrap();
    let keys = vault::KeyFile::load(&place.key_path()).unwrap();
    match &database {
        None => fengqiao::open::write_backup(&db, &keys, &place.data, &newer).await,
        Some(url) => fengqiao::open::dump(url, &keys, &newer),
    }
    .unwrap();
    db.close().await;
    let fresh = Home::new();
    let mut restore = vec!["restore".to_string(), newer.display().to_string(), "--keys-file".into(), place.key_path().display().to_string()];
    if database.is_some() {
        restore.extend(["--database".into(), common::fresh_database().await]);
    }
    let text = fresh.refused(&restore.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(text.contains("比本程序新"), "{text}");
    assert_eq!(std::fs::read_dir(fresh.path("data")).unwrap().count(), 0, "{text}");
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
    if std::env::var("FENGQIAO_TEST_PG").is_ok() {
        upgrade(&Home::new(), Some(common::fresh_database().await)).await;
    }
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
    // The clock of a demonstration is nothing to a server of real data.
    let moment = home.path("clock");
    std::fs::write(&moment, "2099-01-01T00:00:00+08:00").unwrap();
    let mut child = Command::new(BIN)
        .env("FENGQIAO_DEMO_CLOCK", &moment)
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
    assert!(moment.exists(), "a server of real data took a clock from outside");
    assert!(open_at(&home.place(), Keys::MustExist, Settings::default(), Clock::ahead()).await.is_err());
    for part in [
        "fengqiao_requests_total{route=\"/healthz\",method=\"GET\",status=\"200\"}",
        "fengqiao_requests_total{route=\"/p/report/{station}\",method=\"GET\",status=\"404\"} 1",
        "fengqiao_request_seconds_bucket{route=\"/healthz\",le=\"+Inf\"}",
        "fengqiao_commits_total ",
        "fengqiao_batch_commands_bucket{le=\"64\"}",
        "fengqiao_commit_seconds_bucket{le=\"0.005\"}",
        "fengqiao_writer_waiting ",
        "fengqiao_live_streams 0",
        "fengqiao_job_runs_total{job=",
        "fengqiao_database_up 1",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert!(!text.contains("10000123456") && !text.contains("00000000-0000"), "{text}");
}
