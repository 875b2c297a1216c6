//! Demand that cannot be seen because the doors are closed: arrivals at the present hours and a survey together.
//!
//! Each respondent `i`, weighted to the register, chooses among the open hours that suit them:
//! `λ_h = Λ·Σ_i w_i·a_ih·e^{u_h} / (V + Σ_k open a_ik·e^{u_k})`. The tastes `u` of open hours and the total `Λ` follow from
//! arrivals. `V`, the pull of not coming at all, does not: it is given as a band of the share that stays away today, so the
//! answer is a band too. The tastes of hours that were never open and the bias of who answers are drawn from beliefs
//! that [`Belief`] names; where respondents named the hours they would choose first, they are weighed against them
//! (`tastes.rs`). Everything is drawn again and again; the spread of the results is the interval.
//!
//! Hours whose doors were open are marked observed, all others extrapolated; an extrapolated number is not demand.

mod pilot;
pub mod rake;
mod tastes;
pub mod world;

use crate::{BadInput, Rng, within};
pub use pilot::{Advice, Pilot};

/// Hours of a week at most.
pub const MAX_HOURS: usize = 336;

/// What is known.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// By respondent and hour: they could come then.
    pub suits: Vec<Vec<bool>>,
    /// Hours that the questionnaire asks about. The others cannot be named, and nobody has said whether they suit.
    pub asked: Vec<bool>,
    /// The hours each respondent would choose if all hours asked about were open, best first, none twice; empty where not
    /// asked or not said.
    pub named: Vec<Vec<usize>>,
    /// The group of each respondent, for which answers are pooled.
    pub group: Vec<usize>,
    /// Raked weights.
    pub weights: Vec<f64>,
    /// The part of the week that each hour belongs to (mornings, evenings, weekends): its hours have something in common.
    pub part: Vec<usize>,
    /// Hours with open doors at present.
    pub open: Vec<bool>,
    /// Arrivals by hour of the week over all `weeks`; 0 where closed.
    pub arrivals: Vec<u32>,
    pub weeks: f64,
}

/// What is believed about what no data show. The defaults are stated, not fitted to a station; how likely their ends are was
/// calibrated on invented towns (`ENDS`).
#[derive(Clone, Copy, Debug)]
pub struct Belief {
    /// Share of those with a need who stay away at the present hours: from, to. Most of the band is even, its ends are less
    /// likely (`ENDS`).
    pub away: (f64, f64),
    /// How much one answer says about one hour; the rest is taken from the group.
    pub trust: f64,
    /// Standard deviation of tastes (in logarithms) of hours within a part of the week, as four hours' worth of belief
    /// beside what the open hours and the hours named show.
    pub taste: f64,
    /// The same of whole parts of the week, by default a little more than single hours: open hours say nothing about it, as
    /// they mostly lie in one part.
    pub taste_of_part: f64,
    /// Share of the hours named that were named without care: one in ten (Meade and Craig 2012 found 10 to 12 % of careless
    /// respondents).
    pub careless: f64,
    /// Standard deviation (in logarithms) of the bias by which those who want new hours answer more, or promise more. That
    /// all hours never open may be liked more or less than the open ones is not in it (`tastes.rs`).
    pub bias: f64,
}

impl Default for Belief {
    fn default() -> Belief {
        Belief { away: (0.1, 0.6), trust: 0.75, taste: 0.25, taste_of_part: 0.3, careless: 0.1, bias: 0.1 }
    }
}

/// Arrivals of an hour in one week, if the proposed hours were open.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hour {
    /// The doors were open: arrivals were seen.
    pub observed: bool,
    /// 10, 50 and 90 % of what was drawn.
    pub low: f64,
    pub middle: f64,
    pub high: f64,
    /// The middle if few stay away today, and if many do.
    pub few_away: f64,
    pub many_away: f64,
}

/// The answer.
#[derive(Clone, Debug)]
pub struct Latent {
    pub hours: Vec<Hour>,
    /// By pilot asked about.
    pub advice: Vec<Advice>,
}

