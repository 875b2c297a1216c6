//! A camera's task (摄像机): connects by RTSP, hands frames to the hub and groups to the recorder, comes back by itself.
//!
//! Every way of failing is a [`Trouble`] with a sentence; none of them touches another camera. Credentials stand in
//! [`Source`] only: its `Debug` leaves them out, no error text holds them, and an address that carries some is refused.

use crate::address::{Network, choose};
use crate::assemble::Unit;
use crate::fmp4::Track;
use crate::timeline::{GAP_MS, Timeline};
use futures::StreamExt;
use retina::client::{Credentials, Demuxed, PlayOptions, Session, SessionOptions, SetupOptions, TeardownPolicy};
use retina::codec::{CodecItem, FrameFormat, ParametersRef, VideoFrame, VideoParameters};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout};
use url::Url;

/// Longest wait for the name, the connection and each answer.
const CONNECT: Duration = Duration::from_secs(10);
/// A connection that shows nothing for so long is made anew.
pub const SILENCE: Duration = Duration::from_secs(10);
/// More than this in one second is a flood.
pub const MAX_FRAMES: u32 = 240;
/// See [`MAX_FRAMES`]: 200 Mbit/s.
pub const MAX_BYTES: usize = 25 << 20;

/// Where a stream comes from.
#[derive(Clone)]
pub struct Source {
    /// `rtsp://host[:port]/path`, without name and password.
    pub url: String,
    /// Name and password, when the camera asks for them.
    pub sign_in: Option<(String, String)>,
    /// Networks in which cameras may stand.
    pub allowed: Arc<[Network]>,
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let url = if parse(&self.url).is_ok() { self.url.as_str() } else { "(no camera's address)" };
        f.debug_struct("Source").field("url", &url).field("signs_in", &self.sign_in.is_some()).finish_non_exhaustive()
    }
}

/// What is wrong with a camera.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The address cannot be one.
    #[error("the address must be rtsp://host/path without name or password in it")]
    BadAddress,
    /// Outside the allowed networks.
    #[error("no address of the camera is in an allowed network")]
    NotAllowed,
    /// The name leads nowhere.
    #[error("the camera's name is not known in this network")]
    UnknownName,
    /// Nobody answers there.
    #[error("the camera cannot be reached")]
    Unreachable,
    /// It wants another name or password.
    #[error("the camera refuses the name or the password")]
    WrongPassword,
    /// It has no such stream.
    #[error("the camera has no stream of this path")]
    NotFound,
    /// It answers with another refusal.
    #[error("the camera refuses with code {0}")]
    Refused(u16),
    /// No video in H.264 or H.265.
    #[error("the stream holds no H.264 or H.265 video")]
    NoVideo,
    /// What it sends cannot be understood.
    #[error("the camera sends what cannot be understood: {0}")]
    Broken(String),
    /// Connected, but no frame for [`SILENCE`].
    #[error("the camera is connected and sends nothing")]
    Silent,
    /// It closed the connection.
    #[error("the camera closed the connection")]
    Ended,
    /// More than [`MAX_FRAMES`] or [`MAX_BYTES`] in a second, or a stream that runs faster than time.
    #[error("the camera sends more than a camera can")]
    Flood,
}

impl Trouble {
    /// How long to wait before the next attempt. Short, because a lost connection should cost little of the recording and
    /// an attempt costs next to nothing; long where cameras lock the door after some attempts, or where only a person can
    /// help.
    pub fn wait(&self, attempt: u32) -> Duration {
        match self {
            Trouble::BadAddress | Trouble::NotAllowed | Trouble::WrongPassword => Duration::from_secs(60),
            Trouble::Flood | Trouble::NoVideo | Trouble::NotFound | Trouble::Refused(_) => Duration::from_secs(20),
            _ => Duration::from_millis(250 << attempt.min(3)),
        }
    }
}

fn parse(text: &str) -> Result<(Url, String), Trouble> {
    let url = Url::parse(text).map_err(|_| Trouble::BadAddress)?;
    let plain =
        url.scheme() == "rtsp" && url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    let host = url.host_str().filter(|h| plain && !h.is_empty()).ok_or(Trouble::BadAddress)?;
    let host = host.trim_matches(['[', ']']).to_string();
    Ok((url, host))
}

