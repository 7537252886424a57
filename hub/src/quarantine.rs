//! Inbound events that were put aside: looked at without their words, sent again once whatever was wrong is mended, or let
//! be.

mod preview;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use patchbay_core::Code;
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::{InboxId, QuarantineId};
use patchbay_core::item::Item;
use patchbay_http::{ApiError, Body, Caller, Id, OptionalBody, Page, Params, decode_cursor, encode_cursor, limit};
use patchbay_store::quarantine::{self as store, QuarantineFilter, QuarantineRow, QuarantinedContent};
use patchbay_store::repairs::{RepairAction, RepairSubject};
use patchbay_store::{Db, StoreError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::dead_letters::{require_observer, require_operator};
use crate::error::HubError;
use crate::recovery::{self, BulkRequest, Reenacted, Reenactor, RepairBody};
use crate::resource::record;
use crate::state::Hub;

/// A quarantined event. Its bytes stay in the database.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct QuarantineBody {
    /// Our id.
    pub id: Uuid,
    /// Inbox it came to, when known.
    pub inbox_id: Option<Uuid>,
    /// Which provider sent it.
    pub provider: String,
    /// Why it was put aside.
    pub reason: String,
    /// Size of its bytes.
    pub size_bytes: i64,
    /// `open` until somebody has dealt with it, then `replayed` or `discarded`.
    pub status: String,
    /// How often somebody tried to replay it.
    pub attempts: i64,
    /// Why it was discarded.
    pub note: Option<String>,
    /// Who settled it.
    pub resolved_by: Option<Uuid>,
    /// When it was settled.
    pub resolved_at: Option<DateTime<Utc>>,
    /// When it was received.
    pub received_at: DateTime<Utc>,
    /// When it was put aside.
    pub created_at: DateTime<Utc>,
}

impl From<QuarantineRow> for QuarantineBody {
    fn from(row: QuarantineRow) -> Self {
        Self {
            id: row.id.into(),
            inbox_id: row.inbox_id.map(Into::into),
            provider: row.provider,
            reason: row.reason,
            size_bytes: row.size_bytes,
            status: row.status,
            attempts: row.attempts,
            note: row.note,
            resolved_by: row.resolved_by.map(Into::into),
            resolved_at: row.resolved_at,
            received_at: row.received_at,
            created_at: row.created_at,
        }
    }
}

/// A quarantined event with what may be shown of its content.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct QuarantineDetail {
    /// The event.
    #[serde(flatten)]
    event: QuarantineBody,
    /// Its content without words, names, numbers and addresses.
    payload: Value,
    /// How it can be replayed: `request` as the provider sent it, `items` as they were understood, or not at all.
    replay: Option<&'static str>,
}

/// The endpoints under `/api/v1/quarantine`.
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
    /// Put aside for this reason.
    reason: Option<String>,
    /// Came to this inbox.
    inbox_id: Option<Uuid>,
    /// Where the last page ended.
    cursor: Option<String>,
    /// Rows of a page.
    limit: Option<i64>,
}

/// Quarantined events of one status, newest first.
#[utoipa::path(get, path = "/api/v1/quarantine", tag = "operations", params(ListParams),
    responses((status = 200, body = Page<QuarantineBody>), (status = 400, description = "INVALID_QUERY"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN")))]
async fn list(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Params(params): Params<ListParams>,
) -> Result<Json<Page<QuarantineBody>>, HubError> {
    require_observer(&ctx.actor)?;
    let limit = limit(params.limit)?;
    let before = params.cursor.as_deref().map(decode_cursor::<QuarantineId>).transpose()?;
    let status = params.status.as_deref().unwrap_or("open");
    if !matches!(status, "open" | "replayed" | "discarded") {
        return Err(ApiError::new(Code::InvalidQuery, "status must be open, replayed or discarded").into());
    }
    let filter = QuarantineFilter { status, reason: params.reason.as_deref(), inbox_id: params.inbox_id.map(InboxId) };
    let rows = store::page(&mut hub.db.read().await?, &filter, before, limit + 1).await?;
    let rows = rows.into_iter().map(QuarantineBody::from).collect();
    Ok(Json(Page::of(rows, limit, |row: &QuarantineBody| encode_cursor(&row.id))))
}

/// One quarantined event, with its content without words, names, numbers and addresses.
#[utoipa::path(get, path = "/api/v1/quarantine/{id}", tag = "operations", params(("id" = Uuid, Path)),
    responses((status = 200, body = QuarantineDetail), (status = 401, description = "AUTH_REQUIRED"),
              (status = 403, description = "FORBIDDEN"), (status = 404, description = "NOT_FOUND")))]
