//! Writes down which address hears of which event. Events of the feed: in the transaction that moves the reader on.
//! Events of tickets: in the one that takes them out of the outbox. So nothing is lost and nothing comes twice, whatever
//! happens to the node.

use chrono::{DateTime, Utc};
use patchbay_core::event::EventName;
use patchbay_core::ids::{EventId, WebhookDeliveryId};
use patchbay_core::webhook::Filter;
use patchbay_store::feed::{self, StoredEvent};
use patchbay_store::outbox::OutboxRow;
use patchbay_store::webhook_deliveries::{self, NewDelivery};
use patchbay_store::webhooks::{self, WebhookRow};
use patchbay_store::{Db, StoreError, Tx};
use serde_json::value::RawValue;

use super::body::{Envelope, EnvelopeMetadata, SCHEMA_VERSION};

const READER: &str = "webhooks";
/// More than there can be.
const ALL: i64 = 1_000;

/// The addresses in use, and what each wants to hear.
#[derive(Debug)]
pub struct Addresses(Vec<(WebhookRow, Filter)>);

/// Reads them.
pub async fn addresses(tx: &mut Tx) -> Result<Addresses, StoreError> {
    let rows = webhooks::page(tx, Some(true), None, ALL).await?;
    let filtered = |row: WebhookRow| {
        let filter = Filter::stored(row.events.clone());
        (row, filter)
    };
    Ok(Addresses(rows.into_iter().map(filtered).collect()))
}

impl Addresses {
    /// Adds a delivery for each address that wants to hear of an event. `body` is what is sent; `None`: nothing can be.
    fn enroll(
        &self,
        deliveries: &mut Vec<NewDelivery>,
        event_id: EventId,
        name: &str,
        created_at: DateTime<Utc>,
        body: impl FnOnce() -> Option<String>,
    ) {
        // What happened before somebody asked to hear of it is not told.
        let mut hear =
            self.0.iter().filter(|(row, filter)| row.created_at <= created_at && filter.wants(name)).peekable();
        if hear.peek().is_none() {
            return;
        }
        let Some(body) = body() else { return };
        deliveries.extend(hear.map(|(row, _)| NewDelivery {
            id: WebhookDeliveryId::new(),
            webhook_id: row.id,
            event_id,
            event_type: name.to_owned(),
            body: body.clone(),
        }));
    }
}

/// Hands events of the outbox to the addresses. What the feed tells under the same name is not told a second time.
pub async fn tell(
    tx: &mut Tx,
    addresses: &Addresses,
    events: &[OutboxRow],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let mut deliveries = Vec::new();
    for event in events.iter().filter(|event| !EventName::WORDS.contains(&event.event_type.as_str())) {
        let id = EventId(event.id.into());
        addresses.enroll(&mut deliveries, id, &event.event_type, event.created_at, || Some(event.payload.to_string()));
    }
    webhook_deliveries::insert(tx, &deliveries, now).await
}

/// Takes the next events, up to `limit`, and tells how many that were. `None`: nobody wants to hear of any; then the
/// reader stays where it is until [`skip`].
pub async fn enroll(db: &Db, now: DateTime<Utc>, limit: i64) -> Result<Option<usize>, StoreError> {
    let mut reading = db.read().await?;
    let addresses = addresses(&mut reading).await?;
    if addresses.0.is_empty() {
        return Ok(None);
    }
    let from = feed::position_of(&mut reading, READER).await?;
    let batch = feed::after(&mut reading, from, limit).await?;
    drop(reading);
    let Some(last) = batch.events.last() else { return Ok(Some(0)) };
    let mut deliveries = Vec::new();
    for event in &batch.events {
        addresses.enroll(&mut deliveries, event.id, &event.name, event.created_at, || envelope(event));
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
