//! 我的班: what I do next, what I am asked to know, and what I wish for; made for a phone.

use super::{Asked, around, month};
use crate::actions;
use crate::model::{Duty, PlanLine, Wish};
use crate::store;
use askama::Template;
use axum::extract::{Path, Query};
use kernel::{Date, Purpose, Reader, Uuid};
use web::page::{Again, go};
use web::show::weekday;
use web::{Answer, Ctx, Form, Page};

#[derive(Template)]
#[template(path = "mine.html")]
struct Mine<'a> {
    months: [(String, String); 3],
    month: Date,
    duties: Vec<(&'static str, Duty)>,
    asked: Vec<PlanLine>,
    wishes: Vec<(String, Wish)>,
    /// Shifts that can be wished for.
    shifts: Vec<(Uuid, String)>,
    today: Date,
    has_feed: bool,
    form: &'a Form,
    again: &'a Again,
    command_id: String,
}

async fn show(ctx: &Ctx, month: Date, form: &Form, again: Again) -> Answer {
    let (station, user) = (ctx.who.station, ctx.who.user);
    let look = ctx.look("roster.mine", Purpose::OwnMatter);
    let last = month.last_of_month();
    let (duties, asked, wishes, posts, has_feed) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            Ok((
                store::duties_of(r, user, month, last).await?,
                store::open_acks(r, station, user).await?,
                store::wishes(r, station, month, last).await?,
                store::posts(r, station).await?,
                store::has_feed(r, station, user).await?,
            ))
        })
        .await?;
    let shifts: Vec<(Uuid, String)> =
        posts.iter().flat_map(|p| p.shifts.iter().map(|s| (s.id, format!("{}·{} {}", p.post.name, s.name, s.span())))).collect();
    let label = |w: &Wish| match w.shift_id {
        None => "想休息".to_string(),
        Some(id) => {
            let name = shifts.iter().find(|s| s.0 == id).map_or("已停用的班次", |s| s.1.as_str());
            format!("{}{name}", if w.wants { "想上 " } else { "不想上 " })
        }
    };
    let failed = again.any();
    let content = Mine {
        months: around(month),
        month,
        duties: duties.into_iter().map(|d| (weekday(d.day), d)).collect(),
        asked,
        wishes: wishes.into_iter().filter(|w| w.user_id == user).map(|w| (label(&w), w)).collect(),
        shifts,
        today: ctx.app.today(),
        has_feed,
        form,
        again: &again,
        command_id: ctx.command_id().to_string(),
    };
    let page = Page::new("我的班", &content).crumb("值班表", "/roster").action("今天在岗", "/roster/today").action("调班", "/roster/swaps");
    if failed { page.status(again.status()).show(ctx) } else { page.show(ctx) }
}

/// `GET /roster/mine?month=…`
pub async fn page(ctx: Ctx, Query(q): Query<Asked>) -> Answer {
    let m = month(&ctx, &q.month);
    show(&ctx, m, &Form::default(), Again::default()).await
}

async fn done<T>(ctx: &Ctx, form: &Form, result: kernel::Result<T>) -> Answer {
    let m = month(ctx, form.typed("month"));
    match result {
        Ok(_) => go(format!("/roster/mine?month={m}")),
        Err(kernel::Error::NotFound(what)) => Err(kernel::Error::NotFound(what).into()),
        Err(e) => show(ctx, m, form, Again::from_error(e)?).await,
    }
}

/// `POST /roster/plans/{id}/known`
pub async fn known(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id: Uuid = web::page::id(&id, "这一版值班表")?;
    let r = actions::acknowledge(&ctx.app, &ctx.act("roster.ack", Purpose::OwnMatter, &form), id).await;
    done(&ctx, &form, r).await
}

/// `POST /roster/wishes`
pub async fn wish(ctx: Ctx, mut form: Form) -> Answer {
    let day = form.date("day", "日期");
    let shift = form.optional_id::<Uuid>("shift");
    let wants = form.typed("wants") != "no";
    let weight = form.number("weight", "分量", 1..=3);
    let act = ctx.act("roster.wish", Purpose::OwnMatter, &form);
    if shift.is_none() && !wants {
        form.errors.add("shift", "“不想”请选择一个班次；想休息请选“想”和“休息”。");
    }
    let r = async {
        form.finish(())?;
        actions::wish(&ctx.app, &act, day, shift, wants, weight).await
    }
    .await;
    if r.is_ok() {
        form.set("month", day.first_of_month().to_string());
    }
    done(&ctx, &form, r).await
}

/// `POST /roster/wishes/{id}/withdraw`
pub async fn withdraw(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id: Uuid = web::page::id(&id, "这个愿望")?;
    let r = actions::withdraw_wish(&ctx.app, &ctx.act("roster.withdraw_wish", Purpose::OwnMatter, &form), id).await;
    done(&ctx, &form, r).await
}
