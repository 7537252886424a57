//! What keys of the settings are for: secrets of others at rest are sealed with AES-256-GCM, each for the row that it
//! stands in, and what is told outside the database is signed.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use patchbay_core::secret::Secret;
use uuid::Uuid;

/// What the derived keys are for.
const PURPOSE: &[u8] = b"patchbay secrets v1";
const SIGNING: &[u8] = b"patchbay audit heads v1";

/// Seals with the first of its keys, opens what any of them sealed.
pub struct Seals {
    keys: Vec<LessSafeKey>,
}

impl std::fmt::Debug for Seals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Seals {
    /// Seals under these keys (32 bytes in base64 or 64 hexadecimal digits), newest first; what is no key is left out.
    /// `None` without any.
    pub fn new<'k>(keys: impl Iterator<Item = &'k Secret>) -> Option<Self> {
        let keys: Vec<LessSafeKey> = keys.filter_map(derive).collect();
        (!keys.is_empty()).then_some(Self { keys })
    }

    /// Seals a text for one row. `None`: there is no chance to be had.
    pub(crate) fn seal(&self, row: Uuid, text: &str) -> Option<String> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).ok()?;
        let mut content = text.as_bytes().to_vec();
        let aad = Aad::from(row.as_bytes());
        let key = self.keys.first()?;
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut content).ok()?;
        Some(STANDARD.encode([nonce.as_slice(), &content].concat()))
    }

    /// Opens what was sealed for that row. `None`: by another key, for another row, or changed.
    pub(crate) fn open(&self, row: Uuid, sealed: &str) -> Option<String> {
        let sealed = STANDARD.decode(sealed).ok()?;
        let (nonce, content) = sealed.split_at_checked(NONCE_LEN)?;
        self.keys.iter().find_map(|key| {
            let mut content = content.to_vec();
            let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
            let opened = key.open_in_place(nonce, Aad::from(row.as_bytes()), &mut content).ok()?;
            String::from_utf8(opened.to_vec()).ok()
        })
    }
}

/// Signs with the first of its keys (HMAC-SHA256), knows what any of them signed.
pub struct Signer {
    keys: Vec<hmac::Key>,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Signer {
    /// Signs with keys that are derived from these, as [`Seals::new`] takes them. `None` without any.
    pub fn new<'k>(keys: impl Iterator<Item = &'k Secret>) -> Option<Self> {
        let derived = |key: &Secret| {
            let secret = Salt::new(HKDF_SHA256, &[]).extract(&bytes(key)?);
            Some(hmac::Key::from(secret.expand(&[SIGNING], hmac::HMAC_SHA256).ok()?))
        };
        let keys: Vec<hmac::Key> = keys.filter_map(derived).collect();
        (!keys.is_empty()).then_some(Self { keys })
    }

    /// The signature of a text, in hexadecimal digits. `None` without a key.
    pub(crate) fn sign(&self, text: &str) -> Option<String> {
        Some(hex::encode(hmac::sign(self.keys.first()?, text.as_bytes())))
    }

    /// Whether one of the keys signed the text.
    pub(crate) fn signed(&self, text: &str, signature: &str) -> bool {
        let Ok(signature) = hex::decode(signature) else { return false };
        self.keys.iter().any(|key| hmac::verify(key, text.as_bytes(), &signature).is_ok())
    }
}

fn derive(key: &Secret) -> Option<LessSafeKey> {
    let secret = Salt::new(HKDF_SHA256, &[]).extract(&bytes(key)?);
    let material = secret.expand(&[PURPOSE], &AES_256_GCM).ok()?;
    Some(LessSafeKey::new(UnboundKey::from(material)))
}

/// The 32 bytes of a key, written in base64 or hexadecimal digits.
fn bytes(key: &Secret) -> Option<Vec<u8>> {
    let text = key.expose().trim();
    let bytes = if text.len() == 64 { hex::decode(text).ok()? } else { STANDARD.decode(text).ok()? };
    (bytes.len() == 32).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: &str) -> Secret {
        Secret::new(byte.repeat(32))
    }

    #[test]
    fn a_sealed_secret_opens_for_its_row_under_its_key_only() {
        let (row, old) = (Uuid::from_u128(7), key("11"));
        let seals = Seals::new([&old].into_iter()).unwrap();
        let sealed = seals.seal(row, "whsec_abc").unwrap();
        assert!(!sealed.contains("whsec"));
        assert_ne!(sealed, seals.seal(row, "whsec_abc").unwrap(), "no nonce is used twice");
        let new = key("22");
        let rotated = Seals::new([&new, &old].into_iter()).unwrap();
        assert_eq!(rotated.open(row, &sealed).as_deref(), Some("whsec_abc"));
        assert_eq!(rotated.open(Uuid::from_u128(8), &sealed), None);
        assert_eq!(Seals::new([&new].into_iter()).unwrap().open(row, &sealed), None);
        assert!(Seals::new([&Secret::new("short")].into_iter()).is_none());
    }

    #[test]
    fn a_signature_is_of_its_text_and_of_one_of_the_keys() {
        let (new, old) = (key("22"), key("11"));
        let signature = Signer::new([&old].into_iter()).unwrap().sign("so it ends").unwrap();
        let rotated = Signer::new([&new, &old].into_iter()).unwrap();
        assert!(rotated.signed("so it ends", &signature));
        assert!(!rotated.signed("so it ended", &signature));
        assert!(!rotated.signed("so it ends", "no signature"));
        assert!(!Signer::new([&new].into_iter()).unwrap().signed("so it ends", &signature));
        assert!(Signer::new(std::iter::empty()).is_none());
    }
}
