//! Work that was given up: looked at, replayed or discarded by a person. The same functions serve the endpoints and
//! `patchbay dlq`; a replay is idempotent.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use patchbay_core::Code;
use patchbay_core::actor::Actor;
use patchbay_core::ctx::Ctx;
use patchbay_core::directory::Directory;
use patchbay_core::ids::{ConversationId, DeadLetterId, JobId, MessageId, OutboxId, ToolDraftId};
use patchbay_core::job::{JobKind, JobQueue, NewJob};
use patchbay_core::redaction::sink;
use patchbay_core::role::Role;
use patchbay_http::{ApiError, Body, Caller, Id, OptionalBody, Page, Params, decode_cursor, encode_cursor, limit};
use patchbay_store::dead_letters::{self as store, DeadLetterRow, LetterFilter};
use patchbay_store::repairs::{RepairAction, RepairSubject};
use patchbay_store::{Db, StoreError, Tx, jobs, outbox, tool_drafts};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::delivery;
use crate::error::HubError;
use crate::quarantine::DiscardRequest;
use crate::recovery::{self, BulkRequest, RepairBody};
use crate::resource::record;
use crate::state::Hub;

/// How often a replayed job is tried when its letter does not say.
const TRIES: i64 = 6;

/// A dead letter.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DeadLetterBody {
    /// Our id.
    pub id: Uuid,
    /// Where it comes from: `message`, `job`, `outbox`, `integration`.
    pub source: String,
    /// What kind of work it was.
    pub kind: String,
    /// The message, job or outbox row it is about.
    pub ref_id: Option<Uuid>,
    /// What a replay needs: ids, no texts and no addresses.
    pub payload: Value,
    /// Why it was given up.
    pub error: String,
    /// How often it was tried.
    pub attempts: i64,
    /// `open`, `replayed` or `discarded`.
    pub status: String,
    /// Why it was discarded.
    pub note: Option<String>,
    /// Who settled it.
    pub resolved_by: Option<Uuid>,
    /// When it was settled.
    pub resolved_at: Option<DateTime<Utc>>,
    /// When it was given up.
    pub created_at: DateTime<Utc>,
}

impl From<DeadLetterRow> for DeadLetterBody {
    fn from(row: DeadLetterRow) -> Self {
        Self {
            id: row.id.into(),
            source: row.source,
            kind: row.kind,
            ref_id: row.ref_id,
            // Letters of before errors were redacted are shown like new ones.
            payload: sink::value(&row.payload),
            error: sink::text(&row.error).into_owned(),
            attempts: row.attempts,
            status: row.status,
            note: row.note,
            resolved_by: row.resolved_by.map(Into::into),
            resolved_at: row.resolved_at,
            created_at: row.created_at,
        }
    }
}

/// What came of settling a letter.
#[derive(Debug)]
pub enum Settled {
    /// Settled just now.
    Done(Box<DeadLetterRow>),
    /// Somebody settled it before; nothing was done.
    Already(Box<DeadLetterRow>),
    /// There is no such letter.
    Missing,
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

/// Does the work anew. Once: a letter that is settled stays as it is.
pub async fn replay(db: &Db, ctx: &Ctx, directory: &Directory, id: DeadLetterId) -> Result<Settled, StoreError> {
    replay_with(db, ctx, directory, id, None).await
}

/// The same; a job's payload may be given anew.
pub async fn replay_with(
    db: &Db,
    ctx: &Ctx,
    directory: &Directory,
    id: DeadLetterId,
    payload: Option<Value>,
) -> Result<Settled, StoreError> {
    let mut tx = db.begin().await?;
    if !store::settle(&mut tx, ctx, id, "replayed").await? {
        return settled_before(&mut tx, id).await;
    }
    let is_edited = payload.is_some();
    if let Some(payload) = payload
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
pub async fn discard(db: &Db, ctx: &Ctx, id: DeadLetterId) -> Result<Settled, StoreError> {
    discard_because(db, ctx, id, None).await
}

/// Lets the work be, and says why.
pub async fn discard_because(db: &Db, ctx: &Ctx, id: DeadLetterId, note: Option<&str>) -> Result<Settled, StoreError> {
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

async fn settled_before(tx: &mut Tx, id: DeadLetterId) -> Result<Settled, StoreError> {
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

/// The endpoints under `/api/v1/dlq`.
pub fn router() -> OpenApiRouter<Hub> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(replay_many))
        .routes(routes!(discard_many))
        .routes(routes!(get))
        .routes(routes!(replay_endpoint))
        .routes(routes!(discard_endpoint))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct ListParams {
    /// `open` (the default), `replayed` or `discarded`.
    status: Option<String>,
    /// Where they come from: `message`, `job` or `outbox`.
    source: Option<String>,
    /// What kind of work it was.
    kind: Option<String>,
    /// Where the last page ended.
    cursor: Option<String>,
    /// Rows of a page.
    limit: Option<i64>,
}

pub(crate) fn require_operator(actor: &Actor) -> Result<(), ApiError> {
    match actor.role {
        Role::Admin | Role::Supervisor => Ok(()),
        _ => Err(ApiError::forbidden("only an admin or a supervisor may do this")),
    }
}

pub(crate) fn require_observer(actor: &Actor) -> Result<(), ApiError> {
    if actor.role == Role::Auditor { Ok(()) } else { require_operator(actor) }
}

/// Dead letters of one status, newest first.
#[utoipa::path(get, path = "/api/v1/dlq", tag = "operations", params(ListParams),
    responses((status = 200, body = Page<DeadLetterBody>)))]
async fn list(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Params(params): Params<ListParams>,
) -> Result<Json<Page<DeadLetterBody>>, HubError> {
    require_observer(&ctx.actor)?;
    let limit = limit(params.limit)?;
    let status = params.status.as_deref().unwrap_or("open");
    if !matches!(status, "open" | "replayed" | "discarded") {
        return Err(ApiError::new(Code::InvalidQuery, "status must be open, replayed or discarded").into());
    }
    let before = params.cursor.as_deref().map(decode_cursor::<DeadLetterId>).transpose()?;
    let filter = LetterFilter { status, source: params.source.as_deref(), kind: params.kind.as_deref() };
    let rows = page(&hub.db, &filter, before, limit + 1).await?;
    let rows = rows.into_iter().map(DeadLetterBody::from).collect();
    Ok(Json(Page::of(rows, limit, |row: &DeadLetterBody| encode_cursor(&row.id))))
}

/// One dead letter.
#[utoipa::path(get, path = "/api/v1/dlq/{id}", tag = "operations", params(("id" = Uuid, Path)),
    responses((status = 200, body = DeadLetterBody)))]
