//! Over HTTP: 404, 403, 422, 303; the sheet without script; a workbook with faults.

use super::town::town;
use crate::store;
use kernel::{Actor, Reader, Role, Uuid};
use testkit::{actor, engines};

#[tokio::test]
async fn an_officer_builds_imports_and_opens() {
    for engine in engines() {
        let town = town(engine).await;
        let (t, who) = (&town.t, &town.officer);
        t.get(who, &format!("/surveys/{}", Uuid::from_u128(9))).await.is(404);
        t.get(who, "/surveys/x").await.is(404);
        t.get(&actor(Role::Volunteer, town.station), "/surveys").await.is(403);
        t.get(&town.auxiliary, "/surveys/new").await.is(403);
        t.get(who, "/surveys").await.is(200).says("还没有问卷");
        t.post(who, "/surveys/new", &[("title", ""), ("intro", "好")]).await.is(422).says("问卷名称");
        t.post(who, "/surveys/new", &[("title", "旧的"), ("until_day", "2020-01-01")]).await.is(422).says("截止日期已过");
        let id = t.post(who, "/surveys/new", &[("title", "窗口晚上开不开"), ("anonymous", "1")]).await.is(303).new_id();
        let page = format!("/surveys/{id}");
        t.get(&town.stranger, &page).await.is(404);
        t.post(who, &format!("{page}/question"), &[("label", "几点？"), ("kind", "one"), ("choices", "白天")]).await.is(422).says("至少要两个选项").says("value=\"几点？\"");
        t.post(who, &format!("{page}/question"), &[("label", "几点？"), ("kind", "one"), ("choices", "白天\n晚上"), ("required", "1")]).await.is(303);
        t.post(who, &format!("{page}/question"), &[("label", "哪天？"), ("kind", "date"), ("only_if", "q1=c2")]).await.is(303);
        t.get(who, &page).await.is(200).says("白天、晚上").says("“几点？”选了“晚上”").says("开放征集");
        t.post(who, &format!("{page}/remove"), &[("name", "q1")]).await.is(422).says("没有名为“q1”的题目");
        let book = t.get(who, &format!("{page}/xlsx")).await.is(200);
        assert!(book.headers["content-disposition"].to_str().unwrap().contains(".xlsx"));
        // A workbook: first none, then a broken one, then the same as the form itself.
        t.upload(who, &format!("{page}/import"), &[], &[]).await.is(422).says("请选择");
        t.upload(who, &format!("{page}/import"), &[], &[("file", "a.xlsx", b"nothing")]).await.is(422).says("不是 .xlsx").says("怎么改");
        // An old workbook: why, and what to do.
        let old = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];
        t.upload(who, &format!("{page}/import"), &[], &[("file", "a.xls", &old)]).await.is(422).says("旧的 .xls 文件").says("另存为 .xlsx");
        let station = town.station;
        let mut definition = town.read(async |r: &mut Reader| store::survey(r, station, id).await).await.definition.0;
        definition.items[1].relevant = "${q9} = 'c2'".into();
        let broken = forms::xlsform::write(&definition).unwrap();
        t.upload(who, &format!("{page}/import"), &[], &[("file", "a.xlsx", &broken)]).await.is(422).says("没有名为“q9”的题目").says("survey").says("relevant");
        definition.items[1].relevant = String::new();
        let good = forms::xlsform::write(&definition).unwrap();
        t.upload(who, &format!("{page}/import"), &[], &[("file", "a.xlsx", &good)]).await.is(303);
        t.get(who, &format!("{page}/results")).await.is(422).says("还没有开放");
        t.post(&town.auxiliary, &format!("{page}/open"), &[]).await.is(403);
        t.post(who, &format!("{page}/open"), &[]).await.is(303);
        t.post(who, &format!("{page}/open"), &[]).await.is(422);
        t.get(who, &page).await.is(200).says("--public-url").says("/q/");
        t.get(who, "/surveys").await.is(200).says("0 份");
        t.post(who, &format!("{page}/codes"), &[("how_many", "5")]).await.is(422).says("不用答卷码");
        t.get(who, &format!("{page}/results")).await.is(200).says("还没有收到答卷");
    }
}

