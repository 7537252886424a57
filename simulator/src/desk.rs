//! A fake of a ticketing system of others: a key, tickets of customers that are searched, read, recorded and commented,
//! each write once for its idempotency key; and faults: delay, 429 with Retry-After, 5xx, refusals, answers that are lost
//! after the work was done. Source: S3, ticketing adapter; domain, integration hub.

use std::collections::BTreeMap;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::door::Vanish;
use crate::faults::take;
use crate::world::Shared;

/// Where the fake stands below the simulator's address.
pub const DESK_PATH: &str = "/desk";
/// Most tickets and keys that are remembered, each.
const MOST: usize = 10_000;
/// Longest text of a field.
const LONGEST: usize = 4_000;
/// Tickets of a list when no limit is given, and the most there may be.
const FEW: usize = 20;
const MANY: usize = 100;

/// How the ticketing system misbehaves. Counts go down as they are used.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeskFaults {
    /// Every answer waits so long.
    pub delay_ms: u64,
    /// So many calls are answered 429.
    pub too_many_requests: u32,
    /// The Retry-After of those, in seconds.
    pub retry_after_s: u32,
    /// So many calls are answered 401, whatever their key.
    pub unauthorized: u32,
    /// So many calls are answered 503; nothing was done.
    pub server_errors: u32,
    /// So many writes are refused with 422.
    pub refusals: u32,
    /// So many writes are carried out and never answered: the connection is closed.
    pub lost_answers: u32,
}

impl Default for DeskFaults {
    fn default() -> Self {
        Self {
            delay_ms: 0,
            too_many_requests: 0,
            retry_after_s: 1,
            unauthorized: 0,
            server_errors: 0,
            refusals: 0,
            lost_answers: 0,
        }
    }
}

/// What the system remembers.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    tickets: BTreeMap<String, Value>,
    /// What was asked and answered under each key.
    keys: BTreeMap<Uuid, (Value, StatusCode, Value)>,
    faults: DeskFaults,
    calls: u64,
}

pub(crate) fn router(shared: &Arc<Shared>) -> Router {
    let system = Router::new()
        .route("/tickets", get(search).post(create))
        .route("/tickets/{id}", get(one))
        .route("/tickets/{id}/comments", post(comment))
        .route("/sim/faults", get(faults).put(set_faults))
        .route("/sim/tickets", get(all).post(add))
        .with_state(Arc::clone(shared));
    Router::new().nest(DESK_PATH, system)
}

fn desk(shared: &Shared) -> MutexGuard<'_, Desk> {
    shared.desk.lock().unwrap_or_else(PoisonError::into_inner)
}

fn no(status: StatusCode, code: &str) -> Response {
    (status, Json(json!({"error": {"code": code}}))).into_response()
}

/// The faults before a call is looked at, then its key.
async fn enter(shared: &Shared, headers: &HeaderMap) -> Result<(), Response> {
    let delay = {
        let mut desk = desk(shared);
        desk.calls += 1;
        desk.faults.delay_ms
    };
    if delay > 0 {
        tokio::time::sleep(Duration::from_millis(delay)).await;
    }
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let is_known = given.and_then(|value| value.strip_prefix("Bearer ")) == Some(shared.config.desk_key.expose());
    let mut desk = desk(shared);
    let faults = &mut desk.faults;
    if !is_known || take(&mut faults.unauthorized) {
        return Err(no(StatusCode::UNAUTHORIZED, "invalid_key"));
    }
    if take(&mut faults.too_many_requests) {
        let wait = [(header::RETRY_AFTER, faults.retry_after_s.to_string())];
        return Err((wait, no(StatusCode::TOO_MANY_REQUESTS, "slow_down")).into_response());
    }
    if take(&mut faults.server_errors) {
        return Err(no(StatusCode::SERVICE_UNAVAILABLE, "unavailable"));
    }
    Ok(())
}

#[derive(Deserialize)]
struct Search {
    customer_id: String,
    status: Option<String>,
    created_after: Option<DateTime<Utc>>,
    limit: Option<usize>,
}

async fn search(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    asked: Result<Query<Search>, axum::extract::rejection::QueryRejection>,
) -> Response {
    if let Err(refused) = enter(&shared, &headers).await {
        return refused;
    }
    let Ok(Query(asked)) = asked else { return no(StatusCode::BAD_REQUEST, "invalid_query") };
    if asked.status.as_deref().is_some_and(|status| !matches!(status, "open" | "closed")) {
        return no(StatusCode::BAD_REQUEST, "invalid_status");
    }
    let fits = |ticket: &&Value| {
        let at = ticket["created_at"].as_str().and_then(|time| time.parse::<DateTime<Utc>>().ok());
        ticket["customer_id"] == asked.customer_id.as_str()
            && asked.status.as_deref().is_none_or(|status| ticket["status"] == status)
            && asked.created_after.is_none_or(|after| at.is_some_and(|at| at > after))
    };
    let most = asked.limit.unwrap_or(FEW).min(MANY);
    let desk = desk(&shared);
    let found: Vec<&Value> = desk.tickets.values().rev().filter(fits).take(most).collect();
    Json(json!({"tickets": found})).into_response()
}

