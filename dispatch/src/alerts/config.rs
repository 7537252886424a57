//! When something is an alert.

use chrono::TimeDelta;
use serde::Deserialize;

/// Thresholds of the alerts: one fires when its count reaches its threshold. Each key is honored too as
/// `DISPATCH_ALERT_…` in capitals.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AlertsConfig {
    /// How far back refusals and other events are counted, in minutes.
    pub window_minutes: u32,
    /// Tickets that are stuck on their way to a date.
    pub stuck_scheduling_count_threshold: u32,
    /// How long a ticket may stay in one state on its way to a date, in minutes.
    pub stuck_scheduling_minutes: u32,
    /// How long before its time a scheduled ticket needs somebody assigned, in minutes.
    pub stuck_scheduling_lead_minutes: u32,
    /// Refused completions.
    pub completion_rejection_threshold: u32,
    /// Idempotency keys used for something else.
    pub idempotency_conflict_threshold: u32,
    /// Callers refused by authentication or policy.
    pub auth_policy_rejection_threshold: u32,
    /// Tickets that are late.
    pub sla_breach_threshold: u32,
    /// Searches for a vendor that ended with nobody.
    pub booking_exhausted_threshold: u32,
    /// Events that could not be handed on.
    pub outbox_dead_letter_threshold: u32,
    /// Invoices that did not reach the accounting system.
    pub invoice_sync_threshold: u32,
    /// Integrations whose circuit is open.
    pub integration_circuit_threshold: u32,
    /// Inboxes that do not work.
    pub inbox_unhealthy_threshold: u32,
    /// Webhooks that were not proven to come from their provider.
    pub webhook_signature_threshold: u32,
    /// Conversations in one queue.
    pub queue_backlog_threshold: u32,
    /// How long a queue may be longer than that, in minutes.
    pub queue_backlog_minutes: u32,
    /// First answers: the 95th percentile, in seconds.
    pub slow_frt_threshold_seconds: u32,
    /// How long they may be slower than that, in minutes.
    pub slow_frt_minutes: u32,
    /// Open conversations of one agent.
    pub agent_load_threshold: u32,
    /// How long an agent may have more than that, in minutes.
    pub agent_load_minutes: u32,
}

impl Default for AlertsConfig {
    fn default() -> Self {
        Self {
            window_minutes: 15,
            stuck_scheduling_count_threshold: 5,
            stuck_scheduling_minutes: 60,
            stuck_scheduling_lead_minutes: 120,
            completion_rejection_threshold: 3,
            idempotency_conflict_threshold: 2,
            auth_policy_rejection_threshold: 5,
            sla_breach_threshold: 1,
            booking_exhausted_threshold: 1,
            outbox_dead_letter_threshold: 1,
            invoice_sync_threshold: 1,
            integration_circuit_threshold: 1,
            inbox_unhealthy_threshold: 1,
            webhook_signature_threshold: 10,
            queue_backlog_threshold: 20,
            queue_backlog_minutes: 15,
            slow_frt_threshold_seconds: 600,
            slow_frt_minutes: 15,
            agent_load_threshold: 8,
            agent_load_minutes: 30,
        }
    }
}

impl AlertsConfig {
    pub(crate) fn window(&self) -> TimeDelta {
        TimeDelta::minutes(self.window_minutes.max(1).into())
    }
}
