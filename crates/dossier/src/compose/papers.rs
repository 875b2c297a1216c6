//! The papers of people's mediation (司法部 2010 formats as domain.md §1.4 lists them), and those that all paths share.

use super::case::{Case, CaseParty, CaseTalk};
use crate::model::Signer;
use super::{cn, cn_day, cn_time, form, line, maybe, pairs, seal, table, tall, together};
use kernel::{Date, Uuid, clock};
use mediation::model::{Agreement, FollowUp, Kept, Obligation, Track};
use people::model::{IdKind, Sex};
use serde_json::{Value, json};

/// 姓名、性别、民族、年龄、职业、联系方式、住址, with guardian, agent and interpreter where there are. The age is that of the day of the
/// paper: a birthday changes neither a reprint nor what was signed.
pub(super) fn party_table(p: &CaseParty, on: Date) -> Value {
    let sex = if p.v.sex == Sex::Unknown { "" } else { p.v.sex.label() };
    let age = p.age_on(on).map_or(String::new(), |a| a.to_string());
    let mut rows = vec![
        json!([p.p.side.label(), p.v.name, "性别", sex, "民族", p.v.ethnicity]),
        json!(["职业", p.more.occupation, "年龄", age]),
        json!(["联系方式", p.phone, "住址", address(p)]),
    ];
    if p.p.minor || !p.p.guardian.is_empty() {
        rows.push(json!(["监护人", guardian(p)]));
    }
    if !p.p.agent_name.is_empty() {
        rows.push(json!(["代理人", agent(p)]));
    }
    if !p.more.interpreter.is_empty() {
        rows.push(json!(["翻译人员", format!("{}（{}）", p.more.interpreter, p.more.language)]));
    }
    table(&[-5.2, 2.0, -3.2, 0.7, -3.2, 1.5], rows)
}

fn address(p: &CaseParty) -> &str {
    [&p.v.address_line, &p.v.pending_place, &p.v.domicile].into_iter().find(|a| !a.is_empty()).map_or("", String::as_str)
}

/// Who the guardian is and how it was told, or why it need not be (程序规定 §181).
pub(super) fn guardian(p: &CaseParty) -> String {
    if p.more.guardian_exempt {
        return format!("不通知：{}", p.more.exempt_reason);
    }
    if p.p.guardian.is_empty() && !p.p.guardian_exempt.is_empty() {
        return format!("不通知：{}", p.p.guardian_exempt);
    }
    let relation = if p.more.guardian_relation.is_empty() { String::new() } else { format!("（{}）", p.more.guardian_relation) };
    let told = p.more.guardian_told_on.map_or(String::new(), |d| format!("，{}{}通知到场", cn(d), p.more.guardian_told_how));
    format!("{}{relation}{told}", p.p.guardian)
}

pub(super) fn agent(p: &CaseParty) -> String {
    let power = p.more.power.map_or_else(|| p.p.agent_power.clone(), |w| w.label().to_string());
    let scope = if p.more.power_scope.is_empty() { String::new() } else { format!("：{}", p.more.power_scope) };
    let relation = if p.p.agent_relation.is_empty() { String::new() } else { format!("（{}）", p.p.agent_relation) };
    format!("{}{relation}，{power}{scope}", p.p.agent_name)
}

/// Places for everybody who signs: parties, guardians, agents, interpreters.
pub(super) fn signers(case: &Case) -> Vec<Value> {
    let mut out = vec![];
    for p in &case.parties {
        out.push(json!({ "role": p.p.side.label(), "name": p.v.name, "party": p.p.id }));
    }
    for p in &case.parties {
        let side = p.p.side.label();
        if !p.p.guardian.is_empty() && !p.more.guardian_exempt {
            out.push(json!({ "role": format!("{side}监护人"), "name": p.p.guardian, "party": p.p.id, "signer": Signer::Guardian.code() }));
        }
        if !p.p.agent_name.is_empty() {
            out.push(json!({ "role": format!("{side}代理人"), "name": p.p.agent_name, "party": p.p.id, "signer": Signer::Agent.code() }));
        }
    }
    for (name, language, party) in interpreters(case) {
        out.push(json!({ "role": format!("翻译（{language}）"), "name": name, "party": party, "signer": Signer::Interpreter.code() }));
    }
    out
}

