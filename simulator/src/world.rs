//! The fakes' memory: one lock around everything that happened, bounded everywhere.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use patchbay_core::channel::{Channel, Direction};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde::Serialize;
use tokio::sync::{broadcast, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::capped::CappedMap;
use crate::config::{PhoneSeed, SimulatorConfig, Template, WhatsappNumber};
use crate::courier::Courier;
use crate::faults::{FaultBoard, Provider};
use crate::fetcher::Fetcher;
use crate::mail::{Letter, MailRecord};
use crate::media::MediaShelf;
use crate::message::{Author, DeliveryState, RequestRecord, Sent, Shown, ThreadKey, ThreadMessage, WebhookRecord};

/// Pairs of addresses remembered for windows, opt-outs and pair limits.
const PAIRS: usize = 100_000;
/// Mails kept as they came.
const LETTERS: usize = 200;
/// Events a slow reader of the feed may fall behind before it is told to start again.
const FEED: usize = 1024;
/// Source: channels reference 3.8, "24 h after the customer's last message".
const SERVICE_WINDOW: TimeDelta = TimeDelta::hours(24);

/// What every part of one simulator shares.
pub(crate) struct Shared {
    pub(crate) config: SimulatorConfig,
    /// `http://host:port` of the listener.
    pub(crate) base_url: String,
    pub(crate) courier: Courier,
    pub(crate) fetcher: Fetcher,
    pub(crate) feed: broadcast::Sender<FeedEvent>,
    pub(crate) stop: CancellationToken,
    changed: watch::Sender<u64>,
    world: Mutex<World>,
    /// The transaction system.
    pub(crate) ledger: Mutex<crate::ledger::Ledger>,
    /// The ticketing system.
    pub(crate) desk: Mutex<crate::desk::Desk>,
    /// Slack's incoming webhook.
    pub(crate) slack: Mutex<crate::slack::Slack>,
    /// The language model.
    pub(crate) model: Mutex<crate::model::Brain>,
}

/// What the pages are told as it happens.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum FeedEvent {
    /// A message appeared on a phone.
    Message { address: String, channel: Channel, message: ThreadMessage },
    /// A message on a phone came further.
    Status { address: String, channel: Channel, id: String, status: DeliveryState, error_code: Option<u32> },
    /// A mail was written, or came further.
    Mail { address: String, mail: MailRecord },
    /// Faults were set or used up.
    Faults,
    /// The clock was moved.
    Clock { now: DateTime<Utc>, ahead_s: i64 },
    /// Everything was forgotten; load again.
    Reset,
}

impl Shared {
    pub(crate) fn new(config: SimulatorConfig, base_url: String, fetcher: Fetcher) -> Self {
        let world = Mutex::new(World::new(&config));
        Self {
            courier: Courier::new(config.limits.waiting_callbacks),
            fetcher,
            feed: broadcast::channel(FEED).0,
            changed: watch::channel(0).0,
            stop: CancellationToken::new(),
            world,
            ledger: Mutex::default(),
            desk: Mutex::default(),
            slack: Mutex::default(),
            model: Mutex::default(),
            config,
            base_url,
        }
    }

    /// The memory. Held briefly, never across an await.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.config.clock.now()
    }

    /// Wakes whoever waits for something to happen.
    pub(crate) fn touch(&self) {
        self.changed.send_modify(|version| *version = version.wrapping_add(1));
    }

    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Tells the pages, if any are there, and wakes whoever waits.
    pub(crate) fn tell(&self, events: impl IntoIterator<Item = FeedEvent>) {
        for event in events {
            // No receiver is no problem: nobody looks.
            let _ = self.feed.send(event);
        }
        self.touch();
    }

    pub(crate) fn reset(&self) {
        self.courier.clear();
        self.world().reset(&self.config);
        self.tell([FeedEvent::Reset]);
    }
}

/// Everything that happened.
pub(crate) struct World {
    rng: StdRng,
    pub(crate) faults: FaultBoard,
    pub(crate) phones: Vec<PhoneSeed>,
    pub(crate) threads: BTreeMap<ThreadKey, VecDeque<ThreadMessage>>,
    /// The customers' mailboxes, by address.
    pub(crate) mailboxes: BTreeMap<String, VecDeque<MailRecord>>,
    /// The last mails that the mail server took, as they came.
    pub(crate) letters: VecDeque<Letter>,
    pub(crate) messages: CappedMap<String, Entry>,
    pub(crate) accepted: HashMap<Provider, u64>,
    pub(crate) requests: VecDeque<RequestRecord>,
    pub(crate) webhooks: VecDeque<WebhookRecord>,
    pub(crate) media: MediaShelf,
    /// Templates by Meta's id of the number; they move while the fakes run.
    pub(crate) templates: HashMap<String, Vec<Template>>,
    /// Typing indicators and read marks that were shown, by the message they were on.
    pub(crate) shown: VecDeque<Shown>,
    opted_out: CappedMap<Pair, ()>,
    heard: CappedMap<Pair, DateTime<Utc>>,
    pair_budget: CappedMap<Pair, (f64, Instant)>,
    second: HashMap<String, (Instant, u32)>,
    thread_cap: usize,
    record_cap: usize,
}

