//! Pictures and files: what phones attach and what we upload. Bounded by bytes; the oldest go first.

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};

use crate::capped::CappedMap;

/// Life of a download address. Source: channels reference 3.7, "the URL dies after about 5 minutes".
const LINK_LIFE: TimeDelta = TimeDelta::minutes(5);

/// A file to attach.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// MIME type.
    pub mime_type: String,
    /// File name, for documents.
    pub filename: Option<String>,
    /// The bytes.
    pub bytes: Bytes,
}

/// A stored file.
#[derive(Clone, Debug)]
pub(crate) struct StoredMedia {
    pub(crate) id: String,
    /// Number or account it belongs to; another one's token does not see it.
    pub(crate) owner: String,
    pub(crate) mime_type: String,
    pub(crate) filename: Option<String>,
    pub(crate) bytes: Bytes,
    pub(crate) sha256: [u8; 32],
}

/// The shelf of files, and the short-lived addresses they can be fetched from.
#[derive(Debug)]
pub(crate) struct MediaShelf {
    cap_bytes: usize,
    held_bytes: usize,
    files: CappedMap<String, StoredMedia>,
    links: CappedMap<String, (String, DateTime<Utc>)>,
}

impl MediaShelf {
    pub(crate) fn new(cap_bytes: usize) -> Self {
        Self { cap_bytes, held_bytes: 0, files: CappedMap::new(10_000), links: CappedMap::new(10_000) }
    }

    pub(crate) fn put(&mut self, id: String, owner: String, file: Attachment) -> StoredMedia {
        let media = StoredMedia {
            id: id.clone(),
            owner,
            mime_type: file.mime_type,
            filename: file.filename,
            sha256: Sha256::digest(&file.bytes).into(),
            bytes: file.bytes,
        };
        self.held_bytes += media.bytes.len();
        if let Some(gone) = self.files.insert(id, media.clone()) {
            self.held_bytes -= gone.bytes.len();
        }
        while self.held_bytes > self.cap_bytes {
            let Some(gone) = self.files.pop_oldest() else { break };
            self.held_bytes -= gone.bytes.len();
        }
        media
    }

    pub(crate) fn get(&self, id: &str) -> Option<&StoredMedia> {
        self.files.get(id)
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<StoredMedia> {
        let gone = self.files.remove(id)?;
        self.held_bytes -= gone.bytes.len();
        Some(gone)
    }

    /// A new address for a file, good for five minutes.
    pub(crate) fn link(&mut self, token: String, id: &str, now: DateTime<Utc>) {
        self.links.insert(token, (id.to_owned(), now + LINK_LIFE));
    }

    /// The file behind an address that is still good.
    pub(crate) fn follow(&self, token: &str, now: DateTime<Utc>) -> Option<&StoredMedia> {
        let (id, until) = self.links.get(token)?;
        (*until > now).then(|| self.files.get(id)).flatten()
    }

    pub(crate) fn clear(&mut self) {
        self.files.clear();
        self.links.clear();
        self.held_bytes = 0;
    }
}
