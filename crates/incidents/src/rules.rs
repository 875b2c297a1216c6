//! Decisions, pure: the chain of states with its side exits, and who may take an order.
//!
//! 待派 → 已派 → 已签收 → 出警 → 到场 → 反馈(过程/终结) → 审核 → 结案; side exits 退单, 改派, 并单, 无效, 移交.

pub mod receipt;
pub mod transfer;

use crate::actions::NewFeedback;
use crate::model::{Class, Found, Intake, LinkKind, State, Step};
use kernel::error::Clash;
use kernel::rules::{Code, RuleSet};
use kernel::{Date, Refusal, Result, Role, Timestamp};

/// The state after `step`, or why it cannot be taken now.
pub fn next(state: State, step: Step) -> Result<State, Refusal> {
    use State::*;
    let to = match (state, step) {
        (New | Dispatched | Signed | Departed | Arrived | FedBack, Step::Classify | Step::Locate | Step::Link | Step::Outside | Step::Inside) => {
            Some(state)
        }
        (New | Dispatched | Signed | Departed | Arrived, Step::Dispatch) => Some(if state == New { Dispatched } else { state }),
        (Dispatched, Step::Acknowledge) => Some(Signed),
        (Signed | Departed | Arrived, Step::Acknowledge) => Some(state),
        (Signed, Step::Depart) => Some(Departed),
        (Departed | Arrived, Step::Depart) => Some(state),
        (Signed | Departed, Step::Arrive) => Some(Arrived),
        (Arrived, Step::Arrive) => Some(Arrived),
        (Signed | Departed | Arrived, Step::Interim) => Some(state),
        (Signed | Departed | Arrived, Step::Final) => Some(FedBack),
        (Dispatched | Signed, Step::Return) => Some(state),
        (Dispatched | Signed | Departed | Arrived, Step::Recall) => Some(state),
        (New | Dispatched | Signed | Departed | Arrived | FedBack, Step::Merge) => Some(Merged),
        (New | Dispatched | Signed | Departed | Arrived | FedBack, Step::Invalidate) => Some(Invalid),
        (New | Dispatched | Signed | Departed | Arrived | FedBack, Step::HandOver) => Some(HandedOver),
        (FedBack, Step::Approve) => Some(Closed),
        (FedBack, Step::SendBack) => Some(Signed),
        (Closed | Merged | Invalid | HandedOver, Step::Reopen) => Some(New),
        _ => None,
    };
    to.ok_or_else(|| {
        Refusal::new(
            "incidents.state",
            format!("这起警情现在是“{}”，不能“{}”。", state.label(), step.label()),
            match state {
                Closed | Merged | Invalid | HandedOver => "如需继续办理，请由带班领导“重新办理”。",
                New => "请先派警。",
                Dispatched => "请等处警人签收，或撤回后改派他人。",
                _ => "请先完成当前步骤。",
            },
        )
    })
}

/// After an order is given back: nobody left on it means it waits for dispatch again.
pub fn after_return(state: State, others_active: bool) -> State {
    if others_active { state } else { State::New }
}

/// Whom an order may be given to. An auxiliary acts only under an officer's command
/// (公安机关警务辅助人员 rules, 河南条例 §15–17), so an officer must be on the incident as well.
pub fn may_receive(role: Role, officer_on_it: bool) -> Result<(), Refusal> {
    match role {
        r if r.is_sworn() => Ok(()),
        Role::Auxiliary if officer_on_it => Ok(()),
        Role::Auxiliary => Err(Refusal::new(
            "incidents.auxiliary_alone",
            "辅警不能单独出警。",
            "请同时派一名民警，或先派民警再加派辅警。",
        )),
        Role::GridWorker => Ok(()),
        other => Err(Refusal::new(
            "incidents.target_role",
            format!("不能把警情派给“{}”。", other.label()),
            "请选择民警、辅警（与民警同派）或网格员。",
        )),
    }
}

/// What two people judged differently at the same time: `was` is what the page showed to the one who judges now.
pub fn clashes(intake: &Intake, was: &Class, new: &Class, name: impl Fn(&str, &str) -> String) -> Vec<Clash> {
    let now = (intake.category.clone().unwrap_or_default(), intake.sub_category.clone(), intake.level.clone());
    let fields = [
        ("category", "类别", "incident.category1", was.category.clone(), now.0, new.category.clone()),
        ("sub_category", "细类", "incident.category2", text(&was.sub), text(&now.1), text(&new.sub)),
        ("level", "级别", "incident.level", text(&was.level), text(&now.2), text(&new.level)),
    ];
    let shown = |list: &str, code: &str| if code.is_empty() { "未定".to_string() } else { name(list, code) };
    fields
        .into_iter()
        .filter(|(.., was, now, new)| was != now && now != new)
        .map(|(field, label, list, _, now, new)| Clash {
            field: field.into(),
            label: label.into(),
            mine: shown(list, &new),
            theirs: shown(list, &now),
        })
        .collect()
}

fn text(code: &Option<String>) -> String {
    code.clone().unwrap_or_default()
}

/// A merge needs an open duplicate and a master that is not itself merged; an incident never
/// merges into itself (程序规定 §60: a repeated report of a case under way is not registered again).
pub fn may_link(this: &Intake, master: &Intake, kind: LinkKind) -> Result<(), Refusal> {
    if this.id == master.id {
        return Err(Refusal::new("incidents.link_self", "不能与自己关联。", "请选择另一起警情。"));
    }
    if kind == LinkKind::Merge {
        next(this.state, Step::Merge)?;
        if master.state == State::Merged {
            return Err(Refusal::new(
                "incidents.master_merged",
                format!("{} 本身已并入其他警情。", master.number),
                "请并入最初的那一起。",
            ));
        }
    }
    Ok(())
}

