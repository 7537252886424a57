//! `ticket.triage`: what kind of work it is, how soon policy wants it, what may be spent, and what comes next. Source:
//! domain, command 4 and intake rules.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;

use crate::actor::Actor;
use crate::ticket::approval::{Approval, Question};
use crate::ticket::command::Command;
use crate::ticket::decision::{Change, Topic};
use crate::ticket::intake::{self, IntakeRules, SopHandoff};
use crate::ticket::record::Ticket;
use crate::ticket::refusal::Refusal;
use crate::ticket::state::TicketState;
use crate::ticket::words::{ApprovalOrigin, ApprovalType, TicketPriority, WorkflowOutcome};

/// Stands among a ticket's dangers when its kind of work is dangerous in itself.
pub const HIGH_RISK: &str = "HIGH_RISK";
/// What an intake must find out when the kind of work has no template.
const INTAKE_FIELDS: [&str; 3] = ["summary", "incident_type", "priority"];

/// The fields of `ticket.triage`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Classification {
    /// How soon policy wants it.
    pub priority: TicketPriority,
    /// Kind of work, for policy.
    pub incident_type: String,
    /// Not to exceed, in minor units.
    pub nte_cents: Option<i64>,
    /// Where the ticket goes.
    pub workflow_outcome: Option<WorkflowOutcome>,
    /// Whether it can be scheduled at once.
    pub ready_to_schedule: Option<bool>,
    /// Whether somebody has to decide first.
    pub requires_approval: Option<bool>,
    /// What is to be decided.
    pub approval_reason: Option<String>,
    /// By how much the limit rises when approved, in minor units.
    pub approval_amount_delta_cents: Option<i64>,
    /// Dangers on site.
    pub risk_flags: Option<Vec<String>>,
    /// What the work will cost, in minor units.
    pub estimate_cents: Option<i64>,
    /// Kind of work, for matching vendors.
    pub category: Option<String>,
    /// How sure one is by now who asks.
    pub identity_confidence: Option<i64>,
    /// How sure one is by now what is asked.
    pub classification_confidence: Option<i64>,
    /// Whether the hand-off was made by now.
    pub sop_handoff_acknowledged: Option<bool>,
}

/// What the rule has to know beside the ticket.
#[derive(Clone, Debug, Default)]
pub struct Grounds {
    /// The newest active template of the kind of work.
    pub template: Option<TemplateFacts>,
    /// What the account allows when nobody says otherwise; only looked at when the template has a limit of its own.
    pub account_nte_cents: Option<i64>,
    /// Some line of work on the ticket needs an approval.
    pub service_needs_approval: bool,
    /// How sure a blind intake must be.
    pub rules: IntakeRules,
}

/// What a template says about its kind of work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateFacts {
    /// Which version.
    pub version: i64,
    /// What may be spent when nobody says otherwise, in minor units.
    pub default_nte_cents: Option<i64>,
    /// Target in minutes.
    pub sla_minutes: Option<i64>,
    /// The work is dangerous in itself.
    pub high_risk: bool,
    /// What an intake must find out.
    pub required_intake_fields: Vec<String>,
}

/// What follows from a triage: the change, and the question when somebody has to decide first.
#[derive(Clone, Debug, PartialEq)]
pub struct Triaged {
    /// What follows for the ticket.
    pub change: Change,
    /// What has to be decided.
    pub approval: Option<Approval>,
}

impl Classification {
    /// Where the ticket is to go, as far as the caller is concerned.
    fn wanted(&self) -> WorkflowOutcome {
        match self {
            Self { workflow_outcome: Some(outcome), .. } => *outcome,
            Self { requires_approval: Some(true), .. } => WorkflowOutcome::ApprovalRequired,
            Self { ready_to_schedule: Some(true), .. } => WorkflowOutcome::ReadyToSchedule,
            _ => WorkflowOutcome::Triaged,
        }
    }
}

/// What follows from `ticket.triage`. Errors: 409 `LOW_IDENTITY_CONFIDENCE`, `LOW_CLASSIFICATION_CONFIDENCE` and
/// `SOP_HANDOFF_REQUIRED` when an unwatched intake is not good enough to be scheduled, 409 `INVALID_STATE_TRANSITION`
/// when a triaged ticket would stay as it is.
pub fn decide(
    ticket: &Ticket,
    grounds: &Grounds,
    given: &Classification,
    actor: &Actor,
    now: DateTime<Utc>,
) -> Result<Triaged, Refusal> {
    let mut change = Change::of(ticket);
    classify(&mut change.ticket, grounds, given);
    // How far the expected cost is above what may be spent.
    let excess = change.ticket.estimate_cents.map_or(0, |estimate| estimate - change.ticket.nte_cents);
    let outcome =
        if excess > 0 || grounds.service_needs_approval { WorkflowOutcome::ApprovalRequired } else { given.wanted() };
    if outcome == WorkflowOutcome::ReadyToSchedule {
        pass_gate(&mut change.ticket, &grounds.rules)?;
    }
    if outcome == WorkflowOutcome::Triaged && ticket.state == TicketState::Triaged && change.ticket == *ticket {
        return Err(Refusal::nothing_changes(Command::Triage.row(), ticket.state));
    }
    if ticket.state != TicketState::Triaged {
        change.step(TicketState::Triaged);
    }
    change.tell_with(Topic::TicketTriaged, json!({ "outcome": outcome, "nte_cents": change.ticket.nte_cents }));
    let mut approval = None;
    match outcome {
        WorkflowOutcome::Triaged => {}
        WorkflowOutcome::ReadyToSchedule => change.step(TicketState::ReadyToSchedule),
        WorkflowOutcome::ApprovalRequired => {
            change.step(TicketState::ApprovalRequired);
            let asked = Approval::asked(ticket.id, actor, question(given, excess), now);
            change.tell_with(Topic::ApprovalRequested, asked.facts());
            approval = Some(asked);
        }
    }
    if change.ticket.intake_completed_at.is_none() && knows_all(&change.ticket, grounds.template.as_ref()) {
        change.ticket.intake_completed_at = Some(now);
        change.tell(Topic::IntakeCompleted);
    }
    Ok(Triaged { change, approval })
}

