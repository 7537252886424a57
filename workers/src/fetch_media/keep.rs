//! Writes a download into the object store while its hash is taken, then moves it to its place: the hash is its name, so
//! the same file is kept once.

use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStoreExt as _};
use patchbay_core::evidence::sniff;
use patchbay_core::ids::RecordId;
use patchbay_hub::files;
use reqwest::Response;
use sha2::{Digest as _, Sha256};

use super::Failure;
use crate::deps::Deps;

/// Bytes that are written at once. S3 takes no smaller part but the last.
const PART_BYTES: usize = 5 << 20;
/// Bytes that tell the type of a file.
const SNIFFED_BYTES: usize = 64;

/// A file in its place.
#[derive(Debug)]
pub(super) struct Kept {
    /// Type as the first bytes tell it; else as the provider claims.
    pub(super) mime_type: String,
    pub(super) sha256: String,
    pub(super) size_bytes: i64,
    pub(super) storage_key: String,
}

/// Keeps the body of `response`.
pub(super) async fn keep(deps: &Deps, response: Response, claimed: &str) -> Result<Kept, Failure> {
    let most = deps.config.max_media_bytes;
    if response.content_length().is_some_and(|length| length > most) {
        return Err(Failure::Gone("the file is too large"));
    }
    let unfinished = Path::from(format!("unfinished/{}", RecordId::new()));
    let mut upload = deps.files.put_multipart(&unfinished).await.map_err(not_stored)?;
    match write(&mut *upload, response, most).await {
        Ok((sha256, size_bytes, first)) => {
            upload.complete().await.map_err(not_stored)?;
            let storage_key = files::storage_key(&sha256);
            deps.files.rename(&unfinished, &Path::from(storage_key.as_str())).await.map_err(not_stored)?;
            Ok(Kept { mime_type: sniff(&first, claimed), sha256, size_bytes, storage_key })
        }
        Err(failure) => {
            // What could not be removed here is a leftover without a name that anybody asks for.
            drop(upload.abort().await);
            Err(failure)
        }
    }
}

async fn write(
    upload: &mut dyn MultipartUpload,
    mut response: Response,
    most: u64,
) -> Result<(String, i64, Vec<u8>), Failure> {
    let mut hash = Sha256::new();
    let mut size = 0_u64;
    let mut part = Vec::with_capacity(PART_BYTES);
    let mut first = Vec::with_capacity(SNIFFED_BYTES);
    while let Some(chunk) = response.chunk().await.map_err(|_| Failure::Later("the download broke off"))? {
        size += chunk.len() as u64;
        if size > most {
            return Err(Failure::Gone("the file is too large"));
        }
        hash.update(&chunk);
        first.extend(chunk.iter().take(SNIFFED_BYTES.saturating_sub(first.len())));
        part.extend_from_slice(&chunk);
        if part.len() >= PART_BYTES {
            upload.put_part(std::mem::take(&mut part).into()).await.map_err(not_stored)?;
        }
    }
    if !part.is_empty() {
        upload.put_part(part.into()).await.map_err(not_stored)?;
    }
    Ok((hex::encode(hash.finalize()), i64::try_from(size).unwrap_or(i64::MAX), first))
}

#[expect(clippy::needless_pass_by_value, reason = "map_err hands the error over")]
fn not_stored(error: object_store::Error) -> Failure {
    tracing::error!(error = %crate::runner::Causes(&error), "a file could not be written to the object store");
    Failure::Later("the object store refused")
}
