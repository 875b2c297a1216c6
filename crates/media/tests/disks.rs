//! A disk that is full, gone, slow or shared; viewers beside it lose nothing.

mod common;

use common::*;
use media::archive::{RingError, StreamId};
use media::disk::{Faulty, Plain};
use media::estate::{Estate, Opened};
use media::health::{Remark, State};
use media::hub::Viewer;
use media::recorder::{DiskState, Event, Settings};
use media::retention::{Hold, Quota};
use media::wire::{Message, read};
use simcam::{Camera, Sim, clips, mark};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

async fn cameras(n: usize) -> Sim {
    sim((0..n).map(|i| Camera::new(if i % 2 == 0 { clips::yard() } else { clips::gate() }.unwrap())).collect()).await
}

/// Watches until the time is over; the numbers seen.
async fn watch(mut v: Viewer, seconds: f64) -> Vec<u64> {
    let mut seen = vec![];
    let all = async {
        while let Some(m) = v.next().await {
            match read(&m).unwrap().1 {
                Message::Fragment { bytes, .. } => seen.push(mark::find(bytes).unwrap().number),
                Message::Gap(g) => panic!("{g:?}"),
                Message::Init { .. } => {}
            }
        }
    };
    let _ = tokio::time::timeout(Duration::from_secs_f64(seconds), all).await;
    seen
}

fn disk_states(events: &[Event]) -> Vec<DiskState> {
    events.iter().filter_map(|e| if let Event::Disk(d) = e { Some(*d) } else { None }).collect()
}

