use super::town::town;
use crate::model::{Outcome, State, Track};
use crate::store::parts;
use kernel::{Purpose, Reader};
use testkit::engines;

#[tokio::test]
async fn a_noise_complaint_becomes_an_agreement_that_is_kept() {
    for engine in engines() {
        let w = town(engine).await;
        let incident = w.report("楼上每天夜里十点以后拖椅子，我有高血压睡不着。").await;
        w.t.get(&w.officer, &format!("/incidents/{incident}")).await.is(200).says("转调解");
        let new = format!("/disputes/new?incident={incident}");
        w.t.get(&w.officer, &new).await.is(200).says("乌仁其木格").says("由警情");
        let id = w.open(&[("incident", &incident.to_string())]).await;
        let page = format!("/disputes/{id}");
        w.t.get(&w.officer, &page).await.is(200).says("受理审查").says("宋立群");
        w.t.get(&w.officer, &format!("/incidents/{incident}")).await.says("纠纷");
        w.t.get(&w.officer, "/").await.says("待受理审查");
        assert_eq!(w.dispute(id).await.state, State::Registered);

        let id = w.agreed().await;
        let page = format!("/disputes/{id}");
        let d = w.dispute(id).await;
        assert_eq!((d.state, d.track), (State::Agreed, Some(Track::Peoples)));
        assert_eq!(d.deadline.unwrap().to_string(), "2026-06-08");
        let shown = w.t.get(&w.officer, &page).await.is(200).says("兴华社区人调字第1号").says("铺防噪地毯").says("调解协议书");
        assert!(shown.body.contains("/files/"), "the paper is kept");
        // The promise and the follow-ups are tasks.
        w.t.get(&w.officer, "/").await.says("协议第 1 项到期").says("第 1 次回访");

        // Closing waits for the promise.
        let end = format!("/disputes/{id}/end");
        w.t.post(&w.officer, &end, &[("deed", "close")]).await.is(422).says("没有履行结果");
        let look = w.t.app.look(&w.officer, "test", Purpose::Mediation);
        let promise = w.t.app.db().read(&look, async |r: &mut Reader| parts::obligations(r, id).await).await.unwrap()[0].id.to_string();
        let post = format!("/disputes/{id}/promise");
        w.t.post(&w.officer, &post, &[("obligation", &promise), ("done_on", "2026-05-08"), ("proof", "")]).await.is(422).says("凭什么认定");
        w.t.post(&w.officer, &post, &[("obligation", &promise), ("done_on", "2026-05-08"), ("proof", "上门查看，地毯已铺")]).await.is(303);
        let follow = w.t.app.db().read(&look, async |r: &mut Reader| parts::follow_ups(r, id).await).await.unwrap();
        assert_eq!(follow.len(), 2, "yellow: day 7 and day 30");
        let f = follow[0].id.to_string();
        let fields = [("follow_up", f.as_str()), ("mode", "phone"), ("interviewee", "乌仁其木格"), ("finding", "performed"), ("satisfaction", "satisfied")];
        w.t.post(&w.grid_worker, &format!("/disputes/{id}/follow-up"), &fields).await.is(303);
        w.t.post(&w.officer, &end, &[("deed", "close")]).await.is(303);
        let d = w.dispute(id).await;
        assert_eq!((d.state, d.outcome), (State::Closed, Some(Outcome::Settled)));

        // It happens again: the second visit tells, the leader opens it again.
        let f = follow[1].id.to_string();
        let fields = [("follow_up", f.as_str()), ("mode", "visit"), ("interviewee", "乌仁其木格"), ("finding", "repeat")];
        w.t.post(&w.officer, &format!("/disputes/{id}/follow-up"), &fields).await.is(303);
        w.t.get(&w.leader, "/").await.says("回访发现");
        w.t.post(&w.officer, &format!("/disputes/{id}/reopen"), &[("why", "再次发生")]).await.is(403);
        w.t.post(&w.leader, &format!("/disputes/{id}/reopen"), &[("why", "再次发生")]).await.is(303);
        assert_eq!(w.dispute(id).await.state, State::Registered);
    }
}

