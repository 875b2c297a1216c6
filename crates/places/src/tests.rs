//! The tree on both engines: building it, finding in it, borders by day, pages.

use crate::model::*;
use crate::{Confidence, actions, store};
use kernel::rules::RuleSet;
use kernel::{Act, Actor, BuildingId, Date, EstateId, GridId, BeatId, Purpose, Reader, Role, StationId};
use testkit::{TestApp, actor, engines};

mod map;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

struct Town {
    t: TestApp,
    station: StationId,
    other: StationId,
    officer: Actor,
    grids: Vec<GridId>,
    beats: Vec<BeatId>,
    estate: EstateId,
    buildings: Vec<BuildingId>,
}

impl Town {
    fn act(&self, who: &Actor) -> Act {
        self.t.app.act(who, "test.places", Purpose::Administration, self.t.app.fresh_command())
    }
    async fn locate(&self, text: &str) -> Located {
        let look = self.t.app.look(&self.officer, "test.locate", Purpose::Incident);
        self.t.app.db().read(&look, async |r: &mut Reader| crate::locate(r, self.station, text).await).await.unwrap()
    }
}

async fn town(engine: &str) -> Town {
    let t = TestApp::new(engine, RuleSet::default(), vec![crate::domain()]).await;
    let local = Actor::local("tester");
    let act = || t.app.act(&local, "test.places", Purpose::Administration, t.app.fresh_command());
    let app = &t.app;
    let bureau = actions::add_sub_bureau(app, &act(), NewSubBureau { code: "HLR".into(), name: "海拉尔区分局".into(), region: "150702".into() })
        .await
        .unwrap();
    let mut stations = vec![];
    for (code, name) in [("HLR-ZY", "正阳派出所"), ("ETK-QPJ1", "棋盘井第一派出所")] {
        let new = NewStation { sub_bureau: bureau, code: code.into(), name: name.into(), region: "150702".into(), address: "中央街50号".into() };
        stations.push(actions::add_station(app, &act(), new).await.unwrap());
    }
    let station = stations[0];
    let community = actions::add_community(app, &act(), station, NewCommunity { code: "150702001006".into(), name: "兴华居委会".into(), kind: "社区".into() })
        .await
        .unwrap();
    let (mut grids, mut beats) = (vec![], vec![]);
    for n in 1..=2 {
        let from = day("2025-01-01");
        let new = NewGrid { code: format!("G{n}"), name: format!("兴华第{n}网格"), community: Some(community), from };
        grids.push(actions::add_grid(app, &act(), station, new).await.unwrap());
        beats.push(actions::add_beat(app, &act(), station, NewBeat { code: format!("B{n}"), name: format!("第{n}警务区"), from }).await.unwrap());
    }
    for (g, b) in [(0, 0), (0, 1), (1, 1)] {
        actions::link_beat_grid(app, &act(), station, beats[b], grids[g], day("2025-01-01"), None, "").await.unwrap();
    }
    let estate = NewEstate {
        community: Some(community),
        name: "金桂园小区".into(),
        kind: "小区".into(),
        street: "兴华路".into(),
        number: "18号".into(),
        manager: "金桂园物业".into(),
    };
    let estate = actions::add_estate(app, &act(), station, estate).await.unwrap();
    let mut buildings = vec![];
    for (name, grid, beat) in [("1号楼", 0, Some(0)), ("3号楼", 1, None), ("沿街商铺", 0, Some(1))] {
        let new = NewBuilding {
            name: name.into(),
            use_code: Use::Residential,
            floors: 6,
            lon: Some(119.7365),
            lat: Some(49.2122),
            grid: Some(grids[grid]),
            beat: beat.map(|b| beats[b]),
            from: day("2025-01-01"),
        };
        buildings.push(actions::add_building(app, &act(), station, estate, new).await.unwrap());
    }
    for b in &buildings {
        let mut homes = vec![];
        for unit in 1..=2 {
            for room in [101, 102, 201, 202, 301, 302] {
                homes.push(NewAddress::home(format!("{unit}单元"), room.to_string()));
            }
        }
        actions::add_addresses(app, &act(), station, *b, homes).await.unwrap();
    }
    let officer = actor(Role::Officer, station);
    Town { station, other: stations[1], officer, grids, beats, estate, buildings, t }
}

