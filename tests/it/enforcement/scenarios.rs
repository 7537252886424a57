//! The scenarios that the enforcement API is accepted by. Source: domain, canonical end-to-end scenarios.

mod cast;
mod emergency;
mod sweep;
