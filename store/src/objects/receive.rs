//! A file that comes through us: written beside its place while it is measured, moved there when it is what was granted.

use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStoreExt as _};
use patchbay_core::evidence::{Sha256Sum, sniff};
use patchbay_core::ids::RecordId;
use sha2::{Digest as _, Sha256};

use super::{ObjectError, Objects, Upload};

/// First part of the keys of files that are not whole yet.
pub(super) const UNFINISHED: &str = "unfinished";
/// Bytes that are written at once.
const PART_BYTES: usize = 1 << 20;
/// Bytes that tell the type of a file.
const SNIFFED_BYTES: usize = 64;

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// It is kept now.
    Kept,
    /// The very same file was there already.
    Known,
}

/// Why a file was not kept.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// It has more or fewer bytes than granted.
    #[error("the file must have exactly {0} bytes")]
    Size(u64),
    /// Its content is not what was granted.
    #[error("the file has another SHA-256 sum than announced")]
    Checksum,
    /// Its content is of another type than it says.
    #[error("the file is not what its type says")]
    Type,
    /// The sender broke off.
    #[error("the upload broke off")]
    BrokeOff,
    /// The store.
    #[error("keeping an upload")]
    Store(#[from] ObjectError),
}

impl From<object_store::Error> for ReceiveError {
    fn from(error: object_store::Error) -> Self {
        Self::Store(error.into())
    }
}

impl Objects {
    /// Keeps `content` on our disk when it is exactly what `upload` granted. Never reads further than that.
    pub async fn receive<E>(
        &self,
        upload: &Upload,
        content: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<Received, ReceiveError> {
        let unfinished = Path::from(format!("{UNFINISHED}/{}", RecordId::new()));
        let mut writer = self.store.put_multipart(&unfinished).await?;
        if let Err(error) = write(&mut *writer, upload, content).await {
            // What could not be removed here is a leftover without a name that anybody asks for.
            drop(writer.abort().await);
            return Err(error);
        }
        writer.complete().await?;
        let place = super::path(&upload.key())?;
        match self.store.rename_if_not_exists(&unfinished, &place).await {
            Ok(()) => Ok(Received::Kept),
            Err(object_store::Error::AlreadyExists { .. }) => {
                drop(self.store.delete(&unfinished).await);
                Ok(Received::Known)
            }
            Err(error) => {
                drop(self.store.delete(&unfinished).await);
                Err(error.into())
            }
        }
    }
}

async fn write<E>(
    writer: &mut dyn MultipartUpload,
    upload: &Upload,
    content: impl Stream<Item = Result<Bytes, E>> + Send,
) -> Result<(), ReceiveError> {
    let mut content = std::pin::pin!(content);
    let mut hash = Sha256::new();
    let mut size = 0_u64;
    let mut part = Vec::new();
    let mut first = Vec::with_capacity(SNIFFED_BYTES);
    while let Some(piece) = content.next().await {
        let piece = piece.map_err(|_| ReceiveError::BrokeOff)?;
        size += piece.len() as u64;
        if size > upload.size_bytes {
            return Err(ReceiveError::Size(upload.size_bytes));
        }
        hash.update(&piece);
        first.extend(piece.iter().take(SNIFFED_BYTES.saturating_sub(first.len())));
        part.extend_from_slice(&piece);
        if part.len() >= PART_BYTES {
            writer.put_part(std::mem::take(&mut part).into()).await?;
        }
    }
    if size != upload.size_bytes {
        return Err(ReceiveError::Size(upload.size_bytes));
    }
    if Sha256Sum::new(hash.finalize().into()) != upload.sha256 {
        return Err(ReceiveError::Checksum);
    }
    if sniff(&first, &upload.mime_type) != upload.mime_type {
        return Err(ReceiveError::Type);
    }
    if !part.is_empty() {
        writer.put_part(part.into()).await?;
    }
    Ok(())
}
