//! Where what waits hangs in a trace: jobs and events of the feed that a recorded request left behind, by their ids. Empty
//! unless traces are recorded.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use patchbay_core::trace::{self, SpanContext};
use uuid::Uuid;

use crate::batch::Batch;
use crate::error::StoreError;
use crate::tx::Tx;

crate::record! {
    struct Row {
        subject_id: Uuid,
        traceparent: String,
    }
}

/// Notes below which spans these jobs and events stand.
pub async fn keep(tx: &mut Tx, subjects: &[(Uuid, SpanContext)], now: DateTime<Utc>) -> Result<(), StoreError> {
    if subjects.is_empty() {
        return Ok(());
    }
    let batch = Batch::new()
        .ids(subjects.iter().map(|(id, _)| *id))
        .texts(subjects.iter().map(|(_, span)| span.to_string()))
        .times(subjects.iter().map(|_| now));
    tx.query_for(
        "insert into traces (subject_id, traceparent, created_at)
         select unhex(value ->> 0), value ->> 1, value ->> 2 from json_each($1) where true
         on conflict (subject_id) do nothing",
        "insert into traces (subject_id, traceparent, created_at)
         select batch.* from unnest($1::uuid[], $2::text[], $3::timestamptz[]) as batch
         on conflict (subject_id) do nothing",
    )
    .bind_batch(batch)
    .execute()
    .await?;
    Ok(())
}

/// Notes that jobs or events were left behind by the current span, if there is one.
pub(crate) async fn keep_here(
    tx: &mut Tx,
    subjects: impl IntoIterator<Item = Uuid>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let Some(span) = trace::current() else { return Ok(()) };
    let subjects: Vec<(Uuid, SpanContext)> = subjects.into_iter().map(|id| (id, span)).collect();
    keep(tx, &subjects, now).await
}

/// Below which spans these stand; who is not in it stands below none.
pub async fn of(
    tx: &mut Tx,
    subjects: impl IntoIterator<Item = Uuid>,
) -> Result<HashMap<Uuid, SpanContext>, StoreError> {
    let rows = tx
        .query_for(
            "select subject_id, traceparent from traces
             where subject_id in (select unhex(value ->> 0) from json_each($1))",
            "select subject_id, traceparent from traces where subject_id = any($1)",
        )
        .bind_batch(Batch::new().ids(subjects))
        .all::<Row>()
        .await?;
    Ok(rows.into_iter().filter_map(|row| Some((row.subject_id, row.traceparent.parse().ok()?))).collect())
}

/// Forgets up to `limit` of them from before `until`.
pub async fn sweep(tx: &mut Tx, until: DateTime<Utc>, limit: i64) -> Result<u64, StoreError> {
    tx.query(
        "delete from traces where subject_id in
             (select subject_id from traces where created_at < $1 order by created_at limit $2)",
    )
    .bind(until)
    .bind(limit)
    .execute()
    .await
}
