//! Marks of visitors on our messages: delivered once one reached the page, read once it was seen.

use patchbay_core::ctx::Ctx;
use patchbay_core::delivery::DeliveryStatus;
use patchbay_core::ids::{ConversationId, MessageId};
use patchbay_store::messages::MessageRow;
use patchbay_store::{StoreError, chat, messages, statuses};

use super::{Desk, Session};
use crate::delivery;

/// Messages that one mark covers.
const MARKED_AT_ONCE: i64 = 200;

impl Desk {
    /// Messages reached their visitor.
    pub async fn delivered(&self, ids: &[MessageId]) -> Result<(), StoreError> {
        self.mark(ids, DeliveryStatus::Delivered).await
    }

    /// The visitor saw everything up to `seq`.
    pub async fn read(&self, session: &Session, seq: i64) -> Result<(), StoreError> {
        let ids = {
            let mut tx = self.hub.db.read().await?;
            let own = chat::conversation_of(&mut tx, session.inbox, &session.address()).await?;
            let Some(id) = own else { return Ok(()) };
            unread(&mut tx, id, seq).await?
        };
        self.mark(&ids, DeliveryStatus::Read).await
    }

    async fn mark(&self, ids: &[MessageId], as_: DeliveryStatus) -> Result<(), StoreError> {
        if ids.is_empty() {
            return Ok(());
        }
        let ctx = self.ctx();
        let directory = self.hub.gate.directory.load_full();
        let mut tx = self.hub.db.begin().await?;
        statuses::lock_messages(&mut tx, ids).await?;
        let rows = messages::by_ids(&mut tx, ids).await?;
        let mut changed: Vec<MessageRow> = rows.into_iter().filter_map(|row| raised(row, as_, &ctx)).collect();
        if changed.is_empty() {
            return tx.rollback().await;
        }
        changed.sort_by_key(|row| row.seq);
        delivery::write(&mut tx, &ctx, &directory, &mut changed).await?;
        tx.commit().await
    }
}

async fn unread(
    tx: &mut patchbay_store::Tx,
    conversation: ConversationId,
    seq: i64,
) -> Result<Vec<MessageId>, StoreError> {
    chat::unread_until(tx, conversation, seq, MARKED_AT_ONCE).await
}

/// The message at its higher state. `None`: it stands there already.
fn raised(mut row: MessageRow, to: DeliveryStatus, ctx: &Ctx) -> Option<MessageRow> {
    row.status = row.status.merged_with(to)?;
    row.error = None;
    row.sent_at = row.sent_at.or(Some(ctx.now));
    row.delivered_at = row.delivered_at.or(Some(ctx.now));
    if to == DeliveryStatus::Read {
        row.read_at = Some(ctx.now);
    }
    Some(row)
}
