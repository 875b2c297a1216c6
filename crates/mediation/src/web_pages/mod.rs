//! Pages: register, new dispute, one dispute with its forms, the agreement, committees.

pub mod calendar;
pub mod detail;
pub mod forms;
pub mod new;
pub mod register;
pub mod retention;
pub mod ways;

use crate::model::{Candidate, Line, State};
use crate::store;
use askama::Template;
use futures::future::BoxFuture;
use crate::rules::Levels;
use kernel::rules::{Code, RuleSet};
use kernel::{Actor, App, Date, DisputeId, Permission as P, Purpose, Reader, Result, Uuid};

/// A code and its name, for select boxes and check boxes.
pub(crate) struct Choice {
    pub code: String,
    pub name: String,
}

pub(crate) fn choices(rules: &RuleSet, list: &str, today: Date) -> Vec<Choice> {
    rules.list(list, today).into_iter().map(Choice::of).collect()
}

/// What the station of this code offers.
pub(crate) fn choices_at(rules: &RuleSet, list: &str, station: &str, today: Date) -> Vec<Choice> {
    rules.list_at(list, station, today).into_iter().map(Choice::of).collect()
}

impl Choice {
    fn of(c: &Code) -> Choice {
        Choice { code: c.code.clone(), name: c.name.clone() }
    }
}

/// A line of the register with its names looked up.
pub(crate) struct LineView {
    pub line: Line,
    pub category: String,
    pub level: LevelView,
    pub owner: String,
    /// Days until the deadline; negative when over.
    pub late: bool,
}

/// A level with its place on the scale (1 the lowest, 4 the highest that has a colour); the colour is never the only sign.
#[derive(Clone)]
pub(crate) struct LevelView {
    pub name: String,
    pub rank: i64,
    pub meaning: String,
    /// A plan of its own comes first.
    pub plan: bool,
}

pub(crate) fn level(levels: &Levels<'_>, code: &str) -> LevelView {
    let entry = levels.code(code);
    LevelView {
        name: entry.map_or(code, |c| c.name.as_str()).to_string(),
        rank: levels.rank(code).clamp(1, 4),
        meaning: entry.and_then(|c| c.attr_text("meaning")).unwrap_or("").to_string(),
        plan: entry.is_some_and(|c| c.attr_flag("plan_required")),
    }
}

/// Lines of the register at the station of this code.
pub(crate) async fn views(r: &mut Reader, lines: Vec<Line>, rules: &RuleSet, station: &str, today: Date) -> Result<Vec<LineView>> {
    let users: Vec<_> = lines.iter().map(|l| l.owner_id).collect();
    let names = identity::store::names(r, &users).await?;
    Ok(lines
        .into_iter()
        .map(|line| LineView {
            category: line.judicial.as_deref().map_or_else(|| "未定类".into(), |c| rules.name("dispute.category.judicial", c).to_string()),
            level: level(&Levels::at(rules, station, today), &line.level),
            owner: names.iter().find(|(id, _)| *id == line.owner_id).map_or_else(|| "—".into(), |(_, n)| n.clone()),
            late: line.state == State::Mediating && line.deadline.is_some_and(|d| d < today),
            line,
        })
        .collect())
}

#[derive(Template)]
#[template(path = "from_incident.html")]
struct FromIncident {
    incident: Uuid,
    dispute: Option<(DisputeId, String, State)>,
    may_open: bool,
    may_escalate: bool,
    /// Disputes this incident may have come from.
    candidates: Vec<Candidate>,
    command_id: String,
}

/// 转调解, or the dispute that was opened from the incident.
pub fn from_incident<'a>(app: &'a App, actor: &'a Actor, id: Uuid) -> BoxFuture<'a, Result<String>> {
    Box::pin(async move {
        if !actor.may(P::DisputeSee) {
            return Ok(String::new());
        }
        let look = app.look(actor, "mediation.of_incident", Purpose::Mediation);
        let (dispute, candidates) = app
            .db()
            .read(&look, async |r: &mut Reader| {
                let intake = incidents::store::get(r, id.into()).await?;
                let at = (intake.address_id, intake.other_address_id);
                let list = store::tracks::candidates(r, intake.station_id, intake.id, at, intake.reporter_id).await?;
                let from = store::of_incident(r, id.into()).await?;
                let ids = list.iter().map(|c| c.id).chain(from.iter().map(|f| f.0)).collect();
                let shown = store::query::shown(r, ids).await?;
                let list: Vec<_> = list.into_iter().filter(|c| shown.contains(&c.id)).collect();
                Ok((from.filter(|f| shown.contains(&f.0)), list))
            })
            .await?;
        let view = FromIncident {
            incident: id,
            dispute,
            may_open: actor.may(P::DisputeOpen),
            may_escalate: actor.may(P::DisputeMediate),
            candidates,
            command_id: app.fresh_command().to_string(),
        };
        view.render().map_err(kernel::Error::internal)
    })
}

#[derive(Template)]
#[template(path = "of_person.html")]
struct OfPerson {
    list: Vec<(DisputeId, String, String, State)>,
}

/// The disputes a person is a party of.
pub fn of_person<'a>(app: &'a App, actor: &'a Actor, id: Uuid) -> BoxFuture<'a, Result<String>> {
    Box::pin(async move {
        if !actor.may(P::DisputeSee) {
            return Ok(String::new());
        }
        let look = app.look(actor, "mediation.of_person", Purpose::Mediation);
        let list = app
            .db()
            .read(&look, async |r: &mut Reader| {
                let list = store::query::of_person(r, id.into()).await?;
                let shown = store::query::shown(r, list.iter().map(|x| x.0).collect()).await?;
                Ok(list.into_iter().filter(|x| shown.contains(&x.0)).collect::<Vec<_>>())
            })
            .await?;
        if list.is_empty() {
            return Ok(String::new());
        }
        OfPerson { list }.render().map_err(kernel::Error::internal)
    })
}
