//! A primal revised simplex for column generation: bounded dense memory (rows × rows), columns come at any time, the
//! basis stays. Pricing is Devex; right-hand sides are moved a little to keep degenerate steps apart, which
//! touches neither the bound (recomputed exactly from the duals) nor the final roster.

use super::lp::Lp;

/// Pivots after which the inverse is computed afresh.
const REFRESH: usize = 400;
const TOLERANCE: f64 = 1e-7;
/// Smallest pivot element.
const PIVOT: f64 = 1e-7;

/// The programme of a master in memory of its own ([`Lp`]).
pub(crate) struct Simplex {
    rows: usize,
    rhs: Vec<f64>,
    from: Vec<u32>,
    index: Vec<u32>,
    value: Vec<f64>,
    cost: Vec<f64>,
    basis: Vec<usize>,
    is_basic: Vec<bool>,
    inverse: Vec<f64>,
    x: Vec<f64>,
    y: Vec<f64>,
    since: usize,
    entering: Vec<f64>,
    reduced: Vec<f64>,
    weight: Vec<f64>,
}

impl Simplex {
    /// `units[r]` is the cost of a column +1 in row r alone: the first basis. Right-hand sides may be negative until
    /// [`Lp::repair_sign`] was called.
    pub fn new(rhs: Vec<f64>, units: &[f64]) -> Simplex {
        let rows = rhs.len();
        let mut lp = Simplex {
            rows,
            x: rhs.clone(),
            rhs,
            from: vec![0],
            index: vec![],
            value: vec![],
            cost: vec![],
            basis: (0..rows).collect(),
            is_basic: vec![],
            inverse: vec![0.0; rows * rows],
            y: units.to_vec(),
            since: 0,
            entering: vec![0.0; rows],
            reduced: vec![],
            weight: vec![],
        };
        for (r, &c) in units.iter().enumerate() {
            lp.add(c, &[(r, 1.0)]);
            lp.is_basic[r] = true;
            lp.inverse[r * rows + r] = 1.0;
        }
        lp
    }

    fn transform(&mut self, column: usize) {
        let (a, b) = (self.from[column] as usize, self.from[column + 1] as usize);
        let entries: Vec<(usize, f64)> =
            self.index[a..b].iter().zip(&self.value[a..b]).map(|(&r, &v)| (r as usize, v)).collect();
        for (out, row) in self.entering.iter_mut().zip(self.inverse.chunks_exact(self.rows)) {
            *out = entries.iter().map(|&(r, v)| row[r] * v).sum();
        }
    }

    fn fresh_duals(&mut self) {
        let mut y = std::mem::take(&mut self.y);
        y.fill(0.0);
        for (&b, row) in self.basis.iter().zip(self.inverse.chunks_exact(self.rows)) {
            let c = self.cost[b];
            if c != 0.0 {
                for (y, v) in y.iter_mut().zip(row) {
                    *y += c * v;
                }
            }
        }
        self.y = y;
    }

    fn pivot(&mut self, column: usize, r: usize, theta: f64, d: f64) {
        let m = self.rows;
        let alpha = self.entering[r];
        for v in &mut self.inverse[r * m..(r + 1) * m] {
            *v /= alpha;
        }
        let (before, rest) = self.inverse.split_at_mut(r * m);
        let (row, after) = rest.split_at_mut(m);
        let filled: Vec<u32> = (0..m as u32).filter(|&j| row[j as usize] != 0.0).collect();
        let sparse = filled.len() * 3 < m;
        let others = before.chunks_exact_mut(m).zip(&self.entering[..r]);
        let others = others.chain(after.chunks_exact_mut(m).zip(&self.entering[r + 1..]));
        for (other, &a) in others {
            if a.abs() <= 1e-12 {
                continue;
            }
            if sparse {
                for &j in &filled {
                    other[j as usize] -= a * row[j as usize];
                }
            } else {
                for (o, v) in other.iter_mut().zip(row.iter()) {
                    *o -= a * v;
                }
            }
        }
        for (y, v) in self.y.iter_mut().zip(row.iter()) {
            *y += d * v;
        }
        for (i, x) in self.x.iter_mut().enumerate() {
            if i != r {
                *x -= theta * self.entering[i];
                if *x < 0.0 && *x > -1e-6 {
                    *x = 0.0;
                }
            }
        }
        self.x[r] = theta.max(0.0);
        self.is_basic[self.basis[r]] = false;
        self.is_basic[column] = true;
        self.basis[r] = column;
        self.since += 1;
    }

