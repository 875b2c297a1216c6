//! `/places/units`: sub-bureaus and stations (system administrator), beats, communities, grids and where they overlap.

use super::station_for;
use crate::model::*;
use crate::{actions, store};
use askama::Template;
use axum::extract::{Path, Query};
use kernel::{CommandId, Purpose, Reach, Reader, Result, StationId};
use serde::Deserialize;
use web::page::{Again, go, id};
use web::{Answer, Ctx, Form, Page};

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Filter {
    station: String,
}

/// A beat and a grid that overlap today, by name.
struct Overlap {
    beat: String,
    grid: String,
    from: kernel::Date,
    until: Option<kernel::Date>,
    note: String,
}

#[derive(Template)]
#[template(path = "places/units.html")]
struct Units {
    /// Sub-bureaus and stations are set up for the whole installation only.
    whole: bool,
    bureaus: Vec<SubBureau>,
    stations: Vec<Station>,
    station: Option<Station>,
    beats: Vec<Beat>,
    communities: Vec<Community>,
    grids: Vec<Grid>,
    overlaps: Vec<Overlap>,
    /// Which form came back, and what it held.
    which: &'static str,
    form: Form,
    again: Again,
    command_id: CommandId,
}

impl Units {
    /// What was typed into this form, when it is the one that came back.
    fn typed(&self, which: &str, field: &str) -> &str {
        if self.which == which { self.form.typed(field) } else { "" }
    }

    fn fault(&self, which: &str, field: &str) -> String {
        if self.which == which { self.again.of(field).to_string() } else { String::new() }
    }

    /// Whether an option was chosen in the form that came back.
    fn chosen(&self, which: &str, field: &str, value: impl ToString) -> bool {
        self.typed(which, field) == value.to_string()
    }

    fn bureau(&self, s: &Station) -> &str {
        self.bureaus.iter().find(|b| b.id == s.sub_bureau_id).map_or("", |b| &b.name)
    }

    fn community(&self, g: &Grid) -> &str {
        self.communities.iter().find(|c| Some(c.id) == g.community_id).map_or("—", |c| &c.name)
    }
}

async fn show(ctx: &Ctx, asked: &str, which: &'static str, form: Form, again: Again) -> Answer {
    let look = ctx.look("places.units", Purpose::Administration);
    let today = ctx.app.today();
    let failed = again.any();
    let mut view = Units {
        whole: matches!(ctx.who.reach(), Reach::All),
        bureaus: vec![],
        stations: vec![],
        station: None,
        beats: vec![],
        communities: vec![],
        grids: vec![],
        overlaps: vec![],
        which,
        form,
        again,
        command_id: ctx.command_id(),
    };
    ctx.app
        .db()
        .read(&look, async |r: &mut Reader| {
            view.bureaus = store::sub_bureaus(r).await?;
            (view.stations, view.station) = station_for(r, &ctx.who, asked).await?;
            let Some(station) = view.station.as_ref().map(|s| s.id) else { return Ok(()) };
            view.beats = store::beats(r, station).await?;
            view.communities = store::communities(r, station).await?;
            view.grids = store::grids(r, station).await?;
            for l in store::beat_grids(r, station, today).await? {
                let beat = view.beats.iter().find(|b| b.id == l.beat_id).map_or_else(String::new, |b| b.name.clone());
                let grid = view.grids.iter().find(|g| g.id == l.grid_id).map_or_else(String::new, |g| g.name.clone());
                view.overlaps.push(Overlap { beat, grid, from: l.valid_from, until: l.valid_until, note: l.note });
            }
            Ok(())
        })
        .await?;
    let page = Page::new("单位与辖区", &view).crumb("地址", "/places");
    if failed { page.again().show(ctx) } else { page.show(ctx) }
}

pub async fn page(ctx: Ctx, Query(f): Query<Filter>) -> Answer {
    show(&ctx, &f.station, "", Form::default(), Again::default()).await
}

async fn done(ctx: &Ctx, station: &str, which: &'static str, form: Form, done: Result<()>) -> Answer {
    match done {
        Ok(()) if station.is_empty() => go("/places/units"),
        Ok(()) => go(format!("/places/units?station={station}")),
        Err(e) => show(ctx, station, which, form, Again::from_error(e)?).await,
    }
}

