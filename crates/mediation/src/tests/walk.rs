//! Random walks over the real actions: no path breaks a gate or a clock, and a refusal leaves nothing.

use super::town::{Town, town};
use crate::model::{ClockKind, ClockState, Form, Kept, NewAgreement, NewPromise, NewTalk, Settlement, State, TalkKind, Track, TrackResult};
use crate::rules::Answers;
use crate::store::{parts, tracks};
use crate::{actions, jobs, rules};
use kernel::{Act, DisputeId, Purpose, Reader, Result, ToSpan, Uuid};
use proptest::prelude::*;

#[derive(Clone, Copy, Debug)]
enum Deed {
    Gate(Track, bool),
    HandOver,
    Answer(bool),
    Apply,
    Session,
    Agree,
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
    Days(i64),
}

fn deed() -> impl Strategy<Value = Deed> {
    let track = proptest::sample::select(Track::ALL.to_vec());
    prop_oneof![
        5 => (track, proptest::bool::weighted(0.85)).prop_map(|(t, ok)| Deed::Gate(t, ok)),
        1 => Just(Deed::HandOver),
        2 => any::<bool>().prop_map(Deed::Answer),
        1 => Just(Deed::Apply),
        6 => Just(Deed::Session),
        4 => Just(Deed::Agree),
        2 => Just(Deed::Perform),
        2 => Just(Deed::Break),
        3 => Just(Deed::Fail),
        2 => Just(Deed::Close),
        1 => prop_oneof![Just(Deed::Refer), Just(Deed::SelfSettle), Just(Deed::Withdraw), Just(Deed::Protect)],
        2 => Just(Deed::Pause),
        2 => Just(Deed::Resume),
        1 => prop_oneof![Just(Deed::Extend), Just(Deed::ExtendCase)],
        2 => Just(Deed::Reopen),
        4 => (1i64..20).prop_map(Deed::Days),
    ]
}

async fn act(w: &Town, who: &kernel::Actor) -> Act {
    w.t.app.act(who, "test.walk", Purpose::Mediation, w.t.app.fresh_command())
}

async fn take(w: &Town, id: DisputeId, deed: Deed) -> Result<()> {
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
        Deed::Session => {
            let t = NewTalk {
                kind: TalkKind::Session,
                held_from: app.now(),
                held_until: None,
                place: "调解室".into(),
                committee: peoples.then_some(committee),
                mediator: if peoples { "何秀兰".into() } else { String::new() },
                host: (!peoples).then_some(w.officer.user),
                crew: vec![],
                recorded: true,
                text: "谈".into(),
                files: vec![],
            };
            actions::talk(app, &a, id, t).await
        }
        Deed::Agree => {
            let n = NewAgreement {
                form: Form::Written,
                committee: peoples.then_some(committee),
                mediator: if peoples { "何秀兰".into() } else { "测试民警".into() },
                facts: "噪声".into(),
                points: String::new(),
                duties: String::new(),
                held_at: app.now(),
                place: "调解室".into(),
                signed_on: today,
                signing_recorded: true,
                electronic: true,
                promises: vec![NewPromise { text: "铺地毯".into(), by: Some(today.saturating_add(3.days())), ..NewPromise::default() }],
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
            assert_eq!(mediation.len(), 1, "{}", at("one clock of mediation"));
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
        if d.track == Some(Track::PublicOrder) {
            assert!(open.iter().any(|c| c.kind == ClockKind::Case), "{}", at("the case's own days run"));
        }
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 40, ..ProptestConfig::default() })]
    #[test]
    fn no_path_breaks_a_gate_or_a_clock(deeds in proptest::collection::vec(deed(), 10..45)) {
        let rt = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        rt.block_on(async {
            let w = town("sqlite").await;
            let id = w.open(&[]).await;
            for (i, d) in deeds.iter().enumerate() {
                let before = w.look(async |r: &mut Reader| Ok((parts::log_of(r, id).await?.len(), tracks::clocks(r, id).await?.len(), crate::store::get(r, id).await?.version))).await;
                match take(&w, id, *d).await {
                    Ok(()) => {}
                    Err(kernel::Error::Refused(_) | kernel::Error::Invalid(_) | kernel::Error::NotFound(_)) => {
                        let after = w.look(async |r: &mut Reader| Ok((parts::log_of(r, id).await?.len(), tracks::clocks(r, id).await?.len(), crate::store::get(r, id).await?.version))).await;
                        assert_eq!(before, after, "a refusal leaves nothing: {d:?}");
                    }
                    Err(other) => panic!("{d:?}: {other}"),
                }
                sound(&w, id, &deeds[..=i]).await;
            }
        });
    }
}
