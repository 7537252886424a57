//! The providers' signatures, as they make them. Written apart from the code that verifies them, on purpose.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;

/// Header that carries [`sign_meta`].
pub const META_SIGNATURE_HEADER: &str = "X-Hub-Signature-256";
/// Header that carries [`sign_twilio`].
pub const TWILIO_SIGNATURE_HEADER: &str = "X-Twilio-Signature";

/// Value of `X-Hub-Signature-256` for a body: `sha256=` and the HMAC-SHA256 of the raw bytes under the app secret, in
/// lowercase hex. Source: Meta, Webhooks, "Validating payloads".
pub fn sign_meta(app_secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(app_secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

/// Value of `X-Twilio-Signature` for a form post: base64 of HMAC-SHA1 under the auth token over the URL, followed by
/// every parameter name (sorted) with its distinct values (sorted). For a GET or a JSON post pass no parameters.
/// Source: Twilio, "Validating requests", and its Python and Node libraries for repeated names.
pub fn sign_twilio<K: AsRef<str>, V: AsRef<str>>(auth_token: &str, url: &str, params: &[(K, V)]) -> String {
    let mut sorted: Vec<(&str, &str)> = params.iter().map(|(k, v)| (k.as_ref(), v.as_ref())).collect();
    sorted.sort_unstable();
    sorted.dedup();
    let mut mac = Hmac::<Sha1>::new_from_slice(auth_token.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(url.as_bytes());
    for (name, value) in sorted {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    STANDARD.encode(mac.finalize().into_bytes())
}
