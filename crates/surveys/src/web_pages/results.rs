//! Results: each question with how many were asked, how many answered, and the share with its interval.

use super::survey_id;
use crate::model::State;
use crate::rules::{Class, Margin, Results, Share};
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
    Page::new(format!("结果：{}", s.title), &Shown { r }).crumb("问卷", "/surveys").crumb(s.title.clone(), format!("/surveys/{id}")).show(&ctx)
}
