//! What the feed says of contacts: to whoever sees one of their conversations.

use patchbay_core::conversation::Placement;
use patchbay_core::ctx::Ctx;
use patchbay_core::event::{Audience, EventName, NewEvent};
use patchbay_core::ids::{ConversationId, EventId};
use patchbay_store::conversations::{self, ConversationRow};
use patchbay_store::{Tx, events, inbox_views};
use serde_json::Value;

use crate::conversations::body_of;
use crate::error::HubError;
use crate::feed::{audience, conversation_event};
use crate::state::Hub;

/// Most conversations of a contact that a change of it is told of.
const TOLD: i64 = 200;

/// The newest conversations of a contact.
pub(super) async fn newest(
    tx: &mut Tx,
    contact: patchbay_core::ids::ContactId,
) -> Result<Vec<ConversationRow>, HubError> {
    let filter = inbox_views::Filter {
        contact_id: Some(contact),
        visible: inbox_views::Visible::All,
        ..inbox_views::Filter::default()
    };
    Ok(inbox_views::page(tx, &filter, None, None, TOLD).await?)
}

/// Says how conversations stand now, which the caller has just written.
pub(super) async fn tell_conversations(
    tx: &mut Tx,
    hub: &Hub,
    ctx: &Ctx,
    conversations: &[ConversationRow],
    before: Option<Placement>,
) -> Result<(), HubError> {
    let mut told = Vec::with_capacity(conversations.len());
    for row in conversations {
        let body = body_of(tx, hub, row).await?;
        told.push(conversation_event(ctx, EventName::ConversationUpdated, row, body, before));
    }
    Ok(events::append(tx, &told).await?)
}

/// Writes conversations that only show something else now (a name): each moves to its next version and is told of.
pub(super) async fn touch_conversations(
    tx: &mut Tx,
    hub: &Hub,
    ctx: &Ctx,
    ids: &[ConversationId],
) -> Result<(), HubError> {
    let mut rows = Vec::with_capacity(ids.len());
    for id in ids {
        if let Some(mut row) = conversations::lock(tx, *id).await? {
            row.updated_at = ctx.now;
            rows.push(row);
        }
    }
    conversations::update(tx, &rows).await?;
    for row in &mut rows {
        row.version += 1;
    }
    tell_conversations(tx, hub, ctx, &rows, None).await
}

/// Says something about a contact to whoever sees one of its conversations, once for each kind of audience.
pub(super) async fn tell_contact(
    tx: &mut Tx,
    ctx: &Ctx,
    name: EventName,
    conversations: &[ConversationRow],
    data: &Value,
) -> Result<(), HubError> {
    let mut audiences: Vec<Audience> = Vec::new();
    for row in conversations {
        let of = Audience { inbox_id: None, ..audience(row, None) };
        match audiences.iter_mut().find(|known| (known.team_id, known.assigned_to) == (of.team_id, of.assigned_to)) {
            Some(known) => known.is_queued |= of.is_queued,
            None => audiences.push(of),
        }
    }
    if audiences.is_empty() {
        audiences.push(Audience::default());
    }
    let told: Vec<NewEvent> = audiences
        .into_iter()
        .map(|audience| NewEvent {
            id: EventId::new(),
            name,
            conversation_id: None,
            conversation_seq: None,
            ticket_id: None,
            audience,
            payload: data.to_string(),
            created_at: ctx.now,
        })
        .collect();
    Ok(events::append(tx, &told).await?)
}