/// Who interprets, from which language and for whom (the first, when for several), each once.
pub(crate) fn interpreters(case: &Case) -> Vec<(String, String, Uuid)> {
    let mut out: Vec<(String, String, Uuid)> = vec![];
    for p in case.parties.iter().filter(|p| !p.more.interpreter.is_empty()) {
        if !out.iter().any(|o| o.0 == p.more.interpreter && o.1 == p.more.language) {
            out.push((p.more.interpreter.clone(), p.more.language.clone(), p.p.id));
        }
    }
    out
}

pub(super) fn parties(case: &Case, on: Date) -> Vec<Value> {
    case.parties.iter().map(|p| party_table(p, on)).collect()
}

pub(super) fn host_word(case: &Case) -> &'static str {
    if case.d.track == Some(Track::Peoples) { "调解员" } else { "主持人" }
}

pub fn application(case: &Case) -> Option<Value> {
    let a = case.application.as_ref()?;
    let applicant = case.party(a.party_id)?;
    let mut blocks = vec![json!({ "heading": "申请人" }), party_table(applicant, a.applied_on), json!({ "heading": "被申请人" })];
    blocks.extend(case.parties.iter().filter(|p| p.p.id != a.party_id).map(|p| party_table(p, a.applied_on)));
    blocks.push(tall("纠纷事实", &case.d.summary, 30));
    blocks.push(tall("申请事项", &a.requests, 16));
    blocks.push(together(vec![
        json!({ "prose": "申请人自愿申请人民调解，所述情况属实。人民调解员已告知：可以拒绝调解，可以要求终止调解，可以向人民法院起诉。" }),
        json!({ "signs": [{ "role": "申请人", "name": applicant.v.name, "party": applicant.p.id }], "height": 18 }),
        line("申请日期：", Some(a.applied_on)),
    ]));
    let mut out = form("人民调解申请书", &case.number(), a.at, blocks);
    out["blocks"].as_array_mut()?.insert(0, json!({ "to": case.organ() }));
    Some(out)
}

/// The tracks in their order, `none` where no track was taken.
fn ways(case: &Case, none: &str) -> String {
    let all = case.tracks();
    if all.is_empty() { case.d.track.map_or_else(|| none.to_string(), |t| t.label().to_string()) } else { all.iter().map(|t| t.label()).collect::<Vec<_>>().join("，后") }
}

pub fn registration(case: &Case) -> Value {
    let d = &case.d;
    let on = d.accepted_on.unwrap_or_else(|| clock::day_of(d.opened_at));
    let source = case.rules.name("dispute.source", &d.source_code).to_string();
    let mut blocks = vec![pairs(vec![
        json!(["登记日期", cn(on), "纠纷类型", case.category()]),
        json!(["纠纷来源", source, "登记人", case.name(d.opened_by)]),
        json!(["途径", ways(case, "未定"), "纠纷编号", d.number]),
        json!(["发生地点", case.place]),
    ])];
    blocks.extend(parties(case, on));
    blocks.push(together(vec![
        tall("纠纷简要情况", &d.summary, 22),
        json!({ "signs": signers(case), "height": 18 }),
        line("登记人（签名）：", Some(on)),
        seal(&case.organ_of(case.whole_track()), Some(on)),
    ]));
    form(if case.whole_track() == Some(Track::Peoples) { "人民调解受理登记表" } else { "纠纷受理登记表" }, &case.number(), d.opened_at, blocks)
}

