//! Accounts on both engines, as a browser uses them: signing in, locking, the second factor, devices, links, grants.

use crate::model::{GrantKind, NewUser};
use crate::{actions, store};
use kernel::{Act, Actor, Purpose, Reader, Role, StationId, UserId, Uuid};
use testkit::{Answered, TestApp, actor, engines};

const FIRST: &str = "First-pass-1";
const DAY: i64 = 86_400;

struct House {
    t: TestApp,
    station: StationId,
}

/// A program with one station and nobody in it.
async fn house(engine: &str) -> House {
    let domains = vec![places::domain(), crate::domain()];
    let t = TestApp::with_caller(engine, rulebook::shipped().expect("rules"), domains, crate::caller).await;
    let local = Actor::local("tester");
    let act = || t.app.act(&local, "test.places", Purpose::Administration, t.app.fresh_command());
    let new = places::model::NewSubBureau { code: "HLR".into(), name: "海拉尔区分局".into(), region: "150702".into() };
    let bureau = places::actions::add_sub_bureau(&t.app, &act(), new).await.expect("a sub-bureau");
    let new = places::model::NewStation {
        sub_bureau: bureau,
        code: "HLR-ZY".into(),
        name: "正阳派出所".into(),
        region: "150702".into(),
        address: "中央街50号".into(),
    };
    let station = places::actions::add_station(&t.app, &act(), new).await.expect("a station");
    House { t, station }
}

impl House {
    fn act(&self, who: &Actor) -> Act {
        self.t.app.act(who, "test.identity", Purpose::Administration, self.t.app.fresh_command())
    }

    async fn hire(&self, account: &str, role: Role) -> UserId {
        let station = if role.is_admin() { StationId::NIL } else { self.station };
        let new = NewUser {
            station,
            unit: "正阳派出所".into(),
            account: account.into(),
            name: "王秀英".into(),
            role,
            password: FIRST.into(),
            must_change: false,
        };
        actions::create_user(&self.t.app, &self.act(&Actor::local("tester")), new).await.expect("an account")
    }

    async fn login(&self, account: &str, password: &str, code: &str) -> Answered {
        self.t.browse("", "/login", Some(&[("account", account), ("password", password), ("code", code)])).await
    }

    async fn refusals(&self) -> i64 {
        let look = self.t.app.look(&Actor::system(), "test.count", Purpose::Administration);
        self.t
            .app
            .db()
            .read(&look, async |r: &mut Reader| {
                r.count(kernel::sql!("select count(*) as n from kernel_audit where body like '%identity.sign_in_refused%'"), vec![]).await
            })
            .await
            .expect("a count")
    }
}

#[tokio::test]
async fn a_wrong_password_says_nothing_of_the_account_and_the_fifth_locks() {
    for engine in engines() {
        let h = house(engine).await;
        h.hire("zy.mj1", Role::Officer).await;
        let stranger = h.login("nobody", FIRST, "").await.is(422);
        let known = h.login("zy.mj1", "Wrong-pass-1", "").await.is(422);
        assert!(stranger.body.contains("账号或密码不对") && known.body.contains("账号或密码不对"));
        for _ in 0..4 {
            h.login("zy.mj1", "Wrong-pass-1", "").await.is(422);
        }
        h.login("zy.mj1", FIRST, "").await.is(422).says("锁定到");
        assert_eq!(h.refusals().await, 7, "every refusal is in the chain");
        h.t.app.clock().advance(16 * 60);
        let good = h.login("zy.mj1", FIRST, "").await.is(303);
        assert!(good.cookie().starts_with("fq_session="), "{}", good.cookie());
    }
}

#[tokio::test]
async fn a_session_ends_on_another_device_when_idle_and_when_the_account_is_closed() {
    for engine in engines() {
        let h = house(engine).await;
        let id = h.hire("zy.mj1", Role::Officer).await;
        let desk = h.login("zy.mj1", FIRST, "").await.is(303).cookie().to_string();
        let phone = h.login("zy.mj1", FIRST, "").await.is(303).cookie().to_string();
        let list = h.t.browse(&desk, "/me/sessions", None).await.is(200);
        let ends: Vec<&str> = list.body.split("/me/sessions/").skip(1).filter_map(|p| p.split("/end").next()).collect();
        let look = h.t.app.look(&Actor::system(), "test.sessions", Purpose::SignIn);
        let all = h.t.app.db().read(&look, async |r: &mut Reader| store::sessions_of(r, id).await).await.expect("sessions");
        assert_eq!(all.len(), 2);
        // The page offers to end the other device; this one signs out.
        let other = ends.iter().find(|e| all.iter().any(|s| s.id.to_string() == **e)).expect("a device to end");
        h.t.browse(&desk, &format!("/me/sessions/{other}/end"), Some(&[])).await.is(303);
        h.t.app.clock().advance(6);
        let left: Vec<u16> = [
            h.t.browse(&desk, "/me", None).await.status.as_u16(),
            h.t.browse(&phone, "/me", None).await.status.as_u16(),
        ]
        .to_vec();
        assert_eq!(left.iter().filter(|s| **s == 200).count(), 1, "{left:?}");
        let living = if left[0] == 200 { &desk } else { &phone };
        h.t.app.clock().advance(14 * 60);
        h.t.browse(living, "/me", None).await.is(200);
        h.t.app.clock().advance(16 * 60);
        assert_eq!(h.t.browse(living, "/me", None).await.status.as_u16(), 303, "idle for a quarter of an hour");
        let again = h.login("zy.mj1", FIRST, "").await.is(303).cookie().to_string();
        actions::disable(&h.t.app, &h.act(&Actor::local("tester")), id).await.expect("closed");
        assert_eq!(h.t.browse(&again, "/me", None).await.status.as_u16(), 303);
        h.login("zy.mj1", FIRST, "").await.is(422).says("账号或密码不对");
    }
}

