//! One dispute: where it stands, what may be done now, and everything that was done.

use super::{Choice, LevelView, LineView, choices, level, views};
use crate::model::{
    Agreement, Committee, Dispute, FollowUp, Gate, Kept, Link, LogLine, Obligation, Party, State, Step, Talk, Track, Warning,
};
use crate::store::{self, parts};
use crate::{actions, rules};
use askama::Template;
use axum::extract::Path;
use kernel::{Date, DisputeId, Permission as P, Purpose, Reader, UserId};
use people::model::PersonView;
use web::page::Again;
use web::{Answer, Ctx, Form, Page};

pub(crate) struct TalkView {
    pub t: Talk,
    pub host: String,
    pub crew: String,
    pub files: Vec<attachments::Kept>,
}

pub(crate) struct AgreementView {
    pub a: Agreement,
    pub organ: String,
    pub files: Vec<attachments::Kept>,
    pub promises: Vec<PromiseView>,
}

pub(crate) struct PromiseView {
    pub o: Obligation,
    pub who: String,
    pub late: bool,
    pub files: Vec<attachments::Kept>,
}

pub(crate) struct Loaded {
    pub d: Dispute,
    address: String,
    beat: String,
    grid: String,
    incident: Option<String>,
    owner: String,
    pub parties: Vec<(Party, PersonView)>,
    gates: Vec<(Gate, String)>,
    facts: Vec<String>,
    talks: Vec<TalkView>,
    agreements: Vec<AgreementView>,
    follow_ups: Vec<(FollowUp, String)>,
    warnings: Vec<Warning>,
    links: Vec<Link>,
    log: Vec<(LogLine, String)>,
    earlier: Vec<LineView>,
    pub crew: Vec<identity::model::UserLine>,
    pub committees: Vec<Committee>,
}

