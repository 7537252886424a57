//! Repairing what went wrong: the journal, the quarantine, dead letters; and that no way of delivering the same events
//! changes what is stored.

mod forged;
mod journal;
mod orders;
mod quarantine;
