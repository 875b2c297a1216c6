//! Scripted faults: what a camera does wrong, from when, for how long.

use std::time::Duration;

/// One way of going wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// Closes the connection.
    Drop,
    /// Shows the same picture again and again; everything else goes on.
    Freeze,
    /// RTP timestamps stand still.
    StallClock,
    /// Loses this share of packets, in hundredths.
    Lose(u8),
    /// Adds seconds to the RTP timestamp (once, lasting for the session).
    Jump(i32),
    /// Another resolution with other parameter sets.
    OtherSets,
    /// Sends half a frame, then nothing more over an open connection.
    MidFrame,
    /// Sends nothing over an open connection.
    Silence,
    /// Leaves out every key frame.
    NoKey,
    /// Sends without waiting for the frame's time.
    Flood,
    /// Sends each packet in small pieces with pauses.
    Slow,
    /// Bytes that are no RTSP and no RTP.
    Garbage,
    /// Exchanges the first two packets of each frame, as a gateway hands on what reached it by UDP.
    Reorder,
    /// Packets of an older session among its own, as old live555 servers send after a connection was lost.
    Stale,
}

/// A fault with its time, counted from `PLAY`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fault {
    /// What goes wrong.
    pub kind: Kind,
    /// From when.
    pub at: Duration,
    /// For how long; `None` is until the session ends.
    pub lasts: Option<Duration>,
}

impl Fault {
    /// A fault from the first frame to the end.
    pub fn always(kind: Kind) -> Fault {
        Fault { kind, at: Duration::ZERO, lasts: None }
    }

    /// A fault from `at` seconds, for `lasts` seconds.
    pub fn during(kind: Kind, at: f64, lasts: f64) -> Fault {
        Fault { kind, at: Duration::from_secs_f64(at), lasts: Some(Duration::from_secs_f64(lasts)) }
    }

    /// Whether it holds `since` after `PLAY`.
    pub fn holds(&self, since: Duration) -> bool {
        since >= self.at && self.lasts.is_none_or(|l| since - self.at < l)
    }
}

/// Reads `kind[:value][@seconds][+seconds]`, such as `lose:5@10+20` (5 % of packets, from second 10, for 20 s).
///
/// # Errors
/// A sentence naming what was not understood.
pub fn parse(text: &str) -> Result<Fault, String> {
    let (rest, lasts) = match text.split_once('+') {
        Some((r, l)) => (r, Some(seconds(l)?)),
        None => (text, None),
    };
    let (rest, at) = match rest.split_once('@') {
        Some((r, a)) => (r, seconds(a)?),
        None => (rest, Duration::ZERO),
    };
    let (name, value) = rest.split_once(':').map_or((rest, None), |(n, v)| (n, Some(v)));
    let kind = match (name, value) {
        ("drop", None) => Kind::Drop,
        ("freeze", None) => Kind::Freeze,
        ("stall-clock", None) => Kind::StallClock,
        ("lose", Some(v)) => Kind::Lose(v.parse().ok().filter(|p| *p <= 100).ok_or(format!("{v}: not 0 to 100 %"))?),
        ("jump", Some(v)) => Kind::Jump(v.parse().map_err(|_| format!("{v}: not whole seconds"))?),
        ("other-sets", None) => Kind::OtherSets,
        ("mid-frame", None) => Kind::MidFrame,
        ("silence", None) => Kind::Silence,
        ("no-key", None) => Kind::NoKey,
        ("flood", None) => Kind::Flood,
        ("slow", None) => Kind::Slow,
        ("garbage", None) => Kind::Garbage,
        ("reorder", None) => Kind::Reorder,
        ("stale", None) => Kind::Stale,
        _ => return Err(format!("{rest}: no such fault")),
    };
    Ok(Fault { kind, at, lasts })
}

fn seconds(text: &str) -> Result<Duration, String> {
    text.parse::<f64>()
        .ok()
        .and_then(|s| Duration::try_from_secs_f64(s).ok())
        .ok_or_else(|| format!("{text}: not a number of seconds"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn faults_are_read_with_their_times() {
        assert_eq!(parse("lose:5@10+20"), Ok(Fault::during(Kind::Lose(5), 10.0, 20.0)));
        assert_eq!(parse("freeze"), Ok(Fault::always(Kind::Freeze)));
        assert!(parse("lose:101").is_err() && parse("lose").is_err() && parse("drop@-1").is_err());
        let f = Fault::during(Kind::Drop, 1.0, 2.0);
        assert!(
            !f.holds(Duration::from_millis(999)) && f.holds(Duration::from_secs(1)) && !f.holds(Duration::from_secs(3))
        );
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in ".{0,40}") {
            let _ = parse(&text);
        }
    }
}
