//! Events: what happened, told inside the transaction to other domains and after commit to pages.

use crate::{Result, StationId, Tx, Uuid};
use futures::future::BoxFuture;

/// Something that happened to one record. Holds ids only, never personal values.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Event {
    pub station: StationId,
    /// `domain.what`, such as `incidents.taken`; live pages subscribe by topic.
    pub topic: String,
    /// The record.
    pub id: Uuid,
}

/// Hears an event in the same transaction; an error rolls the whole command back.
pub type Handler = for<'a> fn(&'a mut Tx, &'a Event) -> BoxFuture<'a, Result<()>>;

/// Which handler hears which topics (a trailing `*` matches any ending).
#[derive(Clone)]
pub struct Listener {
    pub topic: &'static str,
    pub handler: Handler,
}

impl Listener {
    pub fn hears(&self, topic: &str) -> bool {
        match self.topic.strip_suffix('*') {
            Some(head) => topic.starts_with(head),
            None => self.topic == topic,
        }
    }
}
