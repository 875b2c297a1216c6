//! Accounts narrowed to their own beats, on both engines.

use super::{day, person, town};
use crate::model::{Home, NewPerson, Relation, Secret};
use crate::{actions, store};
use kernel::{Actor, BeatId, BuildingId, GridId, PersonId, Purpose, Reader, Uuid};
use places::model::{NewAddress, NewBeat, NewBuilding, NewEstate, NewGrid, Use};
use testkit::engines;

#[tokio::test]
async fn they_reach_who_lives_in_their_beats() {
    for engine in engines() {
        let town = town(engine).await;
        let app = &town.t.app;
        let local = Actor::local("tester");
        let act = || app.act(&local, "test.places", Purpose::Administration, app.fresh_command());
        let from = day("2025-01-01");
        let beat = |code: &str| NewBeat { code: code.into(), name: format!("{code}警务区"), from };
        let own = places::actions::add_beat(app, &act(), town.station, beat("B1")).await.unwrap();
        let other = places::actions::add_beat(app, &act(), town.station, beat("B2")).await.unwrap();
        let grid = NewGrid { code: "G1".into(), name: "第一网格".into(), community: None, from };
        let grid = places::actions::add_grid(app, &act(), town.station, grid).await.unwrap();
        // The building has no beat of its own: that of its grid holds.
        places::actions::link_beat_grid(app, &act(), town.station, own, grid, from, None, "").await.unwrap();
        let estate = NewEstate { community: None, name: "松鹤园".into(), kind: "小区".into(), street: "松鹤路".into(), number: "2号".into(), manager: String::new() };
        let estate = places::actions::add_estate(app, &act(), town.station, estate).await.unwrap();
        let building = NewBuilding { name: "1号楼".into(), use_code: Use::Residential, floors: 6, lon: None, lat: None, grid: Some(grid), beat: None, from };
        let building = places::actions::add_building(app, &act(), town.station, estate, building).await.unwrap();
        let homes = places::actions::add_addresses(app, &act(), town.station, building, vec![NewAddress::home("1", "101")]).await.unwrap();
        let home = Home { address: homes[0], from: day("2025-03-01"), relation: Relation::Head };
        let id = town.add(NewPerson { home: Some(home), phone: "13800001234".into(), ..person(town.station, "斯琴格日乐") }).await.unwrap();
        let reporter = town.contact("赵某", "13900000001", false, false).await.unwrap();
        let narrowed = |beat: BeatId| Actor { own_beats: true, beats: vec![beat], ..town.officer.clone() };
        let (inside, outside) = (narrowed(own), narrowed(other));
        let page = format!("/people/{id}");
        town.t.get(&inside, &page).await.is(200);
        town.t.get(&inside, "/people").await.is(200).says("斯琴格日乐");
        town.t.get(&outside, &page).await.is(403).says("只看所辖警务区");
        town.t.get(&outside, &format!("{page}/edit")).await.is(403);
        assert!(!town.t.get(&outside, "/people").await.is(200).body.contains("斯琴格日乐"));
        town.t.get(&inside, &format!("/people/{reporter}")).await.is(403);
        let reveal = async |who: &Actor| actions::reveal(app, &town.act(who), id, Secret::Phone, Purpose::HomeVisit).await;
        assert_eq!(reveal(&inside).await.unwrap(), "13800001234");
        assert!(matches!(reveal(&outside).await, Err(kernel::Error::Forbidden(_))));
        let at_home = async |who: &Actor| {
            let look = app.look(who, "test", Purpose::HomeVisit);
            app.db().read(&look, async |r: &mut Reader| store::by_address(r, homes[0]).await).await.unwrap().len()
        };
        assert_eq!((at_home(&inside).await, at_home(&outside).await), (1, 0));
        assert!(actions::hold(app, &town.act(&outside), id, "诉讼保全").await.is_err());
        // Whoever has no beat yet reaches nobody who has an address.
        let nowhere = Actor { beats: vec![], ..outside.clone() };
        assert_eq!((at_home(&nowhere).await, town.t.get(&nowhere, &page).await.status.as_u16()), (0, 403));
        town.t.get(&narrowed(BeatId(Uuid::from_u128(1))), &page).await.is(403);
    }
}

/// Two beats, a grid in the first, a building in the grid, and one who lives there.
struct Borders {
    beats: [BeatId; 2],
    grid: GridId,
    building: BuildingId,
    person: PersonId,
}

const NAME: &str = "斯琴格日乐";

