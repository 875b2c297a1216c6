//! kill -9 during a search for a duty roster: what was the best until then stays, is legal, and can be read.
//!
//! A planner signs in and begins a search through the page. As soon as the page shows a first roster, and then at a
//! random moment, the process is killed. The data is opened: the version still holds a roster, the independent checker
//! finds nothing in it but what the station set itself, and the chain is whole.

use crate::child::Server;
use crate::client::Client;
use anyhow::{Context, Result, ensure};
use fengqiao::open::{Keys, Place, open};
use kernel::app::Settings;
use kernel::row::Json;
use kernel::{Actor, Purpose, Reader, Role, StationId, Uuid, verify};
use roster::model::{Contract, DayType, MixRule, Need, Post, PostKind, PostSet, Shift, Standing};
use std::path::Path;
use std::time::Duration;

/// What the drill found; an error would have ended it.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct Outcome {
    pub kills: u32,
    /// Versions that held a roster after the kill.
    pub kept: u32,
    /// Cells with a duty in the last of them.
    pub duties: usize,
}

const ACCOUNT: &str = "drill.planner";
const PASSWORD: &str = "Steppe-wind 7";
/// So many, of so many kinds of contract, that nothing is proven before the kill.
const CREW: usize = 36;
/// Seconds that a search may take; it is killed long before.
const SECONDS: &str = "120";

/// Kills the server of `data` (an empty directory) in the middle of `kills` searches.
pub async fn run(bin: &Path, data: &Path, kills: u32) -> Result<Outcome> {
    let place = Place { data: data.to_path_buf(), ..Place::default() };
    let station = prepare(&place).await?;
    let mut out = Outcome::default();
    for n in 0..kills {
        let mut server = Server::start(bin, "serve", data).await?;
        let id = searching(&server, n).await?;
        tokio::time::sleep(Duration::from_millis(rand::random_range(0..1_500))).await;
        server.kill()?;
        drop(server);
        out.kills += 1;
        out.duties = kept(&place, station, id).await?;
        out.kept += 1;
    }
    Ok(out)
}

/// A station with one post, and people who can stand there.
async fn prepare(place: &Place) -> Result<StationId> {
    let app = open(place, Keys::Make("sm"), Settings::default()).await?;
    let who = Actor::local("drill");
    let act = || app.act(&who, "drill.prepare", Purpose::Administration, app.fresh_command());
    let station = crate::ground::station(&app).await?;
    let hash = identity::actions::hash(PASSWORD).await?;
    let mut planner = Actor::resident(station);
    planner.role = Role::DutyLeader;
    let mut crew = vec![];
    for n in 0..CREW {
        let (role, account) = if n == 0 { (Role::DutyLeader, ACCOUNT.to_string()) } else { (Role::Officer, format!("drill.{n}")) };
        let new = identity::model::NewUser {
            station,
            unit: "演练派出所".into(),
            account,
            name: format!("演练{n}"),
            role,
            password: PASSWORD.into(),
            must_change: false,
        };
        let user = identity::actions::create_hashed(&app, &act(), new, &hash).await?;
        if n == 0 {
            planner.user = user;
        }
        crew.push(user);
    }
    let act = |action| app.act(&planner, action, Purpose::Administration, app.fresh_command());
    roster::actions::save_post(&app, &act("roster.post"), command_room()).await?;
    for (n, user_id) in (0i64..).zip(crew) {
        let c = Contract {
            id: Uuid::nil(),
            user_id,
            standing: Standing::Officer,
            week_hours: 24 + n % 5 * 4,
            fill_percent: 50 + n % 7 * 6,
            from_day: app.today().first_of_month(),
            until_day: None,
        };
        roster::actions::add_contract(&app, &act("roster.contract"), c).await?;
    }
    app.db().close().await;
    Ok(station)
}

/// More is needed than the people can give: the search has something to do until it is killed.
fn command_room() -> PostSet {
    let post = Post {
        station_id: StationId::NIL,
        id: Uuid::nil(),
        name: "指挥室".into(),
        kind: PostKind::Command,
        standings: Json(vec![Standing::Officer]),
        skill: String::new(),
        mix: MixRule::None,
        must: false,
        paid_percent: 100,
        by_quarter: false,
        position: 1,
        version: 1,
    };
    let mut set = PostSet { post, shifts: vec![], needs: vec![] };
    for (place, (name, code, start, people)) in (0i64..).zip([("白班", "白", 8, 13), ("夜班", "夜", 20, 9)]) {
        set.shifts.push(Shift {
            id: Uuid::nil(),
            post_id: Uuid::nil(),
            name: name.into(),
            code: code.into(),
            start_minute: start * 60,
            minutes: 720,
            position: place,
        });
        for (more, day_type) in (0i64..).zip(DayType::ALL) {
            let shift_id = Some(roster::actions::placeholder(place));
            set.needs.push(Need { post_id: Uuid::nil(), day_type: *day_type, shift_id, from_minute: 0, until_minute: 0, people: people + more % 3 });
        }
    }
    set
}

/// Begins a search through the page and waits until the page shows a roster.
async fn searching(server: &Server, n: u32) -> Result<Uuid> {
    let mut client = Client::new(server.at);
    client.sign_in(ACCOUNT, PASSWORD).await?;
    let command = kernel::Clock::System.new_id().to_string();
    // Each time another month: what was killed before stands as it was left.
    let month = kernel::clock::day_of(kernel::Clock::System.now()).first_of_month();
    let month = month.saturating_add(kernel::ToSpan::months(i64::from(n % 10))).to_string();
    let fields = [("command_id", command.as_str()), ("month", month.as_str()), ("seconds", SECONDS)];
    let reply = client.post("/roster/solve", &fields).await?;
    ensure!(reply.status == 303, "the search was refused ({}): {}", reply.status, reply.text());
    let id: Uuid = reply.location.rsplit('/').next().unwrap_or("").parse().context("no version in the answer")?;
    let mut page = String::new();
    for _ in 0..600 {
        page = client.get(&reply.location).await?.text();
        if page.contains("目前最好的一版，已存好") {
            return Ok(id);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let main = page.find("<main").map_or(0, |at| at);
    let shown: String = page[main..].chars().take(3_000).collect();
    anyhow::bail!("no first roster within a minute:\n{}\n{shown}", server.log())
}

/// The roster that the killed search left, judged; the number of its duties.
async fn kept(place: &Place, station: StationId, id: Uuid) -> Result<usize> {
    let app = open(place, Keys::MustExist, Settings::default()).await?;
    let look = app.look(&Actor::system(), "drill.look", Purpose::Audit);
    let verdict = verify::verify(&app, &look, None).await?;
    ensure!(verdict.is_whole(), "the chain is broken: {:?}", verdict.findings);
    let rules = app.rules();
    let seen = app.db().read(&look, async |r: &mut Reader| roster::actions::see(r, &rules, station, id).await).await?;
    ensure!(!seen.plan.cells.0.is_empty(), "the search was killed and nothing is left of it");
    ensure!(seen.judged.findings.is_empty(), "what is left breaks rules: {:?}", seen.judged.findings);
    app.db().close().await;
    Ok(seen.roster.rows.iter().flatten().filter(|c| usize::from(**c) < seen.problem.kinds.len()).count())
}
