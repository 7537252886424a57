//! What the gateway does by itself: it follows the feed for customers' answers, and settles drafts whose time has come.

use std::time::Duration;

use patchbay_core::Ctx;
use patchbay_core::event::EventName;
use patchbay_core::ids::{MessageId, ToolDraftId};
use patchbay_core::tool::DraftState;
use patchbay_store::feed::{self, StoredEvent};
use patchbay_store::{tool_drafts, tool_windows};
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use crate::assistant::{self, Assistant, Offer, Offers};
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
#[derive(Clone, Debug, PartialEq, Eq)]
enum Heard {
    /// So many events were read, and these may give the assistant something to say.
    Events(usize, Vec<Offer>),
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
    /// Follows and settles until `stop`. What customers wrote is offered to the assistant, if there is one.
    pub async fn run_background(self, assistant: Option<Assistant>, stop: CancellationToken) {
        let Some(assistant) = assistant else { return self.follow_and_settle(None, stop).await };
        let (offers, waiting) = assistant::line();
        let answering = self.clone().run_assistant(assistant, waiting, stop.clone());
        tokio::join!(self.follow_and_settle(Some(offers), stop), answering);
    }

    async fn follow_and_settle(&self, offers: Option<Offers>, stop: CancellationToken) {
        let mut wake = self.hub.db.signals().feed();
        loop {
            wake.mark_unchanged();
            let heard = self.follow_once(offers.as_ref()).await.unwrap_or_else(|refusal| {
                tracing::warn!(reason = %refusal.reason, "customers' answers wait; trying again");
                Heard::Events(0, Vec::new())
            });
            if let Err(refusal) = self.void_outdated().await {
                tracing::warn!(reason = %refusal.reason, "drafts of an old policy could not be voided; trying again");
            }
            if let Err(refusal) = self.settle_due().await {
                tracing::warn!(reason = %refusal.reason, "drafts could not be settled; trying again");
            }
            match heard {
                Heard::Events(1.., heard) => {
                    // Only now: the proof in a message is taken before the assistant looks at the draft.
                    if let Some(offers) = &offers {
                        for offer in heard {
                            offers.offer(offer);
                        }
                    }
                    if !stop.is_cancelled() {
                        continue;
                    }
                }
                Heard::Events(0, _) => tokio::select! {
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

    /// Hears the next events of the feed: each message where somebody answers them, else only while an answer is awaited.
    async fn follow_once(&self, offers: Option<&Offers>) -> Result<Heard, Refusal> {
        let mut reading = self.hub.db.read().await?;
        let from = feed::position_of(&mut reading, READER).await?;
        // In this order: what stands up to `latest` came before every question that is not asked yet.
        let latest = feed::bounds(&mut reading).await?.latest;
        let now = self.hub.gate.clock.now();
        if offers.is_none() && !tool_drafts::any_awaits_customer(&mut reading).await? {
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
        let Some(last) = batch.events.last() else { return Ok(Heard::Events(0, Vec::new())) };
        let to = last.position;
        let mut tx = self.hub.db.begin().await?;
        if !feed::advance(&mut tx, READER, (from, to), now).await? {
            tx.rollback().await?;
            return Ok(Heard::Events(0, Vec::new()));
        }
        let heard: Vec<Offer> = batch.events.iter().filter_map(offer).collect();
        for offer in &heard {
            if let Offer::Said(message) = *offer {
                self.heard(&mut tx, &Ctx::system(now, message.to_string()), message).await?;
            }
        }
        tool_windows::sweep(&mut tx, now, SWEEP).await?;
        tx.commit().await?;
        Ok(Heard::Events(batch.events.len(), heard))
    }

    /// Does everything that is due now: for tests that move the clock.
    pub async fn settle_now(&self) -> Result<usize, Refusal> {
        while matches!(self.follow_once(None).await?, Heard::Events(1.., _)) {}
        self.void_outdated().await?;
        self.settle_due().await
    }
}

#[derive(Deserialize)]
struct DraftData {
    draft: Draft,
}

#[derive(Deserialize)]
struct Draft {
    id: ToolDraftId,
    state: DraftState,
    decision: Option<serde::de::IgnoredAny>,
}

/// What an event gives the assistant to say, if anything: a customer's message, or a person's decision about a draft.
fn offer(event: &StoredEvent) -> Option<Offer> {
    let is = |name: EventName| event.name == name.as_str();
    if is(EventName::MessageReceived) {
        let data: MessageData = serde_json::from_str(&event.payload).ok()?;
        return Some(Offer::Said(data.message.message_id));
    }
    let decided = match () {
        () if is(EventName::DraftConfirmed) => DraftState::Confirmed,
        () if is(EventName::DraftFailed) => DraftState::Rejected,
        () => return None,
    };
    let data: DraftData = serde_json::from_str(&event.payload).ok()?;
    (data.draft.decision.is_some() && data.draft.state == decided).then_some(Offer::Decided(data.draft.id))
}
