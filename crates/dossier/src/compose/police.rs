//! The papers of the police side: on-scene form, warning, self-settlement; and those given to a party.

use super::case::{Case, CaseParty};
use super::papers::{parties, promise_line, signers};
use super::{cn, cn_time, form, line, maybe, pairs, seal, table, tall, together};
use kernel::clock;
use mediation::model::{Agreement, Kept, Obligation, Step, Track, Warning};
use serde_json::{Value, json};

/// 现场治安调解书: three numbered parts, filed by the number (公通字〔2007〕81号), with what 程序规定 §184 asks for.
pub fn on_spot(case: &Case, a: &Agreement) -> Value {
    let terms: Vec<String> = case.promises.iter().filter(|(o, _)| o.agreement_id == a.id).map(|(o, _)| promise_line(case, o)).collect();
    let of_spot = case.agreement_crew.iter().filter(|c| c.0 == a.id).map(|(_, n, role)| format!("{n}（{role}）"));
    let of_talks = case.talks.iter().filter(|t| t.t.track == Some(Track::PublicOrder)).flat_map(|t| t.crew.iter().map(|(n, role)| format!("{n}（{role}）")));
    let mut present: Vec<String> = vec![];
    for one in of_spot.chain(of_talks) {
        if !present.contains(&one) {
            present.push(one);
        }
    }
    let mut blocks: Vec<Value> = parties(case, a.signed_on);
    let mut head = vec![json!(["调解机关", case.station.name, "主持人", a.mediator]), json!(["时间", cn_time(a.held_at), "地点", a.place])];
    head.push(json!(["在场人员", present.join("、")]));
    head.push(json!(["录音录像编号", a.recording_no]));
    blocks.extend([
        table(&[-7.2, 1.4, -4.4, 1.0], head),
        tall("起因、经过、事实", &a.facts, 14),
        tall("协议内容和当场履行情况", &terms.join("\n"), 14),
        together(vec![
            json!({ "prose": certified(case, a) }),
            json!({ "signs": signers(case), "height": 15 }),
            line("主持民警（签名）：", Some(a.signed_on)),
            seal(&case.station.name, Some(a.signed_on)),
        ]),
    ]);
    let mut out = form("现场治安调解书", &a.number, a.at, blocks);
    let copies: Vec<String> = ["存根，公安机关按编号留存".to_string()]
        .into_iter()
        .chain(case.parties.iter().take(2).map(|p| format!("交{}", p.p.side.label())))
        .enumerate()
        .map(|(i, what)| format!("第{}联　{what}", ["一", "二", "三"][i]))
        .collect();
    out["copies"] = json!(copies);
    out
}

/// What the form may certify: performed at once only when every promise was (程序规定 §178, 185).
fn certified(case: &Case, a: &Agreement) -> String {
    let mut text = String::from("以上情况已在现场录音录像中明确记录（程序规定第一百七十八条）。");
    if a.no_cost_dispute && a.spot_consent {
        text.push_str("本案不涉及医疗费用、物品损失，或者双方对赔付无争议；双方同意当场调解并当场履行。");
    }
    let mut own = case.promises.iter().filter(|(o, _)| o.agreement_id == a.id).peekable();
    if own.peek().is_some() && own.all(|(o, _)| o.state == Kept::Done) {
        text.push_str("双方已当场履行，公安机关对违反治安管理行为不再处罚。");
    }
    text
}

