//! Messages of conversations, and the keys that deduplicate them.

use chrono::{DateTime, Utc};
use patchbay_core::channel::{Channel, Direction, SenderType};
use patchbay_core::delivery::DeliveryStatus;
use patchbay_core::ids::{ConversationId, InboxId, MessageId};
use patchbay_core::item::ContentType;
use serde_json::Value;
use uuid::Uuid;

use crate::batch::Batch;
use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

record! {
    /// A message as it is stored.
    #[derive(Clone, Debug)]
    pub struct MessageRow {
        /// Our id.
        pub id: MessageId,
        /// Conversation it belongs to.
        pub conversation_id: ConversationId,
        /// Its place there, from 1.
        pub seq: i64,
        /// Inbox it came by or goes out by.
        pub inbox_id: InboxId,
        /// Channel.
        pub channel: Channel,
        /// The provider's id; for outbound messages known once the provider accepted it.
        pub channel_message_id: Option<String>,
        /// The sender's own id of an outbound message.
        pub client_message_id: Option<Uuid>,
        /// Which way it went.
        pub direction: Direction,
        /// Kind of writer.
        pub sender_type: SenderType,
        /// The writer: a contact or a user.
        pub sender_id: Option<Uuid>,
        /// The writer's name when it was written.
        pub sender_name: Option<String>,
        /// Kind of content.
        pub content_type: ContentType,
        /// The text, or the caption.
        pub text: Option<String>,
        /// `{"media":[…],"metadata":{…},"full_text"?}`.
        pub content: Value,
        /// Provider id of the message this answers.
        pub reply_to: Option<String>,
        /// Where it stands.
        pub status: DeliveryStatus,
        /// `{"code","class","message"}` of the failure.
        pub error: Option<Value>,
        /// Facts about the message as a whole.
        pub metadata: Value,
        /// When the provider or the writer says it was written.
        pub occurred_at: DateTime<Utc>,
        /// When the provider accepted it.
        pub sent_at: Option<DateTime<Utc>>,
        /// When it reached the recipient's device.
        pub delivered_at: Option<DateTime<Utc>>,
        /// When the recipient saw it.
        pub read_at: Option<DateTime<Utc>>,
        /// When it failed.
        pub failed_at: Option<DateTime<Utc>>,
        /// Grows with every change.
        pub version: i64,
        /// When we stored it.
        pub created_at: DateTime<Utc>,
    }
}

/// Claims provider ids, in this order. Returns the message ids whose key was new; the others are known already.
pub async fn claim_keys(
    tx: &mut Tx,
    keys: &[(InboxId, &str, MessageId)],
    now: DateTime<Utc>,
) -> Result<Vec<MessageId>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let batch = Batch::new()
        .ids(keys.iter().map(|(inbox, _, _)| *inbox))
        .texts(keys.iter().map(|(_, key, _)| *key))
        .ids(keys.iter().map(|(_, _, id)| *id))
        .times(keys.iter().map(|_| now));
    tx.query_for(
        "insert into message_keys (inbox_id, channel_message_id, message_id, created_at)
         select unhex(value ->> 0), value ->> 1, unhex(value ->> 2), value ->> 3 from json_each($1) where true
         on conflict (inbox_id, channel_message_id) do nothing
         returning message_id",
        "insert into message_keys (inbox_id, channel_message_id, message_id, created_at)
         select batch.* from unnest($1::uuid[], $2::text[], $3::uuid[], $4::timestamptz[]) as batch
         on conflict (inbox_id, channel_message_id) do nothing
         returning message_id",
    )
    .bind_batch(batch)
    .column()
    .await
}

/// Our message behind a provider's id.
pub async fn id_by_key(tx: &mut Tx, inbox: InboxId, key: &str) -> Result<Option<MessageId>, StoreError> {
    let ids = tx
        .query("select message_id from message_keys where inbox_id = $1 and channel_message_id = $2")
        .bind(inbox)
        .bind(key)
        .column()
        .await?;
    Ok(ids.into_iter().next())
}

/// Inserts messages as they stand.
pub async fn insert(tx: &mut Tx, rows: &[MessageRow]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    tx.query_for(
        "insert into messages (conversation_id, seq, id, inbox_id, channel, channel_message_id, client_message_id,
                direction, sender_type, sender_id, sender_name, content_type, text, content, reply_to, status, metadata,
                occurred_at, created_at, version)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, 1)",
        "insert into messages (conversation_id, seq, id, inbox_id, channel, channel_message_id, client_message_id,
                direction, sender_type, sender_id, sender_name, content_type, text, content, reply_to, status, metadata,
                occurred_at, created_at, version)
         select batch.*, 1
         from unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::uuid[], $8::text[],
                     $9::text[], $10::uuid[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[],
                     $16::text[], $17::text[], $18::timestamptz[], $19::timestamptz[]) as batch",
    )
    .bind_each(batch_of(rows))
    .execute()
    .await?;
    Ok(())
}

