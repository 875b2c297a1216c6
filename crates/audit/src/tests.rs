//! The chain against everybody who can write into the database, and disclosure delayed by law; on both engines.

mod pages;
mod words;

use crate::{actions, store};
use kernel::audit::{self, Body};
use kernel::verify::{self, Verdict};
use kernel::{Act, Actor, Permission, Purpose, Reader, Role, StationId, Timestamp, Tx, Uuid, args, sql};
use testkit::{TestApp, actor, engines};

async fn app(engine: &str) -> TestApp {
    with(engine, vec![]).await
}

/// The same with more domains.
async fn with(engine: &str, more: Vec<web::Domain>) -> TestApp {
    let mut domains = vec![places::domain(), identity::domain(), notices::domain(), crate::domain()];
    domains.extend(more);
    TestApp::new(engine, rulebook::shipped().expect("rules"), domains).await
}

fn act(t: &TestApp) -> Act {
    t.app.act(&Actor::system(), "test.write", Purpose::Administration, t.app.fresh_command())
}

/// Ten entries about ten things.
async fn ten(t: &TestApp) {
    for n in 0..10_u128 {
        t.app
            .db()
            .write(&act(t), async |tx: &mut Tx| {
                tx.record("test.write", &[("thing", Uuid::from_u128(n))], "");
                Ok(())
            })
            .await
            .expect("an entry");
    }
}

/// What somebody does who has the database but not the keys.
async fn tamper(t: &TestApp, work: impl AsyncFnOnce(&mut Tx) -> kernel::Result<()>) {
    t.app
        .db()
        .write(&act(t), async |tx: &mut Tx| {
            work(tx).await?;
            tx.record("test.tamper", &[("thing", Uuid::nil())], "");
            Ok(())
        })
        .await
        .expect("the database lets it happen");
}

async fn verdict(t: &TestApp, heads: bool) -> Verdict {
    let file = verify::heads_file(t.app.settings());
    let look = t.app.look(&Actor::system(), "audit.verify", Purpose::Audit);
    verify::verify(&t.app, &look, heads.then_some(file.as_path())).await.expect("a verdict")
}

fn kinds(v: &Verdict) -> Vec<&'static str> {
    let mut out: Vec<&str> = v.findings.iter().map(|f| f.kind).collect();
    out.dedup();
    out
}

#[tokio::test]
async fn a_changed_removed_inserted_moved_or_swapped_entry_is_found_where_it_is() {
    for engine in engines() {
        let t = app(engine).await;
        ten(&t).await;
        assert!(verdict(&t, false).await.is_whole(), "{engine}");

        let t = app(engine).await;
        ten(&t).await;
        tamper(&t, async |tx| {
            tx.exec(sql!("update kernel_audit set body = replace(body, 'test.write', 'test.wrote') where seq = 4"), vec![]).await.map(|_| ())
        })
        .await;
        let v = verdict(&t, false).await;
        assert_eq!((v.findings[0].kind, v.findings[0].seq), ("changed", 4), "{engine}");

        let t = app(engine).await;
        ten(&t).await;
        tamper(&t, async |tx| tx.exec(sql!("delete from kernel_audit where seq = 4"), vec![]).await.map(|_| ())).await;
        let v = verdict(&t, false).await;
        assert_eq!((v.findings[0].kind, v.findings[0].seq), ("gap", 5), "{engine}");

        let t = app(engine).await;
        ten(&t).await;
        tamper(&t, async |tx| {
            tx.exec(sql!("update kernel_audit set at = at + 3600000000 where seq = 4"), vec![]).await.map(|_| ())
        })
        .await;
        let v = verdict(&t, false).await;
        assert_eq!((v.findings[0].kind, v.findings[0].seq), ("moved", 4), "{engine}");

        let t = app(engine).await;
        ten(&t).await;
        tamper(&t, async |tx| {
            tx.exec(sql!("update kernel_audit set seq = seq + 1000 where seq >= 5"), vec![]).await?;
            tx.exec(sql!("update kernel_audit set seq = seq - 999 where seq >= 1000"), vec![]).await?;
            tx.exec(sql!("update kernel_audit_head set seq = seq + 1"), vec![]).await?;
            tx.exec(sql!("insert into kernel_audit (chain, seq, at, alg, prev, hash, body) select chain, 5, at, alg, prev, hash, body from kernel_audit where seq = 4"), vec![]).await.map(|_| ())
        })
        .await;
        let v = verdict(&t, false).await;
        assert_eq!((v.findings[0].kind, v.findings[0].seq), ("moved", 5), "{engine}");

        let t = app(engine).await;
        ten(&t).await;
        tamper(&t, async |tx| {
            for text in [
                sql!("update kernel_audit set seq = 1003 where seq = 3"),
                sql!("update kernel_audit set seq = 3 where seq = 4"),
                sql!("update kernel_audit set seq = 4 where seq = 1003"),
            ] {
                tx.exec(text, vec![]).await?;
            }
            Ok(())
        })
        .await;
        let v = verdict(&t, false).await;
        assert_eq!((v.findings[0].kind, v.findings[0].seq), ("moved", 3), "{engine}");

        // Hidden from the person concerned: the entry stands, the index does not lead to it.
        let t = app(engine).await;
        ten(&t).await;
        tamper(&t, async |tx| {
            tx.exec(sql!("delete from kernel_audit_fresh where seq = 6"), vec![]).await?;
            tx.exec(sql!("delete from kernel_audit_subject where seq = 6"), vec![]).await.map(|_| ())
        })
        .await;
        let v = verdict(&t, false).await;
        assert_eq!((v.findings[0].kind, v.findings[0].seq), ("index", 6), "{engine}");
    }
}

