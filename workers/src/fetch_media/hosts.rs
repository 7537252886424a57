//! Where files may be fetched from, and who gets to see our credentials there.

use patchbay_core::inbox::{Inbox, Provider};
use url::{Host, Url};

use crate::provider::api_base;

/// What an address may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// The provider's API as the operator configured it, wherever that is.
    Api(Credentials),
    /// A public host of the provider.
    Public(Credentials),
    /// Anybody's.
    None,
}

/// Whether a call carries our credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Credentials {
    /// The provider's own: they open it.
    Ours,
    /// A storage host of the provider: they would be refused, or stolen.
    None,
}

/// How an address came to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hop {
    /// The provider named it.
    Named,
    /// Another address pointed to it.
    Redirected,
}

/// Hosts of Meta that want the bearer token. Source: channels reference, "Media download".
const META_WITH_TOKEN: &[&str] = &["graph.facebook.com", "lookaside.fbsbx.com"];

/// What `url` may be asked on behalf of `inbox`. An address in numbers is nobody's, unless the operator configured it as
/// the API itself.
pub(super) fn trust(inbox: &Inbox, url: &Url, hop: Hop, known: &[String]) -> Trust {
    if !url.username().is_empty() || url.password().is_some() {
        return Trust::None;
    }
    let api = api_base(inbox).and_then(|base| Url::parse(base).ok());
    if api.is_some_and(|api| api.origin() == url.origin()) {
        // Where storage and API share an origin, storage takes no credentials, like the real one.
        let storage = matches!(inbox.provider, Provider::Twilio(_))
            && hop == Hop::Redirected
            && !url.path().starts_with("/2010-04-01/");
        return Trust::Api(if storage { Credentials::None } else { Credentials::Ours });
    }
    let Some(Host::Domain(host)) = url.host() else { return Trust::None };
    if url.scheme() != "https" || url.port().is_some() {
        return Trust::None;
    }
    if !known.iter().any(|known| host.eq_ignore_ascii_case(known)) {
        return Trust::None;
    }
    Trust::Public(match inbox.provider {
        Provider::WhatsAppCloud(_) if META_WITH_TOKEN.contains(&host) => Credentials::Ours,
        Provider::Twilio(_) if host == "api.twilio.com" => Credentials::Ours,
        _ => Credentials::None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use patchbay_core::channel::Channel;
    use patchbay_core::ids::InboxId;
    use patchbay_core::inbox::{Twilio, WhatsAppCloud};
    use patchbay_core::secret::Secret;

    use super::*;
    use crate::config::WorkersConfig;

    fn inbox(channel: Channel, provider: Provider) -> Inbox {
        Inbox {
            id: InboxId::new(),
            name: "inbox".into(),
            channel,
            team_id: None,
            triage: patchbay_core::inbox::Triage::Direct,
            account_id: None,
            address: "+15550100003".into(),
            provider,
        }
    }

    fn twilio(api_base: &str) -> Inbox {
        let provider = Provider::Twilio(Twilio {
            account_sid: "AC1".into(),
            auth_tokens: Vec::new(),
            shared_keys: BTreeMap::new(),
            api_base: api_base.into(),
        });
        inbox(Channel::Sms, provider)
    }

    fn meta(api_base: &str) -> Inbox {
        let provider = Provider::WhatsAppCloud(WhatsAppCloud {
            phone_number_id: "1".into(),
            app_secrets: Vec::new(),
            verify_token: Secret::new(""),
            access_token: Secret::new(""),
            business_account_id: None,
            api_base: api_base.into(),
        });
        inbox(Channel::Whatsapp, provider)
    }

    #[track_caller]
    fn check(inbox: &Inbox, url: &str, hop: Hop, expect: Trust) {
        let parsed = Url::parse(url).unwrap();
        assert_eq!(trust(inbox, &parsed, hop, &WorkersConfig::default().media_hosts), expect, "{url}");
    }

    #[test]
    fn credentials_go_to_the_api_and_nowhere_else() {
        let real = twilio("https://api.twilio.com");
        let file = "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1";
        check(&real, file, Hop::Named, Trust::Api(Credentials::Ours));
        check(&real, "https://media.twiliocdn.com/AC1/abc", Hop::Redirected, Trust::Public(Credentials::None));
        let real = meta("https://graph.facebook.com/v23.0");
        check(&real, "https://lookaside.fbsbx.com/x", Hop::Named, Trust::Public(Credentials::Ours));
        check(&real, "https://mmg.whatsapp.net/x", Hop::Named, Trust::Public(Credentials::None));
        let fake = twilio("http://127.0.0.1:9000");
        check(&fake, "http://127.0.0.1:9000/2010-04-01/x", Hop::Named, Trust::Api(Credentials::Ours));
        check(&fake, "http://127.0.0.1:9000/storage/x", Hop::Redirected, Trust::Api(Credentials::None));
    }

    #[test]
    fn strangers_and_addresses_in_numbers_are_not_asked() {
        let inboxes =
            [twilio("https://api.twilio.com"), meta("https://graph.facebook.com/v23.0"), meta("http://127.0.0.1:1")];
        for url in [
            "https://example.com/file",
            "http://media.twiliocdn.com/AC1/abc",
            "http://lookaside.fbsbx.com/x",
            "https://media.twiliocdn.com:8443/AC1/abc",
            "https://media.twiliocdn.com.example.com/abc",
            "https://media.twiliocdn.com./abc",
            "https://evil-media.twiliocdn.com.evil/abc",
            "https://user@media.twiliocdn.com/abc",
            "https://user:secret@api.twilio.com/2010-04-01/x",
            "http://user@127.0.0.1:1/x",
            "http://127.0.0.1/latest/meta-data",
            "http://127.0.0.1:2/x",
            "https://127.0.0.1:1/x",
            "http://localhost:1/x",
            "http://169.254.169.254/latest/meta-data",
            "https://169.254.169.254/latest/meta-data",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://0177.0.0.1/",
            "https://127.1/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:7f00:1]/",
            "https://[64:ff9b::7f00:1]/",
            "https://[fd00::1]/",
            "https://[fe80::1]/",
            "https://10.0.0.1/",
            "https://metadata.google.internal/",
            "https://localhost/",
            "file:///etc/passwd",
            "ftp://media.twiliocdn.com/abc",
            "gopher://media.twiliocdn.com/abc",
            "data:text/plain,abc",
        ] {
            for inbox in &inboxes {
                check(inbox, url, Hop::Named, Trust::None);
                check(inbox, url, Hop::Redirected, Trust::None);
            }
        }
    }
}
