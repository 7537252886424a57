//! What the server tells about itself, seen from outside the real binary.

mod alerts;
mod dashboards;
mod ground;
mod health;
mod metrics;
mod runbooks;
mod sinks;
mod traces;
