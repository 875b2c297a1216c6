//! A station before its first day: set up by its administrators' one-time links, and every page of the menus with nothing in it.

use super::walk::{Shared, Walk};
use anyhow::{Context, Result, ensure};
use e2e::{Browser, Server, View};

/// A fresh station, set up by its administrators, in which nothing has happened: every page of the menus of each role.
pub async fn walk(browser: &Browser, common: &Shared) -> Result<()> {
    let (server, links) = Server::fresh()?;
    let password = "Empty-2026-station";
    let mut made = vec![];
    for (n, path) in links.iter().enumerate() {
        let mut walk = Walk::new("fresh", &server, browser, common).await?;
        walk.visit(path, "setup", 200).await;
        let account = format!("admin{n}");
        walk.tab.set("#account", &account).await?;
        walk.tab.set("#name", "新建管理员").await?;
        walk.tab.set("#password", password).await?;
        walk.tab.set("#again", "not-the-same").await?;
        walk.tab.press("main button", "设置").await?;
        walk.present("setup-refused", 422).await;
        walk.tab.set("#password", password).await?;
        walk.tab.set("#again", password).await?;
        walk.tab.press("main button", "设置").await?;
        made.push(account);
    }
    ensure!(made.len() == 3, "three administrators: {made:?}");
    let mut admin = enter(&server, browser, common, "empty-system", &made[0], password).await?;
    admin.tab.enrol().await?;
    for (path, name, status) in [("/places/units", "empty-units", 200), ("/admin/users", "empty-users", 200), ("/video", "empty-no-station", 422)] {
        admin.visit(path, name, status).await;
    }
    station(&admin).await.context("the first station")?;
    admin.menus().await?;
    let roles = [("station_leader", "empty-leader"), ("officer", "empty-officer"), ("operator", "empty-operator"), ("grid_worker", "empty-grid"), ("window_clerk", "empty-clerk")];
    for (role, name) in roles {
        admin.tab.open("/admin/users").await?;
        admin.tab.set("#account", name).await?;
        admin.tab.set("#name", "新人").await?;
        admin.tab.set("#role", role).await?;
        admin.tab.choose("#station", "新立派出所").await?;
        admin.tab.set("#password", password).await?;
        admin.tab.press("section button.button--primary", "建立").await?;
    }
    for (_, name) in roles {
        let mut walk = enter(&server, browser, common, name, name, password).await?;
        // The first password is changed at the first entry.
        if walk.tab.path().await?.starts_with("/me") {
            walk.present("must-change", 200).await;
            for (field, word) in [("#old", password), ("#password", "Other-2026-station"), ("#again", "Other-2026-station")] {
                walk.tab.set(field, word).await?;
            }
            walk.tab.press("form[action='/me/password'] button", "").await?;
        }
        walk.menus().await?;
    }
    for (n, name) in [(1, "empty-security"), (2, "empty-audit")] {
        let mut walk = enter(&server, browser, common, name, &made[n], password).await?;
        walk.tab.enrol().await?;
        walk.menus().await?;
    }
    Ok(())
}

async fn enter(server: &Server, browser: &Browser, common: &Shared, role: &'static str, account: &str, password: &str) -> Result<Walk> {
    let walk = Walk::new(role, server, browser, common).await?;
    walk.tab.enter(account, password).await?;
    Ok(walk)
}

/// The first sub-bureau and station.
async fn station(admin: &Walk) -> Result<()> {
    admin.tab.look(View::Desktop).await?;
    admin.tab.open("/places/units").await?;
    admin.tab.unfold().await?;
    for (field, value) in [("#bureau-code", "150702-FJ"), ("#bureau-name", "新立分局"), ("#bureau-region", "150702")] {
        admin.tab.set(field, value).await?;
    }
    admin.tab.press("main button", "建立分局").await?;
    admin.tab.unfold().await?;
    for (field, value) in [("#station-code", "150702990000"), ("#station-name", "新立派出所"), ("#station-region", "150702"), ("#station-address", "新立路1号")] {
        admin.tab.set(field, value).await?;
    }
    admin.tab.press("main button", "建立派出所").await?;
    admin.tab.look(View::Phone).await
}
