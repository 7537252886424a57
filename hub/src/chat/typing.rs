//! A visitor writes: shown to whoever may see the conversation, and forgotten.

use patchbay_core::ids::{ActorId, InboxId, SocketId};
use patchbay_core::notice::{Notice, Typing, TypingMode, TypingState};
use patchbay_store::{StoreError, chat, conversations};
use uuid::Uuid;

use super::{Desk, Session};
use crate::feed::audience;
use crate::state::Hub;

impl Desk {
    /// The holder of a session writes, or stopped.
    pub async fn typing(&self, session: &Session, state: TypingState) -> Result<(), StoreError> {
        typing_of_visitor(&self.hub, session.inbox, &session.address(), state).await
    }
}

/// Tells the agents that the visitor behind `address` writes, or stopped. Nobody to tell before the first message.
pub async fn typing_of_visitor(hub: &Hub, inbox: InboxId, address: &str, state: TypingState) -> Result<(), StoreError> {
    let mut tx = hub.db.read().await?;
    let Some(id) = chat::conversation_of(&mut tx, inbox, address).await? else { return Ok(()) };
    let Some(row) = conversations::by_id(&mut tx, id).await? else { return Ok(()) };
    drop(tx);
    hub.db.signals().announce(Notice::Typing(Typing {
        conversation: id,
        audience: audience(&row, None),
        user: ActorId(row.contact_id.into()),
        name: Some(row.contact_name),
        mode: TypingMode::Customer,
        state,
        // Not one of the sockets of our people: all of them hear it.
        socket: SocketId(Uuid::nil()),
    }));
    Ok(())
}
