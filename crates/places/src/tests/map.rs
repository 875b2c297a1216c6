//! 地图 over HTTP: who sees it, what it shows, what an import takes and refuses.

use super::{day, town};
use crate::map::coords::{System, from_wgs84};
use crate::map::{Feature, Geometry, Kind, Layer, MAP_SLOT, Tone};
use crate::store;
use kernel::{Purpose, Reader, Role, StationId, Uuid};
use testkit::{TestApp, actor, engines};

const AREA: [[f64; 2]; 5] = [[119.72, 49.2], [119.75, 49.2], [119.75, 49.22], [119.72, 49.22], [119.72, 49.2]];

fn file(kind: &str, code: &str, system: System) -> String {
    let ring: Vec<[f64; 2]> = AREA.iter().map(|p| from_wgs84(system, *p)).collect();
    format!(
        r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":{{"kind":"{kind}","code":"{code}"}},"geometry":{{"type":"Polygon","coordinates":[{ring:?}]}}}}]}}"#
    )
}

async fn shapes(town: &super::Town, kinds: &[Kind]) -> Vec<store::Shape> {
    let look = town.t.app.look(&town.officer, "test.map", Purpose::Administration);
    town.t.app.db().read(&look, async |r: &mut Reader| store::shapes(r, town.station, kinds).await).await.unwrap()
}

#[tokio::test]
async fn those_who_see_addresses_see_their_own_towns_map() {
    for engine in engines() {
        let town = town(engine).await;
        let t = &town.t;
        for role in [Role::GridWorker, Role::Volunteer, Role::SecurityAdmin, Role::AuditAdmin] {
            t.get(&actor(role, town.station), "/map").await.is(403);
            t.get(&actor(role, town.station), "/map/data").await.is(403);
        }
        for role in [Role::Officer, Role::Operator, Role::Auxiliary, Role::WindowClerk, Role::StationLeader] {
            t.get(&actor(role, town.station), "/map")
                .await
                .is(200)
                .says("金桂园小区3号楼")
                .says("12 户")
                .says("<svg")
                .says("还没有社区边界");
        }
        // Another station's map is one's own, whatever the address says.
        let stranger = actor(Role::Officer, town.other);
        let theirs = t.get(&stranger, &format!("/map?station={}", town.station)).await.is(200);
        assert!(!theirs.body.contains("金桂园"), "{}", theirs.body);
        let data = t.get(&stranger, &format!("/map/data?station={}", town.station)).await.is(200);
        assert!(!data.body.contains("金桂园"));
        let all = actor(Role::SystemAdmin, StationId::NIL);
        t.get(&all, &format!("/map?station={}", town.station)).await.is(200).says("金桂园").says("棋盘井第一派出所");
        // Without outlines a beat is a point amid its buildings.
        let data = t.get(&town.officer, "/map/data").await.is(200).says("边界未导入").body;
        let layers: Vec<serde_json::Value> = serde_json::from_str(&data).unwrap();
        let keys: Vec<&str> = layers.iter().map(|l| l["key"].as_str().unwrap()).collect();
        assert_eq!(keys, ["base", "communities", "beats", "buildings"]);
        assert_eq!(
            layers[3]["features"][0]["geometry"],
            serde_json::json!({ "type": "Point", "coordinates": [119.7365, 49.2122] })
        );
    }
}

