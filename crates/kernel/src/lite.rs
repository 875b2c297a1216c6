//! The SQLite writer's connection: statements run where they are asked for, without a thread of their own.
//!
//! A command is some thirty statements of a few microseconds each. Through a driver with a worker thread every one of
//! them cost two switches of thread, more than the statement itself (`docs/decisions/0019-writer-without-a-thread.md`).
//! Readers are of the same kind; their long statements are stopped and begun again aside (`readers.rs`).

use crate::row::Value;
use crate::{Error, Result};
use rusqlite::types::{FromSql, ToSql, ToSqlOutput, Value as Own, ValueRef};
use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Statements kept prepared.
const PREPARED: usize = 512;

/// The connection. The lock is never waited for: whoever holds the writer has it alone.
pub(crate) struct Lite {
    conn: Mutex<rusqlite::Connection>,
    limit: Arc<Limit>,
    /// What statements call their values, by the place and length of their text: asked of SQLite at every run it cost
    /// as much as the search in an index.
    known: HashMap<(usize, usize), Names>,
}

/// What a statement calls its values and columns.
#[derive(Clone)]
struct Names {
    /// For each parameter, which of the given values it takes.
    takes: Arc<[usize]>,
    columns: Arc<[String]>,
}

impl Names {
    /// `$3` takes the third value, wherever and however often it stands.
    fn of(statement: &rusqlite::Statement<'_>) -> Names {
        let number = |at: usize| statement.parameter_name(at).and_then(|n| n.strip_prefix('$')).and_then(|n| n.parse().ok());
        Names {
            takes: (1..=statement.parameter_count()).map(|at| number(at).unwrap_or(at)).collect(),
            columns: statement.column_names().into_iter().map(str::to_string).collect(),
        }
    }

    fn bind(&self, statement: &mut rusqlite::Statement<'_>, values: &[Value]) -> Result<()> {
        for (at, number) in (1..).zip(self.takes.iter()) {
            let value = number.checked_sub(1).and_then(|n| values.get(n));
            statement.raw_bind_parameter(at, Bound(value.ok_or_else(|| Error::internal(format!("no value for ${number}")))?))?;
        }
        Ok(())
    }
}

/// The moment after which a running statement of a reader is stopped, in microseconds since `zero`; 0 for none.
struct Limit {
    zero: Instant,
    until: AtomicU64,
}

impl Limit {
    fn now(&self) -> u64 {
        u64::try_from(self.zero.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn set(&self, within: Option<Duration>) {
        let until = within.map_or(0, |d| self.now().saturating_add(d.as_micros() as u64).max(1));
        self.until.store(until, Ordering::Relaxed);
    }

    fn is_over(&self) -> bool {
        let until = self.until.load(Ordering::Relaxed);
        until > 0 && self.now() > until
    }
}

/// Steps of SQLite's machine between two looks at the limit; some 30 µs.
const STEPS: i32 = 1_000;

/// A row of its own, read by column name.
#[derive(Debug)]
pub struct LiteRow {
    names: Arc<[String]>,
    values: Vec<Own>,
}

impl From<rusqlite::Error> for Error {
    fn from(e: rusqlite::Error) -> Error {
        match e.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Error::Full,
            _ => Error::internal(format!("database: {e}")),
        }
    }
}

impl Lite {
    /// Opens or makes the file: WAL, durable commits, foreign keys.
    pub(crate) fn open(path: &Path) -> Result<Lite> {
        Lite::open_with(path, Duration::from_secs(5))
    }

    /// The same, with how long it waits for other connections.
    pub(crate) fn open_with(path: &Path, patience: Duration) -> Result<Lite> {
        let conn = rusqlite::Connection::open(path)?;
        conn.busy_timeout(patience)?;
        for (name, value) in [
            ("journal_mode", "wal"),
            ("synchronous", "full"),
            ("foreign_keys", "on"),
            ("cache_size", "-64000"),
            // Every command has its savepoint, and a savepoint keeps the pages it changes as they were: on disk after
            // 64 kB, which was a sixth of a command.
            ("temp_store", "memory"),
            // 128 MB, where nobody carried it over before (`carry.rs`): a page that changes in every command is written back
            // once, not every 4 MB.
            ("wal_autocheckpoint", "32768"),
        ] {
            conn.pragma_update(None, name, value)?;
        }
        Ok(Lite::of(conn))
    }

    /// Opens an existing file for reading.
    pub(crate) fn open_reader(path: &Path) -> Result<Lite> {
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY | rusqlite::OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = rusqlite::Connection::open_with_flags(path, flags)?;
        conn.busy_timeout(Duration::from_secs(5))?;
        conn.pragma_update(None, "cache_size", "-16000")?;
        let lite = Lite::of(conn);
        let limit = lite.limit.clone();
        lite.conn
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .progress_handler(STEPS, Some(move || limit.is_over()))?;
        Ok(lite)
    }

