//! The four months that the press wrote about: 404 disputes handled without escalation at one station, 58 settled of 60
//! concluded at the other, and the briefings on them. All made through the same actions, so that every number is
//! counted from records. Who, where and what about is invented.

use crate::dice::Dice;
use crate::life::Story;
use crate::mend::Room;
use crate::staff::Crew;
use crate::town::{Built, Home, Town};
use bulletins::{Ask, Edit, Kind, Step};
use futures::future::try_join_all;
use kernel::{Actor, App, Date, DisputeId, Error, PersonId, Purpose, Reader, Result, Role, Timestamp, ToSpan, Uuid, clock};
use mediation::actions as act;
use mediation::model::{Found, Kept, NewDispute, NewParty, Settlement, Side, Track};
use mediation::store::parts;
use std::time::Duration;

/// Disputes handled in the four months, and how many of them were concluded by mediation, settled or not.
struct Told {
    handled: usize,
    /// All are concluded, the last ones without agreement.
    concluded_all: bool,
    not_settled: usize,
}

/// The seed's numbers by station.
fn told(station: &str) -> Option<Told> {
    match station {
        "HLR-ZY" => Some(Told { handled: 404, concluded_all: false, not_settled: 0 }),
        "ETK-QPJ1" => Some(Told { handled: 60, concluded_all: true, not_settled: 2 }),
        _ => None,
    }
}

/// Disputes under way at the same time; their commands share commits.
const TOGETHER: usize = 12;

/// What one dispute of those months is about and how it goes.
struct One<'a> {
    story: &'a Story,
    home: Home,
    officer: &'a Actor,
    opened: Timestamp,
    way: Way,
    committee: Option<Uuid>,
    parties: [PersonId; 2],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Agreed,
    SelfSettled,
    Referred,
    NotSettled,
}

/// January to April of the newest year in which they are observed to the end.
pub fn months(today: Date) -> (Date, Date) {
    let year = if (today.month(), today.day()) >= (6, 15) { today.year() } else { today.year() - 1 };
    let day = |m: i8, d: i8| Date::new(year, m, d).unwrap_or(today);
    (day(1, 1), day(4, 30))
}

fn plus(t: Timestamp, minutes: u64) -> Timestamp {
    t.checked_add(Duration::from_secs(minutes * 60)).unwrap_or(t)
}

/// Lets the four months happen at one station.
pub async fn happen(app: &App, t: &Town, built: &Built, crew: &Crew, stories: &[Story], committees: &[Uuid], dice: &mut Dice) -> Result<()> {
    let Some(told) = told(&t.station.code) else { return Ok(()) };
    let usable: Vec<&Story> = stories
        .iter()
        .filter(|s| (s.place == "any" || s.place == t.station.kind) && s.track == "peoples_mediation" && s.outcome == "agreed" && !s.terms.is_empty())
        .collect();
    let officers = crew.all(Role::Officer);
    let (first, last) = months(app.today());
    // What is concluded in the period begins early enough to end in it.
    let days = i64::from(first.until(last).map(|s| s.get_days()).unwrap_or(0)) - if told.concluded_all { 25 } else { 1 };
    let homes = pairs(app, officers[0], built).await?;
    if usable.is_empty() || homes.is_empty() {
        return Err(Error::internal("demo: nobody to quarrel in the four months"));
    }
    let mut moments: Vec<u64> = (0..told.handled).map(|_| dice.below(days as usize) as u64 * 1_440 + 480 + dice.below(540) as u64).collect();
    moments.sort_unstable();
    let mut all = vec![];
    for (n, minutes) in moments.into_iter().enumerate() {
        let (home, parties) = dice.pick(&homes).clone();
        let way = match dice.below(20) {
            _ if told.concluded_all && n >= told.handled - told.not_settled => Way::NotSettled,
            _ if told.concluded_all => Way::Agreed,
            0..=9 => Way::Agreed,
            10..=16 => Way::SelfSettled,
            _ => Way::Referred,
        };
        all.push(One {
            story: dice.pick::<&Story>(&usable),
            home,
            officer: dice.pick::<&Actor>(&officers),
            opened: plus(clock::start_of(first), minutes),
            way,
            committee: (!committees.is_empty()).then(|| *dice.pick(committees)),
            parties,
        });
    }
    for group in all.chunks(TOGETHER) {
        // Registered one after the other, so that numbers follow time; what comes after goes side by side.
        let mut opened = vec![];
        for one in group {
            let room = Room { app, town: t, officer: one.officer, now: app.now(), committees: committees.to_vec(), second: crate::mend::second(crew, one.officer)? };
            opened.push((open(&room, one).await?, room, one));
        }
        try_join_all(opened.iter().map(|(id, room, one)| follow(room, one, *id))).await?;
    }
    Ok(())
}

