//! A station with two homes; a dispute between people with awkward names, told with their data in it.

use identity::model::NewUser;
use kernel::{Actor, DisputeId, Purpose, Reader, Role, StationId};
use mediation::store::parts;
use places::model::{NewAddress, NewBeat, NewBuilding, NewEstate, NewGrid, NewStation, NewSubBureau, Use};
use testkit::{TestApp, actor};

/// Nothing of this may stand in the book.
pub const SECRETS: &[&str] = &[
    "巴特尔", "苏和", "高兴", "何秀兰", "白志强", "金桂园", "兴华", "正阳", "13800000001", "501", "601", "蒙E", "A1234", "人调字", "2026年5月",
];

pub struct Town {
    pub t: TestApp,
    pub officer: Actor,
    pub auxiliary: Actor,
    pub leader: Actor,
    pub stranger: Actor,
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

pub async fn town(engine: &str) -> Town {
    let domains = vec![
        identity::domain(),
        attachments::domain(),
        places::domain(),
        people::domain(),
        notices::domain(),
        incidents::domain(),
        mediation::domain(),
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
    let building = NewBuilding { name: "3号楼".into(), use_code: Use::Residential, floors: 6, lon: None, lat: None, grid: Some(grid), beat: Some(beat), from };
    let building = p::add_building(&t.app, &a(), station, estate, building).await.unwrap();
    let homes = vec![NewAddress::home("2单元", "501"), NewAddress::home("2单元", "601")];
    p::add_addresses(&t.app, &a(), station, building, homes).await.unwrap();
    let w = Town {
        officer: hire(&t, &admin, station, Role::Officer).await,
        auxiliary: hire(&t, &admin, station, Role::Auxiliary).await,
        leader: hire(&t, &admin, station, Role::DutyLeader).await,
        stranger: actor(Role::Officer, StationId(kernel::Uuid::from_u128(99))),
        t,
    };
    let act = w.t.app.act(&w.leader, "mediation.committee", Purpose::Mediation, w.t.app.fresh_command());
    mediation::actions::add_committee(&w.t.app, &act, "兴华社区人民调解委员会", "何秀兰、白志强", "兴华社区").await.unwrap();
    w
}

impl Town {
    pub async fn open(&self, first: &str, second: &str) -> DisputeId {
        let summary = format!(
            "{first}住金桂园3号楼2单元501，电话13800000001，说楼上601的{second}半夜拖椅子，车蒙E·A1234也堵门，2026年5月1日又来一次，睡不着不高兴。"
        );
        let fields = [
            ("title", "楼上半夜拖椅子"),
            ("summary", summary.as_str()),
            ("source_code", "walk_in"),
            ("place", "金桂园3号楼2单元501"),
            ("name_0", first),
            ("home_0", "金桂园3号楼2单元501"),
            ("name_1", second),
            ("home_1", "金桂园3号楼2单元601"),
            ("judicial", "neighbour"),
            ("causes", "noise_upstairs"),
            ("domestic_violence", "no"),
        ];
        DisputeId(self.t.post(&self.officer, "/disputes/new", &fields).await.is(303).new_id())
    }

    pub async fn dispute(&self, id: DisputeId) -> mediation::model::Dispute {
        let look = self.t.app.look(&self.officer, "test", Purpose::Mediation);
        self.t.app.db().read(&look, async |r: &mut Reader| mediation::store::get(r, id).await).await.unwrap()
    }

    async fn committee(&self) -> String {
        let look = self.t.app.look(&self.officer, "test", Purpose::Mediation);
        let station = self.officer.station;
        let list = self.t.app.db().read(&look, async |r: &mut Reader| parts::committees(r, station).await).await.unwrap();
        list[0].id.to_string()
    }

    pub async fn accept(&self, id: DisputeId) {
        let rules = self.t.app.rules();
        let questions = mediation::rules::questions(mediation::model::Track::Peoples);
        let names: Vec<String> =
            rules.list(questions, self.t.app.today()).iter().map(|q| format!("q.{}", q.code)).collect();
        let mut gate = vec![("track", "peoples_mediation"), ("told", "1"), ("willing", "1")];
        gate.extend(names.iter().map(|n| (n.as_str(), "no")));
        self.t.post(&self.officer, &format!("/disputes/{id}/gate"), &gate).await.is(303);
    }

    /// An agreement kept, visited and closed.
    pub async fn held(&self) -> DisputeId {
        let id = self.open("巴特尔·苏和", "高兴").await;
        self.accept(id).await;
        let committee = self.committee().await;
        let talk = [
            ("kind", "session"),
            ("held_from", "2026-05-08T08:30"),
            ("place", "兴华社区调解室"),
            ("committee", committee.as_str()),
            ("mediator", "何秀兰"),
            ("text", "双方各退一步，同意铺地毯。"),
        ];
        self.t.post(&self.officer, &format!("/disputes/{id}/talk"), &talk).await.is(303);
        let paper = [
            ("form", "written"),
            ("committee", committee.as_str()),
            ("mediator", "何秀兰"),
            ("facts", "高兴夜间拖动桌椅，影响巴特尔苏和休息，兴华社区何秀兰主持。"),
            ("place", "兴华社区调解室"),
            ("held_at", "2026-05-08T08:30"),
            ("signed_on", "2026-05-08"),
            ("term0", "高兴在客厅铺防噪地毯，家具加脚垫"),
            ("identity_note", "当事人未带证件，已当面核对"),
            ("party0", "both"),
            ("how0", "自行购置铺设"),
            ("by0", "2026-05-15"),
            ("term1", "夜间二十二时至次日七时不拖拽家具"),
            ("party1", "both"),
            ("how1", "在自家遵守"),
            ("when1", "standing"),
            ("why1", "持续不作为"),
        ];
        self.t.post(&self.officer, &format!("/disputes/{id}/agreement"), &paper).await.is(303);
        let look = self.t.app.look(&self.officer, "test", Purpose::Mediation);
        let promise = self.t.app.db().read(&look, async |r: &mut Reader| parts::obligations(r, id).await).await.unwrap();
        for p in promise.iter().filter(|o| o.due.is_some()) {
            let oid = p.id.to_string();
            let fields = [("obligation", oid.as_str()), ("done_on", "2026-05-08"), ("proof", "上门查看，地毯已铺")];
            self.t.post(&self.officer, &format!("/disputes/{id}/promise"), &fields).await.is(303);
        }
        for f in self.t.app.db().read(&look, async |r: &mut Reader| parts::follow_ups(r, id).await).await.unwrap() {
            let fid = f.id.to_string();
            let fields = [
                ("follow_up", fid.as_str()),
                ("mode", "phone"),
                ("interviewee", "巴特尔·苏和"),
                ("finding", "performed"),
                ("satisfaction", "satisfied"),
                ("note", "苏和说这几天睡得着了"),
            ];
            self.t.post(&self.officer, &format!("/disputes/{id}/follow-up"), &fields).await.is(303);
        }
        self.t.post(&self.officer, &format!("/disputes/{id}/end"), &[("deed", "close")]).await.is(303);
        id
    }
}
