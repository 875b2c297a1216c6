//! Whether an agreement held, who may approve, and which precedents are like a text.

use crate::model::{Case, Course, Offer, State, Step};
use kernel::text::fold;
use kernel::{Date, Refusal, UserId};
use std::collections::HashSet;

/// What keeps an agreement out of the book; empty when it held. `days` after signing must have passed.
pub fn obstacles(c: &Course, days: i64, today: Date) -> Vec<String> {
    let mut out = vec![];
    let mut no = |yes: bool, why: &str| {
        if yes {
            out.push(why.to_string());
        }
    };
    no(!c.settled, "没有以化解办结");
    no(c.domestic_violence, "涉及家庭暴力");
    no(c.escalated, "后来升级为案件");
    no(c.reopened, "曾经重新办理或者重新达成协议");
    no(c.promises == 0, "协议没有约定的事项");
    no(c.unkept > 0, "有约定没有履行");
    no(c.follow_ups_done == 0, "还没有回访");
    no(c.follow_ups_open > 0, "有到期的回访没有做");
    no(c.bad_findings > 0, "回访发现没有履行或者反复");
    no(c.sensitive, "当事人是未成年人、受保护人，或者报警人要求保密");
    let passed = c.signed_on.until(today).map_or(0, |s| i64::from(s.get_days()));
    if passed < days {
        out.push(format!("签订后只过了 {passed} 天，满 {days} 天再推荐"));
    }
    out
}

/// The state after a step.
pub fn next(state: State, step: Step) -> Result<State, Refusal> {
    use State::{Approved, Proposed, Rejected, Withdrawn};
    Ok(match (state, step) {
        (Proposed | Rejected | Withdrawn, Step::Propose) => Proposed,
        (Proposed, Step::Edit) => Proposed,
        (Proposed, Step::Approve) => Approved,
        (Proposed, Step::Reject) => Rejected,
        (Approved, Step::Withdraw) => Withdrawn,
        (Approved, Step::Take) => Approved,
        _ => {
            return Err(Refusal::new(
                "precedents.state",
                format!("这一例是“{}”，不能“{}”。", state.label(), step.label()),
                "请刷新查看现在的状态。",
            ));
        }
    })
}

/// Nobody approves what they made themselves.
pub fn may_decide(by: UserId, makers: &[UserId]) -> Result<(), Refusal> {
    if makers.contains(&by) {
        return Err(Refusal::new(
            "precedents.own",
            "这份协议是您经办、主持或者推荐的，不能由您审核入库。",
            "请由没有经办这起纠纷的带班领导或者所领导审核。",
        ));
    }
    Ok(())
}

fn bigrams(text: &str) -> HashSet<(char, char)> {
    let chars: Vec<char> = fold(text).chars().filter(|c| c.is_alphanumeric()).collect();
    chars.windows(2).map(|w| (w[0], w[1])).collect()
}

/// Ranks candidates for a text: shared causes before category before wording; at most `most`, and
/// none that shares neither cause nor a tenth of the wording.
pub fn rank(candidates: Vec<Case>, text: &str, judicial: &str, causes: &[String], most: usize) -> Vec<Offer> {
    let asked = bigrams(text);
    let mut out: Vec<Offer> = candidates
        .into_iter()
        .map(|case| {
            let same_causes: Vec<String> =
                case.cause_codes().into_iter().filter(|c| causes.iter().any(|x| x == c)).map(str::to_string).collect();
            let same_category = case.judicial.as_deref().is_some_and(|j| j == judicial);
            let own = bigrams(&format!("{}\n{}\n{}", case.title, case.facts, case.plan));
            let overlap =
                if asked.is_empty() { 0.0 } else { asked.intersection(&own).count() as f64 / asked.len() as f64 };
            let score = 3.0 * same_causes.len() as f64
                + if same_category { 1.0 } else { 0.0 }
                + 6.0 * overlap
                + (case.used.max(0) as f64).ln_1p() * 0.2;
            Offer { case, score, same_causes, same_category, overlap }
        })
        .filter(|o| !o.same_causes.is_empty() || o.overlap >= 0.25 || (o.same_category && o.overlap >= 0.1))
        .collect();
    out.sort_by(|a, b| b.score.total_cmp(&a.score).then(b.case.proposed_at.cmp(&a.case.proposed_at)));
    out.truncate(most);
    out
}

/// The plan after taking over: lines that are new are appended.
pub fn merged_plan(plan: &str, taken: &str) -> String {
    let mut lines: Vec<&str> = plan.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    for l in taken.lines().map(str::trim).filter(|l| !l.is_empty()) {
        if !lines.contains(&l) {
            lines.push(l);
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held() -> Course {
        Course {
            signed_on: "2026-04-01".parse().unwrap(),
            settled: true,
            escalated: false,
            domestic_violence: false,
            reopened: false,
            promises: 2,
            unkept: 0,
            follow_ups_done: 2,
            follow_ups_open: 0,
            bad_findings: 0,
            sensitive: false,
        }
    }

    #[test]
    fn only_what_held_in_every_respect_goes_in() {
        let today = "2026-05-08".parse().unwrap();
        assert!(obstacles(&held(), 30, today).is_empty());
        type Spoil = fn(&mut Course);
        let spoils: &[(Spoil, &str)] = &[
            (|c| c.settled = false, "化解"),
            (|c| c.escalated = true, "升级"),
            (|c| c.domestic_violence = true, "家庭暴力"),
            (|c| c.reopened = true, "重新"),
            (|c| c.promises = 0, "约定"),
            (|c| c.unkept = 1, "履行"),
            (|c| c.follow_ups_done = 0, "回访"),
            (|c| c.follow_ups_open = 1, "到期的回访"),
            (|c| c.bad_findings = 1, "反复"),
            (|c| c.sensitive = true, "未成年人"),
            (|c| c.signed_on = "2026-04-30".parse().unwrap(), "只过了 8 天"),
        ];
        for (spoil, why) in spoils {
            let mut c = held();
            spoil(&mut c);
            let all = obstacles(&c, 30, today);
            assert_eq!(all.len(), 1, "{why}");
            assert!(all[0].contains(why), "{all:?}");
        }
    }

    #[test]
    fn every_state_can_be_left_and_only_by_its_steps() {
        for state in State::ALL {
            assert!(Step::ALL.iter().any(|s| next(*state, *s).is_ok_and(|to| to != *state || *s == Step::Edit)), "{}", state.label());
        }
        assert!(next(State::Approved, Step::Approve).is_err());
        assert!(next(State::Proposed, Step::Take).is_err());
        assert!(next(State::Rejected, Step::Approve).is_err());
    }

    #[test]
    fn taking_over_twice_changes_nothing_more() {
        let once = merged_plan("铺地毯", "铺地毯\n椅子加脚垫");
        assert_eq!(once, "铺地毯\n椅子加脚垫");
        assert_eq!(merged_plan(&once, "铺地毯\n椅子加脚垫"), once);
    }
}
