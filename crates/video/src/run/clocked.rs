//! Time as faults see it, and faults that last: pure, time comes in.

use crate::model::AlarmKind;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::Hash;

/// What is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Begins(AlarmKind),
    Ends,
}

/// Seconds that go on with the wall clock and never back: a clock that is set back makes no fault wait for an hour.
#[derive(Default)]
pub(super) struct Line {
    last: Option<i64>,
    passed: i64,
}

impl Line {
    pub fn at(&mut self, wall_s: i64) -> i64 {
        if let Some(last) = self.last.replace(wall_s) {
            self.passed += (wall_s - last).max(0);
        }
        self.passed
    }
}

/// A sum over the last seconds.
#[derive(Default)]
pub(super) struct Window(VecDeque<(i64, u64)>);

impl Window {
    /// Adds `n` at `now`; answers with the sum of what came within `span` seconds.
    pub fn add(&mut self, now: i64, span: i64, n: u64) -> u64 {
        match self.0.back_mut() {
            Some(last) if last.0 == now => last.1 += n,
            _ if n > 0 => self.0.push_back((now, n)),
            _ => {}
        }
        while self.0.front().is_some_and(|f| now - f.0 >= span) {
            self.0.pop_front();
        }
        self.0.iter().map(|x| x.1).sum()
    }
}

#[derive(Default)]
struct One {
    /// Since when it is bad, moments in between that were good for less than a while included.
    bad_since: Option<i64>,
    good_since: Option<i64>,
    now: Option<AlarmKind>,
    kind_since: i64,
    told: Option<AlarmKind>,
}

/// Since when each subject has the fault that it has.
pub(super) struct Lasting<S>(HashMap<S, One>);

impl<S> Default for Lasting<S> {
    fn default() -> Self {
        Lasting(HashMap::new())
    }
}

impl<S: Hash + Eq + Copy + Ord> Lasting<S> {
    /// A fault that was told before the program ended and is not over.
    pub fn know(&mut self, subject: S, kind: AlarmKind) {
        self.0.insert(subject, One { told: Some(kind), ..One::default() });
    }

    /// The faults of this second. A fault is told after `after` seconds, its end after `well` good ones in a row: what comes
    /// and goes within that lasts. Another fault of the same subject is told when that one has lasted. Of a subject that is no
    /// longer looked at, the end is told at once.
    pub fn step(
        &mut self,
        now: i64,
        after: i64,
        well: i64,
        faults: BTreeMap<S, Option<AlarmKind>>,
    ) -> Vec<(S, Change)> {
        let mut out = vec![];
        let gone: Vec<S> = self.0.keys().filter(|s| !faults.contains_key(s)).copied().collect();
        for s in gone {
            if self.0.remove(&s).is_some_and(|one| one.told.is_some()) {
                out.push((s, Change::Ends));
            }
        }
        for (s, fault) in faults {
            let one = self.0.entry(s).or_default();
            if one.now != fault {
                (one.now, one.kind_since) = (fault, now);
            }
            match fault {
                Some(kind) => {
                    one.good_since = None;
                    let bad = *one.bad_since.get_or_insert(now);
                    let lasted = one.told.map_or(now - bad, |_| now - one.kind_since);
                    if one.told != Some(kind) && lasted >= after {
                        one.told = Some(kind);
                        out.push((s, Change::Begins(kind)));
                    }
                }
                None => {
                    if now - *one.good_since.get_or_insert(now) >= well {
                        one.bad_since = None;
                        if one.told.take().is_some() {
                            out.push((s, Change::Ends));
                        }
                    }
                }
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFLINE: Option<AlarmKind> = Some(AlarmKind::Offline);

    #[test]
    fn a_fault_is_told_when_it_lasts_and_over_when_it_is() {
        let mut l = Lasting::default();
        let mut step = |now: i64, fault: Option<AlarmKind>| l.step(now, 60, 10, BTreeMap::from([(7, fault)]));
        assert!(step(0, None).is_empty() && step(2, OFFLINE).is_empty() && step(61, OFFLINE).is_empty());
        assert_eq!(step(62, OFFLINE), [(7, Change::Begins(AlarmKind::Offline))]);
        assert!(
            step(63, OFFLINE).is_empty()
                && step(64, None).is_empty()
                && step(70, OFFLINE).is_empty()
                && step(71, None).is_empty()
        );
        assert_eq!(step(81, None), [(7, Change::Ends)]);
        assert!(step(82, Some(AlarmKind::Frozen)).is_empty(), "a blink is no alarm");
        assert!(step(83, None).is_empty() && step(200, None).is_empty());
        assert!(step(201, OFFLINE).is_empty());
        assert_eq!(step(261, OFFLINE), [(7, Change::Begins(AlarmKind::Offline))]);
        assert!(step(262, Some(AlarmKind::SignIn)).is_empty(), "another reason has to last as well");
        assert_eq!(step(322, Some(AlarmKind::SignIn)), [(7, Change::Begins(AlarmKind::SignIn))]);
        assert_eq!(l.step(323, 60, 10, BTreeMap::new()), [(7, Change::Ends)], "a camera that was taken out of use");
        assert!(l.step(324, 60, 10, BTreeMap::new()).is_empty());
    }

    #[test]
    fn what_comes_and_goes_every_few_seconds_lasts() {
        let mut l = Lasting::default();
        // Two good seconds of twenty, as when a flooding camera is let in again and again.
        let told: Vec<i64> = (0..200)
            .filter(|t| !l.step(*t, 60, 10, BTreeMap::from([(7, OFFLINE.filter(|_| t % 20 > 1))])).is_empty())
            .collect();
        assert_eq!(told, [62], "once, and never over");
    }

    #[test]
    fn what_was_open_before_the_start_is_over_when_it_is() {
        let mut l = Lasting::default();
        l.know(7, AlarmKind::Offline);
        l.know(8, AlarmKind::Offline);
        l.know(9, AlarmKind::Offline);
        let mut step = |now: i64| l.step(now, 60, 10, BTreeMap::from([(7, None), (8, OFFLINE)]));
        assert_eq!(step(0), [(9, Change::Ends)], "taken out of use meanwhile");
        assert!(step(9).is_empty());
        assert_eq!(step(10), [(7, Change::Ends)]);
        assert!(step(100).is_empty(), "told already");
    }

    #[test]
    fn seconds_never_go_back_and_sums_forget() {
        let mut l = Line::default();
        let seen: Vec<i64> = [1000, 1010, 1010, -2600, -2590].into_iter().map(|s| l.at(s)).collect();
        assert_eq!(seen, [0, 10, 10, 10, 20]);
        let mut w = Window::default();
        assert_eq!([w.add(0, 60, 3), w.add(0, 60, 2), w.add(59, 60, 1), w.add(60, 60, 0), w.add(119, 60, 0)], [3, 5, 6, 1, 0]);
    }
}
