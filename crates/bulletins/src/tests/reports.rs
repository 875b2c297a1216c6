//! A briefing from the count to the paper; three people; what a late escalation does.

use super::{app, dispute};
use kernel::{Actor, Purpose, Reader, Role, Uuid};
use testkit::{TestApp, actor, engines};

fn other(who: &Actor, n: u128) -> Actor {
    Actor { user: kernel::UserId(Uuid::from_u128(n)), ..who.clone() }
}

/// Last month's report, drafted by the officer on the first day after it.
async fn drafted(t: &TestApp, officer: &Actor) -> String {
    let fields = [("kind", "monthly"), ("from", "2026-05-01"), ("until", "2026-05-31")];
    t.post(officer, "/bulletins/new", &fields).await.is(422).says("还会变，不能起草");
    t.app.clock().set("2026-06-10T01:00:00Z".parse().unwrap());
    t.post(officer, "/bulletins/new", &[("kind", "monthly"), ("from", "2026-05-02"), ("until", "2026-05-31")]).await.is(422).says("一个整月");
    t.post(officer, "/bulletins/new", &[("kind", "weekly"), ("from", "2026-05-02"), ("until", "2026-05-31")]).await.is(422).says("连续 7 天");
    t.post(officer, "/bulletins/new", &[("kind", "x"), ("from", "abc"), ("until", "2026-05-31")]).await.is(422).says("请选择通报种类").says("abc");
    let id = t.post(officer, "/bulletins/new", &fields).await.is(303).new_id();
    format!("/bulletins/{id}")
}

/// The same month drafted once more.
async fn drafted_again(t: &TestApp, officer: &Actor) -> String {
    let fields = [("kind", "monthly"), ("from", "2026-05-01"), ("until", "2026-05-31")];
    format!("/bulletins/{}", t.post(officer, "/bulletins/new", &fields).await.is(303).new_id())
}

