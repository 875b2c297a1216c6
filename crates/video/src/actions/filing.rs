//! 备案 with the county's police (条例 §14): once after a camera came into use, and again when a filed fact changes.

use crate::model::Camera;
use crate::rules;
use kernel::{App, Result, Role, Timestamp, ToSpan, Tx, clock};

/// Brings the reminders about a camera up to date after it was registered or edited; `old` is what it was.
pub(super) async fn tasks(app: &App, tx: &mut Tx, old: Option<&Camera>, c: &Camera) -> Result<()> {
    notices::actions::done_for(tx, c.id, "video.filing").await?;
    if let Some(used) = c.in_use_day.filter(|_| c.filing_day.is_none()) {
        let days = app.rules().int("public_video.filing_days", used)?;
        let title = format!("摄像机“{}”投入使用后 {days} 日内备案", c.name);
        put(tx, c, "video.filing", title, clock::start_of(used.saturating_add((days + 1).days()))).await?;
    }
    let Some(old) = old else { return Ok(()) };
    if rules::filed_anew(old, c) {
        notices::actions::done_for(tx, c.id, "video.filing_change").await?;
        return Ok(());
    }
    let changed = rules::filed_changes(old, c);
    if changed.is_empty() {
        return Ok(());
    }
    let today = clock::day_of(tx.now());
    let days = app.rules().int("video.filing_change_days", today)?;
    let title = format!("摄像机“{}”的{}变了，请变更备案", c.name, changed.join("、"));
    put(tx, c, "video.filing_change", title, clock::start_of(today.saturating_add((days + 1).days()))).await
}

/// A camera was taken out of use: what was open about it is over, and of a filed one the filing is to be changed.
pub(super) async fn ended(app: &App, tx: &mut Tx, c: &Camera) -> Result<()> {
    notices::actions::done_all(tx, c.id).await?;
    if !rules::owes_end(&Camera { ended_at: Some(tx.now()), ..c.clone() }) {
        return Ok(());
    }
    let today = clock::day_of(tx.now());
    let days = app.rules().int("video.filing_change_days", today)?;
    let title = format!("摄像机“{}”停用（撤除）了，请变更备案", c.name);
    put(tx, c, "video.filing_change", title, clock::start_of(today.saturating_add((days + 1).days()))).await
}

async fn put(tx: &mut Tx, c: &Camera, kind: &'static str, title: String, due: Timestamp) -> Result<()> {
    let new = notices::model::NewTask {
        station: c.station_id,
        kind,
        title: kernel::text::cut(&title, 60),
        path: format!("/video/cameras/{}", c.id),
        record: c.id,
        to_user: None,
        to_role: Some(Role::DutyLeader),
        due,
    };
    notices::actions::put(tx, new).await.map(|_| ())
}
