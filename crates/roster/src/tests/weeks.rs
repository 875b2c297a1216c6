//! Hours of a calendar week are limited, also where a week lies in two months; what is too much is said, and what would help.

use super::after::published;
use super::town::{d, town};
use crate::actions as act;
use crate::model::*;
use crate::rules::{build, judge, words};
use solver::roster as s;
use testkit::engines;

#[tokio::test]
async fn a_week_that_is_too_full_is_told_with_its_days_and_hours() {
    for engine in engines() {
        let town = town(engine).await;
        let (app, t, planner) = (&town.t.app, &town.t, &town.planner);
        t.get(planner, "/roster/rules").await.is(200).says("每人每周最多排多少小时").says("0 到 112");
        t.post(planner, "/roster/rules", &[("key", "roster.max_week_hours"), ("value", "168"), ("why", "依据")]).await.is(422).says("0 到 112");
        // May 2026 begins on a Friday; the pack says 60.
        let p = town.problem(d("2026-05-01")).await.unwrap();
        let model = build::model(&p);
        assert_eq!(model.weeks, vec![(0, 3), (3, 10), (10, 17), (17, 24), (24, 31)]);
        assert!(model.people.iter().all(|q| q.max_week == vec![3_600; 5]));
        act::set_rule(app, &town.act(planner, "roster.rule"), "roster.max_week_hours", 40, "夏季勤务").await.unwrap();
        let mut p = town.problem(d("2026-05-01")).await.unwrap();
        let place = p.people.iter().position(|m| m.user == town.officers[0].user).unwrap();
        let day = p.kinds.iter().position(|k| k.post_kind == PostKind::Command && !k.night).unwrap();
        let model = build::model(&p);
        let mut roster = s::Roster::empty(&model);
        [3, 4, 6, 8].iter().for_each(|d| roster.rows[place][*d] = day as u8);
        let said = |p: &Problem, r: &s::Roster| judge::judge(p, r).findings.iter().filter(|f| f.text.contains("每周上限")).map(|f| f.text.clone()).collect::<Vec<_>>();
        let found = said(&p, &roster);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("5 月 4 日 到 5 月 10 日 这一周排了 48 小时，超过每周上限 40 小时"), "{found:?}");
        roster.rows[place][8] = s::OFF;
        assert_eq!(said(&p, &roster), Vec::<String>::new());
        // What was worked of the first week in April counts.
        roster.rows[place][..3].fill(day as u8);
        p.people[place].beside = [12 * 60, 0];
        let found = said(&p, &roster);
        assert!(found.iter().any(|f| f.contains("5 月 1 日 到 5 月 3 日 这一周排了 36 小时，连同本月以外的 12 小时，超过每周上限 40 小时")), "{found:?}");
        // Told as a rule of a clash and as a way out, at the price of overtime.
        let group = s::Group::Of(place, s::Sort::MaxWeek);
        assert_eq!(words::price(&group), Some(3));
        let clash = s::Clash { groups: vec![group], proven: true, fewest: true, ways: vec![s::WayOut { groups: vec![group], cost: 3 }] };
        let told = words::clash(&p, &model, &clash);
        assert!(told.rules[0].contains("每周最多排 40 小时") && told.ways[0].contains("每周工时的上限") && told.ways[0].contains("报批"), "{told:?}");
        // No limit: no weeks, and nothing is said.
        p.limits.max_week_hours = 0;
        assert!(build::model(&p).weeks.is_empty());
        assert_eq!(said(&p, &roster), Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_few_hours_a_week_are_answered_with_numbers_and_ways_out() {
    for engine in engines() {
        let town = town(engine).await;
        let app = &town.t.app;
        act::set_rule(app, &town.act(&town.planner, "roster.rule"), "roster.max_week_hours", 11, "试一试").await.unwrap();
        let seen = town.searched(d("2026-06-01"), 2).await;
        let clash = seen.plan.clash.0.clone().expect("an explanation");
        assert_eq!(clash.reached, Reached::Counted, "{clash:?}");
        assert!(clash.rules.iter().any(|r| r.contains("每周工时上限 11 小时")), "{clash:?}");
        assert!(clash.ways.iter().any(|w| w.contains("每周工时的上限放宽") && w.contains("现在 11 小时")), "{clash:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_roster_keeps_every_week_and_the_next_month_goes_on_with_the_hours_of_the_last() {
    for engine in engines() {
        let town = town(engine).await;
        act::set_rule(&town.t.app, &town.act(&town.planner, "roster.rule"), "roster.max_week_hours", 48, "夏季勤务").await.unwrap();
        let seen = published(&town).await;
        let p = &seen.problem;
        let paid = |row: &[u8], days: std::ops::Range<usize>| row[days].iter().filter_map(|c| p.kinds.get(*c as usize)).map(|k| k.paid).sum::<i64>();
        let weeks = build::weeks(p);
        assert!(seen.roster.rows.iter().all(|row| weeks.iter().all(|w| paid(row, w.0..w.1) <= 48 * 60)));
        // June 2026 begins on a Monday: nothing of May lies in its first week. The last week of April goes on in May.
        let june = town.problem(d("2026-06-01")).await.unwrap();
        assert!(june.people.iter().all(|m| m.beside == [0, 0]));
        let april = town.problem(d("2026-04-01")).await.unwrap();
        let first = weeks[0];
        for m in &april.people {
            let place = p.people.iter().position(|x| x.user == m.user).unwrap();
            assert_eq!(m.beside, [0, paid(&seen.roster.rows[place], first.0..first.1)], "{}", m.name);
        }
        assert!(april.people.iter().any(|m| m.beside[1] > 0));
        let model = build::model(&april);
        assert!(model.people.iter().zip(&april.people).all(|(q, m)| q.max_week.last().copied() == Some((48 * 60 - m.beside[1]).max(0) as u32)));
    }
}
