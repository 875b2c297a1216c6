//! What happened in the last weeks: reports taken, dispatched, answered, reviewed.

use crate::broken;
use crate::dice::Dice;
use crate::mend::Room;
use crate::staff::Crew;
use crate::town::{Built, Town};
use incidents::actions::{self, NewFeedback, StepArgs};
use incidents::model::{NewIntake, Step};
use mediation::model::Track;
use kernel::{Act, Actor, App, IncidentId, Purpose, Reader, Result, Role, Timestamp};
use serde::Deserialize;
use std::time::Duration;

#[derive(Deserialize)]
pub struct Story {
    #[serde(rename = "where", default)]
    pub place: String,
    #[serde(default)]
    weight: usize,
    category1: String,
    pub titles: Vec<String>,
    pub texts: Vec<String>,
    #[serde(default)]
    feedback: Vec<String>,
    #[serde(default)]
    pub track: String,
    #[serde(default)]
    pub outcome: String,
    #[serde(default)]
    pub level: String,
    #[serde(default)]
    pub judicial: String,
    #[serde(default)]
    pub police: String,
    #[serde(default)]
    pub cause_tags: Vec<String>,
    #[serde(default)]
    pub follow_ups: Vec<String>,
    #[serde(default)]
    pub terms: Vec<Term>,
}

impl Story {
    /// Whether it may happen in a station of this kind.
    pub fn fits(&self, kind: &str) -> bool {
        self.place == "any" || self.place.is_empty() || self.place == kind
    }
    /// The track of mediation, when it is a dispute that may be mediated.
    pub fn track(&self) -> Option<Track> {
        Track::from_code(&self.track).filter(|_| self.category1 == "dispute")
    }
    /// The scene as the feedback tells it, after what the story is about.
    pub fn found(&self) -> NewFeedback {
        let cause = self.cause_tags.first().map_or("", String::as_str);
        let (place, means) = match (self.category1.as_str(), cause) {
            (_, "noise_construction" | "dust" | "blast" | "work_injury") => ("work", "noise"),
            (_, c) if c.starts_with("noise") => ("home", "noise"),
            (_, "parking" | "truck") => ("road", "occupy"),
            (_, "corridor_clutter" | "ev_charging" | "poultry_green_belt" | "dog_unleashed") => ("common", "occupy"),
            (_, "wage" | "debt" | "deposit" | "property_fee") => ("work", "default"),
            (_, "scuffle" | "children") => ("common", "hands"),
            (_, "insult" | "divorce" | "inheritance") => ("home", "words"),
            (_, "consumer" | "cooking_smoke") => ("food", "words"),
            (_, "grassland" | "livestock") => ("rural", "occupy"),
            ("dispute", _) => ("home", "words"),
            ("traffic", _) => ("road", "vehicle"),
            ("criminal", _) => ("shop", "unknown"),
            ("public_order", _) => ("leisure", "drink"),
            ("help" | "consult" | "complaint", _) => ("home", "none"),
            _ => ("unknown", "unknown"),
        };
        NewFeedback {
            found_category: Some(self.category1.clone()),
            found_sub_category: Some(self.police.clone()).filter(|p| self.category1 == "dispute" && !p.is_empty()),
            place_kind: Some(place.into()),
            cause: (!cause.is_empty()).then(|| cause.to_string()),
            means: Some(means.into()),
            ..NewFeedback::default()
        }
    }

    pub fn category(&self) -> &str {
        &self.category1
    }
    pub fn texts(&self) -> &[String] {
        &self.texts
    }
}

/// What an agreement of this story says.
#[derive(Deserialize)]
pub struct Term {
    pub text: String,
    pub by: String,
    pub due_days: i64,
}

#[derive(Deserialize)]
struct File {
    story: Vec<Story>,
}

/// The story templates.
pub fn stories() -> Result<Vec<Story>> {
    let file: File = toml::from_str(include_str!("../town/stories.toml")).map_err(|e| broken("stories.toml", e))?;
    Ok(file.story)
}

/// Reports of the last weeks per station.
const REPORTS: usize = 60;
/// Days back to the first.
const DAYS: u64 = 30;

pub fn at(app: &App, who: &Actor, action: &'static str, when: Timestamp) -> Act {
    let mut act = app.act(who, action, Purpose::Incident, app.fresh_command());
    act.at = when;
    act
}

pub fn plus(t: Timestamp, minutes: u64) -> Timestamp {
    t.checked_add(Duration::from_secs(minutes * 60)).unwrap_or(t)
}

