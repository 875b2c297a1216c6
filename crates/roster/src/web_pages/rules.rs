//! 排班规则: values with their sources, what they mean for which shift may follow which, and what was changed by whom.

use crate::actions;
use crate::model::{Kind, SetRule, Succession};
use crate::rules::{LIMITS, build, limits};
use crate::store;
use askama::Template;
use kernel::{Permission as P, Purpose, Reader, Uuid};
use web::page::{Again, go};
use web::{Answer, Ctx, Form, Page};

struct Line {
    key: &'static str,
    title: String,
    value: i64,
    range: String,
    source: String,
    note: String,
    unverified: bool,
    own: bool,
}

#[derive(Template)]
#[template(path = "rules.html")]
struct Rules<'a> {
    lines: Vec<Line>,
    history: Vec<(String, String, SetRule)>,
    /// Shift, and those that may not follow on the next day.
    never: Vec<(String, String)>,
    /// What the station forbids beyond that: shift, the next, and who set it why.
    by_hand: Vec<(String, String, String, Succession)>,
    /// Shifts to choose from: id and name.
    shifts: Vec<(String, String)>,
    may_plan: bool,
    form: &'a Form,
    again: &'a Again,
    command_id: String,
}

async fn show(ctx: &Ctx, form: &Form, again: Again) -> Answer {
    let (rules, station, today) = (ctx.app.rules(), ctx.who.station, ctx.app.today());
    let look = ctx.look("roster.rules", Purpose::Administration);
    let (set, kinds, successions, names) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let set = store::rules(r, station).await?;
            let kinds: Vec<Kind> = match actions::problem(r, &rules, station, today).await {
                Ok(p) => p.kinds,
                Err(kernel::Error::Refused(_)) => vec![],
                Err(e) => return Err(e),
            };
            let successions = store::successions(r, station).await?;
            let users: Vec<kernel::UserId> = set.iter().map(|s| s.by_user).chain(successions.iter().map(|s| s.by_user)).collect();
            let names = identity::store::names(r, &users).await?;
            Ok((set, kinds, successions, names))
        })
        .await?;
    let now = limits(&rules, &set, today)?;
    let title = |key: &str| rules.cite(key, today).name.trim_start_matches("值班：").to_string();
    let lines = LIMITS
        .iter()
        .map(|(key, range)| {
            let own = set.iter().find(|s| s.key == *key);
            let rule = rules.rule(key, today)?;
            Ok(Line {
                key,
                title: title(key),
                value: own.map_or(rule.value.as_integer().unwrap_or(0), |s| s.value),
                range: format!("{} 到 {}", range.start(), range.end()),
                source: own.map_or(rule.source.clone(), |s| format!("本所：{}", s.why)),
                note: rule.note.clone(),
                unverified: own.is_none() && rules.is_unverified(key, today),
                own: own.is_some(),
            })
        })
        .collect::<kernel::Result<Vec<Line>>>()?;
    let never = kinds
        .iter()
        .map(|a| (a.label(), kinds.iter().filter(|b| build::never_then(&now, a, b)).map(Kind::label).collect::<Vec<_>>().join("、")))
        .filter(|(_, b)| !b.is_empty())
        .collect();
    let name = |u| names.iter().find(|(id, _)| *id == u).map_or("—".to_string(), |(_, n)| n.clone());
    let history = set.iter().take(50).map(|s| (title(&s.key), name(s.by_user), s.clone())).collect();
    let label = |id: Uuid| kinds.iter().find(|k| k.shift == id).map(Kind::label);
    let by_hand = successions.into_iter().filter_map(|s| Some((label(s.before_shift)?, label(s.after_shift)?, name(s.by_user), s))).collect();
    let shifts = kinds.iter().map(|k| (k.shift.to_string(), k.label())).collect();
    let failed = again.any();
    let content = Rules { lines, history, never, by_hand, shifts, may_plan: ctx.may(P::RosterPlan), form, again: &again, command_id: ctx.command_id().to_string() };
    let page = Page::new("排班规则", &content).crumb("值班表", "/roster");
    if failed { page.status(again.status()).show(ctx) } else { page.show(ctx) }
}

/// `GET /roster/rules`
pub async fn page(ctx: Ctx) -> Answer {
    show(&ctx, &Form::default(), Again::default()).await
}

/// `POST /roster/rules`
pub async fn set(ctx: Ctx, mut form: Form) -> Answer {
    let key = form.text("key");
    let value = form.number("value", "数值", 0..=10_000);
    let why = form.text("why");
    let act = ctx.act("roster.rule", Purpose::Administration, &form);
    let done = async {
        form.finish(())?;
        actions::set_rule(&ctx.app, &act, &key, value, &why).await
    }
    .await;
    match done {
        Ok(()) => go("/roster/rules"),
        Err(kernel::Error::NotFound(what)) => Err(kernel::Error::NotFound(what).into()),
        Err(e) => show(&ctx, &form, Again::from_error(e)?).await,
    }
}

/// `POST /roster/rules/successions`: a shift that may not follow another, or no longer so.
pub async fn succession(ctx: Ctx, mut form: Form) -> Answer {
    let pair = (form.id::<Uuid>("before", "这一班"), form.id::<Uuid>("after", "第二天的班"));
    let why = form.text("never_why");
    let act = ctx.act("roster.succession", Purpose::Administration, &form);
    let done = async {
        form.finish(())?;
        actions::set_succession(&ctx.app, &act, pair, !form.yes("lift"), &why).await
    }
    .await;
    match done {
        Ok(()) => go("/roster/rules#never"),
        Err(kernel::Error::NotFound(what)) => Err(kernel::Error::NotFound(what).into()),
        Err(e) => show(&ctx, &form, Again::from_error(e)?).await,
    }
}
