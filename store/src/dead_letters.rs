//! Work that was given up, with the reason and all that a replay needs.

use chrono::{DateTime, Utc};
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::{ActorId, DeadLetterId};
use patchbay_core::redaction::sink;
use serde_json::Value;
use uuid::Uuid;

use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

record! {
    /// A dead letter.
    #[derive(Clone, Debug)]
    pub struct DeadLetterRow {
        /// Our id.
        pub id: DeadLetterId,
        /// Where it comes from: `job`, `message`, `outbox`, `integration`.
        pub source: String,
        /// What kind of work it was.
        pub kind: String,
        /// The message, job or outbox row it is about.
        pub ref_id: Option<Uuid>,
        /// All that a replay needs.
        pub payload: Value,
        /// Why it was given up.
        pub error: String,
        /// How often it was tried.
        pub attempts: i64,
        /// `open`, `replayed` or `discarded`.
        pub status: String,
        /// Why it was discarded.
        pub note: Option<String>,
        /// Who settled it.
        pub resolved_by: Option<ActorId>,
        /// When it was settled.
        pub resolved_at: Option<DateTime<Utc>>,
        /// When it was given up.
        pub created_at: DateTime<Utc>,
    }
}

/// A dead letter about to be written.
#[derive(Clone, Debug)]
pub struct NewDeadLetter<'a> {
    /// Our id.
    pub id: DeadLetterId,
    /// Where it comes from.
    pub source: &'static str,
    /// What kind of work it was.
    pub kind: &'a str,
    /// The message, job or outbox row it is about.
    pub ref_id: Uuid,
    /// All that a replay needs.
    pub payload: Value,
    /// Why it was given up: no addresses, no texts.
    pub error: &'a str,
    /// How often it was tried.
    pub attempts: i64,
}

/// Writes an open dead letter.
pub async fn insert(tx: &mut Tx, ctx: &Ctx, letter: &NewDeadLetter<'_>) -> Result<(), StoreError> {
    tx.query(
        "insert into dead_letters (id, source, kind, ref_id, payload, error, attempts, status, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, 'open', $8)",
    )
    .bind(letter.id)
    .bind(letter.source)
    .bind(letter.kind)
    .bind(letter.ref_id)
    .bind(letter.payload.clone())
    // What another system said may hold anything. The payload is what a replay needs: it is redacted where it is shown.
    .bind(sink::text(letter.error).as_ref())
    .bind(letter.attempts)
    .bind(ctx.now)
    .execute()
    .await?;
    Ok(())
}

/// Which letters a list shows.
#[derive(Clone, Debug)]
pub struct LetterFilter<'a> {
    /// `open`, `replayed` or `discarded`.
    pub status: &'a str,
    /// Where they come from: `job`, `message`, `outbox`.
    pub source: Option<&'a str>,
    /// What kind of work it was.
    pub kind: Option<&'a str>,
}

/// Up to `limit` letters of one status, newest first, older than `before`.
pub async fn page(
    tx: &mut Tx,
    status: &str,
    before: Option<DeadLetterId>,
    limit: i64,
) -> Result<Vec<DeadLetterRow>, StoreError> {
    filtered(tx, &LetterFilter { status, source: None, kind: None }, before, limit).await
}

/// Up to `limit` letters, newest first, older than `before`.
pub async fn filtered(
    tx: &mut Tx,
    filter: &LetterFilter<'_>,
    before: Option<DeadLetterId>,
    limit: i64,
) -> Result<Vec<DeadLetterRow>, StoreError> {
    tx.query_for(
        "select id, source, kind, ref_id, payload, error, attempts, status, note, resolved_by, resolved_at, created_at
         from dead_letters
         where status = $1 and ($2 is null or id < $2) and ($3 is null or source = $3) and ($4 is null or kind = $4)
         order by id desc limit $5",
        "select id, source, kind, ref_id, payload, error, attempts, status, note, resolved_by, resolved_at, created_at
         from dead_letters
         where status = $1 and ($2::uuid is null or id < $2) and ($3::text is null or source = $3)
           and ($4::text is null or kind = $4)
         order by id desc limit $5",
    )
    .bind(filter.status)
    .bind(before)
    .bind(filter.source)
    .bind(filter.kind)
    .bind(limit)
    .all()
    .await
}

/// Says why a letter was given up, or what is to be done instead of what it said.
pub async fn amend(
    tx: &mut Tx,
    id: DeadLetterId,
    note: Option<&str>,
    payload: Option<&Value>,
) -> Result<(), StoreError> {
    tx.query("update dead_letters set note = coalesce($2, note), payload = coalesce($3, payload) where id = $1")
        .bind(id)
        .bind(note)
        .bind(payload.cloned())
        .execute()
        .await
        .map(drop)
}

/// One letter.
pub async fn find(tx: &mut Tx, id: DeadLetterId) -> Result<Option<DeadLetterRow>, StoreError> {
    tx.query(
        "select id, source, kind, ref_id, payload, error, attempts, status, note, resolved_by,
                resolved_at, created_at
         from dead_letters where id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// Settles an open letter. `false`: it does not exist or was settled already.
pub async fn settle(tx: &mut Tx, ctx: &Ctx, id: DeadLetterId, status: &str) -> Result<bool, StoreError> {
    let settled = tx
        .query(
            "update dead_letters set status = $2, resolved_by = $3, resolved_at = $4
             where id = $1 and status = 'open'",
        )
        .bind(id)
        .bind(status)
        .bind(ctx.actor.id)
        .bind(ctx.now)
        .execute()
        .await?;
    Ok(settled == 1)
}

/// Settles the open letter about something, if there is one.
pub async fn settle_about(tx: &mut Tx, ctx: &Ctx, source: &str, about: Uuid, status: &str) -> Result<(), StoreError> {
    tx.query(
        "update dead_letters set status = $3, resolved_by = $4, resolved_at = $5
         where source = $1 and ref_id = $2 and status = 'open'",
    )
    .bind(source)
    .bind(about)
    .bind(status)
    .bind(ctx.actor.id)
    .bind(ctx.now)
    .execute()
    .await
    .map(drop)
}

/// How many letters wait for somebody.
pub async fn count_open(tx: &mut Tx) -> Result<i64, StoreError> {
    tx.query("select cast(count(*) as bigint) as letters from dead_letters where status = 'open'").scalar().await
}
