//! The figures counted a second time, without their SQL: every line that was ever appended is read as it stands and folded to what
//! was known at a moment; each figure, part and division is then counted from its definition in words.

use super::replay::Number;
use kernel::figure::Period;
use kernel::{Date, Reader, Timestamp, ToSpan, Uuid, args, clock, sql};
use std::collections::BTreeMap;

/// What happens to no record of these histories; counted in the tests of its own domain.
pub const ELSEWHERE: &str = "window.delivered_at_door";
/// Microseconds in a second.
const SECOND: i64 = 1_000_000;

/// Something that was written at a moment.
trait Written {
    fn at(&self) -> Timestamp;
}

/// What had been written by `as_of`, in its order.
fn known<T: Written>(all: &[T], as_of: Timestamp) -> impl DoubleEndedIterator<Item = &T> {
    all.iter().filter(move |x| x.at() <= as_of)
}

macro_rules! written {
    ($($name:ident { $($field:ident: $t:ty),* })*) => {$(
        struct $name { at: Timestamp, $($field: $t),* }
        impl Written for $name {
            fn at(&self) -> Timestamp {
                self.at
            }
        }
    )*};
}

written! {
    Step { step: String }
    Told { category: Option<String>, found: Option<String>, cluster: Uuid, fine: Option<String>, beat: Option<Uuid>, place: Option<String>, cause: Option<String>, means: Option<String> }
    Sent { signed: Option<Timestamp>, cancelled: Option<Timestamp> }
    Line { day: Date, step: String, outcome: Option<String> }
    Stand { judicial: Option<String>, deadline: Option<Date> }
    Promise { agreement: Uuid, state: String, due: Option<Date> }
    Agreement { id: Uuid, signed_on: Date }
    Visit { due: Date, done: Option<Timestamp>, dropped: Option<Timestamp>, satisfaction: Option<String> }
    Case { kind: String }
    Final {}
}

#[derive(Default)]
struct Incident {
    called: Option<Timestamp>,
    registered: Option<Timestamp>,
    steps: Vec<Step>,
    told: Vec<Told>,
    sent: Vec<Sent>,
    finals: Vec<Final>,
}

#[derive(Default)]
struct Dispute {
    lines: Vec<Line>,
    stands: Vec<Stand>,
    /// By obligation.
    promises: BTreeMap<Uuid, Vec<Promise>>,
    agreements: Vec<Agreement>,
    visits: Vec<Visit>,
    cases: Vec<Case>,
}

/// All that was appended about incidents and disputes.
pub struct Log {
    incidents: BTreeMap<Uuid, Incident>,
    disputes: BTreeMap<Uuid, Dispute>,
}

/// Whether each row of a figure's denominator is one of its numerator.
type Hits = Vec<bool>;

impl Log {
    pub async fn read(r: &mut Reader) -> kernel::Result<Log> {
        Ok(Log { incidents: incidents(r).await?, disputes: disputes(r).await? })
    }

