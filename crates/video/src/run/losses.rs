//! What was received and not recorded (没有录上), and jumps of the cameras' clocks: told by the recorder as events, counted
//! by the hour, and a fault for a while.

use kernel::{Timestamp, Uuid};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A loss is a fault for so many seconds: longer than a fault must last before it is told, so that one loss is told.
const FAULT_SECONDS: i64 = 300;

#[derive(Default)]
struct Of {
    /// Since they were counted last.
    groups: i64,
    jumps: i64,
    lost_at: Option<Timestamp>,
}

/// By stream.
#[derive(Default)]
pub(super) struct Losses(Mutex<HashMap<Uuid, Of>>);

impl Losses {
    fn all(&self) -> MutexGuard<'_, HashMap<Uuid, Of>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// So many groups of pictures were received and not written.
    pub fn groups(&self, stream: Uuid, groups: u32, now: Timestamp) {
        let mut all = self.all();
        let of = all.entry(stream).or_default();
        (of.groups, of.lost_at) = (of.groups + i64::from(groups), Some(now));
    }
    /// The camera's clock jumped.
    pub fn jump(&self, stream: Uuid) {
        self.all().entry(stream).or_default().jumps += 1;
    }
    /// Groups and jumps since the last time this was asked, and whether a loss is still a fault at `now`.
    pub fn take(&self, stream: Uuid, now: Timestamp) -> (i64, i64, bool) {
        let mut all = self.all();
        let Some(of) = all.get_mut(&stream) else { return (0, 0, false) };
        let recent = of.lost_at.is_some_and(|at| now.as_second() - at.as_second() < FAULT_SECONDS);
        let told = (std::mem::take(&mut of.groups), std::mem::take(&mut of.jumps), recent);
        if !recent {
            all.remove(&stream);
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::ToSpan;

    #[test]
    fn a_loss_is_counted_once_and_a_fault_for_a_while() {
        let (l, id, t) = (Losses::default(), Uuid::from_u128(7), Timestamp::UNIX_EPOCH);
        assert_eq!(l.take(id, t), (0, 0, false));
        l.groups(id, 2, t);
        l.groups(id, 3, t);
        l.jump(id);
        assert_eq!(l.take(id, t), (5, 1, true));
        assert_eq!(l.take(id, t + 299.seconds()), (0, 0, true));
        assert_eq!(l.take(id, t + 300.seconds()), (0, 0, false));
        assert!(l.all().is_empty());
    }
}
