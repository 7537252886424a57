//! The durable feed of events.

use patchbay_core::event::NewEvent;

use crate::batch::Batch;
use crate::error::StoreError;
use crate::tx::Tx;

/// Appends events to the feed, in this order. Readers are told once the transaction is committed.
pub async fn append(tx: &mut Tx, events: &[NewEvent]) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }
    tx.query_for(
        "insert into events (tx, id, name, conversation_id, conversation_seq, ticket_id, inbox_id, team_id, assigned_to,
                previous_assigned_to, is_queued, account_id, site_id, payload, created_at)
         select 0, unhex(value ->> 0), value ->> 1, unhex(value ->> 2), value ->> 3, unhex(value ->> 4),
                unhex(value ->> 5), unhex(value ->> 6), unhex(value ->> 7), unhex(value ->> 8), value ->> 9,
                unhex(value ->> 10), unhex(value ->> 11), value ->> 12, value ->> 13
         from json_each($1)",
        "insert into events (tx, id, name, conversation_id, conversation_seq, ticket_id, inbox_id, team_id, assigned_to,
                previous_assigned_to, is_queued, account_id, site_id, payload, created_at)
         select pg_current_xact_id()::text::bigint, batch.*
         from unnest($1::uuid[], $2::text[], $3::uuid[], $4::bigint[], $5::uuid[], $6::uuid[], $7::uuid[], $8::uuid[],
                     $9::uuid[], $10::boolean[], $11::uuid[], $12::uuid[], $13::text[], $14::timestamptz[]) as batch",
    )
    .bind_batch(batch_of(events))
    .execute()
    .await?;
    tx.touch_feed();
    Ok(())
}

/// The columns of events about to be appended.
pub(crate) fn batch_of(events: &[NewEvent]) -> Batch {
    Batch::new()
        .ids(events.iter().map(|event| event.id))
        .texts(events.iter().map(|event| event.name.as_str()))
        .optional_ids(events.iter().map(|event| event.conversation_id))
        .optional_integers(events.iter().map(|event| event.conversation_seq))
        .optional_ids(events.iter().map(|event| event.ticket_id))
        .optional_ids(events.iter().map(|event| event.audience.inbox_id))
        .optional_ids(events.iter().map(|event| event.audience.team_id))
        .optional_ids(events.iter().map(|event| event.audience.assigned_to))
        .optional_ids(events.iter().map(|event| event.audience.previous_assigned_to))
        .booleans(events.iter().map(|event| event.audience.is_queued))
        .optional_ids(events.iter().map(|event| event.audience.account_id))
        .optional_ids(events.iter().map(|event| event.audience.site_id))
        .texts(events.iter().map(|event| event.payload.as_str()))
        .times(events.iter().map(|event| event.created_at))
}
