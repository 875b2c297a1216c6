//! The towns: read from `town/*.toml`, built through `places` and `people`.

use crate::broken;
use crate::dice::Dice;
use crate::staff::Crew;
use kernel::{Actor, AddressId, App, BeatId, CommunityId, Date, GridId, Purpose, Result, StationId};
use people::model::{IdKind, NewPerson, PersonKind, Relation, Sex};
use places::actions as act;
use places::model::{NewAddress, NewBeat, NewBuilding, NewCommunity, NewEstate, NewGrid, NewStation, NewSubBureau, Use};
use serde::Deserialize;
use std::collections::BTreeMap;

const FILES: &[(&str, &str)] = &[
    ("zhengyang.toml", include_str!("../town/zhengyang.toml")),
    ("qipanjing.toml", include_str!("../town/qipanjing.toml")),
];
const NAMES: &str = include_str!("../town/names.toml");

#[derive(Deserialize)]
pub struct Town {
    pub station: Station,
    pub generator: Generator,
    pub community: Vec<Community>,
    pub beat: Vec<Beat>,
    pub grid: Vec<Grid>,
    pub grid_beat: Vec<GridBeat>,
    pub complex: Vec<Complex>,
    #[serde(default)]
    pub dispersed: Vec<Dispersed>,
    pub staff: Vec<Staff>,
    pub committee: Vec<Committee>,
}

/// 人民调解委员会
#[derive(Deserialize)]
pub struct Committee {
    pub name: String,
    pub room: String,
    pub mediators: Vec<String>,
}

#[derive(Deserialize)]
pub struct Station {
    pub code: String,
    pub name: String,
    pub sub_bureau: String,
    pub region: String,
    pub address: String,
    pub kind: String,
    /// Where the invented plan is set down.
    pub centre: [f64; 2],
    /// A river in the east, else a railway.
    #[serde(default)]
    pub river: bool,
}

#[derive(Deserialize)]
pub struct Generator {
    pub id_region_prefix: String,
    pub phone_prefix: String,
    pub vacant_percent: usize,
    pub persons_per_household: [usize; 2],
}

#[derive(Deserialize)]
pub struct Community {
    pub code: String,
    pub name: String,
    pub kind: String,
}

#[derive(Deserialize)]
pub struct Beat {
    pub code: String,
    pub name: String,
    pub from: String,
}

#[derive(Deserialize)]
pub struct Grid {
    pub code: String,
    pub name: String,
    pub community: String,
    pub from: String,
}

#[derive(Deserialize)]
pub struct GridBeat {
    pub grid: String,
    pub beat: String,
    pub from: String,
    pub until: Option<String>,
}

#[derive(Deserialize)]
pub struct Complex {
    pub name: String,
    pub community: String,
    pub street: String,
    pub number: String,
    pub kind: String,
    #[serde(default)]
    pub property: String,
    pub building: Vec<Building>,
}

#[derive(Deserialize)]
pub struct Building {
    pub no: String,
    pub beat: String,
    pub grid: String,
    pub units: usize,
    pub floors: usize,
    pub per_floor: usize,
    #[serde(rename = "use")]
    pub use_code: String,
}

#[derive(Deserialize)]
pub struct Dispersed {
    pub name: String,
    pub community: String,
    pub street: String,
    pub beat: String,
    pub grid: String,
    pub houses: usize,
}

#[derive(Deserialize)]
pub struct Staff {
    pub login: String,
    pub name: String,
    pub role: String,
    #[serde(default)]
    pub beats: Vec<String>,
    #[serde(default)]
    pub grids: Vec<String>,
}

/// The two towns.
pub fn read() -> Result<Vec<Town>> {
    FILES.iter().map(|(file, text)| toml::from_str(text).map_err(|e| broken(file, e))).collect()
}

fn day(text: &str) -> Result<Date> {
    text.parse().map_err(|e| broken(text, e))
}

/// A household with the text that people write for it.
#[derive(Clone)]
pub struct Home {
    pub address: AddressId,
    /// "金桂园3号楼2单元302".
    pub said: String,
    /// The household above, when there is one in the same building.
    pub above: Option<AddressId>,
}

/// What was built.
pub struct Built {
    pub station: StationId,
    pub name: String,
    pub beats: BTreeMap<String, BeatId>,
    pub grids: BTreeMap<String, GridId>,
    pub homes: Vec<Home>,
}

