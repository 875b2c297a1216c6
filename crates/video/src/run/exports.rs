//! Approved exports are made one after the other, beside everything else: the main stream's recorded pictures as ordinary
//! MP4 files, digested while they are written, with a signed manifest. Whoever is killed in between begins anew.

use super::Live;
use crate::model::{Clip, ClipState, Export};
use crate::{actions, store};
use evidence::{Digests, Statement};
use kernel::{Actor, Purpose, Reader, Result, Tx, Uuid};
use media::archive::StreamId;
use media::disk::{Disk, Plain};
use media::export::{Clip as Film, ExportError, Manifest, Span};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How often it is looked for exports when nobody announced one.
const EVERY: Duration = Duration::from_secs(5);
/// So long after the end of a span all of it lies on the disk: the recorder hands out every ten seconds what it has written,
/// group by group. Milliseconds.
const SETTLED_MS: i64 = 15_000;
/// Bytes that stay free on the disk of the data.
const FLOOR: u64 = 512 << 20;

/// The folder of a film's files, below the data directory.
pub fn folder(data: &Path, clip: Uuid) -> PathBuf {
    data.join("exports").join(clip.simple().to_string())
}

/// A part's file, from 0.
pub fn part(data: &Path, clip: Uuid, n: usize) -> PathBuf {
    folder(data, clip).join(format!("part-{}.mp4", n + 1))
}

/// The signed manifest's file.
pub fn manifest(data: &Path, clip: Uuid) -> PathBuf {
    folder(data, clip).join("manifest.json")
}

pub(super) async fn make(live: Arc<Live>) {
    let mut bus = live.app.db().subscribe();
    let mut stop = live.stopping();
    if let Err(e) = again(&live).await {
        tracing::error!("video: exports cannot be read: {e}");
    }
    loop {
        match rounds(&live).await {
            Ok(()) => {}
            Err(e) => {
                tracing::error!("video: an export was not made: {e}");
                // What stands as being made is nobody's any more.
                if let Err(e) = again(&live).await {
                    tracing::error!("video: exports cannot be read: {e}");
                }
            }
        }
        loop {
            tokio::select! {
                heard = bus.recv() => match heard {
                    Ok(e) if e.topic != "video.export" => continue,
                    Ok(_) | Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => break,
                    Err(_) => return,
                },
                () = tokio::time::sleep(EVERY) => break,
                _ = stop.changed() => return,
            }
        }
    }
}

/// All that can be made now, then what is too old.
async fn rounds(live: &Live) -> Result<()> {
    while !*live.stopping().borrow() && next(live).await? {}
    expire(live).await
}

/// What was being made when the process ended is made anew.
async fn again(live: &Live) -> Result<()> {
    let look = live.app.look(&Actor::system(), "video.exports", Purpose::Video);
    let cut = live.app.db().read(&look, async |r: &mut Reader| store::clips_making(r).await).await?;
    for c in cut {
        step(live, &c, ClipState::Making, ClipState::Waiting).await?;
    }
    Ok(())
}

async fn step(live: &Live, c: &Clip, from: ClipState, to: ClipState) -> Result<bool> {
    let act = live.app.look(&Actor::system(), "video.export_step", Purpose::Video).in_station(c.station_id);
    live.app
        .db()
        .write(&act, async |tx: &mut Tx| {
            tx.record("video.export_step", &[("video_clip", c.id)], to.code());
            tx.emit("video.exported", c.export_id);
            store::move_clip(tx, c.id, from, to).await
        })
        .await
}

/// How the making of a film ended.
enum Made {
    Ready(Manifest),
    /// The words are for people.
    Failed(String),
    /// The program is ending; made anew at the next start.
    Stopped,
}

