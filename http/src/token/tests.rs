use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use patchbay_core::actor::Scope;
use patchbay_core::ids::SiteId;
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::*;
use crate::issuer::{IssuerKey, IssuerServer, Publishes};
use crate::jwks::{Jwks, JwksRules};

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const SUBJECT: &str = "0190c8a0-0000-7000-8000-000000000001";
const NOW: i64 = 1_800_000_000;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(NOW, 0).expect("a time")
}

fn keys() -> TokenKeys {
    TokenKeys::new(&Secret::new(SECRET), None, None).expect("long enough")
}

fn good() -> Value {
    json!({ "sub": SUBJECT, "role": "qa", "exp": NOW + 600 })
}

/// `good` with some claims replaced; null takes one away.
fn with(changes: &Value) -> Value {
    let mut claims = good();
    for (name, value) in changes.as_object().expect("an object") {
        if value.is_null() {
            claims.as_object_mut().expect("an object").remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
    claims
}

fn signed(header: &Header, secret: &str, claims: &Value) -> String {
    jsonwebtoken::encode(header, claims, &EncodingKey::from_secret(secret.as_bytes())).expect("a token")
}

fn ours(claims: &Value) -> String {
    signed(&Header::new(Algorithm::HS256), SECRET, claims)
}

#[track_caller]
fn check(keys: &TokenKeys, token: &str, expect: Option<Code>, case: &str) {
    let verified = futures_lite(keys.verify(token, now()));
    assert_eq!(verified.err().map(|error| error.code()), expect, "{case}");
}

/// Runs what never waits: tokens with the shared secret.
fn futures_lite<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

#[test]
fn tokens_with_the_shared_secret() {
    use Code::{InvalidAuthClaims as Claims, InvalidAuthToken as Token};
    let cases = [
        ("a good one", json!({}), None),
        ("just expired, within the leeway", json!({ "exp": NOW - 30 }), None),
        ("expired", json!({ "exp": NOW - 31 }), Some(Token)),
        ("expired long ago", json!({ "exp": i64::MIN }), Some(Token)),
        ("without an end", json!({ "exp": null }), Some(Claims)),
        ("with an end nobody can read", json!({ "exp": "tomorrow" }), Some(Claims)),
        ("with a fraction of a second", json!({ "exp": 1_800_000_600.5 }), None),
        ("valid in a moment, within the leeway", json!({ "nbf": NOW + 30 }), None),
        ("not valid yet", json!({ "nbf": NOW + 31 }), Some(Token)),
        ("made in a moment, within the leeway", json!({ "iat": NOW + 30 }), None),
        ("made in the future", json!({ "iat": NOW + 31 }), Some(Token)),
        ("made in the far future", json!({ "iat": i64::MAX }), Some(Token)),
        ("without a subject", json!({ "sub": null }), Some(Claims)),
        ("with a scope of permissions", json!({ "scope": "openid profile" }), None),
        ("with the session of another issuer", json!({ "sid": "not-an-id" }), None),
        ("with a conversation that is no id", json!({ "conv": "seven" }), Some(Claims)),
        ("with a scope of the wrong kind", json!({ "account_ids": 7 }), Some(Claims)),
    ];
    for (case, changes, expect) in cases {
        check(&keys(), &ours(&with(&changes)), expect, case);
    }
}

#[test]
fn a_token_that_is_not_ours_is_refused() {
    let refused = Some(Code::InvalidAuthToken);
    let good_one = ours(&good());
    let (signed_part, signature) = good_one.rsplit_once('.').expect("three parts");
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
    let payload = URL_SAFE_NO_PAD.encode(good().to_string());
    let other_payload = URL_SAFE_NO_PAD.encode(with(&json!({ "role": "admin" })).to_string());
    let header = good_one.split('.').next().expect("a header");
    let critical = Header { crit: Some(vec!["exp".into()]), ..Header::new(Algorithm::HS256) };
    let cases = [
        ("nothing", String::new()),
        ("a word", "token".into()),
        ("two parts", signed_part.to_owned()),
        ("four parts", format!("{good_one}.more")),
        ("no signature", format!("{signed_part}.")),
        ("algorithm none", format!("{none}.{payload}.")),
        ("algorithm none with a signature", format!("{none}.{payload}.{signature}")),
        ("other claims under the signature", format!("{header}.{other_payload}.{signature}")),
        ("another secret", signed(&Header::new(Algorithm::HS256), &"x".repeat(40), &good())),
        ("HS384", signed(&Header::new(Algorithm::HS384), SECRET, &good())),
        ("HS512", signed(&Header::new(Algorithm::HS512), SECRET, &good())),
        ("something critical", signed(&critical, SECRET, &good())),
        ("too long", ours(&with(&json!({ "name": "x".repeat(MAX_TOKEN_BYTES) })))),
    ];
    for (case, token) in cases {
        check(&keys(), &token, refused, case);
    }
}

#[test]
fn issuer_and_audience_are_asked_for_when_they_are_set() {
    let secret = Secret::new(SECRET);
    let strict = TokenKeys::new(&secret, Some("https://issuer".into()), Some("dispatch-api".into())).expect("keys");
    let both = json!({ "iss": "https://issuer", "aud": ["dispatch-api", "technician"] });
    check(&strict, &ours(&with(&both)), None, "both");
    let as_text = json!({ "iss": "https://issuer", "aud": "dispatch-api" });
    check(&strict, &ours(&with(&as_text)), None, "an audience as text");
    let refused = Some(Code::InvalidAuthClaims);
    for missing in [
        json!({}),
        json!({ "iss": "https://issuer" }),
        json!({ "iss": "https://issuer", "aud": "technician" }),
        json!({ "iss": "https://another", "aud": "dispatch-api" }),
        json!({ "aud": "dispatch-api" }),
    ] {
        check(&strict, &ours(&with(&missing)), refused, &missing.to_string());
    }
    let made = strict
        .issue(Claims { sub: SUBJECT.into(), role: "qa".into(), exp: NOW + 60, ..Claims::default() })
        .expect("a token");
    check(&strict, &made, None, "one of our own making");
}

#[test]
fn scopes_come_in_several_shapes() {
    let id = Uuid::from_u128(7);
    let only = Scope::Only([SiteId(id)].into());
    let cases = [
        (json!({ "site_ids": [id] }), Some(only.clone())),
        (json!({ "site_ids": format!(" {id} , ") }), Some(only.clone())),
        (json!({ "scope": { "site_ids": [id] } }), Some(only.clone())),
        (json!({ "scope": { "site_ids": id.to_string() } }), Some(only)),
        (json!({ "site_ids": "*" }), Some(Scope::All)),
        (json!({ "site_ids": [id, "*"] }), Some(Scope::All)),
        (json!({ "site_ids": [] }), Some(Scope::none())),
        (json!({}), Some(Scope::none())),
        (json!({ "site_ids": ["here"] }), None),
        (json!({ "site_ids": ["*", "here"] }), None),
    ];
    for (changes, expect) in cases {
        let claims: Claims = serde_json::from_value(with(&changes)).expect("claims");
        assert_eq!(claims.sites::<SiteId>().ok(), expect, "{changes}");
    }
}

/// Each family of keys checks its own algorithms and no others. Source: RFC 8725, section 3.1.
#[tokio::test]
async fn an_algorithm_cannot_be_confused_with_another() {
    let (rsa, edwards) = (IssuerKey::new("r", Algorithm::RS256), IssuerKey::new("d", Algorithm::EdDSA));
    let published = [rsa.published(), edwards.published()];
    let server = IssuerServer::start(Publishes::Keys(published.to_vec())).await;
    let stop = CancellationToken::new();
    let (jwks, task) = Jwks::start(&server.url, JwksRules::default(), stop.clone()).expect("a client");
    let both = keys().and_published(jwks.clone());
    let only_published = TokenKeys::published(jwks, None, None);
    let code = async |keys: &TokenKeys, token: &str| keys.verify(token, now()).await.err().map(|error| error.code());
    let refused = Some(Code::InvalidAuthToken);

    assert_eq!(code(&both, &rsa.sign(&good())).await, None);
    assert_eq!(code(&both, &edwards.sign(&good())).await, None);
    assert_eq!(code(&both, &ours(&good())).await, None);
    assert_eq!(code(&only_published, &rsa.sign(&good())).await, None);
    assert_eq!(code(&only_published, &ours(&good())).await, refused, "no secret, no HS256");
    assert_eq!(code(&keys(), &rsa.sign(&good())).await, refused, "no published keys, no RS256");

    // The classic: the public key, which everybody knows, as the secret of HS256.
    let modulus = published[0]["n"].as_str().expect("a modulus");
    for public in [modulus.to_owned(), published[0].to_string()] {
        let header = Header { kid: Some("r".into()), ..Header::new(Algorithm::HS256) };
        assert_eq!(code(&both, &signed(&header, &public, &good())).await, refused);
        assert_eq!(code(&only_published, &signed(&header, &public, &good())).await, refused);
    }
    // A known key under another algorithm is refused without asking the issuer again.
    let asked = server.times_asked();
    let crossed = edwards.sign_with(&Header { kid: Some("r".into()), ..Header::new(Algorithm::EdDSA) }, &good());
    assert_eq!(code(&both, &crossed).await, refused);
    assert_eq!(server.times_asked(), asked);
    // A key in the token itself proves nothing.
    let stranger = IssuerKey::new("r", Algorithm::RS256);
    let jwk = serde_json::from_value(stranger.published()).expect("a key");
    let header = Header { kid: Some("r".into()), jwk: Some(jwk), ..Header::new(Algorithm::RS256) };
    assert_eq!(code(&both, &stranger.sign_with(&header, &good())).await, refused);
    // Logins are ours alone.
    let claims = both.verify(&rsa.sign(&with(&json!({ "sid": SUBJECT }))), now()).await.expect("valid");
    assert_eq!(claims.sid, None);
    stop.cancel();
    task.await.expect("it ends");
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_of_tokens_panic(text in ".{0,300}") {
        check(&keys(), &text, Some(Code::InvalidAuthToken), &text);
    }

    #[test]
    fn no_parts_make_the_reader_of_tokens_panic(
        header in "[ -~]{0,80}", payload in prop::collection::vec(any::<u8>(), 0..200), signature in "[A-Za-z0-9_-]{0,80}",
    ) {
        let token = format!("{}.{}.{signature}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        check(&keys(), &token, Some(Code::InvalidAuthToken), &token);
    }

    /// Signed by us, with any claims: an answer, and never a panic.
    #[test]
    fn no_claims_make_the_reader_of_tokens_panic(
        exp in any::<i64>(), nbf in any::<Option<i64>>(), word in ".{0,40}", words in prop::collection::vec(".{0,10}", 0..4),
    ) {
        let claims = json!({
            "sub": word, "role": word, "exp": exp, "nbf": nbf, "aud": words, "account_ids": word, "site_ids": words,
            "scope": { "account_ids": words },
        });
        if let Ok(claims) = futures_lite(keys().verify(&ours(&claims), now())) {
            let _scope = claims.sites::<SiteId>();
            let _scope = claims.accounts::<SiteId>();
        }
    }
}
