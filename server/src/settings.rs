//! Settings: one TOML file, overridden by `PATCHBAY_…` variables (`__` between levels) and by the names that the
//! originals published (`DISPATCH_…`). An unknown key is an error that names it. Source: contract, settings.

mod auth;
mod development;
mod evidence;
mod integration;
mod journal;
mod load;
mod observability;
mod policy;
mod published;
mod smtp;
mod telemetry;
mod validate;

use std::num::NonZeroUsize;
use std::path::PathBuf;

use patchbay_hub::directory::InboxSettings;
use patchbay_store::objects::S3Settings;
use patchbay_workers::WorkersConfig;
use serde::Deserialize;

pub use auth::AuthSettings;
pub use development::{development_secret, link_secret};
pub use evidence::{EvidenceProfile, EvidenceSettings};
pub use integration::{IntegrationSettings, TicketingKind, TicketingSettings, TransactionSettings};
pub use journal::JournalSettings;
pub use load::{SettingsError, resolve_secret};
pub use observability::ObservabilitySettings;
pub use published::published_names;
pub use smtp::SmtpReceiverSettings;
pub use telemetry::TelemetrySettings;

/// Where Patchbay runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// On a developer's machine: a missing secret is made up.
    #[default]
    #[serde(alias = "local", alias = "test")]
    Development,
    /// In earnest: development shortcuts and weak secrets are refused.
    Production,
}

/// All settings.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where Patchbay runs.
    pub env: Environment,
    /// Address to listen on.
    pub listen: String,
    /// What providers call; signed URLs are rebuilt from it. Empty: where we listen, and signed URLs are as seen.
    pub public_url: String,
    /// `public_url` was left out and is a guess of ours: good enough for links, nothing that a provider signed for.
    #[serde(skip)]
    pub public_url_is_assumed: bool,
    /// Further addresses a provider may have signed for.
    pub public_url_candidates: Vec<String>,
    /// Believe `X-Forwarded-…` headers; only behind a proxy of our own.
    pub trust_forwarded_headers: bool,
    /// Folder for files, the spool and the SQLite file.
    pub data_dir: PathBuf,
    /// `sqlite://…` or `postgres://…`.
    pub database_url: String,
    /// Connections to PostgreSQL of this process.
    pub database_connections: u32,
    /// Bring the schema up to date when the server starts.
    pub auto_migrate: bool,
    /// Empty: bus, limits and presence inside this process; else `redis://…` or `redis-cluster://…`.
    pub redis_url: String,
    /// Tokens.
    pub auth: AuthSettings,
    /// Bounds.
    pub limits: LimitSettings,
    /// Intake and spool.
    pub intake: IntakeSettings,
    /// The journal of accepted requests.
    pub journal: JournalSettings,
    /// Workers.
    pub workers: WorkersConfig,
    /// Fakes of the providers.
    pub simulator: SimulatorSettings,
    /// Logging.
    pub log: LogSettings,
    /// Ticket intake.
    pub dispatch: patchbay_dispatch::Config,
    /// Where files lie when not on our own disk.
    pub object_store: S3Settings,
    /// What evidence has to prove, and what may be uploaded.
    pub evidence: EvidenceSettings,
    /// When something is an alert.
    pub alerts: patchbay_dispatch::alerts::AlertsConfig,
    /// Sinks and the scrape token.
    pub observability: ObservabilitySettings,
    /// Traces.
    pub telemetry: TelemetrySettings,
    /// Systems of others that we call.
    pub integration: IntegrationSettings,
    /// The door for AI agents.
    pub tool_gateway: patchbay_tool_gateway::GatewayConfig,
    /// The built-in assistant; off unless it has a base.
    pub assistant: patchbay_tool_gateway::AssistantConfig,
    /// Where the built-in mail receiver listens; empty: nowhere.
    pub listen_smtp: String,
    /// Bounds and certificate of the built-in mail receiver.
    pub smtp: SmtpReceiverSettings,
    /// Our addresses.
    #[serde(rename = "inbox")]
    pub inboxes: Vec<InboxSettings>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            env: Environment::Development,
            listen: "127.0.0.1:8080".into(),
            public_url: String::new(),
            public_url_is_assumed: false,
            public_url_candidates: Vec::new(),
            trust_forwarded_headers: false,
            data_dir: "./data".into(),
            database_url: String::new(),
            database_connections: 24,
            auto_migrate: true,
            redis_url: String::new(),
            auth: AuthSettings::default(),
            limits: LimitSettings::default(),
            intake: IntakeSettings::default(),
            journal: JournalSettings::default(),
            workers: WorkersConfig::default(),
            simulator: SimulatorSettings::default(),
            log: LogSettings::default(),
            dispatch: patchbay_dispatch::Config::default(),
            object_store: S3Settings::default(),
            evidence: EvidenceSettings::default(),
            alerts: patchbay_dispatch::alerts::AlertsConfig::default(),
            observability: ObservabilitySettings::default(),
            telemetry: TelemetrySettings::default(),
            integration: IntegrationSettings::default(),
            tool_gateway: patchbay_tool_gateway::GatewayConfig::default(),
            assistant: patchbay_tool_gateway::AssistantConfig::default(),
            listen_smtp: String::new(),
            smtp: SmtpReceiverSettings::default(),
            inboxes: Vec::new(),
        }
    }
}

/// Bounds.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitSettings {
    /// Webhooks of one inbox, burst twice that; 0 = none.
    pub webhooks_per_second: u32,
    /// API calls of one actor; 0 = none.
    pub api_per_second: u32,
    /// Messages a minute of one customer before nobody is called for them any more; 0 = none.
    pub messages_per_contact_minute: u32,
    /// Conversations an hour of one customer, likewise.
    pub conversations_per_contact_hour: u32,
    /// Connections of this process.
    pub connections: usize,
    /// Sockets of this process.
    pub sockets: usize,
    /// Largest uploaded file, in megabytes.
    pub upload_mb: u64,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            webhooks_per_second: 5_000,
            api_per_second: 20,
            messages_per_contact_minute: 20,
            conversations_per_contact_hour: 5,
            connections: 24_000,
            sockets: 20_000,
            upload_mb: 25,
        }
    }
}

/// Intake and spool.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IntakeSettings {
    /// Transactions that write inbound messages at once; 1 on SQLite. Unless it is set, as many as the machine has cores,
    /// two at least and four at most: more of them write smaller batches, and the feed waits for the oldest.
    pub shards: usize,
    /// Most bytes the spool keeps on disk while the database is away, in megabytes.
    pub spool_mb: u64,
}

impl Default for IntakeSettings {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self { shards: cores.clamp(2, 4), spool_mb: 1_024 }
    }
}

/// Fakes of the providers.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SimulatorSettings {
    /// Run them inside the server, with the phones at `/sim/`.
    pub enabled: bool,
    /// Where they listen; empty takes a free port on loopback.
    pub listen: String,
}

/// Logging.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogSettings {
    /// What to log, as a filter: `info`, `warn,patchbay_hub=debug`.
    pub filter: String,
    /// `text` for people, `json` for machines.
    pub format: LogFormat,
}

/// How a log line is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For machines.
    Json,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { filter: "info".into(), format: LogFormat::Text }
    }
}