fn rows(events: &[Event], id: StreamId) -> usize {
    events.iter().filter(|e| matches!(e, Event::Closed(i, _) if *i == id)).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_frees_the_oldest_keeps_holds_and_leaves_live_pictures_alone() {
    let s = cameras(2).await;
    let dir = tempfile::tempdir().unwrap();
    let disk = Faulty::default();
    // What an earlier run left: full files of a stream without a camera, the oldest on hold.
    let left = id(8);
    let old = {
        let o = estate(dir.path(), Arc::new(disk.clone()), Arc::default(), &s, 0);
        let mut st = stream(0, &s.url(0));
        st.id = left;
        let mut rows = vec![];
        for _ in 0..3 {
            o.estate.add(st.clone());
            sleep(2.6).await;
            o.estate.remove(left);
            sleep(0.2).await;
        }
        rows.extend(finish(o).into_iter().filter_map(|e| if let Event::Closed(_, c) = e { Some(c) } else { None }));
        rows
    };
    assert!(old.len() >= 3, "{old:?}");
    let opened = Estate::open(
        Settings { floor: 0, ..Settings::new(dir.path().into()) },
        Arc::new(disk.clone()),
        Arc::new(Watch::default()),
        &HashMap::new(),
    );
    let mut o = opened.unwrap();
    o.estate.holds(left, vec![Hold { from_ms: old[0].start_ms + 1, to_ms: old[0].start_ms + 2 }]);
    disk.room(Some(disk.used() + 150_000));
    (0..2).for_each(|n| o.estate.add(stream(n, &s.url(n))));
    sleep(1.0).await;
    let seen = watch(o.estate.watch(id(0)).unwrap(), 7.0).await;
    assert!(whole(&seen) && seen.len() > 150, "live pictures do not depend on the disk: {}", seen.len());
    let mut events: Vec<Event> = std::iter::from_fn(|| o.events.try_recv().ok()).collect();
    let gone: Vec<_> =
        events.iter().filter_map(|e| if let Event::Removed(r) = e { Some(r.path.clone()) } else { None }).collect();
    assert!(gone.contains(&old[1].path) && !gone.contains(&old[0].path), "{gone:?}");
    assert!(old[0].path.exists());
    assert!(disk_states(&events).is_empty(), "as long as something can go, the disk is well");
    (0..2).for_each(|n| o.estate.holds(id(n), vec![Hold { from_ms: 0, to_ms: i64::MAX }]));
    assert!(until(12.0, || o.estate.disk() == DiskState::Full).await, "everything is on hold");
    assert!(o.estate.health().iter().any(|h| h.remarks.contains(&Remark::RecordingGap)));
    disk.room(None);
    assert!(until(4.0, || o.estate.disk() == DiskState::Well).await, "it is used again by itself");
    sleep(2.5).await;
    events.extend(finish(o));
    assert!(
        events.iter().any(|e| matches!(e, Event::Lost(i, n) if (*i == id(0) || *i == id(1)) && *n > 0)),
        "the gap is told"
    );
    for n in 0..2 {
        let removed = events.iter().filter(|e| matches!(e, Event::Removed(r) if r.stream == id(n))).count();
        assert_eq!(
            rows(&events, id(n)) - removed,
            recordings(&id(n).folder(dir.path())).len(),
            "every file has its row"
        );
        assert!(recorded(dir.path(), n).is_sorted());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_vanishes_is_told_and_recording_goes_on_when_it_is_back() {
    let s = cameras(2).await;
    let dir = tempfile::tempdir().unwrap();
    let disk = Faulty::default();
    let mut o = estate(dir.path(), Arc::new(disk.clone()), Arc::default(), &s, 2);
    sleep(4.5).await;
    disk.gone(true);
    let seen = watch(o.estate.watch(id(1)).unwrap(), 4.0).await;
    assert!(whole(&seen) && seen.len() > 80);
    assert_eq!(o.estate.disk(), DiskState::Failing);
    disk.gone(false);
    sleep(4.5).await;
    assert_eq!(o.estate.disk(), DiskState::Well);
    let mut events: Vec<Event> = std::iter::from_fn(|| o.events.try_recv().ok()).collect();
    events.extend(finish(o));
    assert_eq!(disk_states(&events), [DiskState::Failing, DiskState::Well]);
    for n in 0..2 {
        let files = recordings(&id(n).folder(dir.path()));
        assert!(files.len() >= 2 && rows(&events, id(n)) == files.len(), "no file lost its row: {files:?}");
        let gap = recorded(dir.path(), n).windows(2).map(|w| w[1] - w[0]).max().unwrap();
        assert!(gap > 25, "the gap is real");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_whose_file_cannot_be_made_says_so_alone_until_it_can() {
    let s = cameras(2).await;
    let dir = tempfile::tempdir().unwrap();
    let folder = id(1).folder(dir.path());
    std::fs::write(&folder, "no folder").unwrap();
    let o = estate(dir.path(), Arc::new(Plain), Arc::default(), &s, 2);
    assert_eq!(o.found.iter().map(|f| (f.stream, f.unreadable.len())).collect::<Vec<_>>(), [(id(1), 1)], "told, and the ring is opened");
    let gap = |n: usize| o.estate.health()[n].remarks.contains(&Remark::RecordingGap);
    assert!(until(8.0, || o.estate.health().iter().all(|h| h.state == State::Live) && gap(1)).await, "{:?}", o.estate.health());
    let both = std::time::Instant::now();
    while both.elapsed().as_millis() < 2_500 {
        assert!(gap(1) && !gap(0), "{:?}", o.estate.health());
        sleep(0.05).await;
    }
    std::fs::remove_file(&folder).unwrap();
    assert!(until(8.0, || !gap(1)).await, "it is tried again by itself");
    let events = finish(o);
    let lost = |n: usize| events.iter().any(|e| matches!(e, Event::Lost(i, _) if *i == id(n)));
    assert!(lost(1) && !lost(0), "the gap is told, and is of one stream");
    assert!(!recorded(dir.path(), 1).is_empty() && whole(&recorded(dir.path(), 0)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_disk_leaves_out_the_least_stream_first_and_never_holds_up_a_camera() {
    let s = cameras(2).await;
    let dir = tempfile::tempdir().unwrap();
    let disk = Faulty::default();
    let settings = Settings { queue_bytes: 700_000, floor: 0, ..Settings::new(dir.path().into()) };
    let mut o = Estate::open(settings, Arc::new(disk.clone()), Arc::new(Watch::default()), &HashMap::new()).unwrap();
    o.estate.add(stream(0, &s.url(0)));
    let mut sub = stream(1, &s.url(1));
    sub.weight = 1;
    o.estate.add(sub);
    sleep(2.5).await;
    disk.pause(Duration::from_millis(1500));
    let seen = watch(o.estate.watch(id(0)).unwrap(), 16.0).await;
    assert!(whole(&seen) && seen.len() > 380, "{}", seen.len());
    disk.pause(Duration::ZERO);
    sleep(3.0).await;
    let mut events: Vec<Event> = std::iter::from_fn(|| o.events.try_recv().ok()).collect();
    events.extend(finish(o));
    let lost = |n: usize| -> u32 {
        events.iter().map(|e| if let Event::Lost(i, l) = e { if *i == id(n) { *l } else { 0 } } else { 0 }).sum()
    };
    assert!(lost(1) > 0 && lost(0) <= lost(1), "main {} sub {}", lost(0), lost(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_ring_has_one_estate_and_a_quota_removes_whole_files() {
    let s = cameras(1).await;
    let dir = tempfile::tempdir().unwrap();
    let o = estate(dir.path(), Arc::new(Plain), Arc::default(), &s, 0);
    let again =
        Estate::open(Settings::new(dir.path().into()), Arc::new(Plain), Arc::new(Watch::default()), &HashMap::new());
    assert!(matches!(again, Err(RingError::InUse(_))));
    for _ in 0..4 {
        o.estate.add(stream(0, &s.url(0)));
        sleep(2.6).await;
        o.estate.remove(id(0));
    }
    o.estate.quota(id(0), Quota { bytes: 250_000, keep_ms: None });
    sleep(6.0).await;
    let usage = o.estate.usage()[&id(0)];
    let Opened { estate, .. } = o;
    let root = estate.root().to_path_buf();
    drop(estate);
    let on_disk: u64 = recordings(&id(0).folder(&root)).iter().map(|p| std::fs::metadata(p).unwrap().len()).sum();
    assert!(usage.bytes <= 250_000 && usage.bytes == on_disk && on_disk > 0, "{usage:?}, {on_disk}");
    assert!(
        Estate::open(Settings::new(root), Arc::new(Plain), Arc::new(Watch::default()), &HashMap::new()).is_ok(),
        "given back"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_set_ahead_ten_days_is_told_and_makes_nothing_old() {
    let s = cameras(1).await;
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(Watch::default());
    let mut o = estate(dir.path(), Arc::new(Plain), clock.clone(), &s, 0);
    o.estate.add(stream(0, &s.url(0)));
    sleep(3.0).await;
    o.estate.remove(id(0));
    o.estate.quota(id(0), Quota { bytes: u64::MAX, keep_ms: Some(86_400_000) });
    // Until both clocks were compared with the file there.
    sleep(6.0).await;
    let before = recordings(&id(0).folder(dir.path()));
    clock.0.store(10 * 86_400_000, std::sync::atomic::Ordering::Relaxed);
    let mut told = vec![];
    let heard = until(12.0, || {
        told.extend(std::iter::from_fn(|| o.events.try_recv().ok()));
        told.iter().any(|e| matches!(e, Event::Clock(by) if (by - 864_000_000).abs() < 1_000))
    });
    assert!(heard.await, "{told:?}");
    sleep(6.0).await;
    told.extend(finish(o));
    assert!(!before.is_empty() && before == recordings(&id(0).folder(dir.path())), "a wrong date costs no recording");
    assert!(!told.iter().any(|e| matches!(e, Event::Removed(_))));
}

/// A small file system of its own; unmounted when dropped.
struct Small(tempfile::TempDir);

impl Small {
    fn mount(size: &str) -> Option<Small> {
        let dir = tempfile::tempdir().unwrap();
        let done =
            std::process::Command::new("mount").args(["-t", "tmpfs", "-o", size, "tmpfs"]).arg(dir.path()).output();
        done.is_ok_and(|o| o.status.success()).then_some(Small(dir))
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_small_file_system_runs_full_and_recording_goes_round_in_it() {
    let Some(small) = Small::mount("size=500k") else {
        println!("left out: mounting a tmpfs is not allowed here");
        return;
    };
    let s = cameras(1).await;
    let mut o = estate(small.0.path(), Arc::new(Plain), Arc::default(), &s, 1);
    sleep(1.0).await;
    let seen = watch(o.estate.watch(id(0)).unwrap(), 17.0).await;
    assert!(whole(&seen) && seen.len() > 400, "live: {}", seen.len());
    let mut events: Vec<Event> = std::iter::from_fn(|| o.events.try_recv().ok()).collect();
    events.extend(finish(o));
    let removed = events.iter().filter(|e| matches!(e, Event::Removed(_))).count();
    assert!(removed > 0, "the oldest went: {events:?}");
    let left = recorded(small.0.path(), 0);
    assert!(!left.is_empty() && left.is_sorted(), "what is left can be read");
}
