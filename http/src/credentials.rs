//! What a request brings to prove who calls: a bearer token, the console's cookie, the headers of a developer.

use axum::http::{HeaderMap, header};
use patchbay_core::Code;

use crate::error::ApiError;

/// Cookie that carries the access token of the console.
pub const ACCESS_COOKIE: &str = "patchbay_admin";

/// Where a token was found. A cookie travels by itself, so its writes need a proof of origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenSource {
    /// `Authorization: Bearer`.
    Header,
    /// The console's cookie.
    Cookie,
}

/// The token of a request: the bearer header, else the console's cookie. A header that is not a bearer token is no
/// token; the cookie does not stand in for it.
pub fn bearer(headers: &HeaderMap) -> Option<(&str, TokenSource)> {
    token(headers).ok().flatten()
}

/// The same, where it matters why there is none. Error: 401 `INVALID_AUTH_TOKEN` when the header is there and is not one
/// bearer token.
pub(crate) fn token(headers: &HeaderMap) -> Result<Option<(&str, TokenSource)>, ApiError> {
    let mut sent = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = sent.next() else {
        return Ok(cookie(headers, ACCESS_COOKIE).map(|token| (token, TokenSource::Cookie)));
    };
    let token = value
        .to_str()
        .ok()
        .and_then(|value| value.trim().split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .filter(|token| !token.is_empty() && sent.next().is_none());
    match token {
        Some(token) => Ok(Some((token, TokenSource::Header))),
        None => Err(ApiError::new(Code::InvalidAuthToken, "the authorization header is not one bearer token")),
    }
}

/// The value of a cookie.
pub fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sent: &[(&'static str, &'static str)], expect: Result<Option<(&str, TokenSource)>, ()>) {
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            headers.append(*name, axum::http::HeaderValue::from_static(value));
        }
        assert_eq!(token(&headers).map_err(|_| ()), expect, "{sent:?}");
    }

    #[test]
    fn one_bearer_token_counts_and_nothing_stands_in_for_a_broken_one() {
        check(&[], Ok(None));
        check(&[("authorization", "Bearer a.b.c")], Ok(Some(("a.b.c", TokenSource::Header))));
        check(&[("authorization", "bearer  a.b.c ")], Ok(Some(("a.b.c", TokenSource::Header))));
        check(&[("cookie", "x=y; patchbay_admin=a.b.c")], Ok(Some(("a.b.c", TokenSource::Cookie))));
        let both = [("authorization", "Bearer h"), ("cookie", "patchbay_admin=c")];
        check(&both, Ok(Some(("h", TokenSource::Header))));
        for broken in ["Bearer", "Bearer ", "Basic YTpi", "a.b.c", ""] {
            check(&[("authorization", broken), ("cookie", "patchbay_admin=c")], Err(()));
        }
        check(&[("authorization", "Bearer a"), ("authorization", "Bearer b")], Err(()));
    }
}
