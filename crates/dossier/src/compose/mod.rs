//! From a case to the data of a paper. Texts of law come from the rule pack; the layout is the typesetter's.

mod case;
mod notices;
mod papers;
mod police;
pub mod required;
mod whole;

pub use case::{Case, CaseParty, agreement_paper, scan_kind};
pub use police::{pass, reminder};
pub use whole::{Picture, whole};

use crate::model::{Paper, Signature, Signer};
use kernel::{Date, Error, Refusal, Result, Timestamp, Uuid, clock};
use serde_json::{Value, json};

/// A paper ready for the typesetter.
#[derive(Clone, Debug)]
pub struct Sheet {
    pub template: documents::Template,
    pub data: Value,
}

/// The data of one paper, or why it cannot be printed yet and how to make it so.
pub fn sheet(case: &Case, paper: Paper, record: Uuid) -> Result<Sheet> {
    if !case.papers().contains(&(paper, record)) {
        let how = crate::rules::parts(&case.facts()).into_iter().find(|p| p.paper == Some(paper)).map_or("", |p| p.how);
        let how = if how.is_empty() { "请先在纠纷页完成受理审查和前面的步骤，再打印" } else { how };
        return Err(Refusal::new("dossier.not_yet", format!("还不能打印“{}”。", paper.label()), format!("{how}。")).into());
    }
    let none = || Error::NotFound("这份文书");
    let form = |data: Value| Sheet { template: documents::FORM, data };
    let talk = || case.talks.iter().find(|t| t.t.id == record).ok_or_else(none);
    let agreement = || case.agreements.iter().find(|a| a.id.0 == record).ok_or_else(none);
    let mut sheet = match paper {
        Paper::Application => form(papers::application(case).ok_or_else(none)?),
        Paper::Registration => form(papers::registration(case)),
        Paper::Rights => form(papers::rights(case, record)),
        Paper::Identity => form(papers::identity(case)),
        Paper::Power => form(papers::power(case, case.party(record).ok_or_else(none)?)),
        Paper::Inquiry => form(papers::inquiry(case, talk()?)),
        Paper::Evidence => form(papers::evidence(case)),
        Paper::Session => form(papers::session(case, talk()?)),
        Paper::Agreement => {
            let data = case.agreement_data.iter().find(|(id, _)| id.0 == record).map(|(_, d)| d.clone()).ok_or_else(none)?;
            Sheet { template: documents::MEDIATION_AGREEMENT, data: papers::agreement(case, data) }
        }
        Paper::Oral => form(papers::oral(case, agreement()?)),
        Paper::OnSpot => Sheet { template: documents::COPIES, data: police::on_spot(case, agreement()?) },
        Paper::Performance => form(papers::performance(case)),
        Paper::FollowUp => form(papers::follow_up(case, case.follow_ups.iter().find(|f| f.id.0 == record).ok_or_else(none)?)),
        Paper::Confirmation => form(papers::confirmation(case, agreement()?)),
        Paper::Closing => form(papers::closing(case)),
        Paper::Note => form(papers::note(case)),
        Paper::Warning => {
            let w = case.warnings.iter().find(|w| w.id == record).ok_or_else(none)?;
            Sheet { template: documents::COPIES, data: police::warning(case, w) }
        }
        Paper::Referral => form(notices::referral(case)),
        Paper::Refusal => form(notices::refusal(case, record).ok_or_else(none)?),
        Paper::SelfSettlement => form(police::self_settlement(case).ok_or_else(none)?),
        Paper::Acceptance => form(police::acceptance(case).ok_or_else(none)?),
        Paper::Court | Paper::Pass | Paper::Reminder | Paper::Whole => return Err(none()),
    };
    let content = signed_text(&sheet.data);
    let signed: Vec<&Signature> = case
        .signatures
        .iter()
        .filter(|s| s.paper == paper && s.record_id == record && s.content == content)
        .collect();
    for s in signed {
        // The picture is opened when the paper is printed; here its place is marked.
        mark(&mut sheet.data, s);
    }
    name_recordings(&mut sheet.data, &filmed(case, paper, record, &content));
    Ok(sheet)
}

/// The digest of a paper's content without signatures: what a signature signs.
pub fn content(case: &Case, paper: Paper, record: Uuid) -> Result<String> {
    let mut data = sheet(case, paper, record)?.data;
    unmark(&mut data);
    name_recordings(&mut data, &[]);
    Ok(signed_text(&data))
}

/// The digest of what is signed: the paper's data without the marks that say whose place is whose (papers that were signed
/// before guardians, agents and interpreters had theirs keep their signatures).
fn signed_text(data: &Value) -> String {
    let mut data = data.clone();
    walk(&mut data, &mut |fields| {
        if fields.remove("signer").is_some() {
            fields.remove("party");
        }
    });
    crate::print::digest(&data.to_string())
}

