//! Pages: the book, one precedent, the queue; and what the pages of a dispute show of it.

use crate::actions::{self, Decision};
use crate::anonymise::{Kind, Span};
use crate::model::{Case, LogLine, Offer, PrecedentId, State, Step, Texts};
use crate::{rules, store};
use askama::Template;
use axum::extract::{Path, Query};
use axum::response::{Html, IntoResponse};
use categories::passages::{self, Passage};
use futures::future::BoxFuture;
use kernel::rules::RuleSet;
use kernel::search::Ask;
use kernel::{Actor, App, DisputeId, Permission as P, Purpose, Reader, Result, Timestamp, Uuid};
use serde::Deserialize;
use web::page::{Again, go};
use web::{Answer, Ctx, Form, Page};

/// Offers shown beside a dispute.
const MOST_OFFERS: usize = 3;

pub(crate) struct CaseView {
    pub c: Case,
    pub category: String,
    pub causes: String,
    pub plan: Vec<String>,
}

fn view(c: Case, rules: &RuleSet) -> CaseView {
    let causes: Vec<&str> = c.cause_codes().into_iter().map(|x| rules.name("cause_tag", x)).collect();
    CaseView {
        category: c.judicial.as_deref().map_or_else(|| "未定类".into(), |j| rules.name("dispute.category.judicial", j).to_string()),
        causes: causes.join("、"),
        plan: c.plan.lines().map(str::to_string).collect(),
        c,
    }
}

struct Choice {
    code: String,
    name: String,
}

fn choices(rules: &RuleSet, list: &str, today: kernel::Date) -> Vec<Choice> {
    rules.list(list, today).into_iter().map(|c| Choice { code: c.code.clone(), name: c.name.clone() }).collect()
}

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct Asked {
    q: String,
    judicial: String,
    cause: String,
    before: String,
}

#[derive(Template)]
#[template(path = "book.html")]
struct Book {
    asked: Asked,
    cases: Vec<CaseView>,
    categories: Vec<Choice>,
    causes: Vec<Choice>,
    next: Option<i64>,
    short: bool,
}

/// `GET /precedents`: search by words, or leaf by category and cause.
pub async fn book(ctx: Ctx, Query(asked): Query<Asked>) -> Answer {
    let rules = ctx.app.rules();
    let today = ctx.app.today();
    let q = kernel::text::clean(&asked.q);
    let searchable = kernel::search::parse(&q).is_some();
    let look = ctx.look("precedents.book", Purpose::Mediation);
    let before = asked.before.parse::<i64>().ok().map_or(Timestamp::MAX, kernel::clock::from_micros);
    let cases = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            if !searchable {
                return store::approved(r, &asked.judicial, &asked.cause, before).await;
            }
            let ask = Ask { reach: kernel::Reach::All, kinds: vec!["precedent"], before: None, limit: store::PAGE };
            let mut out = vec![];
            for hit in r.search(&q, &ask).await? {
                if let Some(c) = store::find(r, hit.id).await?.filter(|c| c.state == State::Approved) {
                    out.push(c);
                }
            }
            Ok(out)
        })
        .await?;
    let next = (!searchable && cases.len() as i64 == store::PAGE)
        .then(|| cases.last().and_then(|c| c.decided_at).map(|t| t.as_microsecond()))
        .flatten();
    let content = Book {
        short: !q.is_empty() && !searchable,
        cases: cases.into_iter().map(|c| view(c, &rules)).collect(),
        categories: choices(&rules, "dispute.category.judicial", today),
        causes: choices(&rules, "cause_tag", today),
        next,
        asked,
    };
    let mut page = Page::new("枫桥经验库", &content).crumb("纠纷", "/disputes");
    if ctx.may(P::DisputeReview) {
        page = page.action("审核", "/precedents/queue");
    }
    page.show(&ctx)
}

#[derive(Template)]
#[template(path = "queue.html")]
struct QueuePage {
    waiting: Vec<CaseView>,
    rejected: Vec<CaseView>,
    withdrawn: Vec<CaseView>,
    days: i64,
}

