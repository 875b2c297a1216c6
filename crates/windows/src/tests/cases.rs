//! Cases on both engines: papers told once, decided, numbered without gaps by channel; permits with their clock.

use super::town::{Town, d, town};
use crate::actions as act;
use crate::model::*;
use crate::rules::permit::{Clock, clock};
use crate::store;
use kernel::{Error, Reader, Uuid};
use testkit::engines;

fn key(e: Error) -> String {
    e.key().to_string()
}

impl Town {
    fn asked(&self, service: usize, there: &[usize]) -> NewCase {
        NewCase {
            service: self.services[service],
            channel: Channel::Window,
            ticket: None,
            booking: None,
            name: "其木格".into(),
            phone: "10000000001".into(),
            proxy: String::new(),
            purpose: "办理公证".into(),
            there: there.to_vec(),
            permit: None,
        }
    }
    async fn take(&self, new: NewCase) -> kernel::Result<Uuid> {
        act::take(&self.t.app, &self.act(&self.clerk, "windows.take"), new).await
    }
    async fn case(&self, id: Uuid) -> Case {
        let station = self.station;
        self.read(async |r: &mut Reader| store::case(r, station, id).await).await
    }
    async fn issue(&self, id: Uuid, i: Issue) -> kernel::Result<()> {
        let version = self.case(id).await.version;
        act::issue(&self.t.app, &self.act(&self.clerk, "windows.issue"), id, version, i).await
    }
    async fn permits(&self) -> Vec<Permit> {
        let station = self.station;
        self.read(async |r: &mut Reader| store::permits(r, station).await).await
    }
}

/// The paper at this address, and again an hour later: the same file.
pub(super) async fn printed_again(town: &Town, path: &str) {
    let first = town.t.get(&town.clerk, path).await.is(200);
    assert!(first.bytes.starts_with(b"%PDF-"));
    town.t.app.clock().advance(3_600);
    testkit::papers::reprinted(path, &first.bytes, &town.t.get(&town.clerk, path).await.is(200).bytes);
}

fn says() -> Issue {
    Issue { statement: "兹证明其木格系本所辖区居民。".into(), valid_until: Some(d("2026-06-08")), ..Issue::default() }
}

#[tokio::test]
async fn what_is_missing_is_told_once_and_nothing_else_is_asked() {
    for engine in engines() {
        let town = town(engine).await;
        let id = town.take(town.asked(0, &[0])).await.unwrap();
        let c = town.case(id).await;
        assert!(c.state == CaseState::Incomplete && c.missing.0 == vec![1, 2] && c.told_at.is_some() && c.due.is_none());
        assert_eq!(key(town.issue(id, says()).await.unwrap_err()), "windows.papers_missing");
        // The station's list grows meanwhile; what was told stays what is asked for.
        let station = town.station;
        let s = town.read(async |r: &mut Reader| store::service(r, station, town.services[0]).await).await;
        let mut papers = s.papers.0.clone();
        papers.push(Paper { text: "还要一样".into(), source: String::new() });
        let more = NewService { kind: s.kind.clone(), name: s.name.clone(), papers, note: String::new(), minutes: 20, letter: "A".into(), bookable: true, at_door: false, position: 0, version: 1 };
        act::save_service(&town.t.app, &town.act(&town.leader, "windows.service"), Some(s.id), more).await.unwrap();
        let supplement = async |there: &[usize]| {
            let version = town.case(id).await.version;
            act::supplement(&town.t.app, &town.act(&town.clerk, "windows.supplement"), id, there, version).await
        };
        assert_eq!(key(supplement(&[]).await.unwrap_err()), "invalid");
        supplement(&[1]).await.unwrap();
        assert_eq!(town.case(id).await.state, CaseState::Incomplete);
        supplement(&[2]).await.unwrap();
        let c = town.case(id).await;
        assert_eq!((c.state, c.due), (CaseState::Accepted, Some(d("2026-05-23"))));
        assert_eq!(c.papers.0.len(), 3);
        assert!(town.tasks(&town.clerk).await.iter().any(|t| t.contains("期限 2026-05-23")));
        // Two at one page: the second is told.
        let i = Issue { permit_number: "150702000001".into(), ..Issue::default() };
        assert_eq!(key(act::issue(&town.t.app, &town.act(&town.clerk, "windows.issue"), id, 1, i.clone()).await.unwrap_err()), "windows.stale");
        town.issue(id, i.clone()).await.unwrap();
        assert_eq!(key(town.issue(id, i).await.unwrap_err()), "windows.case_state");
        assert!(town.tasks(&town.clerk).await.is_empty());
    }
}