/// Code, name, and the first day of what has one (today when left empty).
fn named(ctx: &Ctx, form: &mut Form) -> (String, String, kernel::Date) {
    let from = form.optional_date("from", "生效日期").unwrap_or(ctx.app.today());
    (form.required("code", "编号", 40), form.required("name", "名称", 60), from)
}

/// `POST /places/units/sub-bureaus`
pub async fn add_sub_bureau(ctx: Ctx, mut form: Form) -> Answer {
    let (code, name, _) = named(&ctx, &mut form);
    let region = form.required("region", "区划代码", 6);
    let act = ctx.act("places.add_sub_bureau", Purpose::Administration, &form);
    let result = match form.finish(NewSubBureau { code, name, region }) {
        Ok(new) => actions::add_sub_bureau(&ctx.app, &act, new).await.map(|_| ()),
        Err(e) => Err(e),
    };
    done(&ctx, "", "bureau", form, result).await
}

/// `POST /places/units/stations`
pub async fn add_station(ctx: Ctx, mut form: Form) -> Answer {
    let (code, name, _) = named(&ctx, &mut form);
    let region = form.required("region", "区划代码", 6);
    let address = form.required("address", "地址", 60);
    let sub_bureau = form.id("sub_bureau", "分局");
    let act = ctx.act("places.add_station", Purpose::Administration, &form);
    let result = match form.finish(NewStation { sub_bureau, code, name, region, address }) {
        Ok(new) => actions::add_station(&ctx.app, &act, new).await.map(|s| s.to_string()),
        Err(e) => Err(e),
    };
    match result {
        Ok(station) => go(format!("/places/units?station={station}")),
        Err(e) => show(&ctx, "", "station", form, Again::from_error(e)?).await,
    }
}

/// `POST /places/units/{station}/beats`
pub async fn add_beat(ctx: Ctx, Path(path): Path<String>, mut form: Form) -> Answer {
    let station: StationId = id(&path, "派出所")?;
    let (code, name, from) = named(&ctx, &mut form);
    let act = ctx.act("places.add_beat", Purpose::Administration, &form);
    let result = match form.finish(NewBeat { code, name, from }) {
        Ok(new) => actions::add_beat(&ctx.app, &act, station, new).await.map(|_| ()),
        Err(e) => Err(e),
    };
    done(&ctx, &path, "beat", form, result).await
}

/// `POST /places/units/{station}/communities`
pub async fn add_community(ctx: Ctx, Path(path): Path<String>, mut form: Form) -> Answer {
    let station: StationId = id(&path, "派出所")?;
    let (code, name, _) = named(&ctx, &mut form);
    let kind = form.required("kind", "类型", 20);
    let act = ctx.act("places.add_community", Purpose::Administration, &form);
    let result = match form.finish(NewCommunity { code, name, kind }) {
        Ok(new) => actions::add_community(&ctx.app, &act, station, new).await.map(|_| ()),
        Err(e) => Err(e),
    };
    done(&ctx, &path, "community", form, result).await
}

/// `POST /places/units/{station}/grids`
pub async fn add_grid(ctx: Ctx, Path(path): Path<String>, mut form: Form) -> Answer {
    let station: StationId = id(&path, "派出所")?;
    let (code, name, from) = named(&ctx, &mut form);
    let community = form.optional_id("community");
    let act = ctx.act("places.add_grid", Purpose::Administration, &form);
    let result = match form.finish(NewGrid { code, name, community, from }) {
        Ok(new) => actions::add_grid(&ctx.app, &act, station, new).await.map(|_| ()),
        Err(e) => Err(e),
    };
    done(&ctx, &path, "grid", form, result).await
}

/// `POST /places/units/{station}/overlaps`
pub async fn add_overlap(ctx: Ctx, Path(path): Path<String>, mut form: Form) -> Answer {
    let station: StationId = id(&path, "派出所")?;
    let (beat, grid) = (form.id("beat", "警务区"), form.id("grid", "网格"));
    let from = form.optional_date("from", "生效日期").unwrap_or(ctx.app.today());
    let until = form.optional_date("until", "截止日期");
    let note = form.bounded("note", "说明", 200);
    let act = ctx.act("places.link_beat_grid", Purpose::Administration, &form);
    let result = match form.finish(()) {
        Ok(()) => actions::link_beat_grid(&ctx.app, &act, station, beat, grid, from, until, &note).await,
        Err(e) => Err(e),
    };
    done(&ctx, &path, "overlap", form, result).await
}
