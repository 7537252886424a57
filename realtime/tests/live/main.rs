//! The live part as a client sees it: real sockets against a real server, on SQLite with the memory bus and, when
//! `TEST_POSTGRES_URL` and `TEST_REDIS_URL` are set, on PostgreSQL with Redis.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod client;
mod ground;
mod node;
mod story;

mod ends;
mod nodes;
mod passing;
mod redis_away;
mod resume;
mod rights;
mod talk;
