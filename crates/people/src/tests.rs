//! Persons on both engines: registering, hiding, opening, moving, importing, clearing; pages.

mod narrow;
mod pages;

use crate::model::*;
use crate::{actions, rules, store};
use kernel::rules::RuleSet;
use kernel::{Act, Actor, AddressId, Date, PersonId, Purpose, Reader, Role, StationId, Tx};
use places::model::{NewAddress, NewBuilding, NewEstate, NewStation, NewSubBureau, Use};
use testkit::{TestApp, actor, engines};

const RULES: &str = r#"
[[rule]]
key = "minor.age_below"
value = 18
title = "未满此岁数为未成年人"
source = "未成年人保护法第二条"
source_kind = "law"
verified = true
from = "2021-06-01"
[[rule]]
key = "retention.person_contact_days"
value = 365
unit = "days"
title = "联系人保存期限"
source = "本地默认"
source_kind = "default"
from = "2000-01-01"
[[rule]]
key = "retention.person_moved_out"
value = 24
unit = "months"
title = "已迁出人员保存期限"
source = "本地默认"
source_kind = "default"
from = "2000-01-01"
"#;

pub(crate) fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// A valid invented number: unassigned county 150799, so that it belongs to nobody.
pub(crate) fn number(birth: &str, sequence: u16) -> String {
    let body = format!("150799{birth}{sequence:03}");
    format!("{body}{}", rules::check_digit(&body).unwrap())
}

pub(crate) struct Town {
    pub t: TestApp,
    pub station: StationId,
    pub other: StationId,
    pub officer: Actor,
    pub homes: Vec<AddressId>,
    pub building: kernel::BuildingId,
}

impl Town {
    pub fn act(&self, who: &Actor) -> Act {
        self.t.app.act(who, "test.people", Purpose::Verify, self.t.app.fresh_command())
    }
    pub async fn see(&self, who: &Actor, id: PersonId) -> kernel::Result<PersonView> {
        let look = self.t.app.look(who, "test.see", Purpose::Verify);
        self.t.app.db().read(&look, async |r: &mut Reader| store::person(r, id).await).await
    }
    pub async fn add(&self, new: NewPerson) -> kernel::Result<PersonId> {
        actions::register(&self.t.app, &self.act(&self.officer), new).await
    }
    async fn contact(&self, name: &str, phone: &str, protected: bool, minor: bool) -> kernel::Result<PersonId> {
        let app = &self.t.app;
        let new = NewContact { station: self.station, name: name.into(), phone: phone.into(), protected, minor, address: None };
        app.db()
            .write(&self.act(&self.officer), async |tx: &mut Tx| {
                let id = actions::register_contact(app, tx, new).await?;
                tx.record("test.intake", &[("person", id.0)], "");
                Ok(id)
            })
            .await
    }
    async fn looks_at(&self, id: PersonId, action: &str) -> usize {
        let look = self.t.app.look(&Actor::system(), "test.audit", Purpose::Audit);
        let rows: Vec<String> = self
            .t
            .app
            .db()
            .read(&look, async |r: &mut Reader| {
                r.rows(
                    kernel::sql!("select a.body from kernel_audit a join kernel_audit_touched s on s.chain = a.chain and s.seq = a.seq where s.id = $1"),
                    kernel::args![id],
                )
                .await?
                .iter()
                .map(|x| x.get("body"))
                .collect()
            })
            .await
            .unwrap();
        rows.iter().filter(|b| b.contains(action)).count()
    }
}

pub(crate) fn person(station: StationId, name: &str) -> NewPerson {
    NewPerson {
        station,
        name: name.into(),
        sex: None,
        ethnicity: "蒙古族".into(),
        birth: None,
        id_kind: IdKind::None,
        id_number: String::new(),
        phone: String::new(),
        kind: PersonKind::Domicile,
        protected: false,
        domicile: String::new(),
        home: None,
    }
}

