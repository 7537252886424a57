//! Web chat as its visitors see it: sessions, the one conversation that is theirs, marks, uploads, and who is there to
//! answer. Whoever serves visitors (the ingress) comes through here; nothing of another visitor and no note leaves.

mod availability;
mod contact;
mod identify;
mod marks;
mod satisfaction;
mod session;
mod shown;
mod typing;
mod uploads;
mod watch;

use std::sync::Arc;

use patchbay_core::Ctx;
use patchbay_core::chat::Site;
use patchbay_core::ids::{ConversationId, InboxId, MessageId, RequestId};
use patchbay_core::inbox::{Inbox, Provider};
use patchbay_store::{StoreError, chat, conversations, messages};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use availability::Availability;
pub use satisfaction::{Rated, ShownAnswer};
pub use session::{NoSession, PROVEN_FOR, SESSION_LIFE, Session, SessionKeys};
pub use shown::{ShownConversation, ShownMessage};
pub use typing::typing_of_visitor;
pub use uploads::{Upload, name_of_file};
pub use watch::{Sign, Watch};

use crate::state::Hub;
use watch::Watchers;

/// Messages read at once.
const PAGE: i64 = 100;

/// Serves visitors. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Desk {
    hub: Hub,
    keys: SessionKeys,
    watchers: Arc<Watchers>,
    stop: CancellationToken,
    /// Sockets of visitors, so that a stop can wait for their goodbye.
    sockets: TaskTracker,
}

/// What a visitor sees of a conversation, in one look.
#[derive(Clone, Debug)]
pub struct Look {
    /// The conversation.
    pub conversation: ShownConversation,
    /// Its messages that were asked for, in order.
    pub messages: Vec<ShownMessage>,
    /// There are more after them.
    pub more: bool,
}

impl Desk {
    /// Opens the desk. The task follows what happens until `stop`.
    pub fn start(hub: Hub, stop: CancellationToken) -> (Self, JoinHandle<()>) {
        let keys = SessionKeys::new(&hub.config.link_secret);
        let desk = Self { hub, keys, watchers: Arc::default(), stop, sockets: TaskTracker::new() };
        let task = tokio::spawn(watch::follow(desk.clone()));
        (desk, task)
    }

    /// Signs and reads sessions.
    pub fn keys(&self) -> &SessionKeys {
        &self.keys
    }

    /// Ends when this process stops.
    pub fn stopping(&self) -> &CancellationToken {
        &self.stop
    }

    /// Where sockets of visitors are kept track of.
    pub fn sockets(&self) -> &TaskTracker {
        &self.sockets
    }

    /// Largest file that a visitor may upload, in bytes.
    pub fn max_upload_bytes(&self) -> u64 {
        self.hub.config.max_upload_bytes
    }

    fn ctx(&self) -> Ctx {
        Ctx::system(self.hub.gate.clock.now(), RequestId::new().to_string())
    }

    /// The session's conversation with its messages after `after_seq`, up to a page; `None` before the first message.
    /// Looks at nothing but conversations of the session's own address.
    pub async fn look(&self, session: &Session, after_seq: i64) -> Result<Option<Look>, StoreError> {
        let mut tx = self.hub.db.read().await?;
        let Some(id) = chat::conversation_of(&mut tx, session.inbox, &session.address()).await? else {
            return Ok(None);
        };
        let Some(row) = conversations::by_id(&mut tx, id).await? else { return Ok(None) };
        let mut rows = messages::page_after(&mut tx, id, after_seq, PAGE + 1).await?;
        let more = rows.len() > usize::try_from(PAGE).unwrap_or(usize::MAX);
        rows.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
        let read_until = chat::seq_of_inbound(&mut tx, id, row.read_inbound_count).await?;
        let unread = chat::unread(&mut tx, id).await?;
        let asks = satisfaction::is_asked(&mut tx, &row, self.hub.gate.clock.now()).await?;
        drop(tx);
        let agent =
            row.assigned_to.and_then(|user| self.hub.directory().users.get(&user).map(|user| user.full_name.clone()));
        let links = shown::Links { secret: &self.hub.config.link_secret, now: self.hub.gate.clock.now() };
        Ok(Some(Look {
            conversation: ShownConversation {
                asks_satisfaction: asks,
                ..ShownConversation::of(&row, agent, read_until, unread)
            },
            messages: rows.iter().map(|row| ShownMessage::of(row, &links)).collect(),
            more,
        }))
    }

    /// What a message became, by the key under which it counts once.
    pub async fn stored(&self, inbox: InboxId, key: &str) -> Result<Option<Stored>, StoreError> {
        stored(&self.hub, inbox, key).await
    }
}

/// A stored message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Our id.
    pub message_id: MessageId,
    /// Conversation it belongs to.
    pub conversation_id: ConversationId,
    /// Its place there.
    pub seq: i64,
}

/// What a message became, by the key under which it counts once in its inbox.
pub async fn stored(hub: &Hub, inbox: InboxId, key: &str) -> Result<Option<Stored>, StoreError> {
    let mut tx = hub.db.read().await?;
    let Some(id) = messages::id_by_key(&mut tx, inbox, key).await? else { return Ok(None) };
    let row = messages::by_id(&mut tx, id).await?;
    Ok(row.map(|row| Stored { message_id: row.id, conversation_id: row.conversation_id, seq: row.seq }))
}

/// The site of an inbox, if it is one.
pub fn site(inbox: &Inbox) -> Option<&Site> {
    match &inbox.provider {
        Provider::Chat(site) => Some(site),
        _ => None,
    }
}
