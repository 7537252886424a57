//! The faults and the record at the door of both APIs.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use crate::faults::{Provider, take};
use crate::message::RequestRecord;
use crate::world::{FeedEvent, Shared};

/// What a handler leaves on its response for the record.
#[derive(Clone, Debug, Default)]
pub(crate) struct Noted {
    pub(crate) error_code: Option<u32>,
    pub(crate) message_id: Option<String>,
}

/// Marks a response that must never be sent: the listener closes the connection instead.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vanish;

/// A fault that stopped a request before anything was accepted.
pub(crate) enum Stopped {
    /// 503.
    Unavailable,
    /// 429, with its Retry-After in seconds.
    TooMany(u32),
}

/// Which API's door it is.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) shared: Arc<Shared>,
    pub(crate) provider: Provider,
    /// What that API answers while it is out of service.
    pub(crate) unavailable: fn() -> Response,
}

/// What becomes of the answer to an accepted message.
enum Aftermath {
    Answer,
    ServerError,
    Silence(Duration),
}

/// The faults before a send is looked at.
pub(crate) async fn enter(shared: &Shared, provider: Provider) -> Result<(), Stopped> {
    let delay = Duration::from_millis(shared.world().faults.of(provider).delay_ms);
    if !delay.is_zero() {
        pause(shared, delay).await;
    }
    let stopped = {
        let mut world = shared.world();
        let faults = world.faults.of_mut(provider);
        if take(&mut faults.too_many_requests) {
            Some(Stopped::TooMany(faults.retry_after_s))
        } else if take(&mut faults.server_errors) {
            Some(Stopped::Unavailable)
        } else {
            None
        }
    };
    match stopped {
        Some(stopped) => {
            shared.tell([FeedEvent::Faults]);
            Err(stopped)
        }
        None if shared.courier.has_room() => Ok(()),
        None => Err(Stopped::Unavailable),
    }
}

/// The faults after a message was accepted: its answer, an error in its place, or none at all.
pub(crate) async fn leave(shared: &Shared, provider: Provider, answer: Response, error: fn() -> Response) -> Response {
    let aftermath = {
        let mut world = shared.world();
        let faults = world.faults.of_mut(provider);
        if take(&mut faults.timeout_after_accept) {
            Aftermath::Silence(Duration::from_millis(faults.hold_ms))
        } else if take(&mut faults.server_errors_after_accept) {
            Aftermath::ServerError
        } else {
            Aftermath::Answer
        }
    };
    let noted = answer.extensions().get::<Noted>().cloned().unwrap_or_default();
    let mut response = match aftermath {
        Aftermath::Answer => return answer,
        Aftermath::ServerError => error(),
        Aftermath::Silence(hold) => {
            pause(shared, hold).await;
            // Behind the server's own listener nobody closes the connection: 502 is then the nearest thing.
            let mut gone = StatusCode::BAD_GATEWAY.into_response();
            gone.extensions_mut().insert(Vanish);
            gone
        }
    };
    shared.tell([FeedEvent::Faults]);
    response.extensions_mut().insert(noted);
    response
}

async fn pause(shared: &Shared, time: Duration) {
    tokio::select! {
        () = shared.stop.cancelled() => {}
        () = tokio::time::sleep(time) => {}
    }
}

/// Writes every request down, and answers all of them 503 during an outage.
pub(crate) async fn record(State(door): State<Door>, request: Request, next: Next) -> Response {
    let Door { shared, provider, unavailable } = door;
    let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
    let outage = shared.world().faults.of(provider).outage;
    let response = if outage { unavailable() } else { next.run(request).await };
    let noted = response.extensions().get::<Noted>().cloned().unwrap_or_default();
    let answered = response.extensions().get::<Vanish>().is_none();
    shared.world().note_request(RequestRecord {
        provider,
        at: shared.now(),
        method,
        path,
        status: answered.then(|| response.status().as_u16()),
        error_code: noted.error_code,
        message_id: noted.message_id,
    });
    shared.touch();
    response
}
