//! Inboxes and their secrets.

use axum::http::Method;
use patchbay_core::inbox::Provider;
use patchbay_tests::{TestDatabase, both_engines};
use serde_json::{Value, json};

use super::world::World;

both_engines! {
    an_inbox_takes_secrets_and_never_gives_them_back;
    a_masked_secret_that_comes_back_stays_what_it_was;
    an_inbox_without_its_secrets_is_disabled_and_says_why;
    whatsapp_travels_through_twilio_when_an_account_is_named;
    what_does_not_fit_is_refused;
    two_inboxes_do_not_share_a_number;
    a_deactivated_inbox_is_served_no_more;
}

fn whatsapp() -> Value {
    json!({
        "name": "whatsapp-main", "channel": "whatsapp", "team": "support", "phone_number_id": "1122334455",
        "address": "+15550001111", "app_secrets": ["app-secret-1", "env:HOME"], "verify_token": "verify-me",
        "access_token": "access-me", "api_base": "http://127.0.0.1:9/v23.0/"
    })
}

fn sms() -> Value {
    json!({
        "name": "sms-main", "channel": "sms", "address": "+15550002222", "account_sid": "AC1",
        "auth_tokens": ["token-1"], "shared_keys": { "key-1": "shared-1" }, "voice": true
    })
}

async fn create(world: &World, body: Value) -> super::world::Answer {
    world.post("/api/v1/inboxes").bearer(&world.admin()).json(body).send().await
}

fn provider(world: &World, name: &str) -> Provider {
    let directory = world.hub.directory();
    directory.inboxes.values().find(|inbox| inbox.name == name).expect("the directory knows it").provider.clone()
}

async fn an_inbox_takes_secrets_and_never_gives_them_back(database: TestDatabase) {
    let world = World::new(database).await;
    let made = create(&world, whatsapp()).await;
    assert_eq!((made.status, made.text("/health/state"), made.text("/origin")), (201, "ok", "api"), "{}", made.body);
    let path = format!("/api/v1/inboxes/{}", made.text("/id"));
    let read = world.get(&path).bearer(&world.token("supervisor", &[])).send().await;
    let list = world.get("/api/v1/inboxes").bearer(&world.admin()).send().await;
    for text in [made.body.to_string(), read.body.to_string(), list.body.to_string()] {
        for secret in ["app-secret-1", "verify-me", "access-me"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    assert_eq!(read.body["app_secrets"], json!(["***", "env:HOME"]));
    let Provider::WhatsAppCloud(meta) = provider(&world, "whatsapp-main") else { panic!("not Meta") };
    assert_eq!(meta.app_secrets.len(), 2);
    assert_eq!(meta.api_base, "http://127.0.0.1:9/v23.0");
}

async fn a_masked_secret_that_comes_back_stays_what_it_was(database: TestDatabase) {
    let world = World::new(database).await;
    let made = create(&world, sms()).await;
    assert_eq!(made.body["shared_keys"], json!({ "key-1": "***" }));
    let path = format!("/api/v1/inboxes/{}", made.text("/id"));
    let change = json!({
        "auth_tokens": ["***", "token-2"], "shared_keys": { "key-1": "***" }, "team": "sales", "voice": null, "version": 1
    });
    let changed = world.ask(Method::PATCH, &path).bearer(&world.admin()).json(change).send().await;
    assert_eq!((changed.status, changed.text("/team")), (200, "sales"), "{}", changed.body);
    assert!(changed.body.get("voice").is_none());
    let Provider::Twilio(twilio) = provider(&world, "sms-main") else { panic!("not Twilio") };
    let tokens: Vec<_> = twilio.auth_tokens.iter().map(|token| token.expose().to_owned()).collect();
    assert_eq!(tokens, ["token-1", "token-2"]);
    assert_eq!(twilio.shared_keys["key-1"].expose(), "shared-1");
    let stale = world.ask(Method::PATCH, &path).bearer(&world.admin()).json(json!({ "version": 1 })).send().await;
    assert_eq!(stale.code(), "VERSION_CONFLICT");
}

async fn an_inbox_without_its_secrets_is_disabled_and_says_why(database: TestDatabase) {
    let world = World::new(database).await;
    let mut body = whatsapp();
    body["app_secrets"] = json!([]);
    let made = create(&world, body).await;
    assert_eq!((made.status, made.text("/health/state")), (201, "disabled"));
    assert_eq!(made.text("/health/reason"), "app_secrets is missing");
    assert!(matches!(provider(&world, "whatsapp-main"), Provider::Unserved));
    let mut body = sms();
    body["auth_tokens"] = json!(["env:PATCHBAY_TEST_NO_SUCH_VARIABLE"]);
    let made = create(&world, body).await;
    assert_eq!(made.text("/health/state"), "disabled");
    assert!(made.text("/health/reason").contains("PATCHBAY_TEST_NO_SUCH_VARIABLE is not set"));
}

async fn whatsapp_travels_through_twilio_when_an_account_is_named(database: TestDatabase) {
    let world = World::new(database).await;
    let mut body = sms();
    body["channel"] = json!("whatsapp");
    let made = create(&world, body).await;
    assert_eq!((made.status, made.text("/provider")), (201, "twilio"));
    assert!(matches!(provider(&world, "sms-main"), Provider::Twilio(_)));
}

async fn what_does_not_fit_is_refused(database: TestDatabase) {
    let world = World::new(database).await;
    for (key, bad) in [
        ("address", json!("15550001111")),
        ("address", Value::Null),
        ("channel", json!("pigeon")),
        ("channel", json!("voice")),
        ("api_base", json!("http://graph.facebook.com")),
        ("team", json!("nowhere")),
        ("triage", json!("maybe")),
        ("phone_number", json!("1")),
    ] {
        let mut body = whatsapp();
        body[key] = bad;
        let answer = create(&world, body).await;
        assert_eq!((answer.status, answer.code()), (400, "INVALID_REQUEST"), "{key}: {}", answer.body);
    }
    let list = world.get("/api/v1/inboxes").bearer(&world.admin()).send().await;
    assert_eq!(list.body["data"], json!([]));
}

async fn two_inboxes_do_not_share_a_number(database: TestDatabase) {
    let world = World::new(database).await;
    assert_eq!(create(&world, whatsapp()).await.status, 201);
    assert_eq!(create(&world, whatsapp()).await.code(), "ALREADY_EXISTS");
    let mut other = whatsapp();
    other["name"] = json!("whatsapp-two");
    assert_eq!(create(&world, other.clone()).await.code(), "ALREADY_EXISTS");
    other["address"] = json!("+15550009999");
    assert_eq!(create(&world, other.clone()).await.code(), "ALREADY_EXISTS");
    other["phone_number_id"] = json!("99");
    assert_eq!(create(&world, other).await.status, 201);
}

async fn a_deactivated_inbox_is_served_no_more(database: TestDatabase) {
    let world = World::new(database).await;
    let made = create(&world, sms()).await;
    let path = format!("/api/v1/inboxes/{}", made.text("/id"));
    let gone = world.ask(Method::DELETE, &path).bearer(&world.admin()).send().await;
    assert_eq!((gone.status, gone.text("/health/state")), (200, "disabled"));
    assert!(matches!(provider(&world, "sms-main"), Provider::Unserved));
    let back = world.ask(Method::PATCH, &path).bearer(&world.admin()).json(json!({ "is_active": true })).send().await;
    assert_eq!((back.status, back.text("/health/state")), (200, "ok"));
}
