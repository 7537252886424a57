//! Answers: text, files and templates, written and promised in one transaction. Source: domain, messages and channel
//! rules.

mod accept;
mod body;
mod endpoints;
mod heading;
mod system;
mod target;
mod template;

pub use system::{Said, say};

use crate::state::Hub;
use patchbay_http::{OpenApiRouter, routes};

/// The endpoints that write messages.
pub fn router() -> OpenApiRouter<Hub> {
    OpenApiRouter::new().routes(routes!(endpoints::send)).routes(routes!(endpoints::send_template))
}
