//! Where a file is: WhatsApp tells on request, Twilio told in its webhook.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use patchbay_core::evidence::Sha256Sum;
use patchbay_core::inbox::{Inbox, Provider};
use patchbay_core::item::ErrorClass;
use patchbay_core::media::MediaFailure;
use patchbay_normalizer::whatsapp;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::{Failure, FetchPayload};
use crate::provider::{CallEnd, ProviderAnswer, ProviderClient};

/// How long to leave a provider alone that says it is asked too often.
const ASKED_TOO_OFTEN: Duration = Duration::from_mins(1);

/// Where a file can be had, and what is known of it.
pub(super) struct Source {
    pub(super) url: Url,
    pub(super) sha256: Option<Sha256Sum>,
    pub(super) mime_type: Option<String>,
    pub(super) size_bytes: Option<u64>,
}

#[derive(Deserialize)]
struct Described {
    url: String,
    sha256: Option<String>,
    mime_type: Option<String>,
    /// A number, or a number as text.
    file_size: Option<Value>,
}

/// WhatsApp's address of a file lives for minutes only: it is asked anew for every try.
pub(super) async fn locate(client: &ProviderClient, inbox: &Inbox, payload: &FetchPayload) -> Result<Source, Failure> {
    match (&inbox.provider, &payload.provider_media_id, &payload.url) {
        (Provider::WhatsAppCloud(number), Some(id), _) => {
            if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')) {
                return Err(Failure::Never(MediaFailure::Gone, "the file's id is not an id"));
            }
            let query = [("phone_number_id", number.phone_number_id.as_str())];
            let answer = match client.get(inbox, &format!("/{id}"), &query).await {
                CallEnd::Answer(answer) if answer.status == 200 => answer,
                CallEnd::Answer(answer) => return Err(refused(&answer)),
                CallEnd::NotSent | CallEnd::Lost(_) => return Err(Failure::Later("the provider does not answer")),
            };
            let described: Described = serde_json::from_slice(&answer.body)
                .map_err(|_| Failure::Later("the file's description cannot be read"))?;
            let size = described.file_size.and_then(|size| size.as_u64().or_else(|| size.as_str()?.parse().ok()));
            Ok(Source {
                url: parsed(&described.url)?,
                sha256: described.sha256.as_deref().or(payload.sha256.as_deref()).and_then(sum_of),
                mime_type: described.mime_type,
                size_bytes: size,
            })
        }
        (_, _, Some(url)) => Ok(Source {
            url: parsed(url)?,
            sha256: payload.sha256.as_deref().and_then(sum_of),
            mime_type: None,
            size_bytes: None,
        }),
        _ => Err(Failure::Never(MediaFailure::Gone, "nobody said where the file is")),
    }
}

fn parsed(text: &str) -> Result<Url, Failure> {
    Url::parse(text).map_err(|_| Failure::Never(MediaFailure::ForbiddenHost, "the file's address is not an address"))
}

/// Why the provider does not describe a file, by its code; the HTTP status counts only when there is none.
fn refused(answer: &ProviderAnswer) -> Failure {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let code = body.pointer("/error/code").map(|code| code.as_str().map_or_else(|| code.to_string(), str::to_owned));
    let class = code.as_deref().map(whatsapp::class_of);
    let gone = Failure::Never(MediaFailure::Gone, "the provider does not have the file any more");
    match (class, answer.status) {
        (_, 429) => Failure::Wait(answer.retry_after.unwrap_or(ASKED_TOO_OFTEN)),
        (Some(ErrorClass::Permanent), 400..=499) | (None, 400 | 404 | 410) => gone,
        (Some(ErrorClass::Config), _) => Failure::Later("the provider refuses our token"),
        _ => Failure::Later("the provider does not describe the file"),
    }
}

/// A SHA-256 in base64 (webhooks) or hexadecimal (descriptions).
fn sum_of(text: &str) -> Option<Sha256Sum> {
    let text = text.trim();
    text.parse().ok().or_else(|| {
        [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD]
            .iter()
            .find_map(|engine| engine.decode(text).ok()?.try_into().ok())
            .map(Sha256Sum::new)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_the_same_in_base64_and_hexadecimal() {
        let hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let sum = sum_of(hex);
        assert!(sum.is_some());
        assert_eq!(sum_of("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="), sum);
        assert_eq!(sum_of(&hex.to_uppercase()), sum);
        assert_eq!(sum_of("47DEQpj8HBSa"), None);
    }

    #[test]
    fn a_refusal_is_read_by_its_code() {
        let of = |status, body: &str| {
            let answer = ProviderAnswer { status, body: body.as_bytes().to_vec(), retry_after: None };
            match refused(&answer) {
                Failure::Never(..) => "never",
                Failure::Later(_) => "later",
                Failure::Wait(_) => "wait",
                Failure::Different => "different",
            }
        };
        assert_eq!(of(400, r#"{"error":{"code":100,"error_subcode":33}}"#), "never");
        assert_eq!(of(401, r#"{"error":{"code":190}}"#), "later");
        assert_eq!(of(400, r#"{"error":{"code":190}}"#), "later");
        assert_eq!(of(500, r#"{"error":{"code":131000}}"#), "later");
        assert_eq!(of(429, "{}"), "wait");
        assert_eq!(of(404, "gone"), "never");
        assert_eq!(of(503, ""), "later");
    }
}
