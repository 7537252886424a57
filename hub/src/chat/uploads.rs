//! Files that visitors upload. Kept like every other file, and attached only by whoever uploaded them.

use chrono::TimeDelta;
use object_store::ObjectStoreExt as _;
use object_store::path::Path as ObjectPath;
use patchbay_core::Code;
use patchbay_core::evidence::sniff;
use patchbay_core::ids::MediaId;
use patchbay_http::ApiError;
use patchbay_store::media::{self, MediaStatus, NewMedia};
use patchbay_store::chat;
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Desk, Session};
use crate::error::HubError;
use crate::files::{link, storage_key};

/// Uploads of one visitor within an hour.
const UPLOADS_AN_HOUR: i64 = 60;

/// An uploaded file.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Upload {
    /// Our id; give it in `attachments` of a message.
    pub id: Uuid,
    /// Type, as told by the content.
    pub mime_type: String,
    /// Name to show.
    pub filename: Option<String>,
    /// Size in bytes.
    pub size: i64,
    /// Where it can be had, for a while.
    pub url: String,
}

/// A name without any path in it, up to 200 characters; percent-encoding is undone.
pub fn name_of_file(encoded: &str) -> String {
    crate::files::file_name(encoded)
}

impl Desk {
    /// Keeps a file of a visitor. Errors: 400 `INVALID_REQUEST` for an empty one, 429 `RATE_LIMITED` after too many.
    pub async fn keep_upload(
        &self,
        session: &Session,
        declared_type: &str,
        filename: Option<&str>,
        bytes: bytes::Bytes,
    ) -> Result<Upload, HubError> {
        if bytes.is_empty() {
            return Err(ApiError::invalid("body", "the file is empty").into());
        }
        let (ctx, address) = (self.ctx(), session.address());
        let recent = {
            let mut tx = self.hub.db.read().await?;
            chat::uploads_since(&mut tx, session.inbox, &address, ctx.now - TimeDelta::hours(1)).await?
        };
        if recent >= UPLOADS_AN_HOUR {
            return Err(ApiError::new(Code::RateLimited, "too many files within an hour").retry_after(600).into());
        }
        let mime_type = sniff(&bytes, declared_type);
        let sha256 = hex::encode(Sha256::digest(&bytes));
        let key = storage_key(&sha256);
        let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        let path = ObjectPath::from(key.as_str());
        self.hub.files.put(&path, bytes.into()).await.map_err(|error| ApiError::internal(&error))?;
        let id = MediaId::new();
        let row = NewMedia {
            id,
            message_id: None,
            conversation_id: None,
            provider_media_id: None,
            mime_type: &mime_type,
            filename,
            size_bytes: Some(size),
            sha256: Some(&sha256),
            storage_key: Some(&key),
            status: MediaStatus::Ready,
            created_by: None,
        };
        let mut tx = self.hub.db.begin().await?;
        media::insert(&mut tx, &row, ctx.now).await?;
        chat::insert_upload(&mut tx, id, session.inbox, &address, ctx.now).await?;
        tx.commit().await?;
        let url = link("", &self.hub.config.link_secret, id, ctx.now);
        Ok(Upload { id: id.into(), mime_type, filename: filename.map(str::to_owned), size, url })
    }
}
