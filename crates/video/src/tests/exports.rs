//! Exports: asked for, decided by another, made from what was recorded, proven, downloaded, removed in time.

use super::town::{Town, form, town};
use crate::actions as act;
use crate::model::{Clip, ClipState, ExportState, LookKind};
use crate::run::{self, Running, exports as files};
use crate::store::{self, FileRow, LookQuery};
use kernel::{Actor, Purpose, Reader, Role, Tx, Uuid};
use media::disk::Plain;
use media::estate::Clock as _;
use media::recorder::Settings;
use simcam::{Camera, Sim, clips};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use testkit::{actor, engines};

/// Minutes of footage before now, as rows alone.
async fn recorded(town: &Town, camera: Uuid, minutes: i64) {
    let w = town.read(async |r: &mut Reader| store::camera(r, camera).await).await;
    let stream = w.stream(crate::model::StreamKind::Main).unwrap().id;
    let now = town.t.app.now().as_millisecond();
    let look = town.t.app.look(&Actor::system(), "video.files", Purpose::Retention).in_station(town.station);
    let row = |n: i64| FileRow {
        station_id: town.station,
        stream_id: stream,
        name_ms: now - n * 60_000,
        start_ms: now - n * 60_000,
        end_ms: now - (n - 1) * 60_000,
        bytes: 1000,
        follows_break: false,
    };
    let write = async |tx: &mut Tx| {
        for n in 1..=minutes {
            store::insert_file(tx, &row(n)).await?;
        }
        tx.record("video.files", &[], "");
        Ok(())
    };
    town.t.app.db().write(&look, write).await.unwrap();
}

fn typed(ms: i64) -> String {
    crate::web_pages::second(ms).replace(' ', "T")
}

async fn clips_of(town: &Town, export: Uuid) -> Vec<Clip> {
    town.read(async |r: &mut Reader| store::clips_of(r, &[export]).await).await
}

