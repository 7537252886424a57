//! Logs, metrics and traces of the process.

mod families;
mod redacted;
pub(crate) mod traces;

use std::io::IsTerminal as _;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

pub use families::{FAMILIES, Kind};
use redacted::Redacted;

use crate::settings::{LogFormat, LogSettings};

/// Edges of the time histograms, in seconds.
const BUCKETS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Writes log lines to standard error, without anybody's number, address or key. `RUST_LOG` wins over the settings. Does nothing the second time.
pub(crate) fn log(settings: &LogSettings) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| {
        // What PostgreSQL remarks on is no news: that a table is there already, at each start.
        let quiet = "sqlx::postgres::notice=warn".parse().expect("it is a directive");
        EnvFilter::try_new(&settings.filter).unwrap_or_else(|_| EnvFilter::new("info")).add_directive(quiet)
    });
    let shows_colors = std::io::stderr().is_terminal();
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(shows_colors).with_writer(Redacted::standard_error);
    // A second initialisation (a test that starts two servers) keeps the first.
    let _kept = match settings.format {
        LogFormat::Text => builder.with_target(false).try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
}

/// The recorder of all metrics of the process; the handle renders them.
pub(crate) fn metrics() -> PrometheusHandle {
    let recorder = PrometheusBuilder::new().set_buckets(BUCKETS).expect("the edges are not empty").build_recorder();
    let handle = recorder.handle();
    // A second server in the same process (a test) renders nothing of its own.
    let _kept = metrics::set_global_recorder(recorder);
    families::describe();
    handle
}