/// The rights and duties of one track, told before it was taken.
pub fn rights(case: &Case, record: Uuid) -> Value {
    let told = case.told(record);
    let track = told.map(|g| g.track).or(case.d.track);
    let (right, duty) = match track {
        Some(t) if t != Track::Peoples => (format!("dossier.right.{}", t.code()), format!("dossier.duty.{}", t.code())),
        _ => ("dossier.right".to_string(), "dossier.duty".to_string()),
    };
    let at = told.map_or(case.d.opened_at, |g| g.at);
    let on = clock::day_of(at);
    let texts = |list: &str| -> Vec<String> { case.rules.list(list, on).iter().map(|c| format!("{}；", c.name)).collect() };
    let source = |list: &str| {
        let mut all: Vec<String> = vec![];
        for c in case.rules.list(list, on) {
            if !all.contains(&c.source) {
                all.push(c.source.clone());
            }
        }
        cited(&all)
    };
    let names: Vec<&str> = case.parties.iter().map(|p| p.v.name.as_str()).collect();
    let days = case.rules.int("mediation.judicial_confirmation.request_days", on).unwrap_or(30);
    let of_peoples = format!("人民调解自愿、免费。达成的协议具有法律约束力，应当按照约定履行；可以自协议生效之日起{days}日内共同向人民法院申请司法确认。不愿调解或者调解不成的，可以通过仲裁、行政、司法等途径维护权利，任何人不得因调解阻止当事人起诉。");
    let nature = match track {
        Some(Track::PublicOrder) => "治安调解由公安机关主持。达成协议并履行的，公安机关不再处罚；调解未达成协议或者达成协议后不履行的，依法处罚，并可以就民事争议向人民法院提起民事诉讼。",
        Some(Track::Administrative) => "行政调解自愿参加，不影响依法申请仲裁、行政处理或者向人民法院提起诉讼。",
        _ => of_peoples.as_str(),
    };
    let blocks = vec![
        json!({ "to": names.join("、") }),
        json!({ "prose": format!("关于“{}”一事，现将您在调解中的权利和义务告知如下：", case.d.title) }),
        json!({ "heading": format!("当事人享有的权利（{}）", source(&right)) }),
        json!({ "clauses": texts(&right) }),
        json!({ "heading": format!("当事人履行的义务（{}）", source(&duty)) }),
        json!({ "clauses": texts(&duty) }),
        json!({ "heading": "调解的性质和其他途径" }),
        json!({ "prose": nature }),
        together(vec![
            json!({ "prose": "以上内容已当面告知，当事人已清楚。" }),
            json!({ "signs": signers(case), "height": 18 }),
            line(&format!("告知人（{}签名）：", if track == Some(Track::Peoples) { "调解员" } else { "民警" }), Some(on)),
            seal(&case.organ_of(track), Some(on)),
        ]),
    ];
    let title = track.map_or("调解权利义务告知书".to_string(), |t| format!("{}权利义务告知书", t.label()));
    form(&title, &case.number(), at, blocks)
}

/// Sources side by side: the law once, its articles in a row.
fn cited(sources: &[String]) -> String {
    let mut out = String::new();
    let mut law = "";
    for s in sources {
        let (name, articles) = s.find("第").map_or((s.as_str(), ""), |i| s.split_at(i));
        if name == law && !articles.is_empty() {
            out.push('、');
            out.push_str(articles);
        } else {
            out.push_str(if out.is_empty() { "" } else { "；" });
            out.push_str(s);
            law = name;
        }
    }
    out
}

pub fn identity(case: &Case) -> Value {
    let rows: Vec<Value> = case
        .parties
        .iter()
        .map(|p| {
            let kind = if p.v.id_kind == IdKind::None && !p.id_number.is_empty() { "证件" } else { p.v.id_kind.label() };
            let birth = p.v.birth.map_or(String::new(), cn);
            let copies = match p.identity.len() {
                0 if p.id_number.is_empty() => "尚未登记".to_string(),
                0 => "核对原件".to_string(),
                n => format!("复印件{n}份"),
            };
            json!([p.p.side.label(), p.v.name, birth, kind, p.id_number, copies])
        })
        .collect();
    let blocks = vec![
        json!({ "list": { "widths": [-3.4, 1.25, -7.2, -6.4, 1.5, -5.2], "head": ["地位", "姓名", "出生日期", "证件种类", "证件号码", "备注"], "rows": rows } }),
        json!({ "prose": "列明号码的证件已与本人核对。证件复印件附后的，由提供人注明“与原件一致”并签名。" }),
        line("核对人（签名）：", Some(clock::day_of(case.d.opened_at))),
    ];
    form("当事人身份证明", &case.number(), case.d.opened_at, blocks)
}

