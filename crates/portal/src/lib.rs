//! 群众服务: report without an account, look up the state by receipt, see who looked.
//!
//! **Invariants.** No account, no tracking, works without scripts. The receipt's secret has at least
//! 80 random bits, is shown once to the reporter and stored only as a keyed hash. Wrong secrets are
//! slowed down and recorded. A page never tells whether a number exists without its secret. A party of a dispute sees
//! the own matter by the code on the own paper, and nobody else's data.

mod guess;
mod matter;
mod web_pages;

use web::domain::{get, post};
use web::{Domain, Need};

/// Public routes under `/p`.
pub fn domain() -> Domain {
    Domain {
        name: "portal",
        routes: vec![
            get("/p", Need::Public, web_pages::home),
            get("/p/privacy", Need::Public, web_pages::privacy),
            get("/p/report/{station}", Need::Public, web_pages::report),
            post("/p/report/{station}", Need::Public, web_pages::send),
            get("/p/receipt", Need::Public, web_pages::ask),
            post("/p/receipt", Need::Public, web_pages::state),
            get("/p/matter", Need::Public, matter::ask),
            post("/p/matter", Need::Public, matter::typed),
            get("/p/matter/{code}", Need::Public, matter::scanned),
        ],
        ..Domain::default()
    }
}
