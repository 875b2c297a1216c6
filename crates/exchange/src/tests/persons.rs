//! A register of people from a workbook: taken, refused with words, kept once, brought up to date.

use super::station;
use crate::actions::{Job, import, preview};
use crate::mapping::Mapping;
use crate::report::{Outcome, Report};
use crate::table::{self, Table};
use kernel::{Actor, Purpose, Reader, StationId};
use people::store::Query;
use testkit::{TestApp, engines};

const HEAD: [&str; 9] = ["名字", "性别", "身份证号", "手机", "小区", "楼栋", "单元", "房号", "人口类别"];

/// An invented number with the right check character (GB 11643).
fn number(day: &str, n: u32) -> String {
    let body = format!("150799{day}{n:03}");
    let sum: u32 =
        body.chars().zip([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]).map(|(c, w)| c.to_digit(10).unwrap() * w).sum();
    format!("{body}{}", "10X98765432".chars().nth((sum % 11) as usize).unwrap())
}

fn book(rows: &[[&str; 9]]) -> Table {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (r, row) in std::iter::once(&HEAD).chain(rows).enumerate() {
        for (c, text) in row.iter().enumerate() {
            sheet.write(r as u32, c as u16, *text).unwrap();
        }
    }
    table::read(&book.save_to_buffer().unwrap(), &mapping()).unwrap()
}

fn mapping() -> Mapping {
    Mapping::parse(include_str!("../../../../mappings/people_register.toml")).unwrap()
}

async fn run(t: &TestApp, station: StationId, table: &Table) -> (Report, Report) {
    let actor = Actor::local("test");
    let m = mapping();
    let job = Job { actor: &actor, station, mapping: &m, file_name: "住户.xlsx" };
    let before = preview(&t.app, &job, table).await.unwrap();
    let after = import(&t.app, &job, table, &|_| {}).await.unwrap();
    (before, after)
}

async fn names(t: &TestApp, station: StationId) -> Vec<(String, String)> {
    let look = t.app.look(&Actor::local("test"), "test.people", Purpose::Administration).in_station(station);
    let mut out: Vec<(String, String)> = t
        .app
        .db()
        .read(&look, async |r: &mut Reader| people::store::register(r, &Query::default()).await)
        .await
        .unwrap()
        .0
        .into_iter()
        .map(|p| (p.name, p.phone_masked))
        .collect();
    out.sort();
    out
}

#[tokio::test]
async fn a_register_of_people_is_taken_once_and_brought_up_to_date() {
    for engine in engines() {
        let (t, id) = station(engine).await;
        let (a, b) = (number("19880808", 13), number("20010203", 24));
        let mut rows = vec![
            ["那顺", "男", &a, "13800003333", "金桂园", "3号楼", "2单元", "302室", "暂住"],
            ["阿丽娅·古丽", "女", &b, "", "金桂园", "３", "1", "101", "常住"],
            ["其木格", "女", "", "", "木兰里", "1", "", "5", ""],
            ["王五", "男", "150799198808080000", "", "金桂园", "3", "1", "102", "常住"],
            ["赵六", "男", "1.50799E+17", "", "金桂园", "3", "1", "103", "常住"],
            ["", "男", "", "", "金桂园", "3", "1", "103", "常住"],
            ["合计", "", "", "", "", "", "", "", ""],
        ];
        let (before, after) = run(&t, id, &book(&rows)).await;
        assert_eq!(before, after, "{engine}: the preview says what the import does");
        assert_eq!((after.counts.accepted, after.counts.refused, after.counts.skipped), (3, 3, 1), "{engine}: {after:?}");
        let Outcome::Refused { reasons } = &after.rows[3] else { panic!("{:?}", after.rows[3]) };
        assert!(reasons[0].contains("校验"), "{reasons:?}");
        assert_eq!(after.rows[4], Outcome::Refused { reasons: vec!["number.lost_digits".into()] });
        assert_eq!(after.rows[5], Outcome::Refused { reasons: vec!["name.missing".into()] });
        let errors = after.error_file(&book(&rows));
        assert!(errors.contains("后几位已经丢失") && !errors.contains("那顺"), "{errors}");

        let (_, again) = run(&t, id, &book(&rows)).await;
        assert_eq!((again.counts.accepted, again.counts.known), (0, 3), "{engine}: nothing twice");

        rows[0][3] = "13900004444";
        let (before, changed) = run(&t, id, &book(&rows)).await;
        assert_eq!((before.counts.accepted, changed.counts.accepted, changed.counts.known), (1, 1, 2), "{engine}");
        let all = names(&t, id).await;
        assert_eq!(all.len(), 3, "{engine}: {all:?}");
        assert!(all.iter().any(|(n, phone)| n == "那顺" && phone.ends_with("4444")), "{all:?}");
    }
}

#[tokio::test]
async fn the_invented_register_says_of_every_bad_row_why() {
    let bytes = std::fs::read(format!("{}/testdata/invented_people.xlsx", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let table = table::read(&bytes, &mapping()).unwrap();
    for engine in engines() {
        let (t, id) = station(engine).await;
        t.app.clock().set("2026-06-01T00:00:00Z".parse().unwrap());
        let (before, after) = run(&t, id, &table).await;
        assert_eq!(before.rows.len(), after.rows.len());
        let c = &after.counts;
        assert_eq!((c.rows, c.accepted, c.known, c.refused, c.skipped), (26, 12, 1, 11, 2), "{engine}: {:?}", after.reasons());
        let reasons: Vec<String> = after.reasons().into_iter().map(|(k, _)| k).collect();
        for why in ["校验位", "name.missing", "外星", "不详", "学生证", "19700231", "14 位", "2026-02-30", "“=”"] {
            assert!(reasons.iter().any(|r| r.contains(why)), "{engine}: {why} is not in {reasons:?}");
        }
        let (_, again) = run(&t, id, &table).await;
        // One person stands twice in the file, with an old and a new telephone: both rows are read again, in their order.
        assert_eq!((again.counts.accepted, again.counts.known), (2, 11), "{engine}");
    }
}
