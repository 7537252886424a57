//! Sealing: AES-256-GCM under a key of the process's own, derived from the configured one with a random salt, so that a
//! counter can serve as nonce and none is ever used twice.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use patchbay_core::ids::InboxId;
use patchbay_core::secret::Secret;
use sha2::{Digest, Sha256};

use super::raw::{RawRequest, recorded};

/// First byte of everything sealed: the version of the format.
const VERSION: u8 = 1;
const KEY_ID: usize = 4;
const SALT: usize = 16;
const HEAD: usize = 1 + KEY_ID + SALT + NONCE_LEN;
/// What the derived key is for.
const PURPOSE: &[u8] = b"patchbay journal v1";
/// Longest body that is kept; beyond, the event is stored as ever and its request is not.
const MOST_BYTES: usize = 4 << 20;

/// A configured key is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 32 bytes in base64 or 64 hexadecimal digits")]
pub struct KeyError;

/// Something sealed cannot be read: the key is not the one it was sealed with, or it was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it was sealed with another key, or changed")]
pub struct Unreadable;

/// A configured key.
#[derive(Clone)]
pub struct JournalKey {
    bytes: [u8; 32],
    id: [u8; KEY_ID],
}

impl std::fmt::Debug for JournalKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl JournalKey {
    /// Reads a key: 32 bytes, in base64 or hexadecimal.
    pub fn parse(text: &Secret) -> Result<Self, KeyError> {
        let text = text.expose().trim();
        let bytes = match text.len() {
            64 => hex::decode(text).map_err(|_| KeyError)?,
            _ => STANDARD.decode(text).map_err(|_| KeyError)?,
        };
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| KeyError)?;
        let digest = Sha256::digest([b"key id".as_slice(), &bytes].concat());
        let mut id = [0; KEY_ID];
        id.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        Ok(Self { bytes, id })
    }

    fn derive(&self, salt: &[u8]) -> Option<LessSafeKey> {
        let secret = Salt::new(HKDF_SHA256, salt).extract(&self.bytes);
        let material = secret.expand(&[PURPOSE], &AES_256_GCM).ok()?;
        Some(LessSafeKey::new(UnboundKey::from(material)))
    }
}

/// Seals requests with the first of its keys, opens what any of them sealed.
#[derive(Debug)]
pub struct Journal {
    keys: Vec<JournalKey>,
    salt: [u8; SALT],
    sealing: LessSafeKey,
    sealed: AtomicU64,
}

impl Journal {
    /// A journal under these keys, newest first. `None` without any.
    pub fn new(keys: Vec<JournalKey>) -> Option<Self> {
        let mut salt = [0; SALT];
        SystemRandom::new().fill(&mut salt).ok()?;
        let sealing = keys.first()?.derive(&salt)?;
        Some(Self { keys, salt, sealing, sealed: AtomicU64::new(0) })
    }

    /// The request that is being handled here, sealed. `None`: it is not noted, or too long.
    pub(crate) fn seal_current(&self, received_at: DateTime<Utc>, inbox: Option<InboxId>) -> Option<Vec<u8>> {
        let Some(request) = recorded(MOST_BYTES) else {
            metrics::counter!("journal_skipped_total").increment(1);
            return None;
        };
        self.seal(&request, received_at, inbox)
    }

    /// Seals a request. What it says of time and inbox cannot be exchanged without breaking the seal.
    pub fn seal(&self, request: &RawRequest, received_at: DateTime<Utc>, inbox: Option<InboxId>) -> Option<Vec<u8>> {
        let count = self.sealed.fetch_add(1, Ordering::Relaxed);
        let mut nonce = [0; NONCE_LEN];
        nonce.iter_mut().zip(count.to_be_bytes()).for_each(|(to, from)| *to = from);
        let mut content = request.to_bytes();
        let aad = Aad::from(about(received_at, inbox));
        self.sealing.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut content).ok()?;
        let mut sealed = Vec::with_capacity(HEAD + content.len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&self.keys.first()?.id);
        sealed.extend_from_slice(&self.salt);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&content);
        Some(sealed)
    }

    /// Opens what [`Journal::seal`] sealed.
    pub fn open(
        &self,
        sealed: &[u8],
        received_at: DateTime<Utc>,
        inbox: Option<InboxId>,
    ) -> Result<RawRequest, Unreadable> {
        let (head, content) = sealed.split_at_checked(HEAD).ok_or(Unreadable)?;
        let (version, rest) = head.split_first().ok_or(Unreadable)?;
        let (id, rest) = rest.split_at(KEY_ID);
        let (salt, nonce) = rest.split_at(SALT);
        if *version != VERSION {
            return Err(Unreadable);
        }
        let key = self.keys.iter().find(|key| key.id == id).and_then(|key| key.derive(salt)).ok_or(Unreadable)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Unreadable)?;
        let mut content = content.to_vec();
        let aad = Aad::from(about(received_at, inbox));
        let opened = key.open_in_place(nonce, aad, &mut content).map_err(|_| Unreadable)?;
        RawRequest::from_bytes(opened).ok_or(Unreadable)
    }
}

fn about(received_at: DateTime<Utc>, inbox: Option<InboxId>) -> Vec<u8> {
    let mut about = received_at.timestamp_micros().to_le_bytes().to_vec();
    if let Some(inbox) = inbox {
        about.extend_from_slice(inbox.0.as_bytes());
    }
    about
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, Method, Uri};

    use super::*;

    fn key(byte: &str) -> JournalKey {
        JournalKey::parse(&Secret::new(byte.repeat(32))).expect("a key")
    }

    fn request() -> RawRequest {
        RawRequest {
            method: Method::POST,
            uri: Uri::from_static("/webhooks/whatsapp"),
            headers: HeaderMap::new(),
            body: bytes::Bytes::from_static(b"the customer's words"),
        }
    }

    #[test]
    fn what_was_sealed_is_read_with_its_key_and_no_other() {
        let (at, inbox) = (DateTime::<Utc>::UNIX_EPOCH, Some(InboxId::new()));
        let old = Journal::new(vec![key("11")]).expect("a journal");
        let sealed = old.seal(&request(), at, inbox).expect("sealed");
        assert!(!sealed.windows(8).any(|window| window == b"customer"));
        let rotated = Journal::new(vec![key("22"), key("11")]).expect("a journal");
        assert_eq!(rotated.open(&sealed, at, inbox), Ok(request()));
        let other = Journal::new(vec![key("22")]).expect("a journal");
        assert_eq!(other.open(&sealed, at, inbox), Err(Unreadable));
        assert_eq!(rotated.open(&sealed, at, None), Err(Unreadable), "for another inbox");
        let mut changed = sealed.clone();
        *changed.last_mut().expect("it has bytes") ^= 1;
        assert_eq!(rotated.open(&changed, at, inbox), Err(Unreadable));
        assert_ne!(old.seal(&request(), at, inbox), Some(sealed), "no nonce is used twice");
    }

    #[test]
    fn a_key_is_32_bytes() {
        assert!(JournalKey::parse(&Secret::new("AAAA")).is_err());
        assert!(JournalKey::parse(&Secret::new(STANDARD.encode([7; 32]))).is_ok());
        assert!(JournalKey::parse(&Secret::new("zz".repeat(32))).is_err());
    }
}
