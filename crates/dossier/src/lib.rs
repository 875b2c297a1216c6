//! 卷宗: the papers of a dispute, which must be there, and what is given to the parties.
//!
//! **Terms.** 卷宗 *dossier* (a filed one is a *volume*), 文书 *paper*, 立卷 *file*, 告知单 *pass*, 提醒 *reminder*.
//!
//! **Invariants.** The list of parts says for every path what must be there and how to make what is missing. A paper is
//! made from records, never typed: same records, same bytes; a reprint is compared with the print before. An electronic
//! signature stands only on the content that was signed, with the recording of the signing. A character without a glyph
//! stops the paper and is named. The number of a volume comes from the series of the agreements, without gaps. A
//! party's code is kept as a hash; its page shows nobody else's data.

pub mod actions;
mod bind;
pub mod compose;
pub mod model;
pub mod print;
pub mod rules;
pub mod store;
pub mod view;
mod web_pages;

#[cfg(test)]
mod tests;

use kernel::Permission as P;
use web::domain::{get, post};
use web::{Domain, Job, Need};

/// Routes, tables, the clocked reminders, and what stands on the dispute's page.
pub fn domain() -> Domain {
    use web_pages::{forms, page, receipt, sign};
    let mediate = Need::Can(P::DisputeMediate);
    let assist = Need::Can(P::DisputeAssist);
    Domain {
        name: "dossier",
        migrations: Some(kernel::migrations!("dossier", "0001_dossier.sql", "0002_settlement.sql", "0003_told.sql", "0004_indexes.sql", "0005_signer.sql", "0006_held.sql")),
        routes: vec![
            get("/disputes/{id}/dossier", Need::Can(P::DisputeSee), page::page),
            post("/disputes/{id}/dossier/file", mediate, forms::file),
            post("/disputes/{id}/dossier/apply", mediate, forms::apply),
            post("/disputes/{id}/dossier/party", mediate, forms::party),
            post("/disputes/{id}/dossier/files", assist, forms::files),
            post("/disputes/{id}/dossier/recording", assist, forms::recording),
            post("/disputes/{id}/dossier/print", mediate, forms::print),
            post("/disputes/{id}/dossier/whole", mediate, forms::whole),
            post("/disputes/{id}/dossier/pass", mediate, forms::pass),
            post("/disputes/{id}/dossier/revoke", mediate, forms::revoke),
            post("/disputes/{id}/dossier/remind", assist, forms::remind),
            post("/disputes/{id}/dossier/reminder", assist, forms::reminder),
            post("/incidents/{id}/receipt", Need::Can(P::IncidentSee), receipt::print),
            get("/disputes/{id}/dossier/sign", mediate, sign::page),
            post("/disputes/{id}/dossier/sign", mediate, sign::send),
        ],
        jobs: vec![
            Job { name: "dossier.reminders", every_seconds: 3_600, run: actions::plan_reminders },
            Job { name: "dossier.keeping", every_seconds: 86_400, run: actions::keeping },
        ],
        slots: vec![
            web::SlotFill { slot: mediation::DISPUTE_SLOT, fill: web_pages::on_dispute },
        ],
        ..Domain::default()
    }
}
