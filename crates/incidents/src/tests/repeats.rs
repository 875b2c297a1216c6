//! What a text is found by again: the newest eight incidents of each of its keys.

use super::{NOISE, town};
use crate::similar::Signature;
use crate::store::repeats;
use kernel::{Clock, Db, IncidentId, Migrations, Reader, Uuid};
use testkit::engines;

#[tokio::test]
async fn a_matter_told_again_and_again_is_compared_with_the_newest_eight() {
    for engine in engines() {
        let w = town(engine).await;
        let mut told = vec![];
        for _ in 0..11 {
            told.push(w.report(NOISE, "金桂园3号楼2单元302").await);
        }
        told.reverse();
        // By what they share alike; within one moment of the clock ids are in no order.
        let alike = |mut ids: Vec<IncidentId>| {
            ids.sort();
            ids
        };
        let station = w.operator.station;
        let signature = Signature::of("", NOISE);
        let look = w.t.app.look(&w.operator, "test.see", kernel::Purpose::Incident);
        let read = async |r: &mut Reader| repeats::candidates(r, station, &signature).await;
        let found: Vec<IncidentId> = w.t.app.db().read(&look, read).await.unwrap();
        assert_eq!(alike(found), alike(told[..8].to_vec()), "{engine}");
        // An emptied report leaves its keys, and the others stay.
        let act = w.t.app.act(&w.operator, "test.forget", kernel::Purpose::Retention, w.t.app.fresh_command());
        let forget = async |tx: &mut kernel::Tx| {
            tx.record("test.forget", &[], "");
            repeats::forget(tx, told[2]).await
        };
        w.t.app.db().write(&act, forget).await.unwrap();
        let found: Vec<IncidentId> = w.t.app.db().read(&look, read).await.unwrap();
        assert_eq!(alike(found), alike([&told[..2], &told[3..8]].concat()), "{engine}");
    }
}

/// A row of the keys as earlier versions kept them: one for each of eight places.
const BEFORE: Migrations = Migrations {
    domain: "before",
    steps: &[(
        "insert into incidents_band (station_id, band, slot, incident_id) values (zeroblob(16), 7, 3, unhex('01010101010101010101010101010101')), (zeroblob(16), 7, 1, unhex('02020202020202020202020202020202')), (zeroblob(16), 8, 1, unhex('02020202020202020202020202020202'))",
        "insert into incidents_band (station_id, band, slot, incident_id) values ('00000000-0000-0000-0000-000000000000', 7, 3, '01010101-0101-0101-0101-010101010101'), ('00000000-0000-0000-0000-000000000000', 7, 1, '02020202-0202-0202-0202-020202020202'), ('00000000-0000-0000-0000-000000000000', 8, 1, '02020202-0202-0202-0202-020202020202')",
    )],
};

#[tokio::test]
async fn what_stood_in_eight_rows_stands_in_one_after_an_upgrade() {
    for engine in engines() {
        let t = testkit::TestApp::new(engine, kernel::rules::RuleSet::default(), vec![]).await;
        let db = Db::open(&t.place, Clock::System, vault::HashAlg::Sm3).await.unwrap();
        let all = crate::domain().migrations.unwrap();
        let last = all.steps.iter().position(|(lite, _)| lite.contains("recent blob")).unwrap();
        let before = Migrations { domain: all.domain, steps: &all.steps[..last] };
        db.migrate(&[kernel::migrate::KERNEL, before, BEFORE]).await.unwrap();
        db.migrate(&[kernel::migrate::KERNEL, all, BEFORE]).await.unwrap();
        let look = t.app.look(&kernel::Actor::local("test"), "test.see", kernel::Purpose::Administration);
        let read = async |r: &mut Reader| r.rows(kernel::sql!("select recent from incidents_band order by band"), vec![]).await;
        let rows = db.read(&look, read).await.unwrap();
        let recent: Vec<Vec<u8>> = rows.iter().map(|row| row.get("recent").unwrap()).collect();
        let id = |n: u8| Uuid::from_bytes([n; 16]).as_bytes().to_vec();
        assert_eq!(recent, [[id(2), id(1)].concat(), id(2)], "{engine}");
    }
}