/// Puts what the caller and the template say onto the ticket.
fn classify(ticket: &mut Ticket, grounds: &Grounds, given: &Classification) {
    let template = grounds.template.as_ref();
    ticket.priority = given.priority;
    ticket.incident_type = Some(given.incident_type.to_uppercase());
    ticket.template_version = template.map(|template| template.version);
    ticket.sla.template_minutes = template.and_then(|template| template.sla_minutes);
    ticket.category = given.category.clone().or_else(|| ticket.category.take());
    ticket.estimate_cents = given.estimate_cents.or(ticket.estimate_cents);
    ticket.identity_confidence = given.identity_confidence.or(ticket.identity_confidence);
    ticket.classification_confidence = given.classification_confidence.or(ticket.classification_confidence);
    ticket.sop_handoff_acknowledged = given.sop_handoff_acknowledged.unwrap_or(ticket.sop_handoff_acknowledged);
    if let Some(flags) = &given.risk_flags {
        ticket.risk_flags.clone_from(flags);
    } else if template.is_some_and(|template| template.high_risk) && ticket.risk_flags.is_empty() {
        ticket.risk_flags = vec![HIGH_RISK.to_owned()];
    }
    // The template's limit is better than that of the account, but not than one that somebody named for this ticket.
    let nobody_named_one = ticket.nte_cents == 0 || Some(ticket.nte_cents) == grounds.account_nte_cents;
    if let Some(limit) = given.nte_cents {
        ticket.nte_cents = limit;
    } else if let Some(limit) = template.and_then(|template| template.default_nte_cents)
        && nobody_named_one
    {
        ticket.nte_cents = limit;
    }
}

/// A ticket that nobody watched being recorded is scheduled only when its intake was good enough, or is by now.
pub(crate) fn pass_gate(ticket: &mut Ticket, rules: &IntakeRules) -> Result<(), Refusal> {
    if ticket.identity_signature.is_none() {
        return Ok(());
    }
    let handed_off = if ticket.sop_handoff_acknowledged { SopHandoff::Acknowledged } else { SopHandoff::Missing };
    let identity = ticket.identity_confidence.unwrap_or(0);
    let classification = ticket.classification_confidence.unwrap_or(0);
    intake::ready(identity, classification, handed_off, rules)?;
    ticket.sop_handoff_required = false;
    Ok(())
}

fn question(given: &Classification, excess: i64) -> Question {
    // Who does not say by how much gets what the estimate needs.
    let delta = given.approval_amount_delta_cents.unwrap_or(excess);
    let amount_delta_cents = (delta > 0).then_some(delta);
    Question {
        approval_type: if amount_delta_cents.is_some() { ApprovalType::NteIncrease } else { ApprovalType::Proposal },
        origin: ApprovalOrigin::Triage,
        reason: given.approval_reason.clone(),
        amount_delta_cents,
        evidence_refs: Vec::new(),
    }
}

/// Whether all that an intake must find out is on the ticket. A field nobody knows cannot be found out.
fn knows_all(ticket: &Ticket, template: Option<&TemplateFacts>) -> bool {
    let knows = |field: &str| match field {
        "account_id" | "site_id" | "priority" | "urgency" | "profile" => true,
        "summary" => !ticket.summary.is_empty(),
        "incident_type" => ticket.incident_type.is_some(),
        "category" => ticket.category.is_some(),
        "description" => ticket.description.is_some(),
        "asset_id" => ticket.asset_id.is_some(),
        "contact_id" => ticket.contact_id.is_some(),
        "customer_name" => ticket.customer_name.is_some() || ticket.contact_id.is_some(),
        "contact_phone" => ticket.contact_phone.is_some(),
        "contact_email" => ticket.contact_email.is_some(),
        "requested_window" => ticket.requested_window.is_some() || ticket.requested_start.is_some(),
        "nte_cents" => ticket.nte_cents > 0,
        "estimate_cents" => ticket.estimate_cents.is_some(),
        _ => false,
    };
    match template {
        Some(template) => template.required_intake_fields.iter().all(|field| knows(field)),
        None => INTAKE_FIELDS.into_iter().all(knows),
    }
}

#[cfg(test)]
mod tests;
