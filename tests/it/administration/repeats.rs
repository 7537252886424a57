//! Requests that come twice under one key: one effect, one answer, one entry in the audit log.

use axum::http::Method;
use patchbay_core::ids::RecordId;
use patchbay_tests::{TestDatabase, both_engines};
use serde_json::{Value, json};

use super::world::{Answer, PASSWORD, World};

both_engines! {
    whatever_is_made_twice_under_one_key_is_there_once;
    a_change_that_comes_twice_under_one_key_happens_once;
}

/// A list, and a new one for it.
fn new() -> [(&'static str, Value); 5] {
    let user = json!({ "email": "kim@demo.test", "full_name": "Kim", "password": PASSWORD, "role": "support_agent" });
    [
        ("/api/v1/users", user),
        ("/api/v1/teams", json!({ "slug": "night", "name": "Night", "timezone": "UTC" })),
        ("/api/v1/inboxes", json!({ "name": "wa", "channel": "whatsapp", "address": "+15550001111" })),
        (
            "/api/v1/templates",
            json!({ "inbox": "wa", "name": "hello", "language": "en", "category": "UTILITY", "body": "Hi" }),
        ),
        ("/api/v1/canned-responses", json!({ "shortcut": "hi", "text": "Hello" })),
    ]
}

/// An administrator's pen: a key is the caller's own.
struct Admin<'w> {
    world: &'w World,
    token: String,
}

impl Admin<'_> {
    async fn ask(&self, method: Method, path: &str, key: &str, body: &Value) -> Answer {
        let ask = self.world.ask(method, path).bearer(&self.token).header("idempotency-key", key);
        ask.json(body.clone()).send().await
    }
}

async fn entries(world: &World) -> usize {
    world.audit().await.len()
}

async fn whatever_is_made_twice_under_one_key_is_there_once(database: TestDatabase) {
    let world = World::new(database).await;
    let admin = Admin { world: &world, token: world.admin() };
    for (path, body) in new() {
        let (key, before) = (RecordId::new().to_string(), entries(&world).await);
        let first = admin.ask(Method::POST, path, &key, &body).await;
        let again = admin.ask(Method::POST, path, &key, &body).await;
        assert_eq!((first.status, again.status), (201, 201), "{path}: {}", first.body);
        assert_eq!(first.body, again.body, "{path}");
        assert_eq!(again.headers["idempotency-replayed"], "true", "{path}");
        assert_eq!(entries(&world).await, before + 1, "{path}");
        let mut other = body.clone();
        other["is_active"] = json!(true);
        other["name"] = json!("another");
        let other = admin.ask(Method::POST, path, &key, &other).await;
        assert!(["IDEMPOTENCY_PAYLOAD_MISMATCH", "INVALID_REQUEST"].contains(&other.code()), "{path}: {}", other.body);
    }
}

async fn a_change_that_comes_twice_under_one_key_happens_once(database: TestDatabase) {
    let world = World::new(database).await;
    let admin = Admin { world: &world, token: world.admin() };
    for (path, body) in new() {
        let made = admin.ask(Method::POST, path, &RecordId::new().to_string(), &body).await;
        let one = format!("{path}/{}", made.text("/id"));
        let change = match path {
            "/api/v1/users" => json!({ "full_name": "Kim Lee", "password": "another long password" }),
            "/api/v1/templates" => json!({ "body": "Hello" }),
            "/api/v1/canned-responses" => json!({ "text": "Good morning" }),
            "/api/v1/inboxes" => json!({ "address": "+15550001112" }),
            _ => json!({ "name": "Late" }),
        };
        for (method, body) in [(Method::PATCH, change), (Method::DELETE, json!({}))] {
            let key = RecordId::new().to_string();
            let first = admin.ask(method.clone(), &one, &key, &body).await;
            let again = admin.ask(method.clone(), &one, &key, &body).await;
            assert_eq!((first.status, again.status), (200, 200), "{method} {one}: {}", first.body);
            assert_eq!(first.body, again.body, "{method} {one}");
            assert_eq!(again.headers["idempotency-replayed"], "true", "{method} {one}");
        }
        let now = world.get(&one).bearer(&world.admin()).send().await;
        assert_eq!(now.body["version"], 3, "{one}: {}", now.body);
    }
}
