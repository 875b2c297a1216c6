//! Names of visitors go when their period is over, once somebody has confirmed the rule.

use super::town::town;
use crate::jobs;
use crate::store;
use kernel::{Actor, Purpose, Reader, Timestamp, ToSpan};
use testkit::engines;

#[tokio::test]
async fn a_visitors_name_goes_after_its_period_and_the_line_stays() {
    for engine in engines() {
        let town = town(engine).await;
        let (t, app) = (&town.t, &town.t.app);
        let visit = [
            ("purpose", "visitor"),
            ("reason", "寻找走失的孩子"),
            ("visitor_name", "其木格"),
            ("visitor_about", "孩子在中央街走失"),
            ("visitor_relation", "guardian"),
            ("visitor_allowed_by", "韩雪峰"),
            ("visitor_checked", "1"),
            ("visitor_told", "1"),
        ];
        t.post(&town.operator, "/video/watch", &visit).await.is(303);
        let run = async || {
            let act = app.act(&Actor::system(), "video.retention", Purpose::Retention, app.fresh_command());
            jobs::clear_visitors(app, &act).await.unwrap()
        };
        let first = run().await;
        assert_eq!((first.due, first.cleared), (0, 0), "nothing is due yet");
        // Three years and a day later.
        app.clock().advance(1097 * 86_400);
        t.post(&town.operator, "/video/watch", &visit).await.is(303);
        let told = run().await;
        assert!(!told.verified && told.due == 1 && told.cleared == 0, "only reported: {told:?}");
        let confirmed = (*app.rules()).clone().with_confirmed(["retention.video_visitor".to_string()]);
        app.set_rules(confirmed);
        let done = run().await;
        assert!(done.verified && done.due == 1 && done.cleared == 1, "{done:?}");
        assert_eq!(run().await.due, 0, "once");
        let all = town
            .read(async |r: &mut Reader| {
                store::visitors(r, town.station, Timestamp::UNIX_EPOCH, app.now() + 1.hours()).await
            })
            .await;
        assert_eq!(all.len(), 2, "the lines stay for the count");
        assert!(all[0].name.is_empty() && all[0].about.is_empty() && all[0].allowed_by == "韩雪峰");
        assert_eq!((all[0].shown(), all[1].shown()), ("（姓名已到期清除）", "其木格"));
        let runs = town.read(people::store::runs).await;
        assert!(
            runs.iter().any(|r| r.report.0.lines.iter().any(|l| l.cleared == 1 && l.class.contains("群众申请查阅"))),
            "it stands with the other reports of clearing"
        );
    }
}
