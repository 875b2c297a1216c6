//! Results: each question with how many were asked, how many answered, and the share with its interval; numbers and times as
//! a histogram.

use super::survey_id;
use crate::model::State;
use crate::plot::Plot;
use crate::rules::{Class, MAX_TEXTS, Margin, Results, Scale, Share, Table};
use crate::{rules, store};
use askama::Template;
use axum::extract::Path;
use forms::tabulate::Tally;
use kernel::{Purpose, Reader, Refusal};
use web::{Answer, Ctx, Page};

#[derive(Template)]
#[template(path = "survey_results.html")]
struct Shown {
    r: Results,
}

impl Shown {
    /// Length of a bar in the picture, of 240.
    fn bar(&self, share: &Share) -> String {
        format!("{:.1}", share.percent * 2.4)
    }
    fn percent(&self, share: &Share) -> String {
        format!("{:.1}", share.percent)
    }
    fn one(&self, n: &f64) -> String {
        format!("{n:.1}")
    }
    /// Where the weighted share stands in the picture, of 240.
    fn mark(&self, weighted: &f64) -> String {
        format!("{:.1}", (weighted * 2.4).clamp(0.0, 239.0))
    }
    /// Share in the answers, in the register, and the difference.
    fn shares(&self, m: &Margin, c: &Class) -> [String; 3] {
        let (answered, registered) = m.percents(c);
        [format!("{answered:.1}"), format!("{registered:.1}"), format!("{:+.1}", answered - registered)]
    }
    fn between(&self, share: &Share) -> String {
        share.between.map_or("—".into(), |i| format!("{:.0}–{:.0}%", i.low * 100.0, i.high * 100.0))
    }
    /// What was written, as much of it as the page shows.
    fn texts<'a>(&self, t: &'a Table) -> &'a [String] {
        &t.texts[..t.texts.len().min(MAX_TEXTS)]
    }
    /// The histogram of a question for numbers or times; "" of others.
    fn plot(&self, t: &Table) -> String {
        if t.bins.is_empty() { String::new() } else { Plot::new(t.name(), &t.bins).render().unwrap_or_default() }
    }
    /// The least and the last time of day, and the middle one.
    fn times(&self, t: &Tally) -> String {
        let n = t.values.len();
        if Scale::of(&t.kind) != Some(Scale::Clock) || n == 0 {
            return String::new();
        }
        let at = |i: usize| rules::clock(t.values[i]);
        format!("中位数 {}，一半的回答在 {} 到 {} 之间（最早 {}，最晚 {}）", at(n / 2), at(n / 4), at((n * 3 / 4).min(n - 1)), at(0), at(n - 1))
    }
    fn numbers(&self, t: &Tally) -> String {
        let plain = |n: f64| format!("{}", (n * 10.0).round() / 10.0);
        t.spread.map_or(String::new(), |s| {
            format!(
                "中位数 {}，一半的回答在 {} 到 {} 之间（最小 {}，最大 {}，平均 {}）",
                plain(s.median),
                plain(s.lower_quartile),
                plain(s.upper_quartile),
                plain(s.least),
                plain(s.most),
                plain(s.mean)
            )
        })
    }
}

/// `GET /surveys/{id}/results`
pub async fn page(ctx: Ctx, Path(id): Path<String>) -> Answer {
    let (id, station) = (survey_id(&id)?, ctx.who.station);
    let look = ctx.look("surveys.results", Purpose::Statistics);
    let read = async |r: &mut Reader| {
        let s = store::survey(r, station, id).await?;
        r.saw("survey", id);
        let boxes = store::boxes(r, station, id).await?;
        Ok((crate::actions::weights(r, &s, &boxes).await?, boxes, s))
    };
    let (weights, boxes, s) = ctx.app.db().read(&look, read).await?;
    if s.state == State::Draft {
        return Err(Refusal::new("surveys.state", "问卷还没有开放。", "开放并有人回答后再看结果。").into());
    }
    let r = rules::results(&s.definition.0, &boxes, weights)?;
    let page = Page::new(format!("结果：{}", s.title), &Shown { r }).crumb("问卷", "/surveys").crumb(s.title.clone(), format!("/surveys/{id}"));
    let goes_out = ctx.may(kernel::Permission::DataExport) && ctx.site.has_menu(|p| p == "/exchange/export");
    if goes_out { page.action("导出", format!("/exchange/export?what=surveys&survey={id}")).show(&ctx) } else { page.show(&ctx) }
}
