//! Random walks over the real actions: no path breaks a gate or a clock, and a refusal leaves nothing.

use super::town::{Town, town, town_with_own_term};
use crate::model::{
    ClockKind, ClockState, Confirmation, Escalation, Form, Found, Kept, NewAgreement, NewDecision, NewParty, NewPromise, NewTalk, NewWarning, Outcome, Progress, Risk,
    Settlement, Side, State, Step, TalkKind, Term, Track, TrackResult, Verdict,
};
use crate::rules::Answers;
use crate::store::{parts, tracks};
use crate::{actions, jobs, rules};
use kernel::{Act, DisputeId, Purpose, Reader, Result, ToSpan, Uuid, args, sql};
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
    /// 告诫书 to the one side or to the other.
    Warn(bool),
    PlanVisits,
    /// Which of the visits (done and cancelled ones too), how, and what was found.
    Visit(usize, usize),
    Relate(Verdict),
    /// Threat, weapon, injury, as bits.
    Risk(u8),
    /// Which level, and whether a reason is given.
    Level(usize, bool),
    WritePlan,
    Lead,
    Escalate(Escalation),
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
        2 => any::<bool>().prop_map(Deed::Warn),
        1 => Just(Deed::PlanVisits),
        4 => (0usize..12, 0usize..12).prop_map(|(which, how)| Deed::Visit(which, how)),
        1 => proptest::sample::select(Verdict::ALL.to_vec()).prop_map(Deed::Relate),
        1 => (0u8..8).prop_map(Deed::Risk),
        1 => (0usize..8, any::<bool>()).prop_map(|(level, why)| Deed::Level(level, why)),
        2 => prop_oneof![Just(Deed::WritePlan), Just(Deed::Lead)],
        1 => proptest::sample::select(Escalation::ALL.to_vec()).prop_map(Deed::Escalate),
        4 => (1i64..20).prop_map(Deed::Days),
    ]
}

