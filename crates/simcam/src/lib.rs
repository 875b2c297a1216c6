//! Simulated cameras: an RTSP/1.0 server (RFC 2326, TCP interleaved) that plays a clip in real time, over and over, with faults by script.
//!
//! Invariants: frame `n` of a camera is due at `epoch + n × step`, watched or not, so a client that was away sees
//! which numbers it missed; every frame carries its number and send time ([`mark`]); packets of one camera never wait
//! for another's client; everything that a client can make grow is bounded.

mod clip;
pub mod fault;
pub mod mark;
mod mp4;
mod request;
mod server;

pub use clip::Clip;
pub use mp4::Coding;
pub use request::Scheme;
pub use server::Sim;

use std::sync::Arc;

/// Why a server or a clip cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// A clip that cannot be played.
    #[error("clip: {0}")]
    Clip(String),
    /// The address, mostly.
    #[error("simulated cameras: {0}")]
    Io(#[from] std::io::Error),
}

/// Name and password a camera asks for.
#[derive(Clone)]
pub struct SignIn {
    /// How they are sent.
    pub scheme: Scheme,
    /// Name.
    pub user: String,
    /// Password.
    pub password: String,
}

/// One simulated camera.
#[derive(Clone)]
pub struct Camera {
    /// What it shows.
    pub clip: Arc<Clip>,
    /// What it asks for, if anything.
    pub sign_in: Option<SignIn>,
    /// Whether it refuses even the right password (only with `sign_in`).
    pub refuses: bool,
    /// It sends by UDP alone: whoever asks for packets within the connection is refused (461).
    pub udp_only: bool,
    /// RTP timestamp of frame 0; near `u32::MAX` it soon wraps.
    pub first_timestamp: u32,
    /// Its frame 0 was due so long before the server started: cameras are not in step with each other.
    pub ahead: std::time::Duration,
    /// It offers sound (G.711, RFC 3551) beside the picture; nobody who asks for it gets any.
    pub sound: bool,
    /// Its clock minus the machine's, milliseconds, told in sender reports (RFC 3550, 6.4.1); `None`: it tells none.
    pub clock_ms: Option<i64>,
    /// Bytes of filler (H.264) that a moving picture bears more than those of the clip: as many as real places cost.
    pub filler: usize,
    /// What goes wrong.
    pub faults: Vec<fault::Fault>,
}

impl Camera {
    /// A camera without faults that asks for no password.
    pub fn new(clip: Arc<Clip>) -> Camera {
        Camera {
            clip,
            sign_in: None,
            refuses: false,
            udp_only: false,
            first_timestamp: 0,
            ahead: std::time::Duration::ZERO,
            sound: false,
            clock_ms: None,
            filler: 0,
            faults: vec![],
        }
    }

    /// The same with a fault more.
    #[must_use]
    pub fn with(mut self, fault: fault::Fault) -> Camera {
        self.faults.push(fault);
        self
    }
}

/// The clips that ship (how they were made: `clips/README.md`).
pub mod clips {
    use super::{Arc, Clip, SimError};

    macro_rules! shipped {
        ($($(#[$doc:meta])* $name:ident = $file:literal;)*) => {$(
            $(#[$doc])*
            ///
            /// # Errors
            /// None in practice: the file is part of the program.
            pub fn $name() -> Result<Arc<Clip>, SimError> {
                Clip::read(include_bytes!(concat!("../clips/", $file))).map(Arc::new)
            }
        )*};
    }
    shipped! {
        /// Moving test card, 640×360, H.264, 8 s.
        yard = "yard.mp4";
        /// Another moving picture, 640×360, H.264, 8 s.
        gate = "gate.mp4";
        /// The first picture of `yard`, standing still.
        still = "still.mp4";
        /// 320×180: other parameter sets.
        small = "small.mp4";
        /// Moving test card in H.265, 4 s.
        yard265 = "yard265.mp4";
    }
}
