//! Delivers webhooks to us: at their time, in order per lane, again when they fail, never more at once than allowed.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rand::RngExt;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::config::{Retries, SimulatorConfig};
use crate::message::{DeliveryState, WebhookRecord};
use crate::world::Shared;

mod post;

pub(crate) use post::{Answer, Key, Post, Trouble};

/// One webhook to come.
#[derive(Clone, Debug)]
pub(crate) struct Callback {
    /// Callbacks of one lane go one after another.
    pub(crate) lane: String,
    pub(crate) message_id: String,
    pub(crate) about: About,
    /// `None`: nobody asked to be told; the message moves on all the same.
    pub(crate) post: Option<Post>,
    /// How often it is delivered: 0 lost, 1 as it should be, 2 doubled.
    pub(crate) copies: u8,
    /// Attempts made so far.
    pub(crate) attempts: u32,
}

/// What a webhook reports.
#[derive(Clone, Copy, Debug)]
pub(crate) enum About {
    /// The customer wrote.
    Message,
    /// A message of ours came so far.
    Status(DeliveryState, Option<u32>),
}

/// The queue of webhooks, bounded.
pub(crate) struct Courier {
    cap: usize,
    queue: Mutex<Queue>,
    wake: Notify,
}

#[derive(Default)]
struct Queue {
    /// By time, then by order of arrival.
    timed: BTreeMap<(Instant, u64), Callback>,
    next: u64,
    /// Due and waiting behind their lane; a lane is present while something of it is due or under way.
    lanes: HashMap<String, VecDeque<Callback>>,
    /// Lanes with something due and nothing under way.
    ready: VecDeque<String>,
    /// Callbacks in `timed`, in `lanes` and under way.
    held: usize,
    /// Changes with every reset, so that what was under way then is not tried again.
    generation: u64,
}

/// What became of one delivery.
struct Delivered {
    generation: u64,
    lane: String,
    callbacks: Vec<Callback>,
    again: bool,
}

impl Courier {
    pub(crate) fn new(cap: usize) -> Self {
        Self { cap: cap.max(1), queue: Mutex::default(), wake: Notify::new() }
    }

    /// Whether the callbacks of one more message fit.
    pub(crate) fn has_room(&self) -> bool {
        self.queue().held + 8 <= self.cap
    }

    /// Whether nothing is waiting or under way.
    pub(crate) fn is_idle(&self) -> bool {
        self.queue().held == 0
    }

    /// Plans a webhook. Beyond the bound it is lost, as webhooks are: senders ask [`Courier::has_room`] first.
    pub(crate) fn plan(&self, after: Duration, callback: Callback) {
        {
            let mut queue = self.queue();
            if queue.held >= self.cap {
                tracing::warn!("the simulator dropped a webhook: too many are waiting");
                return;
            }
            queue.held += 1;
            queue.put(after, callback);
        }
        self.wake.notify_one();
    }