#[tokio::test]
async fn numbers_run_without_gaps_by_channel() {
    for engine in engines() {
        let town = town(engine).await;
        let mut numbers = vec![];
        for n in 0..4 {
            let mut new = town.asked(1, &[0]);
            if n % 2 == 1 {
                new.channel = Channel::Door;
            }
            let id = town.take(new).await.unwrap();
            // A refused try takes no number.
            assert_eq!(key(town.issue(id, Issue::default()).await.unwrap_err()), "invalid");
            town.issue(id, says()).await.unwrap();
            let c = town.case(id).await;
            numbers.push((c.number, c.result_number));
        }
        let text: Vec<String> = numbers.iter().map(|(a, b)| format!("{a} {b}")).collect();
        assert_eq!(text, [
            "正阳窗办〔2026〕1号 正阳窗证〔2026〕1号",
            "正阳门办〔2026〕1号 正阳门证〔2026〕1号",
            "正阳窗办〔2026〕2号 正阳窗证〔2026〕2号",
            "正阳门办〔2026〕2号 正阳门证〔2026〕2号",
        ]);
        let id = town.take(town.asked(1, &[0])).await.unwrap();
        let refuse = act::refuse(&town.t.app, &town.act(&town.clerk, "windows.refuse"), id, 1, "婚姻登记用的由户籍所在地派出所办", "请到户籍所在地派出所").await;
        refuse.unwrap();
        assert_eq!(town.case(id).await.result_number, "正阳窗告〔2026〕1号");
        let mut unnamed = town.asked(1, &[0]);
        (unnamed.name, unnamed.purpose) = (String::new(), String::new());
        let Error::Invalid(f) = town.take(unnamed).await.unwrap_err() else { panic!() };
        assert_eq!(f.0.len(), 2);
    }
}

#[tokio::test]
async fn a_permit_is_endorsed_in_its_month_or_counts_anew() {
    for engine in engines() {
        let town = town(engine).await;
        let endorse = NewService {
            kind: "residence_endorse".into(),
            name: "居住证签注".into(),
            papers: vec![Paper { text: "本人居住证".into(), source: String::new() }],
            note: String::new(),
            minutes: 10,
            letter: "A".into(),
            bookable: true,
            at_door: true,
            position: 9,
            version: 0,
        };
        let service = act::save_service(&town.t.app, &town.act(&town.leader, "windows.service"), None, endorse).await.unwrap();
        for (n, from) in [("150702000001", "2025-05-20"), ("150702000002", "2025-04-20"), ("150702000003", "2026-05-08")] {
            let id = town.take(town.asked(0, &[0, 1, 2])).await.unwrap();
            town.issue(id, Issue { permit_number: n.into(), counted_from: Some(d(from)), ..Issue::default() }).await.unwrap();
        }
        let id = town.take(town.asked(0, &[0, 1, 2])).await.unwrap();
        let twice = Issue { permit_number: "150702000001".into(), ..Issue::default() };
        assert_eq!(key(town.issue(id, twice).await.unwrap_err()), "invalid");
        let months = act::months(&town.t.app.rules(), d("2026-05-08")).unwrap();
        let of = async |n: usize| town.permits().await.into_iter().find(|p| p.number == format!("15070200000{n}")).unwrap();
        assert_eq!(clock(&of(1).await, months, d("2026-05-08")), Clock::Open { due: d("2026-05-20") });
        assert_eq!(clock(&of(2).await, months, d("2026-05-08")), Clock::Suspended { since: d("2026-04-20") });
        for n in [1usize, 2, 3] {
            let new = NewCase { service, permit: Some(of(n).await.id), ..town.asked(0, &[0]) };
            let id = town.take(new).await.unwrap();
            let done = town.issue(id, Issue::default()).await;
            if n == 3 {
                assert_eq!(key(done.unwrap_err()), "windows.too_early");
            } else {
                done.unwrap();
            }
        }
        assert_eq!((of(1).await.counted_from, of(1).await.years), (d("2025-05-20"), 1));
        assert_eq!((of(2).await.counted_from, of(2).await.years), (d("2026-05-08"), 0));
        let none = NewCase { service, ..town.asked(0, &[0]) };
        assert_eq!(key(town.take(none).await.unwrap_err()), "invalid");
    }
}

