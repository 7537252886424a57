//! Who writes in a web chat. Source: channel reference, web chat.

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, header};
use patchbay_core::chat::{IdentityMode, Site};
use patchbay_core::secret::Secret;
use patchbay_normalizer::chat::{ClaimedUser, is_usable_id};
use sha2::Sha256;

use super::chat_token::{self, Claims};
use crate::refusal::Refusal;

/// A person whom the site vouches for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// The site's id of the person.
    pub id: String,
    /// Name to show.
    pub name: Option<String>,
    /// Which of several secrets proved it, from the newest; none with named keys.
    pub place: Option<usize>,
}

/// What of a request can prove an identity.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'c> {
    /// Whom the body says it is from.
    pub user: &'c ClaimedUser,
    /// The body's proof.
    pub hash: Option<&'c str>,
    /// The token beside it, checked already.
    pub token: Option<&'c Claims>,
}

/// The token of the `Authorization` header, checked. `None`: there is none, or the inbox takes none.
pub fn token(site: &Site, headers: &HeaderMap, now: DateTime<Utc>) -> Result<Option<Claims>, Refusal> {
    let IdentityMode::Jwt(rules) = &site.identity else { return Ok(None) };
    bearer(headers)?.map(|token| chat_token::verify(rules, token, now)).transpose()
}

/// What stands behind `Bearer`. Two headers are nobody's; another scheme is none of ours.
pub fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = match (values.next(), values.next()) {
        (None, _) => return Ok(None),
        (Some(value), None) => value.to_str().map_err(|_| Refusal::MalformedToken)?,
        (Some(_), Some(_)) => return Err(Refusal::MalformedToken),
    };
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Ok(None);
    }
    match token.trim() {
        "" => Err(Refusal::MalformedToken),
        token => Ok(Some(token)),
    }
}

/// Who is proven to write. `Ok(None)`: nobody, and the inbox does not ask for it. A wrong proof is refused wherever it
/// comes; it never makes an anonymous visitor.
pub fn prove(site: &Site, claim: Claim<'_>) -> Result<Option<Proven>, Refusal> {
    let proven = match &site.identity {
        IdentityMode::Hmac(secrets) => match (&claim.user.id, claim.hash) {
            (Some(id), Some(hash)) => {
                let place = hmac(secrets, id, hash)?;
                Some(Proven { id: id.clone(), name: claim.user.name.clone(), place: Some(place) })
            }
            _ => None,
        },
        IdentityMode::Jwt(_) => claim
            .token
            .map(|claims| match claims.user() {
                Some(id) => Ok(Proven { id, name: claims.name(), place: None }),
                None => Err(Refusal::MissingIdentity),
            })
            .transpose()?,
    };
    match proven {
        Some(proven) if !is_usable_id(&proven.id) => Err(Refusal::MalformedPayload),
        None if site.require_identity => Err(Refusal::MissingIdentity),
        proven => Ok(proven),
    }
}

/// Which secret made the lowercase hex HMAC-SHA256 of `id`. The whole digest is compared, in constant time.
fn hmac(secrets: &[Secret], id: &str, hash: &str) -> Result<usize, Refusal> {
    if secrets.iter().all(Secret::is_empty) {
        return Err(Refusal::UnknownKey);
    }
    let mut digest = [0; 32];
    // Uppercase digits would be a second spelling of the same proof.
    if hash.len() != 64 || hash.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(Refusal::IdentityMismatch);
    }
    hex::decode_to_slice(hash, &mut digest).map_err(|_| Refusal::IdentityMismatch)?;
    let made_by = |secret: &Secret| {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).expect("HMAC takes a key of any length");
        mac.update(id.as_bytes());
        !secret.is_empty() && mac.verify_slice(&digest).is_ok()
    };
    secrets.iter().position(made_by).ok_or(Refusal::IdentityMismatch)
}
