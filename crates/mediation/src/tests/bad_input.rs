//! What is wrong is refused with its rule and the way on, and nothing of it is saved.

use super::town::{Town, town};
use crate::model::State;
use crate::store::{parts, tracks};
use kernel::{DisputeId, Reader};
use testkit::engines;

/// Everything that a refused deed could have left behind.
async fn traces(w: &Town, id: DisputeId) -> (usize, usize, usize, usize, usize, i64) {
    w.look(async |r: &mut Reader| {
        Ok((
            parts::log_of(r, id).await?.len(),
            parts::parties(r, id).await?.len(),
            parts::agreements(r, id).await?.len(),
            parts::obligations(r, id).await?.len(),
            tracks::clocks(r, id).await?.len(),
            crate::store::get(r, id).await?.version,
        ))
    })
    .await
}

async fn paper(w: &Town, id: DisputeId, change: &[(&str, &str)], says: &[&str]) {
    let before = traces(w, id).await;
    let committee = w.committee().await;
    let mut fields = vec![
        ("form", "written"),
        ("committee", committee.as_str()),
        ("mediator", "何秀兰"),
        ("facts", "楼上夜间拖动桌椅"),
        ("place", "兴华社区调解室"),
        ("held_at", "2026-05-08T08:30"),
        ("signed_on", "2026-05-08"),
        ("term0", "铺防噪地毯"),
        ("identity_note", "当事人未带证件，已当面核对"),
        ("party0", "both"),
        ("how0", "自行购置"),
        ("by0", "2026-05-15"),
    ];
    for (k, v) in change {
        fields.retain(|(x, _)| x != k);
        fields.push((k, v));
    }
    let mut answer = w.t.post(&w.officer, &format!("/disputes/{id}/agreement"), &fields).await.is(422).says("楼上夜间拖动桌椅");
    for s in says {
        answer = answer.says(s);
    }
    assert_eq!(traces(w, id).await, before, "nothing half-saved: {change:?}");
    assert_eq!(w.dispute(id).await.state, State::Mediating);
}

#[tokio::test]
async fn an_agreement_with_dates_out_of_order_or_without_a_term() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.mediated().await;
        paper(&w, id, &[("by0", "2026-05-01")], &["不能早于签订日期"]).await;
        paper(&w, id, &[("signed_on", "2026-05-09")], &["不能晚于今天"]).await;
        paper(&w, id, &[("signed_on", "2026-05-07"), ("held_at", "2026-05-07T08:00")], &["不能早于受理日期"]).await;
        paper(&w, id, &[("term0", ""), ("by0", ""), ("how0", "")], &["没有内容", "人民调解法第二十九条", "请至少写一项"]).await;
        paper(&w, id, &[("identity_note", "")], &["甲方、乙方没有登记性别、出生日期或者证件号码"]).await;
        paper(&w, id, &[("party0", "")], &["请选择由谁履行"]).await;
        paper(&w, id, &[("how0", "")], &["请写明怎样履行"]).await;
        paper(&w, id, &[("by0", "")], &["请选择限期履行、即时履行或者长期履行"]).await;
        paper(&w, id, &[("by0", ""), ("when0", "by")], &["请写明最后一天"]).await;
        paper(&w, id, &[("by0", ""), ("when0", "standing")], &["为什么没有期限"]).await;
        paper(&w, id, &[("electronic", "1")], &["没有录音录像", "二百六十三", "重新签署"]).await;
        paper(&w, id, &[("mediator", "测试辅警")], &["不是这个人民调解委员会的调解员"]).await;
    }
}

#[tokio::test]
async fn a_talk_before_its_track_or_without_its_host() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.mediated().await;
        let before = traces(&w, id).await;
        let committee = w.committee().await;
        let base = [("kind", "session"), ("place", "社区"), ("text", "再谈"), ("committee", committee.as_str())];
        for (more, says) in [
            ([("held_from", "2026-05-07T08:00"), ("mediator", "何秀兰")], "不能早于受理日期"),
            ([("held_from", "2026-05-08T08:40"), ("mediator", "测试网格员")], "不是这个人民调解委员会的调解员"),
            ([("held_from", "2026-05-09T08:40"), ("mediator", "何秀兰")], "不能晚于现在"),
        ] {
            let fields: Vec<_> = base.iter().chain(more.iter()).copied().collect();
            w.t.post(&w.officer, &format!("/disputes/{id}/talk"), &fields).await.is(422).says(says);
        }
        assert_eq!(traces(&w, id).await, before);
    }
}

