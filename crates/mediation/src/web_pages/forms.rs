//! The forms of a dispute: each reads its fields, calls one action, and is shown again with what was
//! typed when something is wrong.

use super::{detail, new};
use crate::actions::{self, Case};
use crate::model::{
    Confirmation, Escalation, Form as PaperForm, Found, NewAgreement, NewDecision, NewPromise, NewTalk, NewWarning, Progress, Settlement, Side,
    TalkKind, Term, Track,
};
use crate::rules::Answers;
use crate::store::Edit;
use askama::Template;
use axum::extract::Path;
use kernel::{Date, DisputeId, Error, Purpose, UserId, Uuid};
use web::page::{Again, go};
use web::{Answer, Ctx, Form, Page};

pub(crate) fn dispute(id: &str) -> kernel::Result<DisputeId> {
    web::page::id(id, "这起纠纷")
}

/// Goes back to the dispute, or shows it with the failed form.
pub(crate) async fn end_of(ctx: &Ctx, id: DisputeId, form: &Form, open: &str, done: kernel::Result<()>) -> Answer {
    match done {
        Ok(()) => go(format!("/disputes/{id}")),
        Err(e) => detail::show(ctx, id, form, Again::from_error(e)?, open).await,
    }
}

/// Uploads of `field`, checked and re-encoded; what is wrong stands under the field.
async fn files(form: &mut Form, field: &str) -> kernel::Result<Vec<attachments::Prepared>> {
    let mut out = vec![];
    for upload in form.files(field).into_iter().cloned().collect::<Vec<_>>() {
        match attachments::prepare(&upload.file_name, upload.bytes).await {
            Ok(f) => out.push(f),
            Err(Error::Refused(r)) => form.errors.add(field, r.to_string()),
            Err(e) => return Err(e),
        }
    }
    Ok(out)
}

/// `POST /disputes/{id}/party`
pub async fn party(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = dispute(&id)?;
    let side = Side::from_code(form.typed("side")).unwrap_or(Side::Respondent);
    let p = new::party(&mut form, "", side);
    let act = ctx.act("mediation.party", Purpose::Mediation, &form);
    let known = form.optional_id::<Uuid>("party");
    let done = match (form.finish(p), known) {
        (Ok(p), Some(party)) => actions::amend_party(&ctx.app, &act, id, party, p).await,
        (Ok(p), None) => actions::add_party(&ctx.app, &act, id, p).await,
        (Err(e), _) => Err(e),
    };
    end_of(&ctx, id, &form, "party", done).await
}

/// `POST /disputes/{id}/edit`
pub async fn edit(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = dispute(&id)?;
    let version = form.number("version", "版本", 1..=i64::MAX);
    let e = Edit {
        title: form.required("title", "事由", 60),
        summary: form.required("summary", "经过", actions::MAX_SUMMARY),
        judicial: form.optional("judicial"),
        police: form.optional("police"),
        causes: form.every("causes"),
    };
    let act = ctx.act("mediation.edit", Purpose::Mediation, &form);
    let done = match form.finish(e) {
        Ok(e) => actions::edit(&ctx.app, &act, id, version, e).await,
        Err(e) => Err(e),
    };
    end_of(&ctx, id, &form, "edit", done).await
}

/// `POST /disputes/{id}/level`
pub async fn level(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = dispute(&id)?;
    let to = form.required("level", "级别", 20);
    let why = form.bounded("level_why", "理由", 300);
    let facts = form.every("facts");
    let act = ctx.act("mediation.level", Purpose::Mediation, &form);
    let done = match form.finish(()) {
        Ok(()) => actions::set_level(&ctx.app, &act, id, &to, &facts, &why).await,
        Err(e) => Err(e),
    };
    end_of(&ctx, id, &form, "level", done).await
}

