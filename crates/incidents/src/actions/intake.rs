//! Taking, judging and placing a report; links, exits.

use super::{advance, reach, trace};
use crate::model::{Class, LinkKind, NewIntake, Step, Taken};
use crate::similar::Signature;
use crate::store::{self, Where};
use crate::{model::State, rules};
use categories::Suggestion;
use kernel::search::Doc;
use kernel::{Act, AddressId, App, FieldErrors, IncidentId, Permission, Refusal, Result, Role, Tx, UserId};
use notices::model::NewTask;

/// Characters of a report at most.
pub const MAX_CONTENT: usize = 20_000;

/// Registers a report of any source. Errors: unknown source code, empty or huge content.
pub async fn take(app: &App, act: &Act, new: NewIntake) -> Result<Taken> {
    if act.actor.role != Role::Resident {
        act.actor.must(Permission::IncidentTake)?;
    }
    let app = app.clone();
    // Before the writer is asked for, which everybody waits for.
    let signature = signature(&new);
    let proposed = (act.actor.role != Role::Resident).then(|| categories::suggest(&text_of(&new.title, &new.content)));
    app.clone()
        .db()
        .write(act, async |tx: &mut Tx| {
            let taken = take_signed(&app, tx, &new, &signature).await?;
            if let Some(proposed) = &proposed {
                keep_proposal(tx, taken.id, proposed, new.category.as_deref()).await?;
            }
            Ok(taken)
        })
        .await
}

/// What the categories are suggested from.
fn text_of(title: &str, content: &str) -> String {
    format!("{title}\n{content}")
}

/// Keeps what the text suggests beside the category that a person chose.
async fn keep_proposal(tx: &mut Tx, id: IncidentId, proposed: &Suggestion, chosen: Option<&str>) -> Result<()> {
    let chosen = chosen.map_or(String::new(), |c| format!("incident={c}"));
    store::suggestions::keep(tx, "incident", id.0, proposed, &chosen).await
}

/// The title as it will stand.
fn title(new: &NewIntake) -> String {
    if new.title.trim().is_empty() { rules::title_of(&new.content) } else { kernel::text::cut(&new.title, 200) }
}

fn signature(new: &NewIntake) -> Signature {
    Signature::of(&title(new), &new.content)
}

/// The same inside another command (file import): one report with its own log line and entry.
pub async fn take_in(app: &App, tx: &mut Tx, new: &NewIntake) -> Result<Taken> {
    take_signed(app, tx, new, &signature(new)).await
}

async fn take_signed(app: &App, tx: &mut Tx, new: &NewIntake, signature: &Signature) -> Result<Taken> {
    let (now, station) = (tx.now(), tx.act().station);
    let today = kernel::clock::day_of(now);
    let rules = app.rules();
    let mut errors = FieldErrors::default();
    if new.content.trim().is_empty() {
        errors.add("content", "请写明发生了什么。");
    }
    if new.content.chars().count() > MAX_CONTENT {
        errors.add("content", format!("内容最多 {MAX_CONTENT} 字，请精简，其余作为附件上传。"));
    }
    if new.called_at.is_some_and(|t| t > now) {
        errors.add("called_at", "报警时间不能晚于现在。");
    }
    errors.ok(())?;
    rules.must_know("incident.source", &new.source_code, today)?;
    if let Some(c) = &new.category {
        rules.must_know("incident.category1", c, today)?;
    }
    let station_row = places::store::station(tx, station).await?;
    let year = i64::from(today.year());
    let n = tx.next_number(station, "incident", year).await?;
    let number = format!("{}警〔{year}〕{n}号", short_name(&station_row.name));
    let place = locate_text(tx, new).await?;
    let other = other_side(tx, new.other_address, &new.other_place).await?;
    let title = title(new);
    let reporter = if new.reporter_name.trim().is_empty() && new.reporter_phone.trim().is_empty() {
        None
    } else {
        let contact = people::model::NewContact {
            station,
            name: new.reporter_name.clone(),
            phone: new.reporter_phone.clone(),
            protected: new.secret,
            minor: new.minor,
            address: new.address,
        };
        Some(people::actions::register_contact(app, tx, contact).await?)
    };
    let id: IncidentId = tx.fresh();
    let cluster = match store::repeats::likest(tx, station, signature).await? {
        Some(other) => store::cluster_of(tx, other).await?,
        None => id,
    };
    store::insert(tx, id, (&number, year, n), new, (&place, other.address), reporter, cluster, &title).await?;
    store::repeats::keep(tx, id, signature).await?;
    if let Some(receipt) = &new.receipt {
        super::receipt::with_report(tx, id, receipt).await?;
    }
    index(tx, id, &number, &title, new, &place).await?;
    let mut how = rules.name("incident.source", &new.source_code).to_string();
    if !new.note.is_empty() {
        how.push_str(&format!("（{}）", new.note));
    }
    how.push_str(&other.unknown);
    trace(tx, id, Step::Take, &how).await?;
    let unlocated = place.beat.is_none() && place.grid.is_none();
    if new.backlog {
        return Ok(Taken { id, number, unlocated });
    }
    let what = format!("{number} {}", if unlocated { "待定位、待派警" } else { "待派警" });
    dispatch_task(tx, &rules, id, what).await?;
    Ok(Taken { id, number, unlocated })
}

