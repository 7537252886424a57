//! What follows a change of a contact and need not happen at once: the index finds it by its names and addresses of now;
//! what a concurrent webhook left with a merged contact moves after it; what is left of an erased one goes.

use std::collections::HashSet;

use chrono::TimeDelta;
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStore, ObjectStoreExt};
use patchbay_core::conversation::{CloseReason, ConversationStatus};
use patchbay_core::ctx::Ctx;
use patchbay_core::event::EventName;
use patchbay_core::ids::{ContactId, ConversationId, InboxId, JobId};
use patchbay_core::job::{JobKind, JobQueue, NewJob};
use patchbay_store::contact_erasure as erasure;
use patchbay_store::journal::{self, JournalEntry};
use patchbay_store::search::{self, NewDocument};
use patchbay_store::{
    Db, StoreError, Tx, annotations, contact_merges, contacts, conversations, events, jobs, retention,
};
use serde_json::json;

use super::redact::redact_feed;
use crate::body::ConversationBody;
use crate::conversations::end;
use crate::feed::{conversation_event, placement};
use crate::recovery::{Reenact, Reenactor};
use crate::service_levels;
use crate::state::Hub;

/// When to look: a webhook that read the contact before its change has been written by then.
const SETTLED_AFTER: TimeDelta = TimeDelta::seconds(5);

/// How long before it is written down a request may have come: the spool holds it while the database is away.
const LONGEST_SPOOLED: TimeDelta = TimeDelta::days(2);
/// How long after the last message providers still report on it.
const LATE_REPORTS: TimeDelta = TimeDelta::days(3);
/// Segments of the journal that are read at once.
const SEGMENTS: i64 = 20;

