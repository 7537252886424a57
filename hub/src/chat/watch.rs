//! Wakes whoever watches a conversation for its visitor. A wake says only "look": what there is to see stands in the
//! database, so nothing can be lost in between and nothing piles up.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use patchbay_core::event::EventName;
use patchbay_core::ids::{ConversationId, InboxId, SocketId};
use patchbay_core::notice::{Notice, TypingMode, TypingState};
use patchbay_http::Chain;
use patchbay_store::feed::{self, Position, StoredEvent};
use patchbay_store::{StoreError, Tx};
use serde::Deserialize;
use tokio::sync::Notify;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{sleep, timeout};

use super::{Desk, Session};

/// Events read at once.
const BATCH: i64 = 512;
/// Longest pause between two looks at the feed when nobody says that it grew.
const POLL: Duration = Duration::from_millis(250);
/// Pause before looking again for events that are committed but not settled.
const SETTLING: Duration = Duration::from_millis(3);
/// How long sockets may take to say goodbye when this process stops.
const GOODBYES: Duration = Duration::from_secs(8);
/// Pause while the database is away.
const AWAY: Duration = Duration::from_secs(1);

/// Whoever watches, by conversation, and by address as long as there is no conversation.
#[derive(Debug, Default)]
pub(super) struct Watchers {
    /// Held for a few instructions.
    all: Mutex<All>,
    joined: Notify,
}

#[derive(Debug, Default)]
#[expect(clippy::struct_field_names, reason = "the fields are the ways to look up the same watchers")]
struct All {
    by_id: HashMap<SocketId, Arc<Watcher>>,
    by_conversation: HashMap<ConversationId, Vec<Arc<Watcher>>>,
    by_address: HashMap<(InboxId, String), Vec<Arc<Watcher>>>,
}

fn wake(watchers: &[Arc<Watcher>]) {
    for watcher in watchers {
        watcher.wake.notify_one();
    }
}

#[derive(Debug)]
struct Watcher {
    id: SocketId,
    wake: Notify,
    /// The newest sign that was not taken yet.
    sign: Mutex<Option<Sign>>,
}

/// An agent writes an answer, or stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sign {
    /// Whether it goes on.
    pub active: bool,
    /// Who writes.
    pub name: Option<String>,
}

/// One who watches; the place is given up when it is dropped.
#[derive(Debug)]
pub struct Watch {
    desk: Desk,
    me: Arc<Watcher>,
    address: (InboxId, String),
    conversation: Option<ConversationId>,
}

impl Desk {
    /// Watches for the holder of a session. Look once after this: from here on nothing is missed.
    pub fn watch(&self, session: &Session) -> Watch {
        let me = Arc::new(Watcher { id: SocketId::new(), wake: Notify::new(), sign: Mutex::default() });
        let address = (session.inbox, session.address());
        {
            let mut all = self.watchers.lock();
            all.by_id.insert(me.id, Arc::clone(&me));
            all.by_address.entry(address.clone()).or_default().push(Arc::clone(&me));
        }
        self.watchers.joined.notify_one();
        Watch { desk: self.clone(), me, address, conversation: None }
    }
}

impl Watch {
    /// Waits until there may be something to see, or a sign.
    pub async fn woken(&self) {
        self.me.wake.notified().await;
    }

    /// Takes the newest sign.
    pub fn sign(&self) -> Option<Sign> {
        self.me.sign.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Follows this conversation from now on.
    pub fn follow(&mut self, conversation: ConversationId) {
        if self.conversation == Some(conversation) {
            return;
        }
        let mut all = self.desk.watchers.lock();
        if let Some(old) = self.conversation.replace(conversation) {
            leave(&mut all.by_conversation, &old, self.me.id);
        }
        all.by_conversation.entry(conversation).or_default().push(Arc::clone(&self.me));
        drop(all);
        // What happened between the look that found it and now.
        self.me.wake.notify_one();
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut all = self.desk.watchers.lock();
        all.by_id.remove(&self.me.id);
        leave(&mut all.by_address, &self.address, self.me.id);
        if let Some(conversation) = self.conversation {
            leave(&mut all.by_conversation, &conversation, self.me.id);
        }
    }
}

fn leave<K: std::hash::Hash + Eq>(map: &mut HashMap<K, Vec<Arc<Watcher>>>, key: &K, id: SocketId) {
    if let Some(list) = map.get_mut(key) {
        list.retain(|one| one.id != id);
        if list.is_empty() {
            map.remove(key);
        }
    }
}

impl Watchers {
    fn lock(&self) -> MutexGuard<'_, All> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_empty(&self) -> bool {
        self.lock().by_id.is_empty()
    }

