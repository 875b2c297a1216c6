//! `cargo xt bench dossier`: time of a dossier of thirty pages as one PDF, in an empty database and among many disputes.

use super::town::{Town, town};
use crate::actions;
use kernel::{DisputeId, Purpose, Tx, Uuid, args, sql};
use std::time::Instant;

/// Prints of each series.
const RUNS: usize = 12;
/// Pages of the dossier at least.
const PAGES: usize = 30;

/// A people's mediation with so many inquiries that its volume has thirty pages.
async fn thick(w: &Town) -> DisputeId {
    let id = w.open(&[]).await;
    w.identified(id).await;
    w.peoples(id).await;
    let text = "上门查看并听取双方陈述，楼上称孩子入睡较晚，楼下称夜里十点以后常有拖动桌椅的声响。".repeat(6);
    let second = w.leader.user.to_string();
    let host = w.officer.user.to_string();
    for n in 0..24 {
        let at = format!("2026-05-08T07:{n:02}");
        let talk = [("kind", "inquiry"), ("held_from", at.as_str()), ("place", "601室"), ("text", text.as_str()), ("host", host.as_str()), ("crew", second.as_str())];
        w.t.post(&w.officer, &format!("/disputes/{id}/talk"), &talk).await.is(303);
    }
    w.agree(id, "written").await;
    w.filed(id).await;
    id
}

/// Other people's disputes with what hangs on them, written straight into the tables.
async fn fill(w: &Town, most: i64) {
    let act = w.t.app.act(&w.officer, "bench.fill", Purpose::Administration, w.t.app.fresh_command());
    let station = w.officer.station;
    w.t.app
        .db()
        .write(&act, async |tx: &mut Tx| {
            let all = [
                sql!("insert into mediation_dispute (station_id, id, number, year, n, source_code, opened_at, opened_by, title, summary, place_text, causes, level, owner_id, domestic_violence, state, deadline_provisional, sessions, told, plan, version) with recursive c(i) as (select 1 union all select i + 1 from c where i < $2) select $1, cast(printf('%016d', i) as blob), 'n' || i, 2020, i, 'walk_in', 1580000000000000 + i, zeroblob(16), '楼上噪声', '楼上半夜拖椅子', '某小区', 'noise_upstairs', 'yellow', zeroblob(16), 0, 'closed', 0, 1, '', '', 1 from c"),
                sql!("insert into mediation_party (station_id, id, dispute_id, person_id, side, minor, suspect, guardian, agent_name, agent_relation, agent_power, added_at) with recursive c(i) as (select 1 union all select i + 1 from c where i < 2 * $2) select $1, cast('p' || printf('%015d', i) as blob), cast(printf('%016d', (i + 1) / 2) as blob), zeroblob(16), case i % 2 when 0 then 'applicant' else 'respondent' end, 0, 0, '', '', '', '', i from c"),
                sql!("insert into mediation_talk (station_id, id, dispute_id, kind, n, held_from, place, mediator, recorded, text, by_user, at) with recursive c(i) as (select 1 union all select i + 1 from c where i < $2) select $1, cast('t' || printf('%015d', i) as blob), cast(printf('%016d', i) as blob), 'session', 1, i, '社区', '何秀兰', 0, '各退一步', zeroblob(16), i from c"),
                sql!("insert into mediation_agreement (station_id, id, dispute_id, number, year, n, track, form, mediator, facts, points, duties, held_at, place, signed_on, signing_recorded, by_user, at) with recursive c(i) as (select 1 union all select i + 1 from c where i < $2) select $1, cast('a' || printf('%015d', i) as blob), cast(printf('%016d', i) as blob), 'a' || i, 2020, i, 'peoples_mediation', 'written', '何秀兰', '噪声', '', '', i, '社区', '2020-05-08', 0, zeroblob(16), i from c"),
                sql!("insert into mediation_obligation (station_id, id, dispute_id, agreement_id, n, text, how, due, state, proof) with recursive c(i) as (select 1 union all select i + 1 from c where i < $2) select $1, cast('o' || printf('%015d', i) as blob), cast(printf('%016d', i) as blob), cast('a' || printf('%015d', i) as blob), 1, '铺地毯', '自行', '2020-05-15', 'done', '看过' from c"),
                sql!("insert into mediation_log (station_id, id, dispute_id, n, at, day, by_user, by_role, step, state, note) with recursive c(i) as (select 0 union all select i + 1 from c where i < 3 * $2 - 1) select $1, cast('l' || printf('%015d', i) as blob), cast(printf('%016d', i / 3 + 1) as blob), i % 3 + 1, i, '2020-05-08', zeroblob(16), 'officer', 'session', 'closed', '' from c"),
                sql!("insert into dossier_application (station_id, dispute_id, party_id, requests, applied_on, by_user, at) with recursive c(i) as (select 1 union all select i + 1 from c where i < $2) select $1, cast(printf('%016d', i) as blob), cast('p' || printf('%015d', i) as blob), '安静', '2020-05-08', zeroblob(16), i from c"),
                sql!("insert into dossier_reminder (station_id, obligation_id, dispute_id, planned_at, how, note) with recursive c(i) as (select 1 union all select i + 1 from c where i < $2) select $1, cast('o' || printf('%015d', i) as blob), cast(printf('%016d', i) as blob), i, '', '' from c"),
            ];
            for statement in all {
                tx.exec(statement, args![station, most]).await?;
            }
            tx.record("bench.fill", &[("bench", Uuid::nil())], "");
            Ok(())
        })
        .await
        .unwrap();
}

/// Milliseconds of each print, sorted, and the pages.
async fn prints(w: &Town, id: DisputeId) -> (Vec<f64>, usize) {
    let (mut ms, mut pages) = (vec![], 0);
    for _ in 0..RUNS {
        let act = w.t.app.act(&w.officer, "dossier.print_whole", Purpose::Mediation, w.t.app.fresh_command());
        let started = Instant::now();
        pages = actions::print_whole(&w.t.app, &act, id).await.unwrap().pages;
        ms.push(started.elapsed().as_secs_f64() * 1e3);
    }
    ms.sort_by(f64::total_cmp);
    (ms, pages)
}

#[tokio::test]
#[ignore = "a measurement: cargo xt bench dossier"]
async fn a_dossier_of_thirty_pages_among_many_disputes() {
    let most: i64 = std::env::var("FENGQIAO_BENCH_DISPUTES").ok().and_then(|n| n.parse().ok()).unwrap_or(200_000);
    let w = town("sqlite").await;
    let id = thick(&w).await;
    for disputes in [1, most] {
        if disputes > 1 {
            let started = Instant::now();
            fill(&w, disputes).await;
            println!("{disputes} disputes filled in {:.0} s", started.elapsed().as_secs_f64());
        }
        let (ms, pages) = prints(&w, id).await;
        assert!(pages >= PAGES, "{pages} pages");
        println!("{disputes} disputes, {pages} pages: median {:.0} ms, longest {:.0} ms of {RUNS}", ms[ms.len() / 2], ms[ms.len() - 1]);
    }
}