/// 正阳派出所 → 正阳.
fn short_name(station: &str) -> &str {
    station.trim_end_matches("派出所")
}

async fn locate_text(tx: &mut Tx, new: &NewIntake) -> Result<Where> {
    let (station, today) = (tx.act().station, kernel::clock::day_of(tx.now()));
    if let Some(address) = new.address {
        return of_address(tx, address, today).await;
    }
    let found = places::locate(tx, station, &new.place).await?;
    Ok(Where { address: found.address, building: found.building, grid: found.grid, beat: found.beat })
}

/// The other side's household, and what to say of one that was told and not recognised.
struct OtherSide {
    address: Option<AddressId>,
    unknown: String,
}

async fn other_side(tx: &mut Tx, address: Option<AddressId>, told: &str) -> Result<OtherSide> {
    if address.is_some() || told.trim().is_empty() {
        return Ok(OtherSide { address, unknown: String::new() });
    }
    let station = tx.act().station;
    let address = places::locate(tx, station, told).await?.address;
    let unknown = if address.is_some() { String::new() } else { format!("；对方地址“{}”未认出到户", told.trim()) };
    Ok(OtherSide { address, unknown })
}

/// Building, grid and beat of a known address on a day.
async fn of_address(tx: &mut Tx, address: AddressId, today: kernel::Date) -> Result<Where> {
    Ok(Where {
        address: Some(address),
        building: places::store::building_of(tx, address).await?,
        grid: places::store::grid_of(tx, address, today).await?,
        beat: places::store::beat_of(tx, address, today).await?,
    })
}

async fn index(tx: &mut Tx, id: IncidentId, number: &str, title: &str, new: &NewIntake, place: &Where) -> Result<()> {
    let station = tx.act().station;
    let at = new.called_at.unwrap_or(tx.now());
    let text = format!("{}\n{}", new.content, new.place);
    tx.index(&Doc {
        kind: "incident",
        id: id.0,
        station,
        grid: place.grid,
        beat: place.beat,
        at,
        title: &format!("{number} {title}"),
        text: &text,
    })
    .await
}

/// Sets category, fine type and level as judged at the desk; what was received stays. `was` is what the judging person
/// saw: a judgement that somebody else made meanwhile is not overwritten, both are shown.
pub async fn classify(app: &App, act: &Act, id: IncidentId, new: &Class, was: Option<&Class>) -> Result<()> {
    act.actor.must(Permission::IncidentDispatch)?;
    let (category, sub, level) = (new.category.as_str(), new.sub.as_deref(), new.level.as_deref());
    let rules = app.rules();
    let today = kernel::clock::day_of(act.at);
    app.db()
        .write(act, async |tx: &mut Tx| {
            let intake = reach(tx, id).await?;
            rules::next(intake.state, Step::Classify)?;
            if let Some(was) = was {
                let name = |list: &str, code: &str| match list {
                    "incident.category2" => rules::fine_name(&rules, code).to_string(),
                    _ => rules.name(list, code).to_string(),
                };
                let clashes = rules::clashes(&intake, was, new, name);
                if !clashes.is_empty() {
                    return Err(kernel::Error::Conflict(clashes));
                }
            }
            let name = rules.must_know("incident.category1", category, today)?.name.clone();
            if let Some(s) = sub {
                rules::fine_type(&rules, category, s, today)?;
            }
            if let Some(l) = level {
                rules.must_know("incident.level", l, today)?;
            }
            store::set_class(tx, &intake, category, sub, level).await?;
            let proposed = categories::suggest(&text_of(&intake.title, &intake.content));
            keep_proposal(tx, id, &proposed, Some(category)).await?;
            let mut note = name;
            if let Some(s) = sub {
                note = format!("{note}（{}）", rules::fine_name(&rules, s));
            }
            if let Some(l) = level {
                note = format!("{note}，{}", rules.name("incident.level", l));
            }
            trace(tx, id, Step::Classify, &note).await
        })
        .await
}

/// Where an incident is, by hand.
#[derive(Clone, Debug, Default)]
pub struct NewPlace {
    /// As written.
    pub place: String,
    pub address: Option<AddressId>,
    /// The other side's address, as written; empty keeps what is known.
    pub other: String,
    /// The place that the page showed, when it came from a page.
    pub was: Option<String>,
}

