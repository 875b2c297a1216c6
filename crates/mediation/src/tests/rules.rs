use super::*;
use crate::model::{NewPromise, Side};
use kernel::{DisputeId, PersonId, StationId, Timestamp, UserId, Uuid};

fn rules() -> RuleSet {
    rulebook::shipped().unwrap()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn dispute(state: State) -> Dispute {
    Dispute {
        station_id: StationId::NIL,
        id: DisputeId::NIL,
        number: "正阳纠〔2026〕1号".into(),
        source_code: "walk_in".into(),
        incident_id: None,
        opened_at: Timestamp::UNIX_EPOCH,
        opened_by: UserId::NIL,
        title: "楼上噪声".into(),
        summary: "夜间拖动桌椅".into(),
        place_text: String::new(),
        address_id: None,
        other_address_id: None,
        building_id: None,
        grid_id: None,
        beat_id: None,
        judicial: None,
        police: None,
        causes: String::new(),
        level: "yellow".into(),
        owner_id: UserId::NIL,
        domestic_violence: false,
        state,
        track: None,
        outcome: None,
        accepted_on: None,
        deadline: None,
        deadline_provisional: false,
        paused_on: None,
        sessions: 0,
        escalated: None,
        told: String::new(),
        plan: String::new(),
        closed_at: None,
        version: 1,
        master_id: None,
        lead_id: None,
    }
}

/// Every question answered with no, all willing and told.
fn clear(track: Track) -> Answers {
    let mut a = Answers { told: true, willing: true, ..Answers::default() };
    for q in rules().list(questions(track), day("2026-05-08")) {
        a.exclusions.insert(q.code.clone(), false);
    }
    if track == Track::PublicOrder {
        a.act = Some("damage".into());
        a.circumstance = Some("trifles".into());
    }
    a
}

fn asked(track: Track, a: &Answers) -> Option<Refusal> {
    gate(&dispute(State::Registered), track, a, &rules(), day("2026-05-08")).unwrap()
}

#[test]
fn a_track_opens_when_nothing_excludes_it() {
    for track in Track::ALL {
        assert!(asked(*track, &clear(*track)).is_none(), "{track}");
    }
}

#[test]
fn each_of_the_seven_exclusions_closes_public_order_mediation_and_names_its_source() {
    let list: Vec<String> =
        rules().list("mediation.exclusion", day("2026-05-08")).iter().map(|c| c.code.clone()).collect();
    assert_eq!(list.len(), 7);
    for code in list {
        let mut a = clear(Track::PublicOrder);
        a.exclusions.insert(code.clone(), true);
        let r = asked(Track::PublicOrder, &a).unwrap_or_else(|| panic!("{code} must exclude"));
        assert_eq!(r.key, "mediation.excluded");
        assert!(!r.rule.unwrap().source.is_empty(), "{code}");
    }
}

#[test]
fn a_question_left_open_is_an_error_under_it() {
    let mut a = clear(Track::PublicOrder);
    a.exclusions.remove("suspect_fled");
    let e = gate(&dispute(State::Registered), Track::PublicOrder, &a, &rules(), day("2026-05-08")).unwrap_err();
    match e {
        kernel::Error::Invalid(f) => assert!(!f.of("q.suspect_fled").is_empty()),
        other => panic!("{other}"),
    }
}

#[test]
fn without_a_violation_there_is_no_public_order_mediation() {
    let a = Answers { act: None, ..clear(Track::PublicOrder) };
    assert_eq!(asked(Track::PublicOrder, &a).unwrap().key, "mediation.no_violation");
    let a = Answers { circumstance: None, ..clear(Track::PublicOrder) };
    assert_eq!(asked(Track::PublicOrder, &a).unwrap().key, "mediation.no_circumstance");
}

#[test]
fn refusal_by_one_party_ends_it_on_every_track() {
    for track in Track::ALL {
        let a = Answers { willing: false, ..clear(*track) };
        assert_eq!(asked(*track, &a).unwrap().key, "mediation.unwilling");
    }
}

#[test]
fn domestic_violence_is_never_mediated() {
    let d = Dispute { domestic_violence: true, ..dispute(State::Registered) };
    for track in Track::ALL {
        let r = gate(&d, *track, &clear(*track), &rules(), day("2026-05-08")).unwrap().unwrap();
        assert_eq!(r.key, "mediation.domestic_violence");
    }
    for step in [Step::Gate, Step::Accept, Step::Session, Step::Agree] {
        assert!(next(State::Protected, step).is_err(), "{step}");
    }
}

#[test]
fn the_public_order_clock_counts_working_days_over_a_holiday() {
    // 2026-04-29 (Wednesday) + 3 working days over 劳动节 with its make-up day.
    let r = rules();
    let due = deadline(Track::PublicOrder, day("2026-04-29"), &r).unwrap();
    assert_eq!(r.calendar().working_days_between(day("2026-04-29"), due.date), 3);
    assert!(due.date > day("2026-05-03"));
    let due = deadline(Track::Peoples, day("2026-01-31"), &r).unwrap();
    assert_eq!(due.date, day("2026-02-28"));
}

#[test]
fn a_second_session_has_seven_working_days_and_a_third_does_not_exist() {
    let r = rules();
    let on = day("2026-05-11");
    let next = after_session(Track::PublicOrder, 1, on, &r).unwrap().unwrap();
    assert_eq!(r.calendar().working_days_between(on, next.date), 7);
    assert!(after_session(Track::PublicOrder, 2, on, &r).unwrap().is_none());
    assert!(after_session(Track::Peoples, 5, on, &r).unwrap().is_none());
}

#[test]
fn a_pause_keeps_the_days_that_were_left() {
    let r = rules();
    let due = resumed(day("2026-05-15"), day("2026-05-12"), day("2026-06-01"), Track::PublicOrder, &r);
    assert_eq!(r.calendar().working_days_between(day("2026-06-01"), due.date), 3);
    let due = resumed(day("2026-05-20"), day("2026-05-10"), day("2026-06-01"), Track::Peoples, &r);
    assert_eq!(due.date, day("2026-06-11"));
}

fn session() -> NewTalk {
    NewTalk {
        kind: TalkKind::Session,
        held_from: Timestamp::UNIX_EPOCH,
        held_until: None,
        place: "派出所调解室".into(),
        committee: None,
        mediator: String::new(),
        host: None,
        crew: vec![],
        recorded: false,
        text: "双方陈述".into(),
        files: vec![],
    }
}

fn held(t: &NewTalk, track: Track, host: Option<Role>, others: &[Role]) -> Result<(), String> {
    crew(t, Some(track), &Crew { host, others: others.to_vec() }, &rules(), day("2026-05-08")).map_err(|e| e.key().to_string())
}

#[test]
fn one_officer_with_auxiliaries_only_with_full_recording() {
    let t = session();
    let r = held(&t, Track::PublicOrder, Some(Role::Officer), &[Role::Auxiliary]);
    assert_eq!(r.unwrap_err(), "mediation.recording");
    let recorded = NewTalk { recorded: true, ..session() };
    assert!(held(&recorded, Track::PublicOrder, Some(Role::Officer), &[Role::Auxiliary]).is_ok());
    assert!(held(&t, Track::PublicOrder, Some(Role::Officer), &[Role::Officer, Role::Auxiliary]).is_ok());
}

#[test]
fn an_auxiliary_or_grid_worker_never_hosts() {
    for role in [Role::Auxiliary, Role::GridWorker, Role::Operator] {
        for track in [Track::PublicOrder, Track::Administrative] {
            let t = NewTalk { recorded: true, ..session() };
            assert_eq!(held(&t, track, Some(role), &[Role::Officer]).unwrap_err(), "mediation.host_role", "{role}");
        }
    }
}

#[test]
fn peoples_mediation_is_hosted_by_a_committee() {
    assert_eq!(held(&session(), Track::Peoples, Some(Role::Officer), &[]).unwrap_err(), "mediation.committee_hosts");
    let t = NewTalk { committee: Some(Uuid::from_u128(1)), mediator: "何秀兰".into(), ..session() };
    assert!(held(&t, Track::Peoples, None, &[Role::Officer, Role::GridWorker]).is_ok());
}

#[test]
fn evidence_needs_two_officers_or_one_with_recording() {
    let t = NewTalk { kind: TalkKind::Inquiry, ..session() };
    assert_eq!(held(&t, Track::PublicOrder, None, &[Role::Officer]).unwrap_err(), "mediation.two_officers");
    assert!(held(&t, Track::PublicOrder, None, &[Role::Officer, Role::Officer]).is_ok());
    let t = NewTalk { kind: TalkKind::Inquiry, recorded: true, ..session() };
    assert!(held(&t, Track::PublicOrder, None, &[Role::Officer, Role::Auxiliary]).is_ok());
    assert!(held(&t, Track::Peoples, None, &[Role::GridWorker]).is_ok());
}

fn side(side: Side) -> Party {
    Party {
        id: Uuid::from_u128(side as u128 + 1),
        person_id: PersonId::NIL,
        side,
        minor: false,
        suspect: false,
        guardian: String::new(),
        agent_name: String::new(),
        agent_relation: String::new(),
        agent_power: String::new(),
    }
}

fn paper(form: Form) -> NewAgreement {
    NewAgreement {
        form,
        committee: Some(Uuid::from_u128(9)),
        mediator: "何秀兰".into(),
        facts: "夜间拖动桌椅".into(),
        points: String::new(),
        duties: String::new(),
        held_at: Timestamp::UNIX_EPOCH,
        place: "社区调解室".into(),
        signed_on: day("2026-05-01"),
        signing_recorded: false,
        electronic: false,
        promises: vec![NewPromise { text: "铺防噪地毯".into(), by: Some(day("2026-05-08")), ..NewPromise::default() }],
        files: vec![],
    }
}

fn setting() -> Setting {
    Setting {
        accepted_on: Some(day("2026-04-28")),
        held: vec![day("2026-05-01")],
        committee: Some(Uuid::from_u128(9)),
        hosts: vec!["何秀兰".into(), "白志强".into()],
        paused: false,
    }
}

fn signed_in(a: &NewAgreement, track: Track, parties: &[Party], set: &Setting) -> Result<(), String> {
    agreement(a, track, parties, set, &rules(), day("2026-05-08")).map_err(|e| e.key().to_string())
}

fn signed(a: &NewAgreement, track: Track, parties: &[Party]) -> Result<(), String> {
    signed_in(a, track, parties, &setting())
}

#[test]
fn an_agreement_needs_two_parties_a_session_and_a_promise() {
    let both = [side(Side::Applicant), side(Side::Respondent)];
    assert!(signed(&paper(Form::Written), Track::Peoples, &both).is_ok());
    assert_eq!(signed(&paper(Form::Written), Track::Peoples, &both[..1]).unwrap_err(), "mediation.parties");
    let none = NewAgreement { promises: vec![], ..paper(Form::Written) };
    assert_eq!(signed(&none, Track::Peoples, &both).unwrap_err(), "mediation.no_term");
    let r = signed_in(&paper(Form::Written), Track::Peoples, &both, &Setting { held: vec![], ..setting() });
    assert_eq!(r.unwrap_err(), "mediation.no_session");
    let late = NewAgreement { signed_on: day("2026-05-10"), ..paper(Form::Written) };
    assert_eq!(signed(&late, Track::Peoples, &both).unwrap_err(), "invalid");
}

#[test]
fn on_the_spot_is_recorded_public_order_performed_at_once() {
    let both = [side(Side::Applicant), side(Side::Respondent)];
    assert_eq!(signed(&paper(Form::OnSpot), Track::PublicOrder, &both).unwrap_err(), "mediation.on_spot");
    let recorded = NewAgreement { signing_recorded: true, ..paper(Form::OnSpot) };
    assert_eq!(signed(&recorded, Track::PublicOrder, &both).unwrap_err(), "mediation.on_spot_later");
    let at_once = NewAgreement {
        promises: vec![NewPromise { text: "当场赔偿 200 元".into(), by: Some(day("2026-05-01")), ..NewPromise::default() }],
        ..recorded
    };
    assert!(signed(&at_once, Track::PublicOrder, &both).is_ok());
    assert_eq!(signed(&at_once, Track::Peoples, &both).unwrap_err(), "mediation.on_spot");
    assert_eq!(signed(&paper(Form::Oral), Track::PublicOrder, &both).unwrap_err(), "mediation.oral");
}

#[test]
fn minors_have_guardians_and_suspects_no_agents() {
    let minor = Party { minor: true, ..side(Side::Applicant) };
    assert_eq!(signed(&paper(Form::Written), Track::Peoples, &[minor.clone(), side(Side::Respondent)]).unwrap_err(), "mediation.guardian");
    let with = Party { guardian: "父亲 其木格".into(), ..minor };
    assert!(signed(&paper(Form::Written), Track::Peoples, &[with, side(Side::Respondent)]).is_ok());
    let suspect = Party { suspect: true, agent_name: "李四".into(), agent_power: "一般授权".into(), ..side(Side::Respondent) };
    assert_eq!(signed(&paper(Form::Written), Track::PublicOrder, &[side(Side::Applicant), suspect]).unwrap_err(), "mediation.suspect_agent");
}

const NONE: Violence = Violence { warned: false, visited: false };

#[test]
fn nothing_is_settled_while_a_promise_is_open_or_broken() {
    let d = dispute(State::Agreed);
    assert_eq!(close(&d, &[Kept::Done, Kept::Pending], "", &NONE).unwrap_err().key, "mediation.pending");
    assert_eq!(close(&d, &[Kept::Broken], "", &NONE).unwrap_err().key, "mediation.broken");
    assert_eq!(close(&d, &[Kept::Done, Kept::Late, Kept::Standing], "", &NONE).unwrap(), Outcome::Settled);
    let d = dispute(State::Failed);
    assert_eq!(close(&d, &[], "", &NONE).unwrap_err().key, "mediation.tell_ways");
    assert_eq!(close(&d, &[], "可以向人民法院起诉", &NONE).unwrap(), Outcome::NotSettled);
    let d = dispute(State::Protected);
    assert_eq!(close(&d, &[], "", &NONE).unwrap_err().key, "mediation.no_warning");
    let warned = Violence { warned: true, visited: false };
    assert_eq!(close(&d, &[], "", &warned).unwrap_err().key, "mediation.no_visit", "反家庭暴力法 §17");
    assert_eq!(close(&d, &[], "", &Violence { visited: true, ..warned }).unwrap(), Outcome::Warned);
}

#[test]
fn the_level_follows_the_heaviest_fact_and_never_falls_by_itself() {
    let r = rules();
    let f = |names: &[&str]| names.iter().map(|n| n.to_string()).collect::<Vec<_>>();
    assert_eq!(suggested_level("blue", &f(&["threat", "repeat_call"]), &r), "orange");
    assert_eq!(suggested_level("blue", &f(&["weapon"]), &r), "red");
    assert_eq!(suggested_level("red", &f(&["threat"]), &r), "red");
    assert_eq!(suggested_level("blue", &[], &r), "blue");
}

#[test]
fn follow_ups_come_by_level() {
    let r = rules();
    let red = follow_ups("red", day("2026-05-01"), &r);
    assert_eq!(red.iter().map(|f| f.0).collect::<Vec<_>>(), [day("2026-05-06"), day("2026-05-08"), day("2026-06-01")], "a period that ends on a day off ends on the next working day");
    assert!(red.iter().all(|f| f.1 == "visit"));
    assert_eq!(follow_ups("blue", day("2026-05-01"), &r).len(), 1);
    assert!(follow_ups("unknown", day("2026-05-01"), &r).is_empty());
}

#[test]
fn a_criminal_case_outranks_a_public_order_one() {
    use Escalation::*;
    assert_eq!(worse(None, PublicOrder), PublicOrder);
    assert_eq!(worse(Some(Criminal), PublicOrder), Criminal);
    assert_eq!(worse(Some(PublicOrder), Criminal), Criminal);
}

#[test]
fn only_the_committees_own_mediators_and_officers_sign_as_host() {
    let both = [side(Side::Applicant), side(Side::Respondent)];
    let a = NewAgreement { mediator: "何秀兰、辅警小王".into(), ..paper(Form::Written) };
    assert_eq!(signed(&a, Track::Peoples, &both).unwrap_err(), "mediation.mediator_unknown");
    let a = NewAgreement { mediator: "辅警小王".into(), ..paper(Form::Written) };
    assert_eq!(signed(&a, Track::PublicOrder, &both).unwrap_err(), "mediation.host_role");
    let other = NewAgreement { committee: Some(Uuid::from_u128(8)), ..paper(Form::Written) };
    assert_eq!(signed(&other, Track::Peoples, &both).unwrap_err(), "mediation.other_committee");
    let paused = Setting { paused: true, ..setting() };
    assert_eq!(signed_in(&paper(Form::Written), Track::Peoples, &both, &paused).unwrap_err(), "mediation.paused");
}

#[test]
fn a_signature_on_a_screen_needs_its_recording() {
    let both = [side(Side::Applicant), side(Side::Respondent)];
    let a = NewAgreement { electronic: true, ..paper(Form::Written) };
    let e = agreement(&a, Track::Peoples, &both, &setting(), &rules(), day("2026-05-08")).unwrap_err();
    let kernel::Error::Refused(r) = e else { panic!("{e}") };
    assert_eq!(r.key, "mediation.signing_recorded");
    assert!(r.rule.unwrap().source.contains("二百六十三"));
    assert!(signed(&NewAgreement { signing_recorded: true, ..a }, Track::Peoples, &both).is_ok());
}

#[test]
fn an_agreement_lies_within_its_track() {
    let both = [side(Side::Applicant), side(Side::Respondent)];
    for (signed_on, held) in [("2026-04-27", "2026-04-27"), ("2026-04-30", "2026-05-01"), ("2026-05-09", "2026-05-01")] {
        let a = NewAgreement { signed_on: day(signed_on), promises: paper(Form::Written).promises, ..paper(Form::Written) };
        let set = Setting { held: vec![day(held)], ..setting() };
        assert_eq!(signed_in(&a, Track::Peoples, &both, &set).unwrap_err(), "invalid", "{signed_on}");
    }
    let late = NewAgreement { held_at: "2026-05-03T02:00:00Z".parse().unwrap(), ..paper(Form::Written) };
    assert_eq!(signed(&late, Track::Peoples, &both).unwrap_err(), "invalid", "held after it was signed");
    let open = NewAgreement { promises: vec![NewPromise { text: "互不干扰".into(), ..NewPromise::default() }], ..paper(Form::Written) };
    assert_eq!(signed(&open, Track::PublicOrder, &both).unwrap_err(), "mediation.no_period", "程序规定 §184");
    assert!(signed(&open, Track::Peoples, &both).is_ok());
}