    fn wake_all(&self) {
        self.lock().by_id.values().for_each(|one| one.wake.notify_one());
    }

    fn hear(&self, event: &StoredEvent) {
        let Some(conversation) = event.conversation_id else { return };
        let all = self.lock();
        if let Some(list) = all.by_conversation.get(&conversation) {
            wake(list);
        }
        if all.by_address.is_empty() || !may_begin(&event.name) {
            return;
        }
        let Some(inbox) = event.audience.inbox_id else { return };
        if let Some(address) = address_of(&event.payload)
            && let Some(list) = all.by_address.get(&(inbox, address))
        {
            wake(list);
        }
    }

    fn show(&self, conversation: ConversationId, sign: &Sign) {
        if let Some(list) = self.lock().by_conversation.get(&conversation) {
            for one in list {
                *one.sign.lock().unwrap_or_else(PoisonError::into_inner) = Some(sign.clone());
                one.wake.notify_one();
            }
        }
    }
}

/// Whether an event can give an address its conversation.
fn may_begin(name: &str) -> bool {
    name == EventName::ConversationNew.as_str() || name == EventName::ConversationUpdated.as_str()
}

/// The customer's address in the payload of a conversation's event.
fn address_of(payload: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Payload {
        conversation: Conversation,
    }
    #[derive(Deserialize)]
    struct Conversation {
        contact: Contact,
    }
    #[derive(Deserialize)]
    struct Contact {
        address: String,
    }
    serde_json::from_str::<Payload>(payload).ok().map(|payload| payload.conversation.contact.address)
}

/// Follows the feed and the notices until the desk stops.
pub(super) async fn follow(desk: Desk) {
    let work = async { tokio::join!(follow_feed(&desk), follow_signs(&desk)) };
    tokio::select! {
        () = desk.stop.cancelled() => {}
        _ = work => {}
    }
    // The sockets say goodbye.
    desk.sockets.close();
    let _gone = timeout(GOODBYES, desk.sockets.wait()).await;
}

async fn follow_feed(desk: &Desk) {
    let mut grew = desk.hub.db.signals().feed();
    let mut position: Option<Position> = None;
    loop {
        if desk.watchers.is_empty() {
            position = None;
            desk.watchers.joined.notified().await;
            continue;
        }
        grew.borrow_and_update();
        match look(desk, &mut position).await {
            Ok(Found::Some) => {}
            Ok(Found::Unsettled) => sleep(SETTLING).await,
            // Without a hint, look anyway: hints may be lost.
            Ok(Found::Nothing) => drop(timeout(POLL, grew.changed()).await),
            Err(error) => {
                tracing::debug!(error = %Chain(&error), "the feed cannot be read; visitors wait");
                sleep(AWAY).await;
            }
        }
    }
}

enum Found {
    Some,
    Unsettled,
    Nothing,
}

async fn look(desk: &Desk, position: &mut Option<Position>) -> Result<Found, StoreError> {
    let mut tx: Tx = desk.hub.db.read().await?;
    let Some(at) = *position else {
        // From here on every event is heard; whatever came before is seen by looking.
        *position = Some(feed::bounds(&mut tx).await?.latest);
        desk.watchers.wake_all();
        return Ok(Found::Some);
    };
    let batch = feed::after(&mut tx, at, BATCH).await?;
    drop(tx);
    let Some(last) = batch.events.last() else {
        return Ok(if batch.unsettled { Found::Unsettled } else { Found::Nothing });
    };
    *position = Some(last.position);
    batch.events.iter().for_each(|event| desk.watchers.hear(event));
    Ok(Found::Some)
}

/// Answers that are being written; never notes.
async fn follow_signs(desk: &Desk) {
    let mut notices = desk.hub.db.signals().notices();
    loop {
        match notices.recv().await {
            Ok(Notice::Typing(typing)) if typing.mode == TypingMode::Reply => {
                let sign = Sign { active: typing.state == TypingState::Active, name: typing.name };
                desk.watchers.show(typing.conversation, &sign);
            }
            Ok(Notice::Missed) | Err(RecvError::Lagged(_)) => desk.watchers.wake_all(),
            Ok(_) => {}
            Err(RecvError::Closed) => return,
        }
    }
}
