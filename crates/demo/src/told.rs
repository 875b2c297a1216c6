//! Two cases told from beginning to end: the chair upstairs, and the hens in the green belt.

use crate::broken;
use crate::life::at;
use crate::mend::Room;
use crate::staff::Crew;
use incidents::actions as act;
use incidents::model::{LinkKind, NewIntake, Step};
use kernel::{App, Date, DisputeId, IncidentId, Purpose, Reader, Result, Role, Timestamp, clock};
use mediation::model::{Found, NewDispute, NewParty, NewPromise, NewTalk, Side, TalkKind, Term, Track};
use mediation::store::parts;
use serde::Deserialize;

#[derive(Deserialize)]
struct File {
    told: Vec<Told>,
}

/// One case, step by step.
#[derive(Deserialize)]
pub struct Told {
    station: String,
    place: String,
    judicial: String,
    police: String,
    cause_tags: Vec<String>,
    title: String,
    base_date: Date,
    party: Vec<PartyOf>,
    step: Vec<StepOf>,
}

#[derive(Deserialize)]
struct PartyOf {
    side: String,
    name: String,
    at: String,
}

#[derive(Deserialize)]
struct StepOf {
    day: i64,
    time: String,
    action: String,
    text: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    by_party: String,
    due: Option<Date>,
    #[serde(default)]
    mode: String,
    #[serde(default)]
    finding: String,
    #[serde(default)]
    satisfaction: String,
}

pub fn read() -> Result<Vec<Told>> {
    let file: File = toml::from_str(include_str!("../town/stories.toml")).map_err(|e| broken("stories.toml", e))?;
    Ok(file.told)
}

/// Where the case stands while it is told.
#[derive(Default)]
struct Stand {
    incident: Option<IncidentId>,
    earlier: Vec<IncidentId>,
    dispute: Option<DisputeId>,
    signed: Option<Timestamp>,
    promises: Vec<NewPromise>,
}

/// Tells the cases of this station, so that their last day was yesterday; both go into the Fengqiao
/// book, proposed by the officer and approved by the duty leader.
pub async fn tell(app: &App, room: &Room<'_>, crew: &Crew, cases: &[Told]) -> Result<()> {
    for c in cases.iter().filter(|c| c.station == room.town.station.code) {
        if let Some(id) = one(app, room, crew, c).await? {
            enter(app, room, crew, id).await?;
        }
    }
    Ok(())
}

