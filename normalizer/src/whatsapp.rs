//! WhatsApp Cloud API of Meta. Source: WhatsApp Business Platform, "Webhooks" and "Messages" reference.

mod answer;
mod content;
mod envelope;
mod errors;
mod fields;
mod message;
mod render;
mod status;

pub use answer::classify;
pub use envelope::{Change, Malformed, Payload, parse};
pub use errors::{TABLE, class_of};
pub use message::renormalize;
pub use render::{
    MAX_CALLBACK_CHARACTERS, MAX_CAPTION_CHARACTERS, MAX_TEXT_CHARACTERS, MediaSource, Outbound, OutboundContent,
    TemplateHeader, mark_read, render, show_typing,
};

#[cfg(test)]
mod tests;
