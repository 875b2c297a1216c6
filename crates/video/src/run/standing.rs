//! What happened once and is to be known for a while (核对提醒): the machine's clock was set, recordings cannot be read.

use crate::rules;
use kernel::{Timestamp, Uuid};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The clock counts as set right again when all that was done to it comes to less than this.
const RIGHT_MS: i64 = 2_000;

#[derive(Default)]
struct Kept {
    /// When the machine's clock was set, and by how much in all; none when that was before the start.
    clock: Option<(Timestamp, Option<i64>)>,
    /// By camera: files that could not be read at the start.
    unreadable: HashMap<Uuid, (Timestamp, usize)>,
}

/// By camera, and for the machine.
#[derive(Default)]
pub(super) struct Standing(Mutex<Kept>);

fn stands(at: Timestamp, now: Timestamp, seconds: i64) -> bool {
    // Either way: the clock itself may have been set since.
    (now.as_second() - at.as_second()).abs() < seconds
}

impl Standing {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// The machine's clock was set before the program ended.
    pub fn clock_known(&self, at: Timestamp) {
        self.kept().clock.get_or_insert((at, None));
    }
    /// The machine's clock was set by so many milliseconds.
    pub fn clock_set(&self, by_ms: i64, now: Timestamp) {
        let mut k = self.kept();
        let (at, before) = k.clock.unwrap_or((now, None));
        let all = before.unwrap_or(0).saturating_add(by_ms);
        k.clock = (all.abs() >= RIGHT_MS).then_some((if before.is_some() { at } else { now }, Some(all)));
    }
    /// So many files of a camera cannot be read.
    pub fn unreadable(&self, camera: Uuid, files: usize, now: Timestamp) {
        self.kept().unreadable.entry(camera).or_insert((now, 0)).1 += files;
    }
    /// What is to be said of the machine's clock, for so many seconds after it was set.
    pub fn clock(&self, now: Timestamp, seconds: i64) -> Option<String> {
        let mut k = self.kept();
        k.clock = k.clock.filter(|(at, _)| stands(*at, now, seconds));
        k.clock.map(|(_, by)| rules::clock_set(by))
    }
    /// What is to be said of each camera's files, for so many seconds after the start.
    pub fn files(&self, now: Timestamp, seconds: i64) -> HashMap<Uuid, String> {
        let mut k = self.kept();
        k.unreadable.retain(|_, (at, _)| stands(*at, now, seconds));
        k.unreadable.iter().map(|(c, (_, n))| (*c, format!("{n} 个文件"))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::ToSpan;

    #[test]
    fn a_clock_that_is_set_is_told_until_it_is_set_right_or_a_day_has_passed() {
        let (s, t) = (Standing::default(), Timestamp::UNIX_EPOCH);
        let day = 86_400;
        assert_eq!(s.clock(t, day), None);
        s.clock_set(-3_600_000, t);
        assert_eq!(s.clock(t, day).unwrap(), "本机时钟往回调了 1 小时 0 分");
        s.clock_set(60_000, t + 30.seconds());
        assert_eq!(s.clock(t, day).unwrap(), "本机时钟往回调了 59 分 0 秒");
        s.clock_set(3_540_500, t + 90.seconds());
        assert_eq!(s.clock(t, day), None, "right again");
        s.clock_known(t);
        assert_eq!(s.clock(t, day).unwrap(), "本机时钟改动过");
        s.clock_set(9_000, t + 3.hours());
        assert_eq!(s.clock(t + 24.hours(), day).unwrap(), "本机时钟往前跳了 9 秒");
        assert_eq!(s.clock(t + 27.hours(), day), None);
        let camera = Uuid::from_u128(7);
        s.unreadable(camera, 2, t);
        s.unreadable(camera, 1, t);
        assert_eq!(s.files(t, day)[&camera], "3 个文件");
        assert!(s.files(t + 24.hours(), day).is_empty());
    }
}
