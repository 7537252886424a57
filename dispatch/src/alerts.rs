//! Operational alerts: what is stuck, failing or piling up, with a runbook for each. Facts are counted in the database;
//! refusals over a rolling window, on all nodes together. Source: S1 and domain, alerts.

mod catalog;
mod config;
mod counts;
mod report;
mod routes;
mod signals;
mod watch;

use std::sync::Arc;

use patchbay_core::clock::Clock;
use patchbay_store::{Db, StoreError};
use tokio::sync::mpsc;

pub use catalog::{ALERTS, Alert, INBOX_UNHEALTHY, Severity};
pub use config::AlertsConfig;
pub use counts::ErrorCounts;
pub use report::{Figure, FiringAlert, Report};
#[cfg(debug_assertions)]
pub use routes::alerts_openapi;
pub use routes::alerts_router;

use signals::Signals;

/// Evaluates alerts. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Alerts {
    db: Db,
    clock: Clock,
    config: Arc<AlertsConfig>,
    errors: ErrorCounts,
    told: Option<mpsc::Sender<String>>,
}

impl Alerts {
    /// Alerts over a database. `told` gets every report as one line of JSON; a reader that is too slow misses some.
    pub fn new(db: Db, clock: Clock, config: AlertsConfig, told: Option<mpsc::Sender<String>>) -> Self {
        Self { db, clock, config: Arc::new(config), errors: ErrorCounts::default(), told }
    }

    /// Where answered errors are counted.
    pub fn errors(&self) -> &ErrorCounts {
        &self.errors
    }

    /// How things stand now.
    pub async fn evaluate(&self) -> Result<Report, StoreError> {
        let now = self.clock.now();
        let signals = Signals::collect(self, now).await?;
        let report = Report::new(&self.config, signals, now);
        if let Some(told) = &self.told {
            let line = serde_json::to_string(&report).expect("a report is plain data");
            if told.try_send(line).is_err() {
                tracing::warn!("a report of alerts did not fit into its sink and is dropped");
            }
        }
        Ok(report)
    }
}
