//! Files: one place for the media of messages and the evidence of tickets, on our own disk or in an S3-compatible store.
//!
//! Keys of evidence are `evidence/{ticket}/{sha256}`: the content is the name, and nothing is ever written over, so what
//! was verified stays as it was. Media lie under `media/`.

mod disk;
mod grant;
mod keep;
mod presign;
mod probe;
mod receive;
mod s3;

use std::sync::Arc;

use futures::TryStreamExt as _;
use futures::stream::BoxStream;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use patchbay_core::evidence::{OWN_SCHEME, ObjectUri, Sha256Sum};
use patchbay_core::ids::TicketId;
use patchbay_core::secret::Secret;

pub use grant::{Upload, UploadGrant};
pub use keep::{Announced, KeepError, Kept, keep, media_key};
pub use probe::{Expected, Found, Look};
pub use receive::{ReceiveError, Received};
pub use s3::S3Settings;

/// Host of addresses of objects on our own disk: `patchbay://files/…`.
const OWN_BUCKET: &str = "files";
/// First part of the keys of evidence.
const EVIDENCE: &str = "evidence";
/// First part of the keys of media.
const MEDIA: &str = "media";

/// The object store. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Objects {
    store: Arc<dyn ObjectStore>,
    place: Place,
    uploads: Uploads,
}

/// Where the objects lie.
#[derive(Clone, Debug)]
enum Place {
    Disk,
    S3(Arc<s3::Bucket>),
}

/// How a client brings a file to us when the store cannot take it itself.
#[derive(Clone, Debug)]
struct Uploads {
    /// Address of this server, no slash at the end.
    public_url: Arc<str>,
    /// Signs the addresses.
    secret: Secret,
}

/// Why the store could not be opened or did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// A setting does not fit.
    #[error("{0}")]
    Settings(String),
    /// There is no such object.
    #[error("there is no such object")]
    Missing,
    /// The store refused or is away.
    #[error("the object store refused")]
    Store(#[source] object_store::Error),
}

impl From<object_store::Error> for ObjectError {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { .. } => Self::Missing,
            other => Self::Store(other),
        }
    }
}

/// The content of an object.
pub struct Content {
    /// Its size.
    pub size_bytes: u64,
    /// Its bytes.
    pub bytes: BoxStream<'static, Result<bytes::Bytes, ObjectError>>,
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Content").field("size_bytes", &self.size_bytes).finish_non_exhaustive()
    }
}

impl Objects {
    /// The raw store, for whoever keeps files under keys of its own.
    pub fn files(&self) -> Arc<dyn ObjectStore> {
        self.store.clone()
    }

    /// The address of an object of ours.
    pub fn uri(&self, key: &str) -> String {
        match &self.place {
            Place::Disk => format!("{OWN_SCHEME}://{OWN_BUCKET}/{key}"),
            Place::S3(bucket) => bucket.uri(key),
        }
    }

    /// The key of an object in our store. `None`: it lies elsewhere, and is nothing that we read with our credentials.
    pub fn key_of(&self, uri: &ObjectUri) -> Option<String> {
        match &self.place {
            Place::Disk => (uri.scheme() == OWN_SCHEME && uri.bucket() == OWN_BUCKET).then(|| uri.key().to_owned()),
            Place::S3(bucket) => bucket.key_of(uri),
        }
    }

    /// The key of a ticket's evidence with this content.
    pub fn evidence_key(ticket: TicketId, sha256: Sha256Sum) -> String {
        format!("{EVIDENCE}/{ticket}/{sha256}")
    }

    /// Whether evidence of `ticket` may point at this key: its own evidence, or what other systems put into the bucket,
    /// but never the evidence of another ticket or the media of a conversation.
    pub fn belongs(key: &str, ticket: TicketId) -> bool {
        match key.split_once('/') {
            Some((EVIDENCE, rest)) => rest.split_once('/').is_some_and(|(of, _)| of == ticket.to_string()),
            Some((MEDIA | receive::UNFINISHED, _)) => false,
            _ => true,
        }
    }

    /// The content of an object.
    pub async fn get(&self, key: &str) -> Result<Content, ObjectError> {
        let result = self.store.get(&path(key)?).await?;
        let size_bytes = result.meta.size;
        Ok(Content { size_bytes, bytes: Box::pin(result.into_stream().map_err(ObjectError::from)) })
    }

    /// Whether the store answers. What it answers does not matter.
    pub async fn ping(&self) -> Result<(), ObjectError> {
        match self.store.head(&Path::from("ready")).await {
            Ok(_) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// A key as the store takes it. A key that is none names nothing.
fn path(key: &str) -> Result<Path, ObjectError> {
    Path::parse(key).map_err(|_| ObjectError::Missing)
}

#[cfg(test)]
mod tests;
