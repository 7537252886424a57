//! Our JSON Web Tokens: HS256, checked and made here. Source: domain, authentication; RFC 7519.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use patchbay_core::Code;
use patchbay_core::actor::Scope;
use patchbay_core::secret::Secret;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::ApiError;

/// Shortest secret we sign with, in bytes.
pub const MIN_SECRET_BYTES: usize = 32;
/// How far the clocks of an issuer and ours may differ.
const LEEWAY: TimeDelta = TimeDelta::seconds(30);

/// What a token says. Lists may be JSON arrays or one comma-separated text.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Claims {
    /// Who.
    pub sub: String,
    /// As what.
    #[serde(default)]
    pub role: String,
    /// Until when, in seconds since 1970.
    pub exp: i64,
    /// Not before, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    /// Made when, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iat: Option<i64>,
    /// Made by whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// Portals it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aud: Option<WordList>,
    /// What kind of being.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor_type: Option<String>,
    /// Name to show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Teams, by id or slug.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team_ids: Option<WordList>,
    /// Accounts, or `*`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_ids: Option<WordList>,
    /// Sites, or `*`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site_ids: Option<WordList>,
    /// The same, as the originals also write it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<ScopeClaim>,
    /// Login the token belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<Uuid>,
    /// Conversation an assistant's token is bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conv: Option<Uuid>,
    /// Makes two tokens of the same second differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
}

/// `scope: {account_ids, site_ids}`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ScopeClaim {
    /// Accounts, or `*`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_ids: Option<WordList>,
    /// Sites, or `*`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site_ids: Option<WordList>,
}

/// A list of words: an array, or one text with commas.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum WordList {
    /// `"a,b"`.
    Text(String),
    /// `["a","b"]`.
    List(Vec<String>),
}

impl WordList {
    /// The words, trimmed, without empty ones.
    pub fn words(&self) -> Vec<&str> {
        let words: Vec<&str> = match self {
            Self::Text(text) => text.split(',').collect(),
            Self::List(list) => list.iter().map(String::as_str).collect(),
        };
        words.into_iter().map(str::trim).filter(|word| !word.is_empty()).collect()
    }
}

impl Claims {
    /// Accounts of the token. Error: `INVALID_AUTH_CLAIMS` when an entry is neither an id nor `*`.
    pub fn accounts<Id: Ord + From<Uuid>>(&self) -> Result<Scope<Id>, ApiError> {
        scope(self.account_ids.as_ref().or_else(|| self.scope.as_ref()?.account_ids.as_ref()))
    }

    /// Sites of the token. Error: `INVALID_AUTH_CLAIMS` when an entry is neither an id nor `*`.
    pub fn sites<Id: Ord + From<Uuid>>(&self) -> Result<Scope<Id>, ApiError> {
        scope(self.site_ids.as_ref().or_else(|| self.scope.as_ref()?.site_ids.as_ref()))
    }
}

fn scope<Id: Ord + From<Uuid>>(list: Option<&WordList>) -> Result<Scope<Id>, ApiError> {
    let Some(list) = list else { return Ok(Scope::none()) };
    let mut ids = BTreeSet::new();
    for word in list.words() {
        if word == "*" {
            return Ok(Scope::All);
        }
        let id = Uuid::parse_str(word).map_err(|_| {
            ApiError::new(Code::InvalidAuthClaims, "the token's scope holds something that is not an id")
        })?;
        ids.insert(Id::from(id));
    }
    Ok(Scope::Only(ids))
}

/// Checks and makes tokens with one secret. Cheap to clone.
#[derive(Clone)]
pub struct TokenKeys {
    decoding: DecodingKey,
    encoding: EncodingKey,
    issuer: Option<String>,
    audience: Option<String>,
}

impl std::fmt::Debug for TokenKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenKeys(***)")
    }
}

impl TokenKeys {
    /// Keys from a secret of at least [`MIN_SECRET_BYTES`]; `None` when it is shorter.
    pub fn new(secret: &Secret, issuer: Option<String>, audience: Option<String>) -> Option<Self> {
        (secret.expose().len() >= MIN_SECRET_BYTES).then(|| Self {
            decoding: DecodingKey::from_secret(secret.expose().as_bytes()),
            encoding: EncodingKey::from_secret(secret.expose().as_bytes()),
            issuer,
            audience,
        })
    }

    /// Signs `claims`, with the configured issuer when they name none, and for the configured audience too.
    pub fn issue(&self, mut claims: Claims) -> Result<String, ApiError> {
        claims.iss = claims.iss.or_else(|| self.issuer.clone());
        if let Some(audience) = &self.audience {
            let mut words =
                claims.aud.as_ref().map(|aud| aud.words().into_iter().map(str::to_owned).collect::<Vec<_>>());
            let words = words.get_or_insert_default();
            if !words.contains(audience) {
                words.push(audience.clone());
            }
            claims.aud = Some(WordList::List(std::mem::take(words)));
        }
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
            .map_err(|error| ApiError::internal(&error))
    }

    /// Checks signature, algorithm, times, issuer and audience. Errors: 401 `INVALID_AUTH_TOKEN` or
    /// `INVALID_AUTH_CLAIMS`; neither says what exactly was wrong with the signature.
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Claims, ApiError> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        // A header that cannot be read is no token; only claims that do not fit come from a token of ours.
        jsonwebtoken::decode_header(token)
            .map_err(|_| ApiError::new(Code::InvalidAuthToken, "the token is not valid"))?;
        let claims = jsonwebtoken::decode::<Claims>(token, &self.decoding, &validation)
            .map_err(|error| match error.kind() {
                jsonwebtoken::errors::ErrorKind::Json(_) => {
                    ApiError::new(Code::InvalidAuthClaims, "the token lacks a required claim")
                }
                _ => ApiError::new(Code::InvalidAuthToken, "the token is not valid"),
            })?
            .claims;
        let expired = claims.exp.saturating_add(LEEWAY.num_seconds()) < now.timestamp();
        let early = claims.nbf.is_some_and(|from| from.saturating_sub(LEEWAY.num_seconds()) > now.timestamp());
        if expired || early {
            return Err(ApiError::new(Code::InvalidAuthToken, "the token has expired or is not valid yet"));
        }
        if let Some(issuer) = &self.issuer
            && claims.iss.as_ref() != Some(issuer)
        {
            return Err(ApiError::new(Code::InvalidAuthClaims, "the token is from another issuer"));
        }
        if let Some(audience) = &self.audience
            && !claims.aud.as_ref().is_some_and(|aud| aud.words().contains(&audience.as_str()))
        {
            return Err(ApiError::new(Code::InvalidAuthClaims, "the token is for somebody else"));
        }
        Ok(claims)
    }
}
