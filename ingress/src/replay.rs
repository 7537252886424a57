//! `patchbay replay`: recorded requests through the real router, with everything taken from the record and nothing
//! stored.

mod config;

use std::sync::Arc;

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use http::{HeaderName, HeaderValue, Method, Request, Uri, header};
use patchbay_core::clock::Clock;
use patchbay_normalizer::Source;
use patchbay_normalizer::twilio::{Relay, RelayTurn};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tower::ServiceExt as _;

use crate::delivery::{Delivery, Sink as _};
use crate::memory::MemorySink;
use crate::webhook::{Ingress, SocketAccount, Verdict, calls_router, router};

/// A recorded case.
#[derive(Debug, Deserialize)]
struct Vector {
    id: String,
    channel: String,
    request: Option<Recorded>,
    #[serde(default)]
    requests: Vec<Recorded>,
    #[serde(default)]
    config: Value,
    #[serde(default)]
    frames: Vec<Value>,
}

/// A recorded request.
#[derive(Debug, Deserialize)]
struct Recorded {
    method: String,
    url: String,
    #[serde(default)]
    headers: Map<String, Value>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    body_encoding: Option<String>,
}

/// The system under replay: a router on a memory sink. Tests use it to send a request twice or changed.
#[derive(Debug)]
pub struct Replay {
    router: axum::Router,
    sink: Arc<MemorySink>,
    /// The account of sockets.
    socket_account: String,
    now: DateTime<Utc>,
}

/// Runs one recorded case and answers a line for each of its requests:
/// `{"id","step"?,"verified","http_status","normalized":[…],"error"?,"response"?}`. State is kept within the case.
pub async fn replay(vector: &str) -> Vec<Value> {
    let vector: Vector = match serde_json::from_str(vector) {
        Ok(vector) => vector,
        Err(_) => {
            return vec![
                json!({"id": null, "verified": false, "http_status": 0, "normalized": [], "error": "malformed_vector"}),
            ];
        }
    };
    let steps = !vector.requests.is_empty();
    let requests: Vec<&Recorded> = vector.request.iter().chain(&vector.requests).collect();
    let served = is_served(&vector, &requests);
    let system = Replay::new(&vector.config);
    let mut lines = Vec::with_capacity(requests.len());
    for (step, recorded) in requests.into_iter().enumerate() {
        let mut line = if served { system.send(recorded).await } else { unsupported() };
        if line.get("http_status").and_then(Value::as_u64) == Some(101) {
            let heard = system.hear(&vector.frames).await;
            if let Some(items) = line.get_mut("normalized").and_then(Value::as_array_mut) {
                items.extend(heard);
            }
        }
        line.insert("id".to_owned(), vector.id.clone().into());
        if steps {
            line.insert("step".to_owned(), step.into());
        }
        lines.push(Value::Object(line));
    }
    lines
}

/// Every channel that has an adapter.
fn is_served(vector: &Vector, requests: &[&Recorded]) -> bool {
    const PATHS: &[&str] = &["/webhooks/whatsapp", "/webhooks/twilio/", "/webhooks/email/", "/chat/"];
    let is_webhook = |url: &str| PATHS.iter().any(|path| url.contains(path));
    matches!(vector.channel.as_str(), "whatsapp" | "twilio" | "sms" | "voice" | "email" | "chat")
        && requests.iter().all(|request| is_webhook(&request.url))
}

fn unsupported() -> Map<String, Value> {
    let line = json!({"verified": false, "http_status": 501, "normalized": [], "error": "unsupported_channel"});
    line.as_object().cloned().unwrap_or_default()
}

impl Replay {
    /// A system with nothing in it but what `config` of a case says.
    pub fn new(config: &Value) -> Self {
        let settings = config::Settings::of(config);
        let sink = Arc::new(MemorySink::new(settings.opted_out).knowing(settings.conversations));
        let now = DateTime::<Utc>::from_timestamp(settings.now, 0).unwrap_or_default();
        let taker = Arc::<MemorySink>::clone(&sink);
        let clock = Clock::manual(now);
        let ingress = Ingress::with_mail_auth(settings.ingress, settings.inboxes, clock, taker, settings.mail_auth);
        let calls = calls_router(ingress.clone(), SocketAccount(settings.socket_account.clone()));
        let router = router(ingress).into_router();
        let router = router.merge(calls);
        Self { router, sink, socket_account: settings.socket_account, now }
    }

