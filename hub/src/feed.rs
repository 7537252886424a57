//! Events of conversations for the feed: which, for whom, with what in them.

use patchbay_core::conversation::Placement;
use patchbay_core::ctx::Ctx;
use patchbay_core::directory::Directory;
use patchbay_core::event::{Audience, EventName, NewEvent};
use patchbay_core::ids::{EventId, UserId};
use patchbay_store::conversations::ConversationRow;
use patchbay_store::messages::MessageRow;
use serde::Serialize;

use crate::body::{ConversationBody, MessageBody};

/// What decides who may see a conversation.
pub fn placement(row: &ConversationRow) -> Placement {
    Placement { team_id: row.team_id, assigned_to: row.assigned_to, is_queued: row.status.is_queued() }
}

/// Who may know of a change of a conversation: whoever sees it now, and whoever saw it before.
pub fn audience(row: &ConversationRow, before: Option<Placement>) -> Audience {
    Audience {
        inbox_id: Some(row.inbox_id),
        team_id: row.team_id,
        assigned_to: row.assigned_to,
        previous_assigned_to: before.and_then(|before| before.assigned_to).filter(|old| row.assigned_to != Some(*old)),
        is_queued: row.status.is_queued() || before.is_some_and(|before| before.is_queued),
        account_id: None,
        site_id: None,
    }
}

#[derive(Serialize)]
struct MessageData {
    message: MessageBody,
    conversation: ConversationBody,
}

#[derive(Serialize)]
struct ConversationData {
    conversation: ConversationBody,
}

/// An event about a message: `{"message","conversation"}`.
pub fn message_event(
    ctx: &Ctx,
    directory: &Directory,
    name: EventName,
    conversation: &ConversationRow,
    message: &MessageRow,
) -> NewEvent {
    let data = MessageData { message: message.into(), conversation: ConversationBody::of(conversation, directory) };
    NewEvent {
        id: EventId::new(),
        name,
        conversation_id: Some(conversation.id),
        conversation_seq: Some(message.seq),
        ticket_id: None,
        audience: audience(conversation, None),
        payload: serde_json::to_string(&data).expect("a body is plain data"),
        created_at: ctx.now,
    }
}

/// An event about a conversation: `{"conversation"}`. `before`: where it stood, when that changed.
pub fn conversation_event(
    ctx: &Ctx,
    name: EventName,
    conversation: &ConversationRow,
    body: ConversationBody,
    before: Option<Placement>,
) -> NewEvent {
    NewEvent {
        id: EventId::new(),
        name,
        conversation_id: Some(conversation.id),
        conversation_seq: None,
        ticket_id: None,
        audience: audience(conversation, before),
        payload: serde_json::to_string(&ConversationData { conversation: body }).expect("a body is plain data"),
        created_at: ctx.now,
    }
}

/// Whether a user of the hub is the one who has the conversation.
pub fn is_assignee(row: &ConversationRow, user: UserId) -> bool {
    row.assigned_to == Some(user)
}
