//! Bodies of the providers' webhooks, byte by byte as they come. Fast enough for a load generator.

mod twilio;
mod whatsapp;

pub(crate) use twilio::{CallParts, SmsParts, call_form, sms_form};
pub use twilio::{encode_form, twilio_sms_form, twilio_status_form};
pub(crate) use whatsapp::{envelope, now_as_text, value};
pub use whatsapp::{escape_like_meta, whatsapp_status_payload, whatsapp_text_payload};

#[cfg(test)]
mod tests;