pub fn power(case: &Case, p: &CaseParty) -> Value {
    let scope = if p.more.power_scope.is_empty() { "代为参加调解、陈述意见、提供材料".to_string() } else { p.more.power_scope.clone() };
    let blocks = vec![
        json!({ "heading": "委托人" }),
        party_table(p, clock::day_of(case.d.opened_at)),
        json!({ "heading": "受委托人" }),
        pairs(vec![
            json!(["姓名", p.p.agent_name, "关系", p.p.agent_relation]),
            json!(["代理权限", p.more.power.map_or("", |w| w.label())]),
            json!(["权限事项", scope]),
        ]),
        together(vec![json!({ "prose": format!("委托人因“{}”一事，委托上列受委托人参加{}。受委托人在上列权限内的行为，委托人予以承认。委托期限自签名之日起至本纠纷处理终结之日止。", case.d.title, case.d.track.map_or("调解", Track::label)) }), json!({ "signs": [
            { "role": "委托人", "name": p.v.name, "party": p.p.id },
            { "role": "受委托人", "name": p.p.agent_name, "party": p.p.id, "signer": Signer::Agent.code() },
        ] })]),
    ];
    form("授权委托书", &case.number(), case.d.opened_at, blocks)
}

/// 时间、地点、参加人.
fn talk_head(case: &Case, t: &CaseTalk) -> Value {
    let until = t.t.held_until.map_or(String::new(), |u| format!("至{}", cn_time(u)));
    let host = if t.t.mediator.is_empty() { t.host.clone() } else { t.t.mediator.clone() };
    let organ = t.t.committee_id.and_then(|c| case.committees.iter().find(|x| x.id == c)).map_or_else(|| case.station.name.clone(), |c| c.name.clone());
    let crew: Vec<String> = t.crew.iter().map(|(n, role)| format!("{n}（{role}）")).collect();
    let interpreters: Vec<String> = interpreters(case).iter().map(|(name, language, _)| format!("{name}（{language}翻译）")).collect();
    let names: Vec<String> = case.parties.iter().map(|p| format!("{}（{}）", p.v.name, p.p.side.label())).collect();
    let mut present = crew;
    present.extend(interpreters);
    table(&[-7.2, 1.0], vec![
        json!(["时间", format!("{}{until}", cn_time(t.t.held_from))]),
        json!(["地点", t.t.place]),
        json!(["机关", organ]),
        json!([if t.t.mediator.is_empty() { "主持人" } else { "调解员" }, host]),
        json!(["当事人", names.join("、")]),
        json!(["其他参加人", present.join("、")]),
        json!(["录音录像", if t.t.recorded { "全程录音录像" } else { "未录音录像" }]),
        json!(["录音录像编号", if t.t.recorded { t.t.recording_no.as_str() } else { "／" }]),
    ])
}

fn talk_paper(case: &Case, t: &CaseTalk, title: &str, body: &str, closing: &str) -> Value {
    let mut witnesses: Vec<Value> = vec![json!({ "role": if t.t.mediator.is_empty() { "主持人" } else { "调解员" }, "name": if t.t.mediator.is_empty() { &t.host } else { &t.t.mediator } })];
    witnesses.push(json!({ "role": "记录人", "name": t.crew.first().map_or("", |c| c.0.as_str()) }));
    witnesses.extend(t.crew.iter().skip(1).map(|(n, role)| json!({ "role": role, "name": n })));
    let blocks = vec![
        talk_head(case, t),
        json!({ "heading": body }),
        json!({ "prose": t.t.text }),
        together(vec![json!({ "prose": closing }), json!({ "signs": signers(case), "height": 18 }), json!({ "witnesses": witnesses })]),
    ];
    form(title, &case.number(), t.t.held_from, blocks)
}

pub fn inquiry(case: &Case, t: &CaseTalk) -> Value {
    talk_paper(case, t, "调查笔录", "调查内容", "以上笔录已经被调查人阅看（或者向其宣读），与所述一致。")
}

pub fn session(case: &Case, t: &CaseTalk) -> Value {
    talk_paper(case, t, "调解记录", "调解经过和结果", "以上记录已经当事人阅看（或者向其宣读），无误后签名、捺指印。")
}