/// `POST /disputes/{id}/gate`: 受理审查.
pub async fn gate(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id = dispute(&id)?;
    let Some(track) = Track::from_code(form.typed("track")) else {
        let again = Again::from_error(kernel::FieldErrors::one("track", "请选择调解途径。"))?;
        return detail::show(&ctx, id, &form, again, "gate").await;
    };
    let rules = ctx.app.rules();
    let mut a = Answers {
        act: form.optional("act"),
        circumstance: form.optional("circumstance"),
        told: form.yes("told"),
        willing: form.yes("willing"),
        committee: form.optional_id("committee"),
        mediator: form.text("mediator"),
        ..Answers::default()
    };
    for q in rules.list(crate::rules::questions(track), ctx.app.today()) {
        match form.typed(&format!("q.{}", q.code)) {
            "yes" => a.exclusions.insert(q.code.clone(), true),
            "no" => a.exclusions.insert(q.code.clone(), false),
            _ => None,
        };
    }
    let act = ctx.act("mediation.gate", Purpose::Mediation, &form);
    if form.yes("recheck") {
        // An exclusion ends the mediation: the page then shows what was answered and what is due.
        let done = actions::recheck(&ctx.app, &act, id, &a).await.map(|_| ());
        return end_of(&ctx, id, &form, "recheck", done).await;
    }
    let open = format!("gate.{}", track.code());
    match actions::gate(&ctx.app, &act, id, track, &a).await {
        Ok(None) => go(format!("/disputes/{id}")),
        Ok(Some(refusal)) => {
            let again = Again { refusal: Some(refusal), ..Again::default() };
            detail::show(&ctx, id, &form, again, &open).await
        }
        Err(e) => detail::show(&ctx, id, &form, Again::from_error(e)?, &open).await,
    }
}

/// `POST /disputes/{id}/talk`: 走访调查, 调解.
pub async fn talk(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = dispute(&id)?;
    let kind = TalkKind::from_code(form.typed("kind")).ok_or(Error::NotFound("这种记录"))?;
    let held_from = form.moment("held_from", "开始时间");
    let t = NewTalk {
        kind,
        held_from,
        held_until: form.optional_moment("held_until", "结束时间"),
        place: form.bounded("place", "地点", 100),
        committee: form.optional_id("committee"),
        mediator: form.bounded("mediator", "调解员", 60),
        host: form.optional_id::<UserId>("host"),
        crew: form.every("crew").iter().filter_map(|u| u.parse().ok()).collect(),
        recorded: form.yes("recorded"),
        recording_no: form.bounded("recording_no", "录音录像编号", 80),
        text: form.bounded("text", "经过", 8_000),
        files: files(&mut form, "files").await?,
    };
    let act = ctx.act("mediation.talk", Purpose::Mediation, &form);
    let done = match form.finish(t) {
        Ok(t) => actions::talk(&ctx.app, &act, id, t).await,
        Err(e) => Err(e),
    };
    end_of(&ctx, id, &form, kind.code(), done).await
}

/// `POST /disputes/{id}/recording-no`: the number of a recording that was registered without one.
pub async fn recording_no(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = dispute(&id)?;
    let record: Uuid = form.id("record", "这份记录");
    let no = form.required("recording_no", "录音录像编号", 80);
    let act = ctx.act("mediation.recording_no", Purpose::Mediation, &form);
    let done = match form.finish(()) {
        Ok(()) => actions::number_recording(&ctx.app, &act, id, record, &no).await,
        Err(e) => Err(e),
    };
    end_of(&ctx, id, &form, &format!("recording.{record}"), done).await
}

/// `POST /disputes/{id}/plan`: 调解方案.
pub async fn plan(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = dispute(&id)?;
    let text = form.required("plan", "方案", 4_000);
    let act = ctx.act("mediation.plan", Purpose::Mediation, &form);
    let done = match form.finish(()) {
        Ok(()) => actions::plan(&ctx.app, &act, id, &text).await,
        Err(e) => Err(e),
    };
    end_of(&ctx, id, &form, "plan", done).await
}

/// `POST /disputes/{id}/clock`: 中止, 恢复, 延长, 治安案件延长.
pub async fn clock(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = dispute(&id)?;
    let why = form.bounded("why", "理由", 300);
    let deed = form.typed("deed").to_string();
    let to = if deed == "extend" { form.date("to", "新的期限") } else { Date::ZERO };
    let both = form.yes("both_agree");
    let approved_by = form.bounded("approved_by", "批准机关", 100);
    let act = ctx.act("mediation.clock", Purpose::Mediation, &form);
    let done = match (form.finish(()), deed.as_str()) {
        (Err(e), _) => Err(e),
        (Ok(()), "pause") => actions::pause(&ctx.app, &act, id, &why).await,
        (Ok(()), "resume") => actions::resume(&ctx.app, &act, id, &why).await,
        (Ok(()), "extend") => actions::extend(&ctx.app, &act, id, to, &why, both).await,
        (Ok(()), "extend_case") => actions::extend_case(&ctx.app, &act, id, &approved_by, &why).await,
        _ => Err(Error::NotFound("这个操作")),
    };
    end_of(&ctx, id, &form, "clock", done).await
}

