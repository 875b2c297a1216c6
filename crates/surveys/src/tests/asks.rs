//! 意见 and 居民议事会 on both engines, over HTTP.

use super::town::{Town, town};
use crate::model::{Channel, NewWish, Stretch, WishWhen};
use crate::{actions, store};
use kernel::{Actor, Error, Purpose, Reader, Role, Uuid};
use roster::model::DayType;
use testkit::{actor, engines};

fn evening() -> Option<Stretch> {
    Some(Stretch { kind: DayType::Work, from: 1_110, until: 1_230 })
}

fn online(content: &str, service: Option<Uuid>, when: Option<Stretch>) -> NewWish {
    NewWish { channel: Channel::Online, meeting: None, service, when, content: content.into(), people: 1 }
}

async fn tasks(town: &Town) -> usize {
    notices::actions::mine(&town.t.app, &town.officer).await.unwrap().0.iter().filter(|t| t.kind == "surveys.wish").count()
}

#[tokio::test]
async fn wishes_wait_for_a_reply_and_are_counted_by_time() {
    for engine in engines() {
        let town = town(engine).await;
        let (t, who) = (&town.t, &town.officer);
        let permit = town.offers("居住证").await;
        let resident = Actor::resident(town.station);
        let act = || t.app.act(&resident, "surveys.wish", Purpose::OwnMatter, t.app.fresh_command());
        for w in [online("晚上开窗口", Some(permit), evening()), online("", Some(permit), evening()), online("路灯坏了", None, None)] {
            actions::wish(&t.app, &act(), w).await.unwrap();
        }
        let strange = actions::wish(&t.app, &act(), online("x", Some(Uuid::from_u128(9)), None)).await.unwrap_err();
        assert!(matches!(strange, Error::Invalid(_)), "another station's service: {strange:?}");
        assert!(actions::wish(&t.app, &act(), online(" ", None, None)).await.is_err());
        assert_eq!(tasks(&town).await, 1, "one task, however many wait");
        // Over HTTP: rights, the reply, what is missing.
        t.get(&actor(Role::Volunteer, town.station), "/surveys/wishes").await.is(403);
        t.get(who, "/surveys/wishes").await.is(200).says("工作日 18:30-20:30").says("居住证").says("路灯坏了");
        t.get(&town.stranger, "/surveys/wishes").await.is(200).says("没有待回应的意见");
        t.post(who, "/surveys/wishes", &[("content", "楼道堆物"), ("day_type", "work")]).await.is(422).says("请写成 18:30").says("楼道堆物");
        t.post(who, "/surveys/wishes", &[("content", "楼道堆物"), ("day_type", "rest"), ("from", "09:00"), ("until", "12:00")]).await.is(303);
        let all = town.read(async |r: &mut Reader| store::wishes(r, town.station, None).await).await;
        assert_eq!(all.len(), 4);
        t.post(&town.stranger, &format!("/surveys/wishes/{}/reply", all[0].id), &[("reply", "好")]).await.is(404);
        t.post(&town.auxiliary, &format!("/surveys/wishes/{}/reply", all[0].id), &[("reply", "好")]).await.is(403);
        t.post(who, &format!("/surveys/wishes/{}/reply", all[0].id), &[("reply", "")]).await.is(422).says("怎么回应");
        for w in &all {
            t.post(who, &format!("/surveys/wishes/{}/reply", w.id), &[("reply", "下月起周三开到八点半")]).await.is(303);
        }
        t.post(who, &format!("/surveys/wishes/{}/reply", all[0].id), &[("reply", "改")]).await.is(422).says("已经回应过");
        assert_eq!(tasks(&town).await, 0);
        t.get(who, "/surveys/wishes").await.is(200).says("没有待回应的意见");
        t.get(who, "/surveys/wishes?all=1").await.is(200).says("下月起周三开到八点半");
        let since = "2026-01-01".parse().unwrap();
        let when = town.read(async |r: &mut Reader| store::wishes_when(r, town.station, since).await).await;
        assert_eq!(
            when,
            [
                WishWhen { service_id: None, kind: DayType::Rest, from: 540, until: 720, n: 1 },
                WishWhen { service_id: Some(permit), kind: DayType::Work, from: 1_110, until: 1_230, n: 2 },
            ]
        );
    }
}

