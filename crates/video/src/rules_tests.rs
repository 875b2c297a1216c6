use super::*;
use kernel::{Role, StationId, Uuid};
use proptest::prelude::*;

fn day() -> Date {
    "2026-05-08".parse().unwrap()
}

fn nets() -> Vec<Network> {
    vec!["10.20.0.0/16".parse().unwrap()]
}

fn form() -> CameraForm {
    CameraForm {
        number: "ZY-001".into(),
        name: "中央街路口".into(),
        place: "中央街与胜利街路口东北角".into(),
        place_kind: "road".into(),
        keep_days: 30,
        filing_unit: "正阳派出所".into(),
        device_kind: Some(crate::model::DeviceKind::Dome),
        main: StreamForm { url: "rtsp://10.20.1.5/main".into(), record: true, quota_mb: 1000 },
        ..CameraForm::default()
    }
}

fn judged(f: &CameraForm) -> Result<()> {
    check_camera(&rulebook::shipped().unwrap(), day(), f, &nets())
}

#[test]
fn forbidden_places_are_refused_with_the_article() {
    judged(&form()).unwrap();
    for code in ["lodging", "dormitory", "washing", "private"] {
        let Err(Error::Refused(r)) = judged(&CameraForm { place_kind: code.into(), ..form() }) else {
            panic!("{code}")
        };
        assert_eq!(r.key, "video.forbidden_place");
        assert!(r.rule.source.starts_with("公共安全视频图像信息系统管理条例第八条第一款第"), "{code}");
    }
    let inside = CameraForm { name: "女更衣室".into(), ..form() };
    let Err(Error::Invalid(e)) = judged(&inside) else { panic!() };
    assert!(e.of("place").contains("更衣室") && e.of("place").contains("第八条"));
    judged(&CameraForm { outside: true, ..inside }).unwrap();
}

#[test]
fn footage_is_kept_for_no_less_than_the_law_says() {
    let Err(Error::Invalid(e)) = judged(&CameraForm { keep_days: 29, ..form() }) else { panic!() };
    assert!(e.of("keep_days").contains("30 天") && e.of("keep_days").contains("第十七条"));
    judged(&CameraForm { keep_days: 90, ..form() }).unwrap();
}

#[test]
fn addresses_are_judged() {
    let cases = [
        ("rtsp://10.20.1.5/a", ""),
        ("rtsp://10.20.1.5:8554/a?b=c", ""),
        ("rtsp://cam-7.station.lan/a", ""),
        ("rtsp://10.21.1.5/a", "不在允许的网段"),
        ("rtsp://127.0.0.1/a", "不在允许的网段"),
        ("rtsp://[::ffff:10.20.0.9]/a", ""),
        ("rtsp://[::1]:554/a", "不在允许的网段"),
        ("rtsp://admin:12345@10.20.1.5/a", "不能带用户名和密码"),
        ("rtsp://10.20.1.5@10.99.0.1/a", "不能带用户名和密码"),
        ("http://10.20.1.5/a", "应写成"),
        ("rtsp://", "应写成"),
        ("rtsp://10.20.1.5:0/a", "应写成"),
        ("rtsp://10.20.1.5:99999/a", "应写成"),
        ("rtsp://2130706433/a", "应写成"),
        ("rtsp://0x7f000001/a", "应写成"),
        ("rtsp://10.20.1.5/a b", "应写成"),
    ];
    for (url, says) in cases {
        match check_url(url, &nets()) {
            Ok(()) => assert!(says.is_empty(), "{url} was let through"),
            Err(why) => assert!(!says.is_empty() && why.contains(says), "{url}: {why}"),
        }
    }
    assert!(check_url("rtsp://10.20.1.5/a", &[]).unwrap_err().contains("还没有设允许的网段"));
}

#[test]
fn a_network_is_named_and_not_the_whole_world() {
    for (text, ok) in [
        ("10.20.0.0/16", true),
        ("0.0.0.0/0", false),
        ("10.0.0.0/7", false),
        ("fd00::/16", false),
        ("fd00:1:2::/48", true),
        ("相机网", false),
    ] {
        assert_eq!(check_network(text, "视频专网").is_ok(), ok, "{text}");
    }
    assert!(check_network("10.20.0.0/16", " ").is_err());
}

fn camera(restricted: bool) -> Camera {
    Camera {
        station_id: StationId(Uuid::from_u128(1)),
        id: Uuid::from_u128(7),
        number: "1".into(),
        name: "路口".into(),
        place: String::new(),
        place_kind: "road".into(),
        building_id: None,
        lon: None,
        lat: None,
        direction: None,
        view_angle: None,
        reach_m: None,
        group_id: None,
        restricted,
        keep_days: 30,
        filing_unit: String::new(),
        filing_number: String::new(),
        filing_day: None,
        in_use_day: None,
        device_kind: crate::model::DeviceKind::Dome,
        sign_in_name: None,
        sign_in_password: None,
        created_at: Timestamp::UNIX_EPOCH,
        ended_at: None,
        end_reason: String::new(),
        end_filed_day: None,
        version: 1,
    }
}