/// Rows of promises on the agreement page.
const ROWS: usize = 6;

#[derive(Template)]
#[template(path = "agreement.html")]
struct AgreementPage<'a> {
    l: detail::Loaded,
    form: &'a Form,
    again: &'a Again,
    command_id: String,
    track: Track,
    rows: Vec<Row>,
    /// Names that stand in two roles: asked about, not refused.
    doubled: Vec<String>,
    /// What higher domains bring (the Fengqiao book).
    slot: String,
}

struct Row {
    i: usize,
    term: String,
    how: String,
    by: String,
    party: String,
    when: String,
    why: String,
}

async fn show_agreement(ctx: &Ctx, id: DisputeId, form: &Form, again: Again) -> Answer {
    let l = detail::load(ctx, id).await?;
    crate::rules::next(l.d.state, crate::model::Step::Agree).map_err(Error::from)?;
    let track = l.d.track.ok_or(Error::NotFound("调解途径"))?;
    let failed = again.any();
    let filled = (0..crate::rules::MAX_PROMISES).rev().find(|i| !form.typed(&format!("term{i}")).is_empty()).map_or(0, |i| i + 1);
    let rows = (0..filled.clamp(ROWS, crate::rules::MAX_PROMISES))
        .map(|i| Row {
            i,
            term: form.typed(&format!("term{i}")).into(),
            how: form.typed(&format!("how{i}")).into(),
            by: form.typed(&format!("by{i}")).into(),
            party: form.typed(&format!("party{i}")).into(),
            when: form.typed(&format!("when{i}")).into(),
            why: form.typed(&format!("why{i}")).into(),
        })
        .collect();
    let number = l.d.number.clone();
    let command_id = match form.typed("command_id") {
        "" => ctx.command_id().to_string(),
        typed => typed.to_string(),
    };
    let slot = ctx.site.fill(crate::AGREEMENT_SLOT, &ctx.who, id.0).await?;
    let people: Vec<_> = l.parties.iter().map(|(p, v)| (p.clone(), v.name.clone())).collect();
    let doubled = crate::rules::doubled(&people, form.typed("mediator"));
    let content = AgreementPage { l, form, again: &again, command_id, track, rows, doubled, slot };
    let page = Page::new("调解协议", &content).crumb("纠纷", "/disputes").crumb(number, format!("/disputes/{id}"));
    if failed { page.again().show(ctx) } else { page.show(ctx) }
}

/// `GET /disputes/{id}/agreement`: filled with facts and plan that stand.
pub async fn agreement_page(ctx: Ctx, Path(id): Path<String>) -> Answer {
    let id = dispute(&id)?;
    let l = detail::load(&ctx, id).await?;
    let now = ctx.now().to_zoned_datetime(kernel::clock::zone());
    let mut form = Form::of([
        ("facts", l.d.summary.clone()),
        ("signed_on", ctx.app.today().to_string()),
        ("held_at", now.strftime("%Y-%m-%dT%H:%M").to_string()),
        ("form", "written".to_string()),
        ("recorder", ctx.who.name.clone()),
    ]);
    if let Some(t) = l.talks.iter().rev().find(|t| t.t.kind == TalkKind::Session) {
        let host = if t.t.mediator.is_empty() { t.host.clone() } else { t.t.mediator.clone() };
        form.set("mediator", host);
        form.set("place", t.t.place.clone());
    }
    if let Some(c) = l.runs.last().and_then(|r| r.0.committee_id) {
        form.set("committee", c.to_string());
    }
    for (i, line) in l.d.plan.lines().map(str::trim).filter(|p| !p.is_empty()).take(crate::rules::MAX_PROMISES).enumerate() {
        form.set(&format!("term{i}"), line.to_string());
    }
    show_agreement(&ctx, id, &form, Again::default()).await
}

