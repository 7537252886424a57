//! What was promised gets done here: the runner (leases, back-off, dead letters), the senders, reconciliation, files,
//! sweeps, the search index. One file for each job; nothing here writes conversation or ticket tables but through the
//! hub and dispatch.

mod alert_timer;
mod ask_requester;
mod backoff;
mod classify;
mod close_idle;
mod config;
mod deps;
mod desk;
mod end_snooze;
mod feed_rest;
mod fetch_media;
mod follow_alerts;
mod follow_automations;
mod hearing;
mod heartbeat;
mod import_contacts;
pub mod limits;
mod mail;
mod notify;
mod open_ticket;
mod provider;
mod reconcile_message;
mod recurring;
mod relay;
mod retain;
mod roll_up;
mod run_repair;
mod runner;
mod search_index;
mod send_message;
mod show_read;
mod sign_heads;
mod sla_recompute;
mod sla_timer;
mod sweep;
mod sync_templates;
mod ticket_sla_timer;
mod tidy_contact;
mod triage;
mod watch_alerts;
mod watch_queues;
mod webhooks;
mod work;
mod workers;

pub use config::{ClassifierConfig, OutboxConfig, SmsConfig, WebhookConfig, WorkersConfig};
pub use deps::{Deps, MediaLink, UnsubscribeLink};
pub use heartbeat::Heartbeat;
pub use provider::NoClient;
pub use runner::Runner;
pub use work::{Verdict, Work, WorkError};
pub use workers::{CallError, RunningWorkers, Workers};
