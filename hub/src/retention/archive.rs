//! The archive: one object for each conversation, JSON lines in gzip: the conversation, then its messages in order.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStore, ObjectStoreExt as _};
use patchbay_core::Ctx;
use patchbay_core::ids::ConversationId;
use patchbay_store::conversations::ConversationRow;
use patchbay_store::messages::MessageRow;
use patchbay_store::retention::{self, ArchivedRow};
use patchbay_store::search;
use patchbay_store::{Db, StoreError, conversations, messages};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::body::{ConversationBody, MessageBody};
use crate::state::Hub;

/// Messages that are read at once.
const PAGE: i64 = 500;
/// Largest archive of one conversation when it is unpacked: more is no archive of ours.
const MOST_BYTES: u64 = 1 << 30;

/// Why a conversation could not be put into the archive, or read back.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The database did not play along.
    #[error("the store refused")]
    Store(#[from] StoreError),
    /// The object store did not.
    #[error("the object store refused")]
    Files(#[from] object_store::Error),
    /// What was read is not what was written.
    #[error("the archive is damaged")]
    Damaged,
}

/// What became of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Archived {
    /// It lies in the archive, with so many bytes.
    Now(i64),
    /// Somebody worked on it in the meantime, or it was there: another time.
    Not,
}

/// Where the archive of a conversation lies.
fn key(id: ConversationId) -> String {
    format!("archive/conversations/{id}.jsonl.gz")
}

/// Puts what was said in a conversation into the archive, reads it back, and takes it out of the rows.
pub(super) async fn archive(hub: &Hub, ctx: &Ctx, id: ConversationId) -> Result<Archived, ArchiveError> {
    let Some((row, said)) = read(&hub.db, id).await? else { return Ok(Archived::Not) };
    let key = key(id);
    let path = ObjectPath::from(key.as_str());
    let lines = lines(hub, &row, &said);
    let packed = tokio::task::spawn_blocking(move || pack(&lines)).await.map_err(|_| ArchiveError::Damaged)?;
    let sha256 = hex::encode(Sha256::digest(&packed));
    let bytes = i64::try_from(packed.len()).unwrap_or(i64::MAX);
    hub.files.put(&path, packed.into()).await?;
    // Nothing leaves the rows before it is known to lie there.
    let found = unpacked(&*hub.files, &key, &sha256).await?;
    if found.len() != said.len() + 1 {
        return Err(ArchiveError::Damaged);
    }
    let mut tx = hub.db.begin().await?;
    let unchanged = conversations::lock(&mut tx, id).await?.is_some_and(|now| now.version == row.version);
    let archived = ArchivedRow {
        conversation_id: id,
        object_key: key,
        messages: i64::try_from(said.len()).unwrap_or(i64::MAX),
        bytes,
        sha256,
        archived_at: ctx.now,
    };
    if !unchanged || !retention::insert_archived(&mut tx, &archived).await? {
        tx.rollback().await?;
        return Ok(Archived::Not);
    }
    retention::empty_messages(&mut tx, id).await?;
    tx.commit().await?;
    // What was said is found no longer by its words.
    let words = search::documents_of(&mut hub.db.read().await?, &[], &[id]).await?;
    for words in words.chunks(500) {
        let mut tx = hub.db.begin().await?;
        search::remove(&mut tx, words).await?;
        tx.commit().await?;
    }
    Ok(Archived::Now(bytes))
}

async fn read(db: &Db, id: ConversationId) -> Result<Option<(ConversationRow, Vec<MessageRow>)>, StoreError> {
    let mut tx = db.read().await?;
    let Some(row) = conversations::by_id(&mut tx, id).await? else { return Ok(None) };
    let mut said: Vec<MessageRow> = Vec::new();
    loop {
        let after = said.last().map_or(0, |message| message.seq);
        let page = messages::page_after(&mut tx, id, after, PAGE).await?;
        let is_last = i64::try_from(page.len()).is_ok_and(|rows| rows < PAGE);
        said.extend(page);
        if is_last {
            return Ok(Some((row, said)));
        }
    }
}

/// What is written: how everything is shown, and what the rows lose.
fn lines(hub: &Hub, row: &ConversationRow, said: &[MessageRow]) -> Vec<Value> {
    let head = json!({ "kind": "conversation", "conversation": ConversationBody::of(row, &hub.directory()) });
    let messages = said.iter().map(|message| {
        json!({ "kind": "message", "message": MessageBody::from(message),
                "stored": { "text": message.text, "content": message.content, "metadata": message.metadata } })
    });
    std::iter::once(head).chain(messages).collect()
}

fn pack(lines: &[Value]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    for line in lines {
        // Writing into memory does not fail.
        let _ = writeln!(packer, "{line}");
    }
    packer.finish().unwrap_or_default()
}

/// The lines of an archive, when it is what was written.
pub(super) async fn unpacked(store: &dyn ObjectStore, key: &str, sha256: &str) -> Result<Vec<Value>, ArchiveError> {
    let packed = store.get(&ObjectPath::from(key)).await?.bytes().await?;
    if hex::encode(Sha256::digest(&packed)) != sha256 {
        return Err(ArchiveError::Damaged);
    }
    let unpacking = move || {
        let mut text = String::new();
        let read = GzDecoder::new(&packed[..]).take(MOST_BYTES).read_to_string(&mut text);
        read.map_err(|_| ArchiveError::Damaged)?;
        text.lines().map(|line| serde_json::from_str(line).map_err(|_| ArchiveError::Damaged)).collect()
    };
    tokio::task::spawn_blocking(unpacking).await.map_err(|_| ArchiveError::Damaged)?
}