/// Why a contact could not be tidied; it is tried again.
#[derive(Debug, thiserror::Error)]
pub enum TidyError {
    /// The database did not play along.
    #[error("the store refused")]
    Store(#[from] StoreError),
    /// The object store did not.
    #[error("the object store refused")]
    Files(#[from] object_store::Error),
}

/// Promises to tidy a contact.
pub(super) async fn promise_tidy(tx: &mut Tx, ctx: &Ctx, contact: ContactId) -> Result<(), StoreError> {
    promise(tx, ctx, contact, &[]).await
}

/// Promises to tidy an erased contact whose files lie there.
pub(super) async fn promise_erasure(
    tx: &mut Tx,
    ctx: &Ctx,
    contact: ContactId,
    files: &[String],
) -> Result<(), StoreError> {
    promise(tx, ctx, contact, files).await
}

async fn promise(tx: &mut Tx, ctx: &Ctx, contact: ContactId, files: &[String]) -> Result<(), StoreError> {
    let job = NewJob {
        id: JobId::new(),
        queue: JobQueue::Low,
        kind: JobKind::TidyContact,
        lane: Some(format!("contact:{contact}")),
        dedupe_key: None,
        payload: json!({ "contact_id": contact, "files": files }),
        run_at: ctx.now + SETTLED_AFTER,
        max_attempts: 10,
    };
    jobs::enqueue(tx, ctx, &job).await.map(drop)
}

/// Tidies a contact. `files`: keys in the object store that go when nothing needs them.
pub async fn tidy_contact(
    hub: &Hub,
    store: &dyn ObjectStore,
    reenactor: &Reenactor,
    ctx: &Ctx,
    (id, files): (ContactId, &[String]),
) -> Result<(), TidyError> {
    let db = &hub.db;
    let Some(row) = contacts::by_id(&mut db.read().await?, id).await? else { return Ok(()) };
    let family = contact_merges::family_of(&mut db.read().await?, id).await?;
    if row.erased_at.is_some() {
        let conversations = finish_erasure(db, ctx, &family).await?;
        remove_files(db, store, files).await?;
        remove_archives(db, store, &conversations).await?;
        return Ok(forget_requests(db, reenactor, &conversations).await?);
    }
    if row.merged_into.is_none() {
        gather_strays(hub, ctx, id, &family).await?;
        index(db, id, &family, &row.display_name).await?;
    }
    Ok(())
}

/// Conversations that a webhook began with a contact while it was merged go where the others went. One that finds an
/// open one there stays: the next message of its customer goes to the other.
async fn gather_strays(hub: &Hub, ctx: &Ctx, to: ContactId, family: &[ContactId]) -> Result<(), StoreError> {
    let db = &hub.db;
    for from in family.iter().filter(|member| **member != to) {
        let strays = contact_merges::conversations_of(&mut db.read().await?, *from).await?;
        for stray in strays {
            let mut tx = db.begin().await?;
            match contact_merges::move_conversations(&mut tx, &[stray.id], to, ctx.now).await {
                Ok(_) => tx.commit().await?,
                Err(StoreError::Duplicate) => {
                    tx.rollback().await?;
                    close_and_move(hub, ctx, stray.id, to).await?;
                }
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}

async fn close_and_move(hub: &Hub, ctx: &Ctx, id: ConversationId, to: ContactId) -> Result<(), StoreError> {
    let mut tx = hub.db.begin().await?;
    let Some(mut row) = conversations::lock(&mut tx, id).await? else { return tx.rollback().await };
    let before = placement(&row);
    let directory = hub.gate.directory.load_full();
    if row.status != ConversationStatus::Closed {
        end(&mut row, ctx, CloseReason::Duplicate, None);
        row.updated_at = ctx.now;
        service_levels::follow(&mut tx, ctx, &directory, &mut row).await?;
        conversations::update(&mut tx, &[row]).await?;
        annotations::record_event(&mut tx, ctx, id, "closed", json!({ "close_reason": "duplicate" })).await?;
    }
    contact_merges::move_conversations(&mut tx, &[id], to, ctx.now).await?;
    if let Some(row) = conversations::by_id(&mut tx, id).await? {
        let body = ConversationBody::of(&row, &directory);
        let event = conversation_event(ctx, EventName::ConversationUpdated, &row, body, Some(before));
        events::append(&mut tx, &[event]).await?;
    }
    tx.commit().await
}

/// The index finds a contact by all its names and addresses, those of the contacts merged into it included.
async fn index(db: &Db, id: ContactId, family: &[ContactId], name: &str) -> Result<(), StoreError> {
    let mut reading = db.read().await?;
    let old = search::documents_of(&mut reading, family, &[]).await?;
    let mut words = vec![name.to_owned()];
    for member in family.iter().filter(|member| **member != id) {
        words.extend(contacts::by_id(&mut reading, *member).await?.map(|row| row.display_name));
    }
    let addresses = contact_merges::identities_of_all(&mut reading, family).await?;
    words.extend(addresses.into_iter().map(|identity| identity.address));
    drop(reading);
    let mut tx = db.begin().await?;
    search::remove(&mut tx, &old).await?;
    let document = NewDocument { conversation_id: None, contact_id: Some(id), body: words.join(" ") };
    search::add(&mut tx, &[document]).await?;
    tx.commit().await
}

/// Takes contacts and conversations out of the index.
pub(super) async fn forget_words(
    db: &Db,
    contacts: &[ContactId],
    conversations: &[ConversationId],
) -> Result<(), StoreError> {
    let documents = search::documents_of(&mut db.read().await?, contacts, conversations).await?;
    for documents in documents.chunks(500) {
        let mut tx = db.begin().await?;
        search::remove(&mut tx, documents).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Says which conversations they were.
async fn finish_erasure(db: &Db, ctx: &Ctx, family: &[ContactId]) -> Result<Vec<ConversationId>, StoreError> {
    let mut reading = db.read().await?;
    let conversations = erasure::conversations_of(&mut reading, family).await?;
    let tickets = erasure::tickets_of(&mut reading, family).await?;
    drop(reading);
    let mut tx = db.begin().await?;
    for conversation in &conversations {
        erasure::hash_keys(&mut tx, *conversation, ctx.now).await?;
    }
    erasure::empty_messages(&mut tx, &conversations, ctx.now).await?;
    erasure::empty_conversations(&mut tx, &conversations, ctx.now).await?;
    tx.commit().await?;
    redact_feed(db, &conversations, &tickets).await?;
    forget_words(db, family, &conversations).await?;
    Ok(conversations)
}

/// Takes the requests that brought erased messages, and reports on them, out of the journal. Only whoever made the
/// requests can read them; a request that held others too goes with them: they are stored.
async fn forget_requests(db: &Db, reenactor: &Reenactor, conversations: &[ConversationId]) -> Result<(), StoreError> {
    let Some(reader) = reenactor.get() else { return Ok(()) };
    let Some(remains) = erasure::remains_of(&mut db.read().await?, conversations).await? else { return Ok(()) };
    let (from, to) = (remains.from - LONGEST_SPOOLED, remains.to + LATE_REPORTS);
    let mut after = None;
    loop {
        let segments = journal::between(&mut db.read().await?, from, to, after, SEGMENTS).await?;
        let Some(last) = segments.last().map(|segment| segment.id) else { return Ok(()) };
        for segment in &segments {
            let entries = segment.entries();
            let mut kept = Vec::with_capacity(entries.len());
            for entry in entries.iter().cloned() {
                if !is_of_erased(db, &**reader, &remains.inboxes, &entry).await? {
                    kept.push(entry);
                }
            }
            if kept.len() < entries.len() {
                let gone = entries.len() - kept.len();
                let mut tx = db.begin().await?;
                journal::rewrite(&mut tx, segment.id, &kept).await?;
                tx.commit().await?;
                metrics::counter!("journal_erased_total").increment(u64::try_from(gone).unwrap_or(u64::MAX));
            }
        }
        after = Some(last);
    }
}

async fn is_of_erased(
    db: &Db,
    reader: &dyn Reenact,
    inboxes: &[InboxId],
    entry: &JournalEntry,
) -> Result<bool, StoreError> {
    let Some(inbox) = entry.inbox_id.filter(|inbox| inboxes.contains(inbox)) else { return Ok(false) };
    let keys = reader.tells_of(&entry.sealed, entry.received_at, Some(inbox)).await.unwrap_or_default();
    if keys.is_empty() {
        return Ok(false);
    }
    erasure::is_any_erased(&mut db.read().await?, inbox, &keys).await
}

/// What lies in the archive of erased conversations goes.
async fn remove_archives(db: &Db, store: &dyn ObjectStore, conversations: &[ConversationId]) -> Result<(), TidyError> {
    for row in retention::archived_of(&mut db.read().await?, conversations).await? {
        match store.delete(&ObjectPath::from(row.object_key.as_str())).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        let mut tx = db.begin().await?;
        retention::forget_archived(&mut tx, row.conversation_id).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn remove_files(db: &Db, store: &dyn ObjectStore, files: &[String]) -> Result<(), TidyError> {
    let sums: Vec<String> = files.iter().filter_map(|key| Some(key.rsplit('/').next()?.to_owned())).collect();
    let named: HashSet<String> =
        erasure::mail_objects_needed(&mut db.read().await?, &sums).await?.into_iter().collect();
    for key in files {
        let is_named = key.rsplit('/').next().is_some_and(|sum| named.contains(sum));
        if is_named || erasure::is_file_needed(&mut db.read().await?, key).await? {
            continue;
        }
        let thumbnail = crate::files::thumbnail_key(key);
        for key in thumbnail.iter().chain([key]) {
            match store.delete(&ObjectPath::from(key.as_str())).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(())
}
