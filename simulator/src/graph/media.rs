//! Media: upload, the two steps of a download, deletion. Source: Cloud API, "Media".

use std::sync::Arc;

use axum::Json;
use axum::extract::{Multipart, Path, Query, State};
use axum::response::{Html, IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{GraphError, authorize, bearer, check_version};
use crate::faults::take;
use crate::media::Attachment;
use crate::world::Shared;

/// `POST /{version}/{phone_number_id}/media`, multipart: `messaging_product`, `type`, `file`.
pub(super) async fn upload(
    State(shared): State<Arc<Shared>>,
    Path((version, phone_number_id)): Path<(String, String)>,
    headers: HeaderMap,
    mut form: Multipart,
) -> Result<Json<Value>, GraphError> {
    check_version(&version)?;
    let number = authorize(&shared, &headers, Some(&phone_number_id))?;
    let (mut product, mut claimed, mut file) = (None, None, None);
    while let Some(field) = form.next_field().await.map_err(|_| GraphError::parameter("Invalid multipart body"))? {
        let unreadable = |_| GraphError::new(131_053).details("The file could not be read");
        match field.name() {
            Some("messaging_product") => product = Some(field.text().await.map_err(unreadable)?),
            Some("type") => claimed = Some(field.text().await.map_err(unreadable)?),
            Some("file") => {
                let filename = field.file_name().map(str::to_owned);
                let mime_type = field.content_type().map(str::to_owned);
                file = Some((filename, mime_type, field.bytes().await.map_err(unreadable)?));
            }
            _ => {}
        }
    }
    if product.as_deref() != Some("whatsapp") {
        return Err(GraphError::parameter("The parameter messaging_product is required."));
    }
    let (filename, mime_type, bytes) = file.ok_or_else(|| GraphError::parameter("The parameter file is required."))?;
    let mime_type = claimed.or(mime_type).ok_or_else(|| GraphError::parameter("The parameter type is required."))?;
    let most = largest(&mime_type).ok_or_else(|| {
        GraphError::parameter(format!("Param file must be a file with one of the supported types; {mime_type} is not."))
    })?;
    if bytes.len() > most {
        return Err(GraphError::new(131_053).details(format!("File size exceeds the limit of {most} bytes")));
    }
    let mut world = shared.world();
    if take(&mut world.faults.meta.upload_errors) {
        return Err(GraphError::new(131_053).details("The file could not be processed"));
    }
    let id = world.digits(16);
    world.media.put(id.clone(), number.phone_number_id.clone(), Attachment { mime_type, filename, bytes });
    Ok(Json(json!({ "id": id })))
}

/// Most bytes of a file of this type; `None` when WhatsApp does not take the type at all.
fn largest(mime_type: &str) -> Option<usize> {
    let plain = mime_type.split(';').next().unwrap_or_default().trim();
    match plain {
        "image/jpeg" | "image/png" => Some(5 << 20),
        "image/webp" => Some(500 << 10),
        "audio/aac" | "audio/amr" | "audio/mpeg" | "audio/mp4" | "audio/ogg" | "video/mp4" | "video/3gpp" => {
            Some(16 << 20)
        }
        "text/plain" | "application/pdf" => Some(100 << 20),
        office if office.starts_with("application/vnd.") || office == "application/msword" => Some(100 << 20),
        _ => None,
    }
}

#[derive(Deserialize)]
pub(super) struct Restricted {
    phone_number_id: Option<String>,
}

/// `GET /{version}/{media-id}`: where the file can be fetched for the next five minutes.
pub(super) async fn describe(
    State(shared): State<Arc<Shared>>,
    Path((version, media_id)): Path<(String, String)>,
    Query(restricted): Query<Restricted>,
    headers: HeaderMap,
) -> Result<Json<Value>, GraphError> {
    check_version(&version)?;
    let number = authorize(&shared, &headers, restricted.phone_number_id.as_deref())?;
    let now = shared.now();
    let mut world = shared.world();
    let media = world.media.get(&media_id).filter(|media| media.owner == number.phone_number_id).cloned();
    let media = media.ok_or_else(|| GraphError::no_such_object(&media_id))?;
    if take(&mut world.faults.meta.media_errors) {
        return Err(GraphError::new(131_000));
    }
    let token = world.hex(16);
    if !take(&mut world.faults.meta.dead_links) {
        world.media.link(token.clone(), &media_id, now);
    }
    let url = format!(
        "{}/whatsapp_business/attachments/?mid={media_id}&ext={}&hash={token}",
        shared.base_url,
        now.timestamp() + 300
    );
    Ok(Json(json!({
        "messaging_product": "whatsapp",
        "url": url,
        "mime_type": media.mime_type,
        "sha256": hex::encode(media.sha256),
        "file_size": media.bytes.len(),
        "id": media.id,
    })))
}

/// `DELETE /{version}/{media-id}`.
pub(super) async fn delete(
    State(shared): State<Arc<Shared>>,
    Path((version, media_id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Json<Value>, GraphError> {
    check_version(&version)?;
    let number = authorize(&shared, &headers, None)?;
    let mut world = shared.world();
    let owned = world.media.get(&media_id).is_some_and(|media| media.owner == number.phone_number_id);
    if !owned {
        return Err(GraphError::no_such_object(&media_id));
    }
    world.media.remove(&media_id);
    Ok(Json(json!({ "success": true })))
}

#[derive(Deserialize)]
pub(super) struct Link {
    #[serde(default)]
    mid: String,
    #[serde(default)]
    hash: String,
}

/// The file itself: the same token again, a User-Agent, and an address that is not older than five minutes.
pub(super) async fn download(
    State(shared): State<Arc<Shared>>,
    Query(link): Query<Link>,
    headers: HeaderMap,
) -> Response {
    let page = |status, text| (status, Html(format!("<html><body>{text}</body></html>"))).into_response();
    if headers.get(header::USER_AGENT).is_none_or(HeaderValue::is_empty) {
        return page(StatusCode::BAD_REQUEST, "Unsupported browser");
    }
    let Some(token) = bearer(&headers) else { return page(StatusCode::UNAUTHORIZED, "Sorry, something went wrong.") };
    let world = shared.world();
    let media = world.media.follow(&link.hash, shared.now()).filter(|media| media.id == link.mid);
    let Some(media) = media else { return page(StatusCode::NOT_FOUND, "URL signature expired") };
    let owner = shared.config.whatsapp_by_id(&media.owner);
    if owner.is_none_or(|owner| owner.access_token.expose() != token) {
        return page(StatusCode::UNAUTHORIZED, "Sorry, something went wrong.");
    }
    ([(header::CONTENT_TYPE, media.mime_type.clone())], media.bytes.clone()).into_response()
}
