//! Paper out and in; the register beside; what an anonymous survey keeps of a telephone: nothing.

use super::town::{answers, town};
use crate::actions::{self, From};
use crate::model::NewQuestion;
use crate::{pace, rules, store};
use http::{Method, Request, header};
use kernel::{Actor, Reader};
use people::model::{IdKind, NewPerson, PersonKind, Sex};
use testkit::{Answered, engines};

#[tokio::test]
async fn the_paper_sheet_goes_out_and_comes_in_by_numbers() {
    for engine in engines() {
        let town = town(engine).await;
        let (t, who) = (&town.t, &town.officer);
        let id = town.built(true, true).await;
        let (sheet, quick) = (format!("/surveys/{id}/sheet"), format!("/surveys/{id}/quick"));
        t.get(&town.stranger, &sheet).await.is(404);
        t.get(who, &sheet).await.is(422).says("还在编制");
        t.get(who, &quick).await.is(422);
        t.post(who, &format!("/surveys/{id}/open"), &[]).await.is(303);
        let pdf = t.get(who, &sheet).await.is(200);
        assert!(pdf.body.starts_with("%PDF") && pdf.headers["content-type"] == "application/pdf");
        t.app.clock().advance(86_400);
        testkit::papers::golden("surveys-sheet", &pdf.bytes, &t.get(who, &sheet).await.is(200).bytes);
        t.get(&town.auxiliary, &quick).await.is(403);
        t.get(who, &quick).await.is(200).says("照纸质问卷录入").says("<b>2</b> 晚上");
        let codes = actions::make_codes(&t.app, &town.act(who, "surveys.codes"), id, 2).await.unwrap();
        let code = ("code", codes[0].as_str());
        t.post(who, &quick, &[code, ("q.q1", "3")]).await.is(422).says("编号是 1 到 2").says(&codes[0]);
        t.post(who, &quick, &[code, ("q.q1", "1"), ("q.q2", "20")]).await.is(422).says("第 2 题：按前面的回答，这一题不用填").says("value=\"20\"");
        t.post(who, &quick, &[code, ("q.q1", "2"), ("q.q2", "八点")]).await.is(422).says("第 2 题：请填整数");
        t.post(who, &quick, &[("q.q1", "2"), ("q.q2", "20")]).await.is(422).says("答卷码不对");
        let done = t.post(who, &quick, &[code, ("q.q1", "2"), ("q.q2", "20"), ("q.q3", "谢谢")]).await.is(303);
        t.get(who, done.location()).await.is(200).says("已录入一份，一共 1 份");
        t.post(who, &quick, &[code, ("q.q1", "1")]).await.is(422).says("已经用过");
        t.get(who, &format!("/surveys/{id}/results")).await.is(200).says("其中 1 份由民警");
    }
}

#[tokio::test]
async fn questions_know_the_stations_services_and_move() {
    for engine in engines() {
        let town = town(engine).await;
        let (t, who) = (&town.t, &town.officer);
        let page = format!("/surveys/{}", town.draft(true, false).await);
        let question = format!("{page}/question");
        t.post(who, &question, &[("kind", "service")]).await.is(422).says("还没有登记窗口业务");
        town.offers("居住证").await;
        t.post(who, &question, &[("kind", "service"), ("required", "1")]).await.is(303);
        t.post(who, &question, &[("kind", "when"), ("choices", "晚上 8 点\n周末")]).await.is(422).says("读不出时间");
        t.post(who, &question, &[("kind", "when")]).await.is(303);
        t.post(who, &question, &[("kind", "one")]).await.is(422).says("请写题目");
        t.get(who, &page).await.is(200).says("居住证、其他").says("工作日 18:30-20:30").says("上移：哪些时间");
        t.post(&town.auxiliary, &format!("{page}/up"), &[("name", "q2")]).await.is(403);
        t.post(who, &format!("{page}/up"), &[("name", "q9")]).await.is(404);
        t.post(who, &format!("{page}/up"), &[("name", "q2")]).await.is(303);
        let seen = t.get(who, &page).await.is(200);
        assert!(seen.body.find("哪些时间").unwrap() < seen.body.find("最近要办").unwrap());
    }
}

