//! Proof of the mail providers: Mailgun signs a time and a token, SendGrid signs time and body, Postmark knows a
//! password. Source: channel reference, e-mail, "How mail reaches us".

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, header};
use patchbay_core::secret::Secret;
use patchbay_normalizer::email::mailgun::Proof;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::only_header;
use crate::refusal::Refusal;

/// SendGrid: base64 of an ECDSA signature, DER.
pub const SENDGRID_SIGNATURE: &str = "x-twilio-email-event-webhook-signature";
/// SendGrid: when it signed, Unix seconds; signed too.
pub const SENDGRID_TIMESTAMP: &str = "x-twilio-email-event-webhook-timestamp";
/// SubjectPublicKeyInfo of an uncompressed point on P-256, up to the point. Source: RFC 5480.
const P256_SPKI: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// The place of the key that signed time and token. The signature has one spelling: 64 lowercase hex digits.
pub fn mailgun(proof: &Proof, keys: &[Secret]) -> Result<usize, Refusal> {
    let is_lower = !proof.signature.bytes().any(|byte| byte.is_ascii_uppercase());
    let given: [u8; 32] = hex::decode(&proof.signature)
        .ok()
        .filter(|_| is_lower)
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or(Refusal::MalformedSignature)?;
    if keys.is_empty() {
        return Err(Refusal::UnknownKey);
    }
    let fits = |key: &Secret| {
        let mut mac = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes()).expect("any length of key is taken");
        mac.update(proof.timestamp.as_bytes());
        mac.update(proof.token.as_bytes());
        mac.verify_slice(&given).is_ok()
    };
    keys.iter().position(fits).ok_or(Refusal::SignatureMismatch)
}

/// When a request was signed, no further than `max_age_seconds` from now in either direction.
pub fn fresh(timestamp: &str, now: DateTime<Utc>, max_age_seconds: u64) -> Result<DateTime<Utc>, Refusal> {
    let at = timestamp
        .parse::<i64>()
        .ok()
        .and_then(|seconds| DateTime::from_timestamp(seconds, 0))
        .ok_or(Refusal::StaleTimestamp)?;
    let age = TimeDelta::try_seconds(i64::try_from(max_age_seconds).unwrap_or(i64::MAX)).unwrap_or(TimeDelta::MAX);
    if (now - at).abs() > age { Err(Refusal::StaleTimestamp) } else { Ok(at) }
}

/// The place of the public key that fits, and the time that was signed.
pub fn sendgrid<'h>(headers: &'h HeaderMap, body: &[u8], keys: &[Secret]) -> Result<(usize, &'h str), Refusal> {
    let signature = only_header(headers, SENDGRID_SIGNATURE)?;
    let timestamp = only_header(headers, SENDGRID_TIMESTAMP)?;
    let signature = STANDARD.decode(signature).map_err(|_| Refusal::MalformedSignature)?;
    let timestamp = std::str::from_utf8(timestamp).map_err(|_| Refusal::MalformedSignature)?;
    if keys.is_empty() {
        return Err(Refusal::UnknownKey);
    }
    let covered = [timestamp.as_bytes(), body].concat();
    let fits = |key: &Secret| {
        point(key.expose()).is_some_and(|point| {
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(&covered, &signature).is_ok()
        })
    };
    keys.iter().position(fits).map(|place| (place, timestamp)).ok_or(Refusal::SignatureMismatch)
}

/// The point of a public key: base64 of SubjectPublicKeyInfo, with or without PEM armor.
pub fn point(key: &str) -> Option<Vec<u8>> {
    let text: String = key.lines().filter(|line| !line.starts_with("-----")).flat_map(str::split_whitespace).collect();
    let der = STANDARD.decode(text).ok()?;
    der.strip_prefix(P256_SPKI).filter(|point| point.len() == 65 && point.first() == Some(&4)).map(<[u8]>::to_vec)
}

/// The place of the `user:password` pair that fits.
pub fn postmark(headers: &HeaderMap, keys: &[Secret]) -> Result<usize, Refusal> {
    let given = only_header(headers, header::AUTHORIZATION.as_str())?;
    let (scheme, encoded) =
        std::str::from_utf8(given).ok().and_then(|text| text.split_once(' ')).ok_or(Refusal::BadCredentials)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(Refusal::BadCredentials);
    }
    let pair = STANDARD.decode(encoded.trim()).map_err(|_| Refusal::BadCredentials)?;
    if keys.is_empty() {
        return Err(Refusal::UnknownKey);
    }
    // Digests have one length: the comparison tells nothing about the length of the password.
    let given = Sha256::digest(&pair);
    let fits = |key: &Secret| bool::from(Sha256::digest(key.expose().as_bytes()).ct_eq(&given));
    keys.iter().position(fits).ok_or(Refusal::BadCredentials)
}
