//! A rendered request to a provider: a value, sent by somebody else.

/// What to send. Authorization and the API base are the sender's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderRequest {
    /// HTTP method.
    pub method: &'static str,
    /// Path below the inbox's API base, with a leading slash.
    pub path: String,
    /// Content type of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: Vec<u8>,
}

/// Why a message cannot be rendered. Never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// Nothing to send.
    #[error("the message is empty")]
    Empty,
    /// Longer than the provider takes.
    #[error("{field} is longer than {limit} characters")]
    TooLong {
        /// Which part.
        field: &'static str,
        /// What the provider takes, in characters.
        limit: usize,
    },
    /// More parts than the provider takes.
    #[error("more than {limit} {field}")]
    TooMany {
        /// Which part.
        field: &'static str,
        /// What the provider takes.
        limit: usize,
    },
    /// Neither a phone number nor an id that this provider can write to.
    #[error("this address cannot be written to on this channel")]
    Unreachable,
}

/// Refuses a text that is longer than `limit` characters.
pub(crate) fn at_most(field: &'static str, text: &str, limit: usize) -> Result<(), RenderError> {
    if text.chars().count() > limit { Err(RenderError::TooLong { field, limit }) } else { Ok(()) }
}
