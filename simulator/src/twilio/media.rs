//! Attachments of inbound MMS: behind basic auth, then on a storage host that must not see those credentials.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, Uri, header};

use super::{TwilioError, authorize};
use crate::faults::take;
use crate::world::Shared;

/// `GET …/Messages/{sid}/Media/{ME…}`: 307 to where the file is kept.
pub(super) async fn fetch(
    State(shared): State<Arc<Shared>>,
    Path((account_sid, _message_sid, media_sid)): Path<(String, String, String)>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, TwilioError> {
    authorize(&shared, &headers, &account_sid)?;
    let now = shared.now();
    let mut world = shared.world();
    let id = media_sid.strip_suffix(".json").unwrap_or(&media_sid);
    if world.media.get(id).is_none_or(|media| media.owner != account_sid) {
        return Err(TwilioError::not_found(uri.path()));
    }
    if take(&mut world.faults.twilio.media_errors) {
        return Err(TwilioError::new(20_500));
    }
    let token = world.hex(16);
    if !take(&mut world.faults.twilio.dead_links) {
        world.media.link(token.clone(), id, now);
    }
    let location = format!("{}/twilio-media/{token}", shared.base_url);
    Ok((StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, location)]).into_response())
}

/// The storage host. Like the real one it refuses a request that brings somebody's credentials along.
pub(super) async fn stored(
    State(shared): State<Arc<Shared>>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Response {
    if headers.contains_key(header::AUTHORIZATION) {
        return (StatusCode::BAD_REQUEST, "Only one auth mechanism allowed").into_response();
    }
    let world = shared.world();
    match world.media.follow(&token, shared.now()) {
        Some(media) => ([(header::CONTENT_TYPE, media.mime_type.clone())], media.bytes.clone()).into_response(),
        None => (StatusCode::FORBIDDEN, "Request has expired").into_response(),
    }
}
