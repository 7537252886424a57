//! Shared commits: one gatherer for each shard takes whatever waits and writes it in one transaction. An idle system
//! commits at once; under load the next batch gathers while the last one commits, and when that was quick, a moment more.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use object_store::ObjectStoreExt as _;
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::{InboxId, MessageId, RequestId};
use patchbay_core::inbox::Inbox;
use patchbay_core::inbox_health::Signal;
use patchbay_core::item::Item;
use patchbay_core::notice::TypingState;
use patchbay_core::trace::{self, Kind, Span, SpanContext};
use patchbay_store::Engine;
use patchbay_store::journal::JournalEntry;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::poison::write_all;
use super::{Inbound, NotAccepted, SetAside, Work};
use crate::inbox_health;
use crate::state::Hub;

/// Most items of one transaction.
const BATCH_ITEMS: usize = 256;
/// On PostgreSQL a batch of fewer requests, in all shards together, waits for more when the batch before it has just been
/// written: each costs several trips. SQLite is as quick with what is there.
const ENOUGH_REQUESTS: usize = 64;
/// How long it waits, and how long ago that may be.
const MOMENT: Duration = Duration::from_millis(1);
/// Most requests that wait for one shard; beyond, callers wait and then are refused.
const QUEUE_REQUESTS: usize = 4_096;
/// How long a caller waits for a place in the queue.
const QUEUE_PATIENCE: Duration = Duration::from_secs(2);

/// The way in. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Intake {
    hub: Hub,
    shards: Arc<[mpsc::Sender<Request>]>,
    counts: Arc<Counts>,
}

/// What an intake has done since it was started.
#[derive(Debug, Default)]
pub struct Counts {
    /// Messages that were new.
    pub fresh: AtomicU64,
    /// Items that could not be written and were set aside.
    pub poisoned: AtomicU64,
}

#[derive(Debug)]
struct Request {
    work: Vec<Work>,
    journal: Vec<JournalEntry>,
    done: oneshot::Sender<Result<(), NotAccepted>>,
}

impl Intake {
    /// Starts the shards. They stop when `stop` is cancelled and everything that waits is written.
    pub fn start(hub: Hub, stop: &CancellationToken) -> (Self, Vec<JoinHandle<()>>) {
        let (count, enough) = match hub.db.engine() {
            Engine::Sqlite => (1, 1),
            Engine::Postgres => {
                let count = hub.config.intake_shards.max(1);
                (count, ENOUGH_REQUESTS / count)
            }
        };
        let (mut shards, mut tasks) = (Vec::new(), Vec::new());
        let counts = Arc::<Counts>::default();
        for _ in 0..count {
            let (sender, receiver) = mpsc::channel(QUEUE_REQUESTS);
            shards.push(sender);
            let counts = Arc::clone(&counts);
            tasks.push(tokio::spawn(gather(hub.clone(), receiver, enough, counts, stop.clone())));
        }
        (Self { hub, shards: shards.into(), counts }, tasks)
    }

    /// What it has done so far.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Stores everything a webhook brought. `Ok` means durable, also for what was stored before.
    pub async fn accept(&self, inbound: Vec<Inbound>) -> Result<(), NotAccepted> {
        self.accept_journaled(inbound, Vec::new()).await
    }

