use super::*;
use kernel::Uuid;
use mediation::model::Side;

fn rules() -> RuleSet {
    rulebook::shipped().unwrap()
}

fn day(s: &str) -> Date {
    s.parse().unwrap()
}

fn at(s: &str) -> Timestamp {
    s.parse().unwrap()
}

fn who() -> Party {
    Party {
        id: Uuid::nil(),
        person_id: kernel::PersonId::NIL,
        side: Side::Applicant,
        minor: false,
        suspect: false,
        guardian: String::new(),
        guardian_exempt: String::new(),
        agent_name: String::new(),
        agent_relation: String::new(),
        agent_power: String::new(),
        added_at: kernel::Timestamp::UNIX_EPOCH,
    }
}

fn settled() -> Facts {
    Facts {
        track: Some(Track::Peoples),
        form: Some(Form::Written),
        outcome: Some(Outcome::Settled),
        closed: true,
        told: true,
        accepted: true,
        parties: 2,
        identified: 2,
        sessions: 1,
        agreement: true,
        filed: true,
        ..Facts::default()
    }
}

#[test]
fn a_peoples_dossier_has_the_parts_of_the_ministry() {
    let all = parts(&settled());
    assert!(missing(&all).is_empty(), "{:?}", missing(&all));
    let numbers: Vec<u8> = all.iter().map(|p| p.n).collect();
    assert!(numbers.is_sorted(), "{numbers:?}");
    let must: Vec<&str> = all.iter().filter(|p| p.duty == Duty::Must).map(|p| p.name).collect();
    assert_eq!(
        must,
        ["卷宗封面", "卷内目录", "纠纷受理登记表", "调解权利义务告知书", "当事人身份证明", "调解记录", "调解协议书", "结案报告表", "封底"]
    );
    for if_any in ["授权委托书", "调查笔录", "证据材料", "履行凭证", "回访记录", "司法确认材料", "卷宗情况说明"] {
        assert!(all.iter().any(|p| p.name == if_any && p.duty == Duty::IfAny), "{if_any}");
    }
}

#[test]
fn what_is_missing_is_named_with_the_way_to_make_it() {
    let f = Facts { identified: 1, sessions: 0, filed: false, agents: 1, ..settled() };
    let all = parts(&f);
    assert_eq!(missing(&all), ["卷宗封面", "卷内目录", "当事人身份证明", "授权委托书", "调解记录", "封底"]);
    assert!(all.iter().filter(|p| p.missing()).all(|p| !p.how.is_empty() && !p.place.is_empty()));
}

#[test]
fn a_minors_guardian_is_told_on_a_day_in_a_manner() {
    let f = Facts { minors: 1, ..settled() };
    let all = parts(&f);
    assert_eq!(missing(&all), ["通知监护人的日期、方式"]);
    assert!(all.iter().map(|p| p.n).is_sorted(), "it stands among the parties' papers");
    assert!(missing(&parts(&Facts { guardians_told: 1, ..f })).is_empty());
    assert!(!parts(&settled()).iter().any(|p| p.name.contains("监护人")), "nobody is under age");
}

#[test]
fn who_signs_for_a_party_is_registered_with_powers() {
    let none = PartyMore::empty(Uuid::nil());
    let key = |s: Signer, p: &Party, m: &PartyMore| signer(s, p, m).map_err(|r| r.key);
    assert!(key(Signer::Party, &who(), &none).is_ok());
    for s in [Signer::Guardian, Signer::Agent, Signer::Interpreter] {
        assert_eq!(key(s, &who(), &none), Err("dossier.signer"), "{s}");
    }
    let p = Party { guardian: "父亲 其木格".into(), agent_name: "刘洋".into(), ..who() };
    assert!(key(Signer::Guardian, &p, &none).is_ok());
    assert_eq!(key(Signer::Agent, &p, &none), Err("dossier.signer"), "an agent without powers");
    assert!(key(Signer::Agent, &p, &PartyMore { power: Some(Power::General), ..none.clone() }).is_ok());
    assert!(key(Signer::Agent, &Party { agent_power: "特别授权".into(), ..p.clone() }, &none).is_ok());
    assert!(key(Signer::Guardian, &p, &PartyMore { guardian_exempt: true, ..none.clone() }).is_err());
    assert!(key(Signer::Interpreter, &p, &PartyMore { interpreter: "苏日娜".into(), language: "蒙古语".into(), ..none }).is_ok());
}

#[test]
fn each_path_has_its_own_papers() {
    let names = |f: &Facts| parts(f).iter().filter(|p| p.duty == Duty::Must).map(|p| p.name).collect::<Vec<_>>();
    let oral = Facts { form: Some(Form::Oral), ..settled() };
    assert!(names(&oral).contains(&"人民调解口头协议登记表"));
    let spot = Facts { track: Some(Track::PublicOrder), form: Some(Form::OnSpot), ..settled() };
    assert!(!needs_dossier(&spot) && names(&spot).contains(&"现场治安调解书"));
    let violence = Facts { violence: true, track: None, form: None, agreement: false, ..settled() };
    let all = names(&violence);
    assert!(all.contains(&"家庭暴力告诫书") && !all.contains(&"调解协议书") && !all.contains(&"调解记录"));
    let referred = Facts { track: None, outcome: Some(Outcome::Referred), ..settled() };
    assert!(names(&referred).contains(&"纠纷处理途径告知书"));
    let own = Facts { track: Some(Track::PublicOrder), outcome: Some(Outcome::SelfSettled), agreement: false, ..settled() };
    assert_eq!(missing(&parts(&own)), ["自行和解申请书", "自行和解认可书"]);
    let failed = Facts { outcome: Some(Outcome::NotSettled), agreement: false, ..settled() };
    assert!(missing(&parts(&failed)).is_empty());
    let asked = Facts { confirmation: Some(Confirmation::ToAccept), ..settled() };
    assert_eq!(missing(&parts(&asked)), ["司法确认材料"]);
}

