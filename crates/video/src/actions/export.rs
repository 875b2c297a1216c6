//! Taking footage out: asked for with its purpose, approved by another person where the rule says so, every download in the register.

use super::{Ask, permitted, register_looks, start_watch_in};
use crate::model::{Clip, ClipState, Deed, Export, ExportForm, ExportState, LookKind, StreamKind, Whole};
use crate::{rules, store};
use kernel::{Act, Actor, App, Error, FieldErrors, Permission as P, Purpose, Reader, Refusal, Result, Role, ToSpan, Tx, Uuid};

/// Recordings of the last minutes have no row yet, milliseconds.
const ROWS_LATE_MS: i64 = 180_000;

/// Asks for the main streams of some cameras. Errors: no right, span empty, too long or in the future, nothing recorded,
/// purpose missing.
pub async fn ask_export(app: &App, act: &Act, form: ExportForm) -> Result<Uuid> {
    act.actor.must(P::VideoExport)?;
    rules::check_export(&form, app.now().as_millisecond())?;
    let cameras = mains(app, act, &form).await?;
    let needs = app.rules().flag("video.export_needs_approval", app.today())?;
    let due = app.now() + app.rules().int("video.export_decide_hours", app.today())?.hours();
    let (from_ms, to_ms) = (form.from_ms, form.to_ms);
    app.db()
        .write(act, async |tx: &mut Tx| {
            // The purpose is judged and kept as for any watch; the export happens within it.
            let w = start_watch_in(tx, form.purpose, &form.reason, &form.incident).await?;
            let year = i64::from(kernel::clock::day_of(tx.now()).year());
            let n = tx.next_number(w.station_id, "video_export", year).await?;
            let x = Export {
                station_id: w.station_id,
                id: tx.fresh(),
                number: format!("视导〔{year}〕{n}号"),
                watch_id: w.id,
                from_ms,
                to_ms,
                purpose: w.purpose,
                reason: w.reason,
                incident_id: w.incident_id,
                incident_number: w.incident_number,
                state: if needs { ExportState::Asked } else { ExportState::Approved },
                at: tx.now(),
                by_user: tx.act().actor.user,
                user_name: tx.act().actor.name.clone(),
                unit: tx.act().actor.unit.clone(),
                decided_at: None,
                decided_by: None,
                approver: String::new(),
                answer: String::new(),
            };
            store::insert_export(tx, &x).await?;
            let mut subjects = vec![("video_export", x.id)];
            for (camera, stream) in &cameras {
                // What is wanted must not be overwritten while it waits.
                let hold: Uuid = tx.fresh();
                let why = format!("导出 {}，做成之前", x.number);
                store::insert_hold(tx, x.station_id, hold, *camera, (from_ms, to_ms), &why, x.incident_id).await?;
                let c = Clip {
                    station_id: x.station_id,
                    id: tx.fresh(),
                    export_id: x.id,
                    camera_id: *camera,
                    stream_id: *stream,
                    state: ClipState::Waiting,
                    made_at: None,
                    parts: 0,
                    bytes: 0,
                    facts: String::new(),
                    hold_id: Some(hold),
                };
                store::insert_clip(tx, &c).await?;
                subjects.push(("camera", *camera));
            }
            if needs {
                // A leader's own request goes to the leader above.
                let to = if tx.act().actor.role == Role::DutyLeader { Role::StationLeader } else { Role::DutyLeader };
                let title = format!("{}申请导出录像：{}", x.user_name, x.reason);
                let path = format!("/video/exports/{}", x.id);
                task(tx, &x, "video.export", &title, path, (None, Some(to)), due).await?;
            }
            tx.record("video.export_ask", &subjects, &format!("{from_ms} {to_ms}"));
            tx.emit("video.setup", x.id);
            tx.emit("video.export", x.id);
            Ok(x.id)
        })
        .await
}

