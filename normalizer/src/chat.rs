//! Web chat: what a visitor's browser or a site's server sends. Source: channel reference, web chat.

mod body;
mod items;

pub use body::{Attachment, ClaimedUser, Kind, Malformed, Said, SessionRequest, parse, parse_session};
pub use items::{Author, MAX_ID_CHARS, is_usable_id, items};

#[cfg(test)]
mod tests;
