//! Who may write, and as whom: every rule of the channel, through the real router.

use hmac::{Hmac, KeyInit, Mac};
use patchbay_core::item::Item;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::replay::Replay;

const SECRET: &str = "chat-identity-2f6d9c1b84e7";
const PAGE: &str = "https://shop.example.test";

fn hash(id: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(id.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

fn config(change: Value) -> Value {
    merged(
        json!({
            "inbox": "inbox-7", "identity_mode": "hmac", "identity_secrets": [SECRET], "require_identity": false,
            "allowed_origins": [PAGE], "now": 1_772_719_200,
        }),
        change,
    )
}

fn merged(mut base: Value, change: Value) -> Value {
    let Value::Object(change) = change else { panic!("an object") };
    for (key, value) in change {
        base[key] = value;
    }
    base
}

fn request(body: Value, headers: Value) -> Value {
    let body = merged(
        json!({
            "client_message_id": "0195f3c2-0000-7000-8000-000000000001", "visitor_id": "v-8c1f", "type": "text",
            "text": "Hi",
        }),
        body,
    );
    json!({
        "method": "POST", "url": "https://hub.example.test/chat/inbox-7/messages", "body": body.to_string(),
        "headers": merged(json!({ "Content-Type": "application/json", "Origin": PAGE }), headers),
    })
}

async fn send(config_change: Value, body: Value) -> Value {
    Replay::new(&config(config_change)).send_value(&request(body, json!({}))).await
}

#[track_caller]
fn check_refused(line: &Value, error: &str) {
    assert_eq!(line["error"], error, "{line}");
    assert_eq!((&line["verified"], &line["normalized"]), (&json!(false), &json!([])), "{line}");
    assert!(line["http_status"].as_u64().unwrap() >= 400);
}

#[track_caller]
fn check_written_by(line: &Value, address: &str) {
    assert_eq!(line["http_status"], 202, "{line}");
    assert_eq!(line["normalized"][0]["sender"]["address"], address, "{line}");
    assert_eq!(line["verified"], address.starts_with("user:"), "{line}");
}

#[tokio::test]
async fn no_character_of_a_proof_can_be_changed() {
    let good = hash("cust-42");
    for place in 0..good.len() {
        for flip in [1, 0x20] {
            let mut bytes = good.as_bytes().to_vec();
            bytes[place] ^= flip;
            let Ok(changed) = String::from_utf8(bytes) else { continue };
            let line = send(json!({}), json!({ "user": { "id": "cust-42" }, "identity": { "hash": changed } })).await;
            check_refused(&line, "identity_mismatch");
        }
    }
    for wrong in [good.to_uppercase(), good[..63].to_owned(), format!("{good}0"), format!("sha256={good}"), "x".into()]
    {
        let line = send(json!({}), json!({ "user": { "id": "cust-42" }, "identity": { "hash": wrong } })).await;
        check_refused(&line, "identity_mismatch");
    }
}

#[tokio::test]
async fn a_number_is_hashed_as_its_decimal_text() {
    let line = send(json!({}), json!({ "user": { "id": 42 }, "identity": { "hash": hash("42") } })).await;
    check_written_by(&line, "user:42");
    let line = send(json!({}), json!({ "user": { "id": "é👋" }, "identity": { "hash": hash("é👋") } })).await;
    check_written_by(&line, "user:é👋");
}

#[tokio::test]
async fn an_empty_id_is_no_identity() {
    let body = json!({ "user": { "id": "" }, "identity": { "hash": hash("") } });
    check_refused(&send(json!({ "require_identity": true }), body.clone()).await, "missing_identity");
    check_written_by(&send(json!({}), body).await, "visitor:v-8c1f");
}

#[tokio::test]
async fn a_proof_never_falls_back_to_a_visitor() {
    let proof = json!({ "user": { "id": "cust-42" }, "identity": { "hash": hash("cust-1") } });
    for require in [false, true] {
        let line = send(json!({ "require_identity": require }), proof.clone()).await;
        check_refused(&line, "identity_mismatch");
    }
    check_refused(&send(json!({ "identity_secrets": [] }), proof.clone()).await, "unknown_key");
    check_refused(&send(json!({ "identity_secrets": [""] }), proof).await, "unknown_key");
    let line = send(json!({}), json!({ "user": { "id": "a\u{1}b" }, "identity": { "hash": hash("a\u{1}b") } })).await;
    check_refused(&line, "malformed_payload");
}

#[tokio::test]
async fn an_older_secret_still_proves() {
    let proof = json!({ "user": { "id": "cust-42" }, "identity": { "hash": hash("cust-42") } });
    let line = send(json!({ "identity_secrets": ["newer", "", SECRET] }), proof).await;
    check_written_by(&line, "user:cust-42");
}

#[tokio::test]
async fn only_pages_of_the_list_may_write() {
    let from = |origin: &'static str| async move {
        Replay::new(&config(json!({ "allowed_origins": [PAGE, "*", "https://two.example.test:8443/"] })))
            .send_value(&request(json!({}), json!({ "Origin": origin })))
            .await
    };
    for good in [PAGE, "https://two.example.test:8443", "https://hub.example.test"] {
        check_written_by(&from(good).await, "visitor:v-8c1f");
    }
    for bad in [
        "https://evil.example",
        "null",
        "*",
        "http://shop.example.test",
        "https://shop.example.test.evil.example",
        "https://shop.example.test:8443",
        "https://two.example.test",
        "file://",
        "",
    ] {
        check_refused(&from(bad).await, "origin_not_allowed");
    }
    let mut server = request(json!({}), json!({}));
    server["headers"].as_object_mut().unwrap().remove("Origin");
    check_written_by(&Replay::new(&config(json!({}))).send_value(&server).await, "visitor:v-8c1f");
}

#[tokio::test]
async fn a_long_text_is_refused_with_413() {
    let limit = json!({ "max_text_chars": 5 });
    check_written_by(&send(limit.clone(), json!({ "text": "שלום👋" })).await, "visitor:v-8c1f");
    let line = send(limit, json!({ "text": "123456" })).await;
    check_refused(&line, "payload_too_large");
    assert_eq!(line["http_status"], 413);
    let line = send(json!({}), json!({ "text": "x".repeat(1 << 20) })).await;
    check_refused(&line, "payload_too_large");
}

#[tokio::test]
async fn a_visitor_has_an_id() {
    for visitor in [json!(null), json!(""), json!("a\nb"), json!("x".repeat(201))] {
        check_refused(&send(json!({}), json!({ "visitor_id": visitor })).await, "malformed_payload");
    }
}

#[tokio::test]
async fn another_inbox_is_not_found() {
    let mut elsewhere = request(json!({}), json!({}));
    elsewhere["url"] = json!("https://hub.example.test/chat/inbox-8/messages");
    let line = Replay::new(&config(json!({}))).send_value(&elsewhere).await;
    check_refused(&line, "unknown_account");
    assert_eq!(line["http_status"], 404);
}

#[tokio::test]
async fn the_same_id_again_adds_nothing_and_has_the_same_answer() {
    let system = Replay::new(&config(json!({})));
    let first = system.send_value(&request(json!({}), json!({}))).await;
    let again = system.send_value(&request(json!({ "text": "edited" }), json!({}))).await;
    assert_eq!(again["normalized"], json!([]));
    assert_eq!((&first["http_status"], &first["response"]), (&again["http_status"], &again["response"]));
    let other = system.send_value(&request(json!({ "visitor_id": "v-2" }), json!({}))).await;
    check_written_by(&other, "visitor:v-2");
}

#[tokio::test]
async fn a_token_decides_and_the_body_only_claims() {
    let jwt = json!({ "identity_mode": "jwt", "jwt": { "keys": { "k1": "one" }, "audience": "hub-chat" } });
    let body = json!({ "user": { "id": "cust-1", "name": "Mallory" }, "identity": { "hash": hash("cust-1") } });
    let line = send(jwt.clone(), body.clone()).await;
    check_written_by(&line, "visitor:v-8c1f");
    assert_eq!(line["normalized"][0]["metadata"]["claimed_user_id"], "cust-1");
    assert_eq!(line["normalized"][0]["sender"]["name"], Value::Null);
    for (header, error) in
        [("Bearer x", "malformed_token"), ("Bearer ", "malformed_token"), ("bearer a.b.c", "malformed_token")]
    {
        let line = Replay::new(&config(jwt.clone()))
            .send_value(&request(body.clone(), json!({ "Authorization": header })))
            .await;
        check_refused(&line, error);
    }
    let line = Replay::new(&config(jwt)).send_value(&request(body, json!({ "Authorization": "Basic dTpw" }))).await;
    check_written_by(&line, "visitor:v-8c1f");
}

#[tokio::test]
async fn a_session_means_nothing_where_nobody_gives_them_out() {
    let line = Replay::new(&config(json!({})))
        .send_value(&request(json!({}), json!({ "Authorization": "Bearer chat1.e30.x" })))
        .await;
    assert_eq!(line["http_status"], 503, "{line}");
    assert_eq!(line["normalized"], json!([]));
}

#[tokio::test]
async fn typing_is_an_event_and_no_message() {
    let line = send(json!({}), json!({ "type": "typing", "text": null, "client_message_id": null })).await;
    let item: Item = serde_json::from_value(line["normalized"][0].clone()).unwrap();
    assert!(matches!(item, Item::Event(event) if event.kind == "chat.typing"));
}