/// Broken logic comes with a workbook: each fault with its sheet, row, column and what to do, and nothing of it is taken.
#[tokio::test]
async fn a_questionnaire_with_broken_logic_is_refused_by_row_and_nothing_is_taken() {
    for engine in engines() {
        let town = town(engine).await;
        let (t, who) = (&town.t, &town.officer);
        let id = town.built(true, false).await;
        let page = format!("/surveys/{id}");
        let before = town.survey(id).await.definition.0;
        // Rows 2 to 4 are the three questions; the first has the choices c1 and c2.
        type Spoil = fn(&mut forms::Definition);
        let cases: [(Spoil, &str, &str, &str); 5] = [
            (|d| d.items[1].relevant = "${q9} = 'c2'".into(), "3", "relevant", "没有名为“q9”的题目"),
            (|d| d.items[1].relevant = "${q1} = 'c1' and ${q1} = 'c2'".into(), "3", "relevant", "永远不会出现"),
            (|d| d.items[1].relevant = "${q3} = 'x'".into(), "3", "relevant", "成了一个圈"),
            (|d| d.items[1].relevant = "${q1} = 'c7'".into(), "3", "relevant", "c7"),
            (|d| d.items[1].constraint = ". > ".into(), "3", "constraint", "怎么改"),
        ];
        for (spoil, row, column, why) in cases {
            let mut d = before.clone();
            d.items[2].relevant = "${q2} = 20".into();
            spoil(&mut d);
            let book = forms::xlsform::write(&d).unwrap();
            let said = t.upload(who, &format!("{page}/import"), &[], &[("file", "a.xlsx", &book)]).await.is(422).says("没有导入").says(why);
            let line = format!("<td data-label=\"行\" class=\"num\">{row}</td><td data-label=\"列\">{column}</td>");
            assert!(said.body.contains(&line) && said.body.contains("<td>survey</td>"), "{engine} {why}: {}", said.body);
            assert_eq!(town.survey(id).await.definition.0, before, "{why}");
        }
    }
}

#[tokio::test]
async fn a_resident_answers_without_script() {
    for engine in engines() {
        let town = town(engine).await;
        let (t, who) = (&town.t, &town.officer);
        let id = town.built(true, true).await;
        let resident = Actor::resident(town.station);
        let code = town.survey(id).await.code;
        let page = format!("/q/{code}");
        // A draft's address is nobody's.
        t.get(&resident, &page).await.is(404);
        t.get(&resident, "/q/nothing").await.is(404);
        t.post(who, &format!("/surveys/{id}/open"), &[]).await.is(303);
        let slips = t.post(who, &format!("/surveys/{id}/codes"), &[("how_many", "2")]).await.is(200).says("2 个答卷码");
        let slip = slips.body.split("<code>").nth(1).and_then(|s| s.split("</code>").next()).unwrap().to_string();
        let seen = t.get(&resident, &page).await.is(200).says("什么时候方便来窗口").says("匿名填写").says("value=\"q1|q3\"");
        assert!(!seen.body.contains("晚上几点") && !seen.body.contains("必须回答"));
        // Nothing is filled in: said under the question. The choice opens a question, without blame.
        t.post(&resident, &page, &[("shown", "q1|q3"), ("code", &slip)]).await.is(422).says("这一题必须回答").says(&slip);
        t.post(&resident, &page, &[("shown", "q1|q3"), ("q.q1", "c2"), ("q.q3", "想早点下班的人多"), ("code", &slip)])
            .await
            .is(200)
            .says("下面多了几道题")
            .says("晚上几点？")
            .says("想早点下班的人多")
            .says("value=\"q1|q2|q3\"");
        let all = [("shown", "q1|q2|q3"), ("q.q1", "c2"), ("q.q2", "八点"), ("code", slip.as_str())];
        t.post(&resident, &page, &all).await.is(422).says("请填整数").says("value=\"八点\"");
        let good = |code: &'static str| [("shown", "q1|q2|q3"), ("q.q1", "c2"), ("q.q2", "20"), ("code", code)];
        t.post(&resident, &page, &good("AAAAA-BBBBB-CCCCC-DDDDD")).await.is(422).says("答卷码不对");
        let sent = [("shown", "q1|q2|q3"), ("q.q1", "c2"), ("q.q2", "20"), ("code", slip.as_str())];
        t.post(&resident, &page, &sent).await.is(200).says("已收到您的回答");
        t.post(&resident, &page, &sent).await.is(422).says("已经用过");
        t.get(who, &format!("/surveys/{id}/results")).await.is(200).says("收到 1 份").says("100.0%").says("中位数 20").says("可能范围");
        t.get(&town.stranger, &format!("/surveys/{id}/results")).await.is(404);
        // Paper, typed in by the desk; the end.
        let entry = format!("/surveys/{id}/entry");
        t.get(&town.auxiliary, &entry).await.is(403);
        t.get(who, &entry).await.is(200).says("照纸质问卷录入");
        let second = slips.body.split("<code>").nth(2).and_then(|s| s.split("</code>").next()).unwrap().to_string();
        t.post(who, &entry, &[("shown", "q1|q3"), ("q.q1", "c1"), ("code", &second)]).await.is(303);
        t.post(who, &format!("/surveys/{id}/close"), &[]).await.is(303);
        t.get(&resident, &page).await.is(200).says("没有在征集");
        t.post(&resident, &page, &sent).await.is(200).says("没有在征集");
        t.get(who, &entry).await.is(422);
        t.get(who, &format!("/surveys/{id}/results")).await.is(200).says("收到 2 份").says("其中 1 份由民警");
    }
}

