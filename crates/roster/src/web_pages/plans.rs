//! The month: what holds, the versions, and a new search.

use super::{Asked, around, month};
use crate::actions;
use crate::model::{DayType, PlanLine, State};
use crate::store;
use askama::Template;
use axum::extract::Query;
use kernel::{Date, Permission as P, Purpose, Reader, Uuid};
use web::page::{Again, go};
use web::{Answer, Ctx, Form, Page};

#[derive(Template)]
#[template(path = "plans.html")]
struct Plans<'a> {
    month: Date,
    months: [(String, String); 3],
    days: [(DayType, usize); 3],
    make_up: Vec<String>,
    provisional: bool,
    versions: Vec<PlanLine>,
    published: Option<PlanLine>,
    /// What stands in the way of a search, or "".
    missing: String,
    people: usize,
    posts: usize,
    may_plan: bool,
    form: &'a Form,
    again: &'a Again,
    command_id: String,
}

async fn show(ctx: &Ctx, month: Date, form: &Form, again: Again) -> Answer {
    let (rules, station, may_plan) = (ctx.app.rules(), ctx.who.station, ctx.may(P::RosterPlan));
    let look = ctx.look("roster.month", Purpose::Administration);
    let (versions, problem) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let versions = store::versions(r, station, month).await?;
            let problem = match actions::problem(r, &rules, station, month).await {
                Err(kernel::Error::Refused(why)) => Err(*why),
                Err(e) => return Err(e),
                Ok(p) => Ok(p),
            };
            Ok((versions, problem))
        })
        .await?;
    let calendar = crate::rules::days(rules.calendar(), month);
    let days = [DayType::Work, DayType::Rest, DayType::Holiday].map(|k| (k, calendar.iter().filter(|d| d.kind == k).count()));
    let published = versions.iter().find(|v| v.state == State::Published).cloned();
    let (missing, people, posts) = match &problem {
        Ok(p) => {
            let mut posts: Vec<Uuid> = p.kinds.iter().map(|k| k.post).collect();
            posts.dedup();
            (String::new(), p.people.len(), posts.len())
        }
        Err(why) => (why.to_string(), 0, 0),
    };
    let failed = again.any();
    let content = Plans {
        month,
        months: around(month),
        days,
        make_up: calendar.iter().filter(|d| d.make_up).map(|d| d.date.strftime("%-m 月 %-d 日").to_string()).collect(),
        provisional: actions::provisional(&rules, month),
        versions: if may_plan { versions } else { vec![] },
        published,
        missing,
        people,
        posts,
        may_plan,
        form,
        again: &again,
        command_id: ctx.command_id().to_string(),
    };
    let page = Page::new("值班表", &content).action("我的班", "/roster/mine");
    if failed { page.status(again.status()).show(ctx) } else { page.show(ctx) }
}

/// `GET /roster?month=2026-06-01`
pub async fn page(ctx: Ctx, Query(q): Query<Asked>) -> Answer {
    let m = month(&ctx, &q.month);
    show(&ctx, m, &Form::of([("seconds", "60")]), Again::default()).await
}

/// `POST /roster/solve`
pub async fn solve(ctx: Ctx, mut form: Form) -> Answer {
    let m = form.date("month", "月份");
    let seconds = form.number("seconds", "时间", 1..=actions::MOST_SECONDS);
    let done = async {
        form.finish(())?;
        actions::start(&ctx.app, &ctx.act("roster.start", Purpose::Administration, &form), m, seconds).await
    }
    .await;
    match done {
        Ok(id) => go(format!("/roster/plans/{id}")),
        Err(e) => {
            let m = month(&ctx, form.typed("month"));
            show(&ctx, m, &form, Again::from_error(e)?).await
        }
    }
}

#[derive(Template)]
#[template(path = "compare.html")]
struct Compare {
    one: String,
    other: String,
    numbers: Vec<(String, String, String)>,
    differs: Vec<actions::Differs>,
}

/// `GET /roster/compare?a=…&b=…`: two versions side by side, every cell that differs.
pub async fn compare(ctx: Ctx, Query(q): Query<Asked>) -> Answer {
    let (a, b): (Uuid, Uuid) = (web::page::id(&q.a, "这一版值班表")?, web::page::id(&q.b, "这一版值班表")?);
    let (rules, station) = (ctx.app.rules(), ctx.who.station);
    let look = ctx.look("roster.compare", Purpose::Administration);
    let (one, other) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| Ok((actions::see(r, &rules, station, a).await?, actions::see(r, &rules, station, b).await?)))
        .await?;
    if one.plan.month != other.plan.month {
        return Err(kernel::FieldErrors::one("b", "请选择同一个月的两版。").into());
    }
    let name = |x: &actions::Seen| crate::rules::title(x.plan.month, x.plan.n, x.plan.origin);
    let row = |label: &str, f: &dyn Fn(&actions::Seen) -> String| (label.to_string(), f(&one), f(&other));
    let mut numbers = vec![
        row("不符合规则", &|x| format!("{} 处", x.judged.findings.len())),
        row("缺人", &|x| format!("{} 人次", x.judged.missing.iter().map(|m| m.2).sum::<u32>())),
        row("没有满足的愿望", &|x| format!("{}/{}", x.judged.unmet.0, x.judged.unmet.1)),
        row("总罚分（越小越好）", &|x| x.judged.report.objective.to_string()),
    ];
    for (i, (label, _)) in one.judged.spreads.iter().enumerate() {
        let at = |x: &actions::Seen| x.judged.spreads.get(i).map_or("—".into(), |s| s.1.to_string());
        numbers.push((format!("{label}最多与最少之差"), at(&one), at(&other)));
    }
    let content = Compare { one: name(&one), other: name(&other), numbers, differs: actions::compare(&one, &other) };
    Page::new("比较两版", &content).crumb("值班表", format!("/roster?month={}", one.plan.month)).show(&ctx)
}