    /// The row that leaves when the transformed column enters.
    fn leaving(&self) -> Option<usize> {
        let bound = self
            .entering
            .iter()
            .zip(&self.x)
            .filter(|(a, _)| **a > PIVOT)
            .map(|(a, x)| (x + 1e-9) / a)
            .fold(f64::INFINITY, f64::min);
        let within = |i: &usize| self.entering[*i] > PIVOT && self.x[*i] / self.entering[*i] <= bound;
        (0..self.rows).filter(within).max_by(|&a, &b| self.entering[a].total_cmp(&self.entering[b]))
    }

    /// Reduced costs of all columns, 0 for basic ones.
    fn fresh_reduced(&mut self) {
        self.reduced.clear();
        for c in 0..self.columns() {
            self.reduced.push(if self.is_basic[c] { 0.0 } else { self.reduced_cost(c) });
        }
    }

    /// Reduced costs and reference weights after `column` enters for row `r`.
    fn update_prices(&mut self, column: usize, r: usize, d: f64) {
        let alpha = self.entering[r];
        let rho = &self.inverse[r * self.rows..(r + 1) * self.rows];
        let own = self.weight[column].max(1.0);
        let (rate, square) = (d / alpha, own / (alpha * alpha));
        let mut largest = 1.0f64;
        for c in 0..self.cost.len() {
            if self.is_basic[c] {
                continue;
            }
            let (a, b) = (self.from[c] as usize, self.from[c + 1] as usize);
            let entries = self.index[a..b].iter().zip(&self.value[a..b]);
            let row: f64 = entries.map(|(&i, v)| rho[i as usize] * v).sum();
            if row != 0.0 {
                self.reduced[c] -= rate * row;
                let w = row * row * square;
                if w > self.weight[c] {
                    self.weight[c] = w;
                    largest = largest.max(w);
                }
            }
        }
        let left = self.basis[r];
        self.reduced[column] = 0.0;
        self.reduced[left] = -rate;
        self.weight[left] = square.max(1.0);
        if largest > 1e7 {
            self.weight.fill(1.0);
        }
    }

    /// Computes the inverse afresh: unit columns first, then the others by their largest pivot.
    fn refresh(&mut self) {
        let m = self.rows;
        self.since = 0;
        self.inverse.fill(0.0);
        let old = std::mem::take(&mut self.basis);
        let mut basis = vec![usize::MAX; m];
        let mut later = vec![];
        for &c in &old {
            let (a, b) = (self.from[c] as usize, self.from[c + 1] as usize);
            let r = self.index[a] as usize;
            if b - a == 1 && basis[r] == usize::MAX {
                basis[r] = c;
                self.inverse[r * m + r] = 1.0 / self.value[a];
            } else {
                later.push(c);
            }
        }
        let mut open: Vec<bool> = basis.iter().map(|&b| b == usize::MAX).collect();
        for (r, &free) in open.iter().enumerate() {
            if free {
                self.inverse[r * m + r] = 1.0;
            }
        }
        self.basis = basis.iter().enumerate().map(|(r, &b)| if b == usize::MAX { r } else { b }).collect();
        for c in later {
            self.transform(c);
            let row =
                (0..m).filter(|&r| open[r]).max_by(|&a, &b| self.entering[a].abs().total_cmp(&self.entering[b].abs()));
            let Some(r) = row.filter(|&r| self.entering[r].abs() > 1e-9) else { continue };
            open[r] = false;
            self.pivot(c, r, 0.0, 0.0);
        }
        self.since = 0;
        self.is_basic.fill(false);
        for &b in &self.basis {
            self.is_basic[b] = true;
        }
        for (x, row) in self.x.iter_mut().zip(self.inverse.chunks_exact(m)) {
            *x = row.iter().zip(&self.rhs).map(|(a, b)| a * b).sum::<f64>().max(0.0);
        }
        self.fresh_duals();
    }
}

