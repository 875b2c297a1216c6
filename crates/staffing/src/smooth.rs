//! Smoothing over neighbouring slots: a local straight line under a bell, so that edges and slopes are not flattened.

/// Rows of weights for one bandwidth; each sums to 1.
#[derive(Clone, Debug)]
pub(crate) struct Smooth {
    /// First slot and weights, by slot: the line and the plain bell, which is never negative.
    rows: Vec<(usize, Vec<f64>, Vec<f64>)>,
}

impl Smooth {
    /// `width` is the bell's standard deviation in slots; 0 leaves everything as it is.
    pub fn new(slots: usize, width: f64) -> Smooth {
        Smooth { rows: (0..slots).map(|s| row(s, slots, width)).collect() }
    }

    /// Smoothed `above / below` by slot, for counts and what was expected of them: both go through the same weights, so a
    /// slot that was not observed borrows from its neighbours. 0 where nothing was observed nearby.
    pub fn ratio(&self, above: &[f64], below: &[f64], extra_above: &[f64], extra_below: f64) -> Vec<f64> {
        let one = |(s, (from, line, bell)): (usize, &(usize, Vec<f64>, Vec<f64>))| {
            let sum = |w: &[f64], v: &[f64]| w.iter().zip(&v[*from..]).map(|(w, v)| w * v).sum::<f64>();
            let (mut a, mut b) = (sum(line, above), sum(line, below));
            if a < 0.0 || b <= 0.0 {
                (a, b) = (sum(bell, above), sum(bell, below));
            }
            let (a, b) = (a + extra_above[s], b + extra_below);
            if b > 0.0 { a / b } else { 0.0 }
        };
        self.rows.iter().enumerate().map(one).collect()
    }
}

fn row(s: usize, slots: usize, width: f64) -> (usize, Vec<f64>, Vec<f64>) {
    if width <= 0.0 {
        return (s, vec![1.0], vec![1.0]);
    }
    let reach = (3.0 * width).ceil() as usize;
    let (from, until) = (s.saturating_sub(reach), (s + reach + 1).min(slots));
    let at = |k: usize| k as f64 - s as f64;
    let bell: Vec<f64> = (from..until).map(|k| (-0.5 * (at(k) / width).powi(2)).exp()).collect();
    let moment = |n: i32| bell.iter().enumerate().map(|(i, w)| w * at(from + i).powi(n)).sum::<f64>();
    let (m0, m1, m2) = (moment(0), moment(1), moment(2));
    let whole = m0 * m2 - m1 * m1;
    // A single slot has no slope.
    if whole <= 1e-9 {
        return (from, bell.iter().map(|w| w / m0).collect(), bell.iter().map(|w| w / m0).collect());
    }
    let line = bell.iter().enumerate().map(|(i, w)| w * (m2 - m1 * at(from + i)) / whole).collect();
    (from, line, bell.iter().map(|w| w / m0).collect())
}

#[cfg(test)]
mod tests {
    use super::Smooth;

    #[test]
    fn a_straight_line_stays_and_noise_goes() {
        let line: Vec<f64> = (0..40).map(|k| 5.0 + 2.0 * f64::from(k)).collect();
        let zero = [0.0; 40];
        for width in [0.0, 1.0, 6.0, 100.0] {
            for (got, want) in Smooth::new(40, width).ratio(&line, &[1.0; 40], &zero, 0.0).iter().zip(&line) {
                assert!((got - want).abs() < 1e-6, "{width}: {got} {want}");
            }
        }
        let noise: Vec<f64> = (0..40).map(|k| f64::from(k % 2)).collect();
        let calm = Smooth::new(40, 4.0).ratio(&noise, &[1.0; 40], &zero, 0.0);
        assert!(calm.iter().all(|x| (x - 0.5).abs() < 0.15), "{calm:?}");
    }

    #[test]
    fn a_slot_never_seen_borrows_from_its_neighbours() {
        let (mut above, mut below) = ([3.0; 9], [1.0; 9]);
        (above[4], below[4]) = (0.0, 0.0);
        let got = Smooth::new(9, 1.0).ratio(&above, &below, &[0.0; 9], 0.0);
        assert!((got[4] - 3.0).abs() < 1e-9);
        assert_eq!(Smooth::new(9, 0.0).ratio(&above, &below, &[0.0; 9], 0.0)[4], 0.0);
        assert_eq!(Smooth::new(1, 3.0).ratio(&[2.0], &[1.0], &[0.0], 0.0), [2.0]);
    }
}
