//! Live pictures of one stream for any number of viewers (分发): buffers are shared, a viewer begins with the group of
//! pictures that is kept, a slow viewer loses frames for itself alone.
//!
//! Nobody waits for a viewer: frames lie in a ring of [`BACKLOG`] slots; who falls behind it is told so and goes on at the
//! next key frame. The bytes of a message are made once, when the first viewer asks for them.

use crate::assemble::Unit;
use crate::fmp4::{Frame, Track, fragment, init};
use crate::timeline::Break;
use crate::wire::{Gap, Message, write};
use bytes::Bytes;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use tokio::sync::broadcast;

/// Frames that a viewer may be behind.
pub const BACKLOG: usize = 64;
/// Most that is kept for new viewers: frames and bytes of the last group of pictures.
const KEPT: (usize, usize) = (1500, 16 << 20);
/// Pictures that may be out of order, counted in decode order.
const REORDER: usize = 16;

enum Shot {
    Init(Bytes),
    Frame { frame: Frame, wall_ms: i64, sequence: u32, message: OnceLock<Bytes> },
    Gap(Bytes),
}

impl Shot {
    fn message(&self, stream: &[u8; 16]) -> Bytes {
        match self {
            Shot::Init(b) | Shot::Gap(b) => b.clone(),
            Shot::Frame { frame, wall_ms, sequence, message } => message
                .get_or_init(|| {
                    let bytes = fragment(std::slice::from_ref(frame), *sequence, 0, Some(*wall_ms));
                    write(stream, Message::Fragment { key: frame.key, bytes: &bytes }).into()
                })
                .clone(),
        }
    }

    fn key(&self) -> bool {
        matches!(self, Shot::Frame { frame, .. } if frame.key)
    }
}

#[derive(Default)]
struct Inner {
    track: Option<Arc<Track>>,
    init: Option<Arc<Shot>>,
    kept: VecDeque<Arc<Shot>>,
    kept_bytes: usize,
    sequence: u32,
    recent: VecDeque<u64>,
    depth: usize,
    last_dts: Option<u64>,
}

/// One stream's distributor.
pub struct Hub {
    stream: [u8; 16],
    inner: Mutex<Inner>,
    shots: broadcast::Sender<Arc<Shot>>,
}

impl Hub {
    /// `stream` is the id that stands in every message.
    pub fn new(stream: [u8; 16]) -> Arc<Hub> {
        Arc::new(Hub { stream, inner: Mutex::default(), shots: broadcast::Sender::new(BACKLOG) })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Viewers at this moment.
    pub fn viewers(&self) -> usize {
        self.shots.receiver_count()
    }

    /// Takes a frame. Never waits.
    pub fn push(&self, unit: &Unit) {
        let mut inner = self.inner();
        if unit.breaks == Some(Break::Gap) {
            inner.forget();
            self.send(Arc::new(Shot::Gap(write(&self.stream, Message::Gap(Gap::Source)).into())));
        }
        if inner.track.as_ref().is_none_or(|t| **t != *unit.track) {
            if inner.track.is_some() {
                self.send(Arc::new(Shot::Gap(write(&self.stream, Message::Gap(Gap::Break)).into())));
            }
            inner.forget();
            let segment = init(&unit.track);
            let message = Message::Init { codec: &unit.track.codec, segment: &segment };
            let shot = Arc::new(Shot::Init(write(&self.stream, message).into()));
            (inner.track, inner.init) = (Some(unit.track.clone()), Some(shot.clone()));
            self.send(shot);
        }
        if unit.key {
            inner.forget();
        } else if inner.kept.is_empty() {
            return;
        }
        let dts = inner.decode_time(unit.pts);
        inner.sequence = inner.sequence.wrapping_add(1);
        let offset = i32::try_from(unit.pts as i64 - dts as i64).unwrap_or(0);
        let frame = Frame { data: unit.data.clone(), key: unit.key, dts, offset, duration: unit.step.max(1) };
        let (wall_ms, sequence) = (unit.wall_ms, inner.sequence);
        let shot = Arc::new(Shot::Frame { frame, wall_ms, sequence, message: OnceLock::new() });
        inner.kept_bytes += unit.data.len();
        inner.kept.push_back(shot.clone());
        if inner.kept.len() > KEPT.0 || inner.kept_bytes > KEPT.1 {
            inner.forget();
        }
        self.send(shot);
    }

    fn send(&self, shot: Arc<Shot>) {
        // No receiver is no error: nobody watches.
        let _ = self.shots.send(shot);
    }

    /// A viewer: first what is kept, then what comes.
    pub fn watch(self: &Arc<Hub>) -> Viewer {
        let inner = self.inner();
        let first = inner.init.iter().chain(&inner.kept).cloned().collect();
        let wants_key = inner.kept.is_empty();
        Viewer { stream: self.stream, first, shots: self.shots.subscribe(), wants_key, told_slow: 0 }
    }

    /// The track of the last frame, if one came.
    pub fn track(&self) -> Option<Arc<Track>> {
        self.inner().track.clone()
    }
}

impl Inner {
    fn forget(&mut self) {
        self.kept.clear();
        self.kept_bytes = 0;
    }

