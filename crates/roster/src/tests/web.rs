//! Over HTTP: 404, 403, 422, 303, and what the pages say.

use super::town::{d, town};
use crate::actions as act;
use crate::model::*;
use kernel::{Reader, Role, Uuid};
use testkit::{actor, engines};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_sees_and_does_what() {
    for engine in engines() {
        let town = town(engine).await;
        let t = &town.t;
        let seen = town.solved(d("2026-05-01")).await;
        let (id, v) = (seen.plan.id, seen.plan.version.to_string());
        let path = format!("/roster/plans/{id}");
        let quiet = &town.officers[0];
        // A stranger's version does not exist, a broken id neither; an unpublished one is the planners' alone.
        t.get(&town.stranger, &path).await.is(404);
        t.get(&town.planner, "/roster/plans/x").await.is(404);
        t.get(quiet, &path).await.is(404);
        t.get(&town.planner, &format!("/roster/posts/{}", Uuid::from_u128(9))).await.is(404);
        for who in [Role::GridWorker, Role::Volunteer, Role::SystemAdmin] {
            t.get(&actor(who, town.station), "/roster").await.is(403);
        }
        t.get(quiet, "/roster/posts").await.is(403);
        t.post(quiet, "/roster/solve", &[("month", "2026-05-01"), ("seconds", "5")]).await.is(403);
        t.post(&town.planner, &format!("{path}/publish"), &[("version", &v)]).await.is(403);
        t.post(&town.planner, "/roster/solve", &[("month", "2040-01-01"), ("seconds", "5")]).await.is(422).says("一年以内");
        t.post(&town.planner, "/roster/solve", &[("month", "2026-05-01"), ("seconds", "0")]).await.is(422).says("时间");

        t.get(&town.planner, "/roster?month=2026-05-01").await.is(200).says("调休上班：5 月 9 日").says("开始排班").says("第 1 版");
        t.get(&town.planner, "/roster?month=2027-05").await.is(200).says("暂定");
        t.get(&town.planner, &path).await.is(200).says("没有不符合规则的地方").says(if seen.plan.bound > 0 || seen.judged.report.objective == 0 { "已证明" } else { "理论下界还没有算出" }).says("发布").says("民警甲");
        t.get(&town.planner, &format!("{path}?view=day")).await.is(200).says("指挥室·夜班").says("劳动节");
        let cell = format!("{path}?who={}&day=2026-05-20", quiet.user);
        t.get(&town.planner, &cell).await.is(200).says("上什么班").says("对调");
        t.get(&town.planner, &format!("{path}/live")).await.is(200);
        // A day of rest settled by hand, then the same with the version as it was.
        let user = quiet.user.to_string();
        let me = seen.problem.people.iter().position(|m| m.user == quiet.user).unwrap();
        let off = (9..31).find(|&x| seen.roster.at(me, x).is_none()).map(|x| seen.problem.days[x].date.to_string()).unwrap();
        let fields = [("version", v.as_str()), ("who", &user), ("day", &off), ("shift", ""), ("pin", "1")];
        t.post(&town.planner, &format!("{path}/cell"), &fields).await.is(303);
        t.post(&town.planner, &format!("{path}/cell"), &fields).await.is(422).says("刚刚被他人改过");
        let copied = t.post(&town.planner, &format!("{path}/copy"), &[]).await.is(303).new_id();
        t.get(&town.planner, &format!("/roster/compare?a={id}&b={copied}")).await.is(200).says("每一格都相同");

        let v = town.seen(copied).await.plan.version.to_string();
        t.post(&town.leader, &format!("/roster/plans/{copied}/publish"), &[("version", &v)]).await.is(303);
        t.get(quiet, &format!("/roster/plans/{copied}")).await.is(200).says("已发布");
        t.get(quiet, "/roster/mine?month=2026-05-01").await.is(200).says("我已知悉").says("5 月");
        t.post(quiet, &format!("/roster/plans/{copied}/known"), &[]).await.is(303);
        t.post(quiet, &format!("/roster/plans/{copied}/known"), &[]).await.is(422).says("已经确认过");
        t.get(&town.planner, &format!("/roster/plans/{copied}")).await.is(200).says("知悉 1/").says("临时调整");

        // Illness by the form: first without days, then rightly; the new version tells who and why.
        let repair = format!("/roster/plans/{copied}/repair");
        t.post(&town.planner, &repair, &[("person", &user), ("kind", "sick"), ("from", ""), ("until", "")]).await.is(422).says("请填写从哪天");
        let now = town.seen(copied).await;
        let duties = |user| {
            let i = now.problem.people.iter().position(|m| m.user == user).unwrap_or(0);
            (10..15).filter(|&x| now.roster.at(i, x).is_some()).count()
        };
        let ill = town.officers.iter().max_by_key(|o| duties(o.user)).unwrap().user.to_string();
        let days = [("person", ill.as_str()), ("kind", "sick"), ("from", "2026-05-11"), ("until", "2026-05-15")];
        let fixed = t.post(&town.planner, &repair, &days).await.is(303).new_id();
        t.get(&town.planner, &format!("/roster/plans/{fixed}")).await.is(200).says("变动").says("病假");
        // Once more, as when the leave was entered before: it stands once, and there is a version again.
        let twice = t.post(&town.planner, &repair, &days).await.is(303).new_id();
        let (station, from) = (town.station, d("2026-05-11"));
        assert_eq!(town.read(async |r: &mut Reader| crate::store::leave(r, station, from, d("2026-05-15")).await).await.len(), 1);
        assert!(town.seen(twice).await.judged.findings.iter().all(|f| !f.text.contains("请假")));
        // Published, everybody sees who stands where, and only planners that somebody is ill.
        let (page, v) = (format!("/roster/plans/{fixed}"), town.seen(fixed).await.plan.version.to_string());
        t.post(&town.leader, &format!("{page}/publish"), &[("version", &v), ("reason", "有人生病，先按这一版")]).await.is(303);
        t.get(&town.planner, &page).await.is(200).says("病假");
        let seen = t.get(quiet, &page).await.is(200).says("变动");
        assert!(!seen.body.contains("病假"), "an illness is shown to colleagues");

        // Wishes are one's own.
        let june = [("day", "2026-06-10"), ("wants", "yes"), ("shift", ""), ("weight", "2")];
        t.post(quiet, "/roster/wishes", &[("day", "2026-05-01"), ("wants", "yes"), ("shift", ""), ("weight", "2")]).await.is(422).says("今天以后");
        t.post(quiet, "/roster/wishes", &[("day", "2026-06-10"), ("wants", "no"), ("shift", ""), ("weight", "2")]).await.is(422).says("请选择一个班次");
        t.post(quiet, "/roster/wishes", &june).await.is(303);
        t.post(quiet, "/roster/wishes", &june).await.is(422).says("已登记过愿望");
        let (station, day) = (town.station, d("2026-06-10"));
        let wish = town.read(async |r: &mut Reader| crate::store::wishes(r, station, day, day).await).await[0].id;
        t.post(&town.officers[1], &format!("/roster/wishes/{wish}/withdraw"), &[]).await.is(404);
        t.post(quiet, &format!("/roster/wishes/{wish}/withdraw"), &[]).await.is(303);
    }
}

