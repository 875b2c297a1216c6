//! 规则包: law, periods, categories and local settings as data with dates and sources.
//!
//! **Invariants.** Only values with a source ship. What was not read word for word is shown as 待核实
//! until the security administrator confirms it; what no source gives is shown as 待导入. A pack with
//! overlapping dates, with a field that no rule has, or with a local value against a law, is refused whole.
//! The years of the working calendar (调休) come the same way; a code list may come as a CSV table (清单). Of a pack that
//! was stored by an earlier edition, what does not hold together with what ships now is left out, and named on the page, so that
//! the program starts.

mod actions;
mod listing;
mod store;
mod web_pages;

use kernel::calendar::Calendar;
use kernel::rules::RuleSet;
use kernel::{App, Permission as P, Purpose, Reader, Result};
use std::sync::OnceLock;
use web::domain::{get, post};
use web::{Domain, MenuItem, Need};

pub use actions::{confirm, import};

/// The packs that ship, in loading order.
const SHIPPED: &[(&str, &str)] = &[
    ("national.toml", include_str!("../packs/national.toml")),
    ("categories.toml", include_str!("../packs/categories.toml")),
    ("passages.toml", include_str!("../packs/passages.toml")),
    ("scene.toml", include_str!("../packs/scene.toml")),
    ("stations.toml", include_str!("../packs/stations.toml")),
    ("dossier.toml", include_str!("../packs/dossier.toml")),
    ("windows.toml", include_str!("../packs/windows.toml")),
    ("reference.toml", include_str!("../packs/reference.toml")),
];
const CALENDAR: &str = include_str!("../packs/calendar.toml");

/// The shipped rules alone; what a new installation starts with. A text of the program, read once.
pub fn shipped() -> Result<RuleSet> {
    static READ: OnceLock<RuleSet> = OnceLock::new();
    if let Some(read) = READ.get() {
        return Ok(read.clone());
    }
    let read = shipped_with(&[])?;
    Ok(READ.get_or_init(|| read).clone())
}

/// The same with packs `(name, text)` that an installation imported on top.
pub fn shipped_with(imported: &[(String, String)]) -> Result<RuleSet> {
    with_stored(imported, &[])
}

/// The same with packs that are stored: of these a faulty year is left out, and named on the page.
fn with_stored(new: &[(String, String)], stored: &[(String, String)]) -> Result<RuleSet> {
    let mut packs: Vec<(String, String)> = SHIPPED.iter().map(|(n, t)| (n.to_string(), t.to_string())).collect();
    packs.extend_from_slice(new);
    RuleSet::load_with(&packs, stored, Calendar::parse(CALENDAR)?)
}

/// Puts the shipped and imported packs with all confirmations in force.
pub async fn load(app: &App) -> Result<()> {
    let look = app.look(&kernel::Actor::system(), "rulebook.load", Purpose::Administration);
    let (packs, keys) = app
        .db()
        .read(&look, async |r: &mut Reader| Ok((store::packs(r).await?, store::confirmed(r).await?)))
        .await?;
    app.set_rules(with_stored(&[], &packs)?.with_confirmed(keys));
    Ok(())
}

