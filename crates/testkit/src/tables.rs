//! Migrated, empty databases. Hundreds of tests need the same tables, so they are made once for each set of domains and
//! copied: a file on SQLite, a database from a template on PostgreSQL.

use kernel::{Clock, Db, Migrations, Result};
use sqlx::{Connection, PgConnection};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

type Files = HashMap<u64, Arc<OnceCell<Vec<u8>>>>;

/// SQLite files by what was migrated; PostgreSQL keeps its own by name, for all test programs together.
static FILES: Mutex<Option<Files>> = Mutex::new(None);
/// Databases whose tests have ended.
static ENDED: Mutex<Vec<String>> = Mutex::new(vec![]);

/// One makes the tables of a set while the others wait.
const ONE_AT_A_TIME: &str = "select pg_advisory_lock(20260508)";
const DONE: &str = "select pg_advisory_unlock(20260508)";

/// A database of one test; what it took of the server is given back some time after it is dropped.
pub(crate) struct Tables {
    /// What [`Db::open`] takes.
    pub place: String,
    database: Option<String>,
}

impl Drop for Tables {
    fn drop(&mut self) {
        ENDED.lock().unwrap_or_else(PoisonError::into_inner).extend(self.database.take());
    }
}

/// A fresh copy of the tables of these domains; on SQLite in `dir`.
pub(crate) async fn fresh(engine: &str, dir: &Path, all: Vec<Migrations>) -> Tables {
    let mut key = DefaultHasher::new();
    all.iter().for_each(|m| (m.domain, m.steps).hash(&mut key));
    if engine == "postgres" {
        return copied(key.finish(), all).await;
    }
    let made = FILES.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default().entry(key.finish()).or_default().clone();
    let bytes = made.get_or_init(async || {
        let room = tempfile::tempdir().expect("a temporary directory");
        let file = room.path().join("tables.sqlite");
        migrated(file.to_string_lossy().into_owned(), all);
        std::fs::read(file).expect("the migrated file")
    });
    let file: PathBuf = dir.join("test.sqlite");
    std::fs::write(&file, bytes.await).expect("a copy of the tables");
    Tables { place: file.to_string_lossy().into_owned(), database: None }
}

/// Migrates on a thread and runtime of its own: with them goes what a database runs in the background.
fn migrated(place: String, all: Vec<Migrations>) {
    let work = move || -> Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let db = Db::open(&place, Clock::fixed(crate::start()), vault::HashAlg::Sm3).await?;
            db.migrate(&all).await?;
            db.close().await;
            Ok(())
        })
    };
    std::thread::spawn(work).join().expect("the migration ends").expect("migrations run");
}

async fn copied(key: u64, all: Vec<Migrations>) -> Tables {
    let base = std::env::var("FENGQIAO_TEST_PG").expect("FENGQIAO_TEST_PG");
    let mut server = PgConnection::connect(&base).await.expect("the test server");
    let ended = std::mem::take(&mut *ENDED.lock().unwrap_or_else(PoisonError::into_inner));
    for name in ended {
        run(&mut server, format!("drop database if exists {name} with (force)")).await;
    }
    let tables = format!("tables_{key:016x}");
    run(&mut server, ONE_AT_A_TIME.into()).await;
    let there = sqlx::query("select 1 from pg_database where datname = $1").bind(&tables).fetch_optional(&mut server).await;
    if there.expect("the list of databases").is_none() {
        // What a program that broke off has left.
        run(&mut server, format!("drop database if exists {tables}_new with (force)")).await;
        run(&mut server, format!("create database {tables}_new")).await;
        migrated(of(&base, &format!("{tables}_new")), all);
        run(&mut server, format!("alter database {tables}_new rename to {tables}")).await;
    }
    run(&mut server, DONE.into()).await;
    let name = format!("t{}", Clock::System.new_id().simple());
    // Not through the log, as PostgreSQL does unasked: a third of the time.
    run(&mut server, format!("create database {name} template {tables} strategy file_copy")).await;
    Tables { place: of(&base, &name), database: Some(name) }
}

async fn run(server: &mut PgConnection, text: String) {
    let text: &'static str = Box::leak(text.into_boxed_str());
    sqlx::query(text).execute(server).await.unwrap_or_else(|e| panic!("{text}: {e}"));
}

/// The address of another database of the same server.
fn of(base: &str, name: &str) -> String {
    let (address, rest) = base.split_once('?').map_or((base, String::new()), |(a, q)| (a, format!("?{q}")));
    let server = address.rsplit_once('/').map_or(address, |(server, _)| server);
    format!("{server}/{name}{rest}")
}
