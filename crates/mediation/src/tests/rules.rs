use super::*;
use crate::model::{Decision, Form, NewAgreement, NewDecision, NewPromise, Outcome, Side, Term, TrackResult, TrackRun};
use kernel::{DisputeId, PersonId, StationId, Timestamp, UserId, Uuid};

pub(crate) fn rules() -> RuleSet {
    rulebook::shipped().unwrap()
}

pub(crate) fn day(text: &str) -> Date {
    text.parse().unwrap()
}

pub(crate) fn dispute(state: State) -> Dispute {
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
        assert!(!r.rule.source.is_empty(), "{code}");
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
    let due = deadline(Track::PublicOrder, day("2026-04-29"), "ZY", &r).unwrap().unwrap();
    assert_eq!(r.calendar().working_days_between(day("2026-04-29"), due.date), 3);
    assert!(due.date > day("2026-05-03"));
    let due = deadline(Track::Peoples, day("2026-01-31"), "ZY", &r).unwrap().unwrap();
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
        recording_no: String::new(),
        text: "双方陈述".into(),
        files: vec![],
    }
}

fn held(t: &NewTalk, track: Track, host: Option<Role>, others: &[Role]) -> Result<(), String> {
    crew(t, Some(track), &Crew { host, others: others.to_vec() }, &rules(), day("2026-05-08")).map_err(|e| e.key().to_string())
}

#[test]
fn a_session_is_held_by_two_officers_or_by_one_with_auxiliaries_and_full_recording() {
    let (plain, recorded) = (session(), NewTalk { recorded: true, recording_no: "执法仪 7".into(), ..session() });
    for track in [Track::PublicOrder, Track::Administrative] {
        for t in [&plain, &recorded] {
            assert_eq!(held(t, track, Some(Role::Officer), &[]).unwrap_err(), "mediation.recording", "one alone on {track}");
            assert_eq!(held(t, track, Some(Role::Officer), &[Role::GridWorker]).unwrap_err(), "mediation.recording");
            assert!(held(t, track, Some(Role::Officer), &[Role::Officer]).is_ok());
        }
        assert_eq!(held(&plain, track, Some(Role::Officer), &[Role::Auxiliary]).unwrap_err(), "mediation.recording");
        assert!(held(&recorded, track, Some(Role::Officer), &[Role::Auxiliary]).is_ok());
        let unnumbered = NewTalk { recording_no: " ".into(), ..recorded.clone() };
        assert_eq!(held(&unnumbered, track, Some(Role::Officer), &[Role::Auxiliary]).unwrap_err(), "mediation.recording_no");
        assert!(held(&unnumbered, track, Some(Role::Officer), &[Role::Officer]).is_ok(), "two officers need no recording, so none is refused for its number");
        let unsaid = NewTalk { recorded: false, ..recorded.clone() };
        assert_eq!(held(&unsaid, track, Some(Role::Officer), &[Role::Officer]).unwrap_err(), "invalid", "a number without a recording");
        assert!(held(&plain, track, Some(Role::Officer), &[Role::Officer, Role::Auxiliary]).is_ok());
    }
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
fn evidence_needs_two_officers_whatever_is_recorded() {
    for recorded in [false, true] {
        let recording_no = if recorded { "执法仪 7".into() } else { String::new() };
        let t = NewTalk { kind: TalkKind::Inquiry, recorded, recording_no, ..session() };
        for track in [Track::PublicOrder, Track::Administrative] {
            for crew in [&[Role::Officer][..], &[Role::Officer, Role::Auxiliary], &[Role::GridWorker]] {
                assert_eq!(held(&t, track, None, crew).unwrap_err(), "mediation.two_officers", "{track} {crew:?}");
            }
            assert!(held(&t, track, None, &[Role::Officer, Role::Officer]).is_ok());
        }
        assert!(held(&t, Track::Peoples, None, &[Role::GridWorker]).is_ok());
    }
    // Before a track is chosen: a grid worker alone, two officers, or one with auxiliaries and recording.
    let before = |recorded: bool, crew: &[Role]| {
        let recording_no = if recorded { "执法仪 7".into() } else { String::new() };
        let t = NewTalk { kind: TalkKind::Inquiry, recorded, recording_no, ..session() };
        super::crew(&t, None, &Crew { host: None, others: crew.to_vec() }, &rules(), day("2026-05-08")).map_err(|e| e.key().to_string())
    };
    assert!(before(false, &[Role::GridWorker]).is_ok() && before(false, &[Role::Officer, Role::Officer]).is_ok());
    assert!(before(true, &[Role::Officer, Role::Auxiliary]).is_ok());
    assert_eq!(before(true, &[Role::Officer]).unwrap_err(), "mediation.recording");
    assert_eq!(before(true, &[Role::Auxiliary]).unwrap_err(), "mediation.auxiliary_alone");
}

fn side(side: Side) -> Party {
    Party {
        id: Uuid::from_u128(side as u128 + 1),
        person_id: PersonId::NIL,
        side,
        minor: false,
        suspect: false,
        guardian: String::new(),
        guardian_exempt: String::new(),
        agent_name: String::new(),
        agent_relation: String::new(),
        agent_power: String::new(),
        added_at: Timestamp::UNIX_EPOCH,
    }
}

/// A promise of both sides with a way to keep it.
fn promise(text: &str, term: Term, by: Option<&str>) -> NewPromise {
    let why = if term == Term::Standing { "持续不作为".into() } else { String::new() };
    NewPromise { both: true, text: text.into(), how: "自行购置，由网格员查看".into(), term: Some(term), by: by.map(day), why, ..NewPromise::default() }
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
        recording_no: String::new(),
        electronic: false,
        recorder: String::new(),
        no_cost_dispute: true,
        spot_consent: true,
        identity_note: String::new(),
        names_checked: false,
        crew: vec![],
        promises: vec![promise("铺防噪地毯", Term::By, Some("2026-05-08"))],
        files: vec![],
    }
}

