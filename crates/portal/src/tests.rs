//! The resident's booking over HTTP: what is refused, what is kept, what a wrong code learns.

use kernel::{Actor, Purpose, Role, StationId};
use testkit::{TestApp, actor, engines};
use windows::model::{NewService, NewWindow, Paper, Week};
use windows::rules::parse_spans;

async fn town(engine: &str) -> (TestApp, StationId, kernel::Uuid) {
    let domains = vec![
        identity::domain(),
        places::domain(),
        people::domain(),
        notices::domain(),
        attachments::domain(),
        incidents::domain(),
        roster::domain(),
        windows::domain(),
        audit::domain(),
        crate::domain(),
    ];
    let t = TestApp::new(engine, rulebook::shipped().unwrap(), domains).await;
    let admin = Actor::local("test");
    let a = || t.app.act(&admin, "test.build", Purpose::Administration, t.app.fresh_command());
    use places::model::{NewStation, NewSubBureau};
    let sub = NewSubBureau { code: "FJ".into(), name: "海拉尔区分局".into(), region: "150702".into() };
    let sub = places::actions::add_sub_bureau(&t.app, &a(), sub).await.unwrap();
    let new = NewStation { sub_bureau: sub, code: "ZY".into(), name: "正阳派出所".into(), region: "150702".into(), address: "中央街".into() };
    let station = places::actions::add_station(&t.app, &a(), new).await.unwrap();
    let leader = actor(Role::StationLeader, station);
    let by = || t.app.act(&leader, "windows.setup", Purpose::Window, t.app.fresh_command());
    let s = NewService {
        kind: "cert_temporary_id".into(),
        name: "临时身份证明".into(),
        papers: vec![Paper { text: "本人居民身份证等法定有效证件".into(), source: "规范".into() }],
        note: String::new(),
        minutes: 15,
        letter: "A".into(),
        bookable: true,
        at_door: true,
        position: 1,
        version: 0,
    };
    let service = windows::actions::save_service(&t.app, &by(), None, s).await.unwrap();
    let w = NewWindow { name: "1 号窗口".into(), post_id: None, services: vec![], position: 1, version: 0 };
    let w = windows::actions::save_window(&t.app, &by(), None, w).await.unwrap();
    let week = Week { work: parse_spans("09:00-20:00").unwrap(), ..Week::default() };
    windows::actions::set_hours(&t.app, &by(), w, "2026-05-08".parse().unwrap(), week, "开办").await.unwrap();
    (t, station, service)
}

/// The memory of guesses is the process's: one test after the other, each in hours of its own.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// A desk of the command room that takes by telephone.
async fn by_phone(t: &TestApp, desk: &Actor, more: &[(&str, &str)]) -> String {
    let mut fields = vec![("source_code", "0101"), ("content", "楼上每晚拖动桌椅"), ("place", "金桂园"), ("reporter_name", "其木格"), ("reporter_phone", "13800001234")];
    fields.extend_from_slice(more);
    t.post(desk, "/incidents/new", &fields).await.is(303).location().to_string()
}

#[tokio::test]
async fn a_receipt_of_the_desk_opens_the_public_page_like_one_given_online() {
    let _alone = ALONE.lock().await;
    for (n, engine) in (0..).zip(engines()) {
        let (t, station, _) = town(engine).await;
        t.app.clock().advance((n + 10) * 7_200);
        let who = Actor::resident(StationId::NIL);
        let desk = actor(Role::Operator, station);
        for (more, to) in [(&[][..], "reporter"), (&[("secret", "1")][..], "reporter"), (&[("minor", "1")][..], "guardian")] {
            let incident = by_phone(&t, &desk, more).await;
            let secret = secret_of(&t.post(&desk, &format!("{incident}/receipt/read"), &[("given_to", to)]).await.is(200));
            // The officer in charge looks; the reporter sees it, by unit, role and purpose.
            t.get(&actor(Role::DutyLeader, station), &incident).await.is(200);
            let typed = t.post(&who, "/p/receipt", &[("secret", &secret.to_lowercase())]).await.is(200).says("正在安排人员").says("带班领导");
            let scanned = t.get(&who, &format!("/p/receipt/{}", secret.replace('-', ""))).await.is(200).says("正在安排人员");
            for page in [&typed, &scanned] {
                assert!(!page.body.contains("其木格") && !page.body.contains("****1234") && !page.body.contains("13800001234"), "{engine}");
            }
        }
        t.get(&who, "/p/receipt/AAAAA-BBBBB-CCCCC-DDDDD").await.is(422).says("没有找到这份回执");
        // What was handed over says to whom.
        let incident = by_phone(&t, &desk, &[]).await;
        let secret = secret_of(&t.post(&desk, &format!("{incident}/receipt/read"), &[("given_to", "reporter")]).await.is(200));
        t.post(&desk, &format!("{incident}/outside"), &[("reason", "other_police_unit"), ("why", "辖区")]).await.is(303);
        t.post(&desk, &format!("{incident}/hand-over"), &[("unit", "海东派出所"), ("way", "paper")]).await.is(303);
        t.post(&who, "/p/receipt", &[("secret", &secret)]).await.is(200).says("已移交").says("海东派出所");
    }
}