#[tokio::test]
async fn a_gate_that_excludes_keeps_the_answers_and_names_the_way_on() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.open(&[]).await;
        let gate = format!("/disputes/{id}/gate");
        w.t.post(&w.officer, &gate, &[("track", "peoples_mediation"), ("told", "1")]).await.is(422).says("请回答");
        let fields = [
            ("track", "peoples_mediation"),
            ("q.party_refuses", "yes"),
            ("q.reserved", "no"),
            ("q.already_taken", "no"),
            ("told", "1"),
            ("willing", "1"),
        ];
        w.t.post(&w.officer, &gate, &fields).await.is(422).says("不得调解").says("告知分流");
        assert_eq!(w.dispute(id).await.state, State::Registered);
        w.t.get(&w.officer, &format!("/disputes/{id}")).await.says("不予调解");
        // The way on: told where to go, recorded, closed as referred.
        let end = format!("/disputes/{id}/end");
        w.t.post(&w.officer, &end, &[("deed", "refer")]).await.is(422).says("请写明告知");
        w.t.post(&w.officer, &end, &[("deed", "refer"), ("told_to", "人民法院"), ("told_how", "口头")]).await.is(303);
        assert_eq!(w.dispute(id).await.outcome, Some(Outcome::Referred));
    }
}

#[tokio::test]
async fn public_order_mediation_keeps_its_crew_and_its_two_sessions() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.open(&[]).await;
        let mut fields = vec![("track", "public_order_mediation"), ("told", "1"), ("willing", "1"), ("act", "damage"), ("circumstance", "trifles")];
        let keys = ["hired_violence", "gang_or_provocation", "repeat_violator", "party_unwilling", "offended_again", "suspect_fled", "other_unsuitable"];
        let names: Vec<String> = keys.iter().map(|k| format!("q.{k}")).collect();
        fields.extend(names.iter().map(|n| (n.as_str(), "no")));
        w.t.post(&w.officer, &format!("/disputes/{id}/gate"), &fields).await.is(303);
        assert_eq!(w.dispute(id).await.deadline.unwrap().to_string(), "2026-05-12", "three working days, 9 May is worked (调休)");
        let talk = format!("/disputes/{id}/talk");
        let (officer, aux, second) = (w.officer.user.to_string(), w.auxiliary.user.to_string(), w.leader.user.to_string());
        let base = [("kind", "session"), ("held_from", "2026-05-08T08:40"), ("place", "派出所调解室"), ("text", "双方陈述")];
        let with = |more: &[(&'static str, String)]| {
            let mut all: Vec<(&str, String)> = base.iter().map(|(k, v)| (*k, v.to_string())).collect();
            all.extend(more.iter().cloned());
            all
        };
        for (more, status, says) in [
            (vec![("host", aux.clone())], 422, "须由民警主持"),
            (vec![("host", officer.clone()), ("crew", aux.clone())], 422, "全程录音录像"),
            (vec![("host", officer.clone()), ("crew", aux.clone()), ("recorded", "1".to_string())], 422, "没有录音录像编号"),
            (vec![("host", officer.clone()), ("crew", aux.clone()), ("recorded", "1".to_string()), ("recording_no", "执法仪7-20260508-1".to_string())], 303, ""),
            (vec![("host", officer.clone())], 422, "只有一名民警"),
            (vec![("host", officer.clone()), ("crew", second.clone())], 303, ""),
            (vec![("host", officer.clone()), ("crew", second.clone())], 422, "已经进行 2 次"),
        ] {
            let all = with(&more);
            let pairs: Vec<(&str, &str)> = all.iter().map(|(k, v)| (*k, v.as_str())).collect();
            w.t.post(&w.officer, &talk, &pairs).await.is(status).says(says);
        }
        // The parties cannot withdraw a violation, nor are they sent elsewhere with it.
        let end = format!("/disputes/{id}/end");
        w.t.post(&w.officer, &end, &[("deed", "withdraw"), ("what", "不要求了")]).await.is(422).says("治安案件正在调解").says("一百八十五");
        // Not agreed: a decision with its number, and other ways told, before it is closed.
        w.t.post(&w.officer, &end, &[("deed", "fail"), ("what", "乙方不同意赔偿")]).await.is(303);
        w.t.get(&w.officer, "/").await.says("依法处罚并告知可以起诉");
        w.t.post(&w.officer, &end, &[("deed", "refer"), ("told_to", "人民法院"), ("told_how", "口头")]).await.is(422).says("还没有处理决定");
        w.t.post(&w.officer, &end, &[("deed", "close"), ("what", "已依法处罚，告知可以起诉")]).await.is(422).says("还没有处理决定").says("登记处理决定");
        assert!(w.clock(id, crate::model::ClockKind::Case).await.is_open(), "the case's days run until the decision");
        let decide = |kind: &'static str, no: &'static str, on: &'static str| [("deed", "decide"), ("decision_kind", kind), ("decision_no", no), ("decided_on", on), ("what", "罚款二百元")];
        w.t.post(&w.officer, &end, &decide("", "", "2026-05-09")).await.is(422).says("请选择处理决定的种类").says("请填写决定书").says("不能晚于今天").says("罚款二百元");
        w.t.post(&w.officer, &end, &decide("penalty", "海公（正）行罚决字〔2026〕8号", "2026-05-08")).await.is(303);
        assert_eq!(w.clock(id, crate::model::ClockKind::Case).await.state, crate::model::ClockState::Met);
        w.t.post(&w.officer, &end, &decide("penalty", "再来", "2026-05-08")).await.is(422).says("没有等待处理决定");
        let late = [("deed", "self_settle"), ("what", "和好了"), ("settled_on", "2026-05-08"), ("performed_on", "2026-05-08"), ("requested_on", "2026-05-08"), ("accepted_on", "2026-05-08"), ("opinion", "认可")];
        w.t.post(&w.officer, &end, &late).await.is(422).says("已于 2026-05-08 作出处理决定").says("一百八十六");
        w.t.post(&w.officer, &end, &[("deed", "close")]).await.is(422).says("须告知当事人其他解决途径");
        w.t.post(&w.officer, &end, &[("deed", "close"), ("what", "告知可以就民事争议起诉")]).await.is(303);
        w.t.get(&w.officer, &format!("/disputes/{id}")).await.says("行罚决字〔2026〕8号").says("行政处罚决定");
        assert_eq!(w.dispute(id).await.outcome, Some(Outcome::NotSettled));
    }
}

