//! A simulator on a free port, and a server of ours that writes down what reaches it and checks its signature.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::routing::get;
use chrono::{DateTime, Utc};
use patchbay_core::channel::Channel;
use patchbay_core::clock::Clock;
use patchbay_core::secret::Secret;
use patchbay_simulator::{
    PhoneSeed, Running, Simulator, SimulatorConfig, TwilioNumber, WhatsappNumber, sign_meta, sign_twilio,
};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub(crate) const NUMBER_ID: &str = "106550100000001";
pub(crate) const ACCOUNT: &str = "AC5d3a0c1f7e9b4826a0f1c2d3e4b5a697";
pub(crate) const OUR_WHATSAPP: &str = "+15550100001";
pub(crate) const OUR_SMS: &str = "+15550100003";
pub(crate) const DANA: &str = "+15550101234";
pub(crate) const TOKEN: &str = "access-token";
pub(crate) const AUTH: &str = "auth-token";
pub(crate) const SOON: Duration = Duration::from_secs(5);
const APP_SECRET: &str = "app-secret";

/// One webhook that reached us.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) path: String,
    /// Whether the signature is right for the bytes.
    pub(crate) genuine: bool,
    pub(crate) raw: Bytes,
    /// Parameters of a form.
    pub(crate) form: Vec<(String, String)>,
    pub(crate) json: Value,
    pub(crate) group: Option<String>,
}

impl Received {
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        self.form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// `statuses[]` of all changes, as (id, status).
    pub(crate) fn statuses(&self) -> Vec<(String, String)> {
        self.list("statuses").iter().map(|status| (text(&status["id"]), text(&status["status"]))).collect()
    }

    /// Elements of one list in all entries and changes.
    pub(crate) fn list(&self, name: &str) -> Vec<Value> {
        let entries = self.json["entry"].as_array().into_iter().flatten();
        let changes = entries.flat_map(|entry| entry["changes"].as_array().into_iter().flatten());
        changes.flat_map(|change| change["value"][name].as_array().into_iter().flatten().cloned()).collect()
    }
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[derive(Default)]
struct Inbox {
    received: Vec<Received>,
    /// Answers of the next webhooks; 200 afterwards.
    answers: VecDeque<u16>,
}

pub(crate) struct Bench {
    pub(crate) simulator: Running,
    pub(crate) client: reqwest::Client,
    inbox: Arc<Mutex<Inbox>>,
    base: String,
    _server: Server,
}

/// Our server, gone with the bench.
struct Server(JoinHandle<()>);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The usual bench: one WhatsApp number, one SMS number, Dana on both.
pub(crate) async fn bench() -> Bench {
    bench_with(|_| {}).await
}

pub(crate) fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_719_200, 0).expect("a time")
}

pub(crate) async fn bench_with(change: impl FnOnce(&mut SimulatorConfig)) -> Bench {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let inbox = Arc::new(Mutex::new(Inbox::default()));
    let picture = || async { ([("content-type", "image/png")], "PNG!") };
    let router = Router::new()
        .route("/files/leak.png", get(picture))
        .route("/files/none.png", get(|| async { StatusCode::NOT_FOUND }))
        .fallback(receive)
        .with_state((Arc::clone(&inbox), base.clone()));
    let server = tokio::spawn(async move {
        axum::serve(listener, router).await.expect("serves until aborted");
    });
    let mut config = SimulatorConfig {
        whatsapp: vec![WhatsappNumber::new(
            NUMBER_ID,
            OUR_WHATSAPP,
            Secret::new(APP_SECRET),
            Secret::new(TOKEN),
            format!("{base}/webhooks/whatsapp"),
        )],
        twilio: vec![TwilioNumber::new(ACCOUNT, Secret::new(AUTH), OUR_SMS, format!("{base}/webhooks/twilio/sms"))],
        phones: vec![PhoneSeed::new(DANA, "Dana Whitfield", &[Channel::Whatsapp, Channel::Sms])],
        seed: Some(7),
        clock: Clock::manual(noon()),
        ..SimulatorConfig::new()
    };
    config.retries.first = Duration::from_millis(10);
    change(&mut config);
    let simulator = Simulator::start(config).await.expect("starts");
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    Bench { simulator, client, inbox, base, _server: Server(server) }
}

async fn receive(
    State((inbox, base)): State<(Arc<Mutex<Inbox>>, String)>,
    uri: Uri,
    headers: HeaderMap,
    raw: Bytes,
) -> StatusCode {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let form: Vec<(String, String)> = match header("content-type") {
        Some(kind) if kind.starts_with("application/x-www-form-urlencoded") => decode(&raw),
        _ => Vec::new(),
    };
    let expected = if form.is_empty() {
        Some(sign_meta(APP_SECRET, &raw)) == header("x-hub-signature-256")
    } else {
        Some(sign_twilio(AUTH, &format!("{base}{uri}"), &form)) == header("x-twilio-signature")
    };
    let mut inbox = inbox.lock().expect("not poisoned");
    inbox.received.push(Received {
        path: uri.path().to_owned(),
        genuine: expected,
        json: serde_json::from_slice(&raw).unwrap_or_default(),
        raw,
        form,
        group: header("i-twilio-idempotency-token"),
    });
    let status = inbox.answers.pop_front().unwrap_or(if expected { 200 } else { 401 });
    StatusCode::from_u16(status).expect("a status")
}

fn decode(raw: &[u8]) -> Vec<(String, String)> {
    let part = |text: &str| {
        percent_encoding::percent_decode_str(&text.replace('+', " ")).decode_utf8().expect("UTF-8").into_owned()
    };
    let raw = std::str::from_utf8(raw).expect("a form is ASCII");
    raw.split('&').filter_map(|pair| pair.split_once('=')).map(|(name, value)| (part(name), part(value))).collect()
}

impl Bench {
    /// What has reached us so far, in order.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.inbox.lock().expect("not poisoned").received.clone()
    }

    /// What has reached us once the simulator is done.
    pub(crate) async fn settled(&self) -> Vec<Received> {
        assert!(self.simulator.handle.settle(SOON).await, "webhooks are still waiting");
        self.received()
    }

    /// How our server answers the next webhooks.
    pub(crate) fn answer_with(&self, statuses: &[u16]) {
        self.inbox.lock().expect("not poisoned").answers.extend(statuses);
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.simulator.base_url())
    }

    /// A file on our server: `leak.png` is there, `none.png` is not.
    pub(crate) fn file_url(&self, name: &str) -> String {
        format!("{}/files/{name}", self.base)
    }

    pub(crate) fn callback_url(&self, id: &str) -> String {
        format!("{}/webhooks/twilio/status/{id}", self.base)
    }

    /// Posts to the Graph API with the right token; status and body.
    pub(crate) async fn graph(&self, body: &Value) -> (u16, Value) {
        let request = self.client.post(self.url(&format!("/v23.0/{NUMBER_ID}/messages")));
        answer(request.bearer_auth(TOKEN).json(body)).await
    }

    /// Sends a form to the Twilio API with the right credentials; status and body.
    pub(crate) async fn twilio(&self, form: &[(&str, &str)]) -> (u16, Value) {
        let request = self.client.post(self.url(&format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json")));
        answer(request.basic_auth(ACCOUNT, Some(AUTH)).form(form)).await
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.client.get(self.url(path)).basic_auth(ACCOUNT, Some(AUTH))).await
    }
}

pub(crate) async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.expect("an answer");
    let status = response.status().as_u16();
    (status, response.json().await.unwrap_or_default())
}