#[tokio::test]
async fn cases_as_pages_and_papers() {
    for engine in engines() {
        let town = town(engine).await;
        let t = &town.t;
        let auxiliary = testkit::actor(kernel::Role::Auxiliary, town.station);
        t.get(&auxiliary, "/windows/cases").await.is(403);
        t.get(&town.clerk, "/windows/cases/x").await.is(404);
        let service = town.services[1].to_string();
        t.get(&town.clerk, "/windows/cases/new").await.is(200).says("临时身份证明").says("证明目录");
        t.get(&town.clerk, &format!("/windows/cases/new?service={service}")).await.is(200).says("核对材料").says("必填");
        let fields = [("service", service.as_str()), ("reporter_name", "乌兰"), ("reporter_phone", "10000001234"), ("purpose", "")];
        t.post(&town.clerk, "/windows/cases/new", &fields).await.is(422).says("证明要写明用途").says("乌兰");
        let fields = [fields[0], fields[1], fields[2], ("purpose", "乘坐火车")];
        let id = t.post(&town.clerk, "/windows/cases/new", &fields).await.is(303).new_id();
        let path = format!("/windows/cases/{id}");
        t.get(&town.stranger, &path).await.is(404);
        t.get(&town.clerk, &path).await.is(200).says("待补正").says("补正告知书").says("告知书上没有的不能再要");
        let pdf = async || printed_again(&town, &format!("{path}/paper")).await;
        pdf().await;
        t.post(&town.clerk, &format!("{path}/supplement"), &[("version", "1")]).await.is(422).says("请勾选");
        t.post(&town.clerk, &format!("{path}/supplement"), &[("version", "1"), ("paper", "0")]).await.is(303);
        t.get(&town.clerk, &path).await.is(200).says("已受理").says("出具证明").says("有效期限到");
        pdf().await;
        t.post(&town.clerk, &format!("{path}/issue"), &[("version", "2"), ("statement", "兹证明乌兰身份属实。")]).await.is(422).says("有效期限").says("兹证明乌兰身份属实");
        let issue = [("version", "2"), ("statement", "兹证明乌兰身份属实。"), ("valid_until", "2026-05-15")];
        t.post(&town.clerk, &format!("{path}/issue"), &issue).await.is(303);
        t.post(&town.clerk, &format!("{path}/issue"), &issue).await.is(422).says("现在是“已办结”");
        t.get(&town.clerk, &path).await.is(200).says("正阳窗证〔2026〕1号").says("2026-05-15");
        pdf().await;
        t.get(&town.clerk, "/windows/cases").await.is(200).says("没有办件");
        t.get(&town.clerk, "/windows/cases?from=2026-05-08&until=2026-05-08&state=issued&channel=window").await.is(200).says("正阳窗证〔2026〕1号");
        t.get(&town.clerk, "/windows/permits").await.is(200).says("还没有登记居住证");
        // Refused, with the paper.
        let other = t.post(&town.clerk, "/windows/cases/new", &[fields[0], fields[1], fields[2], fields[3], ("paper", "0")]).await.is(303).new_id();
        let path = format!("/windows/cases/{other}");
        t.post(&town.clerk, &format!("{path}/refuse"), &[("version", "1"), ("why", "不行")]).await.is(422).says("到哪里去");
        t.post(&town.clerk, &format!("{path}/refuse"), &[("version", "1"), ("why", "婚姻登记用的不在本所办"), ("instead", "请到户籍所在地派出所")]).await.is(303);
        printed_again(&town, &format!("{path}/paper")).await;
        t.post(&town.clerk, &format!("{path}/withdraw"), &[("version", "2")]).await.is(422).says("不能撤回");
        // A certificate that is not issued any more: a number of the same series, a row, a paper that says where to go.
        let told = [("channel", "window")];
        t.post(&auxiliary, "/windows/catalogue/marriage/notice", &told).await.is(403);
        t.post(&town.clerk, "/windows/catalogue/nothing/notice", &told).await.is(404);
        t.get(&town.clerk, "/windows/catalogue").await.is(200).says("出具告知单");
        t.get(&town.clerk, "/windows/notices").await.is(200).says("还没有出具过告知单");
        t.post(&town.clerk, "/windows/catalogue/marriage/notice", &told).await.is(303);
        t.post(&town.clerk, "/windows/catalogue/marriage/notice", &[("channel", "door")]).await.is(303);
        t.get(&town.clerk, "/windows/notices").await.is(200).says("正阳窗告〔2026〕2号").says("正阳门告〔2026〕1号");
        let station = town.station;
        let all = town.read(async |r: &mut Reader| store::all_not_issued(r, station).await).await;
        assert_eq!((all.len(), all[0].code.as_str()), (2, "marriage"));
        let paper = format!("/windows/notices/{}/paper", all[0].id);
        printed_again(&town, &paper).await;
        t.get(&town.stranger, &paper).await.is(404);
    }
}

