//! The nouns: an entry as listed, a look as a resident reads it, a delayed disclosure.

use kernel::audit::{Body, Deed};
use kernel::{Role, StationId, Timestamp, UserId, Uuid, record};

/// An entry of the chain, read.
#[derive(Clone, Debug)]
pub struct Entry {
    pub body: Body,
    pub at: Timestamp,
    /// The actor's name; only auditors see it.
    pub name: String,
    pub unit: String,
}

/// A place in the order of all chains by time; a list goes on before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub at: Timestamp,
    pub seq: i64,
    pub chain: Uuid,
}

impl Place {
    /// After every entry.
    pub const LAST: Place = Place { at: Timestamp::MAX, seq: i64::MAX, chain: Uuid::max() };

    /// As it stands in an address.
    pub fn text(self) -> String {
        format!("{}.{}.{}", self.at.as_microsecond(), self.seq, self.chain)
    }

    /// Reads [`Place::text`]; `None` for anything else.
    pub fn parse(text: &str) -> Option<Place> {
        let mut parts = text.splitn(3, '.');
        let at = Timestamp::from_microsecond(parts.next()?.parse().ok()?).ok()?;
        Some(Place { at, seq: parts.next()?.parse().ok()?, chain: parts.next()?.parse().ok()? })
    }
}

impl Entry {
    pub fn place(&self) -> Place {
        Place { at: self.at, seq: self.body.seq, chain: self.body.chain.0 }
    }
}

/// What the auditor asks; empty fields ask for everything.
#[derive(Clone, Debug)]
pub struct Query {
    /// Nothing older.
    pub since: Timestamp,
    /// Nothing from here on.
    pub before: Place,
    /// A code (`incidents.see`), or all of a domain (`incidents.`).
    pub action: String,
    pub deed: Option<Deed>,
    /// A kind of record that it is about.
    pub kind: String,
    /// Who acted; empty for everybody.
    pub users: Vec<UserId>,
    /// With what the program does by itself.
    pub system: bool,
}

impl Query {
    /// Parts that the body of an entry must have, as patterns of `like` with `!` as escape.
    pub fn needs(&self) -> Vec<String> {
        let mut all = vec![];
        match self.action.as_str() {
            "" => {}
            domain if domain.ends_with('.') => all.push(pattern(&format!("\"action\":\"{domain}"))),
            code => all.push(pattern(&format!("\"action\":\"{code}\""))),
        }
        if let Some(deed) = self.deed {
            let code = match deed {
                Deed::Read => "read",
                Deed::Write => "write",
                Deed::Refused => "refused",
            };
            all.push(pattern(&format!("\"deed\":\"{code}\"")));
        }
        if !self.kind.is_empty() {
            all.push(pattern(&format!("{{\"k\":\"{}\"", self.kind)));
        }
        all
    }

    /// Parts that it must not have.
    pub fn forbids(&self) -> Vec<String> {
        if self.system { vec![] } else { vec![pattern(&format!("\"role\":\"{}\"", Role::System.code()))] }
    }

    /// Parts of which it must have one.
    pub fn anyone(&self) -> Vec<String> {
        self.users.iter().map(|u| pattern(&format!("\"user\":\"{}\"", u.0))).collect()
    }
}

fn pattern(part: &str) -> String {
    format!("%{}%", part.replace('!', "!!").replace('%', "!%").replace('_', "!_"))
}

/// A page of entries.
#[derive(Clone, Debug, Default)]
pub struct Found {
    pub entries: Vec<Entry>,
    /// Where older entries begin.
    pub next: Option<Place>,
    /// The page is not full because only so many entries are searched at a time.
    pub short: bool,
}

/// One look at a resident's own data, as the resident reads it: never the person who looked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    pub at: Timestamp,
    pub unit: String,
    pub role: String,
    pub purpose: String,
    /// 查看 or 办理.
    pub deed: &'static str,
}

record! {
    /// 暂缓公开
    #[derive(Clone, Debug)]
    pub struct Delay {
        pub id: Uuid,
        pub station_id: StationId,
        pub subject_kind: String,
        pub subject_id: Uuid,
        pub reason: String,
        pub basis: String,
        pub by_user: UserId,
        pub at: Timestamp,
        pub review_at: Timestamp,
        pub lifted_at: Option<Timestamp>,
    }
}
