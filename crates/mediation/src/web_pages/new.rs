//! 登记纠纷: by hand, or from an incident (转调解).

use super::{Choice, choices, choices_at};
use crate::actions;
use crate::model::{NewDispute, NewParty, Side};
use askama::Template;
use axum::extract::Query;
use kernel::{IncidentId, PersonId, Purpose, Reader};
use serde::Deserialize;
use web::page::{Again, go};
use web::{Answer, Ctx, Form, Page};

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct From {
    incident: String,
}

/// Parties on the form.
const PARTIES: usize = 2;

#[derive(Template)]
#[template(path = "new.html")]
struct New<'a> {
    form: &'a Form,
    again: &'a Again,
    command_id: String,
    incident_number: String,
    sources: Vec<Choice>,
    categories: Vec<Choice>,
    police: Vec<Choice>,
    causes: Vec<Choice>,
    parties: Vec<PartyView>,
    /// What the text suggests, with and without scripts.
    suggestion: String,
    slot: String,
}

struct PartyView {
    i: usize,
    title: &'static str,
    /// Shown instead of name and phone when the person is already known.
    known: String,
}

async fn show(ctx: &Ctx, form: &Form, again: Again) -> Answer {
    let rules = ctx.app.rules();
    let today = ctx.app.today();
    let incident: Option<IncidentId> = form.optional_id("incident");
    let known = form.optional_id::<PersonId>("person_0");
    let look = ctx.look("mediation.new", Purpose::Mediation);
    let (incident_number, known, station) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let number = match incident {
                Some(i) => {
                    let intake = incidents::store::get(r, i).await?;
                    incidents::actions::visible(r, &intake).await?;
                    intake.number
                }
                None => String::new(),
            };
            let known = match known {
                Some(p) => people::store::person_for(r, p, true).await?.name,
                None => String::new(),
            };
            Ok((number, known, places::store::station_code(r, ctx.who.station).await?))
        })
        .await?;
    let failed = again.any();
    let command_id = match form.typed("command_id") {
        "" => ctx.command_id().to_string(),
        typed => typed.to_string(),
    };
    let content = New {
        form,
        again: &again,
        command_id,
        incident_number,
        sources: choices(&rules, "dispute.source", today),
        categories: choices_at(&rules, "dispute.category.judicial", &station, today),
        police: choices_at(&rules, "dispute.category.police", &station, today),
        causes: choices_at(&rules, "cause_tag", &station, today),
        parties: (0..PARTIES)
            .map(|i| PartyView {
                i,
                title: if i == 0 { "甲方（申请、反映的一方）" } else { "乙方（另一方）" },
                known: if i == 0 { known.clone() } else { String::new() },
            })
            .collect(),
        suggestion: {
            let text = format!("{}\n{}", form.typed("title"), form.typed("summary"));
            categories::panel::html(&rules, today, &text, categories::For::Dispute, form)
        },
        slot: ctx.site.fill(crate::NEW_SLOT, &ctx.who, kernel::Uuid::nil()).await?,
    };
    let page = Page::new("登记纠纷", &content).crumb("纠纷", "/disputes");
    if failed { page.again().show(ctx) } else { page.show(ctx) }
}

/// `GET /disputes/new[?incident=…]`: filled with what the incident says.
pub async fn page(ctx: Ctx, Query(from): Query<From>) -> Answer {
    let mut form = Form::of([("source_code", "walk_in")]);
    if let Ok(id) = from.incident.parse::<kernel::Uuid>() {
        let look = ctx.look("mediation.from_incident", Purpose::Mediation).about("incident", id);
        let intake = ctx
            .app
            .db()
            .read(&look, async |r: &mut Reader| {
                let i = incidents::store::get(r, id.into()).await?;
                incidents::actions::visible(r, &i).await?;
                Ok(i)
            })
            .await?;
        form.set("incident", id.to_string());
        form.set("source_code", "incident");
        form.set("title", intake.title);
        form.set("summary", intake.content);
        form.set("place", intake.place_text);
        if let Some(p) = intake.reporter_id {
            form.set("person_0", p.to_string());
        }
    }
    show(&ctx, &form, Again::default()).await
}

pub(crate) fn party(form: &mut Form, suffix: &str, side: Side) -> NewParty {
    let key = |k: &str| format!("{k}{suffix}");
    NewParty {
        person: form.optional_id(&key("person")),
        name: form.bounded(&key("name"), "姓名", 50),
        phone: form.bounded(&key("phone"), "电话", 30),
        place: form.bounded(&key("home"), "住址", 200),
        side: Some(side),
        minor: form.yes(&key("minor")),
        suspect: form.yes(&key("suspect")),
        guardian: form.bounded(&key("guardian"), "监护人", 100),
        guardian_exempt: form.bounded(&key("guardian_exempt"), "不通知监护人的理由", 200),
        agent_name: form.bounded(&key("agent"), "代理人", 50),
        agent_relation: form.bounded(&key("agent_relation"), "关系", 30),
        agent_power: form.bounded(&key("agent_power"), "权限", 200),
    }
}

/// `POST /disputes/new`
pub async fn open(ctx: Ctx, mut form: Form) -> Answer {
    if categories::panel::asked(&mut form, &["judicial", "police", "causes"]) {
        return show(&ctx, &form, Again::default()).await;
    }
    let title = form.required("title", "事由", 60);
    let summary = form.required("summary", "纠纷经过", actions::MAX_SUMMARY);
    let source_code = form.required("source_code", "来源", 30);
    let mut parties = vec![];
    for i in 0..PARTIES {
        let side = if i == 0 { Side::Applicant } else { Side::Respondent };
        let p = party(&mut form, &format!("_{i}"), side);
        if p.person.is_some() || !p.name.is_empty() || !p.phone.is_empty() {
            parties.push(p);
        }
    }
    if form.typed("domestic_violence").is_empty() {
        form.errors.add("domestic_violence", "请回答是否涉及家庭暴力；涉及的不作为一般纠纷调解。");
    }
    let new = NewDispute {
        incident: form.optional_id("incident"),
        source_code,
        title,
        summary,
        place: form.bounded("place", "地点", 200),
        judicial: form.optional("judicial"),
        police: form.optional("police"),
        causes: form.every("causes"),
        domestic_violence: form.yes("domestic_violence"),
        parties,
    };
    let act = ctx.act("mediation.open", Purpose::Mediation, &form);
    let done = match form.finish(new) {
        Ok(new) => actions::open(&ctx.app, &act, new).await,
        Err(e) => Err(e),
    };
    match done {
        Ok(id) => go(format!("/disputes/{id}")),
        Err(e) => show(&ctx, &form, Again::from_error(e)?).await,
    }
}
