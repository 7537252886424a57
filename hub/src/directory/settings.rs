//! The settings of an inbox, as the settings file and the administration take them.

use std::collections::BTreeMap;

use patchbay_core::channel::Channel;
use patchbay_core::hours::Shift;
use patchbay_core::secret::Secret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Largest secret file that is read.
const MAX_SECRET_BYTES: u64 = 64 << 10;

pub use patchbay_core::inbox::Triage;

/// `[[inbox]]`: one configured address of ours. Which keys matter depends on the channel.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InboxSettings {
    /// Unique name.
    pub name: String,
    /// `whatsapp`, `sms`, `email` or `chat`. The number of an `sms` inbox also takes calls when `voice` is set.
    #[schema(value_type = String)]
    pub channel: Channel,
    /// Our address: E.164 for WhatsApp and SMS; for SMS also a short code or a sender of letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Default team, by slug or id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// What happens to a new conversation.
    #[serde(default)]
    #[schema(value_type = String)]
    pub triage: Triage,
    /// Whether customers are asked at the end of a conversation how it was.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub csat: bool,
    /// Account the inbox belongs to, by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Base of the provider's API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_base: Option<String>,

    /// WhatsApp Cloud API: Meta's id of the number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_number_id: Option<String>,
    /// WhatsApp Cloud API: Meta's id of the business account, for its templates. Learned from webhooks when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub business_account_id: Option<String>,
    /// WhatsApp Cloud API: app secrets, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub app_secrets: Vec<KeptSecret>,
    /// WhatsApp Cloud API: token of the subscription handshake.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verify_token: Option<KeptSecret>,
    /// WhatsApp Cloud API: token for sending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token: Option<KeptSecret>,

    /// Twilio: account that owns the number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_sid: Option<String>,
    /// Twilio: auth tokens, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub auth_tokens: Vec<KeptSecret>,
    /// Twilio: keys of the newer signatures, by key id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub shared_keys: BTreeMap<String, KeptSecret>,
    /// Twilio: whether the number also takes calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voice: Option<bool>,

    /// E-mail: who hands mail to us.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inbound: Option<String>,
    /// E-mail: keys of inbound signatures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signing_keys: Vec<KeptSecret>,
    /// E-mail: where mail is sent through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smtp_url: Option<KeptSecret>,
    /// E-mail: domain of plus-addressed reply tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_domain: Option<String>,
    /// E-mail: signs reply tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_token_secret: Option<KeptSecret>,
    /// E-mail: `verify` or `off`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dkim: Option<String>,
    /// E-mail: how far the time in a provider's webhook may be from ours, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age_seconds: Option<u64>,
    /// E-mail: name of the key that signs mail, below `_domainkey`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dkim_selector: Option<String>,
    /// E-mail: domain that signs mail; else the domain of the address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dkim_domain: Option<String>,
    /// E-mail: private key that signs mail, PEM: RSA or Ed25519.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dkim_private_key: Option<KeptSecret>,

    /// Chat: how visitors prove who they are, `hmac` or `jwt`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity_mode: Option<String>,
    /// Chat: secrets of `hmac` proofs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identity_secrets: Vec<KeptSecret>,
    /// Chat: keys and limits of `jwt` proofs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwt: Option<JwtIdentity>,
    /// Chat: whether visitors must prove who they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub require_identity: Option<bool>,
    /// Chat: pages that may embed the widget.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed_origins: Vec<String>,
    /// Chat: longest text of a visitor's message, in characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_text_chars: Option<u32>,
    /// Chat: when somebody is there, by weekday (0 is Monday); none: whenever somebody is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>)]
    pub business_hours: Vec<Shift>,
    /// Chat: IANA time zone of the business hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// Chat: first words of the widget.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub greeting: Option<String>,
}

/// How a visitor's token is checked.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JwtIdentity {
    /// Keys by id.
    pub keys: BTreeMap<String, KeptSecret>,
    /// Key of tokens that name none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_kid: Option<String>,
    /// Expected audience.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// How far clocks may differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leeway_seconds: Option<u64>,
    /// Longest life of a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_ttl_seconds: Option<u64>,
}

/// A secret as it was given: itself, or where to find it (`env:NAME`, `file:PATH`). Never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct KeptSecret(String);

/// A secret is not where it was said to be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretProblem {
    /// The variable is not set or empty.
    #[error("the environment variable {0} is not set")]
    NoVariable(String),
    /// The file cannot be read or is empty.
    #[error("the file {0} cannot be read or is empty")]
    NoFile(String),
}

