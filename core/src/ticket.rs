//! The ticket machine, also called job or work order: its states and the pairs of states that may follow each other, the
//! table of commands, who may give which command, and what follows from it. A new command is a row in [`command`], a
//! rule beside [`create`] and [`intake`], and an effect in the dispatch crate.

pub mod assignment;
pub mod command;
pub mod create;
pub mod decision;
pub mod intake;
pub mod policy;
pub mod record;
pub mod refusal;
pub mod state;
pub mod transition;
pub mod words;

pub use command::{COMMANDS, Command, CommandRow, Method, Reach};
pub use decision::{Decision, Draft, SiteFacts, Topic};
pub use record::Ticket;
pub use refusal::{FieldError, Refusal};
pub use state::{Phase, Projections, TicketState};
pub use transition::{Transition, may_follow};
pub use words::{Profile, TicketPriority, Urgency};
