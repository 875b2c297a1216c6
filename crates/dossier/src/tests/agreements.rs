//! The three agreements beside what the law and domain.md §1.4 name as their contents, in the data and on the sheet.

use super::papers::{click, text_of};
use super::town::{Town, town};
use crate::compose::sheet;
use crate::model::Paper;
use kernel::{DisputeId, Uuid};
use mediation::model::Track;
use serde_json::Value;
use testkit::engines;

/// Accepted on the track, one session held by two officers or by the committee.
async fn mediated(w: &Town, track: Track) -> DisputeId {
    let id = w.open(&[]).await;
    w.identified(id).await;
    match track {
        Track::Peoples => w.peoples(id).await,
        Track::PublicOrder => w.public_order(id).await,
        Track::Administrative => {
            let gate = [("track", track.code()), ("q.party_refuses", "no"), ("q.reserved", "no"), ("q.already_taken", "no"), ("told", "1"), ("willing", "1")];
            w.t.post(&w.officer, &format!("/disputes/{id}/gate"), &gate).await.is(303);
        }
    }
    if track != Track::Peoples {
        let (host, second) = (w.officer.user.to_string(), w.leader.user.to_string());
        let talk = [
            ("kind", "session"), ("held_from", "2026-05-08T08:30"), ("held_until", "2026-05-08T08:55"), ("place", "派出所调解室"), ("host", host.as_str()),
            ("crew", second.as_str()), ("recorded", "1"), ("recording_no", "执法仪7-0508-1"), ("text", "双方陈述经过，互相道歉。"),
        ];
        w.t.post(&w.officer, &format!("/disputes/{id}/talk"), &talk).await.is(303);
    }
    id
}

/// The agreement of the track with everything that it may hold: its record, its print, its data.
async fn signed(w: &Town, id: DisputeId, track: Track) -> (Uuid, Vec<u8>, Value) {
    let committee = w.committee().await;
    let parties = w.reader(async |r| mediation::store::parts::parties(r, id).await).await;
    let (a, b) = (parties[0].id.to_string(), parties[1].id.to_string());
    let mut paper = vec![
        ("form", "written"), ("facts", "五月六日二十二时在三号楼楼道因拖椅子发生口角，推搡一下，无人受伤。"), ("points", "夜间噪声如何避免"),
        ("duties", "乙方：先动手，负主要责任"), ("place", "调解室"), ("held_at", "2026-05-08T08:30"), ("signed_on", "2026-05-08"), ("recorder", "记录员丁"),
        ("signing_recorded", "1"), ("recording_no", "执法仪7-0508-2"),
        ("term0", "赔偿损坏的门铃一百元"), ("party0", b.as_str()), ("how0", "在调解室当面交付现金，写收条"), ("when0", "at_once"),
        ("term1", "铺防噪地毯"), ("party1", b.as_str()), ("how1", "自行铺设，由网格员查看"), ("by1", "2026-05-15"),
        ("term2", "有声响先打电话"), ("party2", a.as_str()), ("how2", "电话联系"), ("when2", "standing"), ("why2", "邻里长期相处"),
    ];
    match track {
        Track::Peoples => paper.extend([("mediator", "何秀兰、白志强"), ("committee", committee.as_str())]),
        _ => paper.push(("mediator", "测试民警")),
    }
    w.t.post(&w.officer, &format!("/disputes/{id}/agreement"), &paper).await.is(303);
    let case = w.case(id).await;
    let record = case.agreements[0].id.0;
    let data = sheet(&case, Paper::Agreement, record).unwrap().data;
    let printed = click(w, id, Paper::Agreement, record).await;
    if let Some(text) = text_of(&printed, &format!("agreement-{}", track.code())) {
        for shown in on_the_sheet(track) {
            let plain: String = shown.split_whitespace().collect();
            assert!(text.contains(&plain), "{track}: {shown} is not on the sheet: {text}");
        }
        assert!(!text.contains("无。") && !text.contains("〓"), "{text}");
    }
    (record, printed, data)
}

/// What each agreement must show. People's: 人民调解法 §29 (parties; main facts, points, each side's responsibility; terms, how and
/// by when; one copy a party and one kept; signatures and seal). Public order: 程序规定 §184 (organ, host, both parties and others
/// present; time, place, persons, cause, course, facts, result; terms, period and manner), three copies (公通字〔2007〕81号).
fn on_the_sheet(track: Track) -> Vec<&'static str> {
    let mut all = vec![
        "当事人基本情况", "乌仁其木格·巴特尔苏和", "宋䶮群", "性别", "女", "男", "民族", "蒙古族", "出生日期", "1949年12月31日", "证件号码", "联系方式", "住址",
        "调解时间", "2026年5月8日", "调解地点", "纠纷起因、经过和主要事实", "推搡一下", "争议事项", "夜间噪声如何避免", "各方责任", "先动手，负主要责任",
        "达成的协议", "铺防噪地毯", "履行方式、地点和期限", "在调解室当面交付现金，写收条；即时履行", "自行铺设，由网格员查看；2026年5月15日前履行完毕",
        "长期履行（邻里长期相处）", "录音录像编号：执法仪7-0508-2", "一式三份", "甲方", "乙方", "签名", "指印", "记录人", "记录员丁", "（印章）",
    ];
    match track {
        Track::Peoples => all.extend(["人民调解协议书", "兴华社区人民调解委员会", "何秀兰", "白志强", "各方当事人各执一份，调解机关留存一份", "三十三条"]),
        Track::PublicOrder => all.extend(["治安调解协议书", "正阳派出所", "主持人", "测试民警", "在场人员", "测试带班领导", "不再处罚", "一百八十五条"]),
        Track::Administrative => all.extend(["行政调解协议书", "正阳派出所", "主持人", "测试民警", "可以向人民法院提起诉讼"]),
    }
    all
}

#[tokio::test]
async fn the_three_agreements_hold_what_the_law_asks_for() {
    let w = town(engines()[0]).await;
    let mut firsts = vec![];
    for track in [Track::Peoples, Track::PublicOrder, Track::Administrative] {
        let id = mediated(&w, track).await;
        let (record, first, data) = signed(&w, id, track).await;
        firsts.push((track, id, record, first));
        for key in [
            "number", "organ", "parties", "mediators", "recorder", "held", "cause", "course", "facts", "disputes", "responsibility", "terms", "performance", "closing",
            "copies", "copies_note", "signed_on",
        ] {
            let v = &data[key];
            let empty = v.is_null() || v.as_str() == Some("") || v.as_array().is_some_and(Vec::is_empty);
            assert!(!empty, "{track}: {key} is empty: {data}");
        }
        for p in data["parties"].as_array().unwrap() {
            for key in ["role", "name", "sex", "ethnicity", "birth_date", "id_number", "contact", "address"] {
                assert!(p[key].as_str().is_some_and(|v| !v.is_empty()), "{track}: a party's {key}: {p}");
            }
        }
        if track != Track::Peoples {
            assert!(!data["others_present"].as_array().unwrap().is_empty(), "{track}: others present: {data}");
        }
    }
    // Printed again a year later.
    w.t.app.clock().advance(400 * 86_400);
    for (track, id, record, first) in firsts {
        testkit::papers::golden(&format!("dossier-agreement-{}", track.code()), &first, &click(&w, id, Paper::Agreement, record).await);
    }
}