#[tokio::test]
async fn who_reports_online_gets_a_receipt_secret_minor_or_not() {
    let _alone = ALONE.lock().await;
    for (n, engine) in (0..).zip(engines()) {
        let (t, station, _) = town(engine).await;
        t.app.clock().advance((n + 20) * 7_200);
        let who = Actor::resident(StationId::NIL);
        let send = async |more: &[(&str, &str)]| {
            let mut fields = vec![("content", "楼上每晚拖动桌椅"), ("place", "金桂园"), ("reporter_name", "其木格"), ("agree", "1")];
            fields.extend_from_slice(more);
            t.post(&who, &format!("/p/report/{station}"), &fields).await.is(200)
        };
        let plain = send(&[]).await;
        let minor = send(&[("minor", "1")]).await.says("父母或其他监护人保管");
        let secret = send(&[("keep_secret", "1")]).await.says("您要求保密");
        for page in [&plain, &minor, &secret] {
            assert!(!page.body.contains("其木格"), "{engine}");
            t.post(&who, "/p/receipt", &[("secret", &secret_of(page))]).await.is(200).says("已收到");
        }
    }
}

/// The secret that a receipt shows.
fn secret_of(page: &testkit::Answered) -> String {
    let part = page.body.split("receipt__secret\"><code>").nth(1).and_then(|p| p.split('<').next());
    part.expect("a secret on the receipt").to_string()
}

