//! The configuration of a recorded case, as inboxes and settings.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::TimeDelta;
use patchbay_core::channel::Channel;
use patchbay_core::chat::{IdentityMode, JwtRules, Origin, Site};
use patchbay_core::ids::InboxId;
use patchbay_core::inbox::{DkimCheck, InboundMail, Inbox, Mailbox, Provider, Twilio, WhatsAppCloud};
use patchbay_core::secret::Secret;
use serde_json::Value;

use crate::config::Config;
use crate::inboxes::Inboxes;
use crate::mail_auth::{MailAuth, RecordedDns};

/// What a case configures.
pub(super) struct Settings {
    pub(super) ingress: Config,
    pub(super) inboxes: Inboxes,
    pub(super) opted_out: Vec<String>,
    /// Message ids that are known, with their conversations.
    pub(super) conversations: Vec<(String, String)>,
    pub(super) mail_auth: MailAuth,
    /// The account of sockets: their upgrade names none.
    pub(super) socket_account: String,
    /// Unix seconds.
    pub(super) now: i64,
}

impl Settings {
    pub(super) fn of(config: &Value) -> Self {
        let ingress = Config {
            public_url: config["public_base_url"].as_str().map(str::to_owned),
            trust_forwarded_headers: config["trust_forwarded_headers"].as_bool() == Some(true),
            webhooks_per_second: 0,
            ..Config::default()
        };
        Self {
            ingress,
            inboxes: Inboxes::new(
                whatsapp(config)
                    .into_iter()
                    .chain(twilio(config))
                    .chain(mailboxes(config))
                    .chain(chat(config))
                    .map(Arc::new),
            ),
            opted_out: texts(&config["opted_out"]),
            conversations: entries(&config["known_message_ids"])
                .filter_map(|(id, conversation)| Some((id.clone(), conversation.as_str()?.to_owned())))
                .collect(),
            mail_auth: MailAuth::of_records(RecordedDns::new(entries(&config["dns"]["txt"]).flat_map(
                |(name, record)| {
                    let records = record.as_array().map_or_else(|| std::slice::from_ref(record), Vec::as_slice);
                    records.iter().filter_map(Value::as_str).map(move |record| (name.as_str(), record))
                },
            ))),
            socket_account: config["websocket_account"].as_str().unwrap_or_default().to_owned(),
            now: config["now"].as_i64().unwrap_or_default(),
        }
    }
}

/// A case names secrets, not numbers: every number is one we do not know, so everything reaches the sink as such.
fn whatsapp(config: &Value) -> Option<Inbox> {
    let app_secrets = secrets(&config["app_secrets"]);
    let verify_token = config["verify_token"].as_str().unwrap_or_default();
    (!app_secrets.is_empty() || !verify_token.is_empty()).then(|| {
        inbox(
            Channel::Whatsapp,
            Provider::WhatsAppCloud(WhatsAppCloud {
                phone_number_id: String::new(),
                app_secrets,
                verify_token: Secret::new(verify_token),
                access_token: Secret::new(""),
                business_account_id: None,
                api_base: String::new(),
            }),
        )
    })
}

fn twilio(config: &Value) -> Vec<Inbox> {
    let shared_keys: BTreeMap<String, Secret> = entries(&config["shared_keys"])
        .filter_map(|(id, secret)| Some((id.clone(), Secret::new(secret.as_str()?))))
        .collect();
    entries(&config["accounts"])
        .map(|(sid, account)| {
            inbox(
                Channel::Sms,
                Provider::Twilio(Twilio {
                    account_sid: sid.clone(),
                    auth_tokens: secrets(&account["auth_tokens"]),
                    shared_keys: shared_keys.clone(),
                    api_base: String::new(),
                }),
            )
        })
        .collect()
}

fn mailboxes(config: &Value) -> Vec<Inbox> {
    /// How far a webhook's time may be off when a case does not say.
    const MAX_AGE_SECONDS: u64 = 900;
    let Some(inbound) = config["inbound"].as_str() else { return Vec::new() };
    let inbound: Option<InboundMail> = inbound.parse().ok();
    let mailbox = Mailbox {
        inbound,
        signing_keys: secrets(&config["signing_keys"]),
        max_age_seconds: config["max_age_seconds"].as_u64().unwrap_or(MAX_AGE_SECONDS),
        smtp_url: Secret::new(""),
        reply_domain: config["reply_domain"].as_str().unwrap_or_default().to_ascii_lowercase(),
        reply_token_secret: Secret::new(config["reply_token_secret"].as_str().unwrap_or_default()),
        dkim: config["dkim"].as_str().and_then(|word| word.parse().ok()).unwrap_or(DkimCheck::Verify),
        signer: None,
    };
    let mut addresses = texts(&config["inboxes"]);
    if addresses.is_empty() {
        // A case of events alone needs somebody whose key it is.
        addresses.push(String::new());
    }
    addresses
        .into_iter()
        .map(|address| Inbox { address, ..inbox(Channel::Email, Provider::Email(Box::new(mailbox.clone()))) })
        .collect()
}

fn chat(config: &Value) -> Option<Inbox> {
    let name = config["inbox"].as_str()?;
    let jwt = &config["jwt"];
    let seconds = |key: &str, default: i64| TimeDelta::seconds(jwt[key].as_i64().unwrap_or(default));
    let identity = if config["identity_mode"].as_str() == Some("jwt") {
        IdentityMode::Jwt(JwtRules {
            keys: entries(&jwt["keys"])
                .filter_map(|(id, key)| Some((id.clone(), Secret::new(key.as_str()?))))
                .collect(),
            default_kid: jwt["default_kid"].as_str().map(str::to_owned),
            audience: jwt["audience"].as_str().unwrap_or_default().to_owned(),
            leeway: seconds("leeway_seconds", 60),
            max_ttl: seconds("max_ttl_seconds", 86_400),
        })
    } else {
        IdentityMode::Hmac(secrets(&config["identity_secrets"]))
    };
    let site = Site {
        identity,
        require_identity: config["require_identity"].as_bool() == Some(true),
        allowed_origins: texts(&config["allowed_origins"]).iter().filter_map(|origin| Origin::parse(origin)).collect(),
        max_text_chars: config["max_text_chars"]
            .as_u64()
            .and_then(|limit| usize::try_from(limit).ok())
            .unwrap_or(20_000),
        business_hours: Vec::new(),
        timezone: "UTC".to_owned(),
        greeting: None,
    };
    Some(Inbox { name: name.to_owned(), ..inbox(Channel::Chat, Provider::Chat(Box::new(site))) })
}

fn inbox(channel: Channel, provider: Provider) -> Inbox {
    Inbox {
        id: InboxId::new(),
        name: "replay".to_owned(),
        channel,
        team_id: None,
        triage: patchbay_core::inbox::Triage::Direct,
        account_id: None,
        address: String::new(),
        provider,
    }
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

fn secrets(value: &Value) -> Vec<Secret> {
    texts(value).into_iter().map(Secret::new).collect()
}
