//! Past arrivals from CSV and XLSX: counts by the quarter hour or one line a person; gaps, doubled and impossible times are
//! refused with words, and nothing comes in twice.

use crate::actions::{Job, import, preview};
use crate::mapping::Mapping;
use crate::report::{Outcome, Report};
use crate::table::{self, Table};
use kernel::{Actor, Purpose, Reader, Role, StationId};
use testkit::{TestApp, actor, engines};
use windows::model::NewService;

fn mapping(format: &str) -> Mapping {
    let mut m = Mapping::parse(include_str!("../../../../mappings/arrivals.toml")).unwrap();
    m.source.format = format.into();
    m
}

async fn station(engine: &str) -> (TestApp, StationId) {
    let domains = vec![
        identity::domain(),
        attachments::domain(),
        places::domain(),
        people::domain(),
        notices::domain(),
        incidents::domain(),
        roster::domain(),
        windows::domain(),
        demand::domain(),
        crate::domain(),
    ];
    let (t, id) = super::with(engine, domains).await;
    let leader = actor(Role::StationLeader, id);
    for (n, name) in ["居住证申领", "身份证换领"].into_iter().enumerate() {
        let s = NewService {
            kind: "residence_permit".into(),
            name: name.into(),
            papers: vec![windows::model::Paper { text: "身份证".into(), source: "居住证暂行条例第九条".into() }],
            note: String::new(),
            minutes: 15,
            letter: "A".into(),
            bookable: true,
            at_door: false,
            position: n as i64,
            version: 0,
        };
        let act = t.app.act(&leader, "windows.service", Purpose::Window, t.app.fresh_command());
        windows::actions::save_service(&t.app, &act, None, s).await.unwrap();
    }
    (t, id)
}

async fn both(t: &TestApp, station: StationId, m: &Mapping, table: &Table) -> Report {
    let who = Actor::local("test");
    let job = Job { actor: &who, station, mapping: m, file_name: "到访.csv" };
    let before = preview(&t.app, &job, table).await.unwrap();
    let after = import(&t.app, &job, table, &|_| {}).await.unwrap();
    assert_eq!(before.counts.accepted, after.counts.accepted, "{:?}", after.rows);
    assert_eq!(before.counts.refused, after.counts.refused, "{:?}", after.rows);
    after
}

async fn past(t: &TestApp, station: StationId) -> Vec<(String, i64, i64, bool)> {
    let look = t.app.look(&Actor::system(), "test", Purpose::Statistics);
    let all = t.app.db().read(&look, async |r: &mut Reader| demand::store::past(r, station, None, "2026-01-01".parse().unwrap()).await).await.unwrap();
    let mut all: Vec<_> = all.into_iter().map(|p| (p.day.to_string(), p.minute, p.people, p.by_slot)).collect();
    all.sort();
    all
}

fn why(report: &Report, row: usize) -> String {
    match &report.rows[row] {
        Outcome::Refused { reasons } => reasons.iter().map(|r| if r.is_ascii() { crate::judge::says(r).to_string() } else { r.clone() }).collect::<Vec<_>>().join(" "),
        other => panic!("row {row}: {other:?}"),
    }
}

const COUNTS: &str = "日期,时段,业务,人数\n2026-04-01,09:00-09:15,居住证申领,2\n2026-04-01,09:15,居住证申领,0\n2026-04-01,09:30,居住证申领,\n\
2026-04-01,09:00,居住证申领,2\n2026-04-01,09:15,居住证申领,5\n2026-04-01,25:00,居住证申领,1\n2026-02-30,09:00,居住证申领,1\n2026-04-01,09:50,居住证申领,1\n\
2026-04-01,10:00,办证,1\n2027-04-01,10:00,居住证申领,1\n2026-04-01,10:00,居住证申领,两个\n,,,\n2026-04-01,10:15,合计,9\n2026-04-01,10:00,,1\n";

