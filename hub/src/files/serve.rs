//! A file on its way to a browser or a provider: streamed, in part when asked, and harmless where it lands.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::TryStreamExt as _;
use object_store::path::Path as ObjectPath;
use object_store::{GetOptions, GetRange, ObjectStore as _, ObjectStoreExt as _};
use patchbay_core::Code;
use patchbay_http::{ApiError, Disposition, ServedFile, Wanted, wanted};
use patchbay_store::media::{MediaRow, MediaStatus};

use crate::error::HubError;
use crate::state::Hub;

/// Serves `row` as far as the caller wants it; 416 without a body outside of it. Error: 404 `NOT_FOUND` while it is not
/// there.
pub(super) async fn serve(hub: &Hub, headers: &HeaderMap, row: &MediaRow) -> Result<Response, HubError> {
    let key = row.storage_key.as_deref().filter(|_| row.status == MediaStatus::Ready);
    let path = ObjectPath::from(key.ok_or_else(|| ApiError::not_found("file"))?);
    let size = match row.size_bytes.and_then(|size| u64::try_from(size).ok()) {
        Some(size) => size,
        None => hub.files.head(&path).await.map_err(absent)?.size,
    };
    // The name of a file is the sum of its content: as long as the sum stands, so does the content.
    let tag = format!("\"{}\"", row.sha256.as_deref().unwrap_or_default());
    let (status, part) = match wanted(headers, size, &tag) {
        Wanted::Nothing => (StatusCode::NOT_MODIFIED, None),
        Wanted::Whole => (StatusCode::OK, None),
        Wanted::Part(part) => (StatusCode::PARTIAL_CONTENT, Some(part)),
        Wanted::Outside => {
            let mut response = StatusCode::RANGE_NOT_SATISFIABLE.into_response();
            set(&mut response, header::CONTENT_RANGE, &format!("bytes */{size}"));
            return Ok(response);
        }
    };
    let body = if status == StatusCode::NOT_MODIFIED {
        Body::empty()
    } else {
        let options = GetOptions { range: part.clone().map(GetRange::Bounded), ..GetOptions::default() };
        let object = hub.files.get_opts(&path, options).await.map_err(absent)?;
        Body::from_stream(object.into_stream().map_err(std::io::Error::other))
    };
    let file = ServedFile {
        body,
        mime_type: &row.mime_type,
        filename: row.filename.as_deref().unwrap_or("file"),
        disposition: Disposition::of_media(&row.mime_type),
    };
    let mut response = file.into_response();
    *response.status_mut() = status;
    set(&mut response, header::ETAG, &tag);
    set(&mut response, header::ACCEPT_RANGES, "bytes");
    match part {
        Some(part) => {
            set(&mut response, header::CONTENT_LENGTH, &(part.end - part.start).to_string());
            let range = format!("bytes {}-{}/{size}", part.start, part.end - 1);
            set(&mut response, header::CONTENT_RANGE, &range);
        }
        None if status == StatusCode::OK => set(&mut response, header::CONTENT_LENGTH, &size.to_string()),
        None => {}
    }
    Ok(response)
}

fn set(response: &mut Response, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// The row promises a file that the store does not have, or the store is away.
fn absent(error: object_store::Error) -> ApiError {
    match error {
        object_store::Error::NotFound { .. } => ApiError::new(Code::NotFound, "the file is gone"),
        other => ApiError::not_ready(&other),
    }
}
