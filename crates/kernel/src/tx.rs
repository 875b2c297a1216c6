//! What a command works with: [`Tx`] reads and writes, [`Reader`] only reads.
//!
//! Both run statements made by [`sql!`](crate::sql!) with [`args!`](crate::args!). A `Tx` collects
//! what was done ([`Tx::record`]), whom it showed ([`Tx::saw`]), what happened ([`Tx::emit`]) and
//! keeps the search index ([`Tx::index`]); the commit writes all of it together.

use crate::audit::{self, Body, Deed, Note, Subject};
use crate::event::Event;
use crate::figure;
use crate::lite::Lite;
use crate::readers::Reading;
use crate::row::{Column, FromRow, Row, Value};
use crate::words::Words;
use crate::{Act, Engine, Error, Result, Sql, StationId, Timestamp, Uuid, args, sql};
use futures::future::BoxFuture;
use sqlx::{Executor, PgConnection};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit};

/// The connection behind a transaction or a reader. Behind a `dyn`, so that dropping one (in every crate that awaits a
/// command) compiles nothing of the driver there.
pub(crate) struct Conn(Box<dyn Carrier>);

trait Carrier: Send + Sync {
    fn wire(&self) -> &Wire;
    fn wire_mut(&mut self) -> &mut Wire;
    fn into_wire(self: Box<Self>) -> Wire;
}

impl Carrier for Wire {
    fn wire(&self) -> &Wire {
        self
    }
    fn wire_mut(&mut self) -> &mut Wire {
        self
    }
    fn into_wire(self: Box<Self>) -> Wire {
        *self
    }
}

