//! An inbox: one configured address of ours on one channel, with what is needed to verify and to send.

use std::collections::BTreeMap;

use crate::channel::Channel;
use crate::ids::{AccountId, InboxId, TeamId};
use crate::secret::Secret;
use crate::vocabulary;

vocabulary! {
    /// What happens to a new conversation.
    #[derive(Default)]
    pub enum Triage {
        /// It goes straight to the team's queue.
        #[default]
        Direct => "direct",
        /// The customer is asked first.
        Menu => "menu",
    }
}

/// One configured address of ours on one channel.
#[derive(Clone, Debug)]
pub struct Inbox {
    /// Our id.
    pub id: InboxId,
    /// Unique name, as in the settings.
    pub name: String,
    /// Channel.
    pub channel: Channel,
    /// Team whose queue takes new conversations.
    pub team_id: Option<TeamId>,
    /// What happens to a new conversation.
    pub triage: Triage,
    /// Account the inbox belongs to.
    pub account_id: Option<AccountId>,
    /// Our address on the channel: E.164 for WhatsApp and SMS.
    pub address: String,
    /// What is needed to talk to the provider.
    pub provider: Provider,
}

/// What is needed to verify what a provider sends and to send through it.
#[derive(Clone, Debug)]
pub enum Provider {
    /// WhatsApp Cloud API of Meta.
    WhatsAppCloud(WhatsAppCloud),
    /// Twilio messaging (SMS, MMS, WhatsApp through Twilio).
    Twilio(Twilio),
    /// A mailbox: mail comes in through a provider's webhooks or our own receiver, and leaves over SMTP.
    Email(Box<Mailbox>),
    /// Web chat.
    Chat(Box<crate::chat::Site>),
    /// A channel that a later release serves; kept so that its settings survive.
    Unserved,
}

/// Settings of a WhatsApp Cloud API number.
#[derive(Clone, Debug)]
pub struct WhatsAppCloud {
    /// Meta's id of the number; routes inbound changes.
    pub phone_number_id: String,
    /// App secrets, newest first; more than one while rotating.
    pub app_secrets: Vec<Secret>,
    /// Token of the subscription handshake.
    pub verify_token: Secret,
    /// Bearer token for sending.
    pub access_token: Secret,
    /// Meta's id of the business account that the number belongs to, when somebody told.
    pub business_account_id: Option<String>,
    /// Graph API base, version included, no slash at the end.
    pub api_base: String,
}

/// Settings of a Twilio number.
#[derive(Clone, Debug)]
pub struct Twilio {
    /// Account that owns the number; selects the key, proves nothing.
    pub account_sid: String,
    /// Auth tokens, newest first.
    pub auth_tokens: Vec<Secret>,
    /// Shared keys of the newer signatures, by key id.
    pub shared_keys: BTreeMap<String, Secret>,
    /// REST API base, no slash at the end.
    pub api_base: String,
}

vocabulary! {
    /// Who hands mail to us.
    pub enum InboundMail {
        /// Mailgun routes and events.
        Mailgun => "mailgun",
        /// SendGrid Inbound Parse and its event webhook.
        Sendgrid => "sendgrid",
        /// Postmark.
        Postmark => "postmark",
        /// Our own SMTP receiver.
        Smtp => "smtp",
    }
}

vocabulary! {
    /// Whether signatures of mail that comes in are verified.
    pub enum DkimCheck {
        /// They are; the result is kept with the message.
        Verify => "verify",
        /// They are not.
        Off => "off",
    }
}

/// Settings of a mailbox.
#[derive(Clone, Debug)]
pub struct Mailbox {
    /// Who hands mail to us; none: the mailbox only sends.
    pub inbound: Option<InboundMail>,
    /// Keys of the provider's webhooks, newest first: Mailgun signing keys, SendGrid public keys, or Postmark
    /// `user:password` pairs.
    pub signing_keys: Vec<Secret>,
    /// How far the time in a webhook may be from ours, in seconds.
    pub max_age_seconds: u64,
    /// Where mail is sent through, password included; empty: the mailbox only receives.
    pub smtp_url: Secret,
    /// Domain of reply tokens; empty: answers come to the mailbox's own address.
    pub reply_domain: String,
    /// Signs reply tokens; empty: there are none.
    pub reply_token_secret: Secret,
    /// Whether signatures of mail that comes in are verified.
    pub dkim: DkimCheck,
    /// How mail that leaves is signed; none: the relay signs, or nobody.
    pub signer: Option<DkimSigner>,
}

/// A key that signs mail.
#[derive(Clone, Debug)]
pub struct DkimSigner {
    /// Name of the key below `_domainkey`.
    pub selector: String,
    /// Domain that signs.
    pub domain: String,
    /// The private key, PEM: RSA (PKCS#1 or PKCS#8) or Ed25519 (PKCS#8).
    pub private_key: Secret,
}
