//! A fake of the transaction system: client credentials, signed posts, drafts that are carried out once for each
//! idempotency key, and faults: delay, 5xx, refusals, answers that are lost after the work was done. Source: contract,
//! settings; S3, integration hub.

use std::collections::BTreeMap;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use hmac::{Hmac, KeyInit, Mac};
use patchbay_core::secret::Secret;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::world::Shared;

/// Where the fake stands below the simulator's address.
pub const LEDGER_PATH: &str = "/ledger";
/// How long a token lasts, in seconds.
const TOKEN_SECONDS: u64 = 900;
/// Most entries of each kind that are remembered.
const MOST: usize = 10_000;

/// Who may call the transaction system, and how posts are signed.
#[derive(Clone, Debug)]
pub struct LedgerKeys {
    /// Who.
    pub client_id: String,
    /// Proves it.
    pub client_secret: Secret,
    /// Signs posts.
    pub hmac_secret: Secret,
}

/// How the transaction system misbehaves. Counts go down as they are used.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LedgerFaults {
    /// Every answer waits so long.
    pub delay_ms: u64,
    /// So many calls are answered 503.
    pub server_errors: u32,
    /// So many commits are refused with 422.
    pub refusals: u32,
    /// So many commits are carried out and answered 502.
    pub lost_answers: u32,
    /// Commits are carried out at once and answered so much later.
    pub answers_after_ms: u64,
}

/// What the system remembers.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    token: Option<String>,
    drafts: BTreeMap<String, Value>,
    transactions: Vec<Value>,
    faults: LedgerFaults,
    /// Commits that did something.
    commits: u64,
    /// Commits that were asked for, repeated ones too.
    asked: u64,
}

pub(crate) fn router(shared: &Arc<Shared>) -> Router {
    let system = Router::new()
        .route("/token", post(token))
        .route("/transactions/{id}", get(status))
        .route("/customers/{id}/transactions", get(history))
        .route("/drafts", post(draft))
        .route("/drafts/{id}/commit", post(commit))
        .route("/drafts/{id}/cancel", post(cancel))
        .route("/sim/faults", get(faults).put(set_faults))
        .route("/sim/transactions", post(add).get(all))
        .with_state(Arc::clone(shared));
    Router::new().nest(LEDGER_PATH, system)
}

fn ledger(shared: &Shared) -> MutexGuard<'_, Ledger> {
    shared.ledger.lock().unwrap_or_else(PoisonError::into_inner)
}

fn no(status: StatusCode, code: &str) -> Response {
    (status, Json(json!({"error": {"code": code}}))).into_response()
}

#[derive(Deserialize)]
struct Credentials {
    grant_type: String,
    client_id: String,
    client_secret: String,
}

