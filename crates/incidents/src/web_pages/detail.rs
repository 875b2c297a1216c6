//! One incident: what was received beside what was found, orders, feedback, log, and the deeds that
//! the caller may do now.

use super::receipt::ReceiptView;
use super::transfer::TransferView;
use super::{Choice, LineView, choices, choices_at, fine_choices, views};
use crate::model::{Dispatch, Feedback, GivenTo, Intake, Line, LinkKind, LogLine, State, Step, Told, Way};
use crate::{actions, rules, store};
use askama::Template;
use axum::extract::Path;
use kernel::rules::RuleSet;
use kernel::{IncidentId, Permission, Purpose, Reader, UserId};
use web::page::Again;
use web::{Answer, Ctx, Form, Page};

/// Everything that the page shows.
pub(crate) struct Loaded {
    intake: Intake,
    /// The code of its station, by which packs name it.
    station: String,
    address: String,
    other_address: String,
    beat: String,
    grid: String,
    reporter: Option<people::model::PersonView>,
    orders: Vec<OrderView>,
    feedback: Vec<FeedbackView>,
    log: Vec<LogView>,
    earlier: Vec<Line>,
    between: Vec<Line>,
    cluster: Vec<Line>,
    linked: Vec<(LinkKind, Line)>,
    crew: Vec<identity::model::UserLine>,
    files: Vec<attachments::Kept>,
    proposed: Option<store::suggestions::Kept>,
    transfers: Vec<TransferView>,
    receipts: Vec<ReceiptView>,
    holds: Vec<people::model::Hold>,
    cleared: Option<people::store::Cleared>,
}

struct OrderView {
    d: Dispatch,
    target: String,
    sender: String,
    mine: bool,
}

struct FeedbackView {
    f: Feedback,
    by: String,
    category: String,
    /// 地点、起因、手段, as far as they were told.
    more: String,
    files: Vec<attachments::Kept>,
}

/// A select box of the feedback form.
struct Asked {
    field: &'static str,
    label: &'static str,
    choices: Vec<Choice>,
}

struct LogView {
    l: LogLine,
    by: String,
    to: String,
}

#[derive(Template)]
#[template(path = "detail.html")]
struct Detail<'a> {
    ctx: &'a Ctx,
    d: Loaded,
    form: &'a Form,
    again: &'a Again,
    /// Which form was posted and failed, to open it again.
    open: &'a str,
    command_id: String,
    categories: Vec<Choice>,
    fine: Vec<(String, Vec<Choice>)>,
    scene: Vec<Asked>,
    levels: Vec<Choice>,
    source: String,
    received_category: String,
    category: String,
    found_category: String,
    level: String,
    earlier: Vec<LineView>,
    between: Vec<LineView>,
    cluster: Vec<LineView>,
    slot: String,
    /// What the text suggests now, and what was suggested when a person chose.
    suggestion: String,
    proposed: String,
    my_order: Option<usize>,
    can_dispatch: bool,
    can_review: bool,
    /// Gives receipts, and takes the wish for secrecy.
    can_take: bool,
    /// Why a report may be another body's.
    reasons: Vec<Choice>,
    now: kernel::Timestamp,
}

impl Detail<'_> {
    fn may(&self, step: Step) -> bool {
        rules::next(self.d.intake.state, step).is_ok()
    }

    fn may_find_outside(&self) -> bool {
        self.d.intake.state.is_open() && !self.d.transfers.iter().any(|v| v.t.waits())
    }

    /// The receipt that opens something now.
    fn receipt(&self) -> Option<&ReceiptView> {
        self.d.receipts.iter().find(|v| v.r.revoked_at.is_none())
    }

    /// Nobody waits for a receipt of what came in a file of past reports.
    fn owes_receipt(&self) -> bool {
        self.receipt().is_none() && !self.d.intake.anonymous
    }

    /// To whom a receipt of this report may go, the usual one first.
    fn receivers(&self) -> Vec<GivenTo> {
        GivenTo::ALL.iter().copied().filter(|to| rules::receipt::give(&self.d.intake, *to).is_ok()).collect()
    }

    fn has_open_order(&self) -> bool {
        self.d.orders.iter().any(|o| o.d.finished_at.is_none())
    }
}

