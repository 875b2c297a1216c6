//! The cameras as an independent RTSP client (retina) sees them.

use futures::StreamExt;
use retina::client::{PlayOptions, Session, SessionOptions, SetupOptions};
use retina::codec::{CodecItem, FrameFormat};
use simcam::fault::{Fault, Kind};
use simcam::{Camera, Scheme, SignIn, Sim, clips, mark};
use std::time::{Duration, Instant};

struct Seen {
    numbers: Vec<u64>,
    ticks: Vec<i64>,
    loss: u32,
    sets: Vec<(u32, u32)>,
    ended: Option<String>,
}

async fn pull(url: &str, creds: Option<(&str, &str)>, lasts: f64) -> Result<Seen, retina::Error> {
    let creds = creds.map(|(u, p)| retina::client::Credentials { username: u.into(), password: p.into() });
    let mut session = Session::describe(url.parse().unwrap(), SessionOptions::default().creds(creds)).await?;
    session.setup(0, SetupOptions::default().frame_format(FrameFormat::MP4)).await?;
    let mut frames = session.play(PlayOptions::default()).await?.demuxed()?;
    let end = Instant::now() + Duration::from_secs_f64(lasts);
    let mut seen = Seen { numbers: vec![], ticks: vec![], loss: 0, sets: vec![], ended: None };
    while let Some(left) = end.checked_duration_since(Instant::now()) {
        let Ok(item) = tokio::time::timeout(left, frames.next()).await else { break };
        match item {
            Some(Ok(CodecItem::VideoFrame(f))) => {
                seen.loss += u32::from(f.loss());
                seen.ticks.push(f.timestamp().timestamp());
                seen.numbers.extend(mark::find(f.data()).map(|m| m.number));
                if let (true, Some(retina::codec::ParametersRef::Video(p))) =
                    (f.has_new_parameters(), frames.streams()[0].parameters())
                {
                    seen.sets.push(p.pixel_dimensions());
                }
            }
            Some(Ok(_)) => {}
            Some(Err(e)) => seen.ended = Some(e.to_string()),
            None => {
                seen.ended.get_or_insert("closed".into());
                break;
            }
        }
    }
    Ok(seen)
}

async fn sim(cameras: Vec<Camera>) -> Sim {
    Sim::start("127.0.0.1:0".parse().unwrap(), cameras).await.unwrap()
}

fn consecutive(numbers: &[u64]) -> bool {
    numbers.windows(2).all(|w| w[1] == w[0] + 1)
}

#[tokio::test]
async fn frames_come_in_time_and_without_a_gap_in_both_codings() {
    let s = sim(vec![Camera::new(clips::yard().unwrap()), Camera::new(clips::yard265().unwrap())]).await;
    let (url_a, url_b) = (s.url(0), s.url(1));
    let (a, b) = tokio::join!(pull(&url_a, None, 4.0), pull(&url_b, None, 4.0));
    for seen in [a.unwrap(), b.unwrap()] {
        // A hundred frames in time; a busy machine may begin late, never give more.
        assert!((50..=105).contains(&seen.numbers.len()), "{} frames in 4 s", seen.numbers.len());
        assert!(consecutive(&seen.numbers) && seen.loss == 0 && seen.ended.is_none());
        assert!(seen.ticks.windows(2).all(|w| w[1] - w[0] == 3600));
    }
}

#[tokio::test]
async fn both_ways_of_signing_in_take_the_right_password_only() {
    let sign_in = |scheme| Some(SignIn { scheme, user: "viewer".into(), password: "p%:\"w".into() });
    let base = Camera::new(clips::gate().unwrap());
    let cams = vec![
        Camera { sign_in: sign_in(Scheme::Basic), ..base.clone() },
        Camera { sign_in: sign_in(Scheme::Digest), ..base.clone() },
        Camera { sign_in: sign_in(Scheme::Digest), refuses: true, ..base },
    ];
    let s = sim(cams).await;
    for n in 0..2 {
        assert!(!pull(&s.url(n), Some(("viewer", "p%:\"w")), 1.0).await.unwrap().numbers.is_empty());
        assert!(pull(&s.url(n), Some(("viewer", "wrong")), 1.0).await.is_err());
    }
    assert!(pull(&s.url(2), Some(("viewer", "p%:\"w")), 1.0).await.is_err());
    assert!(pull(&s.url(9), None, 1.0).await.is_err(), "a camera that is not there");
}