#[tokio::test]
async fn outlines_come_in_by_file_in_any_system_and_follow_the_old_ones() {
    for engine in engines() {
        let town = town(engine).await;
        let t = &town.t;
        let station = town.station.to_string();
        let send = async |who: &kernel::Actor, system: &str, text: &str| {
            let fields =
                [("command_id", &*t.app.fresh_command().to_string()), ("station", &station), ("system", system)];
            t.upload(who, "/map/import", &fields, &[("file", "b.geojson", text.as_bytes())]).await
        };
        send(&actor(Role::Officer, town.other), "wgs84", &file("beat", "B1", System::Wgs84)).await.is(404);
        send(&actor(Role::Auxiliary, town.station), "wgs84", &file("beat", "B1", System::Wgs84)).await.is(403);
        send(&town.officer, "wgs84", "nonsense").await.is(422).says("不是 GeoJSON");
        send(&town.officer, "", &file("beat", "B1", System::Wgs84)).await.is(422).says("请选择文件的坐标系");
        let answer = send(&town.officer, "bd09", &file("beat", "B9", System::Bd09)).await.is(422);
        answer.says("第 1 个要素：警务区边界：本所没有编号为“B9”的记录").says(r#"value="bd09" selected"#);
        assert!(shapes(&town, Kind::ALL).await.is_empty(), "nothing of a refused file is taken");
        for system in System::ALL {
            send(&town.officer, system.code(), &file("beat", "B1", *system)).await.is(200).says("已导入：警务区边界 1");
            let now = shapes(&town, &[Kind::Beat]).await;
            assert_eq!((now.len(), now[0].owner), (1, Some(town.beats[0].0)), "the new outline follows the old one");
            let Geometry::Areas(a) = &now[0].geometry else { panic!() };
            for (got, wanted) in a[0][0].iter().zip(AREA) {
                assert!(crate::map::coords::metres(*got, wanted) < 0.2, "{system:?} {got:?}");
            }
        }
        send(&town.officer, "wgs84", &file("community", "150702001006", System::Wgs84)).await.is(200);
        send(&town.officer, "wgs84", &file("water", "", System::Wgs84)).await.is(200);
        t.get(&town.officer, "/map").await.is(200).says("兴华居委会").says("map-base--water");
        let data = t.get(&town.officer, "/map/data").await.body;
        assert!(data.contains(r#""label":[119.735"#), "{data}");
        assert_eq!(day("2025-01-01").to_string(), "2025-01-01");
    }
}

fn cameras<'a>(
    _: &'a kernel::App,
    actor: &'a kernel::Actor,
    _: Uuid,
) -> futures::future::BoxFuture<'a, kernel::Result<String>> {
    Box::pin(async move {
        if actor.role != Role::Operator {
            return Ok(String::new());
        }
        let mut layer = Layer::new("cameras", "摄像机", 60, "");
        layer.push(Feature {
            id: "1".into(),
            name: "正阳路口<东>".into(),
            detail: "离线".into(),
            href: "/cameras/1".into(),
            tone: Tone::Bad,
            geometry: Geometry::Point([119.74, 49.21]),
        });
        layer.slot()
    })
}

#[tokio::test]
async fn higher_domains_hang_their_layers_in() {
    let video = web::Domain {
        name: "video",
        slots: vec![web::SlotFill { slot: MAP_SLOT, fill: cameras }],
        ..Default::default()
    };
    let t = TestApp::new("sqlite", kernel::rules::RuleSet::default(), vec![crate::domain(), video]).await;
    let local = kernel::Actor::local("test");
    let act = || t.app.act(&local, "test.places", Purpose::Administration, t.app.fresh_command());
    let bureau = crate::model::NewSubBureau { code: "B".into(), name: "分局".into(), region: "150702".into() };
    let bureau = crate::actions::add_sub_bureau(&t.app, &act(), bureau).await.unwrap();
    let new = crate::model::NewStation {
        sub_bureau: bureau,
        code: "S".into(),
        name: "正阳派出所".into(),
        region: "150702".into(),
        address: String::new(),
    };
    let station = crate::actions::add_station(&t.app, &act(), new).await.unwrap();
    t.get(&actor(Role::Operator, station), "/map")
        .await
        .is(200)
        .says("摄像机")
        .says("map-item--bad")
        .says("&#60;东&#62;")
        .says("map-cameras--bad");
    t.get(&actor(Role::Operator, station), "/map/list").await.is(200).says("正阳路口");
    let officer = t.get(&actor(Role::Officer, station), "/map/data").await.is(200);
    assert!(!officer.body.contains("cameras"));
}

#[tokio::test]
async fn a_file_of_tiles_is_served_or_its_fault_is_said() {
    let town = town("sqlite").await;
    let t = &town.t;
    let dir = t.app.settings().data.join("map");
    t.get(&town.officer, "/map/tiles/1/0/0").await.is(404);
    t.get(&town.officer, "/map/import").await.is(200).says("底图瓦片（可不用）：没有");
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("tiles.pmtiles"), b"GIF89a").unwrap();
    t.get(&town.officer, "/map/import").await.is(200).says("不能用：这不是 PMTiles 文件");
    t.get(&town.officer, "/map").await.is(200);
    std::fs::write(dir.join("tiles.pmtiles"), crate::map::tiles::tests::file(2, &[b"north-west"])).unwrap();
    t.get(&actor(Role::Volunteer, town.station), "/map/tiles/1/0/0").await.is(403);
    let tile = t.get(&town.officer, "/map/tiles/1/0/0").await.is(200).says("north-west");
    assert_eq!(tile.headers["content-type"], "image/png");
    t.get(&town.officer, "/map/tiles/1/1/1").await.is(204);
    t.get(&town.officer, "/map").await.is(200).says("data-tiles=\"picture\"");
    t.get(&town.officer, "/map/import").await.is(200).says("图片，第 0 至 1 级");
}
