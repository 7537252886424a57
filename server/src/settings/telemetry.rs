//! Where traces go, if anywhere.

use std::collections::BTreeMap;

use patchbay_core::secret::Secret;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;

use super::SettingsError;
use super::load::resolve_secret;

/// Traces by OTLP over HTTP. Off unless an endpoint is set.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TelemetrySettings {
    /// Base address of a collector, such as `http://127.0.0.1:4318`; `/v1/traces` is added. Empty: no traces.
    pub otlp_endpoint: String,
    /// Headers for the collector. A value may be `env:NAME` or `file:PATH`.
    pub otlp_headers: BTreeMap<String, Secret>,
    /// Share of the traces that begin here which is recorded, 0 to 1. A caller's own decision is kept.
    pub sample_ratio: f64,
    /// Name of the service in the traces.
    pub service_name: String,
}

impl Default for TelemetrySettings {
    fn default() -> Self {
        Self {
            otlp_endpoint: String::new(),
            otlp_headers: BTreeMap::new(),
            sample_ratio: 1.0,
            service_name: "patchbay".into(),
        }
    }
}

impl TelemetrySettings {
    pub(super) fn complete(&mut self) -> Result<(), SettingsError> {
        for (name, value) in &mut self.otlp_headers {
            *value = resolve_secret(&format!("telemetry.otlp_headers.{name}"), value)?;
        }
        Ok(())
    }

    pub(super) fn validate(&self) -> Result<(), SettingsError> {
        let invalid = |message: &str| Err(SettingsError::Invalid(message.to_owned()));
        if !(0.0..=1.0).contains(&self.sample_ratio) {
            return invalid("telemetry.sample_ratio: must lie between 0 and 1");
        }
        if self.service_name.trim().is_empty() {
            return invalid("telemetry.service_name: must not be empty");
        }
        if !self.otlp_endpoint.is_empty() && self.traces_url().is_none() {
            return invalid("telemetry.otlp_endpoint: must be an address like http://127.0.0.1:4318");
        }
        self.headers().map(drop)
    }

    /// Where traces are posted to; `None`: nowhere.
    pub(crate) fn traces_url(&self) -> Option<reqwest::Url> {
        let base = self.otlp_endpoint.trim_end_matches('/');
        let url = format!("{base}/v1/traces").parse::<reqwest::Url>().ok()?;
        (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
    }

    /// The headers of a post.
    pub(crate) fn headers(&self) -> Result<HeaderMap, SettingsError> {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.otlp_headers {
            let (Ok(key), Ok(mut value)) =
                (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value.expose()))
            else {
                return Err(SettingsError::Invalid(format!("telemetry.otlp_headers.{name}: cannot be a header")));
            };
            value.set_sensitive(true);
            headers.insert(key, value);
        }
        Ok(headers)
    }
}