/// Every role × every deed, on an open camera and on one that is open to duty leaders for looking and to officers for all.
#[test]
fn who_may_do_what_with_which_camera() {
    let rights = [
        Right { camera_id: Uuid::from_u128(7), role: Role::DutyLeader, live: true, replay: false, export: false },
        Right { camera_id: Uuid::from_u128(7), role: Role::Officer, live: true, replay: true, export: true },
        Right { camera_id: Uuid::from_u128(8), role: Role::Operator, live: true, replay: true, export: true },
        // A right gives nothing that the role does not hold.
        Right { camera_id: Uuid::from_u128(7), role: Role::GridWorker, live: true, replay: true, export: true },
    ];
    let mut told = String::new();
    for role in Role::ACCOUNTS {
        let who = testkit::actor(*role, StationId(Uuid::from_u128(1)));
        let row = |c: &Camera| {
            [Deed::Live, Deed::Replay, Deed::Export].map(|d| if may(&who, c, &rights, d).is_ok() { 'y' } else { '-' })
        };
        told += &format!(
            "{:<15} open {} restricted {}\n",
            role.code(),
            String::from_iter(row(&camera(false))),
            String::from_iter(row(&camera(true)))
        );
        let stranger = testkit::actor(*role, StationId(Uuid::from_u128(2)));
        assert_eq!(may(&stranger, &camera(false), &rights, Deed::Live).unwrap_err().key(), "not_found", "{role}");
    }
    assert_eq!(
        told,
        "\
station_leader  open yyy restricted ---
duty_leader     open yyy restricted y--
operator        open yy- restricted ---
officer         open yyy restricted yyy
auxiliary       open y-- restricted ---
grid_worker     open --- restricted ---
volunteer       open --- restricted ---
window_clerk    open --- restricted ---
system_admin    open --- restricted ---
security_admin  open --- restricted ---
audit_admin     open --- restricted ---
"
    );
}

#[test]
fn a_purpose_is_stated_and_a_watch_ends() {
    use WatchPurpose as W;
    assert!(check_watch(None, "", false).is_err());
    assert!(check_watch(Some(W::Patrol), "", false).is_ok());
    assert!(check_watch(Some(W::Incident), "", false).is_err());
    assert!(check_watch(Some(W::Incident), "", true).is_ok());
    assert!(check_watch(Some(W::Case), "查", false).is_err());
    let Err(Error::Invalid(e)) = check_watch(Some(W::Visitor), "", false) else { panic!() };
    assert!(e.of("reason").contains("第二十一条"));
    assert!(check_watch(Some(W::Search), &"长".repeat(101), false).is_err());
    let who = testkit::actor(Role::Operator, StationId(Uuid::from_u128(1)));
    let at = testkit::start();
    let w = Watch {
        station_id: who.station,
        id: Uuid::from_u128(3),
        user_id: who.user,
        purpose: W::Patrol,
        reason: String::new(),
        incident_id: None,
        incident_number: String::new(),
        at,
        ended_at: None,
    };
    let later = |h: i64| at + kernel::ToSpan::hours(h);
    assert!(watch_holds(&w, &who, later(12), 12).is_ok());
    assert_eq!(watch_holds(&w, &who, later(13), 12).unwrap_err().key(), "video.watch_over");
    let other = testkit::actor(Role::Officer, who.station);
    assert_eq!(watch_holds(&w, &other, at, 12).unwrap_err().key(), "not_found");
}

proptest! {
    #[test]
    fn any_address_is_judged_without_a_panic(url in ".{0,80}") {
        let _ = check_url(&url, &nets());
    }
}

#[test]
fn a_visitor_is_known_and_told_before_a_picture_is_shown() {
    let Err(Error::Invalid(e)) = check_visitor(&NewVisitor::default()) else { panic!() };
    for field in ["visitor_name", "visitor_relation", "visitor_about", "visitor_allowed_by", "visitor_checked", "visitor_told"] {
        assert!(!e.of(field).is_empty(), "{field}");
    }
    let v = NewVisitor {
        name: "其木格".into(),
        relation: Some(Relation::Guardian),
        about: "孩子在中央街走失".into(),
        allowed_by: "韩雪峰".into(),
        checked: true,
        told: true,
    };
    assert_eq!(check_visitor(&v).expect("may see"), Relation::Guardian);
    assert!(check_visitor(&NewVisitor { told: false, ..v.clone() }).is_err());
    assert!(check_visitor(&NewVisitor { about: "长".repeat(101), ..v }).is_err());
}
