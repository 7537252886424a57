//! The JSON bodies that everything about tickets answers.

pub(crate) mod cockpit;
mod creation;
mod invoice;
mod operations;

pub(crate) use creation::{CreateBody, IntakeBody};
pub use invoice::InvoiceBody;
pub use operations::{
    AutonomyAttempt, AutonomyHistoryBody, AutonomyStateBody, ControlBody, ControlChangeBody, OutboxBody,
};
pub(crate) mod packet;
mod view;
pub(crate) use view::TicketView;

use chrono::{DateTime, Utc};
use patchbay_core::ticket::words::WorkHoldReason;
use patchbay_core::ticket::{Ticket, TicketState};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// A ticket.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Ticket)]
#[expect(clippy::struct_excessive_bools, reason = "a row has as many independent facts as it has")]
pub struct TicketBody {
    /// Our id.
    pub id: Uuid,
    /// Its name for people.
    pub code: String,
    /// Whose site.
    pub account_id: Uuid,
    /// Where.
    pub site_id: Uuid,
    /// On what.
    pub asset_id: Option<Uuid>,
    /// Who asked.
    pub contact_id: Option<Uuid>,
    /// Line of business: `facility`, `property` or `dealership`.
    pub profile: &'static str,
    /// Where it stands; the other vocabularies follow from it.
    pub state: &'static str,
    /// Where it stands for the dispatch desk.
    pub phase: &'static str,
    /// Where it stands for vendor booking.
    pub booking_status: &'static str,
    /// Where it stands for dealerships.
    pub job_status: &'static str,
    /// The same in detail.
    pub job_stage: &'static str,
    /// Whether somebody was called in.
    pub escalated: bool,
    /// `EMERGENCY`, `URGENT` or `ROUTINE`.
    pub priority: &'static str,
    /// `LOW`, `MEDIUM`, `HIGH` or `CRITICAL`.
    pub urgency: &'static str,
    /// Kind of work, for policy.
    pub incident_type: Option<String>,
    /// Kind of work, for matching vendors.
    pub category: Option<String>,
    /// Version of the incident type's template that counts for this ticket.
    pub template_version: Option<i64>,
    /// Dangers on site.
    pub risk_flags: Vec<String>,
    /// One line.
    pub summary: String,
    /// All of it.
    pub description: Option<String>,
    /// Name the requester gave.
    pub customer_name: Option<String>,
    /// Telephone the requester gave.
    pub contact_phone: Option<String>,
    /// E-mail address the requester gave.
    pub contact_email: Option<String>,
    /// When the requester would like it, in words.
    pub requested_window: Option<String>,
    /// When the requester would like it, from.
    pub requested_start: Option<DateTime<Utc>>,
    /// When the requester would like it, until.
    pub requested_end: Option<DateTime<Utc>>,
    /// Not to exceed, in minor units; 0: no limit agreed.
    pub nte_cents: i64,
    /// What the work will cost, as far as one can tell, in minor units.
    pub estimate_cents: Option<i64>,
    /// Currency of all money on the ticket.
    pub currency: String,
    /// Committed window, from.
    pub scheduled_start: Option<DateTime<Utc>>,
    /// Committed window, until.
    pub scheduled_end: Option<DateTime<Utc>>,
    /// Technician who does it.
    pub assigned_tech_id: Option<Uuid>,
    /// Vendor who does it.
    pub assigned_provider_id: Option<Uuid>,
    /// When the performer said to come.
    pub accepted_at: Option<DateTime<Utc>>,
    /// Why the work is blocked.
    pub hold_reason: Option<&'static str>,
    /// Where the work goes on when it is not blocked any more.
    pub held_from_state: Option<&'static str>,
    /// Until when the performer is late.
    pub delayed_until: Option<DateTime<Utc>>,
    /// How sure the intake was who asks, 0 to 100.
    pub identity_confidence: Option<i64>,
    /// How sure the intake was what is asked, 0 to 100.
    pub classification_confidence: Option<i64>,
    /// A person has to take over from the intake before scheduling.
    pub sop_handoff_required: bool,
    /// The intake said that the hand-off was made.
    pub sop_handoff_acknowledged: bool,
    /// What the person should ask.
    pub sop_handoff_prompt: Option<String>,
    /// A person has to look before dispatch.
    pub review_required: bool,
    /// Why.
    pub review_reasons: Vec<String>,
    /// Who looked.
    pub reviewed_by: Option<Uuid>,
    /// What lists are sorted by.
    pub ranking_score: i64,
    /// Which rules made the score.
    pub applied_rules: Vec<String>,
    /// How often somebody was called in.
    pub escalation_level: i64,
    /// When, the last time.
    pub escalated_at: Option<DateTime<Utc>>,
    /// Whether it ends in an invoice.
    pub billable: bool,
    /// Where its invoice stands.
    pub invoice_state: &'static str,
    /// Which system it came from.
    pub source: String,
    /// The message it came from, in that system.
    pub source_message_id: Option<String>,
    /// Grows by one with each command.
    pub version: i64,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
    /// When it changed last.
    pub updated_at: DateTime<Utc>,
}

