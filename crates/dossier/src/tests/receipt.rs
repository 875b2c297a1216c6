//! 受理回执 from an incident: who may have it, and who not.

use super::town::town;
use incidents::model::NewIntake;
use kernel::{Purpose, Role, StationId, Uuid};
use testkit::{actor, engines};

#[tokio::test]
async fn the_receipt_names_the_reporter_and_goes_to_nobody_who_may_not_see_that() {
    for engine in engines() {
        let w = town(engine).await;
        let act = w.t.app.act(&w.officer, "incidents.take", Purpose::Incident, w.t.app.fresh_command());
        let new = NewIntake {
            source_code: "0201".into(),
            content: "楼上夜间拖动桌椅".into(),
            reporter_name: "乌仁其木格".into(),
            ..NewIntake::default()
        };
        let id = incidents::actions::take(&w.t.app, &act, new).await.unwrap().id;
        let path = format!("/incidents/{id}/receipt");
        let fields = [("given_to", "reporter")];
        let paper = w.t.post(&w.officer, &path, &fields).await.is(200);
        assert!(paper.body.starts_with("%PDF"), "{engine}");
        // The paper's secret opens this matter, until another paper takes its place.
        let code = |pdf: &[u8]| testkit::papers::lines(pdf).map(|t| t.lines().find_map(|l| l.strip_prefix("查询码 ")).unwrap().to_string());
        let Some(secret) = code(&paper.bytes) else { continue };
        let opens = async || {
            let hash = w.t.app.vault().token_hash(&secret);
            let look = w.t.app.look(&w.officer, "test.see", Purpose::Incident);
            w.t.app.db().read(&look, async |r: &mut kernel::Reader| incidents::store::by_receipt(r, &hash).await).await.unwrap()
        };
        assert_eq!(opens().await, Some(id), "{engine}");
        w.t.app.clock().advance(3_600);
        let later = w.t.post(&w.officer, &path, &[]).await.is(200);
        assert_eq!(opens().await, None, "{engine}");
        testkit::papers::golden_without("dossier-receipt", (&paper.bytes, &secret), (&later.bytes, &code(&later.bytes).unwrap()));
        for role in [Role::GridWorker, Role::Volunteer, Role::SystemAdmin] {
            w.t.post(&actor(role, w.officer.station), &path, &[]).await.is(403);
        }
        let stranger = actor(Role::Officer, StationId(Uuid::from_u128(99)));
        w.t.post(&stranger, &path, &[]).await.is(404);
    }
}

#[tokio::test]
async fn a_secret_reporter_is_not_named_and_a_minors_paper_goes_to_an_adult() {
    for engine in engines() {
        let w = town(engine).await;
        let take = async |secret: bool, minor: bool| {
            let act = w.t.app.act(&w.officer, "incidents.take", Purpose::Incident, w.t.app.fresh_command());
            let new = NewIntake {
                source_code: "0901".into(),
                content: "我是302的乌仁其木格，楼上夜间拖动桌椅".into(),
                reporter_name: "乌仁其木格".into(),
                secret,
                minor,
                ..NewIntake::default()
            };
            incidents::actions::take(&w.t.app, &act, new).await.unwrap().id
        };
        let minor = take(false, true).await;
        let path = format!("/incidents/{minor}/receipt");
        w.t.post(&w.officer, &path, &[]).await.is(422).says("报警人是未成年人");
        assert!(w.t.post(&w.officer, &path, &[("given_to", "guardian")]).await.is(200).body.starts_with("%PDF"), "{engine}");
        let secret = take(true, false).await;
        w.t.post(&w.officer, &format!("/incidents/{secret}/receipt"), &[("given_to", "reporter")]).await.is(200);
        // What the papers are made of.
        let see = async |id| {
            let look = w.t.app.look(&w.officer, "test.see", Purpose::Incident);
            w.t.app.db().read(&look, async |r: &mut kernel::Reader| incidents::store::get(r, id).await).await.unwrap()
        };
        let paper = async |id| {
            let intake = see(id).await;
            let told = crate::web_pages::receipt::data(&w.t.app, &intake, None, ("正阳派出所", "测试民警"), "AAAAA", incidents::model::GivenTo::Guardian);
            told.unwrap().to_string()
        };
        for (id, says) in [(secret, "应报警人要求保密"), (minor, "未成年人（姓名不印）")] {
            assert!(paper(id).await.contains(says), "{engine}: {says}");
        }
        let text = paper(secret).await;
        assert!(!text.contains("乌仁其木格") && !text.contains("302") && !text.contains("桌椅"), "{engine}: {text}");
    }
}
