//! Tracks in sequence, hand-over, other ways, risk, relations, over HTTP on both engines.

use super::town::{Town, town, town_with_own_term};
use crate::model::{ClockKind, ClockState, Confirmation, Escalation, Outcome, State, Track, TrackResult};
use crate::store::{parts, tracks};
use kernel::{DisputeId, Purpose, Reader};
use testkit::engines;

const PEOPLES: [(&str, &str); 6] = [
    ("track", "peoples_mediation"),
    ("q.party_refuses", "no"),
    ("q.reserved", "no"),
    ("q.already_taken", "no"),
    ("told", "1"),
    ("willing", "1"),
];

impl Town {
    pub async fn look<T>(&self, work: impl AsyncFnOnce(&mut Reader) -> kernel::Result<T>) -> T {
        let look = self.t.app.look(&self.officer, "test", Purpose::Mediation);
        self.t.app.db().read(&look, work).await.unwrap()
    }

    pub async fn clock(&self, id: DisputeId, kind: ClockKind) -> crate::model::ClockRow {
        let mut all = self.look(async |r: &mut Reader| tracks::clocks(r, id).await).await;
        // The test's clock stands still: the one that runs is the newest.
        all.retain(|c| c.kind == kind && c.state != ClockState::Replaced);
        all.sort_by_key(|c| c.is_open());
        all.pop().unwrap_or_else(|| panic!("no clock {kind}"))
    }

    /// A public-order mediation accepted.
    pub async fn public_order(&self, id: DisputeId) {
        let mut fields = vec![("track", "public_order_mediation"), ("told", "1"), ("willing", "1"), ("act", "damage"), ("circumstance", "trifles")];
        let keys = ["hired_violence", "gang_or_provocation", "repeat_violator", "party_unwilling", "offended_again", "suspect_fled", "other_unsuitable"];
        let names: Vec<String> = keys.iter().map(|k| format!("q.{k}")).collect();
        fields.extend(names.iter().map(|n| (n.as_str(), "no")));
        self.t.post(&self.officer, &format!("/disputes/{id}/gate"), &fields).await.is(303);
    }
}