/// `POST /disputes/{id}/agreement`: written down, and the paper printed.
pub async fn agree(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = dispute(&id)?;
    let mut promises = vec![];
    for i in 0..crate::rules::MAX_PROMISES {
        let text = form.bounded(&format!("term{i}"), "协议内容", 400);
        let by = form.optional_date(&format!("by{i}"), "履行期限");
        let how = form.bounded(&format!("how{i}"), "履行方式、地点", 200);
        let why = form.bounded(&format!("why{i}"), "长期履行的理由", 200);
        // A date alone says that it is kept by then.
        let term = Term::from_code(form.typed(&format!("when{i}"))).or(by.map(|_| Term::By));
        let by = by.filter(|_| term == Some(Term::By));
        let both = form.typed(&format!("party{i}")) == "both";
        if text.is_empty() {
            if by.is_some() || !how.is_empty() {
                form.errors.add(format!("term{i}"), "写了期限或方式，请补上内容。");
            }
            continue;
        }
        let party = if both { None } else { form.optional_id::<Uuid>(&format!("party{i}")) };
        promises.push(NewPromise { party, both, text, how, term, by, why });
    }
    let a = NewAgreement {
        form: PaperForm::from_code(form.typed("form")).unwrap_or(PaperForm::Written),
        committee: form.optional_id("committee"),
        mediator: form.required("mediator", "主持人（调解员）", 60),
        facts: form.required("facts", "主要事实", 6_000),
        points: form.bounded("points", "争议焦点", 2_000),
        duties: form.bounded("duties", "各方责任", 2_000),
        held_at: form.moment("held_at", "调解时间"),
        place: form.bounded("place", "调解地点", 100),
        signed_on: form.date("signed_on", "签订日期"),
        signing_recorded: form.yes("signing_recorded"),
        recording_no: form.bounded("recording_no", "录音录像编号", 80),
        electronic: form.yes("electronic"),
        recorder: form.bounded("recorder", "记录人", 60),
        no_cost_dispute: form.yes("no_cost_dispute"),
        spot_consent: form.yes("spot_consent"),
        identity_note: form.bounded("identity_note", "身份情况不全的原因", 200),
        names_checked: form.yes("names_checked"),
        crew: form.every("crew").iter().filter_map(|u| u.parse().ok()).collect(),
        promises,
        files: files(&mut form, "files").await?,
    };
    let act = ctx.act("mediation.agree", Purpose::Mediation, &form);
    let written = a.form != PaperForm::OnSpot;
    let done = match form.finish(a) {
        Ok(a) => actions::agree(&ctx.app, &act, id, &a).await,
        Err(e) => Err(e),
    };
    match done {
        Ok(agreed) => {
            if written {
                let act = ctx.app.act(&ctx.who, "mediation.paper", Purpose::Mediation, ctx.app.fresh_command());
                actions::paper(&ctx.app, &act, id, agreed.id).await?;
            }
            go(format!("/disputes/{id}"))
        }
        Err(e) => show_agreement(&ctx, id, &form, Again::from_error(e)?).await,
    }
}

/// `POST /disputes/{id}/paper`: prints the agreement again (a second original).
pub async fn paper(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = dispute(&id)?;
    let agreement = form.id("agreement", "协议");
    let act = ctx.act("mediation.paper", Purpose::Mediation, &form);
    let done = match form.finish(()) {
        Ok(()) => actions::paper(&ctx.app, &act, id, agreement).await,
        Err(e) => Err(e),
    };
    end_of(&ctx, id, &form, "", done).await
}

/// `POST /disputes/{id}/promise`: 履行登记, 未履行.
pub async fn promise(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = dispute(&id)?;
    let obligation = form.id("obligation", "义务");
    let proof = form.bounded("proof", "凭证", 500);
    let broken = form.typed("deed") == "broken";
    let on = if broken { Date::ZERO } else { form.date("done_on", "履行日期") };
    let files = files(&mut form, "files").await?;
    let act = ctx.act("mediation.promise", Purpose::Mediation, &form);
    let done = match form.finish(()) {
        Ok(()) if broken => actions::break_promise(&ctx.app, &act, id, obligation, &proof).await,
        Ok(()) => actions::perform(&ctx.app, &act, id, obligation, on, &proof, &files).await,
        Err(e) => Err(e),
    };
    end_of(&ctx, id, &form, &format!("promise.{obligation}"), done).await
}

