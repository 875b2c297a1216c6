//! Cameras registered through the pages, and a watch begun: what the tests of the wall share.

use crate::Tab;
use anyhow::{Context, Result, ensure};
use serde_json::json;

/// A camera to be registered.
pub struct NewCamera {
    /// Its name.
    pub name: String,
    /// Address of the main stream.
    pub main: String,
    /// Address of the sub stream, when it has one.
    pub small: Option<String>,
}

/// Registers cameras, numbered `<prefix>-000` and on, in a new group of the station 正阳派出所: ids of the group and of the cameras.
pub async fn register(admin: &Tab, group: &str, prefix: &str, cameras: &[NewCamera]) -> Result<(String, Vec<String>)> {
    admin.open("/video/setup").await?;
    let own: String = admin.eval("[...document.querySelectorAll('select[name=station] option')].find(o => o.text.includes('正阳')).value").await?;
    admin.open(&format!("/video/setup?station={own}")).await?;
    let form = format!(
        "window.form = async () => new DOMParser().parseFromString(await (await fetch('/video/cameras/new?station={own}')).text(), 'text/html').querySelector('form[action^=\"/video/cameras/new\"]')"
    );
    admin.eval::<bool>(&format!("({form}, true)")).await?;
    let made: String = admin
        .eval(&format!(
            "(async () => {{ \
               const d = new URLSearchParams(new FormData(document.querySelector('form[action=\"/video/groups\"]'))); d.set('name', '{group}'); \
               await fetch('/video/groups', {{ method: 'POST', body: d }}); \
               return [...(await form()).querySelectorAll('#group option')].find(o => o.textContent.includes('{group}'))?.value ?? ''; }})()"
        ))
        .await?;
    ensure!(!made.is_empty(), "the group was not made");
    let mut ids = vec![];
    for (n, c) in cameras.iter().enumerate() {
        let typed = json!({
            "number": format!("{prefix}-{n:03}"), "name": c.name, "place": group, "place_kind": "road", "group": made, "filing_unit": group,
            "in_use_day": "2026-05-01", "main_url": c.main, "main_quota": "100", "sub_url": c.small.as_deref().unwrap_or(""), "sub_quota": "100"
        });
        let script = format!(
            "(async () => {{ \
               const f = await form(); const d = new URLSearchParams(new FormData(f)); \
               for (const [k, v] of Object.entries({typed})) d.set(k, v); \
               const a = await fetch(f.getAttribute('action'), {{ method: 'POST', body: d }}); \
               return a.ok ? a.url : a.status + ' ' + new DOMParser().parseFromString(await a.text(), 'text/html').body.innerText.slice(0, 600); }})()"
        );
        let at: String = admin.eval(&script).await?;
        ids.push(at.rsplit('/').next().filter(|i| i.len() == 36).with_context(|| format!("camera {n}: {at}"))?.to_string());
    }
    Ok((made, ids))
}

/// Begins a watch from the page `to`, which asks for its purpose; its id.
pub async fn watch(tab: &Tab, to: &str, purpose: &str, reason: &str) -> Result<String> {
    tab.open(to).await?;
    tab.click(&format!("input[name=purpose][value={purpose}]"), "").await?;
    tab.fill("#reason", reason).await?;
    tab.press("button", "开始看").await?;
    tab.eval("new URLSearchParams(location.search).get('watch')").await
}
