//! Registering a dispute: from an incident or a talk, with its parties; corrections.

use super::{To, give, note, reach, trace};
use crate::model::{Dispute, NewDispute, NewParty, Side, State, Step};
use crate::store::{self, Edit, Where};
use crate::rules::{self, Levels};
use crate::store::parts;
use kernel::error::Clash;
use kernel::rules::RuleSet;
use kernel::search::Doc;
use kernel::{Act, App, Date, DisputeId, Error, FieldErrors, Permission as P, Refusal, Result, Tx, UserId};

/// Characters of the summary at most.
pub const MAX_SUMMARY: usize = 8_000;

fn check(new: &NewDispute, rules: &RuleSet, station: &str, today: Date) -> Result<()> {
    let mut e = FieldErrors::default();
    if new.title.trim().is_empty() {
        e.add("title", "请写明事由。");
    }
    if new.summary.trim().is_empty() {
        e.add("summary", "请写明纠纷经过和双方的要求。");
    }
    if new.summary.chars().count() > MAX_SUMMARY {
        e.add("summary", format!("经过最多 {MAX_SUMMARY} 字，请精简，其余作为附件上传。"));
    }
    for (i, p) in new.parties.iter().enumerate() {
        party_errors(&mut e, p, &format!("_{i}"));
    }
    if new.parties.len() > 12 {
        e.add("name_0", "一起纠纷最多登记 12 名当事人，请只写主要当事人。");
    }
    e.ok(())?;
    rules.must_know("dispute.source", &new.source_code, today)?;
    known(rules, station, today, new.judicial.as_deref(), new.police.as_deref(), &new.causes)
}

fn party_errors(e: &mut FieldErrors, p: &NewParty, suffix: &str) {
    if p.person.is_none() && p.name.trim().is_empty() {
        e.add(format!("name{suffix}"), "请填写当事人姓名。");
    }
    if let Some(s) = people::rules::phone_error(&p.phone) {
        e.add(format!("phone{suffix}"), s);
    }
}

fn known(rules: &RuleSet, station: &str, today: Date, judicial: Option<&str>, police: Option<&str>, causes: &[String]) -> Result<()> {
    if let Some(c) = judicial {
        rules.must_know_at("dispute.category.judicial", c, station, today)?;
    }
    if let Some(c) = police {
        rules.must_know_at("dispute.category.police", c, station, today)?;
    }
    for c in causes {
        rules.must_know_at("cause_tag", c, station, today)?;
    }
    Ok(())
}

/// Registers a dispute. From an incident, its place, source and reporter are taken over and the two
/// are linked; one incident opens one dispute. Domestic violence goes to its own path at once.
pub async fn open(app: &App, act: &Act, new: NewDispute) -> Result<DisputeId> {
    act.actor.must(P::DisputeOpen)?;
    let app2 = app.clone();
    app.db().write(act, async |tx: &mut Tx| open_in(&app2, tx, new.clone()).await).await
}