/// One draw of everything that is not known.
pub(crate) struct Drawn {
    away: f64,
    /// Arrivals a week by hour under the proposed hours.
    proposed: Vec<f64>,
    /// By pilot: arrivals a week in its hours, if only it were added to the present hours.
    pilots: Vec<Vec<f64>>,
}

/// Draws of everything unknown.
const DRAWS: u64 = 240;

/// How much of the band of who stays away each of its sloping ends takes. Of bounds beyond which nothing lies, values near them are
/// less likely than those between (Guide to the Expression of Uncertainty in Measurement, JCGM 100:2008, 4.3.9: a trapezoid).
///
/// With even chances up to the bounds, intervals of 80 % held 84 to 88 % where answers are many, as the band is most of their width
/// there. Calibrated by simulation: this slope (of 0, 0.15, 0.25 and 0.5 looked at), the believed deviation of single hours (0.3, 0.25,
/// 0.23) and one factor for how much hours and parts differ (`tastes.rs`) were chosen so that intervals hold 80 % of the truth in the
/// middle of the eleven kinds of `world`, in towns with the seeds 1000 to 1019, 2000 to 2039 and 3000 to 3039. What is reported
/// (`docs/guide/performance.md`) are other towns, run once afterwards.
const ENDS: f64 = 0.2;

/// Arrivals by hour if the `proposed` hours were open, and what each pilot would teach.
///
/// # Errors
/// Lengths that do not agree, no open hour, no arrival, a belief outside its bounds, a pilot in hours already open.
pub fn estimate(e: &Evidence, belief: &Belief, proposed: &[bool], pilots: &[Pilot], seed: u64) -> Result<Latent, BadInput> {
    check(e, belief, proposed, pilots)?;
    let suits = pooled(e, belief.trust);
    let known = tastes::Known::new(e, belief, &suits, proposed);
    let drawn: Vec<Drawn> =
        (0..DRAWS).map(|n| draw(e, belief, &suits, &known, proposed, pilots, &mut Rng::fork(seed, n))).collect();
    let closed: Vec<usize> = (0..e.open.len()).filter(|h| proposed[*h] && !e.open[*h]).collect();
    let advice = pilot::advice(&drawn, &closed, pilots, &mut Rng::fork(seed, DRAWS));
    Ok(Latent { hours: (0..e.open.len()).map(|h| hour(e.open[h], h, &drawn)).collect(), advice })
}

fn hour(observed: bool, h: usize, drawn: &[Drawn]) -> Hour {
    let mut by_away: Vec<(f64, f64)> = drawn.iter().map(|d| (d.away, d.proposed[h])).collect();
    by_away.sort_by(|a, b| a.0.total_cmp(&b.0));
    let fifth = drawn.len() / 5;
    let few = middle(&by_away[..fifth], 0.5);
    let many = middle(&by_away[by_away.len() - fifth..], 0.5);
    let at = |p| middle(&by_away, p);
    Hour { observed, low: at(0.1), middle: at(0.5), high: at(0.9), few_away: few, many_away: many }
}

fn middle(all: &[(f64, f64)], p: f64) -> f64 {
    let mut values: Vec<f64> = all.iter().map(|v| v.1).collect();
    values.sort_by(f64::total_cmp);
    let at = p * (values.len() - 1) as f64;
    let (low, part) = (at as usize, at.fract());
    values[low] * (1.0 - part) + values[(low + 1).min(values.len() - 1)] * part
}

