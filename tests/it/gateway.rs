//! The door for AI agents, as its callers and the customers on their phones see it.

mod approval;
mod assistant;
mod attacks;
mod crash;
mod demo;
pub(crate) mod desk;
mod guards;
mod jobs;
mod limits;
mod outage;
mod ticketing;
