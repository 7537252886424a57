//! What the tests stand on: databases of their own, private PostgreSQL and Redis that can be stopped, the real binary as
//! processes, callers and sockets, requests signed as providers sign them, and a reader of the source tree.

pub mod client;
pub mod corpus;
pub mod database;
pub mod deployment;
pub mod hostile_mail;
pub mod node;
pub mod rust_text;
pub mod services;
pub mod settings;
pub mod smtp;
pub mod socket;
pub mod source_tree;
pub mod wait;
pub mod webhook;

pub use client::{Answer, Caller};
pub use database::TestDatabase;
pub use deployment::{Deployment, Plan};
pub use node::Node;
pub use services::PrivateService;
pub use socket::Socket;