/// Takes away all entries after `seq` and everything in the database that knows of them.
async fn cut(tx: &mut Tx, seq: i64) -> kernel::Result<()> {
    for text in [
        sql!("delete from kernel_audit where seq > $1"),
        sql!("delete from kernel_audit_fresh where seq > $1"),
        sql!("delete from kernel_audit_subject where seq > $1"),
        sql!("delete from kernel_audit_seal where seq > $1"),
    ] {
        tx.exec(text, args![seq]).await?;
    }
    tx.exec(sql!("update kernel_audit_head set seq = $1, hash = (select hash from kernel_audit where seq = $1) where seq > $1"), args![seq])
        .await
        .map(|_| ())
}

#[tokio::test]
async fn a_cut_tail_shows_against_the_heads_kept_elsewhere() {
    for engine in engines() {
        let t = app(engine).await;
        ten(&t).await;
        let file = verify::heads_file(t.app.settings());
        assert_eq!(verify::sign_heads(&t.app, &file).await.expect("signed"), 1);
        tamper(&t, async |tx| cut(tx, 5).await).await;
        let inside = verdict(&t, false).await;
        assert!(inside.is_whole() && inside.outside == 0, "{engine}: {:?}", inside.findings);
        let v = verdict(&t, true).await;
        assert!(v.outside == 1 && kinds(&v) == ["cut"], "{engine}: {:?}", v.findings);
    }
}

#[tokio::test]
async fn a_chain_recomputed_after_an_edit_shows_against_the_heads_kept_elsewhere() {
    for engine in engines() {
        let t = app(engine).await;
        ten(&t).await;
        let file = verify::heads_file(t.app.settings());
        verify::sign_heads(&t.app, &file).await.expect("signed");
        tamper(&t, async |tx| {
            let rows = tx.rows(sql!("select seq, prev, body from kernel_audit order by seq"), vec![]).await?;
            let mut prev: Option<Vec<u8>> = None;
            for row in rows {
                let (seq, body): (i64, String) = (row.get("seq")?, row.get("body")?);
                let mut body: Body = serde_json::from_str(&body)?;
                if seq == 4 {
                    body.action = "test.innocent".into();
                }
                let text = serde_json::to_string(&body)?;
                let before = match prev.take() {
                    Some(p) => p,
                    None => row.get("prev")?,
                };
                let hash = audit::link(vault::HashAlg::Sm3, &before, &text).to_vec();
                tx.exec(sql!("update kernel_audit set prev = $2, hash = $3, body = $4 where seq = $1"), args![seq, before, hash.clone(), text]).await?;
                tx.exec(sql!("update kernel_audit_head set hash = $2 where seq = $1"), args![seq, hash.clone()]).await?;
                prev = Some(hash);
            }
            tx.exec(sql!("delete from kernel_audit_seal"), vec![]).await.map(|_| ())
        })
        .await;
        let inside = verdict(&t, false).await;
        assert!(inside.is_whole(), "{engine}: {:?}", inside.findings);
        assert_eq!(kinds(&verdict(&t, true).await), ["recomputed"], "{engine}");
    }
}

