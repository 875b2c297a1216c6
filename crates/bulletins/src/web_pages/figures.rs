//! The page of figures, and one figure: definition in all editions, certainty, comparison, rows.

use super::{Asked, Pager, Question, Quick, quick};
use crate::Beside;
use askama::Template;
use axum::extract::Query;
use kernel::figure::{Figure, FigureRow, Leaf, ROUNDING, Spec};
use kernel::{Error, Purpose, Reader};
use web::{Answer, Ctx, Page};

struct Group {
    name: &'static str,
    figures: Vec<(Figure, bool)>,
}

#[derive(Template)]
#[template(path = "figures.html")]
struct Figures {
    q: Question,
    quick: Vec<Quick>,
    groups: Vec<Group>,
    rounding: &'static str,
    /// Disputes not yet observed for the whole window.
    latent: i64,
    unobserved: i64,
}

/// `GET /figures`
pub async fn page(ctx: Ctx, Query(a): Query<Asked>) -> Answer {
    let q = Question::of(&ctx, &a)?;
    let act = ctx.look("bulletins.figures", Purpose::Statistics);
    let list = crate::figures(&ctx.app, &act, &q.period).await?;
    let unobserved = list.iter().find(|f| f.key == "dispute.unobserved").map_or(0, |f| f.numerator);
    let mut groups: Vec<Group> = vec![];
    for (spec, figure) in crate::specs().iter().zip(list) {
        let entry = (figure, spec.ratio);
        match groups.iter_mut().find(|g| g.name == spec.group) {
            Some(g) => g.figures.push(entry),
            None => groups.push(Group { name: spec.group, figures: vec![entry] }),
        }
    }
    let latent = q.period.terms.latent_days;
    let content = Figures { q, quick: quick(ctx.app.today()), groups, rounding: ROUNDING, latent, unobserved };
    Page::new("统计数据", &content).action("图表", "/figures/plots").show(&ctx)
}

#[derive(Template)]
#[template(path = "rows.html")]
struct Rows {
    spec: Spec,
    q: Question,
    beside: Beside,
    all: bool,
    rows: Vec<FigureRow>,
    pager: Pager,
    rounding: &'static str,
}

impl Rows {
    fn figure(&self) -> &Figure {
        &self.beside.figure
    }
    /// What a newspaper makes of a share when it cuts the decimals off (58/60 → `96 %`), so that both are known as one number;
    /// "" where nothing is cut.
    fn cut(&self) -> String {
        let f = self.figure();
        match f.denominator {
            Some(d) if d > 0 && f.value().contains('%') && f.numerator * 100 % d != 0 => format!("{} %", f.numerator * 100 / d),
            _ => String::new(),
        }
    }
    /// Two lines: the period before and the year before, with both numbers.
    fn changes(&self) -> Vec<(&'static str, String, String, String, String)> {
        [("环比", false), ("同比", true)]
            .into_iter()
            .map(|(label, year)| {
                let (q, f) = if year { &self.beside.year } else { &self.beside.before };
                let c = self.beside.change(&self.q.period, year);
                let shown = match f.denominator {
                    Some(d) => format!("{}（{}/{d}）", f.value(), f.numerator),
                    None => f.value(),
                };
                (label, format!("{} 至 {}", q.from, q.until), shown, c.text(), c.ratio_text().unwrap_or_default())
            })
            .collect()
    }
}

/// `GET /figures/rows?key=…&part=num|den&page=…`
pub async fn rows(ctx: Ctx, Query(a): Query<Asked>) -> Answer {
    let q = Question::of(&ctx, &a)?;
    let spec = crate::specs().into_iter().find(|s| s.key == a.key).ok_or(Error::NotFound("这项统计"))?;
    let all = a.part != "num" || !spec.ratio;
    ctx.who.must_serve_station("数字后面的明细")?;
    let look = ctx.look("bulletins.rows", Purpose::Statistics);
    let page = Leaf::typed(&a.page);
    let (beside, rows) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| Ok((Beside::of(&spec, r, &q.period).await?, spec.rows(r, &q.period, all, page).await?)))
        .await?;
    let title = format!("{}：{}", spec.name, if all { if spec.ratio { "分母" } else { "明细" } } else { "分子" });
    let back = format!("/figures?{}", q.query());
    let f = &beside.figure;
    let n = if all { f.denominator.unwrap_or(f.numerator) } else { f.numerator };
    let pager = Pager::new(page, n, format!("/figures/rows?key={}&part={}&{}", spec.key, if all { "den" } else { "num" }, q.query()));
    let content = Rows { spec, q, beside, all, rows, pager, rounding: ROUNDING };
    Page::new(title, &content).crumb("统计数据", back).show(&ctx)
}
