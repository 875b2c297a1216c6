//! A small station: six officers, four auxiliaries, two clerks, two leaders; five posts.

use crate::actions as act;
use crate::model::*;
use kernel::row::Json;
use kernel::{Act, Actor, Date, Purpose, Reader, Role, StationId, Uuid};
use testkit::{TestApp, actor};

pub struct Town {
    pub t: TestApp,
    pub station: StationId,
    pub leader: Actor,
    pub planner: Actor,
    pub officers: Vec<Actor>,
    pub auxiliaries: Vec<Actor>,
    pub stranger: Actor,
}

pub fn d(s: &str) -> Date {
    s.parse().unwrap()
}

impl Town {
    pub fn act(&self, who: &Actor, action: &'static str) -> Act {
        self.t.app.act(who, action, Purpose::Administration, self.t.app.fresh_command())
    }

    pub async fn read<T>(&self, f: impl AsyncFnOnce(&mut Reader) -> kernel::Result<T>) -> T {
        let look = self.t.app.look(&self.planner, "roster.test", Purpose::Administration);
        self.t.app.db().read(&look, f).await.unwrap()
    }

    pub async fn seen(&self, id: Uuid) -> act::Seen {
        let (rules, station) = (self.t.app.rules(), self.station);
        self.read(async |r: &mut Reader| act::see(r, &rules, station, id).await).await
    }

    pub async fn problem(&self, month: Date) -> kernel::Result<Problem> {
        let (rules, station) = (self.t.app.rules(), self.station);
        let look = self.t.app.look(&self.planner, "roster.test", Purpose::Administration);
        self.t.app.db().read(&look, async |r: &mut Reader| act::problem(r, &rules, station, month).await).await
    }

    /// Solves and waits for the end.
    pub async fn searched(&self, month: Date, seconds: i64) -> act::Seen {
        let id = act::start(&self.t.app, &self.act(&self.planner, "roster.start"), month, seconds).await.unwrap();
        self.ended(id).await
    }

    /// Solves until the rules are kept; longer on a busy machine.
    pub async fn solved(&self, month: Date) -> act::Seen {
        for seconds in [1, 4, 12, 40, 120] {
            let seen = self.searched(month, seconds).await;
            if seen.judged.findings.is_empty() {
                return seen;
            }
        }
        panic!("no roster that keeps the rules");
    }

    pub async fn ended(&self, id: Uuid) -> act::Seen {
        for _ in 0..1000 {
            let seen = self.seen(id).await;
            if seen.plan.state != State::Running {
                return seen;
            }
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        }
        panic!("the search does not end");
    }
}

fn post(name: &str, kind: PostKind, standings: &[Standing], mix: MixRule, must: bool, paid: i64) -> Post {
    Post {
        station_id: StationId::NIL,
        id: Uuid::nil(),
        name: name.into(),
        kind,
        standings: Json(standings.to_vec()),
        skill: String::new(),
        mix,
        must,
        paid_percent: paid,
        by_quarter: false,
        position: kind as i64,
        version: 1,
    }
}

/// (name, code, start hour, hours, people on work days, weekends, holidays)
type Line = (&'static str, &'static str, i64, i64, i64, i64, i64);

pub fn set(post: Post, lines: &[Line]) -> PostSet {
    let mut s = PostSet { post, shifts: vec![], needs: vec![] };
    for (i, l) in lines.iter().enumerate() {
        let place = i as i64;
        s.shifts.push(Shift { id: Uuid::nil(), post_id: Uuid::nil(), name: l.0.into(), code: l.1.into(), start_minute: l.2 * 60, minutes: l.3 * 60, position: place });
        for (day_type, people) in [(DayType::Work, l.4), (DayType::Rest, l.5), (DayType::Holiday, l.6)] {
            s.needs.push(Need { post_id: Uuid::nil(), day_type, shift_id: Some(act::placeholder(place)), from_minute: 0, until_minute: 0, people });
        }
    }
    s
}