/// `GET /precedents/queue`
pub async fn queue(ctx: Ctx) -> Answer {
    let rules = ctx.app.rules();
    let look = ctx.look("precedents.queue", Purpose::Mediation);
    let station = ctx.who.station;
    let (waiting, rejected, withdrawn) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            Ok((
                store::queue(r, station, State::Proposed).await?,
                store::queue(r, station, State::Rejected).await?,
                store::queue(r, station, State::Withdrawn).await?,
            ))
        })
        .await?;
    let all = |list: Vec<Case>| list.into_iter().map(|c| view(c, &rules)).collect();
    let content = QueuePage {
        waiting: all(waiting),
        rejected: all(rejected),
        withdrawn: all(withdrawn),
        days: rules.int("precedent.held_days", ctx.app.today())?,
    };
    Page::new("枫桥经验库审核", &content).crumb("枫桥经验库", "/precedents").show(&ctx)
}

struct LogView {
    l: LogLine,
    by: String,
}

#[derive(Template)]
#[template(path = "case.html")]
struct CasePage<'a> {
    ctx: &'a Ctx,
    v: CaseView,
    form: &'a Form,
    again: &'a Again,
    /// The original beside the draft: only for those of the station who review.
    original: Option<Texts>,
    spans: Vec<Span>,
    obstacles: Vec<String>,
    own: String,
    log: Vec<LogView>,
    passages: Vec<Passage>,
    review: bool,
    dispute: Option<DisputeId>,
}

impl CasePage<'_> {
    fn may(&self, step: Step) -> bool {
        rules::next(self.v.c.state, step).is_ok()
    }
    fn field(&self, name: &str, kept: &str) -> String {
        match self.form.typed(name) {
            "" => kept.to_string(),
            typed => typed.to_string(),
        }
    }
    fn is_shape(&self, s: &Span) -> bool {
        s.kind == Kind::Shape
    }
}

async fn show(ctx: &Ctx, id: PrecedentId, form: &Form, again: Again) -> Answer {
    let book = ctx.app.rules();
    let today = ctx.app.today();
    let review = ctx.may(P::DisputeReview);
    let days = book.int("precedent.held_days", today)?;
    let look = ctx.look("precedents.see", Purpose::Mediation).about("precedent", id);
    let (c, original, obstacles, own, log, dispute) = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let c = store::get(r, id).await?;
            let ours = r.act().actor.reach().houses(c.station_id);
            if c.state != State::Approved && !(ours && (review || r.act().actor.may(P::DisputeMediate))) {
                return Err(kernel::Error::NotFound("这一例"));
            }
            let mut original = None;
            let (mut obstacles, mut own) = (vec![], String::new());
            if ours && review && c.state == State::Proposed {
                let o = actions::original(r, c.dispute_id).await?;
                obstacles = rules::obstacles(&o.course, days, today);
                let spans = actions::draft(&o).spans;
                original = Some((o.texts, spans));
                let mut makers = store::makers(r, &c).await?;
                makers.push(c.proposed_by);
                if let Err(refusal) = rules::may_decide(r.act().actor.user, &makers) {
                    own = refusal.what;
                }
            }
            let log = if ours { store::log_of(r, id).await? } else { vec![] };
            let users: Vec<_> = log.iter().map(|l| l.by_user).collect();
            let names = identity::store::names(r, &users).await?;
            let log = log
                .into_iter()
                .map(|l| LogView {
                    by: names.iter().find(|(u, _)| *u == l.by_user).map_or_else(|| "系统".to_string(), |(_, n)| n.clone()),
                    l,
                })
                .collect();
            let dispute = (ours && r.act().actor.may(P::DisputeSee)).then_some(c.dispute_id);
            Ok((c, original, obstacles, own, log, dispute))
        })
        .await?;
    let causes: Vec<&str> = c.cause_codes();
    let passages = passages::fitting(&book, c.judicial.as_deref().unwrap_or(""), &causes, today);
    let (original, spans) = original.map_or((None, vec![]), |(t, s)| (Some(t), s));
    let (failed, number) = (again.any(), c.number.clone());
    let content =
        CasePage { ctx, v: view(c, &book), form, again: &again, original, spans, obstacles, own, log, passages, review, dispute };
    let page = Page::new(number, &content).crumb("枫桥经验库", "/precedents");
    if failed { page.again().show(ctx) } else { page.show(ctx) }
}

fn precedent(id: &str) -> Result<PrecedentId> {
    web::page::id(id, "这一例")
}

