//! From the webhooks into the hub: straight into the intake, or by way of the disk spool while the intake cannot take
//! them. What waits on disk goes first, so that order is kept.

mod tokens;

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use metrics::{counter, gauge};
use patchbay_core::channel::Channel;
use patchbay_core::ids::{InboxId, MessageId};
use patchbay_core::item::Item;
use patchbay_core::trace::{self, SpanContext};
use patchbay_hub::intake::{Inbound, Intake, JournalEntry, NotAccepted, SetAside};
use patchbay_normalizer::Source;
use patchbay_normalizer::twilio::Consent;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::delivery::{
    Accepted, Delivery, KeptFile, NotDurable, Quarantine, QuarantineReason, Sink, SinkFuture, Stored, Token, TokenUse,
};
use crate::journal::Journal;
use crate::spool::{Spool, SpoolError};
use tokens::Tokens;

/// An event that passes: it neither waits on disk nor in the database.
const TYPING: &str = "chat.typing";
/// Longest wait for the intake; then the disk is faster.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often a full or absent intake is tried again while the spool holds something.
const RETRY: Duration = Duration::from_secs(1);
/// Requests that are drained at once.
const BATCH: usize = 64;
/// When a provider shall send again what could not be kept.
const RETRY_AFTER_SECONDS: u64 = 5;

/// Takes deliveries for good: the hub's intake, or something that stands for it in a test.
pub trait Taker: Send + Sync + 'static {
    /// `Ok` only when everything is durable.
    fn take(&self, handed: Vec<Handed>) -> impl Future<Output = Result<(), NotAccepted>> + Send;

    /// Keeps files. `Ok` only when they survive a crash.
    fn keep(&self, files: Vec<KeptFile>) -> impl Future<Output = Result<(), NotAccepted>> + Send;

    /// Remembers a token.
    fn use_token(&self, token: &Token) -> impl Future<Output = Result<TokenUse, NotAccepted>> + Send;

    /// Passes on that somebody writes. Nothing is kept of it.
    fn pass_typing(&self, _inbox: InboxId, _address: &str) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }

    /// Notes that requests come which no key of the inbox made.
    fn note_forged(&self, _inbox: InboxId) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }

    /// The inbox that a message of ours was sent from.
    fn inbox_of(&self, _message: MessageId) -> impl Future<Output = Option<InboxId>> + Send {
        std::future::ready(None)
    }

    /// What a message became, by the key under which it counts once in its inbox.
    fn stored(&self, _inbox: InboxId, _key: &str) -> impl Future<Output = Option<Stored>> + Send {
        std::future::ready(None)
    }
}

/// The deliveries of one request, and the request itself as it came, sealed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Handed {
    /// What it holds.
    pub deliveries: Vec<Delivery>,
    /// The request; none without a journal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Sealed>,
    /// The span that received it, when traces are recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<SpanContext>,
}

impl Handed {
    /// The request as an entry of the journal, if there is one.
    fn entry(&self) -> Option<JournalEntry> {
        let first = self.deliveries.first()?;
        let sealed = self.request.clone()?.0;
        Some(JournalEntry { received_at: first.received_at, inbox_id: first.inbox, sealed })
    }
}

/// A sealed request; text in base64 where it waits on disk.
#[derive(Clone, Debug)]
pub struct Sealed(pub Vec<u8>);

impl Serialize for Sealed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Sealed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map(Self).map_err(|_| D::Error::custom("not base64"))
    }
}

impl Taker for Intake {
    async fn take(&self, handed: Vec<Handed>) -> Result<(), NotAccepted> {
        let (mut inbound, mut journal) = (Vec::with_capacity(handed.len()), Vec::new());
        for handed in handed {
            let whole = handed.entry();
            let mut entry = whole.clone();
            let span = handed.span;
            for Delivery { source, inbox, received_at, items, quarantine, .. } in handed.deliveries {
                match (inbox, quarantine) {
                    (Some(inbox_id), None) => {
                        inbound.push(Inbound { inbox_id, items, received_at, span });
                        journal.extend(entry.take());
                    }
                    (inbox_id, quarantine) => {
                        let (reason, raw) = quarantine
                            .map_or(("unknown_account", Vec::new()), |kept| (kept.reason.as_str(), kept.raw.to_vec()));
                        let (provider, reason) = (source.as_str().to_owned(), reason.to_owned());
                        let event = SetAside { inbox_id, provider, reason, raw, received_at };
                        self.set_aside_journaled(event, entry.take().or_else(|| whole.clone())).await?;
                    }
                }
            }
        }
        if inbound.is_empty() { Ok(()) } else { self.accept_journaled(inbound, journal).await }
    }

    async fn keep(&self, files: Vec<KeptFile>) -> Result<(), NotAccepted> {
        for KeptFile { sha256, content } in files {
            self.keep_file(&sha256, content).await?;
        }
        Ok(())
    }

