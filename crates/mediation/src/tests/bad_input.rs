//! What is wrong is refused with its rule and the way on, and nothing of it is saved.

use super::town::{Town, town};
use crate::model::State;
use crate::store::{parts, tracks};
use kernel::{DisputeId, Reader};
use testkit::engines;

/// What a refusal on a form rests on where the sentence under the field is the rule.
const FORM: &str = "每一项按表单写明的要求填写";
/// What a date out of order rests on.
const ORDER: &str = "依据：纠纷按受理、调解、协议、履行、办结的次序办理（人民调解法、公安机关办理行政案件程序规定";

/// Everything that a refused deed could have left behind: rows of the dispute, its version, events and files of the station.
async fn traces(w: &Town, id: DisputeId) -> (Vec<usize>, i64, i64) {
    w.look(async |r: &mut Reader| {
        let rows = vec![
            parts::log_of(r, id).await?.len(),
            parts::parties(r, id).await?.len(),
            parts::gates(r, id).await?.len(),
            parts::talks(r, id).await?.len(),
            parts::agreements(r, id).await?.len(),
            parts::obligations(r, id).await?.len(),
            parts::follow_ups(r, id).await?.len(),
            parts::warnings(r, id).await?.len(),
            tracks::runs(r, id).await?.len(),
            tracks::clocks(r, id).await?.len(),
            tracks::settlements(r, id).await?.len(),
            tracks::confirm_steps(r, id).await?.len(),
        ];
        let events = r.count(kernel::sql!("select count(*) as n from kernel_event"), kernel::args![]).await?;
        Ok((rows, crate::store::get(r, id).await?.version, events))
    })
    .await
}

/// Refused: the page says what it rests on and each of `says`, and nothing is saved.
async fn refused(w: &Town, id: DisputeId, path: &str, fields: &[(&str, &str)], says: &[&str]) {
    let before = traces(w, id).await;
    let mut answer = w.t.post(&w.officer, &format!("/disputes/{id}/{path}"), fields).await.is(422).says("依据：");
    for s in says {
        answer = answer.says(s);
    }
    assert_eq!(traces(w, id).await, before, "nothing half-saved: {fields:?}");
}

async fn paper(w: &Town, id: DisputeId, change: &[(&str, &str)], says: &[&str]) {
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
    // What was typed stands there again.
    refused(w, id, "agreement", &fields, &[&["楼上夜间拖动桌椅"], says].concat()).await;
    assert_eq!(w.dispute(id).await.state, State::Mediating);
}

#[tokio::test]
async fn an_agreement_with_dates_out_of_order_or_without_a_term() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.mediated().await;
        paper(&w, id, &[("by0", "2026-05-01")], &["不能早于签订日期", FORM, ORDER, "href=\"#by0\""]).await;
        paper(&w, id, &[("signed_on", "2026-05-09")], &["不能晚于今天", FORM, "href=\"#signed_on\""]).await;
        paper(&w, id, &[("signed_on", "2026-05-07"), ("held_at", "2026-05-07T08:00")], &["不能早于受理日期", FORM, ORDER, "href=\"#signed_on\""]).await;
        paper(&w, id, &[("held_at", "2026-05-09T08:00")], &["不能晚于签订日期", FORM, ORDER, "href=\"#held_at\""]).await;
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
        let committee = w.committee().await;
        let base = [("kind", "session"), ("place", "社区"), ("text", "再谈"), ("committee", committee.as_str())];
        for (more, says) in [
            ([("held_from", "2026-05-07T08:00"), ("mediator", "何秀兰")], "不能早于受理日期"),
            ([("held_from", "2026-05-08T08:40"), ("mediator", "测试网格员")], "不是这个人民调解委员会的调解员"),
            ([("held_from", "2026-05-09T08:40"), ("mediator", "何秀兰")], "不能晚于现在"),
        ] {
            let fields: Vec<_> = base.iter().chain(more.iter()).copied().collect();
            refused(&w, id, "talk", &fields, &[says]).await;
        }
        let fields: Vec<_> = base.iter().copied().chain([("held_from", "2026-05-08T08:40"), ("held_until", "2026-05-08T08:10"), ("mediator", "何秀兰")]).collect();
        refused(&w, id, "talk", &fields, &["结束时间不能早于开始时间", FORM]).await;
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
        w.t.post(&w.officer, "/disputes/new", &fields).await.is(422).says("不能在一起纠纷中既是甲方又是乙方").says("同一人只有一种地位").says("请核对").says("楼上拖椅子");
        w.t.get(&w.officer, "/disputes").await.says("没有符合条件");
        let id = w.open(&[("phone_0", "13800000009")]).await;
        let again = [("side", "third"), ("name", "乌仁其木格"), ("phone", "13800000009")];
        refused(&w, id, "party", &again, &["既是甲方又是丙方", "同一人只有一种地位", "请核对"]).await;
    }
}

