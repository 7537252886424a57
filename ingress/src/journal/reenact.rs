//! Sending a request of the journal through the adapters again, at the time it came: its signature is checked anew.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use chrono::{DateTime, Utc};
use patchbay_core::channel::Channel;
use patchbay_core::clock::Clock;
use patchbay_core::ids::InboxId;
use patchbay_core::item::Item;
use patchbay_hub::intake::{Inbound, Intake};
use patchbay_hub::recovery::{Reenact, ReenactFuture, Reenacted};
use patchbay_normalizer::twilio::Consent;
use tower::ServiceExt as _;

use super::raw::RawRequest;
use super::seal::Journal;
use crate::config::Config;
use crate::delivery::{Accepted, Delivery, KeptFile, NotDurable, Sink, SinkFuture, Token, TokenUse};
use crate::hand_over::Taker;
use crate::inboxes::Inboxes;
use crate::webhook::{Ingress, Verdict, router};

/// How long a request may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The adapters took it, and so did the intake.
    Accepted,
    /// It is still for nobody we know, or not understood: this word says why. Nothing was stored.
    SetAside(String),
    /// The adapters refuse it: its secret is not configured any more.
    Refused(String),
    /// The intake cannot take it now.
    Unavailable,
}

/// The way a request goes again.
#[derive(Clone, Debug)]
pub struct Reenactment {
    inner: Arc<tokio::sync::Mutex<Inner>>,
    journal: Arc<Journal>,
}

#[derive(Debug)]
struct Inner {
    router: Router,
    clock: Clock,
    noted: Arc<Noted>,
}

/// Hands over to the intake, unless the request has to be set aside again.
#[derive(Debug)]
struct Noted {
    intake: Intake,
    set_aside: Mutex<Option<String>>,
}

impl Sink for Noted {
    fn accept(&self, deliveries: Vec<Delivery>) -> SinkFuture<'_, Result<Accepted, NotDurable>> {
        Box::pin(async move {
            let mut inbound = Vec::with_capacity(deliveries.len());
            let mut fresh = 0;
            for delivery in deliveries {
                match (delivery.inbox, delivery.quarantine) {
                    (Some(inbox_id), None) => {
                        fresh += delivery.items.len();
                        inbound.push(Inbound { inbox_id, items: delivery.items, received_at: delivery.received_at });
                    }
                    (_, quarantine) => {
                        let reason = quarantine.map_or("unknown_account", |kept| kept.reason.as_str());
                        *self.set_aside.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason.to_owned());
                    }
                }
            }
            if !inbound.is_empty() {
                self.intake.accept(inbound).await.map_err(|_| NotDurable { retry_after_seconds: 1 })?;
            }
            Ok(Accepted { fresh, duplicates: 0 })
        })
    }

    fn keep(&self, files: Vec<KeptFile>) -> SinkFuture<'_, Result<(), NotDurable>> {
        Box::pin(
            async move { Taker::keep(&self.intake, files).await.map_err(|_| NotDurable { retry_after_seconds: 1 }) },
        )
    }

    /// The token was used when the request came; it is the same request.
    fn use_token<'a>(&'a self, _token: &'a Token) -> SinkFuture<'a, TokenUse> {
        Box::pin(std::future::ready(TokenUse::Repeated))
    }

    fn conversations(&self) -> SinkFuture<'_, Option<HashMap<String, String>>> {
        Box::pin(std::future::ready(None))
    }

    fn consent<'a>(&'a self, _inbox: Option<InboxId>, _channel: Channel, _address: &'a str) -> SinkFuture<'a, Consent> {
        Box::pin(std::future::ready(Consent::Given))
    }
}

impl Reenactment {
    /// Requests sealed by `journal` go to these inboxes again.
    pub fn new(config: Config, inboxes: Inboxes, intake: Intake, journal: Arc<Journal>) -> Self {
        let clock = Clock::manual(DateTime::<Utc>::UNIX_EPOCH);
        let keys = intake.session_keys();
        let noted = Arc::new(Noted { intake, set_aside: Mutex::new(None) });
        let config = Config { webhooks_per_second: 0, journal: false, ..config };
        let ingress = Ingress::new(config, inboxes, clock.clone(), Arc::<Noted>::clone(&noted));
        let ingress = ingress.with_session_keys(keys);
        let (router, _) = router(ingress).split_for_parts();
        Self { inner: Arc::new(tokio::sync::Mutex::new(Inner { router, clock, noted })), journal }
    }

    /// Opens an entry. Error: it was sealed with another key.
    pub fn open(
        &self,
        sealed: &[u8],
        at: DateTime<Utc>,
        inbox: Option<InboxId>,
    ) -> Result<RawRequest, super::Unreadable> {
        self.journal.open(sealed, at, inbox)
    }

    /// Sends a request as it came `at` that time. One at a time: the order of a conversation is kept.
    pub async fn send(&self, request: RawRequest, at: DateTime<Utc>) -> Outcome {
        let inner = self.inner.lock().await;
        inner.clock.move_to(at);
        inner.noted.set_aside.lock().unwrap_or_else(PoisonError::into_inner).take();
        let answered = inner.router.clone().oneshot(request.into_request());
        let response = match tokio::time::timeout(PATIENCE, answered).await {
            Ok(Ok(response)) => response,
            Ok(Err(never)) => match never {},
            Err(_) => return Outcome::Unavailable,
        };
        let verdict = response.extensions().get::<Verdict>().copied();
        if let Some(reason) = inner.noted.set_aside.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Outcome::SetAside(reason);
        }
        match verdict.and_then(|verdict| verdict.refusal) {
            Some(refusal) if !response.status().is_success() => Outcome::Refused(refusal.as_str().to_owned()),
            _ if response.status().is_success() => Outcome::Accepted,
            _ if response.status().is_server_error() => Outcome::Unavailable,
            _ => Outcome::Refused(format!("http_{}", response.status().as_u16())),
        }
    }
}

impl Reenactment {
    /// Gives items to the intake. What it cannot write is set aside anew.
    async fn give(&self, inbox_id: InboxId, items: Vec<Item>, received_at: DateTime<Utc>) -> Reenacted {
        let inner = self.inner.lock().await;
        let intake = &inner.noted.intake;
        let before = intake.counts().poisoned.load(Ordering::Relaxed);
        match intake.accept(vec![Inbound { inbox_id, items, received_at }]).await {
            Ok(()) if intake.counts().poisoned.load(Ordering::Relaxed) > before => {
                Reenacted::SetAside("poisoned".into())
            }
            Ok(()) => Reenacted::Accepted,
            Err(_) => Reenacted::Unavailable,
        }
    }
}

impl Reenact for Reenactment {
    fn retake(&self, inbox: InboxId, items: Vec<Item>, at: DateTime<Utc>) -> ReenactFuture<'_> {
        Box::pin(self.give(inbox, items, at))
    }

    fn reenact<'a>(&'a self, sealed: &'a [u8], at: DateTime<Utc>, inbox: Option<InboxId>) -> ReenactFuture<'a> {
        Box::pin(async move {
            let Ok(request) = self.open(sealed, at, inbox) else { return Reenacted::Unreadable };
            match self.send(request, at).await {
                Outcome::Accepted => Reenacted::Accepted,
                Outcome::SetAside(reason) => Reenacted::SetAside(reason),
                Outcome::Refused(reason) => Reenacted::Refused(reason),
                Outcome::Unavailable => Reenacted::Unavailable,
            }
        })
    }
}
