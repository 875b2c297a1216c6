//! Random walks over the real actions: no path breaks a gate or a clock, and a refusal leaves nothing.

use super::town::{Town, town};
use crate::model::{
    ClockKind, ClockState, Confirmation, Form, Kept, NewAgreement, NewDecision, NewParty, NewPromise, Outcome, Progress, Side, NewTalk, Settlement, State, TalkKind, Term, Track, TrackResult,
};
use crate::rules::Answers;
use crate::store::{parts, tracks};
use crate::{actions, jobs, rules};
use kernel::{Act, DisputeId, Purpose, Reader, Result, ToSpan, Uuid};
use proptest::prelude::*;
use testkit::engines;

#[derive(Clone, Copy, Debug)]
enum Deed {
    Gate(Track, bool),
    HandOver,
    Answer(bool),
    Apply,
    /// Who is there besides the host (nobody, an officer, an auxiliary, a grid worker), and whether it was recorded.
    Session(usize, bool),
    /// Form, and which promises: by a day and at once, at once alone, without an end.
    Agree(Form, usize),
    Perform,
    Break,
    Fail,
    Close,
    Refer,
    SelfSettle,
    Withdraw,
    Protect,
    Pause,
    Resume,
    Extend,
    ExtendCase,
    Reopen,
    Confirm(Confirmation),
    /// Into the other dispute of the town.
    Merge,
    /// A decision on the public-order case.
    Decide,
    /// A party more, after which the others and the new one are asked again.
    Join,
    Recheck(bool),
    Days(i64),
}

fn deed() -> impl Strategy<Value = Deed> {
    let track = proptest::sample::select(Track::ALL.to_vec());
    prop_oneof![
        5 => (track, proptest::bool::weighted(0.85)).prop_map(|(t, ok)| Deed::Gate(t, ok)),
        1 => Just(Deed::HandOver),
        2 => any::<bool>().prop_map(Deed::Answer),
        1 => Just(Deed::Apply),
        8 => (0usize..4, any::<bool>()).prop_map(|(who, recorded)| Deed::Session(who, recorded)),
        5 => (proptest::sample::select(vec![Form::Written, Form::Written, Form::Oral, Form::OnSpot]), 0usize..3).prop_map(|(f, p)| Deed::Agree(f, p)),
        2 => proptest::sample::select(Confirmation::ALL.to_vec()).prop_map(Deed::Confirm),
        1 => Just(Deed::Merge),
        2 => Just(Deed::Perform),
        2 => Just(Deed::Break),
        3 => Just(Deed::Fail),
        2 => Just(Deed::Close),
        1 => prop_oneof![Just(Deed::Refer), Just(Deed::SelfSettle), Just(Deed::Withdraw), Just(Deed::Protect)],
        2 => Just(Deed::Pause),
        2 => Just(Deed::Resume),
        1 => prop_oneof![Just(Deed::Extend), Just(Deed::ExtendCase)],
        2 => Just(Deed::Reopen),
        3 => Just(Deed::Decide),
        1 => Just(Deed::Join),
        2 => proptest::bool::weighted(0.8).prop_map(Deed::Recheck),
        4 => (1i64..20).prop_map(Deed::Days),
    ]
}

async fn act(w: &Town, who: &kernel::Actor) -> Act {
    w.t.app.act(who, "test.walk", Purpose::Mediation, w.t.app.fresh_command())
}

