//! Latent demand: cases whose answer is known, and refusals.

use staffing::latent::world::{HOURS, Kind, present, raw, world};
use staffing::latent::{Belief, Evidence, estimate};

fn evidence() -> Evidence {
    // Everybody can come at both hours; one of them is open.
    let suits = vec![vec![true, true, false]; 60];
    Evidence {
        suits,
        first: vec![None; 60],
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
    let belief = Belief { away: (0.001, 0.002), trust: 1.0, taste: 0.0, taste_of_part: 0.0, bias: 0.0 };
    let found = estimate(&evidence(), &belief, &[true, true, false], &[], 4.0, 1).unwrap();
    assert!(found.hours[0].observed && !found.hours[1].observed);
    assert!((found.hours[1].middle - 25.0).abs() < 1.5, "{:?}", found.hours[1]);
    assert!((found.hours[0].middle - 25.0).abs() < 1.5, "{:?}", found.hours[0]);
    assert_eq!(found.hours[2].high, 0.0);
}

/// Half stay away: a second hour as good as the first brings `2/3·100` in all (the pulls are 1, 1 and 1).
#[test]
fn a_second_hour_brings_some_of_those_who_stay_away() {
    let belief = Belief { away: (0.499, 0.501), trust: 1.0, taste: 0.0, taste_of_part: 0.0, bias: 0.0 };
    let found = estimate(&evidence(), &belief, &[true, true, false], &[], 4.0, 1).unwrap();
    assert!((found.hours[1].middle - 33.3).abs() < 2.0, "{:?}", found.hours[1]);
    let unsure = estimate(&evidence(), &Belief::default(), &[true, true, false], &[], 4.0, 1).unwrap().hours[1];
    assert!(unsure.low < unsure.middle && unsure.middle < unsure.high && unsure.few_away < unsure.many_away);
}

/// Everybody suits both hours, three of four would choose the closed one: it is worth three times the open one.
#[test]
fn first_choices_tell_the_taste_of_an_hour_never_open() {
    let first = (0..60).map(|i| Some(usize::from(i % 4 != 0))).collect();
    let belief = Belief { away: (0.001, 0.002), trust: 1.0, taste: 1.0, taste_of_part: 2.0, bias: 0.0 };
    let e = Evidence { first, ..evidence() };
    let hours = estimate(&e, &belief, &[true, true, false], &[], 4.0, 1).unwrap().hours;
    assert!((hours[1].middle - 37.5).abs() < 2.0, "{:?}", hours[1]);
    assert!(hours[1].low > 28.0 && hours[1].high < 45.0, "{:?}", hours[1]);
    let strange = Evidence { first: vec![Some(2); 60], ..evidence() };
    let why = estimate(&strange, &belief, &[true, true, false], &[], 4.0, 1).unwrap_err().to_string();
    assert!(why.contains("first choice 2: not among the proposed hours"), "{why}");
}

#[test]
fn the_pilot_with_more_to_learn_is_worth_more() {
    let suits: Vec<Vec<bool>> = (0..80).map(|i| vec![i % 2 == 0, i % 2 == 1, i % 40 == 1]).collect();
    let e = Evidence { suits, first: vec![None; 80], group: vec![0; 80], weights: vec![1.0; 80], ..evidence() };
    let found = estimate(&e, &Belief::default(), &[true; 3], &[vec![1], vec![2], vec![1, 2]], 4.0, 1).unwrap();
    let [busy, quiet, both] = &found.advice[..] else { panic!("three pilots") };
    assert!(busy.learnt > quiet.learnt && both.learnt > 0.5 && busy.expected > quiet.expected, "{:?}", found.advice);
    assert!(found.advice.iter().all(|a| (0.0..=1.0).contains(&a.learnt)));
}

#[test]
fn the_same_seed_gives_the_same_answer() {
    let kind = Kind { respondents: 100, uneven: 3.0, interest: 0.5, first: false, tastes: 1.0 };
    let w = world(5, &kind).unwrap();
    let all = |seed| estimate(&w.evidence, &Belief::default(), &[true; HOURS], &[], 4.0, seed).unwrap().hours;
    assert_eq!(all(2), all(2));
    assert_ne!(all(2), all(3));
}

/// A few towns here; the bench judges sixty of each kind.
#[test]
fn nearer_to_the_truth_than_raw_answers() {
    let kind = Kind { respondents: 200, uneven: 4.0, interest: 0.5, first: true, tastes: 1.0 };
    let (mut ours, mut theirs, mut inside, mut hours) = (0.0, [0.0; 4], 0, 0);
    for seed in 0..12 {
        let w = world(seed, &kind).unwrap();
        let found = estimate(&w.evidence, &Belief::default(), &[true; HOURS], &[], 4.0, seed).unwrap();
        let simple = raw(&w);
        for h in (0..HOURS).filter(|h| !present()[*h]) {
            ours += (found.hours[h].middle - w.truth[h]).abs() / w.truth.iter().sum::<f64>();
            (0..4).for_each(|k| theirs[k] += (simple[k][h] - w.truth[h]).abs() / w.truth.iter().sum::<f64>());
            inside += usize::from((found.hours[h].low..=found.hours[h].high).contains(&w.truth[h]));
            hours += 1;
        }
    }
    assert!(theirs.iter().all(|t| ours < 0.9 * t), "{ours} {theirs:?}");
    assert!(inside as f64 > 0.6 * hours as f64, "{inside} of {hours}");
}

#[test]
fn impossible_evidence_is_refused_by_name() {
    let why = |e: Evidence| estimate(&e, &Belief::default(), &[true; 3], &[], 4.0, 1).unwrap_err().to_string();
    assert!(why(Evidence { arrivals: vec![0; 3], ..evidence() }).contains("nobody has come"));
    assert!(why(Evidence { arrivals: vec![4, 1, 0], ..evidence() }).contains("hour 1 is closed but has 1 arrivals"));
    assert!(
        why(Evidence { weights: vec![1.0; 59], ..evidence() })
            .contains("59 weights, 60 first choices for 60 respondents")
    );
    assert!(why(Evidence { weights: vec![0.0; 60], ..evidence() }).contains("all 0"));
    assert!(why(Evidence { arrivals: vec![1, 0], ..evidence() }).contains("must all have 3 hours"));
    let pilot = estimate(&evidence(), &Belief::default(), &[true; 3], &[vec![0]], 4.0, 1).unwrap_err().to_string();
    assert!(pilot.contains("pilot hour 0 is open already"));
}
