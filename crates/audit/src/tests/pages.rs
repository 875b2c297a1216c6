//! What the auditor reads: words, names, filters, and nothing read beyond what is searched at a time.

use super::with;
use crate::model::{Place, Query};
use crate::{labels, store, words};
use kernel::audit::{Deed, Subject};
use kernel::{Actor, Permission, Purpose, Reader, Role, StationId, Timestamp, Tx, UserId, Uuid, args, sql};
use testkit::{TestApp, actor, engines};

/// With every domain whose records are named.
async fn app(engine: &str) -> TestApp {
    let more = vec![people::domain(), incidents::domain(), mediation::domain(), video::domain(), windows::domain()];
    with(engine, more).await
}

fn officer(n: u128, name: &str) -> Actor {
    let mut who = actor(Role::Officer, StationId(Uuid::from_u128(9)));
    (who.user, who.name) = (UserId(Uuid::from_u128(n)), name.into());
    who
}

fn auditor() -> Actor {
    let who = actor(Role::AuditAdmin, StationId::NIL);
    assert!(who.may(Permission::AuditRead));
    who
}

async fn account(t: &TestApp, who: &Actor, account: &str) {
    let act = t.app.act(&Actor::system(), "identity.create_user", Purpose::Administration, t.app.fresh_command());
    let new = identity::model::NewUser {
        station: who.station,
        unit: "正阳派出所".into(),
        account: account.into(),
        name: who.name.clone(),
        role: who.role,
        password: String::new(),
        must_change: false,
    };
    t.app
        .db()
        .write(&act, async |tx: &mut Tx| {
            identity::store::insert_user(tx, who.user, &new, "").await?;
            tx.record("identity.create_user", &[("user", who.user.0)], "");
            Ok(())
        })
        .await
        .expect("an account");
}

async fn saw(t: &TestApp, who: &Actor, action: &'static str, kind: &str, ids: std::ops::Range<u128>) {
    let look = t.app.look(who, action, Purpose::Incident);
    t.app
        .db()
        .read(&look, async |r: &mut Reader| {
            ids.for_each(|n| r.saw(kind, Uuid::from_u128(n)));
            Ok(())
        })
        .await
        .expect("a look");
}

async fn wrote(t: &TestApp, who: &Actor, action: &'static str) {
    let act = t.app.act(who, action, Purpose::Incident, t.app.fresh_command());
    t.app
        .db()
        .write(&act, async |tx: &mut Tx| {
            tx.record(action, &[("incident", Uuid::from_u128(5))], "");
            Ok(())
        })
        .await
        .expect("a deed");
}

fn all() -> Query {
    Query {
        since: Timestamp::UNIX_EPOCH,
        before: Place::LAST,
        action: String::new(),
        deed: None,
        kind: String::new(),
        users: vec![],
        system: true,
    }
}

#[tokio::test]
async fn the_page_says_who_did_what_to_which_record_in_words() {
    for engine in engines() {
        let t = app(engine).await;
        let who = officer(41, "乌兰");
        account(&t, &who, "zy.mj1").await;
        saw(&t, &who, "incidents.register", "incident", 1..41).await;
        wrote(&t, &who, "incidents.dispatch").await;
        wrote(&t, &who, "incidents.was_once").await;
        t.get(&who, "/audit").await.is(403);
        let page = t.get(&auditor(), "/audit").await.is(200);
        let page = page.says("警情：派警").says("警情：查看警情台账").says("乌兰").says("等 40 项");
        let page = page.says("接处警").says("incidents.was_once");
        assert!(page.body.matches("/audit/record/incident/").count() < 30, "{engine}: not all of them on the page");
        let entry = page.body.split("/audit/entry/").nth(1).and_then(|p| p.split('"').next()).expect("an entry");
        t.get(&auditor(), &format!("/audit/entry/{entry}")).await.is(200).says("操作代码");
        t.get(&auditor(), &format!("/audit/entry/{}/999999", Uuid::from_u128(9))).await.is(404);
        t.get(&auditor(), "/audit/entry/x/1").await.is(404);
        t.get(&auditor(), &format!("/audit/record/incident/{}", Uuid::from_u128(5))).await.is(200).says("警情：派警");
        t.get(&auditor(), &format!("/audit/record/incident/{}", Uuid::from_u128(500))).await.is(200).says("没有人查看或办理过");
    }
}

#[tokio::test]
async fn what_the_program_does_by_itself_is_hidden_unless_asked_for() {
    for engine in engines() {
        let t = app(engine).await;
        saw(&t, &officer(41, "乌兰"), "incidents.see", "incident", 1..2).await;
        wrote(&t, &Actor::system(), "jobs.claim").await;
        // The word stands in the list of actions, too: what is looked for is the table.
        let table = async |path: &str| {
            let page = t.get(&auditor(), path).await.is(200);
            page.body.split_once("<table").map_or(String::new(), |(_, rest)| rest.to_string())
        };
        let plain = table("/audit").await;
        assert!(plain.contains("警情：查看警情") && !plain.contains("定时任务：领取任务"), "{engine}");
        assert!(table("/audit?system=1").await.contains("定时任务：领取任务"), "{engine}");
    }
}

