//! 排班人员: contracts, qualifications, leave.

use crate::actions;
use crate::model::{Contract, Leave, LeaveKind, Opening, Skill, Standing};
use crate::{rules, store};
use askama::Template;
use axum::extract::Path;
use kernel::{Date, Purpose, Reader, Role, ToSpan, UserId, Uuid};
use web::page::{Again, go};
use web::{Answer, Ctx, Form, Page};

struct Line {
    user: UserId,
    name: String,
    role: Role,
    contracts: Vec<Contract>,
    skills: Vec<Skill>,
    leave: Vec<Leave>,
    /// Settled days ahead, and what is done on them.
    pins: Vec<(Date, String)>,
    /// What was done before the first roster, and on the last day of it.
    opening: Option<(Opening, String)>,
}

#[derive(Template)]
#[template(path = "people.html")]
struct People<'a> {
    lines: Vec<Line>,
    known_skills: Vec<String>,
    /// Shifts that can be settled.
    shifts: Vec<(Uuid, String)>,
    standings: &'static [Standing],
    leave_kinds: &'static [LeaveKind],
    from: Date,
    today: Date,
    /// First days of months that a roster can begin with.
    months: Vec<Date>,
    form: &'a Form,
    again: &'a Again,
    /// The form that was sent, so that it stands open.
    sent: String,
    command_id: String,
}

async fn show(ctx: &Ctx, form: &Form, again: Again, sent: &str) -> Answer {
    let (station, today) = (ctx.who.station, ctx.app.today());
    let (from, until) = (today.first_of_month(), today.saturating_add(12.months()));
    let look = ctx.look("roster.people", Purpose::Administration);
    let (users, contracts, skills, leave, pins, posts, openings) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            Ok((
                identity::store::list_users(r, Some(station)).await?,
                store::contracts(r, station, from, until).await?,
                store::skills(r, station, from, until).await?,
                store::leave(r, station, from, until).await?,
                store::pins(r, station, today, until).await?,
                store::posts(r, station).await?,
                store::openings(r, station, from.saturating_sub(1.days()), until).await?,
            ))
        })
        .await?;
    let shifts: Vec<(Uuid, String)> = posts.iter().flat_map(|p| p.shifts.iter().map(|s| (s.id, format!("{}·{} {}", p.post.name, s.name, s.span())))).collect();
    let what = |id: Option<Uuid>| match id {
        None => "休息".to_string(),
        Some(id) => shifts.iter().find(|s| s.0 == id).map_or("已停用的班次".to_string(), |s| s.1.clone()),
    };
    let mut known_skills: Vec<String> = skills.iter().map(|s| s.skill.clone()).collect();
    known_skills.sort();
    known_skills.dedup();
    let lines = users.into_iter().filter(|u| u.disabled_at.is_none() && rules::usual_standing(u.role).is_some()).map(|u| Line {
        contracts: contracts.iter().filter(|c| c.user_id == u.id).cloned().collect(),
        skills: skills.iter().filter(|c| c.user_id == u.id).cloned().collect(),
        leave: leave.iter().filter(|c| c.user_id == u.id).cloned().collect(),
        pins: pins.iter().filter(|c| c.user_id == u.id).map(|c| (c.day, what(c.shift_id))).collect(),
        opening: openings.iter().find(|o| o.user_id == u.id).map(|o| (o.clone(), what(o.shift_id))),
        user: u.id,
        name: u.name,
        role: u.role,
    });
    let failed = again.any();
    let lines = lines.collect();
    let content = People {
        lines,
        shifts,
        known_skills,
        standings: Standing::ALL,
        leave_kinds: LeaveKind::ALL,
        from,
        today,
        months: (0..3).map(|n: i64| from.saturating_add(n.months())).collect(),
        form,
        again: &again,
        sent: sent.into(),
        command_id: ctx.command_id().to_string(),
    };
    let page = Page::new("排班人员", &content).crumb("值班表", "/roster");
    if failed { page.status(again.status()).show(ctx) } else { page.show(ctx) }
}

/// `GET /roster/people`
pub async fn page(ctx: Ctx) -> Answer {
    show(&ctx, &Form::default(), Again::default(), "").await
}

async fn done<T>(ctx: &Ctx, form: &Form, sent: &str, result: kernel::Result<T>) -> Answer {
    match result {
        Ok(_) => go("/roster/people"),
        Err(kernel::Error::NotFound(what)) => Err(kernel::Error::NotFound(what).into()),
        Err(e) => show(ctx, form, Again::from_error(e)?, sent).await,
    }
}

/// `POST /roster/people/contract`
pub async fn contract(ctx: Ctx, mut form: Form) -> Answer {
    let standing = Standing::from_code(form.typed("standing"));
    if standing.is_none() {
        form.errors.add("standing", "请选择身份。");
    }
    let c = Contract {
        id: Uuid::nil(),
        user_id: form.id("person", "人"),
        standing: standing.unwrap_or(Standing::Auxiliary),
        week_hours: form.number("week_hours", "每周工时", 1..=60),
        fill_percent: form.number("fill_percent", "至少排满的比例", 0..=100),
        from_day: form.date("from", "起始日期"),
        until_day: form.optional_date("until", "截止日期"),
    };
    let act = ctx.act("roster.contract", Purpose::Administration, &form);
    let r = async { actions::add_contract(&ctx.app, &act, form.finish(c)?).await }.await;
    done(&ctx, &form, "contract", r).await
}

