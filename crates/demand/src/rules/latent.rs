//! Demand behind shut doors: the questionnaire's stretches beside the present hours, given to `staffing::latent`.

use super::SEED;
use crate::answers::{Asked, Round};
use crate::model::{Band, Day, Line, Pilot, SLOT};
use kernel::ToSpan;
use roster::model::DayType;
use staffing::latent::{self, Belief, Evidence};
use windows::model::Span;

/// Days of a week of each kind that can be counted; holidays come too rarely for a week's worth.
const WEEK: [(DayType, f64); 2] = [(DayType::Work, 5.0), (DayType::Rest, 2.0)];

/// What a questionnaire adds to a curve.
#[derive(Clone, Debug, PartialEq)]
pub struct Guess {
    pub title: String,
    pub answers: usize,
    pub effective: f64,
    /// By stretch that was asked about.
    pub bands: Vec<Guessed>,
    /// Best first.
    pub pilots: Vec<Pilot>,
    /// Stretches left out: overlapping ones and those on holidays.
    pub left_out: usize,
    /// Answers not used: one of many from one place.
    pub many: usize,
    /// Weighted to the register.
    pub weighed: bool,
}

/// A stretch that was asked about: what is believed of it beside what was seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Guessed {
    pub asked: Asked,
    /// Its doors are open today.
    pub open: bool,
    /// People a slot and day.
    pub band: Band,
    /// Days of the last weeks on which its doors were open, and people on such a day. Shut as a rule and open on some days: 试开.
    pub seen: usize,
    pub came: f64,
}

impl Guessed {
    /// People a day in the stretch, of a number by the slot.
    pub fn a_day(&self, slot: f64) -> f64 {
        slot * self.asked.span.minutes() as f64 / SLOT as f64
    }
    /// `0.5–1.9 人`
    pub fn band_text(&self) -> String {
        format!("{:.1}–{:.1} 人", self.a_day(self.band.low), self.a_day(self.band.high))
    }
    /// `关着`, or what a pilot brought beside what was expected of it.
    pub fn now_text(&self) -> String {
        if self.seen == 0 {
            return "关着".into();
        }
        let verdict = match self.came {
            c if c < self.a_day(self.band.low) => "比预计少",
            c if c > self.a_day(self.band.high) => "比预计多",
            _ => "在预计之内",
        };
        format!("试开 {} 天：实际一天 {:.1} 人，预计 {}，{verdict}", self.seen, self.came, self.band_text())
    }
}

/// A stretch of the week that somebody can choose.
struct Cell {
    asked: Asked,
    /// By answer: it suits. Stretches of the present hours that were not asked about suit everybody as far as is known.
    place: Option<usize>,
    open: bool,
    /// Arrivals in a week.
    weekly: f64,
    seen: Seen,
}

/// What was seen of a stretch on days of its kind.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Seen {
    /// Share of its slots that were observed.
    share: f64,
    /// Days on which half of them or more were.
    days: usize,
    /// Arrivals on such a day.
    came: f64,
}

fn observed(days: &[Day], a: &Asked) -> Seen {
    let slots = (a.span.from / SLOT) as usize..((a.span.until + SLOT - 1) / SLOT) as usize;
    let (mut seen, mut came, mut all, mut on) = (0.0, 0.0, 0.0, 0);
    for d in days.iter().filter(|d| d.kind == a.kind) {
        let counts = d.counts.get(slots.clone()).unwrap_or(&[]);
        let open = counts.iter().flatten().count();
        on += usize::from(open > 0 && open * 2 >= counts.len());
        all += counts.len() as f64;
        seen += open as f64;
        came += counts.iter().flatten().map(|n| f64::from(*n)).sum::<f64>();
    }
    if seen == 0.0 { Seen::default() } else { Seen { share: seen / all, days: on, came: came / seen * slots.len() as f64 } }
}

