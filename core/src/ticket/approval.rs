//! What somebody has to decide before a ticket goes on, and `approval.decide`. Source: domain, commands 4, 5 and 23.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::actor::Actor;
use crate::code::Code;
use crate::ids::{ActorId, ApprovalId, TicketId};
use crate::role::{ActorType, Role};
use crate::ticket::command::field::MAX_CENTS;
use crate::ticket::decision::{Change, Topic};
use crate::ticket::intake::IntakeRules;
use crate::ticket::record::Ticket;
use crate::ticket::refusal::Refusal;
use crate::ticket::state::TicketState;
use crate::ticket::triage::pass_gate;
use crate::ticket::words::{ApprovalDecision, ApprovalOrigin, ApprovalStatus, ApprovalType};

/// A question about a ticket, and its answer once there is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Approval {
    /// Our id.
    pub id: ApprovalId,
    /// The ticket that waits for it.
    pub ticket_id: TicketId,
    /// What is asked.
    pub approval_type: ApprovalType,
    /// Where it was asked.
    pub origin: ApprovalOrigin,
    /// Where the ticket goes when the answer is yes.
    pub return_state: TicketState,
    /// Where it stands.
    pub status: ApprovalStatus,
    /// Why it is asked.
    pub reason: Option<String>,
    /// By how much the limit rises when the answer is yes, in minor units.
    pub amount_delta_cents: Option<i64>,
    /// Evidence that speaks for it.
    pub evidence_refs: Vec<String>,
    /// Who asked.
    pub requested_by: ActorId,
    /// As what.
    pub requested_by_role: Role,
    /// What kind of being asked.
    pub requested_by_type: ActorType,
    /// When.
    pub requested_at: DateTime<Utc>,
    /// Who answered.
    pub decided_by: Option<ActorId>,
    /// As what.
    pub decided_by_role: Option<Role>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
    /// Why.
    pub notes: Option<String>,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What kind of question.
    pub approval_type: ApprovalType,
    /// Where it is asked: decides where the ticket goes on.
    pub origin: ApprovalOrigin,
    /// Why.
    pub reason: Option<String>,
    /// By how much the limit is to rise, in minor units.
    pub amount_delta_cents: Option<i64>,
    /// Evidence that speaks for it.
    pub evidence_refs: Vec<String>,
}

/// The fields of `approval.decide`.
#[derive(Clone, Debug, Deserialize)]
pub struct Answer {
    /// Which approval.
    pub approval_id: ApprovalId,
    /// Yes or no.
    pub decision: ApprovalDecision,
    /// Why.
    pub notes: Option<String>,
}

impl Approval {
    /// A question that `actor` asks about a ticket, not answered yet.
    pub fn asked(ticket: TicketId, actor: &Actor, question: Question, now: DateTime<Utc>) -> Self {
        Self {
            id: ApprovalId::new(),
            ticket_id: ticket,
            approval_type: question.approval_type,
            origin: question.origin,
            return_state: match question.origin {
                ApprovalOrigin::Triage => TicketState::ReadyToSchedule,
                ApprovalOrigin::TechChange => TicketState::InProgress,
            },
            status: ApprovalStatus::Pending,
            reason: question.reason,
            amount_delta_cents: question.amount_delta_cents,
            evidence_refs: question.evidence_refs,
            requested_by: actor.id,
            requested_by_role: actor.role,
            requested_by_type: actor.actor_type,
            requested_at: now,
            decided_by: None,
            decided_by_role: None,
            decided_at: None,
            notes: None,
        }
    }

    /// What others are told of it.
    pub fn facts(&self) -> serde_json::Value {
        json!({
            "approval_id": self.id,
            "approval_type": self.approval_type,
            "approval_origin": self.origin,
            "approval_status": self.status,
            "amount_delta_cents": self.amount_delta_cents,
        })
    }

    /// Where the ticket goes with `decision`.
    fn target(&self, decision: ApprovalDecision) -> TicketState {
        match (decision, self.origin) {
            (ApprovalDecision::Approved, _) => self.return_state,
            (ApprovalDecision::Denied, ApprovalOrigin::Triage) => TicketState::Triaged,
            (ApprovalDecision::Denied, ApprovalOrigin::TechChange) => TicketState::InProgress,
        }
    }
}

/// Whether `actor` may answer a question that `asker` asked. A dispatcher may ask and answer in one at triage; work on
/// site and machines need a second pair of eyes. Error: 403 `FORBIDDEN`.
pub fn may_decide(origin: ApprovalOrigin, asker: ActorId, asked_as: Role, actor: &Actor) -> Result<(), Refusal> {
    let needs_another = origin == ApprovalOrigin::TechChange || asked_as == Role::AiAgent;
    if needs_another && asker == actor.id {
        return Err(
            Refusal::new(Code::Forbidden, "who asked may not decide").because("requested_by", asker.to_string())
        );
    }
    Ok(())
}

/// What follows from `approval.decide` on `approval`, the one the answer names (`None`: there is none of that id).
/// Errors: 404 `APPROVAL_NOT_FOUND`, 409 `APPROVAL_NOT_PENDING`, 403 `FORBIDDEN` when the one who asked decides, 409
/// `INVALID_APPROVAL_TARGET_STATE`; those of the gate of blind intakes, which an approval does not open.
pub fn decide(
    ticket: &Ticket,
    approval: Option<Approval>,
    answer: &Answer,
    rules: &IntakeRules,
    actor: &Actor,
    now: DateTime<Utc>,
) -> Result<(Change, Approval), Refusal> {
    let approval = approval
        .filter(|approval| approval.ticket_id == ticket.id)
        .ok_or_else(|| Refusal::new(Code::ApprovalNotFound, "the ticket has no such approval"))?;
    if approval.status != ApprovalStatus::Pending {
        return Err(Refusal::new(Code::ApprovalNotPending, "the approval is not waiting for a decision any more")
            .because("approval_status", approval.status.as_str()));
    }
    may_decide(approval.origin, approval.requested_by, approval.requested_by_role, actor)?;
    let to = approval.target(answer.decision);
    let expected = match approval.origin {
        ApprovalOrigin::Triage => [TicketState::ReadyToSchedule, TicketState::Triaged],
        ApprovalOrigin::TechChange => [TicketState::InProgress, TicketState::InProgress],
    };
    if !expected.contains(&to) {
        return Err(Refusal::new(Code::InvalidApprovalTargetState, format!("the ticket cannot go on in {to}"))
            .because("to_state", to.as_str())
            .because("allowed_to_states", expected.map(|state| state.to_string()).to_vec()));
    }
    let decided = Approval {
        status: answer.decision.status(),
        decided_by: Some(actor.id),
        decided_by_role: Some(actor.role),
        decided_at: Some(now),
        notes: answer.notes.clone(),
        ..approval
    };
    let mut change = Change::of(ticket);
    if answer.decision == ApprovalDecision::Approved {
        let risen = ticket.nte_cents.saturating_add(decided.amount_delta_cents.unwrap_or(0));
        change.ticket.nte_cents = risen.min(MAX_CENTS);
    }
    if to == TicketState::ReadyToSchedule {
        pass_gate(&mut change.ticket, rules)?;
    }
    change.step(to);
    change.tell_with(Topic::ApprovalDecided, decided.facts());
    Ok((change, decided))
}

#[cfg(test)]
mod tests;
