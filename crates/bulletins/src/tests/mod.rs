//! Every figure counts on both engines, and its rows are as many as its numbers say.

mod recount;
mod replay;
mod reports;

use kernel::figure::Leaf;
use kernel::{Actor, Purpose, Reader, Role, StationId, Uuid};
use testkit::{TestApp, actor, engines};

async fn app(engine: &str) -> (TestApp, StationId, Actor) {
    let domains = vec![
        identity::domain(),
        attachments::domain(),
        places::domain(),
        people::domain(),
        notices::domain(),
        incidents::domain(),
        mediation::domain(),
        roster::domain(),
        windows::domain(),
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
    let leader = actor(Role::StationLeader, station);
    (t, station, leader)
}

/// Opens and ends a dispute without a track, which needs no parties.
async fn dispute(t: &TestApp, officer: &Actor, n: usize, settled: bool) -> kernel::DisputeId {
    let fields = [
        ("title", format!("楼上噪声 {n}")),
        ("summary", "夜里拖椅子".to_string()),
        ("source_code", "walk_in".to_string()),
        ("domestic_violence", "no".to_string()),
    ];
    let pairs: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let id = kernel::DisputeId(t.post(officer, "/disputes/new", &pairs).await.is(303).new_id());
    let end = format!("/disputes/{id}/end");
    if settled {
        t.post(officer, &end, &[("deed", "self_settle"), ("what", "双方和解，已当面履行"), ("violation", "no")]).await.is(303);
    } else {
        t.post(officer, &end, &[("deed", "refer"), ("told_to", "人民法院"), ("told_how", "口头")]).await.is(303);
    }
    id
}

#[tokio::test]
async fn fifty_eight_of_sixty_is_printed_as_a_fraction_and_opens_its_rows() {
    for engine in engines() {
        let (t, station, leader) = app(engine).await;
        let officer = actor(Role::Officer, station);
        let mut last = kernel::DisputeId(Uuid::nil());
        for n in 0..60 {
            last = dispute(&t, &officer, n, n >= 2).await;
        }
        t.get(&leader, "/figures").await.is(200).says("96.67 %").says("化解率").says("95 % 置信区间 88.5 %–99.6 %").says("四舍五入到 0.01 %");
        let rows = t.get(&leader, "/figures/rows?key=dispute.resolution_rate&part=num").await.is(200).says("58/60");
        // The press's 96 % is the same fraction, cut: fraction, rounding rule and interval stand on the page of the figure itself.
        let rows = rows.says("58/60 = 96.67 %").says("四舍五入到 0.01 %").says("截去小数，写成 96 %").says("95 % 置信区间 88.5 %–99.6 %");
        assert_eq!(rows.body.matches("data-label=\"编号\"").count(), 58);
        let rows = t.get(&leader, "/figures/rows?key=dispute.resolution_rate&part=den").await.is(200);
        assert_eq!(rows.body.matches("data-label=\"编号\"").count(), 60);

        // What was known before the last one ended does not change when it is asked again.
        let before = t.app.now();
        t.app.clock().advance(3_600);
        let today = t.app.today();
        t.post(&leader, &format!("/disputes/{last}/reopen"), &[("why", "再次发生")]).await.is(303);
        let look = t.app.look(&leader, "test", Purpose::Statistics);
        // The same on the page, by the moment that is typed into it.
        let typed = before.to_zoned_datetime(kernel::clock::zone()).strftime("%Y-%m-%dT%H:%M").to_string();
        t.get(&leader, &format!("/figures?as_of={typed}")).await.is(200).says("58</a> / <a").says("之后写入的不计");
        t.get(&leader, "/figures").await.is(200).says("57</a> / <a");
        t.get(&leader, "/figures?as_of=2030-01-01T00:00").await.is(200).says("统计时刻还没有到");
        t.get(&leader, "/figures/rows?key=dispute.handled&part=num").await.is(200).says("以前各版定义").says("第 1 版").says("环比");
        t.get(&leader, "/figures/plots").await.is(200).says("<svg").says("</table>").says("未定类");
        t.get(&leader, "/figures/part?key=dispute.by_category&part=").await.is(200).says("楼上噪声");
        for (as_of, numerator) in [(before, 58), (t.app.now(), 57)] {
            let p = crate::period(&t.app.rules(), station, today, today, as_of).unwrap();
            let list = crate::figures(&t.app, &look, &p).await.unwrap();
            let f = list.iter().find(|f| f.key == "dispute.resolution_rate").unwrap();
            assert_eq!((f.numerator, f.denominator), (numerator, Some(60)), "as of {as_of}");
        }
    }
}

#[tokio::test]
async fn every_figure_counts_and_lists_the_same_rows() {
    for engine in engines() {
        let (t, station, leader) = app(engine).await;
        let officer = actor(Role::Officer, station);
        for n in 0..3 {
            dispute(&t, &officer, n, n == 0).await;
        }
        let today = t.app.today();
        let p = crate::period(&t.app.rules(), station, today, today, t.app.now()).unwrap();
        let look = t.app.look(&leader, "test", Purpose::Statistics);
        for spec in crate::specs() {
            let (f, all, hits) = t
                .app
                .db()
                .read(&look, async |r: &mut Reader| {
                    let f = spec.figure(r, &p).await?;
                    Ok((f, spec.rows(r, &p, true, Leaf::FIRST).await?.len(), spec.rows(r, &p, false, Leaf::FIRST).await?.len()))
                })
                .await
                .unwrap_or_else(|e| panic!("{} on {engine}: {e}", spec.key));
            if spec.ratio {
                assert_eq!((f.numerator as usize, f.denominator), (hits, Some(all as i64)), "{}", spec.key);
            } else {
                assert_eq!(f.numerator as usize, all, "{}", spec.key);
            }
            assert!(f.definition.chars().count() > 10, "{}", spec.key);
        }
    }
}

#[tokio::test]
async fn each_of_many_rows_is_on_one_page() {
    let (t, station, leader) = app(engines()[0]).await;
    let officer = actor(Role::Officer, station);
    let many = kernel::figure::ROWS as usize + 3;
    for n in 0..many {
        dispute(&t, &officer, n, false).await;
    }
    let numbers = |body: &str| body.matches("data-label=\"编号\"").count();
    let first = t.get(&leader, "/figures/rows?key=dispute.registered&part=den").await.is(200).says(&format!("第 1 / 2 页，共 {many} 条")).says("下一页");
    let next = first.body.split("href=\"").find(|x| x.contains("page=2")).and_then(|x| x.split('"').next()).unwrap().replace("&amp;", "&").replace("&#38;", "&");
    let second = t.get(&leader, &next).await.is(200).says("第 2 / 2 页").says("上一页");
    assert_eq!((numbers(&first.body), numbers(&second.body)), (many - 3, 3));
    let links = |body: &str| body.split("href=\"/disputes/").skip(1).filter_map(|x| x.split('"').next()).map(str::to_string).collect::<std::collections::BTreeSet<_>>();
    assert!(links(&second.body).iter().filter(|l| l.len() == 36).all(|l| !links(&first.body).contains(l)), "no row stands twice");
    assert_eq!(numbers(&t.get(&leader, "/figures/part?key=dispute.by_category&part=&page=2").await.is(200).body), 3);
    assert_eq!(numbers(&t.get(&leader, "/figures/rows?key=dispute.registered&part=den&page=9").await.is(200).body), 0);
}

#[tokio::test]
async fn who_sees_figures_and_what_a_wrong_period_gets() {
    for engine in engines() {
        let (t, station, leader) = app(engine).await;
        t.get(&actor(Role::GridWorker, station), "/figures").await.is(403);
        t.get(&actor(Role::Volunteer, station), "/figures").await.is(403);
        t.get(&leader, "/figures?from=2026-05-08&until=2026-05-01").await.is(200).says("期间没有读懂");
        t.get(&leader, "/figures?from=abc").await.is(200).says("期间没有读懂");
        t.get(&leader, "/figures/rows?key=nothing").await.is(404);
        let other = actor(Role::StationLeader, StationId(Uuid::from_u128(5)));
        let look = t.app.look(&other, "test", Purpose::Statistics);
        let today = t.app.today();
        let p = crate::period(&t.app.rules(), station, today, today, t.app.now()).unwrap();
        assert_eq!(crate::figures(&t.app, &look, &p).await.unwrap_err().key(), "not_found");
    }
}