/// Present hours of a kind of day that no stretch covers, as stretches.
fn rest_of(days: &[Day], kind: DayType, asked: &[Asked]) -> Vec<Asked> {
    let at = |k: i64| Asked { kind, span: Span { from: k * SLOT, until: (k + 1) * SLOT } };
    let covered = |k: i64| asked.iter().any(|a| a.kind == kind && a.span.from < (k + 1) * SLOT && k * SLOT < a.span.until);
    let mut out: Vec<Asked> = vec![];
    for k in 0..24 * 4 {
        if covered(k) || observed(days, &at(k)).share < 0.5 {
            continue;
        }
        match out.last_mut() {
            Some(last) if last.span.until == k * SLOT => last.span.until += SLOT,
            _ => out.push(at(k)),
        }
    }
    out
}

/// Morning, midday and afternoon, evening of a kind of day.
fn part(a: &Asked) -> usize {
    let middle = (a.span.from + a.span.until) / 2;
    a.kind as usize * 3 + if middle < 12 * 60 { 0 } else { 1 + usize::from(middle >= 17 * 60) }
}

/// Days that show the present hours: the last four weeks of what is known, all of it when that is less than a week's worth.
fn present(days: &[Day]) -> Vec<Day> {
    let Some(last) = days.last().map(|d| d.date) else { return vec![] };
    let since = last.saturating_sub(28.days());
    let recent: Vec<Day> = days.iter().filter(|d| d.date > since).cloned().collect();
    if recent.len() < 5 { days.to_vec() } else { recent }
}

/// The bands of the stretches and which pilot would teach most.
///
/// # Errors
/// Why nothing can be said, in words.
pub fn guess(days: &[Day], round: &Round) -> Result<Guess, String> {
    let days = &present(days)[..];
    let week = |kind: DayType| WEEK.iter().find(|w| w.0 == kind).map(|w| w.1);
    let mut cells: Vec<Cell> = vec![];
    let mut add = |asked: Asked, place: Option<usize>| {
        let Some(per_week) = week(asked.kind) else { return };
        let seen = observed(days, &asked);
        let open = seen.share >= 0.5;
        cells.push(Cell { asked, place, open, weekly: if open { seen.came * per_week } else { 0.0 }, seen });
    };
    round.asked.iter().enumerate().for_each(|(i, a)| add(*a, Some(i)));
    for (kind, _) in WEEK {
        rest_of(days, kind, &round.asked).into_iter().for_each(|a| add(a, None));
    }
    let left_out = round.overlapping + round.asked.iter().filter(|a| week(a.kind).is_none()).count();
    if round.answers.len() < 5 {
        return Err(format!("问卷《{}》只有 {} 份答了时段的答卷，至少要 5 份才能推算。", round.title, round.answers.len()));
    }
    if cells.iter().all(|c| c.weekly == 0.0) {
        return Err("开门的时段还没有人来过，问卷的答案没有可以换算的底数。".into());
    }
    // So many weeks that the rarer kind of day is not counted as more than was seen.
    let weeks = WEEK
        .iter()
        .map(|(k, n)| days.iter().filter(|d| d.kind == *k).count() as f64 / n)
        .fold(0.0, f64::max)
        .clamp(0.2, 520.0);
    let place = |asked: usize| cells.iter().position(|c| c.place == Some(asked));
    let evidence = Evidence {
        suits: round.answers.iter().map(|a| cells.iter().map(|c| c.place.is_none_or(|p| a.suits.contains(&p))).collect()).collect(),
        asked: cells.iter().map(|c| c.place.is_some()).collect(),
        named: round.answers.iter().map(|a| a.named.iter().filter_map(|n| place(*n)).collect()).collect(),
        group: round.answers.iter().map(|a| a.group).collect(),
        weights: round.answers.iter().map(|a| a.weight).collect(),
        part: cells.iter().map(|c| part(&c.asked)).collect(),
        open: cells.iter().map(|c| c.open).collect(),
        arrivals: cells.iter().map(|c| (c.weekly * weeks).round() as u32).collect(),
        weeks,
    };
    // What was tried already is no advice any more. A pilot opens on two days of a week, so it sees a part of a week's demand that
    // differs by the kind of day.
    let untried: Vec<usize> = (0..cells.len()).filter(|c| !cells[*c].open && cells[*c].seen.days == 0).collect();
    let weeks = |kind: DayType| Pilot::WEEKS * (Pilot::DAYS / week(kind).unwrap_or(Pilot::DAYS)).min(1.0);
    let pilots: Vec<latent::Pilot> = untried.iter().map(|c| latent::Pilot { hours: vec![*c], weeks: weeks(cells[*c].asked.kind) }).collect();
    let found = latent::estimate(&evidence, &Belief::default(), &vec![true; cells.len()], &pilots, SEED)
        .map_err(|e| format!("问卷的答案不能用于推算（{e}）。"))?;
    let judged = |(c, a): (&usize, &latent::Advice)| {
        let asked = cells[*c].asked;
        Pilot { kind: asked.kind, span: asked.span, learnt: a.learnt, expected: a.expected }
    };
    let mut thought: Vec<Pilot> = untried.iter().zip(&found.advice).map(judged).collect();
    let bands = cells.iter().zip(&found.hours).filter(|(c, _)| c.place.is_some()).map(|(c, h)| {
        let slots = (c.asked.span.minutes() as f64 / SLOT as f64).max(1.0);
        let each = |weekly: f64| weekly / week(c.asked.kind).unwrap_or(1.0) / slots;
        let band = Band {
            low: each(h.low),
            middle: each(h.middle),
            high: each(h.high),
            few_away: each(h.few_away),
            many_away: each(h.many_away),
        };
        Guessed { asked: c.asked, open: c.open, band, seen: c.seen.days, came: c.seen.came }
    });
    thought.sort_by(|a, b| b.learnt.total_cmp(&a.learnt));
    let bands = bands.collect();
    Ok(Guess { title: round.title.clone(), answers: round.answers.len(), effective: round.effective, bands, pilots: thought, left_out, many: round.many, weighed: round.weighed })
}