pub fn evidence(case: &Case) -> Value {
    let mut rows = vec![];
    let talks = case.talks.iter().flat_map(|t| t.files.iter().map(move |f| (f, t.t.kind)));
    for f in &case.evidence {
        rows.push(json!([(rows.len() + 1).to_string(), f.file_name, kind_of(f), cn_day(f.added_at), "证据材料"]));
    }
    for (f, kind) in talks {
        let from = if kind == mediation::model::TalkKind::Inquiry { "走访调查" } else { "调解" };
        rows.push(json!([(rows.len() + 1).to_string(), f.file_name, kind_of(f), cn_day(f.added_at), from]));
    }
    let at = case.evidence.last().map_or(case.d.opened_at, |f| f.added_at);
    let blocks = vec![
        json!({ "list": { "widths": [-3.2, 1.0, -4.2, -8.4, -5.0], "head": ["序号", "材料名称", "种类", "收存日期", "来源"], "rows": rows } }),
        line("收存人（签名）：", Some(clock::day_of(at))),
    ];
    form("证据材料清单", &case.number(), at, blocks)
}

pub(super) fn kind_of(f: &attachments::Kept) -> &'static str {
    if f.is_image() { "照片" } else { "PDF" }
}

/// The agreement's data with the interpreters and guardians that the dossier knows.
pub fn agreement(case: &Case, mut data: Value) -> Value {
    let interpreters: Vec<Value> =
        interpreters(case).iter().map(|(name, language, party)| json!({ "name": name, "language": language, "party": party, "signer": Signer::Interpreter.code() })).collect();
    data["interpreters"] = json!(interpreters);
    if let Some(list) = data["parties"].as_array_mut() {
        for entry in list {
            let id = entry["party"].as_str().and_then(|p| p.parse().ok());
            let Some(p) = id.and_then(|id| case.party(id)) else { continue };
            if !p.more.occupation.is_empty() {
                entry["work"] = json!(p.more.occupation);
            }
            if let (Some(power), false) = (p.more.power, p.p.agent_name.is_empty()) {
                let scope = if p.more.power_scope.is_empty() { String::new() } else { format!("：{}", p.more.power_scope) };
                entry["agent"] = json!({ "name": p.p.agent_name, "relation": p.p.agent_relation, "power": format!("{}{scope}", power.label()) });
            }
            // The agent's place, or the guardian's where nobody else stands for the party; with both, each has its own.
            let guardian = !p.p.guardian.is_empty() && !p.more.guardian_exempt;
            if entry["agent"].is_object() {
                let signer = if p.p.agent_name.is_empty() { Signer::Guardian } else { Signer::Agent };
                entry["agent"]["party"] = json!(p.p.id);
                entry["agent"]["signer"] = json!(signer.code());
            }
            if guardian && !p.p.agent_name.is_empty() {
                entry["guardian"] = json!({ "name": p.p.guardian, "party": p.p.id, "signer": Signer::Guardian.code() });
            }
        }
    }
    data
}

/// `甲方乌仁其木格：…。履行方式和期限：当面交付；2026年5月15日前履行完毕。`
pub(super) fn promise_line(case: &Case, o: &Obligation) -> String {
    let who = o.party_id.and_then(|p| case.party(p)).map_or_else(|| "双方".to_string(), |p| format!("{}{}", p.p.side.label(), p.v.name));
    format!("{who}：{}。履行方式和期限：{}", o.text.trim_end_matches('。'), mediation::actions::performed_how(o))
}

