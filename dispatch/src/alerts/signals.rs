//! What is counted, and over which time.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use patchbay_core::Code;
use patchbay_store::alert_conditions::{self, Condition};
use patchbay_store::alert_signals::{self, Load, Span};
use patchbay_store::{StoreError, Tx};
use serde::Serialize;
use utoipa::ToSchema;

use super::Alerts;
use super::catalog::{
    AUTH_POLICY, COMPLETION, HIGH_AGENT_LOAD, IDEMPOTENCY, INBOX_UNHEALTHY, INTEGRATION_CIRCUIT_OPEN, QUEUE_BACKLOG,
    SLOW_FRT, WEBHOOK_SIGNATURE,
};
use super::config::AlertsConfig;

/// What alerts are made of.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct Signals {
    /// Tickets stuck on their way to a date.
    pub stuck_scheduling: i64,
    /// Refused completions within the window.
    pub completion_rejections: i64,
    /// Idempotency keys used for something else, within the window.
    pub idempotency_conflicts: i64,
    /// Callers refused by authentication or policy, within the window.
    pub auth_policy_rejections: i64,
    /// Tickets that are late.
    pub sla_breaches: i64,
    /// Searches for a vendor that ended with nobody, within the window.
    pub bookings_exhausted: i64,
    /// Events that could not be handed on and wait for a decision.
    pub outbox_dead_letters: i64,
    /// Invoices that did not reach the accounting system.
    pub invoice_sync_failures: i64,
    /// Integrations whose circuit is open.
    pub open_circuits: i64,
    /// Inboxes that cannot send, or whose provider refuses us.
    pub unhealthy_inboxes: i64,
    /// Webhooks not proven to come from their provider, within the window.
    pub webhook_signature_rejections: i64,
    /// The longest of the queues that have been too long for too long; 0 when there is none.
    pub queue_backlog: i64,
    /// The 95th percentile of first answers when it has been too slow for too long, in seconds; else 0.
    pub slow_frt_seconds: i64,
    /// The most open conversations of an agent who has had too many for too long; 0 when there is none.
    pub agent_load: i64,
}

/// What holds now and becomes an alert when it lasts.
pub(super) struct Strain {
    pub(super) code: &'static str,
    pub(super) subject: String,
    pub(super) figure: i64,
}

impl Signals {
    pub(super) async fn collect(alerts: &Alerts, now: DateTime<Utc>) -> Result<Self, StoreError> {
        let config = &alerts.config;
        let since = now - config.window();
        let errors = alerts.errors.since(&alerts.db, since).await?;
        let answered = |codes: &[Code]| codes.iter().filter_map(|code| errors.get(code.as_str())).sum::<i64>();
        let mut tx = alerts.db.read().await?;
        let strains = strains(&mut tx, config, now).await?;
        let conditions = alert_conditions::all(&mut tx).await?;
        let lasting = |code: &str, minutes: u32| lasting(&strains, &conditions, code, now - time(minutes));
        Ok(Self {
            stuck_scheduling: alert_signals::stuck_scheduling(
                &mut tx,
                now - time(config.stuck_scheduling_minutes),
                now,
                now + time(config.stuck_scheduling_lead_minutes),
            )
            .await?,
            completion_rejections: answered(COMPLETION),
            idempotency_conflicts: answered(IDEMPOTENCY),
            auth_policy_rejections: answered(AUTH_POLICY),
            sla_breaches: alert_signals::sla_breaches(&mut tx, now).await?,
            bookings_exhausted: alert_signals::bookings_exhausted(&mut tx, since).await?,
            outbox_dead_letters: alert_signals::open_outbox_letters(&mut tx).await?,
            invoice_sync_failures: alert_signals::invoice_sync_failures(&mut tx).await?,
            open_circuits: held(&conditions, INTEGRATION_CIRCUIT_OPEN),
            unhealthy_inboxes: held(&conditions, INBOX_UNHEALTHY),
            webhook_signature_rejections: answered(WEBHOOK_SIGNATURE),
            queue_backlog: lasting(QUEUE_BACKLOG, config.queue_backlog_minutes),
            slow_frt_seconds: lasting(SLOW_FRT, config.slow_frt_minutes),
            agent_load: lasting(HIGH_AGENT_LOAD, config.agent_load_minutes),
        })
    }
}

/// How many conditions of this code hold.
fn held(conditions: &[Condition], code: &str) -> i64 {
    conditions.iter().filter(|condition| condition.code == code).count().try_into().unwrap_or(i64::MAX)
}

fn time(minutes: u32) -> TimeDelta {
    TimeDelta::minutes(minutes.into())
}

/// The largest figure among those that have been too large since before `before`.
fn lasting(strains: &[Strain], conditions: &[Condition], code: &str, before: DateTime<Utc>) -> i64 {
    let lasts = |strain: &&Strain| {
        strain.code == code
            && conditions.iter().any(|condition| {
                condition.code == code && condition.subject == strain.subject && condition.since <= before
            })
    };
    strains.iter().filter(lasts).map(|strain| strain.figure).max().unwrap_or(0)
}

