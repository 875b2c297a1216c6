//! A roster with the activity of every row kept up to date, so that costs and marginal prices are quick.

use super::model::{OFF, Roster};
use super::net::{Fair, INF, Net, SCALE};

#[derive(Clone, Debug)]
pub(crate) struct State {
    pub rows: Vec<Vec<u8>>,
    /// Σ coefficient of cover and mix rows (and of fairness rows, which count cells).
    pub activity: Vec<i64>,
    /// Own costs of all people.
    pub own: i64,
}

impl State {
    pub fn new(net: &Net, rows: Vec<Vec<u8>>) -> State {
        let mut s =
            State { rows: vec![vec![OFF; net.days]; net.agents.len()], activity: vec![0; net.rows.len()], own: 0 };
        for (p, row) in rows.into_iter().enumerate() {
            s.own += net.own_cost(p, &row);
            s.count(net, p, &row, 1);
            s.rows[p] = row;
        }
        s
    }

    pub fn roster(&self) -> Roster {
        Roster { rows: self.rows.clone() }
    }

    fn count(&mut self, net: &Net, p: usize, schedule: &[u8], by: i64) {
        for (d, &k) in schedule.iter().enumerate().filter(|(_, k)| **k != OFF) {
            for (r, c) in net.rows_of(p, d * net.kinds + k as usize) {
                self.activity[r] += by * c;
            }
        }
    }

    /// Takes a person's work out of the counts; their schedule stays written until [`State::put`].
    pub fn take(&mut self, net: &Net, p: usize) -> Vec<u8> {
        let schedule = std::mem::take(&mut self.rows[p]);
        self.count(net, p, &schedule, -1);
        self.own -= net.own_cost(p, &schedule);
        schedule
    }

    pub fn put(&mut self, net: &Net, p: usize, schedule: Vec<u8>) {
        self.count(net, p, &schedule, 1);
        self.own += net.own_cost(p, &schedule);
        self.rows[p] = schedule;
    }

    pub fn row_cost(net: &Net, r: usize, activity: i64) -> i64 {
        let row = &net.rows[r];
        let missing = row.need - activity;
        if missing > 0 { row.under * missing } else { -row.over * missing }
    }

    /// Whole cost with missing hard units at their large weight.
    pub fn cost(&self, net: &Net) -> i64 {
        let plain: i64 = (0..net.plain_rows()).map(|r| State::row_cost(net, r, self.activity[r])).sum();
        self.own + plain + net.fair.iter().map(|f| self.unfair(f)).sum::<i64>()
    }

    /// Cost of a fairness rule.
    pub fn unfair(&self, f: &Fair) -> i64 {
        f.weight * match f.level {
            Some(level) => self.totals(f).map(|t| f.outside(level, t)).sum(),
            None => (self.spread(f) - f.free).max(0),
        }
    }

    pub fn totals<'a>(&'a self, f: &'a Fair) -> impl Iterator<Item = i64> + 'a {
        f.people.iter().enumerate().map(|(i, x)| x.1 + self.activity[f.first_row + i])
    }

    pub fn spread(&self, f: &Fair) -> i64 {
        self.totals(f).max().unwrap_or(0) - self.totals(f).min().unwrap_or(0)
    }

    /// Price of each cell of `p` (whose work is taken out): own cost plus the exact change of plain rows, plus a linear
    /// pull for fairness given the person's total before.
    pub fn marginal(&self, net: &Net, p: usize, before: &[i64], price: &mut Vec<f64>) {
        let agent = &net.agents[p];
        price.clear();
        price.resize(net.days * net.kinds, INF);
        let plain = net.plain_rows();
        for d in 0..net.days {
            for &k in &agent.kinds {
                let cell = d * net.kinds + k;
                if !agent.able[cell] {
                    continue;
                }
                let mut cost = agent.cost[cell];
                for (r, c) in net.rows_of(p, cell).filter(|x| x.0 < plain) {
                    let now = self.activity[r];
                    cost += State::row_cost(net, r, now + c) - State::row_cost(net, r, now);
                }
                price[cell] = cost as f64 * SCALE;
            }
        }
        for (&f, &pull) in agent.fair.iter().zip(before) {
            let counted = price.iter_mut().zip(&net.fair[f].counted).filter(|(v, c)| **c && **v < INF);
            counted.for_each(|(v, _)| *v += pull as f64 * SCALE);
        }
    }

    /// For each fairness rule of `p`: a price for counted cells, positive for who has the most, negative for the least.
    pub fn pulls(&self, net: &Net, p: usize) -> Vec<i64> {
        let rules = net.agents[p].fair.iter().map(|&f| &net.fair[f]);
        rules
            .map(|f| {
                let totals: Vec<i64> = self.totals(f).collect();
                let (Some(&most), Some(&least)) = (totals.iter().max(), totals.iter().min()) else { return 0 };
                let own = f.people.iter().position(|x| x.0 == p).map_or(least, |i| totals[i]);
                if let Some(level) = f.level {
                    f.weight * (i64::from(own > level + f.free) - i64::from(own < level))
                } else if most - least <= 1 {
                    0
                } else if own == most {
                    f.weight
                } else if own == least {
                    -f.weight
                } else {
                    0
                }
            })
            .collect()
    }
}
