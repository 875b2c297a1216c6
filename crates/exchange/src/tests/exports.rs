//! Registers out: every kind in both formats on both engines. Scope by beat and station, masks, secrecy, the entries, the
//! mark, formulas, and how much one file holds.

use super::with;
use crate::export::{Ask, Format, MAX_ROWS, PURPOSES, Sheet, What, export, to_csv, to_xlsx};
use calamine::{Data, Reader as _};
use kernel::{Actor, Act, App, BeatId, Error, Purpose, Reader, Role, StationId, Tx, Uuid};
use people::model::{Home, IdKind, NewContact, NewPerson, PersonKind, Relation};
use testkit::{TestApp, actor, engines};

const FORMULA: &str = "=HYPERLINK(\"http://x\",\"点\")";
const PHONE: &str = "10000123456";

struct Town {
    t: TestApp,
    station: StationId,
    beats: Vec<BeatId>,
    leader: Actor,
    officer: Actor,
}

impl Town {
    fn app(&self) -> &App {
        &self.t.app
    }
    fn act(&self, who: &Actor) -> Act {
        self.app().act(who, "test.build", Purpose::Exchange, self.app().fresh_command())
    }
    fn ask(&self, what: What) -> Ask {
        let day = |d: &str| d.parse().unwrap();
        Ask { what, station: self.station, from: day("2020-01-01"), until: day("2030-01-01"), survey: None, purpose: Purpose::Statistics, reason: "季度分析用".into() }
    }
    async fn out(&self, who: &Actor, what: What) -> Sheet {
        export(self.app(), &self.act(who), &self.ask(what)).await.unwrap()
    }
    async fn refused(&self, who: &Actor, ask: Ask) -> Error {
        export(self.app(), &self.act(who), &ask).await.unwrap_err()
    }
    /// Entries of an action that name a record, or all of the action.
    async fn entries(&self, action: &str, id: Option<Uuid>) -> i64 {
        let look = self.app().look(&Actor::system(), "test.look", Purpose::Audit);
        let (like, subject) = (format!("%\"action\":\"{action}\"%"), id.map_or("%".into(), |i| format!("%{i}%")));
        let n = self.app().db().read(&look, async |r: &mut Reader| {
            r.count(kernel::sql!("select count(*) as n from kernel_audit where body like $1 and body like $2"), kernel::args![like, subject]).await
        });
        n.await.unwrap()
    }
}

/// A matter, a dispute and a resident in each of two beats; a protected reporter, a protected party, a protected resident.
async fn town(engine: &str) -> Town {
    let (t, station) = with(engine, vec![
        identity::domain(),
        attachments::domain(),
        places::domain(),
        people::domain(),
        notices::domain(),
        incidents::domain(),
        mediation::domain(),
        crate::domain(),
    ])
    .await;
    let (leader, officer) = (actor(Role::StationLeader, station), actor(Role::Officer, station));
    let mut town = Town { t, station, beats: vec![], leader, officer };
    let app = town.t.app.clone();
    let local = Actor::local("test");
    let from = "2025-01-01".parse().unwrap();
    use places::model::{NewAddress, NewBeat, NewBuilding, NewEstate, Use};
    for (n, name) in ["金桂园", "银杏园"].into_iter().enumerate() {
        let beat = NewBeat { code: format!("B{n}"), name: format!("{name}警务区"), from };
        let beat = places::actions::add_beat(&app, &town.act(&local), station, beat).await.unwrap();
        let estate = NewEstate { community: None, name: name.into(), kind: "小区".into(), street: format!("{name}路"), number: "1号".into(), manager: String::new() };
        let estate = places::actions::add_estate(&app, &town.act(&local), station, estate).await.unwrap();
        let building = NewBuilding { name: "1号楼".into(), use_code: Use::Residential, floors: 6, lon: None, lat: None, grid: None, beat: Some(beat), from };
        let building = places::actions::add_building(&app, &town.act(&local), station, estate, building).await.unwrap();
        let homes = places::actions::add_addresses(&app, &town.act(&local), station, building, vec![NewAddress::home("1", "101")]).await.unwrap();
        town.beats.push(beat);
        let person = |name: &str, protected| NewPerson {
            station,
            name: name.into(),
            sex: None,
            ethnicity: "蒙古族".into(),
            birth: None,
            id_kind: IdKind::None,
            id_number: String::new(),
            phone: PHONE.into(),
            kind: PersonKind::Domicile,
            protected,
            domicile: String::new(),
            home: Some(Home { address: homes[0], from, relation: Relation::Head }),
        };
        people::actions::register(&app, &town.act(&town.officer), person(&format!("-{name}住户"), false)).await.unwrap();
        people::actions::register(&app, &town.act(&town.officer), person("秘密住户", true)).await.unwrap();
        for secret in [false, true] {
            let new = incidents::model::NewIntake {
                source_code: "0101".into(),
                content: format!("{FORMULA}{name}一号楼半夜拖椅子"),
                place: format!("{name}1号楼"),
                reporter_name: if secret { "秘密举报".into() } else { "-斯琴".into() },
                reporter_phone: PHONE.into(),
                secret,
                address: Some(homes[0]),
                ..Default::default()
            };
            incidents::actions::take(&app, &town.act(&actor(Role::Operator, station)), new).await.unwrap();
        }
        let contact = NewContact { station, name: "秘密当事人".into(), phone: PHONE.into(), protected: true, minor: false, address: None };
        let hidden = app
            .db()
            .write(&town.act(&town.officer), async |tx: &mut Tx| {
                let id = people::actions::register_contact(&app, tx, contact.clone()).await?;
                tx.record("test.build", &[("person", id.0)], "");
                Ok(id)
            })
            .await
            .unwrap();
        use mediation::model::{NewDispute, NewParty, Side};
        let party = |side, name: &str| NewParty { name: name.into(), side: Some(side), ..NewParty::default() };
        let new = NewDispute {
            title: format!("@{name}噪音"),
            summary: format!("\t=1+1 {name}"),
            source_code: "walk_in".into(),
            place: format!("{name}1号楼"),
            parties: vec![party(Side::Applicant, "-巴图"), NewParty { person: Some(hidden), ..party(Side::Respondent, "") }],
            ..NewDispute::default()
        };
        // Opened by somebody else than those who export.
        let mut other = town.officer.clone();
        other.user = kernel::UserId(Uuid::from_u128(0x77));
        mediation::actions::open(&app, &town.act(&other), new).await.unwrap();
    }
    town
}