async fn get(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<DeadLetterId>,
) -> Result<Json<DeadLetterBody>, HubError> {
    require_observer(&ctx.actor)?;
    let letter = show(&hub.db, id).await?.ok_or_else(|| ApiError::not_found("dead letter"))?;
    Ok(Json(letter.into()))
}

/// What to do instead.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplayLetter {
    /// What the worker shall know instead of what it knew, for a job.
    #[schema(value_type = Option<Object>)]
    #[serde(default)]
    payload: Option<serde_json::Map<String, Value>>,
}

/// Does the work of a dead letter anew. Errors: 404, 409 `DEAD_LETTER_SETTLED`.
#[utoipa::path(post, path = "/api/v1/dlq/{id}/replay", tag = "operations", params(("id" = Uuid, Path)),
    request_body = Option<ReplayLetter>,
    responses((status = 200, body = DeadLetterBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND"), (status = 409, description = "DEAD_LETTER_SETTLED")))]
async fn replay_endpoint(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<DeadLetterId>,
    OptionalBody(body): OptionalBody<ReplayLetter>,
) -> Result<Json<DeadLetterBody>, HubError> {
    require_operator(&ctx.actor)?;
    if body.payload.is_some() {
        let letter = show(&hub.db, id).await?.ok_or_else(|| ApiError::not_found("dead letter"))?;
        if letter.source != "job" {
            return Err(ApiError::invalid("payload", "only a job's payload can be given anew").into());
        }
    }
    let directory = hub.gate.directory.load_full();
    answer(replay_with(&hub.db, &ctx, &directory, id, body.payload.map(Value::Object)).await?)
}

/// Lets the work of a dead letter be. Errors: 404, 409 `DEAD_LETTER_SETTLED`.
#[utoipa::path(post, path = "/api/v1/dlq/{id}/discard", tag = "operations", params(("id" = Uuid, Path)),
    request_body = Option<DiscardRequest>,
    responses((status = 200, body = DeadLetterBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND"), (status = 409, description = "DEAD_LETTER_SETTLED")))]
async fn discard_endpoint(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<DeadLetterId>,
    OptionalBody(body): OptionalBody<DiscardRequest>,
) -> Result<Json<DeadLetterBody>, HubError> {
    require_operator(&ctx.actor)?;
    let note = recovery::discard_note(body.reason.as_deref())?;
    answer(discard_because(&hub.db, &ctx, id, note.as_deref()).await?)
}

async fn which(hub: &Hub, request: &BulkRequest) -> Result<Vec<Uuid>, HubError> {
    if !request.all {
        return Ok(request.ids.clone());
    }
    let filter = LetterFilter { status: "open", source: request.source.as_deref(), kind: request.kind.as_deref() };
    let most = i64::try_from(recovery::MOST).unwrap_or(i64::MAX);
    let rows = page(&hub.db, &filter, None, most).await?;
    // Oldest first, as they were given up.
    Ok(rows.into_iter().rev().map(|row| row.id.into()).collect())
}

/// Replays many, at a rate; the answer tells where to look how far it is.
#[utoipa::path(post, path = "/api/v1/dlq/replay", tag = "operations", request_body = BulkRequest,
    responses((status = 202, body = RepairBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN")))]
async fn replay_many(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Body(request): Body<BulkRequest>,
) -> Result<(StatusCode, Json<RepairBody>), HubError> {
    require_operator(&ctx.actor)?;
    let ids = which(&hub, &request).await?;
    recovery::begin(&hub, &ctx, RepairSubject::Dlq, RepairAction::Replay, ids, &request).await
}

/// Lets many be.
#[utoipa::path(post, path = "/api/v1/dlq/discard", tag = "operations", request_body = BulkRequest,
    responses((status = 202, body = RepairBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN")))]
async fn discard_many(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Body(request): Body<BulkRequest>,
) -> Result<(StatusCode, Json<RepairBody>), HubError> {
    require_operator(&ctx.actor)?;
    let ids = which(&hub, &request).await?;
    recovery::begin(&hub, &ctx, RepairSubject::Dlq, RepairAction::Discard, ids, &request).await
}

fn answer(settled: Settled) -> Result<Json<DeadLetterBody>, HubError> {
    match settled {
        Settled::Done(letter) => Ok(Json((*letter).into())),
        Settled::Already(letter) => {
            Err(ApiError::new(Code::DeadLetterSettled, format!("this dead letter was {} already", letter.status))
                .because("status", letter.status)
                .into())
        }
        Settled::Missing => Err(ApiError::not_found("dead letter").into()),
    }
}
