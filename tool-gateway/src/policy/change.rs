//! Changing the policy while the server runs: one admin proposes, another one agrees.

use patchbay_core::ids::ToolCallId;
use patchbay_core::tool::Policy;
use patchbay_core::tool::invocation::{CallDecision, Invocation, Phase};
use patchbay_core::tool::policy::{Origin, PolicyState};
use patchbay_core::{Code, Ctx};
use patchbay_http::ApiError;
use patchbay_hub::HubError;
use patchbay_store::tool_policies::{self, PolicyRow};
use patchbay_store::{StoreError, Tx, tool_invocations};
use serde_json::{Value, json};

use crate::gateway::Gateway;

/// What a second person decided about a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decided {
    /// It comes into force.
    Agreed,
    /// It does not.
    Refused,
}

impl Gateway {
    /// A policy that fits the tools, of whatever version. Error: 400 `INVALID_REQUEST` with the first thing that is wrong.
    pub(crate) fn readable_policy(&self, given: Value) -> Result<Policy, ApiError> {
        let wrong = |problem: String| ApiError::invalid("policy", problem);
        let policy: Policy = serde_json::from_value(given).map_err(|error| wrong(error.to_string()))?;
        policy.check(&self.catalog).map_err(|error| wrong(error.to_string()))?;
        Ok(policy)
    }

    /// Writes a proposal. Errors: 400 `INVALID_REQUEST`; 409 `VERSION_CONFLICT` when its version is not the highest.
    pub(crate) async fn propose_policy(&self, ctx: &Ctx, given: Value, note: String) -> Result<PolicyRow, HubError> {
        let policy = self.readable_policy(given)?;
        let row = PolicyRow {
            version: policy.version,
            hash: policy.hash(),
            body: serde_json::to_value(&policy).expect("a policy is plain data"),
            origin: Origin::Proposal,
            state: PolicyState::Proposed,
            note,
            proposed_by: ctx.actor.id,
            proposed_at: ctx.now,
            decided_by: None,
            decided_at: None,
            decision_reason: None,
            in_force_from: None,
            in_force_until: None,
        };
        let mut tx = self.hub.db.begin().await?;
        let newest = tool_policies::page(&mut tx, i64::MAX, 1).await?.first().map_or(0, |row| row.version);
        let taken = || ApiError::new(Code::VersionConflict, "a policy's version must be higher than every other one's");
        if policy.version <= newest {
            return Err(taken().because("highest_version", newest).into());
        }
        match tool_policies::insert(&mut tx, &row).await {
            Err(StoreError::Duplicate) => return Err(taken().into()),
            end => end?,
        }
        note_down(&mut tx, ctx, "policy.propose", &row).await?;
        tx.commit().await?;
        Ok(row)
    }

    /// Decides about a proposal. Errors: 404 `NOT_FOUND`; 403 `FORBIDDEN` for whoever proposed it; 409
    /// `CONFIRMATION_INVALID` when another hash was seen; 409 `INVALID_STATE_TRANSITION` when it is not waiting or a newer
    /// one is in force.
    pub(crate) async fn decide_policy(
        &self,
        ctx: &Ctx,
        version: i64,
        decided: Decided,
        (seen, reason): (Option<&str>, Option<String>),
    ) -> Result<PolicyRow, HubError> {
        let mut tx = self.hub.db.begin().await?;
        let absent = || ApiError::not_found("policy");
        let mut row = tool_policies::by_version(&mut tx, version).await?.ok_or_else(absent)?;
        if row.proposed_by == ctx.actor.id && decided == Decided::Agreed {
            return Err(ApiError::forbidden("whoever proposed a policy does not agree to it").into());
        }
        let wrong_state = |message: &str| ApiError::new(Code::InvalidStateTransition, message);
        if row.state != PolicyState::Proposed {
            return Err(wrong_state("the policy does not wait for a decision")
                .because("state", row.state.as_str())
                .into());
        }
        if seen.is_some_and(|seen| seen != row.hash) {
            return Err(ApiError::new(Code::ConfirmationInvalid, "what you saw is not what the policy is").into());
        }
        let newer = tool_policies::mark(&mut tx).await?.is_some_and(|mark| mark.version > version);
        if newer && decided == Decided::Agreed {
            return Err(wrong_state("a newer policy is in force").into());
        }
        row.decided_by = Some(ctx.actor.id);
        row.decided_at = Some(ctx.now);
        row.decision_reason = reason;
        let word = match decided {
            Decided::Agreed => {
                // It was checked when it was proposed, perhaps by another release.
                self.readable_policy(row.body.clone())?;
                tool_policies::retire(&mut tx, ctx.now).await?;
                row.state = PolicyState::InForce;
                row.in_force_from = Some(ctx.now);
                "policy.approve"
            }
            Decided::Refused => {
                row.state = PolicyState::Rejected;
                "policy.reject"
            }
        };
        if !tool_policies::decide(&mut tx, &row).await? {
            return Err(wrong_state("the policy does not wait for a decision").into());
        }
        note_down(&mut tx, ctx, word, &row).await?;
        tx.commit().await?;
        if decided == Decided::Agreed {
            self.swap(row.clone()).map_err(|problem| ApiError::new(Code::InternalError, problem))?;
        }
        Ok(row)
    }
}

/// Changes of the policy stand in the audit beside the calls that it judges.
async fn note_down(tx: &mut Tx, ctx: &Ctx, word: &str, row: &PolicyRow) -> Result<(), StoreError> {
    let id = ToolCallId::new();
    let invocation = Invocation {
        id,
        call_id: id,
        phase: Phase::Done,
        account_id: None,
        conversation_id: None,
        actor_id: ctx.actor.id,
        actor_role: ctx.actor.role,
        tool: word.to_owned(),
        decision: CallDecision::Allowed,
        code: None,
        draft_id: None,
        details: json!({
            "policy_version": row.version, "policy_hash": row.hash, "after_state": row.state,
            "correlation_id": ctx.correlation_id,
        }),
        at: ctx.now,
    };
    tool_invocations::append(tx, &invocation).await
}
