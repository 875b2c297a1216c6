//! Over HTTP: 404, 403, 422, 303; what is typed stays, what is secret does not; looks stand in the register.

use super::town::town;
use crate::model::LookKind;
use crate::store;
use kernel::{Reader, Role};
use testkit::{actor, engines};

fn fields<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut all = vec![
        ("number", "zy-1"),
        ("name", "中央街路口"),
        ("place", "中央街"),
        ("place_kind", "road"),
        ("device_kind", "dome"),
        ("keep_days", "30"),
        ("filing_unit", "正阳派出所"),
        ("main_url", "rtsp://127.0.0.1:8554/main"),
        ("main_record", "1"),
        ("main_quota", "100"),
        ("sub_url", ""),
        ("sign_in_name", "viewer"),
        ("sign_in_password", "geheim-4711"),
        ("in_use_day", "2026-05-01"),
        ("version", "1"),
    ];
    for (k, v) in more {
        all.retain(|(x, _)| x != k);
        all.push((k, v));
    }
    all
}

#[tokio::test]
async fn cameras_are_registered_by_their_form_and_nothing_tells_the_password() {
    for engine in engines() {
        let town = town(engine).await;
        let t = &town.t;
        for who in [&town.operator, &town.officer, &town.leader, &town.security] {
            t.get(who, "/video/cameras/new").await.is(403);
            t.post(who, "/video/cameras/new", &fields(&[])).await.is(403);
        }
        let new = format!("/video/cameras/new?station={}", town.station);
        t.get(&town.admin, &new).await.is(200).says("127.0.0.0/8").says("禁止安装");
        for (field, value, says) in [
            ("place_kind", "washing", "第八条"),
            ("place_kind", "nowhere", "请选择场所类别"),
            ("name", "男更衣室", "第八条"),
            ("keep_days", "7", "第十七条"),
            ("main_url", "rtsp://10.9.9.9/main", "不在允许的网段"),
            ("main_url", "rtsp://viewer:geheim-4711@127.0.0.1/main", "不能带用户名和密码"),
            ("lon", "119.7", "成对"),
            ("main_quota", "viel", "整数"),
        ] {
            let answer = t.post(&town.admin, &new, &fields(&[(field, value)])).await.is(422).says(says).says("zy-1");
            assert!(!answer.body.contains("value=\"geheim-4711\""), "{field}: a typed password comes back");
        }
        let id = t.post(&town.admin, &new, &fields(&[])).await.is(303).new_id();
        t.post(&town.admin, &new, &fields(&[])).await.is(422).says("已经有摄像机");
        let page = format!("/video/cameras/{id}");
        t.get(&town.stranger, &page).await.is(404);
        t.get(&town.admin, "/video/cameras/x").await.is(404);
        for who in [Role::GridWorker, Role::Volunteer, Role::WindowClerk] {
            t.get(&actor(who, town.station), &page).await.is(403);
        }
        // Who watches does not learn the address, who maintains sees it, nobody the password.
        let seen = t.get(&town.operator, &page).await.is(200).says("看实时画面").says("未备案");
        assert!(!seen.body.contains("rtsp://"));
        for path in [page.clone(), format!("{page}/edit"), "/video".into()] {
            let body = t.get(&town.admin, &path).await.is(200).body;
            assert!(
                !body.contains("geheim") && (path == "/video" || body.contains("rtsp://127.0.0.1:8554/main")),
                "{path}"
            );
        }
        // An empty password keeps the old one; a stale version is refused.
        let edit = format!("{page}/edit");
        t.post(&town.admin, &edit, &fields(&[("name", "中央街东口"), ("sign_in_password", "")])).await.is(303);
        t.post(&town.admin, &edit, &fields(&[("name", "别的")])).await.is(422).says("刚刚被他人改过").says("别的");
        let w = town.read(async |r: &mut Reader| store::camera(r, id).await).await;
        assert_eq!(crate::actions::sign_in(&t.app, &w.camera).unwrap(), Some(("viewer".into(), "geheim-4711".into())));
        assert!(w.camera.number == "ZY-1" && w.camera.name == "中央街东口");
        t.get(&town.leader, "/").await.is(200);
        assert!(
            t.get(&actor(Role::DutyLeader, town.station), "/").await.is(200).body.contains("备案"),
            "the filing is a task"
        );
        t.post(&town.admin, &format!("{page}/end"), &[("reason", "")]).await.is(422).says("原因");
        t.post(&town.admin, &format!("{page}/end"), &[("reason", "设备拆除")]).await.is(303);
        t.get(&town.operator, &page).await.is(200).says("设备拆除");
        t.get(&town.admin, &edit).await.is(404);
        assert!(!t.get(&town.operator, "/video").await.is(200).body.contains("中央街东口"));
        t.get(&town.operator, "/video?ended=1").await.is(200).says("中央街东口").says("已停用");
    }
}

