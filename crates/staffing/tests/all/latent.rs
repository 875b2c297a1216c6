//! Latent demand: cases whose answer is known, and refusals.

use staffing::latent::world::{HOURS, Kind, present, raw, world};
use staffing::latent::{Belief, Evidence, Pilot, estimate};

fn evidence() -> Evidence {
    // Everybody can come at both hours; one of them is open.
    let suits = vec![vec![true, true, false]; 60];
    Evidence {
        suits,
        asked: vec![true, true, false],
        named: vec![vec![]; 60],
        group: vec![0; 60],
        weights: vec![1.0; 60],
        part: vec![0, 1, 1],
        open: vec![true, false, false],
        arrivals: vec![400, 0, 0],
        weeks: 8.0,
    }
}

/// Nobody stays away and everybody suits both hours: the 50 a week are shared between the two.
#[test]
fn equal_hours_share_what_comes() {
    let belief = Belief { away: (0.001, 0.002), trust: 1.0, taste: 0.0, taste_of_part: 0.0, careless: 0.0, bias: 0.0 };
    let found = estimate(&evidence(), &belief, &[true, true, false], &[], 1).unwrap();
    assert!(found.hours[0].observed && !found.hours[1].observed);
    assert!((found.hours[1].middle - 25.0).abs() < 1.5, "{:?}", found.hours[1]);
    assert!((found.hours[0].middle - 25.0).abs() < 1.5, "{:?}", found.hours[0]);
    assert_eq!(found.hours[2].high, 0.0);
}

/// Half stay away: a second hour as good as the first brings `2/3·100` in all (the pulls are 1, 1 and 1).
#[test]
fn a_second_hour_brings_some_of_those_who_stay_away() {
    let belief = Belief { away: (0.499, 0.501), trust: 1.0, taste: 0.0, taste_of_part: 0.0, careless: 0.0, bias: 0.0 };
    let found = estimate(&evidence(), &belief, &[true, true, false], &[], 1).unwrap();
    assert!((found.hours[1].middle - 33.3).abs() < 2.0, "{:?}", found.hours[1]);
    let unsure = estimate(&evidence(), &Belief::default(), &[true, true, false], &[], 1).unwrap().hours[1];
    assert!(unsure.low < unsure.middle && unsure.middle < unsure.high && unsure.few_away < unsure.many_away);
}

/// Everybody suits both hours, three of four would choose the closed one: it is worth three times the open one.
#[test]
fn first_choices_tell_the_taste_of_an_hour_never_open() {
    let named = (0..60).map(|i| vec![usize::from(i % 4 != 0)]).collect();
    let belief = Belief { away: (0.001, 0.002), trust: 1.0, taste: 1.0, taste_of_part: 2.0, careless: 0.0, bias: 0.0 };
    let e = Evidence { named, ..evidence() };
    let hours = estimate(&e, &belief, &[true, true, false], &[], 1).unwrap().hours;
    assert!((hours[1].middle - 37.5).abs() < 2.0, "{:?}", hours[1]);
    assert!(hours[1].low > 28.0 && hours[1].high < 45.0, "{:?}", hours[1]);
    let strange = Evidence { named: vec![vec![2]; 60], ..evidence() };
    let why = estimate(&strange, &belief, &[true, true, false], &[], 1).unwrap_err().to_string();
    assert!(why.contains("choice 2: not among the hours asked about"), "{why}");
}

#[test]
fn the_pilot_with_more_to_learn_is_worth_more() {
    let suits: Vec<Vec<bool>> = (0..80).map(|i| vec![i % 2 == 0, i % 2 == 1, i % 40 == 1]).collect();
    let e = Evidence { suits, asked: vec![true; 3], named: vec![vec![]; 80], group: vec![0; 80], weights: vec![1.0; 80], ..evidence() };
    let found = estimate(&e, &Belief::default(), &[true; 3], &[vec![1], vec![2], vec![1, 2]].map(|hours| Pilot { hours, weeks: 4.0 }), 1).unwrap();
    let [busy, quiet, both] = &found.advice[..] else { panic!("three pilots") };
    assert!(busy.learnt > quiet.learnt && both.learnt > 0.5 && busy.expected > quiet.expected, "{:?}", found.advice);
    assert!(found.advice.iter().all(|a| (0.0..=1.0).contains(&a.learnt)));
}

#[test]
fn the_same_seed_gives_the_same_answer() {
    let kind = Kind { respondents: 100, named: 0, ..USUAL };
    let w = world(5, &kind).unwrap();
    let all = |seed| estimate(&w.evidence, &Belief::default(), &[true; HOURS], &[], seed).unwrap().hours;
    assert_eq!(all(2), all(2));
    assert_ne!(all(2), all(3));
}

/// Three of four name the closed hour first; those who named it say the third hour next, the others the closed one.
#[test]
fn a_second_choice_tells_the_taste_of_what_is_left() {
    let named = |i: usize| if !i.is_multiple_of(4) { vec![1, 2] } else { vec![0, 1] };
    let belief = Belief { away: (0.001, 0.002), trust: 1.0, taste: 1.0, taste_of_part: 2.0, careless: 0.0, bias: 0.0 };
    let all = Evidence { suits: vec![vec![true; 3]; 60], asked: vec![true; 3], named: (0..60).map(named).collect(), ..evidence() };
    let first = Evidence { named: (0..60).map(|i| named(i)[..1].to_vec()).collect(), ..all.clone() };
    let third = |e: &Evidence| estimate(e, &belief, &[true; 3], &[], 1).unwrap().hours[2];
    assert!(third(&all).middle > 3.0 * third(&first).middle, "{:?} {:?}", third(&all), third(&first));
    let twice = Evidence { named: vec![vec![1, 1]; 60], ..all };
    let why = estimate(&twice, &belief, &[true; 3], &[], 1).unwrap_err().to_string();
    assert!(why.contains("named twice"), "{why}");
}

