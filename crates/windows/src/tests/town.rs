//! A small station with two windows and three services on a Friday morning.

use crate::actions as act;
use crate::model::*;
use crate::rules::catalogue;
use kernel::{Act, Actor, Date, Purpose, Reader, Role, StationId, Uuid};
use testkit::{TestApp, actor};

pub struct Town {
    pub t: TestApp,
    pub station: StationId,
    pub leader: Actor,
    pub clerk: Actor,
    pub second: Actor,
    pub officer: Actor,
    pub stranger: Actor,
    /// 居住证申领 (20 minutes), 临时身份证明 (10, at the door too), 身份证换领 (not bookable).
    pub services: Vec<Uuid>,
    pub windows: Vec<Uuid>,
}

pub fn d(s: &str) -> Date {
    s.parse().unwrap()
}

pub fn spans(text: &str) -> Vec<Span> {
    crate::rules::parse_spans(text).unwrap()
}

impl Town {
    pub fn act(&self, who: &Actor, action: &'static str) -> Act {
        self.t.app.act(who, action, Purpose::Window, self.t.app.fresh_command())
    }

    pub async fn read<T>(&self, f: impl AsyncFnOnce(&mut Reader) -> kernel::Result<T>) -> T {
        let look = self.t.app.look(&self.clerk, "windows.test", Purpose::Window);
        self.t.app.db().read(&look, f).await.unwrap()
    }

    /// A booking by a resident with a phone that ends on `n`.
    pub fn wish(&self, service: usize, day: &str, time: &str, n: u32) -> NewBooking {
        let (h, m) = time.split_once(':').unwrap();
        NewBooking {
            service: self.services[service],
            channel: Channel::Window,
            day: d(day),
            minute: h.parse::<i64>().unwrap() * 60 + m.parse::<i64>().unwrap(),
            name: "其木格".into(),
            phone: format!("1000000{:04}", n),
            frail: false,
            place: String::new(),
            note: String::new(),
            receipt: self.t.app.vault().token_hash(&format!("CODE{n}CODE{n}CODE{n}")).to_vec(),
        }
    }

    pub async fn book(&self, new: NewBooking) -> kernel::Result<act::Made> {
        let who = Actor::resident(self.station);
        act::book(&self.t.app, &self.act(&who, "windows.book"), new).await
    }

    pub async fn booking(&self, id: Uuid) -> Booking {
        let station = self.station;
        self.read(async |r: &mut Reader| crate::store::booking(r, station, id).await).await
    }

    /// Titles of open tasks of the window.
    pub async fn tasks(&self, who: &Actor) -> Vec<String> {
        notices::actions::mine(&self.t.app, who).await.unwrap().0.into_iter().map(|t| t.title).collect()
    }
}

pub async fn town(engine: &str) -> Town {
    let domains = vec![identity::domain(), places::domain(), people::domain(), notices::domain(), roster::domain(), crate::domain()];
    let t = TestApp::new(engine, rulebook::shipped().unwrap(), domains).await;
    let admin = Actor::local("test");
    let a = || t.app.act(&admin, "test.build", Purpose::Administration, t.app.fresh_command());
    use places::model::{NewStation, NewSubBureau};
    let sub = NewSubBureau { code: "FJ".into(), name: "海拉尔区分局".into(), region: "150702".into() };
    let sub = places::actions::add_sub_bureau(&t.app, &a(), sub).await.unwrap();
    let new = NewStation { sub_bureau: sub, code: "ZY".into(), name: "正阳派出所".into(), region: "150702".into(), address: "中央街".into() };
    let station = places::actions::add_station(&t.app, &a(), new).await.unwrap();
    let mut crew = vec![];
    for (n, (role, name)) in [(Role::StationLeader, "所长"), (Role::WindowClerk, "窗口甲"), (Role::WindowClerk, "窗口乙"), (Role::Officer, "民警甲")].into_iter().enumerate() {
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
    let mut town = Town {
        leader: crew[0].clone(),
        clerk: crew[1].clone(),
        second: crew[2].clone(),
        officer: crew[3].clone(),
        stranger: actor(Role::StationLeader, StationId(Uuid::from_u128(5))),
        station,
        services: vec![],
        windows: vec![],
        t,
    };
    let offered = [("residence_permit", 20, "A", true, false), ("cert_temporary_id", 10, "B", true, true), ("id_card_replace", 10, "C", false, false)];
    for (n, (kind, minutes, letter, bookable, at_door)) in offered.into_iter().enumerate() {
        let k = catalogue::find(&town.t.app.rules(), kind).unwrap();
        let s = NewService {
            kind: kind.into(),
            name: k.name.clone(),
            papers: k.papers.iter().map(|p| Paper { text: p.clone(), source: k.source.clone() }).collect(),
            note: String::new(),
            minutes,
            letter: letter.into(),
            bookable,
            at_door,
            position: n as i64,
            version: 0,
        };
        let id = act::save_service(&town.t.app, &town.act(&town.leader, "windows.service"), None, s).await.unwrap();
        town.services.push(id);
    }
    for n in 1..=2 {
        let w = NewWindow { name: format!("{n} 号窗口"), post_id: None, services: vec![], position: n, version: 0 };
        let id = act::save_window(&town.t.app, &town.act(&town.leader, "windows.window"), None, w).await.unwrap();
        let week = if n == 1 {
            Week { work: spans("09:00-12:00，14:00-20:00"), rest: spans("09:00-12:00"), holiday: vec![] }
        } else {
            Week { work: spans("09:00-12:00"), rest: vec![], holiday: vec![] }
        };
        act::set_hours(&town.t.app, &town.act(&town.leader, "windows.hours"), id, d("2026-05-08"), week, "开办").await.unwrap();
        town.windows.push(id);
    }
    town
}
