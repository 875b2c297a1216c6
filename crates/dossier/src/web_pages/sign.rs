//! Signing on the screen: the paper, the party, the recording, the pad (or an uploaded picture).

use crate::actions;
use crate::compose::{self, Case};
use crate::model::{NewSignature, Paper, Signature, Signer};
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
    /// For the button that prints.
    print_id: String,
    signers: Vec<Who>,
}

/// Somebody who has a place on the paper.
struct Who {
    /// The field's value: a party's id, `id.guardian` … for who signs for it.
    value: String,
    /// 乙方代理人 其其格
    called: String,
    /// When and under which recording, each time.
    signed: Vec<(String, String)>,
}

/// Who signs this paper. A written agreement has a place for each of them; where it stands is known when its numbers are opened.
fn signers(case: &Case, paper: Paper, record: Uuid) -> Vec<Who> {
    let sheet = compose::sheet(case, paper, record).ok();
    let has_place = |party: Uuid, s: Signer| sheet.as_ref().is_none_or(|x| compose::has_place(&x.data, party, s));
    let signed = |party: Uuid, signer: Signer| {
        let of = |s: &&Signature| s.paper == paper && s.record_id == record && s.party_id == party && s.signer == signer;
        let film = |s: &Signature| case.recordings.iter().find(|r| r.id == s.recording_id).map_or(String::new(), |r| format!("{} {}", r.device, r.file_no));
        case.signatures.iter().filter(of).map(|s| (web::show::moment(&s.signed_at), film(s))).collect()
    };
    case.signers()
        .into_iter()
        .filter(|(party, s, _)| has_place(*party, *s))
        .map(|(party, s, called)| {
            let value = if s == Signer::Party { party.to_string() } else { format!("{party}.{}", s.code()) };
            Who { value, called, signed: signed(party, s) }
        })
        .collect()
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
    let signers = signers(&case, paper, record);
    let (failed, status, number) = (again.any(), again.status(), case.d.number.clone());
    let content = Sign { case, paper, record, form, again: &again, command_id: ctx.command_id().to_string(), print_id: ctx.command_id().to_string(), signers };
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
