//! Stories over HTTP and actions, on both engines.

mod clearing;
mod exits;
mod receipt;
mod repeats;

use crate::model::{State, Step};
use crate::store;
use identity::model::NewUser;
use kernel::{Actor, IncidentId, Purpose, Reader, Role, StationId};
use places::model::{NewAddress, NewBeat, NewBuilding, NewEstate, NewGrid, NewStation, NewSubBureau, Use};
use testkit::{TestApp, actor, engines};

struct Town {
    t: TestApp,
    operator: Actor,
    officer: Actor,
    auxiliary: Actor,
    grid_worker: Actor,
    leader: Actor,
    stranger: Actor,
}

async fn hire(t: &TestApp, admin: &Actor, station: StationId, role: Role) -> Actor {
    let act = t.app.act(admin, "identity.create_user", Purpose::Administration, t.app.fresh_command());
    let new = NewUser {
        station,
        unit: "正阳派出所".into(),
        account: format!("t.{}", role.code()),
        name: format!("测试{}", role.label()),
        role,
        password: "Steppe-wind 7".into(),
        must_change: false,
    };
    let id = identity::actions::create_hashed(&t.app, &act, new, "unusable").await.unwrap();
    let mut a = actor(role, station);
    a.user = id;
    a.unit = "正阳派出所".into();
    a
}

async fn town(engine: &str) -> Town {
    let domains = vec![
        identity::domain(),
        attachments::domain(),
        places::domain(),
        people::domain(),
        notices::domain(),
        crate::domain(),
    ];
    let t = TestApp::new(engine, rulebook::shipped().unwrap(), domains).await;
    let admin = Actor::local("test");
    let a = || t.app.act(&admin, "test.build", Purpose::Administration, t.app.fresh_command());
    use places::actions as p;
    let from = "2025-01-01".parse().unwrap();
    let sub = NewSubBureau { code: "FJ".into(), name: "海拉尔区分局".into(), region: "150702".into() };
    let sub = p::add_sub_bureau(&t.app, &a(), sub).await.unwrap();
    let new = NewStation { sub_bureau: sub, code: "ZY".into(), name: "正阳派出所".into(), region: "150702".into(), address: "中央街".into() };
    let station = p::add_station(&t.app, &a(), new).await.unwrap();
    let beat = p::add_beat(&t.app, &a(), station, NewBeat { code: "B1".into(), name: "向华警务区".into(), from }).await.unwrap();
    let grid = NewGrid { code: "G1".into(), name: "第一网格".into(), community: None, from };
    let grid = p::add_grid(&t.app, &a(), station, grid).await.unwrap();
    let estate = NewEstate {
        community: None,
        name: "金桂园".into(),
        kind: "小区".into(),
        street: "兴华路".into(),
        number: "18号".into(),
        manager: String::new(),
    };
    let estate = p::add_estate(&t.app, &a(), station, estate).await.unwrap();
    let building = NewBuilding {
        name: "3号楼".into(),
        use_code: Use::Residential,
        floors: 6,
        lon: Some(119.7365),
        lat: Some(49.2122),
        grid: Some(grid),
        beat: Some(beat),
        from,
    };
    let building = p::add_building(&t.app, &a(), station, estate, building).await.unwrap();
    let homes = vec![NewAddress::home("2单元", "302"), NewAddress::home("2单元", "402")];
    p::add_addresses(&t.app, &a(), station, building, homes).await.unwrap();
    let mut grid_worker = hire(&t, &admin, station, Role::GridWorker).await;
    grid_worker.grids = vec![grid];
    Town {
        operator: hire(&t, &admin, station, Role::Operator).await,
        officer: hire(&t, &admin, station, Role::Officer).await,
        auxiliary: hire(&t, &admin, station, Role::Auxiliary).await,
        leader: hire(&t, &admin, station, Role::DutyLeader).await,
        stranger: actor(Role::Operator, StationId(kernel::Uuid::from_u128(99))),
        grid_worker,
        t,
    }
}

const NOISE: &str = "楼上402每天晚上十一点以后拖动桌椅，噪音很大，孩子睡不着，请派出所处理。";

