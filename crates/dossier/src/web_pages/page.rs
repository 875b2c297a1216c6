//! 卷宗: the list of parts, what each paper still lacks, and the forms that make them.

use crate::compose::{Case, CaseParty, required, sheet};
use crate::model::{Paper, Pass, Power, Print, Told};
use crate::rules::{self, Part};
use crate::store;
use askama::Template;
use axum::extract::Path;
use kernel::{DisputeId, Permission as P, Purpose, Reader, Uuid, clock};
use mediation::model::{Kept, Obligation};
use web::page::Again;
use web::{Answer, Ctx, Form, Page};

/// A paper that can be printed now.
pub(crate) struct PaperView {
    pub paper: Paper,
    pub record: Uuid,
    /// The day it is of.
    pub day: String,
    pub lacks: Vec<&'static str>,
    pub last: Option<Print>,
    pub scans: Vec<attachments::Kept>,
    pub signed: usize,
}

pub(crate) struct PartView {
    pub part: Part,
    pub papers: Vec<PaperView>,
}

pub(crate) struct PromiseView {
    pub o: Obligation,
    pub who: String,
    /// Sides that were reminded, and those that were not.
    pub told: Vec<String>,
    pub untold: Vec<(Uuid, String)>,
    pub near: bool,
}

struct Choice {
    code: String,
    name: String,
}

#[derive(Template)]
#[template(path = "dossier.html")]
struct Dossier<'a> {
    ctx: &'a Ctx,
    case: Case,
    form: &'a Form,
    again: &'a Again,
    open: &'a str,
    command_id: String,
    parts: Vec<PartView>,
    missing: Vec<&'static str>,
    needed: bool,
    retentions: Vec<Choice>,
    promises: Vec<PromiseView>,
    passes: Vec<Pass>,
    mediate: bool,
    today: String,
    now_local: String,
}

impl Dossier<'_> {
    /// What was typed, else what stands, else what is proposed.
    fn value(&self, open: &str, field: &str, stands: &str) -> String {
        if self.open == open { self.form.typed(field).to_string() } else { stands.to_string() }
    }
    fn volume(&self, field: &str) -> String {
        let c = &self.case;
        let stands = match (&c.volume, field) {
            (Some(v), "title") => v.title.clone(),
            (Some(v), "mediator") => v.mediator.clone(),
            (Some(v), "from_day") => v.from_day.to_string(),
            (Some(v), "until_day") => v.until_day.to_string(),
            (Some(v), "filed_by") => v.filed_by.clone(),
            (Some(v), "filed_on") => v.filed_on.to_string(),
            (Some(v), "retention") => v.retention.clone(),
            (Some(v), "note") => v.note.clone(),
            (None, "title") => format!("{}{}纠纷", c.sides(), c.category().trim_end_matches("纠纷")),
            (None, "mediator") => c.mediator(),
            (None, "from_day") => c.d.accepted_on.unwrap_or_else(|| clock::day_of(c.d.opened_at)).to_string(),
            (None, "until_day") => c.agreement().map(|a| a.signed_on).or(c.closed_on()).map_or(self.today.clone(), |d| d.to_string()),
            (None, "filed_by") => self.ctx.who.name.clone(),
            (None, "filed_on") => self.today.clone(),
            (None, "retention") => "10".into(),
            _ => String::new(),
        };
        self.value("file", field, &stands)
    }
    fn party_form(&self, p: &CaseParty) -> bool {
        self.open == format!("party.{}", p.p.id)
    }
    fn party(&self, p: &CaseParty, field: &str) -> String {
        let stands = match field {
            "occupation" => p.more.occupation.clone(),
            "guardian_relation" => p.more.guardian_relation.clone(),
            "guardian_told_on" => p.more.guardian_told_on.map_or(String::new(), |d| d.to_string()),
            "guardian_told_how" => p.more.guardian_told_how.clone(),
            "guardian_exempt" => if p.more.guardian_exempt { "1".into() } else { String::new() },
            "exempt_reason" => p.more.exempt_reason.clone(),
            "power" => p.more.power.map_or(String::new(), |w| w.code().to_string()),
            "power_scope" => p.more.power_scope.clone(),
            "interpreter" => p.more.interpreter.clone(),
            "language" => p.more.language.clone(),
            _ => String::new(),
        };
        self.value(&format!("party.{}", p.p.id), field, &stands)
    }
    fn pass_of(&self, p: &CaseParty) -> Option<&Pass> {
        self.passes.iter().find(|x| x.party_id == p.p.id && x.revoked_at.is_none())
    }
    fn told_ways(&self) -> &'static [Told] {
        Told::ALL
    }
    fn powers(&self) -> &'static [Power] {
        Power::ALL
    }
}