/// The cameras with their main streams, each open to the caller, something recorded of each.
async fn mains(app: &App, act: &Act, form: &ExportForm) -> Result<Vec<(Uuid, Uuid)>> {
    let mut e = FieldErrors::default();
    let mut out: Vec<(Whole, Uuid)> = vec![];
    for (_, found) in permitted(app, &act.actor, &form.cameras, Deed::Export).await? {
        match found {
            Ok(w) => {
                let main = w.stream(StreamKind::Main).ok_or(Error::NotFound("主码流"))?.id;
                out.push((w, main));
            }
            Err(Error::Forbidden(why)) => e.add("camera", why),
            Err(other) => return Err(other),
        }
    }
    let streams: Vec<Uuid> = out.iter().map(|x| x.1).collect();
    let look = app.look(&act.actor, "video.line", Purpose::Video);
    let files = app
        .db()
        .read(&look, async |r: &mut Reader| store::files_within(r, &streams, form.from_ms, form.to_ms).await)
        .await?;
    let told = form.to_ms < app.now().as_millisecond() - ROWS_LATE_MS;
    for (w, _) in out.iter().filter(|(_, s)| told && !files.iter().any(|f| f.stream_id == *s)) {
        e.add("camera", format!("“{}”的主码流在这一段没有录像，请去掉这台，或者改时段。", w.camera.name));
    }
    e.ok(out.into_iter().map(|(w, s)| (w.camera.id, s)).collect())
}

async fn task(
    tx: &mut Tx,
    x: &Export,
    kind: &'static str,
    title: &str,
    path: String,
    (to_user, to_role): (Option<kernel::UserId>, Option<Role>),
    due: kernel::Timestamp,
) -> Result<()> {
    let title = kernel::text::cut(title, 60);
    let station = x.station_id;
    let new = notices::model::NewTask { station, kind, title, path, record: x.id, to_user, to_role, due };
    notices::actions::put(tx, new).await.map(|_| ())
}

/// The task of the one who asked, once all films are made or could not be. For the worker that makes them.
pub(crate) async fn tell_asker(app: &App, tx: &mut Tx, x: &Export) -> Result<()> {
    let clips = store::clips_of(tx, &[x.id]).await?;
    let open = |c: &&Clip| matches!(c.state, ClipState::Waiting | ClipState::Making);
    if clips.iter().any(|c| open(&c)) {
        return Ok(());
    }
    let ready = clips.iter().filter(|c| c.state == ClipState::Ready).count();
    let days = app.rules().int("video.export_keep_days", app.today())?;
    let title = match clips.len() - ready {
        0 => format!("导出 {} 已做成，可以下载", x.number),
        n if n == clips.len() => format!("导出 {} 没有做成，请看原因", x.number),
        n => format!("导出 {} 做成 {ready} 台，{n} 台没有做成", x.number),
    };
    let due = tx.now() + (24 * days).hours();
    task(tx, x, "video.export_made", &title, format!("/video/exports/{}", x.id), (Some(x.by_user), None), due).await
}

/// Reads an export within reach, with its films: one's own, or any of the station for those who approve or read the register.
pub async fn export(app: &App, act: &Act, id: Uuid) -> Result<(Export, Vec<Clip>)> {
    let (x, clips) = app
        .db()
        .read(act, async |r: &mut Reader| {
            let x = store::export(r, id).await?;
            Ok((x, store::clips_of(r, &[id]).await?))
        })
        .await?;
    rules::sees_export(&act.actor, &x)?;
    Ok((x, clips))
}

/// Approves or refuses; never by the one who asked. Errors: right missing, own, decided already, no reason.
pub async fn decide_export(app: &App, act: &Act, id: Uuid, yes: bool, answer: &str) -> Result<()> {
    let look = app.look(&act.actor, "video.export", Purpose::Video);
    let (x, clips) = export(app, &look, id).await?;
    let answer = answer.trim();
    rules::check_decision(&act.actor, &x, yes, answer)?;
    let to = if yes { ExportState::Approved } else { ExportState::Refused };
    app.db()
        .write(act, async |tx: &mut Tx| {
            let name = tx.act().actor.name.clone();
            if !store::decide_export(tx, id, to, &name, answer).await? {
                let next = "请刷新页面，看审批的结果。";
                return Err(Refusal::new("video.decided", "这次导出刚刚由他人审批了。", next).into());
            }
            for c in clips.iter().filter(|_| !yes) {
                store::move_clip(tx, c.id, ClipState::Waiting, ClipState::Dropped).await?;
                store::release_clip_hold(tx, c, "导出未批准").await?;
            }
            notices::actions::done_for(tx, id, "video.export").await?;
            let action = if yes { "video.export_approve" } else { "video.export_refuse" };
            tx.record(action, &[("video_export", id)], answer);
            tx.emit("video.setup", id);
            tx.emit("video.export", id);
            Ok(())
        })
        .await
}

