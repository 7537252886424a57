//! Keeps a stream under the hash of its content: measured while it is written beside its place, moved there when it is
//! whole. The same file is kept once. Holds one part of it in memory, never all of it.

use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt as _, PutPayload};
use patchbay_core::evidence::Sha256Sum;
use patchbay_core::ids::RecordId;
use sha2::{Digest as _, Sha256};

use super::ObjectError;
use super::receive::UNFINISHED;

/// Bytes that are written at once. S3 takes no smaller part but the last.
const PART_BYTES: usize = 5 << 20;
/// Bytes that tell the type of a file.
const FIRST_BYTES: usize = 64;

/// What is known of a file before it comes.
#[derive(Clone, Copy, Debug)]
pub struct Announced {
    /// Most bytes that are taken.
    pub most: u64,
    /// Sum of its content, when somebody told.
    pub sha256: Option<Sha256Sum>,
}

/// A file in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Sum of its content, lowercase hex.
    pub sha256: String,
    /// Its size.
    pub size_bytes: u64,
    /// Where it lies.
    pub storage_key: String,
    /// Its first bytes: they tell its type.
    pub first: Vec<u8>,
}

/// Why a stream was not kept.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// It has more bytes than are taken.
    #[error("the file has more than {0} bytes")]
    TooLarge(u64),
    /// It ended before its end.
    #[error("the file broke off")]
    BrokeOff,
    /// Its content is not what was announced.
    #[error("the file is not the one that was announced")]
    Different,
    /// The store did not take it.
    #[error("keeping a file")]
    Store(#[from] ObjectError),
}

impl From<object_store::Error> for KeepError {
    fn from(error: object_store::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Where a file with this sum lies.
pub fn media_key(sha256: &str) -> String {
    format!("{}/{}/{sha256}", super::MEDIA, sha256.get(..2).unwrap_or("00"))
}

/// Keeps `content`. What could not be kept leaves nothing that anybody can ask for.
pub async fn keep<E: Send>(
    store: &Arc<dyn ObjectStore>,
    content: impl Stream<Item = Result<Bytes, E>> + Send,
    announced: Announced,
) -> Result<Kept, KeepError> {
    let mut source = Source { content: Box::pin(content), measure: Measure::new(announced) };
    let first = source.part().await?;
    if first.ended {
        let kept = source.measure.finish()?;
        let place = Path::from(kept.storage_key.as_str());
        if !is_there(store, &place, kept.size_bytes).await {
            store.put(&place, first.bytes.into_iter().collect()).await?;
        }
        return Ok(kept);
    }
    let unfinished = Path::from(format!("{UNFINISHED}/{}", RecordId::new()));
    let mut writer = store.put_multipart(&unfinished).await?;
    let kept = match write(&mut *writer, first.bytes, &mut source).await {
        Ok(()) => source.measure.finish(),
        Err(error) => Err(error),
    };
    let kept = match kept {
        Ok(kept) => kept,
        Err(error) => {
            // What could not be removed here is a leftover without a name that anybody asks for.
            drop(writer.abort().await);
            return Err(error);
        }
    };
    writer.complete().await?;
    let place = Path::from(kept.storage_key.as_str());
    if is_there(store, &place, kept.size_bytes).await {
        drop(store.delete(&unfinished).await);
    } else {
        store.rename(&unfinished, &place).await?;
    }
    Ok(kept)
}

async fn is_there(store: &Arc<dyn ObjectStore>, place: &Path, size: u64) -> bool {
    store.head(place).await.is_ok_and(|found| found.size == size)
}

async fn write<E: Send>(
    writer: &mut dyn MultipartUpload,
    first: Vec<Bytes>,
    source: &mut Source<'_, E>,
) -> Result<(), KeepError> {
    writer.put_part(first.into_iter().collect::<PutPayload>()).await?;
    loop {
        let part = source.part().await?;
        if !part.bytes.is_empty() {
            writer.put_part(part.bytes.into_iter().collect::<PutPayload>()).await?;
        }
        if part.ended {
            return Ok(());
        }
    }
}

/// A stream and what was seen of it.
struct Source<'s, E> {
    content: Pin<Box<dyn Stream<Item = Result<Bytes, E>> + Send + 's>>,
    measure: Measure,
}

struct Part {
    bytes: Vec<Bytes>,
    ended: bool,
}

impl<E> Source<'_, E> {
    /// The next pieces, together as long as a part.
    async fn part(&mut self) -> Result<Part, KeepError> {
        let (mut bytes, mut length) = (Vec::new(), 0);
        while length < PART_BYTES {
            let Some(piece) = self.content.next().await else { return Ok(Part { bytes, ended: true }) };
            let piece = piece.map_err(|_| KeepError::BrokeOff)?;
            self.measure.take(&piece)?;
            length += piece.len();
            bytes.push(piece);
        }
        Ok(Part { bytes, ended: false })
    }
}

struct Measure {
    announced: Announced,
    hash: Sha256,
    size: u64,
    first: Vec<u8>,
}

impl Measure {
    fn new(announced: Announced) -> Self {
        Self { announced, hash: Sha256::new(), size: 0, first: Vec::with_capacity(FIRST_BYTES) }
    }

    fn take(&mut self, piece: &Bytes) -> Result<(), KeepError> {
        self.size += piece.len() as u64;
        if self.size > self.announced.most {
            return Err(KeepError::TooLarge(self.announced.most));
        }
        self.hash.update(piece);
        self.first.extend(piece.iter().take(FIRST_BYTES.saturating_sub(self.first.len())));
        Ok(())
    }

    fn finish(&mut self) -> Result<Kept, KeepError> {
        let sum = Sha256Sum::new(std::mem::take(&mut self.hash).finalize().into());
        if self.announced.sha256.is_some_and(|announced| announced != sum) {
            return Err(KeepError::Different);
        }
        let sha256 = sum.to_string();
        let storage_key = media_key(&sha256);
        Ok(Kept { storage_key, sha256, size_bytes: self.size, first: std::mem::take(&mut self.first) })
    }
}
