//! 账号与登录: accounts, roles, beats and grids with dates, sessions, second factor.
//!
//! **Invariants.** No default password exists anywhere; the first three administrators come through
//! one-time links. One account has one role; system, security and audit administrators are three
//! persons with a second factor. A session's secret is stored only as a keyed hash; it ends when
//! idle, after its longest life, on sign-out from any device, and when the account is disabled.

pub mod actions;
pub mod model;
pub mod rules;
mod session;
pub mod store;
mod web_pages;

#[cfg(test)]
mod tests;

pub use session::{actor_of, caller};

use kernel::Permission as P;
use web::domain::{get, post};
use web::{Domain, MenuItem, Need};

/// Routes, tables and menu of the domain.
pub fn domain() -> Domain {
    use web_pages::{admin, me, sign_in};
    Domain {
        name: "identity",
        migrations: Some(kernel::migrations!("identity", "0001_identity.sql", "0002_passwords.sql", "0003_narrow.sql")),
        routes: vec![
            get("/login", Need::Public, sign_in::page),
            post("/login", Need::Public, sign_in::sign_in),
            post("/logout", Need::SignedIn, sign_in::sign_out),
            get("/setup/{token}", Need::Public, sign_in::setup_page),
            post("/setup/{token}", Need::Public, sign_in::setup),
            get("/me", Need::SignedIn, me::page),
            post("/me/password", Need::SignedIn, me::password),
            post("/me/totp", Need::SignedIn, me::totp),
            get("/me/sessions", Need::SignedIn, me::sessions),
            post("/me/sessions/{id}/end", Need::SignedIn, me::end),
            get("/admin/users", Need::Can(P::UserAdmin), admin::list),
            post("/admin/users", Need::Can(P::UserAdmin), admin::create),
            post("/admin/users/{id}/disable", Need::Can(P::UserAdmin), admin::disable),
            post("/admin/users/{id}/reset", Need::Can(P::UserAdmin), admin::reset),
            get("/admin/grants", Need::Can(P::GrantAdmin), admin::grants),
            post("/admin/grants", Need::Can(P::GrantAdmin), admin::grant),
            post("/admin/grants/{id}/end", Need::Can(P::GrantAdmin), admin::end_grant),
            post("/admin/users/{id}/factor", Need::Any(&[P::GrantAdmin, P::UserAdmin]), admin::reset_factor),
            post("/admin/users/{id}/role", Need::Can(P::GrantAdmin), admin::role),
            post("/admin/users/{id}/narrow", Need::Can(P::GrantAdmin), admin::narrow),
        ],
        menu: vec![
            MenuItem { group: "管理", label: "账号", path: "/admin/users", permission: P::UserAdmin, order: 70 },
            MenuItem { group: "管理", label: "授权", path: "/admin/grants", permission: P::GrantAdmin, order: 71 },
        ],
        ..Domain::default()
    }
}
