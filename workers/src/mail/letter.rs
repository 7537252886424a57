//! From a stored message to a mail and its envelope.

use bytes::Bytes;
use patchbay_core::channel::SenderType;
use patchbay_core::inbox::{InboundMail, Inbox, Mailbox};
use patchbay_core::letter::{conversation_name, message_id};
use patchbay_hub::delivery::{Lane, Outgoing};
use patchbay_normalizer::email::compose::{self, Attachment, Correspondent, Letter, Origin, Relay};
use patchbay_normalizer::email::reply_token;
use patchbay_normalizer::request::RenderError;
use serde::Deserialize;

use super::relay::RelayAddress;
use super::sign::{self, BadKey};

/// A file that goes with a mail.
#[derive(Debug)]
pub(crate) struct Enclosed {
    pub(crate) filename: String,
    pub(crate) mime_type: String,
    pub(crate) bytes: Bytes,
}

/// A mail with its envelope.
#[derive(Debug)]
pub(crate) struct Composed {
    pub(crate) message_id: String,
    /// Where bounces go; empty: nowhere.
    pub(crate) sender: String,
    pub(crate) recipients: Vec<String>,
    pub(crate) bytes: Vec<u8>,
}

/// A message cannot become a mail.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub(crate) enum NotComposed {
    /// It is the message's fault.
    #[error(transparent)]
    Message(#[from] RenderError),
    /// It is the mailbox's fault.
    #[error(transparent)]
    Key(#[from] BadKey),
}

/// What the reply stored of the mail: `metadata` of the message.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Heading {
    subject: String,
    to: Option<String>,
    cc: Vec<String>,
    references: Vec<String>,
}

/// Composes and signs the mail of a message. The same message gives the same mail, but for the time of its signature.
pub(crate) fn compose(
    inbox: &Inbox,
    mailbox: &Mailbox,
    relay: &RelayAddress,
    outgoing: &Outgoing,
    (enclosed, unsubscribe): (&[Enclosed], Option<&str>),
) -> Result<Composed, NotComposed> {
    let message = &outgoing.message;
    let heading: Heading = serde_json::from_value(message.metadata.clone()).unwrap_or_default();
    let message_id = message.channel_message_id.clone().unwrap_or_else(|| message_id(message.id, &inbox.address));
    let has_tokens = !mailbox.reply_domain.is_empty() && !mailbox.reply_token_secret.is_empty();
    let reply_to = has_tokens.then(|| {
        let name = conversation_name(outgoing.conversation.id);
        reply_token::address(&name, &mailbox.reply_domain, &mailbox.reply_token_secret)
    });
    let origin = match (Lane::of(message), message.sender_type) {
        (Lane::Bulk, _) => Origin::Bulk,
        (_, SenderType::System | SenderType::Ai) => Origin::Automatic,
        _ => Origin::Person,
    };
    let from_person = message.sender_name.as_deref().filter(|_| message.sender_type == SenderType::Agent);
    let attachments: Vec<Attachment<'_>> = enclosed
        .iter()
        .map(|file| Attachment { filename: &file.filename, mime_type: &file.mime_type, bytes: &file.bytes })
        .collect();
    let to = heading.to.as_deref().unwrap_or(&outgoing.conversation.contact_address);
    let postmark = mailbox.inbound == Some(InboundMail::Postmark) || relay.is_postmark();
    let mail = compose::compose(&Letter {
        from: Correspondent { name: from_person, address: &inbox.address },
        to: Correspondent { name: None, address: to },
        cc: &heading.cc,
        reply_to: reply_to.as_deref(),
        subject: &heading.subject,
        message_id: &message_id,
        in_reply_to: message.reply_to.as_deref(),
        references: &heading.references,
        text: message.text.as_deref().unwrap_or_default(),
        attachments: &attachments,
        origin,
        unsubscribe,
        relay: if postmark { Relay::Postmark } else { Relay::Plain },
        date: message.occurred_at,
    })?;
    let bytes = match &mailbox.signer {
        Some(signer) => sign::sign(signer, &mail)?,
        None => mail,
    };
    // An automatic answer that bounces is not to come back. Source: channel reference, automatic mail.
    let sender = if origin == Origin::Automatic { String::new() } else { inbox.address.clone() };
    let recipients = [to.to_owned()].into_iter().chain(heading.cc).collect();
    Ok(Composed { message_id, sender, recipients, bytes })
}