#[tokio::test]
async fn faults_do_what_they_say_and_only_to_their_camera() {
    let yard = clips::yard().unwrap();
    let one = |k: Kind| Camera::new(yard.clone()).with(Fault::during(k, 1.0, 60.0));
    let s = sim(vec![
        Camera::new(yard.clone()),
        one(Kind::Drop),
        one(Kind::Silence),
        one(Kind::StallClock),
        one(Kind::Jump(3600)),
        one(Kind::Lose(10)),
        one(Kind::OtherSets),
        one(Kind::MidFrame),
        Camera { first_timestamp: u32::MAX - 90_000, ..Camera::new(yard.clone()) },
        one(Kind::Flood),
        one(Kind::Reorder),
        one(Kind::Stale),
    ])
    .await;
    let urls: Vec<String> = (0..12).map(|n| s.url(n)).collect();
    let all = futures::future::join_all(urls.iter().map(|u| pull(u, None, 4.0))).await;
    let all: Vec<Seen> = all.into_iter().map(Result::unwrap).collect();
    let count = |n: usize| all[n].numbers.len();
    assert!(count(0) >= 50 && consecutive(&all[0].numbers) && all[0].loss == 0, "the sound camera");
    assert!(all[1].ended.is_some() && count(1) < 40, "drop");
    assert!(all[2].ended.is_none() && count(2) < 40, "silence");
    assert!(all[3].ticks.windows(2).filter(|w| w[1] == w[0]).count() > 15, "stalled clock");
    assert!(all[4].ticks.windows(2).any(|w| w[1] - w[0] > 3_599 * 90_000), "jump");
    assert!(all[5].loss > 10, "lost packets: {}", all[5].loss);
    assert!(all[6].sets.contains(&(320, 180)), "other parameter sets: {:?}", all[6].sets);
    assert!(all[7].ended.is_none() && count(7) < 40, "stopped within a frame");
    assert!(consecutive(&all[8].numbers) && all[8].ticks.windows(2).all(|w| w[1] - w[0] == 3600), "wrapped clock");
    assert!(count(9) > 130, "flood: {}", count(9));
    // This client takes neither within a connection.
    let ended = |n: usize| all[n].ended.as_deref().unwrap_or_default();
    assert!(ended(10).contains("Out-of-order") && count(10) < 40, "reorder: {}", ended(10));
    assert!(ended(11).contains("wrong ssrc") && consecutive(&all[11].numbers), "an older session: {}", ended(11));
}

#[tokio::test]
async fn what_is_spoilt_by_hand_lasts_until_it_is_mended() {
    let s = sim(vec![Camera::new(clips::gate().unwrap()), Camera { udp_only: true, ..Camera::new(clips::gate().unwrap()) }]).await;
    s.spoil(0, Kind::Silence);
    assert!(pull(&s.url(0), None, 1.0).await.unwrap().numbers.is_empty());
    s.mend(0);
    assert!(!pull(&s.url(0), None, 1.0).await.unwrap().numbers.is_empty());
    assert_eq!(pull(&s.url(1), None, 1.0).await.err().and_then(|e| e.status_code()), Some(461));
}

#[tokio::test]
async fn a_killed_camera_ends_and_comes_back_with_its_numbers_counted_on() {
    let s = sim(vec![Camera::new(clips::gate().unwrap())]).await;
    let before = pull(&s.url(0), None, 1.0).await.unwrap();
    s.kill(0);
    assert!(pull(&s.url(0), None, 1.0).await.is_err());
    tokio::time::sleep(Duration::from_secs(1)).await;
    s.revive(0);
    let after = pull(&s.url(0), None, 1.5).await.unwrap();
    assert!(after.numbers[0] > before.numbers.last().unwrap() + 20);
}
