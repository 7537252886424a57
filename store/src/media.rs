//! Files of messages: received ones to be fetched, uploaded ones to be sent.

use chrono::{DateTime, Utc};
use patchbay_core::ids::{ConversationId, InboxId, MediaId, MessageId, UserId};
use patchbay_core::vocabulary;

use crate::batch::Batch;
use crate::error::StoreError;
use crate::tx::Tx;
use crate::{record, stored_words};

vocabulary! {
    /// Where a file stands.
    pub enum MediaStatus {
        /// To be fetched.
        Pending => "pending",
        /// Kept by us.
        Ready => "ready",
        /// Could not be had.
        Failed => "failed",
    }
}
stored_words!(MediaStatus);

record! {
    /// A file as it is stored.
    #[derive(Clone, Debug)]
    pub struct MediaRow {
        /// Our id.
        pub id: MediaId,
        /// Message it belongs to; none while it waits to be sent.
        pub message_id: Option<MessageId>,
        /// Conversation it belongs to.
        pub conversation_id: Option<ConversationId>,
        /// The provider's id.
        pub provider_media_id: Option<String>,
        /// Type.
        pub mime_type: String,
        /// Name as the sender gave it. Never a path.
        pub filename: Option<String>,
        /// Size.
        pub size_bytes: Option<i64>,
        /// SHA-256, lowercase hex.
        pub sha256: Option<String>,
        /// Where it lies in the object store.
        pub storage_key: Option<String>,
        /// Where it stands.
        pub status: MediaStatus,
        /// Why it could not be had: one of our words.
        pub failure: Option<String>,
        /// Who uploaded it.
        pub created_by: Option<UserId>,
        /// When it was first heard of.
        pub created_at: DateTime<Utc>,
    }
}

/// A file about to be stored.
#[derive(Clone, Copy, Debug)]
pub struct NewMedia<'a> {
    /// Our id.
    pub id: MediaId,
    /// Message it belongs to.
    pub message_id: Option<MessageId>,
    /// Conversation it belongs to.
    pub conversation_id: Option<ConversationId>,
    /// The provider's id.
    pub provider_media_id: Option<&'a str>,
    /// Type.
    pub mime_type: &'a str,
    /// Name as the sender gave it.
    pub filename: Option<&'a str>,
    /// Size.
    pub size_bytes: Option<i64>,
    /// SHA-256, lowercase hex.
    pub sha256: Option<&'a str>,
    /// Where it lies in the object store.
    pub storage_key: Option<&'a str>,
    /// Where it stands.
    pub status: MediaStatus,
    /// Who uploaded it.
    pub created_by: Option<UserId>,
}

/// Inserts a file.
pub async fn insert(tx: &mut Tx, media: &NewMedia<'_>, now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.query(
        "insert into media_files (id, message_id, conversation_id, provider_media_id, mime_type, filename, size_bytes,
                sha256, storage_key, status, created_by, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)",
    )
    .bind(media.id)
    .bind(media.message_id)
    .bind(media.conversation_id)
    .bind(media.provider_media_id)
    .bind(media.mime_type)
    .bind(media.filename)
    .bind(media.size_bytes)
    .bind(media.sha256)
    .bind(media.storage_key)
    .bind(media.status)
    .bind(media.created_by)
    .bind(now)
    .execute()
    .await?;
    Ok(())
}

/// Inserts files.
pub async fn insert_all(tx: &mut Tx, media: &[NewMedia<'_>], now: DateTime<Utc>) -> Result<(), StoreError> {
    if media.is_empty() {
        return Ok(());
    }
    let batch = Batch::new()
        .ids(media.iter().map(|media| media.id))
        .optional_ids(media.iter().map(|media| media.message_id))
        .optional_ids(media.iter().map(|media| media.conversation_id))
        .optional_texts(media.iter().map(|media| media.provider_media_id))
        .texts(media.iter().map(|media| media.mime_type))
        .optional_texts(media.iter().map(|media| media.filename))
        .optional_integers(media.iter().map(|media| media.size_bytes))
        .optional_texts(media.iter().map(|media| media.sha256))
        .optional_texts(media.iter().map(|media| media.storage_key))
        .texts(media.iter().map(|media| media.status.as_str()))
        .optional_ids(media.iter().map(|media| media.created_by))
        .times(media.iter().map(|_| now));
    tx.query_for(
        "insert into media_files (id, message_id, conversation_id, provider_media_id, mime_type, filename, size_bytes,
                sha256, storage_key, status, created_by, created_at, updated_at)
         select unhex(value ->> 0), unhex(value ->> 1), unhex(value ->> 2), value ->> 3, value ->> 4, value ->> 5,
                value ->> 6, value ->> 7, value ->> 8, value ->> 9, unhex(value ->> 10), value ->> 11, value ->> 11
         from json_each($1)",
        "insert into media_files (id, message_id, conversation_id, provider_media_id, mime_type, filename, size_bytes,
                sha256, storage_key, status, created_by, created_at, updated_at)
         select batch.*, batch.at
         from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[],
                     $9::text[], $10::text[], $11::uuid[], $12::timestamptz[])
              as batch (id, message_id, conversation_id, provider_media_id, mime_type, filename, size_bytes, sha256,
                        storage_key, status, created_by, at)",
    )
    .bind_batch(batch)
    .execute()
    .await?;
    Ok(())
}

