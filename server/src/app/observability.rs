//! What watches the server: counted requests, alerts, sinks.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use metrics_exporter_prometheus::PrometheusHandle;
use patchbay_dispatch::alerts::Alerts;
use patchbay_http::OperationsDoor;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

use super::parts::Parts;
use crate::observe::Observer;
use crate::settings::Settings;
use crate::{health, sinks, telemetry};

/// What the web front needs of it.
pub(super) struct Observability {
    pub(super) observer: Observer,
    pub(super) alerts: Alerts,
    pub(super) door: OperationsDoor,
    pub(super) metrics: PrometheusHandle,
}

/// Starts it; its tasks end after `stop`, when everything is written.
pub(super) fn start(
    settings: &Settings,
    parts: &mut Parts,
    address: SocketAddr,
    stop: &CancellationToken,
) -> Observability {
    let metrics = telemetry::metrics();
    let told = &settings.observability;
    let clock = parts.hub.gate.clock.clone();
    let mut lines = |path: &Option<std::path::PathBuf>| -> Option<mpsc::Sender<String>> {
        let (sender, task) = sinks::lines(path.as_deref().map(Path::to_owned)?, stop.clone());
        parts.tasks.push(task);
        Some(sender)
    };
    let (records, reports) = (lines(&told.log_sink_path), lines(&told.alerts_sink_path));
    let changed = Arc::new(Notify::new());
    if let Some(path) = &told.metrics_sink_path {
        let (metrics, clock) = (metrics.clone(), clock.clone());
        let render = move || health::snapshot_text(&metrics, clock.now());
        parts.tasks.push(sinks::snapshots(path.clone(), changed.clone(), render, stop.clone()));
    }
    let alerts = Alerts::new(parts.hub.db.clone(), clock.clone(), settings.alerts.clone(), reports);
    parts.tasks.push(tokio::spawn(alerts.clone().watch(stop.clone())));
    Observability {
        observer: Observer::new(clock, alerts.errors().clone(), records, changed),
        alerts,
        door: OperationsDoor::new(address.ip(), told.scrape_token.clone()),
        metrics,
    }
}
