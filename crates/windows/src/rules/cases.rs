//! 受理、补正、办结、不予办理: what a case may become.

use crate::model::{Case, CaseState, Issue, NewCase, Paper};
use crate::rules::catalogue::Kind;
use kernel::rules::RuleSet;
use kernel::{Date, FieldErrors, Refusal, Result};

/// A criminal-record query's refusal: not a certificate.
pub const OUTPUTS: &str = "criminal_record.output";

/// Papers that are missing, by place.
pub fn missing(papers: &[Paper], there: &[usize]) -> Vec<usize> {
    (0..papers.len()).filter(|n| !there.contains(n)).collect()
}

/// What is typed to take a case.
pub fn check_new(new: &NewCase, kind: Option<&Kind>, papers: &[Paper]) -> Result<()> {
    let mut e = FieldErrors::default();
    if new.name.trim().is_empty() {
        e.add("reporter_name", "请填写申请人姓名。");
    }
    if new.there.iter().any(|n| *n >= papers.len()) {
        e.add("paper", "材料清单刚刚改过，请重新打开本页核对。");
    }
    if new.proxy.chars().count() > 50 {
        e.add("proxy", "代办人最多 50 字。");
    }
    if new.purpose.chars().count() > 100 {
        e.add("purpose", "用途最多 100 字。");
    }
    if kind.is_some_and(|k| k.purpose) && new.purpose.trim().chars().count() < 2 {
        e.add("purpose", "证明要写明用途，例如“办理公证”。");
    }
    if kind.is_some_and(|k| k.result == "endorse") && new.permit.is_none() {
        e.add("permit", "请选择要签注的居住证。");
    }
    e.ok(())
}

/// Clocks of law that a city may lengthen: the clock, the value that a station's own pack gives, and the most that law allows.
const LENGTHENED: [(&str, &str, &str); 1] = [("residence_permit.issue_days", "residence_permit.issue_local_days", "residence_permit.issue_extended_days")];

/// Days of a kind's clock at the station of this code and where they stand: its own value where it has one, and where law lets the
/// city lengthen the clock, the longer one, never beyond what the law allows.
pub fn days(rules: &RuleSet, kind: &Kind, station: &str, on: Date) -> Option<(i64, String)> {
    let rule = rules.rule_at(&kind.due_rule, station, on)?;
    let n = rule.value.as_integer()?;
    let longer = LENGTHENED.iter().find(|l| l.0 == kind.due_rule).and_then(|l| Some((rules.rule_at(l.1, station, on)?, rules.rule(l.2, on).ok()?)));
    if let Some((own, most)) = longer {
        let most_days = most.value.as_integer()?.max(n);
        return Some((own.value.as_integer()?.clamp(n, most_days), format!("{}；{}，最长 {most_days} 日", own.source, most.source)));
    }
    Some((n, rule.source.clone()))
}

/// The day until which a case accepted at the station of this code has to be decided, by the clock of its kind.
pub fn due(rules: &RuleSet, kind: Option<&Kind>, station: &str, accepted: Date) -> Option<Date> {
    let kind = kind?;
    let key = &kind.due_rule;
    let n = days(rules, kind, station, accepted)?.0;
    let working = rules.all_rules().any(|r| r.key == *key && r.unit == "working_days");
    // Calendar days count to the last one whatever it is: nobody is served earlier by moving it.
    Some(if working { rules.calendar().add_working_days(accepted, n).date } else { accepted.saturating_add(kernel::ToSpan::days(n)) })
}

/// Which of the papers that were told as missing still are. Nothing else may be asked for afterwards.
pub fn supplement(c: &Case, there: &[usize]) -> Result<Vec<usize>, Refusal> {
    if c.state != CaseState::Incomplete {
        return Err(state(c, "补材料"));
    }
    Ok(c.missing.0.iter().copied().filter(|n| !there.contains(n)).collect())
}

fn state(c: &Case, what: &str) -> Refusal {
    Refusal::new("windows.case_state", format!("{} 现在是“{}”，不能{what}。", c.number, c.state.label()), "请看本页现在的状态。")
}

