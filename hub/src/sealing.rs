//! Secrets of others at rest: sealed with AES-256-GCM under a key of the settings, each for the row that it stands in.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use patchbay_core::secret::Secret;
use uuid::Uuid;

/// What the derived keys are for.
const PURPOSE: &[u8] = b"patchbay secrets v1";

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

fn derive(key: &Secret) -> Option<LessSafeKey> {
    let text = key.expose().trim();
    let bytes = if text.len() == 64 { hex::decode(text).ok()? } else { STANDARD.decode(text).ok()? };
    if bytes.len() != 32 {
        return None;
    }
    let secret = Salt::new(HKDF_SHA256, &[]).extract(&bytes);
    let material = secret.expand(&[PURPOSE], &AES_256_GCM).ok()?;
    Some(LessSafeKey::new(UnboundKey::from(material)))
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
}
