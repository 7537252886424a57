//! Events on their way to addresses of others, and every try.

use chrono::{DateTime, Utc};
use patchbay_core::ids::{EventId, WebhookAttemptId, WebhookDeliveryId, WebhookId};
use patchbay_core::webhook::DeliveryState;

use crate::batch::Batch;
use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

crate::stored_words!(DeliveryState);

/// An event about to be sent to an address.
#[derive(Clone, Debug)]
pub struct NewDelivery {
    /// Names the delivery.
    pub id: WebhookDeliveryId,
    /// The address.
    pub webhook_id: WebhookId,
    /// The event: the same for every address and every try.
    pub event_id: EventId,
    /// Its name.
    pub event_type: String,
    /// What is sent, to the byte.
    pub body: String,
}

record! {
    /// A delivery as the log shows it.
    #[derive(Clone, Debug)]
    pub struct DeliveryRow {
        /// Names the delivery.
        pub id: WebhookDeliveryId,
        /// The address.
        pub webhook_id: WebhookId,
        /// The event.
        pub event_id: EventId,
        /// Its name.
        pub event_type: String,
        /// What is sent.
        pub body: String,
        /// Where it stands.
        pub state: DeliveryState,
        /// Tries since it was made or replayed.
        pub attempts: i64,
        /// When it is due, or the try that runs is given up.
        pub next_attempt_at: DateTime<Utc>,
        /// Status of the last answer.
        pub response_status: Option<i64>,
        /// Why the last try failed.
        pub error: Option<String>,
        /// When it was made.
        pub created_at: DateTime<Utc>,
        /// When it last changed.
        pub updated_at: DateTime<Utc>,
    }
}

record! {
    /// A delivery to be tried now.
    #[derive(Clone, Debug)]
    pub struct Claimed {
        /// Names the delivery.
        pub id: WebhookDeliveryId,
        /// The event.
        pub event_id: EventId,
        /// Its name.
        pub event_type: String,
        /// What is sent.
        pub body: String,
        /// Which try it is, from 1; names the claim.
        pub attempts: i64,
    }
}

record! {
    /// One try.
    #[derive(Clone, Debug)]
    pub struct AttemptRow {
        /// Names the try.
        pub id: WebhookAttemptId,
        /// When it began.
        pub started_at: DateTime<Utc>,
        /// How long it took.
        pub took_ms: i64,
        /// Status of the answer, if there was one.
        pub response_status: Option<i64>,
        /// Why it failed.
        pub error: Option<String>,
    }
}

/// How a try ended, and what becomes of the delivery.
#[derive(Clone, Debug)]
pub struct Ending {
    /// The delivery.
    pub delivery: WebhookDeliveryId,
    /// Which try it was.
    pub attempt: i64,
    /// Where the delivery stands now.
    pub state: DeliveryState,
    /// When it is due again.
    pub next_attempt_at: DateTime<Utc>,
    /// When the try began.
    pub started_at: DateTime<Utc>,
    /// How long it took.
    pub took_ms: i64,
    /// Status of the answer, if there was one.
    pub response_status: Option<i64>,
    /// Why it failed.
    pub error: Option<&'static str>,
}

/// Stores deliveries, due at once. Those whose event is on its way to the same address already are left out.
pub async fn insert(tx: &mut Tx, deliveries: &[NewDelivery], now: DateTime<Utc>) -> Result<(), StoreError> {
    if deliveries.is_empty() {
        return Ok(());
    }
    tx.query_for(
        "insert into webhook_deliveries (id, webhook_id, event_id, event_type, body, state, attempts, next_attempt_at,
                                         created_at, updated_at)
         values ($1, $2, $3, $4, $5, 'pending', 0, $6, $6, $6)
         on conflict (webhook_id, event_id) do nothing",
        "insert into webhook_deliveries (id, webhook_id, event_id, event_type, body, state, attempts, next_attempt_at,
                                         created_at, updated_at)
         select batch.id, batch.webhook_id, batch.event_id, batch.event_type, batch.body, 'pending', 0, batch.now,
                batch.now, batch.now
         from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[])
              as batch (id, webhook_id, event_id, event_type, body, now)
         on conflict (webhook_id, event_id) do nothing",
    )
    .bind_each(
        Batch::new()
            .ids(deliveries.iter().map(|delivery| delivery.id))
            .ids(deliveries.iter().map(|delivery| delivery.webhook_id))
            .ids(deliveries.iter().map(|delivery| delivery.event_id))
            .texts(deliveries.iter().map(|delivery| delivery.event_type.as_str()))
            .texts(deliveries.iter().map(|delivery| delivery.body.as_str()))
            .times(deliveries.iter().map(|_| now)),
    )
    .execute()
    .await?;
    Ok(())
}

