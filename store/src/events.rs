//! The durable feed of events.

use std::borrow::Cow;

use patchbay_core::event::{EventName, NewEvent};
use patchbay_core::redaction::sink;

use crate::batch::Batch;
use crate::error::StoreError;
use crate::traces;
use crate::tx::Tx;

/// Appends events to the feed, in this order. Readers are told once the transaction is committed.
pub async fn append(tx: &mut Tx, events: &[NewEvent]) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }
    tx.query_for(
        "insert into events (tx, id, name, conversation_id, conversation_seq, ticket_id, inbox_id, team_id, assigned_to,
                previous_assigned_to, is_queued, account_id, site_id, payload, created_at)
         values (0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        "insert into events (tx, id, name, conversation_id, conversation_seq, ticket_id, inbox_id, team_id, assigned_to,
                previous_assigned_to, is_queued, account_id, site_id, payload, created_at)
         select pg_current_xact_id()::text::bigint, batch.*
         from unnest($1::uuid[], $2::text[], $3::uuid[], $4::bigint[], $5::uuid[], $6::uuid[], $7::uuid[], $8::uuid[],
                     $9::uuid[], $10::boolean[], $11::uuid[], $12::uuid[], $13::text[], $14::timestamptz[]) as batch",
    )
    .bind_each(batch_of(events))
    .execute()
    .await?;
    traces::keep_here(tx, events.iter().map(|event| event.id.into()), events[0].created_at).await?;
    tx.touch_feed();
    Ok(())
}

/// The columns of events about to be appended.
pub(crate) fn batch_of<'a>(events: impl IntoIterator<Item = &'a NewEvent>) -> Batch {
    let events: Vec<&NewEvent> = events.into_iter().collect();
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
        .texts(events.iter().map(|event| payload(event)))
        .times(events.iter().map(|event| event.created_at))
}

/// What is told. Alerts go to chats and mailboxes outside: whoever raises one, it holds nobody's number.
fn payload(event: &NewEvent) -> Cow<'_, str> {
    match event.name {
        EventName::AlertRaised => sink::json_text(&event.payload),
        _ => Cow::Borrowed(&event.payload),
    }
}
