//! The month's waits of ten tickets whose ranks are known by hand; load, rest and posts for those who plan.

use super::town::town;
use crate::actions as act;
use crate::rules::queue::Step;
use kernel::{Act, Timestamp};
use testkit::engines;

#[tokio::test]
async fn ten_tickets_whose_ranks_are_known_by_hand() {
    for engine in engines() {
        let town = town(engine).await;
        let t = &town.t;
        let at = |who: &kernel::Actor, action: &'static str, time: Timestamp| Act { at: time, ..town.act(who, action) };
        let nine = t.app.now();
        let later = |seconds: i64| kernel::clock::from_micros(nine.as_microsecond() + seconds * 1_000_000);
        act::stand(&t.app, &at(&town.clerk, "windows.stand", nine), town.windows[0]).await.unwrap();
        // They wait 60, 120, … 540 seconds and the tenth half an hour, in no order of size; the eleventh leaves without a call.
        // By nearest rank the fifth of ten is 300 seconds, the ninth 540.
        for (n, wait) in [420, 60, 1_800, 240, 540, 120, 360, 180, 480, 300].into_iter().enumerate() {
            let drawn_at = n as i64 * 2_400;
            let receipt = t.app.vault().token().1;
            let drawn = act::draw(&t.app, &at(&town.clerk, "windows.draw", later(drawn_at)), town.services[n % 2], false, &receipt).await.unwrap();
            act::call(&t.app, &at(&town.clerk, "windows.call", later(drawn_at + wait)), town.windows[0], Some(drawn.id)).await.unwrap();
            act::step(&t.app, &at(&town.clerk, "windows.ticket", later(drawn_at + wait + 30)), drawn.id, Step::Begin, 2, "").await.unwrap();
            act::step(&t.app, &at(&town.clerk, "windows.ticket", later(drawn_at + wait + 300)), drawn.id, Step::Finish, 3, "").await.unwrap();
        }
        let receipt = t.app.vault().token().1;
        let gone = act::draw(&t.app, &at(&town.clerk, "windows.draw", later(24_000)), town.services[0], false, &receipt).await.unwrap();
        act::step(&t.app, &at(&town.clerk, "windows.ticket", later(24_060)), gone.id, Step::Leave, 1, "").await.unwrap();
        t.app.clock().set(later(26_000));
        let page = t.get(&town.leader, "/windows/report?month=2026-05-01").await.is(200);
        // The row 合计 of the waits: drawn, done, lost, p50, p90, longest.
        let waits = page.body.split("<h2>等候</h2>").nth(1).unwrap();
        let sum = waits.split("合计").nth(1).unwrap().split("</tr>").next().unwrap();
        let cells: Vec<String> = sum.split("<td").skip(1).map(text).collect();
        assert_eq!(cells, ["11", "10", "1", "5 分 0 秒", "9 分 0 秒", "30 分 0 秒"], "{engine}");
        // The first service has 420, 1,800, 540, 360, 480 and one that left: p50 480, p90 and the longest 1,800.
        let first = waits.split("居住证申领").nth(1).unwrap().split("</tr>").next().unwrap();
        let cells: Vec<String> = first.split("<td").skip(1).map(text).collect();
        assert_eq!(cells, ["6", "5", "1", "8 分 0 秒", "30 分 0 秒", "30 分 0 秒"], "{engine}");
        t.get(&town.leader, "/windows/report/rows?month=2026-05-01&what=waited").await.is(200).says("共 10 张").says("30 分 0 秒");
        // Load and rest are for those who plan.
        assert!(page.body.contains("工作量和休息") && page.body.contains("岗位空岗"));
        let clerks = t.get(&town.clerk, "/windows/report?month=2026-05-01").await.is(200).says("由带班领导和所领导看");
        assert!(!clerks.body.contains("id=\"load\""));
    }
}

/// The text of a table's cell.
fn text(cell: &str) -> String {
    let inner = cell.split_once('>').map_or("", |c| c.1).split("</td>").next().unwrap_or("");
    let mut out = String::new();
    let mut tag = false;
    for c in inner.chars() {
        match c {
            '<' => tag = true,
            '>' => tag = false,
            c if !tag => out.push(c),
            _ => {}
        }
    }
    out.trim().into()
}
