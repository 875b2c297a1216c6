//! Questionnaires out: counts of all, single answers of those that promised no anonymity, on both engines and in both formats.

use super::exports::{dangerous, read_xlsx};
use super::with;
use crate::export::{Ask, Sheet, What, export, to_csv, to_xlsx};
use kernel::{Actor, App, Error, Purpose, Reader, Role, StationId, Uuid};
use surveys::actions::From;
use surveys::model::{NewQuestion, NewSurvey};
use testkit::{TestApp, actor, engines};

struct Town {
    t: TestApp,
    station: StationId,
    officer: Actor,
}

impl Town {
    fn app(&self) -> &App {
        &self.t.app
    }
    fn ask(&self, what: What, survey: Option<Uuid>) -> Ask {
        let day = self.app().today();
        Ask { what, station: self.station, from: day, until: day, survey, purpose: Purpose::Statistics, reason: "汇总后在社区公布".into() }
    }
    async fn out(&self, who: &Actor, what: What, survey: Option<Uuid>) -> kernel::Result<Sheet> {
        let act = self.app().act(who, "exchange.export", Purpose::Statistics, self.app().fresh_command());
        export(self.app(), &act, &self.ask(what, survey)).await
    }
    /// Entries of an action that name a survey.
    async fn entries(&self, action: &str, id: Uuid) -> i64 {
        let look = self.app().look(&Actor::system(), "test.look", Purpose::Audit);
        let (like, subject) = (format!("%\"action\":\"{action}\"%"), format!("%{id}%"));
        let read = async |r: &mut Reader| r.count(kernel::sql!("select count(*) as n from kernel_audit where body like $1 and body like $2"), kernel::args![like, subject]).await;
        self.app().db().read(&look, read).await.unwrap()
    }
    /// Three answers to: a choice, a number, a time of day, words.
    async fn survey(&self, anonymous: bool, open: bool) -> Uuid {
        let app = self.app();
        let act = |action| app.act(&self.officer, action, Purpose::Statistics, app.fresh_command());
        let new = NewSurvey { title: "窗口晚上开不开".into(), intro: String::new(), anonymous, by_household: false, until_day: None };
        let id = surveys::actions::create(app, &act("surveys.create"), new).await.unwrap();
        for (label, kind, choices) in [("晚上来不来？", "one", "来\n不来"), ("家里几口人？", "integer", ""), ("几点最好？", "time", ""), ("还想说什么？", "text", "")] {
            let q = NewQuestion { label: label.into(), kind: kind.into(), choices: choices.into(), required: false, only_if: String::new() };
            surveys::actions::add_question(app, &act("surveys.question"), id, &q).await.unwrap();
        }
        if !open {
            return id;
        }
        surveys::actions::open(app, &act("surveys.open"), id).await.unwrap();
        let station = self.station;
        let look = app.look(&self.officer, "surveys.test", Purpose::Statistics);
        let s = app.db().read(&look, async |r: &mut Reader| surveys::store::survey(r, station, id).await).await.unwrap();
        for (choice, people, time, words) in [("c1", "3", "19:30", "=1+1"), ("c1", "4", "18:40", ""), ("c2", "3", "", "楼道灯坏了")] {
            let given = [("q1", choice), ("q2", people), ("q3", time), ("q4", words)];
            let given = given.into_iter().filter(|g| !g.1.is_empty()).map(|(k, v)| (k.to_string(), v.to_string())).collect();
            let act = app.act(&Actor::resident(station), "surveys.answer", Purpose::OwnMatter, app.fresh_command());
            surveys::actions::answer(app, &act, &s, &given, From::Page { many: false }, "").await.unwrap();
        }
        id
    }
}

async fn town(engine: &str) -> Town {
    let domains = vec![
        identity::domain(),
        places::domain(),
        people::domain(),
        notices::domain(),
        roster::domain(),
        windows::domain(),
        surveys::domain(),
        crate::domain(),
    ];
    let (t, station) = with(engine, domains).await;
    Town { officer: actor(Role::Officer, station), station, t }
}

