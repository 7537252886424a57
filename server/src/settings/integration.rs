//! `[integration.…]`: systems of others that we call. Source: contract, settings.

use std::time::Duration;

use patchbay_core::secret::Secret;
use serde::Deserialize;

use super::{SettingsError, resolve_secret};

/// Systems of others that we call.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IntegrationSettings {
    /// Where tickets are kept.
    pub ticketing: TicketingSettings,
    /// Where a customer's transactions are looked up and drafted.
    pub transactions: Option<TransactionSettings>,
    /// First wait between two tries of a call, in milliseconds; it doubles. Source: domain, integration hub.
    pub retry_ms: u64,
}

impl Default for IntegrationSettings {
    fn default() -> Self {
        Self { ticketing: TicketingSettings::default(), transactions: None, retry_ms: 2_000 }
    }
}

/// Where tickets are kept.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TicketingSettings {
    /// Whose they are.
    pub kind: TicketingKind,
    /// Base of the outside system.
    pub base_url: Option<String>,
    /// Key of the outside system. May be `env:NAME` or `file:PATH`.
    pub api_key: Option<Secret>,
}

/// Whose ticketing it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TicketingKind {
    /// Our own.
    #[default]
    Dispatch,
    /// An outside system's, over HTTP.
    Http,
}

/// Where transactions are looked up and drafted. Secrets may be `env:NAME` or `file:PATH`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransactionSettings {
    /// Base of the system.
    pub base_url: String,
    /// Where tokens are fetched with client credentials.
    pub token_url: String,
    /// Who we are there.
    pub client_id: String,
    /// Proves it.
    pub client_secret: Secret,
    /// Signs what we post.
    pub hmac_secret: Secret,
}

impl TransactionSettings {
    /// What the gateway needs to call the system, with the first wait between two tries.
    fn config(&self, retry_after: Duration) -> patchbay_tool_gateway::TransactionConfig {
        patchbay_tool_gateway::TransactionConfig {
            base_url: self.base_url.clone(),
            token_url: self.token_url.clone(),
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.clone(),
            hmac_secret: self.hmac_secret.clone(),
            retry_after,
        }
    }
}

impl TicketingSettings {
    /// What the gateway needs to call an outside system; `None`: the tickets are ours.
    fn config(&self, retry_after: Duration) -> Option<patchbay_tool_gateway::TicketingConfig> {
        let base_url = self.base_url.clone().filter(|_| self.kind == TicketingKind::Http)?;
        let api_key = self.api_key.clone();
        Some(patchbay_tool_gateway::TicketingConfig { base_url, api_key, retry_after })
    }
}

impl IntegrationSettings {
    /// What the gateway needs to call the transaction system, if there is one.
    pub fn transactions(&self) -> Option<patchbay_tool_gateway::TransactionConfig> {
        self.transactions.as_ref().map(|system| system.config(Duration::from_millis(self.retry_ms)))
    }

    /// What the gateway needs to call an outside ticketing system; `None`: the tickets are ours.
    pub fn ticketing(&self) -> Option<patchbay_tool_gateway::TicketingConfig> {
        self.ticketing.config(Duration::from_millis(self.retry_ms))
    }

    /// Replaces references to secrets by the secrets. Errors: one that cannot be read, a base that is missing.
    pub(super) fn complete(&mut self) -> Result<(), SettingsError> {
        if let Some(key) = &mut self.ticketing.api_key {
            *key = resolve_secret("integration.ticketing.api_key", key)?;
        }
        if self.ticketing.kind == TicketingKind::Http && self.ticketing.base_url.is_none() {
            return Err(SettingsError::Invalid("integration.ticketing.base_url: must be set when kind is http".into()));
        }
        if let Some(system) = &mut self.transactions {
            system.client_secret = resolve_secret("integration.transactions.client_secret", &system.client_secret)?;
            system.hmac_secret = resolve_secret("integration.transactions.hmac_secret", &system.hmac_secret)?;
        }
        Ok(())
    }
}
