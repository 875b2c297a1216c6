//! Accounts narrowed to their own beats, on both engines.

use super::{day, person, town};
use crate::model::{Home, NewPerson, Relation, Secret};
use crate::{actions, store};
use kernel::{Actor, BeatId, Purpose, Reader, Uuid};
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