/// What a connection is.
pub(crate) enum Wire {
    /// The one SQLite writer, held for the length of one command.
    Writer(OwnedMutexGuard<crate::writer::Writer>),
    SqliteReader(Box<Reading>),
    Postgres(sqlx::pool::PoolConnection<sqlx::Postgres>),
    /// Rolled back by its own drop when the command is dropped half way.
    PostgresTx(sqlx::Transaction<'static, sqlx::Postgres>),
}

enum Raw<'c> {
    Writer(&'c mut Lite),
    Reading(&'c mut Reading),
    Postgres(&'c mut PgConnection),
}

impl Conn {
    pub(crate) fn new(wire: Wire) -> Conn {
        Conn(Box::new(wire))
    }

    pub(crate) fn into_wire(self) -> Wire {
        self.0.into_wire()
    }

    pub(crate) fn engine(&self) -> Engine {
        match self.0.wire() {
            Wire::Writer(_) | Wire::SqliteReader(_) => Engine::Sqlite,
            Wire::Postgres(_) | Wire::PostgresTx(_) => Engine::Postgres,
        }
    }

    fn raw(&mut self) -> Raw<'_> {
        match self.0.wire_mut() {
            Wire::Writer(w) => Raw::Writer(&mut w.conn),
            Wire::SqliteReader(c) => Raw::Reading(c),
            Wire::Postgres(c) => Raw::Postgres(c),
            Wire::PostgresTx(c) => Raw::Postgres(c),
        }
    }

    /// Waits for the turn to count; nothing on PostgreSQL, where others' processors count.
    pub(crate) async fn turn(&mut self, patience: Duration) -> Result<Option<OwnedSemaphorePermit>> {
        match self.0.wire_mut() {
            Wire::SqliteReader(reading) => reading.turn(patience).await.map(Some),
            Wire::Writer(_) | Wire::Postgres(_) | Wire::PostgresTx(_) => Ok(None),
        }
    }

    // Boxed: the body of an `async fn` is compiled anew, with the whole driver below it, in every crate that awaits it;
    // behind a `dyn Future` it is compiled here, once (see docs/decisions/0018-boxed-at-the-border.md).

    pub(crate) fn batch(&mut self, text: &'static str) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            match self.raw() {
                Raw::Writer(c) => c.batch(text)?,
                Raw::Reading(_) => return Err(Error::internal("a reader cannot write")),
                Raw::Postgres(c) => {
                    c.execute(text).await?;
                }
            }
            Ok(())
        })
    }

    pub(crate) fn exec(&mut self, statement: &'static Sql, values: Vec<Value>) -> BoxFuture<'_, Result<u64>> {
        Box::pin(async move {
            let text = statement.text(self.engine());
            Ok(match self.raw() {
                Raw::Writer(c) => c.exec(text, values)?,
                Raw::Reading(_) => return Err(Error::internal("a reader cannot write")),
                Raw::Postgres(c) => bind_postgres(text, values).execute(c).await?.rows_affected(),
            })
        })
    }

    pub(crate) fn rows(&mut self, statement: &'static Sql, values: Vec<Value>) -> BoxFuture<'_, Result<Vec<Row>>> {
        Box::pin(async move {
            let text = statement.text(self.engine());
            Ok(match self.raw() {
                Raw::Writer(c) => c.rows(text, values)?.into_iter().map(Row::Lite).collect(),
                Raw::Reading(c) => c.rows(text, values)?.into_iter().map(Row::Lite).collect(),
                Raw::Postgres(c) => {
                    bind_postgres(text, values).fetch_all(c).await?.into_iter().map(Row::Postgres).collect()
                }
            })
        })
    }
}

type PgQuery = sqlx::query::Query<'static, sqlx::Postgres, sqlx::postgres::PgArguments>;

fn bind_postgres(text: &'static str, values: Vec<Value>) -> PgQuery {
    let mut q = sqlx::query(text);
    for v in values {
        q = match v {
            Value::Int(x) => q.bind(x),
            Value::Float(x) => q.bind(x),
            Value::Bool(x) => q.bind(x),
            Value::Text(x) => q.bind(x.map(|s| s.replace('\0', ""))),
            Value::Blob(x) => q.bind(x),
            Value::Uuid(x) => q.bind(x),
            Value::Ids(list) => q.bind(list),
            Value::Texts(list) => q.bind(list),
        };
    }
    q
}

/// Reading: runs statements and marks whose data it showed.
///
/// A store function that only reads takes `&mut Reader`; inside a write a `&mut Tx` passes for one.
pub struct Reader {
    pub(crate) conn: Conn,
    pub(crate) act: Act,
    pub(crate) seen: Vec<Subject>,
    /// The ids in `seen`: a look at thousands of records asks here, not the whole list.
    ids: HashSet<Uuid>,
    /// Counts kept between readers; none within a command.
    pub(crate) memory: Option<Arc<figure::Memory>>,
    /// What was written when it was first asked.
    pub(crate) written: Option<figure::Written>,
}

impl Reader {
    pub(crate) fn new(conn: Conn, act: Act, memory: Option<Arc<figure::Memory>>) -> Reader {
        Reader { conn, act, seen: Vec::new(), ids: HashSet::new(), memory, written: None }
    }

    pub fn engine(&self) -> Engine {
        self.conn.engine()
    }

    /// Who acts, why, when.
    pub fn act(&self) -> &Act {
        &self.act
    }

    /// The moment of the command; every fact written by it carries this time.
    pub fn now(&self) -> Timestamp {
        self.act.at
    }

    /// All rows as `T`. The statement itself must bound them (`limit`).
    pub async fn all<T: FromRow>(&mut self, statement: &'static Sql, values: Vec<Value>) -> Result<Vec<T>> {
        self.conn.rows(statement, values).await?.iter().map(T::from_row).collect()
    }

    /// The first row as `T`, or `None`.
    pub async fn opt<T: FromRow>(&mut self, statement: &'static Sql, values: Vec<Value>) -> Result<Option<T>> {
        self.conn.rows(statement, values).await?.first().map(T::from_row).transpose()
    }

    /// The first row, or [`Error::NotFound`] of `what`.
    pub async fn one<T: FromRow>(
        &mut self,
        what: &'static str,
        statement: &'static Sql,
        values: Vec<Value>,
    ) -> Result<T> {
        self.opt(statement, values).await?.ok_or(Error::NotFound(what))
    }

    /// Rows without a struct.
    pub async fn rows(&mut self, statement: &'static Sql, values: Vec<Value>) -> Result<Vec<Row>> {
        self.conn.rows(statement, values).await
    }

    /// The integer in column `n` of the only row (counts: `select count(*) as n …`).
    pub async fn count(&mut self, statement: &'static Sql, values: Vec<Value>) -> Result<i64> {
        match self.conn.rows(statement, values).await?.first() {
            Some(row) => Ok(row.get::<Option<i64>>("n")?.unwrap_or(0)),
            None => Ok(0),
        }
    }

    /// Marks that this record's data is being shown; the entry is appended before the rows leave.
    pub fn saw(&mut self, kind: &str, id: impl Into<Uuid>) {
        let subject = Subject { k: kind.to_string(), id: id.into() };
        if self.ids.insert(subject.id) || !self.seen.contains(&subject) {
            self.seen.push(subject);
        }
    }
}

/// A write in progress. Dropped without commit, it leaves nothing behind.
pub struct Tx {
    pub(crate) read: Reader,
    pub(crate) notes: Vec<Note>,
    pub(crate) events: Vec<Event>,
    /// For SQLite's full-text table; written with the commit.
    pub(crate) words: Words,
    /// See [`Tx::change_no_figure`].
    pub(crate) uncounted: bool,
    pub(crate) fresh: Arc<dyn Fn() -> Uuid + Send + Sync>,
}

impl std::ops::Deref for Tx {
    type Target = Reader;
    fn deref(&self) -> &Reader {
        &self.read
    }
}
impl std::ops::DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Reader {
        &mut self.read
    }
}