pub(crate) async fn town(engine: &str) -> Town {
    let rules = RuleSet::load(&[("test.toml".into(), RULES.into())], Default::default()).unwrap();
    let t = TestApp::new(engine, rules, vec![places::domain(), crate::domain()]).await;
    let local = Actor::local("tester");
    let act = || t.app.act(&local, "test.places", Purpose::Administration, t.app.fresh_command());
    let bureau = NewSubBureau { code: "HLR".into(), name: "海拉尔区分局".into(), region: "150702".into() };
    let bureau = places::actions::add_sub_bureau(&t.app, &act(), bureau).await.unwrap();
    let mut stations = vec![];
    for code in ["A", "B"] {
        let new = NewStation { sub_bureau: bureau, code: code.into(), name: format!("{code}派出所"), region: "150702".into(), address: String::new() };
        stations.push(places::actions::add_station(&t.app, &act(), new).await.unwrap());
    }
    let station = stations[0];
    let estate = NewEstate { community: None, name: "金桂园".into(), kind: "小区".into(), street: "兴华路".into(), number: "18号".into(), manager: String::new() };
    let estate = places::actions::add_estate(&t.app, &act(), station, estate).await.unwrap();
    let building = NewBuilding {
        name: "3号楼".into(),
        use_code: Use::Residential,
        floors: 6,
        lon: None,
        lat: None,
        grid: None,
        beat: None,
        from: day("2025-01-01"),
    };
    let building = places::actions::add_building(&t.app, &act(), station, estate, building).await.unwrap();
    let rooms = ["201", "202", "302"].map(|room| NewAddress::home("2", room)).to_vec();
    let homes = places::actions::add_addresses(&t.app, &act(), station, building, rooms).await.unwrap();
    Town { station, other: stations[1], officer: actor(Role::Officer, station), homes, building, t }
}

#[tokio::test]
async fn a_number_is_sealed_found_by_blind_index_and_opened_with_a_purpose() {
    for engine in engines() {
        let town = town(engine).await;
        let app = &town.t.app;
        let mut new = person(town.station, "阿丽娅•古丽");
        new.id_kind = IdKind::Resident;
        new.id_number = "110105491231002".into();
        new.phone = "１３８ ０000 1234".into();
        new.home = Some(Home { address: town.homes[2], from: day("2025-03-01"), relation: Relation::Head });
        let id = town.add(new.clone()).await.unwrap();
        let p = town.see(&town.officer, id).await.unwrap();
        assert_eq!((p.name.as_str(), p.id_masked.as_str(), p.phone_masked.as_str()), ("阿丽娅·古丽", "****************2X", "*******1234"));
        assert_eq!((p.birth, p.sex, p.age), (Some(day("1949-12-31")), Sex::Female, Some(76)));
        assert_eq!((p.address_line.as_str(), p.relation), ("海拉尔区兴华路18号金桂园3号楼2单元302室", Some(Relation::Head)));
        // The same document in its long form is the same person.
        let again = NewPerson { id_number: "11010519491231002x".into(), ..new };
        let e = town.add(again).await.unwrap_err();
        assert!(e.to_string().contains("已登记过持有这个证件"), "{e}");
        let found = app
            .db()
            .read(&app.look(&town.officer, "test", Purpose::Verify), async |r: &mut Reader| {
                let by_id = store::find_by_id_number(r, town.station, actions::blind_id_number(app, "11010519491231002X")).await?;
                let by_phone = store::find_by_phone(r, town.station, actions::blind_phone(app, "13800001234")).await?;
                let at_home = store::by_address(r, town.homes[2]).await?;
                Ok([by_id.into_iter().collect(), by_phone, at_home].map(|list: Vec<PersonView>| list[0].id))
            })
            .await
            .unwrap();
        assert_eq!(found, [id; 3]);
        let act = town.act(&town.officer);
        let value = actions::reveal(app, &act, id, Secret::IdNumber, Purpose::Mediation).await.unwrap();
        assert_eq!(value, "11010519491231002X");
        assert_eq!(actions::reveal(app, &act, id, Secret::Phone, Purpose::Verify).await.unwrap(), "13800001234");
        assert_eq!((town.looks_at(id, "people.reveal_id_number").await, town.looks_at(id, "people.reveal_phone").await), (1, 1));
        assert_eq!(actions::reveal(app, &act, id, Secret::Phone, Purpose::Statistics).await.unwrap_err().key(), "people.purpose");
        let auxiliary = actor(Role::Auxiliary, town.station);
        assert_eq!(actions::reveal(app, &town.act(&auxiliary), id, Secret::Phone, Purpose::Verify).await.unwrap_err().key(), "forbidden");
        let stranger = actor(Role::Officer, town.other);
        assert_eq!(actions::reveal(app, &town.act(&stranger), id, Secret::Phone, Purpose::Verify).await.unwrap_err().key(), "not_found");
        assert_eq!(town.see(&stranger, id).await.unwrap_err().key(), "not_found");
    }
}

