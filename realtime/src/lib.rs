//! What happens, shown while it happens: sockets with topics and rights, resume without loss, presence and typing, the
//! bus between nodes, and the same feed over HTTP. Reads only; whatever it shows was committed by somebody else.

mod bus;
mod config;
mod feed;
mod frame;
mod listener;
mod mailbox;
mod presence;
mod queues;
mod registry;
mod resume;
mod rights;
mod routes;
mod service;
mod socket;
mod tailer;
mod topic;
mod typing;

pub use bus::{Bus, BusError};
pub use config::Config;
#[cfg(debug_assertions)]
pub use routes::openapi;
pub use routes::router;
pub use service::Realtime;
