//! 今天在岗: who is at which post, signing in and out, and the 离岗 that was forgotten.

use crate::actions;
use crate::model::{Duty, Presence, Stand};
use crate::store;
use askama::Template;
use axum::extract::Path;
use kernel::{Date, Error, Permission as P, Purpose, Reader, ToSpan, UserId, Uuid};
use web::page::{Again, go};
use web::show::weekday;
use web::{Answer, Ctx, Form, Page};

struct Place {
    duty: Duty,
    name: String,
    there: Option<Presence>,
    /// Since when the person is there now, and when and why they last left.
    now: Option<Stand>,
    left: Option<Stand>,
    running: bool,
    late: bool,
}

struct Extra {
    name: String,
    what: String,
    note: String,
    at: kernel::Timestamp,
}

/// A stand whose end nobody told.
struct Forgotten {
    stand: Stand,
    name: String,
    what: String,
    /// The person acting may say when it ended.
    mine: bool,
}

#[derive(Template)]
#[template(path = "today.html")]
struct Today<'a> {
    live: bool,
    day: Date,
    weekday: &'static str,
    places: Vec<Place>,
    posts: Vec<actions::PostDay>,
    extra: Vec<Extra>,
    /// Duties that I can sign in for now, and those at which I stand.
    mine: Vec<Duty>,
    standing: Vec<(Stand, String)>,
    forgotten: Vec<Forgotten>,
    people: Vec<(UserId, String)>,
    may_plan: bool,
    form: &'a Form,
    again: &'a Again,
    command_id: String,
}

async fn content<'a>(ctx: &Ctx, live: bool, form: &'a Form, again: &'a Again) -> kernel::Result<Today<'a>> {
    let (station, me, now, day) = (ctx.who.station, ctx.who.user, ctx.now(), ctx.app.today());
    let before = day.saturating_sub(1.days());
    let look = ctx.look("roster.today", Purpose::Administration);
    let (duties, presence, stands, open, earlier, users, posts) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let duties = store::duties(r, station, before, day).await?;
            let presence = store::presence(r, station, before, day).await?;
            let stands = store::stands(r, station, before, day).await?;
            let open = store::open_stands(r, station).await?;
            // What stands were for, of duties long ago too.
            let since = open.iter().map(|s| s.day).min().unwrap_or(day);
            let earlier = if since < before { store::duties(r, station, since, before).await? } else { vec![] };
            Ok((duties, presence, stands, open, earlier, identity::store::list_users(r, Some(station)).await?, actions::post_day(r, station).await?))
        })
        .await?;
    let name = |u: UserId| users.iter().find(|x| x.id == u).map_or("—".to_string(), |x| x.name.clone());
    let of = |d: &Duty, u: UserId, day: Date, shift: Uuid| (u, day, shift) == (d.user_id, d.day, d.shift_id);
    let there = |d: &Duty| presence.iter().find(|p| of(d, p.user_id, p.day, p.shift_id)).cloned();
    let at = |d: &Duty| stands.iter().rfind(|s| of(d, s.user_id, s.day, s.shift_id)).cloned();
    let what = |day: Date, shift: Uuid| duties.iter().chain(&earlier).find(|d| (d.day, d.shift_id) == (day, shift)).map_or(String::new(), |d| format!("{}·{}", d.post, d.shift));
    // Not there yet, or gone and not back; whom a leader noted is there.
    let free = |d: &Duty| d.user_id == me && there(d).is_none_or(|p| p.note.is_empty()) && at(d).is_none_or(|s| s.ended_at.is_some());
    let mine = actions::due_now(&duties.iter().filter(|d| free(d)).cloned().collect::<Vec<_>>(), now);
    let planned = |p: &Presence| duties.iter().any(|d| of(d, p.user_id, p.day, p.shift_id));
    let places = duties.iter().filter(|d| d.ends_at > now || d.day == day).map(|d| {
        let running = d.starts_at <= now && now < d.ends_at;
        let (there, last) = (there(d), at(d));
        let (now_there, left) = last.map_or((None, None), |s| if s.ended_at.is_none() { (Some(s), None) } else { (None, Some(s)) });
        Place { name: name(d.user_id), late: running && there.is_none(), running, there, now: now_there, left, duty: d.clone() }
    });
    let over = |s: &&Stand| s.due_at <= now;
    Ok(Today {
        live,
        day,
        weekday: weekday(day),
        places: places.collect(),
        posts,
        extra: presence.iter().filter(|p| !planned(p)).map(|p| Extra { name: name(p.user_id), what: what(p.day, p.shift_id), note: p.note.clone(), at: p.at }).collect(),
        mine,
        standing: open.iter().filter(|s| s.user_id == me && !over(s)).map(|s| (s.clone(), what(s.day, s.shift_id))).collect(),
        forgotten: open
            .iter()
            .filter(over)
            .filter(|s| s.user_id == me || ctx.may(P::RosterPlan))
            .map(|s| Forgotten { name: name(s.user_id), what: what(s.day, s.shift_id), mine: s.user_id == me, stand: s.clone() })
            .collect(),
        people: users.iter().filter(|u| u.disabled_at.is_none() && crate::rules::usual_standing(u.role).is_some()).map(|u| (u.id, u.name.clone())).collect(),
        may_plan: ctx.may(P::RosterPlan),
        form,
        again,
        command_id: ctx.command_id().to_string(),
    })
}

async fn show(ctx: &Ctx, form: &Form, again: Again) -> Answer {
    let content = content(ctx, false, form, &again).await?;
    let page = Page::new("今天在岗", &content).crumb("值班表", "/roster");
    let page = if ctx.may(P::RosterPlan) { page.action("到岗情况", "/roster/attendance") } else { page };
    if again.any() { page.status(again.status()).show(ctx) } else { page.show(ctx) }
}

async fn done(ctx: &Ctx, form: &Form, result: kernel::Result<()>) -> Answer {
    match result {
        Ok(()) => go("/roster/today"),
        Err(Error::NotFound(what)) => Err(Error::NotFound(what).into()),
        Err(e) => show(ctx, form, Again::from_error(e)?).await,
    }
}

/// `GET /roster/today`
pub async fn page(ctx: Ctx) -> Answer {
    show(&ctx, &Form::default(), Again::default()).await
}

/// `GET /roster/today/live`
pub async fn live(ctx: Ctx) -> Answer {
    let (form, again) = (Form::default(), Again::default());
    web::page::fragment(&content(&ctx, true, &form, &again).await?)
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
    done(&ctx, &form, r).await
}

/// `POST /roster/check-out`: 离岗, with where to.
pub async fn check_out(ctx: Ctx, mut form: Form) -> Answer {
    let day = form.date("day", "日期");
    let shift: Uuid = form.id("shift", "班次");
    let why = form.text("why");
    let act = ctx.act("roster.check_out", Purpose::OwnMatter, &form);
    let r = async {
        form.finish(())?;
        actions::check_out(&ctx.app, &act, day, shift, &why).await
    }
    .await;
    done(&ctx, &form, r).await
}

/// `POST /roster/stands/{id}/end`: when somebody left who forgot to say so.
pub async fn tell_departure(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id: Uuid = web::page::id(&id, "这次在岗")?;
    let at = form.moment("at", "离岗时间");
    let why = form.text("why");
    form.set("stand", id.to_string());
    let act = ctx.act("roster.tell_departure", Purpose::Administration, &form);
    let r = async {
        form.finish(())?;
        actions::tell_departure(&ctx.app, &act, id, at, &why).await
    }
    .await;
    done(&ctx, &form, r).await
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
    done(&ctx, &form, r).await
}