#[tokio::test]
async fn a_meeting_is_recorded_voted_and_made_final() {
    for engine in engines() {
        let town = town(engine).await;
        let (t, who) = (&town.t, &town.officer);
        t.get(who, "/surveys/meetings").await.is(200).says("还没有会议记录");
        t.get(who, &format!("/surveys/meetings/{}", Uuid::from_u128(9))).await.is(404);
        t.get(&town.auxiliary, "/surveys/meetings/new").await.is(403);
        let fields = |day: &'static str, present: &'static str, names: &'static str| {
            [("title", "五月议事会"), ("held_on", day), ("place", "社区活动室"), ("chair", "王主任"), ("present", present), ("names", names), ("minutes", "议停车。\n议路灯。")]
        };
        t.post(who, "/surveys/meetings/new", &fields("2026-06-01", "16", "")).await.is(422).says("会还没有开").says("议停车");
        t.post(who, "/surveys/meetings/new", &fields("2026-05-07", "1", "王秀英、李强")).await.is(422).says("到会人数只有 1");
        let id = t.post(who, "/surveys/meetings/new", &fields("2026-05-07", "16", "")).await.is(303).new_id();
        let page = format!("/surveys/meetings/{id}");
        t.get(&town.stranger, &page).await.is(404);
        t.get(who, &page).await.is(200).says("到会 16 人").says("定稿");
        t.post(who, &format!("{page}/vote"), &[("question", "路灯先修"), ("yes", "14"), ("no", "3")]).await.is(422).says("三项加起来是 17 人").says("路灯先修");
        t.post(who, &format!("{page}/vote"), &[("question", "路灯先修"), ("yes", "12"), ("no", "3"), ("abstained", "1")]).await.is(303);
        t.post(who, &format!("{page}/vote"), &[("question", "写错了"), ("yes", "1")]).await.is(303);
        let votes = town.read(async |r: &mut Reader| store::votes(r, town.station, id).await).await;
        let wrong = votes.iter().find(|v| v.question == "写错了").unwrap();
        t.post(who, &format!("{page}/strike"), &[("vote", &wrong.id.to_string())]).await.is(303);
        t.post(who, &format!("{page}/wish"), &[("content", "晚上开窗口"), ("people", "20")]).await.is(422).says("到会只有 16 人");
        t.post(who, &format!("{page}/wish"), &[("content", "晚上开窗口"), ("people", "9"), ("day_type", "work"), ("from", "18:30"), ("until", "20:30")]).await.is(303);
        // Fewer people than voted cannot have been there; another's change is noticed.
        t.post(who, &page, &[&fields("2026-05-07", "10", "")[..], &[("version", "1")]].concat()).await.is(422).says("已经记了 16 人");
        t.post(who, &page, &[&fields("2026-05-07", "17", "")[..], &[("version", "9")]].concat()).await.is(422).says("刚刚被他人改过");
        t.post(who, &page, &[&fields("2026-05-07", "17", "")[..], &[("version", "1")]].concat()).await.is(303);
        t.get(who, &format!("{page}/paper")).await.is(422).says("还没有定稿");
        t.post(who, &format!("{page}/finish"), &[]).await.is(303);
        t.post(who, &format!("{page}/vote"), &[("question", "再来"), ("yes", "1")]).await.is(422).says("已经定稿");
        t.get(who, &page).await.is(200).says("已划去").says("9").says("打印会议记录");
        let pdf = t.get(who, &format!("{page}/paper")).await.is(200);
        assert!(pdf.body.starts_with("%PDF"));
        t.app.clock().advance(86_400);
        testkit::papers::reprinted("minutes", &pdf.bytes, &t.get(who, &format!("{page}/paper")).await.is(200).bytes);
        let when = town.read(async |r: &mut Reader| store::wishes_when(r, town.station, "2026-05-01".parse().unwrap()).await).await;
        assert_eq!((when.len(), when[0].n), (1, 9));
        t.get(who, "/surveys/wishes").await.is(200).says("晚上开窗口").says("9 人");
    }
}
