//! The code a party takes home, and reminders.

use super::town::town;
use crate::{actions, store};
use kernel::Purpose;
use testkit::engines;

#[tokio::test]
async fn a_code_shows_the_own_matter_and_nobody_elses_name() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.open(&[]).await;
        w.peoples(id).await;
        w.agree(id, "oral").await;
        let parties = w.reader(async |r| mediation::store::parts::parties(r, id).await).await;
        let (a, b) = (parties[0].id, parties[1].id);
        let issue = |party, secret: String| {
            let act = w.t.app.act(&w.officer, "dossier.pass", Purpose::Mediation, w.t.app.fresh_command());
            let app = w.t.app.clone();
            async move { actions::issue(&app, &act, id, party, &secret).await }
        };
        let code = w.t.app.vault().token().0;
        assert_eq!(issue(a, "SHORT".into()).await.unwrap_err().key(), "dossier.code");
        let paper = issue(a, code.clone()).await.unwrap();
        assert!(paper.bytes.starts_with(b"%PDF"));
        // A code is printed once; a later print of the same matter has a new one, and nothing else is new.
        let (sample, newer) = ("ABCDE-FGHJK-LMNPQ-RSTUV", "ZYXWV-TSRQP-NMLKJ-HGFED");
        let first = issue(b, sample.into()).await.unwrap();
        w.t.app.clock().advance(3_600);
        assert_eq!(issue(b, sample.into()).await.unwrap_err().key(), "dossier.code_used");
        let later = issue(b, newer.into()).await.unwrap();
        testkit::papers::golden_without("dossier-pass", (&first.bytes, sample), (&later.bytes, newer));
        assert_eq!(first.pages, 1, "one sheet");
        // What it is for: state, who mediates, the next day, own promises, the right to refuse and to go to court, the code.
        if let Some(text) = testkit::papers::lines(&first.bytes) {
            let plain: String = text.split_whitespace().collect();
            for shown in ["现在履行中", "调解员何秀兰", "下次日期2026年5月9日（履行期限）", "您的约定", "铺防噪地毯", "可以拒绝调解", "可以随时向人民法院起诉", sample] {
                assert!(plain.contains(shown), "{shown}: {text}");
            }
        }
        // However many promises there are, the code stands on the first sheet.
        let mut long = w.case(id).await;
        long.promises = (0..6).flat_map(|_| long.promises.clone()).collect();
        let many = crate::compose::pass(&long, long.party(b).unwrap(), sample, "网址请向派出所询问。", "<svg/>", w.t.app.now());
        let many = documents::render(&documents::FORM, &many).unwrap();
        if let Some(text) = testkit::papers::lines(&many.bytes) {
            assert!(many.pages > 1 && text.split("换页").next().unwrap().contains(sample), "{text}");
        }
        let (v, subjects) = actions::own_view(&w.t.app, &code.to_lowercase()).await.unwrap().unwrap();
        assert_eq!((v.side, v.mediator.as_str(), v.says), ("甲方", "何秀兰", "已达成协议，正在履行。"));
        assert_eq!(v.own.len(), 1, "the promise of both sides, not the other's");
        assert!(!format!("{v:?}").contains("宋䶮群"), "{v:?}");
        assert_eq!(subjects.len(), 2);
        // The other party sees the own promise, with the first one's name taken out.
        let other = w.t.app.vault().token().0;
        issue(b, other.clone()).await.unwrap();
        let (v, _) = actions::own_view(&w.t.app, &other).await.unwrap().unwrap();
        assert_eq!(v.own.len(), 2);
        assert!(v.own[0].text.contains("向甲方道歉") && v.own[0].near, "{v:?}");
        assert_eq!(v.next.unwrap().0.to_string(), "2026-05-09");
        // The look is in the station's chain; a wrong code shows nothing; an ended code shows nothing.
        let looks = w.t.app.look(&w.officer, "test", Purpose::Audit);
        let entries = w
            .t
            .app
            .db()
            .read(&looks, async |r: &mut kernel::Reader| {
                r.count(kernel::sql!("select count(*) as n from kernel_audit where body like '%dossier.own_view%'"), vec![]).await
            })
            .await
            .unwrap();
        assert!(entries >= 2, "{entries}");
        assert!(actions::own_view(&w.t.app, &w.t.app.vault().token().0).await.unwrap().is_none());
        // Printed again: the old code ends.
        let newer = w.t.app.vault().token().0;
        issue(a, newer.clone()).await.unwrap();
        assert!(actions::own_view(&w.t.app, &code).await.unwrap().is_none());
        let page = format!("/disputes/{id}/dossier");
        w.t.post(&w.officer, &format!("{page}/revoke"), &[("party", &a.to_string())]).await.is(303);
        assert!(actions::own_view(&w.t.app, &newer).await.unwrap().is_none());
        w.t.post(&w.officer, &format!("{page}/revoke"), &[("party", &a.to_string())]).await.is(422).says("没有有效的查询码");
        // Only the hash is kept.
        let kept = w.reader(async |r| store::passes(r, id).await).await;
        assert_eq!(kept.len(), 5);
    }
}

#[tokio::test]
async fn a_promise_that_comes_due_gives_one_task_to_remind_both_sides() {
    for engine in engines() {
        let w = town(engine).await;
        let id = w.open(&[]).await;
        w.peoples(id).await;
        w.agree(id, "oral").await;
        for _ in 0..2 {
            actions::plan_reminders(w.t.app.clone()).await.unwrap();
        }
        let mine = w.t.get(&w.officer, "/").await.is(200).says("提醒双方：第 1 项");
        assert_eq!(mine.body.matches("提醒双方").count(), 1);
        let o = w.reader(async |r| mediation::store::parts::obligations(r, id).await).await[0].id.to_string();
        let page = format!("/disputes/{id}/dossier");
        let pdf = w.t.post(&w.auxiliary, &format!("{page}/reminder"), &[("obligation", &o)]).await.is(200);
        w.t.app.clock().advance(3_600);
        let later = w.t.post(&w.auxiliary, &format!("{page}/reminder"), &[("obligation", &o)]).await.is(200);
        testkit::papers::golden("dossier-reminder", &pdf.bytes, &later.bytes);
        let sides = w.reader(async |r| mediation::store::parts::parties(r, id).await).await;
        let (a, b) = (sides[0].id.to_string(), sides[1].id.to_string());
        let remind = format!("{page}/remind");
        w.t.post(&w.auxiliary, &remind, &[("obligation", &o)]).await.is(422).says("请选择提醒的方式").says("请选择提醒了哪一方");
        w.t.post(&w.auxiliary, &remind, &[("obligation", &o), ("how", "read"), ("party", &a)]).await.is(303);
        w.t.post(&w.auxiliary, &remind, &[("obligation", &o), ("how", "read"), ("party", &a)]).await.is(422).says("已经登记过提醒");
        // One side alone does not end the task.
        w.t.get(&w.officer, "/").await.says("提醒双方：第 1 项");
        w.t.post(&w.auxiliary, &remind, &[("obligation", &o), ("how", "phone"), ("party", &b)]).await.is(303);
        let tasks = w.t.get(&w.officer, "/").await.is(200);
        assert!(!tasks.body.contains("提醒双方"));
        w.t.get(&w.officer, &page).await.says("已提醒甲方").says("当面宣读").says("已提醒乙方").says("电话告知");
    }
}
