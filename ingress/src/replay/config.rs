//! The configuration of a recorded case, as inboxes and settings.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::TimeDelta;
use patchbay_core::channel::Channel;
use patchbay_core::chat::{IdentityMode, JwtRules, Origin, Site};
use patchbay_core::ids::InboxId;
use patchbay_core::inbox::{Inbox, Provider, Twilio, WhatsAppCloud};
use patchbay_core::secret::Secret;
use serde_json::Value;

use crate::config::Config;
use crate::inboxes::Inboxes;

/// What a case configures.
pub(super) struct Settings {
    pub(super) ingress: Config,
    pub(super) inboxes: Inboxes,
    pub(super) opted_out: Vec<String>,
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
            inboxes: Inboxes::new(whatsapp(config).into_iter().chain(twilio(config)).chain(chat(config)).map(Arc::new)),
            opted_out: texts(&config["opted_out"]),
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