async fn get(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<QuarantineId>,
) -> Result<Json<QuarantineDetail>, HubError> {
    require_observer(&ctx.actor)?;
    let mut tx = hub.db.read().await?;
    let row = store::by_id(&mut tx, id).await?.ok_or_else(|| ApiError::not_found("quarantined event"))?;
    let content = store::content(&mut tx, id).await?.ok_or_else(|| ApiError::not_found("quarantined event"))?;
    let replay = match way(&row, &content) {
        Some(Way::Items(..)) => Some("items"),
        Some(Way::Request(_)) => Some("request"),
        None => None,
    };
    Ok(Json(QuarantineDetail { payload: preview::of(&content.raw), replay, event: row.into() }))
}

/// How an event can be done anew.
enum Way {
    /// Its items are whole and their inbox is known.
    Items(InboxId, Vec<Item>),
    /// The request is kept, sealed.
    Request(Vec<u8>),
}

fn way(row: &QuarantineRow, content: &QuarantinedContent) -> Option<Way> {
    let items = serde_json::from_slice::<Item>(&content.raw)
        .map(|item| vec![item])
        .or_else(|_| serde_json::from_slice::<Vec<Item>>(&content.raw))
        .ok()
        .filter(|items| !items.is_empty());
    match (row.reason.as_str(), row.inbox_id, items, &content.request) {
        // What the adapters could not read is no better when it is read by the intake again.
        ("poisoned" | "unknown_inbox", Some(inbox), Some(items), _) => Some(Way::Items(inbox, items)),
        (_, _, _, Some(request)) => Some(Way::Request(request.clone())),
        _ => None,
    }
}

/// What came of settling an event.
#[derive(Debug)]
pub enum Replayed {
    /// Settled just now.
    Done(Box<QuarantineRow>),
    /// Somebody settled it before; nothing was done.
    Already(Box<QuarantineRow>),
    /// It cannot be replayed, or whatever was wrong still is; this word says what.
    Not(String),
    /// There is no such event.
    Missing,
}

/// Does an event anew. `instead`: the item to take instead of the one that was kept. What is here already is not doubled.
pub async fn replay(
    db: &Db,
    ctx: &Ctx,
    reenactor: &Reenactor,
    id: QuarantineId,
    instead: Option<Item>,
) -> Result<Replayed, StoreError> {
    let mut reading = db.read().await?;
    let Some(row) = store::by_id(&mut reading, id).await? else { return Ok(Replayed::Missing) };
    if row.status != "open" {
        return Ok(Replayed::Already(Box::new(row)));
    }
    let Some(content) = store::content(&mut reading, id).await? else { return Ok(Replayed::Missing) };
    drop(reading);
    let Some(reenact) = reenactor.get() else { return Ok(Replayed::Not("unavailable".into())) };
    let outcome = match (way(&row, &content), instead, row.inbox_id) {
        (_, Some(item), Some(inbox)) => reenact.retake(inbox, vec![item], row.received_at).await,
        (Some(Way::Items(inbox, items)), None, _) => reenact.retake(inbox, items, row.received_at).await,
        (Some(Way::Request(sealed)), None, _) => reenact.reenact(&sealed, row.received_at, row.inbox_id).await,
        _ => return Ok(Replayed::Not("not_kept".into())),
    };
    let mut tx = db.begin().await?;
    let why = match outcome {
        Reenacted::Accepted => {
            if !store::settle(&mut tx, ctx, id, "replayed", None).await? {
                drop(tx);
                return settled_before(db, id).await;
            }
            let what = json!({ "quarantine_id": id, "reason": row.reason });
            record(&mut tx, ctx, None, "quarantine.replay", what).await?;
            let row = store::by_id(&mut tx, id).await?.ok_or(StoreError::NoRow)?;
            tx.commit().await?;
            return Ok(Replayed::Done(Box::new(row)));
        }
        Reenacted::SetAside(why) | Reenacted::Refused(why) => why,
        Reenacted::Unreadable => "key_missing".into(),
        Reenacted::Unavailable => "unavailable".into(),
    };
    store::tried(&mut tx, id).await?;
    tx.commit().await?;
    Ok(Replayed::Not(why))
}

/// Lets an event be.
pub async fn discard(db: &Db, ctx: &Ctx, id: QuarantineId, note: Option<&str>) -> Result<Replayed, StoreError> {
    let mut tx = db.begin().await?;
    if !store::settle(&mut tx, ctx, id, "discarded", note).await? {
        drop(tx);
        return settled_before(db, id).await;
    }
    record(&mut tx, ctx, None, "quarantine.discard", json!({ "quarantine_id": id })).await?;
    let row = store::by_id(&mut tx, id).await?.ok_or(StoreError::NoRow)?;
    tx.commit().await?;
    Ok(Replayed::Done(Box::new(row)))
}

async fn settled_before(db: &Db, id: QuarantineId) -> Result<Replayed, StoreError> {
    let row = store::by_id(&mut db.read().await?, id).await?;
    Ok(row.map_or(Replayed::Missing, |row| Replayed::Already(Box::new(row))))
}

