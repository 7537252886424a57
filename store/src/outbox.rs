//! What others are told about tickets: written with the change, handed on later, in order for each ticket.

use chrono::{DateTime, Utc};
use patchbay_core::ids::OutboxId;
use serde_json::Value;
use uuid::Uuid;

use crate::batch::Batch;
use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

record! {
    /// An event on its way to others.
    #[derive(Clone, Debug)]
    pub struct OutboxRow {
        /// Our id; consumers deduplicate on it.
        pub id: OutboxId,
        /// What kind of thing it is about: `ticket`.
        pub aggregate_type: String,
        /// Which one.
        pub aggregate_id: Uuid,
        /// The thing's version after the change.
        pub aggregate_version: i64,
        /// What happened.
        pub event_type: String,
        /// The envelope.
        pub payload: Value,
        /// `{correlation_id, causation_id, traceparent, schema_version}`.
        pub headers: Value,
        /// One effect, one event.
        pub idempotency_key: String,
        /// How often it was tried to hand it on.
        pub attempt_count: i64,
        /// When it was written.
        pub created_at: DateTime<Utc>,
    }
}

/// Writes an event, in the transaction that makes it true.
pub async fn append(tx: &mut Tx, event: &OutboxRow) -> Result<(), StoreError> {
    tx.query(
        "insert into outbox_events (id, aggregate_type, aggregate_id, aggregate_version, event_type, payload, headers,
                idempotency_key, status, attempt_count, next_attempt_at, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, 'PENDING', $9, $10, $10)",
    )
    .bind(event.id)
    .bind(event.aggregate_type.as_str())
    .bind(event.aggregate_id)
    .bind(event.aggregate_version)
    .bind(event.event_type.as_str())
    .bind(event.payload.clone())
    .bind(event.headers.clone())
    .bind(event.idempotency_key.as_str())
    .bind(event.attempt_count)
    .bind(event.created_at)
    .execute()
    .await
    .map(drop)
}

/// Up to `limit` due events, and as many that an older release left leased; they stay locked until the transaction ends.
/// An event waits for the earlier ones of its aggregate, unless those are dead letters. They are looked for one event at a
/// time: `not exists` would have PostgreSQL go through all events that ever waited.
pub async fn due(tx: &mut Tx, now: DateTime<Utc>, limit: i64) -> Result<Vec<OutboxRow>, StoreError> {
    let mut rows: Vec<OutboxRow> = tx
        .query_for(
            "select id, aggregate_type, aggregate_id, aggregate_version, event_type, payload, headers, idempotency_key,
                    attempt_count, created_at
             from outbox_events
             where id in (
                 select id from (
                     select e.id from outbox_events e
                     where e.status = 'PENDING' and e.next_attempt_at <= $1 and not exists (
                         select 1 from outbox_events earlier
                         where earlier.aggregate_id = e.aggregate_id and earlier.id < e.id
                           and earlier.status in ('PENDING', 'PROCESSING'))
                     order by e.next_attempt_at, e.id limit $2)
                 union all
                 select id from (
                     select e.id from outbox_events e
                     where e.status = 'PROCESSING' and e.lease_until < $1 and not exists (
                         select 1 from outbox_events earlier
                         where earlier.aggregate_id = e.aggregate_id and earlier.id < e.id
                           and earlier.status in ('PENDING', 'PROCESSING'))
                     order by e.next_attempt_at, e.id limit $2))",
            "with waiting as (
                 select e.* from outbox_events e
                 where e.status = 'PENDING' and e.next_attempt_at <= $1 and (
                     select earlier.id from outbox_events earlier
                     where earlier.aggregate_id = e.aggregate_id and earlier.id < e.id
                       and earlier.status in ('PENDING', 'PROCESSING')
                     order by earlier.id limit 1) is null
                 order by e.next_attempt_at, e.id limit $2 for update of e skip locked
             ), left_behind as (
                 select e.* from outbox_events e
                 where e.status = 'PROCESSING' and e.lease_until < $1 and (
                     select earlier.id from outbox_events earlier
                     where earlier.aggregate_id = e.aggregate_id and earlier.id < e.id
                       and earlier.status in ('PENDING', 'PROCESSING')
                     order by earlier.id limit 1) is null
                 order by e.next_attempt_at, e.id limit $2 for update of e skip locked
             )
             select id, aggregate_type, aggregate_id, aggregate_version, event_type, payload, headers, idempotency_key,
                    attempt_count, created_at
             from waiting
             union all
             select id, aggregate_type, aggregate_id, aggregate_version, event_type, payload, headers, idempotency_key,
                    attempt_count, created_at
             from left_behind",
        )
        .bind(now)
        .bind(limit)
        .all()
        .await?;
    rows.sort_unstable_by_key(|row| row.id);
    Ok(rows)
}

