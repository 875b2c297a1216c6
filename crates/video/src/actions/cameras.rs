//! Networks, groups, cameras.

use super::{filing, within};
use crate::model::{Camera, CameraForm, Group, Network, StreamForm, StreamKind, Whole};
use crate::{rules, store};
use kernel::{Act, App, Date, Error, FieldErrors, Permission as P, Reader, Refusal, Result, StationId, Tx, Uuid};
use media::address;

/// The sealed value's place, bound into its ciphertext.
fn aad(what: &str, camera: Uuid) -> Vec<u8> {
    format!("video_camera.{what}:{camera}").into_bytes()
}

/// Name and password of a camera, for the connection alone; `None` when it asks for none, an error when the key is gone.
pub(crate) fn sign_in(app: &App, c: &Camera) -> Result<Option<(String, String)>> {
    let Some(name) = &c.sign_in_name else { return Ok(None) };
    let open = |what: &str, sealed: &[u8]| app.vault().open_text(&aad(what, c.id), sealed).map_err(Error::internal);
    let password = match &c.sign_in_password {
        Some(sealed) => open("sign_in_password", sealed)?,
        None => String::new(),
    };
    Ok(Some((open("sign_in_name", name)?, password)))
}

/// The sign-in's name, for the form.
pub fn sign_in_name(app: &App, c: &Camera) -> Result<String> {
    Ok(sign_in(app, c)?.map_or(String::new(), |s| s.0))
}

/// Networks as the adapter judges them.
pub(crate) fn parsed(networks: &[Network]) -> Vec<address::Network> {
    networks.iter().filter_map(|n| n.network.parse().ok()).collect()
}

/// Puts a network on the list. Errors: right missing, not a network, too large, too many.
pub async fn add_network(app: &App, act: &Act, station: StationId, network: &str, note: &str) -> Result<Uuid> {
    let act = within(act, P::VideoAdmin, station)?;
    let network: String = network.chars().filter(|c| !c.is_whitespace()).collect();
    rules::check_network(&network, note)?;
    app.db()
        .write(&act, async |tx: &mut Tx| {
            let now = store::networks(tx, station).await?;
            if now.iter().any(|n| n.network == network) {
                return Err(FieldErrors::one("network", "这个网段已经登记。"));
            }
            if now.len() >= 50 {
                return Err(FieldErrors::one("network", "网段最多 50 个，请先停用不用的。"));
            }
            let n = Network {
                station_id: station,
                id: tx.fresh(),
                network: network.clone(),
                note: note.trim().into(),
                at: tx.now(),
                by_user: tx.act().actor.user,
            };
            store::insert_network(tx, &n).await?;
            tx.record("video.network", &[("video_network", n.id)], &format!("{network} {note}"));
            tx.emit("video.setup", n.id);
            Ok(n.id)
        })
        .await
}

/// Takes a network off the list; cameras within it are let go at once.
pub async fn end_network(app: &App, act: &Act, station: StationId, id: Uuid) -> Result<()> {
    let act = within(act, P::VideoAdmin, station)?;
    app.db()
        .write(&act, async |tx: &mut Tx| {
            store::end_network(tx, station, id).await?;
            tx.record("video.end_network", &[("video_network", id)], "");
            tx.emit("video.setup", id);
            Ok(())
        })
        .await
}

/// Adds a group below another, or at the top.
pub async fn add_group(app: &App, act: &Act, station: StationId, parent: Option<Uuid>, name: &str) -> Result<Uuid> {
    let act = within(act, P::VideoAdmin, station)?;
    let name = name.trim().to_string();
    if !(1..=20).contains(&name.chars().count()) {
        return Err(FieldErrors::one("name", "分组名称应为 1 到 20 字。"));
    }
    app.db()
        .write(&act, async |tx: &mut Tx| {
            let now = store::groups(tx, station).await?;
            if let Some(p) = parent
                && !now.iter().any(|g| g.id == p)
            {
                return Err(Error::NotFound("上级分组"));
            }
            if now.len() >= 200 {
                return Err(FieldErrors::one("name", "分组最多 200 个。"));
            }
            if now.iter().any(|g| g.parent_id == parent && g.name == name) {
                return Err(FieldErrors::one("name", "同一级里已有这个名称的分组。"));
            }
            let g = Group { id: tx.fresh(), parent_id: parent, name: name.clone(), position: now.len() as i64 };
            store::insert_group(tx, station, &g).await?;
            tx.record("video.group", &[("video_group", g.id)], &name);
            tx.emit("video.setup", g.id);
            Ok(g.id)
        })
        .await
}

