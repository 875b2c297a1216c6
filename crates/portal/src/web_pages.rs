//! The resident's pages.

use crate::guess::{self, Pace};
use askama::Template;
use axum::extract::Path;
use axum::http::HeaderMap;
use incidents::model::{GivenTo, Handing, Intake, LogLine, NewIntake, NewReceipt, Step};
use kernel::{Actor, Error, Purpose, Reader, Refusal, StationId, Tx};
use web::page::Again;
use web::{Answer, Ctx, Form, Page};

/// Source code of a report made by the resident on the web (自助).
const SELF_SERVICE: &str = "0603";

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    stations: Vec<places::model::Station>,
}

/// `GET /p`
pub async fn home(ctx: Ctx) -> Answer {
    let look = ctx.look("portal.home", Purpose::OwnMatter);
    let stations = ctx.app.db().read(&look, async |r: &mut Reader| places::store::stations(r).await).await?;
    Page::new("群众服务", &Home { stations }).plain().show(&ctx)
}

#[derive(Template)]
#[template(path = "privacy.html")]
struct Privacy;

/// `GET /p/privacy`: the notice that 个人信息保护法 §17 asks for.
pub async fn privacy(ctx: Ctx) -> Answer {
    Page::new("个人信息处理告知", &Privacy).plain().show(&ctx)
}

#[derive(Template)]
#[template(path = "report.html")]
struct Report<'a> {
    station: &'a places::model::Station,
    form: &'a Form,
    again: &'a Again,
    command_id: String,
}

pub(crate) async fn station(ctx: &Ctx, id: &str) -> kernel::Result<places::model::Station> {
    let id: StationId = web::page::id(id, "这个派出所")?;
    let look = ctx.look("portal.station", Purpose::OwnMatter);
    ctx.app.db().read(&look, async |r: &mut Reader| places::store::station(r, id).await).await
}

fn show_report(ctx: &Ctx, station: &places::model::Station, form: &Form, again: Again) -> Answer {
    let kept = |name: &str, fresh: String| if form.typed(name).is_empty() { fresh } else { form.typed(name).to_string() };
    let failed = again.any();
    let content = Report {
        station,
        form,
        again: &again,
        command_id: kept("command_id", ctx.command_id().to_string()),
    };
    let page = Page::new(format!("向{}反映情况", station.name), &content).plain();
    if failed { page.again().show(ctx) } else { page.show(ctx) }
}

/// `GET /p/report/{station}`
pub async fn report(ctx: Ctx, Path(id): Path<String>) -> Answer {
    let station = station(&ctx, &id).await?;
    show_report(&ctx, &station, &Form::default(), Again::default())
}

#[derive(Template)]
#[template(path = "sent.html")]
struct Sent {
    number: String,
    secret: String,
    station: String,
    minor: bool,
    keeps_secret: bool,
}

/// `POST /p/report/{station}`: registers and shows number and receipt; a repeated post shows the same.
pub async fn send(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let station = station(&ctx, &id).await?;
    let content = form.required("content", "要反映的情况", 5_000);
    let place = form.required("place", "发生地址", 200);
    let reporter_name = form.bounded("reporter_name", "称呼", 50);
    let reporter_phone = form.bounded("reporter_phone", "电话", 30);
    if let Some(e) = people::rules::phone_error(&reporter_phone) {
        form.errors.add("reporter_phone", e);
    }
    if !form.yes("agree") {
        form.errors.add("agree", "请先阅读个人信息处理告知，并勾选“已阅读”。");
    }
    let (secret, hash) = ctx.receipt(&form);
    let minor = form.yes("minor");
    let to = if minor { GivenTo::Guardian } else { GivenTo::Reporter };
    let new = NewIntake {
        source_code: SELF_SERVICE.into(),
        content,
        place,
        reporter_name,
        reporter_phone,
        secret: form.yes("keep_secret"),
        minor,
        receipt: Some(NewReceipt { hash, to, how: Handing::Online }),
        ..NewIntake::default()
    };
    let who = Actor::resident(station.id);
    let act = ctx.app.act(&who, "incidents.take", Purpose::OwnMatter, form.command(ctx.app.fresh_command()));
    let done = match form.finish(new) {
        Ok(new) => incidents::actions::take(&ctx.app, &act, new).await,
        Err(e) => Err(e),
    };
    match done {
        Ok(taken) => {
            let keeps_secret = form.yes("keep_secret");
            let content = Sent { number: taken.number, secret, station: station.name, minor, keeps_secret };
            Page::new("已收到", &content).plain().show(&ctx)
        }
        Err(e) => show_report(&ctx, &station, &form, Again::from_error(e)?),
    }
}

#[derive(Template)]
#[template(path = "ask.html")]
struct Ask<'a> {
    form: &'a Form,
    again: &'a Again,
}

fn show_ask(ctx: &Ctx, form: &Form, again: Again) -> Answer {
    let failed = again.any();
    let page = Page::new("凭回执查询", &Ask { form, again: &again }).plain();
    if failed { page.again().show(ctx) } else { page.show(ctx) }
}