/// Renders the page, possibly with a form that failed.
pub(crate) async fn show(ctx: &Ctx, id: DisputeId, form: &Form, again: Again, open: &str) -> Answer {
    let act = ctx.look("dossier.see", Purpose::Mediation).about("dispute", id.0);
    let mut case = Case::load(&ctx.app, &act, id, false).await?;
    // The agreement's own data is made when it is printed; here only its presence counts.
    case.agreement_data.clear();
    let passes = ctx.app.db().read(&act, async |r: &mut Reader| store::passes(r, id).await).await?;
    let facts = case.facts();
    let list = rules::parts(&facts);
    let missing = rules::missing(&list);
    let printable = case.papers();
    let mut parts = vec![];
    for part in list {
        let mut papers = vec![];
        for (paper, record) in printable.iter().filter(|(p, _)| Some(*p) == part.paper) {
            let data = if *paper == Paper::Agreement { None } else { Some(sheet(&case, *paper, *record)?.data) };
            papers.push(PaperView {
                paper: *paper,
                record: *record,
                day: data.as_ref().and_then(|d| d["issued_at"].as_str()?.get(..10).map(str::to_string)).unwrap_or_default(),
                lacks: data.as_ref().map_or(vec![], |d| required::lacks(*paper, d)),
                last: case.prints.iter().find(|p| p.paper == *paper && p.record_id == *record).cloned(),
                scans: case.scans.iter().filter(|s| s.0 == *paper && s.1 == *record).flat_map(|s| s.2.clone()).collect(),
                signed: case.signatures.iter().filter(|s| s.paper == *paper && s.record_id == *record).count(),
            });
        }
        parts.push(PartView { part, papers });
    }
    let days = case.rules.int("follow_up.before_deadline_days", case.today)?;
    let until = case.rules.calendar().add_days(case.today, days).date;
    let promises = case
        .promises
        .iter()
        .filter(|(o, _)| o.due.is_some() && o.state == Kept::Pending)
        .map(|(o, _)| PromiseView {
            who: o.party_id.and_then(|p| case.party(p)).map_or_else(|| "双方".into(), |p| format!("{} {}", p.p.side.label(), p.v.name)),
            told: case
                .tellings
                .iter()
                .filter(|t| t.obligation_id == o.id)
                .map(|t| {
                    let side = case.party(t.party_id).map_or("", |p| p.p.side.label());
                    format!("{side} {} {}", clock::show(t.told_at), Told::from_code(&t.how).map_or("", Told::label))
                })
                .collect(),
            untold: case
                .parties
                .iter()
                .filter(|p| !case.tellings.iter().any(|t| t.obligation_id == o.id && t.party_id == p.p.id))
                .map(|p| (p.p.id, format!("{} {}", p.p.side.label(), p.v.name)))
                .collect(),
            near: o.due.is_some_and(|d| d <= until),
            o: o.clone(),
        })
        .collect();
    let (failed, status, number) = (again.any(), again.status(), case.d.number.clone());
    let content = Dossier {
        ctx,
        form,
        again: &again,
        open,
        command_id: ctx.command_id().to_string(),
        parts,
        missing,
        needed: rules::needs_dossier(&facts),
        retentions: case.rules.list("dossier.retention", case.today).iter().map(|c| Choice { code: c.code.clone(), name: c.name.clone() }).collect(),
        promises,
        passes,
        mediate: ctx.may(P::DisputeMediate),
        today: case.today.to_string(),
        now_local: ctx.now().to_zoned_datetime(clock::zone()).strftime("%Y-%m-%dT%H:%M").to_string(),
        case,
    };
    let page = Page::new("卷宗", &content).crumb("纠纷", "/disputes").crumb(number, format!("/disputes/{id}"));
    if failed { page.status(status).show(ctx) } else { page.show(ctx) }
}

/// `GET /disputes/{id}/dossier`
pub async fn page(ctx: Ctx, Path(id): Path<String>) -> Answer {
    let id = web::page::id(&id, "这起纠纷")?;
    show(&ctx, id, &Form::default(), Again::default(), "").await
}