pub fn oral(case: &Case, a: &Agreement) -> Value {
    let mut blocks = parties(case, a.signed_on);
    let mut head = vec![json!(["纠纷类型", case.category(), "达成日期", cn(a.signed_on)]), json!(["调解地点", a.place])];
    if a.signing_recorded {
        head.push(json!(["录音录像编号", a.recording_no]));
    }
    let terms: Vec<String> = case.promises.iter().filter(|(o, _)| o.agreement_id == a.id).map(|(o, _)| promise_line(case, o)).collect();
    blocks.extend([
        table(&[-7.2, 1.0, -6.2, 1.0], head),
        tall("主要事实和争议事项", &format!("{}\n{}", a.facts, a.points), 16),
        json!({ "heading": "协议内容、履行方式和期限" }),
        json!({ "clauses": terms }),
        together(vec![
            json!({ "prose": "当事人认为无需制作书面协议书，口头协议自各方当事人达成协议之日起生效（人民调解法第二十八条、第三十条）。" }),
            json!({ "signs": signers(case), "height": 18 }),
            line("人民调解员（签名）：", Some(a.signed_on)),
            seal(&case.organ(), Some(a.signed_on)),
        ]),
    ]);
    form("人民调解口头协议登记表", &a.number, a.at, blocks)
}

pub fn performance(case: &Case) -> Value {
    let rows: Vec<Value> = case
        .promises
        .iter()
        .filter(|(o, _)| o.state != Kept::Pending)
        .map(|(o, files)| {
            // A slash is the customary mark for "does not apply".
            let done = o.done_on.map_or_else(|| "／".to_string(), cn);
            let copies = if files.is_empty() { String::new() } else { format!("（附件{}份）", files.len()) };
            let proof = if o.proof.is_empty() && copies.is_empty() { "／".to_string() } else { format!("{}{copies}", o.proof) };
            json!([o.n.to_string(), promise_line(case, o), o.state.label(), done, proof])
        })
        .collect();
    let number = case.agreement().map_or_else(|| case.number(), |a| a.number.clone());
    let last = case.promises.iter().filter_map(|(o, _)| o.done_on).max();
    let at = last.map_or(case.d.opened_at, clock::start_of);
    let blocks = vec![
        json!({ "list": { "widths": [-3.2, 1.5, -5.2, -8.4, 1.0], "head": ["序号", "履行内容", "履行情况", "履行日期", "凭证"], "rows": rows } }),
        together(vec![json!({ "prose": "以上履行情况与当事人核对无误。" }), json!({ "signs": signers(case), "height": 18 }), line("核实人（签名）：", last)]),
    ];
    form("履行凭证", &number, at, blocks)
}

pub fn follow_up(case: &Case, f: &FollowUp) -> Value {
    let at = f.done_at.unwrap_or(case.d.opened_at);
    // The agreement that stood when the visit was made, not one made since.
    let number = case.agreements.iter().find(|a| a.at <= at).map_or("", |a| a.number.as_str());
    let said = |text: &str| if text.trim().is_empty() { "未发现".to_string() } else { text.to_string() };
    let name = |list: &str, code: &Option<String>| code.as_deref().map_or(String::new(), |c| case.rules.name(list, c).to_string());
    let mode = name("follow_up.mode", &f.by_mode);
    let blocks = vec![
        table(&[-6.6, 1.0, -5.2, 1.5], vec![
            json!(["被回访人", f.interviewee, "回访方式", mode]),
            json!(["协议书编号", number]),
            json!(["回访事由", format!("“{}”一事的协议履行和有无反复", case.d.title)]),
            json!(["回访情况", name("follow_up.finding", &f.finding)]),
            json!(["满意程度", name("satisfaction", &f.satisfaction), "起诉情况", said(&f.suit)]),
            json!(["错调、激化迹象", said(&f.signs)]),
            json!(["采取的措施", if f.measures.trim().is_empty() { "无" } else { f.measures.as_str() }]),
            json!(["回访人", f.by_user.map_or(String::new(), |u| case.name(u)), "回访时间", cn_time(at)]),
        ]),
        tall("情况记录", &f.note, 60),
        together(vec![json!({ "signs": [{ "role": "被回访人", "name": f.interviewee }], "height": 18 }), line("回访人（签名）：", Some(clock::day_of(at)))]),
    ];
    form("回访记录", number, at, blocks)
}

