//! Who may call, seen from outside the real binary.

mod correlation;
mod headers;
mod issuer;
pub(crate) mod server;
mod signatures;
mod start;
