//! What was received and not recorded (没有录上), and jumps of the cameras' clocks: told by the recorder as events, counted
//! by the hour, and a fault for a while.

use kernel::{Timestamp, Uuid};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A loss or a jump is a fault for so many seconds: longer than a fault must last before it is told, so that one is told.
const FAULT_SECONDS: i64 = 300;

#[derive(Default)]
struct Of {
    /// Since they were counted last.
    groups: i64,
    jumps: i64,
    lost_at: Option<Timestamp>,
    jumped_at: Option<Timestamp>,
}

/// What happened to a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lately {
    /// Groups that were not written and jumps of the clock, since this was asked last.
    pub groups: i64,
    pub jumps: i64,
    /// A loss, or a jump, of a moment ago.
    pub losing: bool,
    pub jumped: bool,
}

/// By stream.
#[derive(Default)]
pub(super) struct Losses(Mutex<HashMap<Uuid, Of>>);

impl Losses {
    fn all(&self) -> MutexGuard<'_, HashMap<Uuid, Of>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// So many groups of pictures were received and not written; at `now` when that is the stream's own fault and not the disk's,
    /// of which it is told once.
    pub fn groups(&self, stream: Uuid, groups: u32, now: Option<Timestamp>) {
        let mut all = self.all();
        let of = all.entry(stream).or_default();
        (of.groups, of.lost_at) = (of.groups + i64::from(groups), now.or(of.lost_at));
    }
    /// The camera's clock jumped.
    pub fn jump(&self, stream: Uuid, now: Timestamp) {
        let mut all = self.all();
        let of = all.entry(stream).or_default();
        (of.jumps, of.jumped_at) = (of.jumps + 1, Some(now));
    }
    /// What happened since the last time this was asked, and what of it is still a fault at `now`.
    pub fn take(&self, stream: Uuid, now: Timestamp) -> Lately {
        let mut all = self.all();
        let Some(of) = all.get_mut(&stream) else { return Lately::default() };
        // A clock that was set meanwhile makes nothing last.
        let recent = |at: Option<Timestamp>| at.is_some_and(|at| (now.as_second() - at.as_second()).abs() < FAULT_SECONDS);
        let (losing, jumped) = (recent(of.lost_at), recent(of.jumped_at));
        let told = Lately { groups: std::mem::take(&mut of.groups), jumps: std::mem::take(&mut of.jumps), losing, jumped };
        if !losing && !jumped {
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
        assert_eq!(l.take(id, t), Lately::default());
        l.groups(id, 2, Some(t));
        l.groups(id, 3, None);
        l.jump(id, t + 10.seconds());
        assert_eq!(l.take(id, t + 10.seconds()), Lately { groups: 5, jumps: 1, losing: true, jumped: true });
        assert_eq!(l.take(id, t + 299.seconds()), Lately { losing: true, jumped: true, ..Lately::default() });
        assert_eq!(l.take(id, t + 300.seconds()), Lately { jumped: true, ..Lately::default() });
        assert_eq!(l.take(id, t - 3_600.seconds()), Lately::default(), "the clock was set back");
        assert!(l.all().is_empty());
    }
}
