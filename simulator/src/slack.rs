//! A fake of Slack's incoming webhooks: an address with a secret in it takes a text, says `ok`, and answers as Slack does to
//! what it does not take; and faults: delay, 429 with Retry-After, 5xx, an archived channel, answers that are lost after the
//! text was posted. Source: Slack, "Sending messages using incoming webhooks", error handling.

use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::door::Vanish;
use crate::faults::take;
use crate::world::Shared;

/// Where the fake stands below the simulator's address.
pub const SLACK_PATH: &str = "/slack";
/// The one address that it knows, below that.
pub const SLACK_HOOK: &str = "/services/T000SIM/B000SIM/a-secret-of-the-simulator";
/// Most texts that are remembered.
const MOST: usize = 1_000;
/// Longest text. Source: Slack, "Truncating content".
const LONGEST: usize = 40_000;

/// How Slack misbehaves. Counts go down as they are used.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SlackFaults {
    /// Every answer waits so long.
    pub delay_ms: u64,
    /// So many calls are answered 429.
    pub too_many_requests: u32,
    /// The Retry-After of those, in seconds.
    pub retry_after_s: u32,
    /// So many calls are answered 500; nothing was posted.
    pub server_errors: u32,
    /// So many calls are told that the channel is archived: 410.
    pub archived: u32,
    /// So many texts are posted and the connection is closed without an answer.
    pub lost_answers: u32,
}

impl Default for SlackFaults {
    fn default() -> Self {
        Self { delay_ms: 0, too_many_requests: 0, retry_after_s: 1, server_errors: 0, archived: 0, lost_answers: 0 }
    }
}

/// What the channel shows.
#[derive(Debug, Default)]
pub(crate) struct Slack {
    pub(crate) texts: Vec<String>,
    pub(crate) faults: SlackFaults,
}

pub(crate) fn router(shared: &Arc<Shared>) -> Router {
    let slack = Router::new()
        .route("/services/{team}/{app}/{secret}", post(post_text))
        .route("/sim/faults", get(faults).put(set_faults))
        .route("/sim/texts", get(texts))
        .with_state(Arc::clone(shared));
    Router::new().nest(SLACK_PATH, slack)
}

pub(crate) fn slack(shared: &Shared) -> MutexGuard<'_, Slack> {
    shared.slack.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn post_text(
    State(shared): State<Arc<Shared>>,
    Path((team, app, secret)): Path<(String, String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let delay = slack(&shared).faults.delay_ms;
    if delay > 0 {
        tokio::time::sleep(Duration::from_millis(delay)).await;
    }
    if format!("/services/{team}/{app}/{secret}") != SLACK_HOOK {
        return (StatusCode::NOT_FOUND, "no_service").into_response();
    }
    let is_json =
        headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    let payload: Option<Value> = if is_json { serde_json::from_slice(&body).ok() } else { None };
    let Some(payload) = payload else { return (StatusCode::BAD_REQUEST, "invalid_payload").into_response() };
    let text = payload["text"].as_str().unwrap_or_default();
    let mut slack = slack(&shared);
    if take(&mut slack.faults.too_many_requests) {
        let wait = [(header::RETRY_AFTER, slack.faults.retry_after_s.to_string())];
        return (StatusCode::TOO_MANY_REQUESTS, wait, "rate_limited").into_response();
    }
    if take(&mut slack.faults.server_errors) {
        return (StatusCode::INTERNAL_SERVER_ERROR, "rollup_error").into_response();
    }
    if take(&mut slack.faults.archived) {
        return (StatusCode::GONE, "channel_is_archived").into_response();
    }
    if text.trim().is_empty() {
        return (StatusCode::BAD_REQUEST, "no_text").into_response();
    }
    if slack.texts.len() >= MOST {
        slack.texts.remove(0);
    }
    slack.texts.push(text.chars().take(LONGEST).collect());
    let mut answer = "ok".into_response();
    if take(&mut slack.faults.lost_answers) {
        answer.extensions_mut().insert(Vanish);
    }
    answer
}

async fn texts(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(json!({ "texts": slack(&shared).texts }))
}

async fn faults(State(shared): State<Arc<Shared>>) -> Json<SlackFaults> {
    Json(slack(&shared).faults)
}

async fn set_faults(State(shared): State<Arc<Shared>>, Json(faults): Json<SlackFaults>) -> Json<SlackFaults> {
    slack(&shared).faults = faults;
    Json(faults)
}
