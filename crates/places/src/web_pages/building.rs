//! A building with its households, and adding households.

use crate::model::{Address, Building, Estate, NewAddress, Use};
use crate::{BUILDING_SLOT, actions, rules, store};
use askama::Template;
use axum::extract::Path;
use kernel::{BuildingId, CommandId, Permission, Purpose, Reader};
use web::page::{Again, go, id};
use web::{Answer, Ctx, Form, Page};

struct Household {
    address: Address,
    codes: Vec<String>,
}

#[derive(Template)]
#[template(path = "places/building.html")]
struct View {
    building: Building,
    estate: Estate,
    line: String,
    grid: String,
    beat: String,
    households: Vec<Household>,
    uses: &'static [Use],
    may_edit: bool,
    more: String,
    form: Form,
    again: Again,
    command_id: CommandId,
}

async fn view(ctx: &Ctx, building: BuildingId, form: Form, again: Again) -> kernel::Result<View> {
    let look = ctx.look("places.building", Purpose::Administration);
    let today = ctx.app.today();
    let mut view = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let b = store::building(r, building).await?;
            ctx.who.must_reach("楼栋", b.station_id)?;
            let estate = store::estate(r, b.estate_id).await?;
            let region = store::station(r, b.station_id).await?.region_name;
            let (grid, beat) = store::borders_of(r, b.id, today).await?;
            let codes = store::codes_of(r, b.id).await?;
            let households = store::addresses(r, b.id)
                .await?
                .into_iter()
                .map(|address| Household {
                    codes: codes.iter().filter(|c| c.0 == address.id).map(|c| format!("{} {}", c.1, c.2)).collect(),
                    address,
                })
                .collect();
            Ok(View {
                line: rules::line(&region, &estate.street, &estate.number, &estate.name, &b.name, "", ""),
                grid: match grid {
                    Some(g) => store::grid_name(r, g).await?,
                    None => String::new(),
                },
                beat: match beat {
                    Some(b) => store::beat_name(r, b).await?,
                    None => String::new(),
                },
                households,
                uses: Use::ALL,
                may_edit: ctx.may(Permission::PlacesEdit),
                more: String::new(),
                form,
                again,
                command_id: ctx.command_id(),
                building: b,
                estate,
            })
        })
        .await?;
    view.more = ctx.site.fill(BUILDING_SLOT, &ctx.who, building.0).await?;
    Ok(view)
}

fn framed(view: &View) -> Page {
    let title = rules::line("", "", "", &view.estate.name, &view.building.name, "", "");
    let page = Page::new(title, view)
        .crumb("地址", format!("/places?station={}", view.building.station_id))
        .crumb(view.estate.name.clone(), format!("/places?station={}&estate={}", view.building.station_id, view.estate.id));
    if view.may_edit { page.action("修改楼栋", format!("/places/buildings/{}/edit", view.building.id)) } else { page }
}

/// `GET /places/buildings/{id}`
pub async fn page(ctx: Ctx, Path(path): Path<String>) -> Answer {
    framed(&view(&ctx, id(&path, "楼栋")?, Form::default(), Again::default()).await?).show(&ctx)
}

/// `101-102, 201 202` and ranges: one room per word, `101-106` counts up.
fn rooms(typed: &str) -> Vec<String> {
    let mut out = vec![];
    for word in typed.split([',', '，', '、', ';', '；', ' ', '\n', '\t', '　']).filter(|w| !w.trim().is_empty()) {
        let folded = kernel::text::fold(word);
        let ends = folded.split_once(['-', '至', '~']).and_then(|(a, b)| Some((a.parse::<u32>().ok()?, b.parse::<u32>().ok()?)));
        match ends {
            Some((from, until)) if from <= until && until - from < 1_000 => out.extend((from..=until).map(|n| n.to_string())),
            _ => out.push(word.trim().to_string()),
        }
    }
    out
}

/// `POST /places/buildings/{id}/addresses`
pub async fn add_addresses(ctx: Ctx, Path(path): Path<String>, mut form: Form) -> Answer {
    let building: BuildingId = id(&path, "楼栋")?;
    let unit = form.bounded("unit", "单元", 20);
    let typed = form.required("rooms", "房号", 4_000);
    let use_code = Use::from_code(form.typed("use_code")).unwrap_or(Use::Residential);
    let done = async {
        form.finish(())?;
        let look = ctx.look("places.building", Purpose::Administration);
        let station = ctx.app.db().read(&look, async |r: &mut Reader| Ok(store::building(r, building).await?.station_id)).await?;
        let new = rooms(&typed).into_iter().map(|room| NewAddress { use_code, ..NewAddress::home(unit.clone(), room) }).collect();
        let act = ctx.act("places.add_addresses", Purpose::Administration, &form);
        actions::add_addresses(&ctx.app, &act, station, building, new).await
    }
    .await;
    match done {
        Ok(_) => go(format!("/places/buildings/{building}")),
        Err(e) => framed(&view(&ctx, building, form.clone(), Again::from_error(e)?).await?).again().show(&ctx),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn rooms_are_words_or_ranges() {
        assert_eq!(super::rooms("101-103，201 202、商铺5"), ["101", "102", "103", "201", "202", "商铺5"]);
        assert_eq!(super::rooms("１０１至１０２"), ["101", "102"]);
    }
}
