//! The curve: what was observed, what is only guessed, and what a page says when there is nothing.

use super::town::{bare, d, town};
use crate::model::{Origin, Past, Stream};
use crate::store;
use kernel::{Actor, Purpose, Role, Tx};
use roster::model::DayType;
use testkit::{actor, engines};

#[tokio::test]
async fn tickets_become_days_and_shut_doors_stay_unknown() {
    for engine in engines() {
        let town = town(engine, 3).await;
        // 8 May 2026 is a Friday; the 1st to 5th are holidays, the 9th is worked.
        let all = town.gathered(Stream::All).await;
        assert!(all.days.iter().all(|x| x.origin == Origin::Own && x.kind == DayType::Work), "{engine}");
        let last = all.days.last().unwrap();
        assert_eq!((last.date, last.came()), (d("2026-05-07"), 4));
        assert_eq!((last.counts[36], last.counts[37], last.counts[40], last.counts[60]), (Some(2), Some(0), Some(1), Some(1)));
        assert_eq!((last.counts[48], last.counts[72]), (None, None), "noon and evening: doors shut, not nought");
        assert!(all.days.iter().all(|x| x.date != d("2026-05-02")), "a holiday without hours teaches nothing");
        assert_eq!(all.coverage.gap_days, 0);
        // A service nobody asked for on a day was not asked for: nought, as the doors were open.
        town.draw(0, d("2026-05-07"), 530).await;
        let one = town.gathered(Stream::Service(town.services[1])).await;
        assert_eq!(one.days.last().unwrap().counts[36..41], [Some(1), Some(0), Some(0), Some(0), Some(0)]);
        assert_eq!(town.gathered(Stream::All).await.coverage.early, 1, "who waits for the door is counted in the first slot");
        // Today is not over and does not count.
        town.draw(0, d("2026-05-08"), 600).await;
        assert_eq!(town.gathered(Stream::All).await.days.last().unwrap().date, d("2026-05-07"));
        // Reports and visits asked for are other streams, all day long.
        assert!(town.gathered(Stream::Incidents).await.days.is_empty());
        assert!(town.gathered(Stream::Door).await.shut.is_none());
    }
}

#[tokio::test]
async fn the_page_says_what_was_seen_and_what_is_guessed() {
    for engine in engines() {
        let town = town(engine, 3).await;
        let t = &town.t;
        for role in [Role::GridWorker, Role::Volunteer, Role::AuditAdmin] {
            t.get(&actor(role, town.station), "/demand").await.is(403);
        }
        t.get(&town.clerk, "/demand/plan").await.is(403);
        t.get(&town.clerk, "/demand?stream=nonsense").await.is(404);
        t.get(&town.stranger, &format!("/demand?stream={}", town.services[0])).await.is(404);
        let page = t.get(&town.clerk, "/demand").await.is(200).says("<svg").says("观察到（").says("外推").says("不等于没有人").says("还没有问卷的答案");
        assert!(!page.body.contains("style=") && !page.body.contains("潜在（范围）"), "{}", page.body);
        t.get(&town.leader, &format!("/demand?stream={}", town.services[0])).await.is(200).says("居住证申领，工作日").says("从需求定人数");
        t.get(&town.clerk, "/demand?kind=rest").await.is(200).says("没有观察过这类日子");
        t.get(&town.clerk, "/demand?stream=incidents").await.is(200).says("还没有“警情”的记录");
        let csv = t.get(&town.clerk, "/demand/csv?kind=work").await.is(200);
        assert!(csv.headers["content-type"].to_str().unwrap().starts_with("text/csv"));
        assert!(csv.body.contains("工作日,09:00-09:15,观察到,") && csv.body.contains("工作日,12:00-12:15,外推,0,,,,,,"), "{}", csv.body);
    }
}

#[tokio::test]
async fn nothing_to_show_says_what_to_do_next() {
    for engine in engines() {
        let mut town = bare(engine).await;
        town.t.get(&town.leader, "/demand").await.is(200).says("还没有设窗口业务").says("/windows/services");
        town.t.get(&town.leader, "/demand/plan").await.is(200).says("还没有窗口岗位").says("/roster/posts/new");
        town.add_services().await;
        town.t.get(&town.leader, &format!("/demand?stream={}", town.services[0])).await.is(200).says("没有窗口办理").says("/windows/setup");
        town.add_window().await;
        town.t.get(&town.leader, "/demand").await.is(200).says("没有开放时间").says("关着的门看不出需求");
        town.open_window().await;
        town.add_post().await;
        town.t.get(&town.officer, "/demand").await.is(200).says("还没有“全部窗口业务”的记录").says("mapping=arrivals");
        town.t.get(&town.clerk, "/demand").await.is(200).says("请有“导入数据”权限的民警导入");
        town.t.get(&town.leader, "/demand/plan").await.is(200).says("还差 5 天").says("导入过去的到访");
        town.draw(0, d("2026-05-06"), 600).await;
        town.t.get(&town.leader, "/demand").await.is(200).says("还差 3 天").says("现在有 2 天、1 人");
    }
}

