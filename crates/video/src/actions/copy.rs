//! Copies for publication: regions placed by hand, burnt in, looked at by somebody else, let out.

use super::{Ask, clip, permitted, register_looks};
use crate::model::{BlurCopy, Clip, CopyState, Deed, Export, LookKind, StreamKind, Whole};
use crate::rules::{self, Row};
use crate::run::Live;
use crate::store;
use kernel::{Act, Actor, App, Error, FieldErrors, Permission as P, Purpose, Reader, Refusal, Result, Role, ToSpan, Tx, Uuid};
use media::blur::{BlurError, Region};
use media::export::{Manifest, PartFacts};

/// What the manifest says of the file that a copy is made from.
pub fn original(c: &Clip, part: i64) -> Result<PartFacts> {
    let facts: Manifest = serde_json::from_str(&c.facts).map_err(|_| Error::NotFound("导出的文件"))?;
    usize::try_from(part).ok().and_then(|n| facts.parts.into_iter().nth(n)).ok_or(Error::NotFound("导出的文件"))
}

/// Length of a film, milliseconds: where its last stretch ends.
pub fn length(p: &PartFacts) -> i64 {
    p.segments.last().map_or(0, |s| s.film_ms + (s.to_ms - s.from_ms).max(0))
}

/// Begins a copy of a file of an export. Errors: not the caller's, not there, too long, the camera no longer open to the role,
/// not said what for.
pub async fn start_copy(app: &App, act: &Act, clip_id: Uuid, part: i64, used_for: &str) -> Result<Uuid> {
    act.actor.must(P::VideoExport)?;
    let (x, c) = clip(app, &act.actor, clip_id).await?;
    rules::may_copy(&act.actor, &x, &c, length(&original(&c, part)?))?;
    permitted(app, &act.actor, &[c.camera_id], Deed::Export).await?.remove(0).1?;
    let used_for = used_for.trim();
    if !(4..=100).contains(&used_for.chars().count()) {
        return Err(FieldErrors::one("used_for", "请写明发布到哪里、为什么，4 到 100 字。"));
    }
    app.db()
        .write(act, async |tx: &mut Tx| {
            let y = BlurCopy {
                station_id: c.station_id,
                id: tx.fresh(),
                clip_id,
                part,
                used_for: used_for.into(),
                regions: "[]".into(),
                state: CopyState::Placing,
                version: 1,
                at: tx.now(),
                by_user: tx.act().actor.user,
                by_role: tx.act().actor.role,
                user_name: tx.act().actor.name.clone(),
                unit: tx.act().actor.unit.clone(),
                made_at: None,
                bytes: 0,
                facts: String::new(),
                decided_at: None,
                decided_by: None,
                approver: String::new(),
                answer: String::new(),
            };
            store::insert_copy(tx, &y).await?;
            tx.record("video.copy", &[("video_clip", clip_id), ("video_copy", y.id)], used_for);
            tx.emit("video.exported", x.id);
            Ok(y.id)
        })
        .await
}

/// A copy within reach, with what it is made from: for who sees the export.
pub async fn copy(app: &App, act: &Act, id: Uuid) -> Result<(BlurCopy, Clip, Export)> {
    let (y, c, x) = app
        .db()
        .read(act, async |r: &mut Reader| {
            let y = store::copy(r, id).await?;
            let c = store::clip(r, y.clip_id).await?;
            let x = store::export(r, c.export_id).await?;
            Ok((y, c, x))
        })
        .await?;
    rules::sees_export(&act.actor, &x)?;
    Ok((y, c, x))
}

/// Keeps the regions; with `make` the copy is made from them. Errors: another's, made already, the camera no longer open to the
/// role, a row that does not fit, no ffmpeg on the machine that makes it.
pub async fn place(
    app: &App,
    act: &Act,
    live: Option<&Live>,
    id: Uuid,
    version: i64,
    rows: &[Row],
    make: bool,
) -> Result<()> {
    act.actor.must(P::VideoExport)?;
    let look = app.look(&act.actor, "video.copy", Purpose::Video);
    let (y, c, _) = copy(app, &look, id).await?;
    rules::may_place(&act.actor, &y, &c)?;
    permitted(app, &act.actor, &[c.camera_id], Deed::Export).await?.remove(0).1?;
    let p = original(&c, y.part)?;
    let none = rows.iter().all(Row::is_empty);
    let regions: Vec<Region> =
        if none && !make { vec![] } else { rules::read_regions(rows, (p.width, p.height), length(&p))? };
    if make {
        program(live).await?;
    }
    let to = if make { CopyState::Waiting } else { CopyState::Placing };
    let text = serde_json::to_string(&regions)?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            store::place_regions(tx, id, version, &text, to).await?;
            tx.record("video.copy_regions", &[("video_copy", id)], &text);
            tx.emit("video.copy", id);
            Ok(())
        })
        .await
}

/// The ffmpeg that will do it. Errors: a refusal with the reason; then nothing is published.
pub async fn program(live: Option<&Live>) -> Result<media::blur::Program> {
    let live = live.filter(|l| l.why_not().is_empty()).ok_or_else(|| {
        Refusal::new("video.no_ring", "这个进程没有接入录像，做不了遮挡副本。", "请在接入摄像机的那台服务器上做。")
    })?;
    live.program().await.map_err(|e| {
        let what = match e {
            BlurError::NoEncoder => "服务器上的 ffmpeg 不能写 H.264，做不了遮挡副本，也就不能公开发布。",
            _ => "服务器上没有 ffmpeg，做不了遮挡副本，也就不能公开发布。",
        };
        let next = "请系统管理员在服务器上安装 ffmpeg（带 H.264 编码），或者用 serve --ffmpeg 指明它在哪里，然后再做。标出的区域可以先保存。";
        Refusal::new("video.no_ffmpeg", what, next).into()
    })
}

