//! Signatures of Meta: `X-Hub-Signature-256: sha256=<64 lowercase hex digits>`, HMAC-SHA256 over the raw body with the
//! app secret. Source: Meta, "Webhooks: validating payloads". The legacy SHA-1 header is never looked at.

use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use patchbay_core::secret::Secret;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::only_header;
use crate::refusal::Refusal;

/// Name of the header.
pub const SIGNATURE_HEADER: &str = "x-hub-signature-256";

/// Which of `secrets` signed `body`: its place in the list.
pub fn verify(headers: &HeaderMap, body: &[u8], secrets: &[Secret]) -> Result<usize, Refusal> {
    let signature = parse_signature(only_header(headers, SIGNATURE_HEADER)?)?;
    if secrets.is_empty() {
        return Err(Refusal::UnknownKey);
    }
    secrets.iter().position(|secret| signed(secret, body, &signature)).ok_or(Refusal::SignatureMismatch)
}

/// Exactly `sha256=` and 64 lowercase hex digits.
pub fn parse_signature(header: &[u8]) -> Result<[u8; 32], Refusal> {
    let digits = header.strip_prefix(b"sha256=").ok_or(Refusal::MalformedSignature)?;
    // Uppercase digits would be a second spelling of the same signature; Meta writes lowercase.
    if digits.len() != 64 || digits.iter().any(u8::is_ascii_uppercase) {
        return Err(Refusal::MalformedSignature);
    }
    let mut signature = [0; 32];
    hex::decode_to_slice(digits, &mut signature).map_err(|_| Refusal::MalformedSignature)?;
    Ok(signature)
}

/// Whether the handshake's token is one of ours. Takes the same time wherever they differ.
pub fn is_verify_token(given: &str, tokens: &[Secret]) -> bool {
    let given = Sha256::digest(given);
    tokens.iter().fold(false, |found, token| found | bool::from(Sha256::digest(token.expose()).ct_eq(&given)))
}

fn signed(secret: &Secret, body: &[u8], signature: &[u8]) -> bool {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).expect("HMAC takes a key of any length");
    mac.update(body);
    mac.verify_slice(signature).is_ok()
}
