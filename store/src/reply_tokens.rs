//! The names of conversations in the addresses that answers by mail go to.

use chrono::{DateTime, Utc};
use patchbay_core::ids::ConversationId;

use crate::error::StoreError;
use crate::tx::Tx;

/// Remembers the name of a conversation. It is the same each time, so a repetition changes nothing.
pub async fn remember(
    tx: &mut Tx,
    name: &str,
    conversation: ConversationId,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.query(
        "insert into reply_tokens (name, conversation_id, created_at) values ($1, $2, $3) on conflict (name) do nothing",
    )
    .bind(name)
    .bind(conversation)
    .bind(now)
    .execute()
    .await
    .map(drop)
}

/// The conversation that was given this name.
pub async fn conversation_of(tx: &mut Tx, name: &str) -> Result<Option<ConversationId>, StoreError> {
    let ids = tx.query("select conversation_id from reply_tokens where name = $1").bind(name).column().await?;
    Ok(ids.into_iter().next())
}