#[tokio::test]
async fn free_text_finds_the_household_or_says_how_far_it_came() {
    for engine in engines() {
        let town = town(engine).await;
        for text in [
            "金桂园小区3号楼2单元302室",
            "兴华路十八号金桂园三号楼二单元３０２",
            "住金桂园 3栋2单元302 的李某反映楼上噪音",
            "金桂园小区3-2-302",
            "兴华路18号3幢2门302号",
        ] {
            let found = town.locate(text).await;
            assert_eq!((found.confidence, found.building), (Confidence::Household, Some(town.buildings[1])), "{engine} {text}");
            // No beat of its own: the only beat of its grid.
            assert_eq!((found.grid, found.beat), (Some(town.grids[1]), Some(town.beats[1])), "{text}");
        }
        for (text, confidence, building) in [
            ("金桂园3号楼楼下", Confidence::Building, Some(town.buildings[1])),
            ("金桂园3号楼302", Confidence::Building, Some(town.buildings[1])),
            ("金桂园3号楼9单元302", Confidence::Building, Some(town.buildings[1])),
            ("金桂园沿街商铺门前", Confidence::Building, Some(town.buildings[2])),
            ("金桂园门口", Confidence::Unknown, None),
            ("兴华路118号", Confidence::Unknown, None),
            ("某某小区3号楼2单元302", Confidence::Unknown, None),
            ("%_'", Confidence::Unknown, None),
            ("", Confidence::Unknown, None),
        ] {
            let found = town.locate(text).await;
            assert_eq!((found.confidence, found.building), (confidence, building), "{engine} {text}");
            assert!(found.address.is_none());
        }
    }
}

#[tokio::test]
async fn a_border_that_moves_keeps_the_old_days() {
    for engine in engines() {
        let town = town(engine).await;
        let b = town.buildings[0];
        let new = NewBuilding {
            name: "1号楼".into(),
            use_code: Use::Residential,
            floors: 6,
            lon: None,
            lat: None,
            grid: Some(town.grids[1]),
            beat: Some(town.beats[1]),
            from: day("2026-05-01"),
        };
        actions::edit_building(&town.t.app, &town.act(&town.officer), b, 1, new.clone()).await.unwrap();
        let look = town.t.app.look(&town.officer, "test", Purpose::Incident);
        town.t
            .app
            .db()
            .read(&look, async |r: &mut Reader| {
                let home = store::addresses(r, b).await?[0].id;
                assert_eq!(store::grid_of(r, home, day("2026-04-30")).await?, Some(town.grids[0]));
                assert_eq!(store::grid_of(r, home, day("2026-05-01")).await?, Some(town.grids[1]));
                assert_eq!(store::beat_of(r, home, day("2026-04-30")).await?, Some(town.beats[0]));
                assert_eq!(store::beat_of(r, home, day("2026-05-01")).await?, Some(town.beats[1]));
                assert_eq!(store::address_line(r, home).await?, "海拉尔区兴华路18号金桂园小区1号楼1单元101室");
                Ok(())
            })
            .await
            .unwrap();
        // The second editor still holds version 1 and is shown both values.
        let e = actions::edit_building(&town.t.app, &town.act(&town.officer), b, 1, NewBuilding { floors: 11, ..new }).await.unwrap_err();
        let kernel::Error::Conflict(clashes) = e else { panic!("{e}") };
        assert_eq!(clashes.len(), 1);
        assert_eq!((clashes[0].mine.as_str(), clashes[0].theirs.as_str()), ("11", "6"));
    }
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    for engine in engines() {
        let town = town(engine).await;
        let app = &town.t.app;
        let twice = vec![NewAddress::home("1", "101室")];
        let e = actions::add_addresses(app, &town.act(&town.officer), town.station, town.buildings[0], twice).await.unwrap_err();
        assert!(e.to_string().contains("1单元101室 已经登记过"), "{e}");
        let many = (0..501).map(|n| NewAddress::home("1", n.to_string())).collect();
        assert_eq!(actions::add_addresses(app, &town.act(&town.officer), town.station, town.buildings[0], many).await.unwrap_err().key(), "too_large");
        let stranger = actor(Role::Officer, town.other);
        let one = vec![NewAddress::home("3", "101")];
        assert_eq!(
            actions::add_addresses(app, &town.act(&stranger), town.station, town.buildings[0], one.clone()).await.unwrap_err().key(),
            "not_found"
        );
        let clerk = actor(Role::WindowClerk, town.station);
        assert_eq!(actions::add_addresses(app, &town.act(&clerk), town.station, town.buildings[0], one).await.unwrap_err().key(), "forbidden");
        let bureau = NewSubBureau { code: "X".into(), name: "某局".into(), region: "159999".into() };
        assert_eq!(actions::add_sub_bureau(app, &town.act(&Actor::local("x")), bureau).await.unwrap_err().key(), "invalid");
    }
}

