//! Tokens of a site's server: JWT, HS256 and nothing else. Source: channel reference, web chat.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use patchbay_core::chat::JwtRules;
use serde_json::{Map, Value};
use sha2::Sha256;

use crate::refusal::Refusal;

/// Longest token that is looked at, in bytes.
const MAX_TOKEN_BYTES: usize = 8 << 10;

/// What a checked token says.
#[derive(Clone, Debug, PartialEq)]
pub struct Claims(Map<String, Value>);

impl Claims {
    /// The site's id of the person: `user_id`, else `sub`; a number as its decimal text.
    pub fn user(&self) -> Option<String> {
        ["user_id", "sub"].into_iter().find_map(|name| match self.0.get(name)? {
            Value::String(id) if !id.is_empty() => Some(id.clone()),
            Value::Number(id) => Some(id.to_string()),
            _ => None,
        })
    }

    /// Name to show.
    pub fn name(&self) -> Option<String> {
        self.0.get("name").and_then(Value::as_str).filter(|name| !name.is_empty()).map(str::to_owned)
    }
}

/// Checks a token. The algorithm is looked at before any key, the signature before any claim.
pub fn verify(rules: &JwtRules, token: &str, now: DateTime<Utc>) -> Result<Claims, Refusal> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(Refusal::MalformedToken);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(Refusal::MalformedToken)?;
    let (head, claims) =
        signed.split_once('.').filter(|(_, rest)| !rest.contains('.')).ok_or(Refusal::MalformedToken)?;
    let head = object(head)?;
    if head.get("alg").and_then(Value::as_str) != Some("HS256") {
        return Err(Refusal::UnsupportedAlgorithm);
    }
    // Whatever it demands, we do not know it.
    if head.contains_key("crit") {
        return Err(Refusal::MalformedToken);
    }
    let key = match head.get("kid") {
        None | Some(Value::Null) => rules.key(None),
        Some(Value::String(kid)) => rules.key(Some(kid)),
        Some(_) => None,
    };
    let key = key.ok_or(Refusal::UnknownKey)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Refusal::MalformedToken)?;
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes()).expect("HMAC takes a key of any length");
    mac.update(signed.as_bytes());
    mac.verify_slice(&signature).map_err(|_| Refusal::SignatureMismatch)?;
    let claims = object(claims)?;
    check_times(rules, &claims, now)?;
    if rules.audience.is_empty() || !is_for(claims.get("aud"), &rules.audience) {
        return Err(Refusal::BadAudience);
    }
    Ok(Claims(claims))
}

fn check_times(rules: &JwtRules, claims: &Map<String, Value>, now: DateTime<Utc>) -> Result<(), Refusal> {
    let now = seconds(now.timestamp());
    let leeway = seconds(rules.leeway.num_seconds());
    let end = time(claims, "exp")?.ok_or(Refusal::MissingExpiry)?;
    if now >= end + leeway {
        return Err(Refusal::TokenExpired);
    }
    if time(claims, "nbf")?.is_some_and(|begin| begin > now + leeway) {
        return Err(Refusal::TokenNotYetValid);
    }
    let made = time(claims, "iat")?;
    if made.is_some_and(|made| made > now + leeway) {
        return Err(Refusal::TokenNotYetValid);
    }
    // Without its beginning, what is left of its life counts.
    if end - made.unwrap_or(now).min(now) > seconds(rules.max_ttl.num_seconds()) {
        return Err(Refusal::TtlTooLong);
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "seconds of this age are far below 2^52")]
fn seconds(whole: i64) -> f64 {
    whole as f64
}

/// A time in Unix seconds, maybe with a fraction. Absent and null are the same.
fn time(claims: &Map<String, Value>, name: &str) -> Result<Option<f64>, Refusal> {
    match claims.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_f64().map(Some).ok_or(Refusal::MalformedToken),
    }
}

fn is_for(given: Option<&Value>, audience: &str) -> bool {
    match given {
        Some(Value::String(given)) => given == audience,
        Some(Value::Array(list)) => list.iter().any(|given| given.as_str() == Some(audience)),
        _ => false,
    }
}

/// A segment that is base64url without padding over a JSON object.
fn object(segment: &str) -> Result<Map<String, Value>, Refusal> {
    let json = URL_SAFE_NO_PAD.decode(segment).map_err(|_| Refusal::MalformedToken)?;
    serde_json::from_slice(&json).map_err(|_| Refusal::MalformedToken)
}

#[cfg(test)]
mod tests {
    use patchbay_core::secret::Secret;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_772_719_200;

    fn rules() -> JwtRules {
        JwtRules {
            keys: [("k1", "one"), ("k2", "two")].map(|(id, key)| (id.to_owned(), Secret::new(key))).into(),
            default_kid: Some("k1".into()),
            audience: "hub-chat".into(),
            leeway: chrono::TimeDelta::seconds(60),
            max_ttl: chrono::TimeDelta::seconds(86_400),
        }
    }

