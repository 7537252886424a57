//! `tech.request_change`: more money or another scope is asked for while the work goes on.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::actor::Actor;
use crate::ticket::approval::{Approval, Question};
use crate::ticket::decision::{Change, Topic};
use crate::ticket::record::Ticket;
use crate::ticket::refusal::Refusal;
use crate::ticket::state::TicketState;
use crate::ticket::words::{ApprovalOrigin, ApprovalType};

/// The fields of `tech.request_change`.
#[derive(Clone, Debug, Deserialize)]
pub struct Request {
    /// What is asked.
    pub approval_type: ApprovalType,
    /// Why.
    pub reason: String,
    /// By how much the limit is to rise, in minor units.
    pub amount_delta_cents: Option<i64>,
    /// Evidence that shows it.
    #[serde(default)]
    pub evidence_refs: Vec<String>,
    /// What the work will cost by now, in minor units.
    pub estimate_cents: Option<i64>,
}

/// What follows from `tech.request_change`, and what is asked. Error: 400 `INVALID_REQUEST` when more money is asked
/// without saying how much.
pub fn decide(
    ticket: &Ticket,
    asked: Request,
    actor: &Actor,
    now: DateTime<Utc>,
) -> Result<(Change, Approval), Refusal> {
    if asked.approval_type == ApprovalType::NteIncrease && asked.amount_delta_cents.is_none() {
        return Err(Refusal::misfit("amount_delta_cents", "NTE_INCREASE needs an amount"));
    }
    let mut change = Change::of(ticket);
    change.ticket.estimate_cents = asked.estimate_cents.or(ticket.estimate_cents);
    let question = Question {
        approval_type: asked.approval_type,
        origin: ApprovalOrigin::TechChange,
        reason: Some(asked.reason),
        amount_delta_cents: asked.amount_delta_cents,
        evidence_refs: asked.evidence_refs,
    };
    let approval = Approval::asked(ticket.id, actor, question, now);
    change.step(TicketState::ApprovalRequired);
    change.tell_with(Topic::ApprovalRequested, approval.facts());
    Ok((change, approval))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code;
    use crate::ticket::create::tests::ticket_in;
    use crate::ticket::schedule::tests::now;

    #[track_caller]
    fn check(approval_type: ApprovalType, amount: Option<i64>, expect: Option<Code>) {
        let asked = Request {
            approval_type,
            reason: "the frame is rotten".into(),
            amount_delta_cents: amount,
            evidence_refs: Vec::new(),
            estimate_cents: Some(90_000),
        };
        let ticket = ticket_in(TicketState::InProgress);
        let seen = decide(&ticket, asked, &Actor::system(), now());
        if let Ok((change, approval)) = &seen {
            assert_eq!(
                (change.ticket.state, change.ticket.nte_cents),
                (TicketState::ApprovalRequired, ticket.nte_cents)
            );
            assert_eq!(change.ticket.estimate_cents, Some(90_000));
            assert_eq!((approval.origin, approval.return_state), (ApprovalOrigin::TechChange, TicketState::InProgress));
        }
        assert_eq!(seen.err().map(|refusal| refusal.code), expect);
    }

    #[test]
    fn more_money_needs_an_amount_and_another_scope_does_not() {
        check(ApprovalType::NteIncrease, None, Some(Code::InvalidRequest));
        check(ApprovalType::NteIncrease, Some(5_000), None);
        check(ApprovalType::Proposal, None, None);
    }
}
