//! What may happen, decided without IO: ids, vocabularies, the item model, the conversation and ticket machines with
//! their command tables, policy (who may) and decide (what follows). Reads no clock but through [`clock::Clock`] and
//! opens nothing.

pub mod actor;
pub mod audit;
pub mod canonical;
pub mod catalog;
pub mod channel;
pub mod chat;
pub mod clock;
pub mod code;
pub mod consent;
pub mod conversation;
pub mod ctx;
pub mod delivery;
pub mod directory;
pub mod event;
pub mod evidence;
pub mod hours;
pub mod ids;
pub mod inbox;
pub mod inbox_health;
pub mod interactive;
pub mod invoice;
pub mod item;
pub mod job;
pub mod letter;
pub mod media;
pub mod money;
pub mod notice;
pub mod outbox;
pub mod place;
pub mod redaction;
pub mod report;
pub mod role;
pub mod secret;
pub mod technician;
pub mod template;
pub mod ticket;
pub mod tool;
pub mod webhook;

pub use channel::UnknownWord;
pub use code::Code;
pub use ctx::Ctx;
