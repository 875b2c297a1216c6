//! The pages: 404, 403, 422, 200.

use super::{Town, number, person, town};
use crate::model::{Home, NewPerson, Relation};
use kernel::{Role, StationId};
use testkit::{actor, engines};

async fn resident(town: &Town) -> kernel::PersonId {
    let home = Home { address: town.homes[2], from: super::day("2025-03-01"), relation: Relation::Head };
    let mut new = NewPerson { home: Some(home), ..person(town.station, "斯琴格日乐") };
    new.id_kind = crate::model::IdKind::Resident;
    new.id_number = number("19900315", 12);
    new.phone = "10000123456".into();
    town.add(new).await.unwrap()
}

#[tokio::test]
async fn a_person_is_registered_and_what_is_wrong_is_named() {
    for engine in engines() {
        let town = town(engine).await;
        let t = &town.t;
        t.get(&actor(Role::Auxiliary, town.station), "/people/new").await.is(403);
        t.get(&town.officer, "/people/new").await.is(200).says("command_id");
        let id_number = number("19900315", 12);
        let mut bad = id_number.clone();
        bad.replace_range(16..17, if &id_number[16..17] == "9" { "8" } else { "9" });
        let fields = |n: &'static str, number: String, address: &'static str| {
            vec![
                ("name", n.to_string()),
                ("id_kind", "resident_id".into()),
                ("id_number", number),
                ("kind", "migrant".into()),
                ("address", address.to_string()),
                ("relation", "tenant".into()),
            ]
        };
        let post = async |fields: Vec<(&str, String)>| {
            let pairs: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
            t.post(&town.officer, "/people/new", &pairs).await
        };
        post(fields("苏和", bad, "金桂园3号楼2单元302")).await.is(422).says("校验位").says("value=\"苏和\"");
        post(fields("苏和", id_number.clone(), "某某小区9号楼")).await.is(422).says("没有找到这一户（待定位）");
        let done = post(fields("苏和", id_number.clone(), "金桂园3号楼2单元302")).await.is(303);
        let page = t.get(&town.officer, done.location()).await.is(200).says("苏和").says("2单元302室").says("承租人");
        assert!(!page.body.contains(&id_number));
        t.get(&town.officer, "/people?name=%E8%8B%8F").await.is(200).says("苏和");
        t.get(&town.officer, &format!("/places/buildings/{}", town.building)).await.is(200).says("苏和");
        let find = [("number", id_number.as_str()), ("number_kind", "resident_id"), ("purpose", "")];
        t.post(&town.officer, "/people/find", &find).await.is(422).says("请选择查询目的");
        let find = [("number", id_number.as_str()), ("number_kind", "resident_id"), ("purpose", "verify")];
        t.post(&town.officer, "/people/find", &find).await.is(200).says("苏和");
    }
}

#[tokio::test]
async fn a_number_is_opened_only_with_a_purpose() {
    for engine in engines() {
        let town = town(engine).await;
        let t = &town.t;
        let path = format!("/people/{}", resident(&town).await);
        let reveal = format!("{path}/reveal");
        t.get(&actor(Role::Officer, town.other), &path).await.is(404);
        t.get(&actor(Role::GridWorker, town.station), &path).await.is(403);
        t.get(&actor(Role::SystemAdmin, StationId::NIL), &path).await.is(403);
        t.post(&actor(Role::Auxiliary, town.station), &reveal, &[("field", "phone"), ("purpose", "verify")]).await.is(403);
        t.get(&actor(Role::Auxiliary, town.station), &path).await.is(200).says("斯琴格日乐");
        t.post(&town.officer, &reveal, &[("field", "phone"), ("purpose", "")]).await.is(422).says("请选择查看的目的");
        t.post(&town.officer, &reveal, &[("field", "phone"), ("purpose", "statistics")]).await.is(422).says("个人信息保护法");
        t.post(&town.officer, &reveal, &[("field", "phone"), ("purpose", "verify")]).await.is(200).says("10000123456");
        let after = t.get(&town.officer, &path).await.is(200);
        assert!(!after.body.contains("10000123456"), "opened once, not kept on the page");
    }
}

#[tokio::test]
async fn two_editors_are_shown_both_values() {
    for engine in engines() {
        let town = town(engine).await;
        let t = &town.t;
        let path = format!("/people/{}/edit", resident(&town).await);
        t.get(&town.officer, &path).await.is(200).says("name=\"version\" value=\"1\"");
        let save = async |ethnicity: &str, version: &str| {
            let fields = [
                ("name", "斯琴格日乐"),
                ("id_kind", "resident_id"),
                ("sex", "female"),
                ("birth", "1990-03-15"),
                ("kind", "domicile"),
                ("ethnicity", ethnicity),
                ("version", version),
            ];
            t.post(&town.officer, &path, &fields).await
        };
        save("鄂温克族", "1").await.is(303);
        save("达斡尔族", "1").await.is(409).says("您填写的：达斡尔族").says("现在的：鄂温克族").says("name=\"version\" value=\"2\"");
        save("达斡尔族", "2").await.is(303);
        t.post(&town.officer, &path, &[("name", ""), ("id_kind", "none"), ("version", "3")]).await.is(422).says("请填写姓名");
    }
}

#[tokio::test]
async fn homes_holds_and_clearing_by_form() {
    for engine in engines() {
        let town = town(engine).await;
        let t = &town.t;
        let path = format!("/people/{}", resident(&town).await);
        let go = format!("{path}/move");
        t.post(&town.officer, &go, &[("address", "金桂园3号楼2单元201"), ("from", "")]).await.is(422).says("请填写日期");
        t.post(&town.officer, &go, &[("address", "金桂园3号楼2单元201"), ("from", "2026-05-01")]).await.is(303);
        t.get(&town.officer, &path).await.says("2单元201室").says("2026-04-30");
        t.post(&town.officer, &format!("{path}/hold"), &[("reason", "")]).await.is(422).says("请写明理由");
        t.post(&town.officer, &format!("{path}/hold"), &[("reason", "行政诉讼")]).await.is(303);
        t.get(&town.officer, &path).await.says("行政诉讼");
        let admin = actor(Role::SecurityAdmin, StationId::NIL);
        t.get(&town.officer, "/people/retention").await.is(403);
        t.get(&admin, "/people/retention").await.is(200).says("还没有清理过");
        t.post(&admin, "/people/retention", &[]).await.is(200).says("试算结果").says("联系人保存期限");
        t.post(&admin, "/people/retention", &[("confirm", "1")]).await.is(303);
        t.get(&admin, "/people/retention").await.is(200).says("清理</span>");
    }
}
