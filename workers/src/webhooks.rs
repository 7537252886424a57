//! Calls the addresses of others that hear of our events. Two tasks: one follows the feed and writes down who hears of
//! what, one calls. Each address has its own few calls at once, and one that fails only a single one: a dead address
//! delays nobody. What is under way when a node dies is due again when its claim runs out: delivery is at least once,
//! and the event's id is the same at every try.

mod call;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::WebhookId;
use patchbay_hub::webhooks::{self as hub, Tried};
use patchbay_store::webhooks::WebhookRow;
use patchbay_store::{StoreError, webhook_deliveries, webhooks};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub(crate) use call::Caller;

use crate::deps::Deps;
use crate::runner::Causes;
use crate::workers::CallError;

/// Events that are written down at once.
const BATCH: i64 = 500;
/// Longest time between two looks at the feed.
const POLL: Duration = Duration::from_secs(2);
/// How often to look whether somebody listens now.
const LISTENERS: Duration = Duration::from_secs(1);
/// How often the reader moves on while nobody listens.
const SKIP: Duration = Duration::from_mins(1);
/// How long to let events gather after the first.
const GATHER: Duration = Duration::from_millis(20);
/// Longest time between two looks at what is due.
const LOOK: Duration = Duration::from_millis(500);
/// How much longer than a call a claim holds.
const CLAIM_MARGIN: Duration = Duration::from_secs(50);
/// Tries that are written down at once.
const MOST_SETTLED: usize = 200;
/// More addresses than there can be.
const ALL: i64 = 1_000;

/// Writes down who hears of what, until `stop`.
pub(crate) async fn enroll(deps: Deps, enrolled: Arc<Notify>, stop: CancellationToken) {
    let mut wake = deps.db.signals().feed();
    let mut skipped = Instant::now();
    loop {
        wake.mark_unchanged();
        match hub::enroll(&deps.db, deps.clock.now(), BATCH).await {
            Ok(None) => {
                // Nobody listens: the feed may grow without waking us.
                if skipped.elapsed() >= SKIP {
                    skipped = Instant::now();
                    if let Err(error) = hub::skip(&deps.db, deps.clock.now()).await {
                        tracing::debug!(error = %Causes(&error), "the reader of webhooks stays behind");
                    }
                }
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(LISTENERS) => continue,
                }
            }
            Ok(Some(0)) => {}
            Ok(Some(_)) => {
                enrolled.notify_one();
                if stop.is_cancelled() {
                    return;
                }
                continue;
            }
            Err(error) => tracing::warn!(error = %Causes(&error), "webhooks are behind the feed; trying again"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(POLL) => {}
            _ = wake.changed() => tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(GATHER) => {}
            },
        }
    }
}

/// Calls whoever is due, until `stop`; then waits for the answers that are under way.
pub(crate) async fn deliver(deps: Deps, caller: Caller, enrolled: Arc<Notify>, stop: CancellationToken) {
    let mut round = Round::default();
    while !stop.is_cancelled() {
        let begun = match round.begin(&deps, &caller).await {
            Ok(begun) => begun,
            Err(error) => {
                tracing::warn!(error = %Causes(&error), "webhooks could not be called; trying again");
                0
            }
        };
        if begun == 0 {
            tokio::select! {
                () = stop.cancelled() => break,
                () = enrolled.notified() => {}
                () = tokio::time::sleep(LOOK) => {}
                Some(ended) = round.calls.join_next() => round.gather(ended),
            }
        }
        round.settle(&deps).await;
    }
    while let Some(ended) = round.calls.join_next().await {
        round.gather(ended);
        round.settle(&deps).await;
    }
}

