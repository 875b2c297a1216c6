//! A list of cameras from a workbook: the same rules as the form, refused with words, kept once, no password shown.

use crate::actions::{Job, import, preview};
use crate::mapping::Mapping;
use crate::report::Outcome;
use crate::table::{self, Table};
use kernel::{Actor, Purpose, Reader, Role, StationId};
use testkit::{actor, engines};

const HEAD: [&str; 9] = ["密码", "编号", "名称", "位置", "场所类别", "主码流", "登录名", "管理单位", "分组"];

fn mapping() -> Mapping {
    Mapping::parse(include_str!("../../../../mappings/cameras.toml")).unwrap()
}

fn sheet(rows: &[[&str; 9]]) -> (Vec<u8>, Table) {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (r, row) in std::iter::once(&HEAD).chain(rows).enumerate() {
        for (c, text) in row.iter().enumerate() {
            sheet.write(r as u32, c as u16, *text).unwrap();
        }
    }
    let bytes = book.save_to_buffer().unwrap();
    let table = table::read(&bytes, &mapping()).unwrap();
    (bytes, table)
}

#[tokio::test]
async fn a_list_of_cameras_passes_through_the_door_of_the_form() {
    for engine in engines() {
        let (t, station) = super::station(engine).await;
        let admin = actor(Role::SystemAdmin, StationId::NIL);
        let act = t.app.act(&admin, "video.network", Purpose::Administration, t.app.fresh_command());
        video::actions::add_network(&t.app, &act, station, "10.20.0.0/16", "街面").await.unwrap();
        let good = [
            "geheim-1",
            "zy-1",
            "中央街路口",
            "中央街",
            "路口",
            "rtsp://10.20.1.5/main",
            "viewer",
            "正阳派出所",
            "街面",
        ];
        let rows = [
            good,
            ["geheim-2", "zy-2", "河桥", "桥头", "桥梁", "rtsp://10.21.1.5/main", "viewer", "正阳派出所", "街面"],
            [
                "geheim-3",
                "zy-3",
                "浴池",
                "大厅",
                "公共的浴室、卫生间、更衣室、哺乳室、试衣间的内部",
                "rtsp://10.20.1.6/main",
                "viewer",
                "正阳派出所",
                "别处",
            ],
            ["", "zy-4", "市场", "北口", "道路", "rtsp://10.20.1.7/main", "", "正阳派出所", ""],
        ];
        let (bytes, table) = sheet(&rows);
        let m = mapping();
        let job = Job { actor: &admin, station, mapping: &m, file_name: "摄像机.xlsx" };
        for report in
            [preview(&t.app, &job, &table).await.unwrap(), import(&t.app, &job, &table, &|_| {}).await.unwrap()]
        {
            assert_eq!((report.counts.accepted, report.counts.refused), (2, 2), "{engine}: {:?}", report.rows);
            let why = |n: usize| match &report.rows[n] {
                Outcome::Refused { reasons } => reasons.join(" "),
                other => panic!("{other:?}"),
            };
            assert!(why(1).contains("不在允许的网段"), "{}", why(1));
            assert!(why(2).contains("第八条"), "{}", why(2));
        }
        let look = t.app.look(&Actor::system(), "video.test", Purpose::Administration);
        let read = async || {
            t.app
                .db()
                .read(&look, async |r: &mut Reader| {
                    Ok((video::store::cameras(r, station, false).await?, video::store::groups(r, station).await?))
                })
                .await
                .unwrap()
        };
        let (cameras, groups) = read().await;
        assert_eq!(cameras.iter().map(|w| w.camera.number.as_str()).collect::<Vec<_>>(), ["ZY-1", "ZY-4"]);
        assert!(groups.len() == 1 && groups[0].name == "街面", "a refused row leaves no group behind");
        assert!(
            cameras[0].camera.sign_in_password.as_ref().is_some_and(|s| !String::from_utf8_lossy(s).contains("geheim"))
        );

        // Again: nothing changes; a changed row brings its camera up to date.
        let report = import(&t.app, &job, &table, &|_| {}).await.unwrap();
        assert_eq!((report.counts.accepted, report.counts.known), (0, 2));
        let mut changed = good;
        changed[2] = "中央街东口";
        let (_, table) = sheet(&[changed]);
        assert_eq!(import(&t.app, &job, &table, &|_| {}).await.unwrap().counts.accepted, 1);
        let (cameras, _) = read().await;
        assert!(cameras.len() == 2 && cameras[0].camera.name == "中央街东口");

        // Whoever may import but not maintain cameras is refused; on the page no password comes back.
        let officer = actor(Role::Officer, station);
        let job = Job { actor: &officer, ..job };
        assert_eq!(preview(&t.app, &job, &table).await.unwrap_err().key(), "forbidden");
        let fields = [("mapping", "cameras"), ("do", "preview"), ("station", &station.to_string())];
        let page = t
            .upload(&admin, "/exchange/import", &fields, &[("file", "a.xlsx", &bytes)])
            .await
            .is(200)
            .says("不在允许的网段");
        assert!(!page.body.contains("geheim"), "a password comes back");
        // The same list as text, in either encoding, by the same mapping.
        let csv = std::iter::once(&HEAD).chain(&rows).map(|r| r.join(",")).collect::<Vec<_>>().join("\r\n");
        let gb = encoding_rs::GB18030.encode(&csv).0.into_owned();
        for text in [csv.clone().into_bytes(), gb] {
            let page = t
                .upload(&admin, "/exchange/import", &fields, &[("file", "摄像机.csv", &text)])
                .await
                .is(200)
                .says("不在允许的网段")
                .says("第八条");
            assert!(!page.body.contains("geheim"), "a password comes back");
        }
        let fields = [("mapping", "cameras"), ("do", "import"), ("station", &station.to_string())];
        let more = csv.replace("zy-4,市场", "zy-5,市场").replace("10.20.1.7", "10.20.1.8");
        t.upload(&admin, "/exchange/import", &fields, &[("file", "摄像机.csv", more.as_bytes())]).await.is(200);
        let (cameras, _) = read().await;
        assert_eq!(cameras.iter().map(|w| w.camera.number.as_str()).collect::<Vec<_>>(), ["ZY-1", "ZY-4", "ZY-5"]);
        t.upload(
            &admin,
            "/exchange/import",
            &[("mapping", "cameras"), ("do", "preview")],
            &[("file", "a.xlsx", &bytes)],
        )
        .await
        .is(422)
        .says("还没有选派出所");
    }
}