/// Builds the tree of one station.
pub async fn build(app: &App, who: &Actor, t: &Town) -> Result<Built> {
    let a = || app.act(who, "demo.build", Purpose::Administration, app.fresh_command());
    let s = &t.station;
    let sub = act::add_sub_bureau(
        app,
        &a(),
        NewSubBureau { code: format!("{}-FJ", s.region), name: s.sub_bureau.clone(), region: s.region.clone() },
    )
    .await?;
    let station = act::add_station(
        app,
        &a(),
        NewStation { sub_bureau: sub, code: s.code.clone(), name: s.name.clone(), region: s.region.clone(), address: s.address.clone() },
    )
    .await?;
    let mut communities: BTreeMap<String, CommunityId> = BTreeMap::new();
    for c in &t.community {
        let id = act::add_community(app, &a(), station, NewCommunity { code: c.code.clone(), name: c.name.clone(), kind: c.kind.clone() }).await?;
        communities.insert(c.code.clone(), id);
    }
    let mut beats = BTreeMap::new();
    for b in &t.beat {
        let id = act::add_beat(app, &a(), station, NewBeat { code: b.code.clone(), name: b.name.clone(), from: day(&b.from)? }).await?;
        beats.insert(b.code.clone(), id);
    }
    let mut grids = BTreeMap::new();
    for g in &t.grid {
        let community = communities.get(&g.community).copied();
        let id = act::add_grid(app, &a(), station, NewGrid { code: g.code.clone(), name: g.name.clone(), community, from: day(&g.from)? }).await?;
        grids.insert(g.code.clone(), id);
    }
    for l in &t.grid_beat {
        let (Some(g), Some(b)) = (grids.get(&l.grid), beats.get(&l.beat)) else { continue };
        let until = l.until.as_deref().map(day).transpose()?;
        act::link_beat_grid(app, &a(), station, *b, *g, day(&l.from)?, until, "").await?;
    }
    let plan = crate::layout::Layout::new(t);
    let file = plan.geojson();
    act::import_shapes(app, &a(), station, places::map::coords::System::Wgs84, "demo.geojson", file.as_bytes()).await?;
    let mut homes = vec![];
    for (ci, c) in t.complex.iter().enumerate() {
        let estate = act::add_estate(
            app,
            &a(),
            station,
            NewEstate {
                community: communities.get(&c.community).copied(),
                name: c.name.clone(),
                kind: c.kind.clone(),
                street: c.street.clone(),
                number: c.number.clone(),
                manager: c.property.clone(),
            },
        )
        .await?;
        for (bi, b) in c.building.iter().enumerate() {
            let [lon, lat] = plan.building(ci, bi);
            let building = act::add_building(
                app,
                &a(),
                station,
                estate,
                NewBuilding {
                    name: b.no.clone(),
                    use_code: Use::from_code(&b.use_code).unwrap_or(Use::Mixed),
                    floors: b.floors as i64,
                    lon: Some(lon),
                    lat: Some(lat),
                    grid: grids.get(&b.grid).copied(),
                    beat: beats.get(&b.beat).copied(),
                    from: day("2025-01-01")?,
                },
            )
            .await?;
            let mut rooms = vec![];
            for unit in 1..=b.units.max(1) {
                for floor in 1..=b.floors.max(1) {
                    for door in 1..=b.per_floor.max(1) {
                        rooms.push((unit, floor, door));
                    }
                }
            }
            for part in rooms.chunks(400) {
                let new = part
                    .iter()
                    .map(|(u, f, d)| NewAddress::home(if b.units > 1 { format!("{u}单元") } else { String::new() }, format!("{f}0{d}")))
                    .collect();
                let ids = act::add_addresses(app, &a(), station, building, new).await?;
                for ((u, f, d), address) in part.iter().zip(&ids) {
                    let unit = if b.units > 1 { format!("{u}单元") } else { String::new() };
                    let above = part.iter().position(|r| *r == (*u, f + 1, *d)).map(|i| ids[i]);
                    homes.push(Home { address: *address, said: format!("{}{}{unit}{f}0{d}", c.name, b.no), above });
                }
            }
        }
    }
    for (di, d) in t.dispersed.iter().enumerate() {
        let [lon, lat] = plan.dispersed(di);
        let estate = act::add_estate(
            app,
            &a(),
            station,
            NewEstate {
                community: communities.get(&d.community).copied(),
                name: d.name.clone(),
                kind: "平房".into(),
                street: d.street.clone(),
                number: String::new(),
                manager: String::new(),
            },
        )
        .await?;
        let building = act::add_building(
            app,
            &a(),
            station,
            estate,
            NewBuilding {
                name: "平房".into(),
                use_code: Use::Residential,
                floors: 1,
                lon: Some(lon),
                lat: Some(lat),
                grid: grids.get(&d.grid).copied(),
                beat: beats.get(&d.beat).copied(),
                from: day("2025-01-01")?,
            },
        )
        .await?;
        let new: Vec<NewAddress> = (1..=d.houses).map(|n| NewAddress::home("", format!("{n}号"))).collect();
        let ids = act::add_addresses(app, &a(), station, building, new).await?;
        for (n, address) in ids.into_iter().enumerate() {
            homes.push(Home { address, said: format!("{}{}号", d.name, n + 1), above: None });
        }
    }
    Ok(Built { station, name: s.name.clone(), beats, grids, homes })
}

