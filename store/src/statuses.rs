//! What became of messages that we sent: their state, the history of reports, and reports that came too early.

use chrono::{DateTime, Utc};
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::{InboxId, MessageId, RecordId};
use patchbay_core::item::ReportedStatus;
use serde_json::Value;

use crate::batch::Batch;
use crate::error::StoreError;
use crate::messages::MessageRow;
use crate::record;
use crate::tx::Tx;

record! {
    /// A provider's id and the message of ours behind it.
    #[derive(Clone, Debug)]
    pub struct KnownKey {
        /// Inbox it was sent from.
        pub inbox_id: InboxId,
        /// The provider's id.
        pub channel_message_id: String,
        /// Our id.
        pub message_id: MessageId,
    }
}

/// A report about to be written into the history.
#[derive(Clone, Debug)]
pub struct NewReport<'a> {
    /// The same for the same report, so that a repetition adds nothing.
    pub id: RecordId,
    /// Of which message.
    pub message_id: MessageId,
    /// What was reported.
    pub status: ReportedStatus,
    /// In the provider's word.
    pub provider_status: &'a str,
    /// With which errors.
    pub errors: Value,
    /// When the provider says it happened.
    pub occurred_at: DateTime<Utc>,
}

/// A report that came before its message's id was known.
#[derive(Clone, Debug)]
pub struct NewParked<'a> {
    /// The same for the same report.
    pub id: RecordId,
    /// Inbox it came to.
    pub inbox_id: InboxId,
    /// The provider's id of the message.
    pub channel_message_id: &'a str,
    /// The report itself.
    pub status_item: Value,
}

/// The messages behind these provider ids.
pub async fn known_keys(tx: &mut Tx, keys: &[(InboxId, &str)]) -> Result<Vec<KnownKey>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    tx.query_for(
        "select k.inbox_id, k.channel_message_id, k.message_id
         from json_each($1) as batch
         join message_keys k on k.inbox_id = unhex(batch.value ->> 0) and k.channel_message_id = batch.value ->> 1",
        "select k.inbox_id, k.channel_message_id, k.message_id
         from unnest($1::uuid[], $2::text[]) as batch (inbox_id, channel_message_id)
         join message_keys k on k.inbox_id = batch.inbox_id and k.channel_message_id = batch.channel_message_id",
    )
    .bind_batch(Batch::new().ids(keys.iter().map(|(inbox, _)| *inbox)).texts(keys.iter().map(|(_, key)| *key)))
    .all()
    .await
}

/// Holds these provider ids until the transaction ends: a report that parks itself and the answer that brings the id
/// wait for each other, so neither can miss the other. SQLite has one writer and needs no lock.
pub async fn lock_keys(tx: &mut Tx, keys: &[(InboxId, &str)]) -> Result<(), StoreError> {
    let mut names: Vec<String> = keys.iter().map(|(inbox, key)| format!("{inbox}/{key}")).collect();
    names.sort();
    names.dedup();
    tx.query_for(
        "select 1 where $1 is null",
        "select pg_advisory_xact_lock(hashtextextended(name, 7)) from (select unnest($1::text[]) as name order by 1) as names",
    )
    .bind_batch(Batch::new().texts(names))
    .execute()
    .await?;
    Ok(())
}

/// Holds these messages until the transaction ends.
pub async fn lock_messages(tx: &mut Tx, ids: &[MessageId]) -> Result<(), StoreError> {
    tx.query_for(
        "select 1 where $1 is null",
        "select id from messages where id = any($1::uuid[]) order by id for update",
    )
    .bind_batch(Batch::new().ids(ids.iter().copied()))
    .execute()
    .await?;
    Ok(())
}

