//! Clocks: how each is counted, what stands still, what begins anew.

use crate::model::{ClockKind, Track};
use kernel::calendar::Counted;
use kernel::rules::RuleSet;
use kernel::{Date, Refusal, Result};

/// A clock as counted: until when, by which rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    pub kind: ClockKind,
    pub due: Counted,
    pub rule: &'static str,
    pub title: String,
    pub source: String,
}

fn spec(kind: ClockKind, due: Counted, rule: &'static str, rules: &RuleSet, on: Date) -> Spec {
    let cite = rules.cite(rule, on);
    Spec { kind, due, rule, title: cite.name, source: cite.source }
}

/// Whether a clock stands still during injury assessment or valuation, as the rules of the day say (程序规定 §165; 公通字〔2007〕81号 §9).
pub fn stands_still(kind: ClockKind, rules: &RuleSet, on: Date) -> Result<bool> {
    match kind {
        ClockKind::Case => rules.flag("case.public_order.assessment_excluded", on),
        ClockKind::FirstSession => rules.flag("mediation.public_order.first_session_pauses_for_assessment", on),
        other => Ok(other.is_mediation()),
    }
}

/// Until when a track should end, counted from acceptance; `None` for administrative mediation where the station has
/// no rule of its own: there is no national term.
pub fn deadline(track: Track, from: Date, station: &str, rules: &RuleSet) -> Result<Option<Counted>> {
    let calendar = rules.calendar();
    Ok(Some(match track {
        Track::PublicOrder => {
            calendar.add_working_days(from, rules.int("mediation.public_order.first_session_days", from)?)
        }
        Track::Peoples => calendar.add_months(from, rules.int("mediation.peoples.months", from)?),
        Track::Administrative => match rules.rule_at(ADMINISTRATIVE_DAYS, station, from).and_then(|r| r.value.as_integer()) {
            Some(days) => calendar.add_working_days(from, days),
            None => return Ok(None),
        },
    }))
}

/// Working days of administrative mediation, from a station's own pack.
const ADMINISTRATIVE_DAYS: &str = "mediation.administrative.days";

/// The second public-order session: so many working days after the first; never a third
/// (程序规定 §183). People's mediation has no number of sessions.
pub fn after_session(track: Track, held: i64, on: Date, rules: &RuleSet) -> Result<Option<Counted>> {
    if track != Track::PublicOrder {
        return Ok(None);
    }
    let max = rules.int("mediation.public_order.sessions_max", on)?;
    if held >= max {
        return Ok(None);
    }
    Ok(Some(rules.calendar().add_working_days(on, rules.int("mediation.public_order.second_session_days", on)?)))
}

/// Whether one more session may be held (程序规定 §183).
pub fn one_more(d: &crate::model::Dispute, on: Date, rules: &RuleSet) -> Result<()> {
    let max = rules.int("mediation.public_order.sessions_max", on)?;
    if d.track == Some(Track::PublicOrder) && d.sessions >= max {
        return Err(Refusal::new(
            "mediation.sessions_max",
            format!("治安调解一般为一次，必要时再一次，已经进行 {} 次。", d.sessions),
            "请记为达成协议或者调解不成，依法处理。",
        )
        .in_force(rules, on)
        .into());
    }
    Ok(())
}

/// A pause for injury assessment or valuation does not count: the days left at the pause run on
/// from the resumption (公通字〔2007〕81号 §9, 程序规定 §165).
pub fn resumed(deadline: Date, paused: Date, resumed: Date, track: Track, rules: &RuleSet) -> Counted {
    let calendar = rules.calendar();
    match track {
        Track::PublicOrder => calendar.add_working_days(resumed, calendar.working_days_between(paused, deadline).max(1)),
        _ => {
            let left = paused.until(deadline).map_or(1, |s| i64::from(s.get_days())).max(1);
            calendar.add_days(resumed, left)
        }
    }
}

/// The clock of a track from its acceptance.
pub fn of_track(track: Track, from: Date, station: &str, rules: &RuleSet) -> Result<Option<Spec>> {
    let Some(due) = deadline(track, from, station, rules)? else { return Ok(None) };
    Ok(Some(match track {
        Track::Peoples => spec(ClockKind::Peoples, due, "mediation.peoples.months", rules, from),
        Track::PublicOrder => spec(ClockKind::FirstSession, due, "mediation.public_order.first_session_days", rules, from),
        Track::Administrative => {
            let rule = rules.rule_at(ADMINISTRATIVE_DAYS, station, from);
            let (title, source) = rule.map_or((String::new(), String::new()), |r| (r.title.clone(), r.source.clone()));
            Spec { kind: ClockKind::Administrative, due, rule: ADMINISTRATIVE_DAYS, title, source }
        }
    }))
}

/// The clock of the second session, from the day of the first.
pub fn of_second_session(due: Counted, on: Date, rules: &RuleSet) -> Spec {
    spec(ClockKind::SecondSession, due, "mediation.public_order.second_session_days", rules, on)
}