#[tokio::test]
async fn networks_groups_rights_and_holds() {
    for engine in engines() {
        let town = town(engine).await;
        let t = &town.t;
        let s = town.station.to_string();
        t.get(&town.operator, "/video/setup").await.is(403);
        t.get(&town.admin, "/video/setup").await.is(200).says("127.0.0.0/8");
        t.post(&town.admin, "/video/networks", &[("station", &s), ("network", "0.0.0.0/0"), ("note", "全部")])
            .await
            .is(422)
            .says("太大");
        t.post(&town.admin, "/video/networks", &[("station", &s), ("network", "127.0.0.0/8"), ("note", "重复")])
            .await
            .is(422)
            .says("已经登记");
        t.post(&town.admin, "/video/networks", &[("station", ""), ("network", "10.1.0.0/16"), ("note", "无处")])
            .await
            .is(404);
        t.post(&town.admin, "/video/networks", &[("station", &s), ("network", "10.1.0.0/16"), ("note", "街面")])
            .await
            .is(303);
        t.post(&town.admin, "/video/groups", &[("station", &s), ("name", "街面")]).await.is(303);
        let g = town.read(async |r: &mut Reader| store::groups(r, town.station).await).await[0].id.to_string();
        t.post(&town.admin, "/video/groups", &[("station", &s), ("name", "中央街"), ("parent", &g)]).await.is(303);
        t.post(&town.admin, "/video/groups", &[("station", &s), ("name", "街面")]).await.is(422).says("已有这个名称");
        t.post(&town.admin, &format!("/video/groups/{g}/end"), &[("station", &s)]).await.is(303);
        let rest = town.read(async |r: &mut Reader| store::groups(r, town.station).await).await;
        assert!(rest.len() == 1 && rest[0].parent_id.is_none(), "what hung below hangs at the top");

        let id = town.register("A1", "rtsp://127.0.0.1:9/a", "").await;
        let page = format!("/video/cameras/{id}");
        let rights = format!("{page}/rights");
        t.post(&town.admin, &rights, &[("version", "1")]).await.is(403);
        t.post(&town.security, &rights, &[("version", "1"), ("restricted", "1")]).await.is(422).says("一个角色能用");
        t.post(&town.security, &rights, &[("version", "1"), ("restricted", "1"), ("right", "station_leader.live")])
            .await
            .is(303);
        t.post(&town.security, &rights, &[("version", "1"), ("restricted", "")]).await.is(422).says("刚刚被他人改过");
        t.get(&town.security, &page).await.is(200).says("限定角色");

        let (from, until) = ("2026-05-08T08:00", "2026-05-08T09:00");
        let camera = id.to_string();
        t.post(&town.officer, "/video/holds", &[("camera", &camera)]).await.is(403);
        t.post(
            &town.leader,
            "/video/holds",
            &[("camera", &camera), ("from", until), ("until", from), ("reason", "打架案件证据")],
        )
        .await
        .is(422)
        .says("晚于开始");
        t.post(
            &town.stranger,
            "/video/holds",
            &[("camera", &camera), ("from", from), ("until", until), ("reason", "打架案件证据")],
        )
        .await
        .is(404);
        t.post(
            &town.leader,
            "/video/holds",
            &[("camera", &camera), ("from", from), ("until", until), ("reason", "打架案件证据")],
        )
        .await
        .is(303);
        t.get(&town.officer, "/video/holds").await.is(200).says("打架案件证据").says("保全中");
        let h = town.read(async |r: &mut Reader| store::all_holds(r).await).await[0].id;
        t.post(&town.leader, &format!("/video/holds/{h}/release"), &[("reason", "")]).await.is(422).says("解除");
        t.post(&town.stranger, &format!("/video/holds/{h}/release"), &[("reason", "案件已经审结")]).await.is(404);
        t.post(&town.leader, &format!("/video/holds/{h}/release"), &[("reason", "案件已经审结")]).await.is(303);
        t.get(&town.officer, "/video/holds").await.is(200).says("已解除：案件已经审结");
    }
}