/// `POST /disputes/{id}/confirm`: 司法确认.
pub async fn confirm(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = dispute(&id)?;
    let agreement = form.id("agreement", "协议");
    let note = form.bounded("note", "说明", 300);
    let act = ctx.act("mediation.confirm", Purpose::Mediation, &form);
    if form.typed("deed") == "extend" {
        let done = match form.finish(()) {
            Ok(()) => actions::extend_court(&ctx.app, &act, id, &note).await,
            Err(e) => Err(e),
        };
        return end_of(&ctx, id, &form, "confirm", done).await;
    }
    let Some(to) = Confirmation::from_code(form.typed("to")) else {
        let again = Again::from_error(kernel::FieldErrors::one("to", "请选择司法确认的进展。"))?;
        return detail::show(&ctx, id, &form, again, "confirm").await;
    };
    let rules = ctx.app.rules();
    let exclusions = rules
        .list("judicial_confirmation.exclusion", ctx.app.today())
        .into_iter()
        .filter_map(|q| match form.typed(&format!("x.{}", q.code)) {
            "yes" => Some((q.code.clone(), true)),
            "no" => Some((q.code.clone(), false)),
            _ => None,
        })
        .collect();
    let p = Progress {
        to,
        on: form.date("on", "日期"),
        both: form.yes("both"),
        exclusions,
        court: form.bounded("court", "人民法院", 60),
        case_no: form.bounded("case_no", "案号", 60),
        note,
    };
    let done = match form.finish(p) {
        Ok(p) => actions::confirm(&ctx.app, &act, id, agreement, &p).await,
        Err(e) => Err(e),
    };
    end_of(&ctx, id, &form, "confirm", done).await
}

/// `POST /disputes/{id}/follow-up`
pub async fn follow_up(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = dispute(&id)?;
    let follow = form.id("follow_up", "回访");
    let f = Found {
        mode: form.required("mode", "回访方式", 20),
        interviewee: form.required("interviewee", "回访对象", 60),
        finding: form.required("finding", "回访结果", 20),
        satisfaction: form.optional("satisfaction"),
        note: form.bounded("note", "情况", 2_000),
        whom: form.typed("whom").to_string(),
        suit: form.bounded("suit", "起诉情况", 200),
        signs: form.bounded("signs", "错调、激化的迹象", 500),
        measures: form.bounded("measures", "采取的措施", 500),
    };
    let act = ctx.act("mediation.follow_up", Purpose::FollowUp, &form);
    let done = match form.finish(f) {
        Ok(f) => actions::follow_up(&ctx.app, &act, id, follow, &f).await,
        Err(e) => Err(e),
    };
    end_of(&ctx, id, &form, "follow_up", done).await
}

/// `POST /disputes/{id}/plan-follow-up`
pub async fn plan_follow_up(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id = dispute(&id)?;
    let act = ctx.act("mediation.plan_follow_up", Purpose::FollowUp, &form);
    let done = actions::add_follow_ups(&ctx.app, &act, id).await;
    end_of(&ctx, id, &form, "follow_up", done).await
}

