//! Pages: values with sources, code lists, calendar.

use crate::listing::{self, Defaults, Listing};
use askama::Template;
use axum::extract::Query;
use kernel::ground::{self, Ground};
use kernel::rules::{Code, PendingRule, Rule, RuleSet};
use kernel::{Date, Permission, Purpose};
use serde::Deserialize;
use std::sync::Arc;
use web::page::{Again, go};
use web::{Answer, Ctx, Form, Page};

/// What to list.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Filter {
    show: String,
}

#[derive(Template)]
#[template(path = "rules.html")]
struct List<'a> {
    rules: &'a RuleSet,
    shown: Vec<&'a Rule>,
    pending: &'a [PendingRule],
    show: String,
    admin: bool,
    again: &'a Again,
    form: &'a Form,
    command_id: String,
}

impl List<'_> {
    /// The lists that stand under 待导入, offered first in the form.
    fn lists(&self) -> Vec<&str> {
        self.pending.iter().flat_map(|p| &p.lists).filter(|l| !l.ends_with('.')).map(String::as_str).collect()
    }
    fn value(&self, r: &Rule) -> String {
        let plain = match &r.value {
            toml_value if toml_value.is_str() => toml_value.as_str().unwrap_or("").to_string(),
            toml_value if toml_value.is_bool() => if toml_value.as_bool() == Some(true) { "是" } else { "否" }.to_string(),
            toml_value if toml_value.is_array() => {
                let list = toml_value.as_array().into_iter().flatten();
                list.map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_string)).collect::<Vec<_>>().join("、")
            }
            other => other.to_string(),
        };
        let unit = match r.unit.as_str() {
            "working_days" => " 个工作日",
            "days" => " 天",
            "hours" => " 小时",
            "minutes" => " 分钟",
            "months" => " 个月",
            _ => "",
        };
        format!("{plain}{unit}")
    }
}

fn show_list(ctx: &Ctx, show: String, form: &Form, again: Again) -> Answer {
    let rules: Arc<RuleSet> = ctx.app.rules();
    let shown = rules
        .all_rules()
        .filter(|r| match show.as_str() {
            "unverified" => !r.verified && !rules.is_confirmed(&r.key),
            "law" => r.source_kind == "law",
            "local" => r.station.is_some(),
            "reference" => rules.reference(&r.key).is_some(),
            _ => true,
        })
        .collect();
    let failed = again.any();
    let content = List {
        rules: &rules,
        shown,
        pending: rules.all_pending(),
        show,
        admin: ctx.may(Permission::RuleAdmin),
        again: &again,
        form,
        command_id: ctx.command_id().to_string(),
    };
    let page = Page::new("规则包", &content).action("办理规则和依据", "/rules/house").action("代码表", "/rules/codes").action("工作日历", "/rules/calendar");
    if failed { page.again().show(ctx) } else { page.show(ctx) }
}

/// `GET /rules`
pub async fn list(ctx: Ctx, Query(f): Query<Filter>) -> Answer {
    show_list(&ctx, f.show, &Form::default(), Again::default())
}

#[derive(Template)]
#[template(path = "codes.html")]
struct Codes<'a> {
    rules: &'a RuleSet,
    lists: Vec<(&'a String, &'a Vec<Code>)>,
}

/// `GET /rules/codes`
pub async fn codes(ctx: Ctx) -> Answer {
    let rules = ctx.app.rules();
    Page::new("代码表", &Codes { rules: &rules, lists: rules.all_codes().collect() }).crumb("规则包", "/rules").show(&ctx)
}

struct Day {
    date: Date,
    kind: &'static str,
    name: String,
}

#[derive(Template)]
#[template(path = "calendar.html")]
struct CalendarPage {
    year: i16,
    known: bool,
    /// The notice that it comes from.
    source: String,
    admin: bool,
    months: Vec<(i8, Vec<Option<Day>>)>,
}

/// `GET /rules/calendar?year=`
pub async fn calendar(ctx: Ctx, Query(q): Query<std::collections::HashMap<String, String>>) -> Answer {
    let rules = ctx.app.rules();
    let year = q.get("year").and_then(|y| y.parse::<i16>().ok()).filter(|y| (2000..=2100).contains(y)).unwrap_or(ctx.app.today().year());
    let c = rules.calendar();
    let mut months = vec![];
    for month in 1..=12i8 {
        let Ok(first) = Date::new(year, month, 1) else { continue };
        let mut days: Vec<Option<Day>> = (1..first.weekday().to_monday_one_offset()).map(|_| None).collect();
        let mut date = first;
        while date.month() == month {
            let kind = match (c.is_make_up(date), c.holiday(date).is_some(), c.is_working(date)) {
                (true, ..) => "worked",
                (_, true, _) => "holiday",
                (_, _, true) => "work",
                _ => "rest",
            };
            days.push(Some(Day { date, kind, name: c.holiday(date).unwrap_or("").to_string() }));
            let Ok(next) = date.tomorrow() else { break };
            date = next;
        }
        months.push((month, days));
    }
    let source = c.source(year).unwrap_or("").to_string();
    let content = CalendarPage { year, known: c.is_known(year), source, admin: ctx.may(Permission::RuleAdmin), months };
    Page::new(format!("{year} 年工作日历"), &content).crumb("规则包", "/rules").show(&ctx)
}

/// Rules under one heading.
struct Part {
    name: &'static str,
    anchor: String,
    rules: Vec<&'static Ground>,
}

#[derive(Template)]
#[template(path = "grounds.html")]
struct Grounds {
    house: Vec<Part>,
    law: Vec<Part>,
    rules: Arc<RuleSet>,
    today: Date,
}

