//! A fault that lasts becomes a task of the operator and goes with the fault; footage that was received and not written is one. What
//! else can go wrong with a camera stands in `disorders`, with a ring in `rings`.

use super::exports::{Machine, running};
use super::town::{Town, form, town};
use crate::actions as act;
use crate::run::{self, Running};
use crate::store;
use kernel::Reader;
use media::disk::Plain;
use media::estate::Clock as _;
use media::health::State;
use media::recorder::{DiskState, Settings};
use simcam::{Camera, Sim, clips};
use std::sync::Arc;
use std::time::{Duration, Instant};

pub async fn until(seconds: u64, mut holds: impl AsyncFnMut() -> bool) -> bool {
    let end = Instant::now() + Duration::from_secs(seconds);
    while Instant::now() < end {
        if holds().await {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    holds().await
}

/// One simulated camera of the station.
pub async fn one(town: &Town) -> Sim {
    town.t.app.clock().set(kernel::clock::from_micros(Machine.now_ms() * 1000));
    let sim = Sim::start("127.0.0.1:0".parse().unwrap(), vec![Camera::new(clips::small().unwrap())]).await.unwrap();
    let form = form("A1", &sim.url(0), "");
    act::register(&town.t.app, &town.act(&town.admin, "video.register"), town.station, form).await.unwrap();
    sim
}

pub fn is(running: &Running, state: State) -> bool {
    running.live().sight().streams.values().any(|s| s.state == state)
}

/// Title and path of a person's open tasks about faults.
pub async fn tasks(town: &Town, who: &kernel::Actor) -> Vec<(String, String)> {
    let all = notices::actions::mine(&town.t.app, who).await.unwrap().0;
    all.into_iter().filter(|t| t.kind == "video.alarm").map(|t| (t.title, t.path)).collect()
}

pub async fn says(town: &Town, path: &str, words: &str) -> bool {
    town.t.get(&town.operator, path).await.is(200).body.contains(words)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_camera_is_a_task_until_it_is_back() {
    let town = town("sqlite").await;
    let sim = one(&town).await;
    let ring = tempfile::tempdir().unwrap();
    let running = running(&town, ring.path()).await;
    assert!(until(15, async || is(&running, State::Live)).await);
    sim.kill(0);
    assert!(until(8, async || is(&running, State::Offline)).await);
    let task = "摄像机“路口A1”离线";
    assert!(!says(&town, "/", task).await, "a blink is no alarm");
    town.t.app.clock().advance(61);
    assert!(until(8, async || says(&town, "/", task).await).await, "a task of the operator");
    let open = tasks(&town, &town.operator).await;
    assert_eq!(open[0].0, "摄像机“路口A1”离线：设备断开了连接");
    assert!(tasks(&town, &town.leader).await.is_empty());
    assert!(says(&town, "/video/health", "还没有恢复的故障").await);
    assert!(!says(&town, "/video/health", "<td data-label=\"时钟\" class=\"num\">准</td>").await, "a dead camera tells no time");
    sim.revive(0);
    assert!(until(15, async || is(&running, State::Live)).await);
    assert!(until(8, async || { town.t.app.clock().advance(11); !says(&town, "/", task).await }).await, "gone with the fault");
    let page = town.t.get(&town.operator, "/video/health").await.is(200).says("路口A1：离线").body;
    assert!(!page.contains("还没有恢复的故障"));

    // The network that it stands in is taken off the list, and named again.
    let app = &town.t.app;
    let net = town.read(async |r: &mut Reader| store::networks(r, town.station).await).await[0].id;
    act::end_network(app, &town.act(&town.admin, "video.end_network"), town.station, net).await.unwrap();
    assert!(until(8, async || is(&running, State::Offline)).await);
    app.clock().advance(61);
    let outside = "摄像机“路口A1”接入设置不对：地址不在允许的网段内";
    assert!(until(8, async || says(&town, "/", outside).await).await);
    assert!(says(&town, &tasks(&town, &town.operator).await[0].1, "怎么办：请系统管理员核对").await);
    act::add_network(app, &town.act(&town.admin, "video.network"), town.station, "127.0.0.0/8", "再登记").await.unwrap();
    assert!(until(15, async || is(&running, State::Live)).await);
    assert!(until(8, async || { app.clock().advance(11); !says(&town, "/", outside).await }).await);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn footage_that_is_received_and_not_written_is_an_alarm() {
    let town = town("sqlite").await;
    let _sim = one(&town).await;
    let ring = tempfile::tempdir().unwrap();
    // No byte may wait for the disk: every group is left out, as when a disk is too slow.
    let settings = Settings { floor: 0, queue_bytes: 1, ..Settings::new(ring.path().into()) };
    let running = run::start_with(&town.t.site, settings, Arc::new(Plain), Arc::new(Machine)).await.unwrap();
    let losing = async || {
        let sight = running.live().sight();
        sight.streams.values().any(|s| s.state == State::Live && (s.words.contains("没有在录") || s.words.contains("没有录上")))
    };
    assert!(until(20, losing).await, "{:?}", running.live().sight());
    assert_eq!(running.live().disk(), DiskState::Well);
    town.t.app.clock().advance(61);
    assert!(until(8, async || says(&town, "/", "摄像机“路口A1”没有录上").await).await);
    running.stop().await;
    let hours = town.read(async |r: &mut Reader| store::hours(r, town.station, 0, i64::MAX).await).await;
    assert!(hours.len() == 1 && hours[0].lost_groups > 0, "{hours:?}");
    assert!(says(&town, "/video/health", "组没有写上").await);
}
