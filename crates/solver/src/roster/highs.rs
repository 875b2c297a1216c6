//! HiGHS behind a master (feature `highs`): the model stays in HiGHS between rounds, so each begins from the last basis.

use super::lp::{Columns, Lp};
use highs::{Col, ColProblem, HighsModelStatus, HighsSolutionStatus, Model, Row, Sense};

/// The programme of a master in HiGHS ([`Lp`]).
pub(crate) struct Highs {
    /// None after HiGHS refused something: then nothing is solved any more, and the duals stay as they are.
    model: Option<Model>,
    rows: Vec<Row>,
    handles: Vec<Col>,
    columns: Columns,
    x: Vec<f64>,
    y: Vec<f64>,
}

impl Highs {
    /// `units[r]` is the cost of a column +1 in row r alone; these are the first columns.
    pub fn new(rhs: &[f64], units: &[f64]) -> Highs {
        let mut problem = ColProblem::new();
        let rows = rhs.iter().map(|b| problem.add_row(*b..=*b)).collect();
        let model = problem.try_optimise(Sense::Minimise).ok().and_then(settle);
        let mut lp = Highs { model, rows, handles: vec![], columns: Columns::default(), x: vec![], y: vec![0.0; rhs.len()] };
        for (r, &cost) in units.iter().enumerate() {
            lp.add(cost, &[(r, 1.0)]);
        }
        lp
    }
}

/// The primal simplex on one thread: columns come, rows never, so what was feasible stays feasible.
fn settle(mut model: Model) -> Option<Model> {
    model.try_set_option("solver", "simplex").ok()?;
    model.try_set_option("simplex_strategy", 4).ok()?;
    model.try_set_option("presolve", "off").ok()?;
    model.try_set_option("parallel", "off").ok()?;
    model.try_set_option("threads", 1).ok()?;
    Some(model)
}

impl Lp for Highs {
    fn add(&mut self, cost: f64, entries: &[(usize, f64)]) -> usize {
        if let Some(model) = &mut self.model {
            let factors: Vec<(Row, f64)> = entries.iter().map(|&(r, v)| (self.rows[r], v)).collect();
            match model.try_add_column(cost, 0.0.., factors) {
                Ok(column) => self.handles.push(column),
                Err(_) => self.model = None,
            }
        }
        self.x.push(0.0);
        self.columns.add(cost, entries)
    }

    fn columns(&self) -> usize {
        self.columns.cost.len()
    }

    fn raise(&mut self, column: usize, by: f64) {
        self.columns.cost[column] += by;
        if let (Some(model), Some(handle)) = (&mut self.model, self.handles.get(column)) {
            model.change_column_cost(*handle, self.columns.cost[column]);
        }
    }

    fn solve(&mut self, pivots: usize) -> bool {
        let Some(mut model) = self.model.take() else { return false };
        if model.try_set_option("simplex_iteration_limit", i32::try_from(pivots).unwrap_or(i32::MAX)).is_err() {
            return false;
        }
        let Ok(solved) = model.try_solve() else { return false };
        let optimal = solved.status() == HighsModelStatus::Optimal;
        if optimal || solved.primal_solution_status() == HighsSolutionStatus::Feasible {
            let solution = solved.get_solution();
            if solution.columns().iter().chain(solution.dual_rows()).all(|v| v.is_finite()) {
                self.x.copy_from_slice(solution.columns());
                self.y.copy_from_slice(solution.dual_rows());
            }
        }
        self.model = Some(solved.into());
        optimal
    }

    fn duals(&self) -> &[f64] {
        &self.y
    }

    fn objective(&self) -> f64 {
        self.columns.cost.iter().zip(&self.x).map(|(c, x)| c * x).sum()
    }

    fn solution(&self) -> Vec<(usize, f64)> {
        self.x.iter().copied().enumerate().filter(|x| x.1 > 0.0).collect()
    }

    fn reduced_cost(&self, column: usize) -> f64 {
        let paid: f64 = self.columns.entries[column].iter().map(|&(r, v)| self.y[r] * v).sum();
        self.columns.cost[column] - paid
    }
}

#[cfg(test)]
mod tests {
    use super::super::simplex::Simplex;
    use super::*;
    use crate::roster::util::Rng;

    /// A master in small: unit columns that are dear, their opposites, and columns that come in three lots.
    fn grown(lp: &mut dyn Lp, rng: &mut Rng, rows: usize, units: usize) {
        if lp.columns() == units {
            (0..rows).for_each(|r| {
                lp.add(3.0, &[(r, -1.0)]);
            });
            lp.repair_sign(&(units..units + rows).collect::<Vec<_>>());
        }
        for _ in 0..12 {
            let touched: Vec<usize> = (0..rows).filter(|_| rng.chance(0.4)).collect();
            let entries: Vec<(usize, f64)> = touched.into_iter().map(|r| (r, 1.0 + rng.below(2) as f64)).collect();
            lp.add(rng.below(40) as f64, &entries);
        }
        assert!(lp.solve(10_000));
    }

    /// Value, and that the duals are those of a minimum: they pay for the right-hand sides, and no column is underpaid.
    fn judged(lp: &dyn Lp, rhs: &[f64]) -> f64 {
        let paid: f64 = lp.duals().iter().zip(rhs).map(|(y, b)| y * b).sum();
        assert!((paid - lp.objective()).abs() < 1e-5, "{paid} {}", lp.objective());
        assert!((0..lp.columns()).all(|c| lp.reduced_cost(c) > -1e-5));
        assert!(lp.solution().iter().all(|&(c, x)| x < 1e-6 || lp.reduced_cost(c).abs() < 1e-5));
        lp.objective()
    }

    #[test]
    fn the_same_masters_have_the_same_value_and_duals_of_the_same_sign() {
        for seed in 0..40 {
            let rows = 3 + seed as usize % 9;
            let mut rng = Rng::new(seed);
            let rhs: Vec<f64> = (0..rows).map(|_| 1.0 + rng.below(6) as f64).collect();
            let units: Vec<f64> = (0..rows).map(|_| 50.0 + rng.below(9) as f64).collect();
            let (mut own, mut highs) = (Simplex::new(rhs.clone(), &units), Highs::new(&rhs, &units));
            let (mut one, mut two) = (Rng::new(seed + 1000), Rng::new(seed + 1000));
            for _ in 0..3 {
                grown(&mut own, &mut one, rows, rows);
                grown(&mut highs, &mut two, rows, rows);
                let (a, b) = (judged(&own, &rhs), judged(&highs, &rhs));
                assert!((a - b).abs() < 1e-5 * (1.0 + a.abs()), "{a} {b}");
            }
            // A column that became dearer goes, in both.
            let dear = own.solution().iter().find(|x| x.1 > 0.5).map(|x| x.0);
            let Some(dear) = dear else { continue };
            own.raise(dear, 500.0);
            highs.raise(dear, 500.0);
            assert!(own.solve(10_000) && highs.solve(10_000));
            assert!((judged(&own, &rhs) - judged(&highs, &rhs)).abs() < 1e-4);
        }
    }
}
