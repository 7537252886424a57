//! What stands in the place of personal data: always of one shape, so that it is recognised and left alone.

use std::fmt::Write as _;
use std::sync::LazyLock;

use hmac::{Hmac, KeyInit as _, Mac as _};
use regex::bytes::Regex;
use sha2::Sha256;

use super::claim::Claims;
use super::digits;
use super::fold::Folded;
use super::kind::PiiKind;

/// The shapes that [`write`] makes, and nothing wider: a text cannot hide a telephone between angle brackets.
static WRITTEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?-u)<(?:SECRET|US_SSN|CA_SIN|ADDRESS|PASSPORT|DRIVER_LICENCE|HEALTH_CARD|(?:PHONE|EMAIL|PERSON):[0-9a-f]{4}|CREDIT_CARD:[0-9]{0,4}|IBAN:[A-Z]{2}:[0-9A-Z]{4}|POSTAL_CODE:[0-9A-Z]{3}|IP:[0-9a-f.:]{3,24}/(?:24|48)|VIN:[0-9A-Z]{6}:[0-9a-f]{4})>",
    )
    .expect("a fixed expression compiles")
});

pub(super) fn prepare() {
    LazyLock::force(&WRITTEN);
}

/// Keeps placeholders that stand in the text already.
pub(super) fn keep(text: &Folded, claims: &mut Claims) {
    if text.lower.contains(&b'<') {
        for found in WRITTEN.find_iter(&text.cased) {
            claims.keep(found.start(), found.end());
        }
    }
}

/// The placeholder of a stretch. `lower` and `cased` are its folded forms.
pub(super) fn write(kind: PiiKind, lower: &[u8], cased: &[u8], key: &[u8; 32]) -> String {
    let signs: Vec<char> = cased
        .iter()
        .filter(|byte| byte.is_ascii_alphanumeric())
        .map(|byte| char::from(byte.to_ascii_uppercase()))
        .collect();
    let first = |count: usize| -> String { signs.iter().take(count).collect() };
    let last = |count: usize| -> String { signs.iter().skip(signs.len().saturating_sub(count)).collect() };
    match kind {
        PiiKind::Secret
        | PiiKind::UsSsn
        | PiiKind::CaSin
        | PiiKind::Address
        | PiiKind::Passport
        | PiiKind::DriverLicence
        | PiiKind::HealthCard => format!("<{kind}>"),
        PiiKind::Phone => format!("<{kind}:{}>", tag(key, kind, &national(lower))),
        PiiKind::Email | PiiKind::Person => format!("<{kind}:{}>", tag(key, kind, lower)),
        PiiKind::CreditCard => {
            let digits = digits::of(lower);
            let last = String::from_utf8_lossy(&digits[digits.len().saturating_sub(4)..]).into_owned();
            format!("<{kind}:{last}>")
        }
        PiiKind::Iban => {
            format!("<{kind}:{}:{}>", first(2), last(4))
        }
        PiiKind::PostalCode => format!("<{kind}:{}>", first(3)),
        PiiKind::Ip => format!("<{kind}:{}>", prefix(lower)),
        PiiKind::Vin => {
            format!("<{kind}:{}:{}>", last(6), tag(key, kind, lower))
        }
    }
}

/// The same number with and without its country, separators and extension is the same number.
fn national(lower: &[u8]) -> Vec<u8> {
    let number = lower.split(u8::is_ascii_alphabetic).next().unwrap_or(lower);
    let digits = digits::of(number);
    match digits.strip_prefix(b"1") {
        Some(rest) if rest.len() == 10 => rest.to_vec(),
        _ if digits.is_empty() => lower.to_vec(),
        _ => digits,
    }
}

/// The network an address belongs to: /24 of version 4, /48 of version 6.
fn prefix(lower: &[u8]) -> String {
    let text = String::from_utf8_lossy(lower).replace(['[', ']', '(', ')'], "");
    match text.parse::<std::net::IpAddr>() {
        Ok(std::net::IpAddr::V4(address)) => {
            let [a, b, c, _] = address.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        Ok(std::net::IpAddr::V6(address)) => {
            let [a, b, c, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}::/48")
        }
        Err(_) => "0.0.0.0/24".to_owned(),
    }
}

/// Four hexadecimal digits that are equal for equal values under one key.
fn tag(key: &[u8; 32], kind: PiiKind, value: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(kind.as_str().as_bytes());
    mac.update(&[0]);
    mac.update(value);
    let bytes = mac.finalize().into_bytes();
    let mut text = String::with_capacity(4);
    for byte in &bytes[..2] {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
