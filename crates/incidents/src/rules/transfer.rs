//! What is not ours: how long it may stay here, and what the reporter is to be told
//! (公安机关办理行政案件程序规定 §61).

use crate::model::{NewHandOver, NewTold, State, Told, Transfer};
use kernel::rules::{Code, RuleSet};
use kernel::{Date, FieldErrors, Refusal, Result, Timestamp};

/// Why a matter is another body's.
pub const REASONS: &str = "hand_over.reason";
/// A reason of disputes alone: the mediation failed.
const NOT_OF_REPORTS: &str = "mediation_failed";
const HOURS: &str = "incident.hand_over_hours";
/// Not a matter of the police at all: told orally, in writing when disputed.
const NOT_POLICE: &str = "not_police";
/// Letters of a unit, a paper's number, a name.
const LONGEST: usize = 100;

/// The reasons for which a report may be handed over.
pub fn reasons(rules: &RuleSet, day: Date) -> Vec<&Code> {
    rules.list(REASONS, day).into_iter().filter(|c| c.code != NOT_OF_REPORTS).collect()
}

/// Until when, and where that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock {
    pub due: Timestamp,
    pub source: String,
}

/// The clock that a finding starts. The law names 24 hours for what is another police unit's; for the other reasons no time
/// was found, and the same one is taken, which the page says.
pub fn clock(rules: &RuleSet, reason: &Code, found_at: Timestamp, day: Date) -> Result<Clock> {
    let rule = rules.rule(HOURS, day)?;
    let source = match reason.attr_text("deadline_rule") {
        Some(HOURS) => rule.source.clone(),
        _ => format!("比照{}（“{}”没有写明期限）", rule.source, reason.name),
    };
    Ok(Clock { due: super::deadlines(rules, day, found_at)?.hand_over, source })
}

/// A finding needs an open matter that is not found already.
pub fn may_find(number: &str, state: State, standing: Option<&Transfer>) -> Result<(), Refusal> {
    if !state.is_open() {
        super::next(state, crate::model::Step::Outside)?;
    }
    match standing.filter(|t| t.waits()) {
        Some(_) => Err(Refusal::new(
            "incidents.found_outside",
            format!("{number} 已经认定不属本单位管辖，正在等移交。"),
            "请在“移交期限”中办理移交，或者撤销认定后重新认定。",
        )),
        None => Ok(()),
    }
}

/// Whether the fields of a hand-over are whole.
pub fn hand_over(new: &NewHandOver, registered_at: Timestamp, now: Timestamp) -> Result<()> {
    let mut e = FieldErrors::default();
    text(&mut e, "unit", "移交给哪个单位", &new.unit, true);
    if new.way.is_none() {
        e.add("way", "请选择移交方式。");
    }
    text(&mut e, "paper_no", "文书或者工单编号", &new.paper_no, false);
    text(&mut e, "taken_by", "对方签收人", &new.taken.by, false);
    text(&mut e, "taken_no", "对方回执编号", &new.taken.no, false);
    moment(&mut e, "handed_at", "移交时间", new.at, registered_at, now);
    moment(&mut e, "taken_at", "签收时间", new.taken.at, registered_at, now);
    if new.taken.by.trim().is_empty() && (new.taken.at.is_some() || !new.taken.no.trim().is_empty()) {
        e.add("taken_by", "请写明对方由谁签收。");
    }
    e.ok(())
}

/// Whether the reporter was told as the law asks.
pub fn told(reason: &str, new: &NewTold, registered_at: Timestamp, now: Timestamp) -> Result<()> {
    let mut e = FieldErrors::default();
    moment(&mut e, "told_at", "告知时间", new.at, registered_at, now);
    if new.how == Told::Impossible && new.note.trim().chars().count() < 4 {
        e.add("told_note", "请写明为什么无法告知，例如“未留联系方式，来电号码回拨三次无人接听”。");
    }
    if new.note.chars().count() > 300 {
        e.add("told_note", "说明最多 300 字。");
    }
    e.ok(())?;
    if reason == NOT_POLICE && new.disputed && !matches!(new.how, Told::Written | Told::Impossible) {
        return Err(Refusal::new(
            "incidents.told_in_writing",
            "报案人对口头告知有异议，应当书面告知。",
            "请改选“书面告知”；没有联系方式、身份不明的，选“无法告知”并写明原因。",
        )
        .into());
    }
    Ok(())
}