    /// Forgets what is waiting.
    pub(crate) fn clear(&self) {
        let mut queue = self.queue();
        let generation = queue.generation + 1;
        *queue = Queue { generation, ..Queue::default() };
        drop(queue);
        self.wake.notify_one();
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn put(&mut self, after: Duration, callback: Callback) {
        self.next += 1;
        self.timed.insert((Instant::now() + after, self.next), callback);
    }

    /// Moves what is due to its lane.
    fn advance(&mut self, now: Instant) {
        while let Some(first) = self.timed.first_entry() {
            if first.key().0 > now {
                break;
            }
            let callback = first.remove();
            let lane = callback.lane.clone();
            if let Some(waiting) = self.lanes.get_mut(&lane) {
                waiting.push_back(callback);
            } else {
                self.lanes.insert(lane.clone(), VecDeque::from([callback]));
                self.ready.push_back(lane);
            }
        }
    }

    /// The next lane's first callback, with what may travel with it.
    fn take(&mut self, batch: usize) -> Option<(String, Vec<Callback>)> {
        let lane = self.ready.pop_front()?;
        let waiting = self.lanes.get_mut(&lane)?;
        let mut taken = Vec::from_iter(waiting.pop_front());
        while taken.len() < batch.max(1)
            && waiting.front().is_some_and(|next| taken.iter().all(|taken| next.travels_with(taken)))
        {
            taken.extend(waiting.pop_front());
        }
        Some((lane, taken))
    }

    /// A delivery ended; what failed waits for its next attempt without holding up its lane.
    fn settle(&mut self, done: Delivered, retries: &Retries) {
        if done.generation != self.generation {
            return;
        }
        for callback in done.callbacks {
            if done.again {
                let delay = backoff(retries, callback.attempts);
                self.put(delay, callback);
            } else {
                self.held = self.held.saturating_sub(1);
            }
        }
        match self.lanes.get(&done.lane) {
            Some(waiting) if waiting.is_empty() => drop(self.lanes.remove(&done.lane)),
            Some(_) => self.ready.push_back(done.lane),
            None => {}
        }
    }
}

impl Callback {
    fn travels_with(&self, other: &Self) -> bool {
        self.copies == other.copies
            && self.attempts == 0
            && matches!((&self.post, &other.post), (Some(ours), Some(theirs)) if ours.travels_with(theirs))
    }
}

/// Delay before the attempt after `attempts` failed ones: doubling, capped, with jitter.
fn backoff(retries: &Retries, attempts: u32) -> Duration {
    let doubled = retries.first.saturating_mul(1_u32 << attempts.saturating_sub(1).min(16));
    doubled.min(retries.longest).mul_f64(rand::rng().random_range(0.75..1.0))
}

/// Runs until the simulator stops; what is waiting then is forgotten, what is under way is abandoned.
pub(crate) async fn run(shared: Arc<Shared>, client: reqwest::Client) {
    let mut under_way: JoinSet<Delivered> = JoinSet::new();
    loop {
        let next_due = start_due(&shared, &client, &mut under_way);
        let pause = async {
            match next_due {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = shared.stop.cancelled() => break,
            () = shared.courier.wake.notified() => {}
            () = pause => {}
            Some(done) = under_way.join_next() => {
                if let Ok(done) = done {
                    shared.courier.queue().settle(done, &shared.config.retries);
                    shared.touch();
                }
            }
        }
    }
    under_way.shutdown().await;
}

/// Starts everything that may start now; answers when the next callback falls due.
fn start_due(shared: &Arc<Shared>, client: &reqwest::Client, under_way: &mut JoinSet<Delivered>) -> Option<Instant> {
    let config = &shared.config;
    let mut queue = shared.courier.queue();
    queue.advance(Instant::now());
    while under_way.len() < config.limits.parallel_webhooks.max(1) {
        let Some((lane, callbacks)) = queue.take(config.timing.meta_batch) else { break };
        let generation = queue.generation;
        let (shared, client) = (Arc::clone(shared), client.clone());
        under_way.spawn(async move { deliver(&shared, &client, generation, lane, callbacks).await });
    }
    queue.timed.keys().next().map(|(at, _)| *at)
}

async fn deliver(
    shared: &Shared,
    client: &reqwest::Client,
    generation: u64,
    lane: String,
    mut callbacks: Vec<Callback>,
) -> Delivered {
    for callback in &callbacks {
        if let (About::Status(state, code), 0) = (callback.about, callback.attempts) {
            let event = shared.world().progress(&callback.message_id, state, code);
            shared.tell(event);
        }
    }
    let copies = callbacks.first().map_or(0, |first| first.copies);
    let mut again = false;
    for _ in 0..copies {
        for callback in &mut callbacks {
            callback.attempts += 1;
        }
        let Some(answer) = post::post(&shared.config, client, &callbacks).await else { break };
        record(shared, &callbacks, &answer);
        again = wants_again(&shared.config, &callbacks, &answer);
    }
    for callback in &mut callbacks {
        callback.copies = callback.copies.min(1);
    }
    Delivered { generation, lane, callbacks, again }
}

fn wants_again(config: &SimulatorConfig, callbacks: &[Callback], answer: &post::Answer) -> bool {
    callbacks.first().is_some_and(|callback| {
        callback.post.as_ref().is_some_and(|post| post.wants_again(callback.attempts, answer, &config.retries))
    })
}

fn record(shared: &Shared, callbacks: &[Callback], answer: &post::Answer) {
    let Some(first) = callbacks.first() else { return };
    let Some(target) = &first.post else { return };
    let about: Vec<&str> = callbacks
        .iter()
        .map(|callback| match callback.about {
            About::Message => "message",
            About::Status(state, _) => state.as_str(),
        })
        .collect();
    let record = WebhookRecord {
        provider: target.provider(),
        at: shared.now(),
        url: target.shown_url(&shared.config),
        about: about.join(","),
        message_ids: callbacks.iter().map(|callback| callback.message_id.clone()).collect(),
        attempt: first.attempts,
        status: answer.status,
    };
    let taken = answer.status.is_some_and(|status| (200..300).contains(&status));
    let state = if taken { DeliveryState::Delivered } else { DeliveryState::Failed };
    let mut world = shared.world();
    world.note_webhook(record);
    let events: Vec<_> = callbacks
        .iter()
        .filter(|callback| matches!(callback.about, About::Message))
        .filter_map(|callback| world.progress(&callback.message_id, state, None))
        .collect();
    drop(world);
    shared.tell(events);
}
