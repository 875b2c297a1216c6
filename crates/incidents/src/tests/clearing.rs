//! The texts of reports go when their period is over: by rule, with dry run, hold and a line for each; figures stay.

use super::{NOISE, Town, town};
use crate::model::State;
use crate::{actions, jobs, store};
use kernel::rules::RuleSet;
use kernel::{Actor, IncidentId, Purpose, Reader, Role, StationId};
use testkit::{actor, engines};

/// The shipped pack with a period that a station imported.
fn rules(verified: bool) -> RuleSet {
    let own = format!(
        "[[rule]]\nkey = \"retention.incident\"\nvalue = 12\nunit = \"months\"\ntitle = \"警情文字保存期限\"\nsource = \"本单位保管期限表\"\nsource_kind = \"default\"\nverified = {verified}\nfrom = \"2020-01-01\"\n"
    );
    rulebook::shipped_with(&[("own".into(), own)]).unwrap()
}

impl Town {
    async fn closed(&self, content: &str) -> IncidentId {
        let id = self.report(content, "金桂园3号楼2单元302").await;
        self.dispatch(id, &[&self.officer]).await.is(303);
        let order = self.order(id, &self.officer).await;
        self.t.post(&self.officer, &format!("/incidents/{id}/step"), &[("order", &order), ("step", "acknowledge")]).await.is(303);
        let fields = [("text", "双方住302和402，已劝解"), ("last", "1"), ("found_category", "dispute")];
        self.t.post(&self.officer, &format!("/incidents/{id}/feedback"), &fields).await.is(303);
        self.t.post(&self.leader, &format!("/incidents/{id}/review"), &[("step", "approve"), ("note", "同意")]).await.is(303);
        id
    }

    async fn run(&self, who: &Actor, dry: bool) -> people::model::Report {
        let act = self.t.app.act(who, "incidents.retention", Purpose::Retention, self.t.app.fresh_command());
        actions::retention(&self.t.app, &act, dry).await.unwrap()
    }

    async fn content(&self, id: IncidentId) -> (String, String) {
        let look = self.t.app.look(&self.operator, "test.see", Purpose::Incident);
        let i = self.t.app.db().read(&look, async |r: &mut Reader| store::get(r, id).await).await.unwrap();
        (i.title, i.content)
    }

    /// Cases of the category that figures count.
    async fn counted(&self) -> i64 {
        let look = self.t.app.look(&self.operator, "test.see", Purpose::Incident);
        let read = async |r: &mut Reader| {
            r.count(kernel::sql!("select count(*) as n from incidents_history where state = 'closed' and found_category = 'dispute'"), kernel::args![]).await
        };
        self.t.app.db().read(&look, read).await.unwrap()
    }
}

#[tokio::test]
async fn without_an_imported_period_nothing_is_emptied() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.closed(NOISE).await;
        w.t.app.clock().advance(20 * 365 * 86_400);
        let report = w.run(&actor(Role::SecurityAdmin, StationId::NIL), false).await;
        assert!(report.lines[..2].iter().all(|l| l.before.is_none() && l.source.contains("待导入")), "{engine}");
        assert!(report.lines.iter().all(|l| l.cleared == 0), "{engine}");
        assert_eq!(w.content(id).await.1, NOISE, "{engine}");
    }
}