#[tokio::test]
async fn domestic_violence_goes_its_own_way() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.open(&[("domestic_violence", "yes")]).await;
        assert_eq!(w.dispute(id).await.state, State::Protected);
        w.t.get(&w.leader, "/").await.says("涉及家庭暴力");
        w.t.post(&w.officer, &format!("/disputes/{id}/gate"), &[("track", "peoples_mediation")]).await.is(422).says("不能");
        let look = w.t.app.look(&w.officer, "test", Purpose::Mediation);
        let parties = w.t.app.db().read(&look, async |r: &mut Reader| parts::parties(r, id).await).await.unwrap();
        let (a, b) = (parties[0].id.to_string(), parties[1].id.to_string());
        let warn = format!("/disputes/{id}/warn");
        let mut fields = vec![
            ("offender", b.as_str()),
            ("victim", a.as_str()),
            ("facts", "酒后动手"),
            ("prohibition", "禁止实施家庭暴力"),
            ("served_offender_on", "2026-05-08"),
            ("served_victim_on", "2026-05-08"),
            ("told_on", "2026-05-08"),
        ];
        w.t.post(&w.officer, &warn, &fields).await.is(422).says("居（村）民委员会");
        fields.push(("committee_told", "兴华社区居民委员会"));
        w.t.post(&w.officer, &warn, &fields).await.is(422).says("身份信息不全").says("反家庭暴力法第十六条");
        w.identify(parties[1].person_id).await;
        for (field, day, says) in [("served_offender_on", "2020-01-01", "不能早于接报或者登记"), ("told_on", "2018-01-01", "不能早于送交告诫书")] {
            let wrong: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, if *k == field { day } else { *v })).collect();
            w.t.post(&w.officer, &warn, &wrong).await.is(422).says(says);
        }
        w.t.post(&w.officer, &warn, &fields).await.is(303);
        w.t.get(&w.officer, &format!("/disputes/{id}")).await.says("告诫书").says("次查访");
        let end = format!("/disputes/{id}/end");
        w.t.post(&w.officer, &end, &[("deed", "close")]).await.is(422).says("还没有登记：查访加害人、查访受害人").says("反家庭暴力法第十七条");
        // Both are seen in person, by the station and by the committee; to come to the station is no visit.
        let all = w.t.app.db().read(&look, async |r: &mut Reader| parts::follow_ups(r, id).await).await.unwrap();
        assert!(all.len() >= 2 && all.iter().all(|f| f.mode == "visit"), "a warning is followed by visits in person");
        let ids: Vec<String> = all.iter().map(|f| f.id.to_string()).collect();
        let visit = |n: usize, mode: &'static str, whom: &'static str| vec![("follow_up", ids[n].clone()), ("mode", mode.into()), ("interviewee", "本人".into()), ("finding", "calm".into()), ("whom", whom.into())];
        let post = async |f: Vec<(&'static str, String)>| {
            let pairs: Vec<(&str, &str)> = f.iter().map(|(k, v)| (*k, v.as_str())).collect();
            w.t.post(&w.officer, &format!("/disputes/{id}/follow-up"), &pairs).await
        };
        post(visit(0, "visit", "")).await.is(422).says("请选择访到了谁");
        post(visit(0, "visit", "offender")).await.is(303);
        w.t.post(&w.officer, &end, &[("deed", "close")]).await.is(422).says("查访受害人、居（村）民委员会查访");
        post(visit(1, "committee", "victim")).await.is(303);
        w.t.post(&w.officer, &end, &[("deed", "close")]).await.is(303);
        assert_eq!(w.dispute(id).await.outcome, Some(Outcome::Warned));
        // Taken up again it does not come among the disputes to mediate.
        w.t.post(&w.leader, &format!("/disputes/{id}/reopen"), &[("why", "再次发生")]).await.is(303);
        assert_eq!(w.dispute(id).await.state, State::Protected);
    }
}