/// Two thirds of the answers are of men, half of the register: the weights and the page say so.
#[tokio::test]
async fn results_stand_beside_the_register() {
    for engine in engines() {
        let town = town(engine).await;
        for (name, sex, birth) in [("王甲", Sex::Male, "1990-05-08"), ("李乙", Sex::Female, "1990-05-09"), ("李丙", Sex::Female, "2015-01-01")] {
            let new = NewPerson {
                station: town.station,
                name: name.into(),
                sex: Some(sex),
                ethnicity: "汉族".into(),
                birth: Some(birth.parse().unwrap()),
                id_kind: IdKind::None,
                id_number: String::new(),
                phone: String::new(),
                kind: PersonKind::Domicile,
                protected: false,
                domicile: String::new(),
                home: None,
            };
            people::actions::register(&town.t.app, &town.act(&town.officer, "people.register"), new).await.unwrap();
        }
        let day = "2026-05-08".parse().unwrap();
        let ages = town.read(async |r: &mut Reader| people::store::ages(r, town.station, day).await).await;
        let seen: Vec<(Sex, i64, i64)> = ages.iter().map(|a| (a.sex, a.age, a.n)).collect();
        assert_eq!(seen, [(Sex::Female, 11, 1), (Sex::Female, 35, 1), (Sex::Male, 36, 1)], "a birthday counts on its day");
        let id = town.draft(true, false).await;
        for kind in ["sex", "when"] {
            let q = NewQuestion { kind: kind.into(), ..NewQuestion::default() };
            actions::add_question(&town.t.app, &town.act(&town.officer, "surveys.question"), id, &q).await.unwrap();
        }
        actions::open(&town.t.app, &town.act(&town.officer, "surveys.open"), id).await.unwrap();
        let s = town.survey(id).await;
        for (sex, when) in [("male", "c1"), ("male", "c1"), ("female", "c4"), ("unsaid", "c4 c5")] {
            let given = answers(&[("sex", sex), ("q2", when)]);
            actions::answer(&town.t.app, &town.resident_act(), &s, &given, From::Page { many: false }, "").await.unwrap();
        }
        let read = async |r: &mut Reader| {
            let boxes = store::boxes(r, town.station, id).await?;
            Ok((actions::weights(r, &s, &boxes).await?, boxes))
        };
        let (w, boxes) = town.read(read).await;
        assert!(w.is_used() && w.effective < 4.0 && w.off < 0.1, "{w:?}");
        let r = rules::results(&s.definition.0, &boxes, w).unwrap();
        let morning = &r.tables[1].shares[0];
        assert!((morning.percent - 50.0).abs() < 1e-6 && (morning.weighted.unwrap() - 37.5).abs() < 0.01, "{morning:?}");
        let page = town.t.get(&town.officer, &format!("/surveys/{id}/results")).await.is(200);
        page.says("有效样本量").says("按登记人口校正").says("1 份没有说性别");
    }
}

/// A post from an address, as the server marks it.
async fn from_place(town: &super::town::Town, path: &str, ip: &str, body: &str) -> Answered {
    let body = format!("{body}&command_id={}", town.t.app.fresh_command());
    let req = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(header::HOST, "test.local")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header("x-client-ip", ip)
        .header(header::USER_AGENT, "Telephone-of-Sarana/7")
        .body(body.into())
        .unwrap();
    town.t.send(req).await
}

/// A thousand answers from one telephone: a hundred are taken (marked and slowed from the sixth on), then it says where to go.
#[tokio::test]
async fn a_thousand_answers_from_one_telephone_are_stopped() {
    for engine in engines() {
        let town = town(engine).await;
        let id = town.built(true, false).await;
        actions::open(&town.t.app, &town.act(&town.officer, "surveys.open"), id).await.unwrap();
        let (code, ip) = (town.survey(id).await.code, format!("198.51.100.{}", engine.len()));
        let page = format!("/q/{code}");
        from_place(&town, &page, &ip, "shown=q1%7Cq3&q.q1=c1").await.is(200).says("已收到您的回答");
        for _ in 0..999 {
            pace::begin(&ip, town.t.app.today());
        }
        let kept = "shown=q1%7Cq3&q.q1=c1&q.q3=kept";
        from_place(&town, &page, &ip, kept).await.is(422).says("同一个网络今天已交了 100 份").says("纸质问卷").says("kept");
        from_place(&town, &page, "198.51.100.200", kept).await.is(200).says("已收到您的回答");
        assert_eq!(town.read(async |r: &mut Reader| store::held(r, town.station, id).await).await, 2);
    }
}

