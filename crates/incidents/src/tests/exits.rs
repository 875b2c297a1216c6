//! Every side exit of the chain: handed over in time and late, invalid, given back, sent to another, come back.

use super::{NOISE, Town, town};
use crate::model::State;
use crate::store;
use kernel::{Actor, IncidentId, Reader};
use testkit::engines;

impl Town {
    async fn tasks(&self, who: &Actor) -> Vec<String> {
        let (tasks, _) = notices::actions::mine(&self.t.app, who).await.unwrap();
        tasks.into_iter().map(|t| t.title).collect()
    }

    async fn outside(&self, id: IncidentId) {
        let fields = [("reason", "other_police_unit"), ("why", "发生在海东派出所辖区"), ("unit", "海东派出所")];
        self.t.post(&self.operator, &format!("/incidents/{id}/outside"), &fields).await.is(303);
    }

    async fn transfer(&self, id: IncidentId) -> crate::model::Transfer {
        let look = self.t.app.look(&self.operator, "test.see", kernel::Purpose::Incident);
        let all = self.t.app.db().read(&look, async |r: &mut Reader| store::transfers::of_incident(r, id).await).await.unwrap();
        all.into_iter().next().unwrap()
    }

    /// Both jobs of the machine, as they run every minute and every ten.
    async fn clocks(&self) {
        crate::jobs::clocks(self.t.app.clone()).await.unwrap();
        notices::jobs::escalate(self.t.app.clone()).await.unwrap();
    }
}

fn some(tasks: &[String], text: &str) -> bool {
    tasks.iter().any(|t| t.contains(text))
}

#[tokio::test]
async fn what_is_anothers_is_handed_over_in_time_and_the_reporter_is_told() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.report(NOISE, "金桂园3号楼2单元302").await;
        let page = format!("/incidents/{id}");
        let (out, over) = (format!("{page}/outside"), format!("{page}/hand-over"));
        w.t.post(&w.stranger, &out, &[("reason", "other_police_unit"), ("why", "x")]).await.is(404);
        w.t.post(&w.officer, &out, &[]).await.is(403);
        w.t.post(&w.operator, &out, &[]).await.is(422).says("请选择为什么").says("依据的事实");
        w.t.post(&w.operator, &out, &[("reason", "mediation"), ("why", "x")]).await.is(422);
        // Without a finding nothing is handed over.
        w.t.post(&w.operator, &over, &[("unit", "海东派出所"), ("way", "paper")]).await.is(422).says("没有等待移交的认定");
        w.outside(id).await;
        w.t.post(&w.operator, &out, &[("reason", "not_police"), ("why", "x")]).await.is(422).says("已经认定");
        // Still open; the dispatch task has given way to the clock.
        assert_eq!(w.state(id).await, State::New, "{engine}");
        let tasks = w.tasks(&w.operator).await;
        assert!(some(&tasks, "待移交") && !some(&tasks, "待派警"), "{engine}: {tasks:?}");
        w.t.get(&w.operator, &page).await.is(200).says("还有 1 天").says("2026-05-09 09:00").says("第六十一条第一款第二项").says("海东派出所");
        w.t.post(&w.operator, &over, &[("unit", ""), ("way", "")]).await.is(422).says("移交给哪个单位").says("请选择移交方式");
        w.t.app.clock().advance(3_600);
        let fields = [("unit", "海东派出所"), ("way", "paper"), ("paper_no", "正公移〔2026〕1号"), ("taken_by", "值班民警哈斯"), ("taken_no", "海东收3号")];
        w.t.post(&w.operator, &over, &fields).await.is(303);
        assert_eq!(w.state(id).await, State::HandedOver, "{engine}");
        let t = w.transfer(id).await;
        assert!(!t.is_late() && t.taken_by == "值班民警哈斯" && t.told_at.is_none(), "{engine}: {t:?}");
        // The telling stays until it is done.
        let tasks = w.tasks(&w.operator).await;
        assert!(some(&tasks, "待告知报案人") && !some(&tasks, "待移交"), "{engine}: {tasks:?}");
        w.t.get(&w.operator, &page).await.is(200).says("期限内").says("还没有告知").says("海东收3号");
        let told = format!("{over}/told");
        w.t.post(&w.operator, &told, &[]).await.is(422).says("请选择怎样告知的");
        w.t.post(&w.operator, &told, &[("told", "impossible")]).await.is(422).says("为什么无法告知");
        w.t.post(&w.operator, &told, &[("told", "phone"), ("told_note", "已告知由海东派出所受理")]).await.is(303);
        w.t.post(&w.operator, &told, &[("told", "phone")]).await.is(422).says("已经登记过告知");
        assert!(w.tasks(&w.operator).await.is_empty(), "{engine}");
        w.t.get(&w.operator, &page).await.is(200).says("电话告知：已告知由海东派出所受理").says("对方签收").says("认定不属本单位管辖");
        // Nobody is late, nobody hears of it.
        w.t.app.clock().advance(2 * 86_400);
        w.clocks().await;
        assert!(w.tasks(&w.leader).await.is_empty(), "{engine}");
    }
}

