//! The context of one request or job: who, when, and under which correlation id.

use chrono::{DateTime, Utc};

use crate::actor::Actor;

/// Passed first to everything that acts.
#[derive(Clone, Debug)]
pub struct Ctx {
    /// Whoever acts.
    pub actor: Actor,
    /// The time of the request; the same for everything it does.
    pub now: DateTime<Utc>,
    /// Follows the request through logs, audit and events.
    pub correlation_id: String,
    /// Names this one request.
    pub request_id: String,
    /// Our place in the caller's trace, as W3C writes it; `None` for work of our own.
    pub traceparent: Option<String>,
}

impl Ctx {
    /// The context of work that Patchbay does on its own.
    pub fn system(now: DateTime<Utc>, correlation_id: impl Into<String>) -> Self {
        let correlation_id = correlation_id.into();
        Self { actor: Actor::system(), now, request_id: correlation_id.clone(), correlation_id, traceparent: None }
    }
}