impl Tx {
    /// A fresh time-ordered id.
    pub fn fresh<T: From<Uuid>>(&self) -> T {
        T::from((self.fresh)())
    }

    /// Runs a statement that changes rows; returns how many.
    pub async fn exec(&mut self, statement: &'static Sql, values: Vec<Value>) -> Result<u64> {
        self.read.conn.exec(statement, values).await
    }

    /// Runs a statement that must change exactly one row, else [`Error::NotFound`] of `what`.
    pub async fn exec_one(&mut self, what: &'static str, statement: &'static Sql, values: Vec<Value>) -> Result<()> {
        match self.exec(statement, values).await? {
            1 => Ok(()),
            _ => Err(Error::NotFound(what)),
        }
    }

    /// Records in the chain what this command did to `subjects`; at least one is needed to commit.
    /// `change` is digested, never stored.
    pub fn record(&mut self, action: &str, subjects: &[(&str, Uuid)], change: &str) {
        let digest = if change.is_empty() {
            String::new()
        } else {
            hex::encode(vault::digest(vault::HashAlg::Sm3, &[change.as_bytes()]))
        };
        let subjects = subjects.iter().map(|(k, id)| Subject { k: (*k).into(), id: *id }).collect();
        self.notes.push(Note { deed: Deed::Write, action: action.into(), subjects, digest });
    }

    /// Records that something was asked for and refused (a wrong password, a guessed receipt).
    pub fn refused(&mut self, action: &str, subjects: &[(&str, Uuid)]) {
        let subjects = subjects.iter().map(|(k, id)| Subject { k: (*k).into(), id: *id }).collect();
        self.notes.push(Note { deed: Deed::Refused, action: action.into(), subjects, digest: String::new() });
    }

    /// Says that no figure counts what this command writes (a job's clock): counts made before it stay true.
    pub(crate) fn change_no_figure(&mut self) {
        self.uncounted = true;
    }

    /// Tells other domains (in this transaction) and live pages (after commit).
    pub fn emit(&mut self, topic: &str, id: impl Into<Uuid>) {
        let event = Event { station: self.read.act.station, topic: topic.into(), id: id.into() };
        if !self.events.contains(&event) {
            self.events.push(event);
        }
    }

    /// The next number of a running series of this station and year, without gaps (1, 2, 3 …).
    pub async fn next_number(&mut self, station: StationId, series: &str, year: i64) -> Result<i64> {
        self.count(
            sql!("insert into kernel_number (station_id, name, year, last) values ($1, $2, $3, 1) on conflict (station_id, name, year) do update set last = kernel_number.last + 1 returning last as n"),
            args![station, series, year],
        )
        .await
    }

