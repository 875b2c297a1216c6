//! Forms of the other ways: hand-over, request, risk, lead, relations, and the escalation from an incident.

use super::forms::{dispute, end_of};
use crate::actions::{self, Case, Reply};
use crate::model::{AdminAnswer, Answer as Answered, Candidate, Escalation, Risk, Verdict};
use crate::store;
use askama::Template;
use axum::extract::Path;
use kernel::{DisputeId, Error, FieldErrors, IncidentId, Purpose, Reader};
use web::page::{Again, go};
use web::{Answer, Ctx, Form, Page};

/// `POST /disputes/{id}/hand-over`: 公调对接移交.
pub async fn hand_over(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = dispute(&id)?;
    let committee = form.optional_id("committee");
    let told = form.bounded("told", "告知内容", 500);
    let on = form.date("handed_on", "移交日期");
    let act = ctx.act("mediation.hand_over", Purpose::Mediation, &form);
    let done = match form.finish(()) {
        Ok(()) => actions::hand_over(&ctx.app, &act, id, committee, &told, on).await,
        Err(e) => Err(e),
    };
    end_of(&ctx, id, &form, "hand_over", done).await
}

/// `POST /disputes/{id}/hand-over-answer`: 接收, 退回.
pub async fn answer(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = dispute(&id)?;
    let handover = form.id("handover", "移交");
    let reply = Reply {
        answer: Answered::from_code(form.typed("answer")).ok_or(Error::NotFound("这种答复"))?,
        on: form.date("answered_on", "答复日期"),
        by: form.bounded("answered_by", "调解员", 60),
        why: form.bounded("why", "说明", 300),
    };
    let act = ctx.act("mediation.answer", Purpose::Mediation, &form);
    let done = match form.finish(()) {
        Ok(()) => actions::answer(&ctx.app, &act, id, handover, &reply).await,
        Err(e) => Err(e),
    };
    end_of(&ctx, id, &form, "answer", done).await
}

/// `POST /disputes/{id}/apply`: 行政调解申请.
pub async fn apply(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = dispute(&id)?;
    let what = form.bounded("what", "申请事项", 200);
    let asked = form.date("asked_on", "收到申请日期");
    let (complex, ours) = (form.yes("complex"), !form.yes("not_ours"));
    let act = ctx.act("mediation.apply", Purpose::Mediation, &form);
    let done = match form.finish(()) {
        Ok(()) => actions::apply(&ctx.app, &act, id, &what, asked, complex, ours).await,
        Err(e) => Err(e),
    };
    end_of(&ctx, id, &form, "apply", done).await
}

/// `POST /disputes/{id}/decline`: 不予受理, 移送.
pub async fn decline(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = dispute(&id)?;
    let answer = AdminAnswer::from_code(form.typed("answer")).filter(|a| *a != AdminAnswer::Accepted).ok_or(Error::NotFound("这种答复"))?;
    let why = form.bounded("why", "理由", 300);
    let act = ctx.act("mediation.decline", Purpose::Mediation, &form);
    let done = match form.finish(()) {
        Ok(()) => actions::decline(&ctx.app, &act, id, answer, &why).await,
        Err(e) => Err(e),
    };
    end_of(&ctx, id, &form, "decline", done).await
}

/// `POST /disputes/{id}/risk`: 报告激化风险.
pub async fn risk(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = dispute(&id)?;
    let r = Risk {
        what: form.bounded("risk", "情况", 1_000),
        weapon: form.yes("weapon"),
        injured: form.yes("injured"),
        threat: form.yes("threat"),
    };
    let act = ctx.act("mediation.risk", Purpose::Mediation, &form);
    let done = match form.finish(()) {
        Ok(()) => actions::report_risk(&ctx.app, &act, id, &r).await.map(|_| ()),
        Err(e) => Err(e),
    };
    end_of(&ctx, id, &form, "risk", done).await
}

