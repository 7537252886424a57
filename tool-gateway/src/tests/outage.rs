//! What is away: where limits stand, where calls are written down, another system.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::extract::Path;
use axum::http::{Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hmac::{Hmac, KeyInit as _, Mac as _};
use patchbay_core::tool::Policy;
use serde_json::json;
use sha2::Sha256;

use super::ground::Ground;
use super::world::MAYA;
use crate::config::GatewayConfig;
use crate::gateway::{Gateway, Systems};
use crate::ticketing::{Ticketing, TicketingConfig};

async fn changed(ground: &Ground, statement: &'static str) {
    let mut tx = ground.hub().db.begin().await.expect("begins");
    tx.query(statement).execute().await.expect("changed");
    tx.commit().await.expect("commits");
}

#[tokio::test]
async fn nothing_is_admitted_that_cannot_be_counted() {
    let ground = Ground::new().await;
    let conversation = ground.says(MAYA, "hello").await;
    let assistant = ground.assistant(conversation);
    changed(&ground, "alter table tool_windows rename to tool_windows_away").await;
    for (tool, arguments) in [
        ("get_conversation_context", json!({})),
        ("create_transaction_draft", json!({"amount": 5, "description": "Pads"})),
        ("ticket.create", json!({"summary": "The door squeaks"})),
    ] {
        let answer = ground.call(&assistant, tool, arguments).await;
        assert!(answer.status >= 500, "{tool}: {} {}", answer.status, answer.body);
    }
    ground.bank.with(|books| assert!(books.drafts.is_empty()));
    changed(&ground, "alter table tool_windows_away rename to tool_windows").await;
    let answer = ground.call(&assistant, "get_conversation_context", json!({})).await;
    assert!(answer.headers["ratelimit"].to_str().expect("text").starts_with("\"conv\";r=9;"), "nothing was counted");
    answer.ok();
}

#[tokio::test]
async fn nothing_is_read_or_carried_out_that_cannot_be_written_down() {
    let config =
        GatewayConfig { calls_per_hour: 0, flurry_calls: 0, denials_per_ten_minutes: 0, ..GatewayConfig::default() };
    let ground = Ground::with(config).await;
    let conversation = ground.says(MAYA, "hello").await;
    let assistant = ground.assistant(conversation);
    let draft = ground.drafted(&assistant, 10.0).await;
    let code = ground.code(conversation).await;
    ground.says(MAYA, &code).await;
    changed(&ground, "alter table tool_invocation_heads rename to heads_away").await;
    let read = ground.call(&assistant, "search_tickets", json!({})).await.refused(503, "NOT_READY");
    assert!(read.get("result").is_none(), "{read}");
    let commit = json!({"draft_id": draft, "confirmation_token": code});
    let answer = ground.call(&assistant, "commit_transaction", commit.clone()).await;
    assert!(answer.status >= 500, "{}", answer.body);
    ground.bank.with(|books| assert!(books.commits.is_empty(), "no intent, no effect"));
    changed(&ground, "alter table heads_away rename to tool_invocation_heads").await;
    ground.call(&assistant, "commit_transaction", commit).await.ok();
    ground.bank.with(|books| assert_eq!(books.commits.len(), 1));
}

/// A system of others that sends its callers elsewhere, or answers without end; and how often somebody went elsewhere.
async fn astray(customer: String) -> (String, Arc<AtomicUsize>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let went = Arc::new(AtomicUsize::new(0));
    let (counted, own) = (went.clone(), customer.clone());
    let one = move |Path(id): Path<String>| async move {
        let long = if id == "endless" { "x".repeat(2 << 20) } else { String::new() };
        match id.as_str() {
            "away" => (StatusCode::FOUND, [(header::LOCATION, "/elsewhere")]).into_response(),
            _ => axum::Json(json!({"id": id, "customer_id": customer, "summary": "Pads", "description": long}))
                .into_response(),
        }
    };
    let elsewhere = move || async move {
        counted.fetch_add(1, Ordering::SeqCst);
        let answer: Response = axum::Json(json!({"id": "away", "customer_id": own})).into_response();
        answer
    };
    let router = axum::Router::new().route("/tickets/{id}", get(one)).route("/elsewhere", get(elsewhere));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, went)
}

#[tokio::test]
async fn another_system_neither_sends_us_elsewhere_nor_answers_without_end() {
    let config =
        || GatewayConfig { calls_per_hour: 0, flurry_calls: 0, denials_per_ten_minutes: 0, ..GatewayConfig::default() };
    let mut ground = Ground::with(config()).await;
    let conversation = ground.says(MAYA, "hello").await;
    let assistant = ground.assistant(conversation);
    let context = ground.call(&assistant, "get_conversation_context", json!({})).await.ok();
    let (base_url, went) = astray(context["result"]["customer_id"].as_str().expect("an id").to_owned()).await;
    let settings = TicketingConfig { base_url, api_key: None, retry_after: Duration::from_millis(5) };
    let ticketing = Some(Ticketing::new(settings, ground.clock.clone()).expect("a client"));
    let systems = Systems { transactions: None, ticketing };
    ground.call_through(Gateway::under(Policy::default(), ground.hub().clone(), config(), systems));
    let read = |id: &str| ground.call(&assistant, "ticket.get", json!({"ticket_id": id}));
    assert_eq!(read("HD-1").await.ok()["result"]["summary"], "Pads");
    read("away").await.refused(502, "INTEGRATION_FAILED");
    assert_eq!(went.load(Ordering::SeqCst), 0);
    read("endless").await.refused(404, "NOT_FOUND");
}

#[tokio::test]
async fn a_notice_that_is_not_signed_changes_nothing() {
    let config =
        GatewayConfig { calls_per_hour: 0, flurry_calls: 0, denials_per_ten_minutes: 0, ..GatewayConfig::default() };
    let ground = Ground::with(config).await;
    let conversation = ground.says(MAYA, "hello").await;
    let assistant = ground.assistant(conversation);
    let context = ground.call(&assistant, "get_conversation_context", json!({})).await.ok();
    let customer = context["result"]["customer_id"].clone();
    let is_now = |status: &str| {
        let entry = json!({"transaction_id": "TXN-OWN", "customer_id": customer, "status": status});
        ground.bank.with(|books| books.transactions = vec![entry]);
    };
    let status = || async {
        let arguments = json!({"transaction_id": "TXN-OWN"});
        ground.call(&assistant, "get_transaction_status", arguments).await.ok()["result"]["status"].clone()
    };
    is_now("pending");
    assert_eq!(status().await, "pending");
    is_now("settled");
    let body = json!({"transaction_id": "TXN-OWN"}).to_string();
    let notice = |signature: String| {
        let request = Request::post("/webhooks/transactions").header("x-hmac-signature", signature);
        ground.answer(request.body(Body::from(body.clone())).expect("a request"))
    };
    let signed = |secret: &str| {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key");
        mac.update(body.as_bytes());
        format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
    };
    for forged in [String::new(), "sha256=".to_owned(), signed("another secret")] {
        notice(forged).await.refused(401, "WEBHOOK_SIGNATURE_INVALID");
        assert_eq!(status().await, "pending", "what was read a moment ago counts");
    }
    notice(signed(super::bank::HMAC_SECRET)).await.ok();
    assert_eq!(status().await, "settled");
}