async fn token(State(shared): State<Arc<Shared>>, axum::Form(asked): axum::Form<Credentials>) -> Response {
    let keys = &shared.config.ledger;
    if asked.grant_type != "client_credentials" {
        return no(StatusCode::BAD_REQUEST, "unsupported_grant_type");
    }
    if asked.client_id != keys.client_id || asked.client_secret != keys.client_secret.expose() {
        return no(StatusCode::UNAUTHORIZED, "invalid_client");
    }
    let token = hex::encode(rand::random::<[u8; 16]>());
    ledger(&shared).token = Some(token.clone());
    Json(json!({"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS})).into_response()
}

/// The faults before a call is looked at, then its token and signature.
async fn enter(shared: &Shared, headers: &HeaderMap, body: Option<&[u8]>) -> Result<(), Response> {
    let delay = ledger(shared).faults.delay_ms;
    if delay > 0 {
        tokio::time::sleep(Duration::from_millis(delay)).await;
    }
    let mut ledger = ledger(shared);
    if ledger.faults.server_errors > 0 {
        ledger.faults.server_errors -= 1;
        return Err(no(StatusCode::SERVICE_UNAVAILABLE, "unavailable"));
    }
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = given.and_then(|value| value.strip_prefix("Bearer "));
    if given.is_none() || given != ledger.token.as_deref() {
        return Err(no(StatusCode::UNAUTHORIZED, "invalid_token"));
    }
    let Some(body) = body else { return Ok(()) };
    let secret = shared.config.ledger.hmac_secret.expose();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(body);
    let expected = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
    if headers.get("x-hmac-signature").is_none_or(|value| value.as_bytes() != expected.as_bytes()) {
        return Err(no(StatusCode::FORBIDDEN, "bad_signature"));
    }
    Ok(())
}

async fn status(State(shared): State<Arc<Shared>>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    if let Err(refused) = enter(&shared, &headers, None).await {
        return refused;
    }
    match ledger(&shared).transactions.iter().find(|entry| entry["transaction_id"] == id.as_str()) {
        Some(entry) => Json(entry.clone()).into_response(),
        None => no(StatusCode::NOT_FOUND, "not_found"),
    }
}

async fn history(State(shared): State<Arc<Shared>>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    if let Err(refused) = enter(&shared, &headers, None).await {
        return refused;
    }
    let ledger = ledger(&shared);
    let own: Vec<&Value> = ledger.transactions.iter().filter(|entry| entry["customer_id"] == id.as_str()).collect();
    Json(json!({"data": own})).into_response()
}

async fn draft(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    if let Err(refused) = enter(&shared, &headers, Some(&body)).await {
        return refused;
    }
    let Ok(mut asked) = serde_json::from_slice::<Value>(&body) else {
        return no(StatusCode::BAD_REQUEST, "invalid_json");
    };
    if !asked["customer_id"].is_string() || !asked["amount_minor"].is_i64() || !asked["currency"].is_string() {
        return no(StatusCode::UNPROCESSABLE_ENTITY, "missing_fields");
    }
    let mut ledger = ledger(&shared);
    if ledger.drafts.len() >= MOST {
        return no(StatusCode::SERVICE_UNAVAILABLE, "full");
    }
    let id = format!("DRF-{}", hex::encode(rand::random::<[u8; 5]>()));
    asked["draft_id"] = id.clone().into();
    asked["status"] = "open".into();
    ledger.drafts.insert(id, asked.clone());
    (StatusCode::CREATED, Json(asked)).into_response()
}

async fn commit(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Err(refused) = enter(&shared, &headers, Some(&body)).await {
        return refused;
    }
    let Some(key) = headers.get("idempotency_key").and_then(|value| value.to_str().ok()).map(str::to_owned) else {
        return no(StatusCode::BAD_REQUEST, "missing_idempotency_key");
    };
    let (answer, after) = carried_out(&shared, &id, &key);
    tokio::time::sleep(Duration::from_millis(after)).await;
    answer
}

/// Carries a draft out, and tells what is answered after how many milliseconds.
fn carried_out(shared: &Shared, id: &str, key: &str) -> (Response, u64) {
    let now = shared.now();
    let mut ledger = ledger(shared);
    ledger.asked += 1;
    let after = ledger.faults.answers_after_ms;
    if let Some(done) = ledger.transactions.iter().find(|entry| entry["idempotency_key"] == key) {
        return (Json(done.clone()).into_response(), 0);
    }
    let Some(draft) = ledger.drafts.get(id).cloned() else {
        return (no(StatusCode::NOT_FOUND, "not_found"), 0);
    };
    if draft["status"] != "open" {
        return (no(StatusCode::CONFLICT, "not_open"), 0);
    }
    if ledger.faults.refusals > 0 {
        ledger.faults.refusals -= 1;
        return (no(StatusCode::UNPROCESSABLE_ENTITY, "declined"), 0);
    }
    ledger.commits += 1;
    let entry = json!({
        "transaction_id": format!("TXN-{}", hex::encode(rand::random::<[u8; 5]>()).to_uppercase()),
        "draft_id": id, "idempotency_key": key, "customer_id": draft["customer_id"], "status": "completed",
        "amount": draft["amount"], "amount_minor": draft["amount_minor"], "currency": draft["currency"],
        "description": draft["description"], "created_at": now, "updated_at": now,
    });
    if ledger.transactions.len() < MOST {
        ledger.transactions.push(entry.clone());
    }
    if let Some(draft) = ledger.drafts.get_mut(id) {
        draft["status"] = "committed".into();
    }
    if ledger.faults.lost_answers > 0 {
        ledger.faults.lost_answers -= 1;
        return (no(StatusCode::BAD_GATEWAY, "lost"), after);
    }
    (Json(entry).into_response(), after)
}

async fn cancel(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Err(refused) = enter(&shared, &headers, Some(&body)).await {
        return refused;
    }
    match ledger(&shared).drafts.get_mut(&id) {
        Some(draft) if draft["status"] == "committed" => no(StatusCode::CONFLICT, "committed"),
        Some(draft) => {
            draft["status"] = "cancelled".into();
            Json(draft.clone()).into_response()
        }
        None => no(StatusCode::NOT_FOUND, "not_found"),
    }
}

async fn faults(State(shared): State<Arc<Shared>>) -> Json<LedgerFaults> {
    Json(ledger(&shared).faults)
}

async fn set_faults(State(shared): State<Arc<Shared>>, Json(faults): Json<LedgerFaults>) -> Json<LedgerFaults> {
    ledger(&shared).faults = faults;
    Json(faults)
}

/// What was carried out, how often a commit was, and how often one was asked for: for tests and people who watch.
async fn all(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let ledger = ledger(&shared);
    Json(json!({"transactions": ledger.transactions, "drafts": ledger.drafts, "commits": ledger.commits,
                "asked": ledger.asked}))
}

async fn add(State(shared): State<Arc<Shared>>, Json(entry): Json<Value>) -> Response {
    if !entry["transaction_id"].is_string() || !entry["customer_id"].is_string() {
        return no(StatusCode::UNPROCESSABLE_ENTITY, "missing_fields");
    }
    let mut ledger = ledger(&shared);
    if ledger.transactions.len() >= MOST {
        return no(StatusCode::SERVICE_UNAVAILABLE, "full");
    }
    ledger.transactions.push(entry.clone());
    (StatusCode::CREATED, Json(entry)).into_response()
}
