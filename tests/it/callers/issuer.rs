//! An outside issuer: its keys are published on a real port, rotated, and away for a while.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::signature::Ed25519KeyPair;
use axum::Json;
use axum::routing::get;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use patchbay_tests::settings::{JWT_SECRET, token};
use patchbay_tests::wait::eventually;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::server::Server;

const SUBJECT: &str = "0190c8a0-0000-7000-8000-000000000001";

struct Key {
    id: &'static str,
    private: EncodingKey,
}

impl Key {
    fn new(id: &'static str) -> Self {
        let pair = Ed25519KeyPair::generate().expect("a key");
        Self { id, private: EncodingKey::from_ed_der(pair.to_pkcs8v1().expect("its form").as_ref()) }
    }

    fn published(&self) -> Value {
        let mut jwk = Jwk::from_encoding_key(&self.private, Algorithm::EdDSA).expect("a public key");
        jwk.common.key_id = Some(self.id.into());
        serde_json::to_value(jwk).expect("JSON")
    }

    fn token(&self, changes: &Value) -> String {
        let now = patchbay_core::clock::Clock::system().now().timestamp();
        let mut claims = json!({ "sub": SUBJECT, "role": "dispatcher", "exp": now + 600, "iss": "https://issuer.test",
            "aud": ["dispatch-api"], "account_ids": "*", "site_ids": ["*"] });
        for (name, value) in changes.as_object().expect("an object") {
            claims[name] = value.clone();
        }
        let header = Header { kid: Some(self.id.into()), ..Header::new(Algorithm::EdDSA) };
        jsonwebtoken::encode(&header, &claims, &self.private).expect("a token")
    }
}

struct Issuer {
    url: String,
    keys: Arc<Mutex<Vec<Value>>>,
    task: JoinHandle<()>,
}

impl Issuer {
    async fn start(keys: Vec<Value>) -> Self {
        let keys = Arc::new(Mutex::new(keys));
        let shown = keys.clone();
        let answer = move || {
            let keys = shown.lock().expect("nobody panics with it").clone();
            std::future::ready(Json(json!({ "keys": keys })))
        };
        let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("a port");
        let url = format!("http://{}/jwks", listener.local_addr().expect("an address"));
        let router = axum::Router::new().route("/jwks", get(answer));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { url, keys, task }
    }

    fn publish(&self, keys: Vec<Value>) {
        *self.keys.lock().expect("nobody panics with it") = keys;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_of_an_outside_issuer_open_the_api_while_its_keys_hold() {
    let (old, new) = (Key::new("2025"), Key::new("2026"));
    let issuer = Issuer::start(vec![old.published()]).await;
    let settings = format!(
        "[auth]\njwt_secret = \"{JWT_SECRET}\"\nissuer = \"https://issuer.test\"\naudience = \"dispatch-api\"\n\
         jwks_url = \"{}\"\njwks_refresh_seconds = 1\njwks_min_interval_seconds = 1\njwks_stale_seconds = 4\n",
        issuer.url
    );
    let server = Server::start(&settings).await;
    let ask = async |token: String| server.anonymous.with_token(token).get("/tickets").await;

    ask(old.token(&json!({}))).await.expect(200);
    ask(old.token(&json!({ "role": "auditor" }))).await.expect(200);
    for (changes, code) in [
        (json!({ "iss": "https://other.test" }), "INVALID_AUTH_CLAIMS"),
        (json!({ "aud": "another-api" }), "INVALID_AUTH_CLAIMS"),
        (json!({ "role": "wizard" }), "INVALID_AUTH_CLAIMS"),
        (json!({ "exp": 1_700_000_000 }), "INVALID_AUTH_TOKEN"),
    ] {
        ask(old.token(&changes)).await.expect_error(401, code);
    }
    ask(old.token(&json!({ "site_ids": [] }))).await.expect_error(403, "FORBIDDEN_SCOPE");
    ask(new.token(&json!({}))).await.expect_error(401, "INVALID_AUTH_TOKEN");
    // One with the shared secret still has to name issuer and audience.
    ask(token("dispatcher")).await.expect_error(401, "INVALID_AUTH_CLAIMS");

    issuer.publish(vec![new.published()]);
    ask(new.token(&json!({}))).await.expect(200);
    eventually("the withdrawn key ends", Duration::from_secs(10), async || {
        (ask(old.token(&json!({}))).await.status == 401).then_some(())
    })
    .await;

    issuer.task.abort();
    ask(new.token(&json!({}))).await.expect(200);
    eventually("keys without their issuer end", Duration::from_secs(20), async || {
        (ask(new.token(&json!({}))).await.status == 503).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn production_can_stand_on_an_outside_issuer_alone() {
    let key = Key::new("only");
    let issuer = Issuer::start(vec![key.published()]).await;
    let server = Server::start(&format!("env = \"production\"\n[auth]\njwks_url = \"{}\"\n", issuer.url)).await;
    let ask = async |token: String| server.anonymous.with_token(token).get("/tickets").await;
    ask(key.token(&json!({}))).await.expect(200);
    ask(token("dispatcher")).await.expect_error(401, "INVALID_AUTH_TOKEN");
    issuer.task.abort();
}