/// `POST /roster/people/contract/{id}/end`
pub async fn end_contract(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id: Uuid = web::page::id(&id, "这段用工")?;
    let until = form.date("until", "截止日期");
    let act = ctx.act("roster.end_contract", Purpose::Administration, &form);
    let r = async { actions::end_contract(&ctx.app, &act, id, form.finish(until)?).await }.await;
    done(&ctx, &form, "end", r).await
}

/// `POST /roster/people/skill`
pub async fn skill(ctx: Ctx, mut form: Form) -> Answer {
    let x = Skill {
        id: Uuid::nil(),
        user_id: form.id("person", "人"),
        skill: form.required("skill", "资质", 20),
        from_day: form.date("from", "起始日期"),
        until_day: form.optional_date("until", "截止日期"),
    };
    let act = ctx.act("roster.skill", Purpose::Administration, &form);
    let r = async { actions::add_skill(&ctx.app, &act, form.finish(x)?).await }.await;
    done(&ctx, &form, "skill", r).await
}

/// `POST /roster/people/skill/{id}/end`
pub async fn end_skill(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id: Uuid = web::page::id(&id, "这项资质")?;
    let until = form.date("until", "截止日期");
    let act = ctx.act("roster.end_skill", Purpose::Administration, &form);
    let r = async { actions::end_skill(&ctx.app, &act, id, form.finish(until)?).await }.await;
    done(&ctx, &form, "end", r).await
}

/// `POST /roster/people/skill/{id}/cancel`
pub async fn cancel_skill(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id: Uuid = web::page::id(&id, "这项资质")?;
    let act = ctx.act("roster.cancel_skill", Purpose::Administration, &form);
    let r = actions::cancel_skill(&ctx.app, &act, id).await;
    done(&ctx, &form, "", r).await
}

/// `POST /roster/people/opening`: what somebody did before the first roster here.
pub async fn opening(ctx: Ctx, mut form: Form) -> Answer {
    let o = Opening {
        user_id: form.id("person", "人"),
        day: form.date("month", "从哪个月起"),
        shift_id: form.optional_id::<Uuid>("shift"),
        run: form.number("run", "连着的天数", 1..=31),
        nights: form.number("nights", "夜班", 0..=200),
        rests: form.number("rests", "周末班", 0..=200),
        holidays: form.number("holidays", "节假日班", 0..=200),
    };
    let act = ctx.act("roster.opening", Purpose::Administration, &form);
    let r = async { actions::set_opening(&ctx.app, &act, form.finish(o)?).await }.await;
    done(&ctx, &form, "opening", r).await
}

/// `POST /roster/people/opening/end`
pub async fn end_opening(ctx: Ctx, mut form: Form) -> Answer {
    let user: UserId = form.id("person", "人");
    let day = form.date("day", "日期");
    let act = ctx.act("roster.end_opening", Purpose::Administration, &form);
    let r = async {
        form.finish(())?;
        actions::end_opening(&ctx.app, &act, user, day).await
    }
    .await;
    done(&ctx, &form, "", r).await
}

/// `POST /roster/people/leave`
pub async fn leave(ctx: Ctx, mut form: Form) -> Answer {
    let user: UserId = form.id("person", "人");
    let kind = LeaveKind::from_code(form.typed("kind"));
    if kind.is_none() {
        form.errors.add("kind", "请选择请假种类。");
    }
    let (from, until) = (form.date("from", "开始日期"), form.date("until", "结束日期"));
    let act = ctx.act("roster.leave", Purpose::Administration, &form);
    let r = async {
        form.finish(())?;
        actions::add_leave(&ctx.app, &act, user, kind.unwrap_or(LeaveKind::Other), from, until).await
    }
    .await;
    done(&ctx, &form, "leave", r).await
}

/// `POST /roster/people/leave/{id}/cancel`
pub async fn cancel_leave(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id: Uuid = web::page::id(&id, "这次请假")?;
    let act = ctx.act("roster.cancel_leave", Purpose::Administration, &form);
    let r = actions::cancel_leave(&ctx.app, &act, id).await;
    done(&ctx, &form, "", r).await
}

/// `POST /roster/people/pin`: a duty that is settled before any search.
pub async fn pin(ctx: Ctx, mut form: Form) -> Answer {
    let user: UserId = form.id("person", "人");
    let day = form.date("day", "日期");
    let shift = form.optional_id::<Uuid>("shift");
    let act = ctx.act("roster.pin", Purpose::Administration, &form);
    let r = async {
        form.finish(())?;
        actions::pin(&ctx.app, &act, user, day, shift, true).await
    }
    .await;
    done(&ctx, &form, "pin", r).await
}

/// `POST /roster/people/pin/end`
pub async fn end_pin(ctx: Ctx, mut form: Form) -> Answer {
    let user: UserId = form.id("person", "人");
    let day = form.date("day", "日期");
    let act = ctx.act("roster.pin", Purpose::Administration, &form);
    let r = async {
        form.finish(())?;
        actions::pin(&ctx.app, &act, user, day, None, false).await
    }
    .await;
    done(&ctx, &form, "", r).await
}
