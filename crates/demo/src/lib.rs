//! The demonstration: two invented stations, filled through the same actions as a user's clicks.
//!
//! Division codes and community names are real (public list, MIT); complexes, buildings, households,
//! people and events are invented. Generated ID numbers use region prefixes that do not exist and
//! phones start with 10000, so no real person can be met.

mod asked;
pub mod bulk;
pub mod cameras;
mod before;
mod counters;
mod dice;
mod duty;
mod handed;
mod layout;
mod life;
mod mend;
mod staff;
mod told;
mod town;
mod year;

use kernel::{Actor, App, Error, Result, Role};

/// An account of the demonstration; the password is random for each installation.
#[derive(Clone, Debug)]
pub struct Account {
    pub role: Role,
    pub account: String,
    pub password: String,
    pub name: String,
    pub unit: String,
}

/// Tells how far the filling is: done, of all, what now.
pub type Progress<'a> = &'a (dyn Fn(usize, usize, &str) + Sync);

/// Fills an empty installation and returns one account per role and station.
pub async fn fill(app: &App, progress: Progress<'_>) -> Result<Vec<Account>> {
    let towns = town::read()?;
    let stories = life::stories()?;
    let cases = told::read()?;
    let mut dice = dice::Dice::new(20_260_508);
    let operator = Actor::local("demo");
    let steps = towns.len() * 6;
    let mut done = 0;
    let mut tick = |what: &str| {
        progress(done, steps, what);
        done += 1;
    };
    let mut accounts = vec![];
    let mut built = vec![];
    for t in &towns {
        tick("地址");
        let places = town::build(app, &operator, t).await?;
        tick("账号");
        let crew = staff::hire(app, &operator, t, &places, &mut accounts).await?;
        built.push((t, places, crew));
    }
    for (which, (_, places, crew)) in built.iter().enumerate() {
        cameras::register(app, which, places, crew).await?;
        cameras::watched(app, places, crew).await?;
    }
    // The rosters are searched for while the rest is filled.
    let mut searches = vec![];
    for (_, places, crew) in &built {
        searches.push(duty::begin(app, places, crew).await?);
    }
    for (t, places, crew) in &built {
        tick("住户");
        town::settle(app, t, places, crew, &mut dice).await?;
        tick("一至四月的纠纷");
        let committees = mend::committees(app, t, crew).await?;
        year::happen(app, t, places, crew, &stories, &committees, &mut dice).await?;
        tick("警情和纠纷");
        let officer = crew.of(Role::Officer)?;
        let room = mend::Room { app, town: t, officer, now: app.now(), committees: committees.clone(), second: mend::second(crew, officer)? };
        told::tell(app, &room, crew, &cases).await?;
        life::happen(app, t, places, crew, &stories, &committees, &mut dice).await?;
        tick("通报");
        year::brief(app, crew).await?;
    }
    for (which, ((_, _, crew), search)) in built.iter().zip(searches).enumerate() {
        duty::publish(app, crew, search).await?;
        counters::open(app, crew, &mut dice).await?;
        handed::over(app, crew).await?;
        // The first station had a ticket machine before.
        if which == 0 {
            before::import(app, crew, &mut dice).await?;
        }
        asked::ask(app, crew, &mut dice).await?;
    }
    progress(steps, steps, "完成");
    let mut shown: Vec<Account> = vec![];
    for a in accounts {
        if !shown.iter().any(|s| s.role == a.role && s.unit == a.unit) {
            shown.push(a);
        }
    }
    Ok(shown)
}

pub(crate) fn broken(file: &str, e: impl std::fmt::Display) -> Error {
    Error::internal(format!("demo data {file}: {e}"))
}
