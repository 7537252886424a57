//! An inbox: one configured address of ours on one channel, with what is needed to verify and to send.

use std::collections::BTreeMap;

use crate::channel::Channel;
use crate::ids::{AccountId, InboxId, TeamId};
use crate::secret::Secret;

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
