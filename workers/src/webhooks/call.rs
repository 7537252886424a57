//! One call of a webhook.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use patchbay_core::clock::Clock;
use patchbay_core::secret::Secret;
use patchbay_core::trace::{self, Kind, Span};
use patchbay_core::webhook::{Meaning, meaning, signature};
use patchbay_hub::Seals;
use patchbay_hub::webhooks::{Door, Tried, door, holding};
use patchbay_store::webhook_deliveries::Claimed;
use patchbay_store::webhooks::WebhookRow;
use patchbay_store::{Db, traces};
use reqwest::header::CONTENT_TYPE;
use tokio::time::Instant;

use crate::backoff;
use crate::deps::Deps;
use crate::provider::{NoClient, ProviderClient, retry_after};

/// Calls webhooks. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    client: ProviderClient,
    db: Db,
    /// Hosts that the operator opened.
    named: Arc<[String]>,
    /// Opens their secrets.
    seals: Option<Arc<Seals>>,
}

impl Caller {
    pub(crate) fn new(deps: &Deps) -> Result<Self, NoClient> {
        let config = &deps.config.webhooks;
        Ok(Self {
            client: ProviderClient::new(config.timeout())?,
            db: deps.db.clone(),
            named: config.internal_hosts.clone().into(),
            seals: deps.hub.config.seals.clone(),
        })
    }

    /// Hands an event over.
    pub(super) async fn call(&self, clock: &Clock, webhook: &WebhookRow, delivery: Claimed) -> Tried {
        let (started_at, started) = (clock.now(), Instant::now());
        let mut span = self.span_of(&delivery).await;
        let (answer, wait) = self.send(clock, webhook, &delivery, span.as_ref()).await;
        if let Some(span) = &mut span {
            span.set("patchbay.attempt", delivery.attempts);
            match answer {
                Ok(status) => span.set("http.response.status_code", i64::from(status)),
                Err(problem) => span.fail(problem),
            }
        }
        drop(span);
        let outcome = match answer.map(meaning) {
            Ok(Meaning::Taken) => "delivered",
            Ok(Meaning::Later) | Err(_) => "failed",
            Ok(Meaning::Never | Meaning::Gone) => "refused",
        };
        metrics::counter!("webhook_calls_total", "outcome" => outcome).increment(1);
        metrics::histogram!("webhook_call_seconds").record(started.elapsed().as_secs_f64());
        Tried {
            webhook: webhook.id,
            delivery: delivery.id,
            attempt: delivery.attempts,
            started_at,
            took: TimeDelta::from_std(started.elapsed()).unwrap_or_default(),
            answer,
            retry_after: wait.and_then(|wait| TimeDelta::from_std(wait).ok()),
            jitter: backoff::jitter(),
        }
    }

    /// The span of a call, below the one that left the event behind.
    async fn span_of(&self, delivery: &Claimed) -> Option<Span> {
        if !trace::is_on() {
            return None;
        }
        let event = delivery.event_id.into();
        let looking = async { traces::of(&mut self.db.read().await?, [event]).await };
        let left_by = looking.await.unwrap_or_default();
        trace::child_of(*left_by.get(&event)?, "webhook call", Kind::Client)
    }

    async fn send(
        &self,
        clock: &Clock,
        webhook: &WebhookRow,
        delivery: &Claimed,
        span: Option<&Span>,
    ) -> (Result<u16, &'static str>, Option<Duration>) {
        // The settings, or the rules, may have changed since the address was stored.
        let Ok((url, door)) = door(&webhook.url, &self.named) else { return (Err("the address is not allowed"), None) };
        let client = match door {
            Door::Outside => self.client.outside(),
            Door::Named => self.client.http(),
        };
        let now = clock.now();
        let secrets = holding(self.seals.as_deref(), webhook, now);
        if secrets.is_empty() {
            return (Err("its secret cannot be read"), None);
        }
        let signature = signature(secrets.iter().map(Secret::expose), now, delivery.body.as_bytes());
        let mut call = client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("x-patchbay-event", &delivery.event_type)
            .header("x-patchbay-event-id", delivery.event_id.to_string())
            .header("x-patchbay-delivery-id", delivery.id.to_string())
            .header("x-patchbay-attempt", delivery.attempts)
            .header("x-patchbay-signature", signature)
            .body(delivery.body.clone());
        if let Some(span) = span {
            call = call.header("traceparent", span.context().to_string());
        }
        match call.send().await {
            Ok(response) => (Ok(response.status().as_u16()), retry_after(response.headers())),
            Err(error) if error.is_timeout() => (Err("no answer in time"), None),
            Err(error) if error.is_connect() => (Err("no connection"), None),
            Err(_) => (Err("the connection was lost"), None),
        }
    }
}