/// All cells of the first sheet, and of the sheet with the mark; and the properties of the file.
pub(super) fn read_xlsx(bytes: &[u8]) -> (Vec<String>, String) {
    let mut book: calamine::Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(bytes.to_vec())).unwrap();
    let cells: Vec<String> = book.worksheet_range("台账").unwrap().cells().map(|(.., c)| {
        assert!(matches!(c, Data::String(_) | Data::Empty), "a cell that is not text: {c:?}");
        c.to_string()
    }).collect();
    assert!(book.worksheet_formula("台账").unwrap().cells().all(|(.., f)| f.is_empty()), "a formula");
    let mark = book.worksheet_range("说明").unwrap().get_value((0, 0)).unwrap().to_string();
    (cells, mark)
}

pub(super) fn dangerous(cell: &str) -> bool {
    cell.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) || cell.starts_with(['\t', '\r', '\n'])
}

#[tokio::test]
async fn every_register_goes_out_masked_marked_logged_and_harmless_in_both_formats() {
    for engine in engines() {
        let town = town(engine).await;
        for what in What::ALL.iter().filter(|w| !w.of_survey()) {
            let sheet = town.out(&town.leader, *what).await;
            let rows = if *what == What::Incidents { 4 } else { 2 };
            assert_eq!(sheet.rows.len(), rows, "{engine} {what}");
            assert!(sheet.rows.iter().flatten().any(|c| dangerous(c)), "{what}: nothing dangerous was tried");
            assert!(sheet.mark.contains("测试所领导（测试派出所）") && sheet.mark.contains("2026-05-08") && sheet.mark.contains("季度分析用"), "{}", sheet.mark);
            let csv = String::from_utf8(to_csv(&sheet)).unwrap();
            let (cells, mark) = read_xlsx(&to_xlsx(&sheet).unwrap());
            assert_eq!(mark, sheet.mark);
            assert!(csv.trim_end().ends_with(&format!("{}\"", sheet.mark)), "{csv}");
            for cell in csv.split("\",\"").flat_map(|c| c.split("\r\n\"")).chain(cells.iter().map(String::as_str)) {
                assert!(!dangerous(cell.trim_start_matches(['"', '\u{feff}'])), "{engine} {what}: {cell:?}");
            }
            for text in [csv.as_str(), &cells.concat()] {
                assert!(!text.contains(PHONE) && !text.contains("秘密"), "{engine} {what}: {text}");
                // What stands for the secret: masked digits, and a word for who is protected.
                match what {
                    What::Incidents => assert!(text.contains("3456") && text.contains("保密") && text.contains("'-斯琴"), "{text}"),
                    What::Disputes => assert!(text.contains("受保护人") && text.contains("'-巴图") && text.contains("'@金桂园"), "{text}"),
                    What::People => assert!(text.contains("3456") && text.contains("'-金桂园住户"), "{text}"),
                    What::Surveys | What::Answers => unreachable!("in asked.rs"),
                }
            }
        }
        // One entry for each record, and one for each file.
        let look = town.app().look(&Actor::system(), "test.look", Purpose::Audit);
        for action in ["exchange.export_incidents", "exchange.export_disputes"] {
            let found: Vec<Uuid> = town.app().db().read(&look, async |r: &mut Reader| {
                let rows = match action {
                    "exchange.export_incidents" => r.rows(kernel::sql!("select id from incidents_intake"), vec![]).await?,
                    _ => r.rows(kernel::sql!("select id from mediation_dispute"), vec![]).await?,
                };
                rows.iter().map(|x| x.get("id")).collect()
            }).await.unwrap();
            for id in found {
                assert_eq!(town.entries(action, Some(id)).await, 1, "{engine} {action}");
            }
        }
        let people: Vec<(Uuid, bool)> = town.app().db().read(&look, async |r: &mut Reader| {
            r.rows(kernel::sql!("select id, protected from people_person where not contact"), vec![]).await?.iter().map(|x| Ok((x.get("id")?, x.get("protected")?))).collect()
        }).await.unwrap();
        for (id, protected) in people {
            assert_eq!(town.entries("exchange.export_people", Some(id)).await, i64::from(!protected), "{engine}: who is left out was not shown");
        }
        assert_eq!(town.entries("exchange.export", None).await, 3, "{engine}");
    }
}