#[tokio::test]
async fn no_number_stands_in_the_clear_in_the_database() {
    let town = town("sqlite").await;
    let mut new = person(town.station, "其木格");
    new.id_kind = IdKind::Resident;
    new.id_number = number("19900315", 12);
    new.phone = "10000123456".into();
    town.add(new.clone()).await.unwrap();
    town.contact("王五", "10000654321", false, false).await.unwrap();
    let copy = town.t.app.settings().data.join("copy.sqlite");
    town.t.app.db().copy_into(&copy).await.unwrap();
    let bytes = std::fs::read(&copy).unwrap();
    for secret in [new.id_number.as_str(), "10000123456", "10000654321"] {
        assert!(!bytes.windows(secret.len()).any(|w| w == secret.as_bytes()), "{secret}");
    }
}

#[tokio::test]
async fn minors_and_protected_persons_are_hidden_from_those_who_do_not_handle_the_matter() {
    for engine in engines() {
        let town = town(engine).await;
        let mut child = person(town.station, "小明");
        child.birth = Some(day("2015-06-01"));
        let child = town.add(child).await.unwrap();
        let witness = town.contact("赵六", "13800005678", true, false).await.unwrap();
        let caller = town.contact("孙小小", "", false, true).await.unwrap();
        let grown = NewPerson { birth: Some(day("2008-05-08")), ..person(town.station, "今日十八") };
        let grown = town.add(grown).await.unwrap();
        for (role, name_of_child, name_of_witness) in [
            (Role::Officer, "小明", "受保护人"),
            (Role::Operator, "小明", "赵六"),
            (Role::WindowClerk, "小明", "受保护人"),
            (Role::Auxiliary, "未成年人", "受保护人"),
        ] {
            let who = actor(role, town.station);
            assert_eq!(town.see(&who, child).await.unwrap().name, name_of_child, "{role}");
            let w = town.see(&who, witness).await.unwrap();
            assert_eq!(w.name, name_of_witness, "{role}");
            assert_eq!(w.phone_masked.is_empty(), name_of_witness == "受保护人");
        }
        let auxiliary = actor(Role::Auxiliary, town.station);
        assert_eq!(town.see(&auxiliary, caller).await.unwrap().name, "未成年人");
        assert_eq!(town.see(&auxiliary, grown).await.unwrap().name, "未成年人");
        town.t.app.clock().advance(86_400);
        assert_eq!(town.see(&auxiliary, grown).await.unwrap().name, "今日十八");
        let look = town.t.app.look(&auxiliary, "test", Purpose::Incident);
        let handled = town.t.app.db().read(&look, async |r: &mut Reader| store::person_for(r, witness, true).await).await.unwrap();
        assert_eq!(handled.name, "赵六");
        let named = town
            .t
            .app
            .db()
            .read(&look, async |r: &mut Reader| store::register(r, &store::Query { name: "小明".into(), ..Default::default() }).await)
            .await
            .unwrap();
        assert!(named.0.is_empty(), "a hidden name is not found by name");
    }
}

