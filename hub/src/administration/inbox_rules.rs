//! What the settings of an inbox must look like, wherever they come from.

use patchbay_core::channel::Channel;
use patchbay_core::chat::Origin;
use patchbay_core::hours;
use patchbay_core::ids::AccountId;
use patchbay_store::inboxes::InboxRow;

use super::fields;
use crate::directory::InboxSettings;
use crate::resource::text::is_e164;

/// Longest first words of a chat widget, in characters.
const GREETING_CHARS: usize = 300;

/// A key of an inbox does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Misfit {
    /// The key.
    pub(super) path: &'static str,
    /// What is wrong with it.
    pub(super) message: String,
}

fn misfit(path: &'static str, message: impl Into<String>) -> Misfit {
    Misfit { path, message: message.into() }
}

/// Checks what can be told from the settings alone. What is missing for sending or receiving is not an error: such an
/// inbox is kept and shown as disabled.
pub(super) fn check(settings: &InboxSettings) -> Result<(), Misfit> {
    if settings.name.trim() != settings.name || fields::text("name", &settings.name, 64).is_err() {
        return Err(misfit("name", "must be 1 to 64 characters without white space around them"));
    }
    let address = settings.address.as_deref();
    match settings.channel {
        Channel::Whatsapp => {
            if !address.is_some_and(is_e164) {
                return Err(misfit("address", "must be an E.164 number such as +15550001111"));
            }
        }
        Channel::Sms => {
            if !address.is_some_and(|address| is_e164(address) || is_short_code(address) || is_word(address)) {
                let message = "must be an E.164 number such as +15550001111, a short code such as 22395, or a sender \
                               of at most 11 letters and digits";
                return Err(misfit("address", message));
            }
        }
        Channel::Email => {
            if address.is_none_or(|address| fields::email("address", address).is_err()) {
                return Err(misfit("address", "must be an e-mail address"));
            }
        }
        Channel::Chat => chat(settings)?,
        Channel::Voice => return Err(misfit("channel", "calls come with an sms inbox that has voice = true")),
    }
    if settings.api_base.as_deref().is_some_and(|base| !is_safe_base(base)) {
        return Err(misfit("api_base", "must be an https address, or http on this machine"));
    }
    account(settings)?;
    one_of("inbound", settings.inbound.as_deref(), &["mailgun", "sendgrid", "postmark", "smtp"])?;
    one_of("dkim", settings.dkim.as_deref(), &["verify", "off"])?;
    one_of("identity_mode", settings.identity_mode.as_deref(), &["hmac", "jwt"])
}

fn chat(settings: &InboxSettings) -> Result<(), Misfit> {
    // A wildcard is kept and matches no page: a server that was told one still starts, and stays closed.
    if settings.allowed_origins.iter().any(|origin| origin != "*" && Origin::parse(origin).is_none()) {
        return Err(misfit("allowed_origins", "must be origins such as https://www.example.test, without wildcards"));
    }
    if settings.max_text_chars == Some(0) {
        return Err(misfit("max_text_chars", "must be at least 1"));
    }
    if let Err(problem) = hours::in_order(settings.business_hours.clone()) {
        return Err(misfit("business_hours", problem.to_string()));
    }
    if settings.timezone.as_deref().is_some_and(|zone| fields::timezone("timezone", zone).is_err()) {
        return Err(misfit("timezone", "must be an IANA time zone such as Europe/Paris"));
    }
    if settings.greeting.as_deref().is_some_and(|text| text.chars().count() > GREETING_CHARS) {
        return Err(misfit("greeting", "must have at most 300 characters"));
    }
    Ok(())
}

/// The account the inbox belongs to.
pub(super) fn account(settings: &InboxSettings) -> Result<Option<AccountId>, Misfit> {
    settings.account.as_deref().map(|id| id.parse().map_err(|_| misfit("account", "must be an id"))).transpose()
}

/// Whether two inboxes would take each other's messages.
pub(super) fn clash(settings: &InboxSettings, other: &InboxRow) -> Option<Misfit> {
    if !other.is_active || other.name == settings.name {
        return None;
    }
    let same_address = settings.channel == other.channel
        && settings.address.as_deref().is_some_and(|address| address == other.address && !address.is_empty());
    if same_address {
        return Some(misfit("address", format!("the inbox {} has the same address", other.name)));
    }
    let number = settings.phone_number_id.as_deref();
    let same_number =
        number.is_some() && number == other.settings.get("phone_number_id").and_then(serde_json::Value::as_str);
    same_number.then(|| misfit("phone_number_id", format!("the inbox {} has the same number", other.name)))
}

/// A number of a carrier's own: verbatim, without a plus.
fn is_short_code(address: &str) -> bool {
    (3..=8).contains(&address.len()) && address.bytes().all(|digit| digit.is_ascii_digit())
}

/// An alphanumeric sender; nobody can write back to it. Source: Twilio, "Alphanumeric Sender ID".
fn is_word(address: &str) -> bool {
    (1..=11).contains(&address.len())
        && address.trim() == address
        && !address.starts_with('+')
        && address.bytes().any(|byte| byte.is_ascii_alphabetic())
        && address.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'&' | b'+' | b'-' | b'_'))
}

/// Tokens travel there: encrypted, or not off this machine.
fn is_safe_base(base: &str) -> bool {
    let (rest, encrypted) = match (base.strip_prefix("https://"), base.strip_prefix("http://")) {
        (Some(rest), _) => (rest, true),
        (None, Some(rest)) => (rest, false),
        (None, None) => return false,
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.is_empty() || authority.contains('@') || base.contains(char::is_whitespace) {
        return false;
    }
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    let is_loopback =
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    !host.is_empty() && (encrypted || is_loopback)
}

fn one_of(path: &'static str, value: Option<&str>, words: &[&str]) -> Result<(), Misfit> {
    match value {
        Some(value) if !words.contains(&value) => Err(misfit(path, format!("must be one of {}", words.join(", ")))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_go_over_https_or_stay_on_this_machine() {
        for good in
            ["https://graph.facebook.com/v23.0", "http://127.0.0.1:9100", "http://[::1]:80/x", "http://localhost"]
        {
            assert!(is_safe_base(good), "{good}");
        }
        for bad in
            ["http://graph.facebook.com", "ftp://x", "https://", "http://127.0.0.1@evil.test/", "graph.facebook.com"]
        {
            assert!(!is_safe_base(bad), "{bad}");
        }
    }

    #[test]
    fn senders_are_numbers_short_codes_or_words() {
        for good in ["+15550001111", "+12345"] {
            assert!(is_e164(good), "{good}");
        }
        for good in ["22395", "911"] {
            assert!(is_short_code(good), "{good}");
        }
        for good in ["ACMEBANK", "Acme 24", "A&B"] {
            assert!(is_word(good), "{good}");
        }
        for bad in
            ["15550001111", "+0155500011", "+1555", "+1 555 000 1111", "ACMEBANK AND SONS", " ACME", "12", "Ämter", ""]
        {
            assert!(!is_e164(bad) && !is_short_code(bad) && !is_word(bad), "{bad}");
        }
    }
}
