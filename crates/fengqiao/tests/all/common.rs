//! A directory with an installation in it, and the built program run on it.

use fengqiao::open::{Keys, Place, open};
use kernel::app::Settings;
use kernel::{Actor, App, Purpose, Role, StationId};
use std::path::PathBuf;
use std::process::{Command, Output};

pub const BIN: &str = env!("CARGO_BIN_EXE_fengqiao");
pub const PASSWORD: &str = "Word-2026-word";

pub struct Home {
    dir: tempfile::TempDir,
    /// A PostgreSQL database of its own, when it is not the embedded one.
    pub database: Option<String>,
}

impl Home {
    pub fn new() -> Home {
        Home { dir: tempfile::tempdir().unwrap(), database: None }
    }
    /// `engine` is one of [`testkit::engines`].
    pub async fn on(engine: &str) -> Home {
        let mut home = Home::new();
        if engine == "postgres" {
            home.database = Some(fresh_database().await);
        }
        home
    }
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
    pub fn place(&self) -> Place {
        Place { data: self.path("data"), database: self.database.clone(), ..Place::default() }
    }
    /// A command on this data, not yet started.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut c = Command::new(BIN);
        c.args(args).arg("--data").arg(self.path("data"));
        if let Some(url) = &self.database {
            c.args(["--database", url]);
        }
        c
    }
    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }
    #[track_caller]
    pub fn good(&self, args: &[&str]) -> String {
        let out = self.run(args);
        assert!(out.status.success(), "{args:?}: {}", said(&out));
        said(&out)
    }
    /// Runs a command that must be refused; returns what it said.
    #[track_caller]
    pub fn refused(&self, args: &[&str]) -> String {
        let out = self.run(args);
        assert!(!out.status.success(), "{args:?} was not refused: {}", said(&out));
        let text = said(&out);
        assert!(text.contains("没有完成："), "{args:?} was refused without a sentence: {text}");
        text
    }
    pub async fn app(&self) -> App {
        open(&self.place(), Keys::Make("sm"), Settings::default()).await.unwrap()
    }
    /// The bodies of all chains, oldest first.
    pub async fn chain(&self) -> Vec<String> {
        let app = self.app().await;
        let look = app.look(&Actor::system(), "test.look", Purpose::Audit);
        let rows = app.db().read(&look, async |r: &mut kernel::Reader| {
            r.rows(kernel::sql!("select body from kernel_audit order by at, seq"), vec![]).await?.iter().map(|x| x.get("body")).collect()
        });
        let rows = rows.await.unwrap();
        app.db().close().await;
        rows
    }
}

pub fn said(out: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr))
}

/// An empty database on the test server.
pub async fn fresh_database() -> String {
    use sqlx::Connection;
    let base = std::env::var("FENGQIAO_TEST_PG").unwrap();
    let name = format!("c{}", kernel::Clock::System.new_id().simple());
    let mut c = sqlx::PgConnection::connect(&base).await.unwrap();
    let text: &'static str = Box::leak(format!("create database {name}").into_boxed_str());
    sqlx::query(text).execute(&mut c).await.unwrap();
    let (head, _) = base.split('?').next().unwrap().rsplit_once('/').unwrap();
    format!("{head}/{name}")
}

pub async fn hire(app: &App, station: StationId, account: &str, role: Role) -> kernel::UserId {
    let act = app.act(&Actor::local("test"), "test.hire", Purpose::Administration, app.fresh_command());
    let new = identity::model::NewUser {
        station,
        unit: "测试派出所".into(),
        account: account.into(),
        name: format!("测试{}", role.label()),
        role,
        password: PASSWORD.into(),
        must_change: false,
    };
    identity::actions::create_user(app, &act, new).await.unwrap()
}

/// One station, a leader, an auxiliary and a system administrator, one report whose text a spreadsheet would run.
pub async fn furnish(home: &Home) -> StationId {
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
        hire(&app, station, account, role).await;
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

/// The three administrators, set up through the links of `init` as people do it: accounts `sys`, `sec` and `aud`.
pub async fn administrators(home: &Home) {
    let said = home.good(&["init"]);
    let app = home.app().await;
    for line in said.lines().filter(|l| l.contains("/setup/")) {
        let token = line.split("/setup/").nth(1).unwrap().trim();
        let account = if line.contains("系统") { "sys" } else if line.contains("安全") { "sec" } else { "aud" };
        let act = app.act(&Actor::system(), "identity.use_link", Purpose::SignIn, app.fresh_command());
        identity::actions::use_link(&app, &act, token, account, "测试管理员", PASSWORD).await.unwrap();
    }
    app.db().close().await;
}
