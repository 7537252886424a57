//! Twilio messaging: SMS, MMS and WhatsApp through Twilio. Source: Twilio documentation, "Messaging webhooks",
//! "Message resource", "Event Streams".

mod answer;
pub mod consent;
mod errors;
mod form;
mod inbound;
mod render;
mod status;
mod stream;
mod voice;

pub use answer::classify;
pub use consent::Consent;
pub use errors::{TABLE, class_of};
pub use form::Form;
pub use inbound::{MessageContext, message, split_prefix};
pub use render::{MAX_MEDIA, MAX_TEXT_CHARACTERS, Outbound, OutboundContent, place_body, render, show_typing};
pub use status::{StatusContext, status};
pub use stream::{Malformed, StreamEvent, event_stream};
pub use voice::{CallContext, CallStep, Relay, RelayTurn, call, our_address};

#[cfg(test)]
mod tests;