/// Lived-in homes with a grown-up, each with one of the next lived-in home.
async fn pairs(app: &App, officer: &Actor, built: &Built) -> Result<Vec<(Home, [PersonId; 2])>> {
    let look = app.look(officer, "people.at", Purpose::Mediation);
    let homes: Vec<(Home, PersonId)> = app
        .db()
        .read(&look, async |r: &mut Reader| {
            let mut out = vec![];
            for home in &built.homes {
                let grown_up = people::store::by_address(r, home.address).await?.iter().find(|p| !p.minor).map(|p| p.id);
                out.extend(grown_up.map(|p| (home.clone(), p)));
            }
            Ok(out)
        })
        .await?;
    Ok(homes.windows(2).map(|w| (w[0].0.clone(), [w[0].1, w[1].1])).collect())
}

async fn open(room: &Room<'_>, one: &One<'_>) -> Result<DisputeId> {
    let fill = |text: &str| text.replace("{place}", &one.home.said).replace("{name}", "这户");
    let n = (one.opened.as_second() / 60) as usize;
    let of = |list: &[String]| list.get(n % list.len().max(1)).map_or(String::new(), |s| fill(s));
    let party = |person: PersonId, side: Side| NewParty { person: Some(person), side: Some(side), ..NewParty::default() };
    let new = NewDispute {
        source_code: "walk_in".into(),
        title: of(&one.story.titles),
        summary: of(&one.story.texts),
        place: one.home.said.clone(),
        judicial: Some(one.story.judicial.clone()).filter(|c| !c.is_empty()),
        police: Some(one.story.police.clone()).filter(|c| !c.is_empty()),
        causes: one.story.cause_tags.clone(),
        parties: vec![party(one.parties[0], Side::Applicant), party(one.parties[1], Side::Respondent)],
        ..NewDispute::default()
    };
    act::open(room.app, &room.act(one.officer, "mediation.open", one.opened), new).await
}

async fn follow(room: &Room<'_>, one: &One<'_>, id: DisputeId) -> Result<()> {
    let app = room.app;
    let end = |minutes: u64| room.act(one.officer, "mediation.end", plus(one.opened, minutes));
    match one.way {
        Way::Referred => return act::refer(app, &end(40), id, "人民法院", "口头", false).await,
        Way::SelfSettled => {
            let s = Settlement::at_once("双方当场谈妥，互不追究，已当面做到。", clock::day_of(one.opened));
            return act::self_settle(app, &end(90), id, &s).await;
        }
        Way::Agreed | Way::NotSettled => {}
    }
    room.accept(id, Track::Peoples, plus(one.opened, 30)).await?;
    let held = plus(one.opened, 26 * 60);
    let mediator = room.mediator(one.committee).await?;
    room.session(id, held, (one.committee, &mediator), "双方到场，分别陈述，调解员讲明道理和规定。").await?;
    if one.way == Way::NotSettled {
        act::fail(app, &end(27 * 60), id, "双方对责任分担不能达成一致。").await?;
        act::close(app, &end(28 * 60), id, "已告知可以向人民法院起诉。").await?;
        return visits(room, one, id).await;
    }
    let signed = plus(held, 60);
    let promises = room.promises(id, one.story, clock::day_of(signed)).await?;
    room.agree(id, signed, (one.committee, &mediator), one.story.titles.first().map_or("", String::as_str), promises).await?;
    let list = room.read(async |r: &mut Reader| parts::obligations(r, id).await).await?;
    let mut done = signed;
    for o in list.iter().filter(|o| o.state == Kept::Pending) {
        let Some(due) = o.due else { continue };
        let kept = plus(clock::start_of(due), 600).max(plus(signed, 5));
        done = done.max(kept);
        let a = room.act(one.officer, "mediation.promise", kept);
        act::perform(app, &a, id, o.id, due, "上门查看，已做到。", &[]).await?;
    }
    if list.iter().all(|o| o.state == Kept::Standing) {
        // Nothing but what holds for ever: seen to once before it counts as settled.
        if let Some(f) = room.read(async |r: &mut Reader| parts::follow_ups(r, id).await).await?.first() {
            done = plus(signed, 24 * 60);
            visit(room, one, id, f, done).await?;
        }
    }
    act::close(app, &room.act(one.officer, "mediation.end", plus(done, 60)), id, "").await?;
    visits(room, one, id).await
}