#[tokio::test]
async fn the_clock_warns_before_and_the_leader_hears_after() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.report(NOISE, "").await;
        w.outside(id).await;
        w.clocks().await;
        assert!(w.tasks(&w.leader).await.is_empty(), "{engine}");
        // Four hours are left.
        w.t.app.clock().advance(20 * 3_600 + 60);
        w.clocks().await;
        w.clocks().await;
        assert_eq!(w.tasks(&w.leader).await.len(), 1, "{engine}: warned once");
        assert!(some(&w.tasks(&w.leader).await, "即将到期"), "{engine}");
        assert!(some(&w.tasks(&w.operator).await, "即将到期"), "{engine}");
        w.t.app.clock().advance(4 * 3_600);
        w.clocks().await;
        w.clocks().await;
        assert!(some(&w.tasks(&w.leader).await, "逾期督办"), "{engine}");
        let page = w.t.get(&w.operator, &format!("/incidents/{id}")).await.is(200).says("已逾期").says("移交期限已过");
        assert_eq!(page.body.matches("移交期限已过，还没有移交").count(), 1, "{engine}: written once");
        // Late, and it says so; told in the same form.
        let fields = [("unit", "海东派出所"), ("way", "platform"), ("told", "phone"), ("told_note", "")];
        w.t.post(&w.operator, &format!("/incidents/{id}/hand-over"), &fields).await.is(303);
        assert!(w.transfer(id).await.is_late(), "{engine}");
        w.t.get(&w.operator, &format!("/incidents/{id}")).await.is(200).says("超过期限").says("已超过期限 2026-05-09 09:00");
        assert!(w.tasks(&w.operator).await.is_empty(), "{engine}");
        assert!(w.tasks(&w.leader).await.is_empty(), "{engine}");
        let taken = format!("/incidents/{id}/hand-over/taken");
        w.t.post(&w.operator, &taken, &[]).await.is(422).says("对方由谁签收");
        w.t.post(&w.operator, &taken, &[("taken_by", "哈斯")]).await.is(303);
        w.t.post(&w.operator, &taken, &[("taken_by", "别人")]).await.is(404);
        // It comes back: the leader takes it up again, and it waits for dispatch.
        w.t.post(&w.leader, &format!("/incidents/{id}/review"), &[("step", "reopen"), ("note", "海东派出所退回，属本所管辖")]).await.is(303);
        assert_eq!(w.state(id).await, State::New, "{engine}");
        assert!(some(&w.tasks(&w.operator).await, "重新办理，待派警"), "{engine}");
        w.t.get(&w.operator, &format!("/incidents/{id}")).await.is(200).says("海东派出所退回");
    }
}

#[tokio::test]
async fn a_finding_is_withdrawn_and_what_is_disputed_is_told_in_writing() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.report(NOISE, "金桂园3号楼2单元302").await;
        w.outside(id).await;
        let page = format!("/incidents/{id}");
        w.t.post(&w.operator, &format!("{page}/inside"), &[]).await.is(422).says("仍由本单位办理");
        w.t.post(&w.operator, &format!("{page}/inside"), &[("withdraw_why", "核对边界，属本所")]).await.is(303);
        let tasks = w.tasks(&w.operator).await;
        assert!(some(&tasks, "待派警") && !some(&tasks, "待移交"), "{engine}: {tasks:?}");
        let fields = [("reason", "not_police"), ("why", "物业收费争议")];
        w.t.post(&w.operator, &format!("{page}/outside"), &fields).await.is(303);
        w.t.get(&w.operator, &page).await.is(200).says("比照").says("已撤销：核对边界，属本所");
        let told = format!("{page}/hand-over/told");
        w.t.post(&w.operator, &told, &[("told", "phone"), ("disputed", "1")]).await.is(422).says("应当书面告知").says("第三项");
        w.t.post(&w.operator, &told, &[("told", "written"), ("disputed", "1")]).await.is(303);
        // Told before: nothing is left to do after the hand-over.
        w.t.post(&w.operator, &format!("{page}/hand-over"), &[("unit", "住建局"), ("way", "phone")]).await.is(303);
        assert_eq!(w.tasks(&w.operator).await, Vec::<String>::new(), "{engine}");
    }
}

#[tokio::test]
async fn an_invalid_call_needs_a_reason_and_ends_what_waited() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.report(NOISE, "").await;
        w.outside(id).await;
        let path = format!("/incidents/{id}/invalid");
        w.t.post(&w.stranger, &path, &[("reason", "误拨")]).await.is(404);
        w.t.post(&w.officer, &path, &[("reason", "误拨")]).await.is(403);
        w.t.post(&w.operator, &path, &[]).await.is(422).says("理由");
        w.t.post(&w.operator, &path, &[("reason", "误拨，回拨核实")]).await.is(303);
        assert_eq!(w.state(id).await, State::Invalid, "{engine}");
        assert!(w.tasks(&w.operator).await.is_empty(), "{engine}");
        w.t.get(&w.operator, &format!("/incidents/{id}")).await.is(200).says("误拨，回拨核实");
        w.t.post(&w.operator, &path, &[("reason", "再次")]).await.is(422).says("现在是“无效警情”").says("重新办理");
    }
}

#[tokio::test]
async fn who_gives_an_order_back_says_why_and_the_desk_sends_another() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.report(NOISE, "金桂园3号楼2单元302").await;
        w.dispatch(id, &[&w.officer]).await.is(303);
        let order = w.order(id, &w.officer).await;
        let path = format!("/incidents/{id}/return");
        w.t.post(&w.grid_worker, &path, &[("order", &order), ("reason", "x")]).await.is(404);
        w.t.post(&w.officer, &path, &[("order", &order)]).await.is(422).says("退单理由");
        w.t.post(&w.officer, &path, &[("order", &order), ("reason", "正在处置另一起")]).await.is(303);
        assert_eq!(w.state(id).await, State::New, "{engine}");
        assert!(w.tasks(&w.officer).await.is_empty(), "{engine}");
        assert!(some(&w.tasks(&w.operator).await, "被退单，待重新派警"), "{engine}");
        w.t.get(&w.operator, &format!("/incidents/{id}")).await.is(200).says("正在处置另一起");
        w.dispatch(id, &[&w.grid_worker]).await.is(303);
        assert_eq!(w.state(id).await, State::Dispatched, "{engine}");
    }
}
