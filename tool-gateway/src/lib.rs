//! The door for AI agents: every call of a tool goes through one pipeline, effects need a proof that no agent can make,
//! and people see and stop it all. REST and MCP are two faces of the same pipeline.

#![expect(clippy::result_large_err, reason = "a refusal is made once for a call, and says much")]

mod adapter;
mod assistant;
mod audit;
mod background;
mod config;
mod drafts;
mod gateway;
mod limits;
mod mcp;
mod outcome;
mod output;
mod people;
mod pipeline;
mod policy;
mod rest;
mod scene;
#[cfg(test)]
mod tests;
mod ticketing;
mod tools;
pub mod transactions;
mod verify;
mod watch;

pub use assistant::{Assistant, AssistantConfig, UnusableAssistant};
pub use config::GatewayConfig;
pub use gateway::{Gateway, Systems};
pub use mcp::McpDoor;
pub use outcome::{Outcome, Refusal};
pub use pipeline::{Surface, ToolCall};
pub use policy::UnusablePolicy;
#[cfg(debug_assertions)]
pub use rest::openapi;
pub use rest::router;
pub use ticketing::{Ticketing, TicketingConfig};
pub use transactions::{TransactionConfig, Transactions};
pub use verify::{CallsChecked, check_calls};