/// Writes the delivery of messages as it stands and moves each version from `row.version` to the next. Error:
/// [`StoreError::Conflict`] when one changed since it was read. The rows in memory keep the version they were read with.
pub async fn update(tx: &mut Tx, rows: &[MessageRow]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let batch = Batch::new()
        .ids(rows.iter().map(|row| row.conversation_id))
        .integers(rows.iter().map(|row| row.seq))
        .integers(rows.iter().map(|row| row.version))
        .texts(rows.iter().map(|row| row.status.as_str()))
        .optional_texts(rows.iter().map(|row| row.channel_message_id.as_deref()))
        .optional_texts(rows.iter().map(|row| row.error.as_ref().map(Value::to_string)))
        .optional_times(rows.iter().map(|row| row.sent_at))
        .optional_times(rows.iter().map(|row| row.delivered_at))
        .optional_times(rows.iter().map(|row| row.read_at))
        .optional_times(rows.iter().map(|row| row.failed_at));
    let changed = tx
        .query_for(
            "update messages
             set version = version + 1, status = batch.value ->> 3, channel_message_id = batch.value ->> 4,
                 error = batch.value ->> 5, sent_at = batch.value ->> 6, delivered_at = batch.value ->> 7,
                 read_at = batch.value ->> 8, failed_at = batch.value ->> 9
             from json_each($1) as batch
             where messages.conversation_id = unhex(batch.value ->> 0) and messages.seq = batch.value ->> 1
               and messages.version = batch.value ->> 2",
            "update messages
             set version = messages.version + 1, status = batch.status, channel_message_id = batch.channel_message_id,
                 error = batch.error, sent_at = batch.sent_at, delivered_at = batch.delivered_at,
                 read_at = batch.read_at, failed_at = batch.failed_at
             from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[],
                         $7::timestamptz[], $8::timestamptz[], $9::timestamptz[], $10::timestamptz[])
                  as batch (conversation_id, seq, version, status, channel_message_id, error, sent_at, delivered_at,
                            read_at, failed_at)
             where messages.conversation_id = batch.conversation_id and messages.seq = batch.seq
               and messages.version = batch.version",
        )
        .bind_batch(batch)
        .execute()
        .await?;
    if usize::try_from(changed) == Ok(rows.len()) { Ok(()) } else { Err(StoreError::Conflict) }
}

/// Adds reports to the history. A report that is there already stays as it is.
pub async fn add_reports(tx: &mut Tx, ctx: &Ctx, reports: &[NewReport<'_>]) -> Result<(), StoreError> {
    if reports.is_empty() {
        return Ok(());
    }
    let batch = Batch::new()
        .ids(reports.iter().map(|report| report.id))
        .ids(reports.iter().map(|report| report.message_id))
        .texts(reports.iter().map(|report| report.status.as_str()))
        .texts(reports.iter().map(|report| report.provider_status))
        .texts(reports.iter().map(|report| report.errors.to_string()))
        .times(reports.iter().map(|report| report.occurred_at))
        .times(reports.iter().map(|_| ctx.now));
    tx.query_for(
        "insert into message_statuses (id, message_id, status, provider_status, errors, occurred_at, created_at)
         select unhex(value ->> 0), unhex(value ->> 1), value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6
         from json_each($1) where true
         on conflict (id) do nothing",
        "insert into message_statuses (id, message_id, status, provider_status, errors, occurred_at, created_at)
         select batch.* from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::timestamptz[],
                                    $7::timestamptz[]) as batch
         on conflict (id) do nothing",
    )
    .bind_batch(batch)
    .execute()
    .await?;
    Ok(())
}

/// Puts reports aside until their message's id is known. Call under [`lock_keys`].
pub async fn park(tx: &mut Tx, ctx: &Ctx, reports: &[NewParked<'_>]) -> Result<(), StoreError> {
    if reports.is_empty() {
        return Ok(());
    }
    let batch = Batch::new()
        .ids(reports.iter().map(|report| report.id))
        .ids(reports.iter().map(|report| report.inbox_id))
        .texts(reports.iter().map(|report| report.channel_message_id))
        .texts(reports.iter().map(|report| report.status_item.to_string()))
        .times(reports.iter().map(|_| ctx.now));
    tx.query_for(
        "insert into parked_statuses (id, inbox_id, channel_message_id, status_item, created_at)
         select unhex(value ->> 0), unhex(value ->> 1), value ->> 2, value ->> 3, value ->> 4
         from json_each($1) where true
         on conflict (id) do nothing",
        "insert into parked_statuses (id, inbox_id, channel_message_id, status_item, created_at)
         select batch.* from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[]) as batch
         on conflict (id) do nothing",
    )
    .bind_batch(batch)
    .execute()
    .await?;
    Ok(())
}

/// Takes the reports that waited for this id. Call under [`lock_keys`].
pub async fn unpark(tx: &mut Tx, inbox: InboxId, channel_message_id: &str) -> Result<Vec<Value>, StoreError> {
    tx.query("delete from parked_statuses where inbox_id = $1 and channel_message_id = $2 returning status_item")
        .bind(inbox)
        .bind(channel_message_id)
        .column()
        .await
}

/// Whether a provider ever reported on this message.
pub async fn any_report(tx: &mut Tx, message: MessageId) -> Result<bool, StoreError> {
    tx.query("select exists (select 1 from message_statuses where message_id = $1) as found")
        .bind(message)
        .scalar()
        .await
}

/// Removes reports that nobody has claimed since `before`.
pub async fn sweep_parked(tx: &mut Tx, before: DateTime<Utc>) -> Result<u64, StoreError> {
    tx.query("delete from parked_statuses where created_at < $1").bind(before).execute().await
}