/// The columns of messages about to be inserted.
pub(crate) fn batch_of(rows: &[MessageRow]) -> Batch {
    Batch::new()
        .ids(rows.iter().map(|row| row.conversation_id))
        .integers(rows.iter().map(|row| row.seq))
        .ids(rows.iter().map(|row| row.id))
        .ids(rows.iter().map(|row| row.inbox_id))
        .texts(rows.iter().map(|row| row.channel.as_str()))
        .optional_texts(rows.iter().map(|row| row.channel_message_id.as_deref()))
        .optional_ids(rows.iter().map(|row| row.client_message_id))
        .texts(rows.iter().map(|row| row.direction.as_str()))
        .texts(rows.iter().map(|row| row.sender_type.as_str()))
        .optional_ids(rows.iter().map(|row| row.sender_id))
        .optional_texts(rows.iter().map(|row| row.sender_name.as_deref()))
        .texts(rows.iter().map(|row| row.content_type.as_str()))
        .optional_texts(rows.iter().map(|row| row.text.as_deref()))
        .texts(rows.iter().map(|row| row.content.to_string()))
        .optional_texts(rows.iter().map(|row| row.reply_to.as_deref()))
        .texts(rows.iter().map(|row| row.status.as_str()))
        .texts(rows.iter().map(|row| row.metadata.to_string()))
        .times(rows.iter().map(|row| row.occurred_at))
        .times(rows.iter().map(|row| row.created_at))
}

/// One message.
pub async fn by_id(tx: &mut Tx, id: MessageId) -> Result<Option<MessageRow>, StoreError> {
    tx.query(
        "select id, conversation_id, seq, inbox_id, channel, channel_message_id, client_message_id, direction,
                sender_type, sender_id, sender_name, content_type, text, content, reply_to, status, error, metadata,
                occurred_at, sent_at, delivered_at, read_at, failed_at, version, created_at
         from messages where id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// Several messages, in no particular order.
pub async fn by_ids(tx: &mut Tx, ids: &[MessageId]) -> Result<Vec<MessageRow>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    tx.query_for(
        "select id, conversation_id, seq, inbox_id, channel, channel_message_id, client_message_id, direction,
                sender_type, sender_id, sender_name, content_type, text, content, reply_to, status, error, metadata,
                occurred_at, sent_at, delivered_at, read_at, failed_at, version, created_at
         from messages where id in (select unhex(value ->> 0) from json_each($1))",
        "select id, conversation_id, seq, inbox_id, channel, channel_message_id, client_message_id, direction,
                sender_type, sender_id, sender_name, content_type, text, content, reply_to, status, error, metadata,
                occurred_at, sent_at, delivered_at, read_at, failed_at, version, created_at
         from messages where id = any($1::uuid[])",
    )
    .bind_batch(Batch::new().ids(ids.iter().copied()))
    .all()
    .await
}

/// The message a sender already wrote under its own id.
pub async fn by_client_id(
    tx: &mut Tx,
    conversation: ConversationId,
    client_message_id: Uuid,
) -> Result<Option<MessageRow>, StoreError> {
    tx.query(
        "select id, conversation_id, seq, inbox_id, channel, channel_message_id, client_message_id, direction,
                sender_type, sender_id, sender_name, content_type, text, content, reply_to, status, error, metadata,
                occurred_at, sent_at, delivered_at, read_at, failed_at, version, created_at
         from messages where conversation_id = $1 and client_message_id = $2",
    )
    .bind(conversation)
    .bind(client_message_id)
    .optional()
    .await
}

/// The newest `limit` messages before `before_seq`, newest first.
pub async fn page_before(
    tx: &mut Tx,
    conversation: ConversationId,
    before_seq: i64,
    limit: i64,
) -> Result<Vec<MessageRow>, StoreError> {
    tx.query(
        "select id, conversation_id, seq, inbox_id, channel, channel_message_id, client_message_id, direction,
                sender_type, sender_id, sender_name, content_type, text, content, reply_to, status, error, metadata,
                occurred_at, sent_at, delivered_at, read_at, failed_at, version, created_at
         from messages where conversation_id = $1 and seq < $2 order by seq desc limit $3",
    )
    .bind(conversation)
    .bind(before_seq)
    .bind(limit)
    .all()
    .await
}

/// The oldest `limit` messages after `after_seq`, oldest first.
pub async fn page_after(
    tx: &mut Tx,
    conversation: ConversationId,
    after_seq: i64,
    limit: i64,
) -> Result<Vec<MessageRow>, StoreError> {
    tx.query(
        "select id, conversation_id, seq, inbox_id, channel, channel_message_id, client_message_id, direction,
                sender_type, sender_id, sender_name, content_type, text, content, reply_to, status, error, metadata,
                occurred_at, sent_at, delivered_at, read_at, failed_at, version, created_at
         from messages where conversation_id = $1 and seq > $2 order by seq limit $3",
    )
    .bind(conversation)
    .bind(after_seq)
    .bind(limit)
    .all()
    .await
}

/// The customer's newest message in a conversation.
pub async fn last_inbound(tx: &mut Tx, conversation: ConversationId) -> Result<Option<MessageRow>, StoreError> {
    tx.query(
        "select id, conversation_id, seq, inbox_id, channel, channel_message_id, client_message_id, direction,
                sender_type, sender_id, sender_name, content_type, text, content, reply_to, status, error, metadata,
                occurred_at, sent_at, delivered_at, read_at, failed_at, version, created_at
         from messages where conversation_id = $1 and direction = 'inbound' order by seq desc limit 1",
    )
    .bind(conversation)
    .optional()
    .await
}

/// Whether a machine wrote to the customer of a conversation after `since`.
pub async fn machine_wrote_after(
    tx: &mut Tx,
    conversation: ConversationId,
    since: DateTime<Utc>,
) -> Result<bool, StoreError> {
    tx.query(
        "select exists (select 1 from messages
                        where conversation_id = $1 and direction = 'outbound' and sender_type in ('system', 'ai')
                          and status <> 'failed' and created_at > $2) as found",
    )
    .bind(conversation)
    .bind(since)
    .scalar()
    .await
}

