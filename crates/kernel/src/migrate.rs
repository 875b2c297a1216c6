//! Migrations: each domain brings numbered texts; the kernel runs them once, in order.
//!
//! A migration is one text for both engines (helpers of [`sql`](crate::sql)), or a pair where the
//! engines differ. Applied texts are kept by checksum: a changed one, or a database that knows a
//! newer version than this program, is refused before anything is touched.

use crate::{Error, Result, sql};

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
