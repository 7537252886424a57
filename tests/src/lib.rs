//! What the tests stand on: databases of their own, the real application on real ports, private PostgreSQL and Redis
//! that can be stopped, the real binary as a process, and a reader of the source tree.

pub mod database;
pub mod rust_text;
pub mod source_tree;

pub use database::TestDatabase;