#[test]
fn a_signature_needs_the_recording_of_the_signing() {
    let (r, today, now) = (rules(), day("2026-05-08"), at("2026-05-08T02:00:00Z"));
    let none = signing(None, now, &r, today).unwrap_err();
    assert!(none.rule.source.contains("二百六十三") && none.next.contains("扫描件"));
    let rec = |from: &str, until: Option<&str>| Recording {
        id: Uuid::nil(),
        device: "执法记录仪 12".into(),
        file_no: "REC-1".into(),
        began_at: at(from),
        ended_at: until.map(at),
        kept_at: String::new(),
    };
    for (from, until, good) in [
        ("2026-05-08T01:50:00Z", None, true),
        ("2026-05-08T01:50:00Z", Some("2026-05-08T02:10:00Z"), true),
        ("2026-05-08T01:50:00Z", Some("2026-05-08T01:59:00Z"), false),
        ("2026-05-08T02:01:00Z", None, false),
        ("2026-05-05T01:50:00Z", None, false),
    ] {
        assert_eq!(signing(Some(&rec(from, until)), now, &r, today).is_ok(), good, "{from} {until:?}");
    }
}

#[test]
fn guardians_agents_and_interpreters() {
    let (r, today) = (rules(), day("2026-05-08"));
    let empty = PartyMore::empty(Uuid::nil());
    let public = Some(Track::PublicOrder);
    assert!(party(&empty, &who(), None, public, &r, today).is_ok());
    // Exempt only from sixteen, with a reason.
    let exempt = PartyMore { guardian_exempt: true, exempt_reason: "在餐馆做工，本人同意不通知".into(), ..empty.clone() };
    let minor = Party { minor: true, ..who() };
    for (age, good) in [(None, false), (Some(15), false), (Some(16), true), (Some(17), true)] {
        assert_eq!(party(&exempt, &minor, age, public, &r, today).is_ok(), good, "{age:?}");
    }
    assert!(party(&PartyMore { guardian_exempt: true, ..empty.clone() }, &minor, Some(17), public, &r, today).is_err());
    // A guardian who was told has a name, a day and a way.
    let told = PartyMore { guardian_told_on: Some(today), guardian_told_how: "电话".into(), ..empty.clone() };
    assert!(party(&told, &minor, Some(9), public, &r, today).is_err());
    assert!(party(&told, &Party { guardian: "白音".into(), ..minor.clone() }, Some(9), public, &r, today).is_ok());
    // A suspect sends nobody in public-order mediation.
    let agent = Party { agent_name: "其木格".into(), ..who() };
    let general = PartyMore { power: Some(Power::General), ..empty.clone() };
    assert!(party(&general, &agent, None, public, &r, today).is_ok());
    let e = party(&general, &Party { suspect: true, ..agent.clone() }, None, public, &r, today).unwrap_err();
    assert_eq!(e.key(), "dossier.suspect_agent");
    assert!(party(&general, &Party { suspect: true, ..agent.clone() }, None, Some(Track::Peoples), &r, today).is_ok());
    let special = PartyMore { power: Some(Power::Special), ..empty.clone() };
    assert!(party(&special, &agent, None, public, &r, today).is_err());
    assert!(party(&general, &who(), None, public, &r, today).is_err(), "a power without an agent");
    assert!(party(&PartyMore { language: "蒙古语".into(), ..empty }, &who(), None, public, &r, today).is_err());
}

#[test]
fn dates_out_of_order_are_refused() {
    let today = day("2026-05-20");
    let v = |from: &str, until: &str, filed: &str| NewVolume {
        title: "甲与乙邻里纠纷".into(),
        mediator: "何秀兰".into(),
        from_day: day(from),
        until_day: day(until),
        filed_by: "王建国".into(),
        filed_on: day(filed),
        retention: "30".into(),
        note: String::new(),
    };
    assert!(volume(&v("2026-05-01", "2026-05-08", "2026-05-08"), today).is_ok());
    for (from, until, filed) in [("2026-05-09", "2026-05-08", "2026-05-10"), ("2026-05-01", "2026-05-08", "2026-05-07"), ("2026-05-01", "2026-05-08", "2026-05-21")] {
        assert!(volume(&v(from, until, filed), today).is_err(), "{from} {until} {filed}");
    }
}

#[test]
fn a_volume_is_kept_whole_years_after_its_year() {
    assert_eq!(kept_until("10", day("2026-05-08")), Some(day("2036-12-31")));
    assert_eq!(kept_until("10", day("2026-12-31")), Some(day("2036-12-31")));
    let (ten, thirty) = (kept_until("10", day("2026-05-08")), kept_until("30", day("2026-05-08")));
    assert_eq!([is_shorter(ten, thirty), is_shorter(thirty, ten), is_shorter(None, thirty), is_shorter(thirty, None), is_shorter(ten, ten)], [false, true, true, false, false]);
    for for_good in ["permanent", "", "0", "-3", "32000"] {
        assert_eq!(kept_until(for_good, day("2026-05-08")), None, "{for_good}");
    }
}

#[test]
fn a_partys_page_names_nobody_else() {
    let others = vec![("宋立群".to_string(), "对方".to_string()), ("巴特尔·苏和".to_string(), "对方".to_string())];
    let text = without_names("宋立群向巴特尔·苏和赔礼；苏和不再追究，巴特尔收回。", &others);
    for name in ["宋立群", "巴特尔", "苏和"] {
        assert!(!text.contains(name), "{text}");
    }
    assert_eq!(without_names("铺地毯", &[("宋".into(), "对方".into())]), "铺地毯");
}
