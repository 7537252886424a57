//! Web chat as its visitors see it: the conversation of one address, marks on its messages, uploads, and the move of a
//! visitor's conversations to the user who the visitor proved to be.

use chrono::{DateTime, Utc};
use patchbay_core::channel::Channel;
use patchbay_core::ids::{ContactId, ConversationId, IdentityId, InboxId, MediaId, MessageId};

use crate::batch::Batch;
use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

record! {
    /// An upload that a visitor may attach.
    #[derive(Clone, Debug)]
    pub struct UploadRow {
        /// The file.
        pub media_id: MediaId,
        /// Inbox it was uploaded to.
        pub inbox_id: InboxId,
        /// Whose it is.
        pub address: String,
        /// Type, as told by the content.
        pub mime_type: String,
        /// Name to show.
        pub filename: Option<String>,
        /// Size.
        pub size_bytes: Option<i64>,
        /// SHA-256, lowercase hex.
        pub sha256: Option<String>,
        /// Where it lies in the object store.
        pub storage_key: Option<String>,
    }
}

record! {
    /// An address on the chat channel, and whose it is.
    #[derive(Clone, Debug)]
    pub struct ChatIdentity {
        /// The address's row.
        pub id: IdentityId,
        /// Whose it is.
        pub contact_id: ContactId,
        /// When it was proven.
        pub verified_at: Option<DateTime<Utc>>,
        /// The contact's name.
        pub contact_name: String,
    }
}

/// The conversation of an address in an inbox: the open one, else the newest.
pub async fn conversation_of(tx: &mut Tx, inbox: InboxId, address: &str) -> Result<Option<ConversationId>, StoreError> {
    let ids = tx
        .query(
            "select id from conversations where inbox_id = $1 and contact_address = $2
             order by case when status = 'closed' then 1 else 0 end, id desc limit 1",
        )
        .bind(inbox)
        .bind(address)
        .column()
        .await?;
    Ok(ids.into_iter().next())
}

/// Sequence of the `count`-th message of the customer: up to there somebody has read.
pub async fn seq_of_inbound(tx: &mut Tx, conversation: ConversationId, count: i64) -> Result<Option<i64>, StoreError> {
    if count <= 0 {
        return Ok(None);
    }
    let found = tx
        .query(
            "select seq from messages where conversation_id = $1 and direction = 'inbound'
             order by seq limit 1 offset $2",
        )
        .bind(conversation)
        .bind(count - 1)
        .column()
        .await?;
    Ok(found.into_iter().next())
}

/// Messages of ours up to `seq` that the visitor has not read, oldest first.
pub async fn unread_until(
    tx: &mut Tx,
    conversation: ConversationId,
    seq: i64,
    limit: i64,
) -> Result<Vec<MessageId>, StoreError> {
    tx.query(
        "select id from messages
         where conversation_id = $1 and seq <= $2 and direction = 'outbound' and status not in ('read', 'failed')
         order by seq desc limit $3",
    )
    .bind(conversation)
    .bind(seq)
    .bind(limit)
    .column()
    .await
}

/// How many messages of ours the visitor has not read.
pub async fn unread(tx: &mut Tx, conversation: ConversationId) -> Result<i64, StoreError> {
    tx.query(
        "select count(*) from messages
         where conversation_id = $1 and direction = 'outbound' and status not in ('read', 'failed')",
    )
    .bind(conversation)
    .scalar()
    .await
}

/// Remembers who uploaded a file.
pub async fn insert_upload(
    tx: &mut Tx,
    media: MediaId,
    inbox: InboxId,
    address: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.query("insert into chat_uploads (media_id, inbox_id, address, created_at) values ($1, $2, $3, $4)")
        .bind(media)
        .bind(inbox)
        .bind(address)
        .bind(now)
        .execute()
        .await?;
    Ok(())
}