/// Resolves the name and checks the address; the connection then goes to that very address.
async fn locate(source: &Source) -> Result<Url, Trouble> {
    let (mut url, host) = parse(&source.url)?;
    let port = url.port().unwrap_or(554);
    let found = timeout(CONNECT, tokio::net::lookup_host((host.as_str(), port))).await;
    let resolved: Vec<_> =
        found.map_err(|_| Trouble::UnknownName)?.map_err(|_| Trouble::UnknownName)?.take(16).collect();
    let at = choose(&resolved, &source.allowed).map_err(|_| Trouble::NotAllowed)?;
    url.set_ip_host(at.ip()).map_err(|()| Trouble::BadAddress)?;
    Ok(url)
}

fn trouble(e: &retina::Error) -> Trouble {
    let text = e.to_string();
    match e.status_code() {
        Some(401 | 403) => Trouble::WrongPassword,
        Some(404) => Trouble::NotFound,
        Some(200) | None if text.starts_with("Unable to connect") => Trouble::Unreachable,
        Some(200) | None if text.starts_with("Error reading") || text.starts_with("Error writing") => Trouble::Ended,
        Some(200) | None => Trouble::Broken(text.lines().next().unwrap_or("").chars().take(160).collect()),
        Some(code) => Trouble::Refused(code),
    }
}

/// Connects and plays the first video of the source; whether it offers sound as well, which is not asked for.
async fn open(source: &Source) -> Result<(Demuxed, usize, bool), Trouble> {
    let url = locate(source).await?;
    let credentials = source.sign_in.clone().map(|(username, password)| Credentials { username, password });
    // No TEARDOWN over a connection of its own: it would go where the camera says, not where it was allowed.
    let options =
        SessionOptions::default().creds(credentials).user_agent("fengqiao".into()).teardown(TeardownPolicy::Never);
    let late = |_| Trouble::Unreachable;
    let mut session =
        timeout(CONNECT, Session::describe(url, options)).await.map_err(late)?.map_err(|e| trouble(&e))?;
    let coded = |s: &retina::client::Stream| s.media() == "video" && matches!(s.encoding_name(), "h264" | "h265");
    let index = session.streams().iter().position(coded).ok_or(Trouble::NoVideo)?;
    let sound = session.streams().iter().any(|s| s.media() == "audio");
    let how = SetupOptions::default().frame_format(FrameFormat::MP4);
    timeout(CONNECT, session.setup(index, how)).await.map_err(late)?.map_err(|e| trouble(&e))?;
    let playing =
        timeout(CONNECT, session.play(PlayOptions::default())).await.map_err(late)?.map_err(|e| trouble(&e))?;
    Ok((playing.demuxed().map_err(|e| trouble(&e))?, index, sound))
}

fn track(p: &VideoParameters) -> Option<Track> {
    let mut entry = p.mp4_sample_entry();
    if let Some((h, v)) = p.pixel_aspect_ratio()
        && h != v
        && let (Ok(h), Ok(v)) = (u16::try_from(h), u16::try_from(v))
    {
        entry = entry.with_aspect_ratio((h, v));
    }
    let (w, h) = p.pixel_dimensions();
    Some(Track {
        sample_entry: entry.build().ok()?.into(),
        codec: p.rfc6381_codec().into(),
        width: u16::try_from(w).ok()?,
        height: u16::try_from(h).ok()?,
    })
}

/// What a camera's task tells; implemented by the estate. Called from the task, must not wait.
pub(crate) trait Sink: Send + Sync {
    fn connected(&self, sound: bool);
    /// What the next pictures are coded with: at the beginning of a session, and when it changes.
    fn shows(&self, track: &Arc<Track>);
    fn frame(&self, bytes: usize, key: bool, stalled: bool, loss: u16);
    fn jumped(&self, by_ms: i64);
    fn skew(&self, ms: i64);
    fn unit(&self, unit: Unit);
    /// No frame for some time: what is whole is to be written.
    fn idle(&self);
    fn gone(&self, trouble: Trouble);
    fn wall_ms(&self) -> i64;
}

