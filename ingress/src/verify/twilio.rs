//! Signatures of Twilio: `X-Twilio-Signature`, base64 of an HMAC over the URL and the form parameters.
//! Source: Twilio, "Webhooks security" and "Webhook shared keys".

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use patchbay_core::secret::Secret;
use patchbay_normalizer::twilio::Form;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::only_header;
use crate::inboxes::TwilioAccount;
use crate::refusal::Refusal;

/// Name of the signature header.
pub const SIGNATURE_HEADER: &str = "x-twilio-signature";
/// Name of the header that names a shared key.
pub const SETTINGS_HEADER: &str = "x-twilio-webhooks-signature-settings";

/// What a signature covers beside the URL.
#[derive(Clone, Copy, Debug)]
pub enum Covered<'a> {
    /// A form: its parameters.
    Form(&'a Form),
    /// Nothing: the parameters are in the URL.
    Url,
    /// A body of another type, through its SHA-256 in the query.
    Hashed {
        /// The body.
        body: &'a [u8],
        /// The query of the request.
        query: &'a Form,
    },
}

/// The key that made a signature.
#[derive(Clone, Debug)]
pub struct Key {
    /// Id of a shared key; `None` for an auth token.
    pub id: Option<String>,
    /// The key.
    pub secret: Secret,
}

/// Algorithm of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// HMAC-SHA1, 20 bytes.
    HmacSha1,
    /// HMAC-SHA256, 32 bytes.
    HmacSha256,
}

/// Which key of the account signed the request. With a settings header only the key it names counts: never the auth
/// token.
pub(crate) fn verify(
    headers: &HeaderMap,
    urls: &[String],
    covered: Covered<'_>,
    account: &TwilioAccount,
) -> Result<Key, Refusal> {
    let header = only_header(headers, SIGNATURE_HEADER)?;
    let (keys, algorithm) = keys(headers, account)?;
    let signature = parse_signature(header, algorithm)?;
    if let Covered::Hashed { query, .. } = covered
        && query.raw("bodySHA256").is_none()
    {
        return Err(Refusal::BodyHashMissing);
    }
    let parameters = match covered {
        Covered::Form(form) => canonical(form),
        Covered::Url | Covered::Hashed { .. } => Vec::new(),
    };
    let key = keys
        .into_iter()
        .find(|key| urls.iter().any(|url| signed(algorithm, &key.secret, url, &parameters, &signature)))
        .ok_or(Refusal::SignatureMismatch)?;
    if let Covered::Hashed { body, query } = covered {
        check_body_hash(body, query)?;
    }
    Ok(key)
}

/// The keys that may have signed, and how.
fn keys(headers: &HeaderMap, account: &TwilioAccount) -> Result<(Vec<Key>, Algorithm), Refusal> {
    match only_header(headers, SETTINGS_HEADER) {
        Ok(settings) => {
            let (id, algorithm) = parse_settings(settings)?;
            let secret = account.shared_keys.get(&id).cloned().ok_or(Refusal::UnknownKey)?;
            Ok((vec![Key { id: Some(id), secret }], algorithm))
        }
        Err(Refusal::MissingSignature) if !headers.contains_key(SETTINGS_HEADER) => {
            if account.auth_tokens.is_empty() {
                return Err(Refusal::UnknownKey);
            }
            let tokens = account.auth_tokens.iter().map(|secret| Key { id: None, secret: secret.clone() });
            Ok((tokens.collect(), Algorithm::HmacSha1))
        }
        Err(_) => Err(Refusal::MalformedSignature),
    }
}

/// Reads `key=<id>,algorithm=HMAC_SHA1|HMAC_SHA256`.
pub fn parse_settings(header: &[u8]) -> Result<(String, Algorithm), Refusal> {
    let text = std::str::from_utf8(header).map_err(|_| Refusal::MalformedSignature)?;
    let mut settings = BTreeMap::new();
    for part in text.split(',') {
        let (name, value) = part.split_once('=').ok_or(Refusal::MalformedSignature)?;
        if settings.insert(name.trim(), value.trim()).is_some() {
            return Err(Refusal::MalformedSignature);
        }
    }
    let id = settings.get("key").filter(|id| !id.is_empty()).ok_or(Refusal::MalformedSignature)?;
    let algorithm = match settings.get("algorithm").copied() {
        Some("HMAC_SHA1") => Algorithm::HmacSha1,
        Some("HMAC_SHA256") => Algorithm::HmacSha256,
        Some(_) => return Err(Refusal::UnsupportedAlgorithm),
        None => return Err(Refusal::MalformedSignature),
    };
    Ok(((*id).to_owned(), algorithm))
}

/// Base64 with the standard alphabet and padding, of exactly the algorithm's length.
pub fn parse_signature(header: &[u8], algorithm: Algorithm) -> Result<Vec<u8>, Refusal> {
    let length = match algorithm {
        Algorithm::HmacSha1 => 20,
        Algorithm::HmacSha256 => 32,
    };
    STANDARD.decode(header).ok().filter(|bytes| bytes.len() == length).ok_or(Refusal::MalformedSignature)
}

/// Names in the order of their code points, each with its distinct values in order; nothing between, nothing trimmed.
/// UTF-8 bytes sort like code points.
pub fn canonical(form: &Form) -> Vec<u8> {
    let mut by_name: BTreeMap<&[u8], BTreeSet<&[u8]>> = BTreeMap::new();
    for (name, value) in form.pairs() {
        by_name.entry(name).or_default().insert(value);
    }
    let mut canonical = Vec::new();
    for (name, values) in by_name {
        for value in values {
            canonical.extend_from_slice(name);
            canonical.extend_from_slice(value);
        }
    }
    canonical
}

fn signed(algorithm: Algorithm, secret: &Secret, url: &str, parameters: &[u8], signature: &[u8]) -> bool {
    const ANY_LENGTH: &str = "HMAC takes a key of any length";
    let key = secret.expose().as_bytes();
    match algorithm {
        Algorithm::HmacSha1 => {
            let mut mac = Hmac::<Sha1>::new_from_slice(key).expect(ANY_LENGTH);
            mac.update(url.as_bytes());
            mac.update(parameters);
            mac.verify_slice(signature).is_ok()
        }
        Algorithm::HmacSha256 => {
            let mut mac = Hmac::<Sha256>::new_from_slice(key).expect(ANY_LENGTH);
            mac.update(url.as_bytes());
            mac.update(parameters);
            mac.verify_slice(signature).is_ok()
        }
    }
}

/// The body is the one whose hash the signed URL carries.
fn check_body_hash(body: &[u8], query: &Form) -> Result<(), Refusal> {
    let given = query.raw("bodySHA256").ok_or(Refusal::BodyHashMissing)?;
    let mut expected = [0; 32];
    hex::decode_to_slice(given.as_bytes(), &mut expected).map_err(|_| Refusal::BodyHashMismatch)?;
    if bool::from(Sha256::digest(body).as_slice().ct_eq(&expected)) { Ok(()) } else { Err(Refusal::BodyHashMismatch) }
}