async fn borders(town: &super::Town) -> Borders {
    let app = &town.t.app;
    let local = Actor::local("tester");
    let act = || app.act(&local, "test.places", Purpose::Administration, app.fresh_command());
    let from = day("2025-01-01");
    let beat = |code: &str| NewBeat { code: code.into(), name: format!("{code}警务区"), from };
    let one = places::actions::add_beat(app, &act(), town.station, beat("B1")).await.unwrap();
    let two = places::actions::add_beat(app, &act(), town.station, beat("B2")).await.unwrap();
    let grid = NewGrid { code: "G1".into(), name: "第一网格".into(), community: None, from };
    let grid = places::actions::add_grid(app, &act(), town.station, grid).await.unwrap();
    places::actions::link_beat_grid(app, &act(), town.station, one, grid, from, None, "").await.unwrap();
    let estate = NewEstate { community: None, name: "松鹤园".into(), kind: "小区".into(), street: "松鹤路".into(), number: "2号".into(), manager: String::new() };
    let estate = places::actions::add_estate(app, &act(), town.station, estate).await.unwrap();
    let building = places::actions::add_building(app, &act(), town.station, estate, house(Some(grid), None, from)).await.unwrap();
    let homes = places::actions::add_addresses(app, &act(), town.station, building, vec![NewAddress::home("1", "101")]).await.unwrap();
    let home = Home { address: homes[0], from: day("2025-03-01"), relation: Relation::Head };
    let person = town.add(NewPerson { home: Some(home), ..person(town.station, NAME) }).await.unwrap();
    Borders { beats: [one, two], grid, building, person }
}

fn house(grid: Option<GridId>, beat: Option<BeatId>, from: kernel::Date) -> NewBuilding {
    NewBuilding { name: "1号楼".into(), use_code: Use::Residential, floors: 6, lon: None, lat: None, grid, beat, from }
}

/// In which of the beats a search finds the person.
async fn found_in(town: &super::Town, b: &Borders) -> Vec<usize> {
    let mut out = vec![];
    for (n, beat) in b.beats.iter().enumerate() {
        let who = Actor { own_beats: true, beats: vec![*beat], ..town.officer.clone() };
        let look = town.t.app.look(&who, "test.search", Purpose::Verify);
        let ask = kernel::search::Ask { reach: who.reach(), kinds: vec!["person", "building"], before: None, limit: 10 };
        let (people, houses) = town
            .t
            .app
            .db()
            .read(&look, async |r: &mut Reader| Ok((r.search(NAME, &ask).await?, r.search("松鹤园", &ask).await?)))
            .await
            .unwrap();
        assert!(people.iter().all(|h| h.id == b.person.0));
        let both = (people.len(), houses.iter().filter(|h| h.kind == "building").count());
        assert!([(0, 0), (1, 1)].contains(&both), "house and people part: {both:?}");
        if both.0 == 1 {
            out.push(n);
        }
    }
    out
}

#[tokio::test]
async fn who_lives_in_a_building_is_found_in_its_new_beat_when_borders_move() {
    for engine in engines() {
        let town = town(engine).await;
        let b = borders(&town).await;
        let app = &town.t.app;
        let local = Actor::local("tester");
        let act = || app.act(&local, "test.places", Purpose::Administration, app.fresh_command());
        let today = app.today();
        assert_eq!(found_in(&town, &b).await, [0], "{engine}");
        // The building gets a beat of its own, today.
        let edit = async |version: i64, beat: Option<BeatId>, from: kernel::Date| {
            places::actions::edit_building(app, &act(), b.building, version, house(Some(b.grid), beat, from)).await.unwrap();
        };
        edit(1, Some(b.beats[1]), today).await;
        assert_eq!(found_in(&town, &b).await, [1], "{engine}");
        // Back to the first in three days: by the calendar, without anybody's doing.
        edit(2, Some(b.beats[0]), today.saturating_add(kernel::ToSpan::days(3))).await;
        assert_eq!(found_in(&town, &b).await, [1], "{engine}");
        let run = async || places::actions::follow_calendar(app.clone()).await.unwrap();
        run().await;
        assert_eq!(found_in(&town, &b).await, [1], "{engine}");
        town.t.app.clock().advance(3 * 86_400);
        run().await;
        assert_eq!(found_in(&town, &b).await, [0], "{engine}");
    }
}

#[tokio::test]
async fn a_grid_that_comes_into_two_beats_leaves_its_people_in_none() {
    for engine in engines() {
        let town = town(engine).await;
        let b = borders(&town).await;
        let app = &town.t.app;
        let local = Actor::local("tester");
        let act = || app.act(&local, "test.places", Purpose::Administration, app.fresh_command());
        let link = async |beat: BeatId, until: Option<kernel::Date>| {
            let from = day("2025-01-01");
            places::actions::link_beat_grid(app, &act(), town.station, beat, b.grid, from, until, "").await.unwrap();
        };
        link(b.beats[1], None).await;
        assert!(found_in(&town, &b).await.is_empty(), "{engine}");
        // The first link ends: the grid lies in the second beat alone.
        link(b.beats[0], Some(day("2026-05-01"))).await;
        assert_eq!(found_in(&town, &b).await, [1], "{engine}");
    }
}
