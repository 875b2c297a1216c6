//! No stream stands in the register twice; a change of what was filed is a task.

use super::town::{form, town};
use crate::actions as act;
use kernel::{Error, Role};
use testkit::{actor, engines};

#[tokio::test]
async fn one_address_is_one_camera() {
    for engine in engines() {
        let town = town(engine).await;
        let app = &town.t.app;
        let one = town.register("A1", "rtsp://127.0.0.1:9/a", "rtsp://127.0.0.1:9/b").await;
        let put = async |number: &str, main: &str, sub: &str| {
            let act = town.act(&town.admin, "video.register");
            act::register(app, &act, town.station, form(number, main, sub)).await
        };
        let fields = |e: Error| match e {
            Error::Invalid(e) => e.0,
            e => panic!("{e}"),
        };
        for (main, sub, field, says) in [
            ("rtsp://127.0.0.1:9/a", "", "main_url", "“路口A1”（A1）的主码流"),
            ("rtsp://127.0.0.1:9/b", "", "main_url", "“路口A1”（A1）的子码流"),
            ("rtsp://127.0.0.1:9/c", "rtsp://127.0.0.1:9/a", "sub_url", "“路口A1”（A1）的主码流"),
        ] {
            let wrong = fields(put("A2", main, sub).await.unwrap_err());
            assert!(wrong.len() == 1 && wrong[0].0 == field && wrong[0].1.contains(says), "{engine}: {wrong:?}");
        }
        let two = put("A2", "rtsp://127.0.0.1:9/a?channel=2", "").await.unwrap();
        // A camera keeps its own addresses; those of one that is out of use are free.
        let edit = async |id, version, f| act::edit(app, &town.act(&town.admin, "video.edit"), id, version, f).await;
        edit(one, 1, form("A1", "rtsp://127.0.0.1:9/a", "rtsp://127.0.0.1:9/b")).await.unwrap();
        fields(edit(two, 1, form("A2", "rtsp://127.0.0.1:9/b", "")).await.unwrap_err());
        act::end(app, &town.act(&town.admin, "video.end"), one, "设备拆除").await.unwrap();
        edit(two, 1, form("A2", "rtsp://127.0.0.1:9/b", "")).await.unwrap();
    }
}

#[tokio::test]
async fn a_change_of_what_was_filed_is_filed_too() {
    for engine in engines() {
        let town = town(engine).await;
        let (t, app) = (&town.t, &town.t.app);
        let duty = actor(Role::DutyLeader, town.station);
        let filed = || {
            let mut f = form("A1", "rtsp://127.0.0.1:9/a", "");
            (f.in_use_day, f.filing_day, f.filing_number) = (Some(app.today()), Some(app.today()), "备〔2026〕7号".into());
            f
        };
        let act = town.act(&town.admin, "video.register");
        let id = act::register(app, &act, town.station, filed()).await.unwrap();
        let home = async || t.get(&duty, "/").await.is(200).body;
        assert!(!home().await.contains("备案"), "it is filed");
        let edit = async |version, f| act::edit(app, &town.act(&town.admin, "video.edit"), id, version, f).await.unwrap();
        // What was not filed may change.
        let mut f = filed();
        (f.name, f.direction) = ("中央街路口".into(), Some(90));
        edit(1, f).await;
        assert!(!home().await.contains("备案"));
        let mut f = filed();
        (f.place, f.keep_days) = ("胜利街路口".into(), 60);
        edit(2, f.clone()).await;
        let body = home().await;
        assert!(body.contains("的安装位置、存储期限变了，请变更备案"), "{engine}");
        // Filed anew: the task is done.
        f.filing_number = "备〔2026〕9号".into();
        edit(3, f).await;
        assert!(!home().await.contains("变更备案"));
    }
}

#[tokio::test]
async fn a_filed_camera_that_is_taken_away_is_filed_as_gone() {
    for engine in engines() {
        let town = town(engine).await;
        let (t, app) = (&town.t, &town.t.app);
        let duty = actor(Role::DutyLeader, town.station);
        let register = async |number: &str, filed: bool| {
            let mut f = form(number, &format!("rtsp://127.0.0.1:9/{number}"), "");
            f.in_use_day = Some(app.today());
            if filed {
                (f.filing_day, f.filing_number) = (Some(app.today()), "备〔2026〕7号".into());
            }
            act::register(app, &town.act(&town.admin, "video.register"), town.station, f).await.unwrap()
        };
        let (filed, unfiled) = (register("A1", true).await, register("A2", false).await);
        let home = async || t.get(&duty, "/").await.is(200).body;
        let end = async |id: kernel::Uuid| t.post(&town.admin, &format!("/video/cameras/{id}/end"), &[("reason", "路口改造，设备拆除")]).await.is(303);
        assert!(home().await.contains("路口A2”投入使用后"));
        end(unfiled).await;
        assert!(!home().await.contains("备案"), "what was never filed owes no change");
        let path = format!("/video/cameras/{filed}/end-filed");
        let today = app.today().to_string();
        t.post(&town.admin, &path, &[("day", &today)]).await.is(404);
        end(filed).await;
        assert!(home().await.contains("路口A1”停用（撤除）了，请变更备案"), "{engine}");
        t.get(&duty, &format!("/video/cameras/{filed}")).await.is(200).says("办好以后由系统管理员在这里登记日期");
        t.get(&town.admin, &format!("/video/cameras/{filed}")).await.is(200).says("登记已变更备案");
        // 404, 403, 422, 303; and once.
        t.post(&town.admin, &format!("/video/cameras/{}/end-filed", kernel::Uuid::from_u128(9)), &[("day", &today)]).await.is(404);
        t.post(&duty, &path, &[("day", &today)]).await.is(403);
        t.post(&town.admin, &path, &[("day", "")]).await.is(422).says("请填写变更备案的日期");
        let day = |n: i64| app.today().saturating_add(kernel::ToSpan::days(n)).to_string();
        t.post(&town.admin, &path, &[("day", &day(1))]).await.is(422).says("不晚于今天");
        t.post(&town.admin, &path, &[("day", &day(-1))]).await.is(422).says("在停用那天");
        assert!(home().await.contains("变更备案"));
        t.post(&town.admin, &path, &[("day", &today)]).await.is(303);
        assert!(!home().await.contains("变更备案"));
        t.get(&town.admin, &format!("/video/cameras/{filed}")).await.is(200).says(&format!("{today} 变更了备案"));
        t.post(&town.admin, &path, &[("day", &today)]).await.is(404);
    }
}