/// The clock of the public-order case: it begins on the day the mediation failed or the agreement was
/// not performed (程序规定 §165, 185).
pub fn of_case(from: Date, rules: &RuleSet) -> Result<Spec> {
    let due = rules.calendar().add_days(from, rules.int("case.public_order.days", from)?);
    Ok(spec(ClockKind::Case, due, "case.public_order.restart_after_mediation", rules, from))
}

/// The case's extension, once, approved by the organ above (程序规定 §165).
pub fn case_extended(due: Date, on: Date, extended_before: bool, approved_by: &str, rules: &RuleSet) -> Result<Spec> {
    if extended_before {
        return Err(Refusal::new("mediation.case_extended", "这起治安案件已经延长过一次。", "请在期限内依法作出处理决定。").in_force(rules, on).into());
    }
    if approved_by.trim().is_empty() {
        return Err(Refusal::new("mediation.approval", "延长治安案件办案期限须经上一级公安机关批准。", "请写明批准的机关和文号。").in_force(rules, on).into());
    }
    let due = rules.calendar().add_days(due, rules.int("case.public_order.extension_days", on)?);
    Ok(spec(ClockKind::Case, due, "case.public_order.extension_days", rules, on))
}

/// The joint request for judicial confirmation: thirty days from the day the agreement took effect;
/// when the last day is a day off, the next working day (人民调解法 §33, 民法典 §203).
pub fn of_confirm_request(effective: Date, rules: &RuleSet) -> Result<Spec> {
    let due = rules.calendar().add_days(effective, rules.int("mediation.judicial_confirmation.request_days", effective)?);
    Ok(spec(ClockKind::ConfirmRequest, due, "mediation.judicial_confirmation.request_days", rules, effective))
}

/// The court says whether it takes the request (法释〔2011〕5号 §4).
pub fn of_confirm_accept(asked: Date, rules: &RuleSet) -> Result<Spec> {
    let due = rules.calendar().add_days(asked, rules.int("mediation.judicial_confirmation.accept_days", asked)?);
    Ok(spec(ClockKind::ConfirmAccept, due, "mediation.judicial_confirmation.accept_days", rules, asked))
}

/// The court decides (法释〔2011〕5号 §5); `extended` adds what its president may approve.
pub fn of_confirm_decide(accepted: Date, extended: bool, rules: &RuleSet) -> Result<Spec> {
    let mut days = rules.int("mediation.judicial_confirmation.decide_days", accepted)?;
    let mut rule = "mediation.judicial_confirmation.decide_days";
    if extended {
        days += rules.int("mediation.judicial_confirmation.decide_extension_days", accepted)?;
        rule = "mediation.judicial_confirmation.decide_extension_days";
    }
    Ok(spec(ClockKind::ConfirmDecide, rules.calendar().add_days(accepted, days), rule, rules, accepted))
}

/// A request for administrative mediation: so many working days to take or refuse it, or to hand it
/// to the organ in charge. `None` where no local rule gives a number: there is no national one.
pub fn of_application(asked: Date, complex: bool, ours: bool, station: &str, rules: &RuleSet) -> Option<Spec> {
    let (kind, key) = match (ours, complex) {
        (false, _) => (ClockKind::AdminHandOver, "mediation.administrative.hand_over_days"),
        (true, true) => (ClockKind::AdminAccept, "mediation.administrative.accept_complex_days"),
        (true, false) => (ClockKind::AdminAccept, "mediation.administrative.accept_days"),
    };
    let rule = rules.rule_at(key, station, asked)?;
    let due = rules.calendar().add_working_days(asked, rule.value.as_integer()?);
    Some(Spec { kind, due, rule: key, title: rule.title.clone(), source: rule.source.clone() })
}

/// When a clock of `kind` that stood still since `paused` ends after the resumption.
pub fn runs_on(kind: ClockKind, due: Date, paused: Date, resumed_on: Date, no_session: bool, rules: &RuleSet) -> Result<Counted> {
    match kind {
        ClockKind::FirstSession if no_session => {
            let days = rules.int("mediation.public_order.first_session_days", resumed_on)?;
            Ok(rules.calendar().add_working_days(resumed_on, days))
        }
        ClockKind::FirstSession | ClockKind::SecondSession => Ok(resumed(due, paused, resumed_on, Track::PublicOrder, rules)),
        _ => Ok(resumed(due, paused, resumed_on, Track::Peoples, rules)),
    }
}

/// People's and administrative mediation are extended when both sides agree, with a reason (2002 规定 §33).
pub fn extended(track: Option<Track>, old: Option<Date>, to: Date, both: bool, rules: &RuleSet, today: Date) -> Result<()> {
    if track == Some(Track::PublicOrder) {
        return Err(Refusal::new("mediation.no_extension", "治安调解的期限不能协商延长。", "需要鉴定、评估的请“中止”；调解不成的依法处理。")
            .in_force(rules, today)
            .into());
    }
    if !both {
        return Err(Refusal::new("mediation.both_agree", "延长期限须双方当事人同意。", "请征得双方同意后再延长。")
            .in_force(rules, today)
            .into());
    }
    if old.is_some_and(|old| to <= old) {
        return Err(kernel::FieldErrors::one("to", "新的期限应晚于原来的期限。"));
    }
    Ok(())
}