#[tokio::test]
async fn two_disputes_with_an_agreement_each_are_not_merged() {
    for engine in engines() {
        let w = town(engine).await;
        let (a, b, c) = (w.agreed().await, w.agreed().await, w.open(&[]).await);
        let (to_b, to_c) = (b.to_string(), c.to_string());
        let merge = |other| [("other", other), ("verdict", "merge"), ("note", "同一件")];
        // An agreement stands: the state itself already forbids it, and the rule names both.
        refused(&w, a, "relate", &merge(to_b.as_str()), &["按受理、调解、协议、履行、办结的次序办理"]).await;
        refused(&w, a, "relate", &merge(to_c.as_str()), &["按受理、调解、协议、履行、办结的次序办理"]).await;
        // After it failed, both still have their papers: refused with the way on.
        for id in [a, b] {
            w.t.post(&w.officer, &format!("/disputes/{id}/end"), &[("deed", "fail"), ("what", "没有履行")]).await.is(303);
        }
        let other = traces(&w, b).await;
        refused(&w, a, "relate", &merge(to_b.as_str()), &["都已有调解协议", "认定为“相关”", "第六十条"]).await;
        refused(&w, a, "relate", &merge(to_c.as_str()), &["把它并入这一起", "第六十条"]).await;
        assert_eq!(traces(&w, b).await, other);
    }
}

#[tokio::test]
async fn a_case_before_its_dispute() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.open(&[]).await;
        let fields = [("kind", "criminal"), ("day", "2026-05-01"), ("case_no", "海公刑立字〔2026〕8号"), ("note", "同一双方")];
        refused(&w, id, "escalate", &fields, &["不能早于纠纷登记日期", FORM, ORDER]).await;
        assert!(w.dispute(id).await.escalated.is_none());
    }
}

/// Self-settlement out of order (程序规定 §186), and a confirmation that is asked for after its thirty days (人民调解法 §33).
#[tokio::test]
async fn days_of_a_settlement_out_of_order_and_a_confirmation_after_day_thirty() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.open(&[]).await;
        w.public_order(id).await;
        let days = [
            ("deed", "self_settle"), ("what", "互相道歉"), ("settled_on", "2026-05-08"), ("performed_on", "2026-05-07"), ("requested_on", "2026-05-08"),
            ("accepted_on", "2026-05-08"), ("opinion", "予以认可"),
        ];
        refused(&w, id, "end", &days, &["“履行完毕”的日期 2026-05-07 不能早于“达成和解”", "一百八十六", "请核对日期"]).await;
        refused(&w, id, "end", &[("deed", "self_settle"), ("what", "互相道歉")], &["书面申请", "一百八十六"]).await;

        let id = w.agreed().await;
        let agreement = w.look(async |r: &mut Reader| parts::agreements(r, id).await).await[0].id.to_string();
        w.t.app.clock().advance(32 * 86_400);
        crate::jobs::clocks(w.t.app.clone()).await.unwrap();
        let codes = ["not_civil_or_jurisdiction", "identity", "adoption", "marriage", "property_right"].map(|c| format!("x.{c}"));
        let mut ask: Vec<(&str, &str)> = codes.iter().map(|n| (n.as_str(), "no")).collect();
        ask.extend([("agreement", agreement.as_str()), ("to", "to_accept"), ("on", "2026-06-09"), ("court", "海拉尔区人民法院"), ("both", "1")]);
        let late = ["2026-06-08 已过", "自协议生效之日起在规定天数内申请", "三十三条", "向人民法院起诉"];
        refused(&w, id, "confirm", &ask, &late).await;
        let kept = w.look(async |r: &mut Reader| parts::agreements(r, id).await).await[0].confirmation;
        assert_eq!(kept, Some(crate::model::Confirmation::Overdue));
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