impl Town {
    async fn report(&self, content: &str, place: &str) -> IncidentId {
        let answer = self
            .t
            .post(&self.operator, "/incidents/new", &[("source_code", "0201"), ("content", content), ("place", place), ("reporter_name", "其木格")])
            .await
            .is(303);
        IncidentId(answer.new_id())
    }

    async fn state(&self, id: IncidentId) -> State {
        let look = self.t.app.look(&self.operator, "test.see", Purpose::Incident);
        self.t.app.db().read(&look, async |r: &mut Reader| Ok(store::get(r, id).await?.state)).await.unwrap()
    }

    async fn order(&self, id: IncidentId, who: &Actor) -> String {
        let look = self.t.app.look(&self.operator, "test.see", Purpose::Incident);
        let all = self.t.app.db().read(&look, async |r: &mut Reader| store::orders::of_incident(r, id).await).await.unwrap();
        all.iter().find(|d| d.target_user == who.user).unwrap().id.to_string()
    }

    async fn dispatch(&self, id: IncidentId, who: &[&Actor]) -> testkit::Answered {
        let ids: Vec<String> = who.iter().map(|a| a.user.to_string()).collect();
        let fields: Vec<(&str, &str)> = ids.iter().map(|i| ("targets", i.as_str())).collect();
        self.t.post(&self.operator, &format!("/incidents/{id}/dispatch"), &fields).await
    }
}

#[tokio::test]
async fn a_report_goes_from_the_desk_to_the_end() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.report(NOISE, "金桂园3号楼2单元302").await;
        w.t.get(&w.operator, "/incidents/desk").await.is(200).says("楼上402每天晚上").says("待派警");
        w.t.get(&w.operator, "/").await.says("待派警");
        w.t.get(&w.operator, &format!("/incidents/{id}")).await.is(200).says("向华警务区").says("第一网格");
        w.dispatch(id, &[&w.officer, &w.grid_worker]).await.is(303);
        assert_eq!(w.state(id).await, State::Dispatched);
        w.t.get(&w.officer, "/").await.says("待签收");
        let order = w.order(id, &w.officer).await;
        let step = format!("/incidents/{id}/step");
        for (s, state) in [("acknowledge", State::Signed), ("depart", State::Departed), ("arrive", State::Arrived)] {
            w.t.post(&w.officer, &step, &[("order", &order), ("step", s)]).await.is(303);
            assert_eq!(w.state(id).await, state);
        }
        let feedback = format!("/incidents/{id}/feedback");
        w.t.post(&w.officer, &feedback, &[("text", "已到场"), ("last", "1")]).await.is(422).says("终结反馈须选定");
        w.t.post(&w.officer, &feedback, &[("text", "已到场，双方愿意调解"), ("last", "1"), ("found_category", "dispute")])
            .await
            .is(303);
        assert_eq!(w.state(id).await, State::FedBack);
        w.t.get(&w.leader, "/").await.says("待审核");
        w.t.post(&w.leader, &format!("/incidents/{id}/review"), &[("step", "approve")]).await.is(303);
        assert_eq!(w.state(id).await, State::Closed);
        let page = w.t.get(&w.operator, &format!("/incidents/{id}")).await.is(200);
        for step in [Step::Take, Step::Dispatch, Step::Acknowledge, Step::Arrive, Step::Final, Step::Approve] {
            assert!(page.body.contains(step.label()), "{step}");
        }
    }
}

#[tokio::test]
async fn strangers_and_the_wrong_roles_are_kept_out() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.report(NOISE, "金桂园3号楼2单元302").await;
        let page = format!("/incidents/{id}");
        w.t.get(&w.stranger, &page).await.is(404);
        w.t.get(&w.operator, "/incidents/nonsense").await.is(404);
        w.t.get(&w.grid_worker, &page).await.is(404);
        w.t.get(&w.grid_worker, "/incidents/desk").await.is(403).says("没有“接警台”的权限");
        w.t.post(&w.officer, &format!("{page}/dispatch"), &[]).await.is(403);
        w.t.post(&w.operator, &format!("{page}/dispatch"), &[]).await.is(422).says("请至少选择一人");
        w.dispatch(id, &[&w.officer, &w.grid_worker]).await.is(303);
        w.t.get(&w.operator, &page).await.is(200).says("其木格");
        let minimal = w.t.get(&w.grid_worker, &page).await.is(200).says("不在您的查看范围");
        assert!(!minimal.body.contains("其木格"));
        let others = w.order(id, &w.officer).await;
        w.t.post(&w.grid_worker, &format!("{page}/step"), &[("order", &others), ("step", "acknowledge")]).await.is(403);
    }
}