pub fn confirmation(case: &Case, a: &Agreement) -> Value {
    let days = case.rules.int("mediation.judicial_confirmation.request_days", a.signed_on).unwrap_or(30);
    let mut blocks = vec![json!({ "to": "＿＿＿＿＿＿人民法院" }), json!({ "heading": "申请人（双方当事人）" })];
    let effective: Date = a.signed_on;
    blocks.extend(parties(case, effective));
    blocks.extend([
        pairs(vec![json!(["协议书编号", a.number]), json!(["调解组织", case.organ(), "生效日期", cn(effective)]), json!(["申请期限", maybe(a.confirmation_due)])]),
        json!({ "heading": "请求事项" }),
        json!({ "prose": format!("请求人民法院对双方于{}达成的{}人民调解协议予以司法确认。", cn(effective), a.number) }),
        json!({ "heading": "双方承诺" }),
        json!({ "prose": format!("双方自愿达成协议，没有恶意串通、规避法律的行为；协议内容不违反法律，不损害国家利益、社会公共利益或者他人合法权益；自协议生效之日起{days}日内共同提出申请（人民调解法第三十三条）。如因该协议内容给他人造成损害的，愿意承担相应的民事责任和其他法律责任。") }),
        json!({ "heading": "附件" }),
        json!({ "prose": "人民调解协议书；当事人身份证明；与协议有关的财产权利证明等材料（如有）。" }),
        together(vec![json!({ "prose": "双方共同申请，所述属实。" }), json!({ "signs": signers(case), "height": 18 }), line("申请日期：", None)]),
    ]);
    form("司法确认申请书", &case.number(), a.at, blocks)
}

pub fn closing(case: &Case) -> Value {
    let d = &case.d;
    let at = d.closed_at.unwrap_or(d.opened_at);
    let source = case.rules.name("dispute.source", &d.source_code).to_string();
    let names: Vec<String> = case.parties.iter().map(|p| format!("{} {}", p.p.side.label(), p.v.name)).collect();
    let agreement = case.agreement().map_or_else(|| "无".to_string(), |a| format!("{}（{}）", a.number, a.form.label()));
    let kept = case.promises.iter().filter(|(o, _)| matches!(o.state, Kept::Done | Kept::Late | Kept::Standing)).count();
    let decided: Vec<String> = case
        .decisions
        .iter()
        .map(|x| format!("{} {}，{}", case.rules.name("case.decision_kind", &x.kind), x.number, cn(x.decided_on)))
        .collect();
    let decided = if decided.is_empty() { "／".to_string() } else { decided.join("；") };
    let result = format!(
        "{}。{}",
        d.outcome.map_or("", |o| o.label()),
        if d.told.is_empty() { String::new() } else { format!("{}。", d.told.trim_end_matches('。')) }
    );
    let blocks = vec![
        pairs(vec![
            json!(["纠纷编号", d.number, "纠纷类型", case.category()]),
            json!(["纠纷来源", source, "受理日期", d.accepted_on.map_or_else(|| "未受理调解".to_string(), cn)]),
            json!(["当事人", names.join("；")]),
            json!([host_word(case), if case.mediator().is_empty() { "／".to_string() } else { case.mediator() }, "结案日期", cn_day(at)]),
            json!(["途径", ways(case, "／"), "结果", d.outcome.map_or("", |o| o.label())]),
            json!(["协议书编号", agreement]),
            json!(["处理决定", decided]),
            json!(["履行情况", if case.promises.is_empty() { "无协议义务".to_string() } else { format!("{} 项中已履行或者持续履行 {kept} 项", case.promises.len()) }]),
        ]),
        tall("案情和处理过程", &d.summary, 28),
        tall("处理结果", &result, 18),
        tall("审批意见", "", 18),
        together(vec![line("承办人（签名）：", Some(clock::day_of(at))), line("负责人（签名）：", None), seal(&case.organ_of(case.whole_track()), Some(clock::day_of(at)))]),
    ];
    form("结案报告表", &case.number(), at, blocks)
}

pub fn note(case: &Case) -> Value {
    let (text, on, by, at) = case.volume.as_ref().map_or((String::new(), None, String::new(), case.d.opened_at), |v| (v.note.clone(), Some(v.filed_on), v.filed_by.clone(), v.at));
    let blocks = vec![
        tall("本卷需要说明的情况", &text, 120),
        pairs(vec![json!(["立卷人", by, "立卷日期", maybe(on)])]),
        line("检查人（签名）：", None),
    ];
    form("卷宗情况说明", &case.number(), at, blocks)
}
