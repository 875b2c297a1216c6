//! A station with people on both sides of a wall, an officer, a mediator.

use identity::model::NewUser;
use kernel::{Actor, AgreementId, DisputeId, Purpose, Reader, Role, StationId, Uuid};
use places::model::{NewAddress, NewBeat, NewBuilding, NewEstate, NewGrid, NewStation, NewSubBureau, Use};
use testkit::{TestApp, actor};

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
    let grid = p::add_grid(&t.app, &a(), station, NewGrid { code: "G1".into(), name: "第一网格".into(), community: None, from }).await.unwrap();
    let estate = NewEstate { community: None, name: "金桂园".into(), kind: "小区".into(), street: "兴华路".into(), number: "18号".into(), manager: String::new() };
    let estate = p::add_estate(&t.app, &a(), station, estate).await.unwrap();
    let building = NewBuilding { name: "3号楼".into(), use_code: Use::Residential, floors: 6, lon: None, lat: None, grid: Some(grid), beat: Some(beat), from };
    let building = p::add_building(&t.app, &a(), station, estate, building).await.unwrap();
    p::add_addresses(&t.app, &a(), station, building, vec![NewAddress::home("2单元", "501"), NewAddress::home("2单元", "601")]).await.unwrap();
    let w = Town {
        officer: hire(&t, &admin, station, Role::Officer).await,
        auxiliary: hire(&t, &admin, station, Role::Auxiliary).await,
        leader: hire(&t, &admin, station, Role::DutyLeader).await,
        stranger: actor(Role::Officer, StationId(Uuid::from_u128(99))),
        t,
    };
    let act = w.t.app.act(&w.leader, "mediation.committee", Purpose::Mediation, w.t.app.fresh_command());
    mediation::actions::add_committee(&w.t.app, &act, "兴华社区人民调解委员会", "何秀兰、白志强", "兴华社区").await.unwrap();
    w
}

/// What a reader closure sees, without ceremony.
#[macro_export]
macro_rules! look {
    ($w:expr, $r:ident => $body:expr) => {{
        let look = $w.t.app.look(&$w.officer, "test", kernel::Purpose::Mediation);
        $w.t.app.db().read(&look, async |$r: &mut kernel::Reader| $body.await).await.unwrap()
    }};
}

impl Town {
    pub async fn open(&self, extra: &[(&str, &str)]) -> DisputeId {
        let mut fields = vec![
            ("title", "楼上半夜拖椅子"),
            ("summary", "楼上601每天夜里十点以后拖椅子，老人睡不着，希望安静。"),
            ("source_code", "application"),
            ("place", "金桂园3号楼2单元501"),
            ("name_0", "乌仁其木格·巴特尔苏和"),
            ("home_0", "金桂园3号楼2单元501"),
            ("phone_0", "13800000001"),
            ("name_1", "宋䶮群"),
            ("home_1", "金桂园3号楼2单元601"),
            ("phone_1", "13800000002"),
            ("judicial", "neighbour"),
        ];
        fields.retain(|(k, _)| !extra.iter().any(|(x, _)| x == k));
        if !extra.iter().any(|(k, _)| *k == "domestic_violence") {
            fields.push(("domestic_violence", "no"));
        }
        fields.extend_from_slice(extra);
        DisputeId(self.t.post(&self.officer, "/disputes/new", &fields).await.is(303).new_id())
    }

    /// Sex, ethnicity, birth date and document number of both parties, as the register has them.
    pub async fn identified(&self, id: DisputeId) {
        use people::model::{IdKind, PersonEdit, Sex};
        let known = [("11010519491231002X", Sex::Female, "1949-12-31", "蒙古族"), ("150702198005120037", Sex::Male, "1980-05-12", "汉族")];
        let parties = self.reader(async |r| mediation::store::parts::parties(r, id).await).await;
        for (p, (number, sex, birth, ethnicity)) in parties.iter().zip(known) {
            let v = self.reader(async |r| people::store::person_for(r, p.person_id, true).await).await;
            if !v.id_masked.is_empty() {
                continue;
            }
            let edit = PersonEdit {
                name: v.name,
                sex: Some(sex),
                ethnicity: ethnicity.into(),
                birth: Some(birth.parse().unwrap()),
                id_kind: IdKind::Resident,
                id_number: number.into(),
                phone: String::new(),
                kind: None,
                protected: false,
                domicile: String::new(),
                died_on: None,
            };
            let act = self.t.app.act(&self.officer, "people.edit", Purpose::Mediation, self.t.app.fresh_command());
            people::actions::edit(&self.t.app, &act, p.person_id, v.version, edit).await.unwrap();
        }
    }