/// Lets a copy out, or not; never by the one who made it. Errors: right missing, the camera not open
/// to the role, own, not waiting for it, no reason.
pub async fn decide_copy(app: &App, act: &Act, id: Uuid, yes: bool, answer: &str) -> Result<()> {
    act.actor.must(P::VideoApprove)?;
    let look = app.look(&act.actor, "video.copy", Purpose::Video);
    let (y, c, x) = copy(app, &look, id).await?;
    // Who lets it out has seen it, and must be allowed to.
    permitted(app, &act.actor, &[c.camera_id], Deed::Replay).await?.remove(0).1?;
    let answer = answer.trim();
    rules::check_release(&act.actor, &y, yes, answer)?;
    let to = if yes { CopyState::Approved } else { CopyState::Refused };
    app.db()
        .write(act, async |tx: &mut Tx| {
            let name = tx.act().actor.name.clone();
            if !store::decide_copy(tx, id, to, &name, answer).await? {
                let next = "请刷新页面，看审核的结果。";
                return Err(Refusal::new("video.copy_decided", "这份副本刚刚由他人审核了。", next).into());
            }
            notices::actions::done_for(tx, id, "video.copy").await?;
            let action = if yes { "video.copy_approve" } else { "video.copy_refuse" };
            tx.record(action, &[("video_copy", id), ("video_export", x.id)], answer);
            tx.emit("video.exported.copy", id);
            Ok(())
        })
        .await
}

/// The task of a leader to look at a made copy. For the worker that makes them.
pub(crate) async fn tell_leader(app: &App, tx: &mut Tx, y: &BlurCopy) -> Result<()> {
    let to = if y.by_role == Role::DutyLeader { Role::StationLeader } else { Role::DutyLeader };
    let hours = app.rules().int("video.export_decide_hours", app.today())?;
    let task = notices::model::NewTask {
        station: y.station_id,
        kind: "video.copy",
        title: kernel::text::cut(&format!("审核公开发布的录像副本：{}", y.used_for), 60),
        path: format!("/video/exports/copies/{}", y.id),
        record: y.id,
        to_user: None,
        to_role: Some(to),
        due: tx.now() + hours.hours(),
    };
    notices::actions::put(tx, task).await.map(|_| ())
}

/// What of a copy is played or taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Take {
    /// The original, to place regions or to compare.
    Original,
    /// The copy, to look at it.
    Play,
    /// The copy, for publication.
    Download,
}

/// Footage of a copy is about to be shown or to leave: stands in the register first. Played in pieces, it is one look for ten
/// minutes. Errors: not within reach, not there yet, not let out, another's.
pub async fn take_copy(app: &App, who: &Actor, live: Option<&Live>, id: Uuid, take: Take) -> Result<(BlurCopy, Clip, Export, Whole)> {
    let look = app.look(who, "video.copy", Purpose::Video);
    let (y, c, x) = copy(app, &look, id).await?;
    let own = y.by_user == who.user;
    // Who keeps the register sees that there is a copy, not what is on it.
    let leads = who.may(P::VideoApprove) && who.station == y.station_id;
    if !own && !leads {
        return Err(Error::Forbidden("副本由做的人和审核的领导看。".into()));
    }
    let there = match take {
        Take::Original => c.state == crate::model::ClipState::Ready,
        Take::Play => y.state.is_made(),
        Take::Download => y.state == CopyState::Approved,
    };
    if !there {
        return Err(Error::NotFound("副本的文件"));
    }
    if take == Take::Download && !own {
        return Err(Error::Forbidden("副本只能由做的人下载。".into()));
    }
    let deed = if take == Take::Download { Deed::Export } else { Deed::Replay };
    let (_, found) = permitted(app, who, &[c.camera_id], deed).await?.remove(0);
    let camera = found?;
    let key = (who.user, id, take == Take::Original);
    if take != Take::Download && live.is_some_and(|l| l.plays().stands(key, app.now())) {
        return Ok((y, c, x, camera));
    }
    let w = app.db().read(&look, async |r: &mut Reader| store::watch(r, x.watch_id).await).await?;
    let p = original(&c, y.part)?;
    let ask = Ask {
        camera: &camera,
        stream: StreamKind::Main,
        kind: if take == Take::Download { LookKind::Export } else { LookKind::Replay },
        from_ms: p.segments.first().map_or(x.from_ms, |s| s.from_ms),
        to_ms: p.segments.last().map_or(x.to_ms, |s| s.to_ms),
        exported: take == Take::Download,
        open: false,
    };
    register_looks(app, who, &w, &[ask]).await?;
    if let Some(l) = live {
        l.plays().put(key, app.now());
    }
    Ok((y, c, x, camera))
}

/// The copy's manifest is about to be handed out; it holds no picture. Errors: as for the download.
pub async fn take_copy_manifest(app: &App, who: &Actor, id: Uuid) -> Result<(BlurCopy, Clip, Export)> {
    let look = app.look(who, "video.copy", Purpose::Video);
    let (y, c, x) = copy(app, &look, id).await?;
    if y.by_user != who.user {
        return Err(Error::Forbidden("副本只能由做的人下载。".into()));
    }
    if y.state != CopyState::Approved {
        return Err(Error::NotFound("副本的清单"));
    }
    let act = app.look(who, "video.manifest", Purpose::Video);
    app.db()
        .write(&act, async |tx: &mut Tx| {
            tx.record("video.manifest", &[("video_copy", id)], "");
            Ok(())
        })
        .await?;
    Ok((y, c, x))
}