pub(crate) async fn load(ctx: &Ctx, id: DisputeId) -> kernel::Result<Loaded> {
    let look = ctx.look("mediation.see", Purpose::Mediation).about("dispute", id.0);
    let rules = ctx.app.rules();
    let today = ctx.app.today();
    let full = ctx.may(P::DisputeSee);
    ctx.app
        .db()
        .read(&look, async |r: &mut Reader| {
            let d = store::get(r, id).await?;
            actions::visible(r, &d)?;
            let mut party_list = vec![];
            for p in parts::parties(r, id).await? {
                let view = people::store::person_for(r, p.person_id, full).await?;
                party_list.push((p, view));
            }
            let talks = parts::talks(r, id).await?;
            let crews = parts::crews(r, id).await?;
            let gates = parts::gates(r, id).await?;
            let agreements = parts::agreements(r, id).await?;
            let promises = parts::obligations(r, id).await?;
            let follow_ups = parts::follow_ups(r, id).await?;
            let log = parts::log_of(r, id).await?;
            let mut users: Vec<UserId> = vec![d.owner_id];
            users.extend(talks.iter().filter_map(|t| t.host_user));
            users.extend(crews.iter().map(|c| c.1));
            users.extend(gates.iter().map(|g| g.by_user));
            users.extend(follow_ups.iter().filter_map(|f| f.by_user));
            users.extend(log.iter().map(|l| l.by_user));
            let names = identity::store::names(r, &users).await?;
            let name = |u: &UserId| names.iter().find(|(id, _)| id == u).map_or_else(|| "—".to_string(), |(_, n)| n.clone());
            let committees = parts::committees(r, d.station_id).await?;
            let organ = |c: Option<kernel::Uuid>| {
                c.and_then(|c| committees.iter().find(|x| x.id == c)).map_or_else(String::new, |c| c.name.clone())
            };
            let mut talk_views = vec![];
            for t in talks {
                let files = attachments::of_record(r, "talk", t.id).await?;
                let host = match (&t.host_user, t.mediator.is_empty()) {
                    (_, false) => format!("{} {}", organ(t.committee_id), t.mediator),
                    (Some(u), true) => name(u),
                    (None, true) => String::new(),
                };
                let crew: Vec<String> = crews.iter().filter(|c| c.0 == t.id && Some(c.1) != t.host_user).map(|c| name(&c.1)).collect();
                talk_views.push(TalkView { host, crew: crew.join("、"), files, t });
            }
            let mut agreement_views = vec![];
            for a in agreements {
                let mut list = vec![];
                for o in promises.iter().filter(|o| o.agreement_id == a.id) {
                    let who = o.party_id.and_then(|p| party_list.iter().find(|(x, _)| x.id == p));
                    list.push(PromiseView {
                        who: who.map_or_else(|| "双方".to_string(), |(p, v)| format!("{} {}", p.side.label(), v.name)),
                        late: o.state == Kept::Pending && o.due.is_some_and(|due| due < today),
                        files: attachments::of_record(r, "obligation", o.id.0).await?,
                        o: o.clone(),
                    });
                }
                let files = attachments::of_record(r, "agreement", a.id.0).await?;
                agreement_views.push(AgreementView { organ: organ(a.committee_id), files, promises: list, a });
            }
            let people: Vec<_> = party_list.iter().map(|(p, _)| p.person_id).collect();
            let earlier = if full { store::query::earlier(r, &d, &people).await? } else { vec![] };
            let incident = match d.incident_id {
                Some(i) if full => Some(incidents::store::get(r, i).await?.number),
                _ => None,
            };
            Ok(Loaded {
                address: match d.address_id {
                    Some(a) => places::store::address_line(r, a).await?,
                    None => d.place_text.clone(),
                },
                beat: match d.beat_id {
                    Some(b) => places::store::beat_name(r, b).await?,
                    None => String::new(),
                },
                grid: match d.grid_id {
                    Some(g) => places::store::grid_name(r, g).await?,
                    None => String::new(),
                },
                incident,
                owner: name(&d.owner_id),
                parties: party_list,
                gates: gates.into_iter().map(|g| { let by = name(&g.by_user); (g, by) }).collect(),
                facts: parts::facts(r, id).await?.iter().map(|f| rules.name("dispute.level_fact", f).to_string()).collect(),
                talks: talk_views,
                agreements: agreement_views,
                follow_ups: follow_ups.into_iter().map(|f| { let by = f.by_user.as_ref().map_or(String::new(), name); (f, by) }).collect(),
                warnings: parts::warnings(r, id).await?,
                links: parts::links(r, id).await?,
                log: log.into_iter().map(|l| { let by = name(&l.by_user); (l, by) }).collect(),
                earlier: views(r, earlier, &rules, today).await?,
                crew: identity::store::crew(r, d.station_id, d.beat_id, d.grid_id, today).await?,
                committees,
                d,
            })
        })
        .await
}

/// The questions of one track, for its form.
struct TrackForm {
    track: Track,
    questions: Vec<Choice>,
    needs_violation: bool,
}

#[derive(Template)]
#[template(path = "detail.html")]
struct Detail<'a> {
    ctx: &'a Ctx,
    l: Loaded,
    form: &'a Form,
    again: &'a Again,
    open: &'a str,
    command_id: String,
    level: LevelView,
    category: String,
    police: String,
    causes: String,
    levels: Vec<Choice>,
    level_facts: Vec<Choice>,
    categories: Vec<Choice>,
    police_codes: Vec<Choice>,
    cause_codes: Vec<Choice>,
    tracks: Vec<TrackForm>,
    acts: Vec<Choice>,
    circumstances: Vec<Choice>,
    modes: Vec<Choice>,
    findings: Vec<Choice>,
    satisfactions: Vec<Choice>,
    today: Date,
    now_local: String,
    mediate: bool,
    assist: bool,
    open_right: bool,
    review: bool,
}

