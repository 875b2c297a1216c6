//! Years of two stations for measurements: the same actions as in the demonstration, many at once, so
//! that the writer's group commit takes some hundreds of them together.
//!
//! Most reports end early (invalid, handed over to another unit), as most calls do; every one that
//! becomes a dispute is dispatched, acknowledged, fed back and reviewed first. One dispute in twenty
//! goes the whole way to agreement, promises and visits.

use crate::dice::Dice;
use crate::life::{Story, at, plus};
use crate::mend::{self, Room};
use crate::staff::{self, Crew};
use crate::town::{self, Built, Home, Town};
use crate::{Account, Progress};
use incidents::actions::{self as act, NewFeedback, StepArgs};
use incidents::model::{NewFinding, NewHandOver, NewIntake, NewTold, Step, Told, Way};
use kernel::{Actor, App, Error, IncidentId, PersonId, Purpose, Reader, Result, Role, Timestamp, Uuid};
use mediation::model::{NewDispute, NewParty, Side, Track};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

/// Actions under way at once: while half of them wait for a commit, the other half fills the next one.
pub const AT_ONCE: usize = 480;
/// Minutes back to the first report: three years.
const SPAN: u64 = 3 * 365 * 24 * 60;

/// How much is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    pub incidents: usize,
    /// At most one per incident.
    pub disputes: usize,
}

/// One station with everything its years need.
struct Scene {
    town: Town,
    crew: Crew,
    committees: Vec<Uuid>,
    /// Households with an adult, and the adult of the household above.
    homes: Vec<(Home, PersonId, Option<PersonId>)>,
}

struct Years {
    app: App,
    now: Timestamp,
    size: Size,
    stories: Vec<Story>,
    scenes: Vec<Scene>,
}

/// What is none of the police's goes to the government hotline, and the caller hears it on the telephone.
fn elsewhere() -> NewHandOver {
    let finding = NewFinding { reason: "to_12345".into(), why: "不属于公安机关职责。".into(), unit: String::new() };
    NewHandOver {
        finding: Some(finding),
        unit: "12345政务服务便民热线".into(),
        way: Some(Way::Platform),
        told: Some(NewTold { how: Told::Phone, at: None, note: "通话中告知由12345受理。".into(), disputed: false }),
        ..NewHandOver::default()
    }
}

/// Fills an empty installation; `progress` tells incidents done, of all.
pub async fn fill(app: &App, size: Size, progress: Progress<'_>) -> Result<Vec<Account>> {
    let operator = Actor::local("demo");
    let mut dice = Dice::new(20_260_508);
    let mut accounts = vec![];
    let mut scenes = vec![];
    for t in town::read()? {
        progress(0, size.incidents, "地址、账号、住户");
        let built = town::build(app, &operator, &t).await?;
        let crew = staff::hire(app, &operator, &t, &built, &mut accounts).await?;
        town::settle(app, &t, &built, &crew, &mut dice).await?;
        let committees = mend::committees(app, &t, &crew).await?;
        let homes = neighbours(app, &built, &crew).await?;
        scenes.push(Scene { town: t, crew, committees, homes });
    }
    let years = Arc::new(Years { app: app.clone(), now: app.now(), size, stories: crate::life::stories()?, scenes });
    let next = Arc::new(AtomicUsize::new(0));
    let mut crowd: tokio::task::JoinSet<Result<()>> = tokio::task::JoinSet::new();
    for _ in 0..AT_ONCE {
        let (years, next) = (years.clone(), next.clone());
        crowd.spawn(async move {
            loop {
                let n = next.fetch_add(1, Relaxed);
                if n >= years.size.incidents {
                    return Ok(());
                }
                years.live(n).await?;
            }
        });
    }
    while !crowd.is_empty() {
        match tokio::time::timeout(Duration::from_secs(2), crowd.join_next()).await {
            Ok(Some(done)) => done.map_err(Error::internal)??,
            Ok(None) => break,
            Err(_) => progress(next.load(Relaxed).min(size.incidents), size.incidents, "警情和纠纷"),
        }
    }
    progress(size.incidents, size.incidents, "完成");
    Ok(accounts)
}

async fn neighbours(app: &App, built: &Built, crew: &Crew) -> Result<Vec<(Home, PersonId, Option<PersonId>)>> {
    let look = app.look(crew.of(Role::Officer)?, "people.at", Purpose::Mediation);
    let mut adults = std::collections::HashMap::new();
    for part in built.homes.chunks(200) {
        for home in part {
            let found = app.db().read(&look, async |r: &mut Reader| people::store::by_address(r, home.address).await).await?;
            if let Some(p) = found.iter().find(|p| !p.minor) {
                adults.insert(home.address, p.id);
            }
        }
    }
    let of = |h: &Home| adults.get(&h.address).map(|p| (h.clone(), *p, h.above.and_then(|a| adults.get(&a).copied())));
    Ok(built.homes.iter().filter_map(of).collect())
}

