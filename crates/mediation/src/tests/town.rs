//! A station with one building, two homes and a crew.

use identity::model::NewUser;
use kernel::{Actor, DisputeId, IncidentId, Purpose, Reader, Role, StationId};
use places::model::{NewAddress, NewBeat, NewBuilding, NewEstate, NewGrid, NewStation, NewSubBureau, Use};
use testkit::{TestApp, actor};

pub struct Town {
    pub t: TestApp,
    pub operator: Actor,
    pub officer: Actor,
    pub auxiliary: Actor,
    pub grid_worker: Actor,
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

/// A station's own term of administrative mediation, which no national rule gives.
const OWN: &str = r#"
[[rule]]
station = "ZY"
key = "mediation.administrative.days"
value = 15
unit = "working_days"
title = "行政调解期限"
source = "本地规定（测试）"
source_kind = "regulation"
verified = false
from = "2026-01-01"
"#;

/// The town, and its station has a term for administrative mediation.
pub async fn town_with_own_term(engine: &str) -> Town {
    town_under(engine, rulebook::shipped_with(&[("own.toml".into(), OWN.into())]).unwrap()).await
}

pub async fn town(engine: &str) -> Town {
    town_under(engine, rulebook::shipped().unwrap()).await
}

async fn town_under(engine: &str, rules: kernel::rules::RuleSet) -> Town {
    let domains = vec![
        identity::domain(),
        attachments::domain(),
        places::domain(),
        people::domain(),
        notices::domain(),
        incidents::domain(),
        crate::domain(),
    ];
    let t = TestApp::new(engine, rules, domains).await;
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
        lon: None,
        lat: None,
        grid: Some(grid),
        beat: Some(beat),
        from,
    };
    let building = p::add_building(&t.app, &a(), station, estate, building).await.unwrap();
    let homes = vec![NewAddress::home("2单元", "501"), NewAddress::home("2单元", "601")];
    p::add_addresses(&t.app, &a(), station, building, homes).await.unwrap();
    let mut grid_worker = hire(&t, &admin, station, Role::GridWorker).await;
    grid_worker.grids = vec![grid];
    let grant = identity::model::Grant {
        id: t.app.clock().new_id(),
        user_id: grid_worker.user,
        kind: identity::model::GrantKind::Grid,
        place_id: grid.0,
        valid_from: from,
        valid_until: None,
    };
    let give = t.app.act(&admin, "test.grant", Purpose::Administration, t.app.fresh_command()).in_station(station);
    t.app
        .db()
        .write(&give, async |tx: &mut kernel::Tx| {
            tx.record("test.grant", &[("user", grant.user_id.0)], "");
            identity::store::insert_grant(tx, station, &grant).await
        })
        .await
        .unwrap();
    let w = Town {
        operator: hire(&t, &admin, station, Role::Operator).await,
        officer: hire(&t, &admin, station, Role::Officer).await,
        auxiliary: hire(&t, &admin, station, Role::Auxiliary).await,
        leader: hire(&t, &admin, station, Role::DutyLeader).await,
        stranger: actor(Role::Officer, StationId(kernel::Uuid::from_u128(99))),
        grid_worker,
        t,
    };
    let act = w.t.app.act(&w.leader, "mediation.committee", Purpose::Mediation, w.t.app.fresh_command());
    crate::actions::add_committee(&w.t.app, &act, "兴华社区人民调解委员会", "何秀兰、白志强", "兴华社区").await.unwrap();
    w
}

impl Town {
    pub async fn report(&self, content: &str) -> IncidentId {
        let fields = [("source_code", "0201"), ("content", content), ("place", "金桂园3号楼2单元501"), ("reporter_name", "乌仁其木格"), ("reporter_phone", "13800000001")];
        IncidentId(self.t.post(&self.operator, "/incidents/new", &fields).await.is(303).new_id())
    }

