//! Provider bytes to our messages and back: pure codecs, one folder per channel, with the dedupe keys, addresses,
//! and SMS segments that belong to them. No IO, no clock: the time of receipt comes in.

pub mod address;
pub mod answer;
pub mod chat;
pub mod dedupe;
pub mod digest;
pub mod email;
pub mod exercise;
mod json;
pub mod request;
pub mod segments;
mod text;
pub mod twilio;
pub mod whatsapp;

pub use dedupe::Source;
pub use text::without_nul;
