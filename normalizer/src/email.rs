//! E-mail: what arrives and what leaves. Providers hand mail over raw or taken apart; both become a [`Mail`], and a mail
//! becomes items. Source: channel reference, e-mail.

pub mod auth;
mod automatic;
pub mod compose;
mod delivery_event;
mod form;
mod headers;
mod html_text;
mod items;
mod mail;
pub mod mailgun;
mod mime;
mod parsed;
pub mod postmark;
mod quotes;
pub mod reply_token;
mod report;
pub mod sendgrid;
pub mod smtp;

pub use automatic::{AutoReason, Automatic, automatic};
pub use form::{Field, MailForm, NotAForm};
pub use headers::{Headers, Party, canonical, domain, mailbox, message_ids};
pub use html_text::text_of;
pub use items::{Place, items};
pub use mail::{Damage, Envelope, Mail, MailFile};
pub use mime::parse;
pub use quotes::stripped;
pub use report::Report;

/// A mail that a provider handed over, with everybody it was for.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// The mail.
    pub mail: Mail,
    /// How it reached each of its recipients.
    pub envelopes: Vec<Envelope>,
}

#[cfg(test)]
mod tests;
