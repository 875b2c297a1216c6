//! 服务窗口: services, two windows, three weeks of tickets at them, and bookings for the days to come.

use crate::dice::Dice;
use crate::staff::Crew;
use kernel::{Act, Actor, App, Date, Purpose, Reader, Result, Role, StationId, Timestamp, ToSpan, Uuid};
use windows::actions as act;
use windows::model::*;
use windows::rules::queue::Step;
use windows::rules::{catalogue, parse_spans, slots};

/// Kind, minutes, letter, can be booked, can be done at the door.
const SERVICES: &[(&str, i64, &str, bool, bool)] = &[
    ("residence_permit", 20, "A", true, false),
    ("residence_endorse", 10, "A", true, true),
    ("cert_kinship", 15, "B", true, true),
    ("cert_temporary_id", 10, "B", true, false),
    ("cert_criminal_record", 15, "B", true, false),
    ("id_card", 20, "C", true, false),
    ("id_card_replace", 15, "C", true, false),
];

/// Days back on which the windows were opened.
pub const SINCE: i64 = 21;

fn by(app: &App, who: &Actor, action: &'static str, at: Timestamp) -> Act {
    let mut a = app.act(who, action, Purpose::Window, app.fresh_command());
    a.at = at;
    a
}

/// Opens the windows and lets three weeks pass at them.
pub async fn open(app: &App, crew: &Crew, dice: &mut Dice) -> Result<()> {
    let leader = crew.of(Role::StationLeader)?;
    let clerks = crew.all(Role::WindowClerk);
    let station = leader.station;
    let today = app.today();
    let first = today.saturating_sub(SINCE.days());
    let begun = moment(first, 8 * 60);
    // What is offered at the door is older than the windows.
    let offered = moment(today.saturating_sub(crate::handed::OFFERED.days()), 8 * 60);
    let mut services = vec![];
    for (n, (kind, minutes, letter, bookable, at_door)) in SERVICES.iter().enumerate() {
        let Some(k) = catalogue::find(&app.rules(), kind) else { continue };
        let s = NewService {
            kind: k.code.clone(),
            name: k.name.clone(),
            papers: k.papers.iter().map(|p| Paper { text: p.clone(), source: k.source.clone() }).collect(),
            note: "请带原件，窗口复印。".into(),
            minutes: *minutes,
            letter: (*letter).into(),
            bookable: *bookable,
            at_door: *at_door,
            position: n as i64,
            version: 0,
        };
        services.push(act::save_service(app, &by(app, leader, "windows.service", offered), None, s).await?);
    }
    let look = app.look(leader, "windows.setup", Purpose::Window);
    let posts = app.db().read(&look, async |r: &mut Reader| roster::store::posts(r, station).await).await?;
    let post = posts.iter().find(|p| p.post.kind == roster::model::PostKind::Window).map(|p| p.post.id);
    let spans = |text: &str| parse_spans(text).unwrap_or_default();
    let weeks = [
        ("1 号窗口", post, Week { work: spans("09:00-12:00，14:00-17:00"), ..Week::default() }),
        ("2 号窗口", None, Week { work: spans("14:00-20:30"), rest: spans("10:00-16:00"), holiday: vec![] }),
    ];
    let mut windows = vec![];
    for ((name, post_id, week), position) in weeks.into_iter().zip(1..) {
        let w = NewWindow { name: name.into(), post_id, services: vec![], position, version: 0 };
        let id = act::save_window(app, &by(app, leader, "windows.window", begun), None, w).await?;
        act::set_hours(app, &by(app, leader, "windows.hours", begun), id, first, week, "开办；二号窗口错时，照顾上班的人").await?;
        windows.push(id);
    }
    let mut day = first;
    while day < today && !clerks.is_empty() {
        passed(app, &clerks, &services, &windows, day, dice).await?;
        day = day.saturating_add(1.days());
    }
    bookings(app, station, &services).await
}

/// A day that has passed: who stood where, a handful of people.
async fn passed(app: &App, clerks: &[&Actor], services: &[Uuid], windows: &[Uuid], day: Date, dice: &mut Dice) -> Result<()> {
    let working = app.rules().calendar().is_working(day);
    // Of two clerks the first stands at window 1 in the day, the second at window 2 in the evening.
    let hours: &[(usize, usize, i64, i64)] = if working { &[(0, 0, 9 * 60, 17 * 60), (1, 1, 14 * 60, 20 * 60 + 30)] } else { &[(1, 1, 10 * 60, 16 * 60)] };
    for (clerk, window, from, until) in hours {
        let Some(who) = clerks.get(clerk % clerks.len()) else { continue };
        if clerks.len() == 1 && *clerk > 0 {
            continue;
        }
        let late = dice.below(4) as i64 * dice.below(3) as i64;
        act::stand(app, &by(app, who, "windows.stand", moment(day, from + late)), windows[*window]).await?;
        for n in 0..2 + dice.below(2) as i64 {
            let came = from + 20 + n * 90 + dice.below(40) as i64;
            let called = came + dice.below(14) as i64;
            let took = 6 + dice.below(16) as i64;
            if called + took > *until {
                break;
            }
            let service = services[dice.below(services.len())];
            let receipt = app.vault().token().1;
            let drawn = act::draw(app, &by(app, who, "windows.draw", moment(day, came)), service, dice.below(9) == 0, &receipt).await?;
            act::call(app, &by(app, who, "windows.call", moment(day, called)), windows[*window], Some(drawn.id)).await?;
            act::step(app, &by(app, who, "windows.ticket", moment(day, called + 1)), drawn.id, Step::Begin, 2, "").await?;
            act::step(app, &by(app, who, "windows.ticket", moment(day, called + took)), drawn.id, Step::Finish, 3, "").await?;
        }
        act::leave(app, &by(app, who, "windows.leave", moment(day, *until)), "下班").await?;
    }
    Ok(())
}

/// Three bookings at windows in the days to come and one request for a visit.
async fn bookings(app: &App, station: StationId, services: &[Uuid]) -> Result<()> {
    let who = Actor::resident(station);
    let rules = app.rules();
    for (n, (name, service)) in [("其木格", services[0]), ("乌兰", services[3]), ("王秀英", services[2])].into_iter().enumerate() {
        let look = app.look(&who, "windows.book", Purpose::OwnMatter);
        let free = app
            .db()
            .read(&look, async |r: &mut Reader| {
                let s = act::service_in_use(r, station, service).await?;
                let limits = act::limits(r, &rules, station).await?;
                let days = act::bookable(r, &rules, station, &limits).await?;
                Ok(slots::next(&s, &days, &limits, r.now(), 200))
            })
            .await?;
        let Some(slot) = free.get(4 + n * 9).or(free.first()) else { continue };
        let new = NewBooking {
            service,
            channel: if n == 2 { Channel::Door } else { Channel::Window },
            day: if n == 2 { app.today().saturating_add(3.days()) } else { slot.day },
            minute: if n == 2 { 0 } else { slot.minute },
            name: name.into(),
            phone: format!("1000020000{n}"),
            frail: n == 2,
            place: if n == 2 { "安居小区3号楼2单元302".into() } else { String::new() },
            note: if n == 2 { "老人卧床，子女在家".into() } else { String::new() },
            receipt: app.vault().token().1.to_vec(),
        };
        act::book(app, &by(app, &who, "windows.book", app.now()), new).await?;
    }
    Ok(())
}
