//! One version: numbers, table by person and by day, a cell by hand, publishing, who knows, and illness.

use super::table::{Chosen, DayRow, Row, chosen, day_rows, rows};
use super::Asked;
use crate::actions::{self, Out, Seen};
use crate::model::{Ack, Day, Kind, LeaveKind, PlanLine, State, Told};
use crate::rules::judge::{self, Finding};
use crate::store;
use askama::Template;
use axum::extract::{Path, Query};
use kernel::{Error, Permission as P, Purpose, Reader, UserId, Uuid};
use web::page::{Again, go};
use web::show::weekday;
use web::{Answer, Ctx, Form, Page};

#[derive(Template)]
#[template(path = "plan.html")]
struct One<'a> {
    seen: &'a Seen,
    title: String,
    rows: Vec<Row>,
    days: Vec<(Day, &'static str)>,
    day_rows: Vec<DayRow>,
    by_day: bool,
    legend: Vec<&'a Kind>,
    gap: String,
    proof: String,
    missing: Vec<String>,
    chosen: Option<Chosen>,
    told: &'a [Told],
    since: &'a [Finding],
    acks: Vec<(String, Option<kernel::Timestamp>)>,
    known: usize,
    others: Vec<PlanLine>,
    people: Vec<(UserId, String)>,
    leave_kinds: &'static [LeaveKind],
    today: kernel::Date,
    may_edit: bool,
    may_plan: bool,
    may_publish: bool,
    may_export: bool,
    running: bool,
    share: i64,
    form: &'a Form,
    again: &'a Again,
    command_id: String,
}

/// Reads a version; one that is not published is the planners' alone.
async fn load(ctx: &Ctx, id: Uuid) -> kernel::Result<(Seen, Vec<Ack>, Vec<PlanLine>, Vec<Finding>)> {
    let (rules, station, plans) = (ctx.app.rules(), ctx.who.station, ctx.may(P::RosterPlan));
    let look = ctx.look("roster.see", Purpose::Administration);
    let (seen, acks, others, since) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let seen = actions::see(r, &rules, station, id).await?;
            let acks = store::acks(r, station, id).await?;
            let others = store::versions(r, station, seen.plan.month).await?;
            if plans {
                // The table names the kind of each leave.
                let p = &seen.problem;
                p.people.iter().filter(|m| (0..p.days.len()).any(|d| m.on_leave(d).is_some())).for_each(|m| r.saw("user", m.user));
            }
            // What came in since is for those who can repair it; it names who is away.
            let since = if plans { actions::since(r, &rules, station, &seen).await? } else { vec![] };
            Ok((seen, acks, others, since))
        })
        .await?;
    if seen.plan.state != State::Published && !plans {
        return Err(Error::NotFound("这一版值班表"));
    }
    Ok((seen, acks, others, since))
}

fn content<'a>(ctx: &Ctx, x: &'a (Seen, Vec<Ack>, Vec<PlanLine>, Vec<Finding>), q: &Asked, form: &'a Form, again: &'a Again) -> One<'a> {
    let (seen, acks, others, since) = x;
    let p = &seen.problem;
    let name = |u: UserId| p.people.iter().find(|m| m.user == u).map_or("—".to_string(), |m| m.name.clone());
    let may_plan = ctx.may(P::RosterPlan);
    let editable = crate::rules::may_edit(seen.plan.state).is_ok() && seen.outdated.is_none();
    let missing = seen.judged.missing.iter().map(|&(d, k, n)| format!("{} {} 缺 {n} 人", crate::rules::words::on(p, d), p.kinds[k].label()));
    One {
        title: crate::rules::title(seen.plan.month, seen.plan.n, seen.plan.origin),
        rows: rows(seen, may_plan),
        days: p.days.iter().map(|d| (d.clone(), weekday(d.date))).collect(),
        day_rows: if q.view == "day" { day_rows(seen) } else { vec![] },
        by_day: q.view == "day",
        legend: p.kinds.iter().collect(),
        gap: if (seen.bound > 0 || seen.judged.report.objective == 0) && seen.judged.findings.is_empty() { judge::gap(seen.judged.report.objective, seen.bound) } else { String::new() },
        proof: judge::proof(&seen.judged, seen.bound),
        missing: missing.take(12).collect(),
        chosen: if may_plan && editable { chosen(seen, q) } else { None },
        told: &seen.plan.changes.0,
        since,
        known: acks.iter().filter(|a| a.acked_at.is_some()).count(),
        acks: acks.iter().map(|a| (name(a.user_id), a.acked_at)).collect(),
        others: others.iter().filter(|o| o.id != seen.plan.id).take(8).cloned().collect(),
        people: p.people.iter().map(|m| (m.user, m.name.clone())).collect(),
        leave_kinds: LeaveKind::ALL,
        today: ctx.app.today(),
        may_edit: may_plan && editable,
        may_plan,
        may_publish: ctx.may(P::RosterPublish) && editable,
        may_export: ctx.may(P::DataExport),
        running: seen.plan.state == State::Running,
        share: if seen.plan.seconds > 0 { (seen.plan.progress * 100 / seen.plan.seconds).clamp(0, 100) } else { 0 },
        form,
        again,
        command_id: ctx.command_id().to_string(),
        seen,
    }
}