/// Takes a group out of use; what hung at it hangs one level higher.
pub async fn end_group(app: &App, act: &Act, station: StationId, id: Uuid) -> Result<()> {
    let act = within(act, P::VideoAdmin, station)?;
    app.db()
        .write(&act, async |tx: &mut Tx| {
            let g = store::groups(tx, station)
                .await?
                .into_iter()
                .find(|g| g.id == id)
                .ok_or(Error::NotFound("这个分组"))?;
            store::end_group(tx, station, &g).await?;
            tx.record("video.end_group", &[("video_group", id)], "");
            tx.emit("video.setup", id);
            Ok(())
        })
        .await
}

/// Registers a camera. Errors: what does not fit, a forbidden place, a number that is taken.
pub async fn register(app: &App, act: &Act, station: StationId, form: CameraForm) -> Result<Uuid> {
    let act = within(act, P::VideoAdmin, station)?;
    app.db().write(&act, async |tx: &mut Tx| register_in(app, tx, station, &form).await).await
}

/// The same within a command that registers several (import of a file): one door for all.
pub async fn register_in(app: &App, tx: &mut Tx, station: StationId, form: &CameraForm) -> Result<Uuid> {
    if store::cameras(tx, station, false).await?.len() >= 2000 {
        return Err(Refusal::new("video.too_many", "一个派出所最多登记 2000 台摄像机。", "请先停用不用的。").into());
    }
    put(app, tx, station, None, form).await
}

/// Brings a camera up to date. Errors: what does not fit, changed by others meanwhile.
pub async fn edit(app: &App, act: &Act, id: Uuid, version: i64, form: CameraForm) -> Result<()> {
    let look = app.look(&act.actor, "video.camera", act.purpose);
    let station =
        app.db().read(&look, async |r: &mut Reader| Ok(store::camera(r, id).await?.camera.station_id)).await?;
    let act = within(act, P::VideoAdmin, station).map_err(hide)?;
    app.db()
        .write(&act, async |tx: &mut Tx| {
            let mut old = store::camera(tx, id).await?;
            old.camera.version = version;
            put(app, tx, station, Some(old), &form).await.map(|_| ())
        })
        .await
}

/// A stream belongs to one camera: with two of the same address one tile would show the other camera's picture. Names the
/// camera in use that has it; `own` is the camera that the form is about.
async fn addresses_free(r: &mut Reader, station: StationId, own: Option<Uuid>, f: &CameraForm) -> Result<()> {
    let taken = store::addresses(r, station).await?;
    let mut e = FieldErrors::default();
    for (field, url) in [("main_url", &f.main.url), ("sub_url", &f.sub.url)] {
        let of = taken.iter().find(|a| Some(a.camera_id) != own && !url.is_empty() && rules::same_address(&a.url, url));
        if let Some(a) = of {
            let (name, number, kind) = (&a.name, &a.number, a.kind.label());
            e.add(field, format!("这个地址已经是摄像机“{name}”（{number}）的{kind}。一路码流只能登记在一台摄像机上，请核对地址。"));
        }
    }
    e.ok(())
}

fn hide(e: Error) -> Error {
    if matches!(e, Error::NotFound(_)) { Error::NotFound("这台摄像机") } else { e }
}