    /// Every number that the program gives for the period, but those made of others.
    pub fn count(&self, p: &Period, keys: &[(&'static str, bool)]) -> Vec<Number> {
        let mut hits: BTreeMap<&str, Hits> = BTreeMap::new();
        self.count_incidents(p, &mut hits);
        self.count_orders(p, &mut hits);
        self.count_disputes(p, &mut hits);
        self.count_promises(p, &mut hits);
        self.count_visits(p, &mut hits);
        let mut out = vec![];
        for (key, ratio) in keys.iter().filter(|k| k.0 != ELSEWHERE) {
            let rows = hits.get(key).map_or(&[][..], Vec::as_slice);
            let n = rows.iter().filter(|hit| **hit).count() as i64;
            out.push(Number::whole(key, n, ratio.then_some(rows.len() as i64)));
        }
        out.extend(self.parts(p));
        out
    }

    /// Incidents of the period with the class of their last step and what was told about them.
    fn calls<'a>(&'a self, p: &'a Period) -> impl Iterator<Item = (Uuid, &'a Incident, Class, &'a Told)> {
        let (from, until) = (clock::start_of(p.from), clock::start_of(p.until.tomorrow().unwrap()));
        self.incidents
            .iter()
            .filter(move |(_, i)| i.called.is_some_and(|c| from <= c && c < until) && i.registered.is_some_and(|t| t <= p.as_of))
            .map(|(id, i)| (*id, i, class(i, p.as_of), known(&i.told, p.as_of).last().expect("told when it was registered")))
    }

    fn count_incidents(&self, p: &Period, out: &mut BTreeMap<&str, Hits>) {
        let mut add = |key: &'static str, hit: bool| out.entry(key).or_default().push(hit);
        for (id, _, class, told) in self.calls(p) {
            add("incident.received", true);
            add("incident.valid", class != Class::Excluded);
            add("incident.excluded", class == Class::Excluded);
            if class != Class::Excluded {
                add("incident.disputes", category(told) == "dispute");
                add("incident.closed", class == Class::Done);
                add("incident.repeat", told.cluster != id);
            }
        }
    }

    fn count_orders(&self, p: &Period, out: &mut BTreeMap<&str, Hits>) {
        let (from, until) = (clock::start_of(p.from), clock::start_of(p.until.tomorrow().unwrap()));
        let within = |t: Timestamp, since: Timestamp, seconds: i64| t.as_microsecond() - since.as_microsecond() <= seconds * SECOND;
        for i in self.incidents.values() {
            let live: Vec<&Sent> = known(&i.sent, p.as_of).filter(|s| s.cancelled.is_none_or(|c| c > p.as_of)).collect();
            for s in live.iter().filter(|s| from <= s.at && s.at < until) {
                let hit = s.signed.is_some_and(|t| t <= p.as_of && within(t, s.at, 300));
                out.entry("dispatch.signed").or_default().push(hit);
            }
            if let Some(first) = live.first().filter(|s| from <= s.at && s.at < until) {
                let hit = known(&i.finals, p.as_of).any(|f| within(f.at, first.at, 86_400));
                out.entry("dispatch.fed_back").or_default().push(hit);
            }
        }
    }

    fn count_disputes(&self, p: &Period, out: &mut BTreeMap<&str, Hits>) {
        let mut add = |key: &'static str, hit: bool| out.entry(key).or_default().push(hit);
        let observed = clock::day_of(p.as_of).saturating_sub(p.terms.latent_days.days());
        for d in self.disputes.values() {
            let lines: Vec<&Line> = known(&d.lines, p.as_of).collect();
            let Some(last) = lines.last() else { continue };
            let resolved = is(&last.outcome, &["settled", "self_settled"]);
            let taken_up = lines.iter().find(|l| TAKES_UP.contains(&l.step.as_str()));
            let led_to = |kind: &str| known(&d.cases, p.as_of).any(|c| c.kind == kind);
            if let Some(open) = registered(&lines, p) {
                add("dispute.registered", true);
                add("dispute.taken_up", taken_up.is_some());
                add("dispute.resolution_rate", resolved);
                add("dispute.escalated", lines.iter().any(|l| l.step == "escalate"));
                add("dispute.escalated_public_order", led_to("public_order"));
                add("dispute.escalated_criminal", led_to("criminal"));
                if open.day > observed {
                    add("dispute.unobserved", true);
                }
            }
            if taken_up.is_some_and(|l| in_days(l.day, p)) && !is(&last.outcome, &["merged"]) {
                add("dispute.handled_total", true);
                add("dispute.handled", resolved);
            }
            for (i, end) in lines.iter().enumerate().filter(|(_, l)| (l.step == "close" || l.step == "self_settle") && in_days(l.day, p)) {
                if is(&end.outcome, &["settled", "not_settled"]) && lines[i..].iter().all(|l| l.step != "reopen") {
                    add("dispute.success_rate", is(&end.outcome, &["settled"]));
                }
            }
            for (i, _) in lines.iter().enumerate().filter(|(_, l)| l.step == "accept" && in_days(l.day, p)) {
                let result = lines[i + 1..].iter().find(|l| ["agree", "fail", "self_settle"].contains(&l.step.as_str()));
                let then = known(&d.stands, result.map_or(p.as_of, |l| l.at)).last().and_then(|s| s.deadline);
                if let Some(deadline) = then.filter(|day| result.is_some() || *day < p.until) {
                    add("dispute.in_time", result.is_some_and(|l| l.day <= deadline));
                }
            }
        }
    }

    fn count_promises(&self, p: &Period, out: &mut BTreeMap<&str, Hits>) {
        let mut add = |key: &'static str, hit: bool| out.entry(key).or_default().push(hit);
        let today = clock::day_of(p.as_of);
        for d in self.disputes.values() {
            let last: Vec<(&Promise, Date)> = d.due(p.as_of);
            for (promise, _) in last.iter().filter(|(_, due)| in_days(*due, p)) {
                add("promise.due", true);
                add("promise.kept", promise.state == "done");
                add("promise.late", promise.state == "late");
                add("promise.broken", promise.state == "broken");
            }
            for a in known(&d.agreements, p.as_of).filter(|a| in_days(a.signed_on, p)) {
                let mut mine = last.iter().filter(|(x, _)| x.agreement == a.id).peekable();
                if mine.peek().is_some() && mine.clone().all(|(x, due)| x.state != "pending" || *due < today) {
                    add("dispute.kept", mine.all(|(x, _)| x.state == "done" || x.state == "late"));
                }
            }
        }
    }

    fn count_visits(&self, p: &Period, out: &mut BTreeMap<&str, Hits>) {
        for d in self.disputes.values() {
            for v in known(&d.visits, p.as_of).filter(|v| in_days(v.due, p)) {
                let done = v.done.is_some_and(|t| t <= p.as_of);
                if v.dropped.is_none_or(|t| t > p.as_of) {
                    out.entry("follow_up.rate").or_default().push(done);
                }
                if done && v.satisfaction.is_some() {
                    out.entry("follow_up.satisfied").or_default().push(is(&v.satisfaction, &["satisfied", "basically"]));
                }
            }
        }
    }

    fn parts(&self, p: &Period) -> Vec<Number> {
        let mut parts: BTreeMap<&str, BTreeMap<String, i64>> = PARTED.iter().map(|k| (*k, BTreeMap::new())).collect();
        let mut add = |key: &'static str, part: String| *parts.get_mut(key).unwrap().entry(part).or_insert(0) += 1;
        for (_, i, _, told) in self.calls(p).filter(|c| c.2 != Class::Excluded) {
            let of = category(told);
            let hour = band(i.called.unwrap());
            let text = |x: &Option<String>| x.clone().unwrap_or_default();
            let beat = told.beat.map_or(String::new(), |b| b.simple().to_string());
            add("incident.by_category", of.to_string());
            add("incident.by_hour", hour.to_string());
            for (key, x) in [
                ("incident.cross_fine", text(&told.fine)),
                ("incident.cross_hour", hour.to_string()),
                ("incident.cross_place", text(&told.place)),
                ("incident.cross_cause", text(&told.cause)),
                ("incident.cross_means", text(&told.means)),
                ("incident.cross_beat", beat),
            ] {
                add(key, format!("{of}|{x}"));
            }
        }
        for d in self.disputes.values() {
            let lines: Vec<&Line> = known(&d.lines, p.as_of).collect();
            if registered(&lines, p).is_some() {
                let judicial = known(&d.stands, p.as_of).last().and_then(|s| s.judicial.clone());
                add("dispute.by_category", judicial.unwrap_or_default());
            }
            for (promise, _) in d.due(p.as_of).iter().filter(|(_, due)| in_days(*due, p)) {
                add("promise.by_state", promise.state.clone());
            }
        }
        parts.into_iter().map(|(key, parts)| Number::parts(key, parts)).collect()
    }
}

/// The keys of all divisions.
const PARTED: &[&str] = &[
    "incident.by_category",
    "incident.by_hour",
    "incident.cross_fine",
    "incident.cross_hour",
    "incident.cross_place",
    "incident.cross_cause",
    "incident.cross_means",
    "incident.cross_beat",
    "dispute.by_category",
    "promise.by_state",
];

/// 调处: accepted, settled by themselves, referred, or warned.
const TAKES_UP: &[&str] = &["accept", "self_settle", "refer", "warn"];

impl Dispute {
    /// Promises with a day, each as it was last written.
    fn due(&self, as_of: Timestamp) -> Vec<(&Promise, Date)> {
        self.promises.values().filter_map(|lines| known(lines, as_of).last()).filter_map(|x| Some((x, x.due?))).collect()
    }
}

/// The line of registration, if it lies in the period and the dispute was not merged into another one.
fn registered<'a>(lines: &[&'a Line], p: &Period) -> Option<&'a Line> {
    let merged = lines.last().is_some_and(|l| is(&l.outcome, &["merged"]));
    lines.iter().find(|l| l.step == "open" && in_days(l.day, p) && !merged).copied()
}

