//! Signing on the screen: the paper, the party, the recording, the pad (or an uploaded picture).

use crate::actions;
use crate::compose::{self, Case};
use crate::model::{NewSignature, Paper, Signer};
use askama::Template;
use axum::extract::{Path, Query};
use base64::Engine as _;
use kernel::{DisputeId, Error, Purpose, Uuid};
use web::page::{Again, go};
use web::{Answer, Ctx, Form, Page};

#[derive(Template)]
#[template(path = "sign.html")]
struct Sign<'a> {
    case: Case,
    paper: Paper,
    record: Uuid,
    form: &'a Form,
    again: &'a Again,
    command_id: String,
    signed: Vec<(String, String)>,
}

impl Sign<'_> {
    /// Who may sign: the field's value and what it says.
    fn signers(&self) -> Vec<(String, String)> {
        let value = |party: Uuid, s: Signer| if s == Signer::Party { party.to_string() } else { format!("{party}.{}", s.code()) };
        self.case.signers().into_iter().map(|(party, s, called)| (value(party, s), called)).collect()
    }
}

#[derive(serde::Deserialize)]
pub struct Which {
    #[serde(default)]
    paper: String,
    #[serde(default)]
    record: String,
}

async fn show(ctx: &Ctx, id: DisputeId, paper: Paper, record: Uuid, form: &Form, again: Again) -> Answer {
    let act = ctx.look("dossier.see", Purpose::Mediation).about("dispute", id.0);
    let case = Case::load(&ctx.app, &act, id, false).await?;
    if !case.papers().contains(&(paper, record)) {
        return Err(Error::NotFound("这份文书").into());
    }
    let signed = case
        .signatures
        .iter()
        .filter(|s| s.paper == paper && s.record_id == record)
        .map(|s| {
            let who = case.signers().into_iter().find(|(p, as_whom, _)| *p == s.party_id && *as_whom == s.signer).map_or_else(
                || format!("{}{}", case.party(s.party_id).map_or("", |p| p.p.side.label()), s.signer.label()),
                |(_, _, called)| called,
            );
            let rec = case.recordings.iter().find(|r| r.id == s.recording_id).map_or(String::new(), |r| format!("{} {}", r.device, r.file_no));
            (format!("{who} {}", web::show::moment(&s.signed_at)), rec)
        })
        .collect();
    let (failed, status, number) = (again.any(), again.status(), case.d.number.clone());
    let content = Sign { case, paper, record, form, again: &again, command_id: ctx.command_id().to_string(), signed };
    let page = Page::new(format!("签名：{}", paper.label()), &content)
        .crumb("纠纷", "/disputes")
        .crumb(number, format!("/disputes/{id}"))
        .crumb("卷宗", format!("/disputes/{id}/dossier"));
    if failed { page.status(status).show(ctx) } else { page.show(ctx) }
}

fn which(paper: &str, record: &str) -> kernel::Result<(Paper, Uuid)> {
    let paper = Paper::from_code(paper).ok_or(Error::NotFound("这份文书"))?;
    Ok((paper, web::page::id(record, "这份文书")?))
}

/// `GET /disputes/{id}/dossier/sign?paper=…&record=…`
pub async fn page(ctx: Ctx, Path(id): Path<String>, Query(w): Query<Which>) -> Answer {
    let id = web::page::id(&id, "这起纠纷")?;
    let (paper, record) = which(&w.paper, &w.record)?;
    show(&ctx, id, paper, record, &Form::default(), Again::default()).await
}

/// `POST /disputes/{id}/dossier/sign`
pub async fn send(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id: DisputeId = web::page::id(&id, "这起纠纷")?;
    let (paper, record) = which(form.typed("paper"), form.typed("record"))?;
    // A party's id, or `id.guardian` … for who signs for it.
    let (party, signer) = match form.typed("party").split_once('.') {
        Some((party, signer)) => (party.to_string(), Signer::from_code(signer)),
        None => (form.typed("party").to_string(), Some(Signer::Party)),
    };
    let (Ok(party), Some(signer)) = (party.parse::<Uuid>(), signer) else {
        let again = Again::from_error(kernel::FieldErrors::one("party", "请选择签名的人。"))?;
        return show(&ctx, id, paper, record, &form, again).await;
    };
    // The pad sends `data:image/png;base64,…`; without scripts a picture is uploaded.
    let drawn = form.typed("drawn").split_once("base64,").and_then(|(_, b)| base64::engine::general_purpose::STANDARD.decode(b).ok());
    let picture = match form.files("picture").first() {
        Some(f) => f.bytes.to_vec(),
        None => drawn.unwrap_or_default(),
    };
    let n = NewSignature { paper, record, party, signer, recording: form.optional_id("recording"), picture };
    let act = ctx.act("dossier.sign", Purpose::Mediation, &form);
    let done = match form.finish(n) {
        Ok(n) => actions::sign(&ctx.app, &act, id, &n).await,
        Err(e) => Err(e),
    };
    match done {
        Ok(()) => go(format!("/disputes/{id}/dossier/sign?paper={}&record={record}", paper.code())),
        Err(e) => show(&ctx, id, paper, record, &form, Again::from_error(e)?).await,
    }
}

/// Papers that parties sign on the screen.
pub(crate) fn signable(paper: Paper) -> bool {
    compose::required::of(paper).contains(&"签名") || paper == Paper::Agreement
}