#[tokio::test]
async fn an_auxiliary_goes_only_with_an_officer() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.report(NOISE, "").await;
        w.dispatch(id, &[&w.auxiliary]).await.is(422).says("辅警不能单独出警").says("依据");
        w.dispatch(id, &[&w.auxiliary, &w.officer]).await.is(303);
    }
}

#[tokio::test]
async fn a_double_click_registers_once_and_a_second_work_order_is_the_same() {
    for engine in engines() {
        let w = town(engine).await;
        let command = w.t.app.fresh_command().to_string();
        let fields = [("source_code", "0101"), ("content", NOISE), ("command_id", command.as_str())];
        let first = w.t.post(&w.operator, "/incidents/new", &fields).await.is(303).new_id();
        let second = w.t.post(&w.operator, "/incidents/new", &fields).await.is(303).new_id();
        assert_eq!(first, second);
        w.t.get(&w.operator, "/incidents").await.says("1号");
    }
}

#[tokio::test]
async fn an_unknown_place_waits_to_be_placed_by_hand() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.report(NOISE, "某市某区某小区").await;
        w.t.get(&w.operator, "/incidents?unlocated=1").await.says("待定位");
        let locate = format!("/incidents/{id}/locate");
        w.t.post(&w.operator, &locate, &[("place", "还是不知道")]).await.is(422).says("没有找到这个地址").says("还是不知道");
        w.t.post(&w.operator, &locate, &[("place", "金桂园3号楼2单元302")]).await.is(303);
        w.t.get(&w.operator, &format!("/incidents/{id}")).await.says("向华警务区").says("某市某区某小区");
        // Those who see this beat alone find it from now on.
        let look = w.t.app.look(&w.operator, "test.see", Purpose::Incident);
        let beat = w.t.app.db().read(&look, async |r: &mut Reader| Ok(store::get(r, id).await?.beat_id)).await.unwrap().unwrap();
        let ask = kernel::search::Ask { reach: kernel::Reach::Beats(w.operator.station, vec![beat]), kinds: vec!["incident"], before: None, limit: 10 };
        let found = w.t.app.db().read(&look, async |r: &mut Reader| r.search("噪音", &ask).await).await.unwrap();
        assert_eq!(found.len(), 1, "{engine}");
    }
}

#[tokio::test]
async fn one_complaint_told_twice_stands_together_and_is_linked_by_a_person() {
    for engine in engines() {
        let w = town(engine).await;
        let a = w.report(NOISE, "金桂园3号楼2单元302").await;
        let b = w.report(&format!("{NOISE}快点来！"), "金桂园3号楼2单元302").await;
        w.t.get(&w.operator, "/incidents/desk").await.says("疑似重复 2 件");
        let (b_text, a_text) = (b.to_string(), a.to_string());
        w.t.post(&w.operator, &format!("/incidents/{b}/link"), &[("master", &b_text), ("kind", "merge")]).await.is(422);
        w.t.post(&w.operator, &format!("/incidents/{b}/link"), &[("master", &a_text), ("kind", "merge")]).await.is(303);
        assert_eq!((w.state(a).await, w.state(b).await), (State::New, State::Merged));
        w.t.post(&w.leader, &format!("/incidents/{b}/review"), &[("step", "reopen"), ("note", "不是同一件")]).await.is(303);
        assert_eq!(w.state(b).await, State::New);
    }
}

#[tokio::test]
async fn the_shift_hands_over_what_is_open_signed_by_two() {
    for engine in engines() {
        let w = town(engine).await;
        w.report(NOISE, "金桂园3号楼2单元302").await;
        w.t.post(&w.operator, "/incidents/handover", &[("note", "注意402")]).await.is(303);
        let page = w.t.get(&w.leader, "/incidents/handover").await.is(200).says("注意402").says("未结警情 1 起");
        let at = page.body.find("/incidents/handover/").unwrap() + "/incidents/handover/".len();
        let take = format!("/incidents/handover/{}/take", &page.body[at..at + 36]);
        w.t.post(&w.operator, &take, &[]).await.is(422).says("交班人不能自己接班");
        w.t.post(&w.leader, &take, &[("answer", "已接")]).await.is(303);
        w.t.get(&w.leader, "/incidents/handover").await.says("已接班");
    }
}

