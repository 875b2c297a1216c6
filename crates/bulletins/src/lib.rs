//! 统计和通报: the station's figures, each with numerator, denominator and definition, each opening its rows; and
//! briefings written around frozen numbers.
//!
//! **Terms.** 日报, 周报, 月报, 研判报告 *briefing*; 同比 *year-on-year*, 环比 *period-on-period*; 抄报, 抄送, 印发.
//!
//! **Invariants.** A figure is defined once, in the domain whose rows it counts ([`kernel::figure::Spec`]); this
//! domain only collects and shows. What is shown is what the command line prints ([`figures`]). A briefing's numbers
//! are frozen as known on one moment and never altered; its text names them and nobody types them. Totals that
//! do not add up go neither to review nor out. Editing, reviewing and publishing are three different people's. What
//! was published stays; a later escalation marks it, with the old and the new number.

mod actions;
mod classes;
mod count;
mod cross;
mod draft;
mod model;
mod paper;
mod plot;
mod rules;
mod store;
mod web_pages;
mod workbook;

#[cfg(test)]
mod tests;

pub use actions::{draft, edit, step};
pub use count::{Beside, breakdowns, check, check_moment, crossings, figures, period, specs};
pub use model::{Ask, Edit, Kind, Step};

use kernel::Permission as P;
use web::domain::{get, post};
use web::{Domain, MenuItem, Need};

const SEE: Need = Need::Can(P::FiguresSee);
const STEP: Need = Need::Any(&[P::BulletinWrite, P::BulletinReview, P::BulletinPublish]);

/// Routes, tables, listener and menu of the domain.
pub fn domain() -> Domain {
    use web_pages::{figures, plots, reports};
    Domain {
        name: "bulletins",
        migrations: Some(kernel::migrations!("bulletins", "0001_bulletins.sql")),
        routes: vec![
            get("/figures", SEE, figures::page),
            get("/figures/rows", SEE, figures::rows),
            get("/figures/plots", SEE, plots::page),
            get("/figures/part", SEE, plots::part),
            get("/bulletins", SEE, reports::list),
            get("/bulletins/new", Need::Can(P::BulletinWrite), reports::new_page),
            post("/bulletins/new", Need::Can(P::BulletinWrite), reports::new),
            get("/bulletins/{id}", SEE, reports::page),
            post("/bulletins/{id}/edit", Need::Can(P::BulletinWrite), reports::edit),
            post("/bulletins/{id}/step", STEP, reports::step),
            get("/bulletins/{id}/rows", SEE, reports::rows),
            get("/bulletins/{id}/pdf", SEE, reports::pdf),
            post("/bulletins/{id}/xlsx", Need::Can(P::DataExport), reports::xlsx),
        ],
        listeners: vec![kernel::event::Listener { topic: "mediation.escalate", handler: |tx, event| Box::pin(actions::escalated(tx, event)) }],
        menu: vec![
            MenuItem { group: "统计", label: "统计数据", path: "/figures", permission: P::FiguresSee, order: 40 },
            MenuItem { group: "统计", label: "图表", path: "/figures/plots", permission: P::FiguresSee, order: 41 },
            MenuItem { group: "统计", label: "通报", path: "/bulletins", permission: P::FiguresSee, order: 42 },
        ],
        slots: vec![web::SlotFill { slot: attachments::SEE_SLOT, fill: see_files }],
        ..Domain::default()
    }
}

/// Whoever may see the briefing may see its paper.
fn see_files<'a>(
    app: &'a kernel::App,
    actor: &'a kernel::Actor,
    id: kernel::Uuid,
) -> futures::future::BoxFuture<'a, kernel::Result<String>> {
    Box::pin(async move {
        let look = app.look(actor, "bulletins.files", kernel::Purpose::Statistics);
        app.db()
            .read(&look, async |r: &mut kernel::Reader| match store::report(r, id).await {
                Ok(report) if actions::visible(r, &report).is_ok() => Ok("yes".to_string()),
                Ok(_) | Err(kernel::Error::NotFound(_)) => Ok(String::new()),
                Err(e) => Err(e),
            })
            .await
    })
}