#[tokio::test]
async fn what_is_handed_over_at_the_door_is_counted_with_its_rows() {
    for engine in engines() {
        let town = town(engine).await;
        let t = &town.t;
        let mut ids = vec![];
        for channel in [Channel::Door, Channel::Door, Channel::Window] {
            let id = town.take(NewCase { channel, ..town.asked(1, &[0]) }).await.unwrap();
            town.issue(id, says()).await.unwrap();
            ids.push(id);
        }
        // An open case cannot be handed over; what is no certificate or permit is none of the figure.
        let open = town.take(town.asked(1, &[0])).await.unwrap();
        let deliver = |id: Uuid| format!("/windows/cases/{id}/deliver");
        t.post(&town.clerk, &deliver(open), &[("version", "1"), ("how", "window")]).await.is(422).says("不能登记送达");
        let other = town.take(town.asked(2, &[0, 1])).await.unwrap();
        town.issue(other, Issue::default()).await.unwrap();
        t.get(&town.clerk, &format!("/windows/cases/{}", ids[0])).await.is(200).says("登记送达").says("送上门当面交给本人");
        t.post(&town.clerk, &deliver(ids[0]), &[("version", "2"), ("how", "")]).await.is(422).says("请选择怎么送达");
        t.post(&town.clerk, &deliver(ids[0]), &[("version", "1"), ("how", "door")]).await.is(422).says("刚刚被他人改过");
        t.post(&town.stranger, &deliver(ids[0]), &[("version", "2"), ("how", "door")]).await.is(404);
        t.post(&town.clerk, &deliver(ids[0]), &[("version", "2"), ("how", "door")]).await.is(303);
        t.post(&town.clerk, &deliver(ids[0]), &[("version", "3"), ("how", "door")]).await.is(422).says("已经送达");
        t.post(&town.clerk, &deliver(ids[2]), &[("version", "2"), ("how", "proxy")]).await.is(303);
        t.post(&town.clerk, &deliver(other), &[("version", "2"), ("how", "post")]).await.is(303);
        t.get(&town.clerk, &format!("/windows/cases/{}", ids[0])).await.is(200).says("送达").says("送上门当面交给本人");
        t.get(&town.clerk, "/windows/cases?state=issued").await.is(200).says("已送达").says("未送达");
        let page = t.get(&town.clerk, "/windows/report?month=2026-05-01").await.is(200).says("送达");
        let row = page.body.split("<h2>送达</h2>").nth(1).unwrap().split("临时身份证明").nth(1).unwrap().split("</tr>").next().unwrap();
        assert!(row.contains(">1</td>") && row.matches(">1</td>").count() == 2, "{row}");
        let rows = t.get(&town.clerk, "/windows/report/rows?month=2026-05-01&what=door").await.is(200).says("共 1 件");
        assert!(rows.body.contains("正阳门证〔2026〕1号") && !rows.body.contains("其木格"));
        t.get(&town.clerk, "/windows/report/rows?month=2026-05-01&what=delivered").await.is(200).says("共 3 件").says("交给代办人");
        // The figure: one of two, the second certificate of the door is issued but not handed over; and the same as known before.
        let (station, rules) = (town.station, t.app.rules());
        let terms = kernel::figure::Terms::of(&rules, d("2026-05-08")).unwrap();
        let spec = crate::figures::all().remove(0);
        let ask = async |as_of: kernel::Timestamp| {
            let p = kernel::figure::Period::days(station, d("2026-05-01"), d("2026-05-31"), as_of, terms);
            let f = town.read(async |r: &mut Reader| spec.figure(r, &p).await).await;
            let rows = town.read(async |r: &mut Reader| spec.rows(r, &p, true, kernel::figure::Leaf::FIRST).await).await;
            (f.numerator, f.denominator, rows.len())
        };
        let now = t.app.now();
        assert_eq!(ask(now).await, (1, Some(2), 2));
        assert_eq!(ask(kernel::clock::from_micros(now.as_microsecond() - 1)).await, (0, Some(0), 0));
    }
}

#[tokio::test]
async fn a_case_is_taken_back_once() {
    for engine in engines() {
        let town = town(engine).await;
        let t = &town.t;
        let id = town.take(town.asked(0, &[0, 1, 2])).await.unwrap();
        let (page, path) = (format!("/windows/cases/{id}"), format!("/windows/cases/{id}/withdraw"));
        assert_eq!(town.tasks(&town.clerk).await.len(), 1);
        t.post(&town.stranger, &path, &[("version", "1")]).await.is(404);
        t.post(&testkit::actor(kernel::Role::Auxiliary, town.station), &path, &[("version", "1")]).await.is(403);
        t.post(&town.clerk, &path, &[("version", "7")]).await.is(422).says("刚刚被他人改过");
        t.post(&town.clerk, &path, &[("version", "1")]).await.is(303);
        t.get(&town.clerk, &page).await.is(200).says("已撤回").says("申请人撤回");
        t.post(&town.clerk, &path, &[("version", "2")]).await.is(422).says("不能撤回");
        assert!(town.tasks(&town.clerk).await.is_empty());
    }
}
