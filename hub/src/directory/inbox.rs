//! From the settings of an inbox to what its channel needs.

use chrono::TimeDelta;
use patchbay_core::channel::Channel;
use patchbay_core::chat::{IdentityMode, JwtRules, Origin, Site};
use patchbay_core::ids::InboxId;
use patchbay_core::inbox::{DkimCheck, DkimSigner, InboundMail, Inbox, Mailbox, Provider, Twilio, WhatsAppCloud};
use patchbay_core::secret::Secret;
use patchbay_store::inboxes::InboxRow;

use super::settings::{InboxSettings, KeptSecret, SecretProblem};

const META_API: &str = "https://graph.facebook.com/v23.0";
const TWILIO_API: &str = "https://api.twilio.com";
/// How far the time in a mail provider's webhook may be from ours. Source: channel reference, e-mail.
const MAX_AGE_SECONDS: u64 = 900;

/// How far the clock of a site's server may be from ours. Source: channel reference, web chat.
const JWT_LEEWAY_SECONDS: i64 = 60;
/// Longest life of a site's token.
const JWT_MAX_TTL_SECONDS: i64 = 86_400;
/// Longest span that a setting can ask for: a century.
const LONGEST_SPAN: i64 = 3_200_000_000;
/// Longest text of a visitor's message, in characters.
const MAX_TEXT_CHARS: usize = 20_000;

/// Why an inbox cannot be served.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InboxProblem {
    /// A key that the channel needs is missing.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A secret is not where it was said to be.
    #[error("{key}: {problem}")]
    Secret {
        /// The key.
        key: &'static str,
        /// What is wrong with it.
        problem: SecretProblem,
    },
    /// The channel is not served yet.
    #[error("the channel {0} is not served yet")]
    Channel(Channel),
    /// Somebody switched it off.
    #[error("the inbox is deactivated")]
    Deactivated,
    /// What is stored is not what this release writes.
    #[error("its stored settings cannot be read")]
    Unreadable,
}

/// Whether an inbox takes and sends messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// It does.
    Ok,
    /// It takes messages and cannot send.
    CannotSend(InboxProblem),
    /// It does neither.
    Disabled(InboxProblem),
}

/// The inbox of a row. What cannot be served is kept for its name, with [`Provider::Unserved`].
pub(super) fn from_row(row: InboxRow) -> Inbox {
    let served = if row.is_active {
        serde_json::from_value::<InboxSettings>(row.settings)
            .map_err(|_| InboxProblem::Unreadable)
            .and_then(|settings| provider(&settings))
    } else {
        Err(InboxProblem::Deactivated)
    };
    let provider = served.unwrap_or_else(|problem| {
        tracing::debug!(inbox.name = %row.name, %problem, "inbox {} is not served: {problem}", row.name);
        Provider::Unserved
    });
    Inbox {
        id: row.id,
        name: row.name,
        channel: row.channel,
        team_id: row.team_id,
        triage: row.triage.parse().unwrap_or_default(),
        account_id: row.account_id,
        address: row.address,
        provider,
    }
}

/// An inbox of settings that are not stored, under a new id. Reads secret files: blocks.
pub fn inbox_of(settings: &InboxSettings) -> Inbox {
    Inbox {
        id: InboxId::new(),
        name: settings.name.clone(),
        channel: settings.channel,
        team_id: None,
        triage: settings.triage,
        account_id: None,
        address: settings.address.clone().unwrap_or_default(),
        provider: provider(settings).unwrap_or(Provider::Unserved),
    }
}

/// Whether an active inbox with these settings works. Reads secret files: blocks.
pub fn health(settings: &InboxSettings) -> Health {
    match provider(settings) {
        Err(problem) => Health::Disabled(problem),
        Ok(Provider::WhatsAppCloud(meta)) if meta.access_token.is_empty() => {
            Health::CannotSend(InboxProblem::Missing("access_token"))
        }
        Ok(Provider::Twilio(twilio)) if twilio.auth_tokens.is_empty() => {
            Health::CannotSend(InboxProblem::Missing("auth_tokens"))
        }
        Ok(Provider::Email(mailbox)) if mailbox.smtp_url.is_empty() => {
            Health::CannotSend(InboxProblem::Missing("smtp_url"))
        }
        Ok(_) => Health::Ok,
    }
}

