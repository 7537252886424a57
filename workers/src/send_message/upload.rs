//! Files on their way to WhatsApp: uploaded once, then sent by the id that Meta gave the copy. When that does not work the
//! message goes out with a link instead, and Meta fetches the file itself.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use chrono::TimeDelta;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use object_store::ObjectStoreExt as _;
use object_store::path::Path;
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::{MediaId, RecordId};
use patchbay_core::inbox::{Inbox, Provider, WhatsAppCloud};
use patchbay_hub::delivery::Outgoing;
use patchbay_store::StoreError;
use patchbay_store::media::{self, MediaRow, MediaStatus, ProviderCopy};
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE};
use serde::Deserialize;

use super::render::media_ids;
use crate::deps::Deps;
use crate::provider::{self, CallEnd, ProviderClient};

/// How long a copy is used. Meta keeps it for 30 days. Source: channels reference, "Media download".
const COPY_LIFE: TimeDelta = TimeDelta::days(29);
/// Longest time for one upload.
const UPLOAD_WITHIN: Duration = Duration::from_secs(50);

#[derive(Deserialize)]
struct Uploaded {
    id: String,
}

/// The ids of Meta's copies of the files of a message, as far as there are or could be made any.
pub(super) async fn copies(
    deps: &Deps,
    client: &ProviderClient,
    ctx: &Ctx,
    inbox: &Inbox,
    outgoing: &Outgoing,
) -> Result<BTreeMap<MediaId, String>, StoreError> {
    let mut copies = BTreeMap::new();
    let Provider::WhatsAppCloud(number) = &inbox.provider else { return Ok(copies) };
    for (id, _) in media_ids(&outgoing.message.content) {
        let mut tx = deps.db.read().await?;
        let row = media::by_id(&mut tx, id).await?.filter(|row| row.status == MediaStatus::Ready);
        let Some((row, sha256)) = row.and_then(|row| row.sha256.clone().map(|sum| (row, sum))) else { continue };
        let known = media::provider_copy(&mut tx, inbox.id, &sha256).await?;
        drop(tx);
        if let Some(known) = known.filter(|copy| copy.expires_at > ctx.now) {
            copies.insert(id, known.provider_media_id);
            continue;
        }
        let Some(provider_media_id) = upload(deps, client, inbox, number, &row).await else { continue };
        let copy = ProviderCopy { provider_media_id, expires_at: ctx.now + COPY_LIFE };
        let mut tx = deps.db.begin().await?;
        media::keep_provider_copy(&mut tx, inbox.id, &sha256, &copy).await?;
        tx.commit().await?;
        copies.insert(id, copy.provider_media_id);
    }
    Ok(copies)
}

/// Streams a file to `POST /{phone_number_id}/media`. `None`: it was not taken.
async fn upload(
    deps: &Deps,
    client: &ProviderClient,
    inbox: &Inbox,
    number: &WhatsAppCloud,
    row: &MediaRow,
) -> Option<String> {
    let object = deps.files.get(&Path::from(row.storage_key.as_deref()?)).await.ok()?;
    let boundary = format!("patchbay-{}", RecordId::new());
    let (head, tail) = frame(&boundary, row);
    let length = head.len() as u64 + object.meta.size + tail.len() as u64;
    let content = stream::once(std::future::ready(Ok::<_, object_store::Error>(Bytes::from(head))))
        .chain(object.into_stream())
        .chain(stream::once(std::future::ready(Ok(Bytes::from(tail)))))
        .map_err(std::io::Error::other);
    let call = client
        .http()
        .post(format!("{}/{}/media", number.api_base, number.phone_number_id))
        .header(CONTENT_TYPE, format!("multipart/form-data; boundary={boundary}"))
        .header(CONTENT_LENGTH, length)
        .timeout(UPLOAD_WITHIN)
        .body(reqwest::Body::wrap_stream(content));
    match provider::finish(provider::authorize(inbox, call)).await {
        CallEnd::Answer(answer) if (200..300).contains(&answer.status) => {
            let uploaded: Uploaded = serde_json::from_slice(&answer.body).ok()?;
            count("uploaded");
            Some(uploaded.id)
        }
        CallEnd::Answer(answer) => {
            tracing::info!(media.id = %row.id, http.status = answer.status, "file {} was not taken; it goes as a link", row.id);
            count("refused");
            None
        }
        CallEnd::NotSent | CallEnd::Lost(_) => {
            count("lost");
            None
        }
    }
}

/// What stands before and after the file in the form.
fn frame(boundary: &str, row: &MediaRow) -> (String, String) {
    let named = row.filename.as_deref().unwrap_or("file");
    let filename: String =
        named.chars().filter(|letter| letter.is_ascii_alphanumeric() || "._-".contains(*letter)).collect();
    let filename = if filename.is_empty() { "file" } else { filename.as_str() };
    let mime_type = &row.mime_type;
    let field = |name: &str, value: &str| {
        format!("--{boundary}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let head = [
        field("messaging_product", "whatsapp"),
        field("type", mime_type),
        format!(
            "--{boundary}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{filename}\"\r\n\
             content-type: {mime_type}\r\n\r\n"
        ),
    ]
    .concat();
    (head, format!("\r\n--{boundary}--\r\n"))
}

/// Meta could not use its copies of the files of a message: they are uploaded anew with the next try.
pub(super) async fn forget(deps: &Deps, inbox: &Inbox, outgoing: &Outgoing) -> Result<(), StoreError> {
    let mut tx = deps.db.begin().await?;
    for (_, file) in media_ids(&outgoing.message.content) {
        if let Some(sum) = file.get("sha256_hex").and_then(serde_json::Value::as_str) {
            media::forget_provider_copy(&mut tx, inbox.id, sum).await?;
        }
    }
    tx.commit().await
}

fn count(outcome: &'static str) {
    metrics::counter!("media_uploads_total", "outcome" => outcome).increment(1);
}
