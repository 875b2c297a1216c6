//! From an agreement that held to the hint in another dispute; what may not pass does not.

mod town;

use crate::model::{PrecedentId, State};
use crate::store;
use kernel::{Purpose, Reader};
use testkit::engines;
use town::{Town, town};

async fn case(w: &Town, id: &str) -> crate::model::Case {
    let look = w.t.app.look(&w.officer, "test", Purpose::Mediation);
    let id: PrecedentId = id.parse().unwrap();
    w.t.app.db().read(&look, async |r: &mut Reader| store::get(r, id).await).await.unwrap()
}

#[tokio::test]
async fn an_agreement_that_held_is_proposed_approved_by_another_and_taken_over() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.held().await;
        let propose = [("dispute", id.to_string())];
        let propose: Vec<(&str, &str)> = propose.iter().map(|(k, v)| (*k, v.as_str())).collect();
        // Too early: 30 days have not passed.
        w.t.post(&w.officer, "/precedents/propose", &propose).await.is(422).says("满 30 天");
        w.t.app.db().clock().advance(31 * 86_400);
        w.t.get(&w.officer, &format!("/disputes/{id}")).await.is(200).says("推荐进入枫桥经验库");
        w.t.post(&w.auxiliary, "/precedents/propose", &propose).await.is(403);
        let at = w.t.post(&w.officer, "/precedents/propose", &propose).await.is(303).new_id().to_string();
        w.t.post(&w.officer, "/precedents/propose", &propose).await.is(422).says("已经推荐过");
        let c = case(&w, &at).await;
        let stored = format!("{}{}{}{}", c.title, c.facts, c.plan, c.result);
        for secret in town::SECRETS {
            assert!(!stored.contains(secret), "{secret} survives in {stored}");
        }
        // Strangers of another station see nothing before approval; the officer may not approve.
        let page = format!("/precedents/{at}");
        w.t.get(&w.stranger, &page).await.is(404);
        let decide = format!("{page}/decide");
        w.t.post(&w.officer, &decide, &[("step", "approve")]).await.is(403);
        w.t.get(&w.leader, "/precedents/queue").await.is(200).says("待审核").says(&c.number);
        w.t.get(&w.leader, &page).await.is(200).says("已替换的内容").says("巴特尔").says("改为");
        // A name written back is refused, with the word, and what was typed stays.
        let version = c.version.to_string();
        let with = |facts: &str, step: &str| {
            vec![
                ("step", step.to_string()),
                ("title", c.title.clone()),
                ("facts", facts.to_string()),
                ("plan", c.plan.clone()),
                ("result", c.result.clone()),
                ("version", version.clone()),
                ("shapes_checked", "1".to_string()),
            ]
        };
        async fn post(w: &Town, who: &kernel::Actor, path: &str, fields: Vec<(&str, String)>) -> testkit::Answered {
            let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
            w.t.post(who, path, &fields).await
        }
        post(&w, &w.leader, &decide, with("楼上的苏和半夜拖椅子", "approve")).await.is(422).says("苏和").says("姓名");
        post(&w, &w.leader, &decide, with(&c.facts, "approve")).await.is(303);
        assert_eq!(case(&w, &at).await.state, State::Approved);
        post(&w, &w.leader, &decide, with(&c.facts, "approve")).await.is(422);
        // Now everybody with the right sees it, without the original.
        let body = w.t.get(&w.stranger, &page).await.is(200).says("管用的办法").says("防噪地毯").body;
        for secret in town::SECRETS {
            assert!(!body.contains(secret), "{secret} is shown to a stranger");
        }
        w.t.get(&w.officer, "/precedents?cause=noise_upstairs").await.is(200).says(&c.number);
        w.t.get(&w.officer, "/precedents?q=%E9%98%B2%E5%99%AA%E5%9C%B0%E6%AF%AF").await.is(200).says(&c.number);
        w.t.get(&w.officer, "/precedents?cause=parking").await.is(200).says("没有符合条件");
        // Offered while another one is typed, and beside it; its plan goes over by one click.
        let typed = [("title", "楼上拖椅子"), ("summary", "楼上住户半夜拖椅子，咚咚响，睡不着")];
        w.t.post(&w.officer, "/precedents/hint", &typed).await.is(200).says("防噪地毯").says("起因同为");
        w.t.post(&w.officer, "/precedents/hint", &[("title", "欠"), ("summary", "")]).await.is(200);
        let other = w.open("朝鲁", "那顺").await;
        w.accept(other).await;
        w.t.get(&w.officer, &format!("/disputes/{other}")).await.is(200).says("采用到方案").says("人民调解法");
        w.t.get(&w.officer, &format!("/disputes/{other}/agreement")).await.is(200).says("采用到方案");
        let other_id = other.to_string();
        for _ in 0..2 {
            w.t.post(&w.officer, &format!("{page}/take"), &[("dispute", &other_id)]).await.is(303);
        }
        let plan = w.dispute(other).await.plan;
        assert_eq!(plan.matches("防噪地毯").count(), 1, "{plan}");
        w.t.get(&w.officer, &format!("/disputes/{other}/agreement")).await.says("防噪地毯");
        // Withdrawn with a reason: gone from the hint.
        let v = case(&w, &at).await.version.to_string();
        w.t.post(&w.leader, &decide, &[("step", "withdraw"), ("version", &v)]).await.is(422).says("理由");
        w.t.post(&w.leader, &decide, &[("step", "withdraw"), ("version", &v), ("reason", "当事人要求")]).await.is(303);
        let hint = w.t.post(&w.officer, "/precedents/hint", &typed).await.is(200);
        assert!(!hint.body.contains("防噪地毯"));
        w.t.get(&w.stranger, &page).await.is(404);
    }
}

#[tokio::test]
async fn the_daily_job_proposes_what_held_and_nothing_else() {
    for engine in engines() {
        let w = town(engine).await;
        let held = w.held().await;
        let open = w.open("朝鲁", "那顺").await;
        w.t.app.db().clock().advance(31 * 86_400);
        crate::propose_held(w.t.app.clone()).await.unwrap();
        crate::propose_held(w.t.app.clone()).await.unwrap();
        let look = w.t.app.look(&w.leader, "test", Purpose::Mediation);
        let station = w.leader.station;
        let list = w.t.app.db().read(&look, async |r: &mut Reader| store::queue(r, station, State::Proposed).await).await.unwrap();
        assert_eq!(list.len(), 1);
        assert_eq!(list[0].dispute_id, held);
        assert_ne!(list[0].dispute_id, open);
        // Rejected with a reason; the reason is kept.
        let (path, version) = (format!("/precedents/{}/decide", list[0].id), list[0].version.to_string());
        w.t.post(&w.leader, &path, &[("step", "reject"), ("version", &version)]).await.is(422).says("请写明理由");
        w.t.post(&w.leader, &path, &[("step", "reject"), ("version", &version), ("reason", "没有代表性")]).await.is(303);
        w.t.get(&w.leader, "/precedents/queue").await.says("没有代表性");
    }
}