#[tokio::test]
async fn a_resident_books_looks_changes_and_cancels_without_an_account() {
    let _alone = ALONE.lock().await;
    for (n, engine) in (0..).zip(engines()) {
        let (t, station, service) = town(engine).await;
        // The memory of guesses is the process's, and the next engine comes from the same place: the pause must be over.
        t.app.clock().advance(n * 7_200);
        let who = Actor::resident(StationId::NIL);
        t.get(&who, "/p/windows/x").await.is(404);
        t.get(&who, &format!("/p/windows/{station}/{station}")).await.is(404);
        t.get(&who, &format!("/p/windows/{station}")).await.is(200).says("09:00-20:00").says("不开放").says("临时身份证明");
        t.get(&who, &format!("/p/windows/{station}/{service}")).await.is(200).says("这是全部材料").says("申请上门");
        t.get(&who, "/p/certificates?q=%E5%A9%9A%E5%A7%BB").await.is(200).says("婚姻登记机关");
        let page = format!("/p/windows/{station}/{service}/book");
        t.get(&who, &page).await.is(200).says("19:45").says("个人信息处理告知");
        let fields = |slot: &'static str, agree: &'static str| {
            [("channel", "window"), ("slot", slot), ("reporter_name", "其木格"), ("reporter_phone", "10000000001"), ("agree", agree)]
        };
        t.post(&who, &page, &fields("", "")).await.is(422).says("请选择一个时间").says("请先阅读").says("其木格");
        t.post(&who, &page, &fields("2026-05-10 600", "1")).await.is(422).says("窗口不开放").says("5 月 11 日 09:00");
        let command = t.app.fresh_command().to_string();
        let mut right = fields("2026-05-08 1170", "1").to_vec();
        right.push(("command_id", command.as_str()));
        let first = secret_of(&t.post(&who, &page, &right).await.is(200).says("正阳约〔2026〕1号").says("19:30"));
        t.post(&who, &page, &right).await.is(200).says("正阳约〔2026〕1号").says(&first);
        t.post(&who, &page, &fields("2026-05-08 1170", "1")).await.is(422).says("刚刚约满").says("接下来可以预约的时间");

        t.post(&who, "/p/booking", &[("code", "")]).await.is(422).says("请填写查询码");
        t.post(&who, "/p/booking", &[("code", "0000-1111")]).await.is(422).says("没有找到这个预约");
        let typed = first.replace('-', "").to_lowercase();
        let code = ("code", typed.as_str());
        t.post(&who, "/p/booking", &[code]).await.is(200).says("请按时到窗口").says("改到别的时间");
        t.post(&who, "/p/booking/change", &[code, ("slot", "")]).await.is(422).says("请选择一个时间");
        t.post(&who, "/p/booking/change", &[code, ("slot", "2026-05-11 540")]).await.is(200).says("5 月 11 日 星期一 09:00").says("正阳约〔2026〕2号");
        // The leader shuts the window: the page says so before any clocked work.
        let leader = actor(Role::StationLeader, station);
        let act = t.app.act(&leader, "windows.close", Purpose::Window, t.app.fresh_command());
        windows::actions::close(&t.app, &act, None, "2026-05-11".parse().unwrap(), 0, 1_440, "停电检修").await.unwrap();
        t.post(&who, "/p/booking", &[code]).await.is(200).says("开放时间变了").says("预约还在");
        t.post(&who, "/p/booking/cancel", &[code]).await.is(200).says("已取消");
        t.post(&who, "/p/booking/cancel", &[code]).await.is(422).says("现在是“已取消”");

        // A visit at home.
        t.get(&who, &format!("{page}?channel=door")).await.is(200).says("希望哪天上门");
        let door = [("channel", "door"), ("day", "2026-05-12"), ("place", "伊敏河畔1号楼1单元201"), ("reporter_name", "乌兰"), ("reporter_phone", "10000000002"), ("agree", "1")];
        let visit = secret_of(&t.post(&who, &page, &door).await.is(200).says("已收到上门申请"));
        t.post(&who, "/p/booking", &[("code", visit.as_str())]).await.is(200).says("正在安排");
        t.post(&who, "/p/ticket", &[("code", "0000-2222")]).await.is(422).says("没有找到这张票");
        // What was guessed is slowed and recorded; a hundred bookings from one place are not taken.
        t.app.clock().advance(3_600);
        let mut paused = false;
        for _ in 0..40 {
            let r = t.post(&who, "/p/booking", &[("code", "0000-3333")]).await.is(422);
            if r.body.contains("暂停查询十分钟") {
                paused = true;
                break;
            }
            // The pace grows with the tries; the test does not wait for all of them.
            for _ in 0..8 {
                let _ = crate::guess::begin("unknown", t.app.now());
            }
        }
        assert!(paused);
    }
}

#[tokio::test]
async fn the_screen_in_the_hall_opens_by_its_link_only_and_names_nobody() {
    let _alone = ALONE.lock().await;
    for (n, engine) in (0..).zip(engines()) {
        let (t, station, service) = town(engine).await;
        t.app.clock().advance(n * 7_200);
        let nobody = Actor::resident(StationId::NIL);
        let clerk = actor(Role::WindowClerk, station);
        let made = t.post(&clerk, "/windows/displays", &[("name", "大厅正面")]).await.is(200);
        let path = format!("/p/hall/{}", secret_of(&made).split("/p/hall/").nth(1).unwrap());
        // Somebody comes: on the screen is a number, not a name.
        let by = |action| t.app.act(&clerk, action, Purpose::Window, t.app.fresh_command());
        let look = t.app.look(&clerk, "windows.desk", Purpose::Window);
        let windows = t.app.db().read(&look, async |r: &mut kernel::Reader| windows::store::windows(r, station).await).await.unwrap();
        let window = windows[0].id;
        let drawn = windows::actions::draw(&t.app, &by("windows.draw"), service, false, &[n as u8; 32]).await.unwrap();
        let page = t.get(&nobody, &path).await.is(200).says("正阳派出所 窗口叫号").says("1 号窗口").says(&drawn.label).says("every=\"5\"");
        assert!(!page.body.contains("返回工作台") && !page.body.contains("href=\"/\""), "{}", page.body);
        windows::actions::stand(&t.app, &by("windows.stand"), window).await.unwrap();
        windows::actions::call(&t.app, &by("windows.call"), window, Some(drawn.id)).await.unwrap();
        heard(&t, engine);
        let live = t.get(&nobody, &format!("{path}/live")).await.is(200).says("请到窗口").says(&drawn.label);
        assert!(!live.body.contains("fq-live") && !live.body.contains("测试"), "no name: {}", live.body);
        // The link opens the screen and nothing else.
        assert!(t.get(&nobody, "/windows/display").await.is(303).location().starts_with("/login"));
        // Who guesses is slowed and then refused; the screen itself goes on.
        t.get(&nobody, "/p/hall/AAAAABBBBBCCCCCDDDDD").await.is(404);
        let mut paused = false;
        for _ in 0..40 {
            if t.get(&nobody, "/p/hall/AAAAABBBBBCCCCCDDDDD/live").await.status == 429 {
                paused = true;
                break;
            }
            for _ in 0..8 {
                let _ = crate::guess::begin("hall unknown", t.app.now());
            }
        }
        assert!(paused, "{engine}");
        t.get(&nobody, &path).await.is(200);
        // Ended: refused with the way on, also for the screen that still asks; it counts as no guess.
        let id = t.get(&clerk, "/windows/displays").await.is(200).says("在用").body;
        let id = id.split("/windows/displays/").nth(1).unwrap().split('/').next().unwrap().to_string();
        t.post(&clerk, &format!("/windows/displays/{id}/end"), &[]).await.is(303);
        heard(&t, engine);
        for path in [path.clone(), format!("{path}/live")] {
            t.get(&nobody, &path).await.is(422).says("已经停用").says("大屏链接");
        }
        t.get(&clerk, "/windows/displays").await.is(200).says("已停用");
    }
}