/// These uploads, as far as they are there.
pub async fn uploads(tx: &mut Tx, ids: &[MediaId]) -> Result<Vec<UploadRow>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    tx.query_for(
        "select u.media_id, u.inbox_id, u.address, m.mime_type, m.filename, m.size_bytes, m.sha256, m.storage_key
         from json_each($1) as batch
         join chat_uploads u on u.media_id = unhex(batch.value ->> 0)
         join media_files m on m.id = u.media_id and m.status = 'ready'",
        "select u.media_id, u.inbox_id, u.address, m.mime_type, m.filename, m.size_bytes, m.sha256, m.storage_key
         from unnest($1::uuid[]) as batch (id)
         join chat_uploads u on u.media_id = batch.id
         join media_files m on m.id = u.media_id and m.status = 'ready'",
    )
    .bind_batch(Batch::new().ids(ids.iter().copied()))
    .all()
    .await
}

/// How many files an address uploaded since `since`.
pub async fn uploads_since(
    tx: &mut Tx,
    inbox: InboxId,
    address: &str,
    since: DateTime<Utc>,
) -> Result<i64, StoreError> {
    tx.query("select count(*) from chat_uploads where inbox_id = $1 and address = $2 and created_at > $3")
        .bind(inbox)
        .bind(address)
        .bind(since)
        .scalar()
        .await
}

/// Whose an address is.
pub async fn identity(tx: &mut Tx, address: &str) -> Result<Option<ChatIdentity>, StoreError> {
    tx.query(
        "select i.id, i.contact_id, i.verified_at, c.display_name as contact_name
         from channel_identities i join contacts c on c.id = i.contact_id
         where i.channel = $1 and i.address = $2",
    )
    .bind(Channel::Chat)
    .bind(address)
    .optional()
    .await
}

/// An address was proven to be its contact's.
pub async fn verified(tx: &mut Tx, address: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.query(
        "update channel_identities set verified_at = $3
         where channel = $1 and address = $2 and verified_at is null",
    )
    .bind(Channel::Chat)
    .bind(address)
    .bind(now)
    .execute()
    .await?;
    Ok(())
}

/// Gives an address to another contact.
pub async fn move_identity(tx: &mut Tx, id: IdentityId, to: ContactId) -> Result<(), StoreError> {
    tx.query("update channel_identities set contact_id = $2 where id = $1").bind(id).bind(to).execute().await?;
    Ok(())
}

/// Conversations of an address in an inbox, locked until the transaction ends, oldest first.
pub async fn lock_conversations(tx: &mut Tx, inbox: InboxId, address: &str) -> Result<Vec<ConversationId>, StoreError> {
    tx.query_for(
        "select id from conversations where inbox_id = $1 and contact_address = $2 order by id",
        "select id from conversations where inbox_id = $1 and contact_address = $2 order by id for update",
    )
    .bind(inbox)
    .bind(address)
    .column()
    .await
}

/// The open conversation of a contact in an inbox.
pub async fn open_of(tx: &mut Tx, contact: ContactId, inbox: InboxId) -> Result<Option<ConversationId>, StoreError> {
    let ids = tx
        .query("select id from conversations where contact_id = $1 and inbox_id = $2 and status <> 'closed'")
        .bind(contact)
        .bind(inbox)
        .column()
        .await?;
    Ok(ids.into_iter().next())
}

/// Gives a conversation to another contact, who writes from `address`.
pub async fn move_conversation(
    tx: &mut Tx,
    id: ConversationId,
    to: ContactId,
    address: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.query(
        "update conversations set contact_id = $2, contact_address = $3, updated_at = $4, version = version + 1
         where id = $1",
    )
    .bind(id)
    .bind(to)
    .bind(address)
    .bind(now)
    .execute()
    .await?;
    Ok(())
}

/// A contact with no address left lives on in another one.
pub async fn merged_into(tx: &mut Tx, from: ContactId, to: ContactId, now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.query(
        "update contacts set merged_into = $2, updated_at = $3, version = version + 1
         where id = $1 and not exists (select 1 from channel_identities i where i.contact_id = contacts.id)",
    )
    .bind(from)
    .bind(to)
    .bind(now)
    .execute()
    .await?;
    Ok(())
}
