//! Surveys on both engines: from the builder to the counts, what bad input gets, and that nothing leads back.

mod asks;
mod paper;
mod town;
mod web;

use crate::actions::{self, From};
use crate::model::{NewQuestion, State};
use crate::{rules, store};
use forms::Answers;
use kernel::{Error, Permission, Reader};
use testkit::engines;
use town::{answers, town};

#[tokio::test]
async fn from_the_builder_to_the_counts() {
    for engine in engines() {
        let town = town(engine).await;
        let id = town.built(true, false).await;
        let act = || town.act(&town.officer, "surveys.open");
        actions::open(&town.t.app, &act(), id).await.unwrap();
        // Open, nothing that is asked changes any more.
        let q = NewQuestion { label: "又一题".into(), kind: "text".into(), ..NewQuestion::default() };
        let late = actions::add_question(&town.t.app, &act(), id, &q).await.unwrap_err();
        assert_eq!((late.key(), actions::open(&town.t.app, &act(), id).await.unwrap_err().key()), ("surveys.state", "surveys.state"));
        let s = town.survey(id).await;
        let given: [&[(&str, &str)]; 4] =
            [&[("q1", "c1")], &[("q1", "c2"), ("q2", "20"), ("q3", "多谢")], &[("q1", "c2"), ("q2", "19")], &[("q1", "c2"), ("q2", "20")]];
        for g in given {
            let act = town.resident_act();
            actions::answer(&town.t.app, &act, &s, &answers(g), From::Page { many: false }, "").await.unwrap();
            // A double click is one answer.
            actions::answer(&town.t.app, &act, &s, &answers(g), From::Page { many: false }, "").await.unwrap();
        }
        let (station, boxes) = (town.station, town.read(async |r: &mut Reader| store::boxes(r, town.station, id).await).await);
        let r = rules::results(&s.definition.0, &boxes, rules::Weights::default()).unwrap();
        assert_eq!((r.sets, r.days, r.many), (4, 1, 0));
        assert_eq!(r.tables[0].shares.iter().map(|s| s.chosen).collect::<Vec<_>>(), [1, 3]);
        assert_eq!((r.tables[1].tally.asked, r.tables[1].tally.answered, r.tables[1].tally.spread.unwrap().median), (3, 3, 20.0));
        assert_eq!(r.tables[2].texts, ["多谢"]);
        let line = town.read(async |r: &mut Reader| store::list(r, station).await).await;
        assert_eq!((line.len(), line[0].held, line[0].state), (1, 4, State::Open));
        // What is wrong is refused, and after the end everything.
        for bad in [&[][..], &[("q1", "c9")], &[("q1", "c2"), ("q2", "很晚")]] {
            let e = actions::answer(&town.t.app, &town.resident_act(), &s, &answers(bad), From::Desk, "").await.unwrap_err();
            assert!(matches!(e, Error::Invalid(_)), "{bad:?}: {e:?}");
        }
        actions::close(&town.t.app, &act(), id).await.unwrap();
        let e = actions::answer(&town.t.app, &town.resident_act(), &s, &answers(given[0]), From::Desk, "").await.unwrap_err();
        assert_eq!(e.key(), "surveys.ended");
        assert_eq!(actions::close(&town.t.app, &act(), id).await.unwrap_err().key(), "surveys.state");
    }
}

#[tokio::test]
async fn one_answer_for_each_code() {
    for engine in engines() {
        let town = town(engine).await;
        let id = town.built(true, true).await;
        let act = town.act(&town.officer, "surveys.codes");
        let codes = actions::make_codes(&town.t.app, &act, id, 3).await.unwrap();
        assert_eq!(codes.len(), 3);
        // The same command again makes none and tells none.
        assert!(actions::make_codes(&town.t.app, &act, id, 3).await.unwrap().is_empty());
        let made = town.read(async |r: &mut Reader| store::codes(r, town.station, id).await).await;
        assert_eq!(made, 3);
        actions::open(&town.t.app, &town.act(&town.officer, "surveys.open"), id).await.unwrap();
        let s = town.survey(id).await;
        let send = async |code: &str| {
            let from = From::Page { many: false };
            actions::answer(&town.t.app, &town.resident_act(), &s, &answers(&[("q1", "c1")]), from, code).await
        };
        assert!(send("").await.is_err() && send("AAAAA-BBBBB-CCCCC-DDDDD").await.is_err());
        send(&codes[0].to_lowercase().replace('-', " ")).await.unwrap();
        assert!(matches!(send(&codes[0]).await.unwrap_err(), Error::Invalid(_)), "a code is used once");
        send(&codes[1]).await.unwrap();
        let held = town.read(async |r: &mut Reader| store::held(r, town.station, id).await).await;
        assert_eq!(held, 2);
        let other = town.built(true, false).await;
        let e = actions::make_codes(&town.t.app, &town.act(&town.officer, "surveys.codes"), other, 3).await.unwrap_err();
        assert_eq!(e.key(), "surveys.codes");
    }
}

