//! Why a webhook was refused.

use axum::response::{IntoResponse, Response};
use patchbay_core::Code;
use patchbay_core::vocabulary;
use patchbay_http::ApiError;

vocabulary! {
    /// Why a request from outside was refused. The words are part of metrics and of `patchbay replay`; the caller is
    /// told less.
    pub enum Refusal {
        /// No signature header, or an empty one.
        MissingSignature => "missing_signature",
        /// A signature that has not the shape the provider gives it.
        MalformedSignature => "malformed_signature",
        /// A signature that no configured key made.
        SignatureMismatch => "signature_mismatch",
        /// An algorithm we do not know.
        UnsupportedAlgorithm => "unsupported_algorithm",
        /// A key id we do not know, or no key at all.
        UnknownKey => "unknown_key",
        /// An account we do not serve.
        UnknownAccount => "unknown_account",
        /// A body that the signed URL does not vouch for.
        BodyHashMissing => "body_hash_missing",
        /// A body other than the one the signed URL vouches for.
        BodyHashMismatch => "body_hash_mismatch",
        /// Signed too long ago.
        StaleTimestamp => "stale_timestamp",
        /// A token that was used before.
        ReplayedToken => "replayed_token",
        /// Wrong user or password.
        BadCredentials => "bad_credentials",
        /// A subscription handshake with the wrong token.
        ChallengeFailed => "challenge_failed",
        /// No proof of who writes, where one is required.
        MissingIdentity => "missing_identity",
        /// A proof that does not fit.
        IdentityMismatch => "identity_mismatch",
        /// A token after its time.
        TokenExpired => "token_expired",
        /// A token before its time.
        TokenNotYetValid => "token_not_yet_valid",
        /// A token without an end.
        MissingExpiry => "missing_expiry",
        /// A token that lives too long.
        TtlTooLong => "ttl_too_long",
        /// A token for somebody else.
        BadAudience => "bad_audience",
        /// Not a token.
        MalformedToken => "malformed_token",
        /// A page that may not write here.
        OriginNotAllowed => "origin_not_allowed",
        /// Bytes that cannot be read.
        MalformedPayload => "malformed_payload",
        /// Too many bytes.
        PayloadTooLarge => "payload_too_large",
    }
}

impl Refusal {
    /// Whether somebody tried with a wrong key. Who brings none at all only found the address.
    pub(crate) fn is_forgery(self) -> bool {
        matches!(self, Self::SignatureMismatch | Self::BodyHashMismatch | Self::BadCredentials | Self::UnknownKey)
    }

    /// What the caller learns: enough to find a wrong setting, nothing about keys or digests.
    fn error(self) -> ApiError {
        match self {
            Self::PayloadTooLarge => ApiError::new(Code::PayloadTooLarge, "the body is too large"),
            Self::MalformedPayload => ApiError::new(Code::InvalidRequest, "the body could not be read"),
            Self::ChallengeFailed => {
                ApiError::new(Code::WebhookHandshakeRefused, "the subscription handshake was refused")
            }
            Self::OriginNotAllowed => ApiError::new(Code::OriginNotAllowed, "this page may not write here"),
            _ => ApiError::new(Code::WebhookSignatureInvalid, "the webhook is not proven to come from its provider"),
        }
    }
}

impl std::error::Error for Refusal {}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        self.error().into_response()
    }
}
