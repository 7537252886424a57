//! What must stay true of the repository itself.

mod alerts;
mod arrows;
mod docs;
mod files;
mod fuzz;
mod guarantees;
mod migrations;
mod plans;
mod sql;
mod tables;
mod threats;