#[tokio::test]
async fn a_watch_asks_for_the_purpose_once_and_the_register_tells_it() {
    for engine in engines() {
        let town = town(engine).await;
        let t = &town.t;
        let open = town.register("A1", "rtsp://127.0.0.1:9/a", "rtsp://127.0.0.1:9/b").await;
        let closed = town.register("A2", "rtsp://127.0.0.1:9/c", "").await;
        t.post(
            &town.security,
            &format!("/video/cameras/{closed}/rights"),
            &[("version", "1"), ("restricted", "1"), ("right", "station_leader.live")],
        )
        .await
        .is(303);
        t.get(&town.admin, "/video/wall").await.is(403);
        t.get(&town.operator, "/video/wall").await.is(200).says("调阅目的").says("第十六条");
        t.post(&town.operator, "/video/watch", &[("purpose", ""), ("reason", "")]).await.is(422).says("请选择调阅目的");
        t.post(&town.operator, "/video/watch", &[("purpose", "incident"), ("incident", "")])
            .await
            .is(422)
            .says("警情编号");
        t.post(&town.operator, "/video/watch", &[("purpose", "incident"), ("incident", "正阳警〔2026〕9号")])
            .await
            .is(422)
            .says("没有编号为");
        t.post(&town.operator, "/video/watch", &[("purpose", "case"), ("reason", "查")]).await.is(422).says("事由");
        // A mother who has lost her child: who she is, how she is related and who allowed it stand in the register.
        let visit = [("purpose", "visitor"), ("reason", "寻找走失的孩子"), ("visitor_name", "其木格"), ("visitor_about", "孩子在中央街走失")];
        t.post(&town.operator, "/video/watch", &visit).await.is(422).says("第二十一条").says("请先核对身份").says("其木格");
        let whole: Vec<(&str, &str)> = visit
            .into_iter()
            .chain([("visitor_relation", "guardian"), ("visitor_allowed_by", "韩雪峰"), ("visitor_checked", "1"), ("visitor_told", "1")])
            .collect();
        let seen = t.post(&town.operator, "/video/watch", &whole).await.is(303);
        // Who asks to see may see: nothing is taken out of such a watch.
        let visit = seen.location().split("watch=").nth(1).unwrap()[..36].to_string();
        let wall = t.get(&town.operator, seen.location()).await.is(200);
        assert!(!wall.body.contains("data-do=\"snapshot\""));
        let keep = format!("/video/watch/{visit}/snapshot");
        t.post(&town.operator, &keep, &[("camera", &open.to_string())]).await.is(422).says("只能当场查看").says("第二十一条");
        t.get(&town.leader, "/video/report").await.is(200).says("群众申请查阅").says("其木格").says("监护人").says("韩雪峰");
        let to = t
            .post(&town.operator, "/video/watch", &[("purpose", "search"), ("reason", "寻找走失老人"), ("size", "4")])
            .await
            .is(303);
        let path = to.location().to_string();
        assert!(path.starts_with("/video/wall?watch=") && path.ends_with("size=4"), "{path}");
        let page = t.get(&town.operator, &path).await.is(200).says("寻人寻物 · 寻找走失老人").says("路口A1");
        assert!(
            !page.body.contains("路口A2") && !page.body.contains("rtsp://"),
            "a camera that is not open to the role"
        );
        let watch = path.split("watch=").nth(1).unwrap()[..36].to_string();
        t.get(&town.officer, &format!("/video/wall?watch={watch}")).await.is(404);
        // A socket only from a page of this host, and only by upgrading.
        t.get(&town.operator, &format!("/video/live?watch={watch}")).await.is(403).says("只能从本系统的页面打开");
        let snapshot = format!("/video/watch/{watch}/snapshot");
        t.post(&town.operator, &snapshot, &[("camera", &closed.to_string())]).await.is(403).says("没有向");
        t.post(&town.officer, &snapshot, &[("camera", &open.to_string())]).await.is(404);
        t.post(&town.operator, &snapshot, &[("camera", "")]).await.is(422);
        t.post(&town.operator, &snapshot, &[("camera", &open.to_string())]).await.is(204);
        let looks =
            town.read(async |r: &mut Reader| store::looks(r, town.station, &store::LookQuery::default()).await).await;
        assert_eq!(looks.len(), 1);
        let l = &looks[0];
        assert!(
            l.kind == LookKind::Snapshot
                && l.exported
                && l.camera_id == open
                && l.unit == "测试派出所"
                && l.user_name == "测试指挥室值班员",
            "{l:?}"
        );
        assert_eq!(l.reason, "寻找走失老人");
        t.post(&town.operator, &format!("/video/watch/{watch}/end"), &[]).await.is(303);
        t.post(&town.operator, &snapshot, &[("camera", &open.to_string())]).await.is(422).says("已经结束");
        t.get(&town.operator, &path).await.is(422).says("请重新填写");
    }
}
