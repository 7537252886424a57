//! Settings of the ingress.

use std::time::Duration;

use serde::Deserialize;

/// Settings of the ingress; the server fills them from its own.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// What providers call, without a slash at the end: `https://hub.example.test`. Signed URLs are rebuilt from it.
    /// `None`: from the request.
    pub public_url: Option<String>,
    /// Further bases that a signature may have been made for.
    pub public_url_candidates: Vec<String>,
    /// Believe `X-Forwarded-Proto` and `X-Forwarded-Host`. Only when every peer is our own proxy, and only without
    /// `public_url`.
    pub trust_forwarded_headers: bool,
    /// Requests a second for one inbox; twice as many in a burst; 0 is no limit.
    pub webhooks_per_second: u32,
    /// How long a provider may take to send a body.
    pub body_seconds: u64,
    /// Note requests as they come, for the journal.
    pub journal: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            public_url: None,
            public_url_candidates: Vec::new(),
            trust_forwarded_headers: false,
            webhooks_per_second: 5000,
            body_seconds: 15,
            journal: false,
        }
    }
}

impl Config {
    /// Every configured base, the first first.
    pub(crate) fn bases(&self) -> impl Iterator<Item = &str> {
        self.public_url
            .iter()
            .chain(&self.public_url_candidates)
            .map(|base| base.trim_end_matches('/'))
            .filter(|base| !base.is_empty())
    }

    pub(crate) fn body_deadline(&self) -> Duration {
        Duration::from_secs(self.body_seconds.max(1))
    }
}

/// Longest body of Meta. Source: WhatsApp Business Platform, "Webhooks": payloads are up to 3 MB.
pub(crate) const META_BODY_BYTES: usize = 3 * 1024 * 1024;
/// Longest body of a form or a JSON document of anybody else.
pub(crate) const BODY_BYTES: usize = 1024 * 1024;
/// Longest mail, as a form or a JSON document. Source: channel reference, rules for every ingress.
pub(crate) const MAIL_BODY_BYTES: usize = 35 * 1024 * 1024;
