//! Migrations: each domain brings numbered texts; the kernel runs them once, in order.
//!
//! A migration is one text for both engines (helpers of [`sql`](crate::sql)), or a pair where the
//! engines differ. Applied texts are kept by checksum: a changed one, or a database that knows a
//! newer version than this program, is refused before anything is touched.

use crate::row::Row;
use crate::{Db, Error, Result, args, sql};
use futures::future::BoxFuture;

/// The migrations of one domain, ordered; the number is the position from 1.
#[derive(Clone, Copy)]
pub struct Migrations {
    pub domain: &'static str,
    /// `(sqlite text, postgres text)`; equal when one text serves both.
    pub steps: &'static [(&'static str, &'static str)],
}

/// Declares migrations: `migrations!("places", "0001_places.sql")` reads `migrations/<file>` of
/// the crate, one text for both engines; `("0002.sqlite.sql", "0002.postgres.sql")` reads a pair.
#[macro_export]
macro_rules! migrations {
    ($domain:literal $(, $file:tt)* $(,)?) => {
        $crate::Migrations { domain: $domain, steps: &[$($crate::migration_step!($file)),*] }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! migration_step {
    (($lite:literal, $pg:literal)) => {
        (
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/", $lite)),
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/", $pg)),
        )
    };
    ($both:literal) => {{
        const TEXT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/", $both));
        (TEXT, TEXT)
    }};
}

/// The kernel's own tables.
pub const KERNEL: Migrations =
    crate::migrations!(
        "kernel",
        ("0001.sqlite.sql", "0001.postgres.sql"),
        "0002_indexes.sql",
        "0003_wrote.sql",
        "0004_search_parts.sql",
        ("0005_fresh.sqlite.sql", "0005_fresh.postgres.sql"),
        "0006_mark.sql",
        "0007_search_beat.sql",
        ("0008_packed.sqlite.sql", "0008_packed.postgres.sql"),
    );

/// Which steps of all domains are not yet applied.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Pending {
    pub steps: Vec<(String, usize)>,
    /// False for an empty database, which needs no backup first.
    pub existing: bool,
}

impl Migrations {
    pub(crate) fn text(&self, step: usize, engine: crate::Engine) -> String {
        let (lite, pg) = self.steps[step];
        let text = if engine == crate::Engine::Sqlite { lite } else { pg };
        let bare: Vec<&str> = text.lines().filter(|l| !l.trim_start().starts_with("--")).collect();
        sql::expand(&bare.join("\n"), engine)
    }

    pub(crate) fn checksum(&self, step: usize) -> String {
        let (lite, pg) = self.steps[step];
        hex::encode(vault::digest(vault::HashAlg::Sha256, &[lite.as_bytes(), b"\0", pg.as_bytes()]))
    }
}

/// Compares what is applied (`domain, number, checksum`) with what this program brings.
pub(crate) fn plan(all: &[Migrations], applied: &[(String, i64, String)]) -> Result<Pending> {
    let mut pending = Pending { existing: !applied.is_empty(), ..Default::default() };
    for (domain, number, sum) in applied {
        let known = all.iter().find(|m| m.domain == domain);
        match known {
            Some(m) if (*number as usize) <= m.steps.len() => {
                if m.checksum(*number as usize - 1) != *sum {
                    return Err(Error::internal(format!(
                        "数据库中 {domain} 第 {number} 步的结构与本程序不一致：可能由另一版本建立。请用建立它的版本打开，或从备份恢复。"
                    )));
                }
            }
            _ => {
                return Err(Error::internal(format!(
                    "数据库比本程序新（{domain} 第 {number} 步）。请使用更新的程序版本打开，本程序未做任何改动。"
                )));
            }
        }
    }
    for m in all {
        for step in 0..m.steps.len() {
            if !applied.iter().any(|(d, n, _)| d == m.domain && *n as usize == step + 1) {
                pending.steps.push((m.domain.to_string(), step));
            }
        }
    }
    Ok(pending)
}

/// An error when what is applied (`domain, number, checksum`) was not made by this program or an earlier version of it:
/// for a copy that is looked at before it becomes a database.
pub fn must_know(all: &[Migrations], applied: &[(String, i64, String)]) -> Result<()> {
    plan(all, applied).map(|_| ())
}

impl Db {
    /// Which migrations this database lacks; an error when it is newer than this program.
    pub fn pending<'a>(&'a self, all: &'a [Migrations]) -> BoxFuture<'a, Result<Pending>> {
        Box::pin(async move {
            let mut conn = self.plain().await?;
            conn.batch("create table if not exists kernel_migration (domain text not null, n bigint not null, checksum text not null, at bigint not null, primary key (domain, n))").await?;
            let rows = conn.rows(sql!("select domain, n, checksum from kernel_migration"), vec![]).await?;
            let applied: Vec<(String, i64, String)> = rows
                .iter()
                .map(|r: &Row| Ok((r.get("domain")?, r.get("n")?, r.get("checksum")?)))
                .collect::<Result<_>>()?;
            plan(all, &applied)
        })
    }

    /// Brings the schema up to date, every step in its own transaction with its checksum.
    pub fn migrate<'a>(&'a self, all: &'a [Migrations]) -> BoxFuture<'a, Result<Pending>> {
        Box::pin(async move {
            let pending = self.pending(all).await?;
            let mut conn = self.plain().await?;
            for (domain, step) in &pending.steps {
                let Some(m) = all.iter().find(|m| m.domain == domain) else { continue };
                let text: &'static str = Box::leak(m.text(*step, self.engine()).into_boxed_str());
                conn.batch("begin").await?;
                let done = async {
                    conn.batch(text).await?;
                    conn.exec(
                        sql!("insert into kernel_migration (domain, n, checksum, at) values ($1, $2, $3, $4)"),
                        args![m.domain, *step as i64 + 1, m.checksum(*step), self.clock().now()],
                    )
                    .await
                }
                .await;
                if let Err(e) = done {
                    conn.batch("rollback").await?;
                    return Err(Error::internal(format!("migration {domain} {}: {e}", step + 1)));
                }
                conn.batch("commit").await?;
            }
            Ok(pending)
        })
    }

    /// Marks the whole database as something (`demo`); a mark is never taken away.
    pub fn mark<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let mut conn = self.plain().await?;
            let now = self.clock().now();
            conn.exec(sql!("insert into kernel_mark (name, at) values ($1, $2) on conflict (name) do nothing"), args![name, now])
                .await
                .map(|_| ())
        })
    }

    /// Whether the database is marked; an error where the table is not there yet.
    pub fn is_marked<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let rows = self.reader().await?.rows(sql!("select 1 as n from kernel_mark where name = $1"), args![name]).await?;
            Ok(!rows.is_empty())
        })
    }
}