fn check(e: &Evidence, belief: &Belief, proposed: &[bool], pilots: &[Pilot]) -> Result<(), BadInput> {
    let (n, hours) = (e.suits.len(), e.open.len());
    within("respondents", n as f64, 5.0, rake::MAX_RESPONDENTS as f64)?;
    within("hours", hours as f64, 1.0, MAX_HOURS as f64)?;
    within("weeks", e.weeks, 0.1, 520.0)?;
    within("share that stays away, from", belief.away.0, 0.0, belief.away.1)?;
    within("share that stays away, to", belief.away.1, belief.away.0, 0.95)?;
    within("trust in one answer", belief.trust, 0.0, 1.0)?;
    within("spread of tastes", belief.taste, 0.0, 3.0)?;
    within("spread of tastes of parts", belief.taste_of_part, 0.0, 3.0)?;
    within("share of careless choices", belief.careless, 0.0, 0.9)?;
    within("spread of the answers' bias", belief.bias, 0.0, 3.0)?;
    if e.group.len() != n || e.weights.len() != n || e.named.len() != n {
        let (groups, weights, named) = (e.group.len(), e.weights.len(), e.named.len());
        return Err(BadInput(format!("{groups} groups, {weights} weights, {named} choices for {n} respondents")));
    }
    if e.part.len() != hours
        || e.arrivals.len() != hours
        || proposed.len() != hours
        || e.asked.len() != hours
        || e.suits.iter().any(|s| s.len() != hours)
    {
        return Err(BadInput(format!("answers, parts, arrivals and proposed hours must all have {hours} hours")));
    }
    if let Some(h) = e.named.iter().flatten().find(|h| **h >= hours || !e.asked[**h]) {
        return Err(BadInput(format!("choice {h}: not among the hours asked about")));
    }
    if let Some(named) = e.named.iter().find(|n| (1..n.len()).any(|i| n[..i].contains(&n[i]))) {
        return Err(BadInput(format!("choices {named:?}: an hour is named twice")));
    }
    if e.weights.iter().any(|w| !w.is_finite() || *w < 0.0) || e.weights.iter().sum::<f64>() <= 0.0 {
        return Err(BadInput("weights: below 0, no number, or all 0".into()));
    }
    if let Some(h) = (0..hours).find(|h| !e.open[*h] && e.arrivals[*h] > 0) {
        return Err(BadInput(format!("hour {h} is closed but has {} arrivals", e.arrivals[h])));
    }
    if e.arrivals.iter().all(|a| *a == 0) {
        return Err(BadInput("nobody has come at the open hours: there is nothing to scale by".into()));
    }
    for p in pilots {
        within("weeks of a pilot", p.weeks, 0.5, 104.0)?;
    }
    match pilots.iter().flat_map(|p| &p.hours).find(|h| **h >= hours || e.open[**h] || !proposed[**h]) {
        Some(h) => Err(BadInput(format!("pilot hour {h} is open already or not among the proposed hours"))),
        None => Ok(()),
    }
}

/// Answers, each drawn a little towards its group's: an answer is not yet a visit, and small groups are drawn towards
/// all respondents (beta-binomial with four answers' worth of belief).
fn pooled(e: &Evidence, trust: f64) -> Vec<Vec<f64>> {
    let groups = e.group.iter().max().map_or(0, |g| g + 1);
    let hours = e.open.len();
    let mut yes = vec![vec![0.0; hours]; groups];
    let mut size = vec![0.0; groups];
    let mut all = vec![0.0; hours];
    for ((suits, g), w) in e.suits.iter().zip(&e.group).zip(&e.weights) {
        size[*g] += w;
        for (h, _) in suits.iter().enumerate().filter(|(_, s)| **s) {
            yes[*g][h] += w;
            all[h] += w;
        }
    }
    let total: f64 = size.iter().sum();
    let share = |g: usize, h: usize| (yes[g][h] + 4.0 * all[h] / total) / (size[g] + 4.0);
    let one = |(suits, g): (&Vec<bool>, &usize)| {
        let at = |(h, s): (usize, &bool)| trust * f64::from(u8::from(*s)) + (1.0 - trust) * share(*g, h);
        suits.iter().enumerate().map(at).collect()
    };
    e.suits.iter().zip(&e.group).map(one).collect()
}

