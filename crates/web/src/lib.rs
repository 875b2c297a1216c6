//! Pages: the frame, forms, refusals, live updates, static files, and how a domain joins the site.
//!
//! **Invariants.** Depends on the kernel only. Every route states what it needs ([`Need`]) and the
//! router enforces it; a handler never checks a role. No inline script or style leaves this server.

pub mod assets;
pub mod domain;
pub mod failure;
pub mod form;
pub mod health;
pub mod live;
pub mod meter;
pub mod page;
pub mod paper;
pub mod router;
pub mod show;

pub use domain::{Domain, Job, MenuItem, Need, Route, Site, Slot, SlotFill};
pub use failure::{Answer, Failure, Trouble};
pub use form::{Form, Upload};
pub use page::{Ctx, Page};
pub use router::{Caller, router};

pub use askama;
pub use axum;
pub use axum::response::{IntoResponse, Redirect, Response};