/// A thousand answers from one telephone on one day: five as they are, up to the hundredth slowed and marked, the rest sent to
/// the desk. Marked ones are told beside the results; another telephone is free.
#[tokio::test]
async fn a_thousand_answers_from_one_telephone_are_marked_and_stopped() {
    for engine in engines() {
        let town = town(engine).await;
        let id = town.built(true, false).await;
        town.t.post(&town.officer, &format!("/surveys/{id}/open"), &[]).await.is(303);
        let page = format!("/q/{}", town.survey(id).await.code);
        let phone = format!("198.51.100.{}", 1 + engine.len());
        let fields = [("shown", "q1|q3"), ("q.q1", "c1")];
        for n in 0..5 {
            town.t.post_from(&phone, &page, &fields).await.is(200).says("已收到您的回答");
            let boxes = town.read(async |r: &mut Reader| store::boxes(r, town.station, id).await).await;
            assert_eq!(boxes.iter().flat_map(|b| &b.answers.0).filter(|k| k.many).count(), 0, "answer {n}");
        }
        let begun = std::time::Instant::now();
        town.t.post_from(&phone, &page, &fields).await.is(200).says("已收到您的回答");
        assert!(begun.elapsed().as_millis() >= 200, "the sixth waits");
        // The others at once, as a program would send them.
        let all = futures::future::join_all((0..994).map(|_| town.t.post_from(&phone, &page, &fields))).await;
        let count = |status: u16| all.iter().filter(|a| a.status.as_u16() == status).count();
        assert_eq!((count(200), count(422)), (94, 900), "{engine}");
        assert!(all.iter().filter(|a| a.status.as_u16() == 422).all(|a| a.body.contains("已交了 100 份") && a.body.contains("纸质问卷")));
        town.t.post_from("203.0.113.7", &page, &fields).await.is(200).says("已收到您的回答");
        let boxes = town.read(async |r: &mut Reader| store::boxes(r, town.station, id).await).await;
        let kept: Vec<bool> = boxes.iter().flat_map(|b| &b.answers.0).map(|k| k.many).collect();
        assert_eq!((kept.len(), kept.iter().filter(|m| **m).count()), (101, 95), "{engine}: the 6th to the 100th are marked");
        town.t.get(&town.officer, &format!("/surveys/{id}/results")).await.is(200).says("收到 101 份").says("其中 95 份是同一个网络");
    }
}

/// Rounds of a repeated group grow by a button, and the sheet never loses what was typed.
#[tokio::test]
async fn rounds_grow_by_a_button() {
    use forms::{Definition, Item, Kind, Text};
    for engine in engines() {
        let town = town(engine).await;
        let id = town.draft(false, false).await;
        let member = Item {
            children: vec![Item { required: "yes".into(), ..Item::new(3, "name", Kind::Text, Text::plain("称呼")) }],
            ..Item::new(2, "member", Kind::Repeat, Text::plain("家里人"))
        };
        let definition = Definition { items: vec![member], ..Definition::default() };
        crate::actions::import(&town.t.app, &town.act(&town.officer, "surveys.import"), id, definition).await.unwrap();
        town.t.post(&town.officer, &format!("/surveys/{id}/open"), &[]).await.is(303);
        let resident = Actor::resident(town.station);
        let page = format!("/q/{}", town.survey(id).await.code);
        town.t.get(&resident, &page).await.is(200).says("第 1 份").says("member|member[1]/name");
        let one = [("shown", "member|member[1]/name"), ("q.member", "1"), ("q.member[1]/name", "爷爷"), ("more", "member")];
        town.t.post(&resident, &page, &one).await.is(200).says("第 2 份").says("爷爷").says("member[2]/name");
        let two = [("shown", "member|member[1]/name|member[2]/name"), ("q.member", "2"), ("q.member[1]/name", "爷爷"), ("q.member[2]/name", "")];
        town.t.post(&resident, &page, &two).await.is(422).says("必须回答");
        let fewer = [two.as_slice(), &[("less", "member")]].concat();
        let back = town.t.post(&resident, &page, &fewer).await.is(200).says("爷爷");
        assert!(!back.body.contains("第 2 份"));
    }
}
