//! The agreement as one PDF, kept encrypted with the dispute.

use crate::model::{Agreement, Dispute, Form, Obligation, Party, Side, Talk, TalkKind, Term, Track};
use crate::store::{self, parts};
use kernel::{Act, AgreementId, App, DisputeId, Error, Permission as P, Purpose, Reader, Refusal, Result, Tx, clock};
use people::model::{PersonView, Secret};
use serde_json::{Value, json};
use std::sync::LazyLock;
use tokio::sync::Semaphore;

/// The typesetter takes a core and up to 600 MB for a paper at its bounds.
static ADMIT: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(2));

struct Loaded {
    dispute: Dispute,
    agreement: Agreement,
    parties: Vec<(Party, PersonView)>,
    promises: Vec<Obligation>,
    organ: String,
    /// The last session of this agreement's track, with who took part besides the host, and who else was there at the signing.
    session: Option<Talk>,
    present: Vec<(String, String)>,
    /// Who wrote the agreement down.
    written_by: String,
}

async fn load(app: &App, act: &Act, id: DisputeId, agreement: AgreementId) -> Result<Loaded> {
    let look = app.look(&act.actor, "mediation.paper", Purpose::Mediation).about("dispute", id.0);
    app.db()
        .read(&look, async |r: &mut Reader| {
            let dispute = store::get(r, id).await?;
            super::visible(r, &dispute)?;
            let agreement = parts::agreements(r, id).await?.into_iter().find(|a| a.id == agreement).ok_or(Error::NotFound("这份协议"))?;
            let mut parties = vec![];
            for p in parts::parties(r, id).await? {
                let view = people::store::person_for(r, p.person_id, true).await?;
                parties.push((p, view));
            }
            let station = places::store::station(r, dispute.station_id).await?;
            let committees = parts::committees(r, dispute.station_id).await?;
            let organ = agreement
                .committee_id
                .and_then(|c| committees.into_iter().find(|x| x.id == c))
                .map_or(station.name, |c| c.name);
            let promises = parts::obligations(r, id).await?.into_iter().filter(|o| o.agreement_id == agreement.id).collect();
            let session = parts::talks(r, id).await?.into_iter().rfind(|t| t.kind == TalkKind::Session && t.track == Some(agreement.track));
            let mut present = vec![];
            if let Some(s) = &session {
                for (_, user) in parts::crews(r, id).await?.into_iter().filter(|(t, u)| *t == s.id && Some(*u) != s.host_user) {
                    if let Some(u) = identity::store::find_user(r, user).await? {
                        present.push((u.name, u.role.label().to_string()));
                    }
                }
            }
            for (_, user, role) in parts::agreement_crews(r, id).await?.into_iter().filter(|c| c.0 == agreement.id) {
                let name = identity::store::names(r, &[user]).await?.pop().map_or(String::new(), |(_, n)| n);
                if !present.iter().any(|(n, _)| *n == name) {
                    present.push((name, role.label().to_string()));
                }
            }
            let written_by = identity::store::names(r, &[agreement.by_user]).await?.pop().map_or(String::new(), |(_, n)| n);
            Ok(Loaded { dispute, agreement, parties, promises, organ, session, present, written_by })
        })
        .await
}

