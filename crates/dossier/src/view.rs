//! What a party sees of the own matter without an account.

use crate::compose::Case;
use kernel::{Date, Uuid};
use mediation::model::{Kept, State};

/// The rights that this party's paper and page name: by the track, and in a matter of domestic violence by who was hurt.
pub fn rights(case: &Case, me: Uuid) -> Vec<String> {
    let list = if case.d.domestic_violence {
        let victim = case.warnings.iter().any(|w| w.victim_party == me);
        if victim { "party.right.violence_victim".to_string() } else { "party.right.violence".to_string() }
    } else {
        format!("party.right.{}", case.d.track.map_or("none", |t| t.code()))
    };
    case.rules.list(&list, case.today).into_iter().map(|c| c.name.clone()).collect()
}

/// A promise of this party (or of both sides).
#[derive(Clone, Debug)]
pub struct Own {
    pub text: String,
    pub how: String,
    pub due: Option<Date>,
    pub state: &'static str,
    /// Due within the days of reminding, or over.
    pub near: bool,
}

/// The page of one party.
#[derive(Clone, Debug)]
pub struct PartyView {
    pub number: String,
    pub matter: String,
    pub side: &'static str,
    pub says: &'static str,
    pub track: Option<&'static str>,
    pub mediator: String,
    pub organ: String,
    pub station: String,
    pub next: Option<(Date, &'static str)>,
    pub own: Vec<Own>,
    pub agreement: Option<String>,
    pub confirmation_due: Option<Date>,
    pub rights: Vec<String>,
}

/// The other parties' names, and those who come with them, with what stands for them.
pub fn others(case: &Case, me: Uuid) -> Vec<(String, String)> {
    let mut out = vec![];
    for p in case.parties.iter().filter(|p| p.p.id != me) {
        for name in [&p.v.name, &p.p.guardian, &p.p.agent_name, &p.more.interpreter] {
            if !name.is_empty() {
                out.push((name.clone(), p.p.side.label().to_string()));
            }
        }
    }
    out
}

/// The next day that concerns the party: the own promise, else the visit or the end of the mediation.
pub fn next_date(case: &Case, me: Uuid) -> Option<(Date, &'static str)> {
    let mine = |o: &mediation::model::Obligation| o.party_id.is_none_or(|p| p == me) && o.state == Kept::Pending;
    let promise = case.promises.iter().filter(|(o, _)| mine(o)).filter_map(|(o, _)| o.due).min().map(|d| (d, "履行期限"));
    let visit = case.follow_ups.iter().filter(|f| f.done_at.is_none() && !f.dropped).map(|f| f.due).min().map(|d| (d, "回访"));
    let end = case.d.deadline.filter(|_| case.d.state == State::Mediating && case.d.paused_on.is_none()).map(|d| (d, "调解期限"));
    [promise, visit, end].into_iter().flatten().min_by_key(|(d, _)| *d)
}

/// The page of party `me`, without anybody else's personal data.
pub fn party_view(case: &Case, me: Uuid) -> Option<PartyView> {
    let p = case.party(me)?;
    let others = others(case, me);
    let clean = |t: &str| crate::rules::without_names(t, &others);
    let days = case.rules.int("follow_up.before_deadline_days", case.today).unwrap_or(1);
    let until = case.rules.calendar().add_days(case.today, days).date;
    let own = case
        .promises
        .iter()
        .filter(|(o, _)| o.party_id.is_none_or(|x| x == me))
        .map(|(o, _)| Own {
            text: clean(&o.text),
            how: clean(&o.how),
            due: o.due,
            state: o.state.label(),
            near: o.state == Kept::Pending && o.due.is_some_and(|d| d <= until),
        })
        .collect();
    let a = case.agreement();
    Some(PartyView {
        rights: rights(case, me),
        number: case.number(),
        matter: clean(&case.d.title),
        side: p.p.side.label(),
        says: crate::rules::says(case.d.state, case.d.paused_on.is_some()),
        track: case.d.track.map(|t| t.label()),
        mediator: case.mediator(),
        organ: case.organ(),
        station: case.station.name.clone(),
        next: next_date(case, me),
        own,
        agreement: a.map(|a| a.number.clone()),
        confirmation_due: a.filter(|a| a.confirmation == Some(mediation::model::Confirmation::ToApply)).and_then(|a| a.confirmation_due),
    })
}
