//! The server: one listener, one task per connection, cameras at `/cam/<n>`.

use crate::clip::Clip;
use crate::fault::{Fault, Kind};
use crate::mark::{self, Mark};
use crate::request::{self, Parsed, Request, Scheme};
use crate::{Camera, clips};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

/// Ticks of 90 kHz between two sender reports of a camera that tells its clock.
const REPORT_EVERY: i64 = 2 * 90_000;
/// Seconds from 1900, where NTP counts from, to 1970.
const NTP_1970: u64 = 2_208_988_800;
/// Connections at once at most.
const MAX_CONNECTIONS: usize = 4096;
/// A client that says nothing before `PLAY`, or takes nothing, is let go after this.
const PATIENCE: Duration = Duration::from_secs(30);

/// Sender of a camera's packets, and that of an older session.
const SSRC: u32 = 0x51CC_A000;
const OLD_SSRC: u32 = SSRC - 1;
/// What an older session sends was due so many frames ago.
const OLD_FRAMES: u64 = 250;

struct Cam {
    what: Camera,
    dead: AtomicBool,
    /// Its script is over.
    well: AtomicBool,
    /// What goes wrong beside the script.
    now: Mutex<Vec<Kind>>,
}

impl Cam {
    fn spoilt(&self) -> MutexGuard<'_, Vec<Kind>> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Shared {
    cams: Vec<Cam>,
    epoch: Instant,
    still: Arc<Clip>,
    small: Arc<Clip>,
}

/// A running server; ends when dropped.
pub struct Sim {
    shared: Arc<Shared>,
    addr: SocketAddr,
    task: JoinHandle<()>,
}