/// `GET /precedents/{id}`
pub async fn page(ctx: Ctx, Path(id): Path<String>) -> Answer {
    show(&ctx, precedent(&id)?, &Form::default(), Again::default()).await
}

/// `POST /precedents/{id}/decide`: 修改, 审核入库, 不采纳, 撤下.
pub async fn decide(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = precedent(&id)?;
    let step = Step::from_code(form.typed("step"))
        .filter(|s| matches!(s, Step::Edit | Step::Approve | Step::Reject | Step::Withdraw))
        .ok_or(kernel::Error::NotFound("这个步骤"))?;
    let d = Decision {
        step,
        texts: Texts { title: form.text("title"), facts: form.text("facts"), plan: form.text("plan"), result: form.text("result") },
        reason: form.bounded("reason", "理由", 300),
        shapes_checked: form.yes("shapes_checked"),
        version: form.number("version", "版本", 1..=1_000_000),
    };
    let act = ctx.act("precedents.decide", Purpose::Mediation, &form);
    let done = match form.finish(d) {
        Ok(d) => actions::decide(&ctx.app, &act, id, &d).await,
        Err(e) => Err(e),
    };
    match done {
        Ok(()) if step == Step::Edit => go(format!("/precedents/{id}")),
        Ok(()) if step == Step::Withdraw => go(format!("/precedents/{id}")),
        Ok(()) => go("/precedents/queue"),
        Err(e) => show(&ctx, id, &form, Again::from_error(e)?).await,
    }
}

/// `POST /precedents/propose`: from the page of a dispute.
pub async fn propose(ctx: Ctx, mut form: Form) -> Answer {
    let dispute: DisputeId = form.id("dispute", "纠纷");
    form.finish(())?;
    let act = ctx.act("precedents.propose", Purpose::Mediation, &form);
    let id = actions::propose(&ctx.app, &act, dispute).await?;
    go(format!("/precedents/{id}"))
}

/// `POST /precedents/{id}/take`: into the plan of a dispute, then back to where it was asked.
pub async fn take(ctx: Ctx, Path(id): Path<String>, mut form: Form) -> Answer {
    let id = precedent(&id)?;
    let dispute: DisputeId = form.id("dispute", "纠纷");
    form.finish(())?;
    let act = ctx.act("precedents.take", Purpose::Mediation, &form);
    actions::take(&ctx.app, &act, id, dispute).await?;
    go(if form.typed("back") == "agreement" { format!("/disputes/{dispute}/agreement") } else { format!("/disputes/{dispute}") })
}

struct OfferView {
    o: Offer,
    plan: Vec<String>,
    why: String,
}

