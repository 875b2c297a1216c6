//! Pages of the auditor and of those who may delay a disclosure.

use crate::labels::{self, Label, Names};
use crate::model::{self, Delay, Entry, Found, Place};
use crate::{actions, store, words};
use askama::Template;
use axum::extract::{Path, Query};
use kernel::audit::{Deed, Subject};
use kernel::verify::Verdict;
use kernel::{Purpose, Reader, Role, Timestamp, Uuid, clock};
use serde::Deserialize;
use web::page::{Again, go};
use web::{Answer, Ctx, Form, Page};

/// Records of an entry that stand in its line, and those that open below it; an entry has up to 200.
const FIRST: usize = 3;
const MORE: usize = 12;
/// Accounts that one question may mean.
const ACCOUNTS: i64 = 8;

/// The query form.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct Filter {
    from: String,
    until: String,
    who: String,
    action: String,
    deed: String,
    kind: String,
    system: String,
    names: String,
    before: String,
}

/// An entry in words.
struct Line {
    e: Entry,
    word: String,
    role: &'static str,
    purpose: &'static str,
    about: Option<Label>,
    first: Vec<Label>,
    more: Vec<Label>,
    /// Records that only the page of the entry shows.
    rest: usize,
}

impl Line {
    fn new(e: Entry, names: &Names) -> Line {
        let mut all: Vec<Label> = e.body.subjects.iter().filter_map(|s| names.label(s)).collect();
        let mut more = all.split_off(all.len().min(FIRST));
        let rest = more.split_off(more.len().min(MORE)).len();
        Line {
            word: words::action(&e.body.action),
            role: Role::from_code(&e.body.role).map_or("", Role::label),
            purpose: Purpose::from_code(&e.body.purpose).map_or("", Purpose::label),
            about: e.body.about.as_ref().and_then(|s| names.label(s)),
            first: all,
            more,
            rest,
            e,
        }
    }

    /// What was done: the word and how it stands out.
    fn deed(&self) -> (&'static str, &'static str) {
        match self.e.body.deed {
            Deed::Read => ("查看", ""),
            Deed::Write => ("办理", " badge--ok"),
            Deed::Refused => ("被拒绝", " badge--warn"),
        }
    }

    /// Who acted, where it is not an account.
    fn actor(&self) -> &str {
        if self.e.name.is_empty() { self.role } else { &self.e.name }
    }

    fn count(&self) -> usize {
        self.first.len() + self.more.len() + self.rest
    }
}

/// The records that a page of entries names.
fn shown(entries: &[Entry]) -> Vec<Subject> {
    entries.iter().flat_map(|e| e.body.subjects.iter().take(FIRST + MORE).chain(e.body.about.iter())).cloned().collect()
}

#[derive(Template)]
#[template(path = "entries.html")]
struct Entries {
    f: Filter,
    groups: Vec<words::Group>,
    kinds: Vec<(&'static str, &'static str)>,
    lines: Vec<Line>,
    next: Option<String>,
    /// The search stopped here, not because the page was full.
    searched: Option<Timestamp>,
    /// What could not be read as typed.
    wrong: Vec<String>,
    /// The accounts that were meant.
    meant: Vec<String>,
}

impl Entries {
    /// A code of an older version, kept in the list.
    fn old(&self) -> bool {
        !self.f.action.is_empty() && words::known(&self.f.action).is_none()
    }
}

fn code(typed: &str) -> String {
    typed.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_')).take(60).collect()
}