    /// The same, with the requests as they came, sealed: they are kept in the commit of what they brought.
    pub async fn accept_journaled(
        &self,
        inbound: Vec<Inbound>,
        mut journal: Vec<JournalEntry>,
    ) -> Result<(), NotAccepted> {
        let directory = self.hub.gate.directory.load_full();
        // They end when everything is stored, or when it is clear that it is not.
        let mut spans = Spans::default();
        let mut by_shard: Vec<Vec<Work>> = (0..self.shards.len()).map(|_| Vec::new()).collect();
        for Inbound { inbox_id, items, received_at, span } in inbound {
            let Some(inbox) = directory.inboxes.get(&inbox_id) else {
                // Acknowledged for an inbox that is gone by now (it waited in the spool): nothing is lost.
                let raw = serde_json::to_vec(&items).unwrap_or_default();
                let (provider, reason) = ("unknown".to_owned(), "unknown_inbox".to_owned());
                self.set_aside(SetAside { inbox_id: None, provider, reason, raw, received_at }).await?;
                continue;
            };
            let span = span.and_then(|span| spans.begin(span, inbox, items.len()));
            for item in items {
                if let Item::Event(event) = &item
                    && let Some(message) = super::calls::shown(event)
                {
                    let item = Item::Message(message);
                    by_shard[self.shard_of(&item)].push(Work { inbox: inbox.clone(), item, received_at, span });
                }
                let shard = self.shard_of(&item);
                by_shard[shard].push(Work { inbox: inbox.clone(), item, received_at, span });
            }
        }
        let mut waiting = Vec::new();
        for (shard, work) in by_shard.into_iter().enumerate().filter(|(_, work)| !work.is_empty()) {
            let (done, answer) = oneshot::channel();
            let request = Request { work, journal: std::mem::take(&mut journal), done };
            let sent = tokio::time::timeout(QUEUE_PATIENCE, self.shards[shard].send(request)).await;
            match sent {
                Ok(Ok(())) => waiting.push(answer),
                Ok(Err(_)) => return Err(NotAccepted::Stopped),
                Err(_) => return Err(NotAccepted::Full),
            }
        }
        for answer in waiting {
            answer.await.map_err(|_| NotAccepted::Stopped)?.inspect_err(|_| spans.fail())?;
        }
        Ok(())
    }

    /// Reads the sessions of chats that messages carry.
    pub fn session_keys(&self) -> crate::chat::SessionKeys {
        crate::chat::SessionKeys::new(&self.hub.config.link_secret)
    }

    /// Tells that a visitor of a chat writes. Passes: nothing is stored, and a failure loses nothing.
    pub async fn pass_typing(&self, inbox: InboxId, address: &str) {
        let told = crate::chat::typing_of_visitor(&self.hub, inbox, address, TypingState::Active).await;
        if let Err(error) = told {
            tracing::debug!(error = %patchbay_http::Chain(&error), "nobody was told that a visitor writes");
        }
    }

    /// Notes that requests come which no key of the inbox made.
    pub async fn note_forged(&self, inbox: InboxId) {
        let ctx = Ctx::system(self.hub.gate.clock.now(), RequestId::new().to_string());
        let directory = self.hub.directory().clone();
        let noting = async {
            let mut tx = self.hub.db.begin().await?;
            inbox_health::note(&mut tx, &ctx, &directory, inbox, Signal::Forged).await?;
            tx.commit().await
        };
        if let Err(error) = noting.await {
            tracing::warn!(error = %patchbay_http::Chain(&error), "it could not be noted that requests are forged");
        }
    }

    /// The inbox of a message. `None`: there is no such message, or the database is away.
    pub async fn inbox_of(&self, message: MessageId) -> Option<InboxId> {
        let finding = async {
            let mut tx = self.hub.db.read().await?;
            patchbay_store::messages::by_id(&mut tx, message).await
        };
        finding.await.ok().flatten().map(|row| row.inbox_id)
    }

    /// What a message became, by the key under which it counts once. `None`: it is not stored yet.
    pub async fn stored(&self, inbox: InboxId, key: &str) -> Option<crate::chat::Stored> {
        crate::chat::stored(&self.hub, inbox, key).await.unwrap_or_default()
    }

    /// Keeps an event that nobody can work on yet. `Ok` means durable.
    pub async fn set_aside(&self, event: SetAside) -> Result<(), NotAccepted> {
        self.set_aside_journaled(event, None).await
    }

    /// The same, with its request as it came, sealed: with it the event can be replayed.
    pub async fn set_aside_journaled(&self, event: SetAside, entry: Option<JournalEntry>) -> Result<(), NotAccepted> {
        super::poison::set_aside(&self.hub, &event, entry).await.map_err(|error| {
            tracing::warn!(error = %patchbay_http::Chain(&error), "an event could not be set aside");
            NotAccepted::Unavailable
        })
    }