    fn of(conn: rusqlite::Connection) -> Lite {
        // A plan depends on the statement alone: where a table has a partial index, each new value of a parameter made
        // the statement be prepared anew.
        if let Err(e) = conn.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true) {
            tracing::debug!("plans may change with their values: {e}");
        }
        conn.set_prepared_statement_cache_capacity(PREPARED);
        let limit = Limit { zero: Instant::now(), until: AtomicU64::new(0) };
        Lite { conn: Mutex::new(conn), limit: Arc::new(limit), known: HashMap::new() }
    }

    fn conn(&mut self) -> &mut rusqlite::Connection {
        self.conn.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    /// The statement prepared and bound, with its names.
    fn ready(&mut self, text: &'static str, values: Vec<Value>) -> Result<(rusqlite::CachedStatement<'_>, Names)> {
        let conn = self.conn.get_mut().unwrap_or_else(PoisonError::into_inner);
        let mut statement = conn.prepare_cached(text)?;
        let place = (text.as_ptr() as usize, text.len());
        let names = self.known.entry(place).or_insert_with(|| Names::of(&statement)).clone();
        names.bind(&mut statement, &values)?;
        Ok((statement, names))
    }

    /// Runs statements that give nothing back, one after another.
    pub(crate) fn batch(&mut self, text: &str) -> Result<()> {
        Ok(self.conn().execute_batch(text)?)
    }

    /// Runs one fixed statement without parameters, kept prepared.
    pub(crate) fn run(&mut self, text: &'static str) -> Result<()> {
        self.exec(text, vec![]).map(|_| ())
    }

    /// Ends an open transaction; false when that failed.
    pub(crate) fn end(&mut self) -> bool {
        self.conn().is_autocommit() || self.run("rollback").is_ok()
    }

    /// Runs a statement; returns how many rows it changed.
    pub(crate) fn exec(&mut self, text: &'static str, values: Vec<Value>) -> Result<u64> {
        {
            let (mut statement, _) = self.ready(text, values)?;
            let mut rows = statement.raw_query();
            while rows.next()?.is_some() {}
        }
        Ok(self.conn().changes())
    }

    /// Whether the statement can be prepared on this schema.
    pub(crate) fn check(&mut self, text: &str) -> Result<()> {
        self.conn().prepare_cached(text)?;
        Ok(())
    }

    /// All rows of a statement of a reader; `None` when it was stopped because it took longer.
    pub(crate) fn rows_within(&mut self, most: Duration, text: &'static str, values: Vec<Value>) -> Result<Option<Vec<LiteRow>>> {
        self.limit.set(Some(most));
        let rows = self.rows(text, values);
        // A statement that came to its end within the limit stands, whatever the clock says now.
        let over = self.limit.is_over();
        self.limit.set(None);
        match rows {
            Err(_) if over => Ok(None),
            rows => rows.map(Some),
        }
    }

    /// All rows of a statement.
    pub(crate) fn rows(&mut self, text: &'static str, values: Vec<Value>) -> Result<Vec<LiteRow>> {
        let (mut statement, names) = self.ready(text, values)?;
        let mut out = vec![];
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            let values = (0..names.columns.len()).map(|i| Ok(row.get::<_, Own>(i)?)).collect::<Result<_>>()?;
            out.push(LiteRow { names: names.columns.clone(), values });
        }
        Ok(out)
    }
}

/// A value as SQLite takes it, without a copy of its own.
struct Bound<'a>(&'a Value);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let list = |list: Vec<String>| ToSqlOutput::Owned(Own::Text(serde_json::to_string(&list).unwrap_or_else(|_| "[]".into())));
        let some = match self.0 {
            Value::Int(x) => x.map(|x| ToSqlOutput::Owned(Own::Integer(x))),
            Value::Float(x) => x.map(|x| ToSqlOutput::Owned(Own::Real(x))),
            Value::Bool(x) => x.map(|x| ToSqlOutput::Owned(Own::Integer(x.into()))),
            Value::Text(x) => x.as_ref().map(|x| ToSqlOutput::Borrowed(ValueRef::Text(x.as_bytes()))),
            Value::Blob(x) => x.as_ref().map(|x| ToSqlOutput::Borrowed(ValueRef::Blob(x))),
            Value::Uuid(x) => x.as_ref().map(|id| ToSqlOutput::Borrowed(ValueRef::Blob(id.as_bytes()))),
            Value::Ids(ids) => Some(list(ids.iter().map(|id| hex::encode(id.as_bytes())).collect())),
            Value::Texts(texts) => Some(list(texts.clone())),
        };
        Ok(some.unwrap_or(ToSqlOutput::Owned(Own::Null)))
    }
}

impl LiteRow {
    /// The column as `T`, or `None` when it is null.
    pub(crate) fn get<T: FromSql>(&self, name: &str) -> Result<Option<T>> {
        let at = self.names.iter().position(|n| n == name);
        let value = at.and_then(|i| self.values.get(i));
        let value = value.ok_or_else(|| Error::internal(format!("no column {name}")))?;
        Option::<T>::column_result(ValueRef::from(value)).map_err(|e| Error::internal(format!("column {name}: {e}")))
    }
}
