//! The panel of suggestions that forms show, with the words each rests on and a button that takes it.

use crate::mapping;
use crate::suggest::{MODEL, Proposal, Suggestion, suggest};
use askama::Template;
use kernel::Date;
use kernel::rules::RuleSet;
use web::Form;

/// Which form asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum For {
    /// Level-1 category in field `category`; kind of dispute and causes are only told.
    Incident,
    /// Fields `judicial`, `police`, `causes`.
    Dispute,
}

impl For {
    pub fn code(self) -> &'static str {
        match self {
            For::Incident => "incident",
            For::Dispute => "dispute",
        }
    }
    pub fn from_code(code: &str) -> For {
        if code == "incident" { For::Incident } else { For::Dispute }
    }
}

struct Row {
    kind: &'static str,
    name: String,
    /// `field=value`, or "" when there is no field for it here.
    take: String,
    taken: bool,
    why: String,
}

#[derive(Template)]
#[template(path = "panel.html")]
struct Panel {
    rows: Vec<Row>,
    model: &'static str,
    asked: bool,
}

fn why(p: &Proposal) -> String {
    let mut parts: Vec<String> = p.reasons.iter().map(|r| format!("“{}”+{:.1}", r.phrase, r.weight)).collect();
    if p.by_examples {
        parts.push("与内置例句相近".into());
    }
    let mut text = parts.join("、");
    if !p.note.is_empty() {
        text.push_str(&format!("；{}", p.note));
    }
    text
}

fn rows(rules: &RuleSet, day: Date, s: &Suggestion, whose: For, form: &Form) -> Vec<Row> {
    let mut out = vec![];
    let mut push = |kind, list: &str, field: &str, code: &str, why: String| {
        if rules.must_know(list, code, day).is_err() {
            return;
        }
        let take = if field.is_empty() { String::new() } else { format!("{field}={code}") };
        out.push(Row { kind, name: rules.name(list, code).to_string(), taken: !field.is_empty() && form.has(field, code), take, why });
    };
    let (judicial, causes) = match whose {
        For::Incident => ("", ""),
        For::Dispute => ("judicial", "causes"),
    };
    if whose == For::Incident {
        for p in &s.incident {
            push("警情类别", "incident.category1", "category", &p.code, why(p));
        }
    }
    let is_dispute = whose == For::Dispute || s.incident.first().is_some_and(|p| p.code == "dispute");
    if is_dispute {
        let found: Vec<&str> = s.causes.iter().map(|c| c.code.as_str()).collect();
        for (i, p) in s.judicial.iter().enumerate() {
            push("司法行政", "dispute.category.judicial", judicial, &p.code, why(p));
            if i > 0 {
                continue;
            }
            let to = "dispute.category.police";
            if let Some(c) = mapping::best(rules, "dispute.category.judicial", &p.code, to, &found, day) {
                let field = if whose == For::Dispute { "police" } else { "" };
                push("110 细类", to, field, &c.code, format!("由“{}”对照：{}", rules.name("dispute.category.judicial", &p.code), c.note));
            }
        }
        for p in &s.causes {
            push("起因", "cause_tag", causes, &p.code, why(p));
        }
    }
    out
}

/// The panel for a text; `form` tells what is already chosen. "" for a form nobody has typed in.
pub fn html(rules: &RuleSet, day: Date, text: &str, whose: For, form: &Form) -> String {
    if text.trim().is_empty() {
        return String::new();
    }
    let rows = rows(rules, day, &suggest(text), whose, form);
    Panel { rows, model: MODEL, asked: true }.render().unwrap_or_default()
}

/// Whether the form came to be looked at, not to be saved: it asked for suggestions or takes one.
/// A taken one is set in the form, in one of `fields` only.
pub fn asked(form: &mut Form, fields: &[&str]) -> bool {
    let take = form.typed("take").to_string();
    if let Some((field, value)) = take.split_once('=')
        && fields.contains(&field)
    {
        if field == "causes" {
            form.add(field, value);
        } else {
            form.set(field, value);
        }
        return true;
    }
    form.yes("suggest")
}

/// 登记时的建议: a sentence for the record's page, from what was kept (`list code share words` by line,
/// `list=code` by blank).
pub fn kept_line(rules: &RuleSet, model: &str, proposed: &str, chosen: &str) -> String {
    let list = |short: &str| match short {
        "judicial" => "dispute.category.judicial",
        "police" => "dispute.category.police",
        "incident" => "incident.category1",
        _ => "cause_tag",
    };
    let proposed: Vec<String> = proposed
        .lines()
        .filter_map(|l| {
            let mut p = l.splitn(4, ' ');
            let (short, code, _, words) = (p.next()?, p.next()?, p.next()?, p.next()?);
            Some(format!("{}（{words}）", rules.name(list(short), code)))
        })
        .collect();
    let chosen: Vec<&str> = chosen
        .split(' ')
        .filter_map(|c| c.split_once('='))
        .map(|(short, code)| rules.name(list(short), code))
        .collect();
    let chosen = if chosen.is_empty() { "未选".to_string() } else { chosen.join("、") };
    let proposed = if proposed.is_empty() { "无".to_string() } else { proposed.join("、") };
    format!("系统建议（词库 {}）：{proposed}。登记人选择：{chosen}。", model)
}