#[tokio::test]
async fn one_track_fails_and_the_next_one_settles_it() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.open(&[]).await;
        w.public_order(id).await;
        let end = format!("/disputes/{id}/end");
        w.t.post(&w.officer, &end, &[("deed", "fail"), ("what", "乙方不同意赔偿")]).await.is(303);
        // The case's own days begin (程序规定 §185); it may not be mediated a second time by the police.
        assert_eq!(w.clock(id, ClockKind::Case).await.due().to_string(), "2026-06-08");
        assert_eq!(w.clock(id, ClockKind::FirstSession).await.state, ClockState::Met);
        let mut fields = vec![("track", "public_order_mediation"), ("told", "1"), ("willing", "1"), ("act", "damage"), ("circumstance", "trifles")];
        let keys = ["hired_violence", "gang_or_provocation", "repeat_violator", "party_unwilling", "offended_again", "suspect_fled", "other_unsuitable"];
        let names: Vec<String> = keys.iter().map(|k| format!("q.{k}")).collect();
        fields.extend(names.iter().map(|n| (n.as_str(), "no")));
        w.t.post(&w.officer, &format!("/disputes/{id}/gate"), &fields).await.is(422).says("不能再次治安调解").says("一百八十五");

        // The civil side goes to a committee, which returns it once and accepts it then.
        let committee = w.committee().await;
        let hand = format!("/disputes/{id}/hand-over");
        w.t.post(&w.officer, &hand, &[("committee", &committee), ("told", ""), ("handed_on", "2026-05-08")]).await.is(422).says("请写明告知");
        let told = [("committee", committee.as_str()), ("told", "可以申请人民调解，自愿、不收费"), ("handed_on", "2026-05-08")];
        w.t.post(&w.officer, &hand, &told).await.is(303);
        w.t.post(&w.officer, &hand, &told).await.is(422).says("正在等调解委员会答复");
        w.t.post(&w.officer, &format!("/disputes/{id}/gate"), &PEOPLES).await.is(422).says("正在等调解委员会答复");
        let answer = format!("/disputes/{id}/hand-over-answer");
        let first = w.look(async |r: &mut Reader| tracks::hand_overs(r, id).await).await[0].id.to_string();
        let by = |h: &str, a: &'static str, who: &'static str, why: &'static str| {
            vec![("handover".to_string(), h.to_string()), ("answer".into(), a.into()), ("answered_by".into(), who.into()), ("answered_on".into(), "2026-05-08".into()), ("why".into(), why.into())]
        };
        let post = async |f: Vec<(String, String)>| {
            let pairs: Vec<(&str, &str)> = f.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            w.t.post(&w.officer, &answer, &pairs).await
        };
        post(by(&first, "accepted", "王辅警", "")).await.is(422).says("不是这个人民调解委员会的调解员");
        post(by(&first, "returned", "何秀兰", "")).await.is(422).says("退回须写明理由");
        post(by(&first, "returned", "何秀兰", "当事人住在邻社区")).await.is(303);
        w.t.post(&w.officer, &hand, &told).await.is(303);
        let all = w.look(async |r: &mut Reader| tracks::hand_overs(r, id).await).await;
        let second = all.iter().find(|h| h.answer.is_none()).unwrap().id.to_string();
        post(by(&second, "accepted", "何秀兰", "")).await.is(303);
        w.t.get(&w.officer, "/").await.says("调解委员会已接收");
        w.t.post(&w.officer, &format!("/disputes/{id}/gate"), &PEOPLES).await.is(303);
        let runs = w.look(async |r: &mut Reader| tracks::runs(r, id).await).await;
        assert_eq!(runs.iter().map(|r| (r.n, r.track, r.result)).collect::<Vec<_>>(), [
            (1, Track::PublicOrder, Some(TrackResult::Failed)),
            (2, Track::Peoples, None)
        ]);
        assert_eq!(runs[1].committee_id.unwrap().to_string(), committee);
        w.t.get(&w.officer, &format!("/disputes/{id}")).await.says("途径与期限").says("当事人住在邻社区").says("治安案件办理").says("退回");
    }
}

#[tokio::test]
async fn administrative_mediation_is_answered_in_its_local_days() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.open(&[]).await;
        let apply = format!("/disputes/{id}/apply");
        w.t.post(&w.officer, &apply, &[("what", ""), ("asked_on", "2026-05-09")]).await.is(422).says("请写明申请").says("不能晚于今天");
        w.t.post(&w.officer, &apply, &[("what", "赔偿"), ("asked_on", "2026-05-08"), ("not_ours", "1")]).await.is(303);
        w.t.post(&w.officer, &apply, &[("what", "赔偿"), ("asked_on", "2026-05-08")]).await.is(422).says("已有一份");
        let mut gate = PEOPLES.to_vec();
        gate[0].1 = "administrative_mediation";
        w.t.post(&w.officer, &format!("/disputes/{id}/gate"), &gate).await.is(422).says("不属于本机关职责");
        let decline = format!("/disputes/{id}/decline");
        w.t.post(&w.officer, &decline, &[("answer", "handed_over"), ("why", "")]).await.is(422).says("移送哪个机关");
        w.t.post(&w.officer, &decline, &[("answer", "handed_over"), ("why", "移送住建局")]).await.is(303);
        w.t.post(&w.officer, &apply, &[("what", "医药费"), ("asked_on", "2026-05-08")]).await.is(303);
        w.t.post(&w.officer, &format!("/disputes/{id}/gate"), &gate).await.is(303);
        assert_eq!(w.dispute(id).await.track, Some(Track::Administrative));
        let a = w.look(async |r: &mut Reader| tracks::applications(r, id).await).await;
        let answers: Vec<_> = a.iter().filter_map(|a| a.answer).collect();
        assert!(answers.contains(&crate::model::AdminAnswer::Accepted) && answers.contains(&crate::model::AdminAnswer::HandedOver));
    }
}

