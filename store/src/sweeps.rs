//! What has expired and goes: logins, failed attempts to log in, delivered outbox rows. Small bites, so that nobody waits.

use chrono::{DateTime, Utc};

use crate::error::StoreError;
use crate::tx::Tx;

/// Forgets up to `limit` refresh tokens that have expired.
pub async fn refresh_tokens(tx: &mut Tx, now: DateTime<Utc>, limit: i64) -> Result<u64, StoreError> {
    tx.query(
        "delete from refresh_tokens
         where token_hash in (select token_hash from refresh_tokens where expires_at < $1 limit $2)",
    )
    .bind(now)
    .bind(limit)
    .execute()
    .await
}

/// Forgets up to `limit` windows of failed logins that began before `before`.
pub async fn login_failures(tx: &mut Tx, before: DateTime<Utc>, limit: i64) -> Result<u64, StoreError> {
    tx.query(
        "delete from login_failures
         where subject in (select subject from login_failures where window_started_at < $1 limit $2)",
    )
    .bind(before)
    .bind(limit)
    .execute()
    .await
}

/// Forgets up to `limit` outbox rows that were delivered and written before `before`.
pub async fn delivered_outbox(tx: &mut Tx, before: DateTime<Utc>, limit: i64) -> Result<u64, StoreError> {
    tx.query(
        "delete from outbox_events
         where id in (select id from outbox_events where status = 'SENT' and created_at < $1 limit $2)",
    )
    .bind(before)
    .bind(limit)
    .execute()
    .await
}
