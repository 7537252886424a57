//! Where files may be fetched from, and who gets to see our credentials there.

use patchbay_core::inbox::{Inbox, Provider};
use url::{Host, Url};

use crate::provider::api_base;

/// What an address may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// The provider's own: our credentials open it.
    WithCredentials,
    /// A storage host of the provider: credentials would be refused, or stolen.
    Plain,
    /// Anybody's.
    None,
}

/// Hosts of Meta that want the bearer token. Source: channels reference, "Media download".
const META_WITH_TOKEN: &[&str] = &["graph.facebook.com", "lookaside.fbsbx.com"];

/// What `url` may be asked on behalf of `inbox`. An address in numbers is nobody's, unless the operator configured it as
/// the API itself.
pub(super) fn trust(inbox: &Inbox, url: &Url, known: &[String]) -> Trust {
    let api = api_base(inbox).and_then(|base| Url::parse(base).ok());
    if api.is_some_and(|api| api.origin() == url.origin()) {
        // On the fakes storage and API share an origin; the storage path takes no credentials, like the real one.
        let storage = matches!(inbox.provider, Provider::Twilio(_)) && !url.path().starts_with("/2010-04-01/");
        return if storage { Trust::Plain } else { Trust::WithCredentials };
    }
    let Some(Host::Domain(host)) = url.host() else { return Trust::None };
    if url.scheme() != "https" || url.port().is_some() || !url.username().is_empty() {
        return Trust::None;
    }
    if !known.iter().any(|known| host.eq_ignore_ascii_case(known)) {
        return Trust::None;
    }
    match inbox.provider {
        Provider::WhatsAppCloud(_) if META_WITH_TOKEN.contains(&host) => Trust::WithCredentials,
        Provider::Twilio(_) if host == "api.twilio.com" => Trust::WithCredentials,
        _ => Trust::Plain,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use patchbay_core::channel::Channel;
    use patchbay_core::ids::InboxId;
    use patchbay_core::inbox::Twilio;

    use super::*;
    use crate::config::WorkersConfig;

    #[track_caller]
    fn check(url: &str, expect: Trust) {
        let inbox = Inbox {
            id: InboxId::new(),
            name: "sms".into(),
            channel: Channel::Sms,
            team_id: None,
            account_id: None,
            address: "+15550100003".into(),
            provider: Provider::Twilio(Twilio {
                account_sid: "AC1".into(),
                auth_tokens: Vec::new(),
                shared_keys: BTreeMap::new(),
                api_base: "https://api.twilio.com".into(),
            }),
        };
        let url = Url::parse(url).unwrap();
        assert_eq!(trust(&inbox, &url, &WorkersConfig::default().media_hosts), expect, "{url}");
    }

    #[test]
    fn credentials_go_to_the_api_and_nowhere_else() {
        check("https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1", Trust::WithCredentials);
        check("https://media.twiliocdn.com/AC1/abc", Trust::Plain);
    }

    #[test]
    fn strangers_and_addresses_in_numbers_are_not_asked() {
        for url in [
            "https://example.com/file",
            "http://media.twiliocdn.com/AC1/abc",
            "https://media.twiliocdn.com:8443/AC1/abc",
            "https://media.twiliocdn.com.example.com/abc",
            "https://user@media.twiliocdn.com/abc",
            "http://127.0.0.1/latest/meta-data",
            "http://169.254.169.254/latest/meta-data",
            "https://[::1]/",
            "file:///etc/passwd",
        ] {
            check(url, Trust::None);
        }
    }
}
