//! What bad input gets: a rearranged holiday, two contracts, a qualification that ends, an edit during a search, a killed server.

use super::town::{d, posts, town};
use crate::actions as act;
use crate::model::*;
use crate::rules::build;
use kernel::{Clock, Db, Reader, Uuid};
use testkit::engines;

#[tokio::test]
async fn a_month_with_a_rearranged_holiday_counts_its_real_working_days() {
    for engine in engines() {
        let town = town(engine).await;
        town.t.app.clock().set("2026-08-20T01:00:00Z".parse().unwrap());
        let p = town.problem(d("2026-10-01")).await.unwrap();
        // 1 to 7 October are off, Saturday the 10th is worked: 18 working days, not the 22 weekdays.
        assert_eq!(act::day_counts(&p), [(DayType::Work, 18), (DayType::Rest, 6), (DayType::Holiday, 7)]);
        let officer = p.people.iter().find(|m| m.contracts[0].standing == Standing::Officer).unwrap();
        assert_eq!(build::target(&p, officer).0, 18 * 8 * 60);
        let window = p.kinds.iter().position(|k| k.post_kind == PostKind::Window).unwrap();
        let need = |day: usize| p.needs.iter().find(|n| (n.0, n.1) == (day, window)).unwrap().2;
        assert_eq!((need(1), need(9), need(10)), (0, 1, 0), "closed on the holiday, open on the worked Saturday");
        // A year without a notice is said to be provisional.
        let rules = town.t.app.rules();
        assert!(!act::provisional(&rules, d("2026-10-01")) && act::provisional(&rules, d("2027-10-01")));
    }
}