/// Arrivals by hour for one unit of need, with these hours open.
fn spread(suits: &[Vec<f64>], weights: &[f64], pull: &[f64], open: &[bool], away: f64) -> Vec<f64> {
    let mut sums = vec![0.0; open.len()];
    for (suits, w) in suits.iter().zip(weights) {
        let all: f64 = suits.iter().zip(pull).zip(open).filter(|(_, o)| **o).map(|((a, p), _)| a * p).sum();
        let each = w / (away + all);
        for h in (0..open.len()).filter(|h| open[*h]) {
            sums[h] += each * suits[h] * pull[h];
        }
    }
    sums
}

/// The pull of not coming by which the share `away` stays away at these hours, by bisection in logarithms.
fn pull_of_staying(suits: &[Vec<f64>], weights: &[f64], pull: &[f64], open: &[bool], away: f64) -> f64 {
    let at_hand: Vec<f64> = suits
        .iter()
        .map(|s| s.iter().zip(pull).zip(open).filter(|(_, o)| **o).map(|((a, p), _)| a * p).sum())
        .collect();
    let all: f64 = weights.iter().sum();
    let (mut low, mut high) = (-12.0_f64, 12.0_f64);
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        let v = middle.exp();
        let staying: f64 = at_hand.iter().zip(weights).map(|(a, w)| w * v / (v + a)).sum();
        if staying < away * all {
            low = middle;
        } else {
            high = middle;
        }
    }
    (0.5 * (low + high)).exp()
}

fn draw(
    e: &Evidence,
    b: &Belief,
    suits: &[Vec<f64>],
    known: &tastes::Known<'_>,
    proposed: &[bool],
    pilots: &[Pilot],
    rng: &mut Rng,
) -> Drawn {
    let hours = e.open.len();
    // Bayesian bootstrap of the respondents (Rubin 1981), and arrivals as they might have been.
    let weights: Vec<f64> = e.weights.iter().map(|w| w * rng.exponential(1.0)).collect();
    let opened = e.open.iter().filter(|o| **o).count() as f64;
    let typical = e.arrivals.iter().map(|n| f64::from(*n)).sum::<f64>() / opened;
    let mut seen = vec![0.0; hours];
    for h in (0..hours).filter(|h| e.open[*h]) {
        // One average hour's count as a two arrivals' worth of belief, so that an hour without arrivals is not impossible.
        let count = f64::from(e.arrivals[h]) + 2.0 * (typical / (typical + 2.0)).min(1.0);
        seen[h] = count * rng.gamma_about_one(1.0 / count) / e.weeks;
    }
    let total: f64 = seen.iter().sum();
    let share_away = b.away.0 + (b.away.1 - b.away.0) * ((1.0 - ENDS) * rng.unit() + ENDS * rng.unit());
    let mut pull = vec![1.0; hours];
    let mut away = 1.0;
    let mut scale = 1.0;
    for _ in 0..15 {
        away = pull_of_staying(suits, &weights, &pull, &e.open, share_away);
        let got = spread(suits, &weights, &pull, &e.open, away);
        scale = total / got.iter().sum::<f64>().max(1e-12);
        let mut level = 0.0;
        for h in (0..hours).filter(|h| e.open[*h]) {
            pull[h] *= (seen[h] / (scale * got[h]).max(1e-12)).clamp(0.2, 5.0);
            level += pull[h].ln() / opened;
        }
        pull.iter_mut().zip(&e.open).filter(|(_, o)| **o).for_each(|(p, _)| *p /= level.exp());
    }
    tastes::draw(known, b, &mut pull, rng);
    let bias = b.bias * rng.normal();
    pull.iter_mut().zip(&e.open).filter(|(_, o)| !**o).for_each(|(p, _)| *p *= bias.exp());
    let by_week = |open: &[bool]| -> Vec<f64> {
        spread(suits, &weights, &pull, open, away).into_iter().map(|s| s * scale).collect()
    };
    let pilot = |p: &Pilot| {
        let mut open = e.open.clone();
        p.hours.iter().for_each(|h| open[*h] = true);
        let all = by_week(&open);
        p.hours.iter().map(|h| all[*h]).collect()
    };
    Drawn { away: share_away, proposed: by_week(proposed), pilots: pilots.iter().map(pilot).collect() }
}
