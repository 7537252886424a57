//! Fetches a file that a customer sent and keeps it under the hash of its content. Only from the provider's hosts, at
//! every hop, and credentials only where the provider wants them. Source: channels reference, "Media download" (WhatsApp)
//! and "Inbound parameters" (Twilio).

mod hosts;
mod keep;

use std::time::Duration;

use base64::Engine as _;
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::{InboxId, MediaId};
use patchbay_core::inbox::{Inbox, Provider};
use patchbay_hub::received_files::{self, KeptFile};
use patchbay_store::jobs::{self, ClaimedJob};
use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::{Response, StatusCode};
use serde::Deserialize;
use url::Url;

use crate::deps::Deps;
use crate::provider::{self, CallEnd, ProviderClient};
use crate::work::{Verdict, WorkError};
use hosts::Trust;

/// Longest time for one file.
const DOWNLOAD_WITHIN: Duration = Duration::from_secs(50);
/// Redirects that are followed.
const MOST_HOPS: usize = 3;

/// What a job of this kind carries.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct FetchPayload {
    pub(crate) media_id: MediaId,
    inbox_id: InboxId,
    url: Option<String>,
    provider_media_id: Option<String>,
    sha256: Option<String>,
}

/// Where a file can be had, and what is known of it.
struct Source {
    url: Url,
    sha256: Option<String>,
}

/// Why a file was not fetched.
enum Failure {
    /// Never to be had.
    Gone(&'static str),
    /// Perhaps later.
    Later(&'static str),
    Work(WorkError),
}

impl<E: Into<WorkError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Work(error.into())
    }
}

pub(crate) async fn run(
    deps: &Deps,
    client: &ProviderClient,
    ctx: &Ctx,
    job: &ClaimedJob,
) -> Result<Verdict, WorkError> {
    let payload: FetchPayload = serde_json::from_value(job.payload.clone()).map_err(WorkError::Payload)?;
    let awaited = received_files::awaited(&mut deps.db.read().await?, payload.media_id).await?;
    let Some(row) = awaited else { return Ok(Verdict::Done) };
    let Some(inbox) = deps.directory.load().inboxes.get(&payload.inbox_id).cloned() else {
        return Ok(Verdict::Later(ctx.now + Duration::from_mins(1)));
    };
    match fetch(deps, client, &inbox, &payload, &row.mime_type).await {
        Ok(file) => {
            let directory = deps.directory.load_full();
            let mut tx = deps.db.begin().await?;
            let kept = KeptFile {
                mime_type: &file.mime_type,
                size_bytes: file.size_bytes,
                sha256: &file.sha256,
                storage_key: &file.storage_key,
            };
            received_files::kept(&mut tx, ctx, &directory, payload.media_id, &kept).await?;
            jobs::complete(&mut tx, job).await?;
            tx.commit().await?;
            Ok(Verdict::Settled)
        }
        Err(Failure::Gone(reason)) => {
            tracing::warn!(media.id = %payload.media_id, reason, "file {} cannot be had: {reason}", payload.media_id);
            let directory = deps.directory.load_full();
            let mut tx = deps.db.begin().await?;
            received_files::lost(&mut tx, ctx, &directory, payload.media_id).await?;
            jobs::complete(&mut tx, job).await?;
            tx.commit().await?;
            Ok(Verdict::Settled)
        }
        Err(Failure::Later(reason)) => Err(WorkError::Elsewhere(reason)),
        Err(Failure::Work(error)) => Err(error),
    }
}

async fn fetch(
    deps: &Deps,
    client: &ProviderClient,
    inbox: &Inbox,
    payload: &FetchPayload,
    announced: &str,
) -> Result<keep::Kept, Failure> {
    let source = find(client, inbox, payload).await?;
    let response = download(deps, client, inbox, source.url).await?;
    let claimed = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let claimed = claimed.unwrap_or(announced).to_owned();
    let kept = keep::keep(deps, response, &claimed).await?;
    let expected = source.sha256.or_else(|| payload.sha256.clone());
    if expected.is_some_and(|expected| !same_hash(&expected, &kept.sha256)) {
        return Err(Failure::Later("the file is not the one that was announced"));
    }
    Ok(kept)
}

#[derive(Deserialize)]
struct Described {
    url: String,
    sha256: Option<String>,
}

/// WhatsApp tells the address of a file on request, and it lives for minutes only: asked anew for every try.
async fn find(client: &ProviderClient, inbox: &Inbox, payload: &FetchPayload) -> Result<Source, Failure> {
    let (text, sha256) = match (&inbox.provider, &payload.provider_media_id, &payload.url) {
        (Provider::WhatsAppCloud(number), Some(id), _) => {
            if !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')) {
                return Err(Failure::Gone("the file's id is not an id"));
            }
            let query = [("phone_number_id", number.phone_number_id.as_str())];
            match client.get(inbox, &format!("/{id}"), &query).await {
                CallEnd::Answer(answer) if answer.status == 200 => {
                    let described: Described = serde_json::from_slice(&answer.body)
                        .map_err(|_| Failure::Later("the file's description cannot be read"))?;
                    (described.url, described.sha256)
                }
                CallEnd::Answer(answer) if matches!(answer.status, 400 | 404) => {
                    return Err(Failure::Gone("the provider does not have the file any more"));
                }
                CallEnd::Answer(_) => return Err(Failure::Later("the provider does not describe the file")),
                CallEnd::NotSent | CallEnd::Lost(_) => return Err(Failure::Later("the provider does not answer")),
            }
        }
        (_, _, Some(url)) => (url.clone(), None),
        _ => return Err(Failure::Gone("nobody said where the file is")),
    };
    let url = Url::parse(&text).map_err(|_| Failure::Gone("the file's address is not an address"))?;
    Ok(Source { url, sha256 })
}

async fn download(deps: &Deps, client: &ProviderClient, inbox: &Inbox, mut url: Url) -> Result<Response, Failure> {
    for _ in 0..=MOST_HOPS {
        let mut call = client.http().get(url.clone()).timeout(DOWNLOAD_WITHIN);
        match hosts::trust(inbox, &url, &deps.config.media_hosts) {
            Trust::WithCredentials => call = provider::authorize(inbox, call),
            Trust::Plain => {}
            Trust::None => return Err(Failure::Gone("the file is on a host that is not the provider's")),
        }
        let response = call.send().await.map_err(|_| Failure::Later("the file's host does not answer"))?;
        match response.status() {
            StatusCode::OK => return Ok(response),
            status if status.is_redirection() => {
                let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
                url = location
                    .and_then(|location| url.join(location).ok())
                    .ok_or(Failure::Gone("the file's host points nowhere"))?;
            }
            StatusCode::GONE => return Err(Failure::Gone("the file is gone")),
            _ => return Err(Failure::Later("the file's host refuses")),
        }
    }
    Err(Failure::Gone("the file's host points in circles"))
}

/// Providers write a SHA-256 in base64 (webhooks) or hexadecimal (descriptions).
fn same_hash(given: &str, hex: &str) -> bool {
    given.eq_ignore_ascii_case(hex)
        || base64::engine::general_purpose::STANDARD.decode(given).is_ok_and(|bytes| hex::encode(bytes) == hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_the_same_in_base64_and_hexadecimal() {
        let hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert!(same_hash("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", hex));
        assert!(same_hash(&hex.to_uppercase(), hex));
        assert!(!same_hash("47DEQpj8HBSa", hex));
    }
}
