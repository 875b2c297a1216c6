//! A small station with people and two cameras.

use crate::actions as act;
use crate::model::{CameraForm, DeviceKind, StreamForm};
use kernel::{Act, Actor, Purpose, Reader, Role, StationId, Uuid};
use testkit::{TestApp, actor};

pub struct Town {
    pub t: TestApp,
    pub station: StationId,
    pub admin: Actor,
    pub security: Actor,
    pub operator: Actor,
    pub officer: Actor,
    pub leader: Actor,
    pub stranger: Actor,
}

impl Town {
    pub fn act(&self, who: &Actor, action: &'static str) -> Act {
        self.t.app.act(who, action, Purpose::Video, self.t.app.fresh_command())
    }
    pub async fn read<T>(&self, f: impl AsyncFnOnce(&mut Reader) -> kernel::Result<T>) -> T {
        let look = self.t.app.look(&Actor::system(), "video.test", Purpose::Video);
        self.t.app.db().read(&look, f).await.unwrap()
    }
    pub async fn register(&self, number: &str, main: &str, sub: &str) -> Uuid {
        act::register(&self.t.app, &self.act(&self.admin, "video.register"), self.station, form(number, main, sub))
            .await
            .unwrap()
    }
}

pub fn form(number: &str, main: &str, sub: &str) -> CameraForm {
    CameraForm {
        number: number.into(),
        name: format!("路口{number}"),
        place: "中央街路口".into(),
        place_kind: "road".into(),
        keep_days: 30,
        filing_unit: "正阳派出所".into(),
        device_kind: Some(DeviceKind::Dome),
        main: StreamForm { url: main.into(), record: true, quota_mb: 50 },
        sub: StreamForm { url: sub.into(), record: !sub.is_empty(), quota_mb: 20 },
        ..CameraForm::default()
    }
}

fn domains() -> Vec<web::Domain> {
    vec![
        identity::domain(),
        attachments::domain(),
        places::domain(),
        people::domain(),
        notices::domain(),
        incidents::domain(),
        crate::domain(),
    ]
}

pub async fn town(engine: &str) -> Town {
    build(TestApp::new(engine, rulebook::shipped().unwrap(), domains()).await).await
}

/// The same with higher domains above it.
pub async fn town_with(engine: &str, more: Vec<web::Domain>) -> Town {
    let all = domains().into_iter().chain(more).collect();
    build(TestApp::new(engine, rulebook::shipped().unwrap(), all).await).await
}

/// The same where the caller is known by the session's cookie.
pub async fn town_with_sessions(engine: &str) -> Town {
    build(TestApp::with_caller(engine, rulebook::shipped().unwrap(), domains(), identity::caller).await).await
}

async fn build(t: TestApp) -> Town {
    let local = Actor::local("test");
    let a = || t.app.act(&local, "test.build", Purpose::Administration, t.app.fresh_command());
    use places::model::{NewStation, NewSubBureau};
    let sub = NewSubBureau { code: "FJ".into(), name: "海拉尔区分局".into(), region: "150702".into() };
    let sub = places::actions::add_sub_bureau(&t.app, &a(), sub).await.unwrap();
    let new = NewStation {
        sub_bureau: sub,
        code: "ZY".into(),
        name: "正阳派出所".into(),
        region: "150702".into(),
        address: "中央街".into(),
    };
    let station = places::actions::add_station(&t.app, &a(), new).await.unwrap();
    let town = Town {
        station,
        admin: actor(Role::SystemAdmin, StationId::NIL),
        security: actor(Role::SecurityAdmin, StationId::NIL),
        operator: actor(Role::Operator, station),
        officer: actor(Role::Officer, station),
        leader: actor(Role::StationLeader, station),
        stranger: actor(Role::StationLeader, StationId(Uuid::from_u128(5))),
        t,
    };
    act::add_network(&town.t.app, &town.act(&town.admin, "video.network"), station, "127.0.0.0/8", "测试")
        .await
        .unwrap();
    town
}
