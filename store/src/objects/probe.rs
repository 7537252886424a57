//! Looking whether an object is there, and is the one that was named.

use std::time::Duration;

use futures::TryStreamExt as _;
use object_store::{ObjectStoreExt as _, path::Path};
use patchbay_core::evidence::{ObjectUri, ProbeFailure, Sha256Sum};
use patchbay_core::ids::TicketId;
use sha2::{Digest as _, Sha256};

use super::{Objects, Place};

/// How many times longer than a look at its head the reading of a whole object may take.
const READING: u32 = 8;

/// What an object should be.
#[derive(Clone, Debug)]
pub struct Expected<'a> {
    /// Where it should lie.
    pub uri: &'a ObjectUri,
    /// Ticket it is evidence of.
    pub ticket_id: TicketId,
    /// Sum of its content, as the caller named it.
    pub checksum: Option<Sha256Sum>,
    /// Mark of its version when it was read the last time.
    pub etag: Option<&'a str>,
}

/// How closely to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// At its head only.
    Head,
    /// At its content too, when there is a checksum and nothing else proves it.
    Content,
}

/// An object that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its size.
    pub size_bytes: u64,
    /// Mark of its version, when its content is not its name.
    pub etag: Option<String>,
}

impl Objects {
    /// Looks at an object of ours, for `timeout` at most (reading content: eight times that). Nobody else's store is
    /// asked: what lies outside of ours is `UNREACHABLE_URI`.
    pub async fn probe(&self, expected: &Expected<'_>, look: Look, timeout: Duration) -> Result<Found, ProbeFailure> {
        let key = self.key_of(expected.uri).ok_or(ProbeFailure::UnreachableUri)?;
        if !Self::belongs(&key, expected.ticket_id) {
            return Err(ProbeFailure::UnreachableUri);
        }
        let path = Path::parse(&key).map_err(|_| ProbeFailure::UnreachableUri)?;
        let head = within(timeout, self.store.head(&path)).await?;
        // We wrote it under its sum, or the store itself compared the sum when the file was put there.
        let named = key.strip_prefix(&format!("{}/{}/", super::EVIDENCE, expected.ticket_id));
        let named: Option<Sha256Sum> = named.and_then(|name| name.parse().ok());
        if let (Some(named), Some(wanted)) = (named, expected.checksum)
            && named != wanted
        {
            return Err(ProbeFailure::ChecksumMismatch);
        }
        let is_named_by_us = named.is_some() && matches!(self.place, Place::Disk);
        if is_named_by_us {
            return Ok(Found { size_bytes: head.size, etag: None });
        }
        if let (Some(before), Some(now)) = (expected.etag, head.e_tag.as_deref())
            && before != now
        {
            return Err(ProbeFailure::ChecksumMismatch);
        }
        if let Some(wanted) = expected.checksum.or(named)
            && look == Look::Content
            && within(timeout * READING, self.sum(&path)).await? != wanted
        {
            return Err(ProbeFailure::ChecksumMismatch);
        }
        Ok(Found { size_bytes: head.size, etag: head.e_tag })
    }

    async fn sum(&self, path: &Path) -> object_store::Result<Sha256Sum> {
        let mut content = self.store.get(path).await?.into_stream();
        let mut hash = Sha256::new();
        while let Some(piece) = content.try_next().await? {
            hash.update(&piece);
        }
        Ok(Sha256Sum::new(hash.finalize().into()))
    }
}

async fn within<T>(
    timeout: Duration,
    answer: impl Future<Output = object_store::Result<T>>,
) -> Result<T, ProbeFailure> {
    match tokio::time::timeout(timeout, answer).await {
        Err(_) => Err(ProbeFailure::HeadTimeout),
        Ok(Ok(value)) => Ok(value),
        Ok(Err(
            object_store::Error::NotFound { .. }
            | object_store::Error::PermissionDenied { .. }
            | object_store::Error::Unauthenticated { .. },
        )) => Err(ProbeFailure::UnreachableUri),
        Ok(Err(error)) => {
            tracing::warn!(%error, "the object store did not answer as it should");
            Err(ProbeFailure::NetworkError)
        }
    }
}