/// The values of the paper. Full document numbers are opened only by a caller who may reveal them,
/// one audited look each; the number on the paper identifies the party (人民调解法 §29, 程序规定 §184).
pub async fn agreement_data(app: &App, act: &Act, id: DisputeId, agreement: AgreementId) -> Result<(String, Value)> {
    let l = load(app, act, id, agreement).await?;
    let rules = app.rules();
    let on = l.agreement.signed_on;
    let mut parties = vec![];
    for (p, v) in &l.parties {
        let number = if v.id_masked.is_empty() {
            String::new()
        } else if act.actor.may(P::PeopleReveal) {
            people::actions::reveal_for_matter(app, act, v.id, Secret::IdNumber, Purpose::Mediation).await?
        } else {
            v.id_masked.clone()
        };
        parties.push(party(p, v, &number));
    }
    let name = |side: Side| l.parties.iter().find(|(p, _)| p.side == side).map_or("", |(_, v)| v.name.as_str());
    let role_of = |o: &Obligation| {
        o.party_id.and_then(|id| l.parties.iter().find(|(p, _)| p.id == id)).map_or("双方", |(p, _)| p.side.label())
    };
    let terms: Vec<Value> = l
        .promises
        .iter()
        .map(|o| {
            json!({ "text": format!("{}：{}", role_of(o), o.text) })
        })
        .collect();
    let performance: Vec<String> = l.promises.iter().map(|o| format!("第{}项：{}", o.n, performed_how(o))).collect();
    let recorder = if l.agreement.recorder.is_empty() { l.written_by.clone() } else { l.agreement.recorder.clone() };
    let mut closing = vec![];
    let copies = match l.agreement.track {
        Track::Peoples => {
            closing.push("本协议自各方当事人签名、盖章或者按指印，人民调解员签名并加盖人民调解委员会印章之日起生效，对各方当事人具有法律约束力，当事人应当按照约定履行（人民调解法第二十九条、第三十一条）。".to_string());
            let days = rules.int("mediation.judicial_confirmation.request_days", on)?;
            closing.push(format!("双方当事人认为有必要的，可以自本协议生效之日起{days}日内共同向人民法院申请司法确认（人民调解法第三十三条）。就协议的履行或者内容发生争议的，可以向人民法院提起诉讼。"));
            l.parties.len() as i64 + 1
        }
        Track::PublicOrder => {
            closing.push("双方当事人达成协议并履行的，公安机关对违反治安管理的行为不再处罚；不履行协议的，依法给予处罚，并告知当事人可以就民事争议向人民法院提起民事诉讼（公安机关办理行政案件程序规定第一百八十五条）。".to_string());
            // One each and one for the police: three for two parties (公通字〔2007〕81号), four for three.
            rules.int("mediation.public_order.agreement_copies", on)?.max(l.parties.len() as i64 + 1)
        }
        Track::Administrative => {
            closing.push("本协议自各方签名之日起生效。就协议的履行或者内容发生争议的，可以向人民法院提起诉讼。".to_string());
            l.parties.len() as i64 + 1
        }
    };
    if l.agreement.signing_recorded {
        closing.push(match l.agreement.recording_no.as_str() {
            "" => "本协议的签署过程已同步录音录像（录音录像编号尚未登记）。".into(),
            no => format!("本协议的签署过程已同步录音录像，录音录像编号：{no}。"),
        });
    }
    let points: Vec<&str> = l.agreement.points.lines().map(str::trim).filter(|p| !p.is_empty()).collect();
    let (kind, heading) = match l.agreement.track {
        Track::Peoples => ("people", "人民调解协议书"),
        Track::PublicOrder => ("public_order", "治安调解协议书"),
        Track::Administrative => ("public_order", "行政调解协议书"),
    };
    let causes: Vec<&str> = l.dispute.cause_codes().iter().map(|c| rules.name("cause_tag", c)).collect();
    let cause = if causes.is_empty() { l.dispute.title.clone() } else { causes.join("、") };
    let present: Vec<Value> = l.present.iter().map(|(name, role)| json!({ "name": name, "role": role })).collect();
    let mut value = json!({
        "issued_at": rfc3339(l.agreement.at),
        "kind": kind,
        "title": heading,
        "cause": cause,
        "others_present": present,
        "number": l.agreement.number,
        "organ": l.organ,
        "parties": parties,
        "mediators": l.agreement.mediator.split(['、', ',', '，']).map(str::trim).filter(|n| !n.is_empty()).collect::<Vec<_>>(),
        "held": { "from": clock_text(l.agreement.held_at), "place": l.agreement.place },
        "facts": l.agreement.facts,
        "disputes": points,
        "responsibility": duties(&l.agreement.duties),
        "terms": terms,
        "performance": performance.join("\n"),
        "recorder": recorder,
        "closing": closing,
        "copies": copies,
        "copies_note": "各方当事人各执一份，调解机关留存一份，具有同等效力",
        "signed_on": l.agreement.signed_on.to_string(),
    });
    if l.agreement.signing_recorded {
        value["recording_no"] = json!(l.agreement.recording_no);
    }
    if !l.agreement.identity_note.is_empty() {
        value["identity_note"] = json!(l.agreement.identity_note);
    }
    if let Some(s) = &l.session {
        value["course"] = json!(s.text);
    }
    let title = format!("{}与{}调解协议书", name(Side::Applicant), name(Side::Respondent));
    debug_assert!(l.dispute.id == id);
    Ok((title, value))
}