/// Whoever holds the whole database finds neither who gave an answer nor when on that day.
#[tokio::test]
async fn nothing_leads_from_an_answer_to_a_time() {
    for engine in engines() {
        let town = town(engine).await;
        let id = town.built(true, true).await;
        let codes = actions::make_codes(&town.t.app, &town.act(&town.officer, "surveys.codes"), id, 40).await.unwrap();
        actions::open(&town.t.app, &town.act(&town.officer, "surveys.open"), id).await.unwrap();
        let s = town.survey(id).await;
        for (i, code) in codes.iter().enumerate() {
            // Latest hours first: in order of arrival they would fall.
            let hour = (60 - i).to_string();
            let given = answers(&[("q1", "c2"), ("q2", &hour)]);
            actions::answer(&town.t.app, &town.resident_act(), &s, &given, From::Page { many: false }, code).await.unwrap();
        }
        let boxes = town.read(async |r: &mut Reader| store::boxes(r, town.station, id).await).await;
        assert_eq!(boxes.len(), 1, "a box is made once a day: several would tell by their order which came first");
        let mut all = 0;
        for b in &boxes {
            let kept = &b.answers.0;
            assert!(kept.windows(2).all(|w| w[0] <= w[1]), "sorted by what they say");
            assert_eq!(kept.len() as i64, b.held);
            all += kept.len();
        }
        assert_eq!(all, 40);
        // The chain knows that it was answered, without a digest that could be matched with an answer.
        let look = town.t.app.look(&town.officer, "surveys.test", kernel::Purpose::Audit);
        let entries = town
            .t
            .app
            .db()
            .read(&look, async |r: &mut Reader| {
                r.rows(kernel::sql!("select body from kernel_audit where body like '%surveys.answer%' order by seq"), kernel::args![]).await?.iter().map(|r| r.get::<String>("body")).collect::<kernel::Result<Vec<_>>>()
            })
            .await
            .unwrap();
        assert_eq!(entries.len(), 40);
        for body in entries {
            assert!(!body.contains("digest"), "{body}");
        }
    }
}

#[tokio::test]
async fn promises_and_pages_limit_what_may_be_asked() {
    use forms::{Definition, Item, Kind, Media, Text};
    for engine in engines() {
        let town = town(engine).await;
        let with = |kind: Kind| Definition { items: vec![Item::new(2, "x", kind, Text::plain("?"))], ..Definition::default() };
        for (anonymous, kind, key) in [
            (true, Kind::Geopoint, "surveys.anonymous"),
            (true, Kind::Barcode, "surveys.anonymous"),
            (false, Kind::Media(Media::Image), "surveys.media"),
            (false, Kind::Note, "surveys.empty"),
        ] {
            let id = town.draft(anonymous, false).await;
            actions::import(&town.t.app, &town.act(&town.officer, "surveys.import"), id, with(kind)).await.unwrap();
            let e = actions::open(&town.t.app, &town.act(&town.officer, "surveys.open"), id).await.unwrap_err();
            assert_eq!(e.key(), key);
        }
        let id = town.draft(false, false).await;
        let mut broken = with(Kind::Text);
        broken.items[0].relevant = "${y} = 1".into();
        let e = actions::import(&town.t.app, &town.act(&town.officer, "surveys.import"), id, broken).await.unwrap_err();
        assert_eq!(e.key(), "surveys.logic");
        let e = actions::open(&town.t.app, &town.act(&town.officer, "surveys.open"), id).await.unwrap_err();
        assert!(e.key() == "surveys.logic" || e.key() == "surveys.empty");
        // Another station's survey is not found; who only sees may not edit.
        let e = actions::open(&town.t.app, &town.act(&town.stranger, "surveys.open"), id).await.unwrap_err();
        assert!(matches!(e, Error::NotFound(_)));
        assert!(!town.auxiliary.may(Permission::SurveyEdit));
        let e = actions::close(&town.t.app, &town.act(&town.auxiliary, "surveys.close"), id).await.unwrap_err();
        assert!(matches!(e, Error::Forbidden(_)));
        let _ = Answers::new();
    }
}
