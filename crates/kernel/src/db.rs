//! The database: one API for SQLite (a station) and PostgreSQL (a city).
//!
//! **SQLite.** WAL, `synchronous=FULL`, one writer connection and several readers. Commands take
//! the writer in turn, each inside its own SAVEPOINT of a common transaction; a committer queues
//! behind those already waiting and commits for all of them, so one fsync serves many commands and
//! a refused one never rolls back its neighbours. A command is acknowledged only after that commit.
//! A command dropped half way (a closed connection, a panic) is rolled back by whoever comes next.
//!
//! **PostgreSQL.** Each command is its own transaction; the chain's head row is locked last.
//! `NOTIFY` tells the other nodes.

use crate::carry::carry_over;
use crate::event::{Event, Listener};
use crate::lite::Lite;
use crate::looks::{self, Look};
use crate::meter::{Counts, Meter};
use crate::readers::{Readers, aside};
use crate::tx::{Conn, Reader, Tx, Wire};
use crate::words::Words;
use crate::writer::{Ended, Pace, Writer, commit_groups};
use crate::{Act, Clock, Engine, Error, Result, Uuid, args, figure, filing, sql, warm};
use futures::future::BoxFuture;
use sqlx::Executor;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, Semaphore, broadcast, watch};

/// How many commands may wait for the writer; further ones are told to try again.
const MAX_WAITING: usize = 512;
/// How long a command may wait for its turn.
const PATIENCE: Duration = Duration::from_secs(10);

enum Kind {
    Sqlite { path: PathBuf, writer: Arc<Mutex<Writer>>, pace: Arc<Pace>, readers: Arc<Readers> },
    Postgres { url: String, pool: sqlx::PgPool },
}

struct Inner {
    kind: Kind,
    clock: Clock,
    hash: vault::HashAlg,
    queue: Semaphore,
    bus: broadcast::Sender<Event>,
    listeners: OnceLock<Vec<Listener>>,
    meter: Arc<Meter>,
    counts: Arc<figure::Memory>,
}

/// The database of this installation; cheap to clone.
#[derive(Clone)]
pub struct Db(Arc<dyn Core>);

/// The inside behind a `dyn`: other crates drop a [`Db`] without compiling the pools' ends.
trait Core: Send + Sync {
    fn inner(&self) -> &Inner;
}

impl Core for Inner {
    fn inner(&self) -> &Inner {
        self
    }
}

/// A command under way.
struct Begun {
    tx: Tx,
    /// Hears how the common transaction of the SQLite writer ended.
    outcome: Option<watch::Receiver<Option<Ended>>>,
}

