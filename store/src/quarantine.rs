//! Inbound events that could not be understood or belong to nobody we know. The raw bytes are kept.

use chrono::{DateTime, Utc};
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::{InboxId, QuarantineId};

use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

record! {
    /// A quarantined event, without its bytes.
    #[derive(Clone, Debug)]
    pub struct QuarantineRow {
        /// Our id.
        pub id: QuarantineId,
        /// Inbox it came to, when known.
        pub inbox_id: Option<InboxId>,
        /// Which provider sent it.
        pub provider: String,
        /// Why it is here.
        pub reason: String,
        /// Size of the bytes.
        pub size_bytes: i64,
        /// `open` until somebody has dealt with it.
        pub status: String,
        /// When it was received.
        pub received_at: DateTime<Utc>,
        /// When it was put here.
        pub created_at: DateTime<Utc>,
    }
}

/// An event about to be put aside.
#[derive(Clone, Debug)]
pub struct NewQuarantined {
    /// Our id.
    pub id: QuarantineId,
    /// Inbox it came to, when known.
    pub inbox_id: Option<InboxId>,
    /// Which provider sent it.
    pub provider: String,
    /// Why: a word of ours, never the sender's text.
    pub reason: String,
    /// The bytes as they came.
    pub raw: Vec<u8>,
    /// When it was received.
    pub received_at: DateTime<Utc>,
}

/// Puts an event aside.
pub async fn insert(tx: &mut Tx, ctx: &Ctx, event: NewQuarantined) -> Result<(), StoreError> {
    tx.query(
        "insert into quarantine (id, inbox_id, provider, reason, raw, status, received_at, created_at)
         values ($1, $2, $3, $4, $5, 'open', $6, $7)",
    )
    .bind(event.id)
    .bind(event.inbox_id)
    .bind(event.provider)
    .bind(event.reason)
    .bind(event.raw)
    .bind(event.received_at)
    .bind(ctx.now)
    .execute()
    .await?;
    Ok(())
}

/// Up to `limit` events of one status, newest first, older than `before`.
pub async fn page(
    tx: &mut Tx,
    status: &str,
    before: Option<QuarantineId>,
    limit: i64,
) -> Result<Vec<QuarantineRow>, StoreError> {
    tx.query(
        "select id, inbox_id, provider, reason, cast(length(raw) as bigint) as size_bytes, status, received_at,
                created_at
         from quarantine
         where status = $1 and ($2 is null or id < $2)
         order by id desc
         limit $3",
    )
    .bind(status)
    .bind(before)
    .bind(limit)
    .all()
    .await
}

/// The bytes of one event.
pub async fn raw(tx: &mut Tx, id: QuarantineId) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(tx.query("select raw from quarantine where id = $1").bind(id).column::<Vec<u8>>().await?.into_iter().next())
}
