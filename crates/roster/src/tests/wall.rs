//! The sheet for the wall, read back by a program that is not ours (pdftotext), says what the roster says.

use super::town::{d, town};
use crate::actions::{self as act, Seen};
use crate::paper;
use crate::web_pages::table::day_rows;
use std::io::Write;
use std::process::{Command, Stdio};
use testkit::engines;

/// A word on a page by its centre, in points from the upper left corner.
struct Word {
    page: usize,
    x: f64,
    y: f64,
    text: String,
}

/// The words of a PDF by place; none, with a plain line, where pdftotext is not installed (`cargo xt test` installs it).
fn words(pdf: &[u8]) -> Option<Vec<Word>> {
    let child = Command::new("pdftotext").args(["-bbox", "-", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        let _ = writeln!(std::io::stderr(), "SKIPPED the sheet read back: no pdftotext");
        return None;
    };
    child.stdin.take().unwrap().write_all(pdf).unwrap();
    let out = child.wait_with_output().unwrap();
    assert!(out.status.success());
    let (mut page, mut all) = (0, vec![]);
    for line in String::from_utf8(out.stdout).unwrap().lines().map(str::trim) {
        page += usize::from(line.starts_with("<page "));
        let Some(word) = line.strip_prefix("<word ") else { continue };
        let (place, text) = word.split_once('>').unwrap();
        let at: Vec<f64> = place.split('"').skip(1).step_by(2).map(|n| n.parse().unwrap()).collect();
        let text = text.trim_end_matches("</word>").to_string();
        all.push(Word { page, x: (at[0] + at[2]) / 2.0, y: (at[1] + at[3]) / 2.0, text });
    }
    Some(all)
}

/// The text around a place, from left to right.
fn at(all: &[&Word], x: f64, y: f64, wide: f64, high: f64) -> String {
    let mut here: Vec<&&Word> = all.iter().filter(|w| (w.x - x).abs() < wide && (w.y - y).abs() < high).collect();
    here.sort_by(|a, b| a.x.total_cmp(&b.x));
    here.iter().map(|w| w.text.as_str()).collect()
}

/// The first page: people by days, with hours and nights.
fn by_person(seen: &Seen, all: &[Word]) {
    let p = &seen.problem;
    let page: Vec<&Word> = all.iter().filter(|w| w.page == 1).collect();
    let head = page.iter().find(|w| w.text == "姓名").expect("a heading");
    let column = |text: &str| page.iter().find(|w| w.text == text && (w.y - head.y).abs() < 16.0).unwrap_or_else(|| panic!("no column {text}")).x;
    let days: Vec<f64> = p.days.iter().map(|x| column(&x.date.day().to_string())).collect();
    assert!(days.windows(2).all(|w| w[0] < w[1]), "days from left to right");
    let wide = (days[1] - days[0]) / 2.0;
    for (i, m) in p.people.iter().enumerate() {
        let y = page.iter().find(|w| w.text == m.name && w.x < days[0]).unwrap_or_else(|| panic!("no line of {}", m.name)).y;
        let kinds: Vec<_> = (0..p.days.len()).map(|x| seen.roster.at(i, x).map(|k| &p.kinds[k])).collect();
        for (x, kind) in kinds.iter().enumerate() {
            assert_eq!(at(&page, days[x], y, wide, 7.0), kind.map_or("", |k| &k.code), "{} on {}", m.name, p.days[x].date);
        }
        let on: Vec<_> = kinds.into_iter().flatten().collect();
        assert_eq!(at(&page, column("工时"), y, wide, 7.0), (on.iter().map(|k| k.paid).sum::<i64>() / 60).to_string(), "{}", m.name);
        assert_eq!(at(&page, column("夜班"), y, wide, 7.0), on.iter().filter(|k| k.night).count().to_string(), "{}", m.name);
    }
}

/// The second page: days by posts, with names.
fn by_post(seen: &Seen, all: &[Word]) {
    let p = &seen.problem;
    let page: Vec<&Word> = all.iter().filter(|w| w.page == 2).collect();
    let head = page.iter().find(|w| w.text == "日期").expect("a heading");
    let posts: Vec<f64> = p.kinds.iter().map(|k| page.iter().find(|w| w.text == k.label()).unwrap_or_else(|| panic!("no column {}", k.label())).x).collect();
    let wide = (posts[1] - posts[0]) / 2.0;
    let day = |n: usize| page.iter().find(|w| w.x < posts[0] - wide && w.y > head.y + 8.0 && w.text == n.to_string()).unwrap_or_else(|| panic!("no line of day {n}")).y;
    let high = (day(2) - day(1)) / 2.0;
    for (x, row) in day_rows(seen).into_iter().enumerate() {
        for ((names, _), post) in row.posts.iter().zip(&posts) {
            assert_eq!(at(&page, *post, day(x + 1), wide, high), *names, "{}", row.day.date);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sheet_for_the_wall_says_of_every_person_and_day_what_the_roster_says() {
    let town = town(engines()[0]).await;
    let draft = town.solved(d("2026-05-01")).await;
    let sheet = paper::wall(paper::data(&draft, "正阳派出所")).await.unwrap();
    let Some(all) = words(&sheet) else { return };
    let says = |all: &[Word], text: &str| all.iter().any(|w| w.text.contains(text));
    assert!(says(&all, "未发布"), "a draft says so");
    act::publish(&town.t.app, &town.act(&town.leader, "roster.publish"), draft.plan.id, draft.plan.version, "").await.unwrap();
    let seen = town.seen(draft.plan.id).await;
    let sheet = paper::wall(paper::data(&seen, "正阳派出所")).await.unwrap();
    let all = words(&sheet).unwrap();
    assert!(says(&all, "发布于") && !says(&all, "未发布") && !says(&all, "未"), "a published sheet has no mark of a draft");
    by_person(&seen, &all);
    by_post(&seen, &all);
}
