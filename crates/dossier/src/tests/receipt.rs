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
        let paper = w.t.post(&w.officer, &path, &[]).await.is(200);
        assert!(paper.body.starts_with("%PDF"), "{engine}");
        for role in [Role::GridWorker, Role::Volunteer, Role::SystemAdmin] {
            w.t.post(&actor(role, w.officer.station), &path, &[]).await.is(403);
        }
        let stranger = actor(Role::Officer, StationId(Uuid::from_u128(99)));
        w.t.post(&stranger, &path, &[]).await.is(404);
    }
}