#[tokio::test]
async fn a_monthly_report_is_edited_reviewed_and_published_by_three_people() {
    for engine in engines() {
        let (t, station, leader) = app(engine).await;
        let officer = actor(Role::Officer, station);
        let reviewer = actor(Role::DutyLeader, station);
        let mut first = None;
        for n in 0..12 {
            first.get_or_insert(dispute(&t, &officer, n, n >= 2).await);
        }
        for (n, category) in ["dispute", "dispute", "help"].into_iter().enumerate() {
            let content = format!("{n} 号来电：{}", ["楼上拖椅子", "门前堆物", "要求开锁"][n]);
            let fields = [("source_code", "0101"), ("content", content.as_str()), ("category", category)];
            t.post(&leader, "/incidents/new", &fields).await.is(303);
        }
        t.get(&actor(Role::GridWorker, station), "/bulletins").await.is(403);
        t.post(&actor(Role::Auxiliary, station), "/bulletins/new", &[]).await.is(403);
        t.get(&officer, &format!("/bulletins/{}", Uuid::from_u128(7))).await.is(404);
        let path = drafted(&t, &officer).await;
        let stranger = actor(Role::StationLeader, kernel::StationId(Uuid::from_u128(5)));
        t.get(&stranger, &path).await.is(404);
        let page = t.get(&officer, &path).await.is(200).says("整体情况").says("上升情况").says("工作建议").says("10/12").says("未编号");
        assert!(page.body.contains("分子为零，95 % 单侧上限 22.09 %"), "zero of twelve has its bound");

        // Numbers are references: typed ones and unknown ones are refused, and what was typed stays.
        let edit = format!("{path}/edit");
        let text = |one: &str| vec![("version".to_string(), "1".to_string()), ("title".into(), "五月月报".into()), ("text_1".into(), one.into())];
        for (bad, says) in [("共接报 3 起", "手写的数字"), ("共 {99} 起", "第 99 项"), ("共 {x} 起", "不是数字的引用")] {
            let fields = text(bad);
            let pairs: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            t.post(&officer, &edit, &pairs).await.is(422).says(says).says(bad);
        }
        let fields = text("本月接报 {1} 起。\n化解 {21分数}。");
        let pairs: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        t.post(&officer, &edit, &pairs).await.is(303);
        t.post(&other(&officer, 77), &edit, &pairs).await.is(422).says("刚刚被他人处理过");
        t.get(&leader, &path).await.is(200).says("五月月报").says("本月接报");
        // A draft, too, prints the same at a later moment.
        let draft = t.get(&leader, &format!("{path}/pdf")).await.is(200).bytes;
        t.app.clock().advance(60);
        testkit::papers::reprinted("a draft", &draft, &t.get(&leader, &format!("{path}/pdf")).await.is(200).bytes);

        // Three people.
        let step = format!("{path}/step");
        t.post(&officer, &step, &[("step", "approve")]).await.is(403);
        t.post(&reviewer, &step, &[("step", "approve")]).await.is(422).says("编辑中");
        t.post(&officer, &step, &[("step", "submit")]).await.is(303);
        t.get(&reviewer, "/").await.says("五月月报 待审核");
        t.post(&officer, &edit, &pairs).await.is(422).says("待审核");
        t.post(&reviewer, &step, &[("step", "send_back"), ("note", "")]).await.is(422).says("请写明理由");
        t.post(&reviewer, &step, &[("step", "approve")]).await.is(303);
        let both = other(&leader, reviewer.user.0.as_u128());
        t.post(&both, &step, &[("step", "publish")]).await.is(422).says("您审核了这份通报").says("先审后发");
        t.post(&other(&leader, officer.user.0.as_u128()), &step, &[("step", "publish")]).await.is(422).says("不能再发布");
        t.get(&leader, "/").await.says("待发布");
        // A name that no font can draw is met before anything is out, not when the kept paper is made.
        let rare = kernel::Actor { name: "张\u{20055}".into(), ..leader.clone() };
        let act = t.app.act(&rare, "bulletins.step", Purpose::Statistics, t.app.fresh_command());
        let id = path.rsplit('/').next().unwrap().parse().unwrap();
        let refused = crate::actions::step(&t.app, &act, id, crate::model::Step::Publish, "").await.unwrap_err();
        assert!(format!("{refused:?}").contains("U+20055"), "{refused:?}");
        t.get(&leader, &path).await.is(200).says("待发布");
        t.post(&leader, &step, &[("step", "publish")]).await.is(303);
        t.get(&leader, &path).await.is(200).says("正阳通报〔2026〕1号").says("已发布").says("与发布时的数字相同");
        t.post(&officer, &edit, &pairs).await.is(422).says("已发布的不能改动");
        let rows = t.get(&leader, &format!("{path}/rows?n=3&part=num")).await.is(200);
        assert_eq!(rows.body.matches("data-label=\"编号\"").count(), 3);

        // The paper is kept, its second print is the same; the workbook needs a purpose.
        let pdf = t.get(&leader, &format!("{path}/pdf")).await.is(200);
        assert!(pdf.body.starts_with("%PDF") && pdf.headers[http::header::CONTENT_DISPOSITION].to_str().unwrap().contains("UTF-8''%E4%BA%94"));
        t.app.clock().advance(60);
        testkit::papers::reprinted("a published briefing", &pdf.bytes, &t.get(&officer, &format!("{path}/pdf")).await.is(200).bytes);
        t.post(&leader, &format!("{path}/xlsx"), &[("reason", "看")]).await.is(422).says("至少 4 个字");
        t.post(&actor(Role::Operator, station), &format!("{path}/xlsx"), &[("reason", "月度例会")]).await.is(403);
        assert!(t.post(&leader, &format!("{path}/xlsx"), &[("reason", "月度例会使用")]).await.is(200).body.starts_with("PK"));

        // A case that is found later re-opens what was published, and says so.
        let d = first.unwrap();
        let case = [("kind", "public_order"), ("case_no", "治〔2026〕9号"), ("day", "2026-06-09"), ("note", "同一纠纷引起殴打")];
        t.app.clock().advance(3_600);
        t.post(&officer, &format!("/disputes/{d}/escalate"), &case).await.is(303);
        t.get(&leader, &path).await.is(200).says("已变化").says("0/12 → 1/12");
        t.get(&leader, "/bulletins").await.is(200).says("已变化");
        t.get(&leader, "/").await.says("已变化：升级");
        t.post(&officer, &format!("/disputes/{d}/escalate"), &case).await.is(303);
        let page = t.get(&leader, &path).await.is(200);
        assert_eq!(page.body.matches("0/12 → 1/12").count() + page.body.matches("1/12 → 1/12").count(), 1, "the same number is told once");
        t.post(&leader, &step, &[("step", "answer"), ("note", "已另发更正")]).await.is(303);
        let tasks = t.get(&leader, "/").await.body;
        assert!(!tasks.contains("已变化：升级"));

        // What was frozen is what is counted again for that moment.
        let id = path.rsplit('/').next().unwrap().parse().unwrap();
        let look = t.app.look(&leader, "test", Purpose::Statistics);
        t.app
            .db()
            .read(&look, async |r: &mut Reader| {
                let w = crate::store::whole(r, id).await?;
                assert!(crate::actions::recount(r, &w, w.report.as_of).await?.is_empty());
                // 升级, and 民转治 or 民转刑 beside it.
                assert_eq!(crate::actions::recount(r, &w, t.app.now()).await?.len(), 2);
                Ok(())
            })
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn totals_that_were_tampered_with_are_refused() {
    let (t, station, leader) = app("sqlite").await;
    let officer = actor(Role::Officer, station);
    t.post(&leader, "/incidents/new", &[("source_code", "0101"), ("content", "楼上拖椅子"), ("category", "dispute")]).await.is(303);
    let path = drafted(&t, &officer).await;
    let act = t.app.act(&leader, "test.tamper", Purpose::Statistics, t.app.fresh_command());
    t.app
        .db()
        .write(&act, async |tx: &mut kernel::Tx| {
            tx.record("test.tamper", &[], "");
            tx.exec(kernel::sql!("update bulletins_line set numerator = numerator + 1 where key = 'incident.by_category' and part = 'dispute'"), vec![]).await
        })
        .await
        .unwrap();
    t.post(&officer, &format!("{path}/step"), &[("step", "submit")]).await.is(422).says("各分项之和是 2，合计却是 1").says("合计须与各分项相符");
}

#[tokio::test]
async fn an_analysis_divides_every_category_that_moved() {
    for engine in engines() {
        let (t, station, leader) = app(engine).await;
        let officer = actor(Role::Officer, station);
        let take = async |content: &str, category: &str, sub: &str| {
            let fields = [("source_code", "0101"), ("content", content), ("category", category)];
            let id = t.post(&leader, "/incidents/new", &fields).await.is(303).new_id();
            if !sub.is_empty() {
                let fields = [("category", category), ("sub_category", sub)];
                t.post(&leader, &format!("/incidents/{id}/classify"), &fields).await.is(303);
            }
            id
        };
        // April: one quarrel and one call for help; May: twelve quarrels at two hours, and one call for help.
        t.app.clock().set("2026-04-10T01:00:00Z".parse().unwrap());
        take("楼上拖椅子", "dispute", "neighbour").await;
        let wrong = take("要求开锁", "help", "").await;
        let classify = format!("/incidents/{wrong}/classify");
        t.post(&leader, &classify, &[("category", "help"), ("sub_category", "neighbour")]).await.is(422).says("不属于");
        t.post(&leader, &classify, &[("category", "dispute"), ("sub_category", "x")]).await.is(422).says("不属于");
        t.app.clock().set("2026-05-10T12:00:00Z".parse().unwrap());
        for n in 0..12 {
            if n == 9 {
                t.app.clock().set("2026-05-11T01:00:00Z".parse().unwrap());
            }
            take(&format!("第 {n} 次来电：{}", ["楼上拖椅子", "夫妻争吵", "门前堆物"][n % 3]), "dispute", ["neighbour", "family", ""][n % 3]).await;
        }
        take("要求开锁", "help", "").await;
        t.app.clock().set("2026-06-10T01:00:00Z".parse().unwrap());
        let ask = |kind: &'static str| vec![("kind", kind), ("from", "2026-05-01"), ("until", "2026-05-31")];
        let id = t.post(&officer, "/bulletins/new", &ask("analysis")).await.is(303).new_id();
        let path = format!("/bulletins/{id}");
        let page = t.get(&leader, &path).await.is(200);
        // The category that moved is divided, the one that did not is not; what nobody wrote down stands as such.
        let page = page.says("纠纷分项").says("邻里").says("家庭婚恋").says("未登记").says("时段以“18–21 时”（").says("细类以“家庭婚恋”（").says("、“邻里”（");
        assert!(!page.body.contains("群众紧急求助分项"), "{engine}");
        let w = t
            .app
            .db()
            .read(&t.app.look(&leader, "test", Purpose::Statistics), async |r: &mut Reader| crate::store::whole(r, id).await)
            .await
            .unwrap();
        crate::rules::ties(&w.lines).unwrap();
        let line = |key: &str, label: &str| w.lines.iter().find(|l| l.key == key && l.label == label).unwrap_or_else(|| panic!("{key} {label}"));
        let evening = line("incident.cross_hour", "18–21 时");
        assert_eq!((evening.numerator, evening.before_numerator), (9, 0));
        assert_eq!(line("incident.cross_means", "未登记").numerator, 12);
        assert_eq!(w.figure(line("incident.cross_fine", "邻里")).value(), "33.33 %", "of the twelve of its category");
        let rows = t.get(&leader, &format!("{path}/rows?n={}", evening.n)).await.is(200).says("纠纷 · 时段 · 18–21 时").says("该类有效警情按报警时间");
        assert_eq!(rows.body.matches("data-label=\"编号\"").count(), 9);
        // A part that does not add up is refused; the paper and the workbook hold the divisions.
        assert!(t.get(&leader, &format!("{path}/pdf")).await.is(200).body.starts_with("%PDF"));
        if let Ok(dir) = std::env::var("FENGQIAO_PAPERS") {
            let act = t.app.look(&leader, "bulletins.paper", Purpose::Statistics);
            let (_, pdf) = crate::paper::pdf(&t.app, &act, id).await.unwrap();
            std::fs::write(format!("{dir}/bulletin-analysis.pdf"), pdf).unwrap();
        }
        assert!(t.post(&leader, &format!("{path}/xlsx"), &[("reason", "月度研判使用")]).await.is(200).body.starts_with("PK"));
        t.post(&officer, &format!("{path}/step"), &[("step", "submit")]).await.is(303);
        let mut lines = w.lines.clone();
        lines.iter_mut().find(|l| l.n == evening.n).unwrap().numerator += 1;
        assert!(crate::rules::ties(&lines).unwrap_err().what.contains("“纠纷”本期各分项之和是 13，合计却是 12"));
        // The whole station's, in every form of it: not for an account that is narrowed to its beats.
        let narrowed = kernel::Actor { own_beats: true, ..officer.clone() };
        for at in [path.clone(), format!("{path}/pdf"), format!("{path}/rows?n={}", evening.n), "/bulletins/new".into()] {
            t.get(&narrowed, &at).await.is(403).says("只看所辖警务区");
        }
        t.post(&narrowed, "/bulletins/new", &ask("monthly")).await.is(403);
        t.post(&narrowed, &format!("{path}/xlsx"), &[("reason", "月度研判使用")]).await.is(403);
        let fill = super::super::see_files(&t.app, &narrowed, id).await.unwrap();
        assert!(fill.is_empty() && !super::super::see_files(&t.app, &officer, id).await.unwrap().is_empty());
        // So does a monthly report; a weekly one does not.
        let id = t.post(&officer, "/bulletins/new", &ask("monthly")).await.is(303).new_id();
        t.get(&leader, &format!("/bulletins/{id}")).await.is(200).says("纠纷分项");
        let week: Vec<(&str, &str)> =
            ask("weekly").iter().map(|(k, v)| (*k, match *k { "from" => "2026-06-01", "until" => "2026-06-07", _ => *v })).collect();
        let id = t.post(&officer, "/bulletins/new", &week).await.is(303).new_id();
        assert!(!t.get(&leader, &format!("/bulletins/{id}")).await.is(200).body.contains("纠纷分项"));
    }
}

#[tokio::test]
async fn a_briefing_tells_six_classes_that_open_their_rows_and_add_up() {
    for engine in engines() {
        let (t, station, leader) = app(engine).await;
        let officer = actor(Role::Officer, station);
        for (n, category) in ["dispute", "dispute", "help", "traffic", "consult", ""].into_iter().enumerate() {
            let content = format!("{n} 号来电：{}", ["楼上拖椅子", "门前堆物", "要求开锁", "车辆剐蹭", "问户口", "听不清"][n]);
            t.post(&leader, "/incidents/new", &[("source_code", "0101"), ("content", content.as_str()), ("category", category)]).await.is(303);
        }
        let path = drafted(&t, &officer).await;
        let page = t.get(&leader, &path).await.is(200).says("按六类").says("归类对照待核实");
        let id: Uuid = path.rsplit('/').next().unwrap().parse().unwrap();
        let look = t.app.look(&leader, "test", Purpose::Statistics);
        let w = t.app.db().read(&look, async |r: &mut Reader| crate::store::whole(r, id).await).await.unwrap();
        let six: Vec<_> = w.lines.iter().filter(|l| l.key == crate::classes::KEY).collect();
        let told: Vec<(&str, i64)> = six.iter().map(|l| (l.label.as_str(), l.numerator)).collect();
        assert_eq!(told, [("刑事", 0), ("治安", 0), ("交通", 1), ("纠纷", 2), ("求助", 1), ("其他", 2)], "{engine}");
        for l in &six {
            let rows = t.get(&leader, &format!("{path}/rows?n={}", l.n)).await.is(200).says(&format!("六类 · {}", l.label)).says("六类之和等于有效警情");
            assert_eq!(rows.body.matches("data-label=\"编号\"").count() as i64, l.numerator, "{engine}: {} opens its rows", l.label);
            assert!(page.body.contains(&format!("/rows?n={}&amp;part=num", l.n)) || page.body.contains(&format!("/rows?n={}&part=num", l.n)));
        }
        // What was frozen opens what it counted, also when the table of classes is another one since.
        let own = "[[code]]\nlist = \"incident.class_of\"\ncode = \"consult\"\nname = \"咨询\"\nparent = \"help\"\nsource = \"分局\"\nsource_kind = \"default\"\nfrom = \"2000-01-01\"\n";
        t.app.set_rules(rulebook::shipped_with(&[("own.toml".into(), own.into())]).unwrap());
        let rows = t.get(&leader, &format!("{path}/rows?n={}", six[5].n)).await.is(200).says("问户口").says("听不清");
        assert_eq!(rows.body.matches("data-label=\"编号\"").count(), 2);
        let again = drafted_again(&t, &officer).await;
        let id: Uuid = again.rsplit('/').next().unwrap().parse().unwrap();
        let w = t.app.db().read(&t.app.look(&leader, "test", Purpose::Statistics), async |r: &mut Reader| crate::store::whole(r, id).await).await.unwrap();
        assert_eq!(w.lines.iter().filter(|l| l.key == crate::classes::KEY).map(|l| l.numerator).collect::<Vec<_>>(), [0, 0, 1, 2, 2, 1]);
        // A class that does not add up goes neither to review nor out.
        let mut lines = w.lines.clone();
        lines.iter_mut().find(|l| l.key == crate::classes::KEY && l.label == "求助").unwrap().numerator += 1;
        assert!(crate::rules::ties(&lines).unwrap_err().what.contains("各分项之和是 7，合计却是 6"));
        assert!(t.post(&leader, &format!("{path}/xlsx"), &[("reason", "月度例会使用")]).await.is(200).body.starts_with("PK"));
        assert!(t.get(&leader, &format!("{path}/pdf")).await.is(200).body.starts_with("%PDF"));
    }
}

#[tokio::test]
async fn a_daily_report_is_one_shift() {
    for engine in engines() {
        let (t, station, leader) = app(engine).await;
        // 09:00 on 8 May, in the shift; and one before 08:00 of the next day.
        let report = async |content: &str, extra: &[(&str, &str)]| {
            let mut fields = vec![("source_code", "0101"), ("content", content), ("category", "dispute")];
            fields.extend_from_slice(extra);
            t.post(&leader, "/incidents/new", &fields).await.is(303);
        };
        report("楼上拖椅子", &[]).await;
        t.app.clock().set("2026-05-08T23:30:00Z".parse().unwrap());
        report("持棍互殴，有人受伤", &[("injured", "1"), ("weapon", "1")]).await;
        t.app.clock().set("2026-05-09T00:30:00Z".parse().unwrap());
        report("下一班的来电", &[]).await;
        let fields = [("kind", "daily"), ("from", "2026-05-08"), ("leader", "敖日格乐")];
        let id = t.post(&actor(Role::Operator, station), "/bulletins/new", &fields).await.is(303).new_id();
        let page = t.get(&leader, &format!("/bulletins/{id}")).await.is(200);
        let page = page.says("按六类").says("2026-05-08 08:00 至 2026-05-09 08:00").says("带班领导：敖日格乐").says("持棍互殴").says("涉械、有人受伤").says("交接事项");
        assert!(!page.body.contains("下一班的来电"));
        t.get(&leader, &format!("/bulletins/{id}/rows?n=1")).await.is(200).says("楼上拖椅子").says("持棍互殴");
        t.post(&leader, "/bulletins/new", &[("kind", "daily"), ("from", "2026-05-09")]).await.is(422).says("才结束");
    }
}
