//! 告知: written word that a certificate is not issued any more, in a register of its own by number.

use super::file;
use crate::model::{Channel, NotIssued};
use crate::rules::catalogue;
use crate::{actions, paper, store};
use askama::Template;
use axum::extract::Path;
use kernel::{Error, Purpose, Reader, UserId, Uuid, clock};
use web::page::go;
use web::{Answer, Ctx, Form, Page};

struct Line {
    x: NotIssued,
    by: String,
}

#[derive(Template)]
#[template(path = "notices.html")]
struct Notices {
    lines: Vec<Line>,
}

/// `POST /windows/catalogue/{code}/notice`: takes a number and opens the paper.
pub async fn tell(ctx: Ctx, Path(code): Path<String>, form: Form) -> Answer {
    let channel = Channel::from_code(form.typed("channel")).unwrap_or(Channel::Window);
    let id = actions::tell_not_issued(&ctx.app, &ctx.act("windows.tell_not_issued", Purpose::Window, &form), &code, channel).await?;
    go(format!("/windows/notices/{id}/paper"))
}

/// `GET /windows/notices`: the newest first.
pub async fn list(ctx: Ctx) -> Answer {
    let station = ctx.who.station;
    let look = ctx.look("windows.notices", Purpose::Window);
    let (all, names) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let all = store::all_not_issued(r, station).await?;
            let users: Vec<UserId> = all.iter().map(|x| x.by_user).collect();
            Ok((all, identity::store::names(r, &users).await?))
        })
        .await?;
    let by = |u: UserId| names.iter().find(|n| n.0 == u).map_or(String::new(), |n| n.1.clone());
    let content = Notices { lines: all.into_iter().map(|x| Line { by: by(x.by_user), x }).collect() };
    Page::new("告知登记簿", &content).crumb("证明目录", "/windows/catalogue").show(&ctx)
}

/// `GET /windows/notices/{id}/paper`: why it is not issued and what to go by, as the catalogue said on that day.
pub async fn paper(ctx: Ctx, Path(id): Path<String>) -> Answer {
    let (rules, station) = (ctx.app.rules(), ctx.who.station);
    let id: Uuid = web::page::id(&id, "这份告知单")?;
    let look = ctx.look("windows.not_issued", Purpose::Window);
    let (x, organ) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| Ok((store::not_issued(r, station, id).await?, places::store::station(r, station).await?.name)))
        .await?;
    let kind = catalogue::refused(&rules, clock::day_of(x.at)).into_iter().find(|r| r.code == x.code).ok_or(Error::NotFound("这种证明"))?;
    file(&format!("告知单{}", x.number), paper::pdf(paper::not_issued(&organ, &kind, &x.number, x.at)).await?)
}
