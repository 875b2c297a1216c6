//! A film of the disk over HTTP: whole as a download, or in ranges for a player.

use axum::body::Body;
use axum::response::IntoResponse;
use bytes::Bytes;
use futures::StreamExt;
use http::{HeaderMap, StatusCode, header};
use kernel::Error;
use std::io::SeekFrom;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use web::Answer;

/// Bytes read at a time.
const PIECE: usize = 256 << 10;

/// The range that a player asks for, `bytes=from-` or `bytes=from-to`, both ends included; `None` when it asks for all, or
/// for something that is answered with all.
pub fn range(headers: &HeaderMap, long: u64) -> Option<(u64, u64)> {
    let text = headers.get(header::RANGE)?.to_str().ok()?.strip_prefix("bytes=")?;
    let (from, to) = text.split_once('-')?;
    let from: u64 = from.parse().ok()?;
    let to = if to.is_empty() { long.checked_sub(1)? } else { to.parse::<u64>().ok()?.min(long.checked_sub(1)?) };
    (from <= to).then_some((from, to))
}

/// Sends the file, or the range of it; as a download when it has a `name`.
///
/// # Errors
/// The disk's.
pub async fn send(mut file: File, headers: &HeaderMap, name: Option<&str>) -> Answer {
    let long = file.metadata().await.map_err(Error::internal)?.len();
    let part = range(headers, long);
    let (from, to) = part.unwrap_or((0, long.saturating_sub(1)));
    file.seek(SeekFrom::Start(from)).await.map_err(Error::internal)?;
    let left = if long == 0 { 0 } else { to - from + 1 };
    let body = futures::stream::unfold((file.take(left), vec![0u8; PIECE]), |(mut f, mut buffer)| async move {
        match f.read(&mut buffer).await {
            Ok(0) => None,
            Ok(n) => Some((Ok::<Bytes, std::io::Error>(Bytes::copy_from_slice(&buffer[..n])), (f, buffer))),
            Err(e) => Some((Err(e), (f, buffer))),
        }
    });
    // A layer around the answer may ask once more after the end.
    let mut response = Body::from_stream(body.fuse()).into_response();
    let h = response.headers_mut();
    let mut put = |name: header::HeaderName, value: String| {
        if let Ok(v) = value.parse() {
            h.insert(name, v);
        }
    };
    put(header::CONTENT_TYPE, "video/mp4".into());
    put(header::CONTENT_LENGTH, left.to_string());
    put(header::CACHE_CONTROL, "no-store".into());
    match name {
        Some(name) => put(header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        None => put(header::ACCEPT_RANGES, "bytes".into()),
    }
    if part.is_some() {
        put(header::CONTENT_RANGE, format!("bytes {from}-{to}/{long}"));
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_as_players_ask_for_them() {
        let of = |text: &str| {
            let mut h = HeaderMap::new();
            h.insert(header::RANGE, text.parse().unwrap());
            range(&h, 1000)
        };
        assert_eq!(range(&HeaderMap::new(), 1000), None);
        assert_eq!(of("bytes=0-"), Some((0, 999)));
        assert_eq!(of("bytes=100-199"), Some((100, 199)));
        assert_eq!(of("bytes=100-5000"), Some((100, 999)));
        for whole in ["bytes=1000-", "bytes=9-3", "bytes=-500", "bytes=0-1,5-6", "bytes=x-", "lines=0-1"] {
            assert_eq!(of(whole), None, "{whole}");
        }
    }
}