impl KeptSecret {
    /// A secret, or where to find it.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself. Reads a file: blocks.
    pub fn resolve(&self) -> Result<Secret, SecretProblem> {
        if let Some(name) = self.0.strip_prefix("env:") {
            return match std::env::var(name) {
                Ok(text) if !text.is_empty() => Ok(Secret::new(text)),
                _ => Err(SecretProblem::NoVariable(name.to_owned())),
            };
        }
        if let Some(path) = self.0.strip_prefix("file:") {
            return read_file(path).ok_or_else(|| SecretProblem::NoFile(path.to_owned()));
        }
        Ok(Secret::new(self.0.as_str()))
    }

    /// What may be shown: where to find it, or `***`.
    pub fn masked(&self) -> &str {
        if self.0.starts_with("env:") || self.0.starts_with("file:") { &self.0 } else { MASK }
    }
}

/// Stands for a secret that was given itself.
pub(crate) const MASK: &str = "***";

fn read_file(path: &str) -> Option<Secret> {
    use std::io::Read as _;
    let mut text = String::new();
    std::fs::File::open(path).ok()?.take(MAX_SECRET_BYTES).read_to_string(&mut text).ok()?;
    let text = text.trim_end_matches(['\r', '\n']);
    (!text.is_empty()).then(|| Secret::new(text))
}

impl std::fmt::Debug for KeptSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(MASK)
    }
}

impl InboxSettings {
    /// Settings with nothing but a name and a channel.
    pub fn new(name: impl Into<String>, channel: Channel) -> Self {
        Self {
            name: name.into(),
            channel,
            address: None,
            team: None,
            triage: Triage::Direct,
            csat: false,
            account: None,
            api_base: None,
            phone_number_id: None,
            business_account_id: None,
            app_secrets: Vec::new(),
            verify_token: None,
            access_token: None,
            account_sid: None,
            auth_tokens: Vec::new(),
            shared_keys: BTreeMap::new(),
            voice: None,
            inbound: None,
            signing_keys: Vec::new(),
            smtp_url: None,
            reply_domain: None,
            reply_token_secret: None,
            dkim: None,
            max_age_seconds: None,
            dkim_selector: None,
            dkim_domain: None,
            dkim_private_key: None,
            identity_mode: None,
            identity_secrets: Vec::new(),
            jwt: None,
            require_identity: None,
            allowed_origins: Vec::new(),
            max_text_chars: None,
            business_hours: Vec::new(),
            timezone: None,
            greeting: None,
        }
    }

    /// Every secret, with the key it was given under.
    pub fn secrets(&self) -> Vec<(&'static str, &KeptSecret)> {
        let many = [
            ("app_secrets", &self.app_secrets),
            ("auth_tokens", &self.auth_tokens),
            ("signing_keys", &self.signing_keys),
            ("identity_secrets", &self.identity_secrets),
        ];
        let one = [
            ("verify_token", &self.verify_token),
            ("access_token", &self.access_token),
            ("smtp_url", &self.smtp_url),
            ("reply_token_secret", &self.reply_token_secret),
            ("dkim_private_key", &self.dkim_private_key),
        ];
        let keys = self.jwt.iter().flat_map(|jwt| jwt.keys.values());
        many.into_iter()
            .flat_map(|(key, secrets)| secrets.iter().map(move |secret| (key, secret)))
            .chain(one.into_iter().filter_map(|(key, secret)| secret.as_ref().map(|secret| (key, secret))))
            .chain(self.shared_keys.values().map(|secret| ("shared_keys", secret)))
            .chain(keys.map(|secret| ("jwt.keys", secret)))
            .collect()
    }

    /// The same with every secret masked.
    #[must_use]
    pub fn masked(&self) -> Self {
        let one = |secret: &KeptSecret| KeptSecret::new(secret.masked());
        let list = |secrets: &[KeptSecret]| secrets.iter().map(one).collect::<Vec<_>>();
        let map = |secrets: &BTreeMap<String, KeptSecret>| {
            secrets.iter().map(|(id, secret)| (id.clone(), one(secret))).collect::<BTreeMap<_, _>>()
        };
        let mut masked = self.clone();
        masked.app_secrets = list(&self.app_secrets);
        masked.auth_tokens = list(&self.auth_tokens);
        masked.signing_keys = list(&self.signing_keys);
        masked.identity_secrets = list(&self.identity_secrets);
        masked.verify_token = self.verify_token.as_ref().map(one);
        masked.access_token = self.access_token.as_ref().map(one);
        masked.smtp_url = self.smtp_url.as_ref().map(one);
        masked.reply_token_secret = self.reply_token_secret.as_ref().map(one);
        masked.dkim_private_key = self.dkim_private_key.as_ref().map(one);
        masked.shared_keys = map(&self.shared_keys);
        if let Some(jwt) = &mut masked.jwt {
            jwt.keys = map(&jwt.keys);
        }
        masked
    }
}
