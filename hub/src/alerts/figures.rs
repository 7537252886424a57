//! Figures that become alerts, and alerts that are over: looked at every minute, on one node.

use chrono::TimeDelta;
use patchbay_core::Ctx;
use patchbay_core::alert::{Measured, Severity, Signal, measure};
use patchbay_dispatch::alerts::{self as operational, ALERTS, Alerts, Figure};
use patchbay_store::{StoreError, alert_rules, alerts};

use super::change::end;
use super::raise::raise;
use super::take::{Rule, ready};
use crate::state::Hub;

/// Alerts that are ended in one transaction.
const BITE: i64 = 100;

/// What a look found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Watched {
    /// Figures that are alerts now.
    pub fired: usize,
    /// Figures that are alerts no longer.
    pub cleared: usize,
    /// Alerts whose conversation no longer needs them.
    pub over: usize,
}

/// The figures there are.
pub(super) fn known() -> Vec<&'static str> {
    ALERTS.iter().map(|alert| alert.code).collect()
}

/// Looks once.
pub async fn watch(hub: &Hub, ctx: &Ctx) -> Result<Watched, StoreError> {
    let mut watched = Watched::default();
    let rules = alert_rules::in_force(&mut hub.db.read().await?).await?;
    let rules: Vec<Rule> = rules.into_iter().filter_map(ready).filter(|rule| rule.when.metric.is_some()).collect();
    if !rules.is_empty() {
        let alerts = Alerts::new(hub.db.clone(), hub.gate.clock.clone(), hub.config.alerts.clone(), None);
        let figures = alerts.evaluate().await?.figures();
        for rule in &rules {
            let figure = figures.iter().find(|figure| rule.when.metric.as_deref() == Some(figure.code));
            let Some(figure) = figure else { continue };
            match look(hub, ctx, rule, figure).await? {
                Measured::Fires => watched.fired += 1,
                Measured::Clears => watched.cleared += 1,
                Measured::Same => {}
            }
        }
    }
    let directory = hub.gate.directory.load_full();
    let mut tx = hub.db.begin().await?;
    for id in alerts::over(&mut tx, BITE).await? {
        end(&mut tx, ctx, &directory, id, "the conversation no longer needs it").await?;
        watched.over += 1;
    }
    tx.commit().await?;
    Ok(watched)
}

async fn look(hub: &Hub, ctx: &Ctx, rule: &Rule, figure: &Figure) -> Result<Measured, StoreError> {
    let least = rule.when.at_least.unwrap_or_else(|| i64::from(figure.threshold));
    let clear = rule.when.clear_at.unwrap_or(least - 1);
    let hold = rule.when.for_s.and_then(TimeDelta::try_seconds).unwrap_or_default();
    let mut tx = hub.db.begin().await?;
    let before = alert_rules::watch_of(&mut tx, rule.row.id).await?;
    let (after, measured) = measure(before, figure.count, (least, clear), hold, ctx.now);
    if after == before {
        tx.rollback().await?;
        return Ok(measured);
    }
    alert_rules::put_watch(&mut tx, rule.row.id, after).await?;
    let directory = hub.gate.directory.load_full();
    match measured {
        Measured::Fires => {
            let signal = Signal {
                event: None,
                code: figure.code.to_owned(),
                severity: Some(match figure.severity {
                    operational::Severity::Critical => Severity::Critical,
                    operational::Severity::Warning => Severity::Warning,
                }),
                conversation_id: None,
                ticket_id: None,
                team_id: None,
                inbox_id: None,
                priority: None,
                at: ctx.now,
            };
            raise(&mut tx, ctx, &directory, rule, &signal).await?;
        }
        Measured::Clears => {
            for id in alerts::open_of_rule(&mut tx, rule.row.id).await? {
                end(&mut tx, ctx, &directory, id, "the figure has come down").await?;
            }
        }
        Measured::Same => {}
    }
    tx.commit().await?;
    Ok(measured)
}
