//! The enforcement API: every change of a ticket is a command through one pipeline in one transaction, and nothing else
//! writes ticket tables. The table of commands, who may and what follows are in `patchbay_core::ticket`; here are the
//! pipeline, the effects and the endpoints.

mod actions;
pub mod alerts;
mod also;
mod audit_log;
mod body;
mod call;
mod cockpit;
mod config;
mod counted;
pub mod deadlines;
mod document;
mod drift;
mod effect;
mod error;
mod evidence;
mod fields;
mod forget;
mod guard;
mod packet;
mod pipeline;
mod query;
mod ranking;
mod read;
mod routes;
mod telling;
mod timeline;
mod work;

pub use also::{Alone, Also, Grounds, Joined, Raised};
pub use audit_log::{Checked, check as check_audit_log};
pub use body::{
    AutonomyAttempt, AutonomyHistoryBody, AutonomyStateBody, ControlBody, ControlChangeBody, InvoiceBody, OutboxBody,
    TicketBody, TimelineBody, TimelineEvent, TimelineStep,
};
pub use call::{Call, IDEMPOTENCY_KEY, MAX_BODY_BYTES, Reply, TOOL_NAME};
pub use cockpit::{site_changed, zone_changed};
pub use config::Config;
pub use counted::describe_counters;
pub use drift::contract_drift;
pub use error::CommandError;
pub use evidence::EvidenceRules;
pub use pipeline::Dispatch;
pub use ranking::{rank, ranking_rule};
pub use read::OutboxQuery;
pub use routes::router;

#[cfg(test)]
mod tests;
