use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use chrono::TimeDelta;
use patchbay_core::ids::ActorId;
use patchbay_store::StoreError;
use patchbay_store::idempotency::{self, Claim, RequestKey};
use serde_json::json;
use uuid::Uuid;

use super::{App, both_engines, some_id};

both_engines! {
    a_repeated_request_gets_the_same_bytes_and_changes_nothing;
    a_key_stands_for_one_request;
    a_failed_request_leaves_its_key_free;
    a_caller_who_lost_scope_does_not_get_the_stored_answer;
    a_key_in_use_is_taken_over_only_after_its_time;
    an_answer_can_be_had_for_seven_days;
    keys_are_read_strictly;
}

async fn a_repeated_request_gets_the_same_bytes_and_changes_nothing(app: App) {
    let (token, key) = (app.token("dispatcher"), some_id());
    let first = app.post(&token, "/tickets", key, &app.request()).await;
    app.clock.advance(Duration::from_mins(1));
    let again = app.post(&token, "/tickets", key, &app.request()).await;
    assert_eq!((again.status, &again.text), (first.status, &first.text));
    assert!(first.headers.get("idempotency-replayed").is_none());
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(app.count().await, 1);
    let id = first.json()["id"].as_str().expect("an id").to_owned();
    let timeline = app.get(&token, &format!("/tickets/{id}/timeline")).await.json();
    assert_eq!(timeline["events"].as_array().map(Vec::len), Some(1));
}

async fn a_key_stands_for_one_request(app: App) {
    let (token, key) = (app.token("dispatcher"), some_id());
    app.post(&token, "/tickets", key, &app.request()).await;
    let mut other = app.request();
    other["summary"] = json!("Something else");
    let refused = app.post(&token, "/tickets", key, &other).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::CONFLICT, "IDEMPOTENCY_PAYLOAD_MISMATCH"));
    assert_eq!(refused.json()["error"]["policy_error"]["dimension"], "idempotency");
    // Another endpoint and another caller have keys of their own.
    assert_eq!(app.post(&token, "/tickets/intake", key, &app.intake()).await.status, StatusCode::CREATED);
    let other = app.scoped_token("dispatcher", some_id(), &["*".into()], &["*".into()]);
    assert_eq!(app.post(&other, "/tickets", key, &app.request()).await.status, StatusCode::CREATED);
}

async fn a_failed_request_leaves_its_key_free(app: App) {
    let (token, key) = (app.token("dispatcher"), some_id());
    let broken = json!({"summary": 5});
    assert_eq!(app.post(&token, "/tickets", key, &broken).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(app.post(&token, "/tickets", key, &app.request()).await.status, StatusCode::CREATED);
}

async fn a_caller_who_lost_scope_does_not_get_the_stored_answer(app: App) {
    let (sub, key) = (some_id(), some_id());
    let token = app.scoped_token("dispatcher", sub, &["*".into()], &["*".into()]);
    assert_eq!(app.post(&token, "/tickets", key, &app.request()).await.status, StatusCode::CREATED);
    let lost = app.scoped_token("dispatcher", sub, &["*".into()], &[some_id().to_string()]);
    let refused = app.post(&lost, "/tickets", key, &app.request()).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::FORBIDDEN, "FORBIDDEN_SCOPE"));
    let demoted = app.scoped_token("auditor", sub, &["*".into()], &["*".into()]);
    assert_eq!(app.post(&demoted, "/tickets", key, &app.request()).await.code(), "FORBIDDEN");
}

async fn a_key_in_use_is_taken_over_only_after_its_time(app: App) {
    let key = some_id();
    let crashed = Claim {
        key: RequestKey { actor_id: ActorId(Uuid::from_u128(7)), endpoint: "POST /tickets".into(), request_id: key },
        request_hash: "x".into(),
        expires_at: app.now() + TimeDelta::days(7),
        locked_until: app.now() + TimeDelta::seconds(30),
    };
    let mut tx = app.db.begin().await.expect("begins");
    assert!(idempotency::claim(&mut tx, &crashed, app.now()).await.expect("claims"));
    tx.commit().await.expect("commits");

    let token = app.token("dispatcher");
    let waiting = app.post(&token, "/tickets", key, &app.request()).await;
    assert_eq!((waiting.status, waiting.code().as_str()), (StatusCode::CONFLICT, "IDEMPOTENCY_IN_PROGRESS"));
    assert_eq!(waiting.headers["retry-after"], "1");
    app.clock.advance(Duration::from_secs(31));
    assert_eq!(app.post(&token, "/tickets", key, &app.request()).await.status, StatusCode::CREATED);

    // The first one wakes up late: it lost the key, so its effect must not happen.
    let mut tx = app.db.begin().await.expect("begins");
    let late = idempotency::settle(&mut tx, &crashed, 201, "{}", None).await;
    assert!(matches!(late, Err(StoreError::Conflict)), "{late:?}");
}

async fn an_answer_can_be_had_for_seven_days(app: App) {
    let (sub, key) = (some_id(), some_id());
    let token = |app: &App| app.scoped_token("dispatcher", sub, &["*".into()], &["*".into()]);
    app.post(&token(&app), "/tickets", key, &app.request()).await;
    app.clock.advance(Duration::from_secs(7 * 86_400 - 1));
    let kept = app.post(&token(&app), "/tickets", key, &app.request()).await;
    assert_eq!(kept.headers["idempotency-replayed"], "true");
    app.clock.advance(Duration::from_secs(2));
    let mut tx = app.db.begin().await.expect("begins");
    assert_eq!(idempotency::sweep(&mut tx, app.now(), 100).await.expect("sweeps"), 1);
    tx.commit().await.expect("commits");
    app.post(&token(&app), "/tickets", key, &app.request()).await;
    assert_eq!(app.count().await, 2);
}

async fn keys_are_read_strictly(app: App) {
    let token = app.token("dispatcher");
    let post = async |key: Option<&str>, body: serde_json::Value| {
        let mut request = Request::post("/tickets")
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let answer = app.send(request.body(Body::from(body.to_string())).expect("a request")).await;
        (answer.status.as_u16(), answer.code())
    };
    assert_eq!(post(None, app.request()).await, (400, "MISSING_IDEMPOTENCY_KEY".into()));
    assert_eq!(post(Some("tomorrow"), app.request()).await, (400, "INVALID_IDEMPOTENCY_KEY".into()));
    let key = some_id().to_string();
    let mut body = app.request();
    body["request_id"] = json!(some_id());
    assert_eq!(post(Some(&key), body.clone()).await, (400, "INVALID_IDEMPOTENCY_KEY".into()));
    body["request_id"] = json!(key.to_uppercase());
    assert_eq!(post(Some(&key), body).await.0, 201);
}