#[tokio::test]
async fn a_request_is_decided_by_another_leader_and_its_footage_waits_for_it() {
    for engine in engines() {
        let town = town(engine).await;
        let t = &town.t;
        let one = town.register("A1", "rtsp://127.0.0.1:9/a", "").await.to_string();
        let two = town.register("A2", "rtsp://127.0.0.1:9/b", "").await.to_string();
        let closed = town.register("A3", "rtsp://127.0.0.1:9/c", "").await.to_string();
        recorded(&town, one.parse().unwrap(), 30).await;
        recorded(&town, closed.parse().unwrap(), 30).await;
        let narrow = [("version", "1"), ("restricted", "1"), ("right", "station_leader.export")];
        t.post(&town.security, &format!("/video/cameras/{closed}/rights"), &narrow).await.is(303);
        let duty = actor(Role::DutyLeader, town.station);
        let now = t.app.now().as_millisecond();
        let (from, until) = (typed(now - 20 * 60_000), typed(now - 10 * 60_000));
        let ask = |camera: &str, more: &[(&'static str, &str)]| {
            let mut all: Vec<(&str, String)> = vec![
                ("camera", camera.into()),
                ("from", from.clone()),
                ("until", until.clone()),
                ("purpose", "case".into()),
                ("reason", "核实打架经过".into()),
            ];
            for (k, v) in more {
                all.retain(|x| x.0 != *k);
                all.push((k, (*v).to_string()));
            }
            all
        };
        let list = "/video/exports";
        let post = async |who: &Actor, fields: &[(&str, String)]| {
            let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
            t.post(who, list, &fields).await
        };
        for who in [&town.operator, &town.admin, &town.security, &actor(Role::Auxiliary, town.station)] {
            t.get(who, list).await.is(403);
            post(who, &ask(&one, &[])).await.is(403);
        }
        // A link from a replay fills the form in.
        let link = format!("{list}?cameras={one}&from={}&until={}", now - 20 * 60_000, now - 10 * 60_000);
        let page = t.get(&town.officer, &link).await.is(200).says(&from).says(&until).says("路口A2");
        assert!(page.body.contains(&format!("value=\"{one}\" checked")) && !page.body.contains("路口A3"));
        assert!(!page.body.contains("value=\"visitor\""), "who asks to see takes nothing out");
        post(&town.stranger, &ask(&one, &[])).await.is(404);
        for (fields, says) in [
            (ask("", &[]), "请至少选择一台"),
            (ask(&two, &[]), "“路口A2”的主码流在这一段没有录像"),
            (ask(&closed, &[]), "没有向“民警”开放导出"),
            (ask(&one, &[("until", &from)]), "晚于开始"),
            (ask(&one, &[("until", "明天")]), "不是有效时间"),
            (ask(&one, &[("reason", "查看")]), "4 到 100 字"),
            (ask(&one, &[("purpose", "")]), "请选择调阅目的"),
            (ask(&one, &[("purpose", "incident")]), "接处警须写警情编号"),
            (ask(&one, &[("purpose", "visitor")]), "只能当场查看，不能导出（视频条例第二十一条）"),
        ] {
            post(&town.officer, &fields).await.is(422).says(says);
        }
        let none = town.read(async |r: &mut Reader| store::exports(r, town.station, None).await).await;
        assert!(none.is_empty() && town.read(store::all_holds).await.is_empty(), "what was refused leaves nothing");

        // Asked once, however often it is sent.
        let mut fields = ask(&one, &[]);
        fields.push(("command_id", t.app.fresh_command().to_string()));
        let id = post(&town.officer, &fields).await.is(303).new_id();
        assert_eq!(post(&town.officer, &fields).await.is(303).new_id(), id);
        let x = town.read(async |r: &mut Reader| store::export(r, id).await).await;
        assert_eq!((x.number.as_str(), x.state), ("视导〔2026〕1号", ExportState::Asked));
        assert_eq!(town.read(store::all_holds).await.len(), 1, "its footage is not overwritten meanwhile");
        let page = format!("{list}/{id}");
        t.get(&town.officer, &page).await.is(200).says("待审批").says("路口A1").says("核实打架经过");
        t.get(&town.stranger, &page).await.is(404);
        let mut colleague = town.officer.clone();
        colleague.user = kernel::UserId(Uuid::from_u128(0x77));
        t.get(&colleague, &page).await.is(404);
        t.get(&colleague, list).await.is(200).says("还没有导出");
        t.get(&actor(Role::AuditAdmin, kernel::StationId::NIL), &page).await.is(200);
        t.get(&duty, "/").await.is(200).says("申请导出录像：核实打架经过");

        let decide = format!("{page}/decide");
        t.post(&town.officer, &decide, &[("do", "approve")]).await.is(403);
        t.post(&town.stranger, &decide, &[("do", "approve")]).await.is(404);
        t.post(&duty, &decide, &[("do", "refuse"), ("answer", "")]).await.is(422).says("请写明理由");
        t.post(&duty, &decide, &[("do", "refuse"), ("answer", "与本案无关")]).await.is(303);
        t.post(&town.leader, &decide, &[("do", "approve")]).await.is(422).says("已经由测试带班领导审批");
        t.get(&town.officer, &page).await.is(200).says("没有批准：与本案无关");
        assert!(!t.get(&duty, "/").await.is(200).body.contains("申请导出录像"), "the task is done");
        assert!(town.read(store::all_holds).await.is_empty(), "and the footage is let go");
        assert_eq!(clips_of(&town, id).await[0].state, ClipState::Dropped);

        // A leader's own request goes to the leader above, never to themselves.
        let own = post(&duty, &ask(&one, &[])).await.is(303).new_id();
        let page = format!("{list}/{own}");
        t.get(&duty, &page).await.is(200).says("自己申请的由另一名领导审批");
        t.post(&duty, &format!("{page}/decide"), &[("do", "approve")]).await.is(422).says("不能审批自己");
        t.get(&town.leader, "/").await.is(200).says("申请导出录像");
        t.post(&town.leader, &format!("{page}/decide"), &[("do", "approve")]).await.is(303);
        t.get(&duty, &page).await.is(200).says("已批准，等待制作");
        let clip = clips_of(&town, own).await.remove(0);
        t.get(&duty, &format!("/video/clips/{}/parts/1", clip.id)).await.is(404);
        t.get(&duty, &format!("/video/clips/{}/manifest", clip.id)).await.is(404);

        // Kept by name, let go by name.
        t.post(&town.officer, &format!("{page}/hold"), &[("hold_reason", "案件证据")]).await.is(403);
        t.post(&town.leader, &format!("{page}/hold"), &[("hold_reason", "")]).await.is(422).says("保全的理由");
        t.post(&town.leader, &format!("{page}/hold"), &[("hold_reason", "故意伤害案证据")]).await.is(303);
        t.get(&duty, &page).await.is(200).says("故意伤害案证据").says("测试所领导");
        t.get(&town.officer, "/video/holds").await.is(200).says("故意伤害案证据").says("做成之前");
    }
}

pub struct Machine;

impl media::estate::Clock for Machine {
    fn now_ms(&self) -> i64 {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64
    }
}

pub async fn running(town: &Town, ring: &Path) -> Running {
    let settings = Settings { floor: 0, sync_every: Duration::from_millis(300), ..Settings::new(ring.into()) };
    run::start_with(&town.t.site, settings, Arc::new(Plain), Arc::new(Machine)).await.unwrap()
}

/// Waits until a film of an export is no longer open; its state.
async fn made(town: &Town, export: Uuid) -> Clip {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        let c = clips_of(town, export).await.remove(0);
        if !matches!(c.state, ClipState::Waiting | ClipState::Making) || Instant::now() > end {
            return c;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A running camera of which some seconds are recorded, and an export of them that is ready, by the officer.
pub struct Exported {
    pub running: Running,
    pub camera: Uuid,
    pub id: Uuid,
    pub clip: Clip,
    pub span: (i64, i64),
    pub ring: tempfile::TempDir,
    _sim: Sim,
}

pub async fn exported(town: &Town) -> Exported {
    exported_from(town, clips::small().unwrap()).await
}

async fn exported_from(town: &Town, film: Arc<simcam::Clip>) -> Exported {
    let (t, app) = (&town.t, &town.t.app);
    app.clock().set(kernel::clock::from_micros(Machine.now_ms() * 1000));
    let sim = Sim::start("127.0.0.1:0".parse().unwrap(), vec![Camera::new(film)]).await.unwrap();
    let form = form("A1", &sim.url(0), "");
    let camera = act::register(app, &town.act(&town.admin, "video.register"), town.station, form).await.unwrap();
    let ring = tempfile::tempdir().unwrap();
    let running = running(town, ring.path()).await;
    let w = town.read(async |r: &mut Reader| store::camera(r, camera).await).await;
    let stream = w.streams[0].id;
    let live = running.live().clone();
    let begun = Instant::now();
    let long = |live: &run::Live| live.usage().get(&stream).is_some_and(|u| u.bytes > 0);
    while !(long(&live) && begun.elapsed() > Duration::from_secs(12)) && begun.elapsed() < Duration::from_secs(30) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    app.clock().set(kernel::clock::from_micros(Machine.now_ms() * 1000));
    // A span that begins before the first picture: the gap is stated.
    let (from, until) = (Machine.now_ms() - 60_000, Machine.now_ms() - 5000);
    let (from, until) = (from / 1000 * 1000, until / 1000 * 1000);
    let number = camera.to_string();
    let (a, b) = (typed(from), typed(until));
    let fields: [(&str, &str); 5] =
        [("camera", &number), ("from", &a), ("until", &b), ("purpose", "case"), ("reason", "核实打架经过")];
    let id = t.post(&town.officer, "/video/exports", &fields).await.is(303).new_id();
    t.post(&town.leader, &format!("/video/exports/{id}/decide"), &[("do", "approve")]).await.is(303);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(clips_of(town, id).await[0].state, ClipState::Waiting, "its last seconds may not be written yet");
    app.clock().advance(20);
    let clip = made(town, id).await;
    assert_eq!(clip.state, ClipState::Ready, "{}", clip.facts);
    Exported { running, camera, id, clip, span: (from, until), ring, _sim: sim }
}

/// H.265 is exported as it was recorded, and proven like any other film.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h265_is_exported_as_it_was_recorded() {
    let town = town("sqlite").await;
    let Exported { running, clip, ring: _ring, _sim, .. } = exported_from(&town, clips::yard265().unwrap()).await;
    let data = town.t.app.settings().data.clone();
    let film = std::fs::read(files::part(&data, clip.id, 0)).unwrap();
    let holds = |name: &[u8]| film.windows(4).any(|w| w == name);
    assert!((holds(b"hvc1") || holds(b"hev1")) && holds(b"hvcC") && !holds(b"avc1"), "an H.265 track");
    let manifest = std::fs::read(files::manifest(&data, clip.id)).unwrap();
    let keys = town.t.app.vault().attest_keys(evidence::CONTEXT);
    let keys: Vec<_> = keys.into_iter().map(|(_, alg, public)| evidence::Key { alg, public }).collect();
    let parts = evidence::Sealed::parse(&manifest).unwrap().1.clip.parts;
    let sizes: Vec<u64> = parts.iter().filter_map(|p| Some(p.blocks.as_ref()?.size)).collect();
    let v = evidence::verify(&manifest, &evidence::measure(&mut &film[..], &sizes).unwrap(), &keys).unwrap();
    assert!(v.is_proven(), "{v:?}");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_film_that_could_not_be_written_is_made_again_by_who_asked() {
    let town = town("sqlite").await;
    let (t, app) = (&town.t, &town.t.app);
    let Exported { running, camera, span: (from, until), ring: _ring, _sim, .. } = exported(&town).await;
    let place = app.settings().data.join("exports");
    let aside = app.settings().data.join("aside");
    // A disk that takes no folder.
    std::fs::rename(&place, &aside).unwrap();
    std::fs::write(&place, b"").unwrap();
    let (number, a, b) = (camera.to_string(), typed(from), typed(until));
    let fields: [(&str, &str); 5] =
        [("camera", &number), ("from", &a), ("until", &b), ("purpose", "case"), ("reason", "核实打架经过")];
    let id = t.post(&town.officer, "/video/exports", &fields).await.is(303).new_id();
    t.post(&town.leader, &format!("/video/exports/{id}/decide"), &[("do", "approve")]).await.is(303);
    let failed = made(&town, id).await;
    assert_eq!(failed.state, ClipState::Failed);
    t.get(&town.officer, &format!("/video/exports/{id}")).await.is(200).says("文件写不进去").says("再做一次");
    let again = format!("/video/clips/{}/again", failed.id);
    t.post(&town.officer, "/video/clips/00000000-0000-7000-8000-000000000009/again", &[]).await.is(404);
    t.post(&town.leader, &again, &[]).await.is(403);
    std::fs::remove_file(&place).unwrap();
    std::fs::rename(&aside, &place).unwrap();
    t.post(&town.officer, &again, &[]).await.is(303);
    let clip = made(&town, id).await;
    assert_eq!(clip.state, ClipState::Ready, "{}", clip.facts);
    t.post(&town.officer, &again, &[]).await.is(422).says("不用再做");
    assert!(town.read(store::all_holds).await.is_empty(), "the footage is let go");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_approved_is_made_proven_downloaded_and_registered() {
    let town = town("sqlite").await;
    let (t, app) = (&town.t, &town.t.app);
    let Exported { running: first, camera, id, clip: c, span: (from, until), ring: dir, _sim } = exported(&town).await;
    let page = format!("/video/exports/{id}");
    let camera = camera.to_string();
    let (a, b) = (typed(from), typed(until));
    let fields: [(&str, &str); 5] =
        [("camera", &camera), ("from", &a), ("until", &b), ("purpose", "case"), ("reason", "核实打架经过")];
    assert!(town.read(store::all_holds).await.is_empty(), "the footage is let go");
    t.get(&town.officer, &page).await.is(200).says("1 处没有录上").says("SM3").says("下载录像");
    t.get(&town.officer, "/").await.is(200).says("已做成，可以下载");

    // The files are what the manifest says, signed by the station.
    let data = app.settings().data.clone();
    let film = std::fs::read(files::part(&data, c.id, 0)).unwrap();
    let manifest = std::fs::read(files::manifest(&data, c.id)).unwrap();
    let keys = app.vault().attest_keys(evidence::CONTEXT);
    let keys: Vec<_> = keys.into_iter().map(|(_, alg, public)| evidence::Key { alg, public }).collect();
    let sizes: Vec<u64> = evidence::Sealed::parse(&manifest)
        .unwrap()
        .1
        .clip
        .parts
        .iter()
        .filter_map(|p| Some(p.blocks.as_ref()?.size))
        .collect();
    let v = evidence::verify(&manifest, &evidence::measure(&mut &film[..], &sizes).unwrap(), &keys).unwrap();
    assert!(v.is_proven(), "{v:?}");
    let s = &v.statement;
    assert_eq!(
        (&*s.camera.code, &*s.exporter.name, &*s.approver, &*s.reason),
        ("A1", "测试民警", "测试所领导", "核实打架经过")
    );
    assert_eq!((s.clip.asked.from_ms, s.clip.asked.to_ms, s.clip.gaps.len()), (from, until, 1));

    // Only who asked has it, and each time it stands in the register.
    let part = format!("/video/clips/{}/parts/1", c.id);
    t.get(&town.operator, &part).await.is(403);
    t.get(&town.leader, &part).await.is(403).says("只能由申请人下载");
    t.get(&town.stranger, &part).await.is(404);
    t.get(&town.officer, &format!("/video/clips/{}/parts/0", c.id)).await.is(404);
    t.get(&town.officer, &format!("/video/clips/{}/parts/2", c.id)).await.is(404);
    let query = LookQuery { kind: "export".into(), ..LookQuery::default() };
    let looks = async || town.read(async |r: &mut Reader| store::looks(r, town.station, &query).await).await;
    assert!(looks().await.is_empty(), "a refused download is no download");
    let got = t.get(&town.officer, &part).await.is(200);
    assert_eq!(got.headers["content-length"].to_str().unwrap(), film.len().to_string());
    assert!(got.headers["content-disposition"].to_str().unwrap().contains("A1-1.mp4"));
    t.get(&town.officer, &format!("/video/clips/{}/manifest", c.id)).await.is(200).says("fengqiao-evidence-1");
    let seen = looks().await;
    assert_eq!(seen.len(), 1);
    let l = &seen[0];
    assert!(l.kind == LookKind::Export && l.exported && l.user_id == town.officer.user && l.reason == "核实打架经过");
    assert_eq!((l.from_ms, l.to_ms), (from, until));
    t.get(&town.officer, &page).await.is(200).says("测试民警，路口A1");
    assert!(!t.get(&town.officer, "/").await.is(200).body.contains("已做成"), "the task is done");
    t.get(&Actor::resident(town.station), "/video/verify").await.is(200).says("Ed25519").says(&keys[1].fingerprint());
    t.get(&Actor::resident(town.station), "/video/verify/page").await.is(200).says("Content-Security-Policy");

    // The role loses the camera: so does the download.
    let narrow = [("version", "1"), ("restricted", "1"), ("right", "officer.live")];
    t.post(&town.security, &format!("/video/cameras/{camera}/rights"), &narrow).await.is(303);
    t.get(&town.officer, &part).await.is(403).says("没有向");
    let open = [("version", "2"), ("restricted", "")];
    t.post(&town.security, &format!("/video/cameras/{camera}/rights"), &open).await.is(303);

    // Nothing was recorded an hour ago: said, and nothing stays. A process that is killed while it makes begins anew.
    first.stop().await;
    let fresh = t.post(&town.officer, "/video/exports", &fields).await.is(303).new_id();
    t.post(&town.leader, &format!("/video/exports/{fresh}/decide"), &[("do", "approve")]).await.is(303);
    let look = app.look(&Actor::system(), "video.test", Purpose::Video).in_station(town.station);
    let cut = clips_of(&town, fresh).await.remove(0);
    let killed = async |tx: &mut Tx| {
        tx.record("video.test", &[], "");
        store::move_clip(tx, cut.id, ClipState::Waiting, ClipState::Making).await
    };
    assert!(app.db().write(&look, killed).await.unwrap());
    std::fs::create_dir_all(files::folder(&data, cut.id)).unwrap();
    std::fs::write(files::part(&data, cut.id, 0), b"half").unwrap();
    let second = running(&town, dir.path()).await;
    assert_eq!(made(&town, fresh).await.state, ClipState::Ready);
    assert_eq!(std::fs::read(files::part(&data, cut.id, 0)).unwrap(), film, "the same span is the same film");

    // Their time is over: the files go, but not those whose footage somebody keeps.
    t.post(&town.leader, &format!("{page}/hold"), &[("hold_reason", "故意伤害案证据")]).await.is(303);
    app.clock().advance(31 * 86_400);
    let (a, b) = (typed(from - 7_200_000), typed(from - 3_600_000));
    let old: [(&str, &str); 5] =
        [("camera", &camera), ("from", &a), ("until", &b), ("purpose", "case"), ("reason", "核实打架经过")];
    t.post(&town.officer, "/video/exports", &old).await.is(422).says("没有录像");
    let hold = town.read(store::all_holds).await.remove(0);
    let kick = async || {
        let act = app.look(&Actor::system(), "video.test", Purpose::Video).in_station(town.station);
        let told = async |tx: &mut Tx| {
            tx.record("video.test", &[], "");
            tx.emit("video.export", id);
            Ok(())
        };
        app.db().write(&act, told).await.unwrap();
        tokio::time::sleep(Duration::from_millis(400)).await;
    };
    kick().await;
    assert_eq!(clips_of(&town, id).await[0].state, ClipState::Ready, "kept while the footage is");
    t.post(&town.leader, &format!("/video/holds/{}/release", hold.id), &[("reason", "案件已经审结")]).await.is(303);
    let end = Instant::now() + Duration::from_secs(20);
    while clips_of(&town, id).await[0].state == ClipState::Ready && Instant::now() < end {
        kick().await;
    }
    assert_eq!(clips_of(&town, id).await[0].state, ClipState::Expired);
    assert!(!files::folder(&data, c.id).exists() && !files::folder(&data, cut.id).exists());
    t.get(&town.officer, &part).await.is(404);
    t.get(&town.officer, &page).await.is(200).says("文件已到期删除");
    second.stop().await;
}
