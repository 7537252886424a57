//! Sending a request of the journal through the adapters again, at the time it came: its signature is checked anew.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use chrono::{DateTime, Utc};
use patchbay_core::channel::Channel;
use patchbay_core::clock::Clock;
use patchbay_core::ids::{InboxId, MessageId};
use patchbay_core::item::Item;
use patchbay_hub::intake::{Inbound, Intake};
use patchbay_hub::recovery::{Reenact, ReenactFuture, Reenacted, ToldFuture};
use patchbay_normalizer::twilio::Consent;
use tower::ServiceExt as _;

use super::raw::RawRequest;
use super::seal::Journal;
use crate::config::Config;
use crate::delivery::{Accepted, Delivery, KeptFile, NotDurable, Sink, SinkFuture, Token, TokenUse};
use crate::hand_over::Taker;
use crate::inboxes::Inboxes;
use crate::mail_auth::{MailAuth, RecordedDns};
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
    /// The same way, at whose end somebody looks and keeps nothing.
    looker: Arc<tokio::sync::Mutex<Looker>>,
    journal: Arc<Journal>,
}

#[derive(Debug)]
struct Looker {
    router: Router,
    clock: Clock,
    seen: Arc<Seen>,
}

/// Notes what requests tell of; stores nothing.
#[derive(Debug, Default)]
struct Seen(Mutex<Vec<String>>);

impl Sink for Seen {
    fn accept(&self, deliveries: Vec<Delivery>) -> SinkFuture<'_, Result<Accepted, NotDurable>> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for item in deliveries.iter().flat_map(|delivery| &delivery.items) {
            match item {
                Item::Message(message) => seen.push(message.key().into_owned()),
                Item::Status(status) => seen.push(status.channel_message_id.clone()),
                Item::Event(event) => {
                    let named = ["id", "target", "channel_message_id"].iter();
                    seen.extend(named.filter_map(|key| event.data.get(*key)?.as_str().map(str::to_owned)));
                }
            }
        }
        Box::pin(std::future::ready(Ok(Accepted::default())))
    }

    fn keep(&self, _files: Vec<KeptFile>) -> SinkFuture<'_, Result<(), NotDurable>> {
        Box::pin(std::future::ready(Ok(())))
    }

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
                        let Delivery { items, received_at, .. } = delivery;
                        inbound.push(Inbound { inbox_id, items, received_at, span: None });
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

    fn inbox_of(&self, message: MessageId) -> SinkFuture<'_, Option<InboxId>> {
        Box::pin(self.intake.inbox_of(message))
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
    pub fn new(config: Config, inboxes: &Inboxes, intake: Intake, journal: Arc<Journal>) -> Self {
        let keys = intake.session_keys();
        let noted = Arc::new(Noted { intake, set_aside: Mutex::new(None) });
        let seen = Arc::<Seen>::default();
        let config = Config { webhooks_per_second: 0, journal: false, ..config };
        let way = |sink: Arc<dyn Sink>, mail_auth: MailAuth| {
            let clock = Clock::manual(DateTime::<Utc>::UNIX_EPOCH);
            let ingress = Ingress::with_mail_auth(config.clone(), inboxes.clone(), clock.clone(), sink, mail_auth);
            let ingress = ingress.with_session_keys(keys.clone());
            let mails = super::mail::router(ingress.clone());
            (router(ingress).into_router().merge(mails), clock)
        };
        let (again, clock) = way(Arc::<Noted>::clone(&noted), MailAuth::of_system());
        let inner = Inner { router: again, clock, noted };
        // Who sent a mail is nothing that has to be asked for again.
        let (look, clock) = way(Arc::<Seen>::clone(&seen), MailAuth::of_records(RecordedDns::default()));
        let looker = Looker { router: look, clock, seen };
        Self {
            inner: Arc::new(tokio::sync::Mutex::new(inner)),
            looker: Arc::new(tokio::sync::Mutex::new(looker)),
            journal,
        }
    }

    /// The keys of the messages that a request tells of.
    async fn look(&self, request: RawRequest, at: DateTime<Utc>) -> Vec<String> {
        let looker = self.looker.lock().await;
        looker.clock.move_to(at);
        looker.seen.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let looked = looker.router.clone().oneshot(request.into_request());
        let _answer = tokio::time::timeout(PATIENCE, looked).await;
        std::mem::take(&mut *looker.seen.0.lock().unwrap_or_else(PoisonError::into_inner))
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
        match intake.accept(vec![Inbound { inbox_id, items, received_at, span: None }]).await {
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

    fn tells_of<'a>(&'a self, sealed: &'a [u8], at: DateTime<Utc>, inbox: Option<InboxId>) -> ToldFuture<'a> {
        Box::pin(async move {
            let request = self.open(sealed, at, inbox).ok()?;
            Some(self.look(request, at).await)
        })
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
