//! Every paper of the windows with a sample, one for each state of a case; their texts stand in `docs/ref/papers`.

use crate::model::{Case, CaseState, Channel, Paper, Service};
use crate::paper::{not_issued, notice, of_case, pdf};
use crate::rules::catalogue::{self, Kind};
use kernel::row::Json;
use kernel::rules::RuleSet;
use kernel::{PersonId, StationId, UserId, Uuid};
use testkit::papers::golden;
use testkit::start;

const ORGAN: &str = "测试派出所";

fn papers(k: &Kind) -> Vec<Paper> {
    k.papers.iter().map(|p| Paper { text: p.clone(), source: k.source.clone() }).collect()
}

fn service(k: &Kind) -> Service {
    Service {
        station_id: StationId(Uuid::from_u128(1)),
        id: Uuid::from_u128(2),
        kind: k.code.clone(),
        name: k.name.clone(),
        papers: Json(papers(k)),
        note: "请带原件，窗口复印。".into(),
        minutes: 15,
        letter: "B".into(),
        bookable: true,
        at_door: true,
        position: 1,
        version: 1,
    }
}

fn case(k: &Kind, state: CaseState) -> Case {
    let at = start();
    Case {
        station_id: StationId(Uuid::from_u128(1)),
        id: Uuid::from_u128(3),
        number: "测试窗〔2026〕7号".into(),
        channel: Channel::Window,
        kind: k.code.clone(),
        name: k.name.clone(),
        service_id: Uuid::from_u128(2),
        ticket_id: None,
        booking_id: None,
        person_id: PersonId(Uuid::from_u128(4)),
        proxy: String::new(),
        purpose: "乘坐火车".into(),
        papers: Json(papers(k)),
        missing: Json(vec![0]),
        told_at: Some(at),
        state,
        made_at: at,
        accepted_at: Some(at),
        due: "2026-05-22".parse().ok(),
        decided_at: Some(at),
        decided_by: Some(UserId(Uuid::from_u128(5))),
        result_number: "测试窗证〔2026〕3号".into(),
        result_code: String::new(),
        statement: "兹证明乌仁其木格·巴特尔苏和与宋䶮群系母子关系。#read(\"x\") 只是文字。".into(),
        valid_until: "2026-06-08".parse().ok(),
        why: "申请人不是本所辖区的居民（户口登记条例第六条）。".into(),
        instead: "请到户籍地派出所办理；也可以在网上申请。".into(),
        permit_id: None,
        delivered_at: None,
        delivered_by: None,
        delivered_how: None,
        by_user: UserId(Uuid::from_u128(5)),
        version: 1,
    }
}

fn kinds(rules: &RuleSet) -> Vec<Kind> {
    catalogue::kinds(rules, kernel::clock::day_of(start()))
}

/// A sample and its reprint; later clicks on the pages are in the tests of cases and services.
async fn twice(name: &str, data: impl Fn() -> serde_json::Value) {
    golden(name, &pdf(data()).await.unwrap(), &pdf(data()).await.unwrap());
}

/// A character that no font draws stops the paper, named with its code point; Mongolian script and rare characters of names are drawn.
#[tokio::test]
async fn a_paper_has_no_gaps() {
    let rules = rulebook::shipped().expect("rules");
    let kind = kinds(&rules).into_iter().find(|k| k.result == "certificate").expect("a certificate");
    let named = |name: &str| {
        let c = Case { statement: format!("兹证明{name}系本所辖区居民。"), ..case(&kind, CaseState::Issued) };
        pdf(of_case(ORGAN, &c, name, Some(&kind), ""))
    };
    assert!(named("ᠮᠣᠩᠭᠣᠯ ᠨᠡᠷ᠎ᠡ，宋䶮群").await.is_ok());
    let kernel::Error::Refused(r) = named("宋\u{2A700}群").await.unwrap_err() else { panic!() };
    assert!(r.what.contains("U+2A700") && r.next.contains("--fonts") && r.rule.name.contains("不得缺字"), "{r}");
}

#[tokio::test]
async fn every_paper_of_a_window_prints_what_its_golden_text_says() {
    let rules = rulebook::shipped().expect("rules");
    let all = kinds(&rules);
    // 一次性告知单 with its papers, and of a service that asks for none.
    let with = all.iter().find(|k| !k.papers.is_empty()).expect("a kind with papers");
    let hours = ["1 号窗口：工作日 09:00-12:00，14:00-17:00".to_string(), "2 号窗口：休息日 10:00-16:00".into()];
    let today = kernel::clock::day_of(start());
    twice("windows-notice", || notice(ORGAN, &service(with), Some(with), "15 个工作日", &hours, today)).await;
    let none = Service { papers: Json(vec![]), at_door: false, note: String::new(), ..service(with) };
    twice("windows-notice-none", || notice(ORGAN, &none, None, "", &[], today)).await;
    // What the state of a case calls for, of a certificate and of what is not one.
    let certificate = all.iter().find(|k| k.result == "certificate").expect("a certificate");
    let other = all.iter().find(|k| k.result != "certificate" && !k.papers.is_empty()).expect("another kind");
    for (what, kind) in [("certificate", certificate), ("other", other)] {
        for state in CaseState::ALL {
            let name = format!("windows-of_case-{what}-{}", state.code());
            twice(&name, || of_case(ORGAN, &case(kind, *state), "乌仁其木格·巴特尔苏和", Some(kind), "")).await;
        }
    }
    let refused = catalogue::refused(&rules, kernel::clock::day_of(start()));
    let refused = refused.first().expect("what is not issued");
    twice("windows-not_issued", || not_issued(ORGAN, refused, "测试窗告〔2026〕2号", start())).await;
}
