//! Work that was given up: looked at, replayed or discarded by a person. The same functions serve the endpoints and
//! `patchbay dlq`; a replay is idempotent.

mod routes;

use patchbay_core::Code;
use patchbay_core::ctx::Ctx;
use patchbay_core::directory::Directory;
use patchbay_core::ids::{ConversationId, DeadLetterId, JobId, MessageId, OutboxId, ToolDraftId};
use patchbay_core::job::{JobKind, JobQueue, NewJob};
use patchbay_store::dead_letters::{self as store, DeadLetterRow, LetterFilter};
use patchbay_store::{Db, StoreError, Tx, jobs, outbox, tool_drafts};
use serde_json::{Value, json};
use uuid::Uuid;

use super::settling::{Settled, Waiting};
use crate::delivery;
use crate::resource::record;

pub use routes::DeadLetterBody;
pub(super) use routes::router;

/// How often a replayed job is tried when its letter does not say.
const TRIES: i64 = 6;

impl Waiting for DeadLetterRow {
    const NAME: &'static str = "dead letter";
    const SETTLED: Code = Code::DeadLetterSettled;

    fn status(&self) -> &str {
        &self.status
    }
}

/// One letter.
pub async fn show(db: &Db, id: DeadLetterId) -> Result<Option<DeadLetterRow>, StoreError> {
    store::find(&mut db.read().await?, id).await
}

/// Up to `limit` letters that the filter lets through, newest first.
pub async fn page(
    db: &Db,
    filter: &LetterFilter<'_>,
    before: Option<DeadLetterId>,
    limit: i64,
) -> Result<Vec<DeadLetterRow>, StoreError> {
    store::filtered(&mut db.read().await?, filter, before, limit).await
}

/// Does the work anew. `instead`: what the worker shall know instead of what it knew, for a job. Once: a letter that is
/// settled stays as it is.
pub async fn replay(
    db: &Db,
    ctx: &Ctx,
    directory: &Directory,
    id: DeadLetterId,
    instead: Option<Value>,
) -> Result<Settled<DeadLetterRow>, StoreError> {
    let mut tx = db.begin().await?;
    if !store::settle(&mut tx, ctx, id, "replayed").await? {
        return settled_before(&mut tx, id).await;
    }
    let is_edited = instead.is_some();
    if let Some(payload) = instead
        && let Some(mut letter) = store::find(&mut tx, id).await?
    {
        letter.payload["payload"] = payload;
        store::amend(&mut tx, id, None, Some(&letter.payload)).await?;
    }
    let letter = store::find(&mut tx, id).await?.ok_or(StoreError::NoRow)?;
    match letter.source.as_str() {
        "message" => replay_message(&mut tx, ctx, directory, &letter).await?,
        "job" => replay_job(&mut tx, ctx, &letter).await?,
        "outbox" => {
            if let Some(event) = letter.ref_id {
                outbox::replay(&mut tx, OutboxId(event), ctx.now).await?;
            }
        }
        // Nothing is sent again from here: what became of the draft is looked for first.
        "integration" => {
            if let Some(draft) = letter.ref_id {
                tool_drafts::look_again(&mut tx, ToolDraftId(draft), ctx.now).await?;
            }
        }
        _ => {}
    }
    let what = json!({ "dead_letter_id": id, "source": letter.source, "kind": letter.kind, "edited": is_edited });
    record(&mut tx, ctx, None, "dlq.replay", what).await?;
    tx.commit().await?;
    Ok(Settled::Done(Box::new(letter)))
}

/// Lets the work be.
pub async fn discard(
    db: &Db,
    ctx: &Ctx,
    id: DeadLetterId,
    note: Option<&str>,
) -> Result<Settled<DeadLetterRow>, StoreError> {
    let mut tx = db.begin().await?;
    if !store::settle(&mut tx, ctx, id, "discarded").await? {
        return settled_before(&mut tx, id).await;
    }
    store::amend(&mut tx, id, note, None).await?;
    let letter = store::find(&mut tx, id).await?.ok_or(StoreError::NoRow)?;
    if let ("outbox", Some(event)) = (letter.source.as_str(), letter.ref_id) {
        outbox::discard(&mut tx, OutboxId(event)).await?;
    }
    let what = json!({ "dead_letter_id": id, "source": letter.source, "kind": letter.kind });
    record(&mut tx, ctx, None, "dlq.discard", what).await?;
    tx.commit().await?;
    Ok(Settled::Done(Box::new(letter)))
}

async fn settled_before(tx: &mut Tx, id: DeadLetterId) -> Result<Settled<DeadLetterRow>, StoreError> {
    Ok(store::find(tx, id).await?.map_or(Settled::Missing, |letter| Settled::Already(Box::new(letter))))
}

/// A message goes back to the end of its conversation's lane, unless it was delivered after all.
async fn replay_message(
    tx: &mut Tx,
    ctx: &Ctx,
    directory: &Directory,
    letter: &DeadLetterRow,
) -> Result<(), StoreError> {
    let id = |key: &str| letter.payload.get(key).and_then(Value::as_str).and_then(|text| text.parse::<Uuid>().ok());
    let (Some(message), Some(conversation)) = (id("message_id"), id("conversation_id")) else { return Ok(()) };
    if delivery::replay(tx, ctx, directory, MessageId(message)).await? {
        let job = NewJob {
            id: JobId::new(),
            queue: JobQueue::High,
            kind: JobKind::SendMessage,
            lane: Some(delivery::lane(ConversationId(conversation))),
            dedupe_key: None,
            payload: json!({ "message_id": message }),
            run_at: ctx.now,
            max_attempts: TRIES,
        };
        jobs::enqueue(tx, ctx, &job).await?;
    }
    Ok(())
}

async fn replay_job(tx: &mut Tx, ctx: &Ctx, letter: &DeadLetterRow) -> Result<(), StoreError> {
    let Ok(kind) = letter.kind.parse::<JobKind>() else { return Ok(()) };
    let number = |key: &str| letter.payload.get(key).and_then(Value::as_i64);
    let queue = JobQueue::ALL.iter().find(|queue| Some(queue.rank()) == number("queue"));
    let job = NewJob {
        id: JobId::new(),
        queue: queue.copied().unwrap_or(JobQueue::Default),
        kind,
        lane: letter.payload.get("lane").and_then(Value::as_str).map(str::to_owned),
        dedupe_key: None,
        payload: letter.payload.get("payload").cloned().unwrap_or_default(),
        run_at: ctx.now,
        max_attempts: number("max_attempts").unwrap_or(TRIES),
    };
    jobs::enqueue(tx, ctx, &job).await.map(drop)
}