async fn take(w: &Town, (id, other): (DisputeId, DisputeId), deed: Deed) -> Result<()> {
    let app = &w.t.app;
    let a = act(w, &w.officer).await;
    let today = app.today();
    let committee: Uuid = w.committee().await.parse().unwrap();
    let track = w.dispute(id).await.track;
    let peoples = track == Some(Track::Peoples);
    match deed {
        Deed::Gate(t, ok) => {
            let mut answers = Answers { told: true, willing: ok, act: Some("damage".into()), circumstance: Some("trifles".into()), ..Answers::default() };
            for q in app.rules().list(rules::questions(t), today) {
                answers.exclusions.insert(q.code.clone(), false);
            }
            actions::gate(app, &a, id, t, &answers).await.map(|_| ())
        }
        Deed::HandOver => actions::hand_over(app, &a, id, Some(committee), "可以申请人民调解", today).await,
        Deed::Answer(yes) => {
            let waiting = w.look(async |r: &mut Reader| tracks::hand_overs(r, id).await).await.into_iter().find(|h| h.answer.is_none());
            let Some(h) = waiting else { return Ok(()) };
            let answer = if yes { crate::model::Answer::Accepted } else { crate::model::Answer::Returned };
            let reply = actions::Reply { answer, on: today, by: "何秀兰".into(), why: "说明".into() };
            actions::answer(app, &a, id, h.id, &reply).await
        }
        Deed::Apply => actions::apply(app, &a, id, "赔偿", today, false, true).await,
        Deed::Session(who, recorded) => {
            let crew = [None, Some(w.leader.user), Some(w.auxiliary.user), Some(w.grid_worker.user)][who];
            let t = NewTalk {
                kind: TalkKind::Session,
                held_from: app.now(),
                held_until: None,
                place: "调解室".into(),
                committee: peoples.then_some(committee),
                mediator: if peoples { "何秀兰".into() } else { String::new() },
                host: (!peoples).then_some(w.officer.user),
                crew: crew.into_iter().collect(),
                recorded,
                recording_no: if recorded { "执法仪 7".into() } else { String::new() },
                text: "谈".into(),
                files: vec![],
            };
            actions::talk(app, &a, id, t).await
        }
        Deed::Agree(form, which) => {
            let p = |text: &str, term: Term, by| {
                let why = if term == Term::Standing { "持续不作为".to_string() } else { String::new() };
                NewPromise { both: true, text: text.into(), how: "自行做到".into(), term: Some(term), by, why, ..NewPromise::default() }
            };
            let promises = match which {
                0 => vec![p("铺地毯", Term::By, Some(today.saturating_add(3.days()))), p("当面道歉", Term::AtOnce, None)],
                1 => vec![p("当面道歉", Term::AtOnce, None)],
                _ => vec![p("夜里不拖", Term::Standing, None)],
            };
            let n = NewAgreement {
                form,
                committee: peoples.then_some(committee),
                mediator: if peoples { "何秀兰".into() } else { "测试民警".into() },
                facts: "噪声".into(),
                points: String::new(),
                duties: String::new(),
                held_at: app.now(),
                place: "调解室".into(),
                signed_on: today,
                signing_recorded: true,
                recording_no: "执法仪 7".into(),
                electronic: true,
                recorder: String::new(),
                no_cost_dispute: true,
                spot_consent: true,
                identity_note: "当事人未带证件，已当面核对".into(),
                names_checked: false,
                crew: [None, Some(w.auxiliary.user), Some(w.grid_worker.user)][(which + usize::from(form == Form::OnSpot && today.day() % 2 == 0)) % 3].into_iter().collect(),
                promises,
                files: vec![],
            };
            actions::agree(app, &a, id, &n).await.map(|_| ())
        }
        Deed::Perform | Deed::Break => {
            let list = w.look(async |r: &mut Reader| parts::obligations(r, id).await).await;
            let Some(o) = list.iter().rev().find(|o| o.state == Kept::Pending || o.state == Kept::Broken) else { return Ok(()) };
            match deed {
                Deed::Perform => actions::perform(app, &a, id, o.id, today, "看过", &[]).await,
                _ => actions::break_promise(app, &a, id, o.id, "没有做").await,
            }
        }
        Deed::Fail => actions::fail(app, &a, id, "谈不成").await,
        Deed::Close => actions::close(app, &a, id, "已告知可以起诉").await.map(|_| ()),
        Deed::Refer => actions::refer(app, &a, id, "人民法院", "口头", false).await,
        Deed::SelfSettle => {
            let s = Settlement::at_once("谈妥", today);
            actions::self_settle(app, &a, id, &s).await
        }
        Deed::Withdraw => actions::withdraw(app, &a, id, "不要求了").await,
        Deed::Protect => actions::protect(app, &a, id, "已制止").await,
        Deed::Pause => actions::pause(app, &a, id, "鉴定").await,
        Deed::Resume => actions::resume(app, &a, id, "鉴定已出").await,
        Deed::Extend => {
            let to = w.dispute(id).await.deadline.unwrap_or(today).max(today).saturating_add(10.days());
            actions::extend(app, &a, id, to, "等材料", true).await
        }
        Deed::ExtendCase => actions::extend_case(app, &a, id, "分局", "复杂").await,
        Deed::Reopen => {
            let a = act(w, &w.leader).await;
            actions::reopen(app, &a, id, "再次发生").await
        }
        Deed::Confirm(to) => {
            let list = w.look(async |r: &mut Reader| parts::agreements(r, id).await).await;
            let Some(agreement) = list.iter().find(|x| x.confirmation.is_some()) else { return Ok(()) };
            let exclusions = app.rules().list("judicial_confirmation.exclusion", today).iter().map(|q| (q.code.clone(), false)).collect();
            let p = Progress { to, on: today, both: true, exclusions, court: "海拉尔区人民法院".into(), case_no: String::new(), note: "理由".into() };
            actions::confirm(app, &a, id, agreement.id, &p).await
        }
        Deed::Merge => actions::merge(app, &a, id, other, "同一件").await,
        Deed::Decide => {
            let n = NewDecision { kind: "penalty".into(), number: "8号".into(), decided_on: today, note: String::new() };
            actions::decide(app, &a, id, &n).await
        }
        Deed::Join => {
            let n = w.look(async |r: &mut Reader| parts::parties(r, id).await).await.len();
            let p = NewParty { name: format!("邻居{n}"), side: Some(Side::Third), ..NewParty::default() };
            actions::add_party(app, &a, id, p).await
        }
        Deed::Recheck(ok) => {
            let mut answers = Answers { told: true, willing: ok, ..Answers::default() };
            for q in app.rules().list(rules::questions(track.unwrap_or(Track::Peoples)), today) {
                answers.exclusions.insert(q.code.clone(), false);
            }
            actions::recheck(app, &a, id, &answers).await.map(|_| ())
        }
        Deed::Days(n) => {
            app.clock().advance(n * 86_400);
            jobs::clocks(app.clone()).await
        }
    }
}

