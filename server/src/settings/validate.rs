//! What the settings must be before anything is opened.

use std::net::SocketAddr;

use super::{Environment, Settings, SettingsError};

/// Shortest token that lets a scraper in, in bytes.
const LEAST_SCRAPE_TOKEN: usize = 16;

impl Settings {
    /// Checks everything that can be checked without opening anything.
    pub(super) fn validate(&self) -> Result<(), SettingsError> {
        let invalid = |message: String| Err(SettingsError::Invalid(message));
        if self.listen.parse::<SocketAddr>().is_err() {
            return invalid(format!("listen: {} is not an address like 127.0.0.1:8080", self.listen));
        }
        if !self.public_url.starts_with("http://") && !self.public_url.starts_with("https://") {
            return invalid("public_url: must start with http:// or https://".into());
        }
        let known = ["sqlite:", "postgres:", "postgresql:"];
        if !known.iter().any(|scheme| self.database_url.starts_with(scheme)) {
            return invalid("database_url: must start with sqlite:// or postgres://".into());
        }
        let redis = ["redis://", "rediss://", "redis-cluster://"];
        if !self.redis_url.is_empty() && !redis.iter().any(|scheme| self.redis_url.starts_with(scheme)) {
            return invalid("redis_url: must start with redis://, rediss:// or redis-cluster://".into());
        }
        self.auth.validate(self.env)?;
        if self.observability.scrape_token.as_ref().is_some_and(|token| token.expose().len() < LEAST_SCRAPE_TOKEN) {
            return invalid(format!("observability.scrape_token: must have at least {LEAST_SCRAPE_TOKEN} bytes"));
        }
        let percent = |value: u8| value <= 100;
        if !percent(self.dispatch.identity_confidence_threshold)
            || !percent(self.dispatch.classification_confidence_threshold)
        {
            return invalid("dispatch: confidence thresholds lie between 0 and 100".into());
        }
        patchbay_hub::directory::InboxSettings::check_all(&self.inboxes)
            .map_err(|error| SettingsError::Invalid(error.to_string()))?;
        self.tool_policy()?;
        self.validate_evidence()?;
        self.telemetry.validate()?;
        patchbay_tool_gateway::Assistant::new(&self.assistant)
            .map_err(|error| SettingsError::Invalid(format!("assistant: {error}")))?;
        if !self.listen_smtp.is_empty() && self.listen_smtp.parse::<SocketAddr>().is_err() {
            return invalid(format!("listen_smtp: {} is not an address like 127.0.0.1:2525", self.listen_smtp));
        }
        if self.env == Environment::Production {
            self.validate_production()?;
        }
        Ok(())
    }

    fn validate_production(&self) -> Result<(), SettingsError> {
        let refuse = |message: &str| Err(SettingsError::Invalid(format!("in production, {message}")));
        if self.simulator.enabled {
            return refuse("simulator.enabled must be off");
        }
        Ok(())
    }
}
