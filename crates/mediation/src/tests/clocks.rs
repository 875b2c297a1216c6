//! Clocks over time: warned before, reported after, paused, extended, shown on a calendar.

use super::town::town;
use crate::jobs;
use crate::model::{ClockKind, ClockState, Kept, State};
use crate::store::{parts, tracks};
use kernel::{Purpose, Reader, Tx};
use testkit::engines;

#[tokio::test]
async fn a_clock_warns_before_and_is_reported_after() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.mediated().await;
        let clock = w.clock(id, ClockKind::Peoples).await;
        assert_eq!((clock.due().to_string().as_str(), clock.state), ("2026-06-08", ClockState::Running));
        assert!(clock.source.contains("三十三"));
        w.t.get(&w.officer, "/").await.says("人民调解 2026-06-08 到期");
        jobs::clocks(w.t.app.clone()).await.unwrap();
        assert!(w.clock(id, ClockKind::Peoples).await.warned_at.is_none(), "a month is long");
        w.t.app.clock().advance(30 * 86_400);
        jobs::clocks(w.t.app.clone()).await.unwrap();
        jobs::clocks(w.t.app.clone()).await.unwrap();
        let page = w.t.get(&w.officer, "/").await.says("即将到期：人民调解");
        assert_eq!(page.body.matches("人民调解 2026-06-08").count(), 1, "one task, not two");
        w.t.app.clock().advance(3 * 86_400);
        jobs::clocks(w.t.app.clone()).await.unwrap();
        notices::jobs::escalate(w.t.app.clone()).await.unwrap();
        w.t.get(&w.leader, "/").await.says("逾期督办");
        w.t.get(&w.officer, &format!("/disputes/{id}")).await.says("已超 2 天").says("到期未办");
        // Late, but done: the clock says so.
        w.t.post(&w.officer, &format!("/disputes/{id}/end"), &[("deed", "fail"), ("what", "谈不拢")]).await.is(303);
        assert_eq!(w.clock(id, ClockKind::Peoples).await.state, ClockState::Late);
    }
}

#[tokio::test]
async fn both_sides_extend_and_a_pause_keeps_the_days() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.mediated().await;
        let post = format!("/disputes/{id}/clock");
        let more = [("deed", "extend"), ("to", "2026-07-08"), ("why", "等物业答复")];
        w.t.post(&w.officer, &post, &more).await.is(422).says("须双方当事人同意").says("三十三");
        w.t.post(&w.officer, &post, &[("deed", "extend"), ("to", "2026-05-20"), ("why", "x"), ("both_agree", "1")]).await.is(422).says("应晚于原来的期限");
        w.t.post(&w.officer, &post, &[more[0], more[1], more[2], ("both_agree", "1")]).await.is(303);
        let all = w.look(async |r: &mut Reader| tracks::clocks(r, id).await).await;
        let mut states: Vec<_> = all.iter().filter(|c| c.kind == ClockKind::Peoples).map(|c| c.state.code()).collect();
        states.sort_unstable();
        assert_eq!(states, ["replaced", "running"], "the old one stays as it was");
        w.t.post(&w.officer, &post, &[("deed", "pause"), ("why", "漏水原因鉴定")]).await.is(303);
        w.t.post(&w.officer, &post, &[("deed", "pause"), ("why", "再来一次")]).await.is(422).says("已经在中止中");
        let committee = w.committee().await;
        let talk = [("kind", "session"), ("held_from", "2026-05-08T08:50"), ("place", "社区"), ("committee", committee.as_str()), ("mediator", "何秀兰"), ("text", "再谈")];
        w.t.post(&w.officer, &format!("/disputes/{id}/talk"), &talk).await.is(422).says("请先“恢复调解”");
        w.t.post(&w.officer, &format!("/disputes/{id}/end"), &[("deed", "fail"), ("what", "x")]).await.is(422).says("请先“恢复调解”");
        w.t.app.clock().advance(10 * 86_400);
        w.t.post(&w.officer, &post, &[("deed", "resume"), ("why", "鉴定书已到")]).await.is(303);
        assert_eq!(w.clock(id, ClockKind::Peoples).await.due().to_string(), "2026-07-20", "61 days were left; 18 July is a Saturday");
        assert_eq!(w.dispute(id).await.deadline.unwrap().to_string(), "2026-07-20");
    }
}