/// 家庭暴力告诫书: identity of the offender, facts, prohibition; served on both, told to the committee (反家暴法 §16, 17).
pub fn warning(case: &Case, w: &Warning) -> Value {
    let named = |id| case.party(id).map_or("", |p: &CaseParty| p.v.name.as_str());
    let mut blocks = vec![];
    if let Some(p) = case.party(w.offender_party) {
        blocks.push(json!({ "to": p.v.name }));
        let sex = if p.v.sex == people::model::Sex::Unknown { "" } else { p.v.sex.label() };
        blocks.push(pairs(vec![
            json!(["加害人", p.v.name, "性别", sex]),
            json!(["出生日期", maybe(p.v.birth), "证件号码", p.id_number]),
            json!(["住址", p.v.address_line]),
            json!(["受害人", named(w.victim_party)]),
        ]));
    }
    blocks.extend([
        json!({ "heading": "家庭暴力的事实" }),
        json!({ "prose": w.facts }),
        json!({ "heading": "告诫和禁止" }),
        json!({ "prose": w.prohibition }),
        json!({ "prose": "根据《中华人民共和国反家庭暴力法》第十六条，对你予以告诫。你应当立即停止并不得再次实施家庭暴力；再次实施的，将依法给予治安管理处罚，构成犯罪的，依法追究刑事责任。居民委员会、村民委员会和公安派出所将进行查访，监督你不再实施家庭暴力。" }),
        together(vec![seal(&case.station.name, Some(clock::day_of(w.at)))]),
        together(vec![
            json!({ "heading": "送交和通知" }),
            json!({ "list": {
                "widths": [-7.2, 1.0, -11.0, 1.0],
                "head": ["对象", "姓名或者名称", "日期", "签收"],
                "rows": [
                    ["加害人", named(w.offender_party), cn(w.served_offender_on), ""],
                    ["受害人", named(w.victim_party), cn(w.served_victim_on), ""],
                    ["居（村）委会", w.committee_told, cn(w.told_on), ""],
                ]
            } }),
            line("送交人（民警签名）：", Some(w.told_on)),
        ]),
    ]);
    let mut out = form("家庭暴力告诫书", &case.d.number, w.at, blocks);
    out["organ"] = json!(case.station.name);
    out["copies"] = json!(["第一联　公安派出所留存", "第二联　送交加害人", "第三联　送交受害人", "第四联　通知居民委员会（村民委员会）"]);
    out
}

/// 自行和解申请书: written request of both sides after performance (程序规定 §186).
pub fn self_settlement(case: &Case) -> Option<Value> {
    let s = case.settlement.as_ref()?;
    let mut blocks = vec![json!({ "to": case.station.name }), json!({ "heading": "申请人（双方当事人）" })];
    blocks.extend(parties(case, s.requested_on.unwrap_or_else(|| clock::day_of(case.d.opened_at))));
    blocks.extend([
        pairs(vec![json!(["纠纷编号", case.d.number]), json!(["和解日期", maybe(s.settled_on), "履行日期", maybe(s.performed_on)])]),
        tall("和解协议内容和履行情况", &s.what, 40),
        together(vec![json!({ "prose": "双方自愿和解，协议已经履行，现书面申请公安机关认可，对违反治安管理行为不予处罚。" }), json!({ "signs": signers(case), "height": 18 }), line("申请日期：", s.requested_on)]),
    ]);
    Some(form("自行和解申请书", &case.d.number, settled_at(case), blocks))
}

/// 认可: the organ accepts the request.
pub fn acceptance(case: &Case) -> Option<Value> {
    let s = case.settlement.as_ref()?;
    let on = s.accepted_on?;
    let names: Vec<&str> = case.parties.iter().map(|p| p.v.name.as_str()).collect();
    let source = case.rules.cite("mediation.public_order.self_settlement_request", on).source;
    let told = [(s.requested_on, "书面申请认可自行和解。经审查，你们已"), (s.settled_on, "达成和解，"), (s.performed_on, "履行。")];
    let told: String = told.iter().map(|(day, what)| format!("于{}{what}", maybe(*day))).collect();
    let blocks = vec![
        json!({ "to": names.join("、") }),
        json!({ "prose": format!("你们{told}依照{source}，决定如下：") }),
        json!({ "heading": "认可意见" }),
        json!({ "prose": format!("{}。", s.opinion.trim_end_matches('。')) }),
        together(vec![pairs(vec![json!(["申请日期", maybe(s.requested_on), "认可日期", cn(on)])]), line("承办民警（签名）：", Some(on)), line("审批人（签名）：", None), seal(&case.station.name, Some(on))]),
    ];
    Some(form("自行和解认可书", &case.d.number, settled_at(case), blocks))
}