#[tokio::test]
async fn a_questionnaire_goes_out_marked_logged_and_harmless_and_anonymity_is_kept() {
    for engine in engines() {
        let town = town(engine).await;
        let (anonymous, named) = (town.survey(true, true).await, town.survey(false, true).await);
        let sheet = town.out(&town.officer, What::Surveys, Some(anonymous)).await.unwrap();
        assert!(sheet.mark.contains("汇总后在社区公布") && sheet.mark.contains("只有统计数"), "{}", sheet.mark);
        let row = |item: &str| sheet.rows.iter().find(|r| r[3] == item).unwrap_or_else(|| panic!("{item}: {:?}", sheet.rows));
        assert_eq!((row("收到")[4].as_str(), row("来")[4].as_str(), row("3")[4].as_str(), row("19:30–19:45")[4].as_str()), ("3", "2", "2", "1"), "{engine}");
        assert_eq!(row("来")[5], "66.7");
        // Neither day nor minute of an answer stands in the rows; what was written stands alone.
        assert!(!sheet.rows.iter().flatten().any(|c| c.contains("2026-")), "{:?}", sheet.rows);
        let csv = String::from_utf8(to_csv(&sheet)).unwrap();
        let (cells, mark) = read_xlsx(&to_xlsx(&sheet).unwrap());
        assert_eq!(mark, sheet.mark);
        assert!(csv.contains("\"'=1+1\"") && cells.iter().all(|c| !dangerous(c)), "{csv}");
        assert_eq!(town.entries("exchange.export_survey", anonymous).await, 1, "{engine}");
        assert_eq!(town.entries("exchange.export", anonymous).await, 1, "{engine}");

        let refused = town.out(&town.officer, What::Answers, Some(anonymous)).await.unwrap_err();
        assert_eq!(refused.key(), "surveys.anonymous", "{engine}");
        let sheet = town.out(&town.officer, What::Answers, Some(named)).await.unwrap();
        assert_eq!(sheet.header, ["日期", "来源", "同一网络五份以上", "晚上来不来？", "家里几口人？", "几点最好？", "还想说什么？"]);
        assert_eq!((sheet.rows.len(), sheet.rows[2][3].as_str(), sheet.rows[2][6].as_str()), (3, "不来", "楼道灯坏了"));
        assert!(sheet.rows.iter().all(|r| r[0] == "2026-05-08"), "a day, no finer");
        let csv = String::from_utf8(to_csv(&sheet)).unwrap();
        assert!(csv.contains("\"'=1+1\""), "{csv}");
        assert_eq!(town.entries("exchange.export_answers", named).await, 1, "{engine}");

        let draft = town.survey(false, false).await;
        for what in [What::Surveys, What::Answers] {
            assert_eq!(town.out(&town.officer, what, Some(draft)).await.unwrap_err().key(), "surveys.state");
            assert!(matches!(town.out(&town.officer, what, None).await.unwrap_err(), Error::Invalid(_)));
            assert!(matches!(town.out(&town.officer, what, Some(Uuid::from_u128(9))).await.unwrap_err(), Error::NotFound(_)));
            assert!(matches!(town.out(&actor(Role::WindowClerk, town.station), what, Some(named)).await.unwrap_err(), Error::Forbidden(_)));
            let stranger = actor(Role::Officer, StationId(Uuid::from_u128(9)));
            assert!(matches!(town.out(&stranger, what, Some(named)).await.unwrap_err(), Error::NotFound(_)));
        }
    }
}

#[tokio::test]
async fn the_results_lead_to_the_file_and_the_form_keeps_what_was_chosen() {
    for engine in engines() {
        let town = town(engine).await;
        let id = town.survey(true, true).await;
        let page = format!("/exchange/export?what=surveys&survey={id}");
        let results = town.t.get(&town.officer, &format!("/surveys/{id}/results")).await.is(200).says("<svg").says("plot__picture").says("19:30–").says("中位数 3");
        assert!(results.body.replace("&amp;", "&").replace("&#38;", "&").contains(&page), "{}", results.body);
        town.t.get(&town.officer, &page).await.is(200).says("窗口晚上开不开").says("selected");
        let fields = |what: &'static str, purpose: &'static str| {
            [("what", what.to_string()), ("survey", id.to_string()), ("from", String::new()), ("until", String::new()), ("format", "csv".into()), ("purpose", purpose.into()), ("reason", "汇总后在社区公布".into())]
        };
        let send = async |what, purpose| {
            let fields = fields(what, purpose);
            let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
            town.t.post(&town.officer, "/exchange/export", &fields).await
        };
        send("surveys", "").await.is(422).says("请选择导出的目的").says("selected");
        send("answers", "statistics").await.is(422).says("承诺匿名").says("问卷统计");
        send("surveys", "statistics").await.is(200).says("晚上来不来？").says("导出人：测试民警");
    }
}
