//! The alerts: one row each.

use patchbay_core::Code;
use serde::Serialize;
use utoipa::ToSchema;

use super::config::AlertsConfig;
use super::signals::Signals;

/// How bad an alert is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Somebody should look today.
    Warning,
    /// Somebody must look now.
    Critical,
}

/// One alert.
#[derive(Clone, Copy, Debug)]
pub struct Alert {
    /// Its stable name.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Its runbook: `docs/runbooks/<slug>.md`.
    pub runbook: &'static str,
    pub(super) count: fn(&Signals) -> i64,
    pub(super) threshold: fn(&AlertsConfig) -> u32,
}

/// Refusals of completions.
pub(super) const COMPLETION: &[Code] = &[Code::CloseoutRequirementsIncomplete, Code::ManualReviewRequired];
/// Keys used for something else.
pub(super) const IDEMPOTENCY: &[Code] = &[Code::IdempotencyPayloadMismatch];
/// Callers refused by authentication or policy.
pub(super) const AUTH_POLICY: &[Code] = &[
    Code::Forbidden,
    Code::ForbiddenScope,
    Code::ToolNotAllowed,
    Code::AuthRequired,
    Code::InvalidAuthToken,
    // The code of an unknown role too.
    Code::InvalidAuthClaims,
    Code::AuthConfigError,
];
/// Webhooks that prove nothing.
pub(super) const WEBHOOK_SIGNATURE: &[Code] = &[Code::WebhookSignatureInvalid];

/// Conditions that lead to an alert when they last.
pub(super) const QUEUE_BACKLOG: &str = "QUEUE_BACKLOG";
pub(super) const SLOW_FRT: &str = "SLOW_FRT";
pub(super) const HIGH_AGENT_LOAD: &str = "HIGH_AGENT_LOAD";
/// Whoever calls an integration writes this condition when its circuit opens, and ends it when it closes.
pub(super) const INTEGRATION_CIRCUIT_OPEN: &str = "INTEGRATION_CIRCUIT_OPEN";
/// Whoever notices that an inbox does not work writes this condition, and ends it when it works again.
pub const INBOX_UNHEALTHY: &str = "INBOX_UNHEALTHY";

const fn alert(
    code: &'static str,
    severity: Severity,
    runbook: &'static str,
    count: fn(&Signals) -> i64,
    threshold: fn(&AlertsConfig) -> u32,
) -> Alert {
    Alert { code, severity, runbook, count, threshold }
}

use Severity::{Critical, Warning};

/// Every alert. Source: domain, alerts.
pub const ALERTS: &[Alert] = &[
    alert(
        "STUCK_SCHEDULING",
        Warning,
        "stuck_scheduling",
        |s| s.stuck_scheduling,
        |c| c.stuck_scheduling_count_threshold,
    ),
    alert(
        "COMPLETION_REJECTION_SPIKE",
        Warning,
        "completion_rejection",
        |s| s.completion_rejections,
        |c| c.completion_rejection_threshold,
    ),
    alert(
        "IDEMPOTENCY_CONFLICT_SPIKE",
        Warning,
        "idempotency_conflict",
        |s| s.idempotency_conflicts,
        |c| c.idempotency_conflict_threshold,
    ),
    alert(
        "AUTH_POLICY_FAILURE_SPIKE",
        Warning,
        "auth_policy_failure",
        |s| s.auth_policy_rejections,
        |c| c.auth_policy_rejection_threshold,
    ),
    alert("SLA_BREACH", Critical, "sla_breach", |s| s.sla_breaches, |c| c.sla_breach_threshold),
    alert(
        "BOOKING_EXHAUSTED",
        Warning,
        "booking_exhausted",
        |s| s.bookings_exhausted,
        |c| c.booking_exhausted_threshold,
    ),
    alert(
        "OUTBOX_DEAD_LETTER",
        Critical,
        "outbox_dead_letter",
        |s| s.outbox_dead_letters,
        |c| c.outbox_dead_letter_threshold,
    ),
    alert("INVOICE_SYNC_FAILED", Critical, "invoice_sync", |s| s.invoice_sync_failures, |c| c.invoice_sync_threshold),
    alert(
        INTEGRATION_CIRCUIT_OPEN,
        Critical,
        "integration_down",
        |s| s.open_circuits,
        |c| c.integration_circuit_threshold,
    ),
    alert(
        "WEBHOOK_SIGNATURE_SPIKE",
        Critical,
        "webhook_signature",
        |s| s.webhook_signature_rejections,
        |c| c.webhook_signature_threshold,
    ),
    alert(INBOX_UNHEALTHY, Critical, "inbox_unhealthy", |s| s.unhealthy_inboxes, |c| c.inbox_unhealthy_threshold),
    alert(QUEUE_BACKLOG, Warning, "queue_backlog", |s| s.queue_backlog, |c| c.queue_backlog_threshold),
    alert(SLOW_FRT, Warning, "slow_frt", |s| s.slow_frt_seconds, |c| c.slow_frt_threshold_seconds),
    alert(HIGH_AGENT_LOAD, Warning, "agent_load", |s| s.agent_load, |c| c.agent_load_threshold),
];
