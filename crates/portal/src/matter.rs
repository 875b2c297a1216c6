//! A party's own matter, by the code on the own paper: no account, nobody else's data.

use crate::guess::{self, Pace};
use crate::web_pages::{place_of, refused};
use askama::Template;
use axum::extract::Path;
use axum::http::HeaderMap;
use dossier::view::PartyView;
use kernel::{Actor, FieldErrors, Purpose, Reader, Refusal, StationId};
use web::page::Again;
use web::{Answer, Ctx, Form, Page};

#[derive(Template)]
#[template(path = "matter_ask.html")]
struct Ask<'a> {
    form: &'a Form,
    again: &'a Again,
}

fn show_ask(ctx: &Ctx, form: &Form, again: Again) -> Answer {
    let failed = again.any();
    let page = Page::new("我参加的调解", &Ask { form, again: &again }).plain();
    if failed { page.again().show(ctx) } else { page.show(ctx) }
}

/// `GET /p/matter`
pub async fn ask(ctx: Ctx) -> Answer {
    show_ask(&ctx, &Form::default(), Again::default())
}

/// `POST /p/matter`: the code as typed.
pub async fn typed(ctx: Ctx, headers: HeaderMap, mut form: Form) -> Answer {
    let code = form.required("code", "查询码", 60);
    match form.finish(()) {
        Ok(()) => show(&ctx, &headers, &code, &form).await,
        Err(e) => show_ask(&ctx, &form, Again::from_error(e)?),
    }
}

/// `GET /p/matter/{code}`: the code as scanned.
pub async fn scanned(ctx: Ctx, headers: HeaderMap, Path(code): Path<String>) -> Answer {
    show(&ctx, &headers, &code, &Form::default()).await
}

#[derive(Template)]
#[template(path = "matter.html")]
struct Matter {
    v: PartyView,
    looks: Vec<audit::model::Look>,
}

/// The page of the party; a wrong code is slowed, recorded and tells nothing.
async fn show(ctx: &Ctx, headers: &HeaderMap, code: &str, form: &Form) -> Answer {
    let place = place_of(headers);
    match guess::begin(&place, ctx.now()) {
        Pace::Now => {}
        Pace::After(wait) => tokio::time::sleep(wait).await,
        pace => {
            if pace == Pace::Stopped {
                refused(ctx, "portal.matter_paused").await?;
            }
            let refusal = Refusal::new("portal.too_many", "输错的次数太多，暂停查询十分钟。", "请核对告知单上的查询码，或带告知单到派出所窗口查询。");
            return show_ask(ctx, form, Again::from_error(refusal.into())?);
        }
    }
    let Some((v, subjects)) = dossier::actions::own_view(&ctx.app, code).await? else {
        refused(ctx, "portal.matter_refused").await?;
        let e = FieldErrors::one("code", "没有找到，或者查询码已作废。请核对告知单上的查询码（不分大小写，可不写短横线）。");
        return show_ask(ctx, form, Again::from_error(e)?);
    };
    guess::right(&place);
    let now = ctx.now();
    let look = ctx.app.look(&Actor::resident(StationId::NIL), "portal.matter", Purpose::OwnMatter);
    let looks = ctx.app.db().read(&look, async |r: &mut Reader| audit::store::looks(r, &subjects, now).await).await?;
    Page::new("我参加的调解", &Matter { v, looks }).plain().show(ctx)
}