    /// Delivers the frames of an upgraded socket, in order, and answers the items they came to.
    async fn hear(&self, frames: &[Value]) -> Vec<Value> {
        let mut relay = Relay::new(self.socket_account.as_str());
        for frame in frames {
            let text = frame.as_str().map_or_else(|| frame.to_string(), str::to_owned);
            let RelayTurn::Items(items) = relay.hear(&text, self.now) else { break };
            let delivery = Delivery {
                source: Source::Twilio,
                inbox: None,
                account: None,
                received_at: self.now,
                items,
                quarantine: None,
            };
            if self.sink.accept(vec![delivery]).await.is_err() {
                break;
            }
        }
        self.sink.take_items().into_iter().map(|item| json!(item)).collect()
    }

    /// What the requests so far came to.
    pub fn sink(&self) -> &MemorySink {
        &self.sink
    }

    /// Sends the recorded request `request` (an object of a case) and answers its line.
    pub async fn send_value(&self, request: &Value) -> Value {
        match serde_json::from_value::<Recorded>(request.clone()) {
            Ok(recorded) => Value::Object(self.send(&recorded).await),
            Err(_) => json!({"verified": false, "http_status": 0, "normalized": [], "error": "malformed_vector"}),
        }
    }

    async fn send(&self, recorded: &Recorded) -> Map<String, Value> {
        let mut line = Map::new();
        let Some(request) = request(recorded) else {
            line.extend([("verified".to_owned(), false.into()), ("http_status".to_owned(), 400.into())]);
            line.extend([("normalized".to_owned(), json!([])), ("error".to_owned(), "malformed_payload".into())]);
            return line;
        };
        let response = match self.router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let verdict = response.extensions().get::<Verdict>().copied();
        line.insert("verified".to_owned(), verdict.is_some_and(|verdict| verdict.verified).into());
        line.insert("http_status".to_owned(), response.status().as_u16().into());
        if let Some(refusal) = verdict.and_then(|verdict| verdict.refusal) {
            line.insert("error".to_owned(), refusal.as_str().into());
        }
        let content_type =
            response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let body = axum::body::to_bytes(response.into_body(), 1024 * 1024).await.unwrap_or_default();
        if !body.is_empty() {
            let body = String::from_utf8_lossy(&body).into_owned();
            line.insert("response".to_owned(), json!({"body": body, "content_type": content_type}));
        }
        line.insert("normalized".to_owned(), json!(self.sink.take_items()));
        line
    }
}

/// The request as the server would see it: scheme and host of the recorded URL, its path and query byte for byte.
fn request(recorded: &Recorded) -> Option<Request<Body>> {
    let uri: Uri = recorded.url.parse().ok()?;
    let mut request = Request::new(Body::from(body(recorded)?));
    *request.method_mut() = recorded.method.parse::<Method>().ok()?;
    let host = uri.authority().and_then(|authority| HeaderValue::from_str(authority.as_str()).ok());
    *request.uri_mut() = uri;
    for (name, value) in &recorded.headers {
        let values = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
        for value in values {
            let value = HeaderValue::from_bytes(value.as_str()?.as_bytes()).ok()?;
            request.headers_mut().append(name.parse::<HeaderName>().ok()?, value);
        }
    }
    if let (false, Some(host)) = (request.headers().contains_key(header::HOST), host) {
        request.headers_mut().insert(header::HOST, host);
    }
    Some(request)
}

fn body(recorded: &Recorded) -> Option<Vec<u8>> {
    let text = recorded.body.as_deref().unwrap_or_default();
    match recorded.body_encoding.as_deref() {
        Some("base64") => STANDARD.decode(text).ok(),
        _ => Some(text.as_bytes().to_vec()),
    }
}

#[cfg(test)]
mod tests;