/// Word for the provider of these settings, as stored.
pub(crate) fn provider_word(settings: &InboxSettings) -> &'static str {
    match settings.channel {
        Channel::Whatsapp if settings.account_sid.is_none() => "whatsapp_cloud",
        Channel::Whatsapp | Channel::Sms => "twilio",
        Channel::Email => "email",
        Channel::Chat => "chat",
        Channel::Voice => "unserved",
    }
}

fn provider(settings: &InboxSettings) -> Result<Provider, InboxProblem> {
    match settings.channel {
        Channel::Whatsapp if settings.account_sid.is_none() => meta(settings),
        Channel::Whatsapp | Channel::Sms => twilio(settings),
        Channel::Email => mailbox(settings),
        Channel::Chat => site(settings),
        Channel::Voice => Err(InboxProblem::Channel(settings.channel)),
    }
}

/// A site without keys takes anonymous visitors only; one that asks for proof needs them.
fn site(settings: &InboxSettings) -> Result<Provider, InboxProblem> {
    let require_identity = settings.require_identity.unwrap_or(false);
    let identity = match (settings.identity_mode.as_deref(), &settings.jwt) {
        (Some("jwt"), jwt) => {
            let jwt = jwt.as_ref().ok_or(InboxProblem::Missing("jwt"))?;
            let keys = jwt.keys.iter().map(|(id, key)| Ok((id.clone(), resolve("jwt.keys", key)?)));
            let seconds = |given: Option<u64>, default: i64| {
                TimeDelta::seconds(
                    given.map_or(default, |given| i64::try_from(given).unwrap_or(i64::MAX / 1000).min(LONGEST_SPAN)),
                )
            };
            IdentityMode::Jwt(JwtRules {
                keys: keys.collect::<Result<_, InboxProblem>>()?,
                default_kid: jwt.default_kid.clone(),
                audience: jwt
                    .audience
                    .clone()
                    .filter(|text| !text.is_empty())
                    .ok_or(InboxProblem::Missing("jwt.audience"))?,
                leeway: seconds(jwt.leeway_seconds, JWT_LEEWAY_SECONDS),
                max_ttl: seconds(jwt.max_ttl_seconds, JWT_MAX_TTL_SECONDS),
            })
        }
        _ => IdentityMode::Hmac(resolve_all("identity_secrets", &settings.identity_secrets)?),
    };
    match &identity {
        IdentityMode::Hmac(secrets) if secrets.is_empty() && require_identity => {
            return Err(InboxProblem::Missing("identity_secrets"));
        }
        IdentityMode::Jwt(rules) if rules.keys.is_empty() => return Err(InboxProblem::Missing("jwt.keys")),
        _ => {}
    }
    Ok(Provider::Chat(Box::new(Site {
        identity,
        require_identity,
        allowed_origins: settings.allowed_origins.iter().filter_map(|origin| Origin::parse(origin)).collect(),
        max_text_chars: settings
            .max_text_chars
            .map_or(MAX_TEXT_CHARS, |limit| usize::try_from(limit).unwrap_or(usize::MAX)),
        business_hours: settings.business_hours.clone(),
        timezone: settings.timezone.clone().unwrap_or_else(|| "UTC".to_owned()),
        greeting: settings.greeting.clone().filter(|text| !text.trim().is_empty()),
    })))
}

