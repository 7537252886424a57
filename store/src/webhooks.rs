//! Addresses of others that hear of our events.

use chrono::{DateTime, Utc};
use patchbay_core::ids::{ActorId, WebhookId};
use serde_json::Value;

use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

record! {
    /// An address as stored. `secrets` do not leave the hub.
    #[derive(Clone)]
    pub struct WebhookRow {
        /// Our id.
        pub id: WebhookId,
        /// Where it is.
        pub url: String,
        /// What it is for.
        pub description: String,
        /// Which events it hears.
        pub events: Vec<String>,
        /// What calls are signed with, newest first: `{"secret", "expires_at"}`.
        pub secrets: Value,
        /// One that is not is not called.
        pub is_active: bool,
        /// When it was taken out of use by itself.
        pub disabled_at: Option<DateTime<Utc>>,
        /// Why.
        pub disabled_reason: Option<String>,
        /// Since when every try has failed.
        pub failing_since: Option<DateTime<Utc>>,
        /// How many tries failed since the last one that did not.
        pub failures: i64,
        /// When it last took an event.
        pub last_delivered_at: Option<DateTime<Utc>>,
        /// Who made it.
        pub created_by: ActorId,
        /// Grows with every change.
        pub version: i64,
        /// When it was made.
        pub created_at: DateTime<Utc>,
        /// When it last changed.
        pub updated_at: DateTime<Utc>,
    }
}

/// Secrets do not print.
impl std::fmt::Debug for WebhookRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebhookRow").field("id", &self.id).field("version", &self.version).finish_non_exhaustive()
    }
}

/// Stores an address.
pub async fn insert(tx: &mut Tx, row: &WebhookRow) -> Result<(), StoreError> {
    tx.query(
        "insert into webhooks (id, url, description, events, secrets, is_active, failures, created_by, version,
                               created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, 0, $7, 1, $8, $8)",
    )
    .bind(row.id)
    .bind(row.url.as_str())
    .bind(row.description.as_str())
    .bind(row.events.clone())
    .bind(row.secrets.clone())
    .bind(row.is_active)
    .bind(row.created_by)
    .bind(row.created_at)
    .execute()
    .await?;
    Ok(())
}

/// One address.
pub async fn by_id(tx: &mut Tx, id: WebhookId) -> Result<Option<WebhookRow>, StoreError> {
    tx.query(
        "select id, url, description, events, secrets, is_active, disabled_at, disabled_reason, failing_since, failures,
                last_delivered_at, created_by, version, created_at, updated_at
         from webhooks where id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// Addresses in the order they were made, after `after`; active or inactive ones only, when asked.
pub async fn page(
    tx: &mut Tx,
    is_active: Option<bool>,
    after: Option<WebhookId>,
    limit: i64,
) -> Result<Vec<WebhookRow>, StoreError> {
    tx.query(
        "select id, url, description, events, secrets, is_active, disabled_at, disabled_reason, failing_since, failures,
                last_delivered_at, created_by, version, created_at, updated_at
         from webhooks
         where ($1 is null or id > $1) and ($2 is null or is_active = $2)
         order by id limit $3",
    )
    .bind(after)
    .bind(is_active)
    .bind(limit)
    .all()
    .await
}

/// How many addresses are active.
pub async fn count_active(tx: &mut Tx) -> Result<i64, StoreError> {
    tx.query("select count(*) as count from webhooks where is_active").scalar().await
}

/// Writes what people change. Whoever makes an address active again forgets its failures. Error:
/// [`StoreError::Conflict`] when it changed since it was read.
pub async fn update(tx: &mut Tx, row: &WebhookRow) -> Result<(), StoreError> {
    let changed = tx
        .query(
            "update webhooks
             set url = $3, description = $4, events = $5, secrets = $6, is_active = $7, disabled_at = $8,
                 disabled_reason = $9, failing_since = $10, failures = $11, updated_at = $12, version = version + 1
             where id = $1 and version = $2",
        )
        .bind(row.id)
        .bind(row.version)
        .bind(row.url.as_str())
        .bind(row.description.as_str())
        .bind(row.events.clone())
        .bind(row.secrets.clone())
        .bind(row.is_active)
        .bind(row.disabled_at)
        .bind(row.disabled_reason.clone())
        .bind(row.failing_since)
        .bind(row.failures)
        .bind(row.updated_at)
        .execute()
        .await?;
    if changed == 1 { Ok(()) } else { Err(StoreError::Conflict) }
}

/// Notes that an address took an event.
pub async fn note_success(tx: &mut Tx, id: WebhookId, now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.query("update webhooks set failing_since = null, failures = 0, last_delivered_at = $2 where id = $1")
        .bind(id)
        .bind(now)
        .execute()
        .await?;
    Ok(())
}

/// Notes that tries failed, and tells since when every one has.
pub async fn note_failures(
    tx: &mut Tx,
    id: WebhookId,
    failures: i64,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let since = tx
        .query(
            "update webhooks set failing_since = coalesce(failing_since, $3), failures = failures + $2 where id = $1
             returning failing_since",
        )
        .bind(id)
        .bind(failures)
        .bind(now)
        .column::<Option<DateTime<Utc>>>()
        .await?;
    Ok(since.into_iter().next().flatten())
}

/// Takes an address out of use. `false`: it was already.
pub async fn disable(tx: &mut Tx, id: WebhookId, reason: &str, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let changed = tx
        .query(
            "update webhooks
             set is_active = $4, disabled_at = $2, disabled_reason = $3, updated_at = $2, version = version + 1
             where id = $1 and is_active",
        )
        .bind(id)
        .bind(now)
        .bind(reason)
        .bind(false)
        .execute()
        .await?;
    Ok(changed == 1)
}
