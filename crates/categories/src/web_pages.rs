//! 类别对照 as a page, and the live suggestion.

use crate::mapping::{self, Counterpart};
use crate::panel::{self, For};
use askama::Template;
use axum::response::{Html, IntoResponse};
use web::{Answer, Ctx, Form, Page};

struct ClassView {
    name: String,
    code: String,
    counterparts: Vec<(String, String, Counterpart)>,
}

struct ListView {
    title: &'static str,
    source: String,
    classes: Vec<ClassView>,
}

#[derive(Template)]
#[template(path = "mapping.html")]
struct Mapping {
    lists: Vec<ListView>,
    pending: Vec<(String, String, String)>,
    today: kernel::Date,
}

/// `GET /rules/mapping`
pub async fn mapping(ctx: Ctx) -> Answer {
    let rules = ctx.app.rules();
    let today = ctx.app.today();
    let short = |list: &str| mapping::LISTS.iter().find(|l| l.0 == list).map_or("", |l| l.1).to_string();
    let lists = mapping::LISTS
        .iter()
        .map(|(list, title)| {
            let codes = rules.list(list, today);
            ListView {
                title,
                source: codes.first().map_or(String::new(), |c| c.source.clone()),
                classes: codes
                    .iter()
                    .map(|c| ClassView {
                        name: c.name.clone(),
                        code: c.code.clone(),
                        counterparts: mapping::of(&rules, list, &c.code, today)
                            .into_iter()
                            .map(|x| (short(&x.list), rules.name(&x.list, &x.code).to_string(), x))
                            .collect(),
                    })
                    .collect(),
            }
        })
        .collect();
    let pending = rules
        .all_pending()
        .iter()
        .filter(|p| mapping::LISTS.iter().any(|(l, _)| *l == p.key))
        .map(|p| (p.title.clone(), p.why.clone(), p.how_to_import.clone()))
        .collect();
    Page::new("类别对照", &Mapping { lists, pending, today }).crumb("规则包", "/rules").show(&ctx)
}

/// `POST /categories/suggest`: the panel for what is being typed; nothing is kept.
pub async fn suggest(ctx: Ctx, form: Form) -> Answer {
    let whose = For::from_code(form.typed("for"));
    let text = format!("{}\n{}{}", form.text("title"), form.text("summary"), form.text("content"));
    let html = panel::html(&ctx.app.rules(), ctx.app.today(), &text, whose, &form);
    Ok(([(axum::http::header::CACHE_CONTROL, "no-store")], Html(html)).into_response())
}