fn in_days(day: Date, p: &Period) -> bool {
    p.from <= day && day <= p.until
}

fn is(o: &Option<String>, codes: &[&str]) -> bool {
    o.as_deref().is_some_and(|o| codes.contains(&o))
}

/// What the steps of an incident come to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Open,
    /// 无效或者并单.
    Excluded,
    /// 审核结案或者移交.
    Done,
}

fn class(i: &Incident, as_of: Timestamp) -> Class {
    known(&i.steps, as_of).fold(Class::Open, |now, s| match s.step.as_str() {
        "invalidate" | "merge" => Class::Excluded,
        "approve" | "hand_over" => Class::Done,
        "reopen" => Class::Open,
        _ => now,
    })
}

fn category(told: &Told) -> &str {
    told.found.as_deref().or(told.category.as_deref()).unwrap_or("")
}

fn band(called: Timestamp) -> &'static str {
    let hour = (called.as_second() + 8 * 3_600).rem_euclid(86_400) / 3_600;
    ["00", "06", "09", "12", "14", "18", "21"][[6, 9, 12, 14, 18, 21].iter().filter(|h| hour >= **h).count()]
}

async fn incidents(r: &mut Reader) -> kernel::Result<BTreeMap<Uuid, Incident>> {
    let mut all: BTreeMap<Uuid, Incident> = BTreeMap::new();
    for x in r.rows(sql!("select id, called_at, registered_at from incidents_intake"), args![]).await? {
        let i = all.entry(x.get("id")?).or_default();
        (i.called, i.registered) = (x.get("called_at")?, x.get("registered_at")?);
    }
    for x in r.rows(sql!("select incident_id, at, step from incidents_log order by at, id"), args![]).await? {
        let id: Uuid = x.get("incident_id")?;
        all.entry(id).or_default().steps.push(Step { at: x.get("at")?, step: x.get("step")? });
    }
    let told = sql!(
        "select incident_id, at, category, found_category, cluster_id, sub_category, beat_id, place_kind, cause, means from incidents_history order by incident_id, n"
    );
    for x in r.rows(told, args![]).await? {
        let id: Uuid = x.get("incident_id")?;
        all.entry(id).or_default().told.push(Told {
            at: x.get("at")?,
            category: x.get("category")?,
            found: x.get("found_category")?,
            cluster: x.get("cluster_id")?,
            fine: x.get("sub_category")?,
            beat: x.get("beat_id")?,
            place: x.get("place_kind")?,
            cause: x.get("cause")?,
            means: x.get("means")?,
        });
    }
    for x in r.rows(sql!("select incident_id, sent_at, signed_at, cancelled_at from incidents_dispatch order by sent_at, id"), args![]).await? {
        let id: Uuid = x.get("incident_id")?;
        let sent = Sent { at: x.get("sent_at")?, signed: x.get("signed_at")?, cancelled: x.get("cancelled_at")? };
        all.entry(id).or_default().sent.push(sent);
    }
    for x in r.rows(sql!("select incident_id, at from incidents_feedback where kind = 'final'"), args![]).await? {
        let id: Uuid = x.get("incident_id")?;
        all.entry(id).or_default().finals.push(Final { at: x.get("at")? });
    }
    Ok(all)
}

