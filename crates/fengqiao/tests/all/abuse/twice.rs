//! The same twice: a repeated click, at once and afterwards; and two people who edit one record.

use super::{World, hire, multipart, world};
use http::Method;
use kernel::{Purpose, Reader, Role};
use mediation::model::{NewDispute, NewParty, Side};
use testkit::{Answered, engines};

impl World {
    async fn dispute(&self) -> kernel::DisputeId {
        let party = |side, name: &str| NewParty { name: name.into(), side: Some(side), ..NewParty::default() };
        let new = NewDispute {
            title: "楼上拖动桌椅".into(),
            summary: "夜里拖椅子".into(),
            source_code: "walk_in".into(),
            parties: vec![party(Side::Applicant, "乌仁其木格"), party(Side::Respondent, "宋䶮群")],
            ..NewDispute::default()
        };
        let act = self.t.app.act(&self.officer, "mediation.open", Purpose::Mediation, self.t.app.fresh_command());
        mediation::actions::open(&self.t.app, &act, new).await.unwrap()
    }

    async fn count(&self, statement: &'static kernel::Sql) -> i64 {
        let look = self.t.app.look(&self.officer, "test.look", Purpose::Incident);
        self.t.app.db().read(&look, async |r: &mut Reader| r.count(statement, vec![]).await).await.unwrap()
    }
}

#[tokio::test]
async fn a_repeated_click_does_once_what_it_says_and_answers_the_same() {
    for engine in engines() {
        let w = world(engine).await;
        let cookie = w.sign_in("operator").await;
        // Two clicks at once, and one after a while by going back in the browser.
        let command = w.t.app.fresh_command().to_string();
        let typed = [("command_id", command.as_str()), ("source_code", "0101"), ("content", "楼上半夜拖动桌椅"), ("place", "测试路1号"), ("reporter_name", "斯琴")];
        let click = async || w.post(&cookie, "/incidents/new", &typed).await.is(303).location().to_string();
        let (a, b) = tokio::join!(click(), click());
        let c = click().await;
        assert!(a == b && b == c, "{engine}: {a} {b} {c}");
        assert_eq!(w.reports().await, 1, "{engine}");
        assert_eq!(w.entries("incidents.take").await, 1, "{engine}");
        assert_eq!(w.count(kernel::sql!("select count(*) as n from people_person")).await, 1, "{engine}: the reporter stands twice");

        // A feedback with a photo: one text, one file.
        let id = w.at_work().await;
        let officer = w.sign_in("officer").await;
        let command = w.t.app.fresh_command().to_string();
        let file = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n".as_slice();
        let send = async || {
            let (kind, body) = multipart(&[("command_id", &command), ("text", "现场为三楼住户，已劝停。")], ("photos", "文书.pdf", file));
            w.send(Method::POST, &format!("/incidents/{id}/feedback"), &[("content-type", &kind), ("cookie", &officer)], body).await
        };
        let (a, b): (Answered, Answered) = tokio::join!(send(), send());
        assert_eq!(a.is(303).location(), b.is(303).location(), "{engine}");
        assert_eq!(w.count(kernel::sql!("select count(*) as n from incidents_feedback")).await, 1, "{engine}: two feedbacks");
        assert_eq!(w.count(kernel::sql!("select count(*) as n from attachments_link")).await, 1, "{engine}: the file is kept twice");

        // The same page sent with something else in it is another matter, and said so, not swallowed.
        let other = [typed[0], typed[1], ("content", "楼道里堆了杂物"), typed[3]];
        let page = w.post(&cookie, "/incidents/new", &other).await;
        assert!(page.status == 303 || page.status == 422, "{engine}: {}", page.status);
        if page.status == 422 {
            page.says("楼道里堆了杂物").says("请");
        } else {
            assert_eq!(w.reports().await, 3, "{engine}: what was typed is gone");
        }
    }
}