    pub async fn committee(&self) -> String {
        let station = self.officer.station;
        let list = look!(self, r => mediation::store::parts::committees(r, station));
        list[0].id.to_string()
    }

    pub async fn peoples(&self, id: DisputeId) {
        let gate = [("track", "peoples_mediation"), ("q.party_refuses", "no"), ("q.reserved", "no"), ("q.already_taken", "no"), ("told", "1"), ("willing", "1")];
        self.t.post(&self.officer, &format!("/disputes/{id}/gate"), &gate).await.is(303);
        let committee = self.committee().await;
        let talk = [
            ("kind", "session"), ("held_from", "2026-05-08T08:30"), ("held_until", "2026-05-08T08:55"), ("place", "兴华社区调解室"),
            ("committee", committee.as_str()), ("mediator", "何秀兰"), ("text", "双方各退一步，同意铺地毯。"),
        ];
        self.t.post(&self.officer, &format!("/disputes/{id}/talk"), &talk).await.is(303);
    }

    pub async fn agree(&self, id: DisputeId, form: &str) -> AgreementId {
        let committee = self.committee().await;
        let parties = look!(self, r => mediation::store::parts::parties(r, id));
        let b = parties[1].id.to_string();
        let paper = [
            ("form", form), ("committee", committee.as_str()), ("mediator", "何秀兰"), ("facts", "楼上夜间拖动桌椅，影响楼下休息。"),
            ("points", "夜间噪声"), ("identity_note", "当事人未带证件，已当面核对"), ("duties", "乙方：夜间移动家具影响邻居"), ("place", "兴华社区调解室"), ("held_at", "2026-05-08T08:30"), ("signed_on", "2026-05-08"),
            ("term0", "在客厅铺防噪地毯，并向乌仁其木格·巴特尔苏和道歉"), ("by0", "2026-05-09"), ("party0", b.as_str()), ("how0", "自行购置铺设，由网格员上门查看"),
            ("term1", "夜间二十二时至次日七时不拖拽家具"), ("party1", "both"), ("how1", "各自在自家遵守"), ("when1", "standing"), ("why1", "持续不作为"),
        ];
        self.t.post(&self.officer, &format!("/disputes/{id}/agreement"), &paper).await.is(303);
        look!(self, r => mediation::store::parts::agreements(r, id))[0].id
    }

    /// 治安调解 accepted.
    pub async fn public_order(&self, id: DisputeId) {
        let mut fields = vec![("track", "public_order_mediation"), ("told", "1"), ("willing", "1"), ("act", "damage"), ("circumstance", "trifles")];
        let keys = ["hired_violence", "gang_or_provocation", "repeat_violator", "party_unwilling", "offended_again", "suspect_fled", "other_unsuitable"];
        let names: Vec<String> = keys.iter().map(|k| format!("q.{k}")).collect();
        fields.extend(names.iter().map(|n| (n.as_str(), "no")));
        self.t.post(&self.officer, &format!("/disputes/{id}/gate"), &fields).await.is(303);
    }

    pub async fn filed(&self, id: DisputeId) {
        let fields = [
            ("title", "乌仁其木格与宋䶮群邻里纠纷"), ("mediator", "何秀兰"), ("from_day", "2026-05-08"), ("until_day", "2026-05-08"),
            ("filed_by", "测试民警"), ("filed_on", "2026-05-08"), ("retention", "10"), ("note", "签字件另存。"),
        ];
        self.t.post(&self.officer, &format!("/disputes/{id}/dossier/file"), &fields).await.is(303);
    }

    pub async fn case(&self, id: DisputeId) -> crate::compose::Case {
        let act = self.t.app.look(&self.officer, "test", Purpose::Mediation);
        crate::compose::Case::load(&self.t.app, &act, id, true).await.unwrap()
    }

    pub async fn reader<T>(&self, f: impl AsyncFnOnce(&mut Reader) -> kernel::Result<T>) -> T {
        let look = self.t.app.look(&self.officer, "test", Purpose::Mediation);
        self.t.app.db().read(&look, f).await.unwrap()
    }
}
