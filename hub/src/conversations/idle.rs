//! Conversations in which the customer stopped answering end by themselves. Source: domain, conversation commands,
//! auto-close worker.

use chrono::{DateTime, Utc};
use patchbay_core::conversation::{CloseReason, ConversationStatus};
use patchbay_core::ctx::Ctx;
use patchbay_core::event::EventName;
use patchbay_store::conversations::{self, ConversationRow};
use serde_json::json;

use super::change::Change;
use crate::error::HubError;
use crate::resource::Write;
use crate::state::Hub;

/// Conversations that are looked up at once.
const BATCH: i64 = 100;

/// Closes the conversations that have waited for their customer since before `before` as `customer_unresponsive`, each in
/// a transaction of its own. Snoozed ones wait for the end of their snooze. Tells how many.
pub async fn close_idle(hub: &Hub, ctx: &Ctx, before: DateTime<Utc>) -> Result<usize, HubError> {
    let mut closed = 0;
    loop {
        let mut tx = hub.db.read().await?;
        let idle = conversations::idle_ids(&mut tx, before, ctx.now, BATCH).await?;
        drop(tx);
        let mut ended = 0;
        for id in &idle {
            let mut tx = hub.db.begin().await?;
            // Somebody may have written since the look.
            let row = conversations::lock(&mut tx, *id).await?.filter(|row| is_idle(row, ctx, before));
            let Some(row) = row else { continue };
            let mut change = Change::of_locked(Write::unnamed(tx), row);
            change.close(ctx, CloseReason::CustomerUnresponsive, None)?;
            let details = json!({ "close_reason": CloseReason::CustomerUnresponsive, "automatic": true });
            change.finish(hub, ctx, EventName::ConversationUpdated, "closed", details).await?;
            ended += 1;
        }
        closed += ended;
        if ended == 0 {
            return Ok(closed);
        }
    }
}

fn is_idle(row: &ConversationRow, ctx: &Ctx, before: DateTime<Utc>) -> bool {
    row.status == ConversationStatus::PendingCustomer
        && row.last_message_at < before
        && row.snoozed_until.is_none_or(|until| until <= ctx.now)
}