/// When the self-settlement was written down.
fn settled_at(case: &Case) -> kernel::Timestamp {
    case.deed(Step::SelfSettle).map_or(case.d.opened_at, |l| l.at)
}

/// The paper a party takes home: state, mediator, next day, the code, own promises, rights. The code stands before what may be long,
/// so that it is on the first sheet.
pub fn pass(case: &Case, p: &CaseParty, code: &str, link: &str, svg: &str, at: kernel::Timestamp) -> Value {
    let own: Vec<String> = case
        .promises
        .iter()
        .filter(|(o, _)| o.party_id.is_none() || o.party_id == Some(p.p.id))
        .map(|(o, _)| match o.due {
            Some(by) => format!("{}（{}前，{}）", o.text, cn(by), o.state.label()),
            None => format!("{}（{}）", o.text, o.state.label()),
        })
        .collect();
    let own = if own.is_empty() { vec!["还没有约定。".to_string()] } else { own };
    let others = crate::view::others(case, p.p.id);
    let own: Vec<String> = own.iter().map(|t| crate::rules::without_names(t, &others)).collect();
    let blocks = vec![
        table(&[-5.6, 1.6, -5.6, 1.0], vec![
            json!(["当事人", p.v.name, "地位", p.p.side.label()]),
            json!([super::papers::host_word(case), case.mediator(), "现在", case.d.state.label()]),
            json!(["下次日期", crate::view::next_date(case, p.p.id).map_or_else(|| "另行通知".to_string(), |(d, what)| format!("{}（{what}）", cn(d)))]),
            json!(["承办单位", case.station.name]),
        ]),
        json!({ "qr": {
            "lines": ["扫码，或者打开网址输入查询码：不用注册，可以看到办理情况、调解员、下次日期和您自己的约定。", link],
            "code": ["查询码：", code],
            "notes": ["查询码只印这一次，请妥善保管，不要交给他人；遗失请到派出所作废重印。"],
            "picture": { "$svg": svg }, "alt": "查询二维码",
        } }),
        json!({ "heading": "您的约定" }),
        json!({ "clauses": own }),
        json!({ "heading": "您的权利" }),
        json!({ "clauses": crate::view::rights(case, p.p.id) }),
    ];
    let mut out = form("当事人告知单", &case.number(), at, blocks);
    out["size"] = json!("a5");
    out["organ"] = json!(case.organ());
    out
}

/// A note to read out or to give: what is promised, until when.
pub fn reminder(case: &Case, o: &Obligation) -> Value {
    let names: Vec<&str> = case.parties.iter().map(|p| p.v.name.as_str()).collect();
    let number = case.agreement().map_or("", |a| a.number.as_str());
    let kept = case.reminders.iter().find(|r| r.obligation_id == o.id);
    let planned = kept.map_or(case.d.opened_at, |r| r.planned_at);
    // The day on which they were told; until then it is written in by hand.
    let told = kept.and_then(|r| r.told_at).map(clock::day_of);
    let blocks = vec![
        json!({ "to": names.join("、") }),
        json!({ "prose": format!("按照{number}协议，下列约定即将到期，请按时履行，并保留收条、照片等凭证：") }),
        json!({ "clauses": [promise_line(case, o)] }),
        json!({ "prose": "已经履行的，请告知承办人登记；有困难的，请在到期前联系调解员协商。不履行的，对方当事人可以依法向人民法院起诉。" }),
        pairs(vec![json!(["协议书编号", number, "期限", maybe(o.due)]), json!(["承办人", case.name(case.d.owner_id)])]),
        together(vec![line("提醒人（签名）：", told), seal(&case.organ(), told)]),
    ];
    form("协议履行提醒单", number, planned, blocks)
}
