//! What the endpoints of operations answer.

use chrono::{DateTime, Utc};
use patchbay_core::ticket::autonomy::{Control, ControlChange};
use patchbay_store::audit::AuditRow;
use patchbay_store::outbox_views::OutboxView;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// An event on its way to others.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = OutboxEvent)]
pub struct OutboxBody {
    /// Our id; consumers deduplicate on it.
    pub id: Uuid,
    /// What kind of thing it is about: `ticket`, `autonomy`, `outbox`.
    pub aggregate_type: String,
    /// Which one.
    pub aggregate_id: Uuid,
    /// The thing's version after the change.
    pub aggregate_version: i64,
    /// What happened.
    pub event_type: String,
    /// `PENDING`, `PROCESSING`, `SENT`, `DEAD_LETTER` or `DISCARDED`.
    pub status: &'static str,
    /// How often delivery was tried.
    pub attempt_count: i64,
    /// When it is tried next.
    pub next_attempt_at: DateTime<Utc>,
    /// Why it did not work the last time.
    pub last_error: Option<String>,
    /// When it was written.
    pub created_at: DateTime<Utc>,
}

/// What was said last about one scope of automation.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AutonomyControl)]
pub struct ControlBody {
    /// `GLOBAL`, `INCIDENT` or `TICKET`.
    pub scope_type: &'static str,
    /// A ticket's id, an incident type in upper case; null for everything.
    pub key: Option<String>,
    /// Whether automation is paused there. What is said about a ticket counts before its incident type before everything.
    pub is_paused: bool,
    /// Why.
    pub reason: String,
    /// Who said so.
    pub actor_id: Uuid,
    /// When.
    pub updated_at: DateTime<Utc>,
}

/// Where automation is paused.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AutonomyState)]
pub struct AutonomyStateBody {
    /// When it was so.
    pub generated_at: DateTime<Utc>,
    /// Whether automation is paused where nothing narrower is said.
    pub is_paused: bool,
    /// What was said last about everything.
    pub global: Option<ControlBody>,
    /// About kinds of work: the paused ones first, at most 200.
    pub incidents: Vec<ControlBody>,
    /// About tickets the caller may see: the paused ones first, of at most 200 that something was said about.
    pub tickets: Vec<ControlBody>,
}

/// One thing that was said about a scope that covers a ticket.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AutonomyChange)]
pub struct ControlChangeBody {
    /// Our id.
    pub id: Uuid,
    /// `GLOBAL`, `INCIDENT` or `TICKET`.
    pub scope_type: &'static str,
    /// A ticket's id, an incident type in upper case; null for everything.
    pub key: Option<String>,
    /// Whether automation was paused there from then on.
    pub is_paused: bool,
    /// Why.
    pub reason: String,
    /// Who said so.
    pub actor_id: Uuid,
    /// As what.
    pub actor_role: &'static str,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// Something that automation did or tried to do.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AutonomyAttempt {
    /// Id of the audit entry.
    pub id: Uuid,
    /// With which tool.
    pub tool_name: String,
    /// `AGENT`, `SERVICE` or `SYSTEM`.
    pub actor_type: &'static str,
    /// Who.
    pub actor_id: Uuid,
    /// `success` or `denied`.
    pub outcome: &'static str,
    /// Why it was refused.
    pub error_code: Option<String>,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// What automation was allowed to do with a ticket, what it did, and when that changed.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AutonomyHistory)]
pub struct AutonomyHistoryBody {
    /// The ticket.
    pub ticket_id: Uuid,
    /// Its kind of work.
    pub incident_type: Option<String>,
    /// Whether automation is paused for it now.
    pub is_paused: bool,
    /// What counts for it now.
    pub effective: Option<ControlBody>,
    /// What was said, oldest first.
    pub changes: Vec<ControlChangeBody>,
    /// What automation did or tried to do, oldest first, at most 500.
    pub attempts: Vec<AutonomyAttempt>,
}

impl From<OutboxView> for OutboxBody {
    fn from(row: OutboxView) -> Self {
        Self {
            id: row.id.into(),
            aggregate_type: row.aggregate_type,
            aggregate_id: row.aggregate_id,
            aggregate_version: row.aggregate_version,
            event_type: row.event_type,
            status: row.status.as_str(),
            attempt_count: row.attempt_count,
            next_attempt_at: row.next_attempt_at,
            last_error: row.last_error,
            created_at: row.created_at,
        }
    }
}

impl From<Control> for ControlBody {
    fn from(control: Control) -> Self {
        Self {
            scope_type: control.scope_type.as_str(),
            key: control.key,
            is_paused: control.is_paused,
            reason: control.reason,
            actor_id: control.actor_id.into(),
            updated_at: control.updated_at,
        }
    }
}

impl From<ControlChange> for ControlChangeBody {
    fn from(change: ControlChange) -> Self {
        Self {
            id: change.id.into(),
            scope_type: change.scope_type.as_str(),
            key: change.key,
            is_paused: change.is_paused,
            reason: change.reason,
            actor_id: change.actor_id.into(),
            actor_role: change.actor_role.as_str(),
            created_at: change.created_at,
        }
    }
}

impl From<AuditRow> for AutonomyAttempt {
    fn from(row: AuditRow) -> Self {
        Self {
            id: row.entry.id.into(),
            tool_name: row.entry.tool_name,
            actor_type: row.entry.actor_type.as_str(),
            actor_id: row.entry.actor_id.into(),
            outcome: row.entry.outcome.as_str(),
            error_code: row.entry.error_code,
            created_at: row.entry.created_at,
        }
    }
}
