//! Reads an MP4 clip into access units with their parameter sets.

use crate::SimError;
use shiguredo_mp4::boxes::SampleEntry;
use shiguredo_mp4::demux::{Input, Mp4FileDemuxer};

/// Coding of a clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// H.264, RTP by RFC 6184.
    H264,
    /// H.265, RTP by RFC 7798.
    H265,
}

/// One picture as stored: NAL units without start codes or lengths.
#[derive(Debug, Clone)]
pub(crate) struct Unit {
    pub nals: Vec<Vec<u8>>,
    pub key: bool,
    /// Presentation time in 90 kHz ticks from the start of the clip; decode order may differ.
    pub pts: i64,
}

#[derive(Debug)]
pub(crate) struct Demuxed {
    pub coding: Coding,
    /// VPS (H.265), SPS, PPS in this order.
    pub sets: Vec<Vec<u8>>,
    pub units: Vec<Unit>,
    /// Length in 90 kHz ticks.
    pub length: i64,
}

fn bad(e: impl std::fmt::Debug) -> SimError {
    SimError::Clip(format!("{e:?}"))
}

/// Demuxes the first video track of `data`.
pub(crate) fn read(data: &[u8]) -> Result<Demuxed, SimError> {
    let mut demuxer = Mp4FileDemuxer::new();
    while let Some(r) = demuxer.required_input() {
        let start = usize::try_from(r.position).map_err(bad)?.min(data.len());
        let end = r.size.map_or(data.len(), |n| start.saturating_add(n).min(data.len()));
        demuxer.handle_input(Input { position: r.position, data: &data[start..end] });
    }
    let mut coding = None;
    let mut sets = vec![];
    let mut units = vec![];
    let mut length = 0i64;
    while let Some(s) = demuxer.next_sample().map_err(bad)? {
        match s.sample_entry {
            Some(SampleEntry::Avc1(b)) if coding.is_none() => {
                coding = Some((Coding::H264, s.track.track_id));
                sets = b.avcc_box.sps_list.iter().chain(&b.avcc_box.pps_list).cloned().collect();
            }
            Some(SampleEntry::Hvc1(b)) if coding.is_none() => {
                coding = Some((Coding::H265, s.track.track_id));
                sets = b.hvcc_box.nalu_arrays.iter().flat_map(|a| a.nalus.iter().cloned()).collect();
            }
            _ => {}
        }
        if coding.is_none_or(|(_, track)| track != s.track.track_id) {
            continue;
        }
        let scale = i64::from(s.track.timescale.get());
        let ticks = |t: i64| t * 90_000 / scale;
        let pts = i64::try_from(s.timestamp).map_err(bad)? + s.composition_time_offset.unwrap_or(0);
        let start = usize::try_from(s.data_offset).map_err(bad)?;
        let body = data.get(start..start + s.data_size).ok_or_else(|| bad("sample outside the file"))?;
        units.push(Unit { nals: split(body)?, key: s.keyframe, pts: ticks(pts) });
        length = ticks(i64::try_from(s.timestamp).map_err(bad)? + i64::from(s.duration));
    }
    let (coding, _) = coding.ok_or_else(|| bad("no H.264 or H.265 track"))?;
    Ok(Demuxed { coding, sets, units, length })
}

fn split(mut body: &[u8]) -> Result<Vec<Vec<u8>>, SimError> {
    let mut nals = vec![];
    while let Some((len, rest)) = body.split_first_chunk::<4>() {
        let n = u32::from_be_bytes(*len) as usize;
        let nal = rest.get(..n).ok_or_else(|| bad("NAL unit longer than its sample"))?;
        if !nal.is_empty() {
            nals.push(nal.to_vec());
        }
        body = &rest[n..];
    }
    Ok(nals)
}