#[tokio::test]
async fn posts_rules_and_people_by_their_forms() {
    for engine in engines() {
        let town = town(engine).await;
        let t = &town.t;
        let planner = &town.planner;
        t.get(planner, "/roster/posts").await.is(200).says("2 / 2 / 2").says("不可缺岗").says("每组至少一名民警");
        let base = [("name", "夜市"), ("kind", "patrol"), ("standing", "officer"), ("standing", "auxiliary"), ("paid_percent", "100"), ("position", "9"), ("version", "1"), ("by", "quarter")];
        let line = [("shift_name_0", "晚班"), ("shift_code_0", "市"), ("shift_start_0", "18:00"), ("shift_hours_0", "6")];
        let with = |more: &[(&'static str, &'static str)]| [base.as_slice(), line.as_slice(), more].concat();
        t.post(planner, "/roster/posts/new", &with(&[("mix", "none"), ("quarter_work", "18:00-22:00 2")])).await.is(422).says("没有独立执法权");
        t.post(planner, "/roster/posts/new", &with(&[("mix", "pairs"), ("quarter_work", "17:00-22:00 2")])).await.is(422).says("没有班次覆盖");
        t.post(planner, "/roster/posts/new", &with(&[("mix", "pairs"), ("quarter_work", "六点到十点 2")])).await.is(422).says("没有读懂").says("六点到十点");
        t.post(planner, "/roster/posts/new", &with(&[("mix", "pairs"), ("quarter_work", "18:00-22:00 2，22:00-24:00 1")])).await.is(303);
        let page = t.get(planner, "/roster/posts").await.is(200).says("夜市").says("2 / 0 / 0");
        let all = town.read(async |r: &mut Reader| crate::store::posts(r, town.station).await).await;
        let market = all.iter().find(|p| p.post.name == "夜市").unwrap();
        let path = format!("/roster/posts/{}", market.post.id);
        assert!(page.body.contains(&path));
        t.get(planner, &path).await.is(200).says("18:00-22:00 2，22:00-24:00 1");
        // Six shifts can be typed and stand after saving the form as it is shown.
        let mut six = base.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect::<Vec<_>>();
        six.extend([("mix".to_string(), "pairs".to_string()), ("quarter_work".into(), "00:00-24:00 1".into())]);
        for i in 0..crate::rules::MOST_SHIFTS {
            let line = [("name", format!("班{i}")), ("code", format!("{i}")), ("start", format!("{:02}:00", i * 4)), ("hours", "4".into())];
            six.extend(line.map(|(f, v)| (format!("shift_{f}_{i}"), v)));
        }
        let six: Vec<(&str, &str)> = six.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        t.post(planner, &path, &six).await.is(303);
        let again = t.get(planner, &path).await.is(200).says("班5");
        assert!(again.body.contains("name=\"shift_name_5\"") && !again.body.contains("name=\"shift_name_6\""));
        // Another post's shift is not taken over.
        let foreign = all[0].shifts[0].id.to_string();
        let mut stolen = with(&[("mix", "pairs"), ("quarter_work", "")]).into_iter().map(|(k, v)| (k, v.to_string())).collect::<Vec<_>>();
        stolen.push(("shift_id_0", foreign));
        let stolen: Vec<(&str, &str)> = stolen.iter().map(|(k, v)| (*k, v.as_str())).collect();
        t.post(planner, &path, &stolen).await.is(404);
        t.post(planner, &format!("{path}/end"), &[]).await.is(303);
        t.post(planner, &format!("{path}/end"), &[]).await.is(404);

        t.get(&town.officers[0], "/roster/rules").await.is(200).says("两班之间至少休息").says("第二天不能接的班").says("待核实");
        t.post(planner, "/roster/rules", &[("key", "roster.rest_hours"), ("value", "99"), ("why", "依据")]).await.is(422).says("0 到 48");
        t.post(planner, "/roster/rules", &[("key", "roster.unknown"), ("value", "9"), ("why", "依据")]).await.is(404);
        t.post(planner, "/roster/rules", &[("key", "roster.rest_hours"), ("value", "12"), ("why", "本所勤务规定第三条")]).await.is(303);
        t.get(planner, "/roster/rules").await.is(200).says("本所：本所勤务规定第三条").says("改动记录");

        // A succession forbidden by hand holds in the next problem, and is taken back.
        let problem = town.problem(d("2026-06-01")).await.unwrap();
        let window = problem.kinds.iter().position(|k| k.post_kind == PostKind::Window).unwrap();
        let patrol = problem.kinds.iter().position(|k| k.post_kind == PostKind::Patrol).unwrap();
        let (a, b) = (problem.kinds[window].shift.to_string(), problem.kinds[patrol].shift.to_string());
        let pair = [("before", a.as_str()), ("after", b.as_str()), ("never_why", "窗口日班后要休整")];
        assert!(!crate::rules::build::model(&problem).kinds[window].never_then.contains(&patrol));
        t.post(&town.officers[0], "/roster/rules/successions", &pair).await.is(403);
        t.post(planner, "/roster/rules/successions", &[pair[0], pair[1], ("never_why", "")]).await.is(422).says("请写明依据或者理由");
        let other = Uuid::from_u128(78).to_string();
        t.post(planner, "/roster/rules/successions", &[pair[0], ("after", &other), pair[2]]).await.is(404);
        t.post(planner, "/roster/rules/successions", &pair).await.is(303);
        t.post(planner, "/roster/rules/successions", &pair).await.is(422).says("已经不能相接").says("窗口日班后要休整");
        t.get(planner, "/roster/rules").await.is(200).says("本所另外规定").says("窗口日班后要休整");
        let problem = town.problem(d("2026-06-01")).await.unwrap();
        assert!(crate::rules::build::model(&problem).kinds[window].never_then.contains(&patrol));
        let lift = [pair[0], pair[1], ("never_why", "不再要求"), ("lift", "1")];
        t.post(planner, "/roster/rules/successions", &lift).await.is(303);
        t.post(planner, "/roster/rules/successions", &lift).await.is(404);
        assert_eq!(town.problem(d("2026-06-01")).await.unwrap().never, vec![]);

        let who = town.auxiliaries[0].user.to_string();
        let contract = [("person", who.as_str()), ("standing", "officer"), ("week_hours", "40"), ("fill_percent", "80"), ("from", "2026-06-01"), ("until", "")];
        t.post(planner, "/roster/people/contract", &contract).await.is(422).says("同一天只能有一种身份");
        t.post(planner, "/roster/people/leave", &[("person", &who), ("kind", "annual"), ("from", "2026-06-09"), ("until", "2026-06-01")]).await.is(422).says("早于");
        t.post(planner, "/roster/people/leave", &[("person", &who), ("kind", "annual"), ("from", "2026-06-01"), ("until", "2026-06-05")]).await.is(303);
        t.post(planner, "/roster/people/skill", &[("person", &who), ("skill", "驾驶"), ("from", "2026-01-01"), ("until", "2026-06-30")]).await.is(303);
        t.get(planner, "/roster/people").await.is(200).says("年休假 2026-06-01 至 2026-06-05").says("驾驶");
        // A duty is settled before there is any roster, where the person may stand there, and let go again.
        let settled = |shift: &str| [("person", who.clone()), ("day", "2026-06-20".into()), ("shift", shift.to_string())];
        let settle = async |fields: [(&str, String); 3]| {
            let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
            t.post(planner, "/roster/people/pin", &fields).await
        };
        t.post(&town.officers[0], "/roster/people/pin", &[]).await.is(403);
        settle(settled(&a)).await.is(422).says("不能上");
        settle(settled(&Uuid::from_u128(78).to_string())).await.is(404);
        settle([("person", who.clone()), ("day", "2026-06-03".into()), ("shift", b.clone())]).await.is(422).says("请假");
        settle(settled(&b)).await.is(303);
        t.get(planner, "/roster/people").await.is(200).says("2026-06-20 巡逻·晚巡");
        let june = town.problem(d("2026-06-01")).await.unwrap();
        let pins = |p: &Problem| p.people.iter().flat_map(|m| m.pins.clone()).collect::<Vec<_>>();
        assert_eq!(pins(&june), vec![(19, Some(patrol))]);
        t.post(planner, "/roster/people/pin/end", &[("person", &who), ("day", "2026-06-20")]).await.is(303);
        assert_eq!(pins(&town.problem(d("2026-06-01")).await.unwrap()), vec![]);
        let other = Uuid::from_u128(77).to_string();
        t.post(planner, "/roster/people/leave", &[("person", &other), ("kind", "annual"), ("from", "2026-06-01"), ("until", "2026-06-05")]).await.is(404);
        assert_eq!(Standing::ALL.len(), 4);
        assert!(act::provisional(&t.app.rules(), d("2031-01-01")));
    }
}