async fn show(ctx: &Ctx, id: Uuid, q: &Asked, form: &Form, again: Again) -> Answer {
    let x = load(ctx, id).await?;
    let c = content(ctx, &x, q, form, &again);
    let (title, month, failed) = (c.title.clone(), x.0.plan.month, again.any());
    let page = Page::new(title, &c).crumb("值班表", format!("/roster?month={month}"));
    if failed { page.status(again.status()).show(ctx) } else { page.show(ctx) }
}

/// `GET /roster/plans/{id}`
pub async fn page(ctx: Ctx, Path(id): Path<String>, Query(q): Query<Asked>) -> Answer {
    show(&ctx, uuid(&id)?, &q, &Form::default(), Again::default()).await
}

fn uuid(id: &str) -> kernel::Result<Uuid> {
    web::page::id(id, "这一版值班表")
}

/// `GET /roster/plans/{id}/live`: the same without its frame, while it is being solved.
pub async fn live(ctx: Ctx, Path(id): Path<String>, Query(q): Query<Asked>) -> Answer {
    let x = load(&ctx, uuid(&id)?).await?;
    let (form, again) = (Form::default(), Again::default());
    web::page::fragment(&content(&ctx, &x, &q, &form, &again))
}

async fn done(ctx: &Ctx, id: Uuid, form: &Form, result: kernel::Result<String>) -> Answer {
    match result {
        Ok(path) => go(path),
        Err(e) => {
            let q = Asked { who: form.typed("who").into(), day: form.typed("day").into(), ..Asked::default() };
            show(ctx, id, &q, form, Again::from_error(e)?).await
        }
    }
}

/// `POST /roster/plans/{id}/stop`
pub async fn stop(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id = uuid(&id)?;
    let r = actions::stop(&ctx.app, &ctx.act("roster.stop", Purpose::Administration, &form), id).await;
    done(&ctx, id, &form, r.map(|()| format!("/roster/plans/{id}"))).await
}

/// `POST /roster/plans/{id}/cell`: a shift for one, or two people exchange their day.
pub async fn cell(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = uuid(&id)?;
    let version = form.number("version", "版本", 1..=i64::MAX);
    let who: UserId = form.id("who", "人");
    let day = form.date("day", "日期");
    let with = form.optional_id::<UserId>("with");
    let shift = form.optional_id::<Uuid>("shift");
    let act = ctx.act("roster.cell", Purpose::Administration, &form);
    let r = async {
        form.finish(())?;
        match with {
            Some(other) => actions::exchange(&ctx.app, &act, id, version, day, who, other).await,
            None => actions::set_cell(&ctx.app, &act, id, version, (who, day, shift), form.yes("pin")).await,
        }
    }
    .await;
    done(&ctx, id, &form, r.map(|()| format!("/roster/plans/{id}?who={who}&day={day}#table"))).await
}

/// `POST /roster/plans/{id}/copy`
pub async fn copy(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id = uuid(&id)?;
    let r = actions::copy(&ctx.app, &ctx.act("roster.copy", Purpose::Administration, &form), id).await;
    done(&ctx, id, &form, r.map(|new| format!("/roster/plans/{new}"))).await
}

/// `POST /roster/plans/{id}/publish`
pub async fn publish(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = uuid(&id)?;
    let version = form.number("version", "版本", 1..=i64::MAX);
    let reason = form.text("reason");
    let act = ctx.act("roster.publish", Purpose::Administration, &form);
    let r = async {
        form.finish(())?;
        actions::publish(&ctx.app, &act, id, version, &reason).await
    }
    .await;
    done(&ctx, id, &form, r.map(|()| format!("/roster/plans/{id}"))).await
}

/// `POST /roster/plans/{id}/repair`: somebody of the published roster is out.
pub async fn repair(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = uuid(&id)?;
    let user: UserId = form.id("person", "人");
    let (from, until) = (form.date("from", "从哪天"), form.date("until", "到哪天"));
    let kind = LeaveKind::from_code(form.typed("kind"));
    if kind.is_none() {
        form.errors.add("kind", "请选择原因。");
    }
    let act = ctx.act("roster.repair", Purpose::Administration, &form);
    let r = async {
        let out = form.finish(Out { user, kind: kind.unwrap_or(LeaveKind::Other), from, until })?;
        actions::repair(&ctx.app, &act, out).await
    }
    .await;
    let first = |made: Vec<Uuid>| format!("/roster/plans/{}", made.first().copied().unwrap_or(id));
    done(&ctx, id, &form, r.map(first)).await
}