/// A term of the station's own counts in working days, holidays as arranged; without one nothing is counted.
#[tokio::test]
async fn administrative_mediation_has_the_term_of_the_station_or_none() {
    for engine in engines() {
        for (own, due) in [(true, Some("2026-05-28")), (false, None)] {
            let w = if own { town_with_own_term(engine).await } else { town(engine).await };
            let id = w.open(&[]).await;
            let mut gate = PEOPLES.to_vec();
            gate[0].1 = "administrative_mediation";
            w.t.post(&w.officer, &format!("/disputes/{id}/apply"), &[("what", "医药费"), ("asked_on", "2026-05-08")]).await.is(303);
            w.t.post(&w.officer, &format!("/disputes/{id}/gate"), &gate).await.is(303);
            assert_eq!(w.dispute(id).await.deadline.map(|d| d.to_string()).as_deref(), due, "{engine}");
            let clocks = w.look(async |r: &mut Reader| tracks::clocks(r, id).await).await;
            assert_eq!(clocks.iter().filter(|c| c.kind.is_mediation()).count(), usize::from(own), "{engine}");
        }
    }
}

#[tokio::test]
async fn a_notice_in_writing_when_the_party_objects() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.open(&[]).await;
        let end = format!("/disputes/{id}/end");
        let base = [("deed", "refer"), ("told_to", "人民法院"), ("told_how", "口头"), ("disputed", "1")];
        w.t.post(&w.officer, &end, &base).await.is(422).says("须书面告知").says("第六十一条");
        let mut written = base;
        written[2].1 = "书面";
        w.t.post(&w.officer, &end, &written).await.is(303);
        assert_eq!(w.dispute(id).await.outcome, Some(Outcome::Referred));
        assert_eq!(w.clock(id, ClockKind::Feedback).await.state, ClockState::Met);
    }
}

#[tokio::test]
async fn self_settlement_of_a_case_needs_every_day_in_its_order() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.open(&[]).await;
        w.public_order(id).await;
        let end = format!("/disputes/{id}/end");
        let what = ("what", "互相道歉，赔 200 元，已付");
        w.t.post(&w.officer, &end, &[("deed", "self_settle"), what]).await.is(422).says("书面申请").says("一百八十六");
        let days = |settled: &'static str, performed, asked, accepted| {
            let opinion = ("opinion", "予以认可");
            [("deed", "self_settle"), what, ("settled_on", settled), ("performed_on", performed), ("requested_on", asked), ("accepted_on", accepted), opinion]
        };
        let (early, late) = ("2026-05-07", "2026-05-08");
        for (wrong, says) in [
            (days(late, late, late, early), "“公安机关认可”的日期 2026-05-07 不能早于“双方书面申请”"),
            (days(late, early, late, late), "“履行完毕”的日期 2026-05-07 不能早于“达成和解”"),
            (days(early, late, early, late), "“双方书面申请”的日期 2026-05-07 不能早于“履行完毕”"),
            (days(early, early, early, "2026-05-09"), "不能晚于今天"),
        ] {
            w.t.post(&w.officer, &end, &wrong).await.is(422).says(says);
        }
        let mut silent = days(early, late, late, late);
        silent[6].1 = "";
        w.t.post(&w.officer, &end, &silent).await.is(422).says("请写明认可的意见");
        let mut amended = days(early, early, late, late);
        amended[0].1 = "amend_settlement";
        w.t.post(&w.officer, &end, &amended).await.is(422).says("不是自行和解办结的");
        w.t.post(&w.officer, &end, &days(early, late, late, late)).await.is(303);
        let d = w.dispute(id).await;
        assert_eq!((d.state, d.outcome), (State::Closed, Some(Outcome::SelfSettled)));
        let s = w.look(async |r: &mut Reader| tracks::settlements(r, id).await).await;
        assert_eq!(s[0].performed_on.unwrap().to_string(), "2026-05-08");
        // What was wrong is written down anew; the first stays, the last holds.
        w.t.get(&w.officer, &format!("/disputes/{id}")).await.says("补充自行和解材料");
        w.t.app.clock().advance(60);
        w.t.post(&w.officer, &end, &amended).await.is(303);
        let s = w.look(async |r: &mut Reader| tracks::settlements(r, id).await).await;
        assert_eq!(s.iter().map(|s| s.performed_on.unwrap().to_string()).collect::<Vec<_>>(), ["2026-05-08", "2026-05-07"]);
        assert_eq!(w.dispute(id).await.outcome, Some(Outcome::SelfSettled));
    }
}

