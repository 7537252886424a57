//! Web chat: what a site's inbox is configured with, and which pages may talk to it.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::hours::{self, Shift};
use crate::secret::Secret;

/// Settings of a chat site.
#[derive(Clone, Debug)]
pub struct Site {
    /// How visitors prove who they are.
    pub identity: IdentityMode,
    /// Whether they must.
    pub require_identity: bool,
    /// Pages that may talk to the inbox and embed the widget.
    pub allowed_origins: Vec<Origin>,
    /// Longest text of a visitor's message, in characters.
    pub max_text_chars: usize,
    /// When somebody is there. Empty: whenever somebody is.
    pub business_hours: Vec<Shift>,
    /// IANA time zone of the business hours.
    pub timezone: String,
    /// First words of the widget; none: its own.
    pub greeting: Option<String>,
}

/// How visitors prove who they are. Source: channel reference, web chat.
#[derive(Clone, Debug)]
pub enum IdentityMode {
    /// HMAC-SHA256 of the user id under one of these secrets, newest first.
    Hmac(Vec<Secret>),
    /// A JWT of the site's server.
    Jwt(JwtRules),
}

/// How a site's tokens are checked.
#[derive(Clone, Debug)]
pub struct JwtRules {
    /// Keys by id.
    pub keys: BTreeMap<String, Secret>,
    /// Key of tokens that name none; without it, the only key there is.
    pub default_kid: Option<String>,
    /// Whom tokens must be for. Empty: nobody's token fits.
    pub audience: String,
    /// How far clocks may differ.
    pub leeway: TimeDelta,
    /// Longest life of a token.
    pub max_ttl: TimeDelta,
}

impl JwtRules {
    /// The key of a token that names `kid`, or none. An empty key verifies nobody.
    pub fn key(&self, kid: Option<&str>) -> Option<&Secret> {
        let key = match kid.or(self.default_kid.as_deref()) {
            Some(kid) => self.keys.get(kid),
            None if self.keys.len() == 1 => self.keys.values().next(),
            None => None,
        };
        key.filter(|key| !key.is_empty())
    }
}

/// Scheme, host and port of a page, in one spelling: lower case, no default port, no slash at the end.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin(String);

impl Origin {
    /// Reads `https://www.example.test:8443`. `None`: it is not an origin: a wildcard, `null`, or something with a path.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_end_matches('/').to_ascii_lowercase();
        let (scheme, host) = text.split_once("://")?;
        let is_plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'/' | b'@' | b'*' | b'?' | b'#' | b'\\');
        let fits = matches!(scheme, "http" | "https") && !host.is_empty() && host.bytes().all(is_plain);
        let default_port = if scheme == "https" { ":443" } else { ":80" };
        let host = host.strip_suffix(default_port).unwrap_or(host);
        // A policy header is written from it: nothing in it may end a directive.
        let is_safe = !host.contains([';', ',', '\'', '"', ' ']);
        (fits && is_safe && !host.is_empty()).then(|| Self(format!("{scheme}://{host}")))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Site {
    /// Whether a page of this origin may talk to the inbox.
    pub fn allows(&self, origin: &str) -> bool {
        Origin::parse(origin).is_some_and(|origin| self.allowed_origins.contains(&origin))
    }

    /// Whether it is within business hours; none: the site has none.
    pub fn is_open(&self, now: DateTime<Utc>) -> Option<bool> {
        if self.business_hours.is_empty() {
            return None;
        }
        let start = hours::local(now, &self.timezone);
        Some(hours::cover(&self.business_hours, start, start + TimeDelta::minutes(1)))
    }

    /// When business hours begin next, within eight days.
    pub fn opens_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let here = hours::local(now, &self.timezone);
        (0..=8)
            .filter_map(|days| here.date().checked_add_days(chrono::Days::new(days)))
            .flat_map(|day| hours::of_day(&self.business_hours, day))
            .map(|(start, _)| start)
            .filter(|start| *start > here)
            .min()
            .map(|start| hours::utc(start, &self.timezone))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: Option<&str>) {
        assert_eq!(Origin::parse(text).as_ref().map(Origin::as_str), expect, "{text}");
    }

    #[test]
    fn an_origin_has_one_spelling() {
        check("https://Shop.Example.test/", Some("https://shop.example.test"));
        check("https://shop.example.test:443", Some("https://shop.example.test"));
        check("http://127.0.0.1:8080", Some("http://127.0.0.1:8080"));
    }

    #[test]
    fn what_is_no_origin_matches_nothing() {
        for text in [
            "*", "null", "", "https://", "https://*.example.test", "https://a.test/b", "https://a@b.test",
            "ftp://a.test", "https://a.test; script-src *", "https://:443",
        ] {
            check(text, None);
        }
    }

    fn site(hours: &str) -> Site {
        Site {
            identity: IdentityMode::Hmac(Vec::new()),
            require_identity: false,
            allowed_origins: vec![Origin::parse("https://a.test").unwrap()],
            max_text_chars: 100,
            business_hours: serde_json::from_str(hours).unwrap(),
            timezone: "Europe/Paris".to_owned(),
            greeting: None,
        }
    }

    #[test]
    fn a_page_of_another_origin_is_not_allowed() {
        let site = site("[]");
        assert!(site.allows("https://a.test"));
        for other in ["http://a.test", "https://a.test:8443", "https://a.test.evil.test", "https://b.test", "null", ""]
        {
            assert!(!site.allows(other), "{other}");
        }
    }

    #[test]
    fn hours_are_told_where_the_site_is() {
        let site = site(r#"[{"weekday":0,"start":"09:00","end":"17:00"}]"#);
        // 2026-03-09 is a Monday; Paris is one hour ahead.
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        assert_eq!(site.is_open(at("2026-03-09T08:00:00Z")), Some(true));
        assert_eq!(site.is_open(at("2026-03-09T16:30:00Z")), Some(false));
        assert_eq!(site.opens_at(at("2026-03-09T16:30:00Z")), Some(at("2026-03-16T08:00:00Z")));
        assert_eq!(super::Site { business_hours: Vec::new(), ..site }.is_open(at("2026-03-09T08:00:00Z")), None);
    }
}