/// What came within the running second, and how far the stream went within the running two.
struct Pace {
    began: Instant,
    frames: u32,
    bytes: usize,
    looked: Instant,
    pts: Option<u64>,
    ahead: u32,
}

impl Pace {
    fn new(now: Instant) -> Pace {
        Pace { began: now, frames: 0, bytes: 0, looked: now, pts: None, ahead: 0 }
    }

    fn floods(&mut self, now: Instant, bytes: usize) -> bool {
        if now.duration_since(self.began) >= Duration::from_secs(1) {
            (self.began, self.frames, self.bytes) = (now, 0, 0);
        }
        (self.frames, self.bytes) = (self.frames + 1, self.bytes + bytes);
        self.frames > MAX_FRAMES || self.bytes > MAX_BYTES
    }

    /// Whether the stream runs much faster than time, twice in a row: once is what was held up and comes at once.
    fn runs_ahead(&mut self, now: Instant, pts: u64) -> bool {
        let passed = now.duration_since(self.looked).as_millis() as u64;
        let began = *self.pts.get_or_insert(pts);
        if passed >= 2_000 {
            let shown = pts.saturating_sub(began) / 90;
            self.ahead = if shown > passed * 3 / 2 + 1_000 { self.ahead + 1 } else { 0 };
            (self.looked, self.pts) = (now, Some(pts));
        }
        self.ahead >= 2
    }
}

/// One stream's state over all its sessions.
struct Pull {
    line: Timeline,
    track: Option<Arc<Track>>,
    began: Instant,
}

impl Pull {
    fn take(&mut self, sink: &dyn Sink, params: Option<ParametersRef<'_>>, frame: VideoFrame) -> Result<u64, Trouble> {
        if self.track.is_none() || frame.has_new_parameters() {
            let Some(ParametersRef::Video(p)) = params else { return Ok(0) };
            let new = Arc::new(track(p).ok_or(Trouble::NoVideo)?);
            sink.shows(&new);
            self.track = Some(new);
        }
        let Some(track) = self.track.clone() else { return Ok(0) };
        let (mono_ms, wall_ms) = both_clocks(self.began, sink);
        let placed = self.line.place(frame.timestamp().timestamp(), mono_ms, wall_ms);
        if let Some(ms) = placed.jumped_ms {
            sink.jumped(ms);
        }
        let (key, loss) = (frame.is_random_access_point(), frame.loss());
        let data: bytes::Bytes = frame.into_data().into();
        sink.frame(data.len(), key, placed.stalled, loss);
        let unit = Unit {
            data,
            key,
            pts: placed.pts,
            wall_ms: placed.wall_ms,
            step: self.line.step(),
            lossy: loss > 0,
            breaks: placed.breaks,
            track,
        };
        sink.unit(unit);
        Ok(placed.pts)
    }

    async fn session(&mut self, source: &Source, sink: &dyn Sink) -> Trouble {
        let (mut items, index, sound) = match open(source).await {
            Ok(o) => o,
            Err(t) => return t,
        };
        self.track = None;
        let mut pace = Pace::new(Instant::now());
        let mut shown = Instant::now();
        sink.connected(sound);
        loop {
            let item = match timeout(Duration::from_millis(GAP_MS as u64), items.next()).await {
                Err(_) if shown.elapsed() > SILENCE => return Trouble::Silent,
                Err(_) => {
                    sink.idle();
                    continue;
                }
                Ok(None) => return Trouble::Ended,
                Ok(Some(Err(e))) => return trouble(&e),
                Ok(Some(Ok(item))) => item,
            };
            let now = Instant::now();
            match item {
                CodecItem::VideoFrame(f) => {
                    shown = now;
                    if pace.floods(now, f.data().len()) {
                        return Trouble::Flood;
                    }
                    match self.take(sink, items.streams()[index].parameters(), f) {
                        Ok(pts) if pace.runs_ahead(now, pts) => return Trouble::Flood,
                        Ok(_) => {}
                        Err(t) => return t,
                    }
                }
                other => {
                    if pace.floods(now, 0) {
                        return Trouble::Flood;
                    }
                    if let CodecItem::Rtcp(r) = other {
                        skew(&r, sink);
                    }
                    if now.duration_since(shown) > SILENCE {
                        return Trouble::Silent;
                    }
                }
            }
        }
    }
}

