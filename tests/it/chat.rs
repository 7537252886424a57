//! Web chat from both sides: visitors' pages and sites' servers on one, agents on the other.

mod identity;
mod leaks;
mod satisfaction;
mod site;
mod socket;
mod talk;
