//! What the gateway does by itself: it follows the feed for customers' answers, and settles drafts whose time has come.

use std::time::Duration;

use patchbay_core::Ctx;
use patchbay_core::event::EventName;
use patchbay_core::ids::MessageId;
use patchbay_store::feed::{self, StoredEvent};
use patchbay_store::{tool_drafts, tool_windows};
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

/// What a look at the feed brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heard {
    /// So many events were read.
    Events(usize),
    /// No customer was asked anything, so nothing that was written can be an answer.
    NobodyWasAsked,
}

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
            let heard = self.follow_once().await.unwrap_or_else(|refusal| {
                tracing::warn!(reason = %refusal.reason, "customers' answers wait; trying again");
                Heard::Events(0)
            });
            if let Err(refusal) = self.settle_due().await {
                tracing::warn!(reason = %refusal.reason, "drafts could not be settled; trying again");
            }
            match heard {
                Heard::Events(1..) => continue,
                Heard::Events(0) => tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(POLL) => {}
                    _ = wake.changed() => {}
                },
                // Looking at each message of a busy hour for nothing would cost the writer more than the messages do.
                Heard::NobodyWasAsked => tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(POLL) => {}
                },
            }
            if stop.is_cancelled() {
                return;
            }
        }
    }

    /// Hears the next events of the feed.
    async fn follow_once(&self) -> Result<Heard, Refusal> {
        let mut reading = self.hub.db.read().await?;
        let from = feed::position_of(&mut reading, READER).await?;
        // In this order: what stands up to `latest` came before every question that is not asked yet.
        let latest = feed::bounds(&mut reading).await?.latest;
        let now = self.hub.gate.clock.now();
        if !tool_drafts::any_awaits_customer(&mut reading).await? {
            drop(reading);
            if from < latest {
                let mut tx = self.hub.db.begin().await?;
                feed::advance(&mut tx, READER, (from, latest), now).await?;
                tool_windows::sweep(&mut tx, now, SWEEP).await?;
                tx.commit().await?;
            }
            return Ok(Heard::NobodyWasAsked);
        }
        let batch = feed::after(&mut reading, from, BATCH).await?;
        drop(reading);
        let Some(last) = batch.events.last() else { return Ok(Heard::Events(0)) };
        let to = last.position;
        let mut tx = self.hub.db.begin().await?;
        if !feed::advance(&mut tx, READER, (from, to), now).await? {
            tx.rollback().await?;
            return Ok(Heard::Events(0));
        }
        for message in batch.events.iter().filter_map(message) {
            self.heard(&mut tx, &Ctx::system(now, message.to_string()), message).await?;
        }
        tool_windows::sweep(&mut tx, now, SWEEP).await?;
        tx.commit().await?;
        Ok(Heard::Events(batch.events.len()))
    }

    /// Does everything that is due now: for tests that move the clock.
    pub async fn settle_now(&self) -> Result<usize, Refusal> {
        while matches!(self.follow_once().await?, Heard::Events(1..)) {}
        self.settle_due().await
    }
}

fn message(event: &StoredEvent) -> Option<MessageId> {
    if event.name != EventName::MessageReceived.as_str() {
        return None;
    }
    serde_json::from_str::<MessageData>(&event.payload).ok().map(|data| data.message.message_id)
}
