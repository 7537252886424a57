use std::time::Duration;

use axum::http::StatusCode;
use patchbay_core::clock::Clock;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::*;
use crate::issuer::{IssuerKey, IssuerServer, Publishes};
use crate::token::{Claims, TokenKeys};

const SUBJECT: &str = "0190c8a0-0000-7000-8000-000000000001";

const QUICK: JwksRules = JwksRules {
    refresh_every: Duration::from_millis(400),
    min_interval: Duration::from_millis(50),
    stale_for: Duration::from_millis(1200),
    timeout: Duration::from_secs(2),
    max_bytes: 64 << 10,
};

/// Keys that follow a server, with the task that does so.
struct Following {
    keys: TokenKeys,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Following {
    fn start(server: &IssuerServer, rules: JwksRules) -> Self {
        let stop = CancellationToken::new();
        let (jwks, task) = Jwks::start(&server.url, rules, stop.clone()).expect("a client");
        Self { keys: TokenKeys::published(jwks, None, None), stop, task }
    }

    async fn verify(&self, token: &str) -> Result<Claims, Code> {
        self.keys.verify(token, Clock::system().now()).await.map_err(|error| error.code())
    }

    async fn end(self) {
        self.stop.cancel();
        self.task.await.expect("it ends");
    }
}

fn claims() -> Value {
    json!({ "sub": SUBJECT, "role": "qa", "exp": Clock::system().now().timestamp() + 600 })
}

#[tokio::test]
async fn every_algorithm_is_checked_with_its_key() {
    let keys = [("r", Algorithm::RS256), ("e", Algorithm::ES256), ("d", Algorithm::EdDSA)]
        .map(|(id, a)| IssuerKey::new(id, a));
    let server = IssuerServer::start(Publishes::Keys(keys.iter().map(IssuerKey::published).collect())).await;
    let following = Following::start(&server, QUICK);
    for key in &keys {
        assert_eq!(following.verify(&key.sign(&claims())).await.expect("valid").sub, SUBJECT, "{:?}", key.algorithm);
        let stranger = IssuerKey::new(&key.id, key.algorithm);
        assert_eq!(following.verify(&stranger.sign(&claims())).await.err(), Some(Code::InvalidAuthToken));
    }
    following.end().await;
}

#[tokio::test]
async fn a_new_key_is_fetched_when_a_token_names_it_and_a_withdrawn_one_ends() {
    let (old, new) = (IssuerKey::new("old", Algorithm::ES256), IssuerKey::new("new", Algorithm::ES256));
    let server = IssuerServer::start(Publishes::Keys(vec![old.published()])).await;
    let rules = JwksRules { refresh_every: Duration::from_mins(1), ..QUICK };
    let following = Following::start(&server, rules);
    assert!(following.verify(&old.sign(&claims())).await.is_ok());
    server.publish(Publishes::Keys(vec![new.published()]));
    assert!(following.verify(&old.sign(&claims())).await.is_ok(), "known until the next fetch");
    assert!(following.verify(&new.sign(&claims())).await.is_ok(), "fetched at once");
    assert_eq!(following.verify(&old.sign(&claims())).await.err(), Some(Code::InvalidAuthToken));
    following.end().await;
}

#[tokio::test]
async fn keys_outlive_an_issuer_that_is_away_for_a_while_and_no_longer() {
    let key = IssuerKey::new("k", Algorithm::EdDSA);
    let server = IssuerServer::start(Publishes::Keys(vec![key.published()])).await;
    let following = Following::start(&server, QUICK);
    let token = key.sign(&claims());
    assert!(following.verify(&token).await.is_ok());
    server.publish(Publishes::Status(StatusCode::BAD_GATEWAY));
    sleep(QUICK.refresh_every * 2).await;
    assert!(server.times_asked() > 1, "it was asked again");
    assert!(following.verify(&token).await.is_ok(), "stale keys still serve");
    sleep(QUICK.stale_for).await;
    assert_eq!(following.verify(&token).await.err(), Some(Code::NotReady), "too old to be believed");
    server.publish(Publishes::Keys(vec![key.published()]));
    sleep(QUICK.refresh_every).await;
    assert!(following.verify(&token).await.is_ok(), "and well again");
    following.end().await;
}

#[tokio::test]
async fn unknown_key_ids_do_not_make_us_fetch_all_the_time() {
    let key = IssuerKey::new("k", Algorithm::ES256);
    let server = IssuerServer::start(Publishes::Keys(vec![key.published()])).await;
    let rules = JwksRules { refresh_every: Duration::from_mins(1), min_interval: Duration::from_millis(300), ..QUICK };
    let following = Following::start(&server, rules);
    assert!(following.verify(&key.sign(&claims())).await.is_ok());
    let stranger = IssuerKey::new("made-up", Algorithm::ES256);
    let token = stranger.sign(&claims());
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (keys, token) = (following.keys.clone(), token.clone());
        tries.spawn(async move { keys.verify(&token, Clock::system().now()).await.is_err() });
    }
    while let Some(refused) = tries.join_next().await {
        assert!(refused.expect("it ends"));
    }
    assert!(server.times_asked() <= 3, "asked {} times", server.times_asked());
    following.end().await;
}

