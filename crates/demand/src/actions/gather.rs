//! What is known of a stream: own counts through the read ports of windows and incidents, imported days, answers.

use crate::answers::{self, Round};
use crate::model::{Coverage, Day, Origin, Stream};
use crate::rules::{past, plan::Beside};
use crate::store;
use kernel::rules::RuleSet;
use kernel::{Date, Reader, Result, StationId, Timestamp, ToSpan, Uuid, clock};
use roster::model::DayType;
use std::collections::BTreeMap;
use windows::model::{Span, minute_of};
use windows::rules::hours::OpenDay;

/// Days back that are looked at: half a year, as older habits are no longer today's.
pub const DAYS: i64 = 182;
/// Days of the report beside the curve: four weeks.
pub const BESIDE: i64 = 28;

/// What is known of a stream.
pub struct Gathered {
    pub days: Vec<Day>,
    pub coverage: Coverage,
    /// No window does the service, or none has hours in the next two weeks.
    pub shut: Option<Shut>,
}

/// Why a service has no doors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shut {
    NoWindow,
    NoHours,
}

fn kind_of(rules: &RuleSet, day: Date) -> DayType {
    roster::rules::day(rules.calendar(), day).kind
}

/// The hours of the windows on past days; [`windows::actions::open_days`] gives a quarter of a year at once.
async fn past_hours(r: &mut Reader, rules: &RuleSet, station: StationId, from: Date, until: Date) -> Result<Vec<OpenDay>> {
    let mut out = vec![];
    let mut from = from;
    while from <= until {
        let last = from.saturating_add(89.days()).min(until);
        out.extend(windows::actions::open_days(r, rules, station, from, last).await?.1);
        from = last.saturating_add(1.days());
    }
    Ok(out)
}

/// Moments of coming of a stream, and whether there are more than are read at once (then the oldest day is not whole).
async fn moments(r: &mut Reader, station: StationId, stream: Stream, since: Date) -> Result<(Vec<(Date, i64)>, bool)> {
    let split = |at: Timestamp| (clock::day_of(at), minute_of(at));
    let whole = |all: Vec<(Date, i64)>, most: usize| {
        let cut = all.len() >= most;
        (all, cut)
    };
    Ok(match stream {
        Stream::All => whole(windows::store::arrivals(r, station, since).await?.into_iter().map(|a| split(a.1)).collect(), windows::store::ARRIVALS),
        Stream::Service(id) => {
            let all = windows::store::arrivals(r, station, since).await?;
            let cut = all.len() >= windows::store::ARRIVALS;
            // The first day that anybody was counted is the first day for every service.
            let first = all.last().map(|a| split(a.1).0);
            let mut mine: Vec<(Date, i64)> = all.into_iter().filter(|a| a.0 == id).map(|a| split(a.1)).collect();
            mine.extend(first.map(|d| (d, NOBODY)));
            (mine, cut)
        }
        Stream::Booked => whole(windows::store::wished(r, station, since).await?.0, windows::store::WISHES),
        Stream::Door => whole(windows::store::wished(r, station, since).await?.1.into_iter().map(split).collect(), windows::store::WISHES),
        Stream::Sent => {
            let until = clock::start_of(clock::day_of(r.now()).saturating_add(1.days()));
            let all = incidents::store::sent_between(r, station, clock::start_of(since), until, incidents::store::CALLED).await?;
            whole(all.into_iter().map(|s| split(s.sent_at)).collect(), incidents::store::CALLED)
        }
        Stream::Incidents | Stream::Calls => {
            let all = incidents::store::called_since(r, station, clock::start_of(since)).await?;
            let cut = all.len() >= incidents::store::CALLED;
            // 01xx of list `incident.source` is the telephone.
            let mine = all.into_iter().filter(|c| stream == Stream::Incidents || c.1.starts_with("01"));
            (mine.map(|c| split(c.0)).collect(), cut)
        }
    })
}

/// A minute at which nobody came: marks a day as counted.
const NOBODY: i64 = -1;

