//! Live pages: the bus says which topic of the page changed, the page fetches its own fragment, so that permissions apply
//! by themselves. Neither a record's id nor anything personal travels over this stream: an account that is narrowed to its
//! beats or grids hears that something changed, and sees by its own fragment whether that concerns it
//! (`docs/decisions/0037`).

use crate::{Ctx, Site};
use axum::extract::{Query, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::{Stream, StreamExt};
use kernel::{Actor, Reach};
use std::collections::HashMap;
use std::convert::Infallible;
use std::time::Duration;
use tokio_stream::wrappers::BroadcastStream;

/// Topics that one page may ask for.
const TOPICS: usize = 20;

/// `GET /live?topics=incidents.,dispute.closed`: server-sent events `change` with those of the asked topics that changed,
/// parted by commas, or `*` when some were missed. A topic matches by its beginning. Events of stations outside the
/// caller's reach are left out.
pub async fn stream(
    State(site): State<Site>,
    ctx: Ctx,
    Query(query): Query<HashMap<String, String>>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let topics: Vec<String> = query.get("topics").map_or(vec![], |t| {
        t.split(',').map(|s| s.trim().to_string()).filter(|s| !s.is_empty()).take(TOPICS).collect()
    });
    let who = ctx.who.clone();
    let open = site.meter().open_live();
    let events = BroadcastStream::new(site.app().db().subscribe()).filter_map(move |received| {
        // Held by the stream: counted until the page is left.
        let _ = &open;
        let changed = match received {
            Ok(e) => told(&who, &topics, &e),
            // The listener was too slow and lost some: it should look at everything again.
            Err(_) => Some("*".to_string()),
        };
        futures::future::ready(changed.map(|t| Ok(Event::default().event("change").data(t))))
    });
    let hello = futures::stream::once(futures::future::ready(Ok(Event::default().event("ready").data("ok"))));
    Sse::new(hello.chain(events)).keep_alive(KeepAlive::new().interval(Duration::from_secs(20)))
}

/// What a page is told of an event: the topics that it asked for itself, never which record it was.
fn told(who: &Actor, topics: &[String], event: &kernel::Event) -> Option<String> {
    if !matches!(who.reach(), Reach::All) && event.station != who.station {
        return None;
    }
    let heard: Vec<&str> = topics.iter().filter(|t| event.topic.starts_with(t.as_str())).map(String::as_str).collect();
    (!heard.is_empty()).then(|| heard.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::{BeatId, Event, Role, StationId, Uuid};

    #[test]
    fn a_page_hears_its_topics_and_never_which_record_changed() {
        let station = StationId(Uuid::from_u128(7));
        let record = Uuid::from_u128(0xabc);
        let event = |topic: &str, station| Event { station, topic: topic.into(), id: record };
        let topics = vec!["incidents.".to_string(), "incidents.take".to_string(), "notices.".to_string()];
        let mut officer = Actor::resident(station);
        officer.role = Role::Officer;
        let narrowed = Actor { own_beats: true, beats: vec![BeatId(Uuid::from_u128(1))], ..officer.clone() };
        let mut worker = officer.clone();
        worker.role = Role::GridWorker;
        for who in [&officer, &narrowed, &worker] {
            let heard = told(who, &topics, &event("incidents.take", station));
            assert_eq!(heard.as_deref(), Some("incidents.,incidents.take"));
            assert_eq!(told(who, &topics, &event("incidents.dispatch", station)).as_deref(), Some("incidents."));
            assert_eq!(told(who, &topics, &event("mediation.open", station)), None);
            assert_eq!(told(who, &topics, &event("incidents.take", StationId(Uuid::from_u128(8)))), None);
        }
    }
}