/// Puts an incident from 待定位 to its address, by hand.
pub async fn locate(app: &App, act: &Act, id: IncidentId, new: &NewPlace) -> Result<()> {
    act.actor.must(Permission::IncidentDispatch)?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let intake = reach(tx, id).await?;
            rules::next(intake.state, Step::Locate)?;
            let place = new.place.as_str();
            if new.was.as_ref().is_some_and(|was| *was != intake.place_text && intake.place_text != place) {
                return Err(kernel::Error::Conflict(vec![kernel::error::Clash {
                    field: "place".into(),
                    label: "地址".into(),
                    mine: place.into(),
                    theirs: intake.place_text.clone(),
                }]));
            }
            let today = kernel::clock::day_of(tx.now());
            let station = intake.station_id;
            let found = match new.address {
                Some(a) => of_address(tx, a, today).await?,
                None => {
                    let f = places::locate(tx, station, place).await?;
                    Where { address: f.address, building: f.building, grid: f.grid, beat: f.beat }
                }
            };
            if found.beat.is_none() && found.grid.is_none() {
                return Err(kernel::FieldErrors::one(
                    "place",
                    "没有找到这个地址。请从提示列表中选择小区、楼栋或户，或先在“地址”中登记。",
                ));
            }
            let other = other_side(tx, None, &new.other).await?;
            if !other.unknown.is_empty() {
                return Err(kernel::FieldErrors::one("other_place", "没有认出对方的住户。请写到小区、楼栋、户，或先在“地址”中登记。"));
            }
            store::set_place(tx, &intake, place, &found, other.address.or(intake.other_address_id)).await?;
            tx.reindex_place(&[id.0], found.grid, found.beat).await?;
            trace(tx, id, Step::Locate, "").await
        })
        .await
}

/// Links this incident to another: merged into it, a repeat of it, a chase, the same matter.
pub async fn link(app: &App, act: &Act, id: IncidentId, master: IncidentId, kind: LinkKind) -> Result<()> {
    act.actor.must(Permission::IncidentDispatch)?;
    app.db()
        .write(act, async |tx: &mut Tx| {
            let this = reach(tx, id).await?;
            let other = reach(tx, master).await?;
            rules::may_link(&this, &other, kind)?;
            store::add_link(tx, id, master, kind).await?;
            let note = format!("{} → {}", kind.label(), other.number);
            if kind == LinkKind::Merge {
                store::set_exit(tx, id, Some(master), None).await?;
                super::transfer::overtaken(tx, id, "已并单").await?;
                notices::actions::done_all(tx, id).await?;
                advance(tx, &this, Step::Merge, &note).await
            } else {
                rules::next(this.state, Step::Link)?;
                trace(tx, id, Step::Link, &note).await
            }
        })
        .await
}

/// Marks it invalid (test call, nuisance); the reason stays with it and figures exclude it by rule.
pub async fn invalidate(app: &App, act: &Act, id: IncidentId, reason: &str) -> Result<()> {
    act.actor.must(Permission::IncidentDispatch)?;
    if reason.trim().is_empty() {
        return Err(kernel::FieldErrors::one("reason", "请写明为什么无效。"));
    }
    app.db()
        .write(act, async |tx: &mut Tx| {
            let intake = reach(tx, id).await?;
            store::set_exit(tx, id, None, Some(reason)).await?;
            super::transfer::overtaken(tx, id, "标记无效").await?;
            notices::actions::done_all(tx, id).await?;
            advance(tx, &intake, Step::Invalidate, reason).await
        })
        .await
}

/// The command room's task to send somebody, by the time that the rule pack gives.
pub(super) async fn dispatch_task(tx: &mut Tx, rules: &kernel::rules::RuleSet, id: IncidentId, title: String) -> Result<()> {
    let (station, now) = (tx.act().station, tx.now());
    let task = NewTask {
        station,
        kind: "incident.dispatch",
        title,
        path: format!("/incidents/{id}"),
        record: id.0,
        to_user: None,
        to_role: Some(Role::Operator),
        due: rules::deadlines(rules, kernel::clock::day_of(now), now)?.dispatch,
    };
    notices::actions::put(tx, task).await.map(|_| ())
}

/// The task that the target of an order gets.
pub(crate) async fn order_task(tx: &mut Tx, number: &str, id: IncidentId, to: UserId, due: kernel::Timestamp) -> Result<()> {
    let station = tx.act().station;
    notices::actions::put(
        tx,
        NewTask {
            station,
            kind: "incident.acknowledge",
            title: format!("{number} 待签收"),
            path: format!("/incidents/{id}"),
            record: id.0,
            to_user: Some(to),
            to_role: None,
            due,
        },
    )
    .await
    .map(|_| ())
}

/// Refuses work on an ended incident with the way on.
pub(crate) fn must_be_open(state: State, number: &str) -> Result<(), Refusal> {
    if state.is_open() {
        return Ok(());
    }
    Err(Refusal::new(
        "incidents.ended",
        format!("{number} 已是“{}”。", state.label()),
        "如需继续办理，请由带班领导“重新办理”。",
    ))
}