/// Says that events were handed on, in the transaction that holds them.
pub async fn sent(tx: &mut Tx, ids: &[OutboxId]) -> Result<(), StoreError> {
    tx.query_for(
        "update outbox_events
         set status = 'SENT', attempt_count = attempt_count + 1, lease_owner = null, lease_until = null
         where id in (select unhex(value ->> 0) from json_each($1))",
        "update outbox_events
         set status = 'SENT', attempt_count = attempt_count + 1, lease_owner = null, lease_until = null
         where id = any($1::uuid[])",
    )
    .bind_batch(Batch::new().ids(ids.iter().copied()))
    .execute()
    .await
    .map(drop)
}

/// Says that an event could not be handed on and when to try again; `None`: not any more.
pub async fn failed(
    tx: &mut Tx,
    id: OutboxId,
    error: &str,
    next_attempt_at: Option<DateTime<Utc>>,
) -> Result<(), StoreError> {
    let status = if next_attempt_at.is_some() { "PENDING" } else { "DEAD_LETTER" };
    tx.query(
        "update outbox_events
         set status = $2, attempt_count = attempt_count + 1, last_error = $3,
             next_attempt_at = coalesce($4, next_attempt_at), lease_owner = null, lease_until = null
         where id = $1",
    )
    .bind(id)
    .bind(status)
    .bind(error)
    .bind(next_attempt_at)
    .execute()
    .await
    .map(drop)
}

/// The events of one aggregate, oldest first.
pub async fn of_aggregate(tx: &mut Tx, aggregate: Uuid) -> Result<Vec<OutboxRow>, StoreError> {
    tx.query(
        "select id, aggregate_type, aggregate_id, aggregate_version, event_type, payload, headers, idempotency_key,
                attempt_count, created_at
         from outbox_events where aggregate_id = $1 order by id",
    )
    .bind(aggregate)
    .all()
    .await
}

/// Whether any event could be due at `now`. Cheap: lets a look pass without a write, and does not read what is told.
pub async fn any_due(tx: &mut Tx, now: DateTime<Utc>) -> Result<bool, StoreError> {
    tx.query(
        "select coalesce((select true from outbox_events where status = 'PENDING' and next_attempt_at <= $1
                          order by next_attempt_at, id limit 1),
                         (select true from outbox_events where status = 'PROCESSING' and lease_until < $1
                          order by next_attempt_at, id limit 1),
                         false) as found",
    )
    .bind(now)
    .scalar()
    .await
}

/// Makes a dead letter due again, as if it had never been tried. `false`: it is none.
pub async fn replay(tx: &mut Tx, id: OutboxId, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let rows = tx
        .query(
            "update outbox_events set status = 'PENDING', attempt_count = 0, next_attempt_at = $2, last_error = null
             where id = $1 and status = 'DEAD_LETTER'",
        )
        .bind(id)
        .bind(now)
        .execute()
        .await?;
    Ok(rows == 1)
}

/// Gives a dead letter up for good. `false`: it is none.
pub async fn discard(tx: &mut Tx, id: OutboxId) -> Result<bool, StoreError> {
    let rows = tx
        .query("update outbox_events set status = 'DISCARDED' where id = $1 and status = 'DEAD_LETTER'")
        .bind(id)
        .execute()
        .await?;
    Ok(rows == 1)
}