/// `GET /audit`
pub async fn entries(ctx: Ctx, Query(mut f): Query<Filter>) -> Answer {
    let mut wrong = vec![];
    let mut day = |typed: &str, label: &str| {
        let day = web::form::parse_date(typed);
        if day.is_none() && !typed.is_empty() {
            wrong.push(format!("“{label}”没有读懂，已按不限日期查询。请写成 2026-05-08。"));
        }
        day
    };
    let (from, until) = (day(&f.from, "自"), day(&f.until, "至"));
    if let (Some(from), Some(until)) = (from, until)
        && from > until
    {
        wrong.push("“自”晚于“至”，这样查不到记录。请把两个日期对调。".into());
    }
    f.action = code(&f.action);
    f.kind = code(&f.kind);
    f.who = f.who.trim().chars().take(40).collect();
    let end = until.and_then(|d| d.tomorrow().ok()).map(|d| Place { at: clock::start_of(d), seq: 0, chain: Uuid::nil() });
    let mut query = model::Query {
        since: from.map_or(Timestamp::UNIX_EPOCH, clock::start_of),
        before: Place::parse(&f.before).or(end).unwrap_or(Place::LAST),
        action: f.action.clone(),
        deed: match f.deed.as_str() {
            "read" => Some(Deed::Read),
            "write" => Some(Deed::Write),
            "refused" => Some(Deed::Refused),
            _ => None,
        },
        kind: f.kind.clone(),
        users: vec![],
        system: f.system == "1",
    };
    let look = ctx.look("audit.entries", Purpose::Audit);
    let (found, names, accounts) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            r.saw("audit", Uuid::nil());
            let accounts = match f.who.as_str() {
                "" => vec![],
                who => identity::store::matching(r, who, ACCOUNTS + 1).await?,
            };
            query.users = accounts.iter().take(ACCOUNTS as usize).map(|u| u.id).collect();
            let nobody = accounts.is_empty() && !f.who.is_empty();
            let found = if nobody { Found::default() } else { store::entries(r, &query).await? };
            let names = labels::names(r, &shown(&found.entries), f.names == "1").await?;
            Ok((found, names, accounts))
        })
        .await?;
    if accounts.is_empty() && !f.who.is_empty() {
        wrong.push(format!("没有姓名或账号含“{}”的账号。请核对后再查。", f.who));
    }
    if accounts.len() as i64 > ACCOUNTS {
        wrong.push(format!("姓名或账号含“{}”的账号超过 {ACCOUNTS} 个，只查了前 {ACCOUNTS} 个。请写全姓名或账号。", f.who));
    }
    let meant = accounts.iter().take(ACCOUNTS as usize).map(|u| format!("{}（{}）", u.name, u.account)).collect();
    let searched = found.next.filter(|_| found.short).map(|p| p.at);
    let content = Entries {
        groups: words::groups(),
        kinds: words::kinds(),
        lines: found.entries.into_iter().map(|e| Line::new(e, &names)).collect(),
        next: found.next.map(Place::text),
        searched,
        wrong,
        meant,
        f,
    };
    Page::new("审计记录", &content).action("验证审计链", "/audit/verify").show(&ctx)
}

#[derive(Template)]
#[template(path = "record.html")]
struct OfRecord {
    label: Label,
    id: String,
    kind: String,
    lines: Vec<Line>,
    next: Option<String>,
}

/// Where a list goes on.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct From {
    before: String,
}

/// `GET /audit/record/{kind}/{id}`
pub async fn of_record(ctx: Ctx, Path((kind, id)): Path<(String, String)>, Query(from): Query<From>) -> Answer {
    let id: Uuid = web::page::id(&id, "这条记录")?;
    let kind = code(&kind);
    let look = ctx.look("audit.of_record", Purpose::Audit);
    let own = Subject { k: kind.clone(), id };
    let (entries, names, label) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            r.saw("audit", id);
            let entries = store::of_record(r, &kind, id, Place::parse(&from.before).unwrap_or(Place::LAST)).await?;
            let names = labels::names(r, &shown(&entries), false).await?;
            let label = labels::names(r, std::slice::from_ref(&own), true).await?.label(&own);
            Ok((entries, names, label.ok_or(kernel::Error::NotFound("这条记录"))?))
        })
        .await?;
    let next = (entries.len() as i64 == store::PAGE).then(|| entries.last().map(|e| e.place().text())).flatten();
    let lines = entries.into_iter().map(|e| Line::new(e, &names)).collect();
    let title = format!("{}的查询与办理", label.text());
    let content = OfRecord { label, id: id.to_string(), kind, lines, next };
    Page::new(title, &content).crumb("审计记录", "/audit").show(&ctx)
}

#[derive(Template)]
#[template(path = "entry.html")]
struct One {
    line: Line,
    all: Vec<Label>,
}

