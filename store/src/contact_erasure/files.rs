//! What lies outside of the tables: files, the pages and raw forms of mails, requests in the journal.

use chrono::{DateTime, Utc};
use patchbay_core::ids::{ConversationId, InboxId};

use super::conversations_batch;
use crate::batch::Batch;
use crate::error::StoreError;
use crate::objects::media_key;
use crate::record;
use crate::tx::Tx;

/// Forgets the files of these conversations, and tells where they lay.
pub async fn forget_files(
    tx: &mut Tx,
    conversations: &[ConversationId],
    now: DateTime<Utc>,
) -> Result<Vec<String>, StoreError> {
    let mut keys: Vec<String> = tx
        .query_for(
            "select distinct f.storage_key from media_files f
             where f.storage_key is not null
               and f.message_id in (select m.id from messages m
                                    where m.conversation_id in (select unhex(value ->> 0) from json_each($1)))",
            "select distinct f.storage_key from media_files f
             where f.storage_key is not null
               and f.message_id in (select m.id from messages m where m.conversation_id = any($1::uuid[]))",
        )
        .bind_batch(conversations_batch(conversations))
        .column()
        .await?;
    tx.query_for(
        "update media_files set filename = null, provider_media_id = null, sha256 = null, storage_key = null,
                size_bytes = null, status = 'failed', updated_at = $1
         where message_id in (select m.id from messages m
                              where m.conversation_id in (select unhex(value ->> 0) from json_each($2)))",
        "update media_files set filename = null, provider_media_id = null, sha256 = null, storage_key = null,
                size_bytes = null, status = 'failed', updated_at = $1
         where message_id in (select m.id from messages m where m.conversation_id = any($2::uuid[]))",
    )
    .bind(now)
    .bind_batch(conversations_batch(conversations))
    .execute()
    .await?;
    keys.extend(mail_objects(tx, conversations).await?.iter().map(|sum| media_key(sum)));
    keys.sort_unstable();
    keys.dedup();
    Ok(keys)
}

/// Whether a file that lies there belongs to anything.
pub async fn is_file_needed(tx: &mut Tx, storage_key: &str) -> Result<bool, StoreError> {
    tx.query("select count(*) > 0 from media_files where storage_key = $1").bind(storage_key).scalar().await
}

record! {
    struct MailObjects {
        html: Option<String>,
        raw: Option<String>,
    }
}

/// The sums of the pages and raw forms of the mails in these conversations: they lie in the object store, and nothing but
/// the messages names them. Ask before the messages are emptied.
async fn mail_objects(tx: &mut Tx, conversations: &[ConversationId]) -> Result<Vec<String>, StoreError> {
    let rows: Vec<MailObjects> = tx
        .query_for(
            "select m.metadata ->> 'html_sha256' as html, m.metadata ->> 'raw_sha256' as raw from messages m
             where m.channel = 'email' and m.direction = 'inbound'
               and m.conversation_id in (select unhex(value ->> 0) from json_each($1))",
            "select m.metadata::jsonb ->> 'html_sha256' as html, m.metadata::jsonb ->> 'raw_sha256' as raw
             from messages m
             where m.channel = 'email' and m.direction = 'inbound' and m.conversation_id = any($1::uuid[])",
        )
        .bind_batch(conversations_batch(conversations))
        .all()
        .await?;
    Ok(rows.into_iter().flat_map(|row| [row.html, row.raw]).flatten().collect())
}

/// Which of these sums some mail still names. Looks at all mails: for the background.
pub async fn mail_objects_needed(tx: &mut Tx, sums: &[String]) -> Result<Vec<String>, StoreError> {
    if sums.is_empty() {
        return Ok(Vec::new());
    }
    tx.query_for(
        "select distinct named.sum from (
             select m.metadata ->> 'html_sha256' as sum from messages m
             where m.channel = 'email' and m.direction = 'inbound'
             union all
             select m.metadata ->> 'raw_sha256' as sum from messages m
             where m.channel = 'email' and m.direction = 'inbound') named
         where named.sum in (select value ->> 0 from json_each($1))",
        "select distinct named.sum from (
             select m.metadata::jsonb ->> 'html_sha256' as sum from messages m
             where m.channel = 'email' and m.direction = 'inbound'
             union all
             select m.metadata::jsonb ->> 'raw_sha256' as sum from messages m
             where m.channel = 'email' and m.direction = 'inbound') named
         where named.sum = any($1::text[])",
    )
    .bind_batch(Batch::new().texts(sums.iter().map(String::as_str)))
    .column()
    .await
}

/// Where and when the messages of conversations came: where the journal may still hold them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remains {
    /// Inboxes.
    pub inboxes: Vec<InboxId>,
    /// When the first was written down.
    pub from: DateTime<Utc>,
    /// When the last was.
    pub to: DateTime<Utc>,
}

record! {
    struct Span {
        inbox_id: InboxId,
        first: DateTime<Utc>,
        last: DateTime<Utc>,
    }
}

/// Where and when the messages of these conversations came. `None`: there are none.
pub async fn remains_of(tx: &mut Tx, conversations: &[ConversationId]) -> Result<Option<Remains>, StoreError> {
    let spans: Vec<Span> = tx
        .query_for(
            "select m.inbox_id, min(m.created_at) as first, max(m.created_at) as last from messages m
             where m.conversation_id in (select unhex(value ->> 0) from json_each($1)) group by m.inbox_id",
            "select m.inbox_id, min(m.created_at) as first, max(m.created_at) as last from messages m
             where m.conversation_id = any($1::uuid[]) group by m.inbox_id",
        )
        .bind_batch(conversations_batch(conversations))
        .all()
        .await?;
    let (Some(from), Some(to)) = (spans.iter().map(|span| span.first).min(), spans.iter().map(|span| span.last).max())
    else {
        return Ok(None);
    };
    Ok(Some(Remains { inboxes: spans.into_iter().map(|span| span.inbox_id).collect(), from, to }))
}