async fn one(app: &App, room: &Room<'_>, crew: &Crew, c: &Told) -> Result<Option<DisputeId>> {
    let last = c.step.iter().map(|s| s.day).max().unwrap_or(0);
    let base = clock::day_of(room.now).checked_sub(kernel::ToSpan::days(last + 1)).map_err(kernel::Error::internal)?;
    let shift = c.base_date.until(base).map(|s| i64::from(s.get_days())).unwrap_or(0);
    let moved = |d: Date| d.checked_add(kernel::ToSpan::days(shift)).unwrap_or(d);
    let operator = crew.of(Role::Operator)?;
    let leader = crew.of(Role::DutyLeader)?;
    let mut s = Stand::default();
    let mut terms_done = false;
    for (i, step) in c.step.iter().enumerate() {
        let day = base.checked_add(kernel::ToSpan::days(step.day)).unwrap_or(base);
        let t = web_moment(day, &step.time);
        // The terms follow their agreement: it is written when the last of them is told.
        if s.signed.is_some() && !terms_done && step.action != "term" {
            terms_done = true;
            let committee = room.committees.first().copied();
            let mediator = room.mediator(committee).await?;
            let (Some(id), Some(signed)) = (s.dispute, s.signed) else { continue };
            room.agree(id, signed, (committee, &mediator), &c.title, std::mem::take(&mut s.promises)).await?;
            room.print(id, signed).await?;
        }
        match step.action.as_str() {
            "report" => {
                let new = NewIntake {
                    source_code: step.source.clone(),
                    called_at: Some(t),
                    content: step.text.clone(),
                    place: c.party.first().map_or(c.place.clone(), |p| p.at.clone()),
                    reporter_name: c.party.first().map_or(String::new(), |p| p.name.clone()),
                    reporter_phone: format!("{}{:06}", room.town.generator.phone_prefix, 990_000 + i),
                    ..NewIntake::default()
                };
                let taken = act::take(app, &at(app, operator, "incidents.take", t), new).await?;
                if step.kind == "earlier" {
                    s.earlier.push(taken.id);
                    // It was seen to that evening, and came again.
                    let t = t.checked_add(kernel::ToSpan::minutes(4)).unwrap_or(t);
                    act::dispatch(app, &at(app, operator, "incidents.dispatch", t), taken.id, &[room.officer.user], "电话了解，必要时上门").await?;
                    let t = t.checked_add(kernel::ToSpan::minutes(40)).unwrap_or(t);
                    feedback(app, room, leader, taken.id, t, "上门时已经安静，劝说楼上住户夜间注意，告知报警人再有情况随时来电").await?;
                } else {
                    s.incident = Some(taken.id);
                }
            }
            "see_duplicates" => {
                for e in &s.earlier {
                    if let Some(id) = s.incident {
                        let a = at(app, operator, "incidents.link", t);
                        act::link(app, &a, id, *e, LinkKind::Repeat).await?;
                    }
                }
            }
            "dispatch" => {
                let Some(id) = s.incident else { continue };
                act::dispatch(app, &at(app, operator, "incidents.dispatch", t), id, &[room.officer.user], &step.text).await?;
            }
            "feedback" => {
                let Some(id) = s.incident else { continue };
                feedback(app, room, leader, id, t, &step.text).await?;
            }
            "open_dispute" => s.dispute = Some(open(room, c, s.incident, t).await?),
            "inquiry" | "mediation" => {
                let id = match s.dispute {
                    Some(id) => id,
                    None => open(room, c, s.incident, t).await?,
                };
                s.dispute = Some(id);
                let d = room.read(async |r: &mut Reader| mediation::store::get(r, id).await).await?;
                if d.track.is_none() {
                    if let Some(c) = room.committees.first() {
                        room.hand_over(id, *c, "可以申请人民调解，自愿、不收费，可以拒绝，也可以向人民法院起诉。", t).await?;
                    }
                    room.accept(id, Track::Peoples, t).await?;
                }
                if step.action == "inquiry" {
                    let talk = NewTalk {
                        kind: TalkKind::Inquiry,
                        held_from: t,
                        held_until: None,
                        place: c.place.clone(),
                        committee: None,
                        mediator: String::new(),
                        host: None,
                        crew: vec![room.officer.user],
                        recorded: false,
                        recording_no: String::new(),
                        text: step.text.clone(),
                        files: vec![],
                    };
                    mediation::actions::talk(app, &room.act(room.officer, "mediation.talk", t), id, talk).await?;
                } else {
                    let committee = room.committees.first().copied();
                    let mediator = room.mediator(committee).await?;
                    room.session(id, t, (committee, &mediator), &step.text).await?;
                }
            }
            "agreement" => s.signed = Some(t),
            "term" => {
                let Some(id) = s.dispute else { continue };
                let parties = room.read(async |r: &mut Reader| parts::parties(r, id).await).await?;
                let side = Side::from_code(&step.by_party);
                let party = side.and_then(|x| parties.iter().find(|p| p.side == x)).map(|p| p.id);
                let by = step.due.map(moved).filter(|d| *d > clock::day_of(s.signed.unwrap_or(t)));
                s.promises.push(crate::mend::promise(party, crate::mend::worded(&step.by_party, &step.text), by.map(|_| Term::By), by));
            }
            "performance" => {
                let Some(id) = s.dispute else { continue };
                let list = room.read(async |r: &mut Reader| parts::obligations(r, id).await).await?;
                for o in list.iter().filter(|o| o.due.is_some()) {
                    let a = room.act(room.officer, "mediation.promise", t);
                    mediation::actions::perform(app, &a, id, o.id, clock::day_of(t), &step.text, &[]).await?;
                }
            }
            "follow_up" => {
                let Some(id) = s.dispute else { continue };
                let list = room.read(async |r: &mut Reader| parts::follow_ups(r, id).await).await?;
                let Some(f) = list.iter().find(|f| f.done_at.is_none() && !f.dropped) else { continue };
                let found = Found {
                    mode: step.mode.clone(),
                    interviewee: c.party.first().map_or(String::new(), |p| p.name.clone()),
                    finding: step.finding.clone(),
                    satisfaction: Some(step.satisfaction.clone()).filter(|x| !x.is_empty()),
                    note: step.text.clone(),
                    ..Found::default()
                };
                let a = room.act(room.officer, "mediation.follow_up", t);
                mediation::actions::follow_up(app, &a, id, f.id, &found).await?;
            }
            "close" => {
                let Some(id) = s.dispute else { continue };
                let a = room.act(room.officer, "mediation.end", t);
                mediation::actions::close(app, &a, id, &step.text).await?;
            }
            // 签收, 到场 belong to the feedback above; 告知 and 依据 stand in the text of their neighbours.
            "acknowledge" | "arrive" | "rule" | "tell" => {}
            other => return Err(broken("stories.toml", format!("unknown step {other}"))),
        }
    }
    Ok(s.dispute)
}

