//! A sink that keeps everything in memory, for `patchbay replay` and tests: the same rules of deduplication, statuses
//! and consent as the real one, without a store.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use patchbay_core::channel::Channel;
use patchbay_core::delivery::DeliveryStatus;
use patchbay_core::ids::{InboxId, MessageId};
use patchbay_core::item::Item;
use patchbay_normalizer::dedupe;
use patchbay_normalizer::twilio::Consent;

use crate::delivery::{Accepted, Delivery, KeptFile, NotDurable, Sink, SinkFuture, Stored, Token, TokenUse};

/// Keeps deliveries in memory.
#[derive(Debug, Default)]
pub struct MemorySink {
    /// Guards everything; held for a few instructions.
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    seen: HashSet<String>,
    fresh: Vec<Item>,
    deliveries: Vec<Delivery>,
    statuses: HashMap<String, DeliveryStatus>,
    /// Our ids, by the key of the message.
    messages: HashMap<String, MessageId>,
    opted_out: HashSet<String>,
    files: HashSet<String>,
    tokens: HashMap<String, String>,
    /// Conversations of the message ids that are known.
    conversations: HashMap<String, String>,
}

impl MemorySink {
    /// An empty sink in which these addresses are opted out.
    pub fn new(opted_out: impl IntoIterator<Item = String>) -> Self {
        let state = State { opted_out: opted_out.into_iter().collect(), ..State::default() };
        Self { state: Mutex::new(state) }
    }

    /// The same, with the conversations of these message ids known.
    #[must_use]
    pub fn knowing(self, conversations: impl IntoIterator<Item = (String, String)>) -> Self {
        self.lock().conversations.extend(conversations);
        self
    }

    /// Whether a file with this hash is kept.
    pub fn has_file(&self, sha256: &str) -> bool {
        self.lock().files.contains(sha256)
    }

    /// The new items since the last call.
    pub fn take_items(&self) -> Vec<Item> {
        std::mem::take(&mut self.lock().fresh)
    }

    /// Every delivery since the last call, duplicates included.
    pub fn take_deliveries(&self) -> Vec<Delivery> {
        std::mem::take(&mut self.lock().deliveries)
    }

    /// Where an outbound message stands, if anything was reported of it.
    pub fn status_of(&self, channel_message_id: &str) -> Option<DeliveryStatus> {
        self.lock().statuses.get(channel_message_id).copied()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn keep(&mut self, item: &Item) {
        match item {
            Item::Status(status) => {
                let state = self.statuses.entry(status.channel_message_id.clone()).or_insert(DeliveryStatus::Pending);
                *state = state.merged_with(status.status.into()).unwrap_or(*state);
            }
            Item::Event(event) => match (event.kind.as_str(), &event.address) {
                ("opt_out", Some(address)) => {
                    self.opted_out.insert(address.clone());
                }
                ("opt_in", Some(address)) => {
                    self.opted_out.remove(address);
                }
                _ => {}
            },
            Item::Message(message) => {
                self.messages.entry(message.key().into_owned()).or_default();
                if message.channel == Channel::Email {
                    let id = &message.channel_message_id;
                    let known = message.metadata.get("thread").and_then(|thread| thread.get("conversation")?.as_str());
                    let conversation = known.unwrap_or(id).to_owned();
                    self.conversations.entry(id.clone()).or_insert(conversation);
                }
            }
        }
    }
}

impl Sink for MemorySink {
    fn accept(&self, deliveries: Vec<Delivery>) -> SinkFuture<'_, Result<Accepted, NotDurable>> {
        let mut state = self.lock();
        let mut accepted = Accepted::default();
        for delivery in &deliveries {
            for item in &delivery.items {
                if state.seen.insert(dedupe::key(delivery.source, item)) {
                    state.keep(item);
                    state.fresh.push(item.clone());
                    accepted.fresh += 1;
                } else {
                    accepted.duplicates += 1;
                }
            }
        }
        state.deliveries.extend(deliveries);
        Box::pin(std::future::ready(Ok(accepted)))
    }

    fn keep(&self, files: Vec<KeptFile>) -> SinkFuture<'_, Result<(), NotDurable>> {
        self.lock().files.extend(files.into_iter().map(|file| file.sha256));
        Box::pin(std::future::ready(Ok(())))
    }

    fn use_token<'a>(&'a self, token: &'a Token) -> SinkFuture<'a, TokenUse> {
        let used = match self.lock().tokens.entry(token.text.clone()) {
            Entry::Vacant(place) => {
                place.insert(token.digest.clone());
                TokenUse::First
            }
            Entry::Occupied(known) if *known.get() == token.digest => TokenUse::Repeated,
            Entry::Occupied(_) => TokenUse::Replayed,
        };
        Box::pin(std::future::ready(used))
    }

    fn conversations(&self) -> SinkFuture<'_, Option<HashMap<String, String>>> {
        let known = self.lock().conversations.clone();
        Box::pin(std::future::ready(Some(known)))
    }

    fn stored<'a>(&'a self, _inbox: InboxId, key: &'a str) -> SinkFuture<'a, Option<Stored>> {
        let id = self.lock().messages.get(key).copied();
        let stored = id.map(|message_id| Stored { message_id, conversation_id: None, seq: None });
        Box::pin(std::future::ready(stored))
    }

    fn consent<'a>(&'a self, _inbox: Option<InboxId>, _channel: Channel, address: &'a str) -> SinkFuture<'a, Consent> {
        let consent = if self.lock().opted_out.contains(address) { Consent::Withdrawn } else { Consent::Given };
        Box::pin(std::future::ready(consent))
    }
}