async fn open_in(app: &App, tx: &mut Tx, mut new: NewDispute) -> Result<DisputeId> {
    let rules = app.rules();
    let today = kernel::clock::day_of(tx.now());
    let station = tx.act().station;
    let mut place = Where::default();
    let mut facts = vec![];
    if let Some(incident) = new.incident {
        let intake = incidents::store::get(tx, incident).await?;
        incidents::actions::visible(tx, &intake).await?;
        if let Some((_, number, _)) = store::of_incident(tx, incident).await? {
            return Err(Refusal::new(
                "mediation.already_open",
                format!("这起警情已经转为纠纷 {number}。"),
                "请打开该纠纷继续办理；同一当事人的另一件事，请单独登记。",
            )
            .into());
        }
        place = Where {
            address: intake.address_id,
            other: intake.other_address_id,
            building: intake.building_id,
            grid: intake.grid_id,
            beat: intake.beat_id,
        };
        if new.title.trim().is_empty() {
            new.title.clone_from(&intake.title);
        }
        if new.summary.trim().is_empty() {
            new.summary.clone_from(&intake.content);
        }
        if new.place.trim().is_empty() {
            new.place.clone_from(&intake.place_text);
        }
        if intake.weapon {
            facts.push("weapon".to_string());
        }
        if intake.injured {
            facts.push("injury".to_string());
        }
        if intake.cluster_id != intake.id {
            facts.push("repeat_call".to_string());
        }
    }
    let station_row = places::store::station(tx, station).await?;
    check(&new, &rules, &station_row.code, today)?;
    if place.building.is_none() && !new.place.is_empty() {
        let found = places::locate(tx, station, &new.place).await?;
        place = Where { address: found.address, other: place.other, building: found.building, grid: found.grid, beat: found.beat };
    }
    let year = i64::from(today.year());
    let n = tx.next_number(station, "dispute", year).await?;
    let number = format!("{}纠〔{year}〕{n}号", station_row.name.trim_end_matches("派出所"));
    let owner = owner(tx, &place, today).await?;
    let id: DisputeId = tx.fresh();
    let level = Levels::at(&rules, &station_row.code, today).of_new(&facts);
    let state = if new.domestic_violence { State::Protected } else { State::Registered };
    let opened = store::Opened { number: (&number, year, n), level: &level, owner, state };
    store::insert(tx, id, &new, &place, opened).await?;
    for f in &facts {
        parts::add_fact(tx, id, f, "由警情带入").await?;
    }
    for p in &new.parties {
        add(app, tx, id, p).await?;
    }
    let mut chosen: Vec<String> = vec![];
    chosen.extend(new.judicial.iter().map(|c| format!("judicial={c}")));
    chosen.extend(new.police.iter().map(|c| format!("police={c}")));
    chosen.extend(new.causes.iter().map(|c| format!("cause={c}")));
    let suggestion = categories::suggest(&format!("{}\n{}", new.title, new.summary));
    incidents::store::suggestions::keep(tx, "dispute", id.0, &suggestion, &chosen.join(" ")).await?;
    trace(tx, id, Step::Open, (state, None), today, rules.name("dispute.source", &new.source_code)).await?;
    let d = store::get(tx, id).await?;
    index(tx, &d).await?;
    crate::store::tracks::insert_level(tx, id, &level, "", &facts, "登记时").await?;
    let hours = rules.int_at("dispute.feedback_hours", &station_row.code, today).unwrap_or(24);
    let due = super::clocks::feedback_begins(tx, &d, hours, &rules).await?;
    if new.domestic_violence {
        trace(tx, id, Step::Protect, (state, None), today, "登记时确认涉及家庭暴力").await?;
        super::other::protect_task(tx, &d).await?;
    } else {
        give(tx, (&d, "dispute.accept"), "待受理审查".into(), id.0, To::User(owner), due).await?;
    }
    Ok(id)
}

/// The person acting when sworn, else the officer of the beat, else the person acting.
async fn owner(tx: &mut Tx, place: &Where, today: Date) -> Result<UserId> {
    let me = tx.act().actor.clone();
    if me.may(P::DisputeMediate) {
        return Ok(me.user);
    }
    let station = tx.act().station;
    let crew = identity::store::crew(tx, station, place.beat, place.grid, today).await?;
    Ok(crew.iter().find(|u| u.role.is_sworn()).map_or(me.user, |u| u.id))
}

async fn index(tx: &mut Tx, d: &Dispute) -> Result<()> {
    tx.index(&Doc {
        kind: "dispute",
        id: d.id.0,
        station: d.station_id,
        grid: d.grid_id,
        beat: d.beat_id,
        at: d.opened_at,
        title: &format!("{} {}", d.number, d.title),
        text: &format!("{}\n{}\n{}", d.summary, d.place_text, d.plan),
    })
    .await
}

/// Keeps a party as a person with what the matter needs.
async fn add(app: &App, tx: &mut Tx, id: DisputeId, p: &NewParty) -> Result<()> {
    let station = tx.act().station;
    let person = match p.person {
        Some(person) => {
            people::store::person_for(tx, person, true).await?;
            people::actions::touch(tx, person).await?;
            person
        }
        None => {
            let address = if p.place.trim().is_empty() { None } else { places::locate(tx, station, &p.place).await?.address };
            let new = people::model::NewContact {
                station,
                name: p.name.clone(),
                phone: p.phone.clone(),
                protected: false,
                minor: p.minor,
                address,
            };
            people::actions::register_contact(app, tx, new).await?
        }
    };
    let side = p.side.unwrap_or(Side::Respondent);
    if let Some(old) = parts::parties(tx, id).await?.into_iter().find(|x| x.person_id == person) {
        return Err(Refusal::new(
            "mediation.party_twice",
            format!("同一个人不能在一起纠纷中既是{}又是{}。", old.side.label(), side.label()),
            "请核对姓名和电话；要改地位的，请在“修改登记”中说明，或者登记另一名当事人。",
        )
        .into());
    }
    parts::insert_party(tx, id, person, side, p).await?;
    tx.record("mediation.party", &[("dispute", id.0), ("person", person.0)], side.code());
    Ok(())
}