#[tokio::test]
async fn it_is_found_by_two_characters_at_once() {
    for engine in engines() {
        let w = town(engine).await;
        w.report(NOISE, "金桂园3号楼2单元302").await;
        let ask = kernel::search::Ask { reach: w.operator.reach(), kinds: vec!["incident"], before: None, limit: 10 };
        let other = kernel::search::Ask { reach: w.stranger.reach(), ..ask.clone() };
        let look = w.t.app.look(&w.operator, "test.search", Purpose::Incident);
        let found = w
            .t
            .app
            .db()
            .read(&look, async |r: &mut Reader| {
                Ok((r.search("噪音", &ask).await?.len(), r.search("音噪", &ask).await?.len(), r.search("噪音", &other).await?.len()))
            })
            .await
            .unwrap();
        assert_eq!(found, (1, 0, 0));
    }
}

#[tokio::test]
async fn the_map_shows_open_incidents_without_names_to_those_who_may_see_them() {
    for engine in engines() {
        let town = town(engine).await;
        let t = &town.t;
        let id = town.report("李某某反映楼上王某噪音", "金桂园3号楼2单元302").await;
        let data = t.get(&town.operator, "/map/data").await.is(200).body;
        let layers: Vec<serde_json::Value> = serde_json::from_str(&data).unwrap();
        let shown = layers.iter().find(|l| l["key"] == "incidents").unwrap();
        assert_eq!(shown["features"][0]["href"], format!("/incidents/{id}"), "{shown}");
        for secret in ["李某某", "王某", "噪音", "302"] {
            assert!(!shown.to_string().contains(secret), "{secret} in {shown}");
        }
        t.get(&town.operator, "/map").await.is(200).says("未结警情").says("待派");
        assert!(!t.get(&actor(Role::WindowClerk, town.operator.station), "/map/data").await.is(200).body.contains("incidents"));
        t.get(&town.stranger, "/map/data").await.is(404);
    }
}

#[tokio::test]
async fn two_who_judge_one_incident_at_once_see_both_judgements() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.report(NOISE, "金桂园3号楼2单元302").await;
        let path = format!("/incidents/{id}/classify");
        let page = [("was", "1"), ("was_category", ""), ("was_sub", ""), ("was_level", "")];
        let with = |category: &'static str| -> Vec<(&str, &str)> { page.iter().copied().chain([("category", category)]).collect() };
        w.t.post(&w.operator, &path, &with("criminal")).await.is(303);
        // The leader's page was opened before: the operator's judgement stays until somebody picks.
        w.t.post(&w.leader, &path, &with("dispute")).await.is(409).says("刑事").says("纠纷");
        let seen = [("was", "1"), ("was_category", "criminal"), ("was_sub", ""), ("was_level", ""), ("category", "dispute")];
        w.t.post(&w.leader, &path, &seen).await.is(303);
        // Agreeing with what stands is no clash.
        w.t.post(&w.operator, &path, &with("dispute")).await.is(303);
        let place = format!("/incidents/{id}/locate");
        let moved = [("was", "1"), ("was_place", "金桂园3号楼2单元302"), ("place", "金桂园3号楼2单元402")];
        w.t.post(&w.operator, &place, &moved).await.is(303);
        let late = [("was", "1"), ("was_place", "金桂园3号楼2单元302"), ("place", "金桂园3号楼")];
        w.t.post(&w.leader, &place, &late).await.is(409).says("金桂园3号楼2单元402");
    }
}