fn answer(replayed: Replayed) -> Result<Json<QuarantineBody>, HubError> {
    match replayed {
        Replayed::Done(row) => Ok(Json((*row).into())),
        Replayed::Already(row) => {
            Err(ApiError::new(Code::QuarantineSettled, format!("this event was {} already", row.status))
                .because("status", row.status)
                .into())
        }
        Replayed::Not(why) => {
            let message = match why.as_str() {
                "not_kept" => "its request was not kept: there was no journal key when it came",
                "key_missing" => "it was sealed with a key that is not configured any more",
                "unavailable" => "it cannot be taken now; try again",
                _ => "whatever was wrong with it still is",
            };
            Err(ApiError::new(Code::ReplayRefused, message).because("reason", why).into())
        }
        Replayed::Missing => Err(ApiError::not_found("quarantined event").into()),
    }
}

/// What to replay instead.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplayRequest {
    /// An item to take instead of the one that was kept, where items were kept.
    #[schema(value_type = Option<Object>)]
    #[serde(default)]
    item: Option<Value>,
}

/// Sends an event where it belongs, once what was wrong is mended. What is here already is not doubled. Errors: 404, 409
/// `QUARANTINE_SETTLED`, `REPLAY_REFUSED` with the reason.
#[utoipa::path(post, path = "/api/v1/quarantine/{id}/replay", tag = "operations", params(("id" = Uuid, Path)),
    request_body = Option<ReplayRequest>,
    responses((status = 200, body = QuarantineBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND"),
              (status = 409, description = "QUARANTINE_SETTLED, REPLAY_REFUSED")))]
async fn replay_endpoint(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<QuarantineId>,
    OptionalBody(body): OptionalBody<ReplayRequest>,
) -> Result<Json<QuarantineBody>, HubError> {
    require_operator(&ctx.actor)?;
    let item = body.item.map(serde_json::from_value::<Item>).transpose();
    let item = item.map_err(|_| ApiError::invalid("item", "is not an item as the adapters make them"))?;
    answer(replay(&hub.db, &ctx, &hub.config.reenactor, id, item).await?)
}

/// Why something is let be.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DiscardRequest {
    /// Why; up to 500 characters.
    #[serde(default)]
    pub(crate) reason: Option<String>,
}

/// Lets an event be. Errors: 404, 409 `QUARANTINE_SETTLED`.
#[utoipa::path(post, path = "/api/v1/quarantine/{id}/discard", tag = "operations", params(("id" = Uuid, Path)),
    request_body = Option<DiscardRequest>,
    responses((status = 200, body = QuarantineBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND"), (status = 409, description = "QUARANTINE_SETTLED")))]
async fn discard_endpoint(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<QuarantineId>,
    OptionalBody(body): OptionalBody<DiscardRequest>,
) -> Result<Json<QuarantineBody>, HubError> {
    require_operator(&ctx.actor)?;
    let note = recovery::discard_note(body.reason.as_deref())?;
    answer(discard(&hub.db, &ctx, id, note.as_deref()).await?)
}

async fn which(hub: &Hub, request: &BulkRequest) -> Result<Vec<Uuid>, HubError> {
    if !request.all {
        return Ok(request.ids.clone());
    }
    let filter = QuarantineFilter { status: "open", reason: request.quarantine_reason.as_deref(), inbox_id: None };
    let most = i64::try_from(recovery::MOST).unwrap_or(i64::MAX);
    let rows = store::page(&mut hub.db.read().await?, &filter, None, most).await?;
    // Oldest first, as they came.
    Ok(rows.into_iter().rev().map(|row| row.id.into()).collect())
}

/// Replays many, at a rate; the answer tells where to look how far it is.
#[utoipa::path(post, path = "/api/v1/quarantine/replay", tag = "operations", request_body = BulkRequest,
    responses((status = 202, body = RepairBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN")))]
async fn replay_many(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Body(request): Body<BulkRequest>,
) -> Result<(StatusCode, Json<RepairBody>), HubError> {
    require_operator(&ctx.actor)?;
    let ids = which(&hub, &request).await?;
    recovery::begin(&hub, &ctx, RepairSubject::Quarantine, RepairAction::Replay, ids, &request).await
}

/// Lets many be.
#[utoipa::path(post, path = "/api/v1/quarantine/discard", tag = "operations", request_body = BulkRequest,
    responses((status = 202, body = RepairBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN")))]
async fn discard_many(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Body(request): Body<BulkRequest>,
) -> Result<(StatusCode, Json<RepairBody>), HubError> {
    require_operator(&ctx.actor)?;
    let ids = which(&hub, &request).await?;
    recovery::begin(&hub, &ctx, RepairSubject::Quarantine, RepairAction::Discard, ids, &request).await
}