#[tokio::test]
async fn counts_with_gaps_doubled_and_impossible_times() {
    for engine in engines() {
        let (t, id) = station(engine).await;
        let m = mapping("csv");
        let table = table::read(COUNTS.as_bytes(), &m).unwrap();
        let report = both(&t, id, &m, &table).await;
        assert_eq!((report.counts.accepted, report.counts.known, report.counts.skipped), (2, 1, 2), "{engine}: {:?}", report.rows);
        for (row, says) in [(2, "没有人来请填 0"), (4, "不同的人数"), (5, "没有这一天或这一刻"), (6, "没有这一天"), (7, "整刻钟"), (8, "没有“办证”这项业务"), (9, "晚于现在"), (10, "读不懂"), (13, "没有写业务")] {
            assert!(why(&report, row).contains(says), "{row}: {}", why(&report, row));
        }
        let one = ("2026-04-01".to_string(), 540, 2, true);
        assert_eq!(past(&t, id).await, [one.clone(), ("2026-04-01".into(), 555, 0, true)]);
        // The same file again changes nothing; a mended row comes in.
        let again = both(&t, id, &m, &table).await;
        assert_eq!((again.counts.accepted, again.counts.known), (0, 3), "{:?}", again.rows);
        let mended = table::read("日期,时段,业务,人数\n2026-04-01,09:30,居住证申领,3\n".as_bytes(), &m).unwrap();
        assert_eq!(both(&t, id, &m, &mended).await.counts.accepted, 1);
        assert_eq!(past(&t, id).await.len(), 3);
    }
}

#[tokio::test]
async fn a_workbook_with_one_line_a_person() {
    for engine in engines() {
        let (t, id) = station(engine).await;
        let mut book = rust_xlsxwriter::Workbook::new();
        let sheet = book.add_worksheet();
        let rows = [["取号时间", "业务类型", "票号"], ["2026/4/1 9:03:10", "居住证申领", "A001"], ["2026/4/1 9:14", "居住证申领", "A002"], ["2026/4/1 9:14", "居住证申领", "A003"], ["2026/4/2 9:14", "居住证申领", "A001"], ["昨天", "居住证申领", "A009"]];
        for (r, row) in rows.iter().enumerate() {
            for (c, text) in row.iter().enumerate() {
                sheet.write(r as u32, c as u16, *text).unwrap();
            }
        }
        // A cell that is a date of the workbook's own: 2 April 2026, 10:30.
        sheet.write(6, 0, 46_114.437_5).unwrap();
        sheet.write(6, 1, "身份证换领").unwrap();
        sheet.write(6, 2, "C001").unwrap();
        let bytes = book.save_to_buffer().unwrap();
        let m = mapping("xlsx");
        let table = table::read(&bytes, &m).unwrap();
        let report = both(&t, id, &m, &table).await;
        assert_eq!((report.counts.accepted, report.counts.refused), (5, 1), "{engine}: {:?}", report.rows);
        assert!(why(&report, 4).contains("看不懂"));
        assert_eq!(past(&t, id).await, [
            ("2026-04-01".into(), 540, 3, false),
            ("2026-04-02".into(), 540, 1, false),
            ("2026-04-02".into(), 630, 1, false)
        ]);
        assert_eq!(both(&t, id, &m, &table).await.counts.known, 5);
        assert_eq!(past(&t, id).await[0].2, 3, "nobody counted twice");
        // The other kind of file for the same day is refused.
        let counts = table::read("日期,时段,业务,人数\n2026-04-01,11:00,居住证申领,3\n".as_bytes(), &mapping("csv")).unwrap();
        let mixed = both(&t, id, &mapping("csv"), &counts).await;
        assert!(why(&mixed, 0).contains("另一种口径"), "{:?}", mixed.rows);
    }
}

#[tokio::test]
async fn on_the_page_with_a_preview() {
    for engine in engines() {
        let (t, id) = station(engine).await;
        let officer = actor(Role::Officer, id);
        let page = t.get(&officer, "/exchange/import?mapping=arrivals").await.is(200).says("过去的到访");
        assert!(page.body.contains("value=\"arrivals\" checked"), "{}", page.body);
        let file = [("file", "到访.csv", COUNTS.as_bytes())];
        let asks = |what: &'static str| [("mapping", "arrivals"), ("do", what)];
        t.upload(&officer, "/exchange/import", &asks("preview"), &file).await.is(200).says("还没有写入").says("没有人来请填 0");
        assert!(past(&t, id).await.is_empty());
        t.upload(&officer, "/exchange/import", &asks("import"), &file).await.is(200).says("导入完成").says("需求曲线");
        assert_eq!(past(&t, id).await.len(), 2);
        let errors = t.upload(&officer, "/exchange/import", &asks("errors"), &file).await.is(200);
        assert!(errors.body.contains("办证") && !errors.body.contains("09:00-09:15"), "{}", errors.body);
    }
}