#[tokio::test]
async fn an_export_goes_no_further_than_the_account_and_needs_right_purpose_and_reason() {
    for engine in engines() {
        let town = town(engine).await;
        // Narrowed to one beat: only what lies there.
        let mut narrow = town.officer.clone();
        (narrow.own_beats, narrow.beats) = (true, vec![town.beats[0]]);
        for (what, n) in [(What::Incidents, 2), (What::Disputes, 1), (What::People, 1)] {
            let sheet = town.out(&narrow, what).await;
            let text = String::from_utf8(to_csv(&sheet)).unwrap();
            assert_eq!(sheet.rows.len(), n, "{engine} {what}: {text}");
            assert!(text.contains("金桂园") && !text.contains("银杏园"), "{engine} {what}: {text}");
            // The whole station and the machine's own operator.
            let whole = 2 * n;
            assert_eq!(town.out(&town.officer, what).await.rows.len(), whole, "{engine} {what}");
            let sheet = town.out(&Actor::local("tester"), what).await;
            assert_eq!(sheet.rows.len(), whole, "{engine} {what}");
            assert!(sheet.mark.contains("tester") && !sheet.rows.iter().flatten().any(|c| c.contains("秘密") || c.contains(PHONE)));
            // Another station's people do not know this one.
            let stranger = actor(Role::Officer, StationId(Uuid::from_u128(9)));
            assert!(matches!(town.refused(&stranger, town.ask(what)).await, Error::NotFound(_)), "{engine} {what}");
            for role in Role::ACCOUNTS.iter().filter(|r| !r.may(kernel::Permission::DataExport)) {
                assert!(matches!(town.refused(&actor(*role, town.station), town.ask(what)).await, Error::Forbidden(_)), "{engine} {what} {role}");
            }
            for purpose in Purpose::ALL.iter().filter(|p| !PURPOSES.contains(p)) {
                let e = town.refused(&town.leader, Ask { purpose: *purpose, ..town.ask(what) }).await;
                assert!(e.to_string().contains("目的"), "{e}");
            }
            let e = town.refused(&town.leader, Ask { reason: " 看 ".into(), ..town.ask(what) }).await;
            assert!(e.to_string().contains("用途"), "{e}");
        }
        // A grid worker has no right to export, and an officer who is confined (first password) has none either.
        let mut confined = town.officer.clone();
        confined.confined = Some("请先修改密码。");
        assert!(matches!(town.refused(&confined, town.ask(What::People)).await, Error::Forbidden(_)));
        // Refused ones leave no entry that says a file was made.
        let before = town.entries("exchange.export", None).await;
        town.refused(&actor(Role::Auxiliary, town.station), town.ask(What::Incidents)).await;
        assert_eq!(town.entries("exchange.export", None).await, before);
        // A period in which nothing lies is a file without rows, and an entry.
        let sheet = export(town.app(), &town.act(&town.leader), &Ask { until: "2020-02-01".parse().unwrap(), ..town.ask(What::Incidents) }).await.unwrap();
        assert!(sheet.rows.is_empty() && to_xlsx(&sheet).is_ok());
        assert_eq!(town.entries("exchange.export", None).await, before + 1);
    }
}

