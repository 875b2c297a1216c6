//! Live pages: the bus says which record of which topic changed, the page fetches its own fragment,
//! so permissions apply by themselves. Nothing personal travels over this stream.

use crate::{Ctx, Site};
use axum::extract::{Query, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::{Stream, StreamExt};
use std::collections::HashMap;
use std::convert::Infallible;
use std::time::Duration;
use tokio_stream::wrappers::BroadcastStream;

/// `GET /live?topics=incidents,dispute.closed`: server-sent events `change` with `topic id`.
/// A topic matches by its beginning. Events of stations outside the caller's reach are left out.
pub async fn stream(
    State(site): State<Site>,
    ctx: Ctx,
    Query(query): Query<HashMap<String, String>>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let topics: Vec<String> =
        query.get("topics").map_or(vec![], |t| t.split(',').take(20).map(|s| s.trim().to_string()).collect());
    let station = ctx.who.station;
    let everywhere = matches!(ctx.who.reach(), kernel::Reach::All);
    let open = site.meter().open_live();
    let events = BroadcastStream::new(site.app().db().subscribe()).filter_map(move |received| {
        // Held by the stream: counted until the page is left.
        let _ = &open;
        let out = match received {
            Ok(e) if (everywhere || e.station == station) && topics.iter().any(|t| e.topic.starts_with(t.as_str())) => {
                Some(Ok(Event::default().event("change").data(format!("{} {}", e.topic, e.id))))
            }
            Ok(_) => None,
            // The listener was too slow and lost some: it should look at everything again.
            Err(_) => Some(Ok(Event::default().event("change").data("* *"))),
        };
        futures::future::ready(out)
    });
    let hello = futures::stream::once(futures::future::ready(Ok(Event::default().event("ready").data("ok"))));
    Sse::new(hello.chain(events)).keep_alive(KeepAlive::new().interval(Duration::from_secs(20)))
}