fn text(e: &mut FieldErrors, field: &str, label: &str, value: &str, needed: bool) {
    if needed && value.trim().is_empty() {
        e.add(field, format!("请写明{label}。"));
    }
    if value.chars().count() > LONGEST {
        e.add(field, format!("{label}最多 {LONGEST} 字。"));
    }
}

fn moment(e: &mut FieldErrors, field: &str, label: &str, at: Option<Timestamp>, from: Timestamp, now: Timestamp) {
    match at {
        Some(t) if t > now => e.add(field, format!("{label}不能晚于现在。")),
        // Forms give minutes: the minute of the registration itself is right.
        Some(t) if t.as_second() + 60 <= from.as_second() => e.add(field, format!("{label}不能早于接报登记。")),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{NewTaken, Way};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_law_names_the_hours_for_another_police_unit_and_the_page_says_so_of_the_others() {
        let rules = rulebook::shipped().unwrap();
        let day = "2026-05-08".parse().unwrap();
        let found = at("2026-05-08T01:00:00Z");
        let of = |code: &str| clock(&rules, rules.code(REASONS, code).unwrap(), found, day).unwrap();
        let unit = of("other_police_unit");
        assert_eq!(unit.due, at("2026-05-09T01:00:00Z"));
        assert_eq!(unit.source, "公安机关办理行政案件程序规定第六十一条第一款第二项");
        assert!(of("to_12345").source.starts_with("比照"));
        assert!(reasons(&rules, day).iter().all(|c| c.code != NOT_OF_REPORTS));
    }

    #[test]
    fn what_is_disputed_is_told_in_writing() {
        let (from, now) = (at("2026-05-08T01:00:00Z"), at("2026-05-08T03:00:00Z"));
        let new = |how, disputed, note: &str| NewTold { how, at: None, note: note.into(), disputed };
        assert!(told(NOT_POLICE, &new(Told::Phone, false, ""), from, now).is_ok());
        assert!(matches!(told(NOT_POLICE, &new(Told::Phone, true, ""), from, now), Err(kernel::Error::Refused(_))));
        assert!(told(NOT_POLICE, &new(Told::Written, true, ""), from, now).is_ok());
        assert!(told("other_police_unit", &new(Told::Phone, true, ""), from, now).is_ok());
        assert!(told(NOT_POLICE, &new(Told::Impossible, true, "无"), from, now).is_err());
        assert!(told(NOT_POLICE, &new(Told::Impossible, true, "未留联系方式"), from, now).is_ok());
        let late = NewTold { at: Some(at("2026-05-08T04:00:00Z")), ..new(Told::Phone, false, "") };
        assert!(told(NOT_POLICE, &late, from, now).is_err());
    }

    #[test]
    fn a_hand_over_names_unit_and_way_and_lies_between_report_and_now() {
        let (from, now) = (at("2026-05-08T01:00:30Z"), at("2026-05-08T03:00:00Z"));
        let whole = NewHandOver { unit: "海东派出所".into(), way: Some(Way::Paper), ..NewHandOver::default() };
        assert!(hand_over(&whole, from, now).is_ok());
        let same_minute = NewHandOver { at: Some(at("2026-05-08T01:00:00Z")), ..whole.clone() };
        assert!(hand_over(&same_minute, from, now).is_ok());
        for wrong in [
            NewHandOver { unit: " ".into(), ..whole.clone() },
            NewHandOver { way: None, ..whole.clone() },
            NewHandOver { at: Some(at("2026-05-08T00:00:00Z")), ..whole.clone() },
            NewHandOver { at: Some(at("2026-05-08T05:00:00Z")), ..whole.clone() },
            NewHandOver { taken: NewTaken { no: "3号".into(), ..NewTaken::default() }, ..whole.clone() },
        ] {
            assert!(hand_over(&wrong, from, now).is_err(), "{wrong:?}");
        }
    }
}