fn setting() -> Setting {
    Setting {
        accepted_on: Some(day("2026-04-28")),
        held: vec![day("2026-05-01")],
        committee: Some(Uuid::from_u128(9)),
        hosts: vec!["何秀兰".into(), "白志强".into()],
        crew: Crew { host: Some(Role::Officer), others: vec![Role::Officer] },
        paused: false,
        ages: vec![],
        doubled: vec![],
        unknown: vec![],
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
fn every_promise_says_who_how_and_by_when() {
    let both = [side(Side::Applicant), side(Side::Respondent)];
    let first = promise("赔偿三百元", Term::AtOnce, None);
    let wrong = |change: fn(&mut NewPromise), field: &str| {
        let mut p = promise("不再骚扰", Term::Standing, None);
        change(&mut p);
        let a = NewAgreement { promises: vec![first.clone(), p], ..paper(Form::Written) };
        for track in [Track::Peoples, Track::PublicOrder, Track::Administrative] {
            let e = agreement(&a, track, &both, &setting(), &rules(), day("2026-05-08")).unwrap_err();
            let kernel::Error::Invalid(f) = e else { panic!("{field}: {e}") };
            assert!(!f.of(field).is_empty(), "{field} on {track}: {f:?}");
        }
    };
    wrong(|p| p.both = false, "party1");
    wrong(|p| p.how = " ".into(), "how1");
    wrong(|p| p.term = None, "when1");
    wrong(|p| p.term = Some(Term::By), "by1");
    wrong(|p| p.why = String::new(), "why1");
    wrong(|p| p.by = Some("2026-05-09".parse().unwrap()), "by1");
    let paid = NewAgreement { promises: vec![first], ..paper(Form::Written) };
    assert!(signed(&paid, Track::Peoples, &both).is_ok());
    assert_eq!(paid.promises[0].due(paid.signed_on), Some(paid.signed_on), "at once is due on the day of the signing");
}

#[test]
fn on_the_spot_is_recorded_public_order_performed_at_once() {
    let both = [side(Side::Applicant), side(Side::Respondent)];
    assert_eq!(signed(&paper(Form::OnSpot), Track::PublicOrder, &both).unwrap_err(), "mediation.on_spot");
    let unnumbered = NewAgreement { signing_recorded: true, ..paper(Form::OnSpot) };
    assert_eq!(signed(&unnumbered, Track::PublicOrder, &both).unwrap_err(), "mediation.on_spot_recording_no");
    let recorded = NewAgreement { recording_no: "执法仪 7".into(), ..unnumbered };
    assert_eq!(signed(&recorded, Track::PublicOrder, &both).unwrap_err(), "mediation.on_spot_later");
    let at_once = NewAgreement {
        promises: vec![promise("当场赔偿 200 元", Term::AtOnce, None)],
        ..recorded
    };
    // One officer alone, with an auxiliary, with a grid worker, two officers; hidden by no number, no film (程序规定 §52).
    let at = |others: &[Role]| {
        let set = Setting { crew: Crew { host: Some(Role::Officer), others: others.to_vec() }, held: vec![], ..setting() };
        signed_in(&at_once, Track::PublicOrder, &both, &set)
    };
    assert_eq!(at(&[]).unwrap_err(), "mediation.recording");
    assert_eq!(at(&[Role::GridWorker]).unwrap_err(), "mediation.recording");
    assert!(at(&[Role::Auxiliary]).is_ok() && at(&[Role::DutyLeader]).is_ok());
    for lacks in [NewAgreement { no_cost_dispute: false, ..at_once.clone() }, NewAgreement { spot_consent: false, ..at_once.clone() }] {
        assert_eq!(signed(&lacks, Track::PublicOrder, &both).unwrap_err(), "mediation.on_spot_conditions");
    }
    assert_eq!(signed(&at_once, Track::Peoples, &both).unwrap_err(), "mediation.on_spot");
    assert_eq!(signed(&paper(Form::Oral), Track::PublicOrder, &both).unwrap_err(), "mediation.oral");
}

#[test]
fn a_name_in_two_roles_is_asked_for_not_refused() {
    let called = |p: Party, n: &str| (p, n.to_string());
    let (a, b) = (side(Side::Applicant), side(Side::Respondent));
    assert!(doubled(&[called(a.clone(), "乌仁其木格"), called(b.clone(), "宋立群")], "何秀兰、白志强").is_empty());
    // The other side as agent or guardian, an agent of both, the host, two parties of one name.
    let agent = Party { agent_name: "宋立群".into(), ..a.clone() };
    assert_eq!(doubled(&[called(agent.clone(), "甲"), called(b.clone(), "宋立群")], ""), ["“宋立群”既写为甲方的代理人，又写为乙方"]);
    let guardian = Party { guardian: "父亲 宋立群".into(), ..a.clone() };
    assert_eq!(doubled(&[called(guardian, "甲"), called(b.clone(), "宋立群")], "").len(), 1);
    let both = Party { agent_name: "宋立群（律师）".into(), ..b.clone() };
    assert_eq!(doubled(&[called(agent, "甲"), called(both, "乙")], "").len(), 1);
    assert_eq!(doubled(&[called(a.clone(), "何秀兰"), called(b.clone(), "乙")], "何秀兰").len(), 1);
    assert_eq!(doubled(&[called(a.clone(), "王芳"), called(b.clone(), "王芳")], "").len(), 1);
    // A father who is a party beside his child is no conflict.
    let child = Party { guardian: "父亲 王伟".into(), ..a.clone() };
    assert!(doubled(&[called(child, "王小明"), called(a.clone(), "王伟"), called(b.clone(), "乙")], "").is_empty());
    let set = Setting { doubled: vec!["“王芳”既写为甲方，又写为乙方".into()], ..setting() };
    let sides = [a, b];
    let kernel::Error::Invalid(f) = agreement(&paper(Form::Written), Track::Peoples, &sides, &set, &rules(), day("2026-05-08")).unwrap_err() else { panic!() };
    assert!(f.of("names_checked").contains("民法典第一百六十八条"));
    let checked = NewAgreement { names_checked: true, ..paper(Form::Written) };
    assert!(agreement(&checked, Track::Peoples, &sides, &set, &rules(), day("2026-05-08")).is_ok());
}

#[test]
fn minors_have_guardians_and_suspects_no_agents() {
    let minor = Party { minor: true, ..side(Side::Applicant) };
    assert_eq!(signed(&paper(Form::Written), Track::Peoples, &[minor.clone(), side(Side::Respondent)]).unwrap_err(), "mediation.guardian");
    let with = Party { guardian: "父亲 其木格".into(), ..minor };
    assert!(signed(&paper(Form::Written), Track::Peoples, &[with, side(Side::Respondent)]).is_ok());
    // The birth date outweighs what was ticked, and an exemption has an age.
    let young = |age, p: Party| {
        let set = Setting { ages: vec![(p.id, Some(age))], ..setting() };
        signed_in(&paper(Form::Written), Track::Peoples, &[p, side(Side::Respondent)], &set)
    };
    assert_eq!(young(15, side(Side::Applicant)).unwrap_err(), "mediation.guardian");
    assert!(young(19, Party { minor: true, ..side(Side::Applicant) }).is_ok());
    let exempt = Party { guardian_exempt: "在工地做工，自己养活自己，本人不要求通知".into(), ..side(Side::Applicant) };
    assert_eq!(young(15, exempt.clone()).unwrap_err(), "mediation.exempt_age");
    assert!(young(17, exempt.clone()).is_ok());
    let unknown = signed(&paper(Form::Written), Track::Peoples, &[Party { minor: true, ..exempt }, side(Side::Respondent)]);
    assert_eq!(unknown.unwrap_err(), "mediation.exempt_age", "an age that nobody knows is no exemption");
    let suspect = Party { suspect: true, agent_name: "李四".into(), agent_power: "一般授权".into(), ..side(Side::Respondent) };
    assert_eq!(signed(&paper(Form::Written), Track::PublicOrder, &[side(Side::Applicant), suspect]).unwrap_err(), "mediation.suspect_agent");
}

const NONE: Violence = Violence { warned: false, offender: false, victim: false, station: false, committee: false };

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
    let all = Violence { warned: true, offender: true, victim: true, station: true, committee: true };
    assert_eq!(close(&d, &[], "", &all).unwrap(), Outcome::Warned);
    for lacks in [Violence { offender: false, ..all }, Violence { victim: false, ..all }, Violence { station: false, ..all }, Violence { committee: false, ..all }] {
        assert_eq!(close(&d, &[], "", &lacks).unwrap_err().key, "mediation.no_visit", "反家庭暴力法 §17: {lacks:?}");
    }
    assert_eq!(watched(&[Kept::Standing], false).unwrap_err().key, "mediation.not_watched");
    assert!(watched(&[Kept::Standing], true).is_ok() && watched(&[Kept::Standing, Kept::Done], false).is_ok());
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
    assert_eq!(signed(&other, Track::Peoples, &both).unwrap_err(), "mediation.other_seal");
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
    assert!(r.rule.source.contains("二百六十三"));
    let filmed = NewAgreement { signing_recorded: true, ..a };
    let e = agreement(&filmed, Track::Peoples, &both, &setting(), &rules(), day("2026-05-08")).unwrap_err();
    let kernel::Error::Refused(r) = e else { panic!("{e}") };
    assert_eq!((r.key, r.rule.source.contains("二百六十三")), ("mediation.signing_recording_no", true));
    assert!(signed(&NewAgreement { recording_no: "执法仪 7".into(), ..filmed.clone() }, Track::Peoples, &both).is_ok());
    // By hand nobody asks for a recording; that one was made is said all the same, and its number may follow.
    assert!(signed(&NewAgreement { electronic: false, ..filmed.clone() }, Track::Peoples, &both).is_ok());
    let unsaid = NewAgreement { electronic: false, signing_recorded: false, recording_no: "执法仪 7".into(), ..filmed };
    assert_eq!(signed(&unsaid, Track::Peoples, &both).unwrap_err(), "invalid");
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
    let open = NewAgreement { promises: vec![promise("互不干扰", Term::Standing, None)], ..paper(Form::Written) };
    assert_eq!(signed(&open, Track::PublicOrder, &both).unwrap_err(), "mediation.no_period", "程序规定 §184");
    assert!(signed(&open, Track::Peoples, &both).is_ok());
}

fn run(n: i64, track: Track, result: Option<TrackResult>, ended_on: Option<&str>) -> TrackRun {
    TrackRun {
        id: Uuid::nil(),
        n,
        track,
        committee_id: None,
        accepted_on: day("2026-05-04"),
        accepted_by: UserId::NIL,
        ended_on: ended_on.map(day),
        result,
        why: String::new(),
    }
}

fn decided(on: &str) -> Decision {
    let at = Timestamp::UNIX_EPOCH;
    Decision { id: Uuid::nil(), kind: "penalty".into(), number: "海公（正）行罚决字〔2026〕8号".into(), decided_on: day(on), note: String::new(), by_user: UserId::NIL, at }
}

#[test]
fn a_failed_public_order_mediation_waits_for_its_decision() {
    use TrackResult::*;
    let (r, today) = (rules(), day("2026-05-08"));
    let case = |runs: &[TrackRun], decisions: &[Decision]| PoliceCase { runs: runs.to_vec(), decisions: decisions.to_vec(), settlements: vec![] };
    for result in [Failed, NotPerformed, Withdrawn] {
        let runs = [run(1, Track::PublicOrder, Some(result), Some("2026-05-06"))];
        assert!(case(&runs, &[]).due().is_some(), "{result}");
        assert!(case(&runs, &[decided("2026-05-05")]).due().is_some(), "a decision from before is of another case");
        assert!(case(&runs, &[decided("2026-05-06")]).due().is_none());
        let accepted = PoliceCase { settlements: vec![crate::model::Settlement::at_once("谈妥", day("2026-05-07"))], ..case(&runs, &[]) };
        assert!(accepted.due().is_none(), "程序规定 §186");
        assert_eq!(undecided(&case(&runs, &[]), &r, today).unwrap_err().key, "mediation.decision_due");
        // The civil side at a committee does not answer for the violation.
        let after = [runs[0].clone(), run(2, Track::Peoples, Some(Agreed), Some("2026-05-07"))];
        assert_eq!(undecided(&case(&after, &[]), &r, today).unwrap_err().key, "mediation.decision_due");
    }
    assert_eq!(undecided(&case(&[run(1, Track::PublicOrder, None, None)], &[]), &r, today).unwrap_err().key, "mediation.case_open");
    assert!(undecided(&case(&[run(1, Track::PublicOrder, Some(Agreed), Some("2026-05-06"))], &[]), &r, today).is_ok());
    assert!(undecided(&case(&[run(1, Track::Peoples, Some(Failed), Some("2026-05-06"))], &[]), &r, today).is_ok());
    let n = |kind: &str, number: &str, on: &str| NewDecision { kind: kind.into(), number: number.into(), decided_on: day(on), note: String::new() };
    let runs = [run(1, Track::PublicOrder, Some(Failed), Some("2026-05-06"))];
    let decide = |n: &NewDecision, ds: &[Decision]| super::decide(n, &case(&runs, ds), &r, today).map_err(|e| e.key().to_string());
    assert!(decide(&n("penalty", "8号", "2026-05-07"), &[]).is_ok());
    assert!(decide(&n("", "8号", "2026-05-07"), &[]).is_err() && decide(&n("penalty", " ", "2026-05-07"), &[]).is_err());
    assert!(decide(&n("penalty", "8号", "2026-05-05"), &[]).is_err() && decide(&n("penalty", "8号", "2026-05-09"), &[]).is_err());
    assert_eq!(decide(&n("penalty", "8号", "2026-05-07"), &[decided("2026-05-07")]).unwrap_err(), "mediation.nothing_to_decide");
    assert_eq!(not_decided(&[decided("2026-05-07")], &r, today).unwrap_err().key, "mediation.decided");
    let committee = |track, due, kept: &[Kept]| settled_by_committee(Some(track), due, kept, &r, today).map_err(|e| e.key);
    assert!(committee(Track::Peoples, true, &[Kept::Done, Kept::Standing]).is_ok());
    assert_eq!(committee(Track::Peoples, true, &[Kept::Pending]).unwrap_err(), "mediation.not_performed");
    assert_eq!(committee(Track::Peoples, false, &[Kept::Done]).unwrap_err(), "mediation.no_case");
}

#[test]
fn who_was_registered_after_the_gate_is_asked() {
    let at = |s: i64| Timestamp::from_second(s).unwrap();
    let gate = |passed, s| Gate { id: Uuid::nil(), track: Track::Peoples, at: at(s), by_user: UserId::NIL, passed, answers: String::new(), why: String::new(), source: String::new() };
    let later = Party { added_at: at(20), ..side(Side::Third) };
    let asked = |gates: &[Gate]| all_asked(Track::Peoples, std::slice::from_ref(&later), gates, &rules(), day("2026-05-08")).map_err(|r| r.key);
    assert_eq!(asked(&[gate(true, 10)]).unwrap_err(), "mediation.party_not_asked");
    assert_eq!(asked(&[gate(true, 10), gate(false, 30)]).unwrap_err(), "mediation.party_not_asked");
    assert!(asked(&[gate(true, 10), gate(true, 30)]).is_ok());
    let a = Answers { exclusions: clear(Track::PublicOrder).exclusions.into_keys().map(|k| { let yes = k == "suspect_fled"; (k, yes) }).collect(), ..clear(Track::PublicOrder) };
    assert_eq!(recheck(Track::PublicOrder, &a, &rules(), day("2026-05-08")).unwrap().unwrap().key, "mediation.excluded");
}

#[test]
fn an_account_of_the_station_is_no_mediator() {
    let staff = [("刘闯".to_string(), Role::Auxiliary), ("孙秀珍".to_string(), Role::GridWorker)];
    for name in ["刘闯", "孙秀珍"] {
        assert_eq!(not_of_the_station(&["何秀兰".into(), name.into()], &staff).unwrap_err().key, "mediation.mediator_is_staff");
    }
    assert!(not_of_the_station(&["刘闯（社区居委会）".into(), "何秀兰".into()], &staff).is_ok());
}