/// Both clocks at one moment: read again when the process was put aside between the two.
fn both_clocks(began: Instant, sink: &dyn Sink) -> (i64, i64) {
    let mono = || i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
    let mut before = mono();
    loop {
        let wall = sink.wall_ms();
        let after = mono();
        if after - before < 50 {
            return (after, wall);
        }
        before = after;
    }
}

/// The camera's clock against ours, from a sender report.
fn skew(report: &retina::rtcp::ReceivedCompoundPacket, sink: &dyn Sink) {
    for p in report.pkts() {
        if let Ok(Some(retina::rtcp::TypedPacketRef::SenderReport(s))) = p.as_typed() {
            // Zero: the camera has no notion of the wall clock (RFC 3550, 6.4.1).
            let ntp = s.ntp_timestamp().0;
            if ntp != 0 {
                sink.skew(crate::fmp4::unix_ms(ntp).saturating_sub(sink.wall_ms()));
            }
        }
    }
}

/// Runs until it is aborted. `spread` delays the attempts a little, differently for each camera.
pub(crate) async fn run(source: Source, sink: Arc<dyn Sink>, spread: Duration) {
    let mut pull = Pull { line: Timeline::default(), track: None, began: Instant::now() };
    let mut attempt = 0;
    loop {
        let began = Instant::now();
        let trouble = pull.session(&source, &*sink).await;
        pull.line.interrupt();
        attempt = if began.elapsed() > SILENCE { 0 } else { attempt + 1 };
        let wait = trouble.wait(attempt);
        sink.gone(trouble);
        tokio::time::sleep(wait + spread).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_plain_rtsp() {
        for (text, ok) in [
            ("rtsp://10.1.2.3/live", true),
            ("rtsp://[fd00::1]:8554/live?x=1", true),
            ("rtsp://user:secret@10.1.2.3/live", false),
            ("rtsp://user@10.1.2.3/live", false),
            ("http://10.1.2.3/live", false),
            ("rtsp:///live", false),
            ("10.1.2.3", false),
            ("", false),
        ] {
            assert_eq!(parse(text).is_ok(), ok, "{text}");
        }
    }

    #[test]
    fn nothing_shown_of_a_source_is_secret() {
        let source = |url: &str| Source {
            url: url.into(),
            sign_in: Some(("admin".into(), "s3cret".into())),
            allowed: Arc::new([]),
        };
        for url in ["rtsp://10.1.2.3/live", "rtsp://admin:s3cret@10.1.2.3/live", "nonsense s3cret"] {
            let shown = format!("{:?}", source(url));
            assert!(!shown.contains("s3cret") && !shown.contains("admin"), "{shown}");
        }
    }

    #[test]
    fn a_stream_faster_than_time_is_a_flood_and_one_that_was_held_up_is_not() {
        let start = Instant::now();
        let ahead = |speed: f64, held: bool| {
            let mut p = Pace::new(start);
            (0..500).any(|i| {
                let ms = if held && i < 100 { 4_000 } else { (f64::from(i) * 40.0 / speed) as u64 };
                p.runs_ahead(start + Duration::from_millis(ms), i as u64 * 3600)
            })
        };
        assert!(ahead(2.5, false) && !ahead(1.0, false) && !ahead(1.2, false) && !ahead(1.0, true));
    }

    #[test]
    fn waiting_grows_and_ends_at_two_seconds_where_a_machine_can_help() {
        let waits: Vec<u64> = (0..6).map(|n| Trouble::Ended.wait(n).as_millis() as u64).collect();
        assert_eq!(waits, [250, 500, 1000, 2000, 2000, 2000]);
        assert_eq!(Trouble::WrongPassword.wait(1).as_secs(), 60);
    }
}