/// One file.
pub async fn by_id(tx: &mut Tx, id: MediaId) -> Result<Option<MediaRow>, StoreError> {
    tx.query(
        "select id, message_id, conversation_id, provider_media_id, mime_type, filename, size_bytes, sha256,
                storage_key, status, failure, created_by, created_at
         from media_files where id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// A file was fetched and lies in the object store.
pub async fn ready(
    tx: &mut Tx,
    id: MediaId,
    mime_type: &str,
    size_bytes: i64,
    sha256: &str,
    storage_key: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.query(
        "update media_files set status = $2, mime_type = $3, size_bytes = $4, sha256 = $5, storage_key = $6,
                updated_at = $7
         where id = $1",
    )
    .bind(id)
    .bind(MediaStatus::Ready)
    .bind(mime_type)
    .bind(size_bytes)
    .bind(sha256)
    .bind(storage_key)
    .bind(now)
    .execute()
    .await?;
    Ok(())
}

/// A file cannot be had; `failure` is one of our words.
pub async fn failed(tx: &mut Tx, id: MediaId, failure: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.query("update media_files set status = $2, failure = $3, updated_at = $4 where id = $1")
        .bind(id)
        .bind(MediaStatus::Failed)
        .bind(failure)
        .bind(now)
        .execute()
        .await?;
    Ok(())
}

/// An uploaded file now belongs to a message. `false` when it does already, or is not there.
pub async fn attach(tx: &mut Tx, id: MediaId, message: MessageId, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let changed = tx
        .query("update media_files set message_id = $2, updated_at = $3 where id = $1 and message_id is null")
        .bind(id)
        .bind(message)
        .bind(now)
        .execute()
        .await?;
    Ok(changed == 1)
}

record! {
    /// A copy of a file of ours that a provider holds, so that it need not be uploaded twice.
    #[derive(Clone, Debug)]
    pub struct ProviderCopy {
        /// The provider's id of the copy.
        pub provider_media_id: String,
        /// Until when the provider keeps it.
        pub expires_at: DateTime<Utc>,
    }
}

/// The copy of a content that the provider of an inbox holds.
pub async fn provider_copy(tx: &mut Tx, inbox: InboxId, sha256: &str) -> Result<Option<ProviderCopy>, StoreError> {
    tx.query("select provider_media_id, expires_at from media_copies where inbox_id = $1 and sha256 = $2")
        .bind(inbox)
        .bind(sha256)
        .optional()
        .await
}

/// The provider of an inbox holds a copy of a content.
pub async fn keep_provider_copy(
    tx: &mut Tx,
    inbox: InboxId,
    sha256: &str,
    copy: &ProviderCopy,
) -> Result<(), StoreError> {
    tx.query(
        "insert into media_copies (inbox_id, sha256, provider_media_id, expires_at) values ($1, $2, $3, $4)
         on conflict (inbox_id, sha256)
         do update set provider_media_id = excluded.provider_media_id, expires_at = excluded.expires_at",
    )
    .bind(inbox)
    .bind(sha256)
    .bind(copy.provider_media_id.as_str())
    .bind(copy.expires_at)
    .execute()
    .await?;
    Ok(())
}

/// The provider's copy is of no use any more.
pub async fn forget_provider_copy(tx: &mut Tx, inbox: InboxId, sha256: &str) -> Result<(), StoreError> {
    tx.query("delete from media_copies where inbox_id = $1 and sha256 = $2").bind(inbox).bind(sha256).execute().await?;
    Ok(())
}