/// Whether a paper has a place for this signature.
pub fn has_place(data: &Value, party: Uuid, signer: Signer) -> bool {
    let (mut data, mut found) = (data.clone(), false);
    walk(&mut data, &mut |fields| found |= is_place(fields, party, signer));
    found
}

fn is_place(fields: &serde_json::Map<String, Value>, party: Uuid, signer: Signer) -> bool {
    let of = fields.get("signer").and_then(Value::as_str).unwrap_or(Signer::Party.code());
    of == signer.code() && fields.get("party").and_then(Value::as_str) == Some(&party.to_string())
}

/// The recordings that show the signatures standing on this content, each once (程序规定 §263).
fn filmed(case: &Case, paper: Paper, record: Uuid, content: &str) -> Vec<String> {
    let standing = case.signatures.iter().filter(|s| s.paper == paper && s.record_id == record && s.content == content);
    let mut out: Vec<String> = vec![];
    for r in standing.filter_map(|s| case.recordings.iter().find(|r| r.id == s.recording_id)) {
        let one = format!("{}（{}）", r.file_no, r.device);
        if !out.contains(&one) {
            out.push(one);
        }
    }
    out
}

/// Says under the signatures which recordings show them; none takes the sentence away, which is no part of what was signed.
fn name_recordings(data: &mut Value, recordings: &[String]) {
    const KEY: &str = "signing_film";
    let said = format!("电子签名过程已同步录音录像，录音录像编号：{}。", recordings.join("、"));
    match data.get_mut("blocks").and_then(Value::as_array_mut) {
        Some(blocks) => {
            blocks.retain(|b| b.get(KEY).is_none());
            if !recordings.is_empty() {
                blocks.push(json!({ "prose": said, KEY: true }));
            }
        }
        None => {
            if let Some(fields) = data.as_object_mut() {
                fields.remove(KEY);
                if !recordings.is_empty() {
                    fields.insert(KEY.into(), json!(said));
                }
            }
        }
    }
}

fn mark(value: &mut Value, s: &Signature) {
    walk(value, &mut |fields| {
        if is_place(fields, s.party_id, s.signer) {
            fields.insert("signature".into(), json!({ "$signature": s.id }));
        }
    });
}

fn unmark(value: &mut Value) {
    walk(value, &mut |fields| {
        if fields.get("signature").is_some_and(|s| s.get("$signature").is_some()) {
            fields.remove("signature");
        }
    });
}

/// Calls `f` on every dictionary.
pub(crate) fn walk(value: &mut Value, f: &mut dyn FnMut(&mut serde_json::Map<String, Value>)) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|i| walk(i, f)),
        Value::Object(fields) => {
            f(fields);
            fields.values_mut().for_each(|v| walk(v, f));
        }
        _ => {}
    }
}

/// 2026年5月8日
pub(crate) fn cn(day: Date) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

pub(crate) fn cn_day(at: Timestamp) -> String {
    cn(clock::day_of(at))
}

/// 2026年5月8日14时30分
pub(crate) fn cn_time(at: Timestamp) -> String {
    let z = at.to_zoned_datetime(clock::zone());
    format!("{}{}时{:02}分", cn(z.date()), z.hour(), z.minute())
}

pub(crate) fn maybe(day: Option<Date>) -> String {
    day.map_or_else(String::new, cn)
}

pub(crate) fn rfc3339(at: Timestamp) -> String {
    at.to_zoned_datetime(clock::zone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// A form without its blocks: title, seal's organ, number, the moment of the record it prints.
pub(crate) fn form(title: &str, number: &str, at: Timestamp, blocks: Vec<Value>) -> Value {
    json!({ "issued_at": rfc3339(at), "title": title, "number": number, "blocks": blocks })
}

pub(crate) fn table(widths: &[f64], rows: Vec<Value>) -> Value {
    json!({ "table": { "widths": widths, "rows": rows } })
}

/// Labels and values, two pairs a line.
pub(crate) fn pairs(rows: Vec<Value>) -> Value {
    table(&[-6.2, 1.0, -6.2, 1.0], rows)
}

/// One label with a long text. The column holds five characters, or six where that leaves no single one on a line.
pub(crate) fn tall(label: &str, text: &str, millimetres: u32) -> Value {
    let width = if matches!(label.chars().count(), 6 | 11 | 12) { -7.2 } else { -6.2 };
    table(&[width, 1.0], vec![json!([label, { "value": text, "tall": millimetres }])])
}

pub(crate) fn seal(organ: &str, on: Option<Date>) -> Value {
    json!({ "seal": { "organ": organ, "date": on.map(|d| d.to_string()) } })
}

pub(crate) fn line(label: &str, on: Option<Date>) -> Value {
    json!({ "line": label, "date": on.map(|d| d.to_string()) })
}

/// Blocks that stay on one page.
pub(crate) fn together(blocks: Vec<Value>) -> Value {
    json!({ "together": blocks })
}