#[tokio::test]
async fn texts_go_after_their_period_and_figures_stay() {
    for engine in engines() {
        let w = town(engine).await;
        w.t.app.set_rules(rules(false));
        let admin = actor(Role::SecurityAdmin, StationId::NIL);
        let gone = w.closed(NOISE).await;
        let held = w.closed("楼上每晚打孩子，住在402的要负责").await;
        let open = w.report("还没有办完的一件", "金桂园3号楼2单元302").await;
        let hold = format!("/incidents/{held}/hold");
        w.t.post(&w.officer, &hold, &[("reason", "行政复议")]).await.is(403);
        w.t.post(&w.stranger, &hold, &[("reason", "行政复议")]).await.is(403);
        w.t.post(&w.leader, &hold, &[("reason", "")]).await.is(422).says("请写明理由");
        w.t.post(&w.leader, &hold, &[("reason", "行政复议期间")]).await.is(303);
        w.t.app.clock().advance(400 * 86_400);
        let fresh = w.closed("昨天的一件事").await;
        let counted = w.counted().await;
        w.t.get(&w.operator, "/incidents/retention").await.is(403);
        w.t.get(&admin, "/incidents/retention").await.is(200).says("自办结");
        w.t.post(&admin, "/incidents/retention", &[]).await.is(200).says("试算结果").says("警情文字保存期限");
        let dry = w.run(&admin, true).await;
        assert_eq!((dry.lines[0].due, dry.lines[0].held, dry.lines[0].cleared), (1, 1, 0), "{engine}");
        // The program alone waits for somebody to confirm the rule.
        jobs::retention(w.t.app.clone()).await.unwrap();
        assert_eq!(w.content(gone).await.1, NOISE, "{engine}");
        let done = w.run(&admin, false).await;
        assert_eq!(done.lines[0].cleared, 1, "{engine}");
        assert_eq!(w.content(gone).await, ("内容已到期清理".to_string(), String::new()), "{engine}");
        for id in [held, open, fresh] {
            assert!(!w.content(id).await.1.is_empty(), "{engine}");
        }
        // Nothing of the text is left on the page, in the search, or where repeats are compared; numbers and figures stay.
        let page = w.t.get(&w.operator, &format!("/incidents/{gone}")).await.is(200).says("到期清理").says("本单位保管期限表").says("正阳警〔2026〕1号");
        for word in ["拖动桌椅", "302", "已劝解", "同意"] {
            assert!(!page.body.contains(word), "{engine}: {word}");
        }
        let look = w.t.app.look(&w.operator, "test.search", Purpose::Incident);
        let ask = kernel::search::Ask { reach: w.operator.reach(), kinds: vec!["incident"], before: None, limit: 10 };
        let hits = w.t.app.db().read(&look, async |r: &mut Reader| r.search("拖动桌椅", &ask).await).await.unwrap();
        assert!(hits.is_empty(), "{engine}");
        assert_eq!(w.counted().await, counted, "{engine}");
        // A line for the record, and the run with the others.
        w.t.get(&admin, "/incidents/retention").await.is(200).says(&gone.to_string()).says("清理</span>");
        assert_eq!(w.run(&admin, false).await.lines[0].cleared, 0, "{engine}: once");
        // Released, it goes with the next run.
        let page = w.t.get(&w.leader, &format!("/incidents/{held}")).await.is(200).says("到期不清理");
        let id = page.body.split("name=\"hold\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_string();
        w.t.post(&w.leader, &format!("/incidents/{held}/release"), &[("hold", &id), ("reason", "复议终结")]).await.is(303);
        assert_eq!(w.run(&admin, false).await.lines[0].cleared, 1, "{engine}");
        assert_eq!(w.state(held).await, State::Closed, "{engine}");
    }
}

#[tokio::test]
async fn a_reporter_under_hold_keeps_the_report_and_a_verified_rule_lets_the_program_clear() {
    for engine in engines() {
        let w = town(engine).await;
        w.t.app.set_rules(rules(true));
        let id = w.closed(NOISE).await;
        let look = w.t.app.look(&w.operator, "test.see", Purpose::Incident);
        let person = w.t.app.db().read(&look, async |r: &mut Reader| Ok(store::get(r, id).await?.reporter_id)).await.unwrap().unwrap();
        let act = |who: &Actor| w.t.app.act(who, "test.hold", Purpose::Verify, w.t.app.fresh_command());
        let hold = people::actions::hold(&w.t.app, &act(&w.officer), person, "诉讼保全").await.unwrap();
        w.t.app.clock().advance(400 * 86_400);
        jobs::retention(w.t.app.clone()).await.unwrap();
        assert_eq!(w.content(id).await.1, NOISE, "{engine}");
        people::actions::release(&w.t.app, &act(&w.officer), person, hold, "诉讼终结").await.unwrap();
        jobs::retention(w.t.app.clone()).await.unwrap();
        assert!(w.content(id).await.1.is_empty(), "{engine}");
    }
}
