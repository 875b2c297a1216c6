//! After publication: paper and workbook, swaps, the calendar feed.

use crate::actions;
use crate::model::{State, Swap, SwapState};
use crate::{paper, store};
use askama::Template;
use axum::extract::Path;
use axum::response::IntoResponse;
use http::header;
use kernel::{Date, Error, Permission as P, Purpose, Reader, ToSpan, UserId, Uuid};
use web::page::{Again, go};
use web::show::weekday;
use web::{Answer, Ctx, Form, Page};

fn file(name: &str, ending: &str, kind: &'static str, bytes: Vec<u8>) -> Answer {
    let encoded: String = serde_urlencoded::to_string([("f", format!("{name}.{ending}"))]).unwrap_or_default().split_off(2).replace('+', "%20");
    let disposition = format!("attachment; filename=\"roster.{ending}\"; filename*=UTF-8''{encoded}");
    Ok(([(header::CONTENT_TYPE, kind.to_string()), (header::CONTENT_DISPOSITION, disposition)], bytes).into_response())
}

async fn seen(ctx: &Ctx, id: &str) -> kernel::Result<(actions::Seen, String)> {
    let id: Uuid = web::page::id(id, "这一版值班表")?;
    let (rules, station) = (ctx.app.rules(), ctx.who.station);
    let look = ctx.look("roster.paper", Purpose::Administration);
    let (seen, organ) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| Ok((actions::see(r, &rules, station, id).await?, places::store::station(r, station).await?.name)))
        .await?;
    if seen.plan.state != State::Published && !ctx.may(P::RosterPlan) {
        return Err(Error::NotFound("这一版值班表"));
    }
    Ok((seen, organ))
}

/// `GET /roster/plans/{id}/pdf`: the sheet for the wall.
pub async fn pdf(ctx: Ctx, Path(id): Path<String>) -> Answer {
    let (seen, organ) = seen(&ctx, &id).await?;
    let name = paper::title(&seen, &organ);
    file(&name, "pdf", "application/pdf", paper::wall(paper::data(&seen, &organ)).await?)
}

/// `POST /roster/plans/{id}/xlsx`
pub async fn xlsx(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let (seen, organ) = seen(&ctx, &id).await?;
    let reason = form.required("reason", "用途", 200);
    if form.errors.is_empty() && reason.chars().count() < 4 {
        form.errors.add("reason", "请写明导出的用途，至少 4 个字；会写入审计记录和导出的文件。");
    }
    form.finish(())?;
    actions::exported(&ctx.app, &ctx.act("roster.export", Purpose::Administration, &form), seen.plan.id, &reason).await?;
    let mark = format!("导出人：{}（{}）；时间：{}；目的：{reason}；仅限本目的使用，用毕删除。", ctx.who.name, ctx.who.unit, kernel::clock::show(ctx.now()));
    let bytes = paper::workbook(&seen, &organ, &mark)?;
    file(&paper::title(&seen, &organ), "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", bytes)
}

struct SwapLine {
    swap: Swap,
    from: String,
    to: String,
    mine: bool,
    may_answer: bool,
    may_withdraw: bool,
    may_decide: bool,
}

#[derive(Template)]
#[template(path = "swaps.html")]
struct Swaps<'a> {
    lines: Vec<SwapLine>,
    /// The own duties that can be given away: day and what.
    duties: Vec<(Date, String)>,
    people: Vec<(UserId, String)>,
    form: &'a Form,
    again: &'a Again,
    command_id: String,
}

