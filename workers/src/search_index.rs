//! Follows the feed and fills the full-text index: what was said, and who says it. Behind everything else: after each
//! batch it rests several times as long as the batch took, so that the intake has the database to itself.

use std::time::Duration;

use patchbay_core::event::EventName;
use patchbay_core::ids::{ContactId, ConversationId};
use patchbay_store::StoreError;
use patchbay_store::feed::{self, StoredEvent};
use patchbay_store::search::{self, NewDocument};
use serde::Deserialize;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::deps::Deps;
use crate::runner::Causes;

const READER: &str = "search";
/// Longest time between two looks.
const POLL: Duration = Duration::from_secs(2);
/// How long to let events gather after the first.
const GATHER: Duration = Duration::from_millis(300);
/// How long to rest after a batch, against the time it took.
const REST: u32 = 4;

/// Indexes until `stop`.
pub(crate) async fn run(deps: Deps, stop: CancellationToken) {
    let mut wake = deps.db.signals().feed();
    loop {
        wake.mark_unchanged();
        let started = Instant::now();
        let rest = match index(&deps).await {
            Ok(0) => POLL,
            Ok(_) => (started.elapsed() * REST).max(GATHER / 10),
            Err(error) => {
                tracing::warn!(error = %Causes(&error), "the search index is behind; trying again");
                POLL
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(rest) => {}
            _ = wake.changed(), if rest == POLL => tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(GATHER) => {}
            },
        }
    }
}

/// Takes in the next batch and tells how many events that were.
pub(crate) async fn index(deps: &Deps) -> Result<usize, StoreError> {
    let mut reading = deps.db.read().await?;
    let from = feed::position_of(&mut reading, READER).await?;
    let batch = feed::after(&mut reading, from, deps.config.index_batch).await?;
    drop(reading);
    let Some(last) = batch.events.last() else { return Ok(0) };
    let to = last.position;
    let documents: Vec<NewDocument> = batch.events.iter().filter_map(document).collect();
    let mut tx = deps.db.begin().await?;
    if !feed::advance(&mut tx, READER, (from, to), deps.clock.now()).await? {
        tx.rollback().await?;
        return Ok(0);
    }
    search::add(&mut tx, &documents).await?;
    tx.commit().await?;
    Ok(batch.events.len())
}

#[derive(Deserialize)]
struct MessageData {
    message: Message,
}

#[derive(Deserialize)]
struct Message {
    conversation_id: ConversationId,
    content: Content,
}

#[derive(Deserialize)]
struct Content {
    text: Option<String>,
}

#[derive(Deserialize)]
struct ConversationData {
    conversation: Conversation,
}

#[derive(Deserialize)]
struct Conversation {
    contact: Contact,
}

#[derive(Deserialize)]
struct Contact {
    id: ContactId,
    name: String,
    address: String,
}

/// What an event adds to the index. An event that cannot be read adds nothing.
fn document(event: &StoredEvent) -> Option<NewDocument> {
    match event.name.parse().ok()? {
        EventName::MessageReceived | EventName::MessageSent => {
            let data: MessageData = serde_json::from_str(&event.payload).ok()?;
            let body = data.message.content.text.filter(|text| !text.trim().is_empty())?;
            Some(NewDocument { conversation_id: Some(data.message.conversation_id), contact_id: None, body })
        }
        EventName::ConversationNew => {
            let Contact { id, name, address } =
                serde_json::from_str::<ConversationData>(&event.payload).ok()?.conversation.contact;
            Some(NewDocument { conversation_id: None, contact_id: Some(id), body: format!("{name} {address}") })
        }
        _ => None,
    }
}
