//! The texts of disputes go when their period is over: by rule, with dry run, hold and a line for each; figures stay.

use super::town::{Town, town};
use crate::model::{Outcome, State};
use crate::{actions, jobs};
use kernel::{Actor, DisputeId, Purpose, Reader, Role, StationId};
use testkit::{actor, engines};

/// The shipped pack with periods that a station imported.
fn rules() -> kernel::rules::RuleSet {
    let rule = |key: &str, months: i64, title: &str| {
        format!("[[rule]]\nkey = \"{key}\"\nvalue = {months}\nunit = \"months\"\ntitle = \"{title}\"\nsource = \"本单位保管期限表\"\nsource_kind = \"default\"\nfrom = \"2020-01-01\"\n")
    };
    let own = format!("{}{}", rule("retention.dispute", 24, "纠纷文字保存期限"), rule("retention.dispute_referred", 12, "分流纠纷文字保存期限"));
    rulebook::shipped_with(&[("own".into(), own)]).unwrap()
}

/// A dispute that came to an agreement and was withdrawn by the parties afterwards, or was withdrawn at once.
async fn ended(w: &Town) -> DisputeId {
    let id = w.mediated().await;
    w.t.post(&w.officer, &format!("/disputes/{id}/end"), &[("deed", "withdraw"), ("what", "双方撤回，自行解决")]).await.is(303);
    assert_eq!((w.dispute(id).await.state, w.dispute(id).await.outcome), (State::Closed, Some(Outcome::Withdrawn)));
    id
}

async fn run(w: &Town, who: &Actor, dry: bool) -> people::model::Report {
    let act = w.t.app.act(who, "mediation.retention", Purpose::Retention, w.t.app.fresh_command());
    actions::retention(&w.t.app, &act, dry).await.unwrap()
}

#[tokio::test]
async fn texts_of_disputes_go_after_their_period_and_results_stay() {
    for engine in engines() {
        let w = town(engine).await;
        let admin = actor(Role::SecurityAdmin, StationId::NIL);
        let (gone, held, party_held) = (ended(&w).await, ended(&w).await, ended(&w).await);
        let open = w.mediated().await;
        assert!(run(&w, &admin, false).await.lines[..2].iter().all(|l| l.before.is_none()), "{engine}: no period ships");
        w.t.app.set_rules(rules());
        let hold = format!("/disputes/{held}/hold");
        w.t.post(&w.officer, &hold, &[("reason", "诉讼期间")]).await.is(403);
        w.t.post(&w.stranger, &hold, &[("reason", "诉讼期间")]).await.is(403);
        w.t.post(&w.leader, &hold, &[("reason", "诉讼期间")]).await.is(303);
        let look = w.t.app.look(&w.officer, "test", Purpose::Mediation);
        let party = w.t.app.db().read(&look, async |r: &mut Reader| crate::store::parts::parties(r, party_held).await).await.unwrap()[1].person_id;
        let act = w.t.app.act(&w.officer, "people.hold", Purpose::Verify, w.t.app.fresh_command());
        let person_hold = people::actions::hold(&w.t.app, &act, party, "另案").await.unwrap();
        w.t.app.clock().advance(740 * 86_400);
        w.t.get(&w.officer, "/disputes/retention").await.is(403);
        w.t.get(&admin, "/disputes/retention").await.is(200).says("自办结之日起算");
        w.t.post(&admin, "/disputes/retention", &[]).await.is(200).says("试算结果").says("纠纷文字保存期限");
        let dry = run(&w, &admin, true).await;
        assert_eq!((dry.lines[0].due, dry.lines[0].held, dry.lines[0].cleared, dry.lines[1].due), (1, 2, 0, 0), "{engine}");
        jobs::retention(w.t.app.clone()).await.unwrap();
        assert!(w.dispute(gone).await.summary.contains("拖椅子"), "{engine}: nobody confirmed the rule");
        assert_eq!(run(&w, &admin, false).await.lines[0].cleared, 1, "{engine}");
        let d = w.dispute(gone).await;
        assert_eq!((d.title.as_str(), d.summary.as_str(), d.state, d.outcome), ("内容已到期清理", "", State::Closed, Some(Outcome::Withdrawn)), "{engine}");
        for id in [held, party_held, open] {
            assert!(w.dispute(id).await.summary.contains("拖椅子"), "{engine}");
        }
        let page = w.t.get(&w.officer, &format!("/disputes/{gone}")).await.is(200).says("到期清理").says("本单位保管期限表");
        for word in ["每天夜里", "高血压", "铺地毯", "双方撤回"] {
            let at = page.body.find(word).map(|i| page.body[..i].chars().rev().take(200).collect::<Vec<_>>().into_iter().rev().collect::<String>());
            assert_eq!(at, None, "{engine}: {word}");
        }
        w.t.get(&admin, "/disputes/retention").await.is(200).says(&gone.to_string());
        // Released, the others go.
        let page = w.t.get(&w.leader, &format!("/disputes/{held}")).await.is(200).says("到期不清理");
        let id = page.body.split("name=\"hold\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_string();
        w.t.post(&w.leader, &format!("/disputes/{held}/release"), &[("hold", &id), ("reason", "已判决")]).await.is(303);
        let act = w.t.app.act(&w.officer, "people.release", Purpose::Verify, w.t.app.fresh_command());
        people::actions::release(&w.t.app, &act, party, person_hold, "另案办结").await.unwrap();
        assert_eq!(run(&w, &admin, false).await.lines[0].cleared, 2, "{engine}");
    }
}
