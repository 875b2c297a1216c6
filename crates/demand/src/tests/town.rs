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

    /// An open questionnaire that asks for these stretches: which suit, and which first.
    pub async fn hours_survey(&self, hours: &str) -> surveys::model::Survey {
        use surveys::model::{NewQuestion, NewSurvey};
        let app = &self.t.app;
        let act = |action| app.act(&self.leader, action, Purpose::Administration, app.fresh_command());
        let new = NewSurvey { title: "错时问卷".into(), intro: String::new(), anonymous: true, by_household: false, until_day: None };
        let id = surveys::actions::create(app, &act("surveys.create"), new).await.unwrap();
        for (label, kind) in [("什么时候方便来窗口？", "many"), ("最想选哪一段？", "one")] {
            let q = NewQuestion { label: label.into(), kind: kind.into(), choices: hours.into(), required: false, only_if: String::new() };
            surveys::actions::add_question(app, &act("surveys.question"), id, &q).await.unwrap();
        }
        surveys::actions::open(app, &act("surveys.open"), id).await.unwrap();
        let station = self.station;
        self.read(async |r: &mut Reader| surveys::store::survey(r, station, id).await).await
    }

    /// So many of the same answer: places of the stretches that suit, and of the one that is wanted first.
    pub async fn answer_hours(&self, survey: &surveys::model::Survey, n: usize, suits: &[usize], first: usize) {
        let names: Vec<String> = survey.definition.0.items.iter().map(|i| i.name.clone()).collect();
        let choice = |list: usize, n: usize| survey.definition.0.lists[list].choices[n].name.clone();
        for _ in 0..n {
            let answers =
                [(names[0].clone(), suits.iter().map(|s| choice(0, *s)).collect::<Vec<_>>().join(" ")), (names[1].clone(), choice(1, first))];
            let act = self.t.app.act(&Actor::resident(self.station), "surveys.answer", Purpose::OwnMatter, self.t.app.fresh_command());
            surveys::actions::answer(&self.t.app, &act, survey, &answers.into(), surveys::actions::From::Desk, "").await.unwrap();
        }
    }

    /// The window is open on one evening too, 18 to 20; so written that morning, and taken back at night.
    pub async fn evening(&self, day: Date) {
        let spans = |text: &str| windows::rules::parse_spans(text).unwrap();
        let usual = "09:00-12:00，14:00-17:00";
        for (at, from, hours) in [(moment(day, 400), day, format!("{usual}，18:00-20:00")), (moment(day, 1_300), day.saturating_add(1.days()), usual.into())] {
            let week = Week { work: spans(&hours), ..Week::default() };
            windows::actions::set_hours(&self.t.app, &self.at(&self.leader, "windows.hours", at), self.window, from, week, "试开").await.unwrap();
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

    /// A post of the command room (08–20, 20–08), patrols (16–24), and one whose need follows from no curve.
    pub async fn add_watch(&self) -> [Uuid; 3] {
        let shift = |name: &str, code: &str, start: i64, hours: i64, position: i64| Shift {
            id: Uuid::nil(),
            post_id: Uuid::nil(),
            name: name.into(),
            code: code.into(),
            start_minute: start * 60,
            minutes: hours * 60,
            position,
        };
        let mut out = [Uuid::nil(); 3];
        let posts = [
            ("指挥室", PostKind::Command, MixRule::Officer, vec![shift("白班", "白", 8, 12, 0), shift("夜班", "夜", 20, 12, 1)]),
            ("街面巡逻", PostKind::Patrol, MixRule::Pairs, vec![shift("晚巡", "巡", 16, 8, 0)]),
            ("社区", PostKind::Community, MixRule::Officer, vec![shift("日班", "社", 8, 8, 0)]),
        ];
        for (n, (name, kind, mix, shifts)) in posts.into_iter().enumerate() {
            let mut set = post();
            (set.post.name, set.post.kind, set.post.mix) = (name.into(), kind, mix);
            set.post.standings = Json(vec![Standing::Officer, Standing::Auxiliary]);
            let need = |place: i64, day_type: DayType| Need {
                post_id: Uuid::nil(),
                day_type,
                shift_id: Some(roster::actions::placeholder(place)),
                from_minute: 0,
                until_minute: 0,
                people: 2,
            };
            set.needs = (0..shifts.len() as i64).flat_map(|p| DayType::ALL.iter().map(move |k| (p, *k))).map(|(p, k)| need(p, k)).collect();
            set.shifts = shifts;
            let act = self.t.app.act(&self.leader, "roster.post", Purpose::Administration, self.t.app.fresh_command());
            out[n] = roster::actions::save_post(&self.t.app, &act, set).await.unwrap();
        }
        out
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
