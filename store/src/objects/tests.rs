//! The object store on disk, on a real S3-compatible server, and before one that does not answer.

mod disk;
mod real_s3;
mod slow_s3;

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use futures::TryStreamExt as _;
use patchbay_core::evidence::{ObjectUri, ProbeFailure, Sha256Sum};
use patchbay_core::ids::TicketId;
use sha2::{Digest as _, Sha256};

use super::{Expected, Found, Look, Objects, ReceiveError, Received, Upload};

const PHOTO: &[u8] = b"\xff\xd8\xff\xe0 a door that does not latch";
const PATIENCE: Duration = Duration::from_millis(2_500);

fn sum(bytes: &[u8]) -> Sha256Sum {
    Sha256Sum::new(Sha256::digest(bytes).into())
}

fn upload(ticket_id: TicketId, bytes: &[u8], mime_type: &str, now: DateTime<Utc>) -> Upload {
    Upload {
        ticket_id,
        mime_type: mime_type.into(),
        size_bytes: bytes.len() as u64,
        sha256: sum(bytes),
        expires: (now + TimeDelta::minutes(15)).timestamp(),
    }
}

/// The time of the machine: addresses are signed with it.
#[expect(clippy::disallowed_methods, reason = "S3 compares signed times with its own clock")]
fn now() -> DateTime<Utc> {
    Utc::now()
}

fn address(text: &str) -> ObjectUri {
    ObjectUri::parse(text, &["s3".into(), "minio".into()]).expect("an address of an object")
}

async fn receive(objects: &Objects, upload: &Upload, bytes: &[u8]) -> Result<Received, ReceiveError> {
    let pieces: Vec<Result<Bytes, std::io::Error>> =
        bytes.chunks(7).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    objects.receive(upload, futures::stream::iter(pieces)).await
}

async fn content(objects: &Objects, key: &str) -> Vec<u8> {
    let content = objects.get(key).await.expect("the object is there");
    let pieces: Vec<Bytes> = content.bytes.try_collect().await.expect("it can be read");
    pieces.concat()
}

async fn probe(
    objects: &Objects,
    uri: &str,
    ticket_id: TicketId,
    checksum: Option<Sha256Sum>,
) -> Result<Found, ProbeFailure> {
    let uri = address(uri);
    objects.probe(&Expected { uri: &uri, ticket_id, checksum, etag: None }, Look::Content, PATIENCE).await
}
