//! From regions to the filter graph, pure.

use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// Regions of one film at most.
pub const MAX_REGIONS: usize = 20;
/// Key points of one region at most.
pub const MAX_KEYS: usize = 100;
/// Stretches between key points in the whole film at most; each costs the program a pass over its part of the picture.
pub const MAX_STEPS: usize = 120;
/// Held before the first and after the last key point, so that no picture at the edge is missed by rounding.
const HOLD_MS: u32 = 120;
/// Pixels around what was drawn: colour planes are half as fine and round to even positions.
const MARGIN: f64 = 4.0;
/// Smallest and largest film, in pixels of a side.
const SIDES: std::ops::RangeInclusive<u16> = 32..=8192;

/// Where a region is at a moment of the film. Lengths are parts of the picture's width and height, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct KeyPoint {
    /// Position in the film, milliseconds.
    pub at_ms: u32,
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Width.
    pub w: f64,
    /// Height.
    pub h: f64,
}

/// A thing to hide: from its first key point until its last; with one key point, throughout the film.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Region {
    /// By time, ascending.
    pub keys: Vec<KeyPoint>,
}

/// What is wrong with the regions; numbers count from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// There is none: then nothing would be hidden.
    #[error("no region was placed")]
    None,
    /// More than [`MAX_REGIONS`], [`MAX_KEYS`] or [`MAX_STEPS`].
    #[error("too many regions or key points")]
    TooMany,
    /// A region without key points.
    #[error("region {0} has no key point")]
    Empty(usize),
    /// Two key points at one moment, or going back.
    #[error("region {0}: key point {1} does not come after the one before")]
    Order(usize, usize),
    /// Outside the picture, without extent, or no number.
    #[error("region {0}: key point {1} is no rectangle within the picture")]
    Rectangle(usize, usize),
    /// The film's size.
    #[error("the picture's size is not one of a film")]
    Picture,
}

/// A rectangle of fixed size that moves in a straight line. Pixels and seconds.
struct Step {
    w: u32,
    h: u32,
    from: (f64, f64),
    to: (f64, f64),
    /// When it moves.
    moves: (f64, f64),
    /// When it is shown: held a little longer at the ends of the region.
    shown: (f64, f64),
    /// Until the film's end.
    always: bool,
}

/// The graph for a picture of `width` × `height`, from `[0:v]` to `[out]`. Holds numbers only.
///
/// # Errors
/// What is wrong with the regions.
pub fn filter(regions: &[Region], width: u16, height: u16) -> Result<String, Fault> {
    if !SIDES.contains(&width) || !SIDES.contains(&height) {
        return Err(Fault::Picture);
    }
    if regions.is_empty() {
        return Err(Fault::None);
    }
    let keys: usize = regions.iter().map(|r| r.keys.len()).sum();
    if regions.len() > MAX_REGIONS || regions.iter().any(|r| r.keys.len() > MAX_KEYS) || keys > MAX_STEPS {
        return Err(Fault::TooMany);
    }
    let mut steps = vec![];
    for (n, r) in regions.iter().enumerate() {
        check(n, r)?;
        steps.extend(stretches(r, f64::from(width), f64::from(height)));
    }
    Ok(text(&steps, width, height))
}

fn check(n: usize, r: &Region) -> Result<(), Fault> {
    if r.keys.is_empty() {
        return Err(Fault::Empty(n));
    }
    for (i, k) in r.keys.iter().enumerate() {
        let numbers = [k.x, k.y, k.w, k.h].iter().all(|v| v.is_finite() && (0.0..=1.0).contains(v));
        if !numbers || k.w < 0.002 || k.h < 0.002 || k.x + k.w > 1.0001 || k.y + k.h > 1.0001 {
            return Err(Fault::Rectangle(n, i));
        }
        if i > 0 && r.keys[i - 1].at_ms >= k.at_ms {
            return Err(Fault::Order(n, i));
        }
    }
    Ok(())
}

/// Size is fixed within a stretch, so it is the larger of both ends, around the moving middle: never less than what was drawn.
fn stretches(r: &Region, width: f64, height: f64) -> Vec<Step> {
    let side = |part: f64, whole: f64| ((part * whole + 2.0 * MARGIN).ceil().min(whole) as u32 / 2 * 2).max(2);
    let middle = |k: &KeyPoint| ((k.x + k.w / 2.0) * width, (k.y + k.h / 2.0) * height);
    let last = r.keys.len() - 1;
    let one = |a: &KeyPoint, b: &KeyPoint, first: bool, ends: bool| {
        let (w, h) = (side(a.w.max(b.w), width), side(a.h.max(b.h), height));
        let corner = |k: &KeyPoint| (middle(k).0 - f64::from(w) / 2.0, middle(k).1 - f64::from(h) / 2.0);
        Step {
            w,
            h,
            from: corner(a),
            to: corner(b),
            moves: (seconds(a.at_ms), seconds(b.at_ms)),
            shown: (
                seconds(if first { a.at_ms.saturating_sub(HOLD_MS) } else { a.at_ms }),
                seconds(if ends { b.at_ms.saturating_add(HOLD_MS) } else { b.at_ms }),
            ),
            always: false,
        }
    };
    match r.keys.as_slice() {
        [only] => vec![Step { always: true, ..one(only, only, true, true) }],
        keys => keys.windows(2).enumerate().map(|(i, k)| one(&k[0], &k[1], i == 0, i + 1 == last)).collect(),
    }
}

