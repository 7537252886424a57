//! The door for AI agents: every call of a tool goes through one pipeline, effects need a proof that no agent can make,
//! and people see and stop it all. REST and MCP are two faces of the same pipeline.

mod audit;
mod background;
mod config;
mod drafts;
mod gateway;
mod limits;
mod mcp;
mod outcome;
mod people;
mod pipeline;
mod rest;
mod scene;
#[cfg(test)]
mod tests;
mod tools;
pub mod transactions;
mod verify;

pub use config::GatewayConfig;
pub use gateway::Gateway;
pub use mcp::McpDoor;
pub use outcome::{Outcome, Refusal};
pub use pipeline::{Surface, ToolCall};
pub use rest::{openapi, router};
pub use transactions::{TransactionConfig, Transactions};
pub use verify::{CallsChecked, check_calls};
