//! Tickets, stands, the monitor and the report on both engines.

use super::town::{Town, d, town};
use crate::actions as act;
use crate::actions::closing;
use crate::model::*;
use crate::rules::queue::Step;
use kernel::{Actor, Error, Purpose, Reader, Tx, Uuid};
use testkit::engines;

fn key(e: Error) -> String {
    e.key().to_string()
}

impl Town {
    async fn draw(&self, service: usize, frail: bool) -> act::Drawn {
        let hash = self.t.app.vault().token().1;
        self.t.app.clock().advance(1);
        act::draw(&self.t.app, &self.act(&self.clerk, "windows.draw"), self.services[service], frail, &hash).await.unwrap()
    }
    async fn stand(&self, who: &Actor, window: usize) -> kernel::Result<()> {
        act::stand(&self.t.app, &self.act(who, "windows.stand"), self.windows[window]).await
    }
    async fn call(&self, who: &Actor, window: usize, named: Option<Uuid>) -> kernel::Result<String> {
        act::call(&self.t.app, &self.act(who, "windows.call"), self.windows[window], named).await
    }
    async fn ticket(&self, id: Uuid) -> Ticket {
        let station = self.station;
        self.read(async |r: &mut Reader| crate::store::ticket(r, station, id).await).await
    }
    async fn step(&self, who: &Actor, id: Uuid, step: Step) -> kernel::Result<()> {
        let version = self.ticket(id).await.version;
        act::step(&self.t.app, &self.act(who, "windows.ticket"), id, step, version, "").await
    }
    async fn hall(&self) -> act::Hall {
        let (rules, station) = (self.t.app.rules(), self.station);
        self.read(async |r: &mut Reader| act::hall(r, &rules, station).await).await
    }
    async fn kept(&self) -> act::Sum {
        let (rules, station, today) = (self.t.app.rules(), self.station, self.t.app.today());
        self.read(async |r: &mut Reader| Ok(act::Sum::of(act::kept(r, &rules, station, today, today).await?.0.iter()))).await
    }
    fn wait_minutes(&self, minutes: i64) {
        self.t.app.clock().advance(minutes * 60);
    }
}

#[tokio::test]
async fn a_ticket_is_called_at_one_window_only() {
    for engine in engines() {
        let town = town(engine).await;
        let a = town.draw(0, false).await;
        let b = town.draw(0, false).await;
        assert_eq!((a.label.as_str(), b.label.as_str(), town.draw(1, false).await.label.as_str()), ("A001", "A002", "B001"));
        // Who has not checked in cannot call.
        assert_eq!(key(town.call(&town.clerk, 0, None).await.unwrap_err()), "windows.not_here");
        town.stand(&town.clerk, 0).await.unwrap();
        assert_eq!(key(town.stand(&town.clerk, 0).await.unwrap_err()), "windows.stands");
        town.stand(&town.second, 1).await.unwrap();
        // Two windows at one ticket: one has it, the other is told where it is.
        let (one, two) = tokio::join!(town.call(&town.clerk, 0, Some(a.id)), town.call(&town.second, 1, Some(a.id)));
        let lost = match (one, two) {
            (Ok(_), Err(e)) | (Err(e), Ok(_)) => e,
            other => panic!("{other:?}"),
        };
        let Error::Refused(r) = lost else { panic!() };
        assert!(r.key == "windows.taken" && r.what.contains("A001") && r.what.contains("号窗口"), "{r:?}");
        let at = town.ticket(a.id).await;
        let (winner, other, w, o) = if at.window_id == Some(town.windows[0]) { (&town.clerk, &town.second, 0, 1) } else { (&town.second, &town.clerk, 1, 0) };
        // The loser gets the next; the winner has somebody at hand.
        assert_eq!(town.call(other, o, None).await.unwrap(), "A002");
        assert_eq!(key(town.call(winner, w, None).await.unwrap_err()), "windows.busy");
        // Only the window that called it takes it on; an old page is told.
        assert_eq!(key(town.step(other, a.id, Step::Begin).await.unwrap_err()), "windows.not_here");
        let stale = act::step(&town.t.app, &town.act(winner, "windows.ticket"), a.id, Step::Begin, 1, "").await.unwrap_err();
        assert_eq!(key(stale), "windows.taken");
        town.step(winner, a.id, Step::Begin).await.unwrap();
        town.wait_minutes(12);
        town.step(winner, a.id, Step::Finish).await.unwrap();
        assert_eq!(key(town.step(winner, a.id, Step::Finish).await.unwrap_err()), "windows.ticket_state");
        assert_eq!(town.call(winner, w, None).await.unwrap(), "B001");
        assert_eq!(town.ticket(a.id).await.state, TicketState::Done);
    }
}

