use super::*;
use crate::model::State;
use crate::rules::tests::{day, dispute, rules};

#[test]
fn the_level_follows_the_heaviest_fact_and_never_falls_by_itself() {
    let r = rules();
    let l = Levels::at(&r, "ZY", day("2026-05-08"));
    let f = |names: &[&str]| names.iter().map(|n| n.to_string()).collect::<Vec<_>>();
    assert_eq!(l.suggested("blue", &f(&["threat", "repeat_call"])), "orange");
    assert_eq!(l.suggested("", &f(&["weapon"])), "red");
    assert_eq!(l.suggested("red", &f(&["threat"])), "red");
    assert_eq!((l.suggested("", &[]).as_str(), l.of_new(&[]).as_str(), l.of_new(&f(&["threat"])).as_str()), ("blue", "yellow", "orange"));
}

/// 湖州康山 has A–D: visits for A and B, calls for C and D (domain: levels are local).
#[test]
fn a_town_with_levels_a_to_d_needs_no_line_of_code() {
    let mut pack = String::new();
    let mut code = |list: &str, code: &str, name: &str, more: &str| {
        pack.push_str(&format!("[[code]]\nstation = \"KS\"\nlist = \"{list}\"\ncode = \"{code}\"\nname = \"{name}\"\nsource = \"康山派出所分级办法\"\nsource_kind = \"default\"\n{more}\n"));
    };
    for old in ["blue", "yellow", "orange", "red"] {
        code("dispute.level", old, old, "from = \"2026-01-01\"\nuntil = \"2026-06-30\"");
    }
    for (i, (name, owner, mode, days)) in [("D", "officer", "phone", "[30]"), ("C", "officer", "phone", "[15]"), ("B", "duty_leader", "visit", "[7]"), ("A", "station_leader", "visit", "[3, 7]")].iter().enumerate() {
        let mark = if *name == "C" { "default = true, " } else { "" };
        code("dispute.level", name, &format!("{name}级"), &format!("order = {i}\nfrom = \"2026-07-01\"\nattrs = {{ {mark}rank = {}, owner_role = \"{owner}\", follow_up_mode = \"{mode}\", follow_up_days = {days}, plan_required = {} }}", i + 1, *name == "A"));
    }
    code("dispute.level_fact", "weapon", "持械", "from = \"2026-07-01\"\nattrs = { suggest_level = \"A\" }");
    let r = rulebook::shipped_with(&[("kangshan.toml".into(), pack)]).unwrap();
    let l = Levels::at(&r, "KS", day("2026-08-01"));
    let f = |name: &str| vec![name.to_string()];
    assert_eq!(l.all().iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["D级", "C级", "B级", "A级"]);
    assert_eq!((l.of_new(&[]).as_str(), l.suggested("", &[]).as_str()), ("C", "D"));
    // A national fact names a colour that is not chosen here: the level of the same rank.
    assert_eq!((l.of_new(&f("weapon")).as_str(), l.of_new(&f("threat")).as_str(), l.of_new(&f("many_people")).as_str()), ("A", "B", "A"));
    assert_eq!(l.follow_ups("A", day("2026-08-03")), [(day("2026-08-06"), "visit".into()), (day("2026-08-10"), "visit".into())]);
    let refusal = l.lead("A", Role::DutyLeader).unwrap_err();
    assert!(refusal.what.starts_with("A级纠纷须由") && refusal.rule.source.contains("康山"), "{} {}", refusal.what, refusal.rule.source);
    assert!(l.lead("B", Role::DutyLeader).is_ok());
    let d = Dispute { level: "A".into(), ..dispute(State::Mediating) };
    assert_eq!(l.plan_first(&d).unwrap_err().key, "mediation.plan_first");
    // An old dispute keeps its colour, and the level of before holds until the day.
    assert_eq!((l.rank("red"), l.code("red").unwrap().name.as_str()), (4, "red"));
    assert_eq!(Levels::at(&r, "KS", day("2026-06-30")).all().len(), 4);
    // Elsewhere nothing changed.
    let other = Levels::at(&r, "HLR-ZY", day("2026-08-01"));
    assert_eq!(other.all().iter().map(|c| c.code.as_str()).collect::<Vec<_>>(), ["blue", "yellow", "orange", "red"]);
}

#[test]
fn follow_ups_come_by_level() {
    let r = rules();
    let l = Levels::at(&r, "HLR-ZY", day("2026-05-01"));
    let red = l.follow_ups("red", day("2026-05-01"));
    assert_eq!(red.iter().map(|f| f.0).collect::<Vec<_>>(), [day("2026-05-06"), day("2026-05-08"), day("2026-06-01")], "a period that ends on a day off ends on the next working day");
    assert!(red.iter().all(|f| f.1 == "visit"));
    assert_eq!(l.follow_ups("blue", day("2026-05-01")).len(), 1);
    assert!(l.follow_ups("unknown", day("2026-05-01")).is_empty());
    let far = Levels::at(&r, "ETK-QPJ1", day("2026-05-01")).follow_ups("red", day("2026-06-01"));
    assert_eq!(far.iter().map(|f| f.0).collect::<Vec<_>>(), [day("2026-06-04"), day("2026-06-16"), day("2026-07-01")], "the station's own");
}