async fn show_swaps(ctx: &Ctx, form: &Form, again: Again) -> Answer {
    let (station, me, today) = (ctx.who.station, ctx.who.user, ctx.app.today());
    let until = today.saturating_add(70.days());
    let planner = ctx.may(P::RosterPlan);
    let look = ctx.look("roster.swaps", Purpose::Administration);
    let (list, duties, people) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let list = store::swaps(r, station, today.saturating_sub(62.days())).await?;
            let duties = store::duties(r, station, today.saturating_add(1.days()), until).await?;
            let users: Vec<UserId> = duties.iter().map(|d| d.user_id).chain(list.iter().flat_map(|s| [s.from_user, s.to_user])).collect();
            Ok((list, duties, identity::store::names(r, &users).await?))
        })
        .await?;
    let name = |u: UserId| people.iter().find(|(id, _)| *id == u).map_or("—".to_string(), |(_, n)| n.clone());
    let may = |s: &Swap, to: SwapState| crate::rules::may_step(s, to, me, planner).is_ok();
    let lines = list.into_iter().filter(|s| planner || s.from_user == me || s.to_user == me).map(|s| SwapLine {
        from: name(s.from_user),
        to: name(s.to_user),
        mine: s.from_user == me || s.to_user == me,
        may_answer: s.to_user == me && may(&s, SwapState::Agreed),
        may_withdraw: may(&s, SwapState::Withdrawn),
        may_decide: may(&s, SwapState::Done),
        swap: s,
    });
    let mut others: Vec<(UserId, String)> = people.iter().filter(|(u, _)| *u != me && duties.iter().any(|d| d.user_id == *u)).cloned().collect();
    others.sort_by(|a, b| a.1.cmp(&b.1));
    let failed = again.any();
    let content = Swaps {
        lines: lines.collect(),
        duties: duties.iter().filter(|d| d.user_id == me).map(|d| (d.day, format!("{} 星期{} {}·{}", d.day, weekday(d.day), d.post, d.shift))).collect(),
        people: others,
        form,
        again: &again,
        command_id: ctx.command_id().to_string(),
    };
    let page = Page::new("调班", &content).crumb("值班表", "/roster");
    if failed { page.status(again.status()).show(ctx) } else { page.show(ctx) }
}

/// `GET /roster/swaps`
pub async fn swaps(ctx: Ctx) -> Answer {
    show_swaps(&ctx, &Form::default(), Again::default()).await
}

async fn swapped<T>(ctx: &Ctx, form: &Form, result: kernel::Result<T>) -> Answer {
    match result {
        Ok(_) => go("/roster/swaps"),
        Err(e) => show_swaps(ctx, form, Again::from_error(e)?).await,
    }
}

/// `POST /roster/swaps`
pub async fn ask(ctx: Ctx, mut form: Form) -> Answer {
    let day = form.date("from_day", "要调的班");
    let to: UserId = form.id("to", "与谁调");
    let to_day = form.optional_date("to_day", "对方的班");
    let note = form.bounded("note", "说明", 100);
    let act = ctx.act("roster.ask_swap", Purpose::OwnMatter, &form);
    let r = async {
        form.finish(())?;
        actions::ask_swap(&ctx.app, &act, day, to, to_day, &note).await
    }
    .await;
    swapped(&ctx, &form, r).await
}

/// `POST /roster/swaps/{id}`
pub async fn step(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id: Uuid = web::page::id(&id, "这个调班申请")?;
    let act = ctx.act("roster.swap", Purpose::Administration, &form);
    let r = async {
        let to = SwapState::from_code(form.typed("to")).ok_or(Error::NotFound("这个步骤"))?;
        actions::step_swap(&ctx.app, &act, id, to, &form.text("why")).await
    }
    .await;
    swapped(&ctx, &form, r).await
}

#[derive(Template)]
#[template(path = "feed.html")]
struct Feed {
    address: String,
}

/// `POST /roster/feed`: a fresh address, shown once.
pub async fn make_feed(ctx: Ctx, form: Form) -> Answer {
    let secret = actions::make_feed(&ctx.app, &ctx.act("roster.feed", Purpose::OwnMatter, &form)).await?;
    let content = Feed { address: format!("{}/roster/feed/{secret}.ics", ctx.app.settings().public_url.trim_end_matches('/')) };
    Page::new("日历订阅", &content).crumb("我的班", "/roster/mine").show(&ctx)
}

/// `POST /roster/feed/end`
pub async fn end_feed(ctx: Ctx, form: Form) -> Answer {
    actions::end_feed(&ctx.app, &ctx.act("roster.end_feed", Purpose::OwnMatter, &form)).await?;
    go("/roster/mine")
}

/// `GET /roster/feed/{token}.ics`: for calendar programs, which bring no session.
pub async fn feed(ctx: Ctx, Path(token): Path<String>) -> Answer {
    let text = actions::feed(&ctx.app, token.trim_end_matches(".ics")).await?;
    Ok(([(header::CONTENT_TYPE, "text/calendar; charset=utf-8"), (header::CACHE_CONTROL, "no-store")], text).into_response())
}
