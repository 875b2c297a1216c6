//! A database of the kernel's own tables on either engine.

use kernel::{Clock, Db, Migrations};
use sqlx::Connection;

/// SQLite always, PostgreSQL when `FENGQIAO_TEST_PG` names a server.
pub fn engines() -> Vec<&'static str> {
    if std::env::var("FENGQIAO_TEST_PG").is_ok() { vec!["sqlite", "postgres"] } else { vec!["sqlite"] }
}

/// Makes a test of each function for each engine.
macro_rules! both {
    ($($name:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name("sqlite").await
            })*
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                if super::common::engines().contains(&"postgres") {
                    super::$name("postgres").await
                }
            })*
        }
    };
}

/// An empty database with these migrations after the kernel's, and a clock that stands still.
pub async fn open(engine: &str, more: &[Migrations]) -> (Db, tempfile::TempDir) {
    let (db, dir) = bare(engine).await;
    let mut all = vec![kernel::migrate::KERNEL];
    all.extend_from_slice(more);
    db.migrate(&all).await.unwrap();
    (db, dir)
}

/// The same without any table.
pub async fn bare(engine: &str) -> (Db, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let place = match engine {
        "postgres" => schema().await,
        _ => dir.path().join("t.sqlite").to_string_lossy().into_owned(),
    };
    let clock = Clock::fixed("2026-05-01T00:00:00Z".parse().unwrap());
    let db = Db::open(&place, clock, vault::HashAlg::Sm3).await.unwrap();
    (db, dir)
}

async fn schema() -> String {
    let base = std::env::var("FENGQIAO_TEST_PG").unwrap();
    let name = format!("k{}", Clock::System.new_id().simple());
    let mut c = sqlx::PgConnection::connect(&base).await.unwrap();
    let text: &'static str = Box::leak(format!("create schema {name}").into_boxed_str());
    sqlx::query(text).execute(&mut c).await.unwrap();
    let joint = if base.contains('?') { '&' } else { '?' };
    format!("{base}{joint}options=-c%20search_path%3D{name}")
}
