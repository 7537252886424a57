//! Takes ticket events out of the outbox and hands them on, in order for each ticket. Delivery is at least once; whoever
//! listens deduplicates on the event's id. Source: domain, outbox.

use std::time::Duration;

use patchbay_core::ctx::Ctx;
use patchbay_core::ids::DeadLetterId;
use patchbay_store::outbox::{self, OutboxRow};
use patchbay_store::{StoreError, dead_letters};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::deps::Deps;
use crate::runner::Causes;

const LEASE: Duration = Duration::from_mins(1);

/// Somebody who wants to hear of ticket events.
pub trait Listener: Send + Sync + 'static {
    /// Takes an event. The word says why not; it is offered again later.
    fn hear<'a>(&'a self, event: &'a OutboxRow) -> futures::future::BoxFuture<'a, Result<(), &'static str>>;
}

/// Relays until `stop`.
pub(crate) async fn run(deps: Deps, stop: CancellationToken) {
    let mut wake = deps.db.signals().feed();
    let poll = deps.config.outbox.poll();
    loop {
        wake.mark_unchanged();
        match relay(&deps).await {
            Ok(count) if count >= u64::from(deps.config.outbox.batch()) => continue,
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

async fn relay(deps: &Deps) -> Result<u64, StoreError> {
    let (now, config) = (deps.clock.now(), deps.config.outbox);
    if !outbox::any_due(&mut deps.db.read().await?, now).await? {
        return Ok(0);
    }
    let mut tx = deps.db.begin().await?;
    let events = outbox::lease(&mut tx, &deps.node, now, now + LEASE, config.batch().into()).await?;
    tx.commit().await?;
    let mut heard = Vec::with_capacity(events.len());
    for event in events {
        let mut outcome = Ok(());
        for listener in deps.listeners.iter() {
            outcome = outcome.and(listener.hear(&event).await);
        }
        heard.push((event, outcome));
    }
    let count = heard.len() as u64;
    if count == 0 {
        return Ok(0);
    }
    let ctx = Ctx::system(deps.clock.now(), "relay");
    let mut tx = deps.db.begin().await?;
    for (event, outcome) in heard {
        metrics::counter!("outbox_relayed_total", "outcome" => if outcome.is_ok() { "sent" } else { "failed" })
            .increment(1);
        match outcome {
            Ok(()) => {
                outbox::sent(&mut tx, event.id, &deps.node).await?;
            }
            Err(reason) if event.attempt_count >= config.tries() => {
                outbox::failed(&mut tx, event.id, &deps.node, reason, None).await?;
                let letter = dead_letters::NewDeadLetter {
                    id: DeadLetterId::new(),
                    source: "outbox",
                    kind: &event.event_type,
                    ref_id: event.id.into(),
                    payload: json!({ "outbox_id": event.id, "aggregate_id": event.aggregate_id }),
                    error: reason,
                    attempts: event.attempt_count,
                };
                dead_letters::insert(&mut tx, &ctx, &letter).await?;
            }
            Err(reason) => {
                let next = ctx.now + config.wait(event.attempt_count);
                outbox::failed(&mut tx, event.id, &deps.node, reason, Some(next)).await?;
            }
        }
    }
    tx.commit().await?;
    Ok(count)
}