#[tokio::test]
async fn an_issuer_that_misbehaves_opens_nothing() {
    let key = IssuerKey::new("k", Algorithm::ES256);
    let keys = json!({ "keys": [key.published()] }).to_string();
    let server = IssuerServer::start(Publishes::Status(StatusCode::NOT_FOUND)).await;
    let quick = JwksRules { timeout: Duration::from_millis(300), ..QUICK };
    let redirect = Publishes::RedirectTo("/elsewhere".into());
    let too_long = Publishes::Text(format!("{keys}{}", " ".repeat(quick.max_bytes)));
    for answer in [redirect, too_long, Publishes::Text("<html>".into()), Publishes::Text("{}".into())] {
        server.publish(answer.clone());
        let following = Following::start(&server, quick);
        let refused = following.verify(&key.sign(&claims())).await.err();
        assert_eq!(refused, Some(Code::NotReady), "{answer:?}");
        following.end().await;
    }
}

#[tokio::test]
async fn only_keys_for_signatures_of_our_algorithms_count() {
    let key = IssuerKey::new("k", Algorithm::ES256);
    let changed = |name: &str, value: Value| {
        let mut jwk = key.published();
        jwk[name] = value;
        jwk
    };
    let secret =
        json!({ "kty": "oct", "kid": "k", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA", "alg": "HS256" });
    let useless = [
        changed("use", json!("enc")),
        changed("key_ops", json!(["encrypt"])),
        changed("alg", json!("RS256")),
        changed("crv", json!("P-384")),
        changed("x", json!("AAAA")),
        changed("kty", json!("future")),
        secret,
        json!("nonsense"),
    ];
    let server = IssuerServer::start(Publishes::Keys(Vec::new())).await;
    for jwk in useless {
        server.publish(Publishes::Keys(vec![jwk.clone()]));
        let following = Following::start(&server, QUICK);
        assert_eq!(following.verify(&key.sign(&claims())).await.err(), Some(Code::InvalidAuthToken), "{jwk}");
        following.end().await;
    }
    server.publish(Publishes::Keys(vec![changed("use", json!("sig")), json!("nonsense")]));
    let following = Following::start(&server, QUICK);
    assert!(following.verify(&key.sign(&claims())).await.is_ok());
    following.end().await;
}

#[tokio::test]
async fn a_token_without_a_key_id_needs_the_only_key_of_its_algorithm() {
    let (one, two) = (IssuerKey::new("1", Algorithm::ES256), IssuerKey::new("2", Algorithm::ES256));
    let token = one.sign_with(&jsonwebtoken::Header::new(Algorithm::ES256), &claims());
    let server = IssuerServer::start(Publishes::Keys(vec![one.published()])).await;
    let following = Following::start(&server, QUICK);
    assert!(following.verify(&token).await.is_ok());
    following.end().await;
    server.publish(Publishes::Keys(vec![one.published(), two.published()]));
    let following = Following::start(&server, QUICK);
    assert_eq!(following.verify(&token).await.err(), Some(Code::InvalidAuthToken));
    following.end().await;
}
