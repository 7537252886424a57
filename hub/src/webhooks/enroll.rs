//! Follows the feed and writes down which address hears of which event: in the transaction that moves the reader on, so
//! that nothing is lost and nothing comes twice, whatever happens to the node.

use chrono::{DateTime, Utc};
use patchbay_core::ids::WebhookDeliveryId;
use patchbay_core::webhook::Filter;
use patchbay_store::feed::{self, StoredEvent};
use patchbay_store::webhook_deliveries::{self, NewDelivery};
use patchbay_store::webhooks::{self, WebhookRow};
use patchbay_store::{Db, StoreError};
use serde_json::value::RawValue;

use super::body::{Envelope, EnvelopeMetadata, SCHEMA_VERSION};

const READER: &str = "webhooks";
/// More than there can be.
const ALL: i64 = 1_000;

/// Takes the next events, up to `limit`, and tells how many that were. `None`: nobody wants to hear of any; then the
/// reader stays where it is until [`skip`].
pub async fn enroll(db: &Db, now: DateTime<Utc>, limit: i64) -> Result<Option<usize>, StoreError> {
    let mut reading = db.read().await?;
    let listeners = webhooks::page(&mut reading, Some(true), None, ALL).await?;
    if listeners.is_empty() {
        return Ok(None);
    }
    let from = feed::position_of(&mut reading, READER).await?;
    let batch = feed::after(&mut reading, from, limit).await?;
    drop(reading);
    let Some(last) = batch.events.last() else { return Ok(Some(0)) };
    let listeners: Vec<(WebhookRow, Filter)> = listeners
        .into_iter()
        .map(|row| {
            let filter = Filter::stored(row.events.clone());
            (row, filter)
        })
        .collect();
    let mut deliveries = Vec::new();
    for event in &batch.events {
        // What happened before somebody asked to hear of it is not told.
        let hear =
            listeners.iter().filter(|(row, filter)| row.created_at <= event.created_at && filter.wants(&event.name));
        let mut body = None;
        for (row, _) in hear {
            if body.is_none() {
                body = envelope(event);
            }
            let Some(body) = &body else { break };
            deliveries.push(NewDelivery {
                id: WebhookDeliveryId::new(),
                webhook_id: row.id,
                event_id: event.id,
                event_type: event.name.clone(),
                body: body.clone(),
            });
        }
    }
    let mut tx = db.begin().await?;
    if !feed::advance(&mut tx, READER, (from, last.position), now).await? {
        tx.rollback().await?;
        return Ok(Some(0));
    }
    webhook_deliveries::insert(&mut tx, &deliveries, now).await?;
    tx.commit().await?;
    Ok(Some(batch.events.len()))
}

/// Moves the reader to the end of the feed, for nobody wanted to hear of what is behind it.
pub async fn skip(db: &Db, now: DateTime<Utc>) -> Result<(), StoreError> {
    let mut reading = db.read().await?;
    let latest = feed::bounds(&mut reading).await?.latest;
    let from = feed::position_of(&mut reading, READER).await?;
    let is_heard = !webhooks::page(&mut reading, Some(true), None, 1).await?.is_empty();
    drop(reading);
    if latest <= from || is_heard {
        return Ok(());
    }
    let mut tx = db.begin().await?;
    feed::advance(&mut tx, READER, (from, latest), now).await?;
    tx.commit().await
}

/// What an address is sent. `None`: the event holds no JSON, which cannot be.
fn envelope(event: &StoredEvent) -> Option<String> {
    let payload: &RawValue = serde_json::from_str(&event.payload).ok()?;
    let envelope = Envelope {
        event_id: event.id.into(),
        event_type: &event.name,
        occurred_at: event.created_at,
        conversation_id: event.conversation_id.map(Into::into),
        conversation_seq: event.conversation_seq,
        ticket_id: event.ticket_id.map(Into::into),
        account_id: event.audience.account_id.map(Into::into),
        site_id: event.audience.site_id.map(Into::into),
        payload,
        metadata: EnvelopeMetadata { schema_version: SCHEMA_VERSION },
    };
    serde_json::to_string(&envelope).ok()
}
