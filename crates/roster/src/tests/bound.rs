//! A bound speaks of the problem that it was proven for: what changes the problem withdraws it.

use super::town::{d, town};
use crate::actions as act;
use crate::model::State;
use testkit::engines;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bound_is_withdrawn_with_the_pin_or_the_rule_that_it_was_proven_for() {
    for engine in engines() {
        let town = town(engine).await;
        let app = &town.t.app;
        let (quiet, month) = (&town.officers[0], d("2026-06-01"));
        act::wish(app, &town.act(quiet, "roster.wish"), d("2026-06-10"), None, true, 3).await.unwrap();
        // On duty on the day that is wished off: whatever is found costs at least the wish.
        let first = town.searched(month, 1).await;
        let command = first.problem.kinds.iter().find(|k| k.must && !k.night).unwrap().shift;
        let cell = (quiet.user, d("2026-06-10"), Some(command));
        act::set_cell(app, &town.act(&town.planner, "roster.cell"), first.plan.id, first.plan.version, cell, true).await.unwrap();
        let mut pinned = town.searched(month, 4).await;
        for seconds in [12, 40] {
            if pinned.bound < 15 || !pinned.judged.findings.is_empty() {
                pinned = town.searched(month, seconds).await;
            }
        }
        let proven = pinned.bound;
        assert!(proven >= 15 && proven <= pinned.judged.report.objective, "{proven} {}", pinned.judged.report.objective);
        let path = format!("/roster/plans/{}", pinned.plan.id);
        town.t.get(&town.planner, &path).await.is(200).says(&format!("已证明不会低于 {proven}"));

        // The same cells without the pin are another problem, of which nothing is proven yet.
        act::set_cell(app, &town.act(&town.planner, "roster.cell"), pinned.plan.id, pinned.plan.version, cell, false).await.unwrap();
        let loose = town.seen(pinned.plan.id).await;
        assert_eq!((loose.bound, loose.judged.report.objective), (0, pinned.judged.report.objective));
        let page = town.t.get(&town.planner, &path).await.is(200).says("理论下界还没有算出");
        assert!(!page.body.contains("已证明"), "a proof of another problem is shown");
        // Nor does a copy carry it; settled again, the proof holds again, for every version of this problem.
        let copied = act::copy(app, &town.act(&town.planner, "roster.copy"), loose.plan.id).await.unwrap();
        assert_eq!(town.seen(copied).await.bound, 0);
        act::set_cell(app, &town.act(&town.planner, "roster.cell"), loose.plan.id, loose.plan.version, cell, true).await.unwrap();
        assert_eq!((town.seen(loose.plan.id).await.bound, town.seen(copied).await.bound), (proven, proven));

        // A rule that changes withdraws it from the search's own version too.
        act::set_rule(app, &town.act(&town.planner, "roster.rule"), "roster.weight_nights", 99, "本所勤务规定").await.unwrap();
        assert_eq!(town.seen(copied).await.bound, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_roster_that_breaks_rules_is_not_compared_with_a_bound_for_those_that_keep_them() {
    for engine in engines() {
        let town = town(engine).await;
        let station = town.station;
        // Five at the command room every night: eleven people with eight nights each.
        for mut set in town.read(async |r: &mut kernel::Reader| crate::store::posts(r, station).await).await {
            if set.post.must {
                let night = set.shifts.iter().find(|s| s.code == "夜").unwrap().id;
                set.needs.iter_mut().filter(|n| n.shift_id == Some(night)).for_each(|n| n.people = 5);
                act::save_post(&town.t.app, &town.act(&town.planner, "roster.post"), set).await.unwrap();
            }
        }
        // Counting says so before anything is found, in numbers, with ways out.
        let id = act::start(&town.t.app, &town.act(&town.planner, "roster.start"), d("2026-06-01"), 2).await.unwrap();
        let at_once = town.seen(id).await.plan.clash.0.clone().expect("counted when it began");
        for text in ["指挥室·夜班", "共须 150 人次", "11 人加起来最多 88 人次，还差 62 人次", "每月最多 8 个夜班"] {
            assert!(at_once.rules.iter().any(|r| r.contains(text)), "{text}: {at_once:?}");
        }
        for text in ["夜班上限从 8 个放宽到 14 个", "“指挥室·夜班”每天最多要 2 人", "不可缺岗"] {
            assert!(at_once.ways.iter().any(|w| w.contains(text)), "{text}: {at_once:?}");
        }
        let begun = std::time::Instant::now();
        let seen = town.ended(id).await;
        println!("{engine}: ended after {:.1} s", begun.elapsed().as_secs_f64());
        assert_eq!(seen.plan.clash.0, Some(at_once));
        assert_eq!(seen.plan.state, State::Ready);
        assert!(!seen.judged.findings.is_empty());
        let page = town.t.get(&town.planner, &format!("/roster/plans/{}", seen.plan.id)).await.is(200).says("缺").says("按人数一算就不够");
        for proof in ["已证明不会低于", "最多还能好", "没有更好的排法"] {
            assert!(!page.body.contains(proof), "{proof}");
        }
    }
}
