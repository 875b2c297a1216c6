//! A small station with a window from nine to five, three weeks of tickets at it, and a post of the roster.

use kernel::row::Json;
use kernel::{Act, Actor, Date, Purpose, Reader, Role, StationId, Timestamp, ToSpan, Uuid};
use roster::model::{DayType, MixRule, Need, Post, PostKind, PostSet, Shift, Standing};
use testkit::{TestApp, actor};
use windows::model::{NewService, NewWindow, Paper, Week, moment};

pub struct Town {
    pub t: TestApp,
    pub station: StationId,
    pub leader: Actor,
    pub clerk: Actor,
    pub officer: Actor,
    pub stranger: Actor,
    /// 居住证申领 (20 minutes), 临时身份证明 (10).
    pub services: Vec<Uuid>,
    pub window: Uuid,
    pub post: Uuid,
}

pub fn d(s: &str) -> Date {
    s.parse().unwrap()
}

impl Town {
    pub fn act(&self, who: &Actor, action: &'static str) -> Act {
        self.t.app.act(who, action, Purpose::Window, self.t.app.fresh_command())
    }

    pub fn at(&self, who: &Actor, action: &'static str, at: Timestamp) -> Act {
        Act { at, ..self.act(who, action) }
    }

    pub async fn read<T>(&self, f: impl AsyncFnOnce(&mut Reader) -> kernel::Result<T>) -> T {
        let look = self.t.app.look(&self.leader, "demand.test", Purpose::Statistics);
        self.t.app.db().read(&look, f).await.unwrap()
    }

    pub async fn draw(&self, service: usize, day: Date, minute: i64) {
        let receipt = self.t.app.vault().token().1;
        let act = self.at(&self.clerk, "windows.draw", moment(day, minute));
        windows::actions::draw(&self.t.app, &act, self.services[service], false, &receipt).await.unwrap();
    }

    /// Tickets on every working day of the last `weeks` weeks: two at nine, one at ten, one at three.
    pub async fn past(&self, weeks: i64) {
        let today = self.t.app.today();
        for back in (1..=weeks * 7).rev() {
            let day = today.saturating_sub(back.days());
            if !self.t.app.rules().calendar().is_working(day) {
                continue;
            }
            for (service, minute) in [(0, 542), (1, 545), (0, 612), (1, 905)] {
                self.draw(service, day, minute).await;
            }
        }
    }

    pub async fn gathered(&self, stream: crate::model::Stream) -> crate::actions::Gathered {
        let (rules, station) = (self.t.app.rules(), self.station);
        self.read(async |r: &mut Reader| crate::actions::gather(r, &rules, station, stream).await).await
    }
}

fn post() -> PostSet {
    let shift = |name: &str, code: &str, start: i64, hours: i64, position: i64| Shift {
        id: Uuid::nil(),
        post_id: Uuid::nil(),
        name: name.into(),
        code: code.into(),
        start_minute: start * 60,
        minutes: hours * 60,
        position,
    };
    let post = Post {
        station_id: StationId::NIL,
        id: Uuid::nil(),
        name: "户籍窗口".into(),
        kind: PostKind::Window,
        standings: Json(vec![Standing::Clerk, Standing::Officer]),
        skill: String::new(),
        mix: MixRule::None,
        must: false,
        paid_percent: 100,
        by_quarter: false,
        position: 1,
        version: 1,
    };
    let needs = [(DayType::Work, 1), (DayType::Rest, 0), (DayType::Holiday, 0)].map(|(day_type, people)| Need {
        post_id: Uuid::nil(),
        day_type,
        shift_id: Some(roster::actions::placeholder(0)),
        from_minute: 0,
        until_minute: 0,
        people,
    });
    PostSet { post, shifts: vec![shift("日班", "窗", 9, 8, 0)], needs: needs.to_vec() }
}

/// The station without services, windows and posts.
pub async fn bare(engine: &str) -> Town {
    let domains = vec![
        identity::domain(),
        attachments::domain(),
        places::domain(),
        people::domain(),
        notices::domain(),
        incidents::domain(),
        roster::domain(),
        windows::domain(),
        surveys::domain(),
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
    let mut crew = vec![];
    for (n, (role, name)) in [(Role::StationLeader, "王所长"), (Role::WindowClerk, "窗口甲"), (Role::Officer, "民警甲")].into_iter().enumerate() {
        let new = identity::model::NewUser {
            station,
            unit: "正阳派出所".into(),
            account: format!("t.{n}"),
            name: name.into(),
            role,
            password: "Steppe-wind 7".into(),
            must_change: false,
        };
        let mut who = actor(role, station);
        who.user = identity::actions::create_hashed(&t.app, &a(), new, "unusable").await.unwrap();
        who.name = name.into();
        crew.push(who);
    }
    Town {
        leader: crew[0].clone(),
        clerk: crew[1].clone(),
        officer: crew[2].clone(),
        stranger: actor(Role::StationLeader, StationId(Uuid::from_u128(5))),
        station,
        services: vec![],
        window: Uuid::nil(),
        post: Uuid::nil(),
        t,
    }
}

impl Town {
    pub async fn add_services(&mut self) {
        for (n, (kind, minutes)) in [("residence_permit", 20), ("cert_temporary_id", 10)].into_iter().enumerate() {
            let k = windows::rules::catalogue::find(&self.t.app.rules(), kind).unwrap();
            let s = NewService {
                kind: kind.into(),
                name: k.name.clone(),
                papers: k.papers.iter().map(|p| Paper { text: p.clone(), source: k.source.clone() }).collect(),
                note: String::new(),
                minutes,
                letter: ["A", "B"][n].into(),
                bookable: true,
                at_door: n == 1,
                position: n as i64,
                version: 0,
            };
            self.services.push(windows::actions::save_service(&self.t.app, &self.act(&self.leader, "windows.service"), None, s).await.unwrap());
        }
    }

    pub async fn add_window(&mut self) {
        let w = NewWindow { name: "1 号窗口".into(), post_id: None, services: vec![], position: 1, version: 0 };
        let act = self.at(&self.leader, "windows.window", moment(self.t.app.today().saturating_sub(190.days()), 470));
        self.window = windows::actions::save_window(&self.t.app, &act, None, w).await.unwrap();
    }

    /// Hours by hand from half a year ago on.
    pub async fn open_window(&self) {
        let from = self.t.app.today().saturating_sub(190.days());
        let week = Week { work: windows::rules::parse_spans("09:00-12:00，14:00-17:00").unwrap(), ..Week::default() };
        let act = self.at(&self.leader, "windows.hours", moment(from, 480));
        windows::actions::set_hours(&self.t.app, &act, self.window, from, week, "开办").await.unwrap();
    }

    pub async fn add_post(&mut self) {
        let act = self.t.app.act(&self.leader, "roster.post", Purpose::Administration, self.t.app.fresh_command());
        self.post = roster::actions::save_post(&self.t.app, &act, post()).await.unwrap();
    }
}

/// Everything, with `weeks` weeks of tickets.
pub async fn town(engine: &str, weeks: i64) -> Town {
    let mut t = bare(engine).await;
    t.add_services().await;
    t.add_window().await;
    t.open_window().await;
    t.add_post().await;
    t.past(weeks).await;
    t
}