    fn sign(head: &Value, claims: &Value, key: &str) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(head), part(claims));
        let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
        mac.update(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
    }

    fn verify_at_now(token: &str) -> Result<Claims, Refusal> {
        verify(&rules(), token, DateTime::from_timestamp(NOW, 0).unwrap())
    }

    fn good() -> Value {
        json!({ "user_id": "cust-42", "aud": "hub-chat", "iat": NOW - 60, "exp": NOW + 900 })
    }

    #[track_caller]
    fn check_head(head: Value, expect: Result<(), Refusal>) {
        assert_eq!(verify_at_now(&sign(&head, &good(), "one")).map(drop), expect, "{head}");
    }

    #[test]
    fn only_hs256_with_a_known_key_passes() {
        check_head(json!({ "alg": "HS256" }), Ok(()));
        check_head(json!({ "alg": "HS256", "kid": "k1" }), Ok(()));
        check_head(json!({ "alg": "HS256", "kid": "k2" }), Err(Refusal::SignatureMismatch));
        check_head(json!({ "alg": "HS256", "kid": "k3" }), Err(Refusal::UnknownKey));
        check_head(json!({ "alg": "HS256", "kid": 1 }), Err(Refusal::UnknownKey));
        check_head(json!({ "alg": "HS256", "crit": ["b64"] }), Err(Refusal::MalformedToken));
        for alg in [json!("none"), json!("None"), json!("hs256"), json!("HS512"), json!("RS256"), json!(null)] {
            check_head(json!({ "alg": alg, "kid": "k3" }), Err(Refusal::UnsupportedAlgorithm));
        }
    }

    #[track_caller]
    fn check_claims(change: Value, expect: Result<Option<&str>, Refusal>) {
        let mut claims = good();
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let found = verify_at_now(&sign(&json!({ "alg": "HS256" }), &claims, "one")).map(|claims| claims.user());
        assert_eq!(found, expect.map(|id| id.map(str::to_owned)), "{claims}");
    }

    #[test]
    fn times_are_checked_with_leeway() {
        check_claims(json!({ "exp": NOW - 59 }), Ok(Some("cust-42")));
        check_claims(json!({ "exp": NOW - 60 }), Err(Refusal::TokenExpired));
        check_claims(json!({ "exp": null }), Err(Refusal::MissingExpiry));
        check_claims(json!({ "exp": "soon" }), Err(Refusal::MalformedToken));
        check_claims(json!({ "nbf": NOW + 60 }), Ok(Some("cust-42")));
        check_claims(json!({ "nbf": NOW + 61 }), Err(Refusal::TokenNotYetValid));
        check_claims(json!({ "iat": NOW, "exp": NOW + 86_400 }), Ok(Some("cust-42")));
        check_claims(json!({ "iat": NOW, "exp": NOW + 86_401 }), Err(Refusal::TtlTooLong));
        check_claims(json!({ "iat": null, "exp": NOW + 86_401 }), Err(Refusal::TtlTooLong));
        check_claims(json!({ "iat": null }), Ok(Some("cust-42")));
        check_claims(json!({ "iat": NOW + 3_600, "exp": NOW + 3_700 }), Err(Refusal::TokenNotYetValid));
    }

    #[test]
    fn the_audience_must_be_ours_and_the_user_named() {
        check_claims(json!({ "aud": ["billing", "hub-chat"] }), Ok(Some("cust-42")));
        for other in [json!(["billing"]), json!("hub-cha"), json!(null), json!(7)] {
            check_claims(json!({ "aud": other }), Err(Refusal::BadAudience));
        }
        check_claims(json!({ "user_id": 42 }), Ok(Some("42")));
        check_claims(json!({ "user_id": null, "sub": "s-1" }), Ok(Some("s-1")));
        check_claims(json!({ "user_id": "", "sub": "s-1" }), Ok(Some("s-1")));
        check_claims(json!({ "user_id": null }), Ok(None));
    }

    #[test]
    fn a_token_has_one_spelling() {
        let token = sign(&json!({ "alg": "HS256" }), &good(), "one");
        for other in [format!("{token}="), format!("{token}.x"), token.replacen('.', "", 1), String::new()] {
            assert_eq!(verify_at_now(&other).map(drop), Err(Refusal::MalformedToken), "{other}");
        }
    }

    proptest! {
        #[test]
        fn nobody_guesses_a_token(text in "[A-Za-z0-9_.-]{0,80}") {
            prop_assert!(verify_at_now(&text).is_err());
        }

        #[test]
        fn any_changed_byte_is_noticed(place in 0_usize..200, byte in "[A-Za-z0-9_-]") {
            let mut token = sign(&json!({ "alg": "HS256" }), &good(), "one");
            if place < token.len() && token.get(place..=place) != Some(byte.as_str()) {
                token.replace_range(place..=place, &byte);
                prop_assert!(verify_at_now(&token).is_err());
            }
        }
    }
}
