//! Proof that a request comes from its provider: over the raw bytes, in constant time, closed when in doubt.

pub mod twilio;
pub mod twilio_url;
pub mod whatsapp;

use http::HeaderMap;

use crate::refusal::Refusal;

/// The one value of a signature header. None or an empty one is missing; two are nobody's signature.
pub(crate) fn only_header<'h>(headers: &'h HeaderMap, name: &str) -> Result<&'h [u8], Refusal> {
    let mut values = headers.get_all(name).iter();
    match (values.next().map(http::HeaderValue::as_bytes), values.next()) {
        (None | Some(b""), None) => Err(Refusal::MissingSignature),
        (Some(value), None) => Ok(value),
        _ => Err(Refusal::MalformedSignature),
    }
}
