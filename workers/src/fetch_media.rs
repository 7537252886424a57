//! Fetches a file that a customer sent and keeps it under the hash of its content. Only from the provider's hosts, at
//! every hop, and credentials only where the provider wants them. Source: channels reference, "Media download" (WhatsApp)
//! and "Inbound parameters" (Twilio).

pub(crate) mod guard;
mod hosts;
mod locate;

use std::time::Duration;

use futures::TryStreamExt as _;
use patchbay_core::ctx::Ctx;
use patchbay_core::evidence::sniff;
use patchbay_core::ids::{InboxId, MediaId};
use patchbay_core::inbox::{Inbox, Provider};
use patchbay_core::media::{MediaFailure, inbound_limit};
use patchbay_hub::received_files::{self, KeptFile};
use patchbay_store::jobs::{self, ClaimedJob};
use patchbay_store::objects::{Announced, KeepError, Kept, keep};
use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::{Response, StatusCode};
use serde::Deserialize;
use url::Url;

use crate::deps::Deps;
use crate::provider::{self, ProviderClient};
use crate::runner::Causes;
use crate::work::{Verdict, WorkError};
use hosts::{Credentials, Hop, Trust};
use locate::{Source, locate};

/// Longest time for one file.
const DOWNLOAD_WITHIN: Duration = Duration::from_secs(50);
/// Redirects that are followed.
const MOST_HOPS: usize = 3;
/// How often WhatsApp is asked for an address within one try: an address may die before it is used.
const ADDRESSES: usize = 2;

/// A file that is not the announced one so often never will be.
const MOST_DIFFERENT: i64 = 3;

/// What a job of this kind carries.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct FetchPayload {
    pub(crate) media_id: MediaId,
    inbox_id: InboxId,
    url: Option<String>,
    provider_media_id: Option<String>,
    sha256: Option<String>,
}

