//! A clip cut into RTP payloads, ready to be sent many times (RFC 6184, RFC 7798).

use crate::SimError;
use crate::mark;
use crate::mp4::{self, Coding};
use base64::prelude::*;

/// Payload bytes of one packet at most, below an Ethernet frame.
const PAYLOAD: usize = 1400;

/// One picture as RTP payloads.
#[derive(Debug)]
pub(crate) struct Frame {
    pub payloads: Vec<Vec<u8>>,
    /// Which payload holds the mark, and where its text begins.
    pub mark_in: usize,
    pub mark_at: usize,
    pub key: bool,
    pub pts: i64,
}

/// A video clip, shared by any number of cameras.
#[derive(Debug)]
pub struct Clip {
    pub(crate) coding: Coding,
    pub(crate) frames: Vec<Frame>,
    /// 90 kHz ticks from one frame to the next in decode order (mean).
    pub(crate) step: i64,
    sets: Vec<Vec<u8>>,
}

impl Clip {
    /// Reads an MP4 file with an H.264 or H.265 track.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn read(data: &[u8]) -> Result<Clip, SimError> {
        let d = mp4::read(data)?;
        if d.units.is_empty() || d.sets.is_empty() {
            return Err(SimError::Clip("no frames or no parameter sets".into()));
        }
        let h265 = d.coding == Coding::H265;
        let step = (d.length / d.units.len() as i64).max(1);
        let mut frames = vec![];
        for u in &d.units {
            let mut payloads = vec![];
            if u.key {
                d.sets.iter().for_each(|s| pack(s, h265, &mut payloads));
            }
            let (sei, mark_at) = mark::sei(h265);
            let mark_in = payloads.len();
            payloads.push(sei);
            let delimiter = |n: &Vec<u8>| if h265 { (n[0] >> 1) & 63 == 35 } else { n[0] & 31 == 9 };
            u.nals.iter().filter(|n| !delimiter(n)).for_each(|n| pack(n, h265, &mut payloads));
            frames.push(Frame { payloads, mark_in, mark_at, key: u.key, pts: u.pts });
        }
        Ok(Clip { coding: d.coding, frames, step, sets: d.sets })
    }

    /// Length of the clip in 90 kHz ticks.
    pub(crate) fn length(&self) -> i64 {
        self.step * self.frames.len() as i64
    }

    /// The session description (RFC 8866) of this clip.
    pub(crate) fn sdp(&self) -> String {
        let set = |i: usize| self.sets.get(i).map(|s| BASE64_STANDARD.encode(s)).unwrap_or_default();
        let (name, fmtp) = match self.coding {
            Coding::H264 => {
                let s = &self.sets[0];
                let level = hex::encode(s.get(1..4).unwrap_or(&[0, 0, 0]));
                (
                    "H264",
                    format!("packetization-mode=1;profile-level-id={level};sprop-parameter-sets={},{}", set(0), set(1)),
                )
            }
            Coding::H265 => ("H265", format!("sprop-vps={};sprop-sps={};sprop-pps={}", set(0), set(1), set(2))),
        };
        format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=simcam\r\nt=0 0\r\na=control:*\r\n\
             m=video 0 RTP/AVP 96\r\na=rtpmap:96 {name}/90000\r\na=fmtp:96 {fmtp}\r\na=control:track1\r\n"
        )
    }
}

/// A NAL unit as one payload, or as fragments when it is too long for one.
pub(crate) fn pack(nal: &[u8], h265: bool, out: &mut Vec<Vec<u8>>) {
    if nal.len() <= PAYLOAD {
        out.push(nal.to_vec());
        return;
    }
    let head = if h265 { 2 } else { 1 };
    let body = &nal[head..];
    let pieces = body.chunks(PAYLOAD - 3).count();
    for (i, piece) in body.chunks(PAYLOAD - 3).enumerate() {
        let edge = if i == 0 { 0x80 } else { 0 } | if i + 1 == pieces { 0x40 } else { 0 };
        let mut p = if h265 {
            vec![(nal[0] & 0x81) | (49 << 1), nal[1], edge | ((nal[0] >> 1) & 63)]
        } else {
            vec![(nal[0] & 0xe0) | 28, edge | (nal[0] & 31)]
        };
        p.extend_from_slice(piece);
        out.push(p);
    }
}