/// Our number and the customer's.
type Pair = (String, String);

/// A message as the providers keep it, in either direction.
pub(crate) struct Entry {
    pub(crate) direction: Direction,
    pub(crate) channel: Channel,
    pub(crate) message: Sent,
    pub(crate) reply_to: Option<String>,
    /// Account or number that may see it.
    pub(crate) owner: String,
}

impl World {
    fn new(config: &SimulatorConfig) -> Self {
        let rng = match config.seed {
            Some(seed) => StdRng::seed_from_u64(seed),
            None => StdRng::from_rng(&mut rand::rng()),
        };
        let mut world = Self {
            rng,
            faults: FaultBoard::default(),
            phones: Vec::new(),
            threads: BTreeMap::new(),
            mailboxes: BTreeMap::new(),
            letters: VecDeque::new(),
            messages: CappedMap::new(config.limits.records),
            accepted: HashMap::new(),
            requests: VecDeque::new(),
            webhooks: VecDeque::new(),
            media: MediaShelf::new(config.limits.media_bytes),
            templates: HashMap::new(),
            shown: VecDeque::new(),
            opted_out: CappedMap::new(PAIRS),
            heard: CappedMap::new(PAIRS),
            pair_budget: CappedMap::new(PAIRS),
            second: HashMap::new(),
            thread_cap: config.limits.thread.max(1),
            record_cap: config.limits.records.max(1),
        };
        world.reset(config);
        world
    }

    /// Forgets everything but the ids given out so far: those stay used.
    fn reset(&mut self, config: &SimulatorConfig) {
        self.faults = FaultBoard::default();
        self.phones.clone_from(&config.phones);
        self.threads.clear();
        for phone in &config.phones {
            for channel in &phone.channels {
                self.threads.insert((phone.address.clone(), *channel), VecDeque::new());
            }
        }
        self.letters.clear();
        self.mailboxes.clear();
        for one in config.mail.iter().flat_map(|server| &server.correspondents) {
            self.mailboxes.insert(one.address.clone(), VecDeque::new());
        }
        self.messages.clear();
        self.accepted.clear();
        self.requests.clear();
        self.webhooks.clear();
        self.media.clear();
        self.shown.clear();
        let number = |number: &WhatsappNumber| (number.phone_number_id.clone(), number.templates.clone());
        self.templates = config.whatsapp.iter().map(number).collect();
        self.opted_out.clear();
        self.heard.clear();
        self.pair_budget.clear();
        self.second.clear();
        for phone in config.phones.iter().filter(|phone| phone.window_open) {
            for number in &config.whatsapp {
                self.hear(&number.address, &phone.address, config.clock.now());
            }
            for number in config.twilio.iter().filter(|number| number.channel == Channel::Whatsapp) {
                self.hear(&number.address, &phone.address, config.clock.now());
            }
        }
    }

    pub(crate) fn phone(&self, address: &str) -> Option<&PhoneSeed> {
        self.phones.iter().find(|phone| phone.address == address)
    }

    /// Random lowercase hex digits.
    pub(crate) fn hex(&mut self, bytes: usize) -> String {
        let raw: Vec<u8> = (0..bytes).map(|_| self.rng.random()).collect();
        hex::encode(raw)
    }

    /// Random decimal digits, the first not zero.
    pub(crate) fn digits(&mut self, count: usize) -> String {
        (0..count).map(|at| char::from(b'0' + self.rng.random_range(u8::from(at == 0)..10))).collect()
    }

    /// Adds a message to a phone, if that phone is one of ours.
    pub(crate) fn show(&mut self, key: &ThreadKey, message: ThreadMessage) -> Option<FeedEvent> {
        let thread = self.threads.get_mut(key)?;
        if thread.len() >= self.thread_cap {
            thread.pop_front();
        }
        thread.push_back(message.clone());
        Some(FeedEvent::Message { address: key.0.clone(), channel: key.1, message })
    }

    /// Keeps a mail as it was posted.
    pub(crate) fn note_letter(&mut self, letter: Letter) {
        push_capped(&mut self.letters, letter, LETTERS);
    }

    /// Puts a mail into a customer's mailbox, if there is one.
    pub(crate) fn put_mail(&mut self, address: &str, mail: MailRecord) {
        if let Some(mails) = self.mailboxes.get_mut(address) {
            push_capped(mails, mail, self.thread_cap);
        }
    }

