//! The linear programme of a master, behind one interface: min cost·x, Σ column·x = rhs, x ≥ 0, to which columns come at
//! any time. What stands behind it decides how soon the duals are good, never what a bound is worth: every bound is
//! recomputed from the duals ([`super::prove`]).

use super::simplex::Simplex;

pub(crate) trait Lp {
    /// A new column; its number.
    fn add(&mut self, cost: f64, entries: &[(usize, f64)]) -> usize;
    fn columns(&self) -> usize;
    /// Adds to a column's cost; what is feasible stays so.
    fn raise(&mut self, column: usize, by: f64);
    /// Puts a column into the basis in the place of row `r`'s basic column, without a ratio test. A programme that finds
    /// its first basis by itself need not listen.
    fn force(&mut self, _column: usize, _r: usize) {}
    /// Turns basic unit columns with a negative value into their opposites `opposite[r]` (−1 in row r). As with
    /// [`Lp::force`].
    fn repair_sign(&mut self, _opposite: &[usize]) {}
    /// At most `pivots` pivots; `true` when optimal.
    fn solve(&mut self, pivots: usize) -> bool;
    /// Duals of the rows: what one more unit of `rhs` costs.
    fn duals(&self) -> &[f64];
    fn objective(&self) -> f64;
    /// Columns with their values; those with none may be left out.
    fn solution(&self) -> Vec<(usize, f64)>;
    /// Cost less what the duals pay.
    fn reduced_cost(&self, column: usize) -> f64;
}

/// How a programme is made from its right-hand sides and the costs of its unit columns.
pub(crate) type Make<'a> = &'a dyn Fn(Vec<f64>, &[f64]) -> Box<dyn Lp>;

/// Which linear programme stands behind a search (主问题的求解器). Without the feature `highs` there is one, in pure Rust.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Programme {
    /// The simplex of this crate.
    Own,
    /// HiGHS, in C++.
    #[cfg(feature = "highs")]
    Highs,
}

impl Programme {
    /// All that this build has; the first is the one taken when nothing is said.
    pub const BUILT: &[Programme] = &[
        #[cfg(feature = "highs")]
        Programme::Highs,
        Programme::Own,
    ];

    /// `own`, `highs`
    pub fn name(self) -> &'static str {
        match self {
            Programme::Own => "own",
            #[cfg(feature = "highs")]
            Programme::Highs => "highs",
        }
    }

    /// `units[r]` is the cost of a column +1 in row r alone; these are the first columns.
    pub(crate) fn make(self, rhs: Vec<f64>, units: &[f64]) -> Box<dyn Lp> {
        match self {
            Programme::Own => Box::new(Simplex::new(rhs, units)),
            #[cfg(feature = "highs")]
            Programme::Highs => Box::new(super::highs::Highs::new(&rhs, units)),
        }
    }
}

impl Default for Programme {
    fn default() -> Programme {
        Programme::BUILT[0]
    }
}

/// Columns as they came, for programmes that keep theirs elsewhere.
#[cfg(any(feature = "highs", feature = "masters"))]
#[derive(Default)]
pub(crate) struct Columns {
    pub cost: Vec<f64>,
    pub entries: Vec<Vec<(usize, f64)>>,
}

#[cfg(any(feature = "highs", feature = "masters"))]
impl Columns {
    pub fn add(&mut self, cost: f64, entries: &[(usize, f64)]) -> usize {
        self.cost.push(cost);
        self.entries.push(entries.to_vec());
        self.cost.len() - 1
    }
}
