//! The invented file with every defect, on both engines; broken files; the real file where it is.

mod arrivals;
mod asked;
mod cameras;
mod exports;
mod pages;
mod persons;

use crate::actions::{Job, import, preview};
use crate::mapping::Mapping;
use crate::report::{Outcome, Report};
use crate::table::{self, Table};
use kernel::{Actor, Purpose, Reader, StationId, clock};
use proptest::prelude::*;
use serde::Deserialize;
use testkit::{TestApp, engines};

const MAPPING: &str = include_str!("../../../mappings/citizen_messages.toml");

fn mapping() -> Mapping {
    Mapping::parse(MAPPING).unwrap()
}

fn data(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/testdata/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[derive(Deserialize)]
struct Expected {
    totals: Totals,
    row: Vec<Row>,
    group: Vec<Group>,
}
#[derive(Deserialize)]
struct Totals {
    rows: usize,
    accepted: usize,
    refused: usize,
    same_as: usize,
    skipped: usize,
}
#[derive(Deserialize)]
struct Row {
    row: usize,
    outcome: String,
    reason: Option<String>,
    time: Option<String>,
    title: Option<String>,
}
#[derive(Deserialize)]
struct Group {
    rows: Vec<usize>,
}

async fn station(engine: &str) -> (TestApp, StationId) {
    with(engine, vec![
        identity::domain(),
        attachments::domain(),
        places::domain(),
        people::domain(),
        notices::domain(),
        incidents::domain(),
        video::domain(),
        crate::domain(),
    ])
    .await
}

async fn with(engine: &str, domains: Vec<web::Domain>) -> (TestApp, StationId) {
    let t = TestApp::new(engine, rulebook::shipped().unwrap(), domains).await;
    let admin = Actor::local("test");
    let a = || t.app.act(&admin, "test.build", Purpose::Administration, t.app.fresh_command());
    use places::model::{NewStation, NewSubBureau};
    let sub = NewSubBureau { code: "FJ".into(), name: "海拉尔区分局".into(), region: "150702".into() };
    let sub = places::actions::add_sub_bureau(&t.app, &a(), sub).await.unwrap();
    let new = NewStation { sub_bureau: sub, code: "ZY".into(), name: "正阳派出所".into(), region: "150702".into(), address: String::new() };
    let id = places::actions::add_station(&t.app, &a(), new).await.unwrap();
    (t, id)
}

async fn run(t: &TestApp, station: StationId, table: &Table) -> Report {
    let actor = Actor::local("test");
    let m = mapping();
    let job = Job { actor: &actor, station, mapping: &m, file_name: "test.csv" };
    let before = preview(&t.app, &job, table).await.unwrap();
    let report = import(&t.app, &job, table, &|_| {}).await.unwrap();
    assert_eq!(before.rows, report.rows, "the preview and the import agree");
    report
}

#[tokio::test]
async fn the_invented_file_goes_in_row_by_row_as_expected_and_only_once() {
    let expected: Expected = toml::from_str(&String::from_utf8(data("invented_300.expected.toml")).unwrap()).unwrap();
    let table = table::read(&data("invented_300.csv"), &mapping()).unwrap();
    for engine in engines() {
        let (t, id) = station(engine).await;
        t.app.clock().set("2026-06-01T00:00:00Z".parse().unwrap());
        let report = run(&t, id, &table).await;
        for (i, outcome) in report.rows.iter().enumerate() {
            let want = expected.row.iter().find(|r| r.row == i + 1);
            let good = match (outcome, want.map_or("accepted", |w| w.outcome.as_str())) {
                (Outcome::Accepted { .. }, "accepted") | (Outcome::Known, "same_as") | (Outcome::Skipped, "skipped") => true,
                (Outcome::Refused { reasons }, "refused") => reasons.first() == want.and_then(|w| w.reason.as_ref()),
                _ => false,
            };
            assert!(good, "row {}: {outcome:?}, expected {:?}", i + 1, want.map(|w| (&w.outcome, &w.reason)));
        }
        let c = report.counts;
        let e = &expected.totals;
        assert_eq!((c.rows, c.accepted, c.refused, c.known, c.skipped), (e.rows, e.accepted, e.refused, e.same_as, e.skipped));
        let again = run(&t, id, &table).await;
        assert_eq!((again.counts.accepted, again.counts.known), (0, e.accepted + e.same_as));
        let text = report.error_file(&table);
        assert_eq!(text.matches("\r\n").count(), e.refused + 1);
        clusters(&t, id, &table, &expected.group).await;
    }
}

/// Repeats of one matter stand together: most of each group share a cluster.
async fn clusters(t: &TestApp, station: StationId, table: &Table, groups: &[Group]) {
    let actor = Actor::local("test");
    let look = t.app.look(&actor, "test.see", Purpose::Exchange);
    for g in groups {
        let keys: Vec<String> = g.rows.iter().map(|r| table.records[r - 1].1[0].clone()).collect();
        let mut found = vec![];
        for key in &keys {
            let id = t
                .app
                .db()
                .read(&look, async |r: &mut Reader| {
                    let id = incidents::store::by_external(r, station, "citizen_messages", key).await?.unwrap();
                    Ok(incidents::store::find(r, id).await?.unwrap().cluster_id)
                })
                .await
                .unwrap();
            found.push(id);
        }
        let most = found.iter().map(|c| found.iter().filter(|x| x == &c).count()).max().unwrap();
        assert!(most * 2 >= found.len(), "{keys:?} share no cluster: {found:?}");
    }
}

#[test]
fn values_are_cleaned_as_the_expected_file_says() {
    let expected: Expected = toml::from_str(&String::from_utf8(data("invented_300.expected.toml")).unwrap()).unwrap();
    let m = mapping();
    let table = table::read(&data("invented_300.csv"), &m).unwrap();
    let now = "2026-06-01T00:00:00Z".parse().unwrap();
    for w in &expected.row {
        let verdict = crate::judge::judge(&m, &table.header, &table.records[w.row - 1].1, now);
        if let crate::judge::Verdict::Accepted(row) = verdict {
            if let Some(time) = &w.time {
                assert!(time.replace('T', " ").starts_with(&clock::show(row.reported_at)), "row {}: {time} {}", w.row, clock::show(row.reported_at));
            }
            if let Some(title) = &w.title {
                assert_eq!(&row.title, title, "row {}", w.row);
            }
        }
    }
}

#[test]
fn broken_files_are_refused_whole_with_the_place() {
    let m = mapping();
    for (file, key) in [
        ("invented_unclosed_quote.csv", "file.unclosed_quote"),
        ("invented_bad_utf8.csv", "file.encoding"),
        ("invented_missing_column.csv", "columns.missing"),
    ] {
        let e = table::read(&data(file), &m).unwrap_err();
        assert_eq!(e.key(), key, "{file}: {e}");
    }
    let gb = table::read(&data("invented_300_gb18030.csv"), &m).unwrap();
    let utf8 = table::read(&data("invented_300.csv"), &m).unwrap();
    assert_eq!(gb.records.len(), 50);
    for (a, b) in gb.records.iter().zip(&utf8.records) {
        let norm = |r: &Vec<String>| r.iter().map(|c| crate::value::clean(c)).collect::<Vec<_>>();
        assert_eq!(norm(&a.1), norm(&b.1));
    }
}

#[test]
fn a_workbook_goes_the_same_way() {
    // The same mapping as for CSV: what the file is shows in its first bytes.
    let m = mapping();
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (c, h) in ["id", "time", "title", "body", "up", "down"].iter().enumerate() {
        sheet.write(0, c as u16, *h).unwrap();
    }
    sheet.write(1, 0, 7_001).unwrap();
    sheet.write(1, 1, 45_000.5).unwrap();
    sheet.write(1, 2, "楼上噪音").unwrap();
    sheet.write(1, 3, "每晚拖椅子").unwrap();
    let table = table::read(&book.save_to_buffer().unwrap(), &m).unwrap();
    let now = "2026-06-01T00:00:00Z".parse().unwrap();
    let crate::judge::Verdict::Accepted(row) = crate::judge::judge(&m, &table.header, &table.records[0].1, now) else {
        panic!("{:?}", table.records)
    };
    assert_eq!((row.key.as_str(), clock::show(row.reported_at).as_str()), ("7001", "2023-03-15 12:00"));
    assert_eq!(table::read(b"PK\x03\x04 not a workbook", &m).unwrap_err().key(), "file.xlsx");
    // One cell in the last corner is a small file; as a full sheet it would be sixteen thousand million cells.
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_string(0, 0, "编号").unwrap();
    sheet.write_string(1_048_575, 16_383, "远").unwrap();
    assert_eq!(table::read(&book.save_to_buffer().unwrap(), &m).unwrap_err().key(), "file.too_large");
}

#[tokio::test]
async fn the_real_messages_go_in_at_one_go() {
    let path = format!("{}/../../../shared/data/text/citizen_msgs_hotspot_dev.csv.gz", env!("CARGO_MANIFEST_DIR"));
    let Ok(bytes) = std::fs::read(&path) else {
        println!("skipped: the real messages are not on this machine");
        return;
    };
    let table = table::read(&bytes, &mapping()).unwrap();
    let (t, id) = station("sqlite").await;
    let report = run(&t, id, &table).await;
    assert_eq!((report.counts.rows, report.counts.accepted, report.counts.refused), (2_582, 2_582, 0));
}

proptest! {
    #[test]
    fn any_bytes_give_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let m = mapping();
        table::fuzz_read(&bytes, &m);
        let mut text = b"id,time,title,body,up,down\n".to_vec();
        text.extend(bytes);
        table::fuzz_read(&text, &m);
    }
}

#[tokio::test]
async fn messages_of_the_past_are_one_task_and_todays_are_one_each() {
    for engine in engines() {
        let (t, station) = station(engine).await;
        let csv = "id,time,title,body,up,down\n1,2026-03-01 09:00,噪音,楼上拖桌椅,0,0\n2,2026-03-02 09:00,停车,车位被占,0,0\n3,2026-05-08 08:30,漏水,楼上漏水,0,0\n";
        let report = run(&t, station, &table::read(csv.as_bytes(), &mapping()).unwrap()).await;
        assert_eq!(report.counts.accepted, 3, "{engine}");
        let operator = testkit::actor(kernel::Role::Operator, station);
        let (tasks, (open, _)) = notices::actions::mine(&t.app, &operator).await.unwrap();
        assert_eq!(open, 2, "{engine}: {tasks:?}");
        let file = tasks.iter().find(|x| x.title.contains("导入的 2 件")).unwrap();
        t.get(&operator, &file.path).await.is(200).says("待派").says("3").says("已经安排");
        t.post(&operator, &format!("{}/arranged", file.path), &[]).await.is(303);
        assert_eq!(notices::actions::mine(&t.app, &operator).await.unwrap().1.0, 1, "{engine}");
    }
}
