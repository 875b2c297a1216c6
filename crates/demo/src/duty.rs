//! The duty roster of this month: posts, contracts, what people did before (期初情况), a search, and the publication; and wishes
//! for the next month.

use crate::staff::Crew;
use crate::town::Built;
use kernel::row::Json;
use kernel::{Act, Actor, App, Error, Purpose, Reader, Result, Role, StationId, ToSpan, Uuid};
use roster::actions as act;
use roster::model::*;
use std::time::Duration;

/// Seconds of the search at most: it ends before when no better roster exists.
const SECONDS: i64 = 4;

/// A post: name, kind, who, mix, must, share of paid time, shifts.
type PostOf = (&'static str, PostKind, &'static [Standing], MixRule, bool, i64, &'static [ShiftOf]);
/// A shift: name, code, begin and length in hours, people on working days, weekends, holidays.
type ShiftOf = (&'static str, &'static str, i64, i64, [i64; 3]);

const POSTS: &[PostOf] = &[
    ("带班领导", PostKind::Lead, &[Standing::Leader], MixRule::None, false, 50, &[("全天", "带", 8, 24, [1, 1, 1])]),
    (
        "指挥室",
        PostKind::Command,
        &[Standing::Officer, Standing::Auxiliary],
        MixRule::Officer,
        true,
        100,
        &[("白班", "白", 8, 12, [2, 2, 2]), ("夜班", "夜", 20, 12, [1, 1, 1])],
    ),
    ("户籍窗口", PostKind::Window, &[Standing::Officer, Standing::Clerk], MixRule::None, false, 100, &[("日班", "窗", 9, 8, [1, 0, 0])]),
    ("社区", PostKind::Community, &[Standing::Officer], MixRule::None, false, 100, &[("日班", "社", 8, 8, [1, 0, 0])]),
    ("街面巡逻", PostKind::Patrol, &[Standing::Officer, Standing::Auxiliary], MixRule::Pairs, false, 100, &[("晚巡", "巡", 16, 8, [2, 2, 2])]),
];

fn set(n: usize, of: &PostOf) -> PostSet {
    let post = Post {
        station_id: StationId::NIL,
        id: Uuid::nil(),
        name: of.0.into(),
        kind: of.1,
        standings: Json(of.2.to_vec()),
        skill: String::new(),
        mix: of.3,
        must: of.4,
        paid_percent: of.5,
        by_quarter: false,
        position: n as i64,
        version: 1,
    };
    let mut s = PostSet { post, shifts: vec![], needs: vec![] };
    for (place, (name, code, start, hours, people)) in (0i64..).zip(of.6) {
        s.shifts.push(Shift {
            id: Uuid::nil(),
            post_id: Uuid::nil(),
            name: (*name).into(),
            code: (*code).into(),
            start_minute: start * 60,
            minutes: hours * 60,
            position: place,
        });
        for (day_type, people) in DayType::ALL.iter().zip(people) {
            let shift_id = Some(act::placeholder(place));
            s.needs.push(Need { post_id: Uuid::nil(), day_type: *day_type, shift_id, from_minute: 0, until_minute: 0, people: *people });
        }
    }
    s
}

fn by(app: &App, who: &Actor, action: &'static str) -> Act {
    app.act(who, action, Purpose::Administration, app.fresh_command())
}

/// Sets up posts and contracts and begins the search.
pub async fn begin(app: &App, built: &Built, crew: &Crew) -> Result<(StationId, Uuid)> {
    let planner = crew.of(Role::DutyLeader)?;
    for (n, of) in POSTS.iter().enumerate() {
        act::save_post(app, &by(app, planner, "roster.post"), set(n, of)).await?;
    }
    let today = app.today();
    let from = today.first_of_month().saturating_sub(6.months());
    for who in &crew.0 {
        let Some(standing) = roster::rules::usual_standing(who.role) else { continue };
        let fill_percent = if matches!(standing, Standing::Leader | Standing::Clerk) { 0 } else { 60 };
        let c = Contract { id: Uuid::nil(), user_id: who.user, standing, week_hours: 40, fill_percent, from_day: from, until_day: None };
        act::add_contract(app, &by(app, planner, "roster.contract"), c).await?;
    }
    before(app, planner, crew).await?;
    let next = today.first_of_month().saturating_add(1.months());
    for (n, who) in crew.all(Role::Officer).into_iter().take(3).enumerate() {
        let day = next.saturating_add((4 + 6 * n as i64).days());
        act::wish(app, &by(app, who, "roster.wish"), day, None, true, 2).await?;
    }
    let id = act::start(app, &by(app, planner, "roster.start"), today, SECONDS).await?;
    Ok((built.station, id))
}

/// What the officers did before the first roster here: who worked on the last day, whose share of nights and weekends is
/// larger. The search begins with it.
async fn before(app: &App, planner: &Actor, crew: &Crew) -> Result<()> {
    let (today, station) = (app.today(), planner.station);
    let look = app.look(planner, "roster.posts", Purpose::Administration);
    let posts = app.db().read(&look, async |r: &mut Reader| roster::store::posts(r, station).await).await?;
    let day_shift = posts.iter().find(|p| p.post.kind == PostKind::Command).and_then(|p| p.shifts.first()).map(|s| s.id);
    for (n, who) in (0i64..).zip(crew.all(Role::Officer)).take(4) {
        let shift_id = if n == 0 { day_shift } else { None };
        let o = Opening { user_id: who.user, day: today, shift_id, run: 1 + n % 2, nights: 4 + n % 3, rests: 2 + n % 2, holidays: n % 2 };
        act::set_opening(app, &by(app, planner, "roster.opening"), o).await?;
    }
    Ok(())
}

/// Publishes what was found; most people have said that they know. A search that a busy machine gave too little time is
/// repeated once with more; a roster that still breaks a rule stays as it is, for somebody to look at.
pub async fn publish(app: &App, crew: &Crew, (station, id): (StationId, Uuid)) -> Result<()> {
    if put_out(app, crew, station, id).await? {
        return Ok(());
    }
    let again = act::start(app, &by(app, crew.of(Role::DutyLeader)?, "roster.start"), app.today(), 3 * SECONDS).await?;
    put_out(app, crew, station, again).await.map(|_| ())
}

async fn put_out(app: &App, crew: &Crew, station: StationId, id: Uuid) -> Result<bool> {
    let leader = crew.of(Role::StationLeader)?;
    let look = app.look(leader, "roster.see", Purpose::Administration);
    let mut version = None;
    for _ in 0..1_200 {
        let p = app.db().read(&look, async |r: &mut Reader| roster::store::plan(r, station, id).await).await?;
        if p.state != State::Running {
            version = Some(p.version);
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let version = version.ok_or_else(|| Error::internal("demo: the search for a roster does not end"))?;
    match act::publish(app, &by(app, leader, "roster.publish"), id, version, "").await {
        Ok(()) => {}
        Err(Error::Refused(_)) => return Ok(false),
        Err(e) => return Err(e),
    }
    let asked = app.db().read(&look, async |r: &mut Reader| roster::store::acks(r, station, id).await).await?;
    for who in crew.all(Role::Officer).into_iter().filter(|w| asked.iter().any(|a| a.user_id == w.user)) {
        act::acknowledge(app, &by(app, who, "roster.ack"), id).await?;
    }
    Ok(true)
}