impl Years {
    /// The whole life of report `n`, counted from the oldest.
    async fn live(&self, n: usize) -> Result<()> {
        let mut dice = Dice::new(0x00f0_0d00 + n as u64);
        let scene = &self.scenes[n % self.scenes.len()];
        let left = self.size.incidents - n;
        let becomes = (n + 1) * self.size.disputes / self.size.incidents > n * self.size.disputes / self.size.incidents;
        let usable: Vec<&Story> = self.stories.iter().filter(|s| s.fits(&scene.town.station.kind) && (s.track().is_some() || !becomes)).collect();
        let story = *dice.pick(&usable);
        let (home, applicant, above) = dice.pick(&scene.homes).clone();
        let age = left as u64 * SPAN / self.size.incidents as u64 + dice.below(30) as u64 + 2;
        let called = self.now.checked_sub(Duration::from_secs(age * 60)).unwrap_or(self.now);
        let taken_at = plus(called, 1);
        let operator = scene.crew.of(Role::Operator)?;
        let say = |text: &str| text.replace("{place}", &home.said).replace("{name}", "这户");
        let new = NewIntake {
            source_code: (*dice.pick(&["0101", "0101", "0201", "0603"])).into(),
            called_at: Some(called),
            title: say(dice.pick::<String>(&story.titles)),
            content: say(dice.pick::<String>(story.texts())),
            place: home.said.clone(),
            address: Some(home.address),
            other_address: home.above.filter(|_| becomes),
            category: Some(story.category().into()),
            ..NewIntake::default()
        };
        let id = act::take(&self.app, &at(&self.app, operator, "incidents.take", taken_at), new).await?.id;
        // The newest stay open at different stages.
        let open = left <= (self.size.incidents / 200).max(12);
        if open && dice.chance(50) {
            return Ok(());
        }
        if !becomes && !open && dice.chance(90) {
            let t = plus(taken_at, 20).min(self.now);
            if dice.chance(60) {
                let a = at(&self.app, operator, "incidents.invalidate", t);
                return act::invalidate(&self.app, &a, id, "误拨，回拨核实无警情。").await;
            }
            let a = at(&self.app, operator, "incidents.hand_over", t);
            return act::hand_over(&self.app, &a, id, &elsewhere()).await;
        }
        let Some((officer, t)) = self.work(scene, id, story, taken_at, open, &mut dice).await? else { return Ok(()) };
        if becomes { self.dispute(scene, officer, story, (id, &home, applicant, above), t, &mut dice).await } else { Ok(()) }
    }

    /// Order, acknowledgement, closing feedback, review.
    async fn work<'a>(
        &self,
        scene: &'a Scene,
        id: IncidentId,
        story: &Story,
        taken: Timestamp,
        open: bool,
        dice: &mut Dice,
    ) -> Result<Option<(&'a Actor, Timestamp)>> {
        let app = &self.app;
        let (operator, leader) = (scene.crew.of(Role::Operator)?, scene.crew.of(Role::DutyLeader)?);
        let officers = scene.crew.all(Role::Officer);
        let officer: &'a Actor = officers.get(dice.below(officers.len())).copied().ok_or(Error::NotFound("民警"))?;
        let mut t = plus(taken, 2).min(self.now);
        act::dispatch(app, &at(app, operator, "incidents.dispatch", t), id, &[officer.user], "请到场了解情况").await?;
        if open && dice.chance(50) {
            return Ok(None);
        }
        let look = app.look(officer, "incidents.see", Purpose::Incident);
        let orders = app.db().read(&look, async |r: &mut Reader| incidents::store::orders::of_incident(r, id).await).await?;
        let order = orders.first().ok_or(Error::NotFound("派警单"))?.id;
        t = plus(t, 1 + dice.below(6) as u64).min(self.now);
        act::step(app, &at(app, officer, "incidents.step", t), id, StepArgs { order, step: Step::Acknowledge }).await?;
        if open {
            return Ok(None);
        }
        t = plus(t, 30 + dice.below(60) as u64).min(self.now);
        let fb = NewFeedback {
            order: Some(order),
            last: true,
            text: "已到场处理，双方无异议。".into(),
            ..story.found()
        };
        act::feedback(app, &at(app, officer, "incidents.feedback", t), id, fb).await?;
        t = plus(t, 60).min(self.now);
        act::review(app, &at(app, leader, "incidents.review", t), id, Step::Approve, "").await?;
        Ok(Some((officer, t)))
    }

    async fn dispute(
        &self,
        scene: &Scene,
        officer: &Actor,
        story: &Story,
        (incident, home, applicant, above): (IncidentId, &Home, PersonId, Option<PersonId>),
        from: Timestamp,
        dice: &mut Dice,
    ) -> Result<()> {
        let app = &self.app;
        let room = Room { app, town: &scene.town, officer, now: self.now, committees: scene.committees.clone(), second: crate::mend::second(&scene.crew, officer)? };
        if dice.chance(5) {
            return room.settle(story, incident, home, from, dice).await;
        }
        let t = plus(from, 60).min(self.now);
        let party = |person: Option<PersonId>, side: Side, name: &str| NewParty {
            person,
            name: if person.is_some() { String::new() } else { name.into() },
            side: Some(side),
            ..NewParty::default()
        };
        let new = NewDispute {
            incident: Some(incident),
            source_code: "incident".into(),
            judicial: Some(story.judicial.clone()).filter(|c| !c.is_empty()),
            police: Some(story.police.clone()).filter(|c| !c.is_empty()),
            causes: story.cause_tags.clone(),
            parties: vec![party(Some(applicant), Side::Applicant, ""), party(above, Side::Respondent, "赵永强")],
            ..NewDispute::default()
        };
        let id = mediation::actions::open(app, &room.act(officer, "mediation.open", t), new).await?;
        let t = plus(t, 20 * 60).min(self.now);
        if dice.chance(45) {
            let a = room.act(officer, "mediation.end", t);
            return mediation::actions::refer(app, &a, id, "人民法院", "口头", false).await;
        }
        if dice.chance(20) {
            return Ok(());
        }
        let Some(track) = story.track() else { return Ok(()) };
        if let (Track::Peoples, Some(committee)) = (track, scene.committees.first()) {
            room.hand_over(id, *committee, "可以申请人民调解，自愿、不收费，可以拒绝，也可以起诉。", t).await?;
        }
        room.accept(id, track, t).await?;
        if dice.chance(20) {
            return Ok(());
        }
        room.settled_themselves(id, plus(t, 24 * 60).min(self.now)).await
    }
}
