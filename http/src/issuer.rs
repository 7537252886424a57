//! An outside issuer for tests: private keys, tokens signed with them, and a server that publishes the public ones.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine as _;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

/// A private key and what is published of it.
pub(crate) struct IssuerKey {
    pub(crate) id: String,
    pub(crate) algorithm: Algorithm,
    private: EncodingKey,
}

impl IssuerKey {
    pub(crate) fn new(id: &str, algorithm: Algorithm) -> Self {
        let private = match algorithm {
            Algorithm::RS256 => {
                let pair = RsaKeyPair::generate(KeySize::Rsa2048).expect("a key");
                let der: Pkcs8V1Der<'_> = pair.as_der().expect("its form");
                let text = base64::engine::general_purpose::STANDARD.encode(der.as_ref());
                let pem = format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n");
                EncodingKey::from_rsa_pem(pem.as_bytes()).expect("its form")
            }
            Algorithm::ES256 => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
                EncodingKey::from_ec_der(pair.to_pkcs8v1().expect("its form").as_ref())
            }
            Algorithm::EdDSA => {
                let pair = Ed25519KeyPair::generate().expect("a key");
                EncodingKey::from_ed_der(pair.to_pkcs8v1().expect("its form").as_ref())
            }
            other => panic!("no test needs {other:?}"),
        };
        Self { id: id.into(), algorithm, private }
    }

    /// What is published: a JSON Web Key.
    pub(crate) fn published(&self) -> Value {
        let mut jwk = Jwk::from_encoding_key(&self.private, self.algorithm).expect("a public key");
        jwk.common.key_id = Some(self.id.clone());
        serde_json::to_value(jwk).expect("JSON")
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        let header = Header { kid: Some(self.id.clone()), ..Header::new(self.algorithm) };
        self.sign_with(&header, claims)
    }

    pub(crate) fn sign_with(&self, header: &Header, claims: &Value) -> String {
        jsonwebtoken::encode(header, claims, &self.private).expect("a token")
    }
}

/// What the server answers.
#[derive(Clone, Debug)]
pub(crate) enum Publishes {
    Keys(Vec<Value>),
    Text(String),
    Status(StatusCode),
    RedirectTo(String),
}

/// A server that publishes keys at `/jwks`, and the same at `/elsewhere`.
pub(crate) struct IssuerServer {
    pub(crate) url: String,
    answers: Arc<Mutex<Publishes>>,
    asked: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl IssuerServer {
    pub(crate) async fn start(publishes: Publishes) -> Self {
        let (answers, asked) = (Arc::new(Mutex::new(publishes)), Arc::new(AtomicUsize::new(0)));
        let (shown, count) = (answers.clone(), asked.clone());
        let keys = move || {
            count.fetch_add(1, Ordering::SeqCst);
            let answer = shown.lock().expect("nobody panics with it").clone();
            std::future::ready(answer.into_response())
        };
        let router = Router::new().route("/jwks", get(keys.clone())).route("/elsewhere", get(keys));
        let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("a port");
        let url = format!("http://{}/jwks", listener.local_addr().expect("an address"));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { url, answers, asked, task }
    }

    pub(crate) fn publish(&self, publishes: Publishes) {
        *self.answers.lock().expect("nobody panics with it") = publishes;
    }

    pub(crate) fn times_asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Drop for IssuerServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl IntoResponse for Publishes {
    fn into_response(self) -> Response {
        match self {
            Self::Keys(keys) => axum::Json(json!({ "keys": keys })).into_response(),
            Self::Text(text) => text.into_response(),
            Self::Status(status) => status.into_response(),
            Self::RedirectTo(to) => axum::response::Redirect::temporary(&to).into_response(),
        }
    }
}