    pub async fn open(&self, extra: &[(&str, &str)]) -> DisputeId {
        let mut fields = vec![
            ("title", "楼上半夜拖椅子"),
            ("summary", "楼上601每天夜里十点以后拖椅子，老人睡不着，希望安静。"),
            ("source_code", "walk_in"),
            ("place", "金桂园3号楼2单元501"),
            ("name_0", "乌仁其木格"),
            ("home_0", "金桂园3号楼2单元501"),
            ("name_1", "宋立群"),
            ("home_1", "金桂园3号楼2单元601"),
        ];
        if !extra.iter().any(|(k, _)| *k == "domestic_violence") {
            fields.push(("domestic_violence", "no"));
        }
        fields.extend_from_slice(extra);
        DisputeId(self.t.post(&self.officer, "/disputes/new", &fields).await.is(303).new_id())
    }

    /// Sex, birth date and document number of a person, as the register has them.
    pub async fn identify(&self, id: kernel::PersonId) {
        let look = self.t.app.look(&self.officer, "test", Purpose::Mediation);
        let p = self.t.app.db().read(&look, async |r: &mut Reader| people::store::person_for(r, id, true).await).await.unwrap();
        let edit = people::model::PersonEdit {
            name: p.name,
            sex: Some(people::model::Sex::Female),
            ethnicity: "蒙古族".into(),
            birth: Some("1949-12-31".parse().unwrap()),
            id_kind: people::model::IdKind::Resident,
            id_number: "11010519491231002X".into(),
            phone: String::new(),
            kind: None,
            protected: false,
            domicile: String::new(),
            died_on: None,
        };
        let act = self.t.app.act(&self.officer, "people.edit", Purpose::Mediation, self.t.app.fresh_command());
        people::actions::edit(&self.t.app, &act, id, p.version, edit).await.unwrap();
    }

    pub async fn committee(&self) -> String {
        let look = self.t.app.look(&self.officer, "test", Purpose::Mediation);
        let station = self.officer.station;
        let list = self.t.app.db().read(&look, async |r: &mut Reader| crate::store::parts::committees(r, station).await).await.unwrap();
        list[0].id.to_string()
    }

    pub async fn dispute(&self, id: DisputeId) -> crate::model::Dispute {
        let look = self.t.app.look(&self.officer, "test", Purpose::Mediation);
        self.t.app.db().read(&look, async |r: &mut Reader| crate::store::get(r, id).await).await.unwrap()
    }

    /// Accepted on people's mediation, one session held.
    pub async fn mediated(&self) -> DisputeId {
        let id = self.open(&[]).await;
        let gate = [
            ("track", "peoples_mediation"),
            ("q.party_refuses", "no"),
            ("q.reserved", "no"),
            ("q.already_taken", "no"),
            ("told", "1"),
            ("willing", "1"),
        ];
        self.t.post(&self.officer, &format!("/disputes/{id}/gate"), &gate).await.is(303);
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
        id
    }

    pub async fn agreed(&self) -> DisputeId {
        let id = self.mediated().await;
        let committee = self.committee().await;
        let paper = [
            ("form", "written"),
            ("committee", committee.as_str()),
            ("mediator", "何秀兰"),
            ("facts", "楼上夜间拖动桌椅，影响楼下休息。"),
            ("place", "兴华社区调解室"),
            ("held_at", "2026-05-08T08:30"),
            ("signed_on", "2026-05-08"),
            ("identity_note", "当事人未带证件，已当面核对"),
            ("term0", "在客厅、儿童房铺防噪地毯，家具加脚垫"),
            ("party0", "both"),
            ("how0", "自行购置，由网格员上门查看"),
            ("by0", "2026-05-15"),
            ("term1", "夜间二十二时至次日七时不拖拽家具"),
            ("party1", "both"),
            ("how1", "在各自家中遵守"),
            ("when1", "standing"),
            ("why1", "持续不作为"),
        ];
        self.t.post(&self.officer, &format!("/disputes/{id}/agreement"), &paper).await.is(303);
        id
    }
}