#[tokio::test]
async fn heads_that_are_empty_or_signed_by_another_are_no_witness() {
    for engine in engines() {
        let t = app(engine).await;
        ten(&t).await;
        let file = verify::heads_file(t.app.settings());
        let look = t.app.look(&Actor::system(), "audit.verify", Purpose::Audit);
        std::fs::write(&file, "").expect("a file");
        let e = verify::verify(&t.app, &look, Some(&file)).await.expect_err("nothing in it");
        assert_eq!(e.key(), "audit.heads_empty");
        std::fs::write(&file, "not a head\n").expect("a file");
        assert_eq!(verify::verify(&t.app, &look, Some(&file)).await.expect_err("nothing in it").key(), "audit.heads_empty");
        std::fs::remove_file(&file).expect("gone");
        verify::sign_heads(&t.app, &file).await.expect("signed");
        let forged = std::fs::read_to_string(&file).expect("heads").replace("\"seq\":10", "\"seq\":9");
        std::fs::write(&file, forged).expect("a file");
        assert!(kinds(&verdict(&t, true).await).contains(&"signature"), "{engine}");
    }
}

#[tokio::test]
async fn a_delayed_look_is_hidden_until_its_review_and_shown_when_lifted() {
    for engine in engines() {
        let t = app(engine).await;
        let mut officer = actor(Role::Officer, StationId(Uuid::from_u128(9)));
        officer.name = "乌兰".into();
        let thing = Uuid::from_u128(77);
        let look = t.app.look(&officer, "test.see", Purpose::Incident);
        t.app
            .db()
            .read(&look, async |r: &mut Reader| {
                r.saw("incident", thing);
                Ok(())
            })
            .await
            .expect("a look");
        let shown = async || {
            let own = t.app.look(&Actor::resident(StationId::NIL), "test.own", Purpose::OwnMatter);
            let now = t.app.now();
            t.app.db().read(&own, async |r: &mut Reader| store::looks(r, &[("incident", thing)], now).await).await.expect("looks").len()
        };
        assert_eq!(shown().await, 1, "{engine}");
        let leader = actor(Role::StationLeader, officer.station);
        assert!(leader.may(Permission::DisclosureDelay));
        let deed = || t.app.act(&leader, "audit.delay", Purpose::Audit, t.app.fresh_command());
        let after = |days: u64| -> Timestamp { t.app.now().checked_add(std::time::Duration::from_secs(days * 86_400)).expect("a time") };
        let longest = t.app.rules().int("disclosure.review_days", t.app.today()).expect("a rule") as u64;
        for (reason, basis, review) in [("", "刑事诉讼法", after(1)), ("嫌疑人在逃", "", after(1)), ("嫌疑人在逃", "刑事诉讼法", after(longest + 1))] {
            assert!(actions::delay(&t.app, &deed(), "incident", thing, reason, basis, review).await.is_err(), "{engine}");
        }
        let worker = actor(Role::GridWorker, officer.station);
        let deed_of_worker = t.app.act(&worker, "audit.delay", Purpose::Audit, t.app.fresh_command());
        assert!(actions::delay(&t.app, &deed_of_worker, "incident", thing, "嫌疑人在逃", "刑事诉讼法", after(1)).await.is_err());
        actions::delay(&t.app, &deed(), "incident", thing, "嫌疑人在逃", "刑事诉讼法", after(1)).await.expect("delayed");
        assert_eq!(shown().await, 0, "{engine}");
        t.app.clock().advance(86_401);
        assert_eq!(shown().await, 1, "{engine}: the review is over");
        // Delayed anew, then lifted before its time.
        actions::delay(&t.app, &deed(), "incident", thing, "嫌疑人在逃", "刑事诉讼法", after(1)).await.expect("delayed");
        assert_eq!(shown().await, 0, "{engine}");
        let page = t.get(&leader, "/audit/delays").await.is(200).says("嫌疑人在逃");
        let lifts: Vec<&str> = page.body.split("/audit/delays/").skip(1).filter_map(|p| p.split_once("/lift").map(|(id, _)| id)).collect();
        assert!(!lifts.is_empty());
        for id in lifts {
            t.post(&leader, &format!("/audit/delays/{id}/lift"), &[]).await.is(303);
        }
        assert_eq!(shown().await, 1, "{engine}: lifted");
    }
}