/// Open hours that were not asked about cannot be named; that nobody names them says nothing against them.
#[test]
fn hours_that_cannot_be_named_lose_nothing_by_it() {
    let shut = Evidence { asked: vec![false, true, true], suits: vec![vec![true; 3]; 60], ..evidence() };
    let named = Evidence { named: (0..60).map(|i| vec![1 + i % 2]).collect(), ..shut.clone() };
    let both = |e: &Evidence| {
        let hours = estimate(e, &Belief::default(), &[true; 3], &[], 1).unwrap().hours;
        hours[1].middle + hours[2].middle
    };
    assert!((0.85..1.15).contains(&(both(&named) / both(&shut))), "{} {}", both(&named), both(&shut));
}

const USUAL: Kind = Kind { respondents: 200, uneven: 4.0, interest: 0.5, named: 1, tastes: 1.0 };

/// Of a few towns: the error on hours never open over that of each simple rule, the share of intervals that hold, and how
/// wide they are (mean logarithm of high over low).
struct Judged {
    ratios: Vec<f64>,
    inside: f64,
    wide: f64,
}

impl Judged {
    /// Beside the best of the simple rules.
    fn ratio(&self) -> f64 {
        self.ratios.iter().copied().fold(0.0, f64::max)
    }
}

fn judge(kind: &Kind, towns: u64) -> Judged {
    let (mut ours, mut theirs, mut inside, mut wide, mut hours) = (0.0, vec![0.0; 2 + 2 * kind.named], 0, 0.0, 0.0);
    for seed in 0..towns {
        let w = world(seed, kind).unwrap();
        let found = estimate(&w.evidence, &Belief::default(), &[true; HOURS], &[], seed).unwrap();
        let (simple, all) = (raw(&w), w.truth.iter().sum::<f64>());
        for h in (0..HOURS).filter(|h| !present()[*h]) {
            let (one, truth) = (&found.hours[h], w.truth[h]);
            ours += (one.middle - truth).abs() / all;
            theirs.iter_mut().zip(&simple).for_each(|(sum, rule)| *sum += (rule[h] - truth).abs() / all);
            inside += usize::from((one.low..=one.high).contains(&truth));
            wide += (one.high / one.low).ln();
            hours += 1.0;
        }
    }
    Judged { ratios: theirs.iter().map(|t| ours / t).collect(), inside: inside as f64 / hours, wide: wide / hours }
}

/// A few towns here; the bench judges sixty of each kind. As many arrivals to an answer as at open hours is far off; the
/// present arrivals spread over all hours is the better rule, and a second choice leaves it behind.
#[test]
fn nearer_to_the_truth_than_raw_answers() {
    let one = judge(&USUAL, 12);
    assert!(one.ratios[0] < 0.2 && one.ratios[2] < 0.2, "{:?}", one.ratios);
    assert!(one.ratio() < 0.75, "{:?}", one.ratios);
    assert!((0.7..0.92).contains(&one.inside), "{}", one.inside);
    let two = judge(&Kind { named: 2, ..USUAL }, 12);
    assert!(two.ratio() < 0.68 && two.wide < 0.95 * one.wide, "{:?} {} {}", two.ratios, two.wide, one.wide);
    assert!((0.7..0.92).contains(&two.inside), "{}", two.inside);
}

/// Choices show that hours differ more than is believed: the intervals get wider by themselves, and hold.
#[test]
fn tastes_that_differ_more_than_believed_are_noticed() {
    let sure = Kind { respondents: 400, ..USUAL };
    let (usual, strange) = (judge(&sure, 15), judge(&Kind { tastes: 1.5, ..sure }, 15));
    assert!(strange.wide > 1.02 * usual.wide, "{} {}", strange.wide, usual.wide);
    assert!(strange.inside > 0.68 && usual.inside > 0.7, "{} {}", strange.inside, usual.inside);
}

#[test]
fn impossible_evidence_is_refused_by_name() {
    let why = |e: Evidence| estimate(&e, &Belief::default(), &[true; 3], &[], 1).unwrap_err().to_string();
    assert!(why(Evidence { arrivals: vec![0; 3], ..evidence() }).contains("nobody has come"));
    assert!(why(Evidence { arrivals: vec![4, 1, 0], ..evidence() }).contains("hour 1 is closed but has 1 arrivals"));
    assert!(
        why(Evidence { weights: vec![1.0; 59], ..evidence() })
            .contains("59 weights, 60 choices for 60 respondents")
    );
    assert!(why(Evidence { weights: vec![0.0; 60], ..evidence() }).contains("all 0"));
    assert!(why(Evidence { arrivals: vec![1, 0], ..evidence() }).contains("must all have 3 hours"));
    let pilot = estimate(&evidence(), &Belief::default(), &[true; 3], &[Pilot { hours: vec![0], weeks: 4.0 }], 1).unwrap_err().to_string();
    assert!(pilot.contains("pilot hour 0 is open already"));
    let pilot = estimate(&evidence(), &Belief::default(), &[true; 3], &[Pilot { hours: vec![1], weeks: 0.0 }], 1).unwrap_err().to_string();
    assert!(pilot.contains("weeks of a pilot"), "{pilot}");
}