/// 履行方式、地点和期限 of one promise, as the papers print it.
pub fn performed_how(o: &Obligation) -> String {
    let how = if o.how.is_empty() { String::new() } else { format!("{}；", o.how.trim_end_matches(['。', '；'])) };
    let day = |d: kernel::Date| format!("{}年{}月{}日", d.year(), d.month(), d.day());
    let by = match (o.term, o.due) {
        (Term::AtOnce, due) => format!("即时履行（{}签订时当场履行）", due.map_or(String::new(), day)),
        (Term::By, Some(due)) => format!("{}前履行完毕", day(due)),
        (Term::Standing, _) if !o.term_why.is_empty() => format!("自签订之日起长期履行（{}）", o.term_why.trim_end_matches('。')),
        _ => "自签订之日起长期履行".to_string(),
    };
    format!("{how}{by}。")
}

/// `甲方：…` lines become responsibilities by party; other text stands alone.
fn duties(text: &str) -> Vec<Value> {
    text.lines()
        .map(str::trim)
        .filter(|l| !l.is_empty())
        .map(|l| match l.split_once(['：', ':']) {
            Some((who, what)) if who.chars().count() <= 6 => json!({ "party": who, "text": what.trim() }),
            _ => json!({ "party": "各方", "text": l }),
        })
        .collect()
}

fn party(p: &Party, v: &PersonView, id_number: &str) -> Value {
    let mut out = json!({ "role": p.side.label(), "name": v.name, "party": p.id });
    let mut put = |key: &str, value: &str| {
        if !value.is_empty() {
            out[key] = json!(value);
        }
    };
    if v.sex != people::model::Sex::Unknown {
        put("sex", v.sex.label());
    }
    put("ethnicity", &v.ethnicity);
    put("birth_date", &v.birth.map_or(String::new(), |b| b.to_string()));
    put("id_number", id_number);
    put("contact", &v.phone_masked);
    put("address", &v.address_line);
    if !p.agent_name.is_empty() {
        out["agent"] = json!({ "name": p.agent_name, "relation": p.agent_relation, "power": p.agent_power });
    } else if !p.guardian.is_empty() {
        out["agent"] = json!({ "name": p.guardian, "relation": "监护人", "power": "法定代理" });
    }
    out
}

fn rfc3339(at: kernel::Timestamp) -> String {
    at.to_zoned_datetime(clock::zone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

fn clock_text(at: kernel::Timestamp) -> String {
    at.to_zoned_datetime(clock::zone()).strftime("%Y-%m-%dT%H:%M").to_string()
}

/// Prints the agreement and keeps it with the dispute. On-the-spot mediation has no paper: the
/// recording stands for it (程序规定 §178).
pub async fn paper(app: &App, act: &Act, id: DisputeId, agreement: AgreementId) -> Result<()> {
    act.actor.must(P::DisputeMediate)?;
    let l = load(app, act, id, agreement).await?;
    if l.agreement.form == Form::OnSpot {
        return Err(Refusal::new("mediation.no_paper", "当场调解不制作协议书。", "全程录音录像已代替协议书，请保存好录像。")
            .in_force(&app.rules(), l.agreement.signed_on)
            .into());
    }
    let (title, value) = agreement_data(app, act, id, agreement).await?;
    let permit = ADMIT.acquire().await.map_err(Error::internal)?;
    let pdf = tokio::task::spawn_blocking(move || documents::render(&documents::MEDIATION_AGREEMENT, &value)).await.map_err(Error::internal)?;
    drop(permit);
    let pdf = pdf.map_err(|e| match &e {
        documents::DocumentError::TooLarge { .. } | documents::DocumentError::TooManyPages { .. } => {
            Error::TooLarge(e.to_string())
        }
        _ => Error::internal(e.detail()),
    })?;
    web::paper::drawable(&pdf.missing)?;
    let file = attachments::prepare(&format!("{title}.pdf"), pdf.bytes.into()).await?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = super::reach(tx, id).await?;
            attachments::keep(app, tx, d.station_id, "agreement", agreement.0, ("dispute", id.0), std::slice::from_ref(&file)).await?;
            tx.record("mediation.paper", &[("dispute", id.0)], &l.agreement.number);
            tx.emit("mediation.paper", id);
            Ok(())
        })
        .await
}