#[tokio::test]
async fn answers_of_a_survey_become_a_band_and_an_advice() {
    for engine in engines() {
        let town = town(engine, 3).await;
        let survey = town.hours_survey("工作日 09:00-12:00\n工作日 18:00-20:00\n周末 09:00-12:00\n都不方便").await;
        let give = async |n, suits: &[usize], first| town.answer_hours(&survey, n, suits, first).await;
        give(4, &[1, 2], 1).await;
        town.t.get(&town.clerk, "/demand?kind=work").await.is(200).says("至少要 5 份才能推算");
        give(14, &[1], 1).await;
        give(8, &[0], 0).await;
        let page = town.t.get(&town.clerk, "/demand?kind=work").await.is(200).says("潜在（范围）").says("错时问卷").says("26 份").says("工作日 18:00-20:00").says("试开 4 周").says("curve__latent");
        assert!(page.body.contains("推算是一个范围，不是一个数") && page.body.contains("没有按户籍加权"), "{}", page.body);
        town.t.get(&town.clerk, "/demand?stream=incidents").await.is(200);
        // The plan draws shut hours from the band; the page says that they were not observed.
        town.t.get(&town.leader, "/demand/plan?share=90&minutes=10&work=09:00-12:00&rest=09:00-12:00").await.is(200).says("从来没有开过门（外推）").says("不是观察到的需求");
    }
}

#[tokio::test]
async fn reports_calls_bookings_and_visits_are_streams_of_their_own() {
    for engine in engines() {
        let mut town = bare(engine).await;
        town.add_services().await;
        town.add_window().await;
        town.open_window().await;
        let (app, now) = (&town.t.app, town.t.app.now());
        for (hours_ago, source) in [(20, "0101"), (44, "0101"), (44, "0201"), (50, "0601")] {
            let at = now.checked_sub(kernel::ToSpan::hours(hours_ago)).unwrap();
            let new = incidents::model::NewIntake {
                source_code: source.into(),
                called_at: Some(at),
                title: "噪音".into(),
                content: format!("楼上每晚拖椅子，第 {hours_ago} 次，来源 {source}"),
                place: "中央街".into(),
                ..Default::default()
            };
            let act = app.act(&town.officer, "incidents.take", Purpose::Incident, app.fresh_command());
            incidents::actions::take(app, &act, new).await.unwrap();
        }
        let all = town.gathered(Stream::Incidents).await;
        assert_eq!((all.coverage.people, town.gathered(Stream::Calls).await.coverage.people), (4, 2), "{engine}");
        assert!(all.days.iter().all(|x| x.counts.iter().all(Option::is_some)), "somebody answers all day long");
        // A booking for today counts when the day is over; the moment of asking for a visit counts at once.
        let book = |channel, day: &str, minute, n: u32| windows::model::NewBooking {
            service: town.services[1],
            channel,
            day: d(day),
            minute,
            name: "其木格".into(),
            phone: format!("1000000{n:04}"),
            frail: false,
            place: if channel == windows::model::Channel::Door { "安居小区3号楼".into() } else { String::new() },
            note: String::new(),
            receipt: vec![n as u8; 32],
        };
        use windows::model::Channel;
        for new in [book(Channel::Window, "2026-05-11", 600, 1), book(Channel::Door, "2026-05-12", 0, 2)] {
            let act = app.act(&Actor::resident(town.station), "windows.book", Purpose::OwnMatter, app.fresh_command());
            windows::actions::book(app, &act, new).await.unwrap();
        }
        assert!(town.gathered(Stream::Booked).await.days.is_empty(), "not come yet");
        app.clock().set("2026-05-13T01:00:00Z".parse().unwrap());
        let booked = town.gathered(Stream::Booked).await;
        let monday = booked.days.iter().find(|x| x.date == d("2026-05-11")).unwrap();
        assert_eq!((monday.counts[40], monday.counts[72]), (Some(1), None));
        let door = town.gathered(Stream::Door).await;
        assert_eq!((door.coverage.people, door.days[0].date), (1, d("2026-05-08")));
    }
}

#[tokio::test]
async fn imported_days_stand_where_nothing_was_counted() {
    for engine in engines() {
        let town = town(engine, 1).await;
        let (station, service) = (town.station, town.services[0]);
        town.t
            .app
            .db()
            .write(&town.act(&town.officer, "test.past"), async |tx: &mut Tx| {
                for day in ["2026-04-20", "2026-04-21", "2026-04-23"] {
                    for (minute, people) in [(540, 3), (555, 0)] {
                        store::add_past(tx, station, &Past { service_id: service, day: d(day), minute, people, by_slot: true }).await?;
                    }
                }
                tx.record("test.past", &[], "");
                Ok(())
            })
            .await
            .unwrap();
        let all = town.gathered(Stream::All).await;
        assert_eq!((all.coverage.imported, all.days[0].came(), all.days[0].counts[38]), (3, 3, None));
        // Wednesday the 22nd, and the working days until tickets were drawn.
        assert!(all.coverage.gaps.contains(&d("2026-04-22")), "{:?}", all.coverage);
        town.t.get(&town.clerk, "/demand?kind=work").await.is(200).says("导入的 3 天").says("按没有观察处理");
        assert_eq!(town.gathered(Stream::Service(town.services[1])).await.coverage.imported, 0);
        assert!(town.gathered(Stream::Booked).await.days.is_empty());
    }
}
