//! Over HTTP: 404, 403, 422, 303, and what the pages say.

use super::town::town;
use kernel::{Role, Uuid};
use testkit::{actor, engines};

#[tokio::test]
async fn who_sees_and_does_what() {
    for engine in engines() {
        let town = town(engine).await;
        let t = &town.t;
        let made = town.book(town.wish(0, "2026-05-08", "19:30", 1)).await.unwrap();
        let path = format!("/windows/bookings/{}", made.id);
        // A stranger's booking does not exist, a broken id neither.
        t.get(&town.stranger, &path).await.is(404);
        t.get(&town.clerk, "/windows/bookings/x").await.is(404);
        t.get(&town.stranger, &format!("/windows/services/{}/notice", town.services[0])).await.is(404);
        t.get(&town.leader, &format!("/windows/setup/{}", Uuid::from_u128(9))).await.is(404);
        for role in [Role::GridWorker, Role::Volunteer, Role::SystemAdmin, Role::AuditAdmin] {
            t.get(&actor(role, town.station), "/windows/bookings").await.is(403);
        }
        for page in ["/windows/setup", "/windows/services/new"] {
            t.get(&town.clerk, page).await.is(403);
        }
        let auxiliary = actor(Role::Auxiliary, town.station);
        t.get(&auxiliary, &path).await.is(403);
        // Who may not handle bookings sees no names.
        let seen = t.get(&auxiliary, "/windows/bookings").await.is(200).says("19:30");
        assert!(!seen.body.contains("其木格"));
        t.get(&town.clerk, "/windows/bookings").await.is(200).says("其木格").says("居住证申领").says("代群众预约");
        t.get(&town.clerk, "/windows/bookings/live").await.is(200).says("19:30");
        t.get(&town.clerk, &path).await.is(200).says("*******0001").says("取消预约");
        t.post(&town.clerk, &format!("{path}/cancel"), &[("why", "")]).await.is(422).says("请写明原因");
        t.post(&town.clerk, &format!("{path}/cancel"), &[("why", "本人来电")]).await.is(303);
        t.post(&town.clerk, &format!("{path}/cancel"), &[("why", "本人来电")]).await.is(422).says("现在是“已取消”");

        // Hours, closures.
        t.get(&town.clerk, "/windows/hours").await.is(200).says("09:00-12:00、14:00-20:00").says("调休上班").says("延时").says("错时");
        t.post(&town.clerk, "/windows/hours/close", &[("day", "2026-05-12")]).await.is(403);
        t.post(&town.leader, "/windows/hours/close", &[("day", "2026-05-01"), ("reason", "停电")]).await.is(422).says("从今天起").says("停电");
        t.post(&town.leader, "/windows/hours/close", &[("day", "2026-05-12"), ("from", "12点"), ("reason", "停电")]).await.is(422).says("09:30");
        t.post(&town.leader, "/windows/hours/close", &[("day", "2026-05-12"), ("reason", "停电检修")]).await.is(303);
        t.get(&town.clerk, "/windows/hours").await.is(200).says("停办：停电检修");

        // Services and papers.
        t.get(&town.clerk, "/windows/services").await.is(200).says("受理之日起 15 日内").says("居住地住址、就业、就读");
        t.get(&town.leader, "/windows/services/new").await.is(200).says("非正常死亡证明").says("待核实");
        t.get(&town.leader, "/windows/services/new?kind=cert_kinship").await.is(200).says("本人居民身份证等法定有效证件");
        let fields = |name: &'static str, more: (&'static str, &'static str)| vec![("kind", "id_card"), ("name", name), ("minutes", "15"), ("letter", "D"), ("position", "9"), ("papers", "居民户口簿 ｜ 居民身份证法第十条"), more];
        t.post(&town.leader, "/windows/services/new", &fields("居住证申领", ("note", ""))).await.is(422).says("同名");
        t.post(&town.leader, "/windows/services/new", &fields("身份证首次申领", ("at_door", "1"))).await.is(422).says("指纹").says("居民身份证法第三条");
        t.post(&town.leader, "/windows/services/new", &fields("身份证首次申领", ("bookable", "1"))).await.is(303);
        let service = format!("/windows/services/{}", town.services[0]);
        t.get(&town.leader, &service).await.is(200).says("居住证暂行条例第二条");
        super::cases::printed_again(&town, &format!("{service}/notice")).await;
        // Two people at one form: the second is told.
        let edit = [("name", "居住证申领"), ("minutes", "25"), ("letter", "A"), ("position", "1"), ("papers", "本人居民身份证"), ("bookable", "1"), ("version", "1")];
        t.post(&town.leader, &service, &edit).await.is(303);
        t.post(&town.leader, &service, &edit).await.is(422).says("刚刚被他人改过");

        // The catalogue.
        t.get(&town.clerk, "/windows/catalogue").await.is(200).says("无犯罪").says("待导入").says("民政部门");
        let one = t.get(&town.clerk, "/windows/catalogue?q=%E5%A9%9A%E5%A7%BB%E7%8A%B6%E5%86%B5").await.is(200).says("婚姻登记机关");
        assert!(!one.body.contains("户籍所在地住址证明"));

        // Windows.
        t.get(&town.leader, "/windows/setup").await.is(200).says("1 号窗口").says("周末 09:00-12:00");
        t.post(&town.leader, "/windows/setup/new", &[("name", "1 号窗口"), ("position", "3")]).await.is(422).says("同名");
        let id = t.post(&town.leader, "/windows/setup/new", &[("name", "3 号窗口"), ("position", "3")]).await.is(303).new_id();
        let hours = format!("/windows/setup/{id}/hours");
        t.post(&town.leader, &hours, &[("from_day", "2026-05-08"), ("work", "九点到五点"), ("why", "开办")]).await.is(422).says("九点到五点").says("没有读懂");
        t.post(&town.leader, &hours, &[("from_day", "2026-05-01"), ("work", "09:00-17:00"), ("why", "开办")]).await.is(422).says("过去的不改");
        t.post(&town.leader, &hours, &[("from_day", "2026-05-08"), ("work", "09:00-17:00"), ("why", "开办")]).await.is(303);
        t.post(&town.leader, &format!("/windows/setup/{id}/end"), &[]).await.is(303);
        t.get(&town.leader, &format!("/windows/setup/{id}")).await.is(404);

        // For a caller: the code is shown once.
        let service = town.services[1].to_string();
        t.get(&town.clerk, &format!("/windows/bookings/new?service={service}")).await.is(200).says("optgroup").says("上门");
        let caller = |slot: &'static str| [("service", service.clone()), ("channel", "window".into()), ("slot", slot.into()), ("reporter_name", "乌兰".into()), ("reporter_phone", "10000001234".into())];
        let post = async |slot: &'static str| {
            let fields = caller(slot);
            let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
            t.post(&town.clerk, "/windows/bookings/new", &fields).await
        };
        post("").await.is(422).says("请选择一个时间").says("乌兰");
        post("2026-05-12 600").await.is(422).says("窗口不开放（停电检修）").says("接下来可以预约的时间");
        post("2026-05-11 600").await.is(200).says("查询码");
    }
}

