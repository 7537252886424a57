//! The task behind the alerts: moves counted errors into the database, notes since when something holds, and tells the
//! log and the metrics.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::TimeDelta;
use patchbay_core::ticket::TicketState;
use patchbay_http::Chain;
use patchbay_store::alert_signals::{self, Span};
use patchbay_store::{StoreError, alert_conditions};
use tokio_util::sync::CancellationToken;

use super::Alerts;
use super::signals::{changes, percentile, strains};

/// How long counted errors may stay on this node alone.
const FLUSH_EVERY: Duration = Duration::from_secs(2);
/// How often alerts are looked at without anybody asking.
const LOOK_EVERY: Duration = Duration::from_mins(1);
/// What the figures of the hub speak of.
const FIGURES_OF: TimeDelta = TimeDelta::days(1);

impl Alerts {
    /// Runs until `stop`; what was counted is written before it ends.
    pub async fn watch(self, stop: CancellationToken) {
        let mut flush = tokio::time::interval(FLUSH_EVERY);
        let mut look = tokio::time::interval(LOOK_EVERY);
        let mut firing = BTreeSet::new();
        loop {
            let done = tokio::select! {
                () = stop.cancelled() => { self.flush().await; return }
                _ = flush.tick() => { self.flush().await; Ok(()) }
                _ = look.tick() => self.look(&mut firing).await,
            };
            if let Err(error) = done {
                tracing::warn!(error = %Chain(&error), "the alerts could not be looked at; trying again");
            }
        }
    }

    async fn flush(&self) {
        if let Err(error) = self.errors.flush(&self.db, self.clock.now()).await {
            tracing::debug!(error = %Chain(&error), "counted errors stay on this node for now");
        }
    }

    /// One look: what holds, which alerts fire, how the hub does.
    pub(crate) async fn look(&self, firing: &mut BTreeSet<&'static str>) -> Result<(), StoreError> {
        self.note_conditions().await?;
        let report = self.evaluate().await?;
        for alert in &report.alerts {
            if !firing.contains(alert.code) {
                tracing::warn!(
                    alert.code = alert.code,
                    alert.count = alert.count,
                    alert.threshold = alert.threshold,
                    "alert {}: see docs/runbooks/{}.md",
                    alert.code,
                    alert.runbook
                );
            }
        }
        let now = report.alerts.iter().map(|alert| alert.code).collect();
        for ended in firing.difference(&now) {
            tracing::info!(alert.code = *ended, "alert {ended} has ended");
        }
        *firing = now;
        self.measure().await
    }

    async fn note_conditions(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut tx = self.db.read().await?;
        let strains = strains(&mut tx, &self.config, now).await?;
        let conditions = alert_conditions::all(&mut tx).await?;
        drop(tx);
        let (begun, ended) = changes(&strains, &conditions);
        if begun.is_empty() && ended.is_empty() {
            return Ok(());
        }
        let mut tx = self.db.begin().await?;
        for strain in begun {
            alert_conditions::begin(&mut tx, strain.code, &strain.subject, now).await?;
        }
        for condition in ended {
            alert_conditions::end(&mut tx, &condition.code, &condition.subject).await?;
        }
        tx.commit().await
    }

    /// Figures of the business, as gauges. Each node shows the same.
    async fn measure(&self) -> Result<(), StoreError> {
        let mut tx = self.db.read().await?;
        let since = self.clock.now() - FIGURES_OF;
        for queue in alert_signals::queues(&mut tx).await? {
            metrics::gauge!("backlog", "team" => queue.subject).set(figure(queue.count));
        }
        let open = alert_signals::open_tickets(&mut tx).await?;
        // What has come down to none is shown as none.
        for state in TicketState::WORDS {
            let count = open.iter().find(|load| load.subject == *state).map_or(0, |load| load.count);
            metrics::gauge!("tickets_open", "state" => *state).set(figure(count));
        }
        let answers = alert_signals::first_responses(&mut tx, since).await?;
        for (percent, name) in [(50, "0.5"), (95, "0.95"), (99, "0.99")] {
            let seconds = percentile(&answers, percent).map_or(f64::NAN, figure);
            metrics::gauge!("first_response_seconds", "quantile" => name).set(seconds);
        }
        let resolutions = alert_signals::resolutions(&mut tx, since).await?;
        let (median, average) = (percentile(&resolutions, 50), average(&resolutions));
        metrics::gauge!("resolution_seconds", "statistic" => "median").set(median.map_or(f64::NAN, figure));
        metrics::gauge!("resolution_seconds", "statistic" => "average").set(average.map_or(f64::NAN, figure));
        Ok(())
    }
}

fn average(spans: &[Span]) -> Option<i64> {
    let total: i64 = spans.iter().map(|span| (span.ended - span.began).num_seconds().max(0)).sum();
    total.checked_div(i64::try_from(spans.len()).ok()?)
}

fn figure(count: i64) -> f64 {
    f64::from(i32::try_from(count).unwrap_or(i32::MAX))
}