/// `POST /disputes/{id}/lead`: 包案.
pub async fn lead(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id = dispute(&id)?;
    let act = ctx.act("mediation.lead", Purpose::Mediation, &form);
    let done = actions::take_lead(&ctx.app, &act, id, "").await;
    end_of(&ctx, id, &form, "level", done).await
}

/// `POST /disputes/{id}/relate`: 认定关联, 并入.
pub async fn relate(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = dispute(&id)?;
    let note = form.bounded("note", "理由", 300);
    let number = form.bounded("number", "编号", 40);
    let verdict = form.typed("verdict").to_string();
    let act = ctx.act("mediation.relate", Purpose::Mediation, &form);
    let other = match form.optional_id::<DisputeId>("other") {
        Some(o) => Some(o),
        None if number.is_empty() => None,
        None => {
            let look = ctx.look("mediation.by_number", Purpose::Mediation);
            let station = ctx.who.station;
            ctx.app.db().read(&look, async |r: &mut Reader| store::tracks::by_number(r, station, &number).await).await?
        }
    };
    let open = if verdict == "merge" { "merge" } else { "relate" };
    let done = match (form.finish(()), other) {
        (Err(e), _) => Err(e),
        (Ok(()), None) => Err(FieldErrors::one("number", "没有找到这个编号的纠纷，请核对。")),
        (Ok(()), Some(o)) if verdict == "merge" => actions::merge(&ctx.app, &act, id, o, &note).await,
        (Ok(()), Some(o)) => match Verdict::from_code(&verdict) {
            Some(v) => actions::relate(&ctx.app, &act, id, o, v, &note).await,
            None => Err(FieldErrors::one("number", "请选择认定的结果。")),
        },
    };
    end_of(&ctx, id, &form, open, done).await
}

#[derive(Template)]
#[template(path = "escalate.html")]
struct Escalate<'a> {
    form: &'a Form,
    again: &'a Again,
    incident: IncidentId,
    number: String,
    candidates: Vec<Candidate>,
    command_id: String,
}

/// `POST /disputes/from-incident/{id}/escalate`: the incident came out of a dispute.
pub async fn escalate(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let incident: IncidentId = web::page::id(&id, "这起警情")?;
    let d: DisputeId = form.id("dispute", "由哪一起纠纷升级");
    let kind = Escalation::from_code(form.typed("kind"));
    if kind.is_none() {
        form.errors.add("kind", "请选择升级的种类。");
    }
    let note = form.required("note", "认定的理由", 500);
    let look = ctx.look("mediation.of_incident", Purpose::Mediation).about("incident", incident.0);
    let (intake, candidates) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let i = incidents::store::get(r, incident).await?;
            incidents::actions::visible(r, &i).await?;
            let list = store::tracks::candidates(r, i.station_id, i.id, (i.address_id, i.other_address_id), i.reporter_id).await?;
            Ok((i, list))
        })
        .await?;
    let act = ctx.act("mediation.escalate", Purpose::Mediation, &form);
    let done = match (form.finish(()), kind) {
        (Ok(()), Some(kind)) => {
            let day = kernel::clock::day_of(intake.called_at);
            let case = Case { kind, case_no: intake.number.clone(), incident: Some(incident), day, note };
            actions::escalate(&ctx.app, &act, d, &case).await
        }
        (Err(e), _) => Err(e),
        (Ok(()), None) => Err(Error::internal("escalation")),
    };
    match done {
        Ok(()) => go(format!("/disputes/{d}")),
        Err(e) => {
            let again = Again::from_error(e)?;
            let command_id = ctx.command_id().to_string();
            let number = intake.number.clone();
            let content = Escalate { form: &form, again: &again, incident, number, candidates, command_id };
            Page::new("登记升级", &content).crumb("警情", "/incidents").crumb(intake.number, format!("/incidents/{incident}")).again().show(&ctx)
        }
    }
}