/// With PostgreSQL an event comes in from the server a little later: the time for which a screen may show what was.
fn heard(t: &TestApp, engine: &str) {
    if engine == "postgres" {
        t.app.clock().advance(kernel::moments::SECONDS);
    }
}

#[tokio::test]
async fn screens_that_ask_all_the_time_ask_the_database_once() {
    let _alone = ALONE.lock().await;
    for (n, engine) in (0..).zip(engines()) {
        let (t, station, service) = town(engine).await;
        t.app.clock().advance(n * 7_200);
        let nobody = Actor::resident(StationId::NIL);
        let clerk = actor(Role::WindowClerk, station);
        let made = async |name: &str| format!("/p/hall/{}", secret_of(&t.post(&clerk, "/windows/displays", &[("name", name)]).await.is(200)).split("/p/hall/").nth(1).unwrap());
        let (front, back) = (made("大厅正面").await, made("大厅侧面").await);
        t.app.clock().advance(5);
        let reads = || t.app.db().counts().reads;
        t.get(&nobody, &front).await.is(200);
        t.get(&nobody, &back).await.is(200);
        // Both links are known and the hall is read: whoever asks for two seconds more costs nothing, page or fragment.
        let before = reads();
        for _ in 0..20 {
            t.app.clock().set(kernel::clock::from_micros(t.app.now().as_microsecond() + 100_000));
            for path in [front.clone(), format!("{front}/live"), format!("{back}/live")] {
                t.get(&nobody, &path).await.is(200).says("没有人在等");
            }
        }
        // With PostgreSQL the making of the links may be heard of late.
        let late = if engine == "postgres" { 6 } else { 0 };
        assert!(reads() - before <= late, "{engine}: {} for sixty polls", reads() - before);
        let before = reads();
        // After three seconds each link and the hall are read once.
        t.app.clock().advance(kernel::moments::SECONDS);
        for _ in 0..5 {
            t.get(&nobody, &format!("{front}/live")).await.is(200);
            t.get(&nobody, &format!("{back}/live")).await.is(200);
        }
        assert!((3..=3 + late).contains(&(reads() - before)), "{engine}: {}", reads() - before);
        // Somebody draws a ticket: the screen does not wait for the time to pass.
        let act = t.app.act(&clerk, "windows.draw", Purpose::Window, t.app.fresh_command());
        let drawn = windows::actions::draw(&t.app, &act, service, false, &[n as u8 + 7; 32]).await.unwrap();
        heard(&t, engine);
        t.get(&nobody, &format!("{front}/live")).await.is(200).says(&drawn.label);
        // A link that never was is not remembered.
        t.get(&nobody, "/p/hall/AAAAABBBBBCCCCCEEEEE").await.is(404);
    }
}