pub fn posts() -> Vec<PostSet> {
    use Standing::{Auxiliary, Clerk, Leader, Officer};
    vec![
        set(post("带班领导", PostKind::Lead, &[Leader], MixRule::None, false, 50), &[("全天", "带", 8, 24, 1, 1, 1)]),
        set(post("指挥室", PostKind::Command, &[Officer, Auxiliary], MixRule::Officer, true, 100), &[("白班", "白", 8, 12, 2, 2, 2), ("夜班", "夜", 20, 12, 1, 1, 1)]),
        set(post("窗口", PostKind::Window, &[Officer, Clerk], MixRule::None, false, 100), &[("日班", "窗", 9, 8, 1, 0, 0)]),
        set(post("社区", PostKind::Community, &[Officer], MixRule::None, false, 100), &[("日班", "社", 8, 8, 1, 0, 0)]),
        set(post("巡逻", PostKind::Patrol, &[Officer, Auxiliary], MixRule::Pairs, false, 100), &[("晚巡", "巡", 16, 8, 2, 2, 2)]),
    ]
}

pub async fn town(engine: &str) -> Town {
    build(engine, vec![identity::domain(), places::domain(), notices::domain(), crate::domain()]).await
}

/// The same with the cameras below it.
pub async fn town_with_cameras(engine: &str) -> Town {
    let below = vec![identity::domain(), attachments::domain(), places::domain(), people::domain(), notices::domain(), incidents::domain(), video::domain()];
    build(engine, below.into_iter().chain([crate::domain()]).collect()).await
}

async fn build(engine: &str, domains: Vec<web::Domain>) -> Town {
    let t = TestApp::new(engine, rulebook::shipped().unwrap(), domains).await;
    let admin = Actor::local("test");
    let a = || t.app.act(&admin, "test.build", Purpose::Administration, t.app.fresh_command());
    use places::model::{NewStation, NewSubBureau};
    let sub = NewSubBureau { code: "FJ".into(), name: "海拉尔区分局".into(), region: "150702".into() };
    let sub = places::actions::add_sub_bureau(&t.app, &a(), sub).await.unwrap();
    let new = NewStation { sub_bureau: sub, code: "ZY".into(), name: "正阳派出所".into(), region: "150702".into(), address: "中央街".into() };
    let station = places::actions::add_station(&t.app, &a(), new).await.unwrap();
    let mut all = vec![];
    let crew = [(Role::StationLeader, 1), (Role::DutyLeader, 2), (Role::Officer, 7), (Role::Auxiliary, 4), (Role::WindowClerk, 2)];
    for (role, many) in crew {
        for n in 0..many {
            let new = identity::model::NewUser {
                station,
                unit: "正阳派出所".into(),
                account: format!("t.{}{n}", role.code()),
                name: format!("{}{}", role.label(), ["甲", "乙", "丙", "丁", "戊", "己", "庚"][n]),
                role,
                password: "Steppe-wind 7".into(),
                must_change: false,
            };
            let name = new.name.clone();
            let mut who = actor(role, station);
            who.user = identity::actions::create_hashed(&t.app, &a(), new, "unusable").await.unwrap();
            who.name = name;
            all.push(who);
        }
    }
    let of = |role: Role| all.iter().filter(|a| a.role == role).cloned().collect::<Vec<_>>();
    let town = Town {
        leader: of(Role::StationLeader)[0].clone(),
        planner: of(Role::DutyLeader)[0].clone(),
        officers: of(Role::Officer),
        auxiliaries: of(Role::Auxiliary),
        stranger: actor(Role::DutyLeader, StationId(Uuid::from_u128(5))),
        station,
        t,
    };
    for set in posts() {
        act::save_post(&town.t.app, &town.act(&town.planner, "roster.post"), set).await.unwrap();
    }
    for who in &all {
        let standing = crate::rules::usual_standing(who.role).unwrap();
        let fill = if matches!(standing, Standing::Leader | Standing::Clerk) { 0 } else { 70 };
        let c = Contract { id: Uuid::nil(), user_id: who.user, standing, week_hours: 40, fill_percent: fill, from_day: d("2026-01-01"), until_day: None };
        act::add_contract(&town.t.app, &town.act(&town.planner, "roster.contract"), c).await.unwrap();
    }
    town
}