/// `POST /disputes/{id}/end`: 告知分流, 自行和解, 调解不成, 撤回, 家暴处置, 办结.
pub async fn end(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = dispute(&id)?;
    let deed = form.typed("deed").to_string();
    let told_to = form.bounded("told_to", "告知去向", 200);
    let told_how = form.bounded("told_how", "告知方式", 60);
    let what = form.bounded("what", "情况", 2_000);
    let disputed = form.yes("disputed");
    let settled = Settlement {
        what: what.clone(),
        settled_on: form.optional_date("settled_on", "和解日期"),
        requested_on: form.optional_date("requested_on", "书面申请日期"),
        performed_on: form.optional_date("performed_on", "履行日期"),
        accepted_on: form.optional_date("accepted_on", "认可日期"),
        opinion: form.bounded("opinion", "认可意见", 1_000),
        violation: match form.typed("violation") {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        },
    };
    let decision = NewDecision {
        kind: form.typed("decision_kind").to_string(),
        number: form.bounded("decision_no", "文号", 60),
        decided_on: if deed == "decide" { form.date("decided_on", "决定日期") } else { Date::ZERO },
        note: what.clone(),
    };
    let act = ctx.act("mediation.end", Purpose::Mediation, &form);
    let app = &ctx.app;
    let done = match (form.finish(()), deed.as_str()) {
        (Err(e), _) => Err(e),
        (Ok(()), "refer") => actions::refer(app, &act, id, &told_to, &told_how, disputed).await,
        (Ok(()), "self_settle") => actions::self_settle(app, &act, id, &settled).await,
        (Ok(()), "amend_settlement") => actions::amend_settlement(app, &act, id, &settled).await,
        (Ok(()), "decide") => actions::decide(app, &act, id, &decision).await,
        (Ok(()), "fail") => actions::fail(app, &act, id, &what).await.map_err(|e| under(e, "why", "what")),
        (Ok(()), "withdraw") => actions::withdraw(app, &act, id, &what).await.map_err(|e| under(e, "why", "what")),
        (Ok(()), "protect") => actions::protect(app, &act, id, &what).await,
        (Ok(()), "close") => actions::close(app, &act, id, &what).await.map(|_| ()),
        _ => Err(Error::NotFound("这个操作")),
    };
    end_of(&ctx, id, &form, &deed, done).await
}

/// The action's field as it is called on this form.
fn under(e: Error, action: &str, form: &str) -> Error {
    match e {
        Error::Invalid(mut fields) => {
            for (name, _) in &mut fields.0 {
                if name == action {
                    *name = form.into();
                }
            }
            Error::Invalid(fields)
        }
        other => other,
    }
}

/// `POST /disputes/{id}/warn`: 告诫书.
pub async fn warn(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = dispute(&id)?;
    let w = NewWarning {
        offender: form.id("offender", "加害人"),
        victim: form.id("victim", "受害人"),
        facts: form.bounded("facts", "事实", 4_000),
        prohibition: form.bounded("prohibition", "禁止事项", 1_000),
        served_offender_on: form.date("served_offender_on", "送交加害人日期"),
        served_victim_on: form.date("served_victim_on", "送交受害人日期"),
        committee_told: form.bounded("committee_told", "通知的居（村）委会", 100),
        told_on: form.date("told_on", "通知日期"),
    };
    let act = ctx.act("mediation.warn", Purpose::Mediation, &form);
    let done = match form.finish(w) {
        Ok(w) => actions::warn(&ctx.app, &act, id, &w).await,
        Err(e) => Err(e),
    };
    end_of(&ctx, id, &form, "warn", done).await
}

/// `POST /disputes/{id}/escalate`: 民转治, 民转刑.
pub async fn escalate(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = dispute(&id)?;
    let kind = Escalation::from_code(form.typed("kind"));
    if kind.is_none() {
        form.errors.add("kind", "请选择升级的种类。");
    }
    let day = form.date("day", "日期");
    let case_no = form.bounded("case_no", "案号", 60);
    let note = form.bounded("note", "说明", 500);
    let incident = form.optional_id("incident");
    let act = ctx.act("mediation.escalate", Purpose::Mediation, &form);
    let done = match (form.finish(()), kind) {
        (Ok(()), Some(kind)) => actions::escalate(&ctx.app, &act, id, &Case { kind, case_no, incident, day, note }).await,
        (Err(e), _) => Err(e),
        (Ok(()), None) => Err(Error::internal("escalation")),
    };
    end_of(&ctx, id, &form, "escalate", done).await
}

/// `POST /disputes/{id}/reopen`
pub async fn reopen(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = dispute(&id)?;
    let why = form.bounded("why", "理由", 300);
    let act = ctx.act("mediation.reopen", Purpose::Mediation, &form);
    let done = match form.finish(()) {
        Ok(()) => actions::reopen(&ctx.app, &act, id, &why).await,
        Err(e) => Err(e),
    };
    end_of(&ctx, id, &form, "reopen", done).await
}

