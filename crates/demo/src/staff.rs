//! Accounts of the demonstration, each with a random password.

use crate::Account;
use crate::town::{Built, Town};
use futures::future::join_all;
use identity::model::{GrantKind, NewUser};
use kernel::{Actor, App, Date, Error, Purpose, Result, Role, StationId, UserId, Uuid};

/// The people of one station as actors.
pub struct Crew(pub Vec<Actor>);

impl Crew {
    /// The first of a role.
    pub fn of(&self, role: Role) -> Result<&Actor> {
        self.0.iter().find(|a| a.role == role).ok_or(Error::NotFound("演示人员"))
    }
    /// All of a role.
    pub fn all(&self, role: Role) -> Vec<&Actor> {
        self.0.iter().filter(|a| a.role == role).collect()
    }
}

fn password(app: &App, account: &str) -> String {
    loop {
        let p: String = app.vault().token().0.chars().take(11).collect();
        let mixed = format!("{}{}", p[..6].to_lowercase(), &p[6..]);
        if vault::password::broken_rules(&mixed, account, 10, 3).is_empty() {
            return mixed;
        }
    }
}

/// Makes the accounts and gives beats and grids.
pub async fn hire(app: &App, who: &Actor, t: &Town, built: &Built, out: &mut Vec<Account>) -> Result<Crew> {
    let plain: Vec<(Role, String)> = t
        .staff
        .iter()
        .map(|s| (Role::from_code(&s.role).unwrap_or(Role::Volunteer), password(app, &s.login)))
        .collect();
    let hashes = join_all(plain.iter().map(|(_, p)| identity::actions::hash(p))).await;
    let from: Date = "2025-01-01".parse().map_err(Error::internal)?;
    let mut crew = vec![];
    let mut security = Actor::system();
    security.role = Role::SecurityAdmin;
    for ((s, (role, p)), hash) in t.staff.iter().zip(plain).zip(hashes) {
        let admin = role.is_admin();
        let (station, unit) = if admin { (StationId::NIL, String::new()) } else { (built.station, built.name.clone()) };
        let act = app.act(who, "identity.create_user", Purpose::Administration, app.fresh_command());
        let new = NewUser {
            station,
            unit: unit.clone(),
            account: s.login.clone(),
            name: s.name.clone(),
            role,
            password: p.clone(),
            must_change: false,
        };
        let user: UserId = identity::actions::create_hashed(app, &act, new, &hash?).await?;
        let places: Vec<(GrantKind, Uuid)> = s
            .beats
            .iter()
            .filter_map(|b| Some((GrantKind::Beat, built.beats.get(b)?.0)))
            .chain(s.grids.iter().filter_map(|g| Some((GrantKind::Grid, built.grids.get(g)?.0))))
            .collect();
        for (kind, place) in &places {
            let act = app.act(&security, "identity.grant", Purpose::Administration, app.fresh_command());
            identity::actions::grant(app, &act, user, *kind, *place, from, None).await?;
        }
        let mut actor = Actor::resident(station);
        actor.user = user;
        actor.role = role;
        actor.name = s.name.clone();
        actor.unit = unit.clone();
        actor.beats = places.iter().filter(|(k, _)| *k == GrantKind::Beat).map(|(_, p)| (*p).into()).collect();
        actor.grids = places.iter().filter(|(k, _)| *k == GrantKind::Grid).map(|(_, p)| (*p).into()).collect();
        crew.push(actor);
        out.push(Account { role, account: s.login.clone(), password: p, name: s.name.clone(), unit });
    }
    Ok(Crew(crew))
}