/// Replaces the stored content of a message, its type, its text and what it answers included. Error:
/// [`StoreError::Conflict`] when it changed since it was read.
pub async fn set_content(tx: &mut Tx, row: &MessageRow) -> Result<(), StoreError> {
    let changed = tx
        .query(
            "update messages set content = $4, text = $5, content_type = $6, reply_to = $7, version = version + 1
             where conversation_id = $1 and seq = $2 and version = $3",
        )
        .bind(row.conversation_id)
        .bind(row.seq)
        .bind(row.version)
        .bind(row.content.clone())
        .bind(row.text.as_deref())
        .bind(row.content_type)
        .bind(row.reply_to.as_deref())
        .execute()
        .await?;
    if changed == 1 { Ok(()) } else { Err(StoreError::Conflict) }
}

/// Replaces the facts about a message. Error: [`StoreError::Conflict`] when it changed since it was read.
pub async fn set_metadata(tx: &mut Tx, row: &MessageRow) -> Result<(), StoreError> {
    let changed = tx
        .query(
            "update messages set metadata = $4, version = version + 1
             where conversation_id = $1 and seq = $2 and version = $3",
        )
        .bind(row.conversation_id)
        .bind(row.seq)
        .bind(row.version)
        .bind(row.metadata.clone())
        .execute()
        .await?;
    if changed == 1 { Ok(()) } else { Err(StoreError::Conflict) }
}

/// The customer's newest message in a conversation up to a sequence.
pub async fn last_inbound_up_to(
    tx: &mut Tx,
    conversation: ConversationId,
    seq: i64,
) -> Result<Option<MessageId>, StoreError> {
    let ids = tx
        .query(
            "select id from messages where conversation_id = $1 and seq <= $2 and direction = 'inbound'
             order by seq desc limit 1",
        )
        .bind(conversation)
        .bind(seq)
        .column()
        .await?;
    Ok(ids.into_iter().next())
}

/// The facts about some inbound messages of the conversations of an inbox that moved last.
pub async fn recent_metadata(tx: &mut Tx, inbox: InboxId, limit: i64) -> Result<Vec<Value>, StoreError> {
    tx.query(
        "select m.metadata from messages m
         join (select id from conversations where inbox_id = $1 order by active_minute desc limit $2) c
              on c.id = m.conversation_id
         where m.direction = 'inbound' order by m.created_at desc limit $2",
    )
    .bind(inbox)
    .bind(limit)
    .column()
    .await
}