/// A film whose file is about to leave the station: stands in the register first. Errors: not the caller's, not there, the
/// camera no longer open to the role.
pub async fn take_clip(app: &App, who: &Actor, id: Uuid) -> Result<(Export, Clip, Whole)> {
    let (x, c) = clip(app, who, id).await?;
    rules::may_download(who, &x, &c)?;
    let (_, found) = permitted(app, who, &[c.camera_id], Deed::Export).await?.remove(0);
    let camera = found?;
    let look = app.look(who, "video.export", Purpose::Video);
    let w = app.db().read(&look, async |r: &mut Reader| store::watch(r, x.watch_id).await).await?;
    let ask = Ask {
        camera: &camera,
        stream: StreamKind::Main,
        kind: LookKind::Export,
        from_ms: x.from_ms,
        to_ms: x.to_ms,
        exported: true,
        open: false,
    };
    register_looks(app, who, &w, &[ask]).await?;
    let act = app.look(who, "video.export_taken", Purpose::Video);
    app.db()
        .write(&act, async |tx: &mut Tx| {
            notices::actions::done_for(tx, x.id, "video.export_made").await?;
            tx.record("video.export_taken", &[("video_export", x.id), ("video_clip", c.id)], "");
            tx.emit("video.exported", x.id);
            Ok(())
        })
        .await?;
    Ok((x, c, camera))
}

/// The signed manifest is about to be handed out; it holds no picture. Errors: as for the film.
pub async fn take_manifest(app: &App, who: &Actor, id: Uuid) -> Result<(Export, Clip)> {
    let (x, c) = clip(app, who, id).await?;
    rules::may_download(who, &x, &c)?;
    let act = app.look(who, "video.manifest", Purpose::Video);
    app.db()
        .write(&act, async |tx: &mut Tx| {
            tx.record("video.manifest", &[("video_export", x.id), ("video_clip", c.id)], "");
            Ok(())
        })
        .await?;
    Ok((x, c))
}

pub(super) async fn clip(app: &App, who: &Actor, id: Uuid) -> Result<(Export, Clip)> {
    let look = app.look(who, "video.export", Purpose::Video);
    app.db()
        .read(&look, async |r: &mut Reader| {
            let c = store::clip(r, id).await?;
            Ok((store::export(r, c.export_id).await?, c))
        })
        .await
}

/// Has a film made once more that could not be made; its footage is kept again meanwhile. Errors: not the caller's, did not
/// fail.
pub async fn make_again(app: &App, act: &Act, id: Uuid) -> Result<Export> {
    act.actor.must(P::VideoExport)?;
    let (x, c) = clip(app, &act.actor, id).await?;
    rules::may_make_again(&act.actor, &x, &c)?;
    permitted(app, &act.actor, &[c.camera_id], Deed::Export).await?.remove(0).1?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let hold: Uuid = tx.fresh();
            let why = format!("导出 {}，做成之前", x.number);
            store::insert_hold(tx, x.station_id, hold, c.camera_id, (x.from_ms, x.to_ms), &why, x.incident_id).await?;
            if !store::clip_again(tx, id, hold).await? {
                let next = "请刷新页面，看现在做到哪一步。";
                return Err(Refusal::new("video.not_failed", "刚刚已经让它再做了。", next).into());
            }
            notices::actions::done_for(tx, x.id, "video.export_made").await?;
            tx.record("video.export_again", &[("video_export", x.id), ("video_clip", id)], "");
            tx.emit("video.setup", c.camera_id);
            tx.emit("video.export", x.id);
            Ok(())
        })
        .await?;
    Ok(x)
}

/// Keeps the footage of an export whatever its age: a hold for each of its cameras. Errors: right missing, no reason.
pub async fn hold_export(app: &App, act: &Act, id: Uuid, reason: &str) -> Result<()> {
    act.actor.must(P::VideoApprove)?;
    let look = app.look(&act.actor, "video.export", Purpose::Video);
    let (x, clips) = export(app, &look, id).await?;
    let reason = reason.trim();
    if !(4..=200).contains(&reason.chars().count()) {
        return Err(FieldErrors::one("hold_reason", "请写明保全的理由，4 到 200 字。"));
    }
    app.db()
        .write(act, async |tx: &mut Tx| {
            for c in &clips {
                let hold: Uuid = tx.fresh();
                let span = (x.from_ms, x.to_ms);
                store::insert_hold(tx, x.station_id, hold, c.camera_id, span, reason, x.incident_id).await?;
                tx.record("video.hold", &[("camera", c.camera_id), ("video_hold", hold), ("video_export", id)], reason);
            }
            tx.emit("video.setup", id);
            Ok(())
        })
        .await
}
