//! Nothing is lost and nothing is doubled: the server killed at any moment, PostgreSQL and Redis stopped, providers that
//! accept and do not answer. With real processes.

mod chaos;
mod inbound;
mod outbound;
mod socket;