#[derive(Template)]
#[template(path = "offers.html")]
struct Offers {
    offers: Vec<OfferView>,
    passages: Vec<Passage>,
    /// Where a plan may be taken over to, with whence it was asked.
    into: Option<(DisputeId, &'static str, String)>,
    proposable: Option<(DisputeId, String)>,
    there: Option<(PrecedentId, String, State)>,
}

fn offer_views(offers: Vec<Offer>, book: &RuleSet) -> Vec<OfferView> {
    offers
        .into_iter()
        .map(|o| {
            let mut why: Vec<String> =
                o.same_causes.iter().map(|c| format!("起因同为“{}”", book.name("cause_tag", c))).collect();
            if o.same_category {
                why.push("类别相同".into());
            }
            why.push(format!("文字重合 {:.0} %", o.overlap * 100.0));
            OfferView { plan: o.case.plan.lines().map(str::to_string).collect(), why: why.join("、"), o }
        })
        .collect()
}

/// Category and causes: what a person chose, else what the text suggests.
fn matter(title: &str, text: &str, judicial: Option<String>, causes: Vec<String>) -> (String, Vec<String>) {
    let judicial = judicial.filter(|j| !j.is_empty());
    if judicial.is_some() && !causes.is_empty() {
        return (judicial.unwrap_or_default(), causes);
    }
    let s = categories::suggest(&format!("{title}\n{text}"));
    let causes = if causes.is_empty() { s.causes.iter().take(3).map(|c| c.code.clone()).collect() } else { causes };
    (judicial.or_else(|| s.judicial.first().map(|p| p.code.clone())).unwrap_or_default(), causes)
}

/// `POST /precedents/hint`: for what is being typed; nothing is kept.
pub async fn hint(ctx: Ctx, form: Form) -> Answer {
    let (title, text) = (form.text("title"), format!("{}{}", form.text("summary"), form.text("facts")));
    let mut html = String::new();
    if title.chars().count() + text.chars().count() >= 4 {
        let book = ctx.app.rules();
        let (judicial, causes) = matter(&title, &text, form.optional("judicial"), form.every("causes"));
        let look = ctx.look("precedents.hint", Purpose::Mediation);
        let offers = ctx
            .app
            .db()
            .read(&look, async |r: &mut Reader| actions::offers(r, &title, &text, &judicial, &causes, MOST_OFFERS).await)
            .await?;
        let causes: Vec<&str> = causes.iter().map(String::as_str).collect();
        let passages = passages::fitting(&book, &judicial, &causes, ctx.app.today());
        let content = Offers { offers: offer_views(offers, &book), passages, into: None, proposable: None, there: None };
        html = content.render().map_err(kernel::Error::internal)?;
    }
    Ok(([(axum::http::header::CACHE_CONTROL, "no-store")], Html(html)).into_response())
}

/// The empty hint in the form of a new dispute; scripts fill it while the facts are typed.
pub fn new_slot<'a>(_: &'a App, actor: &'a Actor, _: Uuid) -> BoxFuture<'a, Result<String>> {
    Box::pin(async move {
        Ok(if actor.may(P::DisputeSee) {
            r#"<fq-hint src="/precedents/hint" fields="title summary judicial causes"></fq-hint>"#.to_string()
        } else {
            String::new()
        })
    })
}

/// What the page of a dispute shows: precedents like it with their plans, passages of law.
pub fn dispute_slot<'a>(app: &'a App, actor: &'a Actor, id: Uuid) -> BoxFuture<'a, Result<String>> {
    Box::pin(async move { beside(app, actor, id.into(), "dispute").await })
}

/// The same above the form of the agreement.
pub fn agreement_slot<'a>(app: &'a App, actor: &'a Actor, id: Uuid) -> BoxFuture<'a, Result<String>> {
    Box::pin(async move { beside(app, actor, id.into(), "agreement").await })
}

async fn beside(app: &App, actor: &Actor, id: DisputeId, back: &'static str) -> Result<String> {
    if !actor.may(P::DisputeSee) {
        return Ok(String::new());
    }
    let book = app.rules();
    let today = kernel::clock::day_of(app.now());
    let look = app.look(actor, "precedents.beside", Purpose::Mediation).about("dispute", id.0);
    let may = actor.may(P::DisputeMediate);
    let (d, offers, there, causes) = app
        .db()
        .read(&look, async |r: &mut Reader| {
            let d = mediation::store::get(r, id).await?;
            mediation::actions::visible(r, &d)?;
            let own = d.cause_codes().into_iter().map(str::to_string).collect();
            let (judicial, causes) = matter(&d.title, &d.summary, d.judicial.clone(), own);
            let open = d.state.is_open() && !d.domestic_violence;
            let offers = if open { actions::offers(r, &d.title, &d.summary, &judicial, &causes, MOST_OFFERS).await? } else { vec![] };
            let offers: Vec<Offer> = offers.into_iter().filter(|o| o.case.dispute_id != id).collect();
            let there = store::of_dispute(r, id).await?;
            Ok((d, offers, there, (judicial, causes)))
        })
        .await?;
    let codes: Vec<&str> = causes.1.iter().map(String::as_str).collect();
    let open = d.state.is_open();
    let passages = if open { passages::fitting(&book, &causes.0, &codes, today) } else { vec![] };
    let settled = d.outcome == Some(mediation::model::Outcome::Settled);
    let content = Offers {
        offers: offer_views(offers, &book),
        passages,
        into: (open && may && mediation::rules::next(d.state, mediation::model::Step::Plan).is_ok()).then(|| (id, back, app.fresh_command().to_string())),
        proposable: (settled && may && there.is_none() && back == "dispute").then(|| (id, app.fresh_command().to_string())),
        there: there.map(|c| (c.id, c.number, c.state)),
    };
    content.render().map_err(kernel::Error::internal)
}