#[tokio::test]
async fn the_same_caller_is_one_contact_and_secrecy_is_only_added() {
    for engine in engines() {
        let town = town(engine).await;
        let first = town.contact("巴图", "13800001111", false, false).await.unwrap();
        assert_eq!(town.contact("巴图", "+86 138 0000 1111", true, false).await.unwrap(), first);
        assert_eq!(town.contact("巴图", "13800001111", false, false).await.unwrap(), first);
        assert!(town.see(&town.officer, first).await.unwrap().protected);
        assert_ne!(town.contact("苏和", "13800001111", false, false).await.unwrap(), first);
        assert_eq!(town.see(&town.officer, town.contact("", "13800002222", false, false).await.unwrap()).await.unwrap().name, "未具名");
        for (name, phone) in [("", ""), ("张3", ""), ("张三", "123")] {
            assert_eq!(town.contact(name, phone, false, false).await.unwrap_err().key(), "invalid");
        }
    }
}

#[tokio::test]
async fn moving_ends_the_home_before_and_keeps_it() {
    for engine in engines() {
        let town = town(engine).await;
        let app = &town.t.app;
        let home = |n: usize, from: &str| Home { address: town.homes[n], from: day(from), relation: Relation::Tenant };
        let id = town.add(NewPerson { home: Some(home(0, "2025-03-01")), ..person(town.station, "额尔敦") }).await.unwrap();
        actions::move_in(app, &town.act(&town.officer), id, home(1, "2026-02-01")).await.unwrap();
        for wrong in [home(1, "2026-03-01"), home(2, "2026-01-01")] {
            assert_eq!(actions::move_in(app, &town.act(&town.officer), id, wrong).await.unwrap_err().key(), "invalid");
        }
        let look = app.look(&town.officer, "test", Purpose::Verify);
        let all = app.db().read(&look, async |r: &mut Reader| store::residences(r, id).await).await.unwrap();
        assert_eq!(all.iter().map(|h| h.until_day).collect::<Vec<_>>(), [None, Some(day("2026-01-31"))]);
        actions::move_out(app, &town.act(&town.officer), id, day("2026-05-01")).await.unwrap();
        assert_eq!(town.see(&town.officer, id).await.unwrap().address, None);
    }
}

#[tokio::test]
async fn register_rows_are_taken_updated_or_named_wrong() {
    for engine in engines() {
        let town = town(engine).await;
        let app = &town.t.app;
        let row = RegisterRow {
            name: "那顺".into(),
            sex: "男".into(),
            ethnicity: "蒙古族".into(),
            id_number: number("19880808", 13),
            phone: "13800003333".into(),
            kind: "流动".into(),
            address: "金桂园三号楼2单元302".into(),
            relation: "承租人".into(),
            from: "2026年4月1日".into(),
            ..Default::default()
        };
        let rows = vec![
            row.clone(),
            RegisterRow { kind: "户籍".into(), address: "金桂园3号楼2单元201".into(), from: "2026-05-01".into(), ..row.clone() },
            RegisterRow { id_number: number("19880808", 15), address: "不知道的地方".into(), ..row.clone() },
            RegisterRow { id_number: "150799198808080000".into(), sex: "未知性".into(), ..row.clone() },
            RegisterRow { id_number: number("19880808", 14), ..row.clone() },
        ];
        let outcomes = app
            .db()
            .write(&town.act(&town.officer), async |tx: &mut Tx| {
                let mut out = vec![];
                for r in &rows {
                    out.push(match actions::import_row(app, tx, r).await? {
                        Ok(Outcome::Added { located, .. }) => format!("added {located}"),
                        Ok(Outcome::Updated { located, .. }) => format!("updated {located}"),
                        Err(e) => e.0.iter().map(|(f, _)| f.as_str()).collect::<Vec<_>>().join(","),
                    });
                }
                tx.record("test.import", &[("import", town.building.0)], "");
                Ok(out)
            })
            .await
            .unwrap();
        assert_eq!(outcomes, ["added true", "updated true", "added false", "sex", "sex"]);
        let look = app.look(&town.officer, "test", Purpose::Verify);
        let (people, pending) = app
            .db()
            .read(&look, async |r: &mut Reader| {
                let all = store::register(r, &store::Query::default()).await?.0;
                let pending = store::register(r, &store::Query { pending: true, ..Default::default() }).await?.0;
                Ok((all, pending))
            })
            .await
            .unwrap();
        assert_eq!((people.len(), pending.len()), (2, 1));
        let known = people.iter().find(|p| p.pending_place.is_empty()).unwrap();
        assert_eq!((known.kind, known.address), (Some(PersonKind::Domicile), Some(town.homes[0])));
    }
}