#[tokio::test]
async fn filters_by_day_person_action_deed_and_kind_keep_what_was_typed() {
    for engine in engines() {
        let t = app(engine).await;
        let (a, b) = (officer(41, "乌兰"), officer(42, "苏和"));
        account(&t, &a, "zy.mj1").await;
        account(&t, &b, "zy.mj2").await;
        saw(&t, &a, "incidents.see", "incident", 1..2).await;
        wrote(&t, &b, "incidents.dispatch").await;
        t.app.clock().advance(86_400);
        saw(&t, &b, "people.person", "person", 7..8).await;
        let rows = async |path: &str| {
            let page = t.get(&auditor(), path).await.is(200);
            page.body.matches("data-label=\"时间\"").count()
        };
        assert_eq!(rows("/audit?until=2026-05-08").await, 2, "{engine}");
        assert_eq!(rows("/audit?from=2026-05-09&kind=person").await, 1, "{engine}");
        assert_eq!(rows("/audit?who=zy.mj1").await, 1, "{engine}");
        assert_eq!(rows("/audit?who=%E8%8B%8F%E5%92%8C&deed=write").await, 1, "{engine}");
        assert_eq!(rows("/audit?action=incidents.&who=zy.mj").await, 2, "{engine}");
        assert_eq!(rows("/audit?action=incidents.see").await, 1, "{engine}");
        assert_eq!(rows("/audit?action=incidents.s_e").await, 0, "{engine}: an underscore is no wildcard");
        assert_eq!(rows("/audit?deed=refused").await, 0, "{engine}");
        let page = t.get(&auditor(), "/audit?who=nobody&from=2026-5-x&action=gone.see&system=1").await.is(200);
        let page = page.says("没有姓名或账号含“nobody”的账号").says("没有读懂").says("value=\"nobody\"");
        page.says("<option value=\"gone.see\" selected>").says("没有符合条件的记录");
        t.get(&auditor(), "/audit?from=2026-05-09&until=2026-05-08").await.is(200).says("晚于");
    }
}

#[tokio::test]
async fn pages_follow_each_other_without_a_gap_or_a_repeat() {
    for engine in engines() {
        let t = app(engine).await;
        let who = officer(41, "乌兰");
        for n in 0..250_i64 {
            // The clock stands still: two of three entries have the moment of the one before.
            if n % 3 == 0 {
                t.app.clock().advance(1);
            }
            let mut act = t.app.act(&who, "incidents.step", Purpose::Incident, t.app.fresh_command());
            act.station = StationId(Uuid::from_u128(u128::from(n % 2 == 0) + 1));
            let write = async |tx: &mut Tx| {
                tx.record("incidents.step", &[("incident", Uuid::from_u128(5))], "");
                Ok(())
            };
            t.app.db().write(&act, write).await.expect("a deed");
        }
        let look = t.app.look(&auditor(), "audit.entries", Purpose::Audit);
        let (mut query, mut seen) = (all(), vec![]);
        query.action = "incidents.step".into();
        query.deed = Some(Deed::Write);
        for _ in 0..10 {
            let read = async |r: &mut Reader| store::entries(r, &query).await;
            let found = t.app.db().read(&look, read).await.expect("entries");
            assert!(found.entries.len() as i64 <= store::PAGE && !found.short, "{engine}");
            seen.extend(found.entries.iter().map(|e| (e.body.chain, e.body.seq)));
            assert!(found.entries.windows(2).all(|w| w[0].at >= w[1].at), "{engine}: newest first");
            match found.next {
                Some(next) => query.before = Place::parse(&next.text()).expect("a place"),
                None => break,
            }
        }
        assert_eq!(seen.len(), 250, "{engine}");
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 250, "{engine}: none twice");
        let (mut before, mut seen) = (Place::LAST, 0);
        loop {
            let part = async |r: &mut Reader| store::of_record(r, "incident", Uuid::from_u128(5), before).await;
            let part = t.app.db().read(&look, part).await.expect("entries");
            seen += part.len();
            match part.last() {
                Some(e) => before = e.place(),
                None => break,
            }
        }
        assert_eq!(seen, 250, "{engine}");
    }
}

