//! Copies for publication are made one after the other by an ffmpeg of the machine, beside everything else. Whoever is killed
//! in between begins anew; the original is only read.

use super::{Live, exports};
use crate::actions;
use crate::model::{BlurCopy, Clip, CopyState, Export};
use crate::store;
use evidence::Statement;
use kernel::{Actor, Purpose, Reader, Result, Timestamp, Tx, UserId, Uuid};
use media::blur::{BlurError, Blurred, Limits, Region, blur};
use media::export::{Manifest, PartFacts};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How often it is looked for copies when nobody announced one.
const EVERY: Duration = Duration::from_secs(10);
/// A film that is played in pieces is one look for so long, seconds.
const ONE_LOOK_S: i64 = 600;
/// Plays remembered at most; when there are more, the next piece begins a new line of the register.
const MOST: usize = 10_000;

/// Who plays which film, since when that stands in the register.
#[derive(Default)]
pub struct Plays(Mutex<HashMap<(UserId, Uuid, bool), Timestamp>>);

impl Plays {
    /// Whether the look of a while ago covers this piece.
    pub fn stands(&self, key: (UserId, Uuid, bool), now: Timestamp) -> bool {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&key).is_some_and(|at| (0..ONE_LOOK_S).contains(&(now.as_second() - at.as_second())))
    }
    /// It stands in the register since now.
    pub fn put(&self, key: (UserId, Uuid, bool), now: Timestamp) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST {
            all.clear();
        }
        all.insert(key, now);
    }
}

/// The copy's film, beside the original.
pub fn film(data: &Path, y: &BlurCopy) -> PathBuf {
    exports::folder(data, y.clip_id).join(format!("copy-{}-{}.mp4", y.id.simple(), y.version))
}

/// Its signed manifest.
pub fn manifest(data: &Path, y: &BlurCopy) -> PathBuf {
    film(data, y).with_extension("json")
}

pub(super) async fn make(live: Arc<Live>) {
    let mut bus = live.app.db().subscribe();
    let mut stop = live.stopping();
    if let Err(e) = again(&live).await {
        tracing::error!("video: copies cannot be read: {e}");
    }
    loop {
        tokio::select! {
            // Dropped, the program outside is ended with it.
            done = rounds(&live) => if let Err(e) = done {
                tracing::error!("video: a copy was not made: {e}");
                // What stands as being made is nobody's any more.
                if let Err(e) = again(&live).await {
                    tracing::error!("video: copies cannot be read: {e}");
                }
            },
            _ = stop.changed() => return,
        }
        loop {
            tokio::select! {
                heard = bus.recv() => match heard {
                    Ok(e) if e.topic != "video.copy" => continue,
                    Ok(_) | Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => break,
                    Err(_) => return,
                },
                () = tokio::time::sleep(EVERY) => break,
                _ = stop.changed() => return,
            }
        }
    }
}

async fn rounds(live: &Live) -> Result<()> {
    while next(live).await? {}
    Ok(())
}

async fn in_state(live: &Live, state: CopyState) -> Result<Vec<BlurCopy>> {
    let look = live.app.look(&Actor::system(), "video.copies", Purpose::Video);
    live.app.db().read(&look, async |r: &mut Reader| store::copies_in(r, state).await).await
}

/// What was being made when the process ended is made anew.
async fn again(live: &Live) -> Result<()> {
    for y in in_state(live, CopyState::Making).await? {
        step(live, &y, CopyState::Making, CopyState::Waiting).await?;
    }
    Ok(())
}

async fn step(live: &Live, y: &BlurCopy, from: CopyState, to: CopyState) -> Result<bool> {
    let act = live.app.look(&Actor::system(), "video.copy_step", Purpose::Video).in_station(y.station_id);
    live.app
        .db()
        .write(&act, async |tx: &mut Tx| {
            tx.record("video.copy_step", &[("video_copy", y.id)], to.code());
            tx.emit("video.exported.copy", y.id);
            store::move_copy(tx, y.id, from, to).await
        })
        .await
}

/// Makes the oldest copy that waits; `false` when there is none.
async fn next(live: &Live) -> Result<bool> {
    let app = &live.app;
    let Some(y) = in_state(live, CopyState::Waiting).await?.into_iter().next() else { return Ok(false) };
    if !step(live, &y, CopyState::Waiting, CopyState::Making).await? {
        return Ok(true);
    }
    let look = app.look(&Actor::system(), "video.copies", Purpose::Video);
    let (c, x, camera) = app
        .db()
        .read(&look, async |r: &mut Reader| {
            let c = store::clip(r, y.clip_id).await?;
            let x = store::export(r, c.export_id).await?;
            let camera = store::camera(r, c.camera_id).await?.camera;
            Ok((c, x, camera))
        })
        .await?;
    let made = one(live, &y, &c, &x, &camera).await;
    let act = app.look(&Actor::system(), "video.copy_made", Purpose::Video).in_station(y.station_id);
    app.db()
        .write(&act, async |tx: &mut Tx| {
            match &made {
                Ok(p) => {
                    let facts = serde_json::to_string(p)?;
                    store::copy_made(tx, y.id, i64::try_from(p.bytes).unwrap_or(i64::MAX), &facts).await?;
                    actions::tell_leader(app, tx, &y).await?;
                    tx.record("video.copy_made", &[("video_copy", y.id)], &facts);
                }
                Err(why) => {
                    store::copy_failed(tx, y.id, why).await?;
                    tx.record("video.copy_failed", &[("video_copy", y.id)], why);
                }
            }
            tx.emit("video.exported.copy", y.id);
            Ok(())
        })
        .await?;
    Ok(true)
}

