//! One poisoned item never fails its neighbours: what cannot be written alone is set aside with its content.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::Ordering;

use futures::FutureExt as _;
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::{QuarantineId, RequestId};
use patchbay_http::Chain;
use patchbay_store::journal::{self, JournalEntry};
use patchbay_store::{StoreError, Tx, quarantine};

use super::apply::apply;
use super::{Counts, NotAccepted, SetAside, Work};
use crate::state::Hub;

/// How often a batch is tried again when another node was faster with one of its rows.
const RACES: usize = 5;

/// Why items were not written.
#[derive(Debug, thiserror::Error)]
enum WriteError {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A fault of ours that one item brings out: it must not end the shard, which all others need.
    #[error("writing it panicked")]
    Panicked,
}

impl WriteError {
    fn is_unavailable(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_unavailable())
    }
}

/// Writes everything, whatever it takes: in one transaction, else item by item. Error only when the database is away.
pub(super) async fn write_all(
    hub: &Hub,
    work: Vec<Work>,
    journal: &[JournalEntry],
    counts: &Counts,
) -> Result<(), NotAccepted> {
    match write(hub, &work, journal, counts).await {
        Ok(()) => Ok(()),
        Err(error) if error.is_unavailable() => Err(NotAccepted::Unavailable),
        Err(error) => {
            // The requests were accepted, whatever is wrong with one of them.
            match write(hub, &[], journal, counts).await {
                Ok(()) => {}
                Err(error) if error.is_unavailable() => return Err(NotAccepted::Unavailable),
                Err(error) => tracing::error!(error = %Chain(&error), "requests could not be kept in the journal"),
            }
            if work.len() == 1 {
                return isolate(hub, work, &error, counts).await;
            }
            tracing::warn!(items = work.len(), error = %Chain(&error), "a batch is written item by item");
            for item in work {
                let alone = vec![item];
                match write(hub, &alone, &[], counts).await {
                    Ok(()) => {}
                    Err(error) if error.is_unavailable() => return Err(NotAccepted::Unavailable),
                    Err(error) => isolate(hub, alone, &error, counts).await?,
                }
            }
            Ok(())
        }
    }
}

async fn write(hub: &Hub, work: &[Work], journal: &[JournalEntry], counts: &Counts) -> Result<(), WriteError> {
    let mut races = 0;
    loop {
        let ctx = Ctx::system(hub.gate.clock.now(), RequestId::new().to_string());
        match contained(apply(hub, &ctx, work, journal)).await {
            Err(WriteError::Store(error)) if lost_a_race(&error) && races < RACES => races += 1,
            Ok(fresh) => {
                counts.fresh.fetch_add(fresh, Ordering::Relaxed);
                return Ok(());
            }
            Err(error) => return Err(error),
        }
    }
}

/// Whether another node was faster with one of the rows.
fn lost_a_race(error: &StoreError) -> bool {
    error.is_worth_repeating() || matches!(error, StoreError::Conflict | StoreError::MissingReference)
}

/// What the transaction held when it panicked was rolled back: nothing half done is seen afterwards.
async fn contained<T>(writing: impl Future<Output = Result<T, StoreError>>) -> Result<T, WriteError> {
    match AssertUnwindSafe(writing).catch_unwind().await {
        Ok(outcome) => outcome.map_err(WriteError::Store),
        Err(_) => Err(WriteError::Panicked),
    }
}

async fn isolate(hub: &Hub, work: Vec<Work>, error: &WriteError, counts: &Counts) -> Result<(), NotAccepted> {
    for Work { inbox, item, received_at, .. } in work {
        tracing::error!(inbox.id = %inbox.id, error = %Chain(error), "an item cannot be written and is set aside");
        metrics::counter!("intake_poisoned_total").increment(1);
        counts.poisoned.fetch_add(1, Ordering::Relaxed);
        let event = SetAside {
            inbox_id: Some(inbox.id),
            provider: inbox.channel.to_string(),
            reason: "poisoned".into(),
            raw: serde_json::to_vec(&item).unwrap_or_default(),
            received_at,
        };
        set_aside(hub, &event, None).await.map_err(|_| NotAccepted::Unavailable)?;
    }
    Ok(())
}

/// Keeps an event that nobody can work on yet.
pub(super) async fn set_aside(hub: &Hub, event: &SetAside, entry: Option<JournalEntry>) -> Result<(), StoreError> {
    let mut tx = hub.db.begin().await?;
    let ctx = Ctx::system(hub.gate.clock.now(), RequestId::new().to_string());
    if let Some(entry) = &entry {
        journal::append(&mut tx, std::slice::from_ref(entry), ctx.now).await?;
    }
    insert(&mut tx, &ctx, event, entry.map(|entry| entry.sealed)).await?;
    tx.commit().await
}

/// Keeps an item of a batch, in the transaction of the batch.
pub(super) async fn set_aside_in(tx: &mut Tx, ctx: &Ctx, work: &Work, reason: &str) -> Result<(), StoreError> {
    let event = SetAside {
        inbox_id: Some(work.inbox.id),
        provider: work.inbox.channel.to_string(),
        reason: reason.into(),
        raw: serde_json::to_vec(&work.item).unwrap_or_default(),
        received_at: work.received_at,
    };
    insert(tx, ctx, &event, None).await
}

async fn insert(tx: &mut Tx, ctx: &Ctx, event: &SetAside, request: Option<Vec<u8>>) -> Result<(), StoreError> {
    let row = quarantine::NewQuarantined {
        id: QuarantineId::new(),
        inbox_id: event.inbox_id,
        provider: event.provider.clone(),
        reason: event.reason.clone(),
        raw: event.raw.clone(),
        received_at: event.received_at,
    };
    quarantine::insert(tx, ctx, row, request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_item_that_panics_is_a_poisoned_item_and_no_end() {
        let outcome = contained(async { panic!("on this item") as Result<(), StoreError> }).await;
        assert!(matches!(outcome, Err(WriteError::Panicked)));
        assert!(!outcome.is_err_and(|error| error.is_unavailable()));
    }
}
