//! Where a webhook may lead: to a name on the open internet, over TLS. Never inside, unless the operator's settings name
//! the host. The name is looked at here; the addresses behind it by whoever connects.

use url::{Host, Url};

/// Through which door an address is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Out into the open internet, and nowhere else.
    Outside,
    /// To a host that the operator named, wherever it is.
    Named,
}

/// Why an address is not called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongAddress {
    /// It cannot be read.
    #[error("must be an address such as https://example.com/hook")]
    Unreadable,
    /// It holds a user or a password.
    #[error("must not hold a user or a password")]
    Credentials,
    /// It is not safe from listeners.
    #[error("must begin with https://")]
    Insecure,
    /// It names a machine by number.
    #[error("must name its host, not number it")]
    Numbered,
    /// It leads inside.
    #[error("must not lead to an internal host")]
    Internal,
}

/// Longest address.
const MAX_URL: usize = 2_000;

/// Endings of names that exist only inside.
const INSIDE: &[&str] = &["localhost", "local", "internal", "intranet", "lan", "home", "corp", "private", "home.arpa"];

/// The door to an address. `named`: hosts, with their port, that the operator's settings open.
pub fn door(address: &str, named: &[String]) -> Result<(Url, Door), WrongAddress> {
    if address.len() > MAX_URL {
        return Err(WrongAddress::Unreadable);
    }
    let url = Url::parse(address.trim()).map_err(|_| WrongAddress::Unreadable)?;
    let is_web = matches!(url.scheme(), "http" | "https");
    let (true, Some(host), Some(port)) = (is_web, url.host(), url.port_or_known_default()) else {
        return Err(WrongAddress::Unreadable);
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(WrongAddress::Credentials);
    }
    let full = format!("{host}:{port}");
    if named.iter().any(|open| open.eq_ignore_ascii_case(&full)) {
        return Ok((url, Door::Named));
    }
    match host {
        Host::Ipv4(_) | Host::Ipv6(_) => return Err(WrongAddress::Numbered),
        Host::Domain(name) if is_inside(name) => return Err(WrongAddress::Internal),
        Host::Domain(_) => {}
    }
    if url.scheme() != "https" {
        return Err(WrongAddress::Insecure);
    }
    Ok((url, Door::Outside))
}

/// Whether a name can only be one inside: without a dot, or with an ending that nobody gives out.
fn is_inside(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    !name.contains('.') || INSIDE.iter().any(|ending| name.strip_suffix(ending).is_some_and(|rest| rest.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(address: &str, expect: Result<Door, WrongAddress>) {
        let named = ["127.0.0.1:9000".to_owned(), "hooks.lan:8443".to_owned()];
        assert_eq!(door(address, &named).map(|(_, door)| door), expect, "{address}");
    }

    #[test]
    fn names_on_the_open_internet_are_called() {
        check("https://example.com/hook", Ok(Door::Outside));
        check("https://hooks.example.com:8443/a?b=c", Ok(Door::Outside));
    }

    #[test]
    fn nothing_inside_is_called() {
        for address in [
            "https://127.0.0.1/",
            "http://127.0.0.1:9001/",
            "https://169.254.169.254/latest/meta-data",
            "https://10.0.0.8/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://0177.0.0.1/",
            "https://8.8.8.8/",
        ] {
            check(address, Err(WrongAddress::Numbered));
        }
        for address in [
            "https://localhost/",
            "https://LOCALHOST./",
            "https://db/",
            "https://metadata.google.internal/",
            "https://printer.local/",
            "https://hooks.lan/",
        ] {
            check(address, Err(WrongAddress::Internal));
        }
    }

    #[test]
    fn only_web_addresses_without_credentials_and_over_tls_are_called() {
        check("http://example.com/hook", Err(WrongAddress::Insecure));
        check("https://user:secret@example.com/", Err(WrongAddress::Credentials));
        check("http://user@127.0.0.1:9000/", Err(WrongAddress::Credentials));
        for address in ["", "example.com", "ftp://example.com/", "file:///etc/passwd", "https://"] {
            check(address, Err(WrongAddress::Unreadable));
        }
    }

    #[test]
    fn the_operator_may_name_hosts() {
        check("http://127.0.0.1:9000/hook", Ok(Door::Named));
        check("https://hooks.lan:8443/", Ok(Door::Named));
        check("http://127.0.0.1:9000.example.com/", Err(WrongAddress::Unreadable));
    }
}
