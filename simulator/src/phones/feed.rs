//! `GET /sim/api/events`: what happens, as it happens, for the page.

use std::convert::Infallible;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::Stream;
use futures::stream::unfold;
use tokio::sync::broadcast::error::RecvError;

use super::Page;
use crate::world::FeedEvent;

/// Server-sent events named `message`, `status`, `mail`, `faults`, `clock` and `reset`. A reader that falls too far behind gets `reset`
/// and loads the phones again; nothing is kept for it beyond the bound.
pub(super) async fn events(State(shared): Page) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let (feed, stop) = (shared.feed.subscribe(), shared.stop.clone());
    let stream = unfold((feed, stop), |(mut feed, stop)| async move {
        let received = tokio::select! {
            () = stop.cancelled() => return None,
            received = feed.recv() => received,
        };
        let event = match received {
            Ok(event) => event,
            Err(RecvError::Lagged(_)) => FeedEvent::Reset,
            Err(RecvError::Closed) => return None,
        };
        let name = match &event {
            FeedEvent::Message { .. } => "message",
            FeedEvent::Status { .. } => "status",
            FeedEvent::Mail { .. } => "mail",
            FeedEvent::Faults => "faults",
            FeedEvent::Clock { .. } => "clock",
            FeedEvent::Reset => "reset",
        };
        let event = Event::default().event(name).json_data(&event).unwrap_or_else(|_| Event::default().event("reset"));
        Some((Ok(event), (feed, stop)))
    });
    Sse::new(stream).keep_alive(KeepAlive::default())
}
