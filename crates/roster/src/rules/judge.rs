//! What a roster is worth: the solver's independent checker read for people, and whether it may go out.

use super::build;
use super::words;
use crate::model::{MixRule, Problem};
use kernel::{Refusal, Result};
use solver::roster::{self as s, Violation};

/// A finding of the checker in words.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub text: String,
    /// By law (法定): shown as such.
    pub law: bool,
    /// No reason lets it pass: powers and qualifications. Rest is law too, but an emergency may call for it (人民警察法
    /// 第十九条), so the leader may pass it with a reason that says what the emergency is and when the rest is made up.
    pub bars: bool,
    /// The cell that it concerns most, for marking it in the table: person and day.
    pub cell: Option<(usize, usize)>,
}

/// The judgement on one roster.
#[derive(Clone, Debug)]
pub struct Judged {
    pub findings: Vec<Finding>,
    pub report: s::Report,
    /// Missing people by day and kind, hard needs and soft ones alike.
    pub missing: Vec<(usize, usize, u32)>,
    /// Name and spread of what is shared out.
    pub spreads: Vec<(String, i64)>,
    /// Unmet wishes and all wishes.
    pub unmet: (usize, usize),
    /// Digest of the solver's model that it was judged by: what a proven bound must belong to.
    pub model: String,
}

/// Judges a roster by the model that follows from the problem.
pub fn judge(p: &Problem, roster: &s::Roster) -> Judged {
    let model = build::model(p);
    let report = s::check(&model, roster);
    let findings = report.violations.iter().map(|v| finding(p, &model, v)).collect();
    let there = |day: usize, kind: usize| (0..p.people.len()).filter(|&i| roster.rows.get(i).is_some_and(|r| r.get(day).copied() == Some(kind as u8))).count() as u32;
    let missing = p.needs.iter().map(|&(d, k, n)| (d, k, n.saturating_sub(there(d, k)))).filter(|x| x.2 > 0).collect();
    let spreads = model.fairness.iter().map(|f| f.name.clone()).zip(report.spreads.iter().copied()).collect();
    let wishes = p.people.iter().enumerate().flat_map(|(i, m)| m.wishes.iter().map(move |w| (i, w)));
    let mut unmet = (0, 0);
    for (i, (day, kind, wanted, _)) in wishes {
        let now = roster.rows.get(i).and_then(|r| r.get(*day)).copied().unwrap_or(s::OFF);
        let met = (now == kind.map_or(s::OFF, |k| k as u8)) == *wanted;
        unmet.0 += usize::from(!met);
        unmet.1 += 1;
    }
    Judged { findings, report, missing, spreads, unmet, model: build::model_digest(&model) }
}

fn finding(p: &Problem, model: &s::Model, v: &Violation) -> Finding {
    let bars = match v {
        Violation::Mix { row, .. } => model.mixes[*row].kinds.iter().any(|&k| p.kinds[k].mix != MixRule::None),
        Violation::NotAble { .. } | Violation::Shape => true,
        _ => false,
    };
    let rest = match *v {
        // What the station forbids beyond the rest is its own matter.
        Violation::Succession { before, after, .. } => build::never_then(&p.limits, &p.kinds[before], &p.kinds[after]),
        _ => false,
    };
    let cell = match *v {
        Violation::NotAble { person, day, .. } | Violation::DayOff { person, day } | Violation::Fixed { person, day } => Some((person, day)),
        // What does not go before the first day of the next month stands on the last day of this one.
        Violation::Succession { person, day, .. } => Some((person, day.min(p.days.len().saturating_sub(1)))),
        Violation::MaxRun { person, to, .. } | Violation::MinRun { person, to, .. } | Violation::MinOff { person, to, .. } => Some((person, to)),
        _ => None,
    };
    Finding { text: words::violation(p, model, v), law: bars || rest, bars, cell }
}

/// Characters of the reason that passes too little rest: it names the emergency and when the rest is made up.
const REST_REASON: usize = 10;

/// Whether it may be published. Powers and qualifications stand against any reason; rest passes with the leader's reason
/// that names the emergency; what the station set itself passes with a reason. Reasons are kept.
///
/// # Errors
/// The first findings in words, and what to do.
pub fn may_publish(j: &Judged, reason: &str) -> Result<()> {
    let first = |of: &dyn Fn(&Finding) -> bool| -> String { j.findings.iter().filter(|f| of(f)).map(|f| f.text.as_str()).take(4).collect() };
    if j.findings.iter().any(|f| f.bars) {
        let what = format!("这一版不能发布：{}", first(&|f| f.bars));
        return Err(Refusal::new("roster.law", what, "请在表中换人，或者重新排班；写理由也不能例外。").into());
    }
    let said = reason.trim().chars().count();
    if j.findings.iter().any(|f| f.law) && said < REST_REASON {
        let what = format!("休息不够，这是法定的：{}", first(&|f| f.law));
        let next = format!("请在表中换人；确属紧急情况的，由所领导写明是什么紧急情况、什么时候补休（至少 {REST_REASON} 个字），理由随值班表保存。");
        return Err(Refusal::new("roster.rest", what, next).into());
    }
    if !j.findings.is_empty() && said < 4 {
        let what = format!("有 {} 处不符合规则：{}", j.findings.len(), first(&|_| true));
        return Err(Refusal::new("roster.findings", what, "请在表中改好；确需这样发布的，请写明理由（至少 4 个字），理由随值班表保存。").into());
    }
    Ok(())
}

/// What is proven about a roster, in words, beside its penalties; "" when it breaks a rule: the bound speaks of rosters
/// that keep them all, and the penalties of one that does not hold no price for it, so the two cannot be compared.
pub fn proof(j: &Judged, bound: i64) -> String {
    match j.report.objective {
        _ if !j.findings.is_empty() => String::new(),
        objective if bound > 0 || objective == 0 => format!("已证明不会低于 {bound}"),
        _ => "理论下界还没有算出（按现在的固定格和请假再排一次这个月，就会算）".into(),
    }
}

/// How much better it can be at most, in words. `bound` is proven for the same rules, which the roster keeps.
pub fn gap(objective: i64, bound: i64) -> String {
    if objective <= bound {
        return "已证明没有更好的排法".into();
    }
    let tenths = ((objective - bound) * 1_000 + objective - 1) / objective;
    format!("任何排法最多还能好 {}.{} %", tenths / 10, tenths % 10)
}