#[tokio::test]
async fn one_person_in_two_roles() {
    for engine in engines() {
        let w = town(engine).await;
        let same = [("phone_0", "13800000009"), ("phone_1", "13800000009"), ("name_1", "乌仁其木格")];
        let mut fields = vec![
            ("title", "拖椅子"),
            ("summary", "楼上拖椅子"),
            ("source_code", "walk_in"),
            ("name_0", "乌仁其木格"),
            ("domestic_violence", "no"),
        ];
        fields.extend(same);
        w.t.post(&w.officer, "/disputes/new", &fields).await.is(422).says("不能在一起纠纷中既是甲方又是乙方").says("请核对").says("楼上拖椅子");
        w.t.get(&w.officer, "/disputes").await.says("没有符合条件");
        let id = w.open(&[("phone_0", "13800000009")]).await;
        let before = traces(&w, id).await;
        let again = [("side", "third"), ("name", "乌仁其木格"), ("phone", "13800000009")];
        w.t.post(&w.officer, &format!("/disputes/{id}/party"), &again).await.is(422).says("既是甲方又是丙方");
        assert_eq!(traces(&w, id).await, before);
    }
}

#[tokio::test]
async fn two_disputes_with_an_agreement_each_are_not_merged() {
    for engine in engines() {
        let w = town(engine).await;
        let (a, b, c) = (w.agreed().await, w.agreed().await, w.open(&[]).await);
        let before = traces(&w, a).await;
        let (to_b, to_c) = (b.to_string(), c.to_string());
        let relate = format!("/disputes/{a}/relate");
        // An agreement stands: the state itself already forbids it, and the rule names both.
        w.t.post(&w.officer, &relate, &[("other", &to_b), ("verdict", "merge"), ("note", "同一件")]).await.is(422);
        w.t.post(&w.officer, &relate, &[("other", &to_c), ("verdict", "merge"), ("note", "同一件")]).await.is(422);
        assert_eq!(traces(&w, a).await, before);
        // After it failed, both still have their papers: refused with the way on.
        for id in [a, b] {
            w.t.post(&w.officer, &format!("/disputes/{id}/end"), &[("deed", "fail"), ("what", "没有履行")]).await.is(303);
        }
        let before = traces(&w, a).await;
        w.t.post(&w.officer, &relate, &[("other", &to_b), ("verdict", "merge"), ("note", "同一件")])
            .await
            .is(422)
            .says("都已有调解协议")
            .says("认定为“相关”")
            .says("第六十条");
        w.t.post(&w.officer, &relate, &[("other", &to_c), ("verdict", "merge"), ("note", "同一件")]).await.is(422).says("把它并入这一起");
        assert_eq!(traces(&w, a).await, before);
    }
}

#[tokio::test]
async fn a_case_before_its_dispute() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.open(&[]).await;
        let fields = [("kind", "criminal"), ("day", "2026-05-01"), ("case_no", "海公刑立字〔2026〕8号"), ("note", "同一双方")];
        w.t.post(&w.officer, &format!("/disputes/{id}/escalate"), &fields).await.is(422).says("不能早于纠纷登记日期");
        assert!(w.dispute(id).await.escalated.is_none());
    }
}

#[tokio::test]
async fn a_recording_without_its_number_is_said_to_lack_it_and_gets_it_once() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.mediated().await;
        let committee = w.committee().await;
        let talk = [
            ("kind", "session"), ("held_from", "2026-05-08T08:45"), ("place", "社区"), ("text", "再谈一次"), ("committee", committee.as_str()), ("mediator", "何秀兰"),
            ("recorded", "1"),
        ];
        let page = format!("/disputes/{id}");
        w.t.post(&w.officer, &format!("{page}/talk"), &talk).await.is(303);
        w.t.get(&w.officer, &page).await.is(200).says("录音录像，编号未登记").says("补登录音录像编号");
        let record = w.look(async |r: &mut Reader| parts::talks(r, id).await).await.into_iter().find(|t| t.recorded).unwrap().id.to_string();
        let number = |no: &'static str| [("record", record.clone()), ("recording_no", no.to_string())];
        let post = async |who: &kernel::Actor, no| {
            let fields = number(no);
            let pairs: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
            w.t.post(who, &format!("{page}/recording-no"), &pairs).await
        };
        post(&w.stranger, "7-1").await.is(404);
        post(&w.officer, "").await.is(422).says("录音录像编号");
        post(&w.auxiliary, "执法仪7-0508-1").await.is(303);
        w.t.get(&w.officer, &page).await.says("录音录像 执法仪7-0508-1");
        let before = traces(&w, id).await;
        post(&w.officer, "执法仪7-0508-2").await.is(422).says("已有编号").says("原始登记不改动");
        w.t.get(&w.officer, &page).await.says("录音录像 执法仪7-0508-1");
        assert_eq!(traces(&w, id).await, before);
    }
}
