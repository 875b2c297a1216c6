//! What every action holds in its hand: database, clock, keys, rules, settings.

use crate::moments::{Moment, Moments};
use crate::rules::RuleSet;
use crate::{Act, Actor, Clock, CommandId, Date, Db, Purpose, Result, Timestamp};
use std::path::PathBuf;
use std::sync::{Arc, RwLock};
use vault::Vault;

/// Settings of this installation that pages and actions look at.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The data directory (database, key file, heads).
    pub data: PathBuf,
    /// The second place of the signed heads; beside the database when none is named.
    pub heads: Option<PathBuf>,
    /// A demonstration with invented people: loopback only, banner on every page.
    pub demo: bool,
    /// What the program is called on pages and papers.
    pub product: String,
    /// The address residents reach, for links on receipts; empty when unknown.
    pub public_url: String,
    /// Cookies carry `Secure` (TLS here or at the trusted proxy).
    pub secure_cookies: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            data: PathBuf::from("data"),
            heads: None,
            demo: false,
            product: "枫桥".into(),
            public_url: String::new(),
            secure_cookies: false,
        }
    }
}

struct Inner {
    db: Db,
    clock: Clock,
    vault: Vault,
    rules: RwLock<Arc<RuleSet>>,
    settings: Settings,
    moments: Moments,
}

/// The running installation; cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

impl App {
    pub fn new(db: Db, vault: Vault, rules: RuleSet, settings: Settings) -> App {
        let clock = db.clock().clone();
        App(Arc::new(Inner { db, clock, vault, rules: RwLock::new(Arc::new(rules)), settings, moments: Moments::default() }))
    }

    pub fn db(&self) -> &Db {
        &self.0.db
    }
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }
    /// Today in Chinese time.
    pub fn today(&self) -> Date {
        crate::clock::day_of(self.now())
    }
    pub fn vault(&self) -> &Vault {
        &self.0.vault
    }
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }
    /// The rules in force; hold the `Arc` for the length of one action.
    pub fn rules(&self) -> Arc<RuleSet> {
        self.0.rules.read().unwrap_or_else(|e| e.into_inner()).clone()
    }
    /// Puts another rule set in force (after an import or a confirmation).
    pub fn set_rules(&self, rules: RuleSet) {
        *self.0.rules.write().unwrap_or_else(|e| e.into_inner()) = Arc::new(rules);
    }

    /// What `read` gives, or gave a moment ago to whoever asked for the same; see [`crate::moments`]. Only for what is shown
    /// alike to all who may ask for it, never for a decision.
    ///
    /// # Errors
    /// What `read` returns.
    pub async fn a_moment_ago<T, F>(&self, what: &Moment<'_>, read: F) -> Result<Arc<T>>
    where
        T: std::any::Any + Send + Sync,
        F: AsyncFnOnce() -> Result<T>,
    {
        self.0.moments.get(what, self.now(), self.db().subscribe(), read).await
    }

    /// A deed of `actor` now, under the command id that came with the form.
    pub fn act(&self, actor: &Actor, action: &'static str, purpose: Purpose, command: CommandId) -> Act {
        actor.act(action, purpose, command, self.now())
    }

    /// A look of `actor` now.
    pub fn look(&self, actor: &Actor, action: &'static str, purpose: Purpose) -> Act {
        Act::look(actor, action, purpose, self.db())
    }

    /// A fresh command id, for work that no form started (jobs, the command line, the demo).
    pub fn fresh_command(&self) -> CommandId {
        CommandId(self.0.clock.new_id())
    }
}
