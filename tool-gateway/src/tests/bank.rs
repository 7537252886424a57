//! A transaction system: strict as a real one, and it can be told to fail.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use hmac::{Hmac, KeyInit as _, Mac as _};
use patchbay_core::secret::Secret;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::transactions::TransactionConfig;

pub(super) const HMAC_SECRET: &str = "a secret for signatures";
/// What this system says to itself and must never be seen.
pub(super) const CANARY: &str = "stack trace of vault-7";

/// How the next commits end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mood {
    #[default]
    Good,
    /// It carries out and answers nothing useful.
    LosesAnswers,
    Refuses,
}

#[derive(Debug, Default)]
pub(super) struct Books {
    pub(super) mood: Mood,
    pub(super) commits: Vec<String>,
    pub(super) committed: Vec<Value>,
    pub(super) cancelled: Vec<String>,
    pub(super) drafts: Vec<Value>,
    pub(super) transactions: Vec<Value>,
}

#[derive(Clone)]
pub(super) struct Bank {
    pub(super) books: Arc<Mutex<Books>>,
    pub(super) url: String,
}

impl Bank {
    pub(super) async fn open() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let books = Arc::new(Mutex::new(Books::default()));
        let router = Router::new()
            .route("/token", post(token))
            .route("/transactions/{id}", get(status))
            .route("/customers/{id}/transactions", get(history))
            .route("/drafts", post(draft))
            .route("/drafts/{id}/commit", post(commit))
            .route("/drafts/{id}/cancel", post(cancel))
            .with_state(books.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { books, url }
    }

    pub(super) fn config(&self) -> TransactionConfig {
        TransactionConfig {
            base_url: self.url.clone(),
            token_url: format!("{}/token", self.url),
            client_id: "patchbay".into(),
            client_secret: Secret::new("client secret"),
            hmac_secret: Secret::new(HMAC_SECRET),
            retry_after: Duration::from_millis(5),
        }
    }

    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Books) -> T) -> T {
        work(&mut self.books.lock().expect("the books are open"))
    }
}

type Shared = State<Arc<Mutex<Books>>>;

async fn token(body: String) -> Response {
    if body.contains("grant_type=client_credentials") && body.contains("client_id=patchbay") {
        Json(json!({"access_token": "t", "expires_in": 600})).into_response()
    } else {
        StatusCode::UNAUTHORIZED.into_response()
    }
}

fn checked(headers: &HeaderMap, body: Option<&[u8]>) -> Result<(), Response> {
    if headers.get("authorization").is_none_or(|value| value != "Bearer t") {
        return Err(StatusCode::UNAUTHORIZED.into_response());
    }
    let Some(body) = body else { return Ok(()) };
    let mut mac = Hmac::<Sha256>::new_from_slice(HMAC_SECRET.as_bytes()).expect("any key");
    mac.update(body);
    let expected = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
    if headers.get("x-hmac-signature").is_none_or(|value| *value != *expected) {
        return Err(StatusCode::FORBIDDEN.into_response());
    }
    Ok(())
}

async fn status(State(books): Shared, Path(id): Path<String>, headers: HeaderMap) -> Response {
    if let Err(refused) = checked(&headers, None) {
        return refused;
    }
    let books = books.lock().expect("open");
    match books.transactions.iter().find(|entry| entry["transaction_id"] == id.as_str()) {
        Some(entry) => Json(entry.clone()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn history(State(books): Shared, Path(id): Path<String>, headers: HeaderMap) -> Response {
    if let Err(refused) = checked(&headers, None) {
        return refused;
    }
    let books = books.lock().expect("open");
    let own: Vec<Value> = books
        .transactions
        .iter()
        .chain(&books.committed)
        .filter(|entry| entry["customer_id"] == id.as_str())
        .cloned()
        .collect();
    Json(json!({"data": own})).into_response()
}

async fn draft(State(books): Shared, headers: HeaderMap, body: Bytes) -> Response {
    if let Err(refused) = checked(&headers, Some(&body)) {
        return refused;
    }
    let mut books = books.lock().expect("open");
    let id = format!("EXT-{}", books.drafts.len() + 1);
    books.drafts.push(serde_json::from_slice(&body).expect("JSON"));
    (StatusCode::CREATED, Json(json!({"draft_id": id}))).into_response()
}

async fn commit(State(books): Shared, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    if let Err(refused) = checked(&headers, Some(&body)) {
        return refused;
    }
    let key = headers.get("idempotency_key").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let asked: Value = serde_json::from_slice(&body).expect("JSON");
    let mut books = books.lock().expect("open");
    books.commits.push(key.clone());
    if books.mood == Mood::Refuses {
        return (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({"error": CANARY}))).into_response();
    }
    let known = books.committed.iter().find(|entry| entry["idempotency_key"] == key.as_str()).cloned();
    let entry = known.unwrap_or_else(|| {
        let entry = json!({
            "transaction_id": format!("TXN-{}", books.committed.len() + 100), "draft_id": id, "idempotency_key": key,
            "customer_id": asked["customer_id"], "status": "completed",
        });
        books.committed.push(entry.clone());
        entry
    });
    if books.mood == Mood::LosesAnswers {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    Json(entry).into_response()
}

async fn cancel(State(books): Shared, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    if let Err(refused) = checked(&headers, Some(&body)) {
        return refused;
    }
    books.lock().expect("open").cancelled.push(id);
    Json(json!({"status": "cancelled"})).into_response()
}