impl Lp for Simplex {
    fn add(&mut self, cost: f64, entries: &[(usize, f64)]) -> usize {
        for &(r, v) in entries {
            self.index.push(r as u32);
            self.value.push(v);
        }
        self.from.push(self.index.len() as u32);
        self.cost.push(cost);
        self.is_basic.push(false);
        self.cost.len() - 1
    }

    fn columns(&self) -> usize {
        self.cost.len()
    }

    fn raise(&mut self, column: usize, by: f64) {
        self.cost[column] += by;
        if self.is_basic[column]
            && let Some(r) = self.basis.iter().position(|&b| b == column)
        {
            for (y, b) in self.y.iter_mut().zip(&self.inverse[r * self.rows..(r + 1) * self.rows]) {
                *y += by * b;
            }
        }
    }

    fn duals(&self) -> &[f64] {
        &self.y
    }

    fn objective(&self) -> f64 {
        self.basis.iter().zip(&self.x).map(|(&b, x)| self.cost[b] * x).sum()
    }

    fn solution(&self) -> Vec<(usize, f64)> {
        self.basis.iter().copied().zip(self.x.iter().copied()).collect()
    }

    fn reduced_cost(&self, column: usize) -> f64 {
        let (a, b) = (self.from[column] as usize, self.from[column + 1] as usize);
        let dot: f64 = self.index[a..b].iter().zip(&self.value[a..b]).map(|(&r, v)| self.y[r as usize] * v).sum();
        self.cost[column] - dot
    }

    fn force(&mut self, column: usize, r: usize) {
        self.transform(column);
        let theta = self.x[r] / self.entering[r];
        let d = self.reduced_cost(column);
        self.pivot(column, r, theta, d);
    }

    fn repair_sign(&mut self, opposite: &[usize]) {
        for (r, &o) in opposite.iter().enumerate() {
            if self.x[r] < 0.0 && self.basis[r] == r {
                self.is_basic[r] = false;
                self.is_basic[o] = true;
                self.basis[r] = o;
                self.x[r] = -self.x[r];
                for v in &mut self.inverse[r * self.rows..(r + 1) * self.rows] {
                    *v = -*v;
                }
            }
        }
        self.fresh_duals();
    }

    /// Devex pricing.
    fn solve(&mut self, pivots: usize) -> bool {
        self.fresh_reduced();
        self.weight.clear();
        self.weight.resize(self.columns(), 1.0);
        let mut fresh = true;
        for _ in 0..pivots {
            let mut best = (0.0, usize::MAX);
            for (c, (&d, &w)) in self.reduced.iter().zip(&self.weight).enumerate() {
                if d < -TOLERANCE * 10.0 && d * d > best.0 * w {
                    best = (d * d / w, c);
                }
            }
            let column = best.1;
            if column == usize::MAX {
                if fresh {
                    return true;
                }
                self.fresh_duals();
                self.fresh_reduced();
                fresh = true;
                continue;
            }
            fresh = false;
            let d = self.reduced_cost(column);
            if d >= -TOLERANCE {
                self.reduced[column] = d;
                continue;
            }
            self.transform(column);
            let Some(r) = self.leaving() else { return false };
            self.update_prices(column, r, d);
            let theta = self.x[r] / self.entering[r];
            self.pivot(column, r, theta, d);
            if self.since >= REFRESH {
                self.refresh();
                self.fresh_reduced();
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::{Lp, Simplex};

    #[test]
    fn a_known_programme_is_solved_with_its_duals() {
        // max 3a + 5b, a ≤ 4, 2b ≤ 12, 3a + 2b ≤ 18: 36 at (2, 6), duals 0, 3/2, 1.
        let mut lp = Simplex::new(vec![4.0, 12.0, 18.0], &[0.0; 3]);
        lp.add(-3.0, &[(0, 1.0), (2, 3.0)]);
        lp.add(-5.0, &[(1, 2.0), (2, 2.0)]);
        assert!(lp.solve(100));
        assert!((lp.objective() + 36.0).abs() < 1e-9);
        let y = lp.duals();
        assert!((y[0]).abs() < 1e-9 && (y[1] + 1.5).abs() < 1e-9 && (y[2] + 1.0).abs() < 1e-9);
        lp.refresh();
        assert!((lp.objective() + 36.0).abs() < 1e-9);
    }
}