    /// Appends what was recorded and seen to the chain of the act's station, and the events to the
    /// outbox. Called once, last, so that the head's lock is held for the shortest time.
    pub(crate) async fn seal(&mut self, alg: vault::HashAlg) -> Result<()> {
        let act = self.read.act.clone();
        let mut notes = std::mem::take(&mut self.notes);
        let seen = std::mem::take(&mut self.read.seen);
        for part in seen.chunks(audit::MAX_SUBJECTS) {
            notes.push(Note {
                deed: Deed::Read,
                action: act.action.into(),
                subjects: part.to_vec(),
                digest: String::new(),
            });
        }
        if notes.is_empty() {
            return Err(Error::internal(format!("{}: nothing was recorded, so nothing is committed", act.action)));
        }
        let changes = !self.uncounted && notes.iter().any(|n| n.deed != Deed::Read);
        append(&mut self.read.conn, &act, notes, changes, alg).await?;
        for event in &self.events {
            self.read
                .conn
                .exec(
                    sql!("insert into kernel_event (station_id, topic, record_id, at) values ($1, $2, $3, $4)"),
                    args![event.station, &event.topic, event.id, act.at],
                )
                .await?;
        }
        Ok(())
    }
}

/// `changes`: a figure may count something else from now on.
async fn append(conn: &mut Conn, act: &Act, notes: Vec<Note>, changes: bool, alg: vault::HashAlg) -> Result<()> {
    let head = match head_of(conn, act.station).await? {
        Some(head) => head,
        None => {
            conn.exec(
                sql!(
                    "insert into kernel_audit_head (chain, seq, hash) values ($1, 0, $2) on conflict (chain) do nothing"
                ),
                args![act.station, audit::GENESIS],
            )
            .await?;
            head_of(conn, act.station).await?.ok_or_else(|| Error::internal("audit head is missing"))?
        }
    };
    let mut seq: i64 = head.get("seq")?;
    let mut prev: Vec<u8> = head.get("hash")?;
    for note in notes {
        seq += 1;
        let body = Body::new(act, note, seq, act.at);
        let text = serde_json::to_string(&body)?;
        let hash = audit::link(alg, &prev, &text);
        conn.exec(
            sql!(
                "insert into kernel_audit (chain, seq, at, alg, prev, hash, body) values ($1, $2, $3, $4, $5, $6, $7)"
            ),
            args![act.station, seq, act.at, alg.id(), prev, hash, text],
        )
        .await?;
        let mut by_kind: BTreeMap<&str, BTreeSet<Uuid>> = BTreeMap::new();
        for s in body.subjects.iter().chain(body.about.iter()) {
            by_kind.entry(&s.k).or_default().insert(s.id);
        }
        for (kind, ids) in by_kind {
            let ids: Vec<Uuid> = ids.into_iter().collect();
            for (part, ids) in ids.chunks(audit::MAX_SUBJECTS).enumerate() {
                conn.exec(
                    sql!("insert into kernel_audit_fresh (chain, seq, kind, part, ids) values ($1, $2, $3, $4, @packed($5))"),
                    args![act.station, seq, kind, part as i64, crate::row::ids(ids)],
                )
                .await?;
            }
        }
        prev = hash.to_vec();
    }
    let text = match changes {
        true => sql!("update kernel_audit_head set seq = $2, hash = $3, wrote = $2, wrote_at = $4 where chain = $1"),
        false => sql!("update kernel_audit_head set seq = $2, hash = $3 where chain = $1"),
    };
    let mut values = args![act.station, seq, prev];
    values.extend(changes.then(|| act.at.value()));
    conn.exec(text, values).await?;
    Ok(())
}

async fn head_of(conn: &mut Conn, chain: StationId) -> Result<Option<Row>> {
    let rows = conn.rows(sql!("select seq, hash from kernel_audit_head where chain = $1 @lock"), args![chain]).await?;
    Ok(rows.into_iter().next())
}
