//! Inbound events that could not be understood or belong to nobody we know. The raw bytes are kept.

use chrono::{DateTime, Utc};
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::{ActorId, InboxId, QuarantineId};
use sha2::{Digest, Sha256};

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
        /// `open` until somebody has dealt with it, then `replayed` or `discarded`.
        pub status: String,
        /// How often somebody tried to replay it.
        pub attempts: i64,
        /// Why it was discarded.
        pub note: Option<String>,
        /// Who settled it.
        pub resolved_by: Option<ActorId>,
        /// When it was settled.
        pub resolved_at: Option<DateTime<Utc>>,
        /// When it was received.
        pub received_at: DateTime<Utc>,
        /// When it was put here.
        pub created_at: DateTime<Utc>,
    }
}

record! {
    /// What a replay needs of a quarantined event.
    #[derive(Clone, Debug)]
    pub struct QuarantinedContent {
        /// The bytes as they came.
        pub raw: Vec<u8>,
        /// The whole request, sealed; none when there was no key.
        pub request: Option<Vec<u8>>,
    }
}

/// Which events a list shows.
#[derive(Clone, Debug)]
pub struct QuarantineFilter<'a> {
    /// `open`, `replayed` or `discarded`.
    pub status: &'a str,
    /// Put aside for this reason.
    pub reason: Option<&'a str>,
    /// Came to this inbox.
    pub inbox_id: Option<InboxId>,
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

/// What tells an event from all others: it is put aside once, however often a provider or the journal sends it.
fn fingerprint(event: &NewQuarantined) -> String {
    let mut hasher = Sha256::new();
    for part in [
        event.inbox_id.map_or([0; 16], |id| *id.0.as_bytes()).as_slice(),
        event.provider.as_bytes(),
        b"\0",
        event.reason.as_bytes(),
        b"\0",
        &event.raw,
    ] {
        hasher.update(part);
    }
    hex::encode(hasher.finalize())
}

/// Puts an event aside. `request`: all of it, sealed.
pub async fn insert(tx: &mut Tx, ctx: &Ctx, event: NewQuarantined, request: Option<Vec<u8>>) -> Result<(), StoreError> {
    let fingerprint = fingerprint(&event);
    tx.query(
        "insert into quarantine (id, inbox_id, provider, reason, raw, request, fingerprint, attempts, status,
                received_at, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, 0, 'open', $8, $9)
         on conflict do nothing",
    )
    .bind(event.id)
    .bind(event.inbox_id)
    .bind(event.provider)
    .bind(event.reason)
    .bind(event.raw)
    .bind(request)
    .bind(fingerprint)
    .bind(event.received_at)
    .bind(ctx.now)
    .execute()
    .await?;
    Ok(())
}

/// Up to `limit` events, newest first, older than `before`.
pub async fn page(
    tx: &mut Tx,
    filter: &QuarantineFilter<'_>,
    before: Option<QuarantineId>,
    limit: i64,
) -> Result<Vec<QuarantineRow>, StoreError> {
    tx.query_for(
        "select id, inbox_id, provider, reason, cast(length(raw) as bigint) as size_bytes, status, attempts, note,
                resolved_by, resolved_at, received_at, created_at
         from quarantine
         where status = $1 and ($2 is null or id < $2) and ($3 is null or reason = $3)
           and ($4 is null or inbox_id = $4)
         order by id desc limit $5",
        "select id, inbox_id, provider, reason, cast(length(raw) as bigint) as size_bytes, status, attempts, note,
                resolved_by, resolved_at, received_at, created_at
         from quarantine
         where status = $1 and ($2::uuid is null or id < $2) and ($3::text is null or reason = $3)
           and ($4::uuid is null or inbox_id = $4)
         order by id desc limit $5",
    )
    .bind(filter.status)
    .bind(before)
    .bind(filter.reason)
    .bind(filter.inbox_id)
    .bind(limit)
    .all()
    .await
}

/// One event.
pub async fn by_id(tx: &mut Tx, id: QuarantineId) -> Result<Option<QuarantineRow>, StoreError> {
    tx.query(
        "select id, inbox_id, provider, reason, cast(length(raw) as bigint) as size_bytes, status, attempts, note,
                resolved_by, resolved_at, received_at, created_at
         from quarantine where id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// What a replay needs of an event.
pub async fn content(tx: &mut Tx, id: QuarantineId) -> Result<Option<QuarantinedContent>, StoreError> {
    tx.query("select raw, request from quarantine where id = $1").bind(id).optional().await
}

/// The bytes of one event.
pub async fn raw(tx: &mut Tx, id: QuarantineId) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(tx.query("select raw from quarantine where id = $1").bind(id).column::<Vec<u8>>().await?.into_iter().next())
}

/// Remembers that a replay was tried and changed nothing.
pub async fn tried(tx: &mut Tx, id: QuarantineId) -> Result<(), StoreError> {
    tx.query("update quarantine set attempts = attempts + 1 where id = $1").bind(id).execute().await.map(drop)
}

/// Settles an open event. `false`: it does not exist or was settled before.
pub async fn settle(
    tx: &mut Tx,
    ctx: &Ctx,
    id: QuarantineId,
    status: &str,
    note: Option<&str>,
) -> Result<bool, StoreError> {
    let settled = tx
        .query(
            "update quarantine set status = $2, note = $3, resolved_by = $4, resolved_at = $5, attempts = attempts + 1
             where id = $1 and status = 'open'",
        )
        .bind(id)
        .bind(status)
        .bind(note)
        .bind(ctx.actor.id)
        .bind(ctx.now)
        .execute()
        .await?;
    Ok(settled == 1)
}

/// How many events wait for somebody.
pub async fn count_open(tx: &mut Tx) -> Result<i64, StoreError> {
    tx.query("select cast(count(*) as bigint) from quarantine where status = 'open'").scalar().await
}

/// Forgets up to `limit` events that were settled before `before`.
pub async fn sweep(tx: &mut Tx, before: DateTime<Utc>, limit: i64) -> Result<u64, StoreError> {
    tx.query(
        "delete from quarantine
         where id in (select id from quarantine where status <> 'open' and resolved_at < $1 limit $2)",
    )
    .bind(before)
    .bind(limit)
    .execute()
    .await
}