impl Sim {
    /// Listens at `addr` (port 0 takes a free one) and serves the cameras.
    ///
    /// # Errors
    /// The address cannot be taken, or a clip of this crate cannot be read.
    pub async fn start(addr: SocketAddr, cameras: Vec<Camera>) -> Result<Sim, crate::SimError> {
        let listener = TcpListener::bind(addr).await?;
        let addr = listener.local_addr()?;
        let cams = cameras.into_iter().map(|what| Cam { what, dead: AtomicBool::new(false), well: AtomicBool::new(false), now: Mutex::default() }).collect();
        let (still, small) = (clips::still()?, clips::small()?);
        let shared = Arc::new(Shared { cams, epoch: Instant::now(), still, small });
        let task = tokio::spawn(accept(listener, shared.clone()));
        Ok(Sim { shared, addr, task })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The address of camera `n`.
    pub fn url(&self, n: usize) -> String {
        format!("rtsp://{}/cam/{n}", self.addr)
    }

    /// Closes the sessions of camera `n` and answers nobody until [`Sim::revive`].
    pub fn kill(&self, n: usize) {
        self.set_dead(n, true);
    }

    /// Camera `n` answers again; its frames were counted on meanwhile.
    pub fn revive(&self, n: usize) {
        self.set_dead(n, false);
    }

    /// Camera `n` goes wrong in this way as well, in whatever session, until [`Sim::mend`].
    pub fn spoil(&self, n: usize, kind: Kind) {
        if let Some(c) = self.shared.cams.get(n) {
            c.spoilt().push(kind);
        }
    }

    /// Camera `n` does nothing wrong any more, neither by its script nor by [`Sim::spoil`].
    pub fn mend(&self, n: usize) {
        if let Some(c) = self.shared.cams.get(n) {
            c.well.store(true, Ordering::Relaxed);
            c.spoilt().clear();
        }
    }

    fn set_dead(&self, n: usize, dead: bool) {
        if let Some(c) = self.shared.cams.get(n) {
            c.dead.store(dead, Ordering::Relaxed);
        }
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut open = JoinSet::new();
    loop {
        tokio::select! {
            got = listener.accept() => match got {
                Ok((stream, _)) if open.len() < MAX_CONNECTIONS => {
                    open.spawn(connection(stream, shared.clone()));
                }
                Ok(_) => {}
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
            Some(_) = open.join_next() => {}
        }
    }
}

async fn connection(mut stream: TcpStream, shared: Arc<Shared>) {
    let _ = stream.set_nodelay(true);
    let mut got: Vec<u8> = vec![];
    loop {
        let (r, len) = match request::parse(&got) {
            Parsed::Bad => return,
            Parsed::Packet(len) => {
                got.drain(..len);
                continue;
            }
            Parsed::Request(r, len) if got.len() >= len + r.body => (r, len),
            Parsed::Request(..) | Parsed::Short => match timeout(PATIENCE, stream.read_buf(&mut got)).await {
                Ok(Ok(n)) if n > 0 => continue,
                _ => return,
            },
        };
        got.drain(..len + r.body);
        let cam = camera_of(&r.uri, &shared);
        if cam.is_some_and(|c| c.dead.load(Ordering::Relaxed)) {
            return;
        }
        let text = answer(&r, cam);
        let playing = r.method == "PLAY" && text.starts_with("RTSP/1.0 200");
        if !matches!(timeout(PATIENCE, stream.write_all(text.as_bytes())).await, Ok(Ok(()))) {
            return;
        }
        if let (true, Some(cam)) = (playing, cam) {
            play(stream, cam, &shared).await;
            return;
        }
    }
}

fn camera_of<'a>(uri: &str, shared: &'a Shared) -> Option<&'a Cam> {
    let n = uri.split("/cam/").nth(1)?.split(['/', '?']).next()?;
    shared.cams.get(n.parse::<usize>().ok()?)
}

fn answer(r: &Request, cam: Option<&Cam>) -> String {
    let cseq = r.header("CSeq").filter(|c| c.bytes().all(|b| b.is_ascii_digit())).unwrap_or("0");
    let reply = |status: &str, rest: &str, body: &str| {
        format!(
            "RTSP/1.0 {status}\r\nCSeq: {cseq}\r\nServer: simcam\r\n{rest}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    if r.method == "OPTIONS" {
        return reply("200 OK", "Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN\r\n", "");
    }
    let Some(cam) = cam else { return reply("404 Not Found", "", "") };
    if let Some(s) = &cam.what.sign_in
        && (cam.what.refuses || !request::signed_in(r, s.scheme, &s.user, &s.password))
    {
        let ask = match s.scheme {
            Scheme::Basic => "WWW-Authenticate: Basic realm=\"simcam\"\r\n".to_string(),
            Scheme::Digest => format!("WWW-Authenticate: Digest realm=\"simcam\", nonce=\"{}\"\r\n", request::NONCE),
        };
        return reply("401 Unauthorized", &ask, "");
    }
    match r.method.as_str() {
        "DESCRIBE" => {
            let base = format!("Content-Base: {}/\r\nContent-Type: application/sdp\r\n", r.uri.trim_end_matches('/'));
            let sound = if cam.what.sound { "m=audio 0 RTP/AVP 8\r\na=control:sound\r\n" } else { "" };
            reply("200 OK", &base, &format!("{}{sound}", cam.what.clip.sdp()))
        }
        "SETUP" if !cam.what.udp_only && r.header("Transport").is_some_and(|t| t.contains("RTP/AVP/TCP")) => reply(
            "200 OK",
            &format!("Session: 7a;timeout=60\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1;ssrc={SSRC:08X}\r\n"),
            "",
        ),
        "SETUP" => reply("461 Unsupported Transport", "", ""),
        "PLAY" | "GET_PARAMETER" | "SET_PARAMETER" | "TEARDOWN" => reply("200 OK", "Session: 7a\r\n", ""),
        _ => reply("405 Method Not Allowed", "", ""),
    }
}

/// Sends frames until the client goes, the camera dies, or a fault ends it.
async fn play(mut stream: TcpStream, cam: &Cam, shared: &Shared) {
    let began = Instant::now();
    let own = &cam.what.clip;
    let epoch = shared.epoch.checked_sub(cam.what.ahead).unwrap_or(shared.epoch);
    let ticks = |d: Duration| (d.as_micros() * 9 / 100) as i64;
    let mut number = (ticks(epoch.elapsed()) / own.step) as u64;
    let mut seq = 1u16;
    let mut lost = 0u32;
    let mut reported = i64::MIN;
    let mut stalled = None;
    let mut out = Vec::with_capacity(64 * 1024);
    let mut heard = [0u8; 2048];
    // A filler data unit (H.264, 7.3.2.7) behind each moving picture.
    let mut filler = vec![];
    if cam.what.filler > 0 {
        let body = std::iter::repeat_n(0xff, cam.what.filler);
        crate::clip::pack(&std::iter::once(12).chain(body).chain([0x80]).collect::<Vec<u8>>(), false, &mut filler);
    }
    loop {
        let since = began.elapsed();
        let well = cam.well.load(Ordering::Relaxed);
        let mut faults: Vec<Kind> = cam.what.faults.iter().filter(|f: &&Fault| !well && f.holds(since)).map(|f| f.kind).collect();
        faults.extend(cam.spoilt().iter());
        let has = |k: Kind| faults.contains(&k);
        let due = epoch + Duration::from_micros((number as i64 * own.step * 100 / 9) as u64);
        let wait = if has(Kind::Flood) { Duration::ZERO } else { due.saturating_duration_since(Instant::now()) };
        tokio::select! {
            biased;
            n = stream.read(&mut heard) => match n {
                Ok(n) if n > 0 => { if !reply_while_playing(&mut stream, &heard[..n]).await { return } else { continue } }
                _ => return,
            },
            () = tokio::time::sleep(wait) => {}
        }
        if cam.dead.load(Ordering::Relaxed) || has(Kind::Drop) {
            return;
        }
        if has(Kind::Silence) {
            number += 1;
            continue;
        }
        let clip = if has(Kind::Freeze) {
            &shared.still
        } else if has(Kind::OtherSets) {
            &shared.small
        } else {
            own
        };
        let count = clip.frames.len() as u64;
        let frame = &clip.frames[(number % count) as usize];
        let mut rtp = (number / count) as i64 * clip.length() + frame.pts + i64::from(cam.what.first_timestamp);
        if has(Kind::StallClock) {
            rtp = *stalled.get_or_insert(rtp);
        } else {
            stalled = None;
        }
        rtp += faults.iter().map(|k| if let Kind::Jump(s) = k { i64::from(*s) * 90_000 } else { 0 }).sum::<i64>();
        let lose = faults.iter().find_map(|k| if let Kind::Lose(p) = k { Some(u32::from(*p)) } else { None });
        out.clear();
        let sent_us = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_micros() as u64);
        let played = number as i64 * own.step;
        if let Some(ms) = cam.what.clock_ms.map(|ms| if well { 0 } else { ms }).filter(|_| played >= reported.saturating_add(REPORT_EVERY)) {
            reported = played;
            report(&mut out, sent_us.saturating_add_signed(ms.saturating_mul(1000)), rtp as u32);
        }
        let filler: &[Vec<u8>] = if frame.key || has(Kind::Freeze) { &[] } else { &filler };
        let payloads: Vec<&[u8]> = frame.payloads.iter().chain(filler).map(Vec::as_slice).collect();
        let put = |out: &mut Vec<u8>, i: usize, head: Head, said: Mark| {
            packet(out, payloads[i], i + 1 == payloads.len(), head);
            if i == frame.mark_in {
                let at = out.len() - payloads[i].len() + frame.mark_at;
                mark::write(&mut out[at..at + mark::TEXT], said);
            }
        };
        if has(Kind::Stale) {
            let old = number.saturating_sub(OLD_FRAMES);
            for i in 0..payloads.len() {
                put(&mut out, i, Head { seq, rtp: rtp as u32, ssrc: OLD_SSRC }, Mark { number: old, sent_us });
            }
        }
        if !(has(Kind::NoKey) && frame.key) {
            let mut order: Vec<usize> = (0..payloads.len()).collect();
            if has(Kind::Reorder) && order.len() > 1 {
                order.swap(0, 1);
            }
            for i in order {
                lost += lose.unwrap_or(0);
                let keep = lost < 100;
                lost %= 100;
                if keep {
                    put(&mut out, i, Head { seq: seq.wrapping_add(i as u16), rtp: rtp as u32, ssrc: SSRC }, Mark { number, sent_us });
                }
            }
            seq = seq.wrapping_add(payloads.len() as u16);
        }
        if has(Kind::Garbage) {
            out.iter_mut().enumerate().for_each(|(i, b)| *b = (i * 31) as u8 | 0x80);
        }
        let half = has(Kind::MidFrame);
        if half {
            out.truncate(out.len() / 2);
        }
        let sent = if has(Kind::Slow) { drip(&mut stream, &out).await } else { push(&mut stream, &out).await };
        if !sent {
            return;
        }
        if half {
            hang(&mut stream, cam).await;
            return;
        }
        number += 1;
    }
}

struct Head {
    seq: u16,
    rtp: u32,
    ssrc: u32,
}

/// A payload as a packet; `last` ends the picture.
fn packet(out: &mut Vec<u8>, payload: &[u8], last: bool, head: Head) {
    out.extend_from_slice(&[b'$', 0]);
    out.extend_from_slice(&(payload.len() as u16 + 12).to_be_bytes());
    out.extend_from_slice(&[0x80, 96 | if last { 0x80 } else { 0 }]);
    out.extend_from_slice(&head.seq.to_be_bytes());
    out.extend_from_slice(&head.rtp.to_be_bytes());
    out.extend_from_slice(&head.ssrc.to_be_bytes());
    out.extend_from_slice(payload);
}

/// A sender report on the second channel; what it says of packets and bytes sent nobody asks for.
fn report(out: &mut Vec<u8>, clock_us: u64, rtp: u32) {
    out.extend_from_slice(&[b'$', 1, 0, 28, 0x80, 200, 0, 6]);
    out.extend_from_slice(&SSRC.to_be_bytes());
    let (seconds, rest) = (clock_us / 1_000_000 + NTP_1970, clock_us % 1_000_000);
    out.extend_from_slice(&((seconds << 32) | ((rest << 32) / 1_000_000)).to_be_bytes());
    out.extend_from_slice(&rtp.to_be_bytes());
    out.extend_from_slice(&[0; 8]);
}

async fn push(stream: &mut TcpStream, bytes: &[u8]) -> bool {
    matches!(timeout(PATIENCE, stream.write_all(bytes)).await, Ok(Ok(())))
}

async fn drip(stream: &mut TcpStream, bytes: &[u8]) -> bool {
    for piece in bytes.chunks(256) {
        if !push(stream, piece).await {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    true
}

/// Holds the connection open, sending nothing, until the camera dies or is mended.
async fn hang(stream: &mut TcpStream, cam: &Cam) {
    let mut heard = [0u8; 2048];
    while !cam.dead.load(Ordering::Relaxed) && (!cam.well.load(Ordering::Relaxed) || cam.spoilt().contains(&Kind::MidFrame)) {
        match timeout(Duration::from_millis(200), stream.read(&mut heard)).await {
            Ok(Ok(n)) if n > 0 => {}
            Ok(_) => return,
            Err(_) => {}
        }
    }
}

/// Answers keep-alives; `TEARDOWN` or nonsense ends the session (`false`).
async fn reply_while_playing(stream: &mut TcpStream, mut heard: &[u8]) -> bool {
    while !heard.is_empty() {
        match request::parse(heard) {
            Parsed::Packet(n) => heard = &heard[n..],
            Parsed::Request(r, n) => {
                let cseq = r.header("CSeq").and_then(|c| c.parse::<u32>().ok()).unwrap_or(0);
                let text = format!("RTSP/1.0 200 OK\r\nCSeq: {cseq}\r\nSession: 7a\r\nContent-Length: 0\r\n\r\n");
                if !push(stream, text.as_bytes()).await || r.method == "TEARDOWN" {
                    return false;
                }
                heard = heard.get(n + r.body..).unwrap_or(&[]);
            }
            Parsed::Short => return true,
            Parsed::Bad => return false,
        }
    }
    true
}
