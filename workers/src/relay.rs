//! Takes ticket events out of the outbox and hands them to the addresses that want to hear of them, in order for each
//! ticket. Both happen in one transaction, so that an event is handed on exactly once, however a node ends; each address
//! then has a queue of its own. Source: domain, outbox.

use patchbay_core::ctx::Ctx;
use patchbay_core::ids::{DeadLetterId, OutboxId};
use patchbay_hub::webhooks;
use patchbay_store::outbox::{self, OutboxRow};
use patchbay_store::{StoreError, Tx, dead_letters};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::deps::Deps;
use crate::runner::Causes;

/// Why an event could not be handed on, as its row and its dead letter say it.
const REFUSED: &str = "its deliveries could not be written";

/// Relays until `stop`.
pub(crate) async fn run(deps: Deps, stop: CancellationToken) {
    let mut wake = deps.db.signals().feed();
    let poll = deps.config.outbox.poll();
    loop {
        wake.mark_unchanged();
        match relay(&deps).await {
            Ok(count) if count >= deps.config.outbox.batch() as usize => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(error = %Causes(&error), "the outbox could not be relayed; trying again"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(poll) => {}
            // Commits come in flocks: let one gather before looking.
            _ = wake.changed() => tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(poll / 10) => {}
            },
        }
    }
}

/// Hands on a batch and tells how many events it had.
pub(crate) async fn relay(deps: &Deps) -> Result<usize, StoreError> {
    let now = deps.clock.now();
    let mut reading = deps.db.read().await?;
    if !outbox::any_due(&mut reading, now).await? {
        return Ok(0);
    }
    let addresses = webhooks::addresses(&mut reading).await?;
    drop(reading);
    let mut tx = deps.db.begin().await?;
    let events = outbox::due(&mut tx, now, deps.config.outbox.batch().into()).await?;
    let count = events.len();
    if count == 0 {
        return Ok(0);
    }
    let ids: Vec<OutboxId> = events.iter().map(|event| event.id).collect();
    let handed_on = async {
        webhooks::tell(&mut tx, &addresses, &events, now).await?;
        outbox::sent(&mut tx, &ids).await
    };
    match handed_on.await {
        Ok(()) => {
            tx.commit().await?;
            metrics::counter!("outbox_relayed_total", "outcome" => "sent").increment(count as u64);
        }
        // What is wrong with one event must not hold up the others: each is tried by itself from now on.
        Err(error) if !error.is_unavailable() => {
            tx.rollback().await?;
            tracing::warn!(error = %Causes(&error), "events of the outbox were refused; trying one by one");
            for event in &events {
                one_by_one(deps, &addresses, event).await?;
            }
        }
        Err(error) => return Err(error),
    }
    Ok(count)
}

async fn one_by_one(deps: &Deps, addresses: &webhooks::Addresses, event: &OutboxRow) -> Result<(), StoreError> {
    let now = deps.clock.now();
    let mut tx = deps.db.begin().await?;
    let told = webhooks::tell(&mut tx, addresses, std::slice::from_ref(event), now).await;
    let outcome = match told {
        Ok(()) => {
            outbox::sent(&mut tx, &[event.id]).await?;
            tx.commit().await?;
            "sent"
        }
        Err(error) if !error.is_unavailable() => {
            tx.rollback().await?;
            let mut tx = deps.db.begin().await?;
            refused(&mut tx, deps, event).await?;
            tx.commit().await?;
            "failed"
        }
        Err(error) => return Err(error),
    };
    metrics::counter!("outbox_relayed_total", "outcome" => outcome).increment(1);
    Ok(())
}

/// Puts an event off, or makes it a dead letter after its last try.
async fn refused(tx: &mut Tx, deps: &Deps, event: &OutboxRow) -> Result<(), StoreError> {
    let config = deps.config.outbox;
    let (now, tried) = (deps.clock.now(), event.attempt_count + 1);
    if tried < config.tries() {
        return outbox::failed(tx, event.id, REFUSED, Some(now + config.wait(tried))).await;
    }
    outbox::failed(tx, event.id, REFUSED, None).await?;
    let letter = dead_letters::NewDeadLetter {
        id: DeadLetterId::new(),
        source: "outbox",
        kind: &event.event_type,
        ref_id: event.id.into(),
        payload: json!({ "outbox_id": event.id, "aggregate_id": event.aggregate_id }),
        error: REFUSED,
        attempts: tried,
    };
    dead_letters::insert(tx, &Ctx::system(now, "relay"), &letter).await
}