/// Whether an accepted case may be issued with this.
pub fn check_issue(rules: &RuleSet, c: &Case, kind: Option<&Kind>, i: &Issue, today: Date) -> Result<()> {
    if c.state == CaseState::Incomplete {
        return Err(Refusal::new("windows.papers_missing", format!("{} 还缺 {} 样材料。", c.number, c.missing.0.len()), "请先补齐材料；补不了的，不予办理并说明理由。").into());
    }
    if c.state != CaseState::Accepted {
        return Err(state(c, "办结").into());
    }
    let mut e = FieldErrors::default();
    let result = kind.map_or("done", |k| k.result.as_str());
    let wants = result == "certificate" || (result == "criminal_record" && i.output == "none_certificate");
    if wants && !(5..=500).contains(&i.statement.trim().chars().count()) {
        e.add("statement", "请写明证明的内容，5 到 500 字。");
    }
    if result == "criminal_record" && rules.must_know(OUTPUTS, &i.output, today).is_err() {
        e.add("output", "请选择出具哪一种文书。");
    }
    if kind.is_some_and(|k| k.validity) && i.valid_until.is_none_or(|d| d < today) {
        e.add("valid_until", "这种证明要写明有效期限，不早于今天。");
    }
    if result == "permit" {
        if !(4..=30).contains(&i.permit_number.trim().chars().count()) {
            e.add("permit_number", "请填写居住证编号，4 到 30 位。");
        }
        if i.counted_from.is_some_and(|d| d > today) {
            e.add("counted_from", "居住年限的起算日不能晚于今天。");
        }
    }
    e.ok(())
}

/// Whether what was issued may be noted as handed over.
///
/// # Errors
/// Nothing issued yet, handed over already.
pub fn check_deliver(c: &Case) -> Result<()> {
    if c.state != CaseState::Issued {
        return Err(state(c, "登记送达").into());
    }
    match c.delivered_how {
        Some(how) => Err(Refusal::new("windows.case_state", format!("{} 已经送达（{}）。", c.number, how.label()), "请看本页现在的状态。").into()),
        None => Ok(()),
    }
}

