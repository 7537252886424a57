//! Which URLs a Twilio signature may have been made for.

use http::{HeaderMap, Uri, header};

use crate::config::Config;

/// Every URL that Twilio may have signed, most likely first. The raw request target is used byte for byte.
///
/// The configured bases, if there are any; else what a trusted proxy says; else the URL as seen. Never the headers of
/// an untrusted peer. Each with the variants of its port: signing is inconsistent about ports.
pub fn candidates(config: &Config, uri: &Uri, headers: &HeaderMap) -> Vec<String> {
    let target = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let mut bases: Vec<String> = config.bases().map(str::to_owned).collect();
    if bases.is_empty() {
        bases.push(base_as_seen(config, uri, headers));
    }
    let mut urls = Vec::with_capacity(bases.len() * 2);
    for base in &bases {
        for variant in port_variants(base) {
            let url = format!("{variant}{target}");
            if !urls.contains(&url) {
                urls.push(url);
            }
        }
    }
    urls
}

fn base_as_seen(config: &Config, uri: &Uri, headers: &HeaderMap) -> String {
    let first = |name: &str| {
        let value = headers.get(name)?.to_str().ok()?.split(',').next()?.trim();
        (!value.is_empty()).then(|| value.to_owned())
    };
    let forwarded = |name| if config.trust_forwarded_headers { first(name) } else { None };
    let scheme = forwarded("x-forwarded-proto").or_else(|| uri.scheme_str().map(str::to_owned));
    let host = forwarded("x-forwarded-host")
        .or_else(|| first(header::HOST.as_str()))
        .or_else(|| uri.authority().map(|authority| authority.as_str().to_owned()));
    // A request line without scheme came over the plain socket we listen on.
    format!("{}://{}", scheme.as_deref().unwrap_or("http"), host.unwrap_or_default())
}

/// The base as it is; without its port when it has one; with the default port when it has none.
fn port_variants(base: &str) -> Vec<String> {
    let Some((scheme, rest)) = base.split_once("://") else { return vec![base.to_owned()] };
    let (authority, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
    // The colons of an IPv6 address stand inside brackets.
    let port = authority
        .rsplit_once(':')
        .filter(|(_, port)| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()));
    let other = match (port, scheme) {
        (Some((host, _)), _) => format!("{scheme}://{host}{path}"),
        (None, "https") => format!("{scheme}://{authority}:443{path}"),
        (None, _) => format!("{scheme}://{authority}:80{path}"),
    };
    vec![base.to_owned(), other]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(base: &str, variants: &[&str]) {
        assert_eq!(port_variants(base), variants);
    }

    #[test]
    fn ports_come_and_go() {
        check("https://hub.example.test", &["https://hub.example.test", "https://hub.example.test:443"]);
        check("http://hub.example.test", &["http://hub.example.test", "http://hub.example.test:80"]);
        check("https://hub.example.test:8443", &["https://hub.example.test:8443", "https://hub.example.test"]);
        check("https://[::1]:8443", &["https://[::1]:8443", "https://[::1]"]);
        check("https://[::1]", &["https://[::1]", "https://[::1]:443"]);
        check("https://hub.example.test/base", &["https://hub.example.test/base", "https://hub.example.test:443/base"]);
    }

    #[test]
    fn headers_of_a_stranger_are_not_believed() {
        let uri: Uri = "/webhooks/twilio/sms?a=%27b".parse().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("host", "10.0.0.1:8080".parse().unwrap());
        headers.insert("x-forwarded-host", "evil.example, hub.example.test".parse().unwrap());
        headers.insert("x-forwarded-proto", "https".parse().unwrap());
        let mut config = Config::default();
        assert_eq!(candidates(&config, &uri, &headers)[0], "http://10.0.0.1:8080/webhooks/twilio/sms?a=%27b");
        config.trust_forwarded_headers = true;
        assert_eq!(candidates(&config, &uri, &headers)[0], "https://evil.example/webhooks/twilio/sms?a=%27b");
        config.public_url = Some("https://hub.example.test/".to_owned());
        config.public_url_candidates = vec!["https://old.example.test".to_owned()];
        assert_eq!(
            candidates(&config, &uri, &headers),
            [
                "https://hub.example.test/webhooks/twilio/sms?a=%27b",
                "https://hub.example.test:443/webhooks/twilio/sms?a=%27b",
                "https://old.example.test/webhooks/twilio/sms?a=%27b",
                "https://old.example.test:443/webhooks/twilio/sms?a=%27b",
            ]
        );
    }
}
