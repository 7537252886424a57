//! What stands behind the placeholders that the assistant of a conversation was shown.

use chrono::{DateTime, Utc};
use patchbay_core::ids::ConversationId;

use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

record! {
    /// A placeholder and what it stands for.
    #[derive(Clone, Debug)]
    pub struct PlaceholderRow {
        /// As it was shown.
        pub placeholder: String,
        /// What it stands for.
        pub original: String,
    }
}

/// Keeps what a placeholder stands for; the first one stays.
pub async fn keep(
    tx: &mut Tx,
    conversation: ConversationId,
    placeholder: &str,
    original: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.query(
        "insert into tool_placeholders (conversation_id, placeholder, original, created_at) values ($1, $2, $3, $4)
         on conflict (conversation_id, placeholder) do nothing",
    )
    .bind(conversation)
    .bind(placeholder)
    .bind(original)
    .bind(now)
    .execute()
    .await
    .map(drop)
}

/// All placeholders of a conversation.
pub async fn of(tx: &mut Tx, conversation: ConversationId) -> Result<Vec<PlaceholderRow>, StoreError> {
    tx.query("select placeholder, original from tool_placeholders where conversation_id = $1")
        .bind(conversation)
        .all()
        .await
}