pub(crate) async fn load(ctx: &Ctx, id: IncidentId) -> kernel::Result<Loaded> {
    let look = ctx.look("incidents.see", Purpose::Incident).about("incident", id.0);
    let may_dispatch = ctx.may(Permission::IncidentDispatch);
    ctx.app
        .db()
        .read(&look, async |r: &mut Reader| {
            let intake = store::get(r, id).await?;
            actions::visible(r, &intake).await?;
            let full = ctx.may(Permission::IncidentSee);
            let me = ctx.who.user;
            let orders = store::orders::of_incident(r, id).await?;
            let feedback = store::orders::feedback_of(r, id).await?;
            let log = store::orders::log_of(r, id).await?;
            let mut users: Vec<UserId> = vec![intake.registered_by];
            users.extend(orders.iter().flat_map(|o| [o.target_user, o.sent_by]));
            users.extend(feedback.iter().map(|f| f.by_user));
            // To whom a matter went, and who holds a receipt, is nothing for a grid worker with an order.
            let transfers = if full { store::transfers::of_incident(r, id).await? } else { vec![] };
            let receipts = if full { store::receipts::of_incident(r, id).await? } else { vec![] };
            users.extend(transfers.iter().flat_map(|t| [Some(t.found_by), t.handed_by]).flatten());
            users.extend(receipts.iter().map(|x| x.issued_by));
            users.extend(log.iter().flat_map(|l| [Some(l.by_user), l.to_user]).flatten());
            let names = identity::store::names(r, &users).await?;
            let name = |u: &UserId| {
                names.iter().find(|(id, _)| id == u).map_or_else(|| if u.is_nil() { "群众自助" } else { "—" }.to_string(), |(_, n)| n.clone())
            };
            let today = ctx.app.today();
            let address = match intake.address_id {
                Some(a) => places::store::address_line(r, a).await?,
                None => String::new(),
            };
            let other_address = match intake.other_address_id {
                Some(a) => places::store::address_line(r, a).await?,
                None => String::new(),
            };
            let beat = match intake.beat_id {
                Some(b) => places::store::beat_name(r, b).await?,
                None => String::new(),
            };
            let grid = match intake.grid_id {
                Some(g) => places::store::grid_name(r, g).await?,
                None => String::new(),
            };
            let reporter = match intake.reporter_id {
                // Grid workers see the matter and the place; a protected reporter is hidden from all
                // but those who dispatch and lead.
                Some(p) if full && (!intake.secret || may_dispatch) => {
                    let handles = orders.iter().any(|o| o.target_user == me);
                    Some(people::store::person_for(r, p, handles).await?)
                }
                _ => None,
            };
            let crew = if may_dispatch {
                identity::store::crew(r, intake.station_id, intake.beat_id, intake.grid_id, today).await?
            } else {
                vec![]
            };
            let mut feedback_views = vec![];
            for f in feedback {
                let files = attachments::of_record(r, "feedback", f.id.0).await?;
                feedback_views.push(FeedbackView {
                    by: name(&f.by_user),
                    category: named(&ctx.app.rules(), &f.found_category, &f.found_sub_category),
                    more: scene(&ctx.app.rules(), &f),
                    files,
                    f,
                });
            }
            let between = if full { store::between(r, &intake).await? } else { vec![] };
            let between = store::shown(r, between);
            let mut earlier = if full { store::earlier(r, &intake).await? } else { vec![] };
            earlier.retain(|l| !between.iter().any(|b| b.id == l.id));
            let earlier = store::shown(r, earlier);
            let cluster = if full { store::cluster(r, &intake).await? } else { vec![] };
            let cluster = store::shown(r, cluster);
            let linked = if full { store::linked(r, id).await? } else { vec![] };
            let shown = store::shown(r, linked.iter().map(|(_, l)| l.clone()).collect());
            let linked = linked.into_iter().filter(|(_, l)| shown.iter().any(|s| s.id == l.id)).collect();
            Ok(Loaded {
                address,
                other_address,
                beat,
                grid,
                reporter,
                orders: orders
                    .into_iter()
                    .map(|d| OrderView { target: name(&d.target_user), sender: name(&d.sent_by), mine: d.target_user == me, d })
                    .collect(),
                feedback: feedback_views,
                log: log
                    .into_iter()
                    .map(|l| LogView { by: name(&l.by_user), to: l.to_user.as_ref().map_or(String::new(), name), l })
                    .collect(),
                earlier,
                between,
                cluster,
                linked,
                files: attachments::of_record(r, "incident", id.0).await?,
                holds: people::store::record_holds(r, id.0).await?,
                cleared: people::store::cleared_record(r, id.0).await?,
                proposed: store::suggestions::kept(r, id.0).await?.into_iter().next(),
                transfers: transfers.into_iter().map(|t| TransferView::of(t, &ctx.app.rules(), name)).collect(),
                receipts: receipts.into_iter().map(|r| ReceiptView { by: name(&r.issued_by), r }).collect(),
                crew,
                station: places::store::station_code(r, intake.station_id).await?,
                intake,
            })
        })
        .await
}