/// Burns the regions in and writes the manifest. The words of a failure are for people.
async fn one(
    live: &Live,
    y: &BlurCopy,
    c: &Clip,
    x: &Export,
    camera: &crate::model::Camera,
) -> std::result::Result<PartFacts, String> {
    let data = live.app.settings().data.clone();
    let original = actions::original(c, y.part).map_err(|_| "原来的文件已经不在。请重新导出。".to_string())?;
    let regions: Vec<Region> = serde_json::from_str(&y.regions).map_err(|_| "遮挡区域读不出来。请重新标出。")?;
    let from = exports::part(&data, c.id, usize::try_from(y.part).unwrap_or(0));
    let to = film(&data, y);
    // Of a run that was cut off; the original is not touched.
    let _ = tokio::fs::remove_file(&to).await;
    let program = live.program().await.map_err(|e| words(&e))?;
    let length = Duration::from_millis(u64::try_from(actions::length(&original)).unwrap_or(0));
    let size = (original.width, original.height);
    let done = blur(&program, &from, &to, size, &regions, &Limits::for_film(length)).await.map_err(|e| words(&e))?;
    let mut s = exports::statement(x, camera, live.app.now().as_millisecond());
    s.exporter = evidence::Exporter { unit: y.unit.clone(), name: y.user_name.clone() };
    s.reason = y.used_for.clone();
    s.purpose = "公开发布".into();
    s.approver = String::new();
    let digest = |alg: &str| original.digests.get(alg).cloned().unwrap_or_default();
    s.blurred = Some(evidence::Blurred {
        original_sha256: digest("sha256"),
        original_sm3: digest("sm3"),
        regions: u32::try_from(regions.len()).unwrap_or(u32::MAX),
    });
    let told: Manifest = serde_json::from_str(&c.facts).map_err(|_| "原来的清单读不出来。请重新导出。")?;
    let (vault, manifest) = (live.app.vault().clone(), manifest(&data, y));
    tokio::task::spawn_blocking(move || seal(s, told, original, &done, &to, &manifest, &vault))
        .await
        .unwrap_or_else(|e| Err(broken(&e)))
}

fn broken(e: &dyn std::fmt::Display) -> String {
    tracing::error!("video: a copy cannot be written: {e}");
    "文件写不进去。请系统管理员检查数据盘，然后再做一次。".into()
}

/// Digests of the made film and its signed manifest; the facts for the page.
fn seal(
    mut s: Statement,
    told: Manifest,
    original: PartFacts,
    done: &Blurred,
    film: &Path,
    manifest: &Path,
    vault: &vault::Vault,
) -> std::result::Result<PartFacts, String> {
    let mut p = PartFacts { codec: done.codec.clone(), bytes: done.bytes, pictures: done.pictures, ..original };
    let mut digests = evidence::Digests::new(done.bytes);
    let mut file = std::fs::File::open(film).map_err(|e| broken(&e))?;
    let mut piece = vec![0u8; 1 << 20];
    loop {
        let n = std::io::Read::read(&mut file, &mut piece).map_err(|e| broken(&e))?;
        if n == 0 {
            break;
        }
        digests.hashers().into_iter().for_each(|h| h.update(&piece[..n]));
    }
    digests.fill(&mut p);
    s.clip = Manifest { parts: vec![p.clone()], ..told };
    let text = evidence::seal(vault, &s).map_err(|e| broken(&e))?;
    std::fs::write(manifest, text).map_err(|e| broken(&e))?;
    p.blocks = None;
    Ok(p)
}

fn words(e: &BlurError) -> String {
    tracing::warn!("video: a copy was not made: {e}");
    match e {
        BlurError::NoProgram => "服务器上没有 ffmpeg。请系统管理员安装后再做一次。".into(),
        BlurError::NoEncoder => "服务器上的 ffmpeg 不能写 H.264。请系统管理员换一个后再做一次。".into(),
        BlurError::Regions(_) => "遮挡区域不对。请改过再做。".into(),
        BlurError::Time(t) => format!("做了 {} 分钟还没有做完，已停下。请把要公开的一段导出得短些。", t.as_secs() / 60),
        BlurError::Size => "做出来的文件太大。请把要公开的一段导出得短些。".into(),
        BlurError::Exists | BlurError::Io(_) => broken(e),
        BlurError::Failed(_) => "ffmpeg 没有做成，原因记在服务器日志里。请系统管理员查看后再做一次。".into(),
    }
}