async fn put(app: &App, tx: &mut Tx, station: StationId, old: Option<Whole>, f: &CameraForm) -> Result<Uuid> {
    let today = kernel::clock::day_of(tx.now());
    let networks = parsed(&store::networks(tx, station).await?);
    rules::check_camera(&app.rules(), today, f, &networks)?;
    if let Some(g) = f.group_id
        && !store::groups(tx, station).await?.iter().any(|x| x.id == g)
    {
        return Err(FieldErrors::one("group", "没有这个分组。"));
    }
    if let Some(b) = f.building_id
        && places::store::building(tx, b).await?.station_id != station
    {
        return Err(FieldErrors::one("building", "没有这个楼栋。"));
    }
    let id = old.as_ref().map_or_else(|| tx.fresh(), |o| o.camera.id);
    if store::camera_by_number(tx, station, &f.number).await?.is_some_and(|other| other != id) {
        return Err(FieldErrors::one("number", "这个编号已经有摄像机用了。停用的也算。"));
    }
    addresses_free(tx, station, Some(id), f).await?;
    let seal =
        |what: &str, text: &str| app.vault().seal(&aad(what, id), text.as_bytes()).map(Some).map_err(Error::internal);
    let (mut name, mut password) = (None, None);
    if !f.sign_in_name.is_empty() {
        name = seal("sign_in_name", &f.sign_in_name)?;
        password = match (&old, f.sign_in_password.is_empty()) {
            (Some(o), true) => o.camera.sign_in_password.clone(),
            (None, true) => None,
            (_, false) => seal("sign_in_password", &f.sign_in_password)?,
        };
    }
    let camera = Camera {
        station_id: station,
        id,
        number: f.number.clone(),
        name: f.name.clone(),
        place: f.place.clone(),
        place_kind: f.place_kind.clone(),
        building_id: f.building_id,
        lon: f.lon,
        lat: f.lat,
        direction: f.direction,
        view_angle: f.view_angle,
        reach_m: f.reach_m,
        group_id: f.group_id,
        restricted: old.as_ref().is_some_and(|o| o.camera.restricted),
        keep_days: f.keep_days,
        filing_unit: f.filing_unit.clone(),
        filing_number: f.filing_number.clone(),
        filing_day: f.filing_day,
        in_use_day: f.in_use_day,
        device_kind: f.device_kind.ok_or_else(|| FieldErrors::one("device_kind", "请选择设备类型。"))?,
        sign_in_name: name,
        sign_in_password: password,
        created_at: tx.now(),
        ended_at: None,
        end_reason: String::new(),
        end_filed_day: None,
        version: old.as_ref().map_or(1, |o| o.camera.version),
    };
    match &old {
        Some(_) => store::update_camera(tx, &camera).await?,
        None => store::insert_camera(tx, &camera).await?,
    }
    let of = |s: &StreamForm| (s.url.clone(), s.record, s.quota_mb);
    let sub = (!f.sub.url.is_empty()).then(|| of(&f.sub));
    for (kind, s) in [(StreamKind::Main, Some(of(&f.main))), (StreamKind::Sub, sub)] {
        let fresh = tx.fresh();
        store::set_stream(tx, station, id, kind, fresh, s.as_ref().map(|s| (s.0.as_str(), s.1, s.2))).await?;
    }
    let action = if old.is_some() { "video.edit" } else { "video.register" };
    tx.record(action, &[("camera", id)], &f.told());
    filing::tasks(app, tx, old.as_ref().map(|o| &o.camera), &camera).await?;
    tx.emit("video.setup", id);
    Ok(id)
}

/// Takes a camera out of use; its recordings stay as long as they are kept.
pub async fn end(app: &App, act: &Act, id: Uuid, reason: &str) -> Result<()> {
    let look = app.look(&act.actor, "video.camera", act.purpose);
    let camera = app.db().read(&look, async |r: &mut Reader| Ok(store::camera(r, id).await?.camera)).await?;
    let act = within(act, P::VideoAdmin, camera.station_id).map_err(hide)?;
    if !(2..=100).contains(&reason.trim().chars().count()) {
        return Err(FieldErrors::one("reason", "请写明停用的原因，2 到 100 字。"));
    }
    app.db()
        .write(&act, async |tx: &mut Tx| {
            store::end_camera(tx, camera.station_id, id, reason.trim()).await?;
            filing::ended(app, tx, &camera).await?;
            tx.record("video.end", &[("camera", id)], reason);
            tx.emit("video.setup", id);
            Ok(())
        })
        .await
}

/// It was filed on a day that a camera is no longer there; closes the task about it.
///
/// # Errors
/// A day before the end or ahead; not found for a camera that is still there, was never filed, or of which it is told already.
pub async fn end_filed(app: &App, act: &Act, id: Uuid, day: Date) -> Result<()> {
    let look = app.look(&act.actor, "video.camera", act.purpose);
    let camera = app.db().read(&look, async |r: &mut Reader| Ok(store::camera(r, id).await?.camera)).await?;
    let act = within(act, P::VideoAdmin, camera.station_id).map_err(hide)?;
    let Some(ended) = camera.ended_at.filter(|_| rules::owes_end(&camera)) else { return Err(Error::NotFound("要变更的备案")) };
    let ended = kernel::clock::day_of(ended);
    if !(ended..=kernel::clock::day_of(act.at)).contains(&day) {
        return Err(FieldErrors::one("day", format!("变更备案的日期应在停用那天（{ended}）以后，不晚于今天。")));
    }
    app.db()
        .write(&act, async |tx: &mut Tx| {
            store::set_end_filed(tx, camera.station_id, id, day).await?;
            notices::actions::done_for(tx, id, "video.filing_change").await?;
            tx.record("video.end_filed", &[("camera", id)], &day.to_string());
            tx.emit("video.setup", id);
            Ok(())
        })
        .await
}

