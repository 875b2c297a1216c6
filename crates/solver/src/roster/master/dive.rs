//! The dive: from fractions of schedules to whole ones.

use super::{Ended, INF, Master, Net, Pricer};
use crate::roster::util::{Clock, Rng};

impl Master<'_> {
    /// Value of each open member's columns in the programme's solution, largest first: (value, column).
    fn fractions(&self) -> Vec<(f64, usize)> {
        let mut best = vec![(0.0, usize::MAX); self.group.len()];
        for (c, x) in self.lp.solution() {
            let column = self.column_of[c];
            if column == usize::MAX {
                continue;
            }
            let m = self.columns[column].member;
            if self.fixed[m].is_none() && x > best[m].0 {
                best[m] = (x, column);
            }
        }
        let mut all: Vec<(f64, usize)> = best.into_iter().filter(|b| b.1 != usize::MAX).collect();
        all.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        all
    }

    /// Each member's schedule of largest value in the programme's solution: (value, person, schedule), largest first.
    pub fn likely(&self) -> Vec<(f64, usize, Vec<u8>)> {
        let of = |(x, c): (f64, usize)| {
            let column = &self.columns[c];
            (x, self.group[column.member], column.schedule.clone())
        };
        self.fractions().into_iter().map(of).collect()
    }

    /// Known schedules with a reduced cost of at most `most`: (person, schedule).
    pub fn near(&self, most: f64) -> Vec<(usize, Vec<u8>)> {
        let close = self.columns.iter().filter(|c| self.lp.reduced_cost(c.lp) <= most);
        close.map(|c| (self.group[c.member], c.schedule.clone())).collect()
    }

    /// Adds schedules of people, those of others are passed over.
    pub fn offer(&mut self, schedules: &[(usize, Vec<u8>)]) {
        for (p, schedule) in schedules {
            if let Some(m) = self.group.iter().position(|g| g == p) {
                self.add(m, schedule);
            }
        }
    }

    fn fix(&mut self, column: usize) {
        let m = self.columns[column].member;
        self.fixed[m] = Some(column);
        let excluded = excluded(self.net);
        let others: Vec<usize> =
            self.columns.iter().enumerate().filter(|&(i, c)| c.member == m && i != column).map(|x| x.1.lp).collect();
        for lp in others {
            self.lp.raise(lp, excluded);
        }
    }

    /// After fixing: the bound of the known duals for what is left.
    fn anew(&mut self, pricers: &mut [Pricer]) {
        self.bound = -INF;
        if self.duals.is_empty() {
            return;
        }
        let y = std::mem::take(&mut self.duals);
        let found = self.price(pricers, &y, 1);
        self.bound = self.lagrangian(&y, &found);
        self.duals = y;
        self.take_in(found, true);
    }

    /// Fixes schedule after schedule, generating columns between, until everybody has one or nothing below `upper` is
    /// left. Afterwards the master is used up.
    pub fn dive(
        &mut self,
        pricers: &mut [Pricer],
        upper: i64,
        rng: &mut Rng,
        rounds: usize,
        clock: &Clock<'_>,
    ) -> Option<Vec<(usize, Vec<u8>)>> {
        loop {
            let open = self.fixed.iter().filter(|f| f.is_none()).count();
            if open == 0 {
                break;
            }
            if clock.over() {
                return None;
            }
            let best = self.fractions();
            let mut taken = 0;
            for (i, &(x, column)) in best.iter().enumerate() {
                let enough = i == 0 || x > 0.97 || (x > 0.6 && taken * 10 < open);
                if !enough {
                    break;
                }
                // Now and then the second best first, so that repeated dives differ.
                let pick = if i == 0 && x < 0.97 && best.len() > 1 && rng.chance(0.15) { best[1].1 } else { column };
                if self.fixed[self.columns[pick].member].is_none() {
                    self.fix(pick);
                    taken += 1;
                }
            }
            if taken == 0 {
                return None;
            }
            self.anew(pricers);
            if self.generate(pricers, rounds, 2e-4, upper, clock) == Ended::Pruned {
                return None;
            }
        }
        let chosen = self.fixed.iter().flatten().map(|&c| &self.columns[c]);
        Some(chosen.map(|c| (self.group[c.member], c.schedule.clone())).collect())
    }
}

/// What a column pays for being excluded during a dive: more than it can save.
pub(super) fn excluded(net: &Net) -> f64 {
    1e4 + 50.0 * net.rows.iter().map(|r| r.under).max().unwrap_or(0) as f64
}
