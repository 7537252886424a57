//! One webhook on the wire: built, signed, posted, judged.

use patchbay_core::secret::Secret;
use reqwest::header::{CONTENT_TYPE, USER_AGENT};
use serde_json::Value;

use super::Callback;
use crate::config::{Retries, SimulatorConfig};
use crate::faults::Provider;
use crate::mail::{self, MailPost, Way};
use crate::payload::{encode_form, envelope};
use crate::sign::{META_SIGNATURE_HEADER, TWILIO_SIGNATURE_HEADER, sign_meta, sign_twilio};

/// What is posted, and where to.
#[derive(Clone, Debug)]
pub(crate) enum Post {
    /// One `changes[].value` of the number with this id.
    Meta { phone_number_id: String, value: Value, key: Key },
    /// A form, signed with the account's token.
    Twilio { url: String, auth_token: Secret, form: Vec<(String, String)>, group: String, key: Key },
    /// A mail, or a report on one.
    Mail(MailPost),
}

/// Which key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// The one we share.
    Ours,
    /// Somebody else's.
    Foreign,
}

/// What came back.
pub(crate) struct Answer {
    pub(super) status: Option<u16>,
    pub(super) trouble: Trouble,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    None,
    /// No connection.
    Connect,
    /// A connection and no answer.
    Silence,
}

impl Answer {
    pub(crate) fn of(status: u16) -> Self {
        Self { status: Some(status), trouble: Trouble::None }
    }

    pub(crate) fn none(trouble: Trouble) -> Self {
        Self { status: None, trouble }
    }
}

impl Post {
    pub(super) fn provider(&self) -> Provider {
        match self {
            Self::Meta { .. } => Provider::Meta,
            Self::Twilio { .. } => Provider::Twilio,
            Self::Mail(_) => Provider::Mail,
        }
    }

    pub(super) fn shown_url(&self, config: &SimulatorConfig) -> String {
        let url = match self {
            Self::Meta { phone_number_id, .. } => {
                config.whatsapp_by_id(phone_number_id).map_or("", |number| &number.webhook_url)
            }
            Self::Twilio { url, .. } | Self::Mail(MailPost { way: Way::Mailgun { url, .. }, .. }) => url,
            Self::Mail(MailPost { way: Way::Smtp(addr), .. }) => return format!("smtp://{addr}"),
        };
        url.split(['?', '#']).next().unwrap_or_default().to_owned()
    }

    /// Meta gathers changes for one number into one post; Twilio never does.
    pub(super) fn travels_with(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Meta { phone_number_id: ours, key: our_key, .. },
                Self::Meta { phone_number_id: theirs, key: their_key, .. },
            ) => ours == theirs && our_key == their_key,
            _ => false,
        }
    }

    /// Whether the provider tries again after `attempts` attempts. Meta: until it gets 200. Twilio: once, when no
    /// connection came about; `#rc=` and `#rp=` of the URL change count and cause.
    pub(super) fn wants_again(&self, attempts: u32, answer: &Answer, retries: &Retries) -> bool {
        match self {
            Self::Meta { .. } => answer.status != Some(200) && attempts < retries.attempts,
            // Mailgun: 406 means that nobody wants it.
            Self::Mail(_) => !matches!(answer.status, Some(200..=299 | 406)) && attempts < retries.attempts,
            Self::Twilio { url, .. } => {
                let overrides = url.split_once('#').map_or("", |(_, fragment)| fragment);
                let setting = |name: &str| {
                    overrides.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name)
                };
                let count = setting("rc").and_then(|(_, count)| count.parse().ok()).unwrap_or(1_u32).min(5);
                let causes = setting("rp").map_or("ct", |(_, causes)| causes);
                let cause = match (answer.trouble, answer.status) {
                    (Trouble::Connect, _) => "ct",
                    (Trouble::Silence, _) => "rt",
                    (Trouble::None, Some(400..=499)) => "4xx",
                    (Trouble::None, Some(500..=599)) => "5xx",
                    (Trouble::None, _) => return false,
                };
                attempts <= count && causes.split(',').any(|named| named == cause || named == "all")
            }
        }
    }
}

/// Posts some callbacks that travel together. `None` when there is nowhere to post to.
pub(super) async fn post(config: &SimulatorConfig, client: &reqwest::Client, callbacks: &[Callback]) -> Option<Answer> {
    let request = match callbacks.first()?.post.as_ref()? {
        Post::Meta { phone_number_id, key, .. } => {
            let number = config.whatsapp_by_id(phone_number_id)?;
            let values: Vec<(&str, &Value)> = callbacks
                .iter()
                .filter_map(|callback| match &callback.post {
                    Some(Post::Meta { value, .. }) => Some((number.business_account_id.as_str(), value)),
                    _ => None,
                })
                .collect();
            let body = envelope(&values);
            let signature = sign_meta(signing(*key, &number.app_secret), &body);
            client
                .post(&number.webhook_url)
                .header(CONTENT_TYPE, "application/json")
                .header(USER_AGENT, "facebookexternalua")
                .header(META_SIGNATURE_HEADER, signature)
                .body(body)
        }
        Post::Twilio { url, auth_token, form, group, key } => {
            let url = url.split('#').next().unwrap_or_default();
            client
                .post(url)
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded; charset=UTF-8")
                .header(USER_AGENT, "TwilioProxy/1.1")
                .header("I-Twilio-Idempotency-Token", group)
                .header(TWILIO_SIGNATURE_HEADER, sign_twilio(signing(*key, auth_token), url, form))
                .body(encode_form(form))
        }
        Post::Mail(post) => return Some(mail::deliver(client, post, config.retries.answer_within).await),
    };
    Some(match request.timeout(config.retries.answer_within).send().await {
        Ok(response) => Answer { status: Some(response.status().as_u16()), trouble: Trouble::None },
        Err(error) if error.is_connect() => Answer { status: None, trouble: Trouble::Connect },
        Err(_) => Answer { status: None, trouble: Trouble::Silence },
    })
}

fn signing(key: Key, secret: &Secret) -> &str {
    match key {
        Key::Ours => secret.expose(),
        Key::Foreign => "not-the-key-we-share",
    }
}