#[tokio::test]
async fn the_frail_go_first_and_who_does_not_come_is_missed_after_three_calls() {
    for engine in engines() {
        let town = town(engine).await;
        town.stand(&town.clerk, 0).await.unwrap();
        let first = town.draw(0, false).await;
        let frail = town.draw(0, true).await;
        let booked = town.book(town.wish(0, "2026-05-08", "09:15", 1)).await.unwrap();
        town.wait_minutes(10);
        let arrived = act::arrive(&town.t.app, &town.act(&town.clerk, "windows.draw"), booked.id, &[1; 32]).await.unwrap();
        assert_eq!(town.booking(booked.id).await.state, BookingState::Arrived);
        assert_eq!(key(act::arrive(&town.t.app, &town.act(&town.clerk, "windows.draw"), booked.id, &[2; 32]).await.unwrap_err()), "windows.not_open");
        assert_eq!(town.call(&town.clerk, 0, None).await.unwrap(), frail.label);
        assert_eq!(key(town.step(&town.clerk, frail.id, Step::Miss).await.unwrap_err()), "windows.calls");
        for _ in 0..2 {
            town.step(&town.clerk, frail.id, Step::Recall).await.unwrap();
        }
        town.step(&town.clerk, frail.id, Step::Miss).await.unwrap();
        // Then the booking whose time has come, then the walk-in; the missed one comes back.
        assert_eq!(town.call(&town.clerk, 0, None).await.unwrap(), arrived.label);
        town.step(&town.clerk, arrived.id, Step::Begin).await.unwrap();
        town.step(&town.clerk, frail.id, Step::Requeue).await.unwrap();
        town.step(&town.clerk, arrived.id, Step::Finish).await.unwrap();
        assert_eq!(town.booking(booked.id).await.state, BookingState::Done);
        assert_eq!(town.call(&town.clerk, 0, None).await.unwrap(), frail.label);
        town.step(&town.clerk, frail.id, Step::Begin).await.unwrap();
        // Nobody leaves a window with somebody at it.
        assert_eq!(key(act::leave(&town.t.app, &town.act(&town.clerk, "windows.leave"), "下班").await.unwrap_err()), "windows.busy");
        town.step(&town.clerk, frail.id, Step::Finish).await.unwrap();
        let hall = town.hall().await;
        let (ahead, wait) = hall.wait_now(town.services[0]);
        assert_eq!(ahead, 1);
        assert!(wait.unwrap().high > 0);
        // With nobody at a window nobody can say.
        act::leave(&town.t.app, &town.act(&town.clerk, "windows.leave"), "用餐").await.unwrap();
        assert_eq!(town.hall().await.wait_now(town.services[0]).1, None);
        town.step(&town.second, first.id, Step::Leave).await.unwrap();
        assert_eq!(town.ticket(first.id).await.state, TicketState::Left);
        // After closing no tickets are drawn.
        town.t.app.clock().set("2026-05-08T13:00:00Z".parse().unwrap());
        let e = act::draw(&town.t.app, &town.act(&town.clerk, "windows.draw"), town.services[0], false, &[3; 32]).await.unwrap_err();
        assert_eq!(key(e), "windows.shut");
    }
}

