//! Proof that a request comes from its provider: over the raw bytes, in constant time, closed when in doubt.

pub mod chat;
pub mod chat_token;
pub mod mail;
pub mod twilio;
pub mod twilio_url;
pub mod whatsapp;

use http::HeaderMap;

use crate::refusal::Refusal;

/// The one value of a signature header. None or an empty one is missing; two are nobody's signature.
pub(crate) fn only_header<'h>(headers: &'h HeaderMap, name: &str) -> Result<&'h [u8], Refusal> {
    let mut values = headers.get_all(name).iter();
    match (values.next().map(http::HeaderValue::as_bytes), values.next()) {
        (None | Some(b""), None) => Err(Refusal::MissingSignature),
        (Some(value), None) => Ok(value),
        _ => Err(Refusal::MalformedSignature),
    }
}

/// Entry point for fuzzing: any bytes as every signature header, and as a signed URL's parts. Asserts that nobody is
/// verified without a key.
pub fn exercise(bytes: &[u8]) {
    use patchbay_core::secret::Secret;
    use patchbay_normalizer::twilio::Form;

    use self::twilio::Algorithm;

    if let Ok(signature) = whatsapp::parse_signature(bytes) {
        assert_eq!(bytes, format!("sha256={}", hex::encode(signature)).as_bytes(), "a signature has one spelling");
    }
    for algorithm in [Algorithm::HmacSha1, Algorithm::HmacSha256] {
        if let Ok(signature) = twilio::parse_signature(bytes, algorithm) {
            use base64::Engine as _;
            let text = base64::engine::general_purpose::STANDARD.encode(signature);
            assert_eq!(bytes, text.as_bytes(), "a signature has one spelling");
        }
    }
    let _settings = twilio::parse_settings(bytes);
    let _parameters = twilio::canonical(&Form::parse(bytes));
    if let Ok(value) = http::HeaderValue::from_bytes(bytes) {
        let mut headers = HeaderMap::new();
        for name in [
            whatsapp::SIGNATURE_HEADER,
            twilio::SIGNATURE_HEADER,
            twilio::SETTINGS_HEADER,
            "host",
            "x-forwarded-host",
            "x-forwarded-proto",
        ] {
            if let Ok(name) = http::HeaderName::from_bytes(name.as_bytes()) {
                headers.insert(name, value.clone());
            }
        }
        assert!(whatsapp::verify(&headers, bytes, &[Secret::new("key")]).is_err(), "nobody guesses an HMAC");
        let config = crate::config::Config { trust_forwarded_headers: true, ..crate::config::Config::default() };
        if let Ok(uri) = http::Uri::try_from(bytes) {
            assert!(!twilio_url::candidates(&config, &uri, &headers).is_empty(), "there is always a URL to try");
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_header_makes_it_panic(bytes in any::<Vec<u8>>()) {
            super::exercise(&bytes);
        }

        #[test]
        fn almost_right_headers_verify_nobody(header in "(sha256=[0-9a-fA-F]{60,66}|[A-Za-z0-9+/]{24,46}={0,2}|(key|algorithm)=[A-Z_0-9]{0,12},(key|algorithm)=HMAC_SHA(1|256)|https?://[a-z:0-9.\\[\\]]{0,20}/[!-~]{0,20})") {
            super::exercise(header.as_bytes());
        }
    }
}