/// Where a walk begins: at the registration, or at one of the places that few walks come to by chance.
fn head() -> impl Strategy<Value = Vec<Deed>> {
    let agreed = |track, which| vec![Deed::Gate(track, true), Deed::Session(1, true), Deed::Agree(Form::Written, which)];
    let failed = |track| vec![Deed::Gate(track, true), Deed::Session(1, true), Deed::Fail];
    let heads = [
        vec![],
        agreed(Track::Peoples, 0),
        agreed(Track::Peoples, 2),
        agreed(Track::PublicOrder, 0),
        failed(Track::PublicOrder),
        vec![Deed::Apply, Deed::Gate(Track::Administrative, true)],
        vec![Deed::Protect, Deed::Warn(true)],
    ];
    proptest::sample::select(heads.to_vec())
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
        Deed::Warn(one) => {
            let parties = w.look(async |r: &mut Reader| parts::parties(r, id).await).await;
            let (a1, b1) = (parties[0].id, parties[1].id);
            let (offender, victim) = if one { (a1, b1) } else { (b1, a1) };
            let n = NewWarning {
                offender,
                victim,
                facts: "推搡".into(),
                prohibition: "不得殴打".into(),
                served_offender_on: today,
                served_victim_on: today,
                committee_told: "兴华社区居民委员会".into(),
                told_on: today,
            };
            actions::warn(app, &a, id, &n).await
        }
        Deed::PlanVisits => actions::add_follow_ups(app, &a, id).await,
        Deed::Visit(which, how) => {
            let list = w.look(async |r: &mut Reader| parts::follow_ups(r, id).await).await;
            let Some(f) = list.get(which % list.len().max(1)) else { return Ok(()) };
            let found = Found {
                mode: ["visit", "committee", "phone"][how % 3].into(),
                interviewee: "双方".into(),
                finding: ["performed", "repeat", "escalated", "not_performed"][how % 4].into(),
                whom: ["both", "offender", "victim"][which % 3].into(),
                ..Found::default()
            };
            actions::follow_up(app, &a, id, f.id, &found).await
        }
        Deed::Relate(verdict) => actions::relate(app, &a, id, other, verdict, "同一户").await,
        Deed::Risk(bits) => {
            let r = Risk { what: "扬言报复".into(), threat: bits & 1 > 0, weapon: bits & 2 > 0, injured: bits & 4 > 0 };
            actions::report_risk(app, &a, id, &r).await.map(|_| ())
        }
        Deed::Level(which, why) => {
            let levels = rules::Levels::at(&app.rules(), "ZY", today).all().iter().map(|c| c.code.clone()).collect::<Vec<_>>();
            actions::set_level(app, &a, id, &levels[which % levels.len()], &[], if why { "情况变化" } else { "" }).await
        }
        Deed::WritePlan => actions::plan(app, &a, id, "分头谈，再坐到一起").await,
        Deed::Lead => {
            let a = act(w, &w.leader).await;
            actions::take_lead(app, &a, id, "包案").await
        }
        Deed::Escalate(kind) => {
            let case = actions::Case { kind, case_no: "8号".into(), incident: None, day: today, note: "因此事动手".into() };
            actions::escalate(app, &a, id, &case).await
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
            // Administrative mediation has a term where the station has a rule of its own.
            let own = run.track == Track::Administrative && w.t.app.rules().rule_at("mediation.administrative.days", "ZY", run.accepted_on).is_some();
            assert_eq!(mediation.len(), usize::from(run.track == Track::Peoples || own), "{}", at("one clock of mediation"));
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

/// The log tells the whole way: each line follows from the state before it by the rules, and the last one is what stands.
async fn told(w: &Town, id: DisputeId, after: &[Deed]) {
    let d = w.dispute(id).await;
    let rows = w
        .look(async |r: &mut Reader| r.rows(sql!("select step, state, outcome from mediation_log where dispute_id = $1 order by n"), args![id]).await)
        .await;
    let (mut was, mut violent) = (None, false);
    for row in &rows {
        let (step, state, outcome): (Step, State, Option<Outcome>) = (row.get("step").unwrap(), row.get("state").unwrap(), row.get("outcome").unwrap());
        if let Some(from) = was {
            let to = rules::next(from, step).unwrap_or_else(|e| panic!("the log goes from {from} by {step}: {e:?} after {after:?}"));
            let to = if to == State::Registered && violent { State::Protected } else { to };
            assert_eq!(to, state, "the log goes from {from} by {step} after {after:?}");
        }
        assert_eq!(outcome.is_some(), state == State::Closed, "an outcome is of a closed matter: {step} after {after:?}");
        violent |= state == State::Protected;
        was = Some(state);
    }
    assert_eq!(was, Some(d.state), "the log ends where the matter stands after {after:?}");
}

/// Visits, warnings, level, linked cases and pauses.
async fn beside(w: &Town, id: DisputeId, after: &[Deed]) {
    let d = w.dispute(id).await;
    let at = |what: &str| format!("{what} after {after:?}: {d:?}");
    let (visits, warnings, links, levels, clocks) = w
        .look(async |r: &mut Reader| {
            let (links, levels) = (parts::links(r, id).await?, tracks::levels(r, id).await?);
            Ok((parts::follow_ups(r, id).await?, parts::warnings(r, id).await?, links, levels, tracks::clocks(r, id).await?))
        })
        .await;
    for f in &visits {
        assert!(!f.dropped || f.done_at.is_none(), "{}", at("a cancelled visit is not made"));
        let open = f.done_at.is_none() && !f.dropped;
        assert!(!open || rules::next(d.state, Step::FollowUp).is_ok(), "{}", at("a planned visit can be written down"));
    }
    assert!(warnings.is_empty() || d.domestic_violence, "{}", at("a warning is of violence"));
    if d.outcome == Some(Outcome::Warned) && !warnings.is_empty() {
        let since = warnings.iter().map(|x| x.at).max();
        assert!(rules::visits(since, &visits).complete(), "{}", at("whoever was warned was visited"));
    }
    let worst = links.iter().filter_map(|l| Escalation::from_code(&l.kind)).fold(None, |worst, kind| Some(rules::worse(worst, kind)));
    assert_eq!(d.escalated, worst, "{}", at("escalated by its cases"));
    assert!(levels.last().is_none_or(|l| l.level == d.level), "{}", at("the level is the last of its history"));
    if d.paused_on.is_some() {
        assert!(clocks.iter().any(|c| c.is_open() && c.state == ClockState::Paused), "{}", at("something stands still"));
        assert!(rules::next(d.state, Step::Resume).is_ok(), "{}", at("a pause can be ended"));
    }
}

/// One walk on one engine, at a station with or without a term of its own for administrative mediation.
async fn walk(engine: &str, own_term: bool, deeds: &[Deed]) {
    let w = if own_term { town_with_own_term(engine).await } else { town(engine).await };
    let id = w.open(&[]).await;
    let other = w.open(&[]).await;
    for p in w.look(async |r: &mut Reader| parts::parties(r, id).await).await.iter().take(1) {
        // Only the first side is known well enough for a warning.
        w.identify(p.person_id).await;
    }
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
        told(&w, id, &deeds[..=i]).await;
        beside(&w, id, &deeds[..=i]).await;
    }
}

/// Two dozen walks; `PROPTEST_CASES=500` goes more.
fn walks() -> ProptestConfig {
    let asked = std::env::var_os("PROPTEST_CASES").is_some();
    let config = ProptestConfig { max_shrink_iters: 40, ..ProptestConfig::default() };
    if asked { config } else { ProptestConfig { cases: 24, ..config } }
}

proptest! {
    #![proptest_config(walks())]
    #[test]
    fn no_path_breaks_a_gate_or_a_clock(head in head(), deeds in proptest::collection::vec(deed(), 10..45), on in 0usize..8, own_term in any::<bool>()) {
        let deeds = [head, deeds].concat();
        let rt = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        // A database is made for every walk: most of them on the engine that is quick to make.
        let all = engines();
        rt.block_on(walk(all[if on == 0 { all.len() - 1 } else { 0 }], own_term, &deeds));
    }
}

/// A way told by hand; each deed succeeds.
async fn way(w: &Town, deeds: &[Deed]) -> DisputeId {
    let (id, other) = (w.open(&[]).await, w.open(&[]).await);
    if deeds.iter().any(|d| matches!(d, Deed::Warn(_))) {
        let parties = w.look(async |r: &mut Reader| parts::parties(r, id).await).await;
        w.identify(parties[0].person_id).await;
    }
    for d in deeds {
        take(w, (id, other), *d).await.unwrap_or_else(|e| panic!("{d:?}: {e}"));
    }
    told(w, id, deeds).await;
    beside(w, id, deeds).await;
    id
}

#[tokio::test]
async fn a_visit_of_the_last_agreement_is_written_down_while_another_track_is_under_way() {
    for engine in engines() {
        let w = town(engine).await;
        let (gate, session) = (Deed::Gate(Track::Peoples, true), Deed::Session(1, true));
        let id = way(&w, &[gate, session, Deed::Agree(Form::Written, 2), Deed::Fail, gate, Deed::Visit(0, 0)]).await;
        assert_eq!(w.dispute(id).await.state, State::Mediating, "{engine}");
        let e = take(&w, (id, id), Deed::PlanVisits).await.unwrap_err();
        assert_eq!(e.key(), "mediation.planned", "{engine}: there is nothing to ask about yet");
    }
}

#[tokio::test]
async fn a_cancelled_visit_cannot_be_written_down() {
    for engine in engines() {
        let w = town(engine).await;
        let way_there = [Deed::Gate(Track::Peoples, true), Deed::Session(1, true), Deed::Fail, Deed::Close, Deed::Reopen];
        let id = way(&w, &way_there).await;
        assert_eq!(take(&w, (id, id), Deed::Visit(0, 0)).await.unwrap_err().key(), "mediation.followed_up", "{engine}");
    }
}

#[tokio::test]
async fn a_pause_ends_with_what_stood_still() {
    for engine in engines() {
        let w = town(engine).await;
        let failed = [Deed::Gate(Track::PublicOrder, true), Deed::Session(1, true), Deed::Fail, Deed::Pause];
        let decided = way(&w, &[&failed[..], &[Deed::Decide]].concat()).await;
        assert_eq!(w.dispute(decided).await.paused_on, None, "{engine}: nothing stands still after the decision");
        // The case waits for its decision: its clock stands still until the assessment is there, also in a matter of violence.
        let violence = way(&w, &[&failed[..], &[Deed::Protect]].concat()).await;
        assert!(w.dispute(violence).await.paused_on.is_some(), "{engine}");
        take(&w, (violence, violence), Deed::Resume).await.unwrap();
        let talked = way(&w, &[Deed::Gate(Track::Peoples, true), Deed::Pause, Deed::Protect]).await;
        assert_eq!(w.dispute(talked).await.paused_on, None, "{engine}: no mediation, no pause");
    }
}

#[tokio::test]
async fn who_is_warned_again_is_visited_again() {
    for engine in engines() {
        let w = town(engine).await;
        let visits = [Deed::Visit(0, 0), Deed::Visit(3, 1)];
        let id = way(&w, &[&[Deed::Protect, Deed::Warn(true)], &visits[..], &[Deed::Close, Deed::Reopen, Deed::Days(1), Deed::Warn(true)]].concat()).await;
        assert_eq!(take(&w, (id, id), Deed::Close).await.unwrap_err().key(), "mediation.no_visit", "{engine}");
    }
}