    /// Keeps a file of a message under the hash of its content. `Ok` means durable; kept twice, it is there once.
    pub async fn keep_file(&self, sha256: &str, content: bytes::Bytes) -> Result<(), NotAccepted> {
        let key = object_store::path::Path::from(patchbay_store::objects::media_key(sha256));
        if let Ok(known) = self.hub.files.head(&key).await
            && usize::try_from(known.size) == Ok(content.len())
        {
            return Ok(());
        }
        self.hub.files.put(&key, content.into()).await.map(drop).map_err(|error| {
            tracing::error!(error = %patchbay_http::Chain(&error), "a file of a message could not be kept");
            NotAccepted::Unavailable
        })
    }

    /// Remembers the token of a webhook with the digest of its body. `Some`: it was used before, with this digest.
    pub async fn remember_token(
        &self,
        token: &str,
        digest: &str,
        forget_at: chrono::DateTime<chrono::Utc>,
    ) -> Result<Option<String>, NotAccepted> {
        let remember = async {
            let mut tx = self.hub.db.begin().await?;
            let known = patchbay_store::webhook_tokens::remember(&mut tx, token, digest, forget_at).await?;
            tx.commit().await.map(|()| known)
        };
        remember.await.map_err(|error| {
            tracing::warn!(error = %patchbay_http::Chain(&error), "the token of a webhook could not be remembered");
            NotAccepted::Unavailable
        })
    }

    /// Items of one customer always go to the same shard, so that two shards never fight over a row.
    fn shard_of(&self, item: &Item) -> usize {
        let key = match item {
            Item::Message(message) => {
                message.metadata.get("recipient").and_then(serde_json::Value::as_str).unwrap_or(&message.sender.address)
            }
            Item::Status(status) => status.recipient.as_deref().unwrap_or(&status.channel_message_id),
            Item::Event(event) => event.address.as_deref().unwrap_or_default(),
        };
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        usize::try_from(hasher.finish() % self.shards.len() as u64).unwrap_or(0)
    }
}

/// The spans of what is taken in, while it is.
#[derive(Default)]
struct Spans(Vec<Span>);

impl Spans {
    /// Below the span that received something, the one that takes it in.
    fn begin(&mut self, received: SpanContext, inbox: &Inbox, items: usize) -> Option<SpanContext> {
        let mut span = trace::child_of(received, "intake", Kind::Internal)?;
        span.set("patchbay.channel", inbox.channel.as_str());
        span.set("patchbay.inbox_id", inbox.id.to_string());
        span.set("patchbay.items", i64::try_from(items).unwrap_or(i64::MAX));
        let context = span.context();
        self.0.push(span);
        Some(context)
    }

    fn fail(&mut self) {
        for span in &mut self.0 {
            span.fail("it was not stored");
        }
    }
}

async fn gather(
    hub: Hub,
    mut requests: mpsc::Receiver<Request>,
    enough: usize,
    counts: Arc<Counts>,
    stop: CancellationToken,
) {
    let mut batch = Vec::with_capacity(BATCH_ITEMS);
    let mut written_at: Option<Instant> = None;
    loop {
        let mut received = tokio::select! {
            biased;
            received = requests.recv_many(&mut batch, BATCH_ITEMS) => received,
            () = stop.cancelled() => {
                requests.close();
                requests.recv_many(&mut batch, BATCH_ITEMS).await
            }
        };
        if received == 0 {
            return;
        }
        if received < enough && written_at.is_some_and(|at| at.elapsed() < MOMENT) {
            // Each commit costs as much as many messages do.
            sleep(MOMENT).await;
            while received < BATCH_ITEMS
                && let Ok(request) = requests.try_recv()
            {
                batch.push(request);
                received += 1;
            }
        }
        let mut journal = Vec::new();
        let (work, answers): (Vec<Vec<Work>>, Vec<_>) = batch
            .drain(..)
            .map(|request| {
                journal.extend(request.journal);
                (request.work, request.done)
            })
            .unzip();
        metrics::histogram!("intake_batch_requests").record(f64::from(u32::try_from(received).unwrap_or(u32::MAX)));
        let outcome = write_all(&hub, work.into_iter().flatten().collect(), &journal, &counts).await;
        written_at = Some(Instant::now());
        for answer in answers {
            // The caller may have gone away; its event is stored all the same.
            let _gone = answer.send(outcome);
        }
    }
}