#[tokio::test]
async fn a_search_ends_after_its_span_says_so_and_goes_on_from_there() {
    for engine in engines() {
        let t = app(engine).await;
        let who = officer(41, "乌兰");
        saw(&t, &who, "incidents.see", "incident", 1..2).await;
        // Far more entries of others than one search goes through, one second each.
        let act = t.app.act(&Actor::system(), "test.fill", Purpose::Administration, t.app.fresh_command());
        t.app
            .db()
            .write(&act, async |tx: &mut Tx| {
                let fill = sql!("with recursive n(n) as (select 1 union all select n + 1 from n where n < 60000) insert into kernel_audit (chain, seq, at, alg, prev, hash, body) select chain, seq + 10 + n, at + cast(n as @int) * 1000000, alg, prev, hash, replace(body, 'officer', 'system') from kernel_audit, n where chain = $1 and seq = 1");
                tx.exec(fill, args![who.station]).await?;
                tx.record("test.fill", &[("thing", Uuid::nil())], "");
                Ok(())
            })
            .await
            .expect("many entries");
        let look = t.app.look(&auditor(), "audit.entries", Purpose::Audit);
        let mut query = Query { system: false, kind: "incident".into(), ..all() };
        let read = async |r: &mut Reader| store::entries(r, &query).await;
        let first = t.app.db().read(&look, read).await.expect("entries");
        assert!(first.entries.is_empty() && first.short, "{engine}");
        t.get(&auditor(), "/audit?kind=incident").await.is(200).says("更早的还没有查").says("继续往前查");
        query.before = first.next.expect("where it goes on");
        let read = async |r: &mut Reader| store::entries(r, &query).await;
        let rest = t.app.db().read(&look, read).await.expect("entries");
        assert_eq!((rest.entries.len(), rest.next), (1, None), "{engine}");
    }
}

#[tokio::test]
async fn the_name_of_a_person_is_shown_only_as_a_recorded_look() {
    for engine in engines() {
        let t = app(engine).await;
        let person = Uuid::from_u128(7);
        saw(&t, &officer(41, "乌兰"), "people.person", "person", 7..8).await;
        let insert = t.app.act(&Actor::system(), "people.register", Purpose::Administration, t.app.fresh_command());
        t.app
            .db()
            .write(&insert, async |tx: &mut Tx| {
                let text = sql!("insert into people_person (station_id, id, name, sex, ethnicity, minor_told, id_kind, id_tail, phone_tail, kind, contact, protected, domicile, pending_place, last_used_at, created_at, version) values ($1, $2, $3, 'male', '', $4, 'none', '', '', 'domicile', $4, $4, '', '', 0, 0, 1)");
                tx.exec(text, args![StationId(Uuid::from_u128(9)), person, "李明", false]).await?;
                tx.record("people.register", &[("person", person)], "");
                Ok(())
            })
            .await
            .expect("a person");
        let looks = async || {
            let look = t.app.look(&auditor(), "audit.entries", Purpose::Audit);
            let read = async |r: &mut Reader| store::of_record(r, "person", person, Place::LAST).await;
            let all = t.app.db().read(&look, read).await.expect("entries");
            all.iter().filter(|e| e.body.role == Role::AuditAdmin.code()).count()
        };
        let page = t.get(&auditor(), "/audit?kind=person").await.is(200);
        assert!(!page.body.contains("李明") && looks().await == 0, "{engine}");
        t.get(&auditor(), "/audit?kind=person&names=1").await.is(200).says("李明");
        assert_eq!(looks().await, 1, "{engine}: the auditor's own look");
        t.get(&auditor(), &format!("/audit/record/person/{person}")).await.is(200).says("李明");
        assert_eq!(looks().await, 2, "{engine}");
    }
}

#[tokio::test]
async fn records_of_every_kind_are_named_or_stand_without_a_name() {
    for engine in engines() {
        let t = app(engine).await;
        let who = officer(41, "乌兰");
        account(&t, &who, "zy.mj1").await;
        let look = t.app.look(&auditor(), "audit.entries", Purpose::Audit);
        let kinds = words::kinds();
        let id = Uuid::from_u128(77);
        let mut all: Vec<Subject> = kinds.iter().map(|(k, _)| Subject { k: (*k).into(), id }).collect();
        all.push(Subject { k: "user".into(), id: who.user.0 });
        let read = async |r: &mut Reader| labels::names(r, &all, true).await;
        let names = t.app.db().read(&look, read).await.expect("names");
        let told = all.iter().filter_map(|s| names.label(s)).map(|l| format!("{} {}", l.kind, l.name));
        let told: Vec<String> = told.collect();
        assert_eq!(told.len(), kinds.len() + 1, "{engine}");
        assert_eq!(told.iter().filter(|l| !l.ends_with(' ')).collect::<Vec<_>>(), ["账号 乌兰"], "{engine}");
        assert!(names.label(&Subject { k: "audit".into(), id: Uuid::nil() }).is_none());
    }
}