impl Db {
    /// Opens `place`: a `postgres://…` address, or the path of an SQLite file, made when missing.
    pub fn open<'a>(place: &'a str, clock: Clock, hash: vault::HashAlg) -> BoxFuture<'a, Result<Db>> {
        Box::pin(async move {
            let meter = Arc::new(Meter::default());
            let kind = if place.starts_with("postgres://") || place.starts_with("postgresql://") {
                let pool = sqlx::postgres::PgPoolOptions::new()
                    .max_connections(16)
                    .acquire_timeout(PATIENCE)
                    .connect(place)
                    .await
                    .map_err(|e| Error::internal(format!("cannot reach PostgreSQL: {e}")))?;
                Kind::Postgres { url: place.to_string(), pool }
            } else {
                open_sqlite(Path::new(place), meter.clone())?
            };
            let (bus, _) = broadcast::channel(1024);
            let db = Db(Arc::new(Inner {
                kind,
                clock,
                hash,
                queue: Semaphore::new(MAX_WAITING),
                bus,
                listeners: OnceLock::new(),
                meter,
                counts: Arc::default(),
            }));
            db.start();
            Ok(db)
        })
    }

    fn start(&self) {
        let weak = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(filing::EVERY).await;
                let Some(core) = weak.upgrade() else { return };
                filing::file_all(&Db(core)).await;
            }
        });
        match &self.0.inner().kind {
            Kind::Sqlite { path, writer, pace, .. } => {
                tokio::spawn(commit_groups(Arc::downgrade(writer), pace.clone()));
                tokio::spawn(carry_over(Arc::downgrade(writer), self.0.inner().meter.clone(), pace.clone(), path.clone()));
            }
            Kind::Postgres { url, .. } => {
                tokio::spawn(hear_other_nodes(url.clone(), self.0.inner().bus.clone()));
            }
        }
    }

    pub fn engine(&self) -> Engine {
        match self.0.inner().kind {
            Kind::Sqlite { .. } => Engine::Sqlite,
            Kind::Postgres { .. } => Engine::Postgres,
        }
    }

    /// The SQLite file, when there is one.
    pub fn path(&self) -> Option<&Path> {
        match &self.0.inner().kind {
            Kind::Sqlite { path, .. } => Some(path),
            Kind::Postgres { .. } => None,
        }
    }

    /// Reads the SQLite file ahead, aside and once, for a program that will serve from it; see `warm.rs`.
    pub fn read_ahead(&self) {
        if let Some(path) = self.path() {
            warm::aside(path.to_path_buf());
        }
    }

    /// For who makes years of data and begins anew when they are not finished: until an SQLite file is closed nothing waits
    /// for the disk (a loss of power may leave nothing that can be read), commits wait for more commands, a refused command
    /// takes those with it that wait for the same commit, and the writer keeps two gigabytes of pages. PostgreSQL stays as
    /// it is.
    ///
    /// # Errors
    /// SQLite refuses.
    pub async fn make_haste(&self) -> Result<()> {
        match &self.0.inner().kind {
            Kind::Sqlite { writer, pace, .. } => {
                let mut w = writer.lock().await;
                w.commit()?;
                pace.make_haste();
                w.conn.batch("pragma synchronous = off; pragma cache_size = -2000000")
            }
            Kind::Postgres { .. } => Ok(()),
        }
    }

    pub fn clock(&self) -> &Clock {
        &self.0.inner().clock
    }

    /// The algorithm of new audit entries.
    pub fn hash_alg(&self) -> vault::HashAlg {
        self.0.inner().hash
    }

    /// Events after their commit, for live pages. A slow listener loses the oldest.
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.0.inner().bus.subscribe()
    }

    /// Sets who hears events inside the transaction; once, at start.
    pub fn listen(&self, listeners: Vec<Listener>) {
        let _ = self.0.inner().listeners.set(listeners);
    }

    /// Runs a command: at most once per `act.command`, all or nothing, with its audit entries and
    /// events, durable before it returns. `work` returns what a repetition will be given again.
    ///
    /// Errors: whatever `work` returns (nothing is kept); [`Error::Busy`] when the queue is full.
    pub async fn write<T, F>(&self, act: &Act, work: F) -> Result<T>
    where
        T: serde::Serialize + serde::de::DeserializeOwned,
        F: AsyncFnOnce(&mut Tx) -> Result<T>,
    {
        let (mut begun, earlier) = self.begin_once(act).await?;
        if let Some(stored) = earlier {
            self.end(begun, Ok(())).await?;
            return Ok(serde_json::from_str(&stored)?);
        }
        match work(&mut begun.tx).await.and_then(|value| Ok((serde_json::to_string(&value)?, value))) {
            Ok((stored, value)) => self.keep(begun, Some(stored)).await.map(|()| value),
            Err(why) => Err(self.undo(begun, why).await),
        }
    }

    // What follows is apart from `write` and `read`, and boxed, so that it is compiled once and not for every command
    // and in every crate (docs/decisions/0018-boxed-at-the-border.md).

    /// Waits for the turn of a command and opens its savepoint or transaction.
    fn begin<'a>(&'a self, act: &'a Act) -> BoxFuture<'a, Result<Begun>> {
        Box::pin(async move {
            let busy = || Error::Busy("同时办理的人太多，请几秒后再试，已填写的内容不会丢失。".into());
            let place = self.0.inner().queue.try_acquire().map_err(|_| busy())?;
            let mut wire = tokio::time::timeout(PATIENCE, self.writer()).await.map_err(|_| busy())??;
            drop(place);
            let outcome = match &mut wire {
                Wire::Writer(w) => {
                    w.enter()?;
                    Some(w.outcome.subscribe())
                }
                _ => None,
            };
            let clock = self.0.inner().clock.clone();
            let tx = Tx {
                read: Reader::new(Conn::new(wire), act.clone(), None),
                notes: vec![],
                events: vec![],
                words: Words::default(),
                uncounted: false,
                fresh: Arc::new(move || clock.new_id()),
            };
            Ok(Begun { tx, outcome })
        })
    }

    /// The same, with what an earlier run of the command gave; `None` and it is marked as run.
    fn begin_once<'a>(&'a self, act: &'a Act) -> BoxFuture<'a, Result<(Begun, Option<String>)>> {
        Box::pin(async move {
            let mut begun = self.begin(act).await?;
            match begin_command(&mut begun.tx, act).await {
                Ok(earlier) => Ok((begun, earlier)),
                Err(why) => Err(self.undo(begun, why).await),
            }
        })
    }

    /// Tells listeners, seals what was recorded and ends the command; `stored` is what a repetition will be given.
    fn keep(&self, mut begun: Begun, stored: Option<String>) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            let done = async {
                let tx = &mut begun.tx;
                if let Some(stored) = stored {
                    let command = tx.act().command;
                    tx.exec(sql!("update kernel_command set result = $2 where id = $1"), args![command, stored])
                        .await?;
                }
                self.tell(tx).await?;
                tx.seal(self.0.inner().hash).await
            }
            .await;
            self.end(begun, done).await
        })
    }

    /// Takes everything back; gives the error to answer with.
    fn undo(&self, begun: Begun, why: Error) -> BoxFuture<'_, Error> {
        Box::pin(async move {
            match self.end(begun, Err(why)).await {
                Err(e) => e,
                Ok(()) => Error::internal("a refused command was kept"),
            }
        })
    }

    /// Ends the savepoint or transaction as `done` says; a kept command is durable before this returns.
    fn end(&self, begun: Begun, done: Result<()>) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            let Begun { tx: Tx { read: Reader { mut conn, .. }, events, words, .. }, outcome } = begun;
            if done.is_ok() && conn.engine() == Engine::Postgres {
                for event in &events {
                    let text = serde_json::to_string(event)?;
                    conn.rows(sql!("select cast(pg_notify('fengqiao', $1) as text) as x"), args![text]).await?;
                }
            }
            let mut many = false;
            match (conn.into_wire(), &done) {
                (Wire::Writer(mut w), Ok(())) => many = w.leave(words)?,
                (Wire::Writer(mut w), Err(_)) => w.undo_savepoint(Ended::of(&done))?,
                (Wire::PostgresTx(t), Ok(())) => {
                    let (begun, meter) = (Instant::now(), &self.0.inner().meter);
                    let committed = t.commit().await;
                    if committed.is_ok() { meter.committed(1, begun.elapsed()) } else { meter.failed() }
                    committed?;
                }
                (Wire::PostgresTx(t), Err(_)) => t.rollback().await?,
                (Wire::SqliteReader(_) | Wire::Postgres(_), _) => {}
            }
            if let Kind::Sqlite { pace, .. } = &self.0.inner().kind {
                pace.ended(many, self.waiting());
            }
            if done.is_err() {
                self.0.inner().meter.refused();
            }
            done?;
            if let Some(mut outcome) = outcome {
                let ended = outcome.wait_for(Option::is_some).await.ok().and_then(|v| *v);
                ended.unwrap_or(Ended::Failed).answer()?;
                for event in events {
                    let _ = self.0.inner().bus.send(event);
                }
            }
            Ok(())
        })
    }

    /// Lets the listeners of other domains hear the events, and the events that they emit.
    async fn tell(&self, tx: &mut Tx) -> Result<()> {
        let Some(listeners) = self.0.inner().listeners.get() else { return Ok(()) };
        let mut heard = 0;
        while heard < tx.events.len() {
            if heard >= 1000 {
                return Err(Error::internal("events call each other without end"));
            }
            let event = tx.events[heard].clone();
            for l in listeners.iter().filter(|l| l.hears(&event.topic)) {
                (l.handler)(tx, &event).await?;
            }
            heard += 1;
        }
        Ok(())
    }

    /// Reads for a purpose. Whatever `work` marked as shown is in the chain, durably, before this
    /// returns; a look that could not be recorded is not given out. Within [`Db::answer`] it is in
    /// the chain before the answer leaves.
    pub async fn read<T, F>(&self, act: &Act, work: F) -> Result<T>
    where
        F: AsyncFnOnce(&mut Reader) -> Result<T>,
    {
        let mut reader = self.look(act).await?;
        let value = work(&mut reader).await?;
        self.looked(reader).await?;
        Ok(value)
    }

    fn look<'a>(&'a self, act: &'a Act) -> BoxFuture<'a, Result<Reader>> {
        Box::pin(async move {
            self.0.inner().meter.read();
            Ok(Reader::new(self.reader().await?, act.clone(), Some(self.0.inner().counts.clone())))
        })
    }

    /// Puts what was shown into the chain; a look needs no guard against repetition.
    fn looked(&self, reader: Reader) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            let Reader { conn, act, seen, .. } = reader;
            drop(conn);
            if seen.is_empty() {
                return Ok(());
            }
            match looks::put_by(act, seen) {
                Some(now) => self.append_looks(vec![now]).await,
                None => Ok(()),
            }
        })
    }

    /// Runs `work`, which makes one answer (a page with all its parts). Its looks are put into the chain together,
    /// durably, before this returns, whatever became of the work: one wait for the disk instead of one for each part.
    ///
    /// Errors: the looks could not be recorded; the answer is dropped and must not be given out.
    pub async fn answer<T>(&self, work: impl Future<Output = T>) -> Result<T> {
        let (answer, looks) = looks::gather(work).await;
        if !looks.is_empty() {
            self.append_looks(looks).await?;
        }
        Ok(answer)
    }

    /// Appends looks to their chains in one transaction; they must not be empty.
    fn append_looks(&self, mut looks: Vec<Look>) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            // Always in the same order, so that two answers never wait for each other's chain.
            looks.sort_by_key(|l| l.act.station);
            let mut begun = self.begin(&looks[0].act).await?;
            let mut done = Ok(());
            for look in looks {
                begun.tx.read.act = look.act;
                begun.tx.read.seen = look.seen;
                done = begun.tx.seal(self.0.inner().hash).await;
                if done.is_err() {
                    break;
                }
            }
            self.end(begun, done).await
        })
    }

    async fn writer(&self) -> Result<Wire> {
        Ok(match &self.0.inner().kind {
            Kind::Sqlite { writer, .. } => Wire::Writer(writer.clone().lock_owned().await),
            Kind::Postgres { pool, .. } => Wire::PostgresTx(pool.begin().await?),
        })
    }

    pub(crate) async fn reader(&self) -> Result<Conn> {
        Ok(Conn::new(match &self.0.inner().kind {
            Kind::Sqlite { readers, .. } => Wire::SqliteReader(Box::new(readers.acquire(PATIENCE).await?)),
            Kind::Postgres { pool, .. } => Wire::Postgres(pool.acquire().await?),
        }))
    }

    /// A connection outside commands, for the schema.
    pub(crate) async fn plain(&self) -> Result<Conn> {
        match &self.0.inner().kind {
            Kind::Sqlite { writer, .. } => {
                let mut w = writer.clone().lock_owned().await;
                aside(|| w.commit())?;
                Ok(Conn::new(Wire::Writer(w)))
            }
            Kind::Postgres { .. } => self.reader().await,
        }
    }

    /// A consistent copy of the SQLite database into `target` (which must not exist).
    pub fn copy_into<'a>(&'a self, target: &'a Path) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let Kind::Sqlite { readers, .. } = &self.0.inner().kind else {
                return Err(Error::internal("copy_into is for SQLite; use pg_dump for PostgreSQL"));
            };
            let text = target.to_string_lossy().to_string();
            readers.acquire_bare(PATIENCE).await?.aside(|lite| lite.rows("vacuum into $1", args![text]))?;
            Ok(())
        })
    }

    /// Prepares one statement without running it (the test that stands in for compile-time checks).
    pub fn prepare(&self, text: &'static str) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            match &self.0.inner().kind {
                Kind::Sqlite { readers, .. } => {
                    readers.acquire(PATIENCE).await?.aside(|lite| lite.check(text))?;
                }
                Kind::Postgres { pool, .. } => {
                    let mut c = pool.acquire().await?;
                    c.prepare(sqlx::SqlStr::from_static(text)).await?;
                }
            }
            Ok(())
        })
    }

    /// Commits, commands and batch sizes since the start.
    pub fn counts(&self) -> Counts {
        self.0.inner().meter.counts()
    }

    /// Commands that wait for their turn now.
    pub fn waiting(&self) -> usize {
        MAX_WAITING - self.0.inner().queue.available_permits()
    }

    /// Whether the database answers; for `/healthz`.
    pub fn ping(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move { self.reader().await?.rows(sql!("select 1 as n"), vec![]).await.map(|_| ()) })
    }

    /// Makes one small row durable, outside every command and chain; for `/healthz`: a database that answers may lie on a
    /// full or read-only disk.
    pub fn try_write(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            let mut conn = self.plain().await?;
            let now = self.clock().now();
            let text = sql!("insert into kernel_mark (name, at) values ('healthz', $1) on conflict (name) do update set at = excluded.at");
            conn.exec(text, args![now]).await.map(|_| ())
        })
    }

    /// Waits for open work and closes the connections.
    pub fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            match &self.0.inner().kind {
                Kind::Sqlite { writer, readers, pace, .. } => {
                    let mut w = writer.lock().await;
                    let _ = w.commit();
                    readers.close().await;
                    if pace.is_hasty() && let Err(e) = w.conn.batch("pragma synchronous = full; pragma wal_checkpoint(truncate)") {
                        tracing::error!("what was made in haste may not have reached the disk: {e}");
                    }
                }
                Kind::Postgres { pool, .. } => pool.close().await,
            }
        })
    }
}