async fn disputes(r: &mut Reader) -> kernel::Result<BTreeMap<Uuid, Dispute>> {
    let mut all: BTreeMap<Uuid, Dispute> = BTreeMap::new();
    for x in r.rows(sql!("select dispute_id, at, day, step, outcome from mediation_log order by dispute_id, n"), args![]).await? {
        let line = Line { at: x.get("at")?, day: x.get("day")?, step: x.get("step")?, outcome: x.get("outcome")? };
        of(&mut all, &x)?.lines.push(line);
    }
    for x in r.rows(sql!("select dispute_id, at, judicial, deadline from mediation_history order by dispute_id, n"), args![]).await? {
        let stand = Stand { at: x.get("at")?, judicial: x.get("judicial")?, deadline: x.get("deadline")? };
        of(&mut all, &x)?.stands.push(stand);
    }
    let promises = sql!("select dispute_id, obligation_id, agreement_id, at, state, due from mediation_promise_log order by obligation_id, n");
    for x in r.rows(promises, args![]).await? {
        let line = Promise { at: x.get("at")?, agreement: x.get("agreement_id")?, state: x.get("state")?, due: x.get("due")? };
        of(&mut all, &x)?.promises.entry(x.get("obligation_id")?).or_default().push(line);
    }
    for x in r.rows(sql!("select dispute_id, id, at, signed_on from mediation_agreement"), args![]).await? {
        let agreement = Agreement { at: x.get("at")?, id: x.get("id")?, signed_on: x.get("signed_on")? };
        of(&mut all, &x)?.agreements.push(agreement);
    }
    for x in r.rows(sql!("select dispute_id, planned_at, due, done_at, dropped_at, satisfaction from mediation_follow_up"), args![]).await? {
        let (done, dropped) = (x.get("done_at")?, x.get("dropped_at")?);
        let visit = Visit { at: x.get("planned_at")?, due: x.get("due")?, done, dropped, satisfaction: x.get("satisfaction")? };
        of(&mut all, &x)?.visits.push(visit);
    }
    for x in r.rows(sql!("select dispute_id, kind, at from mediation_link"), args![]).await? {
        let case = Case { at: x.get("at")?, kind: x.get("kind")? };
        of(&mut all, &x)?.cases.push(case);
    }
    Ok(all)
}

fn of<'a>(all: &'a mut BTreeMap<Uuid, Dispute>, row: &kernel::Row) -> kernel::Result<&'a mut Dispute> {
    Ok(all.entry(row.get("dispute_id")?).or_default())
}