    async fn use_token(&self, token: &Token) -> Result<TokenUse, NotAccepted> {
        let known = self.remember_token(&token.text, &token.digest, token.forget_at).await?;
        Ok(match known {
            None => TokenUse::First,
            Some(digest) if digest == token.digest => TokenUse::Repeated,
            Some(_) => TokenUse::Replayed,
        })
    }

    async fn pass_typing(&self, inbox: InboxId, address: &str) {
        Intake::pass_typing(self, inbox, address).await;
    }

    async fn note_forged(&self, inbox: InboxId) {
        Intake::note_forged(self, inbox).await;
    }

    async fn inbox_of(&self, message: MessageId) -> Option<InboxId> {
        Intake::inbox_of(self, message).await
    }

    async fn stored(&self, inbox: InboxId, key: &str) -> Option<Stored> {
        let stored = Intake::stored(self, inbox, key).await?;
        let (message_id, conversation_id) = (stored.message_id, Some(stored.conversation_id));
        Some(Stored { message_id, conversation_id, seq: Some(stored.seq) })
    }
}

/// The way into the hub. Cheap to clone.
#[derive(Debug)]
pub struct HandOver<T = Intake> {
    taker: Arc<T>,
    spool: Option<Spool>,
    /// Seals requests.
    journal: Option<Arc<Journal>>,
    /// Wakes whoever drains the spool.
    filled: Arc<Notify>,
    tokens: Arc<Tokens>,
}

impl<T> Clone for HandOver<T> {
    fn clone(&self) -> Self {
        Self {
            taker: Arc::clone(&self.taker),
            spool: self.spool.clone(),
            journal: self.journal.clone(),
            filled: Arc::clone(&self.filled),
            tokens: Arc::clone(&self.tokens),
        }
    }
}

impl<T: Taker> HandOver<T> {
    /// Starts handing over. With a spool, also starts draining it: the task ends when `stop` is cancelled; what is left
    /// waits on disk for the next start.
    pub fn start(taker: T, spool: Option<Spool>, stop: CancellationToken) -> (Self, Option<JoinHandle<()>>) {
        let hand_over =
            Self { taker: Arc::new(taker), spool, journal: None, filled: Arc::default(), tokens: Arc::default() };
        let draining = hand_over.spool.clone().map(|spool| tokio::spawn(hand_over.clone().drain(spool, stop)));
        (hand_over, draining)
    }

    /// The same, keeping requests as they come in a journal.
    #[must_use]
    pub fn keeping(self, journal: Arc<Journal>) -> Self {
        Self { journal: Some(journal), ..self }
    }

    async fn take(&self, handed: Handed) -> Result<(), NotDurable> {
        let Some(spool) = &self.spool else {
            return self.try_take(vec![handed]).await.map_err(|_| NOT_DURABLE);
        };
        // What waits on disk is older.
        if spool.is_empty() {
            match self.try_take(vec![handed.clone()]).await {
                Ok(()) => return Ok(()),
                Err(reason) => tracing::warn!(reason = %reason, "events go to the disk spool"),
            }
        }
        self.spool(spool, &handed).await.map_err(|error| {
            tracing::error!(error = %error, "events can neither be stored nor spooled");
            NOT_DURABLE
        })
    }

    async fn try_take(&self, handed: Vec<Handed>) -> Result<(), NotAccepted> {
        // On the heap: the way through the intake is long, and would be copied into each future around it.
        let taking = Box::pin(self.taker.take(handed));
        tokio::time::timeout(PATIENCE, taking).await.unwrap_or(Err(NotAccepted::Unavailable))
    }

    async fn spool(&self, spool: &Spool, handed: &Handed) -> Result<(), SpoolError> {
        let record = serde_json::to_vec(handed).map_err(|_| SpoolError::TooLarge)?;
        spool.append(record).await?;
        counter!("ingress_spooled_total").increment(1);
        publish(spool);
        self.filled.notify_one();
        Ok(())
    }

