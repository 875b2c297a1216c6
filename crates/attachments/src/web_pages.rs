//! Download: the owner's domain says who may, the look is recorded.

use crate::{SEE_SLOT, keep};
use axum::extract::Path;
use axum::http::header;
use kernel::{AttachmentId, Error, Purpose, Reader};
use web::{Answer, Ctx, IntoResponse};

/// `GET /files/{id}`
pub async fn download(ctx: Ctx, Path(id): Path<String>) -> Answer {
    let id: AttachmentId = web::page::id(&id, "这个附件")?;
    let look = ctx.look("attachments.see", Purpose::Incident);
    let owner = ctx.app.db().read(&look, async |r: &mut Reader| keep::owner_of(r, id).await).await?;
    let allowed = ctx.site.fill(SEE_SLOT, &ctx.who, owner.owner_id).await?;
    if allowed.is_empty() {
        return Err(Error::NotFound("这个附件").into());
    }
    let bytes = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            r.saw("attachment", id);
            r.saw(&owner.owner_kind, owner.owner_id);
            keep::load(&ctx.app, r, &owner).await
        })
        .await?;
    let shown = if owner.media_type.starts_with("image/") { "inline" } else { "attachment" };
    let encoded: String = owner.file_name.bytes().map(|b| if b.is_ascii_alphanumeric() { (b as char).to_string() } else { format!("%{b:02X}") }).collect();
    Ok((
        [
            (header::CONTENT_TYPE, owner.media_type.clone()),
            (header::CONTENT_DISPOSITION, format!("{shown}; filename*=UTF-8''{encoded}")),
            (header::CACHE_CONTROL, "private, no-store".to_string()),
        ],
        bytes,
    )
        .into_response())
}
