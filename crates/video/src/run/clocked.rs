//! Faults that last: pure, time comes in.

use crate::model::AlarmKind;
use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

/// What is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Begins(AlarmKind),
    Ends,
}

struct One {
    now: Option<AlarmKind>,
    since: i64,
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
    /// The faults of this second. A fault is told after `after` seconds, its end after `well` good ones; of a subject that
    /// is no longer looked at, the end at once. The first good look at a subject is told too: an alarm may be open from
    /// before the program ended.
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
            self.0.remove(&s);
            out.push((s, Change::Ends));
        }
        for (s, fault) in faults {
            let first = !self.0.contains_key(&s);
            let one = self.0.entry(s).or_insert(One { now: fault, since: now, told: None });
            if one.now != fault {
                (one.now, one.since) = (fault, now);
            }
            let lasted = now - one.since;
            match fault {
                Some(kind) if lasted >= after && one.told != Some(kind) => {
                    one.told = Some(kind);
                    out.push((s, Change::Begins(kind)));
                }
                None if first || (one.told.is_some() && lasted >= well) => {
                    one.told = None;
                    out.push((s, Change::Ends));
                }
                _ => {}
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_told_when_it_lasts_and_over_when_it_is() {
        let mut l = Lasting::default();
        let mut step = |now: i64, fault: Option<AlarmKind>| l.step(now, 60, 10, BTreeMap::from([(7, fault)]));
        let offline = Some(AlarmKind::Offline);
        assert_eq!(step(0, None), [(7, Change::Ends)], "what was open from before is over");
        assert!(step(1, None).is_empty() && step(2, offline).is_empty() && step(61, offline).is_empty());
        assert_eq!(step(62, offline), [(7, Change::Begins(AlarmKind::Offline))]);
        assert!(
            step(63, offline).is_empty()
                && step(64, None).is_empty()
                && step(70, offline).is_empty()
                && step(71, None).is_empty()
        );
        assert_eq!(step(81, None), [(7, Change::Ends)]);
        assert!(step(82, Some(AlarmKind::Frozen)).is_empty(), "a blink is no alarm");
        assert!(step(83, None).is_empty() && step(200, None).is_empty());
        assert!(step(201, offline).is_empty());
        assert_eq!(step(261, offline), [(7, Change::Begins(AlarmKind::Offline))]);
        assert_eq!(l.step(262, 60, 10, BTreeMap::new()), [(7, Change::Ends)], "a camera that was taken out of use");
    }
}
