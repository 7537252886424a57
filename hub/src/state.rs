//! What the hub needs to work.

use std::sync::Arc;

use chrono::TimeDelta;
use object_store::ObjectStore;
use patchbay_core::directory::Directory;
use patchbay_core::retention::RetentionDays;
use patchbay_core::secret::Secret;
use patchbay_dispatch::Dispatch;
use patchbay_dispatch::alerts::AlertsConfig;
use patchbay_http::Gate;
use patchbay_store::Db;

use crate::recovery::Reenactor;
use crate::sealing::{Seals, Signer};

/// The hub. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Hub {
    /// The database.
    pub db: Db,
    /// Who calls.
    pub gate: Gate,
    /// Makes tickets.
    pub dispatch: Dispatch,
    /// Where files are kept.
    pub files: Arc<dyn ObjectStore>,
    /// How it behaves.
    pub config: Arc<HubConfig>,
}

/// How the hub behaves.
#[derive(Clone, Debug)]
pub struct HubConfig {
    /// Whether cookies are only sent over https.
    pub secure_cookies: bool,
    /// Whether a proxy in front of us writes `X-Forwarded-For`; its last entry then is the client's address.
    pub trust_forwarded_headers: bool,
    /// Largest file that can be uploaded, in bytes.
    pub max_upload_bytes: u64,
    /// Signs links by which providers fetch files.
    pub link_secret: Secret,
    /// How many transactions the intake runs at once; 1 on SQLite.
    pub intake_shards: usize,
    /// The way back into the adapters, for repairs.
    pub reenactor: Reenactor,
    /// How much one customer may write before nobody is called for it any more.
    pub abuse: AbuseLimits,
    /// Hosts with their port to which webhooks may lead although they are internal.
    pub webhook_hosts: Arc<[String]>,
    /// Seals the secrets of webhooks; without it they are stored as they are.
    pub seals: Option<Arc<Seals>>,
    /// Signs where the chains of the audit end; without it nothing is signed.
    pub signer: Option<Arc<Signer>>,
    /// When a figure is an alert.
    pub alerts: AlertsConfig,
    /// How long somebody who left may be away before what they hold goes back; zero: for ever.
    pub absence_grace: TimeDelta,
    /// How long what is kept.
    pub retention: RetentionDays,
}

/// How much one customer may write; 0: as much as they like. Source: domain, messages, abuse limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AbuseLimits {
    /// Messages a minute in a conversation.
    pub messages_per_minute: u32,
    /// Conversations that begin within an hour.
    pub conversations_per_hour: u32,
}

impl Default for AbuseLimits {
    fn default() -> Self {
        Self { messages_per_minute: 20, conversations_per_hour: 5 }
    }
}

impl Default for HubConfig {
    fn default() -> Self {
        Self {
            secure_cookies: false,
            trust_forwarded_headers: false,
            max_upload_bytes: 25 << 20,
            link_secret: Secret::new(""),
            intake_shards: 4,
            reenactor: Reenactor::default(),
            abuse: AbuseLimits::default(),
            webhook_hosts: Arc::new([]),
            seals: None,
            signer: None,
            alerts: AlertsConfig::default(),
            absence_grace: TimeDelta::minutes(10),
            retention: RetentionDays::default(),
        }
    }
}

impl Hub {
    /// Who works here, as of now.
    pub fn directory(&self) -> arc_swap::Guard<Arc<Directory>> {
        self.gate.directory.load()
    }
}

impl axum::extract::FromRef<Hub> for Gate {
    fn from_ref(hub: &Hub) -> Self {
        hub.gate.clone()
    }
}

impl axum::extract::FromRef<Hub> for Dispatch {
    fn from_ref(hub: &Hub) -> Self {
        hub.dispatch.clone()
    }
}