const COPIES: i64 = 20_500;

#[tokio::test]
async fn a_file_holds_so_much_and_what_is_more_is_refused_with_the_way_on() {
    for engine in engines() {
        let town = town(engine).await;
        // Copies of one report, a second apart, as an import of years would leave them.
        let act = town.act(&Actor::local("test"));
        town.app()
            .db()
            .write(&act, async |tx: &mut Tx| {
                tx.record("test.build", &[], "");
                let one: Uuid = tx.rows(kernel::sql!("select id from incidents_intake where not secret order by id limit 1"), vec![]).await?[0].get("id")?;
                for n in 0..COPIES {
                    let id: Uuid = tx.fresh();
                    tx.exec(
                        kernel::sql!("insert into incidents_intake (station_id, id, number, year, n, source_code, called_at, registered_at, registered_by, anonymous, secret, title, content, received_place, place_text, weapon, injured, minor, state, cluster_id, version) select station_id, $1, number || $2, year, 1000 + $5, source_code, called_at + $3, registered_at, registered_by, anonymous, secret, title, content, received_place, place_text, weapon, injured, minor, state, $1, version from incidents_intake where id = $4"),
                        kernel::args![id, n.to_string(), (n + 1) * 4_000_000, one, n],
                    )
                    .await?;
                }
                Ok(())
            })
            .await
            .unwrap();
        let e = town.refused(&town.leader, town.ask(What::Incidents)).await;
        assert_eq!(e.key(), "exchange.too_many");
        assert!(e.to_string().contains("20000") && e.to_string().contains("缩短期间"), "{e}");
        assert_eq!(town.entries("exchange.export", None).await, 0, "{engine}");
        // The first of two days is one file; each record of it stands in the chain.
        let ask = Ask { until: "2026-05-08".parse().unwrap(), ..town.ask(What::Incidents) };
        let sheet = export(town.app(), &town.act(&town.leader), &ask).await.unwrap();
        assert!((10_000..MAX_ROWS).contains(&sheet.rows.len()), "{engine}: {}", sheet.rows.len());
        assert!(to_xlsx(&sheet).unwrap().len() < 20_000_000);
        let look = town.app().look(&Actor::system(), "test.look", Purpose::Audit);
        let logged = town.app().db().read(&look, async |r: &mut Reader| {
            r.count(kernel::sql!("select count(distinct s.id) as n from kernel_audit_touched s join kernel_audit a on a.chain = s.chain and a.seq = s.seq where s.kind = 'incident' and a.body like '%exchange.export_incidents%'"), vec![]).await
        });
        assert!(logged.await.unwrap() >= sheet.rows.len() as i64, "{engine}");
    }
}

#[tokio::test]
async fn the_page_gives_the_same_file_and_keeps_what_was_typed() {
    for engine in engines() {
        let town = town(engine).await;
        let fields = |extra: &[(&'static str, &'static str)]| {
            let all = [("what", "people"), ("from", "2026-01-01"), ("until", "2026-12-31"), ("format", "csv")];
            [&all[..], extra].concat()
        };
        let path = "/exchange/export";
        town.t.post(&actor(Role::GridWorker, town.station), path, &fields(&[])).await.is(403);
        let typed = fields(&[("reason", "排查情况上报分局")]);
        town.t.post(&town.leader, path, &typed).await.is(422).says("请选择导出的目的").says("排查情况上报分局");
        let whole = fields(&[("reason", "排查情况上报分局"), ("purpose", "statistics")]);
        let page = town.t.post(&town.leader, path, &whole).await.is(200).says("导出人：测试所领导").says("'-金桂园住户");
        assert!(!page.body.contains("秘密") && page.headers["content-disposition"].to_str().unwrap().contains(".csv"));
        for format in Format::ALL {
            let got = town.t.post(&town.leader, path, &[&whole[..3], &[("format", format.code())], &whole[4..]].concat()).await.is(200);
            assert_eq!(got.headers["cache-control"], "no-store");
        }
    }
}