/// Whether a case may be refused with this reason.
pub fn check_refuse(c: &Case, why: &str, instead: &str) -> Result<()> {
    if !matches!(c.state, CaseState::Incomplete | CaseState::Accepted) {
        return Err(state(c, "不予办理").into());
    }
    let mut e = FieldErrors::default();
    if !(5..=300).contains(&why.trim().chars().count()) {
        e.add("why", "请写明不予办理的理由和依据，5 到 300 字。");
    }
    if !(4..=300).contains(&instead.trim().chars().count()) {
        e.add("instead", "请告诉申请人接下来怎么办、到哪里去，4 到 300 字。");
    }
    e.ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::catalogue;
    use kernel::row::Json;
    use kernel::{PersonId, StationId, Timestamp, UserId, Uuid};

    fn case(state: CaseState, missing: Vec<usize>) -> Case {
        Case {
            station_id: StationId::NIL,
            id: Uuid::nil(),
            number: "正阳窗办〔2026〕1号".into(),
            channel: crate::model::Channel::Window,
            kind: "cert_temporary_id".into(),
            name: String::new(),
            service_id: Uuid::nil(),
            ticket_id: None,
            booking_id: None,
            person_id: PersonId::NIL,
            proxy: String::new(),
            purpose: String::new(),
            papers: Json(vec![]),
            missing: Json(missing),
            told_at: None,
            state,
            made_at: Timestamp::UNIX_EPOCH,
            accepted_at: None,
            due: None,
            decided_at: None,
            decided_by: None,
            result_number: String::new(),
            result_code: String::new(),
            statement: String::new(),
            valid_until: None,
            why: String::new(),
            instead: String::new(),
            permit_id: None,
            delivered_at: None,
            delivered_by: None,
            delivered_how: None,
            by_user: UserId::NIL,
            version: 1,
        }
    }

    #[test]
    fn only_what_was_told_is_asked_for() {
        let c = case(CaseState::Incomplete, vec![1, 2]);
        assert_eq!(supplement(&c, &[2]).unwrap(), vec![1]);
        assert_eq!(supplement(&c, &[1, 2, 7]).unwrap(), Vec::<usize>::new());
        assert_eq!(supplement(&case(CaseState::Accepted, vec![]), &[]).unwrap_err().key, "windows.case_state");
        let p = |t: &str| Paper { text: t.into(), source: String::new() };
        assert_eq!(missing(&[p("a"), p("b"), p("c")], &[1]), vec![0, 2]);
    }

    #[test]
    fn clocks_of_the_kinds() {
        let rules = rulebook::shipped().unwrap();
        let on = |kind: &str, day: &str| due(&rules, catalogue::find(&rules, kind).as_ref(), "ZY", day.parse().unwrap()).map(|d| d.to_string());
        assert_eq!(on("residence_permit", "2026-05-08").as_deref(), Some("2026-05-23"));
        // Three working days over the worked Saturday 9 May 2026.
        assert_eq!(on("cert_criminal_record", "2026-05-08").as_deref(), Some("2026-05-12"));
        assert_eq!(on("cert_kinship", "2026-05-08"), None);
    }

    #[test]
    fn a_city_lengthens_the_clock_of_permits_for_its_stations_within_the_law() {
        let pack = |days: i64| {
            let text = format!(
                "[[rule]]\nkey = \"residence_permit.issue_local_days\"\nstation = \"ZY\"\nvalue = {days}\nunit = \"days\"\ntitle = \"居住证制作发放期限（本地延长）\"\nsource = \"市政府文件\"\nsource_kind = \"page\"\nverified = false\nfrom = \"2026-01-01\"\n"
            );
            rulebook::shipped_with(&[("local.toml".into(), text)]).unwrap()
        };
        let day = "2026-05-08".parse().unwrap();
        for (days_set, station, until) in [(25, "ZY", "2026-06-02"), (25, "QT", "2026-05-23"), (60, "ZY", "2026-06-07"), (3, "ZY", "2026-05-23")] {
            let rules = pack(days_set);
            let permit = catalogue::find(&rules, "residence_permit").unwrap();
            assert_eq!(due(&rules, Some(&permit), station, day).map(|d| d.to_string()).as_deref(), Some(until), "{days_set} {station}");
        }
        let rules = pack(25);
        let permit = catalogue::find(&rules, "residence_permit").unwrap();
        assert_eq!(days(&rules, &permit, "ZY", day), Some((25, "市政府文件；居住证暂行条例第九条，最长 30 日".into())));
        // Before the city's paper the law's own days hold.
        assert_eq!(days(&rules, &permit, "ZY", "2025-05-08".parse().unwrap()).map(|d| d.0), Some(15));
    }

    #[test]
    fn issuing_asks_for_what_the_kind_needs() {
        let rules = rulebook::shipped().unwrap();
        let today = "2026-05-08".parse().unwrap();
        let kind = |k: &str| catalogue::find(&rules, k);
        let ok = Issue { statement: "兹证明其木格为本所辖区居民。".into(), valid_until: Some(today), ..Issue::default() };
        let c = case(CaseState::Accepted, vec![]);
        let k = kind("cert_temporary_id");
        assert!(check_issue(&rules, &c, k.as_ref(), &ok, today).is_ok());
        for bad in [Issue { valid_until: None, ..ok.clone() }, Issue { statement: "无".into(), ..ok.clone() }, Issue { valid_until: Some("2026-05-07".parse().unwrap()), ..ok.clone() }] {
            assert_eq!(check_issue(&rules, &c, k.as_ref(), &bad, today).unwrap_err().key(), "invalid");
        }
        assert_eq!(check_issue(&rules, &case(CaseState::Incomplete, vec![0]), k.as_ref(), &ok, today).unwrap_err().key(), "windows.papers_missing");
        assert_eq!(check_issue(&rules, &case(CaseState::Issued, vec![]), k.as_ref(), &ok, today).unwrap_err().key(), "windows.case_state");
        let k = kind("cert_criminal_record");
        assert_eq!(check_issue(&rules, &c, k.as_ref(), &Issue::default(), today).unwrap_err().key(), "invalid");
        assert!(check_issue(&rules, &c, k.as_ref(), &Issue { output: "answer".into(), ..Issue::default() }, today).is_ok());
        let k = kind("residence_permit");
        assert_eq!(check_issue(&rules, &c, k.as_ref(), &Issue::default(), today).unwrap_err().key(), "invalid");
        assert!(check_issue(&rules, &c, k.as_ref(), &Issue { permit_number: "150702000001".into(), ..Issue::default() }, today).is_ok());
        assert!(check_refuse(&c, "不属于本所管辖", "请到户籍所在地派出所办理").is_ok());
        assert!(check_refuse(&c, "不行", "").is_err());
        let issued = case(CaseState::Issued, vec![]);
        assert!(check_deliver(&issued).is_ok());
        let done = Case { delivered_how: Some(crate::model::Delivery::Door), ..issued };
        assert_eq!(check_deliver(&done).unwrap_err().key(), "windows.case_state");
        assert_eq!(check_deliver(&c).unwrap_err().key(), "windows.case_state");
    }
}