#[tokio::test]
async fn two_people_on_one_record_see_both_values_and_one_of_them_picks() {
    for engine in engines() {
        let w = world(engine).await;
        hire(&w.t.app, w.station, "second", Role::Officer).await;
        let (one, two) = (w.sign_in("officer").await, w.sign_in("second").await);

        // A person of the register.
        let app = &w.t.app;
        let act = app.act(&w.officer, "people.register", Purpose::Verify, app.fresh_command());
        let new = people::model::NewPerson {
            station: w.station,
            name: "斯琴".into(),
            sex: None,
            ethnicity: "蒙古族".into(),
            birth: None,
            id_kind: people::model::IdKind::None,
            id_number: String::new(),
            phone: String::new(),
            kind: people::model::PersonKind::Domicile,
            protected: false,
            domicile: String::new(),
            home: None,
        };
        let person = people::actions::register(app, &act, new).await.unwrap();
        let path = format!("/people/{person}/edit");
        let page = w.send(Method::GET, &path, &[("cookie", &two)], "").await.is(200);
        let version = page.body.split("name=\"version\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_string();
        let with = |name: &'static str, domicile: &'static str, version: &str| -> Vec<(&'static str, String)> {
            let fixed = [("sex", ""), ("ethnicity", "蒙古族"), ("id_kind", "none"), ("kind", "domicile")];
            let mut all: Vec<(&str, String)> = fixed.iter().map(|(k, v)| (*k, v.to_string())).collect();
            all.extend([("name", name.to_string()), ("domicile", domicile.to_string()), ("version", version.to_string())]);
            all
        };
        let post = async |cookie: &str, path: &str, fields: Vec<(&'static str, String)>| {
            let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
            w.post(cookie, path, &fields).await
        };
        post(&one, &path, with("斯琴高娃", "", &version)).await.is(303);
        let clash = post(&two, &path, with("斯琴图雅", "新巴尔虎右旗", &version)).await.is(409).says("斯琴图雅").says("斯琴高娃").says("新巴尔虎右旗");
        let seen = clash.body.split("name=\"version\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_string();
        assert_ne!(seen, version, "{engine}: the next one can only clash again");
        w.send(Method::GET, &format!("/people/{person}"), &[("cookie", &one)], "").await.is(200).says("斯琴高娃");
        post(&two, &path, with("斯琴高娃", "新巴尔虎右旗", &seen)).await.is(303);
        let page = w.send(Method::GET, &path, &[("cookie", &one)], "").await.is(200).says("斯琴高娃").says("新巴尔虎右旗");
        assert!(!page.body.contains("斯琴图雅"), "{engine}");

        // A dispute's registration.
        let dispute = w.dispute().await;
        let path = format!("/disputes/{dispute}/edit");
        let page = w.send(Method::GET, &format!("/disputes/{dispute}"), &[("cookie", &two)], "").await.is(200);
        let version_of = |page: &Answered| page.body.split("name=\"version\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_string();
        let version = version_of(&page);
        let with = |title: &str, version: &str| vec![("title", title.to_string()), ("summary", "夜里拖椅子，已有三次".to_string()), ("version", version.to_string())];
        post(&one, &path, with("楼上夜间拖桌椅", &version)).await.is(303);
        let clash = post(&two, &path, with("楼上半夜挪家具", &version)).await.is(409).says("楼上半夜挪家具").says("楼上夜间拖桌椅").says("再次保存");
        let seen = version_of(&clash);
        assert_ne!(seen, version, "{engine}");
        post(&two, &path, with("楼上半夜挪家具", &seen)).await.is(303);
        w.send(Method::GET, &format!("/disputes/{dispute}"), &[("cookie", &one)], "").await.is(200).says("楼上半夜挪家具");

        // What an incident is: the judgement of the first stays until somebody picks.
        let incident = w.at_work().await;
        let operator = w.sign_in("operator").await;
        let path = format!("/incidents/{incident}/classify");
        let judged = |was: &'static str, category: &'static str| vec![("was", "1".to_string()), ("was_category", was.to_string()), ("was_sub", String::new()), ("was_level", String::new()), ("category", category.to_string())];
        post(&operator, &path, judged("", "criminal")).await.is(303);
        let before = w.entries("incidents.classify").await;
        hire(&w.t.app, w.station, "leader", Role::DutyLeader).await;
        let leader = w.sign_in("leader").await;
        post(&leader, &path, judged("", "dispute")).await.is(409).says("刑事").says("纠纷");
        assert_eq!(w.entries("incidents.classify").await, before, "{engine}: a clash was written");
        post(&leader, &path, judged("criminal", "dispute")).await.is(303);
    }
}