#[tokio::test]
async fn what_is_due_is_cleared_once_and_a_hold_wins() {
    for engine in engines() {
        let town = town(engine).await;
        let app = &town.t.app;
        let gone = town.contact("甲某", "13800000001", false, false).await.unwrap();
        let held = town.contact("乙某", "13800000002", false, false).await.unwrap();
        let hold = actions::hold(app, &town.act(&town.officer), held, "行政复议期间").await.unwrap();
        let home = Home { address: town.homes[0], from: day("2023-01-01"), relation: Relation::Head };
        let left = town.add(NewPerson { home: Some(home), ..person(town.station, "丙某") }).await.unwrap();
        actions::move_out(app, &town.act(&town.officer), left, day("2026-05-01")).await.unwrap();
        let stays = town.add(NewPerson { home: Some(home), ..person(town.station, "丁某") }).await.unwrap();
        app.clock().advance(400 * 86_400);
        let fresh = town.contact("戊某", "13800000005", false, false).await.unwrap();
        let admin = actor(Role::SecurityAdmin, StationId::NIL);
        let dry = actions::retention(app, &town.act(&admin), true).await.unwrap();
        assert_eq!((dry.lines[0].due, dry.lines[0].held, dry.lines[0].cleared), (1, 1, 0));
        assert_eq!(dry.lines[1].due, 0);
        // The program alone does not clear by rules that nobody has verified.
        actions::retention_job(app.clone()).await.unwrap();
        assert_eq!(town.see(&town.officer, gone).await.unwrap().name, "甲某");
        let done = actions::retention(app, &town.act(&admin), false).await.unwrap();
        assert_eq!((done.lines[0].cleared, done.lines[1].cleared), (1, 0));
        assert_eq!(town.see(&town.officer, gone).await.unwrap().name, "已到期清理");
        assert_eq!(actions::reveal(app, &town.act(&town.officer), gone, Secret::Phone, Purpose::Verify).await.unwrap_err().key(), "forbidden");
        for (id, name) in [(held, "乙某"), (fresh, "戊某"), (left, "丙某"), (stays, "丁某")] {
            assert_eq!(town.see(&town.officer, id).await.unwrap().name, name);
        }
        actions::release(app, &town.act(&town.officer), held, hold, "复议已终结").await.unwrap();
        app.clock().advance(400 * 86_400);
        let last = actions::retention(app, &town.act(&admin), false).await.unwrap();
        assert_eq!((last.lines[0].cleared, last.lines[1].cleared), (2, 1));
        assert_eq!(town.see(&town.officer, stays).await.unwrap().name, "丁某");
        let e = actions::retention(app, &town.act(&town.officer), false).await.unwrap_err();
        assert_eq!(e.key(), "forbidden");
    }
}

#[tokio::test]
async fn without_a_rule_nothing_is_cleared() {
    let t = TestApp::new("sqlite", RuleSet::default(), vec![places::domain(), crate::domain()]).await;
    let admin = actor(Role::SecurityAdmin, StationId::NIL);
    let act = t.app.act(&admin, "test", Purpose::Retention, t.app.fresh_command());
    let report = actions::retention(&t.app, &act, false).await.unwrap();
    assert!(report.lines.iter().all(|l| l.before.is_none() && l.cleared == 0 && l.source.contains("待导入")));
}
