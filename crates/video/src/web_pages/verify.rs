//! For whoever was given a clip: how it is checked, the station's keys, and the page that does it without a network.

use askama::Template;
use axum::response::IntoResponse;
use http::header;
use web::{Answer, Ctx, Page};

struct Key {
    id: String,
    alg: String,
    public: String,
    fingerprint: String,
}

#[derive(Template)]
#[template(path = "verify.html")]
struct Verify {
    keys: Vec<Key>,
}

/// `GET /video/verify`: for everybody, without an account.
pub async fn page(ctx: Ctx) -> Answer {
    let keys = ctx.app.vault().attest_keys(evidence::CONTEXT).into_iter().rev();
    let keys = keys
        .map(|(id, alg, public)| Key {
            fingerprint: evidence::Key { alg: alg.clone(), public: public.clone() }.fingerprint(),
            alg: if alg == "sm2" { "SM2".into() } else { "Ed25519".into() },
            id,
            public,
        })
        .collect();
    Page::new("核验录像", &Verify { keys }).plain().show(&ctx)
}

/// `GET /video/verify/page`: the stand-alone page, to be opened from the disk.
pub async fn stand_alone(_: Ctx) -> Answer {
    let head = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"verify-clip.html\""),
    ];
    Ok((head, evidence::PAGE).into_response())
}
