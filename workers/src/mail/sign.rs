//! DKIM signatures of mail that leaves.

use mail_auth::common::crypto::{Ed25519Key, RsaKey, Sha256, SigningKey};
use mail_auth::common::headers::HeaderWriter as _;
use mail_auth::dkim::DkimSigner as Signer;
use patchbay_core::inbox::DkimSigner;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;

/// What is signed. Whoever changes one of them breaks the signature.
const HEADERS: [&str; 13] = [
    "From", "To", "Cc", "Subject", "Date", "Message-ID", "Reply-To", "In-Reply-To", "References", "MIME-Version",
    "Content-Type", "List-Unsubscribe", "List-Unsubscribe-Post",
];

/// The private key cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("dkim_private_key must be the PEM of an RSA or Ed25519 key")]
pub(crate) struct BadKey;

/// The mail with its signature in front.
pub(crate) fn sign(signer: &DkimSigner, mail: &[u8]) -> Result<Vec<u8>, BadKey> {
    let pem = signer.private_key.expose().as_bytes();
    let key = PrivateKeyDer::from_pem_slice(pem).map_err(|_| BadKey)?;
    let header = match (RsaKey::<Sha256>::from_key_der(key.clone_key()), &key) {
        (Ok(rsa), _) => header(signer, rsa, mail)?,
        (Err(_), PrivateKeyDer::Pkcs8(der)) => {
            let key = Ed25519Key::from_pkcs8_maybe_unchecked_der(der.secret_pkcs8_der()).map_err(|_| BadKey)?;
            header(signer, key, mail)?
        }
        (Err(_), _) => return Err(BadKey),
    };
    let mut signed = header.into_bytes();
    signed.extend_from_slice(mail);
    Ok(signed)
}

fn header<T: SigningKey>(signer: &DkimSigner, key: T, mail: &[u8]) -> Result<String, BadKey> {
    let signature = Signer::from_key(key)
        .domain(signer.domain.as_str())
        .selector(signer.selector.as_str())
        .headers(HEADERS)
        .sign(mail)
        .map_err(|_| BadKey)?;
    Ok(signature.to_header())
}