#[tokio::test]
async fn who_may_see_and_do_what() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.mediated().await;
        let page = format!("/disputes/{id}");
        w.t.get(&w.stranger, &page).await.is(404);
        w.t.get(&w.grid_worker, &page).await.is(200).says("楼上半夜拖椅子");
        let mut other = w.grid_worker.clone();
        other.grids = vec![];
        w.t.get(&other, &page).await.is(404);
        w.t.post(&w.auxiliary, &format!("/disputes/{id}/plan"), &[("plan", "铺地毯")]).await.is(403);
        w.t.post(&w.grid_worker, &format!("/disputes/{id}/gate"), &[]).await.is(403);
        w.t.get(&w.grid_worker, "/disputes").await.is(200).says("楼上半夜拖椅子");
        w.t.get(&w.stranger, "/disputes").await.is(200).says("没有符合条件");
        // Nobody below the leader registers a committee.
        w.t.post(&w.officer, "/disputes/committees", &[("name", "x"), ("mediators", "y")]).await.is(403);
    }
}

#[tokio::test]
async fn two_editors_see_both_values() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.open(&[]).await;
        let edit = format!("/disputes/{id}/edit");
        let v = w.dispute(id).await.version.to_string();
        let first = [("version", v.as_str()), ("title", "楼上拖椅子"), ("summary", "夜里拖椅子")];
        w.t.post(&w.officer, &edit, &first).await.is(303);
        let second = [("version", v.as_str()), ("title", "楼上噪声"), ("summary", "夜里拖椅子")];
        w.t.post(&w.leader, &edit, &second).await.is(409).says("楼上噪声").says("楼上拖椅子");
    }
}

#[tokio::test]
async fn a_later_case_is_linked_and_stays_with_a_closed_dispute() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.open(&[]).await;
        w.t.post(&w.officer, &format!("/disputes/{id}/end"), &[("deed", "refer"), ("told_to", "人民法院"), ("told_how", "口头")]).await.is(303);
        let link = format!("/disputes/{id}/escalate");
        w.t.post(&w.officer, &link, &[("kind", "criminal"), ("day", "2026-05-08")]).await.is(422).says("请写明");
        let fields = [("kind", "criminal"), ("day", "2026-05-08"), ("case_no", "海公刑立字〔2026〕8号"), ("note", "同一双方，动手致伤")];
        w.t.post(&w.officer, &link, &fields).await.is(303);
        assert_eq!(w.dispute(id).await.escalated, Some(crate::model::Escalation::Criminal));
        w.t.get(&w.leader, "/").await.says("民转刑");
        w.t.get(&w.officer, "/disputes").await.says("民转刑");
    }
}
