//! What the gateway does by itself: it follows the feed for customers' answers, and settles drafts whose time has come.

use std::time::Duration;

use patchbay_core::Ctx;
use patchbay_core::event::EventName;
use patchbay_core::ids::MessageId;
use patchbay_store::feed::{self, StoredEvent};
use patchbay_store::tool_windows;
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use crate::gateway::Gateway;
use crate::outcome::Refusal;

const READER: &str = "tool_gateway";
/// Longest time between two looks.
const POLL: Duration = Duration::from_secs(1);
/// Events that are read at once.
const BATCH: i64 = 500;
/// Windows that are forgotten at once.
const SWEEP: i64 = 1_000;

#[derive(Deserialize)]
struct MessageData {
    message: Message,
}

#[derive(Deserialize)]
struct Message {
    message_id: MessageId,
}

impl Gateway {
    /// Follows and settles until `stop`.
    pub async fn run_background(self, stop: CancellationToken) {
        let mut wake = self.hub.db.signals().feed();
        loop {
            wake.mark_unchanged();
            let more = match self.follow_once().await {
                Ok(count) => count > 0,
                Err(refusal) => {
                    tracing::warn!(reason = %refusal.reason, "customers' answers wait; trying again");
                    false
                }
            };
            if let Err(refusal) = self.settle_due().await {
                tracing::warn!(reason = %refusal.reason, "drafts could not be settled; trying again");
            }
            if more {
                continue;
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(POLL) => {}
                _ = wake.changed() => {}
            }
            if stop.is_cancelled() {
                return;
            }
        }
    }

    /// Hears the next events of the feed, and tells how many that were.
    pub async fn follow_once(&self) -> Result<usize, Refusal> {
        let mut reading = self.hub.db.read().await?;
        let from = feed::position_of(&mut reading, READER).await?;
        let batch = feed::after(&mut reading, from, BATCH).await?;
        drop(reading);
        let Some(last) = batch.events.last() else { return Ok(0) };
        let to = last.position;
        let now = self.hub.gate.clock.now();
        let mut tx = self.hub.db.begin().await?;
        if !feed::advance(&mut tx, READER, (from, to), now).await? {
            tx.rollback().await?;
            return Ok(0);
        }
        for message in batch.events.iter().filter_map(message) {
            self.heard(&mut tx, &Ctx::system(now, message.to_string()), message).await?;
        }
        tool_windows::sweep(&mut tx, now, SWEEP).await?;
        tx.commit().await?;
        Ok(batch.events.len())
    }

    /// Does everything that is due now: for tests that move the clock.
    pub async fn settle_now(&self) -> Result<usize, Refusal> {
        while self.follow_once().await? > 0 {}
        self.settle_due().await
    }
}

fn message(event: &StoredEvent) -> Option<MessageId> {
    if event.name != EventName::MessageReceived.as_str() {
        return None;
    }
    serde_json::from_str::<MessageData>(&event.payload).ok().map(|data| data.message.message_id)
}
