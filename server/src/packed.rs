//! What the binary holds as gzip and hands out as it is. Only a client that does not take gzip gets it unpacked.

use std::convert::Infallible;
use std::io::Read as _;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use flate2::read::GzDecoder;

#[cfg(any(debug_assertions, test))]
pub(crate) use gzip::gzip;

#[cfg(any(debug_assertions, test))]
mod gzip;

/// Caches keep one answer for each way of asking.
const VARY: (HeaderName, &str) = (header::VARY, "accept-encoding");

/// How a client takes what is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// As it is.
    Gzip,
    /// Unpacked.
    Identity,
}

impl Encoding {
    /// That of a request. Who does not say gets it unpacked.
    fn of(headers: &HeaderMap) -> Self {
        let mut gzip = None;
        let mut anything = None;
        let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
        for coding in values.flat_map(|value| value.split(',')) {
            let (name, parameters) = coding.split_once(';').unwrap_or((coding, ""));
            let weight = parameters.trim().strip_prefix("q=").map_or(Ok(1.0), str::parse::<f32>);
            let taken = weight.is_ok_and(|weight| weight > 0.0);
            match name.trim().to_ascii_lowercase().as_str() {
                "gzip" | "x-gzip" => gzip = Some(taken),
                "*" => anything = Some(taken),
                _ => {}
            }
        }
        if gzip.or(anything).unwrap_or_default() { Self::Gzip } else { Self::Identity }
    }
}

impl<S: Sync> FromRequestParts<S> for Encoding {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

/// Answers with what is packed, the way the client takes it.
pub(crate) fn answer(packed: Bytes, encoding: Encoding) -> Response {
    match encoding {
        Encoding::Gzip => ([VARY, (header::CONTENT_ENCODING, "gzip")], packed).into_response(),
        Encoding::Identity => ([VARY], unpacked(&packed)).into_response(),
    }
}

/// What was packed.
pub(crate) fn unpacked(packed: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut bytes).expect("the build packed it");
    bytes
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use axum::http::HeaderValue;

    use super::*;

    fn asked(accepted: &'static str) -> Encoding {
        Encoding::of(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted))]))
    }

    #[test]
    fn gzip_goes_only_to_those_who_take_it() {
        for accepted in ["gzip", "gzip, deflate, br", "br;q=1.0, GZIP ; q=0.2", "*", "identity, *;q=0.5", "x-gzip"] {
            assert_eq!(asked(accepted), Encoding::Gzip, "{accepted}");
        }
        for accepted in ["", "identity", "br", "gzip;q=0", "gzip;q=0.000, *", "*;q=0", "gzip;q=x"] {
            assert_eq!(asked(accepted), Encoding::Identity, "{accepted}");
        }
        assert_eq!(Encoding::of(&HeaderMap::new()), Encoding::Identity);
    }

    #[tokio::test]
    async fn both_kinds_of_clients_get_the_same_bytes() {
        let text = "Ça marche. ".repeat(1000);
        let packed = Bytes::from(gzip(text.as_bytes()));
        let as_it_is = answer(packed.clone(), Encoding::Gzip);
        assert_eq!(as_it_is.headers()[header::CONTENT_ENCODING], "gzip");
        assert_eq!(as_it_is.headers()[header::VARY], "accept-encoding");
        let body = to_bytes(as_it_is.into_body(), usize::MAX).await.unwrap();
        assert_eq!(body, packed);
        assert_eq!(unpacked(&body), text.as_bytes());
        let plain = answer(packed, Encoding::Identity);
        assert!(!plain.headers().contains_key(header::CONTENT_ENCODING));
        assert_eq!(plain.headers()[header::VARY], "accept-encoding");
        assert_eq!(to_bytes(plain.into_body(), usize::MAX).await.unwrap(), text);
    }
}