    /// A decode time that goes on, for a picture whose successors are not known yet: the presentation time of the picture
    /// that is as many places behind as pictures were ever seen to be out of order. Presentation times stay exact.
    fn decode_time(&mut self, pts: u64) -> u64 {
        let later = self.recent.iter().filter(|p| **p > pts).count();
        self.depth = self.depth.max(later).min(REORDER - 1);
        self.recent.push_back(pts);
        if self.recent.len() > REORDER {
            self.recent.pop_front();
        }
        let mut sorted: Vec<u64> = self.recent.iter().copied().collect();
        sorted.sort_unstable();
        let wanted = sorted[(sorted.len() - 1).saturating_sub(self.depth)];
        let dts = self.last_dts.map_or(wanted, |l| wanted.max(l + 1));
        self.last_dts = Some(dts);
        dts
    }
}

/// Somebody who watches one stream.
pub struct Viewer {
    stream: [u8; 16],
    first: VecDeque<Arc<Shot>>,
    shots: broadcast::Receiver<Arc<Shot>>,
    wants_key: bool,
    told_slow: u64,
}

impl Viewer {
    /// The next message of [`crate::wire`]; `None` when the stream was removed. May be given up at any time without losing
    /// a message.
    pub async fn next(&mut self) -> Option<Bytes> {
        if let Some(shot) = self.first.pop_front() {
            return Some(shot.message(&self.stream));
        }
        loop {
            match self.shots.recv().await {
                Ok(shot) if self.wants_key && matches!(*shot, Shot::Frame { .. }) && !shot.key() => {}
                Ok(shot) => {
                    if shot.key() {
                        self.wants_key = false;
                    }
                    return Some(shot.message(&self.stream));
                }
                Err(broadcast::error::RecvError::Lagged(n)) => {
                    self.wants_key = true;
                    self.told_slow += n;
                    return Some(write(&self.stream, Message::Gap(Gap::Slow)).into());
                }
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }

    /// Messages left out because this viewer was slow.
    pub fn missed(&self) -> u64 {
        self.told_slow
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fmp4::tests::track;
    use crate::wire::read;

    fn unit(n: u64, key: bool, track: &Arc<Track>) -> Unit {
        let data = Bytes::from(vec![n as u8; 20]);
        Unit {
            data,
            key,
            pts: n * 3600,
            wall_ms: n as i64 * 40,
            step: 3600,
            lossy: false,
            breaks: None,
            track: track.clone(),
        }
    }

    async fn kinds(v: &mut Viewer, n: usize) -> String {
        let mut o = String::new();
        for _ in 0..n {
            let m = v.next().await.unwrap();
            o.push(match read(&m).unwrap().1 {
                Message::Init { .. } => 'i',
                Message::Fragment { key: true, .. } => 'K',
                Message::Fragment { .. } => 'f',
                Message::Gap(Gap::Slow) => 's',
                Message::Gap(Gap::Source) => 'g',
                Message::Gap(Gap::Break) => 'b',
            });
        }
        o
    }

    #[tokio::test]
    async fn a_viewer_begins_with_the_kept_group_and_shares_its_bytes() {
        let hub = Hub::new([7; 16]);
        let t = Arc::new(track());
        let mut early = hub.watch();
        (0..5).for_each(|n| hub.push(&unit(n, n == 2, &t)));
        let mut late = hub.watch();
        assert_eq!(kinds(&mut early, 4).await, "iKff", "frames before the first key frame show nothing");
        assert_eq!(kinds(&mut late, 4).await, "iKff");
        let kept = hub.inner().kept[0].clone();
        assert_eq!(kept.message(&[7; 16]).as_ptr(), kept.message(&[7; 16]).as_ptr(), "made once");
        drop((early, late));
        assert_eq!(hub.viewers(), 0);
    }

    #[tokio::test]
    async fn a_slow_viewer_goes_on_at_a_key_frame_and_others_lose_nothing() {
        let hub = Hub::new([7; 16]);
        let t = Arc::new(track());
        let mut slow = hub.watch();
        let mut quick = hub.watch();
        let mut seen = String::new();
        for n in 0..200 {
            hub.push(&unit(n, n % 50 == 0, &t));
            seen += &kinds(&mut quick, if n == 0 { 2 } else { 1 }).await;
        }
        assert_eq!(seen.len(), 201);
        assert!(!seen.contains('s'));
        assert_eq!(kinds(&mut slow, 4).await, "sKff", "it is told, then begins at a key frame");
        assert!(slow.missed() > 100);
    }

    #[tokio::test]
    async fn new_parameters_and_a_gap_are_told() {
        let hub = Hub::new([7; 16]);
        let t = Arc::new(track());
        let small = Arc::new(Track { width: 320, ..track() });
        let mut v = hub.watch();
        hub.push(&unit(0, true, &t));
        hub.push(&unit(1, true, &small));
        hub.push(&Unit { breaks: Some(Break::Gap), ..unit(60, false, &small) });
        hub.push(&unit(61, true, &small));
        assert_eq!(kinds(&mut v, 7).await, "iKbiKgK");
        drop(hub);
        assert!(v.next().await.is_none());
    }

    #[test]
    fn decode_times_go_on_whatever_the_order() {
        let mut i = Inner::default();
        let order = [0u64, 4, 2, 1, 3, 8, 6, 5, 7, 12, 10, 9, 11];
        let times: Vec<u64> = order.iter().map(|n| i.decode_time(n * 3600)).collect();
        assert!(times.windows(2).all(|w| w[1] > w[0]), "{times:?}");
        assert!(
            times.iter().zip(order).skip(6).all(|(d, p)| *d <= p * 3600),
            "once learnt, never after presentation: {times:?}"
        );
        let mut plain = Inner::default();
        assert!((0..40).all(|n| plain.decode_time(n * 3600) == n * 3600), "no delay without pictures out of order");
    }
}
