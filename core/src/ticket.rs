//! The ticket machine, also called job or work order: its states and the pairs of states that may follow each other, the
//! table of commands, who may give which command, and what follows from it. A new command is a row in [`command`], a
//! rule beside [`create`] and [`intake`], and an effect in the dispatch crate.

pub mod action;
pub mod approval;
pub mod assignment;
pub mod autonomy;
pub mod billing;
pub mod cancel;
pub mod closeout;
pub mod command;
pub mod create;
pub mod decision;
pub mod escalate;
pub mod field_work;
pub mod info;
pub mod intake;
pub mod policy;
pub mod ranking;
pub mod reading;
pub mod record;
pub mod refusal;
pub mod review;
pub mod schedule;
pub mod sla;
pub mod state;
pub mod transition;
pub mod triage;
pub mod update;
pub mod words;

pub use approval::Approval;
pub use command::{Actors, Command, CommandRow, Kind, Method, Reach, commands};
pub use decision::{Change, Decision, Draft, SiteFacts, Told, Topic};
pub use record::Ticket;
pub use refusal::{FieldError, Refusal};
pub use sla::{DelayAttribution, SlaClock, SlaStanding, SlaStatus};
pub use state::{Phase, Projections, TicketState};
pub use transition::{Transition, may_follow};
pub use words::{InvoiceState, Profile, TicketPriority, Urgency};
