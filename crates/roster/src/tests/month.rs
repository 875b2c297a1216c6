//! The month's report of each person against values counted by hand: duties, hours, nights, rests, calendar weeks.

use super::town::{Town, d, town};
use crate::actions as act;
use crate::model::*;
use crate::rules::build;
use kernel::row::Json;
use kernel::{Act, Actor, Date, Timestamp, Tx, Uuid};
use solver::roster as s;
use testkit::engines;

fn at(time: &str) -> Timestamp {
    format!("2026-05-{time}:00+08:00").parse().unwrap()
}

/// A published May in which one officer has these duties, by post and shift, and nobody else any.
async fn by_hand(town: &Town, who: &Actor, duties: &[(u8, &str, &str)]) -> Problem {
    let may = d("2026-05-01");
    let problem = town.problem(may).await.unwrap();
    let mut rows = vec![vec![s::OFF; problem.days.len()]; problem.people.len()];
    let person = problem.people.iter().position(|m| m.user == who.user).unwrap();
    for (day, post, shift) in duties {
        rows[person][usize::from(*day) - 1] = problem.kinds.iter().position(|k| k.post_name == *post && k.name == *shift).unwrap() as u8;
    }
    let write = town.act(&town.planner, "roster.test");
    let digest = build::digest(&problem).unwrap();
    let p = &problem;
    town.t
        .app
        .db()
        .write(&write, async |tx: &mut Tx| {
            let (id, now, station_id, by_user) = (tx.fresh(), tx.now(), tx.act().station, tx.act().actor.user);
            let (problem, cells, clash, changes) = (Json(p.clone()), Json(rows.clone()), Json(None), Json(vec![]));
            let (bound_for, ended_how, reason) = (String::new(), String::new(), String::new());
            let plan = Plan { station_id, id, month: may, n: 0, origin: Origin::Copied, parent: None, state: State::Ready, problem, digest: digest.clone(), cells, bound: 0, bound_for, seconds: 0, progress: 0, clash, changes, ended_how, started_at: now, beat_at: now, stop_at: None, by_user, published_at: None, reason, version: 1 };
            crate::store::insert_plan(tx, &plan).await?;
            crate::store::publish(tx, &plan, "", &act::duties(p, &s::Roster { rows: rows.clone() }, id)).await?;
            tx.record("roster.publish", &[("roster_plan", id)], "");
            Ok(())
        })
        .await
        .unwrap();
    problem
}

fn shift(p: &Problem, post: &str, name: &str) -> Uuid {
    p.kinds.iter().find(|k| k.post_name == post && k.name == name).unwrap().shift
}

/// The cells of a person's line in the table after a heading, as text.
fn line(body: &str, after: &str, name: &str) -> Vec<String> {
    let table = body.split(after).nth(1).unwrap();
    let row = table.split(&format!("<th scope=\"row\">{name}</th>")).nth(1).unwrap().split("</tr>").next().unwrap();
    row.split("<td").skip(1).map(|c| text(c.split_once('>').unwrap().1)).collect()
}