async fn one(State(shared): State<Arc<Shared>>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    if let Err(refused) = enter(&shared, &headers).await {
        return refused;
    }
    match desk(&shared).tickets.get(&id) {
        Some(ticket) => Json(ticket.clone()).into_response(),
        None => no(StatusCode::NOT_FOUND, "not_found"),
    }
}

async fn create(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    if let Err(refused) = enter(&shared, &headers).await {
        return refused;
    }
    let now = shared.now();
    write(&shared, &headers, &body, |desk, asked| {
        let is_text = |name: &str| asked[name].as_str().is_some_and(|text| !text.is_empty() && text.len() <= LONGEST);
        if !is_text("customer_id") || !is_text("summary") {
            return (StatusCode::UNPROCESSABLE_ENTITY, json!({"error": {"code": "missing_fields"}}));
        }
        // Named in the order of time, so that the newest stand last.
        let id = format!("HD-{:06}", desk.tickets.len() + 1);
        let ticket = json!({
            "id": id, "customer_id": asked["customer_id"], "summary": asked["summary"],
            "description": asked["description"], "category": asked["category"], "status": "open",
            "conversation_id": asked["conversation_id"], "comments": [], "created_at": now, "updated_at": now,
        });
        desk.tickets.insert(id, ticket.clone());
        (StatusCode::CREATED, ticket)
    })
}

async fn comment(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Err(refused) = enter(&shared, &headers).await {
        return refused;
    }
    let now = shared.now();
    write(&shared, &headers, &body, |desk, asked| {
        if asked["text"].as_str().is_none_or(str::is_empty) {
            return (StatusCode::UNPROCESSABLE_ENTITY, json!({"error": {"code": "missing_fields"}}));
        }
        let Some(ticket) = desk.tickets.get_mut(&id) else {
            return (StatusCode::NOT_FOUND, json!({"error": {"code": "not_found"}}));
        };
        let comment = json!({"text": asked["text"], "author": asked["author"], "at": now});
        if let Some(comments) = ticket["comments"].as_array_mut() {
            comments.push(comment.clone());
        }
        ticket["updated_at"] = json!(now);
        (StatusCode::CREATED, comment)
    })
}

/// Does `work` once for the key of the request: the same again is answered again, another body under it is refused.
fn write(
    shared: &Shared,
    headers: &HeaderMap,
    body: &[u8],
    work: impl FnOnce(&mut Desk, &Value) -> (StatusCode, Value),
) -> Response {
    let key = headers.get("idempotency-key").and_then(|value| value.to_str().ok());
    let Some(key) = key.and_then(|key| Uuid::parse_str(key).ok()) else {
        return no(StatusCode::BAD_REQUEST, "missing_idempotency_key");
    };
    let Ok(asked) = serde_json::from_slice::<Value>(body) else {
        return no(StatusCode::BAD_REQUEST, "invalid_json");
    };
    let mut desk = desk(shared);
    let (status, answer) = match desk.keys.get(&key).cloned() {
        Some((before, _, _)) if before != asked => return no(StatusCode::CONFLICT, "key_reused"),
        Some((_, status, answer)) => (status, answer),
        None if take(&mut desk.faults.refusals) => return no(StatusCode::UNPROCESSABLE_ENTITY, "declined"),
        None if desk.tickets.len() >= MOST || desk.keys.len() >= MOST => {
            return no(StatusCode::SERVICE_UNAVAILABLE, "full");
        }
        None => {
            let (status, answer) = work(&mut desk, &asked);
            if status.is_success() {
                desk.keys.insert(key, (asked, status, answer.clone()));
            }
            (status, answer)
        }
    };
    if status.is_success() && take(&mut desk.faults.lost_answers) {
        // Behind the server's own listener nobody closes the connection: 502 is then the nearest thing.
        let mut gone = StatusCode::BAD_GATEWAY.into_response();
        gone.extensions_mut().insert(Vanish);
        return gone;
    }
    (status, Json(answer)).into_response()
}

async fn faults(State(shared): State<Arc<Shared>>) -> Json<DeskFaults> {
    Json(desk(&shared).faults)
}

async fn set_faults(State(shared): State<Arc<Shared>>, Json(faults): Json<DeskFaults>) -> Json<DeskFaults> {
    desk(&shared).faults = faults;
    Json(faults)
}

/// Everything that was recorded, how often it was called, and how many writes were done: for tests and people who watch.
async fn all(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let desk = desk(&shared);
    let tickets: Vec<&Value> = desk.tickets.values().collect();
    Json(json!({"tickets": tickets, "calls": desk.calls, "writes": desk.keys.len()}))
}

async fn add(State(shared): State<Arc<Shared>>, Json(ticket): Json<Value>) -> Response {
    let (Some(id), true) = (ticket["id"].as_str().map(str::to_owned), ticket["customer_id"].is_string()) else {
        return no(StatusCode::UNPROCESSABLE_ENTITY, "missing_fields");
    };
    let mut desk = desk(&shared);
    if desk.tickets.len() >= MOST {
        return no(StatusCode::SERVICE_UNAVAILABLE, "full");
    }
    desk.tickets.insert(id, ticket.clone());
    (StatusCode::CREATED, Json(ticket)).into_response()
}