impl Guess {
    /// The band of a slot behind shut doors.
    pub fn band(&self, kind: DayType, slot: usize) -> Option<Band> {
        let minute = slot as i64 * SLOT;
        let found = self.bands.iter().find(|b| !b.open && b.asked.kind == kind && b.asked.span.from < minute + SLOT && minute < b.asked.span.until);
        found.map(|b| b.band)
    }

    /// Puts the bands beside the slots of a curve that nobody has observed.
    pub fn beside(&self, kind: DayType, lines: &mut [Line]) {
        lines.iter_mut().filter(|l| !l.observed()).for_each(|l| l.latent = self.band(kind, l.slot));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answers::Answer;
    use crate::model::{Origin, SLOTS};
    use kernel::Date;

    /// Four weeks, working days 9 to 12 and 14 to 17, one person a quarter hour, and Saturdays shut.
    fn days() -> Vec<Day> {
        let first: Date = "2026-03-02".parse().unwrap();
        let open = |k: usize| (36..48).contains(&k) || (56..68).contains(&k);
        (0..28)
            .map(|i| first.saturating_add(i.days()))
            .filter(|d| d.weekday().to_monday_zero_offset() < 5)
            .map(|date| Day { date, kind: DayType::Work, counts: (0..SLOTS).map(|k| open(k).then_some(1)).collect(), origin: Origin::Own })
            .collect()
    }
    fn round(evening: usize, all: usize) -> Round {
        let asked = ["工作日 09:00-12:00", "工作日 18:00-20:00", "周末 09:00-12:00", "节假日 09:00-12:00"];
        let asked = asked.iter().map(|t| crate::answers::stretch(t).unwrap()).collect();
        let one = |i: usize| Answer { weight: 1.0, group: 0, suits: if i < evening { vec![1, 2] } else { vec![0] }, named: vec![if i < evening { 1 } else { 0 }] };
        Round { title: "错时问卷".into(), asked, answers: (0..all).map(one).collect(), effective: all as f64, overlapping: 0, many: 0, weighed: false }
    }

    #[test]
    fn shut_hours_get_a_band_and_open_ones_none() {
        let g = guess(&days(), &round(30, 60)).unwrap();
        assert_eq!((g.answers, g.left_out, g.bands.len()), (60, 1, 3));
        let evening = g.band(DayType::Work, 18 * 4).unwrap();
        assert!(evening.low < evening.middle && evening.middle < evening.high, "{evening:?}");
        assert!(evening.high > 0.05 && evening.high < 10.0, "{evening:?}");
        assert!(evening.few_away < evening.many_away, "who stays away today would come: {evening:?}");
        assert_eq!(g.band(DayType::Work, 9 * 4), None, "open: it is observed");
        assert_eq!(g.band(DayType::Work, 12 * 4), None, "nobody was asked");
        assert!(g.band(DayType::Rest, 9 * 4).is_some());
        assert_eq!(g.pilots.len(), 2);
        assert!(g.pilots[0].learnt >= g.pilots[1].learnt && g.pilots[0].expected > 0.0);
        // More who ask for the evening, more in the evening.
        let few = guess(&days(), &round(5, 60)).unwrap().band(DayType::Work, 18 * 4).unwrap();
        assert!(few.middle < evening.middle, "{few:?} {evening:?}");
    }

    #[test]
    fn a_pilot_of_two_evenings_a_week_stands_beside_what_was_expected() {
        let before = guess(&days(), &round(30, 60)).unwrap();
        let evening = |g: &Guess| g.bands.iter().find(|b| b.asked.text() == "工作日 18:00-20:00").unwrap().clone();
        assert_eq!((evening(&before).seen, evening(&before).now_text().as_str()), (0, "关着"));
        // Eight of twenty evenings are open: a share of 0.4, so the hours are not open as a rule. Four people come on each.
        let tried: Vec<Day> = days()
            .into_iter()
            .enumerate()
            .map(|(i, mut d)| {
                if matches!(i % 5, 1 | 3) {
                    (72..80).for_each(|k| d.counts[k] = Some(u32::from(k % 2 == 0)));
                }
                d
            })
            .collect();
        let g = guess(&tried, &round(30, 60)).unwrap();
        let e = evening(&g);
        assert_eq!((e.open, e.seen, e.came), (false, 8, 4.0));
        assert_eq!(e.band, evening(&before).band, "what was expected does not move to what came");
        assert!(e.now_text().starts_with("试开 8 天：实际一天 4.0 人，预计 ") && e.now_text().contains(&e.band_text()), "{}", e.now_text());
        let verdict = |came: f64| Guessed { came, ..e.clone() }.now_text();
        assert!(verdict(0.0).contains("比预计少") && verdict(1e3).contains("比预计多") && verdict(e.a_day(e.band.middle)).contains("在预计之内"));
        assert!(g.pilots.iter().all(|p| p.kind == DayType::Rest), "what was tried is no advice");
        // The expectation is of two evenings a week, not of five.
        let p = before.pilots.iter().find(|p| p.kind == DayType::Work).unwrap();
        let b = evening(&before);
        let most = b.a_day(b.band.high) * Pilot::WEEKS * Pilot::DAYS;
        assert!(p.expected > 0.0 && p.expected < 2.0 * most, "{} {most}", p.expected);
    }

    #[test]
    fn answers_are_pooled_within_sex_and_age() {
        let alone = guess(&days(), &round(30, 60)).unwrap();
        let mut split = round(30, 60);
        split.answers.iter_mut().enumerate().for_each(|(i, a)| a.group = usize::from(i < 30));
        let split = guess(&days(), &split).unwrap();
        let evening = |g: &Guess| g.band(DayType::Work, 18 * 4).unwrap();
        assert_ne!(evening(&alone), evening(&split), "the class of an answer counts");
    }

    #[test]
    fn hours_that_are_open_now_are_not_guessed_though_they_were_shut_before() {
        let mut all = days();
        let later: Vec<Day> = days().into_iter().map(|d| Day { date: d.date.saturating_add(28.days()), ..d }).collect();
        for mut d in later {
            (72..80).for_each(|k| d.counts[k] = Some(0));
            all.push(d);
        }
        let g = guess(&all, &round(30, 60)).unwrap();
        assert_eq!(g.band(DayType::Work, 18 * 4), None);
        assert!(g.pilots.iter().all(|p| p.kind == DayType::Rest), "{:?}", g.pilots);
    }

    #[test]
    fn what_cannot_be_said_is_said() {
        assert!(guess(&days(), &round(2, 4)).unwrap_err().contains("只有 4 份"));
        assert!(guess(&[], &round(30, 60)).unwrap_err().contains("没有人来过"));
    }
}
