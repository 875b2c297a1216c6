//! What bad input gets, over HTTP through the whole router with the real sign-in, on both engines.

mod tables;
mod twice;

use crate::common::{self, PASSWORD};
use fengqiao::domains;
use http::{Method, Request, header};
use kernel::{Actor, App, Purpose, Role, StationId, Timestamp, Uuid};
use testkit::{Answered, TestApp, actor, engines};

struct World {
    t: TestApp,
    station: StationId,
    officer: Actor,
    operator: Actor,
}

async fn hire(app: &App, station: StationId, account: &str, role: Role) -> Actor {
    let mut who = actor(role, station);
    who.user = common::hire(app, station, account, role).await;
    who
}

async fn world(engine: &str) -> World {
    let t = TestApp::with_caller(engine, rulebook::shipped().unwrap(), domains::all(), identity::caller).await;
    let who = Actor::local("test");
    let act = || t.app.act(&who, "test.build", Purpose::Administration, t.app.fresh_command());
    let sub = places::model::NewSubBureau { code: "150702-FJ".into(), name: "测试分局".into(), region: "150702".into() };
    let sub_bureau = places::actions::add_sub_bureau(&t.app, &act(), sub).await.unwrap();
    let new = places::model::NewStation {
        sub_bureau,
        code: "150702990000".into(),
        name: "测试派出所".into(),
        region: "150702".into(),
        address: "测试路1号".into(),
    };
    let station = places::actions::add_station(&t.app, &act(), new).await.unwrap();
    let officer = hire(&t.app, station, "officer", Role::Officer).await;
    let operator = hire(&t.app, station, "operator", Role::Operator).await;
    World { t, station, officer, operator }
}

impl World {
    async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: impl Into<axum::body::Body>) -> Answered {
        let mut req = Request::builder().method(method).uri(path).header(header::HOST, "test.local");
        for (k, v) in headers {
            req = req.header(*k, *v);
        }
        self.t.send(req.body(body.into()).unwrap()).await
    }

    /// Posts form fields with a cookie ("" for none).
    async fn post(&self, cookie: &str, path: &str, fields: &[(&str, &str)]) -> Answered {
        let pairs: Vec<String> = fields.iter().map(|(k, v)| format!("{k}={}", quoted(v))).collect();
        let kind = ("content-type", "application/x-www-form-urlencoded");
        self.send(Method::POST, path, &[kind, ("cookie", cookie), ("x-client-ip", "192.0.2.7")], pairs.join("&")).await
    }

    async fn sign_in(&self, account: &str) -> String {
        let a = self.post("", "/login", &[("account", account), ("password", PASSWORD)]).await.is(303);
        a.headers[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_string()
    }

    async fn reports(&self) -> usize {
        let look = self.t.app.look(&self.operator, "test.look", Purpose::Incident);
        let first = (Timestamp::MIN, kernel::IncidentId(Uuid::nil()));
        let all = self.t.app.db().read(&look, async |r: &mut kernel::Reader| {
            incidents::store::pages(r, self.station, Timestamp::MIN, Timestamp::MAX, first, 500).await
        });
        all.await.unwrap().len()
    }

    /// Entries of an action in all chains.
    async fn entries(&self, action: &str) -> i64 {
        let look = self.t.app.look(&Actor::system(), "test.look", Purpose::Audit);
        let like = format!("%\"action\":\"{action}\"%");
        let n = self.t.app.db().read(&look, async |r: &mut kernel::Reader| {
            r.count(kernel::sql!("select count(*) as n from kernel_audit where body like $1"), kernel::args![like]).await
        });
        n.await.unwrap()
    }

    /// An incident dispatched to the officer and acknowledged.
    async fn at_work(&self) -> kernel::IncidentId {
        let app = &self.t.app;
        let act = |who: &Actor, what: &'static str| app.act(who, what, Purpose::Incident, app.fresh_command());
        let new = incidents::model::NewIntake {
            source_code: "0101".into(),
            content: "楼上半夜拖动桌椅".into(),
            place: "测试路1号".into(),
            ..Default::default()
        };
        use incidents::actions as a;
        let id = a::take(app, &act(&self.operator, "incidents.take"), new).await.unwrap().id;
        a::dispatch(app, &act(&self.operator, "incidents.dispatch"), id, &[self.officer.user], "请处理").await.unwrap();
        let look = app.look(&self.officer, "test.look", Purpose::Incident);
        let orders = app.db().read(&look, async |r: &mut kernel::Reader| incidents::store::orders::of_incident(r, id).await).await.unwrap();
        let step = a::StepArgs { order: orders[0].id, step: incidents::model::Step::Acknowledge };
        a::step(app, &act(&self.officer, "incidents.step"), id, step).await.unwrap();
        id
    }
}