/// Makes the oldest approved film; `false` when there is none.
async fn next(live: &Live) -> Result<bool> {
    let app = &live.app;
    let look = app.look(&Actor::system(), "video.exports", Purpose::Video);
    let before = app.now().as_millisecond() - SETTLED_MS;
    let ripe = app.db().read(&look, async |r: &mut Reader| store::clips_to_make(r, before).await).await?;
    let Some(c) = ripe.into_iter().next() else { return Ok(false) };
    if !step(live, &c, ClipState::Waiting, ClipState::Making).await? {
        return Ok(true);
    }
    let (x, camera) = app
        .db()
        .read(&look, async |r: &mut Reader| {
            Ok((store::export(r, c.export_id).await?, store::camera(r, c.camera_id).await?.camera))
        })
        .await?;
    let work = Work {
        root: live.root().to_path_buf(),
        dir: folder(&app.settings().data, c.id),
        stream: StreamId(*c.stream_id.as_bytes()),
        statement: statement(&x, &camera, app.now().as_millisecond()),
        vault: app.vault().clone(),
        stop: live.stopping(),
    };
    let made = tokio::task::spawn_blocking(move || work.run()).await.map_err(kernel::Error::internal)?;
    if matches!(made, Made::Stopped) {
        return Ok(false);
    }
    let act = app.look(&Actor::system(), "video.export_made", Purpose::Video).in_station(c.station_id);
    app.db()
        .write(&act, async |tx: &mut Tx| {
            match &made {
                Made::Ready(m) => {
                    let facts = serde_json::to_string(m)?;
                    let whole = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
                    let bytes = whole(m.parts.iter().map(|p| p.bytes).sum());
                    store::clip_made(tx, c.id, whole(m.parts.len() as u64), bytes, &facts).await?;
                    tx.record("video.export_made", &[("video_export", x.id), ("video_clip", c.id)], &facts);
                }
                Made::Failed(why) => {
                    store::clip_failed(tx, c.id, why).await?;
                    tx.record("video.export_failed", &[("video_export", x.id), ("video_clip", c.id)], why);
                }
                Made::Stopped => {}
            }
            store::release_clip_hold(tx, &c, "导出已经做完").await?;
            actions::tell_asker(app, tx, &x).await?;
            tx.emit("video.setup", c.camera_id);
            tx.emit("video.exported", x.id);
            Ok(())
        })
        .await?;
    Ok(true)
}

/// What is known before the film is: who, why, which camera.
pub(super) fn statement(x: &Export, camera: &crate::model::Camera, now_ms: i64) -> Statement {
    Statement {
        format: evidence::FORMAT.into(),
        export: x.number.clone(),
        camera: evidence::Camera {
            code: camera.number.clone(),
            name: camera.name.clone(),
            place: camera.place.clone(),
        },
        exporter: evidence::Exporter { unit: x.unit.clone(), name: x.user_name.clone() },
        exported_ms: now_ms,
        purpose: x.purpose.label().into(),
        reason: x.reason.clone(),
        incident: x.incident_number.clone(),
        approver: x.approver.clone(),
        blurred: None,
        clip: Manifest {
            format: String::new(),
            stream: String::new(),
            asked: Span { from_ms: x.from_ms, to_ms: x.to_ms },
            gaps: vec![],
            parts: vec![],
        },
    }
}

struct Work {
    root: PathBuf,
    dir: PathBuf,
    stream: StreamId,
    statement: Statement,
    vault: vault::Vault,
    stop: watch::Receiver<bool>,
}

/// Why a film was not written.
enum Broken {
    Stopped,
    Words(String),
}

fn disk(e: &io::Error) -> Broken {
    tracing::error!("video: an export cannot be written: {e}");
    Broken::Words("文件写不进去。请系统管理员检查数据盘，然后重新申请。".into())
}

impl Work {
    fn run(mut self) -> Made {
        match self.write() {
            Ok(()) => Made::Ready(self.told()),
            Err(Broken::Stopped) => Made::Stopped,
            Err(Broken::Words(why)) => {
                let _ = std::fs::remove_dir_all(&self.dir);
                Made::Failed(why)
            }
        }
    }

    /// The facts for the page; digests by blocks stay in the manifest's file.
    fn told(self) -> Manifest {
        let mut m = self.statement.clip;
        m.parts.iter_mut().for_each(|p| p.blocks = None);
        m
    }