/// Lets the stories happen, oldest first; the newest stay open at different stages.
pub async fn happen(
    app: &App,
    t: &Town,
    built: &Built,
    crew: &Crew,
    stories: &[Story],
    committees: &[kernel::Uuid],
    dice: &mut Dice,
) -> Result<()> {
    let now = app.now();
    let usable: Vec<&Story> = stories.iter().filter(|s| s.fits(&t.station.kind)).collect();
    let total: usize = usable.iter().map(|s| s.weight.max(1)).sum();
    let mut ages: Vec<u64> = (0..REPORTS).map(|_| 20 + dice.below((DAYS * 24 * 60) as usize) as u64).collect();
    ages.sort_unstable_by(|a, b| b.cmp(a));
    let operator = crew.of(Role::Operator)?;
    let leader = crew.of(Role::DutyLeader)?;
    for (n, age) in ages.iter().enumerate() {
        let mut throw = dice.below(total);
        let mut story = usable[0];
        for s in &usable {
            if throw < s.weight.max(1) {
                story = s;
                break;
            }
            throw -= s.weight.max(1);
        }
        let home = dice.pick(&built.homes).clone();
        let fill = |text: &str| text.replace("{place}", &home.said).replace("{name}", "这户");
        let called = now.checked_sub(Duration::from_secs(age * 60)).unwrap_or(now);
        let taken_at = plus(called, 1);
        let source = *dice.pick(&["0101", "0101", "0201", "0603", "0901"]);
        let new = NewIntake {
            source_code: source.into(),
            external: (source == "0901").then(|| ("12345".to_string(), format!("YS{:08}", n + 1))),
            called_at: Some(called),
            title: fill(dice.pick::<String>(&story.titles)),
            content: fill(dice.pick::<String>(&story.texts)),
            place: home.said.clone(),
            address: Some(home.address),
            other_address: home.above.filter(|_| story.category1 == "dispute"),
            category: Some(story.category1.clone()),
            reporter_phone: if dice.chance(70) { format!("{}{:06}", t.generator.phone_prefix, 500_000 + n) } else { String::new() },
            ..NewIntake::default()
        };
        let taken = actions::take(app, &at(app, operator, "incidents.take", taken_at), new).await?;
        let left = REPORTS - n;
        if left > 3 {
            let closed = follow(app, crew, (operator, leader), taken.id, taken_at, now, left, story, dice).await?;
            if let Some((officer, closed)) = closed
                && story.category1 == "dispute"
            {
                let room = Room { app, town: t, officer, now, committees: committees.to_vec(), second: crate::mend::second(crew, officer)? };
                room.settle(story, taken.id, &home, closed, dice).await?;
            }
        }
    }
    Ok(())
}

#[allow(clippy::too_many_arguments)]
async fn follow<'a>(
    app: &App,
    crew: &'a Crew,
    (operator, leader): (&Actor, &Actor),
    id: IncidentId,
    taken: Timestamp,
    now: Timestamp,
    left: usize,
    story: &Story,
    dice: &mut Dice,
) -> Result<Option<(&'a Actor, Timestamp)>> {
    let look = app.look(operator, "incidents.see", Purpose::Incident);
    let (beat, grid) = app
        .db()
        .read(&look, async |r: &mut Reader| {
            let i = incidents::store::get(r, id).await?;
            Ok((i.beat_id, i.grid_id))
        })
        .await?;
    let officers = crew.all(Role::Officer);
    let officer: &'a Actor = officers
        .iter()
        .find(|o| beat.is_some_and(|b| o.beats.contains(&b)))
        .copied()
        .unwrap_or(*dice.pick(&officers));
    let mut targets = vec![officer.user];
    if let Some(w) = crew.all(Role::GridWorker).into_iter().find(|w| grid.is_some_and(|g| w.grids.contains(&g))) {
        targets.push(w.user);
    }
    let until = |t: Timestamp| if t > now { now } else { t };
    let sent = until(plus(taken, 2));
    actions::dispatch(app, &at(app, operator, "incidents.dispatch", sent), id, &targets, "请到场了解情况").await?;
    if left <= 6 {
        return Ok(None);
    }
    let look = app.look(operator, "incidents.see", Purpose::Incident);
    let orders = app.db().read(&look, async |r: &mut Reader| incidents::store::orders::of_incident(r, id).await).await?;
    let Some(order) = orders.iter().find(|o| o.target_user == officer.user) else { return Ok(None) };
    for o in orders.iter().filter(|o| o.target_user != officer.user) {
        if let Some(w) = crew.0.iter().find(|a| a.user == o.target_user) {
            let t = until(plus(sent, 1 + dice.below(7) as u64));
            actions::step(app, &at(app, w, "incidents.step", t), id, StepArgs { order: o.id, step: Step::Acknowledge }).await?;
        }
    }
    let mut t = sent;
    for (step, minutes) in [(Step::Acknowledge, 2), (Step::Depart, 3), (Step::Arrive, 9)] {
        t = until(plus(t, minutes));
        actions::step(app, &at(app, officer, "incidents.step", t), id, StepArgs { order: order.id, step }).await?;
    }
    if left <= 9 {
        return Ok(None);
    }
    t = until(plus(t, 35));
    let text = if story.feedback.is_empty() { "已到场处理，双方无异议。".to_string() } else { dice.pick(story.feedback.as_slice()).clone() };
    let fb = NewFeedback {
        order: Some(order.id),
        last: true,
        text,
        ..story.found()
    };
    actions::feedback(app, &at(app, officer, "incidents.feedback", t), id, fb).await?;
    if left <= 13 {
        return Ok(None);
    }
    t = until(plus(t, 90));
    actions::review(app, &at(app, leader, "incidents.review", t), id, Step::Approve, "").await?;
    Ok(Some((officer, t)))
}
