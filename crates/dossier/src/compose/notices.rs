//! Notices in writing: where a matter is referred, and where a track or a request was refused (程序规定 §61, §178; 人民调解法 §26).

use super::case::Case;
use super::papers::signers;
use super::{cn, form, line, pairs, seal, together};
use kernel::{Timestamp, Uuid, clock};
use mediation::model::{AdminAnswer, Step, Track};
use serde_json::{Value, json};

/// How the parties may go on after a track is closed to them; `None` for a matter that is referred.
fn ways(track: Option<Track>) -> Vec<&'static str> {
    let court = "向人民法院提起民事诉讼";
    match track {
        Some(Track::Peoples) => vec!["依照法律规定申请仲裁", "向有关主管部门申请处理", court],
        Some(Track::PublicOrder) => vec!["向人民调解委员会申请调解", court, "违反治安管理行为由公安机关依法处理"],
        Some(Track::Administrative) => vec!["向人民调解委员会申请调解", "依照法律规定申请仲裁或者向有权处理的机关申请", court],
        None => vec![court, "向人民调解委员会申请调解", "依照法律规定申请仲裁或者向有关主管部门申请处理"],
    }
}

fn listed(ways: Vec<&str>) -> Value {
    let last = ways.len().saturating_sub(1);
    json!({ "clauses": ways.iter().enumerate().map(|(i, w)| format!("{w}{}", if i == last { "。" } else { "；" })).collect::<Vec<_>>() })
}

fn names(case: &Case) -> String {
    case.parties.iter().map(|p| p.v.name.as_str()).collect::<Vec<_>>().join("、")
}

/// Who told it, when, and the places to sign.
fn end(case: &Case, by: String, at: Timestamp) -> Vec<Value> {
    let on = clock::day_of(at);
    vec![
        together(vec![pairs(vec![json!(["告知民警", by, "告知日期", cn(on)])]), json!({ "signs": signers(case), "height": 18 }), line("告知民警（签名）：", Some(on)), seal(&case.station.name, Some(on))]),
    ]
}

/// 告知分流: told where to go, orally or in writing.
pub fn referral(case: &Case) -> Value {
    let deed = case.deed(Step::Refer);
    let at = deed.map_or(case.d.opened_at, |l| l.at);
    let by = deed.map_or(String::new(), |l| case.name(l.by_user));
    let source = case.rules.cite("mediation.public_order.plain_dispute_must_be_told", clock::day_of(at)).source;
    // Referrals written down before they had a record of their own stand in the text alone.
    let (told, written, disputed) = case.referral.as_ref().map_or_else(
        || (case.d.told.clone(), case.d.told.contains("书面"), false),
        |r| (format!("请向{}申请处理", r.told_to), r.written, r.disputed),
    );
    let mut blocks = vec![
        json!({ "to": names(case) }),
        json!({ "prose": format!("你们关于“{}”的纠纷（编号{}），不属于公安机关调解处理的范围，或者不具备调解条件。现依照{source}，告知处理途径如下：", case.d.title, case.d.number) }),
        json!({ "heading": "告知内容" }),
        json!({ "prose": format!("{}。", told.trim_end_matches('。')) }),
        json!({ "heading": "其他途径" }),
        listed(ways(None)),
        json!({ "ticks": [{ "label": "口头告知，记录在案", "on": !written }, { "label": "书面告知，本告知书送交当事人", "on": written }] }),
        pairs(vec![json!(["当事人意见", if disputed { "有异议，或者当场不能判断（程序规定第六十一条，应当书面告知）" } else { "无异议" }])]),
    ];
    blocks.extend(end(case, by, at));
    form("纠纷处理途径告知书", &case.d.number, at, blocks)
}

/// 不予受理: a gate that excluded a track, or a request for administrative mediation that was refused or handed over: what was
/// decided, why, by which rule, and the ways that are left.
pub fn refusal(case: &Case, record: Uuid) -> Option<Value> {
    let (track, decided, why, source, by, at, asked) = match case.gates.iter().find(|g| g.id == record) {
        Some(g) => {
            let source = if g.source.is_empty() { of_track(g.track).to_string() } else { g.source.clone() };
            (g.track, "不予受理".to_string(), g.why.clone(), source, case.name(g.by_user), g.at, None)
        }
        None => {
            let a = case.declined().find(|a| a.id == record)?;
            let on = a.answered_on?;
            let deed = case.log.iter().rev().find(|l| l.step == Step::Decline && clock::day_of(l.at) == on);
            let (by, at) = deed.map_or((String::new(), clock::start_of(on)), |l| (case.name(l.by_user), l.at));
            let decided = if a.answer == Some(AdminAnswer::HandedOver) { "移送有权处理的机关" } else { "不予受理" };
            let track = Track::Administrative;
            (track, decided.to_string(), a.why.clone(), of_track(track).to_string(), by, at, Some((a.what.clone(), a.asked_on)))
        }
    };
    let mut head = vec![json!(["纠纷编号", case.d.number]), json!(["调解途径", track.label(), "决定", decided])];
    if let Some((what, on)) = asked {
        head.push(json!(["申请日期", cn(on)]));
        head.push(json!(["申请事项", what]));
    }
    let mut blocks = vec![
        json!({ "to": names(case) }),
        json!({ "prose": format!("关于“{}”一事，经审查，现将决定和理由告知如下：", case.d.title) }),
        pairs(head),
        json!({ "heading": "事实和理由" }),
        json!({ "prose": why }),
        json!({ "heading": "依据" }),
        json!({ "prose": format!("{}。", source.trim_end_matches('。')) }),
        json!({ "heading": "其他途径" }),
        listed(ways(Some(track))),
    ];
    blocks.extend(end(case, by, at));
    Some(form(&format!("{}{}告知书", track.label(), if decided == "不予受理" { "不予受理" } else { "移送" }), &case.d.number, at, blocks))
}

/// The law of a track, where the refusal itself names none.
fn of_track(track: Track) -> &'static str {
    match track {
        Track::Peoples => "《中华人民共和国人民调解法》第十七条",
        Track::PublicOrder => "《公安机关办理行政案件程序规定》第一百七十八条、第一百七十九条",
        Track::Administrative => "《公安机关办理行政案件程序规定》第一百八十五条",
    }
}