    async fn drain(self, spool: Spool, stop: CancellationToken) {
        while !stop.is_cancelled() {
            publish(&spool);
            let wait = match self.drain_batch(&spool).await {
                Ok(Drained::Some) => continue,
                Ok(Drained::Nothing) => None,
                Err(DrainError::Intake(reason)) => {
                    tracing::debug!(reason = %reason, "the spool waits for the intake");
                    Some(RETRY)
                }
                Err(DrainError::Spool(error)) => {
                    tracing::error!(error = %error, "the spool cannot be drained");
                    Some(RETRY)
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(wait.unwrap_or_default()), if wait.is_some() => {}
                () = self.filled.notified(), if wait.is_none() => {}
            }
        }
    }

    /// Hands over the oldest requests and forgets them.
    async fn drain_batch(&self, spool: &Spool) -> Result<Drained, DrainError> {
        let batch = spool.read_batch(BATCH).await?;
        let Some(last) = batch.last().map(|spooled| spooled.position) else { return Ok(Drained::Nothing) };
        let handed = batch.into_iter().map(|spooled| read_back(&spooled.record)).collect();
        self.try_take(handed).await?;
        spool.remove(last).await?;
        Ok(Drained::Some)
    }
}

/// What a record holds; earlier versions wrote the deliveries alone. One that cannot be read, as another version may have
/// written it, was acknowledged all the same: it is kept for a person to look at.
fn read_back(record: &[u8]) -> Handed {
    if let Ok(handed) = serde_json::from_slice::<Handed>(record) {
        return handed;
    }
    let deliveries = serde_json::from_slice(record).unwrap_or_else(|_| {
        tracing::error!(record_bytes = record.len(), "a spooled record cannot be read and is set aside");
        vec![Delivery {
            source: Source::WhatsappCloud,
            inbox: None,
            account: None,
            received_at: DateTime::<Utc>::UNIX_EPOCH,
            items: Vec::new(),
            quarantine: Some(Quarantine { reason: QuarantineReason::MalformedPayload, raw: record.to_vec().into() }),
        }]
    });
    Handed { deliveries, request: None, span: None }
}

const NOT_DURABLE: NotDurable = NotDurable { retry_after_seconds: RETRY_AFTER_SECONDS };

/// Whether there was something in the spool.
enum Drained {
    Some,
    Nothing,
}

/// Why a batch stays in the spool.
#[derive(Debug, thiserror::Error)]
enum DrainError {
    #[error(transparent)]
    Intake(#[from] NotAccepted),
    #[error(transparent)]
    Spool(#[from] SpoolError),
}

#[expect(clippy::cast_precision_loss, reason = "a gauge")]
fn publish(spool: &Spool) {
    gauge!("ingress_spool_records").set(spool.records() as f64);
    gauge!("ingress_spool_bytes").set(spool.bytes() as f64);
}

impl<T: Taker> Sink for HandOver<T> {
    fn accept(&self, deliveries: Vec<Delivery>) -> SinkFuture<'_, Result<Accepted, NotDurable>> {
        let items = deliveries.iter().map(|delivery| delivery.items.len()).sum();
        // Sealed here, still within the request: the journal notes it beside the handler.
        let first = deliveries.first().map(|delivery| (delivery.received_at, delivery.inbox));
        let request = match (&self.journal, first) {
            (Some(journal), Some((received_at, inbox))) => journal.seal_current(received_at, inbox).map(Sealed),
            _ => None,
        };
        let handed = Handed { deliveries, request, span: trace::current() };
        // The intake deduplicates and does not tell: everything counts as fresh here.
        let accepted = Accepted { fresh: items, duplicates: 0 };
        Box::pin(async move {
            if let [Delivery { inbox: Some(inbox), items, .. }] = handed.deliveries.as_slice()
                && let [Item::Event(event)] = items.as_slice()
                && event.kind == TYPING
            {
                self.taker.pass_typing(*inbox, event.address.as_deref().unwrap_or_default()).await;
                return Ok(accepted);
            }
            self.take(handed).await.map(|()| accepted)
        })
    }

    fn stored<'a>(&'a self, inbox: InboxId, key: &'a str) -> SinkFuture<'a, Option<Stored>> {
        Box::pin(self.taker.stored(inbox, key))
    }

    fn inbox_of(&self, message: MessageId) -> SinkFuture<'_, Option<InboxId>> {
        Box::pin(async move { tokio::time::timeout(PATIENCE, self.taker.inbox_of(message)).await.unwrap_or_default() })
    }

    /// Nobody waits long for it: the next request says it again.
    fn note_forged(&self, inbox: InboxId) -> SinkFuture<'_, ()> {
        Box::pin(async move {
            let _missed = tokio::time::timeout(PATIENCE, self.taker.note_forged(inbox)).await;
        })
    }

    fn keep(&self, files: Vec<KeptFile>) -> SinkFuture<'_, Result<(), NotDurable>> {
        Box::pin(async move {
            self.taker.keep(files).await.map_err(|reason| {
                tracing::error!(reason = %reason, "files of a message could not be kept");
                NOT_DURABLE
            })
        })
    }

    /// This node remembers too: a database that is away must not let a recording pass here.
    fn use_token<'a>(&'a self, token: &'a Token) -> SinkFuture<'a, TokenUse> {
        Box::pin(async move {
            let here = self.tokens.use_token(token);
            if here == TokenUse::Replayed {
                return here;
            }
            let asked = tokio::time::timeout(PATIENCE, self.taker.use_token(token)).await;
            match asked.unwrap_or(Err(NotAccepted::Unavailable)) {
                Ok(everywhere) => everywhere,
                Err(_) => here,
            }
        })
    }

    /// The intake looks them up in the transaction that writes the message.
    fn conversations(&self) -> SinkFuture<'_, Option<HashMap<String, String>>> {
        Box::pin(std::future::ready(None))
    }

    /// The intake knows who opted out, in the transaction of the message itself: it reads a `YES` there.
    fn consent<'a>(&'a self, _inbox: Option<InboxId>, _channel: Channel, _address: &'a str) -> SinkFuture<'a, Consent> {
        Box::pin(std::future::ready(Consent::Given))
    }
}

#[cfg(test)]
mod tests;
