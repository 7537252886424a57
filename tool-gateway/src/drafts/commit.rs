//! Carrying a draft out, once: the state is compared and set with the intent written beside it, then the other system is
//! called under a key that a repetition gives again.

use chrono::TimeDelta;
use patchbay_core::event::EventName;
use patchbay_core::tool::{DraftState, draft};
use patchbay_core::{Code, Ctx, trace};
use patchbay_hub::HubError;
use patchbay_store::tool_drafts::{self, DraftRow};
use patchbay_store::{StoreError, conversations, tool_invocations};
use subtle::ConstantTimeEq as _;

use crate::adapter::tried;
use crate::audit;
use crate::gateway::Gateway;
use crate::outcome::{Outcome, Refusal};
use crate::pipeline::Admitted;
use crate::transactions::CommitEnd;

use super::moves_money;

/// How soon an unknown outcome is looked for.
const LOOK_AFTER: TimeDelta = TimeDelta::seconds(5);

impl Gateway {
    pub(crate) async fn commit_draft(&self, call: &Admitted<'_>) -> Result<Outcome, Refusal> {
        let ctx = &call.scene.ctx;
        let draft = self.own_draft(&mut self.hub.db.read().await?, call).await?;
        let token = call.arguments["confirmation_token"].as_str().unwrap_or_default();
        if let Some(refusal) = self.not_ready(&draft, ctx) {
            return Err(refusal);
        }
        if !self.opens(&draft, token) {
            if draft.state == DraftState::Confirmed {
                let mut tx = self.hub.db.begin().await?;
                let fresh = tool_drafts::by_id(&mut tx, draft.id).await?;
                if let Some(fresh) = fresh.filter(|fresh| fresh.state == DraftState::Confirmed) {
                    self.guessed(&mut tx, ctx, &call.scene.conversation, fresh).await?;
                }
                tx.commit().await?;
            }
            return Err(Refusal::new(
                Code::ConfirmationInvalid,
                "confirmation.mismatch",
                "the token is not the one of this draft",
            )
            .about(draft.id));
        }
        if draft.state == DraftState::Committed {
            return self.shown(&mut self.hub.db.read().await?, &draft).await;
        }
        let mut tx = self.hub.db.begin().await?;
        if !is_what_was_proven(&draft) || !tool_drafts::begin_commit(&mut tx, &draft, ctx.now).await? {
            tx.rollback().await?;
            return Err(self.lost(call, &draft).await?);
        }
        tool_invocations::append(&mut tx, &audit::intent(&draft, ctx, &self.registry_hash)).await?;
        tx.commit().await?;
        // In a task of its own: a caller that goes away takes nothing with it.
        let (gateway, ctx, id) = (self.clone(), ctx.clone(), draft.id);
        let work = async move {
            let draft = tool_drafts::by_id(&mut gateway.hub.db.read().await?, id).await?.ok_or(StoreError::NoRow)?;
            gateway.carry_out(&ctx, draft).await
        };
        let done = tokio::spawn(trace::onward(trace::current(), tried::within(tried::current(), work)));
        let draft = match done.await {
            Ok(settled) => settled?,
            Err(_) => return Err(Refusal::new(Code::InternalError, "internal", "something went wrong on our side")),
        };
        self.end_of(&draft).await
    }

    /// Calls the other system for a draft that is being carried out, and writes what it said.
    pub(crate) async fn carry_out(&self, ctx: &Ctx, mut draft: DraftRow) -> Result<DraftRow, Refusal> {
        let end = self.effect(ctx, &draft).await;
        let now = self.hub.gate.clock.now();
        let name = match end {
            CommitEnd::Done(reference) => {
                draft.state = DraftState::Committed;
                draft.reference = reference;
                draft.check_at = None;
                EventName::DraftCommitted
            }
            CommitEnd::Refused(reason) => {
                draft.state = DraftState::Failed;
                if moves_money(&draft) {
                    self.draft_given_up(ctx, &draft, "transactions.commit", &reason).await;
                }
                draft.failure = Some(reason);
                draft.check_at = draft.external_id.is_some().then_some(now);
                EventName::DraftFailed
            }
            // Nothing left this machine: the proofs are as good as before.
            CommitEnd::NotSent(reason) => {
                if moves_money(&draft) {
                    self.draft_given_up(ctx, &draft, "transactions.commit", &reason).await;
                }
                draft.state = DraftState::Confirmed;
                draft.failure = Some(reason);
                draft.check_at = None;
                EventName::DraftFailed
            }
            CommitEnd::Unknown => {
                draft.state = DraftState::Unknown;
                draft.check_at = Some(now + LOOK_AFTER);
                EventName::DraftFailed
            }
        };
        let mut tx = self.hub.db.begin().await?;
        let conversation = conversations::by_id(&mut tx, draft.conversation_id).await?.ok_or(StoreError::NoRow)?;
        let before = draft.version;
        self.write(&mut tx, &Ctx { now, ..ctx.clone() }, &conversation, draft.clone(), name).await?;
        tx.commit().await?;
        draft.version = before + 1;
        Ok(draft)
    }