fn quoted(text: &str) -> String {
    text.bytes().map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// A form with one file.
fn multipart(fields: &[(&str, &str)], file: (&str, &str, &[u8])) -> (String, Vec<u8>) {
    let edge = "------------------------edge5f3a";
    let mut body = vec![];
    for (k, v) in fields {
        body.extend(format!("--{edge}\r\nContent-Disposition: form-data; name=\"{k}\"\r\n\r\n{v}\r\n").bytes());
    }
    let (field, name, bytes) = file;
    body.extend(format!("--{edge}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\nContent-Type: image/jpeg\r\n\r\n").bytes());
    body.extend(bytes);
    body.extend(format!("\r\n--{edge}--\r\n").bytes());
    (format!("multipart/form-data; boundary={edge}"), body)
}

#[tokio::test]
async fn a_wrong_or_huge_upload_is_refused_by_name_and_what_was_typed_stays() {
    for engine in engines() {
        let w = world(engine).await;
        let id = w.at_work().await;
        let cookie = w.sign_in("officer").await;
        let path = format!("/incidents/{id}/feedback");
        let typed = "现场为三楼住户，已劝停。";
        let program = [b"\x7fELF", &[0u8; 4_000][..]].concat();
        let bomb = b"\xff\xd8\xff not a photo at all".to_vec();
        let large = [b"\x89PNG\r\n\x1a\n", &vec![7u8; 21 * 1024 * 1024][..]].concat();
        for (name, bytes, says) in [("photo.jpg", program, "photo.jpg"), ("cut.jpg", bomb, "打不开"), ("big.png", large, "20 MB")] {
            let command = w.t.app.fresh_command().to_string();
            let (kind, body) = multipart(&[("command_id", &command), ("text", typed)], ("photos", name, &bytes));
            w.send(Method::POST, &path, &[("content-type", &kind), ("cookie", &cookie)], body).await.is(422).says(says).says(typed);
        }
        let (kind, body) = multipart(&[("text", typed)], ("photos", "huge.png", &vec![7u8; 34 * 1024 * 1024]));
        w.send(Method::POST, &path, &[("content-type", &kind), ("cookie", &cookie)], body).await.is(413).says("减少附件");
        let (kind, mut body) = multipart(&[("text", typed)], ("photos", "torn.png", b"x"));
        body.truncate(body.len() - 40);
        w.send(Method::POST, &path, &[("content-type", &kind), ("cookie", &cookie)], body).await.is(413).says("没有收全");
        assert_eq!(w.entries("incidents.interim").await + w.entries("incidents.final").await, 0, "{engine}");
    }
}

/// The secret that a receipt shows.
fn secret_of(page: &Answered) -> String {
    let part = page.body.split("receipt__secret\"><code>").nth(1).and_then(|p| p.split('<').next());
    part.expect("a secret on the receipt").trim().to_string()
}

#[tokio::test]
async fn a_report_sent_twice_is_one_report_with_one_receipt() {
    for engine in engines() {
        let w = world(engine).await;
        let command = w.t.app.fresh_command().to_string();
        let path = format!("/p/report/{}", w.station);
        let fields = [("command_id", command.as_str()), ("content", "楼上半夜拖动桌椅"), ("place", "测试路1号"), ("agree", "1")];
        let (a, b) = tokio::join!(w.post("", &path, &fields), w.post("", &path, &fields));
        let (a, b) = (a.is(200), b.is(200));
        let number = |x: &Answered| x.body.split("receipt__number\">").nth(1).unwrap().split('<').next().unwrap().to_string();
        assert_eq!(number(&a), number(&b), "{engine}");
        assert_eq!(secret_of(&a), secret_of(&b));
        assert_eq!(w.reports().await, 1, "{engine}");
        // The page sent again with another matter in it is another report; a secret that somebody chose is not taken.
        let other = [fields[0], ("content", "楼道里堆了杂物"), fields[2], fields[3], ("secret", "AAAAA-AAAAA-AAAAA-AAAAA")];
        let c = w.post("", &path, &other).await.is(200);
        assert!(number(&c) != number(&a) && secret_of(&c) != secret_of(&a) && !secret_of(&c).contains("AAAAA"));
        assert_eq!(w.reports().await, 2, "{engine}");
    }
}

#[tokio::test]
async fn a_page_left_open_after_sign_out_does_nothing_and_shows_the_way_back() {
    for engine in engines() {
        let w = world(engine).await;
        let cookie = w.sign_in("operator").await;
        let typed = [("source_code", "0101"), ("content", "楼上半夜拖动桌椅"), ("place", "测试路1号")];
        w.send(Method::GET, "/incidents/new", &[("cookie", &cookie)], "").await.is(200);
        w.post(&cookie, "/logout", &[]).await.is(303);
        w.post(&cookie, "/incidents/new", &typed).await.is(401).says("需要重新登录").says("/login?");
        let page = w.send(Method::GET, "/incidents/desk", &[("cookie", &cookie)], "").await.is(303);
        assert!(page.location().starts_with("/login?next="), "{}", page.location());
        w.send(Method::GET, "/incidents/desk/list", &[("cookie", &cookie), ("x-fragment", "1")], "").await.is(401);
        assert_eq!(w.reports().await, 0, "{engine}");
        // Another person's form, sent again by somebody else, is not taken for a repetition.
        let command = w.t.app.fresh_command().to_string();
        let with: Vec<(&str, &str)> = typed.iter().copied().chain([("command_id", command.as_str())]).collect();
        let (one, two) = (w.sign_in("operator").await, w.sign_in("officer").await);
        w.post(&one, "/incidents/new", &with).await.is(303);
        w.post(&two, "/incidents/new", &with).await.is(422).says("刷新页面");
        assert_eq!(w.reports().await, 1, "{engine}");
    }
}

/// Guesses are remembered by the process, but each test has a clock of its own: those who guess go one after another.
static GUESSING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_guessed_a_hundred_times_is_slowed_stopped_and_logged_and_only_its_hash_is_kept() {
    let _alone = GUESSING.lock().await;
    for (n, engine) in engines().into_iter().enumerate() {
        let w = world(engine).await;
        let path = format!("/p/report/{}", w.station);
        let fields = [("content", "楼上半夜拖动桌椅"), ("place", "测试路1号"), ("agree", "1")];
        let secret = secret_of(&w.post("", &path, &fields).await.is(200));
        // 20 letters of an alphabet of 32: 100 random bits; the issue asks for 80.
        let letters: Vec<char> = secret.chars().filter(|c| c.is_alphanumeric()).collect();
        assert!(letters.len() * 5 >= 80, "{secret}");
        let ip = format!("192.0.2.{}", 100 + n);
        let guess = async |typed: &str| {
            let kind = ("content-type", "application/x-www-form-urlencoded");
            w.send(Method::POST, "/p/receipt", &[kind, ("x-client-ip", &ip)], format!("secret={}", quoted(typed))).await
        };
        let begun = std::time::Instant::now();
        let wrong: Vec<String> = (0..100).map(|_| w.t.app.vault().token().0).collect();
        let answers = futures::future::join_all(wrong.iter().map(|s| guess(s))).await;
        assert!(begun.elapsed().as_secs_f32() >= 4.9, "the guesses were not slowed");
        assert!(answers.iter().all(|a| a.status == 422));
        let stopped = answers.iter().filter(|a| a.body.contains("暂停查询十分钟")).count();
        assert_eq!(stopped, 70, "{engine}");
        assert_eq!(w.entries("portal.receipt_refused").await, 30, "{engine}");
        assert_eq!(w.entries("portal.receipt_paused").await, 1, "{engine}");
        guess(&secret).await.is(422);
        // From elsewhere the holder of the receipt is not slowed, however it is typed.
        w.post("", "/p/receipt", &[("secret", &secret.to_lowercase().replace('-', " "))]).await.is(200).says("派出所已收到");
        if engine == "sqlite" {
            w.t.app.db().close().await;
            for file in std::fs::read_dir(std::path::Path::new(&w.t.place).parent().unwrap()).unwrap() {
                let bytes = std::fs::read(file.unwrap().path()).unwrap();
                for form in [secret.clone(), letters.iter().collect::<String>()] {
                    assert!(!bytes.windows(form.len()).any(|x| x == form.as_bytes()), "the secret stands in the database");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_partys_code_guessed_a_hundred_times_is_slowed_stopped_and_logged() {
    let _alone = GUESSING.lock().await;
    for (n, engine) in engines().into_iter().enumerate() {
        let w = world(engine).await;
        use mediation::model::{NewDispute, NewParty, Side};
        let party = |side, name: &str| NewParty { name: name.into(), side: Some(side), ..NewParty::default() };
        let new = NewDispute {
            title: "楼上拖动桌椅".into(),
            summary: "夜里拖椅子".into(),
            source_code: "walk_in".into(),
            parties: vec![party(Side::Applicant, "乌仁其木格"), party(Side::Respondent, "宋䶮群")],
            ..NewDispute::default()
        };
        let act = |action: &'static str| w.t.app.act(&w.officer, action, Purpose::Mediation, w.t.app.fresh_command());
        let id = mediation::actions::open(&w.t.app, &act("mediation.open"), new).await.unwrap();
        let look = w.t.app.look(&w.officer, "test.look", Purpose::Mediation);
        let parties = w.t.app.db().read(&look, async |r: &mut kernel::Reader| mediation::store::parts::parties(r, id).await).await.unwrap();
        let code = w.t.app.vault().token().0;
        dossier::actions::issue(&w.t.app, &act("dossier.pass"), id, parties[0].id, &code).await.unwrap();

        // Typed and scanned in turns, a hundred at once from one place.
        let ip = format!("192.0.2.{}", 120 + n);
        let typed = async |code: &str, ip: &str| {
            let kind = ("content-type", "application/x-www-form-urlencoded");
            w.send(Method::POST, "/p/matter", &[kind, ("x-client-ip", ip)], format!("code={}", quoted(code))).await
        };
        let scanned = async |code: &str, ip: &str| w.send(Method::GET, &format!("/p/matter/{code}"), &[("x-client-ip", ip)], "").await;
        let wrong: Vec<String> = (0..100).map(|_| w.t.app.vault().token().0).collect();
        let begun = std::time::Instant::now();
        let guess = async |(i, c): (usize, &String)| if i % 2 == 0 { typed(c, &ip).await } else { scanned(c, &ip).await };
        let answers = futures::future::join_all(wrong.iter().enumerate().map(guess)).await;
        assert!(begun.elapsed().as_secs_f32() >= 4.9, "the guesses were not slowed");
        assert!(answers.iter().all(|a| a.status == 422 && !a.body.contains("乌仁其木格")), "{engine}");
        let stopped = answers.iter().filter(|a| a.body.contains("暂停查询十分钟")).count();
        assert_eq!(stopped, 70, "{engine}");
        assert_eq!(w.entries("portal.matter_refused").await, 30, "{engine}");
        assert_eq!(w.entries("portal.matter_paused").await, 1, "{engine}");
        // The right code gets nothing from there, and its page from elsewhere, typed or scanned.
        typed(&code, &ip).await.is(422);
        scanned(&code, &ip).await.is(422);
        typed(&code.to_lowercase().replace('-', " "), "192.0.2.9").await.is(200).says("我参加的调解");
        let page = scanned(&code, "192.0.2.9").await.is(200);
        assert!(!page.body.contains("宋䶮群"), "nobody else's name");
        // After ten minutes the place may ask again.
        w.t.app.clock().advance(601);
        typed(&code, &ip).await.is(200);
    }
}

/// What a search shows can be opened, by kind and by right.
#[tokio::test]
async fn every_hit_of_the_search_opens() {
    for engine in engines() {
        let w = world(engine).await;
        let app = &w.t.app;
        let local = Actor::local("test");
        let act = || app.act(&local, "test.build", Purpose::Administration, app.fresh_command());
        use places::model::{NewBuilding, NewEstate, Use};
        let from = "2025-01-01".parse().unwrap();
        let estate = NewEstate { community: None, name: "白桦小区".into(), kind: "小区".into(), street: "白桦路".into(), number: "3号".into(), manager: String::new() };
        let estate = places::actions::add_estate(app, &act(), w.station, estate).await.unwrap();
        let building = NewBuilding { name: "5号楼".into(), use_code: Use::Residential, floors: 6, lon: None, lat: None, grid: None, beat: None, from };
        places::actions::add_building(app, &act(), w.station, estate, building).await.unwrap();
        let new = incidents::model::NewIntake { source_code: "0101".into(), content: "白桦小区有人半夜装修".into(), place: "白桦小区5号楼".into(), ..Default::default() };
        let take = app.act(&w.operator, "incidents.take", Purpose::Incident, app.fresh_command());
        incidents::actions::take(app, &take, new).await.unwrap();
        let cookie = w.sign_in("officer").await;
        let page = w.t.browse(&cookie, "/search?q=%E7%99%BD%E6%A1%A6", None).await.is(200);
        let links: Vec<&str> = page.body.split("<li class=\"mini\">").skip(1).filter_map(|li| li.split("href=\"").nth(1)?.split('"').next()).collect();
        assert_eq!(links.len(), 3, "{engine}: {links:?}");
        for link in &links {
            w.t.browse(&cookie, link, None).await.is(200).says("白桦");
        }
        let kinds: Vec<bool> = ["/incidents/", "/places/buildings/", "/places?estate="].iter().map(|k| links.iter().any(|l| l.starts_with(k))).collect();
        assert_eq!(kinds, [true; 3], "{engine}: {links:?}");
        // The window sees no incidents; grid workers do not search.
        hire(app, w.station, "clerk", Role::WindowClerk).await;
        hire(app, w.station, "grid", Role::GridWorker).await;
        let clerk = w.sign_in("clerk").await;
        assert!(!w.t.browse(&clerk, "/search?q=%E7%99%BD%E6%A1%A6", None).await.is(200).body.contains("/incidents/0"));
        let grid = w.sign_in("grid").await;
        w.t.browse(&grid, "/search?q=%E7%99%BD%E6%A1%A6", None).await.is(403);
    }
}