/// Active addresses that something is due for.
pub async fn due_addresses(tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<WebhookId>, StoreError> {
    tx.query(
        "select w.id from webhooks w
         where w.is_active and exists (
             select 1 from webhook_deliveries d
             where d.webhook_id = w.id and d.state = 'pending' and d.next_attempt_at <= $1)
         order by w.id",
    )
    .bind(now)
    .column()
    .await
}

/// Takes up to `limit` due deliveries of one address, the oldest first, until `until`: when nobody says how they ended
/// by then, they are due again.
pub async fn claim(
    tx: &mut Tx,
    webhook: WebhookId,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Claimed>, StoreError> {
    tx.query_for(
        "update webhook_deliveries set next_attempt_at = $3, attempts = attempts + 1
         where state = 'pending' and next_attempt_at <= $2 and id in (
             select due.id from webhook_deliveries due
             where due.webhook_id = $1 and due.state = 'pending' and due.next_attempt_at <= $2
             order by due.next_attempt_at, due.id limit $4)
         returning id, event_id, event_type, body, attempts",
        "update webhook_deliveries set next_attempt_at = $3, attempts = attempts + 1
         where state = 'pending' and next_attempt_at <= $2 and id in (
             select due.id from webhook_deliveries due
             where due.webhook_id = $1 and due.state = 'pending' and due.next_attempt_at <= $2
             order by due.next_attempt_at, due.id limit $4
             for update skip locked)
         returning id, event_id, event_type, body, attempts",
    )
    .bind(webhook)
    .bind(now)
    .bind(until)
    .bind(limit)
    .all()
    .await
}

/// Notes how tries ended. One whose claim has run out and was taken anew changes nothing but the log.
pub async fn settle(tx: &mut Tx, endings: &[Ending], now: DateTime<Utc>) -> Result<(), StoreError> {
    if endings.is_empty() {
        return Ok(());
    }
    tx.query_for(
        "update webhook_deliveries
         set state = $3, next_attempt_at = $4, response_status = $5, error = $6, updated_at = $7
         where id = $1 and attempts = $2 and state = 'pending'",
        "update webhook_deliveries d
         set state = batch.state, next_attempt_at = batch.next_attempt_at, response_status = batch.response_status,
             error = batch.error, updated_at = batch.now
         from unnest($1::uuid[], $2::bigint[], $3::text[], $4::timestamptz[], $5::bigint[], $6::text[],
                     $7::timestamptz[])
              as batch (id, attempts, state, next_attempt_at, response_status, error, now)
         where d.id = batch.id and d.attempts = batch.attempts and d.state = 'pending'",
    )
    .bind_each(
        Batch::new()
            .ids(endings.iter().map(|ending| ending.delivery))
            .integers(endings.iter().map(|ending| ending.attempt))
            .texts(endings.iter().map(|ending| ending.state.as_str()))
            .times(endings.iter().map(|ending| ending.next_attempt_at))
            .optional_integers(endings.iter().map(|ending| ending.response_status))
            .optional_texts(endings.iter().map(|ending| ending.error))
            .times(endings.iter().map(|_| now)),
    )
    .execute()
    .await?;
    tx.query_for(
        "insert into webhook_attempts (id, delivery_id, started_at, took_ms, response_status, error)
         values ($1, $2, $3, $4, $5, $6)",
        "insert into webhook_attempts (id, delivery_id, started_at, took_ms, response_status, error)
         select batch.* from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::bigint[], $5::bigint[], $6::text[])
         as batch",
    )
    .bind_each(
        Batch::new()
            .ids(endings.iter().map(|_| WebhookAttemptId::new()))
            .ids(endings.iter().map(|ending| ending.delivery))
            .times(endings.iter().map(|ending| ending.started_at))
            .integers(endings.iter().map(|ending| ending.took_ms))
            .optional_integers(endings.iter().map(|ending| ending.response_status))
            .optional_texts(endings.iter().map(|ending| ending.error)),
    )
    .execute()
    .await?;
    Ok(())
}

/// Deliveries to one address, newest first, before `before`; in one state only, when asked.
pub async fn page(
    tx: &mut Tx,
    webhook: WebhookId,
    state: Option<DeliveryState>,
    before: Option<WebhookDeliveryId>,
    limit: i64,
) -> Result<Vec<DeliveryRow>, StoreError> {
    tx.query(
        "select id, webhook_id, event_id, event_type, body, state, attempts, next_attempt_at, response_status, error,
                created_at, updated_at
         from webhook_deliveries
         where webhook_id = $1 and ($2 is null or state = $2) and ($3 is null or id < $3)
         order by id desc limit $4",
    )
    .bind(webhook)
    .bind(state)
    .bind(before)
    .bind(limit)
    .all()
    .await
}

/// One delivery to one address.
pub async fn find(tx: &mut Tx, webhook: WebhookId, id: WebhookDeliveryId) -> Result<Option<DeliveryRow>, StoreError> {
    tx.query(
        "select id, webhook_id, event_id, event_type, body, state, attempts, next_attempt_at, response_status, error,
                created_at, updated_at
         from webhook_deliveries where webhook_id = $1 and id = $2",
    )
    .bind(webhook)
    .bind(id)
    .optional()
    .await
}

/// The tries of one delivery, oldest first.
pub async fn attempts(tx: &mut Tx, id: WebhookDeliveryId) -> Result<Vec<AttemptRow>, StoreError> {
    tx.query(
        "select id, started_at, took_ms, response_status, error from webhook_attempts
         where delivery_id = $1 order by id limit 100",
    )
    .bind(id)
    .all()
    .await
}

/// Sends a delivery anew, from the first try on.
pub async fn replay(tx: &mut Tx, id: WebhookDeliveryId, now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.query(
        "update webhook_deliveries set state = 'pending', attempts = 0, next_attempt_at = $2, updated_at = $2
         where id = $1",
    )
    .bind(id)
    .bind(now)
    .execute()
    .await?;
    Ok(())
}

/// Sends everything anew that an address did not get since then. Tells how much that is.
pub async fn replay_missed(
    tx: &mut Tx,
    webhook: WebhookId,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    tx.query(
        "update webhook_deliveries set state = 'pending', attempts = 0, next_attempt_at = $3, updated_at = $3
         where webhook_id = $1 and state in ('failed', 'canceled') and created_at >= $2",
    )
    .bind(webhook)
    .bind(since)
    .bind(now)
    .execute()
    .await
}

/// Takes back what is on its way to an address. Tells how much that is.
pub async fn cancel(tx: &mut Tx, webhook: WebhookId, now: DateTime<Utc>) -> Result<u64, StoreError> {
    tx.query(
        "update webhook_deliveries set state = 'canceled', updated_at = $2
         where webhook_id = $1 and state = 'pending'",
    )
    .bind(webhook)
    .bind(now)
    .execute()
    .await
}

/// Removes settled deliveries from before `cutoff`, at most `limit`.
pub async fn sweep(tx: &mut Tx, cutoff: DateTime<Utc>, limit: i64) -> Result<u64, StoreError> {
    tx.query(
        "delete from webhook_deliveries where id in (
             select id from webhook_deliveries where created_at < $1 and state <> 'pending' order by created_at limit $2)",
    )
    .bind(cutoff)
    .bind(limit)
    .execute()
    .await
}

/// Removes tries from before `cutoff`, at most `limit`.
pub async fn sweep_attempts(tx: &mut Tx, cutoff: DateTime<Utc>, limit: i64) -> Result<u64, StoreError> {
    tx.query(
        "delete from webhook_attempts where id in (
             select id from webhook_attempts where started_at < $1 order by started_at limit $2)",
    )
    .bind(cutoff)
    .bind(limit)
    .execute()
    .await
}