/// `GET /p/receipt`
pub async fn ask(ctx: Ctx) -> Answer {
    show_ask(&ctx, &Form::default(), Again::default())
}

#[derive(Template)]
#[template(path = "state.html")]
struct State {
    intake: Intake,
    station: String,
    steps: Vec<LogLine>,
    looks: Vec<audit::model::Look>,
    /// To whom it went and when, once it was handed over.
    handed: Option<(String, kernel::Timestamp)>,
}

impl State {
    /// The state in words for the reporter, without names.
    fn says(&self) -> &'static str {
        use incidents::model::State as S;
        match self.intake.state {
            S::New => "派出所已收到，正在安排人员。",
            S::Dispatched => "已安排人员处理，等待签收。",
            S::Signed | S::Departed | S::Arrived => "民警正在处理。",
            S::FedBack => "现场已处理，正在审核。",
            S::Closed => "已办结。",
            S::Merged => "与另一起相同的情况合并办理。",
            S::Invalid => "经核实不需要继续处理。如有不同意见，请联系派出所。",
            S::HandedOver => "已移交有管辖权的单位。",
        }
    }
    fn shown(&self, l: &LogLine) -> bool {
        matches!(l.step, Step::Take | Step::Dispatch | Step::Acknowledge | Step::Arrive | Step::Final | Step::Approve | Step::HandOver | Step::Told | Step::Reopen)
    }
}

pub(crate) fn place_of(headers: &HeaderMap) -> String {
    headers.get("x-client-ip").and_then(|v| v.to_str().ok()).unwrap_or("unknown").to_string()
}

/// Puts a refused look-up into the chain.
pub(crate) async fn refused(ctx: &Ctx, action: &'static str) -> kernel::Result<()> {
    let act = ctx.app.act(&Actor::resident(StationId::NIL), action, Purpose::OwnMatter, ctx.app.fresh_command());
    ctx.app
        .db()
        .write(&act, async |tx: &mut Tx| {
            tx.refused(action, &[]);
            Ok(())
        })
        .await
}

/// `POST /p/receipt`: the secret as typed.
pub async fn state(ctx: Ctx, headers: HeaderMap, mut form: Form) -> Answer {
    let secret = form.required("secret", "查询码", 60);
    match form.finish(()) {
        Ok(()) => show_state(&ctx, &headers, &secret, &form).await,
        Err(e) => show_ask(&ctx, &form, Again::from_error(e)?),
    }
}

/// `GET /p/receipt/{secret}`: the secret as scanned from the paper.
pub async fn scanned(ctx: Ctx, headers: HeaderMap, Path(secret): Path<String>) -> Answer {
    show_state(&ctx, &headers, &kernel::text::cut(&secret, 60), &Form::default()).await
}

/// The matter of a receipt; a wrong secret is slowed, recorded and tells nothing.
async fn show_state(ctx: &Ctx, headers: &HeaderMap, secret: &str, form: &Form) -> Answer {
    let place = place_of(headers);
    match guess::begin(&place, ctx.now()) {
        Pace::Now => {}
        Pace::After(wait) => tokio::time::sleep(wait).await,
        pace => {
            if pace == Pace::Stopped {
                refused(ctx, "portal.receipt_paused").await?;
            }
            let refusal = Refusal::new("portal.too_many", "输错的次数太多，暂停查询十分钟。", "请核对回执上的查询码，或带回执到派出所窗口查询。");
            return show_ask(ctx, form, Again::from_error(refusal.into())?);
        }
    }
    let hash = ctx.app.vault().token_hash(secret);
    let who = Actor::resident(StationId::NIL);
    let look = ctx.app.look(&who, "portal.receipt", Purpose::OwnMatter);
    let found = ctx.app.db().read(&look, async |r: &mut Reader| incidents::store::by_receipt(r, &hash).await).await?;
    let Some(id) = found else {
        refused(ctx, "portal.receipt_refused").await?;
        let e = kernel::FieldErrors::one("secret", "没有找到这份回执，或者已经补发、原来的作废。请核对查询码（不分大小写，可不写短横线）。");
        return show_ask(ctx, form, Again::from_error(e)?);
    };
    guess::right(&place);
    let now = ctx.now();
    let content = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let intake = incidents::store::find(r, id).await?.ok_or(Error::NotFound("这份回执"))?;
            let steps = incidents::store::orders::log_of(r, id).await?;
            let handed = incidents::store::transfers::standing(r, id).await?;
            let handed = handed.and_then(|t| Some((t.unit, t.handed_at?)));
            let mut subjects = vec![("incident", id.0)];
            subjects.extend(intake.reporter_id.map(|p| ("person", p.0)));
            let looks = audit::store::looks(r, &subjects, now).await?;
            let station = places::store::station(r, intake.station_id).await?.name;
            Ok(State { intake, station, steps, looks, handed })
        })
        .await?;
    Page::new("办理情况", &content).plain().show(ctx)
}