#[derive(Deserialize)]
struct Names {
    han: Han,
    whole: Vec<Whole>,
}
#[derive(Deserialize)]
struct Han {
    surnames: String,
    male: String,
    female: String,
}
#[derive(Deserialize)]
struct Whole {
    ethnicity: String,
    male: Vec<String>,
    #[serde(default)]
    female: Vec<String>,
}

/// An invented name with sex and ethnicity.
fn name(names: &Names, dice: &mut Dice, sex: Sex) -> (String, String) {
    if dice.chance(22) {
        let w = &names.whole[if dice.chance(85) { 0 } else { dice.below(names.whole.len()) }];
        let list = if sex == Sex::Female && !w.female.is_empty() { &w.female } else { &w.male };
        return (dice.pick(list).clone(), w.ethnicity.clone());
    }
    let surnames: Vec<char> = names.han.surnames.chars().collect();
    let given: Vec<char> = if sex == Sex::Female { &names.han.female } else { &names.han.male }.chars().collect();
    let mut out = String::from(*dice.pick(&surnames));
    out.push(*dice.pick(&given));
    if dice.chance(60) {
        out.push(*dice.pick(&given));
    }
    (out, "汉族".into())
}

/// Moves invented households in, through the register's own action, as an officer of the station.
pub async fn settle(app: &App, t: &Town, built: &Built, crew: &Crew, dice: &mut Dice) -> Result<()> {
    let names: Names = toml::from_str(NAMES).map_err(|e| broken("names.toml", e))?;
    let officer = crew.of(kernel::Role::Officer)?;
    let g = &t.generator;
    let mut serial = 0usize;
    // Every third household is enough for a demonstration that starts quickly.
    for home in built.homes.iter().step_by(3) {
        if dice.chance(g.vacant_percent) {
            continue;
        }
        let [least, most] = g.persons_per_household;
        let size = least + dice.below(most.saturating_sub(least).min(2) + 1);
        for i in 0..size {
            let sex = if dice.chance(50) { Sex::Male } else { Sex::Female };
            let (name, ethnicity) = name(&names, dice, sex);
            let year = if i < 2 { 1_950 + dice.below(50) } else { 2_004 + dice.below(18) };
            serial += 1;
            let first17 = format!(
                "{}{year}{:02}{:02}{:02}{}",
                g.id_region_prefix,
                1 + dice.below(12),
                1 + dice.below(28),
                serial % 100,
                serial / 100 % 5 * 2 + usize::from(sex == Sex::Male)
            );
            let check = people::rules::check_digit(&first17).unwrap_or('0');
            let act = app.act(officer, "people.register", Purpose::HomeVisit, app.fresh_command());
            let new = NewPerson {
                station: built.station,
                name,
                sex: Some(sex),
                ethnicity,
                birth: None,
                id_kind: IdKind::Resident,
                id_number: format!("{first17}{check}"),
                phone: if i < 2 { format!("{}{:06}", g.phone_prefix, serial) } else { String::new() },
                kind: if dice.chance(75) { PersonKind::Domicile } else { PersonKind::Migrant },
                protected: false,
                domicile: String::new(),
                home: Some(people::model::Home {
                    address: home.address,
                    from: day("2025-01-01")?,
                    relation: if i == 0 { Relation::Head } else if i == 1 { Relation::Spouse } else { Relation::Child },
                }),
            };
            match people::actions::register(app, &act, new).await {
                Ok(_) => {}
                // The same invented number twice: that person is left out.
                Err(kernel::Error::Refused(_) | kernel::Error::Invalid(_)) => {}
                Err(e) => return Err(e),
            }
        }
    }
    Ok(())
}