/// All that is known of a stream up to yesterday.
pub async fn gather(r: &mut Reader, rules: &RuleSet, station: StationId, stream: Stream) -> Result<Gathered> {
    let today = clock::day_of(r.now());
    let (since, yesterday) = (today.saturating_sub(DAYS.days()), today.saturating_sub(1.days()));
    let mut by_day: BTreeMap<Date, Vec<i64>> = BTreeMap::new();
    let (came, cut) = moments(r, station, stream, since).await?;
    for (day, minute) in came.into_iter().filter(|c| c.0 <= yesterday) {
        let of = by_day.entry(day).or_default();
        of.extend((minute != NOBODY).then_some(minute));
    }
    if cut {
        by_day.pop_first();
    }
    let (mut own, mut early, mut outside) = (vec![], 0, 0);
    if let Some(first) = by_day.keys().next().copied() {
        let open: Vec<(Date, Vec<Span>)> = if stream.has_doors() {
            let spans = |d: &OpenDay| match stream {
                Stream::Service(id) => d.spans_of(id),
                _ => d.spans(),
            };
            past_hours(r, rules, station, first, yesterday).await?.iter().map(|d| (d.date(), spans(d))).collect()
        } else {
            let days = (0..DAYS).map(|n| first.saturating_add(n.days())).take_while(|d| *d <= yesterday);
            days.map(|d| (d, vec![Span { from: 0, until: 1_440 }])).collect()
        };
        for (date, spans) in open {
            let c = past::counted(&spans, by_day.get(&date).map_or(&[][..], Vec::as_slice));
            early += c.early;
            outside += c.outside;
            own.push(Day { date, kind: kind_of(rules, date), counts: c.counts, origin: Origin::Own });
        }
    }
    let imported = if stream.at_windows() {
        let service = if let Stream::Service(id) = stream { Some(id) } else { None };
        past::imported(&store::past(r, station, service, since).await?, |d| kind_of(rules, d))
    } else {
        vec![]
    };
    let days = past::joined(own, imported);
    let coverage = past::coverage(&days, rules.calendar(), early, outside);
    let shut = shut(r, rules, station, stream, today).await?;
    Ok(Gathered { days, coverage, shut })
}

async fn shut(r: &mut Reader, rules: &RuleSet, station: StationId, stream: Stream, today: Date) -> Result<Option<Shut>> {
    if !stream.has_doors() {
        return Ok(None);
    }
    let (windows, days) = windows::actions::open_days(r, rules, station, today, today.saturating_add(13.days())).await?;
    let does = |w: &windows::model::Window| if let Stream::Service(id) = stream { w.does(id) } else { true };
    let open = |d: &OpenDay| match stream {
        Stream::Service(id) => !d.spans_of(id).is_empty(),
        _ => !d.spans().is_empty(),
    };
    Ok(match () {
        () if !windows.iter().any(does) => Some(Shut::NoWindow),
        () if !days.iter().any(open) => Some(Shut::NoHours),
        () => None,
    })
}

/// Plan and presence of the last four weeks.
pub async fn beside(r: &mut Reader, rules: &RuleSet, station: StationId) -> Result<Beside> {
    let today = clock::day_of(r.now());
    let (from, until) = (today.saturating_sub(BESIDE.days()), today.saturating_sub(1.days()));
    let (days, _) = windows::actions::kept(r, rules, station, from, until).await?;
    let mut out = Beside::new();
    let mut d = from;
    while d <= until {
        out.days[kind_of(rules, d) as usize] += 1;
        d = d.saturating_add(1.days());
    }
    for w in &days {
        out.add(kind_of(rules, w.day), &w.kept.planned, &w.kept.actual, &w.kept.empty);
    }
    Ok(out)
}

/// Services in use: id and name.
pub async fn services(r: &mut Reader, station: StationId) -> Result<Vec<(Uuid, String)>> {
    Ok(windows::store::services(r, station).await?.into_iter().map(|s| (s.id, s.name)).collect())
}

/// Surveys that are looked through for one that asks for hours, the newest first.
const SURVEYS: usize = 12;

/// What questionnaires say about the hours of a stream: the newest one that asks for them and was answered. Answers that
/// came as one of many from one place are not used. The answers are counted, nobody is shown.
pub async fn asked(r: &mut Reader, station: StationId, stream: Stream) -> Result<Option<Round>> {
    let services = services(r, station).await?;
    let wanted = if let Stream::Service(id) = stream { Some(id) } else { None };
    let lines = surveys::store::list(r, station).await?;
    for line in lines.into_iter().filter(|l| l.held > 0).take(SURVEYS) {
        let survey = surveys::store::survey(r, station, line.id).await?;
        if !answers::asks_for_hours(&survey.definition.0) {
            continue;
        }
        let boxes = surveys::store::boxes(r, station, line.id).await?;
        let weights = surveys::actions::weights(r, &survey, &boxes).await?;
        if let Some(round) = answers::of_boxes(&survey.title, &survey.definition.0, &boxes, &weights, &services, wanted) {
            return Ok(Some(round));
        }
    }
    Ok(None)
}

/// Wishes for hours that people sent or that were spoken of in meetings, in the last half year: how many people wish for
/// which stretch. Wishes are no demand; they are shown beside it.
pub async fn wished(r: &mut Reader, station: StationId, stream: Stream) -> Result<Vec<(answers::Asked, i64)>> {
    let since = clock::day_of(r.now()).saturating_sub(DAYS.days());
    let mut out: Vec<(answers::Asked, i64)> = vec![];
    for w in surveys::store::wishes_when(r, station, since).await? {
        let about = match stream {
            Stream::All => true,
            Stream::Service(id) => w.service_id.is_none_or(|s| s == id),
            _ => false,
        };
        let asked = answers::Asked { kind: w.kind, span: Span { from: w.from, until: w.until } };
        match out.iter_mut().find(|x| x.0 == asked) {
            Some(x) if about => x.1 += w.n,
            None if about => out.push((asked, w.n)),
            _ => {}
        }
    }
    out.sort_by_key(|x| std::cmp::Reverse(x.1));
    out.truncate(6);
    Ok(out)
}
