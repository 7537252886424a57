//! Signed links: by them a provider fetches a file of ours for a while.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use patchbay_core::ids::MediaId;
use patchbay_core::secret::Secret;
use patchbay_http::{ApiError, Id, Params};
use patchbay_store::media;
use serde::Deserialize;
use sha2::Sha256;

use super::serve::serve;
use crate::error::HubError;
use crate::state::Hub;

/// How long a link for a provider lives.
const LINK_LIFE: TimeDelta = TimeDelta::hours(6);

/// The proof of a signed link.
#[derive(Debug, Deserialize)]
pub(crate) struct LinkParams {
    /// Seconds since 1970 until which it holds.
    expires: i64,
    /// HMAC-SHA256 over id and end, lowercase hex.
    signature: String,
}

/// A file by signed link, for the provider that delivers it.
#[utoipa::path(get, path = "/media/{id}", tag = "media",
    params(("id" = Uuid, Path), ("expires" = i64, Query), ("signature" = String, Query)),
    responses((status = 200, content_type = "*/*"), (status = 206, content_type = "*/*", description = "a part"),
              (status = 304, description = "not changed"), (status = 404, description = "NOT_FOUND"),
              (status = 416, description = "outside of the file")))]
pub(crate) async fn linked(
    State(hub): State<Hub>,
    Id(id): Id<MediaId>,
    Params(link): Params<LinkParams>,
    headers: HeaderMap,
) -> Result<Response, HubError> {
    let unknown = || ApiError::not_found("file");
    let given = hex::decode(&link.signature).map_err(|_| unknown())?;
    proof(&hub.config.link_secret, id, link.expires).verify_slice(&given).map_err(|_| unknown())?;
    if link.expires < hub.gate.clock.now().timestamp() {
        return Err(unknown().into());
    }
    let mut tx = hub.db.read().await?;
    let row = media::by_id(&mut tx, id).await?.ok_or_else(unknown)?;
    drop(tx);
    serve(&hub, &headers, &row).await
}

/// A link by which a provider can fetch a file for six hours.
pub fn link(public_url: &str, secret: &Secret, id: MediaId, now: DateTime<Utc>) -> String {
    let expires = (now + LINK_LIFE).timestamp();
    let signature = hex::encode(proof(secret, id, expires).finalize().into_bytes());
    format!("{public_url}/media/{id}?expires={expires}&signature={signature}")
}

fn proof(secret: &Secret, id: MediaId, expires: i64) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).expect("any length of key is taken");
    mac.update(format!("media-link:{id}:{expires}").as_bytes());
    mac
}
