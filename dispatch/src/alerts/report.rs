//! What the alerts endpoint answers.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::catalog::{ALERTS, Severity};
use super::config::AlertsConfig;
use super::signals::Signals;

/// How things stand.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Report {
    /// `patchbay`.
    pub service: &'static str,
    /// When it was made.
    pub generated_at: DateTime<Utc>,
    /// How far back events are counted.
    pub window_minutes: u32,
    /// At which count each alert fires, by code, and the times that belong to them, in minutes.
    pub thresholds: BTreeMap<&'static str, u32>,
    /// What was counted.
    pub signals: Signals,
    /// The alerts that fire, the worst first.
    pub alerts: Vec<FiringAlert>,
    /// Where to read what to do, by slug.
    pub runbooks: BTreeMap<&'static str, String>,
}

/// An alert that fires.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FiringAlert {
    /// Its stable name.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What was counted.
    pub count: i64,
    /// At which count it fires.
    pub threshold: u32,
    /// Its runbook's slug.
    pub runbook: &'static str,
}

/// A figure that an alert is made of.
#[derive(Clone, Copy, Debug)]
pub struct Figure {
    /// The alert's stable name.
    pub code: &'static str,
    /// How bad the alert is.
    pub severity: Severity,
    /// What was counted.
    pub count: i64,
    /// At which count it fires.
    pub threshold: u32,
}

impl Report {
    /// What was counted for each alert, whether it fires or not.
    pub fn figures(&self) -> Vec<Figure> {
        let figure = |alert: &super::catalog::Alert| Figure {
            code: alert.code,
            severity: alert.severity,
            count: (alert.count)(&self.signals),
            threshold: self.thresholds.get(alert.code).copied().unwrap_or(1).max(1),
        };
        ALERTS.iter().map(figure).collect()
    }

    pub(super) fn new(config: &AlertsConfig, signals: Signals, now: DateTime<Utc>) -> Self {
        let mut alerts: Vec<FiringAlert> = ALERTS
            .iter()
            .map(|alert| FiringAlert {
                code: alert.code,
                severity: alert.severity,
                count: (alert.count)(&signals),
                threshold: (alert.threshold)(config),
                runbook: alert.runbook,
            })
            // A threshold of 0 would fire for nothing at all.
            .filter(|alert| alert.count >= i64::from(alert.threshold.max(1)))
            .collect();
        alerts.sort_by_key(|alert| alert.severity != Severity::Critical);
        let mut thresholds: BTreeMap<&'static str, u32> =
            ALERTS.iter().map(|alert| (alert.code, (alert.threshold)(config))).collect();
        thresholds.extend([
            ("stuck_scheduling_minutes", config.stuck_scheduling_minutes),
            ("queue_backlog_minutes", config.queue_backlog_minutes),
            ("slow_frt_minutes", config.slow_frt_minutes),
            ("agent_load_minutes", config.agent_load_minutes),
        ]);
        Self {
            service: "patchbay",
            generated_at: now,
            window_minutes: config.window_minutes,
            thresholds,
            signals,
            alerts,
            runbooks: ALERTS
                .iter()
                .map(|alert| (alert.runbook, format!("docs/runbooks/{}.md", alert.runbook)))
                .collect(),
        }
    }
}
