//! 分布: answers to a question for numbers or times of day, gathered between round bounds.

use forms::Kind;

/// Bins of one question at most.
pub const MOST: usize = 16;
/// Widths of bins of times of day, minutes.
const CLOCK: [f64; 6] = [15.0, 30.0, 60.0, 120.0, 180.0, 360.0];

/// What the numbers of a question are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Whole numbers.
    Whole,
    Real,
    /// Minutes since midnight.
    Clock,
}

impl Scale {
    /// The scale of a kind of question; none where nothing can be gathered.
    pub fn of(kind: &Kind) -> Option<Scale> {
        match kind {
            Kind::Integer => Some(Scale::Whole),
            Kind::Decimal => Some(Scale::Real),
            Kind::Time => Some(Scale::Clock),
            _ => None,
        }
    }
}

/// Answers from a bound up to the next, which is not included.
#[derive(Clone, Debug, PartialEq)]
pub struct Bin {
    pub from: f64,
    pub until: f64,
    pub n: usize,
    /// `18`, `20–29`, `1.5–2`, `09:00–10:00`.
    pub label: String,
}

/// `09:05` of minutes since midnight.
pub fn clock(minutes: f64) -> String {
    let m = minutes.round() as i64;
    format!("{:02}:{:02}", m / 60, m % 60)
}

/// Round widths, the narrowest first.
fn widths(scale: Scale) -> Vec<f64> {
    match scale {
        Scale::Clock => CLOCK.to_vec(),
        Scale::Whole | Scale::Real => {
            let first = if scale == Scale::Whole { 0 } else { -6 };
            (first..=40).flat_map(|e| [1.0, 2.0, 5.0].map(|x| x * 10f64.powi(e))).collect()
        }
    }
}

/// A bound without the dust of binary fractions.
fn plain(x: f64) -> String {
    format!("{}", (x * 1e6).round() / 1e6)
}

/// Gathers sorted values into at most [`MOST`] bins of the narrowest round width, empty ones between others included.
pub fn bins(sorted: &[f64], scale: Scale) -> Vec<Bin> {
    let (Some(least), Some(most)) = (sorted.first(), sorted.last()) else { return vec![] };
    let place = |x: f64, width: f64| (x / width + 1e-9).floor();
    let fits = |width: &f64| place(*most, *width) - place(*least, *width) < MOST as f64;
    let Some(width) = widths(scale).into_iter().find(fits) else { return vec![] };
    let first = place(*least, width);
    let count = (place(*most, width) - first) as usize + 1;
    let mut n = vec![0; count];
    for x in sorted {
        n[((place(*x, width) - first) as usize).min(count - 1)] += 1;
    }
    let bin = |(i, n): (usize, usize)| {
        let (from, until) = ((first + i as f64) * width, (first + i as f64 + 1.0) * width);
        let label = match scale {
            Scale::Clock => format!("{}–{}", clock(from), clock(until)),
            Scale::Whole if width == 1.0 => plain(from),
            Scale::Whole => format!("{}–{}", plain(from), plain(until - 1.0)),
            Scale::Real => format!("{}–{}", plain(from), plain(until)),
        };
        Bin { from, until, n, label }
    };
    n.into_iter().enumerate().map(bin).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(values: &[f64], scale: Scale) -> Vec<(String, usize)> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        bins(&sorted, scale).into_iter().map(|b| (b.label, b.n)).collect()
    }
    fn pairs(list: &[(&str, usize)]) -> Vec<(String, usize)> {
        list.iter().map(|(l, n)| ((*l).to_string(), *n)).collect()
    }

    #[test]
    fn numbers_fall_between_round_bounds_and_gaps_are_shown() {
        assert_eq!(told(&[19.0, 21.0, 19.0, 20.0], Scale::Whole), pairs(&[("19", 2), ("20", 1), ("21", 1)]));
        assert_eq!(told(&[3.0, 1.0, 1.0], Scale::Whole), pairs(&[("1", 2), ("2", 0), ("3", 1)]));
        let wide = told(&[18.0, 35.0, 36.0, 90.0], Scale::Whole);
        assert_eq!((wide.len(), wide[0].clone(), wide.last().unwrap().clone()), (16, ("15–19".into(), 1), ("90–94".into(), 1)), "{wide:?}");
        assert_eq!(told(&[-7.0, 12.0], Scale::Whole)[0], ("-8–-7".into(), 1));
        let real = told(&[0.1, 0.3, 0.7], Scale::Real);
        assert_eq!((real[0].clone(), real.len()), (("0.1–0.15".into(), 1), 13), "{real:?}");
        assert_eq!(told(&[1.0], Scale::Whole), pairs(&[("1", 1)]));
        assert!(told(&[], Scale::Real).is_empty());
    }

    #[test]
    fn times_fall_between_quarters_halves_and_hours() {
        assert_eq!(told(&[1_110.0, 1_124.0, 1_170.0], Scale::Clock)[0], ("18:30–18:45".into(), 2));
        let day = told(&[0.0, 540.0, 1_439.0], Scale::Clock);
        assert_eq!((day.len(), day[0].0.as_str(), day.last().unwrap().0.as_str()), (12, "00:00–02:00", "22:00–24:00"));
        assert_eq!(told(&[600.0], Scale::Clock), pairs(&[("10:00–10:15", 1)]));
    }

    #[test]
    fn nothing_is_lost_whatever_the_numbers() {
        for values in [vec![0.0, 1e39], vec![-1e12, 3.0, 1e12], vec![1e-5, 2e-5], vec![7.0; 400]] {
            for scale in [Scale::Whole, Scale::Real] {
                let b = bins(&values, scale);
                assert!(b.len() <= MOST && b.iter().map(|x| x.n).sum::<usize>() == values.len(), "{values:?} {scale:?} {b:?}");
            }
        }
    }
}
