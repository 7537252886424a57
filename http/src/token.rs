//! JSON Web Tokens: HS256 with the shared secret, checked and made here; RS256, ES256 and EdDSA with the published keys
//! of an outside issuer, checked only. Which keys may check a token follows from its algorithm, and a key serves one
//! algorithm only. Source: domain, authentication; RFC 7515, RFC 7519, RFC 8725.

mod claims;

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use patchbay_core::Code;
use patchbay_core::secret::Secret;

use crate::error::ApiError;
use crate::jwks::Jwks;

pub(crate) use claims::scope_of;
pub use claims::{Claims, ScopeClaim, WordList};

/// Shortest secret we sign with, in bytes.
pub const MIN_SECRET_BYTES: usize = 32;
/// Longest token that is looked at, in bytes: servers in front of us cut headers at 8 KiB anyway.
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;
/// How far the clocks of an issuer and ours may differ.
const LEEWAY: TimeDelta = TimeDelta::seconds(30);

/// Checks tokens, and makes them when there is a secret. Cheap to clone.
#[derive(Clone)]
pub struct TokenKeys {
    shared: Option<SharedSecret>,
    published: Option<Jwks>,
    issuer: Option<String>,
    audience: Option<String>,
}

#[derive(Clone)]
struct SharedSecret {
    decoding: DecodingKey,
    encoding: EncodingKey,
}

impl std::fmt::Debug for TokenKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenKeys(***)")
    }
}

impl TokenKeys {
    /// Keys from a secret of at least [`MIN_SECRET_BYTES`]; `None` when it is shorter.
    pub fn new(secret: &Secret, issuer: Option<String>, audience: Option<String>) -> Option<Self> {
        let bytes = secret.expose().as_bytes();
        (bytes.len() >= MIN_SECRET_BYTES).then(|| Self {
            shared: Some(SharedSecret {
                decoding: DecodingKey::from_secret(bytes),
                encoding: EncodingKey::from_secret(bytes),
            }),
            published: None,
            issuer,
            audience,
        })
    }

    /// Only the published keys of an outside issuer: tokens are checked and none are made.
    pub fn published(jwks: Jwks, issuer: Option<String>, audience: Option<String>) -> Self {
        Self { shared: None, published: Some(jwks), issuer, audience }
    }

    /// The published keys of an outside issuer, beside the secret.
    #[must_use]
    pub fn and_published(mut self, jwks: Jwks) -> Self {
        self.published = Some(jwks);
        self
    }

    /// Audience that every token must name.
    pub(crate) fn audience(&self) -> Option<&str> {
        self.audience.as_deref()
    }

    /// Signs `claims`, with the configured issuer when they name none, and for the configured audience too. Error: 500
    /// `AUTH_CONFIG_ERROR` without a secret.
    pub fn issue(&self, mut claims: Claims) -> Result<String, ApiError> {
        let shared = self
            .shared
            .as_ref()
            .ok_or_else(|| ApiError::new(Code::AuthConfigError, "no secret to sign tokens with is configured"))?;
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
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &shared.encoding)
            .map_err(|error| ApiError::internal(&error))
    }

    /// Checks signature, algorithm, times, issuer and audience. A token signed with a key that is not known yet waits
    /// for one fetch of the published keys. Errors: 401 `INVALID_AUTH_TOKEN` or `INVALID_AUTH_CLAIMS`; neither says
    /// what exactly was wrong with the signature. 503 `NOT_READY` when the published keys are away for too long.
    pub async fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Claims, ApiError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(not_valid());
        }
        // A header that cannot be read is no token; only claims that do not fit come from a token of ours.
        let header = jsonwebtoken::decode_header(token).map_err(|_| not_valid())?;
        // RFC 7515, section 4.1.11: what must be understood and is not makes the token invalid.
        if header.crit.is_some() || header.enc.is_some() || header.zip.is_some() {
            return Err(not_valid());
        }
        let claims = match (header.alg, &self.shared, &self.published) {
            (Algorithm::HS256, Some(shared), _) => decode(token, Algorithm::HS256, &shared.decoding)?,
            (algorithm @ (Algorithm::RS256 | Algorithm::ES256 | Algorithm::EdDSA), _, Some(jwks)) => {
                let key = jwks.key(header.kid.as_deref(), algorithm).await?;
                // Logins are ours: a session that somebody else's token names is none we know.
                Claims { sid: None, ..decode(token, algorithm, &key)? }
            }
            _ => return Err(not_valid()),
        };
        self.check(&claims, now)?;
        Ok(claims)
    }

    fn check(&self, claims: &Claims, now: DateTime<Utc>) -> Result<(), ApiError> {
        let (now, leeway) = (now.timestamp(), LEEWAY.num_seconds());
        let expired = claims.exp.saturating_add(leeway) < now;
        let early = [claims.nbf, claims.iat].into_iter().flatten().any(|from| from.saturating_sub(leeway) > now);
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
        Ok(())
    }
}

fn decode(token: &str, algorithm: Algorithm, key: &DecodingKey) -> Result<Claims, ApiError> {
    let mut validation = Validation::new(algorithm);
    // Times, issuer and audience are checked here, against our clock.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    jsonwebtoken::decode::<Claims>(token, key, &validation).map(|token| token.claims).map_err(|error| {
        match error.kind() {
            ErrorKind::Json(_) => ApiError::new(Code::InvalidAuthClaims, "the token lacks a required claim"),
            _ => not_valid(),
        }
    })
}

fn not_valid() -> ApiError {
    ApiError::new(Code::InvalidAuthToken, "the token is not valid")
}

#[cfg(test)]
mod tests;
