//! Static files: inside the binary, with a content hash in the address and an eternal cache.

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use rust_embed::RustEmbed;
use std::collections::BTreeMap;
use std::sync::OnceLock;

#[derive(RustEmbed)]
#[folder = "assets/"]
#[include = "*.css"]
#[include = "*.js"]
#[include = "*.mjs"]
#[include = "*.svg"]
#[include = "*.png"]
#[include = "*.woff2"]
#[include = "*.txt"]
struct Files;

fn hashes() -> &'static BTreeMap<String, String> {
    static MAP: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    MAP.get_or_init(|| {
        Files::iter()
            .filter_map(|name| {
                let file = Files::get(&name)?;
                Some((name.to_string(), hex::encode(&file.metadata.sha256_hash()[..6])))
            })
            .collect()
    })
}

/// The address of a static file: `/assets/<hash>/app.css`. One hash for all files of a build, so
/// that scripts can import each other by relative paths.
pub fn url(name: &str) -> String {
    format!("/assets/{}/{name}", build_hash())
}

fn build_hash() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| {
        use sha2::Digest;
        let mut all = sha2::Sha256::new();
        for (name, hash) in hashes() {
            all.update(name);
            all.update(hash);
        }
        hex::encode(&all.finalize()[..6])
    })
}

/// Serves `/assets/{hash}/{*name}`.
pub async fn serve(Path((hash, name)): Path<(String, String)>) -> Response {
    let Some(file) = Files::get(&name) else {
        return (StatusCode::NOT_FOUND, "no such file").into_response();
    };
    let kind = match name.rsplit('.').next().unwrap_or("") {
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        _ => "text/plain; charset=utf-8",
    };
    let cache =
        if hash == build_hash() { "public, max-age=31536000, immutable" } else { "no-cache" };
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, cache)], file.data.into_owned()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `assets/vendor/README.md` names the digest of every script of others.
    #[test]
    fn vendored_scripts_are_the_ones_that_are_listed() {
        use sha2::Digest;
        let list = include_str!("../assets/vendor/README.md");
        let mut seen = 0;
        for name in Files::iter().filter(|n| n.starts_with("vendor/") && !n.ends_with(".txt")) {
            let digest = hex::encode(sha2::Sha256::digest(&Files::get(&name).unwrap().data));
            assert!(list.contains(&digest), "{name} is not the listed file");
            seen += 1;
        }
        assert!(seen >= 3 && Files::get("vendor/maplibre/LICENSE.txt").is_some());
    }
}
