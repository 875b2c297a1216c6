//! 图表: bars drawn by the server, each with its table beside it; the parts open their rows.

use super::{Asked, Pager, Question, Quick, quick};
use crate::plot::{Plot, Shape};
use askama::Template;
use axum::extract::Query;
use kernel::figure::{Breakdown, Figure, FigureRow, Leaf, Period};
use kernel::{Error, Purpose, Reader, Result, ToSpan};
use web::{Answer, Ctx, Page};

/// Months on a monthly plot.
const MONTHS: i32 = 12;

#[derive(Template)]
#[template(path = "plots.html")]
struct Plots {
    q: Question,
    quick: Vec<Quick>,
    plots: Vec<Plot>,
}

/// `GET /figures/plots`
pub async fn page(ctx: Ctx, Query(a): Query<Asked>) -> Answer {
    let q = Question::of(&ctx, &a)?;
    let look = ctx.look("bulletins.plots", Purpose::Statistics);
    let rules = ctx.app.rules();
    let plots = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let mut plots = vec![];
            for key in ["incident.received", "dispute.registered"] {
                plots.push(monthly(r, &q, key).await?);
            }
            for b in crate::breakdowns() {
                let (whole, parts) = divided(r, &b, &q.period).await?;
                let bars = parts
                    .into_iter()
                    .map(|(code, n)| {
                        let href = format!("/figures/part?key={}&part={code}&{}", b.key, q.query());
                        (b.part_name(&rules, &code), n, href)
                    })
                    .collect();
                let shape = if matches!(b.parts, kernel::figure::Parts::Fixed(_)) { Shape::Columns } else { Shape::Rows };
                let title = format!("{}：{}（{} 至 {}）", whole_name(&whole), b.name, q.from(), q.until());
                plots.push(Plot::new(shape, b.key, title, b.definition, bars));
            }
            Ok(plots)
        })
        .await?;
    let content = Plots { q, quick: quick(ctx.app.today()), plots };
    Page::new("图表", &content).crumb("统计数据", "/figures").show(&ctx)
}

/// The numerator's name: 有效警情 of 有效警情占比.
fn whole_name(f: &Figure) -> &str {
    f.name.trim_end_matches("占比")
}

async fn monthly(r: &mut Reader, q: &Question, key: &str) -> Result<Plot> {
    let spec = crate::specs().into_iter().find(|s| s.key == key).ok_or(Error::NotFound("这项统计"))?;
    let last = q.until().first_of_month();
    let mut bars = vec![];
    for back in (0..MONTHS).rev() {
        let from = last.saturating_sub(back.months());
        let p = Period { from, until: from.last_of_month(), ..q.period };
        let n = spec.figure(r, &p).await?.numerator;
        let label = from.strftime("%-m月");
        let href = format!("/figures/rows?key={key}&part=den&from={from}&until={}&as_of={}", p.until, q.period.as_of.as_microsecond());
        bars.push((label.to_string(), n, href));
    }
    let title = format!("{}：按月（至 {}）", spec.name, q.until().strftime("%Y年%-m月"));
    Ok(Plot::new(Shape::Columns, key, title, spec.definition, bars))
}

/// The whole and its parts; fixed parts all stand, also those that are empty, in their order.
pub async fn divided(r: &mut Reader, b: &Breakdown, p: &Period) -> Result<(Figure, Vec<(String, i64)>)> {
    let spec = crate::specs().into_iter().find(|s| s.key == b.of).ok_or(Error::NotFound("这项统计"))?;
    let whole = spec.figure(r, p).await?;
    let found = b.parts(r, p).await?;
    let parts = match b.parts {
        kernel::figure::Parts::Fixed(all) => {
            let n = |code: &str| found.iter().find(|(c, _)| c == code).map_or(0, |(_, n)| *n);
            all.iter().map(|(c, _)| (c.to_string(), n(c))).collect()
        }
        _ => {
            let mut list = found;
            list.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
            list
        }
    };
    Ok((whole, parts))
}

#[derive(Template)]
#[template(path = "part.html")]
struct PartRows {
    breakdown: Breakdown,
    q: Question,
    name: String,
    rows: Vec<FigureRow>,
    pager: Pager,
}

/// `GET /figures/part?key=…&part=…&page=…`
pub async fn part(ctx: Ctx, Query(a): Query<Asked>) -> Answer {
    let q = Question::of(&ctx, &a)?;
    let breakdown = crate::breakdowns().into_iter().find(|b| b.key == a.key).ok_or(Error::NotFound("这项统计"))?;
    let look = ctx.look("bulletins.rows", Purpose::Statistics);
    let page = Leaf::typed(&a.page);
    let (rows, n) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let n = breakdown.parts(r, &q.period).await?.iter().find(|(code, _)| *code == a.part).map_or(0, |(_, n)| *n);
            Ok((breakdown.rows(r, &q.period, &a.part, page).await?, n))
        })
        .await?;
    let name = breakdown.part_name(&ctx.app.rules(), &a.part);
    let title = format!("{}：{name}", breakdown.name);
    let back = format!("/figures/plots?{}", q.query());
    let which = serde_urlencoded::to_string([("key", breakdown.key), ("part", a.part.as_str())]).unwrap_or_default();
    let pager = Pager::new(page, n, format!("/figures/part?{which}&{}", q.query()));
    let content = PartRows { breakdown, q, name, rows, pager };
    Page::new(title, &content).crumb("图表", back).show(&ctx)
}
