//! The leader's page of figures, and the rows behind each number.

use askama::Template;
use axum::extract::Query;
use kernel::figure::{Figure, FigureRow, Period, ROWS, Spec};
use kernel::{Date, Error, Purpose, Reader, ToSpan};
use serde::Deserialize;
use web::{Answer, Ctx, Page};

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct Asked {
    from: String,
    until: String,
    key: String,
    part: String,
}

/// The period asked for; this month to date when nothing or nonsense was typed.
fn period(ctx: &Ctx, a: &Asked) -> (Date, Date, bool) {
    let today = ctx.app.today();
    let first = today.first_of_month();
    let (from, until) = (web::form::parse_date(&a.from), web::form::parse_date(&a.until));
    let wrong = (!a.from.is_empty() && from.is_none()) || (!a.until.is_empty() && until.is_none());
    let (from, until) = (from.unwrap_or(first), until.unwrap_or(today));
    if crate::check(from, until).is_err() { (first, today, true) } else { (from, until, wrong) }
}

struct Quick {
    label: &'static str,
    from: Date,
    until: Date,
}

fn quick(today: Date) -> Vec<Quick> {
    let month = today.first_of_month();
    let last = month.yesterday().unwrap_or(month);
    let year = Date::new(today.year(), 1, 1).unwrap_or(today);
    vec![
        Quick { label: "今天", from: today, until: today },
        Quick { label: "近 7 天", from: today.saturating_sub(6.days()), until: today },
        Quick { label: "本月", from: month, until: today },
        Quick { label: "上月", from: last.first_of_month(), until: last },
        Quick { label: "今年", from: year, until: today },
    ]
}

struct Group {
    name: &'static str,
    figures: Vec<(Figure, bool)>,
}

#[derive(Template)]
#[template(path = "figures.html")]
struct Figures {
    from: Date,
    until: Date,
    wrong: bool,
    as_of: kernel::Timestamp,
    quick: Vec<Quick>,
    groups: Vec<Group>,
    latent: i64,
}

/// `GET /figures`
pub async fn page(ctx: Ctx, Query(a): Query<Asked>) -> Answer {
    let (from, until, wrong) = period(&ctx, &a);
    let act = ctx.look("bulletins.figures", Purpose::Statistics);
    let p = Period { station: ctx.who.station, from, until, as_of: ctx.now() };
    let list = crate::figures(&ctx.app, &act, &p).await?;
    let mut groups: Vec<Group> = vec![];
    for (spec, figure) in crate::specs().iter().zip(list) {
        let entry = (figure, spec.ratio);
        match groups.iter_mut().find(|g| g.name == spec.group) {
            Some(g) => g.figures.push(entry),
            None => groups.push(Group { name: spec.group, figures: vec![entry] }),
        }
    }
    let latent = ctx.app.rules().int("dispute.latent_days", ctx.app.today())?;
    let content = Figures { from, until, wrong, as_of: p.as_of, quick: quick(ctx.app.today()), groups, latent };
    Page::new("统计数据", &content).show(&ctx)
}

#[derive(Template)]
#[template(path = "rows.html")]
struct Rows {
    spec: Spec,
    from: Date,
    until: Date,
    figure: Figure,
    all: bool,
    rows: Vec<FigureRow>,
    most: i64,
}

/// `GET /figures/rows?key=…&part=num|den`
pub async fn rows(ctx: Ctx, Query(a): Query<Asked>) -> Answer {
    let (from, until, _) = period(&ctx, &a);
    let spec = crate::specs().into_iter().find(|s| s.key == a.key).ok_or(Error::NotFound("这项统计"))?;
    let all = a.part != "num" || !spec.ratio;
    let p = Period { station: ctx.who.station, from, until, as_of: ctx.now() };
    let look = ctx.look("bulletins.rows", Purpose::Statistics);
    let (figure, rows) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| Ok((spec.figure(r, &p).await?, spec.rows(r, &p, all).await?)))
        .await?;
    let title = format!("{}：{}", spec.name, if all { if spec.ratio { "分母" } else { "明细" } } else { "分子" });
    let content = Rows { spec, from, until, figure, all, rows, most: ROWS };
    Page::new(title, &content).crumb("统计数据", format!("/figures?from={from}&until={until}")).show(&ctx)
}