#[tokio::test]
async fn two_contracts_in_one_month_each_hold_on_their_days() {
    for engine in engines() {
        let town = town(engine).await;
        let app = &town.t.app;
        let who = town.auxiliaries[0].user;
        let new = |from: &str| Contract { id: Uuid::nil(), user_id: who, standing: Standing::Officer, week_hours: 20, fill_percent: 0, from_day: d(from), until_day: None };
        let act_ = || town.act(&town.planner, "roster.contract");
        let refused = act::add_contract(app, &act_(), new("2026-06-16")).await.unwrap_err();
        assert_eq!(refused.key(), "invalid");
        let station = town.station;
        let old = town.read(async |r: &mut Reader| crate::store::contracts_of(r, station, who).await).await[0].id;
        act::end_contract(app, &act_(), old, d("2026-06-15")).await.unwrap();
        act::add_contract(app, &act_(), new("2026-06-16")).await.unwrap();
        let p = town.problem(d("2026-06-01")).await.unwrap();
        let m = p.people.iter().find(|m| m.user == who).unwrap();
        assert_eq!(m.contracts.len(), 2);
        assert_eq!((m.employed(14).unwrap().standing, m.employed(15).unwrap().standing), (Standing::Auxiliary, Standing::Officer));
        let community = p.kinds.iter().find(|k| k.post_kind == PostKind::Community).unwrap();
        assert!(!build::able(m, community, 14) && build::able(m, community, 15));
        // Hours of each part by its own days: 10 working days at 8 hours, 10 at 4 (19 June is a holiday).
        let work = |from: usize, until: usize| p.days[from..until].iter().filter(|x| x.kind == DayType::Work).count() as i64;
        assert_eq!(build::target(&p, m).0, work(0, 15) * 480 + work(15, 30) * 240);
        // And the powers in the pair: an auxiliary until the 15th, an officer after.
        let model = build::model(&p);
        let i = p.people.iter().position(|m| m.user == who).unwrap();
        let sign = |day: usize| model.mixes.iter().find(|x| x.day == day && x.name.contains("巡逻")).unwrap().people.iter().find(|x| x.0 == i).unwrap().1;
        assert_eq!((sign(14), sign(15)), (-1, 1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_qualification_that_ends_mid_month_bars_the_days_after() {
    for engine in engines() {
        let town = town(engine).await;
        let app = &town.t.app;
        let station = town.station;
        let all = town.read(async |r: &mut Reader| crate::store::posts(r, station).await).await;
        let mut patrol = all.into_iter().find(|p| p.post.kind == PostKind::Patrol).unwrap();
        patrol.post.skill = "持枪证".into();
        act::save_post(app, &town.act(&town.planner, "roster.post"), patrol).await.unwrap();
        for who in town.officers.iter().chain(&town.auxiliaries) {
            let until = (who.user == town.officers[0].user).then(|| d("2026-06-12"));
            let x = Skill { id: Uuid::nil(), user_id: who.user, skill: "持枪证".into(), from_day: d("2026-01-01"), until_day: until };
            act::add_skill(app, &town.act(&town.planner, "roster.skill"), x).await.unwrap();
        }
        let seen = town.solved(d("2026-06-01")).await;
        assert_eq!(seen.judged.findings, vec![]);
        let me = seen.problem.people.iter().position(|m| m.user == town.officers[0].user).unwrap();
        let patrol = seen.problem.kinds.iter().position(|k| k.post_kind == PostKind::Patrol).unwrap();
        assert!((12..30).all(|day| seen.roster.at(me, day) != Some(patrol)));
        // Put there by hand, it is found and cannot be published with any reason.
        let shift = seen.problem.kinds[patrol].shift;
        act::set_cell(app, &town.act(&town.planner, "roster.cell"), seen.plan.id, seen.plan.version, (town.officers[0].user, d("2026-06-20"), Some(shift)), false).await.unwrap();
        let bad = town.seen(seen.plan.id).await;
        assert!(bad.judged.findings.iter().any(|f| f.law && f.text.contains("6 月 20 日")), "{:?}", bad.judged.findings);
        let refused = act::publish(app, &town.act(&town.leader, "roster.publish"), bad.plan.id, bad.plan.version, "所里人手紧张").await.unwrap_err();
        assert_eq!(refused.key(), "roster.law");
    }
}

#[tokio::test]
async fn a_qualification_is_ended_or_taken_back() {
    for engine in engines() {
        let town = town(engine).await;
        let (t, planner, station) = (&town.t, &town.planner, town.station);
        let who = town.officers[0].user;
        let mut ids = vec![];
        for name in ["持枪证", "驾驶证"] {
            let x = Skill { id: Uuid::nil(), user_id: who, skill: name.into(), from_day: d("2026-01-01"), until_day: None };
            ids.push(act::add_skill(&t.app, &town.act(planner, "roster.skill"), x).await.unwrap());
        }
        let held = async |day: &str| {
            let m = town.problem(d(&format!("{}-01", &day[..7]))).await.unwrap();
            let place = m.days.iter().position(|x| x.date == d(day)).unwrap();
            let m = m.people.into_iter().find(|m| m.user == who).unwrap();
            m.skills.iter().filter(|s| s.1.holds(place)).map(|s| s.0.clone()).collect::<Vec<_>>()
        };
        let (end, back) = (format!("/roster/people/skill/{}/end", ids[0]), format!("/roster/people/skill/{}/cancel", ids[1]));
        t.post(&town.stranger, &end, &[("until", "2026-06-12")]).await.is(404);
        t.post(&town.officers[1], &end, &[("until", "2026-06-12")]).await.is(403);
        t.post(planner, &end, &[("until", "2025-06-12")]).await.is(422).says("早于起始日期");
        t.post(planner, &end, &[("until", "2026-06-12")]).await.is(303);
        t.post(planner, &end, &[("until", "2026-06-20")]).await.is(422).says("只能提前");
        assert_eq!((held("2026-06-12").await.len(), held("2026-06-13").await), (2, vec!["驾驶证".to_string()]));
        t.get(planner, "/roster/people").await.is(200).says("到 2026-06-12");
        t.post(planner, &back, &[]).await.is(303);
        t.post(planner, &back, &[]).await.is(404);
        assert_eq!(held("2026-06-12").await, vec!["持枪证".to_string()]);
        let all = town.read(async |r: &mut Reader| crate::store::skills(r, station, d("2026-06-01"), d("2026-06-30")).await).await;
        assert_eq!(all.len(), 1);
    }
}

#[tokio::test]
async fn the_first_month_begins_with_what_was_typed_in() {
    for engine in engines() {
        let town = town(engine).await;
        let (t, planner) = (&town.t, &town.planner);
        let (who, month) = (town.officers[0].user, d("2026-06-01"));
        let before = town.problem(month).await.unwrap();
        let night = before.kinds.iter().position(|k| k.post_kind == PostKind::Command && k.night).unwrap();
        let member = |p: &Problem| p.people.iter().find(|m| m.user == who).unwrap().clone();
        assert_eq!((member(&before).history, member(&before).carried), (None, [0, 0, 0]));
        let (person, shift) = (who.to_string(), before.kinds[night].shift.to_string());
        let fields = |run: &'static str| [("person", person.as_str()), ("month", "2026-06-01"), ("shift", shift.as_str()), ("run", run), ("nights", "5"), ("rests", "2"), ("holidays", "1")];
        t.post(&town.officers[1], "/roster/people/opening", &fields("3")).await.is(403);
        t.post(planner, "/roster/people/opening", &fields("0")).await.is(422).says("1 到 31");
        let other = Uuid::from_u128(78).to_string();
        t.post(planner, "/roster/people/opening", &fields("3").map(|(k, v)| (k, if k == "shift" { other.as_str() } else { v }))).await.is(404);
        t.post(planner, "/roster/people/opening", &fields("3")).await.is(303);
        t.get(planner, "/roster/people").await.is(200).says("期初 2026-05-31").says("连着 3 天");
        let now = town.problem(month).await.unwrap();
        assert_eq!((member(&now).history, member(&now).carried), (Some((Some(night), 3)), [5, 2, 1]));
        // The morning after that night is barred by the checker, and July does not begin with it.
        let model = build::model(&now);
        let place = now.people.iter().position(|m| m.user == who).unwrap();
        assert_eq!(model.people[place].history, Some(solver::roster::History { last: Some(night), run: 3 }));
        assert_eq!(member(&town.problem(d("2026-07-01")).await.unwrap()).history, None);
        t.post(planner, "/roster/people/opening/end", &[("person", &person), ("day", "2026-05-31")]).await.is(303);
        t.post(planner, "/roster/people/opening/end", &[("person", &person), ("day", "2026-05-31")]).await.is(404);
        assert_eq!(member(&town.problem(month).await.unwrap()).history, None);
    }
}

#[tokio::test]
async fn nights_at_two_posts_count_together() {
    for engine in engines() {
        let town = town(engine).await;
        let (app, station) = (&town.t.app, town.station);
        let all = town.read(async |r: &mut Reader| crate::store::posts(r, station).await).await;
        let mut patrol = all.into_iter().find(|p| p.post.kind == PostKind::Patrol).unwrap();
        patrol.shifts.push(Shift { id: Uuid::nil(), post_id: Uuid::nil(), name: "夜巡".into(), code: "巡夜".into(), start_minute: 22 * 60, minutes: 480, position: 9 });
        act::save_post(app, &town.act(&town.planner, "roster.post"), patrol).await.unwrap();
        let p = town.problem(d("2026-06-01")).await.unwrap();
        let model = build::model(&p);
        let place = p.people.iter().position(|m| m.user == town.officers[0].user).unwrap();
        let nights: Vec<usize> = (0..p.kinds.len()).filter(|&k| p.kinds[k].night && p.kinds[k].post_kind != PostKind::Lead).collect();
        assert_eq!(nights.len(), 2);
        assert_eq!(model.people[place].max_together, Some((nights.clone(), 8)));
        // Five at the command room and four on patrol: each kind is below eight, the person is not.
        let mut roster = solver::roster::Roster::empty(&model);
        (0..9).for_each(|i| roster.rows[place][i * 3] = nights[usize::from(i >= 5)] as u8);
        let judged = crate::rules::judge::judge(&p, &roster);
        assert!(judged.findings.iter().any(|f| f.text.contains("9 个夜班（各种夜班合计），上限 8 个")), "{:?}", judged.findings);
        roster.rows[place][24] = solver::roster::OFF;
        let judged = crate::rules::judge::judge(&p, &roster);
        assert!(!judged.findings.iter().any(|f| f.text.contains("个夜班")));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_of_three_against_a_single_settled_day_are_told_with_what_was_tried() {
    for engine in engines() {
        let town = town(engine).await;
        let (app, who) = (&town.t.app, &town.officers[0]);
        act::set_rule(app, &town.act(&town.planner, "roster.rule"), "roster.min_run", 3, "夏季勤务").await.unwrap();
        let p = town.problem(d("2026-06-01")).await.unwrap();
        let shift = p.kinds.iter().find(|k| k.post_kind == PostKind::Command && !k.night).unwrap().shift;
        for (day, shift) in [("2026-06-09", None), ("2026-06-10", Some(shift)), ("2026-06-11", None)] {
            act::pin(app, &town.act(&town.planner, "roster.pin"), who.user, d(day), shift, true).await.unwrap();
        }
        let seen = town.searched(d("2026-06-01"), 3).await;
        let clash = seen.plan.clash.0.clone().expect("an explanation");
        assert_eq!((clash.reached, clash.needed, clash.fewest), (Reached::Filtered, true, true), "{clash:?}");
        assert!(clash.rules.iter().any(|r| r.contains("至少连上 3 天")) && clash.rules.iter().any(|r| r.contains("固定安排")), "{clash:?}");
        assert!(clash.ways.iter().any(|w| w.contains("不要求") && w.contains("至少连上几天")), "{clash:?}");
        assert!(clash.ways.iter().any(|w| w.contains("取消") && w.contains("固定安排")), "{clash:?}");
        let page = format!("/roster/plans/{}", seen.plan.id);
        town.t.get(&town.planner, &page).await.is(200).says("已证明这是最小的一组").says("整条放开");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rule_edited_during_a_search_does_not_change_it_and_is_said() {
    for engine in engines() {
        let town = town(engine).await;
        let app = &town.t.app;
        let id = act::start(app, &town.act(&town.planner, "roster.start"), d("2026-06-01"), 3).await.unwrap();
        act::set_rule(app, &town.act(&town.planner, "roster.rule"), "roster.max_run", 2, "夏季勤务").await.unwrap();
        let seen = town.ended(id).await;
        assert_eq!(seen.plan.problem.0.limits.max_run, 6, "the search kept what held when it began");
        assert!(seen.edited && seen.problem.limits.max_run == 2);
        let by_then = crate::rules::judge::judge(&seen.plan.problem.0, &seen.roster);
        assert_eq!(by_then.findings, vec![]);
        assert!(seen.judged.findings.iter().any(|f| f.text.contains("上限 2 天")), "judged by what holds now");
        let refused = act::publish(app, &town.act(&town.leader, "roster.publish"), id, seen.plan.version, "").await.unwrap_err();
        assert_eq!(refused.key(), "roster.findings");
        act::publish(app, &town.act(&town.leader, "roster.publish"), id, seen.plan.version, "本月仍按旧规则执行").await.unwrap();
        assert_eq!(act::set_rule(app, &town.act(&town.planner, "roster.rule"), "roster.max_run", 99, "x").await.unwrap_err().key(), "invalid");
        assert_eq!(act::set_rule(app, &town.act(&town.officers[0], "roster.rule"), "roster.max_run", 5, "夏季").await.unwrap_err().key(), "forbidden");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_post_that_goes_out_of_use_makes_its_rosters_unpublishable_with_words() {
    for engine in engines() {
        let town = town(engine).await;
        let app = &town.t.app;
        let seen = town.solved(d("2026-06-01")).await;
        let patrol = seen.problem.kinds.iter().find(|k| k.post_kind == PostKind::Patrol).unwrap().post;
        act::end_post(app, &town.act(&town.planner, "roster.end_post"), patrol).await.unwrap();
        let now = town.seen(seen.plan.id).await;
        assert!(now.outdated.as_ref().is_some_and(|r| r.what.contains("停用")));
        let refused = act::publish(app, &town.act(&town.leader, "roster.publish"), seen.plan.id, seen.plan.version, "").await.unwrap_err();
        assert_eq!(refused.key(), "roster.shift_gone");
        assert!(posts().len() == 5);
    }
}

/// The runtime that solves is torn down in the middle, as a killed server is; another opens the same database.
#[test]
fn a_server_killed_in_a_search_leaves_the_best_so_far() {
    for engine in engines() {
        let before = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (town, id) = before.block_on(async {
            let town = town(engine).await;
            // More patrols than there are people for: the search has something to do until it is killed.
            let station = town.station;
            for mut set in town.read(async |r: &mut Reader| crate::store::posts(r, station).await).await {
                if set.post.kind == PostKind::Patrol {
                    set.needs.iter_mut().for_each(|n| n.people = 8);
                    act::save_post(&town.t.app, &town.act(&town.planner, "roster.post"), set).await.unwrap();
                }
            }
            let id = act::start(&town.t.app, &town.act(&town.planner, "roster.start"), d("2026-06-01"), 8).await.unwrap();
            for _ in 0..100 {
                tokio::time::sleep(std::time::Duration::from_millis(200)).await;
                if !town.seen(id).await.plan.cells.0.is_empty() {
                    break;
                }
            }
            (town, id)
        });
        before.shutdown_background();
        let after = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        after.block_on(async {
            let later = "2026-05-08T01:10:00Z".parse().unwrap();
            let db = Db::open(&town.t.place, Clock::fixed(later), vault::HashAlg::Sm3).await.unwrap();
            let keys = vault::KeyFile::load(&town.t.app.settings().data.join("keys.toml")).unwrap();
            let app = kernel::App::new(db, vault::Vault::new(keys), rulebook::shipped().unwrap(), Default::default());
            assert_eq!(act::bury(&app).await.unwrap(), 1);
            assert_eq!(act::bury(&app).await.unwrap(), 0);
            let (rules, station) = (app.rules(), town.station);
            let look = app.look(&town.planner, "roster.test", kernel::Purpose::Administration);
            let seen = app.db().read(&look, async |r: &mut Reader| act::see(r, &rules, station, id).await).await.unwrap();
            assert_eq!(seen.plan.state, State::Lost);
            assert!(seen.plan.ended_how.contains("保留"));
            assert!(seen.roster.rows.iter().flatten().any(|c| *c != solver::roster::OFF));
        });
        // The dead runtime's thread ends by its own time limit.
        drop(after);
    }
}