/// Routes, tables and menu.
pub fn domain() -> Domain {
    Domain {
        name: "rulebook",
        migrations: Some(kernel::migrations!("rulebook", "0001_rulebook.sql")),
        routes: vec![
            get("/rules", Need::Can(P::RuleSee), web_pages::list),
            get("/rules/house", Need::SignedIn, web_pages::house),
            get(kernel::ground::PAGE, Need::Public, web_pages::public),
            get("/rules/codes", Need::Can(P::RuleSee), web_pages::codes),
            get("/rules/calendar", Need::Can(P::RuleSee), web_pages::calendar),
            post("/rules/confirm", Need::Can(P::RuleAdmin), web_pages::confirm),
            post("/rules/import", Need::Can(P::RuleAdmin), web_pages::import),
        ],
        menu: vec![MenuItem { group: "管理", label: "规则包", path: "/rules", permission: P::RuleSee, order: 80 }],
        ..Domain::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Date;

    fn d(s: &str) -> Date {
        s.parse().unwrap()
    }

    #[test]
    fn the_shipped_packs_load_and_every_value_has_a_source() {
        let rules = shipped().unwrap();
        for r in rules.all_rules() {
            assert!(!r.source.is_empty() && !r.title.is_empty(), "{}", r.key);
            assert_eq!(r.verified, r.source_kind == "law", "{}", r.key);
        }
        assert_eq!(rules.list("mediation.exclusion", d("2026-05-08")).len(), 7, "程序规定 §179");
        assert_eq!(rules.list("dispute.category.judicial", d("2026-05-08")).len(), 18);
        assert!(!rules.all_pending().is_empty());
        // 人民调解法 §23, §24, as the notice of rights prints them.
        let day = d("2026-05-08");
        for (list, words) in [
            ("dossier.right", vec!["选择或者接受人民调解员", "接受调解、拒绝调解或者要求终止调解", "要求调解公开进行或者不公开进行", "自主表达意愿、自愿达成调解协议"]),
            ("dossier.duty", vec!["如实陈述纠纷事实", "遵守调解现场秩序，尊重人民调解员", "尊重对方当事人行使权利"]),
        ] {
            let shipped = rules.list(list, day);
            assert_eq!(shipped.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), words);
            assert!(shipped.iter().all(|c| c.verified && c.source.starts_with("人民调解法第二十")), "{list}");
        }
        // 不详 is one of the choices wherever the scene is described.
        for list in ["incident.place_kind", "incident.means"] {
            assert!(rules.list(list, day).iter().any(|c| c.code == "unknown" && c.name == "不详"), "{list}");
        }
    }

    #[test]
    fn the_calendar_knows_the_rearranged_days() {
        let rules = shipped().unwrap();
        let c = rules.calendar();
        assert!(c.is_known(2026) && !c.is_known(2027));
        assert!(!c.is_working(d("2026-10-01")));
        assert!(c.add_working_days(d("2027-03-01"), 3).provisional);
    }

    #[tokio::test]
    async fn a_pack_with_a_hole_or_an_overlap_is_refused_whole_with_the_way_on() {
        for engine in testkit::engines() {
            holes_and_overlaps(engine).await;
        }
    }

    async fn holes_and_overlaps(engine: &str) {
        let t = testkit::TestApp::new(engine, shipped().unwrap(), vec![domain()]).await;
        let stored = async || {
            let look = t.app.look(&kernel::Actor::system(), "rulebook.test", Purpose::Administration);
            t.app.db().read(&look, async |r: &mut kernel::Reader| crate::store::packs(r).await).await.unwrap().len()
        };
        let admin = testkit::actor(kernel::Role::SecurityAdmin, kernel::StationId::NIL);
        let version = |value: i64, from: &str, until: &str| {
            format!("[[rule]]\nkey = \"local.test_days\"\nvalue = {value}\ntitle = \"测试\"\nsource = \"本地\"\nsource_kind = \"default\"\nfrom = \"{from}\"\n{until}\n")
        };
        for (until, key) in [("until = \"2025-11-30\"", "rule_pack.hole"), ("until = \"2026-02-01\"", "rule_pack.overlap"), ("", "rule_pack.overlap")] {
            let text = version(3, "2025-01-01", until) + &version(5, "2026-01-01", "");
            let act = t.app.act(&admin, "rulebook.import", Purpose::Administration, t.app.fresh_command());
            let kernel::Error::Refused(r) = import(&t.app, &act, "local.toml", &text).await.unwrap_err() else { panic!("{until}") };
            assert_eq!(r.key, key);
            assert!(r.what.contains("local.test_days") && r.next.contains("until") && r.rule.name.contains("首尾相接"), "{}", r.what);
            assert!(r.rule.source.contains("系统办理规则"), "{}", r.rule.source);
            assert!(t.app.rules().int("local.test_days", d("2026-05-08")).is_err(), "nothing of it is in force");
            assert_eq!(stored().await, 0, "nothing of it is kept");
        }
        let text = version(3, "2025-01-01", "until = \"2025-12-31\"") + &version(5, "2026-01-01", "");
        let act = t.app.act(&admin, "rulebook.import", Purpose::Administration, t.app.fresh_command());
        import(&t.app, &act, "local.toml", &text).await.unwrap();
        assert_eq!(t.app.rules().int("local.test_days", d("2026-05-08")).unwrap(), 5);
    }

    #[test]
    fn a_local_value_wins_at_its_station_only() {
        let rules = shipped().unwrap();
        let day = d("2026-05-08");
        let national = rules.int("incident.repeat_window_days", day).unwrap();
        assert_eq!(rules.int_at("incident.repeat_window_days", "ETK-QPJ1", day), Some(180));
        assert_eq!(rules.int_at("incident.repeat_window_days", "none", day), Some(national));
        let dust = |station: &str| rules.list_at("cause_tag", station, day).iter().any(|c| c.code == "coal_dust");
        assert!(dust("ETK-QPJ1") && !dust("HLR-ZY"));
    }

    #[test]
    fn every_shipped_field_is_read() {
        for (name, text) in SHIPPED.iter().chain(&[("calendar.toml", CALENDAR)]) {
            RuleSet::check_fields(name, text).unwrap();
        }
    }

    #[tokio::test]
    async fn an_imported_notice_makes_the_year_definite() {
        let t = testkit::TestApp::new("sqlite", shipped().unwrap(), vec![domain()]).await;
        let admin = testkit::actor(kernel::Role::SecurityAdmin, kernel::StationId::NIL);
        let year = "[[year]]\nyear = 2027\nsource = \"国务院办公厅关于2027年部分节假日安排的通知\"\n[[year.holiday]]\nname = \"元旦\"\nfirst = \"2027-01-01\"\nlast = \"2027-01-04\"\n";
        let due = |t: &testkit::TestApp| t.app.rules().calendar().add_working_days(d("2026-12-30"), 3);
        t.get(&admin, "/rules/calendar?year=2027").await.is(200).says("暂定");
        assert_eq!((due(&t).date, due(&t).provisional), (d("2027-01-05"), true), "what is reckoned, without 调休");
        let send = async |text: String| t.upload(&admin, "/rules/import", &[], &[("pack", "2027.toml", text.as_bytes())]).await;
        send(year.replace("[[year]]", "[[yeer]]").replace("year.holiday", "yeer.holiday")).await.is(422).says("不认识的部分“yeer”").says("系统办理规则第 31 条");
        send(year.replace("2027-01-04", "2027-01-33")).await.is(422).says("2027 年的节假日安排").says("不是 YYYY-MM-DD");
        send(year.replace("source =", "note =")).await.is(422).says("没有写出处");
        assert!(due(&t).provisional, "nothing of a refused file holds");
        send(year.to_string()).await.is(303);
        assert_eq!((due(&t).date, due(&t).provisional), (d("2027-01-06"), false));
        t.get(&admin, "/rules/calendar?year=2027").await.is(200).says("国务院办公厅关于2027年部分节假日安排的通知");
        load(&t.app).await.unwrap();
        assert!(t.app.rules().calendar().is_known(2027), "and it is there after a restart");
    }

    #[tokio::test]
    async fn a_faulty_year_stored_earlier_is_left_out_and_named() {
        let t = testkit::TestApp::new("sqlite", shipped().unwrap(), vec![domain()]).await;
        let admin = testkit::actor(kernel::Role::SecurityAdmin, kernel::StationId::NIL);
        let year = "[[year]]\nyear = 2027\nsource = \"通知\"\n[[year.holiday]]\nname = \"元旦\"\nfirst = \"2027-01-01\"\nlast = \"2027-01-33\"\n";
        let rule = "[[rule]]\nkey = \"local.test_days\"\nvalue = 5\ntitle = \"测试\"\nsource = \"本地\"\nsource_kind = \"default\"\nfrom = \"2025-01-01\"\n";
        let act = t.app.act(&admin, "test.stored", Purpose::Administration, t.app.fresh_command());
        // As an edition that did not read years took it in.
        let before = async |tx: &mut kernel::Tx| {
            tx.record("rulebook.import", &[("rule", kernel::Uuid::nil())], "");
            store::put_pack(tx, "old.toml", &format!("{year}{rule}")).await
        };
        t.app.db().write(&act, before).await.unwrap();
        load(&t.app).await.expect("the program starts");
        assert_eq!(t.app.rules().int("local.test_days", d("2026-05-08")).unwrap(), 5, "the rest of the pack holds");
        assert!(!t.app.rules().calendar().is_known(2027));
        t.get(&admin, "/rules").await.is(200).says("没有采用的部分").says("2027 年的节假日安排").says("old.toml").says("不是 YYYY-MM-DD").says("以同一文件名重新导入");
        // Another pack may come meanwhile; a corrected one of the same name takes the place of the faulty one.
        let send = async |name: &str, text: String| t.upload(&admin, "/rules/import", &[], &[("pack", name, text.as_bytes())]).await;
        send("more.toml", rule.replace("test_days", "more_days")).await.is(303);
        send("new.toml", year.into()).await.is(422).says("不是 YYYY-MM-DD");
        send("old.toml", format!("{}{rule}", year.replace("-33", "-03"))).await.is(303);
        assert!(t.app.rules().calendar().is_known(2027));
        assert!(!t.get(&admin, "/rules").await.is(200).body.contains("没有采用"));
    }

    #[tokio::test]
    async fn a_list_is_previewed_then_taken() {
        let t = testkit::TestApp::new("sqlite", shipped().unwrap(), vec![domain()]).await;
        let admin = testkit::actor(kernel::Role::SecurityAdmin, kernel::StationId::NIL);
        let file = "code,name,parent\nzz01,网络纠纷,\nzz02,网购纠纷,zz01\n".as_bytes();
        let says = [("list", "dispute.category.governance"), ("source", "海拉尔区综治中心代码表"), ("from", "2026-05-01")];
        t.upload(&admin, "/rules/import", &says[..1], &[("pack", "28.csv", file)]).await.is(422).says("没有写明出处");
        t.upload(&admin, "/rules/import", &[], &[("pack", "28.xlsx", file)]).await.is(422).says("请选择规则包");
        let page = t.upload(&admin, "/rules/import", &says, &[("pack", "28.csv", file)]).await.is(200).says("网购纠纷").says("新增").says("还没有导入").says("待导入");
        let names = |t: &testkit::TestApp| t.app.rules().list("dispute.category.governance", d("2026-05-08")).len();
        let before = names(&t);
        let text = page.body.split("name=\"pack_text\"").nth(1).and_then(|x| x.split_once('>')).and_then(|(_, x)| x.split_once("</textarea>")).unwrap().0;
        let text = text.replace("&quot;", "\"").replace("&#34;", "\"");
        assert_eq!(names(&t), 7, "a preview writes nothing");
        let take = [("pack_name", "清单 dispute.category.governance.toml"), ("pack_text", text.as_str())];
        t.post(&admin, "/rules/import", &take).await.is(303);
        assert_eq!((before, names(&t)), (7, 9));
        assert_eq!(t.app.rules().name("dispute.category.governance", "zz02"), "网购纠纷");
        let page = t.get(&admin, "/rules").await.is(200);
        assert!(!page.body.contains("综治（网格）纠纷28类"), "no longer 待导入");
        t.upload(&testkit::actor(kernel::Role::Officer, kernel::StationId::NIL), "/rules/import", &says, &[("pack", "28.csv", file)]).await.is(403);
    }
}