/// What must hold whatever happened.
async fn sound(w: &Town, id: DisputeId, after: &[Deed]) {
    let d = w.dispute(id).await;
    let (clocks, runs, gates, talks) = w
        .look(async |r: &mut Reader| {
            Ok((tracks::clocks(r, id).await?, tracks::runs(r, id).await?, parts::gates(r, id).await?, parts::talks(r, id).await?))
        })
        .await;
    let (decisions, settlements, agreements, promises, parties) = w
        .look(async |r: &mut Reader| {
            let (a, o) = (parts::agreements(r, id).await?, parts::obligations(r, id).await?);
            Ok((tracks::decisions(r, id).await?, tracks::settlements(r, id).await?, a, o, parts::parties(r, id).await?))
        })
        .await;
    let open: Vec<_> = clocks.iter().filter(|c| c.is_open()).collect();
    let mediation: Vec<_> = open.iter().filter(|c| c.kind.is_mediation()).collect();
    let last = runs.last();
    let at = |what: &str| format!("{what} after {after:?}: {d:?}");
    if d.state == State::Mediating {
        let run = last.expect("a track");
        assert!(run.result.is_none() && Some(run.track) == d.track, "{}", at("the track under way"));
        assert!(gates.iter().any(|g| g.passed && g.track == run.track), "{}", at("no track without its gate"));
        assert!(!d.domestic_violence, "{}", at("violence is never mediated"));
        if run.track == Track::PublicOrder {
            let held = talks.iter().filter(|t| t.kind == TalkKind::Session && t.track == Some(Track::PublicOrder)).count();
            assert!(d.sessions <= 2 && (runs.len() > 1 || held <= 2), "{}", at("never a third session"));
            // After the second session nothing is left to count; before, one clock runs.
            assert!(mediation.len() == 1 || d.sessions == 2, "{}", at("the clock of the sessions"));
        } else {
            // This station has no rule of its own for administrative mediation.
            assert_eq!(mediation.len(), usize::from(run.track == Track::Peoples), "{}", at("one clock of mediation"));
        }
        if let Some(c) = mediation.first() {
            assert_eq!(c.state == ClockState::Paused, d.paused_on.is_some(), "{}", at("a pause is of both"));
            if d.paused_on.is_none() {
                assert_eq!(Some(c.due()), d.deadline, "{}", at("one deadline"));
            }
        }
    } else {
        assert!(mediation.is_empty(), "{}", at("no clock of mediation outside it"));
    }
    if d.state == State::Agreed {
        assert_eq!(last.and_then(|r| r.result), Some(TrackResult::Agreed), "{}", at("agreed"));
    }
    if d.state == State::Failed {
        assert!(matches!(last.and_then(|r| r.result), Some(TrackResult::Failed | TrackResult::NotPerformed)), "{}", at("failed"));
    }
    // A violation that was not settled has its days until its decision, wherever the dispute goes meanwhile.
    let case = rules::PoliceCase { runs: runs.clone(), decisions: decisions.clone(), settlements: settlements.clone() };
    let due = case.due().is_some();
    if due && d.state.is_open() && d.state != State::Registered {
        assert!(open.iter().any(|c| c.kind == ClockKind::Case), "{}", at("the case's own days run"));
    }
    assert!(!due || d.state != State::Closed, "{}", at("no end without a decision or an accepted settlement"));
    if let Some(a) = agreements.first().filter(|_| d.state == State::Agreed) {
        let gate = gates.iter().filter(|g| g.passed && g.track == a.track).map(|g| g.at).max();
        let before: Vec<_> = parties.iter().filter(|p| p.added_at <= a.at).collect();
        assert!(before.iter().all(|p| gate.is_some_and(|at| p.added_at <= at)), "{}", at("everybody was asked"));
    }
    // Nobody of the police mediates alone, and one officer with an auxiliary only under recording (程序规定 §52).
    let crews = w.look(async |r: &mut Reader| parts::crews(r, id).await).await;
    for t in talks.iter().filter(|t| t.kind == TalkKind::Session && t.track != Some(Track::Peoples)) {
        let with = |u| crews.iter().any(|c| c.0 == t.id && c.1 == u);
        assert!(with(w.leader.user) || (with(w.auxiliary.user) && t.recorded && !t.recording_no.is_empty()), "{}", at("the crew of a session"));
    }
    if let Some(a) = agreements.first().filter(|a| a.form == Form::OnSpot) {
        assert!(promises.iter().filter(|o| o.agreement_id == a.id).all(|o| o.state == Kept::Done), "{}", at("on the spot means performed"));
        assert_eq!(a.track, Track::PublicOrder, "{}", at("on the spot"));
        let there = w.look(async |r: &mut Reader| parts::agreement_crews(r, id).await).await;
        assert!(there.iter().any(|c| c.0 == a.id && c.1 == w.auxiliary.user), "{}", at("the crew of the spot"));
    }
    for a in &agreements {
        assert_eq!(a.confirmation.is_some(), a.track == Track::Peoples, "{}", at("confirmation is of people's mediation"));
    }
    if d.outcome == Some(Outcome::Settled) {
        let open = promises.iter().filter(|o| agreements.first().is_some_and(|a| a.id == o.agreement_id) && matches!(o.state, Kept::Pending | Kept::Broken));
        assert_eq!(open.count(), 0, "{}", at("settled means kept"));
    }
    if d.state == State::Closed {
        let left = open.iter().filter(|c| !matches!(c.kind, ClockKind::ConfirmRequest | ClockKind::ConfirmAccept | ClockKind::ConfirmDecide)).count();
        assert_eq!(left, 0, "{}", at("nothing ticks in a closed matter"));
        assert!(d.outcome.is_some() && d.paused_on.is_none(), "{}", at("closed with an outcome"));
    }
    if d.domestic_violence {
        assert!(matches!(d.state, State::Protected | State::Closed), "{}", at("its own path"));
    }
    for c in &clocks {
        assert!(c.due() >= c.started_on && !c.source.is_empty(), "{}", at("a clock with a source"));
    }
    for pair in runs.windows(2) {
        assert!(pair[0].result.is_some() && pair[1].n == pair[0].n + 1, "{}", at("one track at a time"));
    }
    let failed = runs.iter().position(|r| r.track == Track::PublicOrder && matches!(r.result, Some(TrackResult::Failed | TrackResult::NotPerformed)));
    if let Some(i) = failed {
        assert!(runs[i + 1..].iter().all(|r| r.track != Track::PublicOrder), "{}", at("failed, then penalised"));
    }
}

