//! Who may call, and how that is shown.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use patchbay_core::secret::Secret;
use patchbay_http::{DevelopmentHeaders, JwksRules, MIN_SECRET_BYTES};
use serde::Deserialize;

use super::{Environment, Settings, SettingsError};

/// Tokens.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuthSettings {
    /// Signs and checks tokens; at least 32 bytes. May be `env:NAME` or `file:PATH`. `DISPATCH_AUTH_JWT_SECRET` is
    /// honored too.
    pub jwt_secret: Option<Secret>,
    /// Issuer that tokens must name. `DISPATCH_AUTH_JWT_ISSUER`.
    pub issuer: Option<String>,
    /// Audience that tokens must name. `DISPATCH_AUTH_JWT_AUDIENCE`.
    pub audience: Option<String>,
    /// Where the keys of an outside issuer are published (RS256, ES256, EdDSA). Without a `jwt_secret` beside it tokens
    /// are checked and none are made: people sign in at the issuer.
    pub jwks_url: Option<String>,
    /// Time between two fetches of the published keys, in seconds.
    pub jwks_refresh_seconds: u64,
    /// Least time between two fetches, also when tokens name unknown keys, in seconds.
    pub jwks_min_interval_seconds: u64,
    /// How long published keys are used while their issuer is away, in seconds.
    pub jwks_stale_seconds: u64,
    /// Let `X-Actor-…` headers name the actor of a request without a token. Left out: in development, on a loopback
    /// address, for requests to this machine by name. Refused in production. `DISPATCH_AUTH_ALLOW_DEV_HEADERS`.
    pub allow_dev_headers: Option<bool>,
    /// Origins, beside our own, whose pages may write with a cookie.
    pub allowed_origins: Vec<String>,
}

impl Default for AuthSettings {
    fn default() -> Self {
        let rules = JwksRules::default();
        Self {
            jwt_secret: None,
            issuer: None,
            audience: None,
            jwks_url: None,
            jwks_refresh_seconds: rules.refresh_every.as_secs(),
            jwks_min_interval_seconds: rules.min_interval.as_secs(),
            jwks_stale_seconds: rules.stale_for.as_secs(),
            allow_dev_headers: None,
            allowed_origins: Vec::new(),
        }
    }
}

impl AuthSettings {
    /// How published keys are kept.
    pub fn jwks_rules(&self) -> JwksRules {
        JwksRules {
            refresh_every: Duration::from_secs(self.jwks_refresh_seconds),
            min_interval: Duration::from_secs(self.jwks_min_interval_seconds),
            stale_for: Duration::from_secs(self.jwks_stale_seconds),
            ..JwksRules::default()
        }
    }

    pub(super) fn validate(&self, env: Environment) -> Result<(), SettingsError> {
        let invalid = |message: String| Err(SettingsError::Invalid(message));
        if let Some(secret) = &self.jwt_secret
            && secret.expose().len() < MIN_SECRET_BYTES
        {
            return invalid(format!("auth.jwt_secret: must have at least {MIN_SECRET_BYTES} bytes"));
        }
        if [self.jwks_refresh_seconds, self.jwks_min_interval_seconds, self.jwks_stale_seconds].contains(&0) {
            return invalid("auth.jwks_…_seconds: must be at least 1".into());
        }
        if self.jwks_stale_seconds < self.jwks_refresh_seconds {
            return invalid("auth.jwks_stale_seconds: must not be less than auth.jwks_refresh_seconds".into());
        }
        if let Some(url) = &self.jwks_url {
            let is_http = url.starts_with("http://");
            if !is_http && !url.starts_with("https://") {
                return invalid("auth.jwks_url: must start with https://".into());
            }
            if is_http && env == Environment::Production && !is_on_this_machine(url) {
                return invalid("in production, auth.jwks_url must start with https://".into());
            }
        }
        if env == Environment::Production {
            if self.jwt_secret.is_none() && self.jwks_url.is_none() {
                return invalid("in production, auth.jwt_secret or auth.jwks_url must be set".into());
            }
            if self.allow_dev_headers == Some(true) {
                return invalid(
                    "in production, auth.allow_dev_headers (DISPATCH_AUTH_ALLOW_DEV_HEADERS) must be off".into(),
                );
            }
        }
        Ok(())
    }
}

impl Settings {
    /// Whether headers may name the actor.
    pub fn development_headers(&self) -> DevelopmentHeaders {
        let is_local = self.listen.parse::<SocketAddr>().is_ok_and(|address| address.ip().is_loopback());
        match (self.env, self.auth.allow_dev_headers) {
            (Environment::Development, Some(true)) => DevelopmentHeaders::Trusted,
            (Environment::Development, None) if is_local => DevelopmentHeaders::FromThisMachine,
            (Environment::Development | Environment::Production, _) => DevelopmentHeaders::Refused,
        }
    }
}

fn is_on_this_machine(url: &str) -> bool {
    url.parse::<axum::http::Uri>().ok().and_then(|url| url.host().map(str::to_owned)).is_some_and(|host| {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    })
}
