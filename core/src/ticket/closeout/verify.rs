//! `qa.verify`.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;

use super::{Completion, Gate, Requirement};
use crate::code::Code;
use crate::ids::ActorId;
use crate::ticket::decision::{Change, Topic};
use crate::ticket::record::Ticket;
use crate::ticket::refusal::Refusal;
use crate::ticket::state::TicketState;
use crate::ticket::words::QaResult;

/// What the caller says.
#[derive(Clone, Debug, Deserialize)]
pub struct Input {
    /// When it was looked at.
    pub timestamp: DateTime<Utc>,
    /// What was found.
    pub result: QaResult,
    /// In words.
    pub notes: Option<String>,
}

/// Who may verify work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separation {
    /// Not whoever completed it.
    Required,
    /// Anybody whose role may.
    Waived,
}

/// What the rule looks at.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The last time the work was said to be done.
    pub completion: Option<&'a Completion>,
    /// What the gate says now.
    pub gate: &'a Gate,
    /// Who verifies.
    pub verifier: ActorId,
    /// Who may.
    pub separation: Separation,
}

/// What follows: accepted, or back to work. Errors: 400 `INVALID_REQUEST` for a FAIL without notes, 409
/// `MANUAL_REVIEW_REQUIRED` when the verifier completed the work, 409 `CLOSEOUT_REQUIREMENTS_INCOMPLETE`.
pub fn decide(ticket: &Ticket, input: &Input, facts: Facts<'_>) -> Result<Change, Refusal> {
    let mut change = Change::of(ticket);
    if input.result == QaResult::Fail && input.notes.as_deref().is_none_or(|notes| notes.trim().is_empty()) {
        return Err(Refusal::new(Code::InvalidRequest, "notes: must say what was found on FAIL")
            .because("validation_errors", json!([{"path": "notes", "message": "must say what was found on FAIL"}])));
    }
    let completer = facts.completion.map(|completion| completion.actor_id);
    if facts.separation == Separation::Required && completer == Some(facts.verifier) {
        return Err(Refusal::new(Code::ManualReviewRequired, "somebody else has to verify what you completed")
            .because("requirement_code", "VERIFIER_COMPLETED_THE_WORK"));
    }
    match input.result {
        QaResult::Fail => {
            change.step(TicketState::InProgress);
            change.tell(Topic::QaFailed);
        }
        QaResult::Pass => {
            facts.gate.passed()?;
            change.step(TicketState::Verified);
            change.tell_with(Topic::QaPassed, json!({"template_version": facts.gate.template_version}));
        }
    }
    Ok(change)
}

/// Nobody said that the work is done.
pub fn never_completed(ticket: &Ticket) -> Refusal {
    Refusal::new(Code::CloseoutRequirementsIncomplete, "nobody said that the work is done")
        .because("requirement_code", Requirement::MissingCompletionContext.as_str())
        .because("incident_type", ticket.incident_type.clone())
        .because("template_version", ticket.template_version)
}