/// For tests: everything that is due, once, to the end.
pub(crate) async fn call_once(deps: &Deps) -> Result<usize, CallError> {
    while hub::enroll(&deps.db, deps.clock.now(), BATCH).await?.is_some_and(|count| count > 0) {}
    let caller = Caller::new(deps)?;
    let mut round = Round::default();
    let mut calls = 0;
    loop {
        let begun = round.begin(deps, &caller).await?;
        calls += begun;
        while let Some(ended) = round.calls.join_next().await {
            round.gather(ended);
        }
        if begun == 0 {
            return Ok(calls);
        }
        round.settle(deps).await;
    }
}

/// Calls under way.
#[derive(Default)]
struct Round {
    calls: JoinSet<Tried>,
    under_way: HashMap<WebhookId, usize>,
    ended: Vec<Tried>,
}

impl Round {
    /// Claims what is due, as far as each address has room, and begins the calls. Tells how many.
    async fn begin(&mut self, deps: &Deps, caller: &Caller) -> Result<usize, StoreError> {
        let now = deps.clock.now();
        let mut reading = deps.db.read().await?;
        let due = webhook_deliveries::due_addresses(&mut reading, now).await?;
        if due.is_empty() {
            return Ok(0);
        }
        let rows = webhooks::page(&mut reading, Some(true), None, ALL).await?;
        drop(reading);
        let wanted: Vec<(WebhookRow, usize)> = rows
            .into_iter()
            .filter(|row| due.contains(&row.id))
            .map(|row| {
                // One call finds out whether an address that failed works again.
                let most = if row.failures > 0 { 1 } else { deps.config.webhooks.calls_at_once.max(1) };
                let room = most.saturating_sub(self.under_way.get(&row.id).copied().unwrap_or(0));
                (row, room)
            })
            .filter(|(_, room)| *room > 0)
            .collect();
        if wanted.is_empty() {
            return Ok(0);
        }
        let holds = TimeDelta::from_std(deps.config.webhooks.timeout() + CLAIM_MARGIN).unwrap_or(TimeDelta::minutes(2));
        let mut tx = deps.db.begin().await?;
        let mut claimed = Vec::new();
        for (row, room) in &wanted {
            let room = i64::try_from(*room).unwrap_or(1);
            for delivery in webhook_deliveries::claim(&mut tx, row.id, now, now + holds, room).await? {
                claimed.push((row, delivery));
            }
        }
        tx.commit().await?;
        let begun = claimed.len();
        for (row, delivery) in claimed {
            *self.under_way.entry(row.id).or_default() += 1;
            let (caller, clock, row) = (caller.clone(), deps.clock.clone(), row.clone());
            self.calls.spawn(async move { caller.call(&clock, &row, delivery).await });
        }
        Ok(begun)
    }

    fn gather(&mut self, ended: Result<Tried, tokio::task::JoinError>) {
        match ended {
            Ok(tried) => {
                if let Some(count) = self.under_way.get_mut(&tried.webhook) {
                    *count = count.saturating_sub(1);
                }
                self.ended.push(tried);
            }
            // Its claim runs out, and it is called again.
            Err(error) => tracing::error!(%error, "a call of a webhook ended badly"),
        }
    }

    /// Writes down what has ended so far. What cannot be written stays until the next time.
    async fn settle(&mut self, deps: &Deps) {
        while self.ended.len() < MOST_SETTLED
            && let Some(ended) = self.calls.try_join_next()
        {
            self.gather(ended);
        }
        if self.ended.is_empty() {
            return;
        }
        let ctx = Ctx::system(deps.clock.now(), "webhooks");
        let settled: Result<(), StoreError> = async {
            let mut tx = deps.db.begin().await?;
            hub::settle(&mut tx, &ctx, &self.ended).await?;
            tx.commit().await
        }
        .await;
        match settled {
            Ok(()) => self.ended.clear(),
            Err(error) => {
                tracing::warn!(error = %Causes(&error), "answers of webhooks could not be written down; trying again");
                // Claims run out by themselves: what is forgotten here is called again.
                if self.ended.len() > MOST_SETTLED * 10 {
                    self.ended.clear();
                }
            }
        }
    }
}