#[tokio::test]
async fn an_administrator_is_confined_until_the_second_factor_and_a_code_is_good_once() {
    for engine in engines() {
        let h = house(engine).await;
        let id = h.hire("admin.sys", Role::SystemAdmin).await;
        let first = h.login("admin.sys", FIRST, "").await.is(303);
        assert_eq!(first.location(), "/me");
        let cookie = first.cookie().to_string();
        h.t.browse(&cookie, "/admin/users", None).await.is(403).says("动态验证码");
        let page = h.t.browse(&cookie, "/me", None).await.is(200).says("管理员须先");
        let secret = page.body.split("name=\"secret\" value=\"").nth(1).and_then(|p| p.split('"').next()).expect("a secret").to_string();
        let bytes: Vec<u8> = (0..40).step_by(2).filter_map(|i| u8::from_str_radix(&secret[i..i + 2], 16).ok()).collect();
        let code = || vault::totp::code_at(&bytes, h.t.app.now().as_second());
        h.t.browse(&cookie, "/me/totp", Some(&[("secret", &secret), ("code", "000000")])).await.is(422).says("验证码不对");
        h.t.browse(&cookie, "/me/totp", Some(&[("secret", &secret), ("code", &code())])).await.is(303);
        h.t.browse(&cookie, "/admin/users", None).await.is(200);
        // The password alone is asked for the code; the code of the enrolment is used up.
        h.login("admin.sys", FIRST, "").await.is(200).says("验证码");
        h.login("admin.sys", FIRST, &code()).await.is(422).says("已用过");
        h.t.app.clock().advance(60);
        let now = code();
        h.login("admin.sys", FIRST, &now).await.is(303);
        h.login("admin.sys", FIRST, &now).await.is(422).says("已用过");
        // Lost: the security administrator takes it away, nobody else, and not one's own.
        let (mut security, mut own) = (actor(Role::SecurityAdmin, StationId::NIL), actor(Role::SystemAdmin, StationId::NIL));
        own.user = id;
        assert!(actions::reset_factor(&h.t.app, &h.act(&own), id).await.is_err());
        security.user = UserId(Uuid::from_u128(77));
        actions::reset_factor(&h.t.app, &h.act(&security), id).await.expect("reset");
        assert_eq!(h.t.browse(&cookie, "/me", None).await.status.as_u16(), 303, "signed out everywhere");
        let new = h.login("admin.sys", FIRST, "").await.is(303);
        assert_eq!(new.location(), "/me");
        h.t.browse(new.cookie(), "/admin/users", None).await.is(403);
    }
}

#[tokio::test]
async fn a_link_is_good_once_and_for_a_day_and_the_first_three_administrators_come_by_it() {
    for engine in engines() {
        let h = house(engine).await;
        let links = actions::init_links(&h.t.app, &Actor::local("tester")).await.expect("links");
        assert_eq!(links.len(), 3);
        let fields = [("account", "admin.sys"), ("name", "何志强"), ("password", FIRST), ("again", FIRST)];
        h.t.browse("", &links[0].1, Some(&[("account", "admin.sys"), ("name", "何志强"), ("password", "short"), ("again", "short")])).await.is(422);
        h.t.browse("", &links[0].1, Some(&fields)).await.is(303);
        h.t.browse("", &links[0].1, Some(&fields)).await.is(404);
        h.t.app.clock().advance(DAY + 1);
        h.t.browse("", &links[1].1, None).await.is(404);
        // Made again for those who are still missing.
        let again = actions::init_links(&h.t.app, &Actor::local("tester")).await.expect("links");
        assert_eq!(again.iter().map(|l| l.0).collect::<Vec<_>>(), [Role::SecurityAdmin, Role::AuditAdmin]);
        // A reset link sets a new password, which must not be the old one.
        let id = h.hire("zy.mj1", Role::Officer).await;
        let path = actions::reset_link(&h.t.app, &h.act(&Actor::local("tester")), id).await.expect("a link");
        h.t.browse("", &path, Some(&[("password", FIRST), ("again", FIRST)])).await.is(422).says("最近 5 次");
        h.t.browse("", &path, Some(&[("password", "Second-pass-2"), ("again", "Second-pass-2")])).await.is(303);
        h.login("zy.mj1", FIRST, "").await.is(422);
        h.login("zy.mj1", "Second-pass-2", "").await.is(303);
    }
}