/// No look, no line of the chain, no event and no hash leads from an answer to a telephone.
#[tokio::test]
async fn an_anonymous_answer_leaves_nothing_of_the_telephone() {
    for engine in engines() {
        let town = town(engine).await;
        let id = town.built(true, false).await;
        actions::open(&town.t.app, &town.act(&town.officer, "surveys.open"), id).await.unwrap();
        let page = format!("/q/{}", town.survey(id).await.code);
        let rows = async |what: &'static str| {
            let count = async |r: &mut Reader| match what {
                "chain" => r.count(kernel::sql!("select count(*) as n from kernel_audit"), kernel::args![]).await,
                "subjects" => r.count(kernel::sql!("select count(*) as n from kernel_audit_subject"), kernel::args![]).await,
                "events" => r.count(kernel::sql!("select count(*) as n from kernel_event"), kernel::args![]).await,
                _ => r.count(kernel::sql!("select count(*) as n from kernel_search"), kernel::args![]).await,
            };
            town.read(count).await
        };
        let before = [rows("chain").await, rows("events").await, rows("search").await];
        // The page is opened, sent empty, and sent.
        town.t.get(&Actor::resident(town.station), &page).await.is(200);
        from_place(&town, &page, "203.0.113.77", "shown=q1%7Cq3").await.is(422);
        from_place(&town, &page, "203.0.113.77", "shown=q1%7Cq3&q.q1=c2").await.is(200).says("下面多了几道题");
        let done = from_place(&town, &page, "203.0.113.77", "shown=q1%7Cq2%7Cq3&q.q1=c2&q.q2=20").await.is(200);
        assert!(done.says("已收到您的回答").headers.get(header::SET_COOKIE).is_none(), "no cookie tells two answers of one telephone");
        // One line in the chain (that the survey was answered), no look, no event, nothing to search.
        let after = [rows("chain").await, rows("events").await, rows("search").await];
        assert_eq!(after, [before[0] + 1, before[1], before[2]]);
        let body = async |r: &mut Reader| r.rows(kernel::sql!("select body from kernel_audit order by seq desc limit 1"), kernel::args![]).await?[0].get::<String>("body");
        let body = town.read(body).await;
        assert!(body.contains("surveys.answer") && !body.contains("digest") && !body.contains("203.0.113"), "{body}");
        // Whatever the database wrote: no address, no name of the program.
        if engine == "sqlite" {
            let path = std::path::Path::new(town.t.place.trim_start_matches("sqlite://"));
            let folder = path.parent().unwrap();
            let mut read = 0;
            for f in std::fs::read_dir(folder).unwrap().flatten().filter(|f| f.path().is_file()) {
                let bytes = std::fs::read(f.path()).unwrap();
                read += bytes.len();
                for trace in ["203.0.113.77", "Telephone-of-Sarana"] {
                    assert!(!bytes.windows(trace.len()).any(|w| w == trace.as_bytes()), "{trace} in {}", f.path().display());
                }
            }
            assert!(read > 50_000, "the files of the database were read: {read}");
        }
    }
}

#[tokio::test]
async fn the_minutes_of_a_meeting_print_what_their_golden_text_says() {
    use crate::model::{Channel, Meeting, MeetingState, Vote, Wish, WishState};
    use kernel::{StationId, Uuid};
    use roster::model::DayType;
    let station_id = StationId(Uuid::from_u128(1));
    let meeting = Meeting {
        station_id,
        id: Uuid::from_u128(2),
        title: "楼前停车和夜间照明议事会".into(),
        held_on: "2026-05-06".parse().unwrap(),
        place: "社区居民活动室".into(),
        chair: "居委会主任".into(),
        present: 23,
        names: "敖日格乐、乌仁其木格·巴特尔苏和、宋䶮群".into(),
        minutes: "居委会通报上次议定事项。\n居民反映三号楼门口路灯坏了半个月。".into(),
        state: MeetingState::Final,
        closed_at: Some(testkit::start()),
        version: 2,
    };
    let vote = |n: u128, question: &str, struck: bool| Vote { id: Uuid::from_u128(n), question: question.into(), yes: 18, no: 3, abstained: 2, struck };
    let votes = [vote(3, "消防通道划黄线", false), vote(4, "记错的一项", true)];
    let wish = Wish {
        station_id,
        id: Uuid::from_u128(5),
        channel: Channel::Meeting,
        meeting_id: Some(meeting.id),
        service_id: None,
        day_type: Some(DayType::Work),
        from_minute: Some(1_080),
        until_minute: Some(1_200),
        content: "上班的人希望窗口晚上开到八点".into(),
        people: 9,
        day: meeting.held_on,
        state: WishState::ALL[0],
        reply: String::new(),
        replied_at: None,
        version: 1,
    };
    let printed = async || crate::paper::pdf(crate::paper::minutes("测试派出所", &meeting, &votes, &[(&wish, "居住证申领".into())])).await.unwrap();
    testkit::papers::golden("surveys-minutes", &printed().await, &printed().await);
}
