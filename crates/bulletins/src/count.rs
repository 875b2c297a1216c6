//! Counting: every figure and breakdown of the program, for a period, as known on a moment.

use kernel::figure::{Breakdown, Change, Figure, Period, Spec, Terms};
use kernel::rules::RuleSet;
use kernel::{Act, App, Date, Permission as P, Reader, Refusal, Result, StationId, Timestamp};

/// Every figure of the program.
pub fn specs() -> Vec<Spec> {
    let mut out = incidents::figures::all();
    out.extend(mediation::figures::all());
    out.extend(windows::figures::all());
    out
}

/// Every breakdown of the program.
pub fn breakdowns() -> Vec<Breakdown> {
    let mut out = incidents::figures::breakdowns();
    out.extend(mediation::figures::breakdowns());
    out
}

/// Every division of the parts of a breakdown, for the analysis report.
pub fn crossings() -> Vec<Breakdown> {
    incidents::figures::crossings()
}

/// Days in one question at most.
const MAX_DAYS: i32 = 3_660;

/// Refuses a period that ends before it begins or is longer than ten years.
pub fn check(from: Date, until: Date) -> Result<(), Refusal> {
    let days = from.until(until).map(|s| s.get_days()).unwrap_or(-1);
    if (0..=MAX_DAYS).contains(&days) {
        return Ok(());
    }
    Err(Refusal::new("figures.period", format!("统计期间 {from} 至 {until} 不成立。"), "截止日期不早于起始日期，最长十年。"))
}

/// Refuses a moment that has not come yet: what will be known then is not known.
pub fn check_moment(as_of: Timestamp, now: Timestamp) -> Result<(), Refusal> {
    if as_of <= now {
        return Ok(());
    }
    Err(Refusal::new(
        "figures.as_of",
        format!("统计时刻 {} 还没有到。", kernel::clock::show(as_of)),
        "请填写现在或者过去的时刻。",
    ))
}

/// Whole days of a station, with the terms of the rules in force at `as_of`.
pub fn period(rules: &RuleSet, station: StationId, from: Date, until: Date, as_of: Timestamp) -> Result<Period> {
    let terms = Terms::of(rules, kernel::clock::day_of(as_of))?;
    Ok(Period::days(station, from, until, as_of, terms))
}

/// All figures of a period, in their order.
pub async fn figures(app: &App, act: &Act, p: &Period) -> Result<Vec<Figure>> {
    act.actor.must(P::FiguresSee)?;
    act.actor.must_reach("派出所", p.station)?;
    check(p.from, p.until)?;
    check_moment(p.as_of, app.now())?;
    app.db()
        .read(act, async |r: &mut Reader| {
            let mut out = vec![];
            for spec in specs() {
                out.push(spec.figure(r, p).await?);
            }
            Ok(out)
        })
        .await
}

/// One figure beside the period before and the year before.
#[derive(Clone, Debug)]
pub struct Beside {
    pub figure: Figure,
    pub before: (Period, Figure),
    pub year: (Period, Figure),
}

impl Beside {
    pub async fn of(spec: &Spec, r: &mut Reader, p: &Period) -> Result<Beside> {
        let (q, y) = (p.before(), p.year_before());
        Ok(Beside {
            figure: spec.figure(r, p).await?,
            before: (q, spec.figure(r, &q).await?),
            year: (y, spec.figure(r, &y).await?),
        })
    }

    pub fn change(&self, p: &Period, year: bool) -> Change {
        let (q, f) = if year { &self.year } else { &self.before };
        Change::of(&self.figure, p, f, q)
    }
}