#[tokio::test]
async fn every_empty_minute_is_counted_and_the_day_closes_itself() {
    for engine in engines() {
        let town = town(engine).await;
        // 09:00 by the clock. Window 1 open until 12:00 and 14:00-20:00, window 2 until 12:00.
        town.stand(&town.clerk, 0).await.unwrap();
        town.wait_minutes(30);
        assert_eq!(town.kept().await, act::Sum { planned: 60, actual: 30, empty: 30, extra: 0 });
        town.stand(&town.second, 1).await.unwrap();
        town.wait_minutes(60);
        // 10:30: window 2 was empty for its first half hour.
        assert_eq!(town.kept().await, act::Sum { planned: 180, actual: 150, empty: 30, extra: 0 });
        // The second takes over window 1: the first is relieved, window 2 stands empty.
        town.stand(&town.second, 0).await.unwrap();
        town.wait_minutes(30);
        assert_eq!(town.kept().await, act::Sum { planned: 240, actual: 180, empty: 60, extra: 0 });
        let t = town.draw(0, false).await;
        assert_eq!(town.call(&town.second, 0, None).await.unwrap(), t.label);
        town.step(&town.second, t.id, Step::Begin).await.unwrap();
        town.step(&town.second, t.id, Step::Finish).await.unwrap();
        let waiting = town.draw(0, false).await;
        // Nobody checks out. Half an hour after the morning's closing the stand ends by itself: whether somebody is back in the
        // afternoon nobody knows.
        town.t.app.clock().set("2026-05-08T04:29:00Z".parse().unwrap());
        act::keep_up(&town.t.app).await.unwrap();
        let open = async || {
            let station = town.station;
            town.read(async |r: &mut Reader| crate::store::stands_open(r, station).await).await.len()
        };
        assert_eq!(open().await, 1, "{engine}: not yet");
        town.t.app.clock().set("2026-05-08T04:31:00Z".parse().unwrap());
        act::keep_up(&town.t.app).await.unwrap();
        assert_eq!(open().await, 0, "{engine}");
        assert_eq!(key(town.call(&town.second, 0, None).await.unwrap_err()), "windows.not_here");
        town.t.get(&town.second, "/windows/desk").await.is(200).says("1 号窗口 12:30").says("自动记为离岗");
        town.t.get(&town.leader, "/windows/monitor").await.is(200).says("12:30 自动记为离岗：窗口乙没有登记");
        // Back at 14:10: ten minutes were empty. The evening's closing is forgotten too, and noticed only after midnight.
        town.t.app.clock().set("2026-05-08T06:10:00Z".parse().unwrap());
        town.stand(&town.second, 0).await.unwrap();
        town.t.app.clock().set("2026-05-08T16:30:00Z".parse().unwrap());
        act::keep_up(&town.t.app).await.unwrap();
        let station = town.station;
        assert!(town.read(async |r: &mut Reader| crate::store::stands_open(r, station).await).await.is_empty());
        assert_eq!(town.ticket(waiting.id).await.state, TicketState::Left);
        let rules = town.t.app.rules();
        let look = town.t.app.look(&town.leader, "windows.test", Purpose::Statistics);
        let day = d("2026-05-08");
        let (days, stands) = town.t.app.db().read(&look, async |r: &mut Reader| act::kept(r, &rules, station, day, day).await).await.unwrap();
        let sum = act::Sum::of(days.iter());
        assert_eq!(sum.planned, sum.actual + sum.empty);
        assert_eq!(sum.planned, 180 + 360 + 180);
        // 12:00 to 12:30 and 20:00 to 20:30 without plan.
        assert_eq!((sum.empty, sum.extra), (30 + 90 + 10, 30 + 30));
        assert_eq!(stands.last().unwrap().ended_why, Stand::FORGOTTEN);
        town.t.get(&town.leader, "/windows/report?month=2026-05-01").await.is(200).says("2 次</a>没有离岗登记");
        let rows = town.t.get(&town.leader, "/windows/report/rows?month=2026-05-01&what=forgotten").await.is(200);
        rows.says("10:30-12:30").says("14:10-20:30").says("窗口乙");
    }
}

#[tokio::test]
async fn what_one_person_ended_in_between_keeps_the_rest_of_the_closing_from_nothing() {
    for engine in engines() {
        let town = town(engine).await;
        let (app, station) = (&town.t.app, town.station);
        town.stand(&town.clerk, 0).await.unwrap();
        town.t.app.clock().advance(1);
        town.stand(&town.second, 1).await.unwrap();
        let done = town.draw(0, false).await;
        let waiting = town.draw(0, false).await;
        assert_eq!(town.call(&town.clerk, 0, None).await.unwrap(), done.label);
        // After midnight all of it is due; between the reading and the ending the clerk finishes and leaves.
        app.clock().set("2026-05-08T16:30:00Z".parse().unwrap());
        let mut failed = closing::Failed::default();
        let due = closing::due(app, &mut failed).await.unwrap();
        assert_eq!((due.stands.len(), due.tickets.len()), (2, 2), "{engine}");
        let lost = due.stands[0].stand.clone();
        assert_eq!(lost.user_id, town.clerk.user);
        town.t.app.db().write(&town.act(&town.clerk, "windows.test"), async |tx: &mut Tx| {
            let t = crate::store::ticket(tx, station, done.id).await?;
            crate::store::set_ticket(tx, &t, TicketState::Done, "").await?;
            let now = tx.now();
            crate::store::end_stand(tx, station, lost.id, now, "下班").await?;
            tx.record("windows.leave", &[("window_ticket", t.id)], "");
            Ok(())
        }).await.unwrap();
        closing::end(app, &due, &mut failed).await;
        assert!(town.read(async |r: &mut Reader| crate::store::stands_open(r, station).await).await.is_empty(), "{engine}: the other stand");
        assert_eq!((town.ticket(waiting.id).await.state, town.ticket(done.id).await.state), (TicketState::Left, TicketState::Done));
        let day = town.read(async |r: &mut Reader| crate::store::stands_between(r, station, "2026-05-08T00:00:00Z".parse().unwrap(), app.now()).await).await;
        let why = |id: Uuid| day.iter().find(|s| s.id == id).unwrap().ended_why.clone();
        assert_eq!((why(lost.id).as_str(), why(due.stands[1].stand.id).as_str()), ("下班", Stand::FORGOTTEN), "what was said stays");
        let said = failed.say().unwrap_err().to_string();
        assert!(said.contains("2 failed, the rest was done") && said.contains(&lost.id.to_string()) && said.contains(&done.id.to_string()), "{said}");
        // The next run has nothing left and nothing to say.
        act::keep_up(app).await.unwrap();
    }
}