/// `GET /audit/entry/{chain}/{seq}`
pub async fn entry(ctx: Ctx, Path((chain, seq)): Path<(String, String)>) -> Answer {
    let chain: Uuid = web::page::id(&chain, "这条审计记录")?;
    let seq: i64 = seq.parse().map_err(|_| kernel::Error::NotFound("这条审计记录"))?;
    let look = ctx.look("audit.entries", Purpose::Audit);
    let (e, names) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            r.saw("audit", Uuid::nil());
            let e = store::entry(r, chain, seq).await?;
            let all: Vec<Subject> = e.body.subjects.iter().chain(e.body.about.iter()).cloned().collect();
            let names = labels::names(r, &all, false).await?;
            Ok((e, names))
        })
        .await?;
    let all = e.body.subjects.iter().filter_map(|s| names.label(s)).collect();
    Page::new("一条审计记录", &One { line: Line::new(e, &names), all }).crumb("审计记录", "/audit").show(&ctx)
}

#[derive(Template)]
#[template(path = "verify.html")]
struct VerifyPage {
    verdict: Option<Verdict>,
    took_ms: i128,
    command_id: String,
    heads: String,
}

/// `GET /audit/verify`
pub async fn verify_page(ctx: Ctx) -> Answer {
    let heads = kernel::verify::heads_file(ctx.app.settings()).display().to_string();
    Page::new("验证审计链", &VerifyPage { verdict: None, took_ms: 0, command_id: ctx.command_id().to_string(), heads })
        .crumb("审计记录", "/audit")
        .show(&ctx)
}

/// `POST /audit/verify`
pub async fn verify(ctx: Ctx, _form: Form) -> Answer {
    let file = kernel::verify::heads_file(ctx.app.settings());
    let began = ctx.now();
    let act = ctx.look("audit.verify", Purpose::Audit);
    let verdict = kernel::verify::verify(&ctx.app, &act, file.exists().then_some(file.as_path())).await?;
    let took_ms = i128::from(ctx.now().as_millisecond() - began.as_millisecond());
    let content = VerifyPage {
        verdict: Some(verdict),
        took_ms,
        command_id: ctx.command_id().to_string(),
        heads: file.display().to_string(),
    };
    Page::new("验证审计链", &content).crumb("审计记录", "/audit").show(&ctx)
}

#[derive(Template)]
#[template(path = "delays.html")]
struct Delays<'a> {
    form: &'a Form,
    again: &'a Again,
    delays: Vec<Delay>,
    command_id: String,
    days: i64,
}

async fn show_delays(ctx: &Ctx, form: &Form, again: Again) -> Answer {
    let look = ctx.look("audit.delays", Purpose::Audit);
    let station = ctx.who.station;
    let delays = ctx.app.db().read(&look, async |r: &mut Reader| store::delays(r, station).await).await?;
    let days = ctx.app.rules().int("disclosure.review_days", ctx.app.today()).unwrap_or(30);
    let failed = again.any();
    let content = Delays { form, again: &again, delays, command_id: ctx.command_id().to_string(), days };
    let page = Page::new("暂缓公开查询记录", &content);
    if failed { page.again().show(ctx) } else { page.show(ctx) }
}

/// `GET /audit/delays`
pub async fn delays(ctx: Ctx, Query(q): Query<std::collections::HashMap<String, String>>) -> Answer {
    let form = Form::of(q);
    show_delays(&ctx, &form, Again::default()).await
}

/// `POST /audit/delays`
pub async fn delay(ctx: Ctx, mut form: Form) -> Answer {
    let subject: Uuid = form.id("subject_id", "警情或纠纷");
    let kind = form.required("subject_kind", "种类", 20);
    let reason = form.required("reason", "理由", 500);
    let basis = form.required("basis", "法律依据", 200);
    let review = clock::start_of(form.date("review_at", "复核日期"));
    let act = ctx.act("audit.delay", Purpose::Audit, &form);
    let done = match form.finish(()) {
        Ok(()) => actions::delay(&ctx.app, &act, &kind, subject, &reason, &basis, review).await,
        Err(e) => Err(e),
    };
    match done {
        Ok(()) => go("/audit/delays"),
        Err(e) => show_delays(&ctx, &form, Again::from_error(e)?).await,
    }
}

/// `POST /audit/delays/{id}/lift`
pub async fn lift(ctx: Ctx, Path(id): Path<String>, form: Form) -> Answer {
    let id: Uuid = web::page::id(&id, "这项暂缓公开")?;
    let act = ctx.act("audit.lift", Purpose::Audit, &form);
    actions::lift(&ctx.app, &act, id).await?;
    go("/audit/delays")
}