    fn progress_mail(&mut self, address: &str, id: &str, state: DeliveryState) -> Option<FeedEvent> {
        let mail = self.mailboxes.get_mut(address)?.iter_mut().rev().find(|mail| mail.id == id)?;
        mail.status = state;
        Some(FeedEvent::Mail { address: address.to_owned(), mail: mail.clone() })
    }

    /// Moves a message up the lattice of states; a message of ours appears on the phone when it is delivered there.
    pub(crate) fn progress(&mut self, id: &str, state: DeliveryState, error_code: Option<u32>) -> Option<FeedEvent> {
        let entry = self.messages.get_mut(id)?;
        if state.rank() <= entry.message.state.rank() {
            return None;
        }
        entry.message.state = state;
        entry.message.error_code = error_code.or(entry.message.error_code);
        let key = (
            match entry.direction {
                Direction::Inbound => entry.message.from.clone(),
                Direction::Outbound => entry.message.to.clone(),
            },
            entry.channel,
        );
        if key.1 == Channel::Email {
            return self.progress_mail(&key.0, id, state);
        }
        let arrives = match entry.message.kind.as_str() {
            "reaction" => DeliveryState::Sent,
            _ => DeliveryState::Delivered,
        };
        let shown = self.threads.get_mut(&key)?.iter_mut().rev().find(|shown| shown.id == id);
        if let Some(shown) = shown {
            shown.status = state;
            shown.error_code = error_code;
            let (address, channel) = key;
            return Some(FeedEvent::Status { address, channel, id: id.to_owned(), status: state, error_code });
        }
        if entry.direction == Direction::Inbound || state.rank() < arrives.rank() {
            return None;
        }
        let message = ThreadMessage {
            id: id.to_owned(),
            from: Author::Business,
            business: entry.message.from.clone(),
            text: entry.message.text.clone(),
            media: entry.message.media.clone(),
            at: entry.message.at,
            status: state,
            reply_to: entry.reply_to.clone(),
            error_code,
        };
        self.show(&key, message)
    }

    pub(crate) fn note_request(&mut self, record: RequestRecord) {
        push_capped(&mut self.requests, record, self.record_cap);
    }

    pub(crate) fn note_shown(&mut self, shown: Shown) {
        push_capped(&mut self.shown, shown, self.record_cap);
    }

    pub(crate) fn note_webhook(&mut self, record: WebhookRecord) {
        push_capped(&mut self.webhooks, record, self.record_cap);
    }

    /// The customer wrote: the service window opens anew.
    pub(crate) fn hear(&mut self, ours: &str, theirs: &str, at: DateTime<Utc>) {
        self.heard.insert((ours.to_owned(), theirs.to_owned()), at);
    }

    pub(crate) fn window_is_open(&self, ours: &str, theirs: &str, now: DateTime<Utc>) -> bool {
        self.heard.get(&(ours.to_owned(), theirs.to_owned())).is_some_and(|at| now - *at < SERVICE_WINDOW)
    }

    pub(crate) fn is_opted_out(&self, ours: &str, theirs: &str) -> bool {
        self.opted_out.get(&(ours.to_owned(), theirs.to_owned())).is_some()
    }

    pub(crate) fn opt_out(&mut self, ours: &str, theirs: &str) {
        self.opted_out.insert((ours.to_owned(), theirs.to_owned()), ());
    }

    pub(crate) fn opt_in(&mut self, ours: &str, theirs: &str) {
        self.opted_out.remove(&(ours.to_owned(), theirs.to_owned()));
    }

    /// Counts one message of a number; false beyond its throughput.
    pub(crate) fn within_throughput(&mut self, number: &str, per_second: u32) -> bool {
        let now = Instant::now();
        let (since, count) = self.second.entry(number.to_owned()).or_insert((now, 0));
        if now.duration_since(*since).as_secs() >= 1 {
            (*since, *count) = (now, 0);
        }
        *count = count.saturating_add(1);
        *count <= per_second
    }

    /// Pays for one message of a pair from its budget; false when it is used up.
    pub(crate) fn within_pair_limit(&mut self, ours: &str, theirs: &str, config: &SimulatorConfig) -> bool {
        let burst = f64::from(config.limits.pair_burst);
        let interval = config.limits.pair_interval.as_secs_f64().max(f64::EPSILON);
        let key = (ours.to_owned(), theirs.to_owned());
        let now = Instant::now();
        let (left, at) = self.pair_budget.get(&key).copied().unwrap_or((burst, now));
        let left = (left + now.duration_since(at).as_secs_f64() / interval).min(burst);
        let pays = left >= 1.0;
        self.pair_budget.insert(key, (if pays { left - 1.0 } else { left }, now));
        pays
    }
}

fn push_capped<T>(list: &mut VecDeque<T>, item: T, cap: usize) {
    if list.len() >= cap {
        list.pop_front();
    }
    list.push_back(item);
}
