//! Simulated cameras pulled by an RTSP client, recorded into the ring, read back by an independent demuxer.

use futures::StreamExt;
use media::fmp4::{Frame, Track};
use media::ring::{Group, Writer, recover};
use retina::client::{PlayOptions, Session, SessionOptions, SetupOptions};
use retina::codec::{CodecItem, FrameFormat, ParametersRef};
use shiguredo_mp4::demux::{DemuxError, Fmp4FileDemuxer, Input};
use simcam::{Camera, Sim, clips, mark};
use std::time::Duration;

/// Records `groups` whole groups; answers with their files and the number of every recorded frame.
async fn record(url: &str, dir: std::path::PathBuf, groups: usize) -> (Vec<std::path::PathBuf>, Vec<u64>) {
    let mut session = Session::describe(url.parse().unwrap(), SessionOptions::default()).await.unwrap();
    session.setup(0, SetupOptions::default().frame_format(FrameFormat::MP4)).await.unwrap();
    let mut items = session.play(PlayOptions::default()).await.unwrap().demuxed().unwrap();
    let (mut open, mut numbers, mut files, mut done) = (Vec::<Frame>::new(), vec![], vec![], 0);
    let mut writer = Writer::new(dir, 0);
    while done < groups {
        let item = tokio::time::timeout(Duration::from_secs(5), items.next()).await.unwrap().unwrap().unwrap();
        let CodecItem::VideoFrame(f) = item else { continue };
        if f.is_random_access_point() && !open.is_empty() {
            let Some(ParametersRef::Video(p)) = items.streams()[0].parameters() else { panic!("no parameters") };
            let (w, h) = p.pixel_dimensions();
            let track = Track {
                sample_entry: p.mp4_sample_entry().build().unwrap().into(),
                codec: p.rfc6381_codec().into(),
                width: w as u16,
                height: h as u16,
            };
            let wall_ms = 1_764_028_800_000 + open[0].dts as i64 / 90;
            numbers.extend(open.iter().map(|f| mark::find(&f.data).unwrap().number));
            let group = Group { frames: std::mem::take(&mut open), wall_ms, lossy: false };
            files.extend(writer.append(&track, &group).unwrap().map(|c| c.path));
            done += 1;
        }
        if f.is_random_access_point() || !open.is_empty() {
            let (key, dts) = (f.is_random_access_point(), f.timestamp().timestamp() as u64);
            open.push(Frame { data: f.into_data().into(), key, dts, offset: 0, duration: 3600 });
        }
    }
    files.extend(writer.close().unwrap().map(|c| c.path));
    (files, numbers)
}

fn numbers_of(file: &[u8]) -> Vec<u64> {
    let mut d = Fmp4FileDemuxer::new();
    let mut numbers = vec![];
    loop {
        while let Some(r) = d.required_input() {
            let start = (r.position as usize).min(file.len());
            let end = r.size.map_or(file.len(), |n| (start + n).min(file.len()));
            d.handle_input(Input { position: r.position, data: &file[start..end] });
        }
        match d.next_sample() {
            Ok(Some(s)) => {
                let at = s.data_offset as usize;
                numbers.push(mark::find(&file[at..at + s.data_size]).unwrap().number);
            }
            Ok(None) => return numbers,
            Err(DemuxError::InputRequired(_)) => {}
            Err(e) => panic!("{e:?}"),
        }
    }
}

#[tokio::test]
async fn every_recorded_frame_of_both_codings_is_read_back() {
    let cams = vec![Camera::new(clips::yard().unwrap()), Camera::new(clips::yard265().unwrap())];
    let sim = Sim::start("127.0.0.1:0".parse().unwrap(), cams).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let urls = [sim.url(0), sim.url(1)];
    let dirs = [dir.path().join("a"), dir.path().join("b")];
    let both = tokio::join!(record(&urls[0], dirs[0].clone(), 3), record(&urls[1], dirs[1].clone(), 3));
    for (files, sent) in [both.0, both.1] {
        assert!(sent.len() == 150 && sent.windows(2).all(|w| w[1] == w[0] + 1));
        let read: Vec<u64> = files.iter().flat_map(|f| numbers_of(&std::fs::read(f).unwrap())).collect();
        assert_eq!(read, sent);
        let newest = files.last().unwrap();
        let data = std::fs::read(newest).unwrap();
        std::fs::write(newest, &data[..data.len() - 7]).unwrap();
        let kept: Vec<u64> = match recover(newest).unwrap() {
            Some(_) => numbers_of(&std::fs::read(newest).unwrap()),
            None => vec![],
        };
        let whole = sent.len() - 50;
        assert!(read[..whole].ends_with(&kept), "a torn file keeps its whole groups");
    }
}
