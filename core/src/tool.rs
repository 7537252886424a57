//! What the tool gateway decides without IO: the catalog of tools as data, the check of bytes and texts, limits, the
//! states and plans of drafts, the question to the customer and its answer, the row of the audit. Source: tool gateway
//! reference; domain, allowlist and drafts.

pub mod answer;
pub mod bytes;
pub mod catalog;
pub mod draft;
pub mod escalation;
pub mod grant;
pub mod invocation;
pub mod policy;
pub mod question;
pub mod text;
pub mod window;

pub use catalog::{Class, Tool, ToolSpec};
pub use draft::{DraftState, Plan};
pub use grant::Grant;
pub use policy::Policy;
