//! Calling a draft off, and the decision of a person of ours.

use chrono::TimeDelta;
use patchbay_core::actor::Actor;
use patchbay_core::conversation::may_see;
use patchbay_core::event::EventName;
use patchbay_core::ids::ToolDraftId;
use patchbay_core::role::ActorType;
use patchbay_core::tool::DraftState;
use patchbay_core::tool::draft::may_approve;
use patchbay_core::{Code, Ctx};
use patchbay_http::ApiError;
use patchbay_hub::HubError;
use patchbay_hub::feed::placement;
use patchbay_store::tool_drafts::{self, DraftRow};
use patchbay_store::{Tx, conversations};

use crate::gateway::Gateway;
use crate::outcome::{Outcome, Refusal};
use crate::pipeline::Admitted;

/// What a person decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It may be done.
    Approve,
    /// It may not.
    Reject,
}

impl Gateway {
    pub(crate) async fn cancel_draft(&self, call: &Admitted<'_>) -> Result<Outcome, Refusal> {
        let ctx = &call.scene.ctx;
        let mut tx = self.hub.db.begin().await?;
        let mut draft = self.own_draft(&mut tx, call).await?;
        if draft.state != DraftState::Cancelled {
            if !draft.state.can_be_cancelled() {
                return Err(Refusal::new(Code::DraftStateConflict, "draft.stale", "the draft is past calling off")
                    .about(draft.id));
            }
            draft.state = DraftState::Cancelled;
            draft.failure = call.arguments["reason"].as_str().map(str::to_owned);
            draft.check_at = draft.external_id.is_some().then_some(ctx.now);
            if !self.write(&mut tx, ctx, &call.scene.conversation, draft.clone(), EventName::DraftFailed).await? {
                let message = "the draft has just changed; try again";
                return Err(Refusal::new(Code::VersionConflict, "draft.stale", message).retry(1).about(draft.id));
            }
            tx.commit().await?;
        }
        let shown = self.draft_body(&draft);
        Ok(Outcome { draft: Some(shown.clone()), ..Outcome::of(shown) })
    }

    /// Approves or rejects a draft. Errors: 404 `NOT_FOUND`, 403 `FORBIDDEN`, 409 `DRAFT_STATE_CONFLICT`,
    /// 409 `CONFIRMATION_INVALID`, 409 `VERSION_CONFLICT`.
    pub(crate) async fn decide(
        &self,
        ctx: &Ctx,
        id: ToolDraftId,
        verdict: Verdict,
        seen: Option<&str>,
        reason: Option<String>,
    ) -> Result<DraftRow, HubError> {
        let mut tx = self.hub.db.begin().await?;
        let absent = || ApiError::not_found("draft");
        let mut draft = tool_drafts::by_id(&mut tx, id).await?.ok_or_else(absent)?;
        let conversation = conversations::by_id(&mut tx, draft.conversation_id).await?.ok_or_else(absent)?;
        if !may_see(&ctx.actor, placement(&conversation)) {
            return Err(absent().into());
        }
        may_decide(&ctx.actor, &draft, conversation.assigned_to.map(|user| user.0), verdict)?;
        if draft.state != DraftState::AwaitingHuman || draft.expires_at <= ctx.now {
            return Err(ApiError::new(Code::DraftStateConflict, "the draft does not wait for a decision")
                .because("state", draft.state.as_str())
                .into());
        }
        if seen.is_some_and(|seen| seen != draft.payload_hash) {
            return Err(ApiError::new(Code::ConfirmationInvalid, "what you saw is not what the draft is").into());
        }
        draft.decided_by = Some(ctx.actor.id);
        draft.decided_at = Some(ctx.now);
        draft.decision_reason = reason;
        draft.hash_seen = Some(draft.payload_hash.clone());
        let name = match verdict {
            Verdict::Approve => {
                draft.state = DraftState::Confirmed;
                draft.expires_at = ctx.now + TimeDelta::minutes(self.config.draft_minutes);
                EventName::DraftConfirmed
            }
            Verdict::Reject => {
                draft.state = DraftState::Rejected;
                draft.check_at = draft.external_id.is_some().then_some(ctx.now);
                EventName::DraftFailed
            }
        };
        if !self.write(&mut tx, ctx, &conversation, draft.clone(), name).await? {
            return Err(
                ApiError::new(Code::VersionConflict, "somebody else was faster; look at the draft again").into()
            );
        }
        self.record_decision(&mut tx, ctx, &draft, verdict).await?;
        tx.commit().await?;
        draft.version += 1;
        draft.updated_at = ctx.now;
        Ok(draft)
    }

    /// A decision is a call of its own kind in the audit.
    async fn record_decision(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        draft: &DraftRow,
        verdict: Verdict,
    ) -> Result<(), HubError> {
        let mut row = crate::audit::intent(draft, ctx, &self.registry_hash);
        row.phase = patchbay_core::tool::invocation::Phase::Done;
        row.tool = match verdict {
            Verdict::Approve => "draft.approve".into(),
            Verdict::Reject => "draft.reject".into(),
        };
        row.details["before_state"] = DraftState::AwaitingHuman.as_str().into();
        row.details["after_state"] = draft.state.as_str().into();
        patchbay_store::tool_invocations::append(tx, &row).await?;
        Ok(())
    }
}

/// A person of a role that decides about drafts at all. Error: 403 `FORBIDDEN`.
pub(crate) fn require_decider(actor: &Actor) -> Result<(), ApiError> {
    if actor.actor_type == ActorType::Human && may_approve(actor.role, None) {
        Ok(())
    } else {
        Err(ApiError::forbidden("supervisors and admins decide about drafts"))
    }
}

/// Whether this decider may decide this: the amount is within the role's limit, and whoever approves neither made the
/// draft nor has its conversation.
fn may_decide(actor: &Actor, draft: &DraftRow, assignee: Option<uuid::Uuid>, verdict: Verdict) -> Result<(), ApiError> {
    require_decider(actor)?;
    if verdict == Verdict::Reject {
        return Ok(());
    }
    if !may_approve(actor.role, draft.amount_minor) {
        return Err(ApiError::new(Code::ApprovalThreshold, "the amount is above what this role may approve"));
    }
    if actor.id == draft.requested_by || assignee == Some(actor.id.0) {
        return Err(ApiError::forbidden("whoever made the draft or has its conversation does not approve it"));
    }
    Ok(())
}