#[tokio::test]
async fn the_desk_takes_an_order_back_and_sends_another() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.report(NOISE, "金桂园3号楼2单元302").await;
        w.dispatch(id, &[&w.officer]).await.is(303);
        let order = w.order(id, &w.officer).await;
        let path = format!("/incidents/{id}/recall");
        w.t.post(&w.officer, &path, &[("order", &order), ("recall_reason", "x")]).await.is(403);
        w.t.post(&w.operator, &path, &[("order", &order), ("recall_reason", "")]).await.is(422).says("撤回的理由");
        w.t.post(&w.operator, &path, &[("order", &order), ("recall_reason", "另有急警")]).await.is(303);
        assert_eq!(w.state(id).await, State::New, "{engine}");
        let (tasks, _) = notices::actions::mine(&w.t.app, &w.officer).await.unwrap();
        assert!(tasks.is_empty(), "{engine}: {tasks:?}");
        let (tasks, _) = notices::actions::mine(&w.t.app, &w.operator).await.unwrap();
        assert!(tasks.iter().any(|t| t.title.contains("待改派")), "{engine}: {tasks:?}");
        w.t.post(&w.officer, &format!("/incidents/{id}/step"), &[("order", &order), ("step", "acknowledge")]).await.is(422);
        w.dispatch(id, &[&w.grid_worker]).await.is(303);
        assert_eq!(w.state(id).await, State::Dispatched, "{engine}");
    }
}

#[tokio::test]
async fn matters_between_the_same_two_households_stand_together() {
    for engine in engines() {
        let w = town(engine).await;
        let told = async |place: &str, other: &str, content: &str| {
            let fields = [("source_code", "0201"), ("content", content), ("place", place), ("other_place", other)];
            IncidentId(w.t.post(&w.operator, "/incidents/new", &fields).await.is(303).new_id())
        };
        let first = told("金桂园3号楼2单元302", "金桂园3号楼2单元402", "楼上拖动桌椅").await;
        w.t.app.clock().advance(3_600);
        let third = told("金桂园3号楼2单元302", "", "水管漏水").await;
        w.t.app.clock().advance(3_600);
        let second = told("金桂园3号楼2单元402", "金桂园3号楼2单元302", "楼下敲暖气管").await;
        let page = w.t.get(&w.operator, &format!("/incidents/{second}")).await.is(200).says("这两家之间之前的警情");
        let part = page.body.split("h-between").nth(2).unwrap_or("").split("</section>").next().unwrap_or("").to_string();
        assert!(part.contains(&first.to_string()) && !part.contains(&third.to_string()), "{engine}: {part}");
        let unknown = told("金桂园3号楼2单元302", "没有这个小区9号楼", "吵闹").await;
        w.t.get(&w.operator, &format!("/incidents/{unknown}")).await.is(200).says("没有这个小区9号楼").says("未认出到户");
    }
}

#[tokio::test]
async fn a_shift_hands_over_every_open_incident_however_many() {
    let w = town("sqlite").await;
    for n in 0..520 {
        let act = w.t.app.act(&w.operator, "incidents.take", Purpose::Incident, w.t.app.fresh_command());
        let new = crate::model::NewIntake { source_code: "0201".into(), content: format!("第{n}件"), ..Default::default() };
        crate::actions::take(&w.t.app, &act, new).await.unwrap();
    }
    w.t.get(&w.operator, "/incidents/handover").await.is(200).says(">520<");
    w.t.post(&w.operator, "/incidents/handover", &[("note", "交班")]).await.is(303);
    w.t.get(&w.leader, "/incidents/handover").await.is(200).says("未结警情 520 起").says("其余 20 起");
}