impl Grounds {
    fn read(ctx: &Ctx) -> Grounds {
        let (mut house, mut law): (Vec<Part>, Vec<Part>) = (vec![], vec![]);
        for g in ground::all() {
            let list = if g.number.is_some() { &mut house } else { &mut law };
            match list.iter_mut().find(|p| p.name == g.part) {
                Some(part) => part.rules.push(g),
                None => {
                    let anchor = format!("{}-{}", if g.number.is_some() { "house" } else { "law" }, list.len() + 1);
                    list.push(Part { name: &g.part, anchor, rules: vec![g] });
                }
            }
        }
        Grounds { house, law, rules: ctx.app.rules(), today: ctx.app.today() }
    }

    /// The source as the pack has it today, else the table's.
    fn source(&self, g: &Ground) -> String {
        let packed = g.pack.as_deref().and_then(|key| self.rules.rule(key, self.today).ok());
        packed.map_or_else(|| g.source.clone(), |r| r.source.clone())
    }

    /// The law that a house rule is modelled on, "" for none.
    fn rests_on<'g>(&self, g: &'g Ground) -> &'g str {
        g.source.split_once('，').map_or("", |(_, law)| law)
    }

    /// 已核对原文: read word for word, or compared and confirmed by the security administrator.
    fn is_read(&self, g: &Ground) -> bool {
        g.pack.as_deref().map_or(g.read, |key| !self.rules.is_unverified(key, self.today))
    }
}

/// `GET /rules/house`: what refusals rest on, for those with an account.
pub async fn house(ctx: Ctx) -> Answer {
    let content = Grounds::read(&ctx);
    let page = Page::new("办理规则和依据", &content);
    if ctx.may(Permission::RuleSee) { page.crumb("规则包", "/rules").show(&ctx) } else { page.show(&ctx) }
}

/// `GET /p/rules`: the same for everybody; the browser keeps the anchor when it is led on.
pub async fn public(ctx: Ctx) -> Answer {
    if ctx.who.role != kernel::Role::Resident {
        return go("/rules/house");
    }
    Page::new("办理规则和依据", &Grounds::read(&ctx)).plain().show(&ctx)
}

/// `POST /rules/confirm`
pub async fn confirm(ctx: Ctx, mut form: Form) -> Answer {
    let key = form.required("key", "规则", 120);
    let note = form.bounded("note", "对照说明", 300);
    let act = ctx.act("rulebook.confirm", Purpose::Administration, &form);
    let done = match form.finish(()) {
        Ok(()) => crate::confirm(&ctx.app, &act, &key, &note).await,
        Err(e) => Err(e),
    };
    match done {
        Ok(()) => go("/rules?show=unverified"),
        Err(e) => show_list(&ctx, "unverified".into(), &form, Again::from_error(e)?),
    }
}

#[derive(Template)]
#[template(path = "listing.html")]
struct Preview {
    l: Listing,
    /// 待导入 entries that it fills, by their titles.
    fills: Vec<String>,
    command_id: String,
}

impl Preview {
    /// What all rows say the same of stands once above the table; else "".
    fn common<'a>(&'a self, of: fn(&'a listing::Row) -> &'a str) -> &'a str {
        let first = self.l.rows.first().map_or("", of);
        if self.l.rows.iter().all(|r| of(r) == first) { first } else { "" }
    }
    fn list(&self) -> &str {
        self.common(|r| &r.list)
    }
    fn source(&self) -> &str {
        self.common(|r| &r.source)
    }
}

/// `POST /rules/import`: a pack, taken at once or refused whole; or a list as CSV, shown first and sent again as the pack
/// that it makes.
pub async fn import(ctx: Ctx, mut form: Form) -> Answer {
    let file = form.files("pack").first().map(|u| (*u).clone());
    let act = ctx.act("rulebook.import", Purpose::Administration, &form);
    let done = match file {
        None if !form.typed("pack_text").is_empty() => {
            let (name, text) = (form.required("pack_name", "清单", 100), form.typed("pack_text").to_string());
            match form.finish(()) {
                Ok(()) => crate::import(&ctx.app, &act, &name, &text).await,
                Err(e) => Err(e),
            }
        }
        None => {
            form.errors.add("pack", "请选择规则包（.toml）或者清单（.csv）文件。");
            form.finish(())
        }
        Some(u) => match listing::is_csv(&u.file_name) {
            Err(e) => Err(e),
            Ok(true) => {
                let d = Defaults { list: form.text("list"), source: form.text("source"), from: form.optional_date("from", "起始日期") };
                let read = form.finish(()).and_then(|()| listing::read(&u.bytes, &d, &ctx.app.rules(), ctx.app.today()));
                match read {
                    Ok(l) => {
                        let rules = ctx.app.rules();
                        let title = |key: &String| rules.all_pending().iter().find(|p| p.key == *key).map_or(key, |p| &p.title).clone();
                        let content = Preview { fills: l.fills.iter().map(title).collect(), l, command_id: ctx.command_id().to_string() };
                        return Page::new("清单预览", &content).crumb("规则包", "/rules").show(&ctx);
                    }
                    Err(e) => Err(e),
                }
            }
            Ok(false) => match String::from_utf8(u.bytes.to_vec()) {
                Ok(text) => crate::import(&ctx.app, &act, &u.file_name, &text).await,
                Err(_) => Err(kernel::FieldErrors::one("pack", "规则包应为 UTF-8 编码的 TOML 文本，请另存为 UTF-8 后再导入。")),
            },
        },
    };
    match done {
        Ok(()) => go("/rules"),
        Err(e) => show_list(&ctx, String::new(), &form, Again::from_error(e)?),
    }
}