/// What is too much now.
pub(super) async fn strains(tx: &mut Tx, config: &AlertsConfig, now: DateTime<Utc>) -> Result<Vec<Strain>, StoreError> {
    let mut strains = Vec::new();
    let strain = |code| move |Load { subject, count }| Strain { code, subject, figure: count };
    let limit = i64::from(config.queue_backlog_threshold);
    let queues = alert_signals::queues(tx).await?;
    strains.extend(queues.into_iter().filter(|queue| queue.count > limit).map(strain(QUEUE_BACKLOG)));
    let agents = alert_signals::agents(tx, config.agent_load_threshold.into()).await?;
    strains.extend(agents.into_iter().map(strain(HIGH_AGENT_LOAD)));
    let answers = alert_signals::first_responses(tx, now - config.window()).await?;
    if let Some(slowest) = percentile(&answers, 95)
        && slowest > i64::from(config.slow_frt_threshold_seconds)
    {
        strains.push(Strain { code: SLOW_FRT, subject: "all".into(), figure: slowest });
    }
    Ok(strains)
}

/// The length of the spans below which `percent` of them are, in seconds. `None` without any.
pub(super) fn percentile(spans: &[Span], percent: usize) -> Option<i64> {
    let mut seconds: Vec<i64> = spans.iter().map(|span| (span.ended - span.began).num_seconds().max(0)).collect();
    seconds.sort_unstable();
    let rank = (seconds.len() * percent).div_ceil(100);
    seconds.get(rank.saturating_sub(1)).copied()
}

/// Which conditions begin and which end, seen from what holds now.
pub(super) fn changes<'a>(strains: &'a [Strain], conditions: &'a [Condition]) -> (Vec<&'a Strain>, Vec<&'a Condition>) {
    let now: BTreeMap<(&str, &str), &Strain> =
        strains.iter().map(|strain| ((strain.code, strain.subject.as_str()), strain)).collect();
    let begun = now
        .iter()
        .filter(|((code, subject), _)| !conditions.iter().any(|held| held.code == *code && held.subject == *subject))
        .map(|(_, strain)| *strain)
        .collect();
    let measured = [QUEUE_BACKLOG, SLOW_FRT, HIGH_AGENT_LOAD];
    let ended = conditions
        .iter()
        .filter(|held| measured.contains(&held.code.as_str()))
        .filter(|held| !now.contains_key(&(held.code.as_str(), held.subject.as_str())))
        .collect();
    (begun, ended)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::<Utc>::UNIX_EPOCH + TimeDelta::minutes(minute)
    }

    fn strain(subject: &str, figure: i64) -> Strain {
        Strain { code: QUEUE_BACKLOG, subject: subject.into(), figure }
    }

    fn condition(subject: &str, minute: i64) -> Condition {
        Condition { code: QUEUE_BACKLOG.into(), subject: subject.into(), since: at(minute) }
    }

    #[test]
    fn only_what_lasts_counts_and_the_worst_of_it_is_told() {
        let strains = [strain("long", 30), strain("longer", 40), strain("new", 90)];
        let conditions = [condition("long", 0), condition("longer", 5), condition("new", 16), condition("over", 0)];
        assert_eq!(lasting(&strains, &conditions, QUEUE_BACKLOG, at(4)), 30);
        assert_eq!(lasting(&strains, &conditions, QUEUE_BACKLOG, at(5)), 40);
        assert_eq!(lasting(&strains, &conditions, HIGH_AGENT_LOAD, at(5)), 0);
    }

    #[test]
    fn conditions_begin_and_end_with_what_holds() {
        let strains = [strain("held", 30), strain("new", 30)];
        let open = Condition { code: INTEGRATION_CIRCUIT_OPEN.into(), subject: "x".into(), since: at(0) };
        let conditions = [condition("held", 0), condition("over", 0), open];
        let (begun, ended) = changes(&strains, &conditions);
        assert_eq!(begun.iter().map(|strain| strain.subject.as_str()).collect::<Vec<_>>(), ["new"]);
        assert_eq!(ended.iter().map(|condition| condition.subject.as_str()).collect::<Vec<_>>(), ["over"]);
    }

    #[test]
    fn a_percentile_is_one_of_the_spans() {
        let spans = |seconds: &[i64]| -> Vec<Span> {
            seconds.iter().map(|seconds| Span { began: at(0), ended: at(0) + TimeDelta::seconds(*seconds) }).collect()
        };
        assert_eq!(percentile(&spans(&[]), 95), None);
        assert_eq!(percentile(&spans(&[7]), 50), Some(7));
        let hundred: Vec<i64> = (1..=100).collect();
        for percent in [50, 95, 99] {
            assert_eq!(percentile(&spans(&hundred), percent), i64::try_from(percent).ok());
        }
    }
}
