//! What becomes of drafts by themselves: time runs out, an unknown outcome is found, the other system's draft is called
//! off.

use chrono::TimeDelta;
use patchbay_core::Ctx;
use patchbay_core::event::EventName;
use patchbay_core::ids::ToolDraftId;
use patchbay_core::tool::DraftState;
use patchbay_store::tool_drafts::{self, DraftRow};
use patchbay_store::{StoreError, conversations};

use crate::gateway::Gateway;
use crate::outcome::Refusal;
use crate::transactions::{CommitEnd, Transactions};

use super::moves_money;

/// Times an outcome is looked for before a person has to.
const LOOKS: i64 = 20;
/// Times between two looks: longer each time.
const STEP: TimeDelta = TimeDelta::seconds(15);
/// Drafts of one round.
const ROUND: i64 = 50;

impl Gateway {
    /// Settles what is due, and tells how many drafts that were.
    pub(crate) async fn settle_due(&self) -> Result<usize, Refusal> {
        let now = self.hub.gate.clock.now();
        let due = tool_drafts::due(&mut self.hub.db.read().await?, now, ROUND).await?;
        for id in &due {
            if let Err(refusal) = self.settle(*id).await {
                tracing::warn!(draft.id = %id, reason = %refusal.reason, "a draft could not be settled; trying again");
            }
        }
        Ok(due.len())
    }

    async fn settle(&self, id: ToolDraftId) -> Result<(), Refusal> {
        let now = self.hub.gate.clock.now();
        let ctx = Ctx::system(now, id.to_string());
        let Some(mut draft) = tool_drafts::by_id(&mut self.hub.db.read().await?, id).await? else { return Ok(()) };
        if draft.state.can_be_cancelled() {
            draft.state = DraftState::Expired;
            draft.check_at = draft.external_id.is_some().then_some(now);
            return self.put(&ctx, draft, EventName::DraftFailed).await;
        }
        match draft.state {
            DraftState::Committing | DraftState::Unknown => self.look_for(&ctx, draft).await,
            state if state.is_over() => self.call_off(&ctx, draft).await,
            _ => Ok(()),
        }
    }

    /// Asks the other system what became of a commit; only when it knows nothing is the same commit sent again, under
    /// the same key.
    async fn look_for(&self, ctx: &Ctx, mut draft: DraftRow) -> Result<(), Refusal> {
        let found = match &self.transactions {
            // Ours is found by doing it again: its key makes that the same deed.
            _ if !moves_money(&draft) => Ok(None),
            Some(system) => system.find(&draft).await,
            None => Err(()),
        };
        match found {
            Ok(Some(reference)) => {
                draft.state = DraftState::Committed;
                draft.reference = Some(reference);
                draft.check_at = None;
                self.put(ctx, draft, EventName::DraftCommitted).await
            }
            Ok(None) if draft.commit_attempts < LOOKS => self.again(ctx, draft).await,
            _ => {
                draft.state = DraftState::Unknown;
                let looks = i32::try_from(draft.commit_attempts.min(LOOKS)).unwrap_or(1);
                draft.commit_attempts += 1;
                if draft.commit_attempts == LOOKS {
                    self.draft_given_up(ctx, &draft, "transactions.commit", "the outcome cannot be found out").await;
                }
                // In the end a person has to look: it stays unknown and is asked about once an hour.
                let wait = if draft.commit_attempts > LOOKS { TimeDelta::hours(1) } else { STEP * looks.max(1) };
                draft.check_at = Some(ctx.now + wait);
                self.put(ctx, draft, EventName::DraftFailed).await
            }
        }
    }

    async fn again(&self, ctx: &Ctx, mut draft: DraftRow) -> Result<(), Refusal> {
        let end = self.effect(ctx, &draft).await;
        draft.commit_attempts += 1;
        let name = match end {
            CommitEnd::Done(reference) => {
                draft.state = DraftState::Committed;
                draft.reference = reference;
                draft.check_at = None;
                EventName::DraftCommitted
            }
            CommitEnd::Refused(reason) => {
                draft.state = DraftState::Failed;
                draft.failure = Some(reason);
                draft.check_at = None;
                EventName::DraftFailed
            }
            CommitEnd::NotSent(_) | CommitEnd::Unknown => {
                let looks = i32::try_from(draft.commit_attempts.min(LOOKS)).unwrap_or(1);
                draft.state = DraftState::Unknown;
                draft.check_at = Some(ctx.now + STEP * looks.max(1));
                EventName::DraftFailed
            }
        };
        self.put(ctx, draft, name).await
    }

    /// Calls the other system's draft off, so that nothing waits there for ever.
    async fn call_off(&self, ctx: &Ctx, mut draft: DraftRow) -> Result<(), Refusal> {
        let done = match (&self.transactions, &draft.external_id) {
            (Some(system), Some(_)) => Transactions::cancel(system, &draft).await,
            _ => true,
        };
        draft.commit_attempts += i64::from(!done);
        draft.check_at = (!done && draft.commit_attempts < LOOKS).then_some(ctx.now + STEP);
        let mut tx = self.hub.db.begin().await?;
        tool_drafts::update(&mut tx, &draft).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn put(&self, ctx: &Ctx, draft: DraftRow, name: EventName) -> Result<(), Refusal> {
        let mut tx = self.hub.db.begin().await?;
        let conversation = conversations::by_id(&mut tx, draft.conversation_id).await?.ok_or(StoreError::NoRow)?;
        self.write(&mut tx, ctx, &conversation, draft, name).await?;
        tx.commit().await?;
        Ok(())
    }
}
