//! The JSON bodies of tickets: what commands take and what everything answers.

use chrono::{DateTime, Utc};
use patchbay_core::ids::{AccountId, AssetId, ContactId, SiteId};
use patchbay_core::ticket::create::{Request, RequestedWindow};
use patchbay_core::ticket::intake::BlindIntake;
use patchbay_core::ticket::{Ticket, TicketPriority, Urgency};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// What `ticket.create` takes.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TicketCreate)]
pub struct CreateBody {
    /// Whose site.
    account_id: Uuid,
    /// Where.
    site_id: Uuid,
    /// One line, up to 500 characters.
    #[schema(min_length = 1, max_length = 500)]
    summary: String,
    /// On what.
    asset_id: Option<Uuid>,
    /// Who asked.
    contact_id: Option<Uuid>,
    /// All of it, up to 10,000 characters.
    description: Option<String>,
    /// Not to exceed, in minor units of the account's currency.
    #[schema(minimum = 0)]
    nte_cents: Option<i64>,
    /// Kind of work, for matching vendors.
    category: Option<String>,
    /// `LOW`, `MEDIUM` (the default), `HIGH` or `CRITICAL`.
    #[schema(value_type = Option<String>)]
    urgency: Option<Urgency>,
    /// When the requester would like it.
    requested_window: Option<WindowBody>,
    /// Which system it came from.
    source: Option<String>,
    /// The message it came from, in that system; one ticket for each.
    source_message_id: Option<String>,
    /// The idempotency key once more, if at all.
    #[expect(dead_code, reason = "compared with the header before the body is read as this")]
    request_id: Option<Uuid>,
}

/// What `ticket.blind_intake` takes. `contact_phone` or `contact_email` must be there.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TicketBlindIntake)]
pub struct IntakeBody {
    /// Whose site.
    account_id: Uuid,
    /// Where.
    site_id: Uuid,
    /// One line, up to 500 characters.
    #[schema(min_length = 1, max_length = 500)]
    summary: String,
    /// Kind of work, for policy; stored in upper case.
    incident_type: String,
    /// Name the requester gave.
    customer_name: String,
    /// `EMERGENCY`, `URGENT` or `ROUTINE`.
    #[schema(value_type = String)]
    priority: TicketPriority,
    /// How sure the intake is who asks.
    #[schema(minimum = 0, maximum = 100)]
    identity_confidence: i64,
    /// How sure the intake is what is asked.
    #[schema(minimum = 0, maximum = 100)]
    classification_confidence: i64,
    /// Telephone the requester gave, 7 to 16 digits.
    contact_phone: Option<String>,
    /// E-mail address the requester gave.
    contact_email: Option<String>,
    /// Whether the hand-off of the operating procedure was made.
    sop_handoff_acknowledged: Option<bool>,
    /// What a person should ask.
    sop_handoff_prompt: Option<String>,
    /// Not to exceed, in minor units of the account's currency.
    #[schema(minimum = 0)]
    nte_cents: Option<i64>,
    /// Who asked.
    contact_id: Option<Uuid>,
    /// All of it, up to 10,000 characters.
    description: Option<String>,
    /// Kind of work, for matching vendors.
    category: Option<String>,
    /// `LOW`, `MEDIUM`, `HIGH` or `CRITICAL`; follows the priority when missing.
    #[schema(value_type = Option<String>)]
    urgency: Option<Urgency>,
    /// When the requester would like it.
    requested_window: Option<WindowBody>,
    /// Which system it came from.
    source: Option<String>,
    /// The message it came from, in that system; one ticket for each.
    source_message_id: Option<String>,
    /// The idempotency key once more, if at all.
    #[expect(dead_code, reason = "compared with the header before the body is read as this")]
    request_id: Option<Uuid>,
}

/// When a requester would like the work done: in words, or from when until when.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum WindowBody {
    /// From when until when.
    Range {
        /// From.
        start: DateTime<Utc>,
        /// Until.
        end: DateTime<Utc>,
    },
    /// In words.
    Words(String),
}

impl From<WindowBody> for RequestedWindow {
    fn from(body: WindowBody) -> Self {
        match body {
            WindowBody::Range { start, end } => Self::Range(start, end),
            WindowBody::Words(words) => Self::Words(words),
        }
    }
}

impl From<CreateBody> for Request {
    fn from(body: CreateBody) -> Self {
        Self {
            account_id: AccountId(body.account_id),
            site_id: SiteId(body.site_id),
            asset_id: body.asset_id.map(AssetId),
            contact_id: body.contact_id.map(ContactId),
            summary: body.summary,
            description: body.description,
            nte_cents: body.nte_cents,
            category: body.category,
            urgency: body.urgency,
            requested_window: body.requested_window.map(Into::into),
            source: body.source,
            source_message_id: body.source_message_id,
        }
    }
}

impl From<IntakeBody> for BlindIntake {
    fn from(body: IntakeBody) -> Self {
        Self {
            request: Request {
                account_id: AccountId(body.account_id),
                site_id: SiteId(body.site_id),
                asset_id: None,
                contact_id: body.contact_id.map(ContactId),
                summary: body.summary,
                description: body.description,
                nte_cents: body.nte_cents,
                category: body.category,
                urgency: body.urgency,
                requested_window: body.requested_window.map(Into::into),
                source: body.source,
                source_message_id: body.source_message_id,
            },
            incident_type: body.incident_type,
            customer_name: body.customer_name,
            priority: body.priority,
            identity_confidence: body.identity_confidence,
            classification_confidence: body.classification_confidence,
            contact_phone: body.contact_phone,
            contact_email: body.contact_email,
            sop_handoff_acknowledged: body.sop_handoff_acknowledged,
            sop_handoff_prompt: body.sop_handoff_prompt,
        }
    }
}

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
    /// What lists are sorted by.
    pub ranking_score: i64,
    /// Which rules made the score.
    pub applied_rules: Vec<String>,
    /// How often somebody was called in.
    pub escalation_level: i64,
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
            summary: ticket.summary.clone(),
            description: ticket.description.clone(),
            customer_name: ticket.customer_name.clone(),
            contact_phone: ticket.contact_phone.clone(),
            contact_email: ticket.contact_email.clone(),
            requested_window: ticket.requested_window.clone(),
            requested_start: ticket.requested_start,
            requested_end: ticket.requested_end,
            nte_cents: ticket.nte_cents,
            currency: ticket.currency.clone(),
            scheduled_start: ticket.scheduled_start,
            scheduled_end: ticket.scheduled_end,
            assigned_tech_id: ticket.assigned_tech_id.map(Into::into),
            assigned_provider_id: ticket.assigned_provider_id.map(Into::into),
            identity_confidence: ticket.identity_confidence,
            classification_confidence: ticket.classification_confidence,
            sop_handoff_required: ticket.sop_handoff_required,
            sop_handoff_acknowledged: ticket.sop_handoff_acknowledged,
            sop_handoff_prompt: ticket.sop_handoff_prompt.clone(),
            review_required: ticket.review_required,
            review_reasons: ticket.review_reasons.clone(),
            ranking_score: ticket.ranking_score,
            applied_rules: ticket.applied_rules.clone(),
            escalation_level: ticket.escalation_level,
            billable: ticket.billable,
            // No invoice is made before the work is done; billing replaces this.
            invoice_state: "NOT_STARTED",
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