/// `纠纷（邻里）`, or "".
fn named(rules: &RuleSet, category: &Option<String>, sub: &Option<String>) -> String {
    let Some(c) = category else { return String::new() };
    let fine = sub.as_deref().map_or(String::new(), |s| format!("（{}）", rules::fine_name(rules, s)));
    format!("{}{fine}", rules.name("incident.category1", c))
}

/// What a feedback may tell of the scene: field, label, list.
const SCENE: &[(&str, &str, &str)] =
    &[("place_kind", "地点类型", "incident.place_kind"), ("cause", "起因", "cause_tag"), ("means", "手段", "incident.means")];

fn scene(rules: &RuleSet, f: &Feedback) -> String {
    let told = SCENE.iter().zip([&f.place_kind, &f.cause, &f.means]);
    let told = told.filter_map(|((_, label, list), code)| Some(format!("{label}：{}", rules.name(list, code.as_deref()?))));
    told.collect::<Vec<_>>().join("；")
}

/// Renders the page, possibly with a form that failed.
pub(crate) async fn show(ctx: &Ctx, id: IncidentId, form: &Form, again: Again, open: &str) -> Answer {
    let d = load(ctx, id).await?;
    let rules = ctx.app.rules();
    let today = ctx.app.today();
    let slot = ctx.site.fill(crate::ACTIONS_SLOT, &ctx.who, id.0).await?;
    let category_name = |c: &Option<String>| c.as_deref().map_or_else(|| "未定类".to_string(), |c| rules.name("incident.category1", c).to_string());
    let my_order = d.orders.iter().position(|o| o.mine && o.d.finished_at.is_none());
    let title = d.intake.number.clone();
    let (failed, status) = (again.any(), again.status());
    let content = Detail {
        ctx,
        form,
        again: &again,
        open,
        command_id: ctx.command_id().to_string(),
        categories: choices(&rules, "incident.category1", today),
        fine: fine_choices(&rules, today),
        scene: SCENE.iter().map(|(field, label, list)| Asked { field, label, choices: choices_at(&rules, list, &d.station, today) }).collect(),
        levels: choices(&rules, "incident.level", today),
        source: rules.name("incident.source", &d.intake.source_code).to_string(),
        received_category: category_name(&d.intake.received_category),
        category: if d.intake.category.is_none() { category_name(&None) } else { named(&rules, &d.intake.category, &d.intake.sub_category) },
        found_category: named(&rules, &d.intake.found_category, &d.intake.found_sub_category),
        level: d.intake.level.as_deref().map_or(String::new(), |l| rules.name("incident.level", l).to_string()),
        earlier: views(d.earlier.clone(), &rules),
        between: views(d.between.clone(), &rules),
        cluster: views(d.cluster.clone(), &rules),
        slot,
        suggestion: if ctx.may(Permission::IncidentDispatch) && d.intake.state.is_open() {
            let text = format!("{}\n{}", d.intake.title, d.intake.content);
            let now = Form::of([("category", d.intake.category.clone().unwrap_or_default())]);
            categories::panel::html(&rules, today, &text, categories::For::Incident, &now)
        } else {
            String::new()
        },
        proposed: d.proposed.as_ref().map_or(String::new(), |k| k.line(&rules)),
        my_order,
        can_dispatch: ctx.may(Permission::IncidentDispatch),
        can_review: ctx.may(Permission::IncidentReview),
        can_take: ctx.may(Permission::IncidentTake) && ctx.may(Permission::IncidentSee),
        reasons: rules::transfer::reasons(&rules, today).into_iter().map(|c| Choice { code: c.code.clone(), name: c.name.clone() }).collect(),
        now: ctx.now(),
        d,
    };
    let page = Page::new(title, &content).crumb("警情", if ctx.may(Permission::IncidentSee) { "/incidents" } else { "/" });
    if failed { page.status(status).show(ctx) } else { page.show(ctx) }
}

/// `GET /incidents/{id}`
pub async fn page(ctx: Ctx, Path(id): Path<String>) -> Answer {
    let id = web::page::id(&id, "这起警情")?;
    show(&ctx, id, &Form::default(), Again::default(), "").await
}

/// `GET /incidents/{id}/live`: a line that says that something changed; the page reloads itself.
pub async fn live(ctx: Ctx, Path(id): Path<String>) -> Answer {
    let id: IncidentId = web::page::id(&id, "这起警情")?;
    let look = ctx.look("incidents.see", Purpose::Incident).about("incident", id.0);
    let state = ctx
        .app
        .db()
        .read(&look, async |r: &mut Reader| {
            let intake = store::get(r, id).await?;
            actions::visible(r, &intake).await?;
            Ok(intake.state)
        })
        .await?;
    web::page::fragment(&LiveLine { state })
}

#[derive(Template)]
#[template(path = "live_line.html")]
struct LiveLine {
    state: State,
}