    /// What a settled draft answers.
    async fn end_of(&self, draft: &DraftRow) -> Result<Outcome, Refusal> {
        match draft.state {
            DraftState::Committed => self.shown(&mut self.hub.db.read().await?, draft).await,
            DraftState::Unknown | DraftState::Committing => Err(unknown(draft)),
            DraftState::Confirmed if !moves_money(draft) => {
                let message = "automation is paused; nothing was carried out";
                Err(Refusal::new(Code::AutonomyDisabled, "agent.paused", message).about(draft.id))
            }
            DraftState::Confirmed => Err(Refusal::new(
                Code::IntegrationFailed,
                "upstream.unreachable",
                "the transaction system cannot be reached; nothing was carried out",
            )
            .retry(60)
            .about(draft.id)),
            _ => Err(refused(draft).about(draft.id)),
        }
    }

    /// Why a draft cannot be carried out now, when that does not depend on the token.
    fn not_ready(&self, draft: &DraftRow, ctx: &Ctx) -> Option<Refusal> {
        let invalid = |reason: &str, message: &str| Refusal::new(Code::ConfirmationInvalid, reason, message);
        let waits_in_time = draft.state.can_be_cancelled() && draft.expires_at <= ctx.now;
        let refusal = match draft.state {
            _ if waits_in_time => invalid("confirmation.expired", "the draft has expired"),
            DraftState::Open | DraftState::AwaitingCustomer => {
                Refusal::new(Code::ConfirmationRequired, "confirmation.pending", "waiting for the customer's reply")
                    .retry(60)
            }
            DraftState::AwaitingHuman => {
                Refusal::new(Code::ApprovalThreshold, "confirmation.human_required", "waiting for a person to approve")
                    .retry(60)
            }
            DraftState::Confirmed if draft.policy_version != self.policy().version => {
                invalid("draft.stale", "the policy has changed; make a new draft")
            }
            DraftState::Confirmed | DraftState::Committed => return None,
            DraftState::Committing => {
                Refusal::new(Code::IdempotencyInProgress, "idempotency.in_flight", "the draft is being carried out")
                    .retry(1)
            }
            DraftState::Unknown => unknown(draft),
            DraftState::Failed => refused(draft),
            DraftState::Expired => invalid("confirmation.expired", "the draft has expired"),
            DraftState::Cancelled | DraftState::Rejected => invalid("confirmation.declined", "the draft was declined"),
            DraftState::Voided => invalid("confirmation.mismatch", "the draft is not valid any more"),
        };
        Some(refusal.about(draft.id))
    }

    /// Whether a token opens the draft: the one that the proofs minted, or the code that the customer sent.
    fn opens(&self, draft: &DraftRow, token: &str) -> bool {
        let minted = self.token(draft);
        let is_minted = bool::from(minted.as_bytes().ct_eq(token.as_bytes()));
        is_minted || (draft.proof_message_id.is_some() && self.is_code(draft, token))
    }

    /// Why the state could not be set: somebody was faster, or what the draft is bound to has changed.
    async fn lost(&self, call: &Admitted<'_>, seen: &DraftRow) -> Result<Refusal, Refusal> {
        let ctx = &call.scene.ctx;
        let mut tx = self.hub.db.begin().await?;
        let fresh = tool_drafts::by_id(&mut tx, seen.id).await?.ok_or(StoreError::NoRow)?;
        if let Some(refusal) = self.not_ready(&fresh, ctx) {
            return Ok(refusal);
        }
        if fresh.state == DraftState::Confirmed {
            let mut voided = fresh.clone();
            voided.state = DraftState::Voided;
            voided.failure = Some("what the draft is bound to has changed".into());
            voided.check_at = voided.external_id.is_some().then_some(ctx.now);
            self.write(&mut tx, ctx, &call.scene.conversation, voided, EventName::DraftFailed)
                .await
                .map_err(HubError::from)?;
            tx.commit().await?;
        }
        Ok(Refusal::new(Code::ConfirmationInvalid, "confirmation.mismatch", "the draft is not valid any more")
            .about(seen.id))
    }
}

/// Whether the draft is what its proofs were given for: the payload has the hash that was asked about and seen, the amount
/// is the payload's, and each proof of the plan is there.
pub(crate) fn is_what_was_proven(draft: &DraftRow) -> bool {
    draft::payload_hash(&draft.tool, &draft.payload, draft.policy_version) == draft.payload_hash
        && draft.payload["amount_minor"].as_i64() == draft.amount_minor
        && draft.payload["currency"].as_str() == draft.currency.as_deref()
        && (!draft.plan.asks_customer() || draft.proof_message_id.is_some())
        && (!draft.plan.asks_human() || draft.hash_seen.as_ref() == Some(&draft.payload_hash))
}

/// Whoever carries such a draft out said no.
fn refused(draft: &DraftRow) -> Refusal {
    if moves_money(draft) {
        let message = "the transaction system refused; nothing was carried out";
        Refusal::new(Code::IntegrationFailed, "upstream.refused", message)
    } else {
        let message = "it cannot be carried out any more; nothing was done. Look again and make a new draft";
        Refusal::new(Code::DraftStateConflict, "draft.refused", message)
    }
}

fn unknown(draft: &DraftRow) -> Refusal {
    Refusal::new(
        Code::IntegrationTimeout,
        "upstream.unknown_outcome",
        "the outcome is not known yet; it is being looked for. Do not make another draft",
    )
    .about(draft.id)
}