#[tokio::test]
async fn judicial_confirmation_goes_as_the_court_goes_and_ends_by_itself() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.agreed().await;
        let a = w.look(async |r: &mut Reader| parts::agreements(r, id).await).await[0].clone();
        assert_eq!(a.confirmation_due.unwrap().to_string(), "2026-06-08");
        let agreement = a.id.to_string();
        let confirm = format!("/disputes/{id}/confirm");
        let codes = ["not_civil_or_jurisdiction", "identity", "adoption", "marriage", "property_right"];
        let names: Vec<String> = codes.iter().map(|c| format!("x.{c}")).collect();
        let mut f: Vec<(&str, &str)> = names.iter().map(|n| (n.as_str(), "no")).collect();
        f.extend([("agreement", agreement.as_str()), ("to", "to_accept"), ("on", "2026-05-08"), ("court", "海拉尔区人民法院")]);
        w.t.post(&w.officer, &confirm, &f).await.is(422).says("共同申请").says("人民调解法第三十三条");
        // Nobody asks: the job ends it after the last day, once, and day 31 is refused.
        w.t.app.clock().advance(32 * 86_400);
        crate::jobs::clocks(w.t.app.clone()).await.unwrap();
        crate::jobs::clocks(w.t.app.clone()).await.unwrap();
        let a = w.look(async |r: &mut Reader| parts::agreements(r, id).await).await[0].clone();
        assert_eq!(a.confirmation, Some(Confirmation::Overdue));
        assert_eq!(w.look(async |r: &mut Reader| tracks::confirm_steps(r, id).await).await.len(), 1);
        assert_eq!(w.clock(id, ClockKind::ConfirmRequest).await.state, ClockState::Stopped);
        f.push(("both", "1"));
        let at = f.iter().position(|(k, _)| *k == "on").unwrap();
        f[at].1 = "2026-06-09";
        w.t.post(&w.officer, &confirm, &f).await.is(422).says("2026-06-08 已过").says("三十三条").says("起诉");
        // It had been asked in time: that may be written down, and the court's days run.
        f[at].1 = "2026-06-05";
        w.t.post(&w.officer, &confirm, &f).await.is(303);
        assert_eq!(w.clock(id, ClockKind::ConfirmAccept).await.due().to_string(), "2026-06-08");
        let step = |to: &'static str, on: &'static str| vec![("agreement", a.id.to_string()), ("to", to.to_string()), ("on", on.to_string()), ("case_no", "（2026）内0702民特8号".into())];
        let post = async |f: Vec<(&str, String)>| {
            let pairs: Vec<(&str, &str)> = f.iter().map(|(k, v)| (*k, v.as_str())).collect();
            w.t.post(&w.officer, &confirm, &pairs).await
        };
        post(step("to_review", "2026-06-04")).await.is(422).says("不能早于上一步");
        post(step("to_review", "2026-06-08")).await.is(303);
        let mut long = step("confirmed", "2026-06-08");
        long.extend([("deed", "extend".to_string()), ("note", "案情复杂，院长批准".to_string())]);
        post(long.clone()).await.is(303);
        post(long).await.is(422).says("已经延长过");
        assert_eq!(w.clock(id, ClockKind::ConfirmDecide).await.due().to_string(), "2026-07-03");
        post(step("confirmed", "2026-06-09")).await.is(303);
        assert_eq!(w.clock(id, ClockKind::ConfirmDecide).await.state, ClockState::Met);
        w.t.get(&w.officer, &format!("/disputes/{id}")).await.says("确认有效").says("内0702民特8号");
    }
}