fn seconds(ms: u32) -> f64 {
    f64::from(ms) / 1000.0
}

fn text(steps: &[Step], width: u16, height: u16) -> String {
    let mut g = format!("[0:v]format=yuv420p,split={}[b0]", steps.len() + 1);
    for i in 0..steps.len() {
        let _ = write!(g, "[s{i}]");
    }
    for (i, s) in steps.iter().enumerate() {
        let x = along(s.from.0, s.to.0, s, f64::from(width) - f64::from(s.w));
        let y = along(s.from.1, s.to.1, s, f64::from(height) - f64::from(s.h));
        let (w, h) = (s.w, s.h);
        let _ = write!(g, ";[s{i}]crop={w}:{h}:'{x}':'{y}',scale=2:2:flags=area,scale={w}:{h}:flags=bilinear[r{i}]");
        let when =
            if s.always { String::new() } else { format!(":enable='between(t,{:.3},{:.3})'", s.shown.0, s.shown.1) };
        let to = if i + 1 == steps.len() { "out".to_string() } else { format!("b{}", i + 1) };
        let _ = write!(g, ";[b{i}][r{i}]overlay=x='{x}':y='{y}'{when}[{to}]");
    }
    g
}

/// A coordinate over the time `t`, held at both ends, within the picture.
fn along(from: f64, to: f64, s: &Step, most: f64) -> String {
    let most = most.max(0.0);
    let (begins, ends) = s.moves;
    if s.always || (from - to).abs() < 0.5 || ends - begins < 0.001 {
        return format!("{:.1}", from.clamp(0.0, most));
    }
    format!("clip({from:.1}+({:.1})*clip((t-{begins:.3})/{:.3},0,1),0,{most:.1})", to - from, ends - begins)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(at_ms: u32, x: f64, y: f64, w: f64, h: f64) -> KeyPoint {
        KeyPoint { at_ms, x, y, w, h }
    }

    #[test]
    fn a_region_that_moves_and_one_that_stays() {
        let moves = Region { keys: vec![key(1000, 0.1, 0.5, 0.1, 0.2), key(3000, 0.6, 0.5, 0.2, 0.2)] };
        let stays = Region { keys: vec![key(0, 0.0, 0.0, 0.25, 0.25)] };
        let g = filter(&[moves, stays], 640, 360).unwrap();
        assert!(g.starts_with("[0:v]format=yuv420p,split=3[b0][s0][s1];[s0]crop=136:80:"), "{g}");
        assert!(g.contains("enable='between(t,0.880,3.120)'"), "{g}");
        assert!(g.contains("crop=168:98:'0.0':'0.0'") && g.ends_with("[b1][r1]overlay=x='0.0':y='0.0'[out]"), "{g}");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let of = |keys: Vec<KeyPoint>| {
            filter(&[Region { keys: vec![key(0, 0.0, 0.0, 1.0, 1.0)] }, Region { keys }], 640, 360)
        };
        let good = key(5, 0.1, 0.1, 0.1, 0.1);
        assert_eq!(filter(&[], 640, 360), Err(Fault::None));
        assert_eq!(of(vec![]), Err(Fault::Empty(1)));
        assert_eq!(of(vec![good, good]), Err(Fault::Order(1, 1)));
        for (x, w) in [(-0.1, 0.2), (0.9, 0.2), (0.1, 0.0), (f64::NAN, 0.1), (0.1, f64::INFINITY)] {
            assert_eq!(of(vec![key(0, x, 0.1, w, 0.1)]), Err(Fault::Rectangle(1, 0)), "{x} {w}");
        }
        assert_eq!(of((0..101).map(|i| key(i, 0.1, 0.1, 0.1, 0.1)).collect()), Err(Fault::TooMany));
        assert_eq!(filter(&vec![Region { keys: vec![good] }; 21], 640, 360), Err(Fault::TooMany));
        assert_eq!(filter(&[Region { keys: vec![good] }], 0, 360), Err(Fault::Picture));
    }

    proptest! {
        /// Whatever is placed, the graph is made of known letters, and no number in it leaves the picture.
        #[test]
        fn the_graph_holds_numbers_only(
            keys in proptest::collection::vec((0u32..4_000_000, 0.0f64..1.0, 0.0f64..1.0, 0.0f64..1.0, 0.0f64..1.0), 1..40),
            w in 32u16..4096, h in 32u16..2200,
        ) {
            let mut keys: Vec<KeyPoint> = keys.into_iter().map(|(t, x, y, w, h)| key(t, x * (1.0 - w), y * (1.0 - h), w.max(0.002), h.max(0.002))).collect();
            keys.sort_by_key(|k| k.at_ms);
            keys.dedup_by_key(|k| k.at_ms);
            if let Ok(g) = filter(&[Region { keys }], w, h) {
                prop_assert!(g.bytes().all(|b| b.is_ascii_alphanumeric() || b"[]:;=,.'()+-*/".contains(&b)), "{}", g);
                prop_assert!(!g.contains("NaN") && !g.contains("inf") && !g.contains("e-"));
                for size in g.split("crop=").skip(1) {
                    let mut n = size.split([':', '\'']).map(|v| v.parse::<u32>().unwrap_or(0));
                    let (a, b) = (n.next().unwrap(), n.next().unwrap());
                    prop_assert!(a >= 2 && a <= u32::from(w) && b >= 2 && b <= u32::from(h));
                }
            }
        }
    }
}