fn text(html: &str) -> String {
    let (mut out, mut tag) = (String::new(), false);
    for c in html.chars() {
        match c {
            '<' => tag = true,
            '>' => tag = false,
            c if !tag => out.push(c),
            _ => {}
        }
    }
    out.trim().into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_persons_month_is_as_counted_by_hand() {
    for engine in engines() {
        let town = town(engine).await;
        let (t, who, other) = (&town.t, &town.officers[0], &town.officers[1]);
        let (day, night, community) = (("指挥室", "白班"), ("指挥室", "夜班"), ("社区", "日班"));
        let duties = [(1, day), (2, night), (4, day), (5, community), (6, day), (7, day), (8, day), (9, day)];
        let p = by_hand(&town, who, &duties.map(|(n, (post, name))| (n, post, name))).await;
        let (white, black, office) = (shift(&p, day.0, day.1), shift(&p, night.0, night.1), shift(&p, community.0, community.1));
        let done = async |arrived: &str, left: &str, on: Date, shift: Uuid| {
            let act = |action, time: &str| Act { at: at(time), ..town.act(who, action) };
            act::check_in(&t.app, &act("roster.check_in", arrived), on, shift).await.unwrap();
            act::check_out(&t.app, &act("roster.check_out", left), on, shift, "下班").await.unwrap();
        };
        // A meal on the 1st, called away at two from the night, half past midnight at home on the 4th, an hour early on the 7th.
        for (arrived, left, n, shift) in [
            ("01T08:00", "01T12:00", 1, white),
            ("01T13:00", "01T20:00", 1, white),
            ("02T20:00", "03T02:00", 2, black),
            ("04T08:00", "05T00:30", 4, white),
            ("05T08:00", "05T16:00", 5, office),
            ("06T08:00", "06T20:00", 6, white),
            ("07T07:00", "07T20:00", 7, white),
            ("08T08:00", "08T20:00", 8, white),
            ("09T08:00", "09T20:00", 9, white),
        ] {
            done(arrived, left, d(&format!("2026-05-{n:02}")), shift).await;
        }
        // Somebody else came on the 5th, unplanned, and was noted for the whole duty.
        t.app.clock().set(at("10T09:00"));
        act::note_presence(&t.app, &town.act(&town.planner, "roster.note_presence"), other.user, d("2026-05-05"), office, "临时顶班").await.unwrap();

        let page = t.get(&town.planner, "/roster/attendance?month=2026-05-01").await.is(200);
        // Planned 12+12 in the first week, 12+8+12×4 in the second; done 11+6, then 16.5+8+12+13+12+12. 19 working days of 8 hours and a tenth.
        // Rests as planned: never under the 12 hours of one day shift after the other. Really: 00:30 to 08:00 on the 5th; 11 hours before the 7th are enough.
        let all = line(&page.body, "id=\"load\"", &who.name);
        assert_eq!(all, ["8 / 8", "92.0 / 90.5", "167.2", "1 / 1", "12 小时 / 7 小时 30 分", "5 月 5 日 00:30 下班，08:00 上班，只隔 7 小时 30 分"], "{engine}");
        assert_eq!(line(&page.body, "id=\"load\"", &other.name), ["0 / 1", "0.0 / 8.0", "167.2", "0 / 0", "— / —", "—"], "{engine}");
        // The limit of a week is 60 hours.
        let weeks = line(&page.body, "按周工时", &who.name);
        assert_eq!(weeks, ["24.0 / 17.0", "68.0 / 73.5 实际超出 13.5", "0.0 / 0.0", "0.0 / 0.0", "0.0 / 0.0"], "{engine}");
        assert_eq!(line(&page.body, "按周工时", &other.name)[1], "0.0 / 8.0");
        assert!(page.body.contains("按周工时（5 周）") && page.body.contains("<th>4/27–5/3</th>") && page.body.contains("1 人有一周实际超出 60 小时"));
        // In April's report the shared week is the same week.
        let april = t.get(&town.planner, "/roster/attendance?month=2026-04-01").await.is(200);
        assert!(!april.body.contains("按周工时"), "nobody had a duty in April");
        // Without a limit nothing is over it; as planned only is said apart.
        let rule = async |hours: i64| act::set_rule(&t.app, &town.act(&town.planner, "roster.rule"), "roster.max_week_hours", hours, "夏季勤务").await.unwrap();
        rule(23).await;
        let page = t.get(&town.planner, "/roster/attendance?month=2026-05-01").await.is(200);
        assert_eq!(line(&page.body, "按周工时", &who.name)[..2], ["24.0 / 17.0 排的超出 1.0", "68.0 / 73.5 实际超出 50.5"], "{engine}");
        rule(0).await;
        let page = t.get(&town.planner, "/roster/attendance?month=2026-05-01").await.is(200).says("没有规定每周的上限");
        assert_eq!(line(&page.body, "按周工时", &who.name)[1], "68.0 / 73.5");
    }
}
