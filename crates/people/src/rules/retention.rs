//! 保存期限: what one rule of the pack makes due on a day.

use crate::model::ReportLine;
use jiff::ToSpan;
use kernel::rules::RuleSet;
use kernel::{Actor, Date, Role};

/// The line of a class with its cut-off day, before anything is counted. The first of `keys` that is in force counts; with
/// none nothing is due (待导入).
pub fn line(rules: &RuleSet, class: &str, keys: &[&str], today: Date) -> ReportLine {
    let mut out = ReportLine {
        class: class.into(),
        rule: keys.first().copied().unwrap_or_default().into(),
        source: "规则待导入，未清理".into(),
        verified: false,
        before: None,
        due: 0,
        held: 0,
        cleared: 0,
    };
    let Some(rule) = keys.iter().find_map(|k| rules.rule(k, today).ok()) else { return out };
    let Some(n) = rule.value.as_integer().filter(|n| *n > 0) else { return out };
    let (span, unit) = match rule.unit.as_str() {
        "months" => (n.months(), "个月"),
        "years" => (n.years(), "年"),
        _ => (n.days(), "天"),
    };
    out.rule = format!("{}（{n} {unit}）", rule.title);
    out.source = rule.source.clone();
    out.verified = !rules.is_unverified(&rule.key, today);
    out.before = today.checked_sub(span).ok();
    out
}

/// The program itself clears only by rules that somebody has verified or confirmed.
pub fn may_clear(line: &ReportLine, actor: &Actor) -> bool {
    line.verified || actor.role != Role::System
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(unit: &str, verified: bool) -> RuleSet {
        let text = format!(
            "[[rule]]\nkey = \"retention.x\"\nvalue = 2\nunit = \"{unit}\"\ntitle = \"期限\"\nsource = \"本单位\"\nsource_kind = \"default\"\nverified = {verified}\nfrom = \"2000-01-01\"\n"
        );
        RuleSet::load(&[("test".into(), text)], kernel::calendar::Calendar::default()).unwrap()
    }

    #[test]
    fn units_are_counted_back_and_without_a_rule_nothing_is_due() {
        let today: Date = "2026-05-08".parse().unwrap();
        for (unit, before) in [("days", "2026-05-06"), ("months", "2026-03-08"), ("years", "2024-05-08")] {
            let l = line(&rules(unit, true), "警情", &["retention.missing", "retention.x"], today);
            assert_eq!((l.before.unwrap().to_string().as_str(), l.verified), (before, true), "{unit}");
        }
        let none = line(&RuleSet::default(), "警情", &["retention.x"], today);
        assert!(none.before.is_none() && none.source.contains("待导入"));
    }

    #[test]
    fn the_program_waits_for_somebody_to_verify_the_rule() {
        let today: Date = "2026-05-08".parse().unwrap();
        let mut admin = Actor::system();
        let open = line(&rules("days", false), "警情", &["retention.x"], today);
        assert!(!may_clear(&open, &admin));
        admin.role = Role::SecurityAdmin;
        assert!(may_clear(&open, &admin));
        assert!(may_clear(&line(&rules("days", true), "警情", &["retention.x"], today), &Actor::system()));
    }
}