/// Proposed and approved as people do it.
async fn enter(app: &App, room: &Room<'_>, crew: &Crew, id: DisputeId) -> Result<()> {
    let propose = room.act(room.officer, "precedents.propose", room.now);
    let case = match precedents::actions::propose(app, &propose, id).await {
        Ok(case) => case,
        // On a day on which the calendar shifts a promise, it did not hold long enough yet.
        Err(kernel::Error::Refused(_)) => return Ok(()),
        Err(e) => return Err(e),
    };
    let drafted = room.read(async |r: &mut Reader| precedents::store::get(r, case).await).await?;
    let decision = precedents::actions::Decision {
        step: precedents::model::Step::Approve,
        texts: precedents::model::Texts { title: drafted.title, facts: drafted.facts, plan: drafted.plan, result: drafted.result },
        reason: String::new(),
        shapes_checked: true,
        version: drafted.version,
    };
    let approve = room.act(crew.of(Role::DutyLeader)?, "precedents.decide", room.now);
    precedents::actions::decide(app, &approve, case, &decision).await
}

fn web_moment(day: Date, time: &str) -> Timestamp {
    web::form::parse_moment(&format!("{day} {time}")).unwrap_or_else(|| clock::start_of(day))
}

async fn open(room: &Room<'_>, c: &Told, incident: Option<IncidentId>, t: Timestamp) -> Result<DisputeId> {
    let parties = c
        .party
        .iter()
        .map(|p| NewParty { name: p.name.clone(), place: p.at.clone(), side: Side::from_code(&p.side), ..NewParty::default() })
        .collect();
    let new = NewDispute {
        incident,
        source_code: "incident".into(),
        title: c.title.clone(),
        judicial: Some(c.judicial.clone()),
        police: Some(c.police.clone()),
        causes: c.cause_tags.clone(),
        parties,
        ..NewDispute::default()
    };
    mediation::actions::open(room.app, &room.act(room.officer, "mediation.open", t), new).await
}

/// Signed for, on the spot, fed back and reviewed.
async fn feedback(app: &App, room: &Room<'_>, leader: &kernel::Actor, id: IncidentId, t: Timestamp, text: &str) -> Result<()> {
    let look = app.look(room.officer, "incidents.see", Purpose::Incident);
    let orders = app.db().read(&look, async |r: &mut Reader| incidents::store::orders::of_incident(r, id).await).await?;
    let Some(order) = orders.first() else { return Ok(()) };
    for step in [Step::Acknowledge, Step::Arrive] {
        act::step(app, &at(app, room.officer, "incidents.step", t), id, act::StepArgs { order: order.id, step }).await?;
    }
    let fb = act::NewFeedback {
        order: Some(order.id),
        last: true,
        text: text.into(),
        found_category: Some("dispute".into()),
        ..act::NewFeedback::default()
    };
    act::feedback(app, &at(app, room.officer, "incidents.feedback", t), id, fb).await?;
    act::review(app, &at(app, leader, "incidents.review", t), id, Step::Approve, "").await
}