#[tokio::test]
async fn a_broken_public_order_promise_starts_the_case_and_keeping_it_ends_it() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.open(&[]).await;
        w.public_order(id).await;
        let host = w.officer.user.to_string();
        let second = w.leader.user.to_string();
        let talk = [("kind", "session"), ("held_from", "2026-05-08T08:40"), ("place", "派出所"), ("host", host.as_str()), ("crew", second.as_str()), ("text", "谈成")];
        w.t.post(&w.officer, &format!("/disputes/{id}/talk"), &talk).await.is(303);
        let paper = [
            ("form", "written"),
            ("mediator", "测试民警"),
            ("facts", "推搡"),
            ("place", "派出所"),
            ("held_at", "2026-05-08T08:40"),
            ("signed_on", "2026-05-08"),
            ("term0", "赔偿医药费 300 元"),
            ("identity_note", "当事人未带证件，已当面核对"),
            ("party0", "both"),
            ("how0", "微信转账"),
            ("by0", "2026-05-11"),
        ];
        w.t.post(&w.officer, &format!("/disputes/{id}/agreement"), &paper).await.is(303);
        jobs::clocks(w.t.app.clone()).await.unwrap();
        w.t.app.clock().advance(2 * 86_400);
        jobs::clocks(w.t.app.clone()).await.unwrap();
        w.t.get(&w.officer, "/").await.says("请提醒双方履行");
        w.t.get(&w.grid_worker, "/").await.says("请提醒双方履行");
        w.t.app.clock().advance(3 * 86_400);
        let promise = w.look(async |r: &mut Reader| parts::obligations(r, id).await).await[0].id.to_string();
        let post = format!("/disputes/{id}/promise");
        w.t.post(&w.officer, &post, &[("obligation", &promise), ("deed", "broken"), ("proof", "没有付")]).await.is(303);
        let case = w.clock(id, ClockKind::Case).await;
        assert_eq!((case.started_on.to_string().as_str(), case.is_open()), ("2026-05-12", true));
        w.t.get(&w.officer, "/").await.says("依法处罚并告知可以起诉");
        w.t.post(&w.officer, &post, &[("obligation", &promise), ("done_on", "2026-05-07"), ("proof", "收条")]).await.is(422).says("不能早于协议签订日期");
        w.t.post(&w.officer, &post, &[("obligation", &promise), ("done_on", "2026-05-13"), ("proof", "收条")]).await.is(303);
        assert_eq!(w.look(async |r: &mut Reader| parts::obligations(r, id).await).await[0].state, Kept::Late);
        assert_eq!(w.clock(id, ClockKind::Case).await.state, ClockState::Stopped);
        w.t.post(&w.officer, &format!("/disputes/{id}/end"), &[("deed", "close")]).await.is(303);
        assert_eq!(w.dispute(id).await.state, State::Closed);
    }
}

#[tokio::test]
async fn the_case_is_extended_once_and_by_the_organ_above() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.open(&[]).await;
        w.public_order(id).await;
        w.t.post(&w.officer, &format!("/disputes/{id}/end"), &[("deed", "fail"), ("what", "谈不拢")]).await.is(303);
        let post = format!("/disputes/{id}/clock");
        w.t.post(&w.officer, &post, &[("deed", "extend_case"), ("why", "案情复杂")]).await.is(422).says("上一级公安机关批准").says("一百六十五");
        let ok = [("deed", "extend_case"), ("why", "案情复杂"), ("approved_by", "海拉尔区分局〔2026〕3号")];
        w.t.post(&w.officer, &post, &ok).await.is(303);
        assert_eq!(w.clock(id, ClockKind::Case).await.due().to_string(), "2026-07-08");
        w.t.post(&w.officer, &post, &ok).await.is(422).says("已经延长过一次");
        w.t.post(&w.officer, &post, &[("deed", "pause"), ("why", "伤情鉴定")]).await.is(303);
        assert_eq!(w.clock(id, ClockKind::Case).await.state, ClockState::Paused);
    }
}

#[tokio::test]
async fn the_calendar_shows_what_is_due_to_those_who_may_see_it() {
    for engine in engines() {
        let w = town(engine).await;
        w.agreed().await;
        let page = w.t.get(&w.officer, "/disputes/calendar?month=2026-05").await.is(200);
        let page = page.says("协议第 1 项").says("第 1 次回访").says("2026 年 5 月").says("劳动节");
        assert!(!page.body.contains("共同申请司法确认"));
        w.t.get(&w.officer, "/disputes/calendar?month=2026-06").await.says("共同申请司法确认");
        w.t.get(&w.leader, "/disputes/calendar?month=2026-05&whose=mine").await.says("没有到期的事项");
        w.t.get(&w.leader, "/disputes/calendar?month=2026-05").await.says("协议第 1 项");
        w.t.get(&w.grid_worker, "/disputes/calendar?month=2026-05").await.says("协议第 1 项");
        w.t.get(&w.stranger, "/disputes/calendar?month=2026-05&whose=all").await.is(200).says("没有到期的事项");
        w.t.get(&w.officer, "/disputes/calendar?month=nonsense").await.is(200).says("2026 年 5 月");
        w.t.get(&w.officer, "/disputes/calendar?month=2028-02").await.says("暂定");
    }
}

#[tokio::test]
async fn the_job_says_who_did_it() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.open(&[]).await;
        w.t.app.clock().advance(2 * 86_400);
        jobs::clocks(w.t.app.clone()).await.unwrap();
        w.t.get(&w.officer, &format!("/disputes/{id}")).await.says("到期未办</strong> 系统");
        let act = w.t.app.act(&w.officer, "test", Purpose::Mediation, w.t.app.fresh_command());
        let late = w.t.app.db().write(&act, async |tx: &mut Tx| {
            tx.record("test", &[("dispute", id.0)], "");
            let now = tx.now();
            Ok(tracks::to_report(tx, now).await?.len() as i64)
        });
        assert_eq!(late.await.unwrap(), 0, "reported once");
    }
}