#[tokio::test]
async fn a_password_ages_and_the_last_ones_are_not_taken_again() {
    for engine in engines() {
        let h = house(engine).await;
        h.hire("zy.mj1", Role::Officer).await;
        let cookie = h.login("zy.mj1", FIRST, "").await.is(303).cookie().to_string();
        let change = async |old: &str, new: &str| {
            h.t.browse(&cookie, "/me/password", Some(&[("old", old), ("password", new), ("again", new)])).await
        };
        change(FIRST, FIRST).await.is(422).says("不能与现在的");
        change("Wrong-pass-1", "Second-pass-2").await.is(422).says("原密码不对");
        change(FIRST, "onlysmall").await.is(422);
        change(FIRST, "Second-pass-2").await.is(303);
        change("Second-pass-2", FIRST).await.is(422).says("最近 5 次");
        h.t.app.clock().advance(91 * DAY);
        let late = h.login("zy.mj1", "Second-pass-2", "").await.is(303);
        assert_eq!(late.location(), "/me");
        let late = late.cookie().to_string();
        h.t.browse(&late, "/me", None).await.is(200).says("超过使用期限");
        h.t.browse(&late, "/me/password", Some(&[("old", "Second-pass-2"), ("password", "Third-pass-3"), ("again", "Third-pass-3")])).await.is(303);
        let page = h.t.browse(&late, "/me", None).await.is(200);
        assert!(!page.body.contains("超过使用期限"));
    }
}

#[tokio::test]
async fn a_grant_holds_on_its_days_only_and_can_be_ended() {
    for engine in engines() {
        let h = house(engine).await;
        let id = h.hire("zy.mj1", Role::Officer).await;
        let security = actor(Role::SecurityAdmin, StationId::NIL);
        let beat = Uuid::from_u128(5);
        let today = h.t.app.today();
        let day = |n: i64| today.saturating_add(kernel::ToSpan::days(n));
        actions::grant(&h.t.app, &h.act(&security), id, GrantKind::Beat, beat, day(1), Some(day(3))).await.expect("a grant");
        assert!(actions::grant(&h.t.app, &h.act(&security), id, GrantKind::Beat, beat, day(3), Some(day(1))).await.is_err());
        let held = async |on| {
            let look = h.t.app.look(&Actor::system(), "test.grants", Purpose::Administration);
            h.t.app.db().read(&look, async |r: &mut Reader| store::granted(r, id, GrantKind::Beat, on).await).await.expect("grants").len()
        };
        let days = [held(day(0)).await, held(day(1)).await, held(day(3)).await, held(day(4)).await];
        assert_eq!(days, [0, 1, 1, 0]);
        let look = h.t.app.look(&Actor::system(), "test.grants", Purpose::Administration);
        let grants = h.t.app.db().read(&look, async |r: &mut Reader| store::grants_of(r, id).await).await.expect("grants");
        h.t.app.clock().advance(2 * DAY);
        actions::end_grant(&h.t.app, &h.act(&security), grants[0].id).await.expect("ended");
        assert_eq!([held(day(2)).await, held(day(3)).await], [1, 0]);
    }
}

#[tokio::test]
async fn only_who_works_beats_is_narrowed_to_them_and_only_by_the_security_administrator() {
    for engine in engines() {
        let h = house(engine).await;
        let officer = h.hire("zy.mj1", Role::Officer).await;
        let operator = h.hire("zy.zh1", Role::Operator).await;
        let security = actor(Role::SecurityAdmin, StationId::NIL);
        let narrow = async |who: &kernel::Actor, id: UserId, on: bool| actions::narrow(&h.t.app, &h.act(who), id, on).await;
        let held = async |id: UserId| {
            let look = h.t.app.look(&Actor::system(), "test.user", Purpose::Administration);
            h.t.app.db().read(&look, async |r: &mut Reader| store::find_user(r, id).await).await.expect("a user").expect("there").own_beats
        };
        assert!(narrow(&actor(Role::SystemAdmin, StationId::NIL), officer, true).await.is_err());
        assert_eq!(narrow(&security, operator, true).await.unwrap_err().key(), "identity.narrow");
        narrow(&security, officer, true).await.expect("narrowed");
        assert_eq!((held(officer).await, held(operator).await), (true, false));
        // A role for the whole station lifts it.
        actions::change_role(&h.t.app, &h.act(&security), officer, Role::DutyLeader).await.expect("a role");
        assert!(!held(officer).await);
    }
}