/// The visits that the level asks for, each on its day.
async fn visits(room: &Room<'_>, one: &One<'_>, id: DisputeId) -> Result<()> {
    for f in room.read(async |r: &mut Reader| parts::follow_ups(r, id).await).await?.iter().filter(|f| f.done_at.is_none()) {
        visit(room, one, id, f, plus(clock::start_of(f.due), 630)).await?;
    }
    Ok(())
}

async fn visit(room: &Room<'_>, one: &One<'_>, id: DisputeId, f: &mediation::model::FollowUp, t: Timestamp) -> Result<()> {
    let found = Found {
        mode: f.mode.clone(),
        interviewee: "申请人".into(),
        finding: if one.way == Way::NotSettled { "partly" } else { "performed" }.into(),
        satisfaction: (one.way == Way::Agreed).then(|| "satisfied".into()),
        note: "情况平稳，没有再次发生。".into(),
        ..Found::default()
    };
    act::follow_up(room.app, &room.act(one.officer, "mediation.follow_up", t), id, f.id, &found).await
}

/// The briefing on the four months in review, last week's published, yesterday's shift as a draft.
pub async fn brief(app: &App, crew: &Crew) -> Result<()> {
    let (officer, reviewer) = (crew.of(Role::Officer)?, crew.of(Role::DutyLeader)?);
    let (operator, leader) = (crew.of(Role::Operator)?, crew.of(Role::StationLeader)?);
    let act = |who: &Actor, action: &'static str| app.act(who, action, Purpose::Statistics, app.fresh_command());
    let (first, last) = months(app.today());
    let ask = Ask { kind: Kind::Analysis, from: first, until: last, leader: String::new() };
    let id = bulletins::draft(app, &act(officer, "bulletins.draft"), &ask).await?;
    bulletins::step(app, &act(officer, "bulletins.step"), id, Step::Submit, "").await?;

    let today = app.today();
    let until = today.saturating_sub(1.days());
    let ask = Ask { kind: Kind::Weekly, from: until.saturating_sub(6.days()), until, leader: String::new() };
    let id = bulletins::draft(app, &act(operator, "bulletins.draft"), &ask).await?;
    let names = Edit { title: "一周警情和矛盾纠纷".into(), copies: "分局指挥中心".into(), cc: "各警务区、各网格".into(), ..Edit::default() };
    bulletins::edit(app, &act(operator, "bulletins.edit"), id, 1, &names).await?;
    bulletins::step(app, &act(operator, "bulletins.step"), id, Step::Submit, "").await?;
    bulletins::step(app, &act(reviewer, "bulletins.step"), id, Step::Approve, "").await?;
    bulletins::step(app, &act(leader, "bulletins.step"), id, Step::Publish, "").await?;

    let shift = until.saturating_sub(1.days());
    let ask = Ask { kind: Kind::Daily, from: shift, until: shift, leader: reviewer.name.clone() };
    bulletins::draft(app, &act(operator, "bulletins.draft"), &ask).await?;
    Ok(())
}
