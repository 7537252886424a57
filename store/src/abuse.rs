//! How much a contact wrote a moment ago, and whether notice of it was given.

use chrono::{DateTime, Utc};
use patchbay_core::ids::{ContactId, ConversationId};

use crate::error::StoreError;
use crate::tx::Tx;

/// Messages of the customer in a conversation after `after_seq` that came after `since`.
pub async fn messages_since(
    tx: &mut Tx,
    conversation: ConversationId,
    after_seq: i64,
    since: DateTime<Utc>,
) -> Result<i64, StoreError> {
    tx.query(
        "select count(*) as found from messages
         where conversation_id = $1 and seq > $2 and direction = 'inbound' and created_at > $3",
    )
    .bind(conversation)
    .bind(after_seq)
    .bind(since)
    .scalar()
    .await
}

/// Conversations of a contact that began after `since`.
pub async fn conversations_since(tx: &mut Tx, contact: ContactId, since: DateTime<Utc>) -> Result<i64, StoreError> {
    tx.query("select count(*) as found from conversations where contact_id = $1 and created_at > $2")
        .bind(contact)
        .bind(since)
        .scalar()
        .await
}

/// Begins the time in which no second notice of a contact is given. `false`: it has begun already.
pub async fn begin_window(
    tx: &mut Tx,
    contact: ContactId,
    kind: &str,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let begun = tx
        .query(
            "insert into abuse_notices (contact_id, kind, until) values ($1, $2, $3)
             on conflict (contact_id, kind) do update set until = excluded.until where abuse_notices.until <= $4",
        )
        .bind(contact)
        .bind(kind)
        .bind(until)
        .bind(now)
        .execute()
        .await?;
    Ok(begun == 1)
}