#[tokio::test]
async fn a_grid_worker_reports_a_risk_and_the_leader_has_it_at_once() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.mediated().await;
        let risk = format!("/disputes/{id}/risk");
        w.t.post(&w.grid_worker, &risk, &[("risk", "")]).await.is(422).says("请写明看到");
        w.t.post(&w.stranger, &risk, &[("risk", "x")]).await.is(404);
        w.t.post(&w.grid_worker, &risk, &[("risk", "乙方在楼道里拿着菜刀喊要砍人"), ("weapon", "1"), ("threat", "1")]).await.is(303);
        w.t.get(&w.leader, "/").await.says("报告激化风险");
        w.t.get(&w.operator, "/").await.says("待派警").says("警〔2026〕");
        let d = w.dispute(id).await;
        assert_eq!(d.level, "red", "a knife makes it red by the local rules");
        let page = w.t.get(&w.officer, &format!("/disputes/{id}")).await.says("报告风险").says("定级记录");
        assert!(page.body.contains("/incidents/"));
        // Red: the station leader takes it, and no session without a plan.
        w.t.post(&w.leader, &format!("/disputes/{id}/lead"), &[]).await.is(422).says("须由所领导包案");
        let committee = w.committee().await;
        let talk = [("kind", "session"), ("held_from", "2026-05-08T08:50"), ("place", "社区"), ("committee", committee.as_str()), ("mediator", "何秀兰"), ("text", "再谈")];
        w.t.post(&w.officer, &format!("/disputes/{id}/talk"), &talk).await.is(422).says("一案一策");
        w.t.post(&w.officer, &format!("/disputes/{id}/plan"), &[("plan", "暂缓见面，分别劝说")]).await.is(303);
        w.t.post(&w.officer, &format!("/disputes/{id}/talk"), &talk).await.is(303);
    }
}

#[tokio::test]
async fn similar_disputes_are_proposed_and_a_person_decides() {
    for engine in engines() {
        let w = town(engine).await;
        let first = w.agreed().await;
        let second = w.open(&[("causes", "noise")]).await;
        let third = w.open(&[]).await;
        let page = format!("/disputes/{second}");
        w.t.get(&w.officer, &page).await.says("同一地址").says("同一纠纷再次发生");
        let relate = format!("/disputes/{second}/relate");
        let (a, c) = (first.to_string(), third.to_string());
        w.t.post(&w.officer, &relate, &[("other", &a), ("verdict", "same")]).await.is(303);
        w.t.get(&w.officer, &page).await.says("认定");
        let facts = w.look(async |r: &mut Reader| parts::facts(r, second).await).await;
        assert!(facts.contains(&"repeat_call".to_string()));
        // Decided pairs are not proposed again.
        let d = w.dispute(second).await;
        let app = w.t.app.clone();
        let left = w.look(async |r: &mut Reader| crate::actions::proposals(&app, r, &d, &[]).await).await;
        assert_eq!(left.iter().map(|(o, _)| o.id).collect::<Vec<_>>(), [third]);
        w.t.post(&w.officer, &relate, &[("number", "没有〔2026〕9号"), ("verdict", "same")]).await.is(422).says("没有找到这个编号");

        // Merging: the one with an agreement is the master; both records stay.
        w.t.post(&w.officer, &format!("/disputes/{first}/relate"), &[("other", &c), ("verdict", "merge"), ("note", "同一件")]).await.is(422);
        w.t.post(&w.officer, &relate, &[("other", &a), ("verdict", "merge"), ("note", "")]).await.is(422).says("请写明为什么");
        w.t.post(&w.officer, &relate, &[("other", &a), ("verdict", "merge"), ("note", "同一件")]).await.is(303);
        let d = w.dispute(second).await;
        assert_eq!((d.state, d.outcome, d.master_id), (State::Closed, Some(Outcome::Merged), Some(first)));
        w.t.get(&w.officer, &format!("/disputes/{first}")).await.says("并入本件");
        w.t.get(&w.officer, &page).await.says("已并入");
        let into = second.to_string();
        w.t.post(&w.officer, &format!("/disputes/{third}/relate"), &[("other", &into), ("verdict", "merge"), ("note", "同一件")]).await.is(422).says("本身已并入他案");
        w.t.post(&w.leader, &format!("/disputes/{second}/reopen"), &[("why", "其实是两件")]).await.is(303);
        assert_eq!(w.dispute(second).await.master_id, None);
    }
}

