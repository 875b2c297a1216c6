//! The printed sheet.

use super::{manage, survey_id};
use crate::model::State;
use crate::{paper, store};
use axum::extract::Path;
use kernel::{Purpose, Reader, Refusal};
use web::{Answer, Ctx};

/// `GET /surveys/{id}/sheet`: 纸质问卷 (PDF). Only of an open survey, because a draft still changes.
pub async fn sheet(ctx: Ctx, Path(id): Path<String>) -> Answer {
    let (id, station) = (survey_id(&id)?, ctx.who.station);
    let look = ctx.look("surveys.sheet", Purpose::Statistics);
    let read = async |r: &mut Reader| {
        let s = store::survey(r, station, id).await?;
        Ok((s, places::store::station(r, station).await?.name))
    };
    let (s, organ) = ctx.app.db().read(&look, read).await?;
    if s.state == State::Draft {
        return Err(Refusal::new("surveys.state", "问卷还在编制，题目还会变。", "开放征集以后再打印。").into());
    }
    let base = ctx.app.settings().public_url.trim_end_matches('/').to_string();
    let address = format!("{base}/q/{}", s.code);
    let qr = if base.is_empty() || s.state == State::Closed { String::new() } else { manage::drawn(&address)? };
    let pdf = paper::pdf(paper::sheet(&organ, &s, &address, &qr)).await?;
    windows::web_pages::file(&format!("{}（纸质问卷）", s.title), pdf)
}