#[tokio::test]
async fn divisions_load_once_and_again() {
    for engine in engines() {
        let town = town(engine).await;
        let local = Actor::local("x");
        let first = actions::load_divisions(&town.t.app, &town.act(&local)).await.unwrap();
        let again = actions::load_divisions(&town.t.app, &town.act(&local)).await.unwrap();
        assert_eq!(first, again);
        let look = town.t.app.look(&local, "test", Purpose::Administration);
        town.t
            .app
            .db()
            .read(&look, async |r: &mut Reader| {
                assert_eq!(store::division_name(r, "150702").await?.as_deref(), Some("海拉尔区"));
                assert!(store::divisions_below(r, "1507").await?.iter().any(|(c, _)| c == "150702"));
                Ok(())
            })
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn twelve_hundred_households_are_quick() {
    for engine in engines() {
        let town = town(engine).await;
        let app = &town.t.app;
        for b in 0..4 {
            let homes = (0..300).map(|n| NewAddress::home(format!("{}", 10 + b), (1000 + n).to_string())).collect();
            actions::add_addresses(app, &town.act(&town.officer), town.station, town.buildings[0], homes).await.unwrap();
        }
        let found = town.locate("金桂园1号楼13单元1299").await;
        assert_eq!(found.confidence, Confidence::Household);
        // A building without units: "1单元" may be said or not.
        let plain = vec![NewAddress::home("", "商铺5"), NewAddress::home("", "901")];
        actions::add_addresses(app, &town.act(&town.officer), town.station, town.buildings[1], plain).await.unwrap();
        for text in ["金桂园3号楼901", "金桂园3号楼1单元901室"] {
            assert_eq!(town.locate(text).await.confidence, Confidence::Household, "{text}");
        }
    }
}

#[tokio::test]
async fn pages_by_role_and_by_reach() {
    for engine in engines() {
        let town = town(engine).await;
        let t = &town.t;
        let building = format!("/places/buildings/{}", town.buildings[1]);
        t.get(&actor(Role::Officer, town.other), &building).await.is(404);
        t.get(&actor(Role::Volunteer, town.station), &building).await.is(403);
        t.get(&town.officer, &building).await.is(200).says("2单元").says("兴华第2网格").says("第2警务区").says("登记户");
        t.get(&town.officer, "/places").await.is(200).says("金桂园小区").says("兴华居委会").says("第1警务区");
        t.get(&actor(Role::SystemAdmin, StationId::NIL), "/places").await.is(200).says("棋盘井第一派出所");
        t.get(&town.officer, "/places/suggest?q=%E9%87%91%E6%A1%82").await.is(200).says("金桂园小区");
        t.get(&actor(Role::GridWorker, town.station), "/places/suggest?q=%E9%87%91%E6%A1%82%E5%9B%AD3%E5%8F%B7%E6%A5%BC2%E5%8D%95%E5%85%8330")
            .await
            .is(200)
            .says("data-id=")
            .says("3号楼2单元302室");
        let path = format!("{building}/addresses");
        t.post(&town.officer, &path, &[("unit", "3"), ("rooms", "")]).await.is(422).says("请填写房号").says("value=\"3\"");
        t.post(&town.officer, &path, &[("unit", "3"), ("rooms", "101-104，商铺1"), ("use_code", "residential")]).await.is(303);
        t.get(&town.officer, &building).await.says("3单元104室").says("商铺1");
        let new = format!("/places/estates/{}/buildings/new", town.estate);
        t.get(&town.officer, &new).await.is(200).says("command_id");
        t.post(&town.officer, &new, &[("name", "3栋"), ("use_code", "residential"), ("floors", "6")]).await.is(422).says("已经登记过");
        let edit = format!("/places/estates/{}/edit", town.estate);
        t.get(&town.officer, &edit).await.is(200).says("金桂园物业");
        let fields = [("name", "金桂园小区"), ("kind", "小区"), ("street", "兴华路"), ("number", "18号")];
        let with = |manager: &'static str, version: &'static str| {
            let mut all = fields.to_vec();
            all.extend([("manager", manager), ("version", version)]);
            all
        };
        t.post(&town.officer, &edit, &with("甲物业", "1")).await.is(303);
        t.post(&town.officer, &edit, &with("乙物业", "1")).await.is(409).says("您填写的：乙物业").says("现在的：甲物业").says("name=\"version\" value=\"2\"");
        t.post(&town.officer, &edit, &with("乙物业", "2")).await.is(303);
    }
}
