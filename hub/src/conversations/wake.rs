//! The end of a snooze.

use chrono::{DateTime, Utc};
use patchbay_core::conversation::ConversationStatus;
use patchbay_core::ctx::Ctx;
use patchbay_core::directory::Directory;
use patchbay_core::event::EventName;
use patchbay_core::ids::ConversationId;
use patchbay_store::{StoreError, Tx, annotations, conversations, events};
use serde_json::json;

use crate::body::ConversationBody;
use crate::feed::conversation_event;

/// Wakes a conversation that was snoozed until `until`. `false`: it was snoozed anew, woken or closed meanwhile.
pub async fn end_snooze(
    tx: &mut Tx,
    ctx: &Ctx,
    directory: &Directory,
    id: ConversationId,
    until: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let Some(mut row) = conversations::lock(tx, id).await? else { return Ok(false) };
    // Whole microseconds are stored; the request may have named a finer time.
    let is_it = row.snoozed_until.is_some_and(|stored| stored.timestamp_micros() == until.timestamp_micros());
    if !is_it || row.status == ConversationStatus::Closed {
        return Ok(false);
    }
    row.snoozed_until = None;
    row.updated_at = ctx.now;
    conversations::update(tx, std::slice::from_ref(&row)).await?;
    row.version += 1;
    annotations::record_event(tx, ctx, id, "snooze_ended", json!({})).await?;
    let body = ConversationBody::of(&row, directory);
    let event = conversation_event(ctx, EventName::ConversationUpdated, &row, body, None);
    events::append(tx, &[event]).await?;
    Ok(true)
}