#[tokio::test]
async fn an_incident_is_marked_as_come_out_of_a_dispute() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.open(&[]).await;
        w.t.post(&w.officer, &format!("/disputes/{id}/end"), &[("deed", "refer"), ("told_to", "人民法院"), ("told_how", "口头")]).await.is(303);
        w.t.app.clock().advance(86_400);
        let incident = w.report("楼上楼下动手了，一人受伤。").await;
        w.t.get(&w.officer, &format!("/incidents/{incident}")).await.says("由纠纷升级而来").says("楼上半夜拖椅子");
        let post = format!("/disputes/from-incident/{incident}/escalate");
        let dispute = id.to_string();
        w.t.post(&w.stranger, &post, &[("dispute", &dispute), ("kind", "criminal"), ("note", "x")]).await.is(404);
        w.t.post(&w.auxiliary, &post, &[]).await.is(403);
        w.t.post(&w.officer, &post, &[("dispute", &dispute), ("note", "同一双方")]).await.is(422).says("请选择升级的种类");
        w.t.post(&w.officer, &post, &[("dispute", &dispute), ("kind", "criminal"), ("note", "同一双方，因噪声再起")]).await.is(303);
        assert_eq!(w.dispute(id).await.escalated, Some(Escalation::Criminal));
        w.t.get(&w.officer, &format!("/disputes/{id}")).await.says("民转刑").says("同一双方，因噪声再起");
    }
}

#[tokio::test]
async fn an_account_narrowed_to_its_beats_sees_their_disputes_and_its_own() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.open(&[]).await;
        let beat = w.look(async |r: &mut Reader| Ok(crate::store::get(r, id).await?.beat_id)).await.expect("a beat");
        let other = kernel::BeatId(kernel::Uuid::from_u128(7));
        let narrowed = |who: &kernel::Actor, beat| kernel::Actor { own_beats: true, beats: vec![beat], ..who.clone() };
        let colleague = narrowed(&kernel::Actor { user: kernel::UserId(kernel::Uuid::from_u128(8)), ..w.officer.clone() }, other);
        let page = format!("/disputes/{id}");
        let seen = async |who: &kernel::Actor| (w.t.get(who, &page).await.status.as_u16(), w.t.get(who, "/disputes").await.is(200).body.contains(&page));
        assert_eq!(seen(&colleague).await, (404, false));
        assert_eq!(seen(&narrowed(&colleague, beat)).await, (200, true));
        // Whom it was given to keeps it, wherever it lies, and its papers name the parties whole.
        assert_eq!(seen(&narrowed(&w.officer, other)).await, (200, true));
        let person = w.look(async |r: &mut Reader| parts::parties(r, id).await).await[0].person_id;
        w.identify(person).await;
        let (me, field) = (narrowed(&w.officer, other), people::model::Secret::IdNumber);
        let act = || w.t.app.act(&me, "mediation.paper", Purpose::Mediation, w.t.app.fresh_command());
        assert!(people::actions::reveal(&w.t.app, &act(), person, field, Purpose::Mediation).await.is_err());
        let number = people::actions::reveal_for_matter(&w.t.app, &act(), person, field, Purpose::Mediation).await.unwrap();
        assert_eq!(number, "11010519491231002X");
        let due = async |who: &kernel::Actor| {
            let (from, until) = (w.t.app.today(), w.t.app.today().saturating_add(kernel::ToSpan::days(60)));
            let look = w.t.app.look(who, "test", Purpose::Mediation);
            w.t.app.db().read(&look, async |r: &mut Reader| tracks::due_between(r, &who.reach(), None, from, until).await).await.expect("days").len()
        };
        w.public_order(id).await;
        assert_eq!(due(&colleague).await, 0);
        assert!(due(&narrowed(&colleague, beat)).await > 0 && due(&narrowed(&w.officer, other)).await > 0);
    }
}
