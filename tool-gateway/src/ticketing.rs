//! Tickets that an outside system keeps: searched, read, recorded and commented over HTTP with a key. Reads are
//! remembered for five minutes; what writes carries a key of its own, so that a repetition is none. Source: S3, ticketing
//! adapter; domain, integration hub.

use std::sync::Arc;
use std::time::Duration;

use patchbay_core::clock::Clock;
use patchbay_core::secret::Secret;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::adapter::{Adapter, Cache, Ended, Read, Reply, finish, http_client};
use crate::outcome::Refusal;
use crate::transactions::Unusable;

/// How long one answer may take.
const WITHIN: Duration = Duration::from_secs(10);
/// How long what was read counts as current.
const FRESH_FOR: Duration = Duration::from_mins(5);

/// Where the ticketing system is, and what opens it.
#[derive(Clone, Debug)]
pub struct TicketingConfig {
    /// Base of the system: `GET {base}/tickets`, `GET {base}/tickets/{id}`, `POST {base}/tickets`,
    /// `POST {base}/tickets/{id}/comments`.
    pub base_url: String,
    /// Its key, sent as a bearer token.
    pub api_key: Option<Secret>,
    /// First wait between two tries; it doubles.
    pub retry_after: Duration,
}

/// An outside ticketing system. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Ticketing(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    http: reqwest::Client,
    config: TicketingConfig,
    adapter: Adapter,
    tickets: Cache<Value>,
    clock: Clock,
}

impl Ticketing {
    /// A system that can be called.
    pub fn new(config: TicketingConfig, clock: Clock) -> Result<Self, Unusable> {
        let parsed = url::Url::parse(&config.base_url).map_err(|_| Unusable("base_url is no URL".into()))?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(Unusable("base_url is no http URL".into()));
        }
        let http = http_client().ok_or_else(|| Unusable("no HTTP client can be made".into()))?;
        let adapter = Adapter::new("ticketing", "the ticketing system", config.retry_after);
        Ok(Self(Arc::new(Inner { http, config, adapter, tickets: Cache::new(FRESH_FOR), clock })))
    }

    /// Tickets of a customer, as the system answers them.
    pub(crate) async fn search(
        &self,
        tenant: &str,
        customer: &str,
        query: &[(&str, String)],
    ) -> Result<Read<Value>, Refusal> {
        let asked: Vec<String> = query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let key = format!("{customer} ? {}", asked.join("&"));
        self.remembered(tenant, &key, || self.get("/tickets").query(&[("customer_id", customer)]).query(query))
            .await
            .map(|found| found.unwrap_or_else(|| Read { value: Value::Null, at: self.0.clock.now(), stale: false }))
    }

    /// One ticket; `None` when there is none.
    pub(crate) async fn ticket(&self, tenant: &str, customer: &str, id: &str) -> Result<Option<Read<Value>>, Refusal> {
        let path = format!("/tickets/{}", segment(id));
        self.remembered(tenant, &format!("{customer} {id}"), || self.get(&path)).await
    }

    /// Records a ticket; what the system answers.
    pub(crate) async fn create(&self, tenant: &str, customer: &str, key: Uuid, body: &Value) -> Result<Value, Refusal> {
        let answer = self.post(tenant, "/tickets", key, body).await;
        self.forget(customer, &answer);
        answer
    }

    /// Comments a ticket.
    pub(crate) async fn comment(
        &self,
        tenant: &str,
        customer: &str,
        (id, text): (&str, &str),
        key: Uuid,
    ) -> Result<Value, Refusal> {
        let path = format!("/tickets/{}/comments", segment(id));
        let answer = self.post(tenant, &path, key, &json!({"text": text, "author": "assistant"})).await;
        self.forget(customer, &answer);
        answer
    }

    /// What was read of a customer does not count after a write that may have changed something.
    fn forget(&self, customer: &str, answer: &Result<Value, Refusal>) {
        let not_sent = ["upstream.open_circuit", "upstream.busy", "upstream.unreachable"];
        if answer.as_ref().is_err_and(|refusal| not_sent.contains(&refusal.reason.as_str())) {
            return;
        }
        self.0.tickets.drop_where(|key| key.starts_with(customer));
    }

    async fn remembered(
        &self,
        tenant: &str,
        key: &str,
        call: impl Fn() -> reqwest::RequestBuilder,
    ) -> Result<Option<Read<Value>>, Refusal> {
        let inner = &self.0;
        if let Some(read) = inner.tickets.fresh(key, inner.clock.now()) {
            return Ok(Some(read));
        }
        match inner.adapter.read(tenant, || finish(call())).await {
            Ok(Some(value)) => {
                let at = inner.clock.now();
                inner.tickets.keep(key, value.clone(), at);
                Ok(Some(Read { value, at, stale: false }))
            }
            Ok(None) => Ok(None),
            Err(refusal) => inner.tickets.any(key).map(Some).ok_or(refusal),
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.0.config.base_url.trim_end_matches('/'))
    }

    fn opened(&self, call: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        let call = call.timeout(WITHIN);
        match &self.0.config.api_key {
            Some(key) => call.bearer_auth(key.expose()),
            None => call,
        }
    }

    fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.opened(self.0.http.get(self.url(path)))
    }

    /// Writes, under a key that a repetition gives again: so it is tried like a read.
    async fn post(&self, tenant: &str, path: &str, key: Uuid, body: &Value) -> Result<Value, Refusal> {
        let (url, key) = (self.url(path), key.to_string());
        let call = || async {
            let call = self.opened(self.0.http.post(&url)).header("Idempotency-Key", &key).json(body);
            let reply: Reply = finish(call).await;
            reply
        };
        let adapter = &self.0.adapter;
        adapter.write(tenant, call).await?.ok_or_else(|| adapter.refusal_of(&Ended::Answer(404, Value::Null)))
    }
}

/// An id as one part of a path, whatever is in it.
fn segment(id: &str) -> String {
    url::form_urlencoded::byte_serialize(id.as_bytes()).collect::<String>().replace('+', "%20")
}
