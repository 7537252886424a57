//! The bodies of the commands that make tickets.

use chrono::{DateTime, Utc};
use patchbay_core::ids::{AccountId, AssetId, ContactId, SiteId};
use patchbay_core::ticket::create::{Request, RequestedWindow};
use patchbay_core::ticket::intake::BlindIntake;
use patchbay_core::ticket::{TicketPriority, Urgency};
use serde::Deserialize;
use uuid::Uuid;

/// What `ticket.create` takes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateBody {
    account_id: Uuid,
    site_id: Uuid,
    summary: String,
    asset_id: Option<Uuid>,
    contact_id: Option<Uuid>,
    description: Option<String>,
    nte_cents: Option<i64>,
    category: Option<String>,
    urgency: Option<Urgency>,
    requested_window: Option<WindowBody>,
    source: Option<String>,
    source_message_id: Option<String>,
    #[expect(dead_code, reason = "compared with the header before the body is read as this")]
    request_id: Option<Uuid>,
}

/// What `ticket.blind_intake` takes. `contact_phone` or `contact_email` must be there.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct IntakeBody {
    account_id: Uuid,
    site_id: Uuid,
    summary: String,
    incident_type: String,
    customer_name: String,
    priority: TicketPriority,
    identity_confidence: i64,
    classification_confidence: i64,
    contact_phone: Option<String>,
    contact_email: Option<String>,
    sop_handoff_acknowledged: Option<bool>,
    sop_handoff_prompt: Option<String>,
    nte_cents: Option<i64>,
    contact_id: Option<Uuid>,
    description: Option<String>,
    category: Option<String>,
    urgency: Option<Urgency>,
    requested_window: Option<WindowBody>,
    source: Option<String>,
    source_message_id: Option<String>,
    #[expect(dead_code, reason = "compared with the header before the body is read as this")]
    request_id: Option<Uuid>,
}

/// When a requester would like the work done: in words, or from when until when.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum WindowBody {
    Range { start: DateTime<Utc>, end: DateTime<Utc> },
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