#[tokio::test]
async fn an_account_narrowed_to_its_beats_sees_these_and_what_it_was_given() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.report(NOISE, "金桂园3号楼2单元302").await;
        let look = w.t.app.look(&w.operator, "test.see", Purpose::Incident);
        let beat = w.t.app.db().read(&look, async |r: &mut Reader| Ok(store::get(r, id).await?.beat_id)).await.unwrap().unwrap();
        let narrowed = |beat| Actor { own_beats: true, beats: vec![beat], ..w.officer.clone() };
        let (inside, outside) = (narrowed(beat), narrowed(kernel::BeatId(kernel::Uuid::from_u128(7))));
        let page = format!("/incidents/{id}");
        w.t.get(&inside, &page).await.is(200);
        w.t.get(&inside, "/incidents").await.is(200).says("金桂园");
        w.t.get(&outside, &page).await.is(404);
        assert!(!w.t.get(&outside, "/incidents").await.is(200).body.contains("金桂园"));
        assert!(w.t.get(&inside, "/map/data").await.is(200).body.contains(&page));
        assert!(!w.t.get(&outside, "/map/data").await.is(200).body.contains(&page));
        let hits = async |who: &Actor| {
            let ask = kernel::search::Ask { reach: who.reach(), kinds: vec!["incident"], before: None, limit: 10 };
            w.t.app.db().read(&look, async |r: &mut Reader| r.search("噪音", &ask).await).await.unwrap().len()
        };
        assert_eq!((hits(&inside).await, hits(&outside).await), (1, 0));
        // An order by name reaches into any beat.
        w.dispatch(id, &[&w.officer]).await.is(303);
        w.t.get(&outside, &page).await.is(200).says("302");
        // A shift is handed over whole.
        w.t.get(&inside, "/incidents/handover").await.is(403).says("只看所辖警务区");
        w.t.post(&inside, "/incidents/handover", &[("note", "无")]).await.is(403);
        // Who took a report follows it, though nobody knows yet where it lies.
        let told = [("source_code", "0201"), ("content", "听人说湖边有人吵架"), ("place", "湖边")];
        let own = w.t.post(&outside, "/incidents/new", &told).await.is(303).new_id();
        w.t.get(&outside, &format!("/incidents/{own}")).await.is(200).says("湖边");
        w.t.get(&outside, "/incidents").await.is(200).says("湖边有人吵架");
    }
}

/// The smallest PNG there is.
const PIXEL: &[u8] = &[
    137, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82, 0, 0, 0, 1, 0, 0, 0, 1, 8, 6, 0, 0, 0, 31, 21, 196, 137, 0, 0, 0, 13, 73, 68, 65, 84, 120,
    218, 99, 100, 248, 207, 80, 15, 0, 3, 134, 1, 128, 90, 52, 125, 107, 0, 0, 0, 0, 73, 69, 78, 68, 174, 66, 96, 130,
];

#[tokio::test]
async fn a_photo_is_opened_by_who_may_see_its_incident() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.report(NOISE, "金桂园3号楼2单元302").await;
        w.dispatch(id, &[&w.officer]).await.is(303);
        let order = w.order(id, &w.officer).await;
        w.t.post(&w.officer, &format!("/incidents/{id}/step"), &[("order", &order), ("step", "acknowledge")]).await.is(303);
        let fields = [("order", order.as_str()), ("text", "已到场，拍照留存")];
        w.t.upload(&w.officer, &format!("/incidents/{id}/feedback"), &fields, &[("photos", "现场.png", PIXEL)]).await.is(303);
        let page = w.t.get(&w.operator, &format!("/incidents/{id}")).await.is(200);
        let at = page.body.find("/files/").unwrap();
        let file = page.body[at..].split('"').next().unwrap().to_string();
        w.t.get(&w.operator, &file).await.is(200);
        w.t.get(&w.officer, &file).await.is(200);
        // Another station, another grid, another beat.
        w.t.get(&w.stranger, &file).await.is(404);
        let elsewhere = Actor { grids: vec![kernel::GridId(kernel::Uuid::from_u128(7))], ..w.grid_worker.clone() };
        w.t.get(&elsewhere, &file).await.is(404);
        let narrowed = Actor { own_beats: true, beats: vec![], ..w.auxiliary.clone() };
        w.t.get(&narrowed, &file).await.is(404);
    }
}

/// Names of one, two and three parts, with and without the dot between them.
#[tokio::test]
async fn names_without_surname_are_found_however_they_are_typed() {
    for engine in engines() {
        let w = town(engine).await;
        w.report("其木格反映楼上额尔登半夜拖桌椅，阿丽娅·古丽可以作证。", "金桂园3号楼2单元302").await;
        let look = w.t.app.look(&w.operator, "test.search", Purpose::Incident);
        let ask = kernel::search::Ask { reach: w.operator.reach(), kinds: vec!["incident"], before: None, limit: 10 };
        for (typed, hits) in [("其木格", 1), ("木格", 1), ("额尔登", 1), ("阿丽娅·古丽", 1), ("阿丽娅•古丽", 1), ("阿丽娅 古丽", 1), ("古丽", 1), ("巴特尔", 0)] {
            let found = w.t.app.db().read(&look, async |r: &mut Reader| r.search(typed, &ask).await).await.unwrap();
            assert_eq!(found.len(), hits, "{typed} on {engine}");
        }
    }
}
