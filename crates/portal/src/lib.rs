//! 群众服务: report without an account, look up the state by receipt, see who looked.
//!
//! **Invariants.** No account, no tracking, works without scripts. The receipt's secret has at least
//! 80 random bits, is shown once to the reporter and stored only as a keyed hash. Wrong secrets are
//! slowed down and recorded. A page never tells whether a number exists without its secret. A party of a dispute sees
//! the own matter by the code on the own paper, and nobody else's data. A booking is seen, changed and cancelled by its
//! own code; how many one place may make in ten minutes is bounded, and so are wishes. The screen in the hall opens by
//! a link of the station and shows nobody's name.

mod booking;
mod guess;
mod hall;
mod matter;
#[cfg(test)]
mod tests;
mod visit;
mod wish;
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
            get("/p/receipt/{secret}", Need::Public, web_pages::scanned),
            get("/p/matter", Need::Public, matter::ask),
            post("/p/matter", Need::Public, matter::typed),
            get("/p/matter/{code}", Need::Public, matter::scanned),
            get("/p/windows/{station}", Need::Public, visit::page),
            get("/p/windows/{station}/{service}", Need::Public, visit::service),
            get("/p/certificates", Need::Public, visit::certificates),
            get("/p/windows/{station}/{service}/book", Need::Public, booking::page),
            post("/p/windows/{station}/{service}/book", Need::Public, booking::send),
            get("/p/wish/{station}", Need::Public, wish::page),
            post("/p/wish/{station}", Need::Public, wish::send),
            get("/p/booking", Need::Public, booking::ask),
            post("/p/booking", Need::Public, booking::state),
            post("/p/booking/cancel", Need::Public, booking::cancel),
            get("/p/hall/{code}", Need::Public, hall::page),
            get("/p/hall/{code}/live", Need::Public, hall::live),
            get("/p/ticket", Need::Public, booking::ticket_ask),
            post("/p/ticket", Need::Public, booking::ticket),
            post("/p/booking/change", Need::Public, booking::change),
        ],
        ..Domain::default()
    }
}
