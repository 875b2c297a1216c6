//! 接报回执 on paper (程序规定 §60–61: whoever reports is given a receipt): number, secret and code to scan, printed once from
//! an incident of any source.

use crate::compose::Sheet;
use crate::print;
use axum::extract::Path;
use axum::http::header;
use incidents::model::{GivenTo, Handing, Intake, NewReceipt};
use kernel::{App, IncidentId, Purpose, Reader, clock};
use people::model::PersonView;
use serde_json::{Value, json};
use web::{Answer, Ctx, Form, IntoResponse};

/// `POST /incidents/{id}/receipt`: the receipt as PDF. Without a telephone; without name, place and matter for whoever asked
/// for secrecy; without a minor's name.
pub async fn print(ctx: Ctx, Path(path): Path<String>, mut form: Form) -> Answer {
    let id: IncidentId = web::page::id(&path, "这起警情")?;
    // Whoever prints without choosing gives it to the reporter; a minor's is refused with the way on.
    let to = GivenTo::from_code(&form.bounded("given_to", "交给", 20)).unwrap_or(GivenTo::Reporter);
    form.finish(())?;
    let (secret, hash) = ctx.receipt(&form);
    let act = ctx.act("incidents.receipt", Purpose::Incident, &form);
    incidents::actions::give_receipt(&ctx.app, &act, id, &NewReceipt { hash, to, how: Handing::Printed }).await?;
    let look = ctx.look("incidents.receipt", Purpose::Incident).about("incident", id.0);
    let (intake, reporter, station) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let intake = incidents::store::get(r, id).await?;
            incidents::actions::visible(r, &intake).await?;
            let reporter = match intake.reporter_id.filter(|_| !intake.secret && !intake.minor) {
                Some(p) => Some(people::store::person(r, p).await?),
                None => None,
            };
            let station = places::store::station(r, intake.station_id).await?;
            Ok((intake, reporter, station.name))
        })
        .await?;
    let data = data(&ctx.app, &intake, reporter, (&station, &ctx.who.name), &secret, to)?;
    let printed = print::render(Sheet { template: documents::RECEIPT, data }).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/pdf"),
        (header::CONTENT_DISPOSITION, "inline; filename=\"receipt.pdf\""),
        (header::CACHE_CONTROL, "private, no-store"),
    ];
    Ok((headers, printed.bytes).into_response())
}

/// Who reported, as the paper may say it.
fn applicant(intake: &Intake, reporter: Option<PersonView>) -> String {
    match (intake.secret, intake.minor, reporter) {
        (true, ..) => "应报警人要求保密".into(),
        (_, true, _) => "未成年人（姓名不印）".into(),
        (.., Some(p)) => p.name,
        _ => "匿名".into(),
    }
}

/// What is printed; station and handler by their names.
pub(crate) fn data(
    app: &App,
    intake: &Intake,
    reporter: Option<PersonView>,
    (station, handler): (&str, &str),
    secret: &str,
    to: GivenTo,
) -> kernel::Result<Value> {
    let category = intake.category.as_deref().map_or("反映的情况".to_string(), |c| app.rules().name("incident.category1", c).to_string());
    let base = app.settings().public_url.trim_end_matches('/').to_string();
    let link = format!("{base}/p/receipt");
    let shown = if base.is_empty() { "本所群众服务网页（网址请向派出所询问）".to_string() } else { link.clone() };
    let mut out = json!({
        "issued_at": clock::show(app.now()).replace(' ', "T") + ":00+08:00",
        "number": intake.number,
        "station": station,
        "applicant": applicant(intake, reporter),
        "matter": category,
        "received_at": clock::show(intake.registered_at).replace(' ', "T"),
        "summary": if intake.secret { "应报警人要求不印内容".to_string() } else { kernel::text::cut(&intake.content, 300) },
        "handler": handler,
        "secret": secret,
        "given_to": to.label(),
        "lookup": [
            format!("打开{shown}，选“凭回执查询”，输入查询码，可以看到办到哪一步、谁查看过自己的信息；"),
            format!("到{station}或者打电话，报上面的编号询问。"),
        ],
        "notes": ["查询码只印这一次，请妥善保管，不要交给他人；遗失请到派出所补发，原来的作废。", "紧急情况请拨打110。"],
    });
    if !base.is_empty() {
        let target = format!("{link}/{}", secret.replace('-', ""));
        let svg = qrcode::QrCode::new(target.as_bytes())
            .map(|c| c.render::<qrcode::render::svg::Color<'_>>().min_dimensions(200, 200).build())
            .map_err(kernel::Error::internal)?;
        out["qr"] = json!({ "$svg": svg });
        out["qr_text"] = "查询二维码".into();
    }
    Ok(out)
}
