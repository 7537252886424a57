//! Where the server tells how it does, beside its log.

use std::path::PathBuf;

use patchbay_core::secret::Secret;
use serde::Deserialize;

/// Sinks and the scrape token. A sink left out is none.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ObservabilitySettings {
    /// A line of JSON for each request is appended here. `DISPATCH_LOG_SINK_PATH` is honored too.
    pub log_sink_path: Option<PathBuf>,
    /// The latest metrics replace this file, at most once a second. `DISPATCH_METRICS_SINK_PATH`.
    pub metrics_sink_path: Option<PathBuf>,
    /// A line of JSON for each look at the alerts is appended here. `DISPATCH_ALERTS_SINK_PATH`.
    pub alerts_sink_path: Option<PathBuf>,
    /// Bearer token for `/metrics` and `/ops/alerts` on an address that is not private; at least 16 bytes. May be
    /// `env:NAME` or `file:PATH`.
    pub scrape_token: Option<Secret>,
}
