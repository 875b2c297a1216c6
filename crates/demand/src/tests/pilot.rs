//! 试开: what evenings that were tried brought, beside what was expected of them, on the page and in the file.

use super::town::{d, town};
use crate::model::Stream;
use crate::rules::latent;
use kernel::Reader;
use testkit::engines;

/// Six evenings of the last four weeks.
const EVENINGS: [&str; 6] = ["2026-04-14", "2026-04-16", "2026-04-21", "2026-04-23", "2026-04-28", "2026-04-30"];

/// `2.0`, `3.5` of `预计 2.0–3.5 人`.
fn expected(row: &str) -> (f64, f64) {
    let text = row.split("预计 ").nth(1).unwrap_or_else(|| panic!("{row}")).split(" 人").next().unwrap();
    let (low, high) = text.split_once('–').unwrap();
    (low.parse().unwrap(), high.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn evenings_that_were_tried_stand_beside_what_was_expected() {
    for engine in engines() {
        let town = town(engine, 4).await;
        let t = &town.t;
        let survey = town.hours_survey("工作日 09:00-12:00\n工作日 18:00-20:00\n周末 09:00-12:00").await;
        town.answer_hours(&survey, 18, &[1], 1).await;
        town.answer_hours(&survey, 12, &[0], 0).await;
        let row = |body: &str| {
            let latent = body.split("id=\"latent\"").nth(1).unwrap();
            latent.split("工作日 18:00-20:00").nth(1).unwrap().split("</tr>").next().unwrap().to_string()
        };
        let of = async || {
            let (days, station) = (town.gathered(Stream::All).await.days, town.station);
            let round = town.read(async |r: &mut Reader| crate::actions::asked(r, station, Stream::All).await).await.unwrap();
            latent::guess(&days, &round).unwrap().bands.into_iter().find(|b| b.asked.text() == "工作日 18:00-20:00").unwrap()
        };
        // Before: shut, a range, and the advice to try it.
        let before = of().await;
        let page = t.get(&town.leader, "/demand?kind=work").await.is(200).says("先试开哪一段");
        assert!(row(&page.body).contains(">关着<") && row(&page.body).contains(&before.band_text()), "{engine}: {}", row(&page.body));
        assert!(page.body.split("先试开哪一段").nth(1).unwrap().contains("工作日 18:00-20:00"));

        // Three come on each of six evenings: eighteen people, three an evening.
        for day in EVENINGS {
            town.evening(d(day)).await;
            for minute in [1_090, 1_122, 1_165] {
                town.draw(1, d(day), minute).await;
            }
        }
        let page = t.get(&town.leader, "/demand?kind=work").await.is(200);
        let told = row(&page.body);
        assert!(told.contains("试开 6 天：实际一天 3.0 人，预计 "), "{engine}: {told}");
        let after = of().await;
        assert_eq!((after.seen, after.came, after.open), (6, 3.0, false), "{engine}");
        assert!(told.contains(&after.now_text()), "{told}");
        // The page's verdict follows from the page's own numbers, which are those of before the trial.
        let (low, high) = expected(&told);
        assert!((low - before.a_day(before.band.low)).abs() < 0.051 && (high - before.a_day(before.band.high)).abs() < 0.051, "{told} {before:?}");
        let verdict = if 3.0 < before.a_day(before.band.low) { "比预计少" } else if 3.0 > before.a_day(before.band.high) { "比预计多" } else { "在预计之内" };
        assert!(told.contains(verdict), "{told}");
        let advice = page.body.split("先试开哪一段").nth(1).unwrap_or("");
        assert!(!advice.contains("工作日 18:00-20:00"), "what was tried is no advice: {advice}");
        // In the file six evenings were observed, one person in the first quarter hour on each.
        let csv = t.get(&town.leader, "/demand/csv?kind=work").await.is(200).says("工作日,18:00-18:15,观察到,6,").says("工作日,17:00-17:15,外推,0,");
        let line = csv.body.lines().find(|l| l.starts_with("工作日,18:00-18:15")).unwrap();
        let mean: f64 = line.split(',').nth(4).unwrap().parse().unwrap();
        assert!(mean > 0.3 && mean < 1.2, "{line}");

        // A seventh evening on which nobody comes: eighteen people on seven evenings.
        town.evening(d("2026-05-06")).await;
        let page = t.get(&town.leader, "/demand?kind=work").await.is(200);
        assert!(row(&page.body).contains("试开 7 天：实际一天 2.6 人"), "{engine}: {}", row(&page.body));
        // Many more than anybody expected.
        for n in 0..60 {
            town.draw(0, d("2026-05-06"), 1_081 + n).await;
        }
        let page = t.get(&town.leader, "/demand?kind=work").await.is(200);
        assert!(row(&page.body).contains("试开 7 天：实际一天 11.1 人") && row(&page.body).contains("比预计多"), "{engine}: {}", row(&page.body));
    }
}
