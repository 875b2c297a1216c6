//! 办件、送达、告知: certificates of kinship asked for at the door over the last five months and handed over (送达), a few at the
//! window with their tickets, and people who were told in writing what is not issued any more (告知). Nothing here touches
//! the figures of the four months that the press told.

use crate::staff::Crew;
use kernel::{Act, Actor, App, Date, Purpose, Reader, Result, Role, StationId, Timestamp, ToSpan, Uuid};
use windows::actions as act;
use windows::model::{Channel, Delivery, Issue, NewCase, TicketState, moment};
use windows::rules::catalogue;

/// Days back on which somebody asked at the door; the newest one has its certificate and waits for it to be brought.
const AT_DOOR: &[i64] = &[146, 133, 116, 103, 86, 73, 56, 43, 26, 13];
/// Days back on which somebody asked for what is not issued any more.
const TOLD: &[i64] = &[139, 110, 92, 64, 35, 20, 8, 2];
/// Cases with a ticket.
const AT_WINDOW: usize = 4;

const NAMES: &[&str] = &["张桂兰", "乌云其其格", "刘凤英", "巴图", "王淑珍", "敖登", "李秀芝", "其其格", "陈玉兰", "孟和"];
const PURPOSES: &[&str] = &["办理公证", "继承手续", "银行取款", "子女入学", "领取抚恤金"];

/// A service of that kind has been offered since before the first of these days.
pub const OFFERED: i64 = 150;

fn by(app: &App, who: &Actor, action: &'static str, at: Timestamp) -> Act {
    Act { at, ..app.act(who, action, Purpose::Window, app.fresh_command()) }
}

/// The next working day from so many days back on.
fn working(app: &App, back: i64) -> Date {
    let first = app.today().saturating_sub(back.days());
    (0..8).map(|n| first.saturating_add(n.days())).find(|d| app.rules().calendar().is_working(*d)).unwrap_or(first)
}

struct Asked<'a> {
    service: Uuid,
    channel: Channel,
    ticket: Option<Uuid>,
    at: Timestamp,
    n: usize,
    who: &'a Actor,
}

/// Takes a case with all its papers and issues it a quarter of an hour later. Gives its version too.
async fn issued(app: &App, station: StationId, a: &Asked<'_>) -> Result<(Uuid, i64)> {
    let look = app.look(a.who, "windows.case", Purpose::Window);
    let papers = app.db().read(&look, async |r: &mut Reader| windows::store::service(r, station, a.service).await).await?.papers.0.len();
    let name = NAMES[a.n % NAMES.len()];
    let new = NewCase {
        service: a.service,
        channel: a.channel,
        ticket: a.ticket,
        booking: None,
        name: name.into(),
        phone: format!("100002001{:02}", a.n % 100),
        proxy: String::new(),
        purpose: PURPOSES[a.n % PURPOSES.len()].into(),
        there: (0..papers).collect(),
        permit: None,
    };
    let id = act::take(app, &by(app, a.who, "windows.take", a.at), new).await?;
    let statement = format!("经查户籍档案，{name}与其子女的亲属关系属实。");
    let later = kernel::clock::from_micros(a.at.as_microsecond() + 15 * 60_000_000);
    act::issue(app, &by(app, a.who, "windows.issue", later), id, version(app, a.who, station, id).await?, Issue { statement, ..Issue::default() }).await?;
    Ok((id, version(app, a.who, station, id).await?))
}

async fn version(app: &App, who: &Actor, station: StationId, id: Uuid) -> Result<i64> {
    let look = app.look(who, "windows.case", Purpose::Window);
    Ok(app.db().read(&look, async |r: &mut Reader| windows::store::case(r, station, id).await).await?.version)
}

/// Fills the registers of one station, the oldest first.
pub async fn over(app: &App, crew: &Crew) -> Result<()> {
    let officer = crew.of(Role::Officer)?;
    let clerk = crew.all(Role::WindowClerk).into_iter().next().unwrap_or(officer);
    let station = clerk.station;
    let look = app.look(clerk, "windows.cases", Purpose::Window);
    let services = app.db().read(&look, async |r: &mut Reader| windows::store::services(r, station).await).await?;
    let Some(kinship) = services.iter().find(|s| s.kind == "cert_kinship") else { return Ok(()) };
    for (n, back) in AT_DOOR.iter().enumerate() {
        let day = working(app, *back);
        let asked = Asked { service: kinship.id, channel: Channel::Door, ticket: None, at: moment(day, 9 * 60 + 20 + 7 * n as i64), n, who: officer };
        let (id, version) = issued(app, station, &asked).await?;
        if n + 1 < AT_DOOR.len() {
            let brought = moment(day.saturating_add(1.days()), 15 * 60 + 5 * n as i64);
            let how = if n % 4 == 3 { Delivery::Post } else { Delivery::Door };
            act::deliver(app, &by(app, officer, "windows.deliver", brought), id, version, how).await?;
        }
    }
    let (first, last) = (app.today().saturating_sub(crate::counters::SINCE.days()), app.today().saturating_sub(1.days()));
    let tickets = app.db().read(&look, async |r: &mut Reader| windows::store::tickets_between(r, station, first, last).await).await?;
    let served = tickets.into_iter().filter(|t| t.service_id == kinship.id && t.state == TicketState::Done);
    for (n, t) in served.take(AT_WINDOW).enumerate() {
        let at = t.begun_at.unwrap_or(t.drawn_at);
        let (id, version) = issued(app, station, &Asked { service: kinship.id, channel: Channel::Window, ticket: Some(t.id), at, n: 40 + n, who: clerk }).await?;
        let handed = kernel::clock::from_micros(at.as_microsecond() + 20 * 60_000_000);
        act::deliver(app, &by(app, clerk, "windows.deliver", handed), id, version, Delivery::Window).await?;
    }
    let refused = catalogue::refused(&app.rules(), app.today());
    for (n, back) in TOLD.iter().enumerate().filter(|_| !refused.is_empty()) {
        let channel = if n % 3 == 2 { Channel::Door } else { Channel::Window };
        let at = moment(working(app, *back).min(app.today().saturating_sub(1.days())), 10 * 60 + 11 * n as i64);
        act::tell_not_issued(app, &by(app, clerk, "windows.tell_not_issued", at), &refused[n * 5 % refused.len()].code, channel).await?;
    }
    Ok(())
}
