//! Edits and withdrawals that came before the message they are about.

use chrono::{DateTime, Utc};
use patchbay_core::ids::{InboxId, RecordId};
use serde_json::Value;

use crate::batch::Batch;
use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

record! {
    /// A change that waits for its message.
    #[derive(Clone, Debug)]
    pub struct ParkedChange {
        /// Inbox it came to.
        pub inbox_id: InboxId,
        /// The provider's id of the message.
        pub channel_message_id: String,
        /// The change itself.
        pub event: Value,
    }
}

/// Puts a change aside. One that is there already stays as it is.
pub async fn park(tx: &mut Tx, id: RecordId, change: &ParkedChange, now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.query(
        "insert into parked_changes (id, inbox_id, channel_message_id, event, created_at) values ($1, $2, $3, $4, $5)
         on conflict (id) do nothing",
    )
    .bind(id)
    .bind(change.inbox_id)
    .bind(change.channel_message_id.as_str())
    .bind(change.event.clone())
    .bind(now)
    .execute()
    .await?;
    Ok(())
}

/// Takes the changes that waited for these messages, on SQLite: PostgreSQL takes them as it claims the messages.
pub(crate) async fn take(tx: &mut Tx, keys: &[(InboxId, &str)]) -> Result<Vec<ParkedChange>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    tx.query_sqlite(
        "delete from parked_changes
         where (inbox_id, channel_message_id) in (select unhex(value ->> 0), value ->> 1 from json_each($1))
         returning inbox_id, channel_message_id, event",
    )
    .bind_batch(Batch::new().ids(keys.iter().map(|(inbox, _)| *inbox)).texts(keys.iter().map(|(_, key)| *key)))
    .all()
    .await
}

/// Takes the changes whose message has come in the meantime.
pub async fn take_ripe(tx: &mut Tx) -> Result<Vec<ParkedChange>, StoreError> {
    tx.query(
        "delete from parked_changes
         where exists (select 1 from message_keys k where k.inbox_id = parked_changes.inbox_id
                                                      and k.channel_message_id = parked_changes.channel_message_id)
         returning inbox_id, channel_message_id, event",
    )
    .all()
    .await
}

/// Removes changes that nobody has claimed since `before`.
pub async fn sweep(tx: &mut Tx, before: DateTime<Utc>) -> Result<u64, StoreError> {
    tx.query("delete from parked_changes where created_at < $1").bind(before).execute().await
}