/// Why a file was not fetched.
enum Failure {
    /// Never to be had.
    Never(MediaFailure, &'static str),
    /// Perhaps later.
    Later(&'static str),
    /// Later, and not for a fault of its own.
    Wait(Duration),
    /// Came, and was not what was announced.
    Different,
}

/// A file in its place, and its type.
struct Fetched {
    kept: Kept,
    mime_type: String,
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
    let id = payload.media_id;
    match fetch(deps, client, &inbox, &payload, &row.mime_type).await {
        Ok(Fetched { kept, mime_type }) => {
            let directory = deps.directory.load_full();
            let mut tx = deps.db.begin().await?;
            let file = KeptFile {
                mime_type: &mime_type,
                size_bytes: i64::try_from(kept.size_bytes).unwrap_or(i64::MAX),
                sha256: &kept.sha256,
                storage_key: &kept.storage_key,
            };
            received_files::kept(&mut tx, ctx, &directory, id, &file).await?;
            jobs::complete(&mut tx, job).await?;
            tx.commit().await?;
            count(&inbox, "ready");
            Ok(Verdict::Settled)
        }
        Err(Failure::Different) if job.attempts < MOST_DIFFERENT => {
            Err(WorkError::Elsewhere("the file is not the one that was announced"))
        }
        Err(Failure::Different) => {
            lose(deps, ctx, job, &inbox, id, (MediaFailure::HashMismatch, "it is not the one that was announced")).await
        }
        Err(Failure::Never(failure, reason)) => lose(deps, ctx, job, &inbox, id, (failure, reason)).await,
        Err(Failure::Wait(wait)) => Ok(Verdict::Later(ctx.now + wait)),
        Err(Failure::Later(reason)) => Err(WorkError::Elsewhere(reason)),
    }
}

/// Says that a file cannot be had.
async fn lose(
    deps: &Deps,
    ctx: &Ctx,
    job: &ClaimedJob,
    inbox: &Inbox,
    id: MediaId,
    (failure, reason): (MediaFailure, &'static str),
) -> Result<Verdict, WorkError> {
    tracing::warn!(media.id = %id, reason, "file {id} cannot be had: {reason}");
    let directory = deps.directory.load_full();
    let mut tx = deps.db.begin().await?;
    received_files::lost(&mut tx, ctx, &directory, id, failure).await?;
    jobs::complete(&mut tx, job).await?;
    tx.commit().await?;
    count(inbox, failure.as_str());
    Ok(Verdict::Settled)
}

fn count(inbox: &Inbox, outcome: &'static str) {
    metrics::counter!("media_fetched_total", "channel" => inbox.channel.as_str(), "outcome" => outcome).increment(1);
}

async fn fetch(
    deps: &Deps,
    client: &ProviderClient,
    inbox: &Inbox,
    payload: &FetchPayload,
    announced: &str,
) -> Result<Fetched, Failure> {
    let (response, source) = open(deps, client, inbox, payload).await?;
    let header = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let claimed = source.mime_type.as_deref().or(header).unwrap_or(announced).to_owned();
    let most = inbound_limit(inbox.channel, &claimed).min(deps.config.max_media_bytes);
    let too_large = || Failure::Never(MediaFailure::TooLarge, "the file is larger than the channel allows");
    if source.size_bytes.or(response.content_length()).is_some_and(|size| size > most) {
        return Err(too_large());
    }
    let announced = Announced { most, sha256: source.sha256 };
    let content = response.bytes_stream().map_err(|_| ());
    let kept = keep(&deps.files, content, announced).await.map_err(|error| match error {
        KeepError::TooLarge(_) => too_large(),
        KeepError::BrokeOff => Failure::Later("the download broke off"),
        KeepError::Different => Failure::Different,
        KeepError::Store(error) => {
            tracing::error!(error = %Causes(&error), "a file could not be written to the object store");
            Failure::Later("the object store refused")
        }
    })?;
    let mime_type = sniff(&kept.first, &claimed);
    Ok(Fetched { kept, mime_type })
}

/// The file's answer. WhatsApp's addresses die after minutes: a dead one is asked for anew.
async fn open(
    deps: &Deps,
    client: &ProviderClient,
    inbox: &Inbox,
    payload: &FetchPayload,
) -> Result<(Response, Source), Failure> {
    let can_ask_again = matches!(inbox.provider, Provider::WhatsAppCloud(_)) && payload.provider_media_id.is_some();
    for _ in 0..ADDRESSES {
        let source = locate(client, inbox, payload).await?;
        match download(deps, client, inbox, source.url.clone()).await? {
            Opened::File(response) => return Ok((response, source)),
            Opened::Dead if can_ask_again => {}
            Opened::Dead => break,
        }
    }
    Err(Failure::Later("the file's address does not work"))
}

enum Opened {
    File(Response),
    /// The address is not good, or not good any more.
    Dead,
}

async fn download(deps: &Deps, client: &ProviderClient, inbox: &Inbox, mut url: Url) -> Result<Opened, Failure> {
    let nowhere = |what| Failure::Never(MediaFailure::ForbiddenHost, what);
    let mut hop = Hop::Named;
    for _ in 0..=MOST_HOPS {
        let (http, credentials) = match hosts::trust(inbox, &url, hop, &deps.config.media_hosts) {
            Trust::Api(credentials) => (client.http(), credentials),
            Trust::Public(credentials) => (client.outside(), credentials),
            Trust::None => return Err(nowhere("the file is on a host that is not the provider's")),
        };
        let mut call = http.get(url.clone()).timeout(DOWNLOAD_WITHIN);
        if credentials == Credentials::Ours {
            call = provider::authorize(inbox, call);
        }
        let response = call.send().await.map_err(|_| Failure::Later("the file's host does not answer"))?;
        match response.status() {
            StatusCode::OK => return Ok(Opened::File(response)),
            status if status.is_redirection() => {
                let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
                url = location
                    .and_then(|location| url.join(location).ok())
                    .ok_or_else(|| nowhere("the file's host points nowhere"))?;
                hop = Hop::Redirected;
            }
            StatusCode::TOO_MANY_REQUESTS => {
                return Err(Failure::Wait(provider::retry_after(response.headers()).unwrap_or(Duration::from_mins(1))));
            }
            StatusCode::GONE => return Err(Failure::Never(MediaFailure::Gone, "the file is gone")),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => return Ok(Opened::Dead),
            _ => return Err(Failure::Later("the file's host refuses")),
        }
    }
    Err(nowhere("the file's host points in circles"))
}
