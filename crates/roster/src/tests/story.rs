//! Need → roster → pin → publish → known → illness → repaired.

use super::town::{d, town};
use crate::actions as act;
use crate::model::*;
use crate::rules::build;
use kernel::{Reader, Uuid};
use testkit::engines;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_month_is_solved_pinned_published_known_and_repaired() {
    for engine in engines() {
        let town = town(engine).await;
        let app = &town.t.app;
        let month = d("2026-06-01");
        let quiet = &town.officers[0];
        // 10 June off is wished for; 3 June at the command room is settled.
        act::wish(app, &town.act(quiet, "roster.wish"), d("2026-06-10"), None, true, 3).await.unwrap();
        let seen = town.solved(month).await;
        assert_eq!(seen.plan.state, State::Ready, "{}", seen.plan.ended_how);
        assert_eq!(seen.judged.findings, vec![], "{:?}", seen.plan.clash);
        assert!(seen.plan.bound <= seen.judged.report.objective);
        assert!(!seen.edited && seen.judged.unmet == (0, 1));
        // Auxiliaries never alone, and nobody off the law's rows.
        let rows = &seen.roster.rows;
        for day in 0..30 {
            for (k, kind) in seen.problem.kinds.iter().enumerate().filter(|(_, k)| k.mix == MixRule::Pairs) {
                let on = |sworn: bool| (0..rows.len()).filter(|&i| seen.roster.at(i, day) == Some(k) && seen.problem.people[i].employed(day).unwrap().standing.is_sworn() == sworn).count();
                assert!(on(true) >= on(false), "day {day} {}", kind.label());
            }
        }
        let command = seen.problem.kinds.iter().find(|k| k.post_kind == PostKind::Command && !k.night).unwrap().shift;
        let id = seen.plan.id;
        // A cell by hand, settled for the next search; the checker speaks at once.
        act::set_cell(app, &town.act(&town.planner, "roster.cell"), id, seen.plan.version, (quiet.user, d("2026-06-10"), Some(command)), true).await.unwrap();
        let after = town.seen(id).await;
        assert_eq!((after.judged.unmet, after.edited), ((1, 1), false));
        let stale = act::set_cell(app, &town.act(&town.planner, "roster.cell"), id, seen.plan.version, (quiet.user, d("2026-06-11"), None), false).await;
        assert_eq!(stale.unwrap_err().key(), "roster.stale");
        let again = town.solved(month).await;
        let me = again.problem.people.iter().position(|m| m.user == quiet.user).unwrap();
        assert_eq!(again.roster.at(me, 9).map(|k| again.problem.kinds[k].shift), Some(command), "the settled cell stands");
        assert!(!act::compare(&after, &again).is_empty());

        // Publishing is the leader's; a stranger does not find it.
        let v = again.plan.version;
        let forbidden = act::publish(app, &town.act(&town.planner, "roster.publish"), again.plan.id, v, "").await.unwrap_err();
        assert_eq!(forbidden.key(), "forbidden");
        act::stop(app, &town.act(&town.planner, "roster.stop"), again.plan.id).await.expect("what has ended is stopped already");
        assert_eq!(act::stop(app, &town.act(&town.stranger, "roster.stop"), again.plan.id).await.unwrap_err().key(), "not_found");
        act::publish(app, &town.act(&town.leader, "roster.publish"), again.plan.id, v, "").await.unwrap();
        let station = town.station;
        let plan = again.plan.id;
        let acks = town.read(async |r: &mut Reader| crate::store::acks(r, station, plan).await).await;
        assert!(acks.iter().all(|a| a.acked_at.is_none()) && acks.len() >= 12, "{}", acks.len());
        let tasks = notices::actions::mine(app, quiet).await.unwrap().0;
        assert!(tasks.iter().any(|t| t.kind == "roster.ack"));
        for who in &town.officers {
            act::acknowledge(app, &town.act(who, "roster.ack"), plan).await.unwrap();
        }
        assert!(!notices::actions::mine(app, quiet).await.unwrap().0.iter().any(|t| t.kind == "roster.ack"));
        assert_eq!(act::acknowledge(app, &town.act(quiet, "roster.ack"), plan).await.unwrap_err().key(), "roster.acked");
        assert!(act::set_cell(app, &town.act(&town.planner, "roster.cell"), plan, v + 2, (quiet.user, d("2026-06-11"), None), false).await.is_err());

        // On the morning of 8 June an officer is ill until the 11th.
        app.clock().set("2026-06-08T00:30:00Z".parse().unwrap());
        let published = town.seen(plan).await;
        let works = |user| (7..11).filter(|&x| published.roster.at(published.problem.people.iter().position(|m| m.user == user).unwrap(), x).is_some()).count();
        let ill = town.officers.iter().max_by_key(|o| works(o.user)).unwrap();
        let out = act::Out { user: ill.user, kind: LeaveKind::Sick, from: d("2026-06-08"), until: d("2026-06-11") };
        let begun = std::time::Instant::now();
        let fixed = act::repair(app, &town.act(&town.planner, "roster.repair"), out).await.unwrap()[0];
        let took = begun.elapsed().as_secs_f64();
        println!("{engine}: repair took {took:.2} s");
        let repaired = town.seen(fixed).await;
        assert_eq!((repaired.plan.origin, repaired.plan.parent), (Origin::Repaired, Some(plan)));
        assert_eq!(repaired.judged.findings, vec![]);
        let told = &repaired.plan.changes.0;
        assert!(!told.is_empty() && told.iter().all(|t| t.day >= d("2026-06-08") && !t.why.is_empty()));
        assert!(told.iter().any(|t| t.user == ill.user && t.why.contains("病假")), "{told:?}");
        // What is proven in the time; how much that is depends on the machine.
        let said = &repaired.plan.ended_how;
        assert!(["已证明", "一格没动", "还没有算出"].iter().any(|x| said.contains(x)), "{said}");
        let forced = told.iter().filter(|t| t.user == ill.user).count();
        println!("{engine}: {} changes, {forced} of the ill person", told.len());
        act::publish(app, &town.act(&town.leader, "roster.publish"), fixed, repaired.plan.version, "").await.unwrap();
        let acks = town.read(async |r: &mut Reader| crate::store::acks(r, station, fixed).await).await;
        let changed: Vec<_> = told.iter().map(|t| t.user).collect();
        for a in &acks {
            let known = town.officers.iter().any(|o| o.user == a.user_id) && !changed.contains(&a.user_id);
            assert_eq!(a.acked_at.is_some(), known, "only those whose duties changed are asked again");
        }

        // July begins from June: history at the boundary and what was carried.
        let july = town.problem(d("2026-07-01")).await.unwrap();
        let with = july.people.iter().filter(|m| m.history.is_some()).count();
        assert!(with >= 12, "{with}");
        let nights: i32 = july.people.iter().map(|m| m.carried[0]).sum();
        let june = repaired.roster.rows.iter().flatten().filter(|c| repaired.problem.kinds.get(**c as usize).is_some_and(|k| k.night)).count();
        assert_eq!(nights as usize, june);
        assert!(build::model(&july).validate().is_ok());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_impossible_set_is_answered_in_words_with_ways_out() {
    for engine in engines() {
        let town = town(engine).await;
        let app = &town.t.app;
        // Only the command room at night is left, and every officer is away on 15 June.
        let station = town.station;
        for mut set in town.read(async |r: &mut Reader| crate::store::posts(r, station).await).await {
            if set.post.kind == PostKind::Command {
                set.shifts.retain(|s| s.code == "夜");
                set.needs.retain(|n| n.shift_id == Some(set.shifts[0].id));
                act::save_post(app, &town.act(&town.planner, "roster.post"), set).await.unwrap();
            } else {
                act::end_post(app, &town.act(&town.planner, "roster.end_post"), set.post.id).await.unwrap();
            }
        }
        for who in town.officers.iter().chain(&town.auxiliaries) {
            let old = town.read(async |r: &mut Reader| crate::store::contracts_of(r, station, who.user).await).await;
            act::end_contract(app, &town.act(&town.planner, "roster.contract"), old[0].id, d("2026-05-31")).await.unwrap();
            let c = Contract { id: Uuid::nil(), fill_percent: 0, from_day: d("2026-06-01"), until_day: None, ..old[0].clone() };
            act::add_contract(app, &town.act(&town.planner, "roster.contract"), c).await.unwrap();
        }
        for who in &town.officers {
            act::add_leave(app, &town.act(&town.planner, "roster.leave"), who.user, LeaveKind::Training, d("2026-06-15"), d("2026-06-15")).await.unwrap();
        }
        let seen = town.searched(d("2026-06-01"), 2).await;
        assert_eq!(seen.plan.state, State::Ready);
        assert!(seen.judged.findings.iter().any(|f| f.text.contains("指挥室")), "{:?}", seen.judged.findings);
        let clash = seen.plan.clash.0.clone().expect("an explanation");
        println!("{engine}: {clash:#?}");
        assert!(clash.rules.iter().any(|r| r.contains("6 月 15 日") && r.contains("指挥室")), "{clash:?}");
        assert!(clash.rules.iter().any(|r| r.contains("请假")), "{clash:?}");
        assert!(clash.ways.iter().any(|w| w.contains("商量改假期")), "{clash:?}");
        let refused = act::publish(app, &town.act(&town.leader, "roster.publish"), seen.plan.id, seen.plan.version, "").await.unwrap_err();
        assert!(matches!(refused.key(), "roster.findings" | "roster.law"), "{refused}");
    }
}
