//! A ring that is full, failing, away, held by another, or torn; a clock of the machine that is set: from the disorder to the task of
//! the operator, and back.

use super::alarms::{is, one, says, tasks, until};
use super::exports::Machine;
use super::town::{Town, form, town};
use crate::actions as act;
use crate::model::{Alarm, AlarmKind};
use crate::run::{self, Running};
use crate::store;
use kernel::{Reader, Timestamp, Uuid};
use media::archive::{Lock, StreamId};
use media::disk::{Disk, Faulty, Plain};
use media::estate::Clock;
use media::health::State;
use media::recorder::{DiskState, Settings};
use simcam::{Camera, Sim, clips};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

async fn running_on(town: &Town, ring: &Path, disk: Arc<dyn Disk>, clock: Arc<dyn Clock>) -> Running {
    let settings = Settings { floor: 0, sync_every: Duration::from_millis(300), ..Settings::new(ring.into()) };
    run::start_with(&town.t.site, settings, disk, clock).await.unwrap()
}

/// The one open task of the operator, once the disorder has lasted: time goes on while it is `bad`.
async fn lasts(town: &Town, bad: impl Fn() -> bool) -> (String, String) {
    let told = until(40, async || {
        if bad() {
            town.t.app.clock().advance(20);
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        !tasks(town, &town.operator).await.is_empty()
    });
    assert!(told.await, "no task");
    let all = tasks(town, &town.operator).await;
    assert_eq!(all.len(), 1, "{all:?}");
    assert!(tasks(town, &town.leader).await.is_empty());
    all[0].clone()
}

/// Waits until no task is open; time goes on meanwhile, as long as `well`.
async fn over(town: &Town, well: impl Fn() -> bool) -> bool {
    until(30, async || {
        if well() {
            town.t.app.clock().advance(11);
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        tasks(town, &town.operator).await.is_empty()
    })
    .await
}

async fn history(town: &Town) -> Vec<Alarm> {
    town.read(async |r: &mut Reader| store::alarms(r, town.station, Timestamp::UNIX_EPOCH).await).await
}

async fn first_stream(town: &Town) -> (Uuid, Uuid) {
    let w = town.read(async |r: &mut Reader| store::cameras(r, town.station, false).await).await.remove(0);
    (w.camera.id, w.streams[0].id)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_vanishes_fills_or_cannot_sync_is_a_task_until_it_is_well_and_pictures_go_on() {
    let town = town("sqlite").await;
    let _sim = one(&town).await;
    let ring = tempfile::tempdir().unwrap();
    let disk = Faulty::default();
    let running = running_on(&town, ring.path(), Arc::new(disk.clone()), Arc::new(Machine)).await;
    assert!(until(15, async || is(&running, State::Live) && disk.used() > 0).await);
    let well = || running.live().disk() == DiskState::Well && is(&running, State::Live);

    disk.gone(true);
    assert!(until(15, async || running.live().disk() == DiskState::Failing && is(&running, State::Live)).await);
    assert_eq!(lasts(&town, || running.live().disk() == DiskState::Failing && is(&running, State::Live)).await, ("录像盘故障，新画面录不上".into(), "/video/health".into()));
    assert!(is(&running, State::Live), "live pictures do not depend on the disk");
    let page = town.t.get(&town.operator, "/video/health").await.is(200).says("怎么办：写不进录像盘").body;
    assert!(page.contains("badge--danger\">故障</span>"));
    disk.gone(false);
    assert!(until(15, async || running.live().disk() == DiskState::Well).await);
    assert!(over(&town, well).await);

    // Syncing fails while writing works: failing and well by turns is failing.
    disk.deaf(true);
    assert!(until(15, async || running.live().disk() == DiskState::Failing && is(&running, State::Live)).await);
    assert_eq!(lasts(&town, || running.live().disk() == DiskState::Failing && is(&running, State::Live)).await.0, "录像盘故障，新画面录不上");
    disk.deaf(false);
    assert!(over(&town, well).await);

    // Full, and all of it on hold.
    let (camera, _) = first_stream(&town).await;
    let now = Machine.now_ms();
    let (from, to) = (now - 86_400_000, now + 86_400_000);
    let hold = act::hold(&town.t.app, &town.act(&town.leader, "video.hold"), camera, from, to, "案件证据", None).await.unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    disk.room(Some(disk.used()));
    assert!(until(20, async || running.live().disk() == DiskState::Full && is(&running, State::Live)).await);
    assert_eq!(lasts(&town, || running.live().disk() == DiskState::Full && is(&running, State::Live)).await, ("录像盘已满，新画面录不上".into(), "/video/health".into()));
    town.t.get(&town.operator, "/video/health").await.is(200).says("已满，没有可删的").says("请解除不再需要的保全");
    assert!(is(&running, State::Live));
    // Released as the page says: the oldest go, and recording goes on.
    disk.room(Some(disk.used() + 60_000));
    act::release(&town.t.app, &town.act(&town.leader, "video.release"), hold, "案件已经审结").await.unwrap();
    assert!(until(20, async || running.live().disk() == DiskState::Well).await);
    assert!(over(&town, well).await);
    let page = town.t.get(&town.operator, "/video/health").await.is(200).body;
    assert!(!page.contains("还没有恢复的故障") && page.contains("录像盘：录像盘已满") && page.contains("录像盘：录像盘故障"));
    assert!(history(&town).await.iter().all(|a| a.camera_id.is_none() && a.ended_at.is_some()), "the disk's, and no camera's");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ring_that_cannot_be_opened_is_a_task_and_is_opened_when_it_can() {
    let town = town("sqlite").await;
    let _sim = one(&town).await;
    let (camera, _) = first_stream(&town).await;
    let place = tempfile::tempdir().unwrap();
    // Where the folder should be made stands a file.
    let mount = place.path().join("disk");
    std::fs::write(&mount, "").unwrap();
    let ring = mount.join("ring");
    let running = running_on(&town, &ring, Arc::new(Plain), Arc::new(Machine)).await;
    let live = running.live().clone();
    assert_eq!(live.shut_by(), Some(AlarmKind::RingMissing));
    for path in ["/video", "/video/health"] {
        town.t.get(&town.operator, path).await.is(200).says("打不开").says("每 5 秒自动再试").says("没有接入：录像盘没有打开");
    }
    town.t.get(&town.operator, "/video/health").await.is(200).says("没有打开</span>");
    town.t.get(&town.operator, &format!("/video/cameras/{camera}")).await.is(200).says("没有接入：录像盘没有打开");
    let purpose = Some(crate::model::WatchPurpose::Patrol);
    let act = town.act(&town.operator, "video.watch");
    let watch = act::start_watch(&town.t.app, &act, purpose, "", "", &Default::default()).await.unwrap();
    town.t.get(&town.operator, &format!("/video/wall?watch={watch}")).await.is(200).says("打不开");
    let hls = format!("/video/hls/live/{watch}/{camera}/main.m3u8");
    assert!(town.t.get(&town.operator, &hls).await.is(503).body.contains("打不开"), "players are told the reason");
    assert_eq!(lasts(&town, || live.shut_by().is_some()).await, ("录像盘没有打开，没有一台摄像机在看、在录".into(), "/video/health".into()));
    town.t.get(&town.operator, "/video/health").await.is(200).says("怎么办：请马上通知系统管理员检查录像盘");

    std::fs::remove_file(&mount).unwrap();
    assert!(until(20, async || is(&running, State::Live)).await, "it is tried again by itself");
    assert!(live.shut_by().is_none() && live.why_not().is_empty());
    assert!(over(&town, || is(&running, State::Live)).await);
    let page = town.t.get(&town.operator, "/video/health").await.is(200).body;
    assert!(!page.contains("没有打开</span>") && page.contains("录像盘：录像盘没有打开"), "over, and in the history");
    running.stop().await;
    let rows = town.read(async |r: &mut Reader| store::kept(r, town.station).await).await;
    assert!(rows.len() == 1 && rows[0].bytes > 0, "recorded: {rows:?}");

    // The same disk is not mounted at the next start: nothing is written beside it, and no row goes.
    let elsewhere = place.path().join("elsewhere");
    std::fs::rename(&mount, &elsewhere).unwrap();
    let running = running_on(&town, &ring, Arc::new(Plain), Arc::new(Machine)).await;
    assert!(running.live().why_not().contains("没有以前的录像") && running.live().why_not().contains("ring.lock"));
    assert!(!mount.exists(), "no folder is made where the disk should be");
    assert_eq!(lasts(&town, || running.live().shut_by().is_some()).await.0, "录像盘没有打开，没有一台摄像机在看、在录");
    std::fs::rename(&elsewhere, &mount).unwrap();
    assert!(until(20, async || is(&running, State::Live)).await);
    assert!(over(&town, || is(&running, State::Live)).await);
    running.stop().await;
    let after = town.read(async |r: &mut Reader| store::kept(r, town.station).await).await;
    assert!(after[0].bytes > rows[0].bytes && after[0].oldest_ms == rows[0].oldest_ms, "{rows:?} {after:?}");
    // A new disk, and the administrator says so.
    std::fs::remove_dir_all(&mount).unwrap();
    let running = running_on(&town, &ring, Arc::new(Plain), Arc::new(Machine)).await;
    assert_eq!(running.live().shut_by(), Some(AlarmKind::RingMissing));
    std::fs::create_dir_all(&ring).unwrap();
    std::fs::write(ring.join("ring.lock"), "").unwrap();
    assert!(until(20, async || is(&running, State::Live)).await);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ring_that_another_process_holds_is_a_task_and_is_taken_when_it_is_free() {
    let town = town("sqlite").await;
    let _sim = one(&town).await;
    let ring = tempfile::tempdir().unwrap();
    let held = Lock::take(ring.path()).unwrap();
    let running = running_on(&town, ring.path(), Arc::new(Plain), Arc::new(Machine)).await;
    town.t.get(&town.operator, "/video/health").await.is(200).says("正由另一个进程使用").says("--no-video");
    // It was tried again meanwhile, and is still so.
    tokio::time::sleep(Duration::from_millis(5_500)).await;
    assert_eq!(lasts(&town, || running.live().shut_by().is_some()).await, ("录像目录被另一个进程占用，没有一台摄像机在看、在录".into(), "/video/health".into()));
    town.t.get(&town.operator, "/video/health").await.is(200).says("怎么办：同一个录像目录只能由一个进程用");
    drop(held);
    assert!(until(20, async || is(&running, State::Live)).await);
    assert!(over(&town, || is(&running, State::Live)).await);
    assert!(!says(&town, "/video/health", "没有接入：").await && running.live().why_not().is_empty());
    running.stop().await;
    let rows = town.read(async |r: &mut Reader| store::kept(r, town.station).await).await;
    assert!(rows.len() == 1 && rows[0].bytes > 0, "recorded: {rows:?}");
}

/// The newest file of a stream, where it has one.
fn newest(ring: &Path, stream: Uuid) -> Option<PathBuf> {
    let days = std::fs::read_dir(StreamId(*stream.as_bytes()).folder(ring)).ok()?;
    let mut all: Vec<PathBuf> = days
        .flat_map(|d| std::fs::read_dir(d.unwrap().path()).unwrap())
        .map(|f| f.unwrap().path())
        .filter(|p| p.extension().is_some_and(|x| x == "mp4"))
        .collect();
    all.sort();
    all.pop()
}

/// How many groups of pictures a file of the ring holds: a fragment for each.
fn groups(file: &Path) -> usize {
    std::fs::read(file).unwrap_or_default().windows(4).filter(|w| *w == b"moof").count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_torn_newest_file_is_mended_and_told_and_one_that_cannot_be_read_is_a_task() {
    let town = town("sqlite").await;
    town.t.app.clock().set(kernel::clock::from_micros(Machine.now_ms() * 1000));
    let cam = || Camera::new(clips::small().unwrap());
    let sim = Sim::start("127.0.0.1:0".parse().unwrap(), vec![cam(), cam()]).await.unwrap();
    for n in 0..2 {
        act::register(&town.t.app, &town.act(&town.admin, "video.register"), town.station, form(&format!("A{n}"), &sim.url(n), ""))
            .await
            .unwrap();
    }
    let ring = tempfile::tempdir().unwrap();
    let running = running_on(&town, ring.path(), Arc::new(Plain), Arc::new(Machine)).await;
    let recorded = async || running.live().sight().streams.values().filter(|s| s.state == State::Live).count() == 2;
    assert!(until(15, recorded).await);
    let (camera, stream) = first_stream(&town).await;
    // On a slow machine the camera may come back meanwhile and begin a new file; torn, it is to have whole groups left.
    assert!(until(30, async || newest(ring.path(), stream).is_some_and(|f| groups(&f) >= 3)).await);
    running.stop().await;

    // As a kill leaves it: the newest file has no row and ends within a group; another cannot be read at all.
    let whole = newest(ring.path(), stream).unwrap();
    let name: i64 = whole.file_stem().unwrap().to_str().unwrap().parse().unwrap();
    let data = std::fs::read(&whole).unwrap();
    let torn = whole.with_file_name(format!("{}.mp4", name + 60_000));
    std::fs::write(&torn, &data[..data.len() - 500]).unwrap();
    let broken = whole.with_file_name(format!("{}.mp4", name + 120_000));
    std::fs::create_dir(&broken).unwrap();
    let before = town.read(async |r: &mut Reader| store::kept(r, town.station).await).await;
    let of = |all: &[store::Kept]| all.iter().find(|k| k.stream_id == stream).unwrap().files;
    let running = running_on(&town, ring.path(), Arc::new(Plain), Arc::new(Machine)).await;
    let told = async || history(&town).await.iter().any(|a| a.kind == AlarmKind::Torn);
    let both = || running.live().sight().streams.values().filter(|s| s.state == State::Live).count() == 2;
    assert!(until(15, told).await);
    let after = town.read(async |r: &mut Reader| store::kept(r, town.station).await).await;
    assert_eq!(of(&after), of(&before) + 1, "the torn file has its row");
    assert!(std::fs::metadata(&torn).unwrap().len() < data.len() as u64 - 500, "cut back to its last whole group");
    let page = format!("/video/cameras/{camera}");
    town.t.get(&town.operator, &page).await.is(200).says("没写完的录像已修好：1 个文件");
    town.t.get(&town.operator, "/video/health").await.is(200).says("路口A0：没写完的录像已修好");
    assert_eq!(lasts(&town, both).await, ("摄像机“路口A0”有录像文件读不了：1 个文件".into(), page.clone()));
    town.t.get(&town.operator, &page).await.is(200).says("那几分钟放不出来");
    running.stop().await;

    std::fs::remove_dir(&broken).unwrap();
    let running = running_on(&town, ring.path(), Arc::new(Plain), Arc::new(Machine)).await;
    assert!(until(10, async || tasks(&town, &town.operator).await.is_empty()).await, "the next start finds none");
    let all = history(&town).await;
    assert!(all.iter().all(|a| a.camera_id == Some(camera) && a.ended_at.is_some()), "the other camera's are sound: {all:?}");
    assert_eq!(all.iter().filter(|a| a.kind == AlarmKind::Torn).count(), 1, "told once");
    running.stop().await;
}

/// The machine's clock, and by how much somebody set it.
#[derive(Default)]
struct Set(AtomicI64);

impl Clock for Set {
    fn now_ms(&self) -> i64 {
        Machine.now_ms() + self.0.load(Ordering::Relaxed)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_set_back_an_hour_is_told_faults_are_told_in_time_and_nothing_is_lost() {
    let town = town("sqlite").await;
    let sim = one(&town).await;
    let (_, stream) = first_stream(&town).await;
    let ring = tempfile::tempdir().unwrap();
    let clock = Arc::new(Set::default());
    let running = running_on(&town, ring.path(), Arc::new(Plain), clock.clone()).await;
    let own = town.t.app.clock();
    let all_live = || is(&running, State::Live);
    assert!(until(15, async || all_live()).await);
    let look = async || {
        let n = running.live().sight().n;
        assert!(until(10, async || running.live().sight().n > n + 1).await);
    };
    // A sweep of the recorder, so that it knows how the clock was before.
    tokio::time::sleep(Duration::from_secs(6)).await;
    clock.0.store(-3_600_000, Ordering::Relaxed);
    own.set(kernel::clock::from_micros(clock.now_ms() * 1000));
    let told = || running.live().clock_words().is_some();
    assert!(until(15, async || told()).await);
    assert_eq!(lasts(&town, all_live).await, ("本机时钟往回调了 1 小时 0 分".into(), "/video/health".into()));
    town.t.get(&town.operator, "/video/health").await.is(200).says("本机：本机时钟改动").says("那一段时间有前后两份录像");
    // A fault that comes now is told after a minute and not after an hour.
    sim.kill(0);
    assert!(until(10, async || is(&running, State::Offline)).await);
    look().await;
    own.advance(61);
    assert!(until(10, async || tasks(&town, &town.operator).await.len() == 2).await, "{:?}", tasks(&town, &town.operator).await);
    sim.revive(0);
    assert!(until(15, async || all_live()).await);

    clock.0.store(0, Ordering::Relaxed);
    assert!(until(15, async || !told()).await, "set right again");
    assert!(over(&town, all_live).await);
    running.stop().await;
    let all = history(&town).await;
    assert_eq!(all.iter().filter(|a| a.kind == AlarmKind::MachineClock && a.camera_id.is_none()).count(), 1);
    let files = town.read(async |r: &mut Reader| store::files_within(r, &[stream], 0, i64::MAX).await).await;
    let early = Machine.now_ms() - 1_800_000;
    assert!(files.iter().any(|f| f.start_ms < early && f.follows_break) && files.iter().any(|f| f.start_ms > early), "{files:?}");
}
