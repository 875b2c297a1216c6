//! Changes of SQLite's full-text table, kept back until the common transaction ends.
//!
//! FTS5 writes a segment of its own at every savepoint, and whenever a row number is lower than the one before; every
//! command has a savepoint. So the changes of all commands of a transaction are collected by number and written once,
//! just before its commit (`docs/decisions/0006-search-by-bigrams.md`).

use crate::lite::Lite;
use crate::{Result, args, sql};
use std::collections::BTreeMap;

/// Changes by document number.
#[derive(Default)]
pub(crate) struct Words(BTreeMap<i64, Change>);

#[derive(Default)]
struct Change {
    /// What the table holds under this number goes.
    drop: bool,
    /// What it holds then.
    put: Option<String>,
}

impl Words {
    /// The document's tokens.
    pub(crate) fn put(&mut self, doc: i64, tokens: String) {
        self.0.entry(doc).or_default().put = Some(tokens);
    }

    /// Takes the document out, whether the table holds it or it was put here.
    pub(crate) fn drop(&mut self, doc: i64) {
        self.0.insert(doc, Change { drop: true, put: None });
    }

    /// Adds what a later command changed.
    pub(crate) fn then(&mut self, later: Words) {
        for (doc, change) in later.0 {
            if change.drop {
                self.drop(doc);
            }
            if let Some(tokens) = change.put {
                self.put(doc, tokens);
            }
        }
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Writes all of it into the open transaction, in the order of the numbers.
    pub(crate) fn write(&mut self, conn: &mut Lite) -> Result<()> {
        for (doc, change) in std::mem::take(&mut self.0) {
            if change.drop {
                conn.exec(sql!("delete from kernel_search_fts where rowid = $1").text(crate::Engine::Sqlite), args![doc])?;
            }
            if let Some(tokens) = change.put {
                let text = sql!("insert into kernel_search_fts (rowid, tokens) values ($1, $2)");
                conn.exec(text.text(crate::Engine::Sqlite), args![doc, tokens])?;
            }
        }
        Ok(())
    }
}