impl From<&Ticket> for TicketBody {
    fn from(ticket: &Ticket) -> Self {
        let seen = ticket.projections();
        Self {
            id: ticket.id.into(),
            code: ticket.code.clone(),
            account_id: ticket.account_id.into(),
            site_id: ticket.site_id.into(),
            asset_id: ticket.asset_id.map(Into::into),
            contact_id: ticket.contact_id.map(Into::into),
            profile: ticket.profile.as_str(),
            state: ticket.state.as_str(),
            phase: seen.phase.as_str(),
            booking_status: seen.booking_status.as_str(),
            job_status: seen.job_status.as_str(),
            job_stage: seen.job_stage.as_str(),
            escalated: seen.escalated,
            priority: ticket.priority.as_str(),
            urgency: ticket.urgency.as_str(),
            incident_type: ticket.incident_type.clone(),
            category: ticket.category.clone(),
            template_version: ticket.template_version,
            risk_flags: ticket.risk_flags.clone(),
            summary: ticket.summary.clone(),
            description: ticket.description.clone(),
            customer_name: ticket.customer_name.clone(),
            contact_phone: ticket.contact_phone.clone(),
            contact_email: ticket.contact_email.clone(),
            requested_window: ticket.requested_window.clone(),
            requested_start: ticket.requested_start,
            requested_end: ticket.requested_end,
            nte_cents: ticket.nte_cents,
            estimate_cents: ticket.estimate_cents,
            currency: ticket.currency.clone(),
            scheduled_start: ticket.scheduled_start,
            scheduled_end: ticket.scheduled_end,
            assigned_tech_id: ticket.assigned_tech_id.map(Into::into),
            assigned_provider_id: ticket.assigned_provider_id.map(Into::into),
            accepted_at: ticket.accepted_at,
            hold_reason: ticket.hold_reason.map(WorkHoldReason::as_str),
            held_from_state: ticket.held_from_state.map(TicketState::as_str),
            delayed_until: ticket.delayed_until,
            identity_confidence: ticket.identity_confidence,
            classification_confidence: ticket.classification_confidence,
            sop_handoff_required: ticket.sop_handoff_required,
            sop_handoff_acknowledged: ticket.sop_handoff_acknowledged,
            sop_handoff_prompt: ticket.sop_handoff_prompt.clone(),
            review_required: ticket.review_required,
            review_reasons: ticket.review_reasons.clone(),
            reviewed_by: ticket.reviewed_by.map(Into::into),
            ranking_score: ticket.ranking_score,
            applied_rules: ticket.applied_rules.clone(),
            escalation_level: ticket.escalation_level,
            escalated_at: ticket.escalated_at,
            billable: ticket.billable,
            invoice_state: ticket.invoice_state.as_str(),
            source: ticket.source_system.clone(),
            source_message_id: ticket.source_message_id.clone(),
            version: ticket.version,
            created_at: ticket.created_at,
            updated_at: ticket.updated_at,
        }
    }
}

/// What happened to a ticket.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Timeline)]
pub struct TimelineBody {
    /// The ticket.
    pub ticket_id: Uuid,
    /// What happened, oldest first.
    pub events: Vec<TimelineEvent>,
    /// Pass it as `cursor` to get what happened after; null at the end.
    pub next_cursor: Option<String>,
}

/// One command, carried out or refused.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TimelineEvent {
    /// Id of the audit entry.
    pub id: Uuid,
    /// The command's tool: `ticket.create`.
    pub tool_name: String,
    /// `HUMAN`, `AGENT`, `SERVICE` or `SYSTEM`.
    pub actor_type: &'static str,
    /// Who.
    pub actor_id: Uuid,
    /// As what.
    pub actor_role: &'static str,
    /// For whom.
    pub on_behalf_of: Option<Uuid>,
    /// `success` or `denied`.
    pub outcome: &'static str,
    /// Why it was refused.
    pub error_code: Option<String>,
    /// State before.
    pub before_state: Option<String>,
    /// State after.
    pub after_state: Option<String>,
    /// Version of the ticket after.
    pub ticket_version: Option<i64>,
    /// The steps it took, in order.
    pub transitions: Vec<TimelineStep>,
    /// What was asked; private values as hashes.
    pub payload: Value,
    /// Fields before and after: `{"priority": ["ROUTINE", "URGENT"]}`; null when the ticket was made, or nothing changed.
    pub changes: Option<Value>,
    /// In which request.
    pub request_id: Option<String>,
    /// Along with what else.
    pub correlation_id: String,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// One step of a ticket.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TimelineStep {
    /// Its place among the ticket's steps, from 1.
    pub seq: i64,
    /// From where; null before the ticket existed.
    pub from_state: Option<&'static str>,
    /// To where.
    pub to_state: &'static str,
}