/// When an order must be signed for and when the matter must be fed back, from the rule pack.
pub fn deadlines(rules: &RuleSet, today: Date, now: Timestamp) -> Result<Deadlines> {
    let add = |minutes: i64| {
        now.checked_add(std::time::Duration::from_secs(minutes.max(0) as u64 * 60)).unwrap_or(Timestamp::MAX)
    };
    Ok(Deadlines {
        sign: add(rules.int("incident.acknowledge_minutes", today)?),
        feedback: add(rules.int("dispute.feedback_hours", today)? * 60),
        hand_over: add(rules.int("incident.hand_over_hours", today)? * 60),
        dispatch: add(rules.int("incident.dispatch_minutes", today)?),
    })
}

/// The clocks of one incident.
#[derive(Clone, Copy, Debug)]
pub struct Deadlines {
    pub dispatch: Timestamp,
    pub sign: Timestamp,
    pub feedback: Timestamp,
    pub hand_over: Timestamp,
}

/// A short matter from the first sentence of what was told, at most 40 characters.
pub fn title_of(content: &str) -> String {
    let line = content.lines().map(str::trim).find(|l| !l.is_empty()).unwrap_or("");
    let sentence = line.split(['。', '！', '？', '；', '!', '?']).next().unwrap_or(line);
    kernel::text::cut(sentence.trim(), 40)
}

/// Where fine types (细类) are named: the second level of disputes, and what is imported for the other categories.
pub const FINE_LISTS: &[&str] = &["dispute.category.police", "incident.category2"];

/// The fine types of a category on a day.
pub fn fine_types<'a>(rules: &'a RuleSet, category: &str, day: Date) -> Vec<&'a Code> {
    let of = |c: &Code| c.parent.as_deref().or(c.attr_text("incident_category1")) == Some(category);
    FINE_LISTS.iter().flat_map(|list| rules.list(list, day)).filter(|c| of(c)).collect()
}

/// What a fine type is called, or its code.
pub fn fine_name<'a>(rules: &'a RuleSet, code: &'a str) -> &'a str {
    FINE_LISTS.iter().find_map(|list| rules.code(list, code)).map_or(code, |c| &c.name)
}

/// Refuses a fine type that is not one of the category's.
pub fn fine_type(rules: &RuleSet, category: &str, sub: &str, day: Date) -> Result<(), Refusal> {
    if fine_types(rules, category, day).iter().any(|c| c.code == sub) {
        return Ok(());
    }
    let (sub, name) = (fine_name(rules, sub), rules.name("incident.category1", category));
    Err(Refusal::new("incidents.fine_type", format!("细类“{sub}”不属于“{name}”。"), "请选择这个类别下的细类，或者不选细类。"))
}

/// The codes of a feedback are in the lists of the station of this code, the fine type is the category's.
pub fn known(fb: &NewFeedback, rules: &RuleSet, station: &str, day: Date) -> Result<()> {
    for (list, code) in [("incident.place_kind", &fb.place_kind), ("cause_tag", &fb.cause), ("incident.means", &fb.means)] {
        if let Some(c) = code {
            rules.must_know_at(list, c, station, day)?;
        }
    }
    match (&fb.found_category, &fb.found_sub_category) {
        (Some(c), Some(s)) => Ok(fine_type(rules, c, s, day)?),
        (None, Some(_)) => Err(Refusal::new("incidents.fine_type", "选了细类，没有选类别。", "请先选现场核实的类别。").into()),
        _ => Ok(()),
    }
}

/// What a closing feedback found. A fine type that the desk set stays when the category was confirmed.
pub fn found(intake: &Intake, category: &str, fb: &NewFeedback) -> Found {
    let kept = intake.sub_category.clone().filter(|_| intake.category.as_deref() == Some(category));
    Found {
        category: category.into(),
        sub_category: fb.found_sub_category.clone().or(kept),
        place_kind: fb.place_kind.clone(),
        cause: fb.cause.clone(),
        means: fb.means.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_straight_way_ends_closed() {
        let mut s = State::New;
        for step in [Step::Classify, Step::Dispatch, Step::Acknowledge, Step::Depart, Step::Arrive, Step::Interim, Step::Final, Step::Approve] {
            s = next(s, step).unwrap();
        }
        assert_eq!(s, State::Closed);
    }

    #[test]
    fn nothing_is_closed_without_feedback_and_review() {
        for s in State::ALL.iter().filter(|s| **s != State::FedBack) {
            assert!(next(*s, Step::Approve).is_err(), "{s}");
        }
    }

    #[test]
    fn an_auxiliary_never_goes_alone() {
        assert_eq!(may_receive(Role::Auxiliary, false).unwrap_err().key, "incidents.auxiliary_alone");
        assert!(may_receive(Role::Auxiliary, true).is_ok());
        assert!(may_receive(Role::Volunteer, true).is_err());
    }

    proptest! {
        #[test]
        fn every_state_can_be_left_and_an_ended_one_only_by_reopening(
            steps in proptest::collection::vec(proptest::sample::select(Step::ALL.to_vec()), 0..40)
        ) {
            let mut s = State::New;
            for step in steps {
                let before = s;
                if let Ok(after) = next(s, step) {
                    if !before.is_open() {
                        prop_assert_eq!(step, Step::Reopen);
                    }
                    s = after;
                }
            }
            prop_assert!(Step::ALL.iter().any(|step| next(s, *step).is_ok_and(|to| to != s)));
        }
    }

    #[test]
    fn a_title_is_the_first_sentence() {
        assert_eq!(title_of("\n楼上每晚十点后拖椅子。已经说过三次！"), "楼上每晚十点后拖椅子");
        assert_eq!(title_of(""), "");
    }
}