impl Detail<'_> {
    fn may(&self, step: Step) -> bool {
        rules::next(self.l.d.state, step).is_ok()
    }
    /// Days to the deadline as a word: 还有 3 天, 今天到期, 已超 2 天.
    fn days_left(&self) -> String {
        let Some(due) = self.l.d.deadline else { return String::new() };
        match self.today.until(due).map(|s| s.get_days()).unwrap_or(0) {
            0 => "今天到期".into(),
            n if n > 0 => format!("还有 {n} 天"),
            n => format!("已超 {} 天", -n),
        }
    }
    fn overdue(&self) -> bool {
        self.l.d.state == State::Mediating && self.l.d.paused_on.is_none() && self.l.d.deadline.is_some_and(|d| d < self.today)
    }
    fn mode(&self, code: &str) -> String {
        self.ctx.app.rules().name("follow_up.mode", code).to_string()
    }
    fn finding(&self, code: &Option<String>) -> String {
        code.as_deref().map_or(String::new(), |c| self.ctx.app.rules().name("follow_up.finding", c).to_string())
    }
    fn satisfaction(&self, code: &Option<String>) -> String {
        code.as_deref().map_or(String::new(), |c| self.ctx.app.rules().name("satisfaction", c).to_string())
    }
    fn fu_open(&self, f: &FollowUp) -> bool {
        f.done_at.is_none() && !f.dropped
    }
    fn next_follow_up(&self) -> Option<&FollowUp> {
        self.l.follow_ups.iter().map(|(f, _)| f).find(|f| f.done_at.is_none() && !f.dropped)
    }
}

/// Renders the page, possibly with a form that failed.
pub(crate) async fn show(ctx: &Ctx, id: DisputeId, form: &Form, again: Again, open: &str) -> Answer {
    let l = load(ctx, id).await?;
    let rules = ctx.app.rules();
    let today = ctx.app.today();
    let (failed, status) = (again.any(), again.status());
    let d = &l.d;
    let or_none = |list: &str, c: &Option<String>| c.as_deref().map_or_else(|| "未定".to_string(), |c| rules.name(list, c).to_string());
    let causes: Vec<&str> = d.cause_codes().iter().map(|c| rules.name("cause_tag", c)).collect();
    let title = d.number.clone();
    let now = ctx.now().to_zoned_datetime(kernel::clock::zone());
    let content = Detail {
        ctx,
        form,
        again: &again,
        open,
        command_id: ctx.command_id().to_string(),
        level: level(&rules, &d.level),
        category: or_none("dispute.category.judicial", &d.judicial),
        police: or_none("dispute.category.police", &d.police),
        causes: causes.join("、"),
        levels: choices(&rules, "dispute.level", today),
        level_facts: choices(&rules, "dispute.level_fact", today),
        categories: choices(&rules, "dispute.category.judicial", today),
        police_codes: choices(&rules, "dispute.category.police", today),
        cause_codes: choices(&rules, "cause_tag", today),
        tracks: Track::ALL
            .iter()
            .map(|t| TrackForm {
                track: *t,
                questions: choices(&rules, rules::questions(*t), today),
                needs_violation: *t == Track::PublicOrder,
            })
            .collect(),
        acts: choices(&rules, "mediation.eligible_act", today),
        circumstances: choices(&rules, "mediation.eligible_circumstance", today),
        modes: choices(&rules, "follow_up.mode", today),
        findings: choices(&rules, "follow_up.finding", today),
        satisfactions: choices(&rules, "satisfaction", today),
        today,
        now_local: now.strftime("%Y-%m-%dT%H:%M").to_string(),
        mediate: ctx.may(P::DisputeMediate),
        assist: ctx.may(P::DisputeAssist),
        open_right: ctx.may(P::DisputeOpen),
        review: ctx.may(P::DisputeReview),
        l,
    };
    let page = Page::new(title, &content).crumb("纠纷", "/disputes");
    if failed { page.status(status).show(ctx) } else { page.show(ctx) }
}

/// `GET /disputes/{id}`
pub async fn page(ctx: Ctx, Path(id): Path<String>) -> Answer {
    let id = web::page::id(&id, "这起纠纷")?;
    show(&ctx, id, &Form::default(), Again::default(), "").await
}