#[tokio::test]
async fn links_of_screens_are_made_once_and_ended_by_those_who_serve() {
    for engine in engines() {
        let town = town(engine).await;
        let t = &town.t;
        let path = "/windows/displays";
        for role in [Role::Auxiliary, Role::Operator, Role::GridWorker, Role::Volunteer, Role::SystemAdmin, Role::AuditAdmin] {
            t.get(&actor(role, town.station), path).await.is(403);
            t.post(&actor(role, town.station), path, &[("name", "大厅正面")]).await.is(403);
        }
        t.post(&town.clerk, path, &[("name", "")]).await.is(422).says("请写明屏幕在哪里");
        let command = t.app.fresh_command().to_string();
        let fields = [("name", "大厅正面"), ("command_id", command.as_str())];
        let code = |page: &testkit::Answered| page.body.split("/p/hall/").nth(1).unwrap().split('<').next().unwrap().to_string();
        let first = code(&t.post(&town.leader, path, &fields).await.is(200).says("只显示这一次"));
        // Twenty letters of five bits each; a double click gives the same link, once.
        assert_eq!(first.len(), 20);
        assert_eq!(code(&t.post(&town.leader, path, &fields).await.is(200)), first, "{engine}");
        let list = t.get(&town.clerk, path).await.is(200).says("大厅正面").says("所长");
        assert!(!list.body.contains(&first) && list.body.matches("/end\"").count() == 1, "{}", list.body);
        let station = town.station;
        let kept = town.read(async |r: &mut kernel::Reader| r.rows(kernel::sql!("select hash from windows_display"), kernel::args![]).await?[0].get::<Vec<u8>>("hash")).await;
        assert_eq!(kept, t.app.vault().token_hash(&first).to_vec());
        let screen = town.read(async |r: &mut kernel::Reader| crate::store::screens(r, station).await).await.remove(0);
        let end = format!("{path}/{}/end", screen.id);
        t.post(&town.stranger, &end, &[]).await.is(404);
        t.post(&actor(Role::Auxiliary, town.station), &end, &[]).await.is(403);
        t.post(&town.clerk, &end, &[]).await.is(303);
        t.post(&town.clerk, &end, &[]).await.is(404);
        // The same form once more: the link is there no more, and is not shown as new.
        let again = t.post(&town.leader, path, &fields).await.is(422).says("“大厅正面”这个大屏链接已经停用").says("请再开一个链接");
        assert!(!again.body.contains(&first), "{engine}");
        for n in 0..20 {
            t.post(&town.clerk, path, &[("name", &format!("屏幕 {n}"))]).await.is(200);
        }
        t.post(&town.clerk, path, &[("name", "再一块")]).await.is(422).says("已有 20 个").says("再一块");
    }
}