/// Adds a party to a dispute under way.
pub async fn add_party(app: &App, act: &Act, id: DisputeId, p: NewParty) -> Result<()> {
    act.actor.must(P::DisputeOpen)?;
    let mut e = FieldErrors::default();
    party_errors(&mut e, &p, "");
    e.ok(())?;
    let app2 = app.clone();
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            rules::next(d.state, Step::Party)?;
            if parts::parties(tx, id).await?.len() >= 12 {
                return Err(Refusal::new("mediation.many_parties", "一起纠纷最多登记 12 名当事人。", "请只登记主要当事人。").into());
            }
            add(&app2, tx, id, &p).await?;
            note(tx, &d, Step::Party, p.side.map_or("", Side::label)).await
        })
        .await
}

/// What became known of a party later: guardian or why none is told, agent with powers, minor, suspect.
pub async fn amend_party(app: &App, act: &Act, id: DisputeId, party: kernel::Uuid, p: NewParty) -> Result<()> {
    act.actor.must(P::DisputeOpen)?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            rules::next(d.state, Step::Party)?;
            let old = parts::parties(tx, id).await?.into_iter().find(|x| x.id == party).ok_or(Error::NotFound("当事人"))?;
            parts::amend_party(tx, party, &p).await?;
            tx.record("mediation.party", &[("dispute", id.0), ("person", old.person_id.0)], old.side.code());
            note(tx, &d, Step::Party, &format!("补充{}登记", old.side.label())).await
        })
        .await
}

/// Corrects the registration. [`Error::Conflict`] with both values when somebody else changed it.
pub async fn edit(app: &App, act: &Act, id: DisputeId, version: i64, e: Edit) -> Result<()> {
    act.actor.must(P::DisputeOpen)?;
    let rules = app.rules();
    let today = kernel::clock::day_of(act.at);
    let as_new = NewDispute {
        title: e.title.clone(),
        summary: e.summary.clone(),
        source_code: "walk_in".into(),
        ..NewDispute::default()
    };
    app.db()
        .write(act, async |tx: &mut Tx| {
            let d = reach(tx, id).await?;
            rules::next(d.state, Step::Edit)?;
            let station = places::store::station_code(tx, d.station_id).await?;
            check(&as_new, &rules, &station, today)?;
            // What it already has may stay, also when it is no longer chosen.
            let fresh = |new: &Option<String>, old: &Option<String>| new.clone().filter(|c| Some(c) != old.as_ref());
            let causes: Vec<String> = e.causes.iter().filter(|c| !d.cause_codes().contains(&c.as_str())).cloned().collect();
            let (judicial, police) = (fresh(&e.judicial, &d.judicial), fresh(&e.police, &d.police));
            known(&rules, &station, today, judicial.as_deref(), police.as_deref(), &causes)?;
            if store::update(tx, id, version, &e).await? == 0 {
                return Err(Error::Conflict(clashes(&e, &d)));
            }
            let d = store::get(tx, id).await?;
            index(tx, &d).await?;
            note(tx, &d, Step::Edit, "").await
        })
        .await
}

fn clashes(mine: &Edit, d: &Dispute) -> Vec<Clash> {
    [
        ("title", "事由", mine.title.clone(), d.title.clone()),
        ("summary", "经过", mine.summary.clone(), d.summary.clone()),
        ("judicial", "类别", mine.judicial.clone().unwrap_or_default(), d.judicial.clone().unwrap_or_default()),
        ("police", "警情细类", mine.police.clone().unwrap_or_default(), d.police.clone().unwrap_or_default()),
        ("causes", "起因", mine.causes.join(","), d.causes.clone()),
    ]
    .into_iter()
    .filter(|(_, _, mine, theirs)| mine != theirs)
    .map(|(field, label, mine, theirs)| Clash { field: field.into(), label: label.into(), mine, theirs })
    .collect()
}
