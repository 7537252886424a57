//! Files that visitors upload. Kept like every other file, and attached only by whoever uploaded them.

use axum::body::BodyDataStream;
use chrono::TimeDelta;
use patchbay_core::Code;
use patchbay_core::evidence::sniff;
use patchbay_core::ids::MediaId;
use patchbay_http::ApiError;
use patchbay_store::chat;
use patchbay_store::media::{self, MediaStatus, NewMedia};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Desk, Session};
use crate::error::HubError;
use crate::files::{link, percent_decoded, take};

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
    percent_decoded(encoded)
}

impl Desk {
    /// Keeps a file of a visitor. Errors: 400 `INVALID_REQUEST` for an empty one, 429 `RATE_LIMITED` after too many.
    pub async fn keep_upload(
        &self,
        session: &Session,
        declared_type: &str,
        filename: Option<&str>,
        content: BodyDataStream,
    ) -> Result<Upload, HubError> {
        let (ctx, address) = (self.ctx(), session.address());
        let recent = {
            let mut tx = self.hub.db.read().await?;
            chat::uploads_since(&mut tx, session.inbox, &address, ctx.now - TimeDelta::hours(1)).await?
        };
        if recent >= UPLOADS_AN_HOUR {
            return Err(ApiError::new(Code::RateLimited, "too many files within an hour").retry_after(600).into());
        }
        let kept = take(&self.hub, content).await?;
        let mime_type = sniff(&kept.first, declared_type);
        let size = i64::try_from(kept.size_bytes).unwrap_or(i64::MAX);
        let id = MediaId::new();
        let row = NewMedia {
            id,
            message_id: None,
            conversation_id: None,
            provider_media_id: None,
            mime_type: &mime_type,
            filename,
            size_bytes: Some(size),
            sha256: Some(&kept.sha256),
            storage_key: Some(&kept.storage_key),
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