/// Whoever hands mail to us by webhook must prove it; a mailbox of our own receiver needs no key.
fn mailbox(settings: &InboxSettings) -> Result<Provider, InboxProblem> {
    let inbound: Option<InboundMail> = settings.inbound.as_deref().and_then(|word| word.parse().ok());
    let signing_keys = resolve_all("signing_keys", &settings.signing_keys)?;
    if signing_keys.is_empty() && !matches!(inbound, None | Some(InboundMail::Smtp)) {
        return Err(InboxProblem::Missing("signing_keys"));
    }
    let domain = settings.address.as_deref().and_then(|address| address.rsplit_once('@')).map_or("", |(_, host)| host);
    let private_key = resolve_optional("dkim_private_key", settings.dkim_private_key.as_ref())?;
    let signer = settings.dkim_selector.as_ref().filter(|_| !private_key.is_empty()).map(|selector| DkimSigner {
        selector: selector.clone(),
        domain: settings.dkim_domain.clone().unwrap_or_else(|| domain.to_owned()),
        private_key,
    });
    Ok(Provider::Email(Box::new(Mailbox {
        inbound,
        signing_keys,
        max_age_seconds: settings.max_age_seconds.unwrap_or(MAX_AGE_SECONDS),
        smtp_url: resolve_optional("smtp_url", settings.smtp_url.as_ref())?,
        reply_domain: settings.reply_domain.clone().unwrap_or_default().to_ascii_lowercase(),
        reply_token_secret: resolve_optional("reply_token_secret", settings.reply_token_secret.as_ref())?,
        dkim: settings.dkim.as_deref().and_then(|word| word.parse().ok()).unwrap_or(DkimCheck::Verify),
        signer,
    })))
}

/// What is needed to take messages must be there; without a token to send the inbox still takes them.
fn meta(settings: &InboxSettings) -> Result<Provider, InboxProblem> {
    let phone_number_id = settings.phone_number_id.clone().ok_or(InboxProblem::Missing("phone_number_id"))?;
    let app_secrets = resolve_all("app_secrets", &settings.app_secrets)?;
    if app_secrets.is_empty() {
        return Err(InboxProblem::Missing("app_secrets"));
    }
    Ok(Provider::WhatsAppCloud(WhatsAppCloud {
        phone_number_id,
        app_secrets,
        verify_token: resolve_optional("verify_token", settings.verify_token.as_ref())?,
        access_token: resolve_optional("access_token", settings.access_token.as_ref())?,
        business_account_id: settings.business_account_id.clone(),
        api_base: base(settings, META_API),
    }))
}

fn twilio(settings: &InboxSettings) -> Result<Provider, InboxProblem> {
    let account_sid = settings.account_sid.clone().ok_or(InboxProblem::Missing("account_sid"))?;
    let auth_tokens = resolve_all("auth_tokens", &settings.auth_tokens)?;
    let shared_keys = settings
        .shared_keys
        .iter()
        .map(|(id, secret)| Ok((id.clone(), resolve("shared_keys", secret)?)))
        .collect::<Result<_, InboxProblem>>()?;
    let twilio = Twilio { account_sid, auth_tokens, shared_keys, api_base: base(settings, TWILIO_API) };
    if twilio.auth_tokens.is_empty() && twilio.shared_keys.is_empty() {
        return Err(InboxProblem::Missing("auth_tokens"));
    }
    Ok(Provider::Twilio(twilio))
}

fn base(settings: &InboxSettings, default: &str) -> String {
    settings.api_base.as_deref().unwrap_or(default).trim_end_matches('/').to_owned()
}

fn resolve(key: &'static str, secret: &KeptSecret) -> Result<Secret, InboxProblem> {
    secret.resolve().map_err(|problem| InboxProblem::Secret { key, problem })
}

fn resolve_all(key: &'static str, secrets: &[KeptSecret]) -> Result<Vec<Secret>, InboxProblem> {
    let resolved = secrets.iter().map(|secret| resolve(key, secret)).collect::<Result<Vec<_>, _>>()?;
    Ok(resolved.into_iter().filter(|secret| !secret.is_empty()).collect())
}

fn resolve_optional(key: &'static str, secret: Option<&KeptSecret>) -> Result<Secret, InboxProblem> {
    secret.map_or_else(|| Ok(Secret::new("")), |secret| resolve(key, secret))
}
