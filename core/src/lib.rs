//! What may happen, decided without IO: ids, vocabularies, the item model, the conversation and ticket machines with
//! their command tables, policy (who may) and decide (what follows). Reads no clock and opens nothing.

pub mod channel;
pub mod ids;
pub mod inbox;
pub mod item;
pub mod secret;

pub use channel::UnknownWord;
