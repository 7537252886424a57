//! How addresses and deliveries are sent and shown.

use chrono::{DateTime, Utc};
use patchbay_store::webhook_deliveries::{AttemptRow, DeliveryRow};
use patchbay_store::webhooks::WebhookRow;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// An address that hears of events.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Webhook)]
pub(super) struct WebhookBody {
    /// Our id.
    id: Uuid,
    /// Where it is.
    url: String,
    /// What it is for.
    description: String,
    /// Which events it hears: names, groups such as `message.*`, or `*`.
    events: Vec<String>,
    /// One that is not is not called.
    is_active: bool,
    /// What calls are signed with. Shown once, to whoever made the address.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    /// When it was taken out of use by itself: it had failed for five days, or answered 410.
    disabled_at: Option<DateTime<Utc>>,
    /// Why.
    disabled_reason: Option<String>,
    /// Since when every try has failed.
    failing_since: Option<DateTime<Utc>>,
    /// When it last took an event.
    last_delivered_at: Option<DateTime<Utc>>,
    /// Grows with every change.
    version: i64,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

impl WebhookBody {
    pub(super) fn of(row: &WebhookRow, secret: Option<String>) -> Self {
        Self {
            id: row.id.into(),
            url: row.url.clone(),
            description: row.description.clone(),
            events: row.events.clone(),
            is_active: row.is_active,
            secret,
            disabled_at: row.disabled_at,
            disabled_reason: row.disabled_reason.clone(),
            failing_since: row.failing_since,
            last_delivered_at: row.last_delivered_at,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// Which addresses to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookQuery {
    /// `true`: active ones; `false`: those out of use.
    pub(super) active: Option<bool>,
    /// Where the last page ended.
    pub(super) cursor: Option<String>,
    /// 1 to 100; 20 when absent.
    pub(super) limit: Option<i64>,
}

/// A new address.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewWebhookBody {
    /// Where it is: an https address on the open internet.
    pub(super) url: String,
    /// Which events it hears: names, groups such as `message.*`, or `*`; all when absent.
    pub(super) events: Option<Vec<String>>,
    /// What it is for.
    pub(super) description: Option<String>,
}

/// What changes about an address; absent fields stay.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookChangeBody {
    /// Where it is.
    pub(super) url: Option<String>,
    /// Which events it hears.
    pub(super) events: Option<Vec<String>>,
    /// What it is for.
    pub(super) description: Option<String>,
    /// `true` takes it into use again; its failures are forgotten.
    pub(super) is_active: Option<bool>,
    /// Version the change was made from; `If-Match` says the same.
    #[serde(alias = "expected_version")]
    pub(super) version: Option<i64>,
}

/// One event on its way to one address.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = WebhookDelivery)]
pub(super) struct DeliveryBody {
    /// Our id.
    id: Uuid,
    /// The event: the same at every try.
    event_id: Uuid,
    /// Its name.
    event_type: String,
    /// `pending`, `delivered`, `failed` or `canceled`.
    status: &'static str,
    /// Tries since it was made or replayed.
    attempts: i64,
    /// When it is tried next; null when it is settled.
    next_attempt_at: Option<DateTime<Utc>>,
    /// Status of the last answer.
    response_status: Option<i64>,
    /// Why the last try failed.
    error: Option<String>,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

impl From<&DeliveryRow> for DeliveryBody {
    fn from(row: &DeliveryRow) -> Self {
        let is_open = row.state == patchbay_core::webhook::DeliveryState::Pending;
        Self {
            id: row.id.into(),
            event_id: row.event_id.into(),
            event_type: row.event_type.clone(),
            status: row.state.as_str(),
            attempts: row.attempts,
            next_attempt_at: is_open.then_some(row.next_attempt_at),
            response_status: row.response_status,
            error: row.error.clone(),
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// The same with what is sent and all tries.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookDeliveryDetail)]
pub(super) struct DeliveryDetailBody {
    #[serde(flatten)]
    delivery: DeliveryBody,
    /// What is sent.
    #[schema(value_type = Object)]
    body: Option<serde_json::Value>,
    /// Every try, oldest first.
    log: Vec<AttemptBody>,
}

impl DeliveryDetailBody {
    pub(super) fn of(row: &DeliveryRow, attempts: Vec<AttemptRow>) -> Self {
        Self {
            delivery: row.into(),
            body: serde_json::from_str(&row.body).ok(),
            log: attempts.into_iter().map(AttemptBody::from).collect(),
        }
    }
}

/// One try.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = WebhookAttempt)]
pub(super) struct AttemptBody {
    /// When it began.
    started_at: DateTime<Utc>,
    /// How long it took, in milliseconds.
    took_ms: i64,
    /// Status of the answer, if there was one.
    response_status: Option<i64>,
    /// Why it failed.
    error: Option<String>,
}

impl From<AttemptRow> for AttemptBody {
    fn from(row: AttemptRow) -> Self {
        let AttemptRow { id: _, started_at, took_ms, response_status, error } = row;
        Self { started_at, took_ms, response_status, error }
    }
}

/// What an address is sent. Source: domain, outbox (the envelope of an event).
#[derive(Serialize)]
pub(super) struct Envelope<'e> {
    pub(super) event_id: Uuid,
    pub(super) event_type: &'e str,
    pub(super) occurred_at: DateTime<Utc>,
    pub(super) conversation_id: Option<Uuid>,
    pub(super) conversation_seq: Option<i64>,
    pub(super) ticket_id: Option<Uuid>,
    pub(super) account_id: Option<Uuid>,
    pub(super) site_id: Option<Uuid>,
    pub(super) payload: &'e RawValue,
    pub(super) metadata: EnvelopeMetadata,
}

/// What describes the envelope itself.
#[derive(Serialize)]
pub(super) struct EnvelopeMetadata {
    pub(super) schema_version: u32,
}

/// The form of the envelope; a new number when a field changes its meaning.
pub(super) const SCHEMA_VERSION: u32 = 1;
