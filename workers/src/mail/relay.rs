//! Where a mailbox hands its mail to: `smtp_url`.

use patchbay_core::secret::Secret;
use percent_encoding::percent_decode_str;
use url::Url;

/// A relay, read from its URL.
#[derive(Clone, Debug)]
pub(crate) struct RelayAddress {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) encryption: Encryption,
    /// Name and password.
    pub(crate) credentials: Option<(String, Secret)>,
}

/// How a connection to a relay is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encryption {
    /// From the first byte: `smtps://`.
    Wrapped,
    /// By STARTTLS, or not at all: `smtp://…?tls=required`.
    Required,
    /// By STARTTLS when the relay offers it: `smtp://`.
    Opportunistic,
    /// Never: `smtp://…?tls=none`.
    None,
}

/// A relay's URL cannot be used. Does not repeat it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("smtp_url must be smtp://[name:password@]host[:port][?tls=required|opportunistic|none] or smtps://…")]
pub(crate) struct BadRelay;

impl RelayAddress {
    pub(crate) fn parse(text: &str) -> Result<Self, BadRelay> {
        let url = Url::parse(text).map_err(|_| BadRelay)?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(BadRelay)?.trim_matches(['[', ']']).to_owned();
        let tls = url.query_pairs().find(|(key, _)| key == "tls").map(|(_, value)| value.into_owned());
        let (encryption, port) = match (url.scheme(), tls.as_deref()) {
            ("smtps", _) => (Encryption::Wrapped, 465),
            ("smtp", Some("required")) => (Encryption::Required, 587),
            ("smtp", Some("opportunistic") | None) => (Encryption::Opportunistic, 25),
            ("smtp", Some("none")) => (Encryption::None, 25),
            _ => return Err(BadRelay),
        };
        let decoded =
            |text: &str| percent_decode_str(text).decode_utf8().map(std::borrow::Cow::into_owned).map_err(|_| BadRelay);
        let credentials = match (url.username(), url.password()) {
            ("", _) => None,
            (name, password) => Some((decoded(name)?, Secret::new(decoded(password.unwrap_or_default())?))),
        };
        Ok(Self { host, port: url.port().unwrap_or(port), encryption, credentials })
    }

    /// Whether the relay is on this machine: nobody listens in between.
    pub(crate) fn is_local(&self) -> bool {
        self.host == "localhost" || self.host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    pub(crate) fn is_postmark(&self) -> bool {
        self.host.ends_with(".postmarkapp.com")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_say_where_and_how() {
        let relay = RelayAddress::parse("smtp://127.0.0.1:2525").unwrap();
        assert_eq!((relay.host.as_str(), relay.port, relay.encryption), ("127.0.0.1", 2525, Encryption::Opportunistic));
        assert!(relay.is_local() && relay.credentials.is_none());
        let relay = RelayAddress::parse("smtps://me%40acme.test:p%3Aw@mail.acme.test").unwrap();
        assert_eq!((relay.port, relay.encryption), (465, Encryption::Wrapped));
        let (name, password) = relay.credentials.unwrap();
        assert_eq!((name.as_str(), password.expose()), ("me@acme.test", "p:w"));
        assert_eq!(RelayAddress::parse("smtp://h?tls=required").unwrap().port, 587);
        for bad in ["", "http://x", "smtp://", "smtp://h?tls=maybe", "127.0.0.1:25"] {
            assert_eq!(RelayAddress::parse(bad).err(), Some(BadRelay), "{bad}");
        }
    }
}