/// A stream is reached at another address from now on; nothing else changes. Errors: right missing, address not allowed.
pub async fn repoint(app: &App, act: &Act, stream: &crate::model::Stream, url: &str) -> Result<()> {
    let act = within(act, P::VideoAdmin, stream.station_id)?;
    app.db()
        .write(&act, async |tx: &mut Tx| {
            let networks = parsed(&store::networks(tx, stream.station_id).await?);
            rules::check_url(url, &networks).map_err(|why| FieldErrors::one("url", why))?;
            let f = CameraForm { main: StreamForm { url: url.into(), ..StreamForm::default() }, ..CameraForm::default() };
            addresses_free(tx, stream.station_id, Some(stream.camera_id), &f).await?;
            store::set_stream(
                tx,
                stream.station_id,
                stream.camera_id,
                stream.kind,
                stream.id,
                Some((url, stream.record, stream.quota_mb)),
            )
            .await?;
            tx.record("video.repoint", &[("camera", stream.camera_id)], url);
            tx.emit("video.setup", stream.camera_id);
            Ok(())
        })
        .await
}

/// What the form would say to a row of an imported list.
pub async fn judge_row(
    app: &App,
    r: &mut Reader,
    station: StationId,
    form: &CameraForm,
) -> Result<std::result::Result<(), FieldErrors>> {
    let networks = parsed(&store::networks(r, station).await?);
    let judged = match rules::check_camera(&app.rules(), kernel::clock::day_of(r.now()), form, &networks) {
        Ok(()) => {
            let own = store::camera_by_number(r, station, &form.number).await?;
            addresses_free(r, station, own, form).await
        }
        wrong => wrong,
    };
    match judged {
        Ok(()) => Ok(Ok(())),
        Err(Error::Invalid(fields)) => Ok(Err(fields)),
        Err(Error::Refused(r)) => {
            let by = format!("（{}）", r.rule.source);
            Ok(Err(FieldErrors(vec![("place_kind".into(), format!("{}{by}", r.what))])))
        }
        Err(e) => Err(e),
    }
}

/// One row of an imported list: registers the camera of this number, or brings it up to date; `group` is made when the
/// station has none of that name. Field errors are the row's, not the command's.
pub async fn import_row(
    app: &App,
    tx: &mut Tx,
    station: StationId,
    form: &CameraForm,
    group: &str,
) -> Result<std::result::Result<Uuid, FieldErrors>> {
    tx.act().actor.must(P::VideoAdmin)?;
    let mut form = form.clone();
    // Judged before anything is written: a refused row leaves no group behind.
    if let Err(fields) = judge_row(app, tx, station, &form).await? {
        return Ok(Err(fields));
    }
    let old = match store::camera_by_number(tx, station, &form.number).await? {
        Some(id) => Some(store::camera(tx, id).await?),
        None => None,
    };
    if old.as_ref().is_some_and(|o| o.camera.ended_at.is_some()) {
        return Ok(Err(FieldErrors(vec![("number".into(), "这个编号的摄像机已经停用。".into())])));
    }
    if !group.is_empty() {
        let found = store::groups(tx, station).await?.into_iter().find(|g| g.name == group).map(|g| g.id);
        form.group_id = Some(match found {
            Some(id) => id,
            None => {
                let g = Group { id: tx.fresh(), parent_id: None, name: kernel::text::cut(group, 20), position: 99 };
                store::insert_group(tx, station, &g).await?;
                tx.record("video.group", &[("video_group", g.id)], &g.name);
                g.id
            }
        });
    }
    if old.is_none() && store::cameras(tx, station, false).await?.len() >= 2000 {
        return Ok(Err(FieldErrors(vec![("number".into(), "一个派出所最多登记 2000 台摄像机。".into())])));
    }
    match put(app, tx, station, old, &form).await {
        Ok(id) => Ok(Ok(id)),
        Err(Error::Invalid(fields)) => Ok(Err(fields)),
        Err(e) => Err(e),
    }
}
