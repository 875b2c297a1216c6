//! 大厅大屏 without an account: by a link that the station made, numbers and waits only.

use crate::guess::{self, Pace};
use crate::web_pages::{place_of, refused};
use axum::extract::Path;
use axum::http::HeaderMap;
use kernel::{Error, Refusal, Result};
use std::sync::Arc;
use web::page::Frame;
use web::{Answer, Ctx, Page};
use windows::actions::{self, Hall};
use windows::web_pages::display::Display;

/// The hall of a link. A code that was given out is answered at once, however many guess from the same network: else whoever
/// guesses could darken the screen in the hall. A code that never was is slowed like a wrong receipt, and recorded.
///
/// # Errors
/// No such link, one that was ended, too many guesses from one place.
async fn hall_of(ctx: &Ctx, headers: &HeaderMap, code: &str) -> Result<(String, Arc<Hall>)> {
    match actions::screen_by_code(&ctx.app, &kernel::text::cut(code, 60)).await? {
        Some((_, station, Some(hall))) => return Ok((station, hall)),
        Some((screen, ..)) => {
            let what = format!("“{}”这个大屏链接已经停用。", screen.name);
            return Err(Refusal::new("windows.screen_ended", what, "请向派出所窗口要新的链接，在叫号台的“大屏链接”里开。").into());
        }
        None => {}
    }
    let place = format!("hall {}", place_of(headers));
    match guess::begin(&place, ctx.now()) {
        Pace::Now => {}
        Pace::After(wait) => tokio::time::sleep(wait).await,
        pace => {
            if pace == Pace::Stopped {
                refused(ctx, "portal.hall_paused").await?;
            }
            return Err(Refusal::new("portal.too_many", "链接输错的次数太多，暂停十分钟。", "请核对派出所开出的链接，十分钟后再打开。").into());
        }
    }
    refused(ctx, "portal.hall_refused").await?;
    Err(Error::NotFound("这个大屏链接"))
}

/// `GET /p/hall/{code}`
pub async fn page(ctx: Ctx, headers: HeaderMap, Path(code): Path<String>) -> Answer {
    let (station, hall) = hall_of(&ctx, &headers, &code).await?;
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    let content = Display::of(&hall, format!("/p/hall/{plain}/live"), true);
    Page::new(format!("{station} 窗口叫号"), &content).frame(Frame::Command).show(&ctx)
}

/// `GET /p/hall/{code}/live`
pub async fn live(ctx: Ctx, headers: HeaderMap, Path(code): Path<String>) -> Answer {
    let (_, hall) = hall_of(&ctx, &headers, &code).await?;
    web::page::fragment(&Display::of(&hall, String::new(), true))
}