    /// Plans and writes the film; the manifest last, so that a folder with one is whole.
    fn write(&mut self) -> std::result::Result<(), Broken> {
        let Span { from_ms, to_ms } = self.statement.clip.asked;
        let film = Film::plan(&self.root, self.stream, from_ms, to_ms).map_err(|e| match e {
            ExportError::Io(e) => disk(&e),
            ExportError::Span => Broken::Words("时段不对，或者太长。请重新申请。".into()),
            ExportError::Nothing => {
                Broken::Words("这一段没有录像：没有录上，或者已经到期覆盖。请核对时段后重新申请。".into())
            }
        })?;
        let bytes: u64 = (0..film.parts()).map(|n| film.bytes(n)).sum();
        let _ = std::fs::remove_dir_all(&self.dir);
        std::fs::create_dir_all(&self.dir).map_err(|e| disk(&e))?;
        let free = Plain.space(&self.dir).map_err(|e| disk(&e))?.free;
        if free < bytes.saturating_add(FLOOR) {
            let (want, have) = (bytes.div_ceil(1 << 20), free / (1 << 20));
            return Err(Broken::Words(format!(
                "数据盘放不下：要 {want} MB，只剩 {have} MB。请系统管理员腾出空间，然后重新申请。"
            )));
        }
        self.statement.clip = film.manifest();
        for n in 0..film.parts() {
            let file = std::fs::File::create(self.dir.join(format!("part-{}.mp4", n + 1))).map_err(|e| disk(&e))?;
            let mut out = Stoppable { to: BufWriter::with_capacity(1 << 20, file), stop: self.stop.clone() };
            let mut digests = Digests::new(film.bytes(n));
            film.write(n, &mut out, &mut digests.hashers()).map_err(|e| match e {
                _ if *self.stop.borrow() => Broken::Stopped,
                ExportError::Io(e) => disk(&e),
                _ => Broken::Words("录像读不出来。请系统管理员检查录像盘。".into()),
            })?;
            out.to.flush().and_then(|()| out.to.get_ref().sync_all()).map_err(|e| disk(&e))?;
            if let Some(facts) = self.statement.clip.parts.get_mut(n) {
                digests.fill(facts);
            }
        }
        let sealed = evidence::seal(&self.vault, &self.statement).map_err(|e| {
            tracing::error!("video: a manifest cannot be signed: {e}");
            Broken::Words(match e {
                evidence::SealError::Statement(_) => {
                    "画面参数变化或者缺口太多，一份清单写不下。请分几段重新申请。".into()
                }
                evidence::SealError::Vault(_) => "清单签不了名。请系统管理员检查密钥文件，然后重新申请。".into(),
            })
        })?;
        std::fs::write(self.dir.join("manifest.json"), sealed).map_err(|e| disk(&e))
    }
}

/// Ends when the program does: a film of hours is not waited for.
struct Stoppable<W> {
    to: W,
    stop: watch::Receiver<bool>,
}

impl<W: Write> Write for Stoppable<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if *self.stop.borrow() {
            return Err(io::Error::other("the program is ending"));
        }
        self.to.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Files of films go after their time, unless somebody keeps the footage; their line stays.
async fn expire(live: &Live) -> Result<()> {
    let app = &live.app;
    let days = app.rules().int("video.export_keep_days", app.today())?;
    let look = app.look(&Actor::system(), "video.exports", Purpose::Retention);
    let before = app.now() - kernel::ToSpan::hours(24 * days);
    let old = app.db().read(&look, async |r: &mut Reader| store::clips_over(r, before).await).await?;
    for c in old {
        let dir = folder(&app.settings().data, c.id);
        let gone = tokio::task::spawn_blocking(move || std::fs::remove_dir_all(dir)).await;
        if matches!(&gone, Ok(Err(e)) if e.kind() != io::ErrorKind::NotFound) {
            tracing::error!("video: files of an old export cannot be removed: {gone:?}");
            continue;
        }
        let act = app.look(&Actor::system(), "video.export_expired", Purpose::Retention).in_station(c.station_id);
        app.db()
            .write(&act, async |tx: &mut Tx| {
                store::move_clip(tx, c.id, ClipState::Ready, ClipState::Expired).await?;
                store::expire_copies(tx, c.id).await?;
                notices::actions::done_for(tx, c.export_id, "video.export_made").await?;
                tx.record("video.export_expired", &[("video_export", c.export_id), ("video_clip", c.id)], "");
                tx.emit("video.exported", c.export_id);
                Ok(())
            })
            .await?;
    }
    Ok(())
}
