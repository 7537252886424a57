//! A set of published keys, reduced to those that may check our tokens.

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

/// Most keys of a set that are looked at.
const MAX_KEYS: usize = 64;

/// The usable keys of an issuer.
#[derive(Debug, Default)]
pub(super) struct KeySet {
    keys: Vec<PublishedKey>,
}

#[derive(Debug)]
struct PublishedKey {
    id: Option<String>,
    algorithm: Algorithm,
    key: DecodingKey,
}

/// What a set knows about a token's key.
#[derive(Debug)]
pub(super) enum Found<'s> {
    /// The key.
    Key(&'s DecodingKey),
    /// The id belongs to a key of another algorithm.
    OtherAlgorithm,
    /// No such key.
    Nothing,
}

/// The answer is not a set of keys.
#[derive(Debug, thiserror::Error)]
#[error("the answer is not a set of keys")]
pub(super) struct NotAKeySet(#[from] serde_json::Error);

impl KeySet {
    /// Reads a JSON Web Key Set. Keys that cannot check our tokens are left out: secrets, other curves, keys for
    /// encryption, keys nobody can read.
    pub(super) fn parse(json: &[u8]) -> Result<Self, NotAKeySet> {
        #[derive(Deserialize)]
        struct Document {
            keys: Vec<Value>,
        }
        let document: Document = serde_json::from_slice(json)?;
        let jwks = document.keys.into_iter().take(MAX_KEYS).filter_map(|key| serde_json::from_value(key).ok());
        Ok(Self { keys: jwks.filter_map(|jwk| usable(&jwk)).collect() })
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// The key with this id and algorithm. A token without an id is checked with the only key of its algorithm.
    pub(super) fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Found<'_> {
        let mut fitting = self.keys.iter().filter(|key| key.algorithm == algorithm);
        match id {
            Some(id) => match fitting.find(|key| key.id.as_deref() == Some(id)) {
                Some(key) => Found::Key(&key.key),
                None if self.keys.iter().any(|key| key.id.as_deref() == Some(id)) => Found::OtherAlgorithm,
                None => Found::Nothing,
            },
            None => match (fitting.next(), fitting.next()) {
                (Some(only), None) => Found::Key(&only.key),
                _ => Found::Nothing,
            },
        }
    }
}

/// The algorithm follows from the kind of key, never from a token, and must be the one the issuer names, if it does.
fn usable(jwk: &Jwk) -> Option<PublishedKey> {
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => Algorithm::ES256,
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => Algorithm::EdDSA,
        _ => return None,
    };
    let common = &jwk.common;
    let is_for_it = common.key_algorithm.is_none_or(|named| named == KeyAlgorithm::from(algorithm));
    let is_for_signatures = common.public_key_use.as_ref().is_none_or(|purpose| *purpose == PublicKeyUse::Signature)
        && common.key_operations.as_ref().is_none_or(|operations| operations.contains(&KeyOperations::Verify));
    if !is_for_it || !is_for_signatures {
        return None;
    }
    let key = DecodingKey::from_jwk(jwk).ok()?;
    Some(PublishedKey { id: common.key_id.clone(), algorithm, key })
}