#[tokio::test]
async fn desk_draw_display_monitor_and_report_as_pages() {
    for engine in engines() {
        let town = town(engine).await;
        let t = &town.t;
        let auxiliary = testkit::actor(kernel::Role::Auxiliary, town.station);
        t.get(&auxiliary, "/windows/desk").await.is(403);
        let stand = format!("/windows/desk/{}/stand", town.windows[0]);
        t.post(&auxiliary, &stand, &[]).await.is(403);
        t.post(&town.stranger, &stand, &[]).await.is(404);
        t.get(&town.clerk, "/windows/desk").await.is(200).says("还没有在窗口上岗").says("没有人在等");
        t.get(&auxiliary, "/windows/draw").await.is(200).says("说不准").says("按一般 20 分钟估计");
        t.post(&town.clerk, &stand, &[]).await.is(303);
        t.post(&town.clerk, &stand, &[]).await.is(422).says("不用再签");
        let call = format!("/windows/desk/{}/call", town.windows[0]);
        t.post(&town.clerk, &call, &[]).await.is(422).says("没有人在等这个窗口");
        t.post(&auxiliary, "/windows/draw", &[("service", "x")]).await.is(422).says("请选择业务");
        let service = town.services[0].to_string();
        let drawn = t.post(&auxiliary, "/windows/draw", &[("service", &service)]).await.is(200).says("A001").says("前面").says("查询码");
        assert!(!drawn.body.contains("其木格"));
        t.get(&town.clerk, "/windows/desk/live").await.is(200).says("A001").says("叫下一个");
        t.post(&town.clerk, &call, &[]).await.is(303);
        t.get(&town.clerk, "/windows/desk").await.is(200).says("来了，开始办理").says("再叫一次");
        t.get(&auxiliary, "/windows/display").await.is(200).says("A001").says("请到窗口");
        t.get(&auxiliary, "/windows/display/live").await.is(200).says("暂停");
        let id = town.hall().await.tickets[0].id;
        let path = |step: &str| format!("/windows/tickets/{id}/{step}");
        t.post(&town.clerk, &path("dance"), &[]).await.is(404);
        t.post(&town.clerk, &path("begin"), &[("version", "1")]).await.is(422).says("1 号窗口");
        t.post(&town.clerk, &path("miss"), &[("version", "2")]).await.is(422).says("叫满 3 次");
        t.post(&town.clerk, &path("begin"), &[("version", "2")]).await.is(303);
        town.wait_minutes(9);
        t.post(&town.clerk, &path("finish"), &[("version", "3")]).await.is(303);
        t.post(&town.clerk, "/windows/desk/leave", &[("why", "")]).await.is(422).says("请写明去向");
        t.post(&town.clerk, "/windows/desk/leave", &[("why", "用餐")]).await.is(303);
        town.wait_minutes(11);
        t.get(&town.leader, "/windows/monitor").await.is(200).says("空岗 11 分钟").says("09:09-09:20");
        t.get(&town.leader, "/windows/monitor/live").await.is(200).says("在岗");
        t.get(&town.leader, "/windows/report").await.is(200).says("居住证申领").says("0 秒").says("在岗率");
        t.get(&town.leader, "/windows/report?month=1999-01-01").await.is(200).says("2026 年 5 月");
        let rows = |what: &str| format!("/windows/report/rows?month=2026-05-01&window={}&what={what}", town.windows[0]);
        t.get(&town.leader, &rows("empty")).await.is(200).says("共 11 分钟").says("09:09-09:20").says("用餐");
        t.get(&town.leader, &rows("actual")).await.is(200).says("共 9 分钟").says("窗口甲");
        t.get(&town.leader, "/windows/report/rows?month=2026-05-01&what=waited").await.is(200).says("A001").says("1 号窗口");
        t.get(&town.leader, "/windows/report/rows?month=2026-05-01&what=lost").await.is(200).says("没有");
    }
}