/// One walk on one engine.
async fn walk(engine: &str, deeds: &[Deed]) {
    let w = town(engine).await;
    let id = w.open(&[]).await;
    let other = w.open(&[]).await;
    let traces = async || {
        w.look(async |r: &mut Reader| {
            Ok((parts::log_of(r, id).await?.len(), tracks::clocks(r, id).await?.len(), parts::agreements(r, id).await?.len(), crate::store::get(r, id).await?.version))
        })
        .await
    };
    for (i, d) in deeds.iter().enumerate() {
        let before = traces().await;
        match take(&w, (id, other), *d).await {
            Ok(()) => {}
            Err(kernel::Error::Refused(_) | kernel::Error::Invalid(_) | kernel::Error::NotFound(_)) => {
                assert_eq!(before, traces().await, "a refusal leaves nothing: {d:?}");
            }
            Err(other) => panic!("{d:?}: {other}"),
        }
        sound(&w, id, &deeds[..=i]).await;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 40, ..ProptestConfig::default() })]
    #[test]
    fn no_path_breaks_a_gate_or_a_clock(deeds in proptest::collection::vec(deed(), 10..45), on in 0usize..8) {
        let rt = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        // A database is made for every walk: most of them on the engine that is quick to make.
        let all = engines();
        rt.block_on(walk(all[if on == 0 { all.len() - 1 } else { 0 }], &deeds));
    }
}
