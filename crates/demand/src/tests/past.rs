//! A row of past arrivals: what is taken and what is refused with which words.

use super::town::{Town, d, town};
use crate::actions::{import_row, judge_row};
use crate::model::PastRow;
use kernel::{Reader, Tx};
use testkit::engines;
use windows::model::moment;

fn row(service: &str, day: &str, minute: i64, people: Option<i64>) -> PastRow {
    PastRow { service: service.into(), at: moment(d(day), minute), people }
}

async fn why(town: &Town, row: PastRow) -> String {
    let station = town.station;
    let judged = town.read(async |r: &mut Reader| judge_row(r, station, &row).await).await;
    judged.map_or_else(|e| e.0.into_iter().map(|x| x.1).collect::<Vec<_>>().join(" "), |_| "ok".into())
}

async fn take(town: &Town, row: PastRow) -> bool {
    let station = town.station;
    let act = town.act(&town.officer, "exchange.rows");
    let written: bool = town
        .t
        .app
        .db()
        .write(&act, async |tx: &mut Tx| {
            let done = import_row(tx, station, &row).await?.is_ok();
            tx.record("exchange.rows", &[], "");
            Ok(done)
        })
        .await
        .unwrap();
    written
}

#[tokio::test]
async fn every_refusal_says_why() {
    for engine in engines() {
        let town = town(engine, 1).await;
        let s = "居住证申领";
        assert_eq!(why(&town, row(s, "2026-04-20", 540, Some(3))).await, "ok");
        assert!(why(&town, row("办证", "2026-04-20", 540, Some(3))).await.contains("没有“办证”这项业务（现有：居住证申领"));
        assert!(why(&town, row(s, "2026-05-08", 540, Some(3))).await.contains("今天以前"));
        assert!(why(&town, row(s, "2022-05-08", 540, Some(3))).await.contains("早于 3 年"));
        assert!(why(&town, row(s, "2026-04-20", 545, Some(3))).await.contains("整刻钟"));
        assert_eq!(why(&town, row(s, "2026-04-20", 545, None)).await, "ok", "one person comes at any minute");
        assert!(why(&town, row(s, "2026-04-20", 540, Some(-1))).await.contains("0 到 500"));
        assert!(why(&town, row(s, "2026-05-07", 540, Some(3))).await.contains("免得重复计算"), "{engine}");
        assert!(take(&town, row(s, "2026-04-20", 540, Some(3))).await);
        assert!(why(&town, row(s, "2026-04-20", 540, Some(4))).await.contains("已导入过（3 人）"));
        assert!(why(&town, row(s, "2026-04-20", 560, None)).await.contains("另一种口径（一人一行）") || why(&town, row(s, "2026-04-20", 560, None)).await.contains("另一种口径"));
        // One line a person: the second in a quarter hour is added.
        assert!(take(&town, row(s, "2026-04-21", 541, None)).await);
        assert!(take(&town, row(s, "2026-04-21", 544, None)).await);
        let station = town.station;
        let past = town.read(async |r: &mut Reader| crate::store::past(r, station, None, d("2026-04-01")).await).await;
        assert_eq!(past.iter().map(|p| (p.day, p.people)).collect::<Vec<_>>(), [(d("2026-04-21"), 2), (d("2026-04-20"), 3)]);
    }
}
