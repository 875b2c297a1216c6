//! A station with an officer, and a survey about evening hours.

use crate::actions;
use crate::model::{NewQuestion, NewSurvey, Survey};
use crate::store;
use forms::Answers;
use kernel::{Act, Actor, Purpose, Reader, Role, StationId, Uuid};
use testkit::{TestApp, actor};

pub struct Town {
    pub t: TestApp,
    pub station: StationId,
    pub officer: Actor,
    pub auxiliary: Actor,
    pub stranger: Actor,
}

pub fn answers(given: &[(&str, &str)]) -> Answers {
    given.iter().map(|(k, v)| ((*k).to_string(), (*v).to_string())).collect()
}

pub async fn town(engine: &str) -> Town {
    let domains = vec![
            identity::domain(), places::domain(), notices::domain(), people::domain(), roster::domain(), windows::domain(), crate::domain(),
        ];
    let t = TestApp::new(engine, rulebook::shipped().unwrap(), domains).await;
    let admin = Actor::local("test");
    let a = || t.app.act(&admin, "test.build", Purpose::Administration, t.app.fresh_command());
    use places::model::{NewStation, NewSubBureau};
    let sub = NewSubBureau { code: "FJ".into(), name: "海拉尔区分局".into(), region: "150702".into() };
    let sub = places::actions::add_sub_bureau(&t.app, &a(), sub).await.unwrap();
    let new = NewStation { sub_bureau: sub, code: "ZY".into(), name: "正阳派出所".into(), region: "150702".into(), address: "中央街".into() };
    let station = places::actions::add_station(&t.app, &a(), new).await.unwrap();
    let stranger = actor(Role::Officer, StationId(Uuid::from_u128(5)));
    Town { officer: actor(Role::Officer, station), auxiliary: actor(Role::Auxiliary, station), stranger, station, t }
}

impl Town {
    pub fn act(&self, who: &Actor, action: &'static str) -> Act {
        self.t.app.act(who, action, Purpose::Statistics, self.t.app.fresh_command())
    }

    pub fn resident_act(&self) -> Act {
        let who = Actor::resident(self.station);
        self.t.app.act(&who, "surveys.answer", Purpose::OwnMatter, self.t.app.fresh_command())
    }

    pub async fn read<T>(&self, f: impl AsyncFnOnce(&mut Reader) -> kernel::Result<T>) -> T {
        let look = self.t.app.look(&self.officer, "surveys.test", Purpose::Statistics);
        self.t.app.db().read(&look, f).await.unwrap()
    }

    pub async fn survey(&self, id: Uuid) -> Survey {
        let station = self.station;
        self.read(async |r: &mut Reader| store::survey(r, station, id).await).await
    }

    pub async fn draft(&self, anonymous: bool, by_household: bool) -> Uuid {
        let new = NewSurvey { title: "窗口晚上开不开".into(), intro: "三道题，一分钟。".into(), anonymous, by_household, until_day: None };
        actions::create(&self.t.app, &self.act(&self.officer, "surveys.create"), new).await.unwrap()
    }

    /// The station's windows offer a service.
    pub async fn offers(&self, name: &str) -> Uuid {
        let s = windows::model::NewService {
            kind: "residence_permit".into(),
            name: name.into(),
            papers: vec![],
            note: String::new(),
            minutes: 20,
            letter: "A".into(),
            bookable: true,
            at_door: false,
            position: 0,
            version: 0,
        };
        let leader = actor(Role::StationLeader, self.station);
        windows::actions::save_service(&self.t.app, &self.act(&leader, "windows.service"), None, s).await.unwrap()
    }

    /// Three questions; the second is asked of those who come in the evening.
    pub async fn built(&self, anonymous: bool, by_household: bool) -> Uuid {
        let id = self.draft(anonymous, by_household).await;
        for (label, kind, choices, required, only_if) in [
            ("什么时候方便来窗口？", "one", "白天\n晚上", true, ""),
            ("晚上几点？", "integer", "", true, "q1=c2"),
            ("还想说什么？", "text", "", false, ""),
        ] {
            let q = NewQuestion { label: label.into(), kind: kind.into(), choices: choices.into(), required, only_if: only_if.into() };
            actions::add_question(&self.t.app, &self.act(&self.officer, "surveys.question"), id, &q).await.unwrap();
        }
        id
    }
}
