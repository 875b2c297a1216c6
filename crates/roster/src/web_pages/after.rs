//! After publication: paper and workbook, swaps, who is at the post today, the calendar feed.

use crate::actions;
use crate::model::{Duty, Presence, State, Swap, SwapState};
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

struct Place {
    duty: Duty,
    name: String,
    there: Option<Presence>,
    running: bool,
    late: bool,
}

struct Extra {
    name: String,
    what: String,
    note: String,
    at: kernel::Timestamp,
}

#[derive(Template)]
#[template(path = "today.html")]
struct Today<'a> {
    live: bool,
    day: Date,
    weekday: &'static str,
    places: Vec<Place>,
    extra: Vec<Extra>,
    mine: Vec<Duty>,
    people: Vec<(UserId, String)>,
    may_plan: bool,
    form: &'a Form,
    again: &'a Again,
    command_id: String,
}

async fn today_content<'a>(ctx: &Ctx, live: bool, form: &'a Form, again: &'a Again) -> kernel::Result<Today<'a>> {
    let (station, me, now, day) = (ctx.who.station, ctx.who.user, ctx.now(), ctx.app.today());
    let before = day.saturating_sub(1.days());
    let look = ctx.look("roster.today", Purpose::Administration);
    let (duties, presence, users) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let duties = store::duties(r, station, before, day).await?;
            let presence = store::presence(r, station, before, day).await?;
            Ok((duties, presence, identity::store::list_users(r, Some(station)).await?))
        })
        .await?;
    let name = |u: UserId| users.iter().find(|x| x.id == u).map_or("—".to_string(), |x| x.name.clone());
    let there = |d: &Duty| presence.iter().find(|p| (p.user_id, p.day, p.shift_id) == (d.user_id, d.day, d.shift_id)).cloned();
    let mine = actions::due_now(&duties.iter().filter(|d| d.user_id == me && there(d).is_none()).cloned().collect::<Vec<_>>(), now);
    let planned = |p: &Presence| duties.iter().any(|d| (p.user_id, p.day, p.shift_id) == (d.user_id, d.day, d.shift_id));
    let what = |p: &Presence| duties.iter().find(|d| (d.day, d.shift_id) == (p.day, p.shift_id)).map_or(String::new(), |d| format!("{}·{}", d.post, d.shift));
    let places = duties.iter().filter(|d| d.ends_at > now || d.day == day).map(|d| {
        let running = d.starts_at <= now && now < d.ends_at;
        let there = there(d);
        Place { name: name(d.user_id), late: running && there.is_none(), running, there, duty: d.clone() }
    });
    Ok(Today {
        live,
        day,
        weekday: weekday(day),
        places: places.collect(),
        extra: presence.iter().filter(|p| !planned(p)).map(|p| Extra { name: name(p.user_id), what: what(p), note: p.note.clone(), at: p.at }).collect(),
        mine,
        people: users.iter().filter(|u| u.disabled_at.is_none() && crate::rules::usual_standing(u.role).is_some()).map(|u| (u.id, u.name.clone())).collect(),
        may_plan: ctx.may(P::RosterPlan),
        form,
        again,
        command_id: ctx.command_id().to_string(),
    })
}

async fn show_today(ctx: &Ctx, form: &Form, again: Again) -> Answer {
    let content = today_content(ctx, false, form, &again).await?;
    let page = Page::new("今天在岗", &content).crumb("值班表", "/roster");
    let page = if ctx.may(P::RosterPlan) { page.action("到岗情况", "/roster/attendance") } else { page };
    if again.any() { page.status(again.status()).show(ctx) } else { page.show(ctx) }
}

/// `GET /roster/today`
pub async fn today(ctx: Ctx) -> Answer {
    show_today(&ctx, &Form::default(), Again::default()).await
}

/// `GET /roster/today/live`
pub async fn today_live(ctx: Ctx) -> Answer {
    let (form, again) = (Form::default(), Again::default());
    web::page::fragment(&today_content(&ctx, true, &form, &again).await?)
}

/// `POST /roster/check-in`
pub async fn check_in(ctx: Ctx, mut form: Form) -> Answer {
    let day = form.date("day", "日期");
    let shift: Uuid = form.id("shift", "班次");
    let act = ctx.act("roster.check_in", Purpose::OwnMatter, &form);
    let r = async {
        form.finish(())?;
        actions::check_in(&ctx.app, &act, day, shift).await
    }
    .await;
    match r {
        Ok(()) => go("/roster/today"),
        Err(e) => show_today(&ctx, &form, Again::from_error(e)?).await,
    }
}

/// `POST /roster/presence`: the leader notes who was really there. `duty` is `day shift`.
pub async fn note(ctx: Ctx, mut form: Form) -> Answer {
    let user: UserId = form.id("person", "人");
    let duty = form.text("duty");
    let parsed = duty.split_once(' ').and_then(|(d, s)| Some((web::form::parse_date(d)?, s.parse::<Uuid>().ok()?)));
    if parsed.is_none() {
        form.errors.add("duty", "请选择岗位。");
    }
    let text = form.text("note");
    let act = ctx.act("roster.note_presence", Purpose::Administration, &form);
    let r = async {
        form.finish(())?;
        let (day, shift) = parsed.ok_or(Error::NotFound("这一班岗"))?;
        actions::note_presence(&ctx.app, &act, user, day, shift, &text).await
    }
    .await;
    match r {
        Ok(()) => go("/roster/today"),
        Err(e) => show_today(&ctx, &form, Again::from_error(e)?).await,
    }
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