impl Act {
    /// A look-up's act with a fresh command, for [`Db::read`].
    pub fn look(actor: &crate::Actor, action: &'static str, purpose: crate::Purpose, db: &Db) -> Act {
        actor.act(action, purpose, crate::CommandId(db.clock().new_id()), db.clock().now())
    }
}

/// The result of the command's first run; `None` when this is the first.
async fn begin_command(tx: &mut Tx, act: &Act) -> Result<Option<String>> {
    let fresh = tx
        .exec(
            sql!("insert into kernel_command (id, user_id, action, at, result) values ($1, $2, $3, $4, '') on conflict (id) do nothing"),
            args![act.command, act.actor.user, act.action, act.at],
        )
        .await?;
    if fresh == 1 {
        return Ok(None);
    }
    let rows =
        tx.rows(sql!("select user_id, action, result from kernel_command where id = $1"), args![act.command]).await?;
    let row = rows.first().ok_or_else(|| Error::internal("a command vanished"))?;
    let (user, action): (Uuid, String) = (row.get("user_id")?, row.get("action")?);
    if user != act.actor.user.0 || action != act.action {
        return Err(Error::Refused(Box::new(crate::Refusal::new(
            "command.reused",
            "这个提交编号已被另一项操作使用。",
            "请刷新页面后重新提交，已填写的内容会保留。",
        ))));
    }
    Ok(Some(row.get("result")?))
}

async fn hear_other_nodes(url: String, bus: broadcast::Sender<Event>) {
    loop {
        match sqlx::postgres::PgListener::connect(&url).await {
            Ok(mut listener) => {
                if listener.listen("fengqiao").await.is_ok() {
                    while let Ok(message) = listener.recv().await {
                        if let Ok(event) = serde_json::from_str::<Event>(message.payload()) {
                            let _ = bus.send(event);
                        }
                    }
                }
            }
            Err(e) => tracing::warn!("listening to PostgreSQL failed, trying again: {e}"),
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
}

fn open_sqlite(path: &Path, meter: Arc<Meter>) -> Result<Kind> {
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir).map_err(|e| Error::internal(format!("{}: {e}", dir.display())))?;
    }
    let pace = Arc::new(Pace::default());
    let writer = Writer::new(Lite::open(path)?, meter, pace.clone());
    Ok(Kind::Sqlite {
        path: path.to_path_buf(),
        writer: Arc::new(Mutex::new(writer)),
        pace,
        readers: Readers::of(path),
    })
}
