//! The durable feed over HTTP: what the socket would have shown.

use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::Utf8Bytes;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use patchbay_core::Code;
use patchbay_http::{ApiError, Caller, Params, limit};
use patchbay_store::feed::Position;
use patchbay_store::{StoreError, feed};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};
use utoipa::{IntoParams, ToSchema};

use crate::frame::{Frame, Subject};
use crate::rights;
use crate::service::Realtime;

/// Events read at once, and looked through for one answer.
const PAGE: i64 = 500;
const LOOKED_THROUGH: usize = 10_000;
/// How long an answer waits for events that are committed but not settled, so that a caller finds what it just did.
const SETTLES_WITHIN: Duration = Duration::from_millis(250);
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// Where to read on.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FeedQuery {
    /// Cursor of the last event seen; without it, from the oldest event kept.
    after: Option<String>,
    /// Most events to answer with, up to 100.
    limit: Option<i64>,
}

/// Part of the caller's feed.
#[derive(Serialize, ToSchema)]
pub(crate) struct FeedPage {
    /// Events in order, as the socket shows them.
    data: Vec<EventFrame>,
    /// Pass it as `after` to read on; null when this was the end.
    next_cursor: Option<String>,
}

/// An event of the feed.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventFrame {
    /// What happened, such as `message.received`.
    event: String,
    /// Where it stands in the feed; null for what passes.
    cursor: Option<String>,
    /// Sequence within its conversation.
    conversation_seq: Option<i64>,
    /// When it happened.
    ts: chrono::DateTime<chrono::Utc>,
    /// What changed; its shape depends on the event.
    data: serde_json::Value,
}

/// The caller's durable event feed: what the WebSocket would have shown, in order.
#[utoipa::path(
    get,
    path = "/api/v1/events",
    tag = "realtime",
    params(FeedQuery),
    responses(
        (status = 200, description = "Events after the cursor", body = FeedPage),
        (status = 400, description = "INVALID_QUERY"),
        (status = 401, description = "No valid token"),
        (status = 410, description = "CURSOR_EXPIRED: the cursor is older than the feed"),
    )
)]
pub(crate) async fn read(
    State(realtime): State<Realtime>,
    Caller(ctx): Caller,
    Params(query): Params<FeedQuery>,
) -> Result<Response, ApiError> {
    let limit = usize::try_from(limit(query.limit)?).unwrap_or(usize::MAX);
    let after = match query.after.as_deref() {
        None | Some("") => None,
        Some(text) => Some(
            text.parse::<Position>().map_err(|_| ApiError::new(Code::InvalidQuery, "the cursor is not one of ours"))?,
        ),
    };
    let mut tx = realtime.db.read().await.map_err(|error| refusal(&error))?;
    let bounds = feed::bounds(&mut tx).await.map_err(|error| refusal(&error))?;
    let mut at = after.unwrap_or(bounds.trimmed);
    if !bounds.cover(at) {
        return Err(ApiError::new(Code::CursorExpired, "the cursor is older than the feed; read the lists again"));
    }
    let mut frames = Vec::new();
    let mut seen = 0;
    let patience = Instant::now() + SETTLES_WITHIN;
    let next = 'reading: loop {
        let batch = feed::after(&mut tx, at, PAGE).await.map_err(|error| refusal(&error))?;
        if batch.events.is_empty() && batch.unsettled && Instant::now() < patience {
            sleep(LOOK_AGAIN).await;
            continue;
        }
        let last_page = batch.events.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
        for event in &batch.events {
            if rights::may_know(&ctx.actor, &Subject::of(event)) {
                if frames.len() == limit {
                    break 'reading Some(at);
                }
                frames.push(Frame::of(event).text);
            }
            at = event.position;
        }
        seen += batch.events.len();
        if last_page && !batch.unsettled {
            break None;
        }
        if last_page && Instant::now() >= patience {
            break None;
        }
        if seen >= LOOKED_THROUGH {
            break Some(at);
        }
    };
    let next = next.map_or_else(|| "null".to_owned(), |position| format!("\"{position}\""));
    let frames: Vec<&str> = frames.iter().map(Utf8Bytes::as_str).collect();
    let body = format!(r#"{{"data":[{}],"next_cursor":{next}}}"#, frames.join(","));
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

/// How a store's failure looks from outside.
pub(crate) fn refusal(error: &StoreError) -> ApiError {
    if error.is_unavailable() { ApiError::not_ready(error) } else { ApiError::internal(error) }
}
