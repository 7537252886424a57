//! What people see and decide: drafts, calls of tools, switches; and the notice by which the transaction system says that
//! something changed.

mod hand_over;
mod policy;
mod switches;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use patchbay_core::actor::Actor;
use patchbay_core::conversation::may_see;
use patchbay_core::ids::{ActorId, ConversationId, ToolCallId, ToolDraftId};
use patchbay_core::role::Role;
use patchbay_core::tool::DraftState;
use patchbay_core::{Code, Ctx};
use patchbay_http::{
    ApiError, Caller, Id, OpenApiRouter, OptionalBody, Page, Params, decode_cursor, encode_cursor, limit, routes,
};
use patchbay_hub::HubError;
use patchbay_hub::feed::placement;
use patchbay_store::conversations;
use patchbay_store::tool_drafts::{self, DraftRow};
use patchbay_store::tool_invocations::{self, InvocationFilter, InvocationRow};
use patchbay_store::{StoreError, Tx};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use crate::drafts::{Verdict, person_body, require_decider};
use crate::gateway::Gateway;

pub(crate) fn router() -> OpenApiRouter<Gateway> {
    OpenApiRouter::new()
        .routes(routes!(drafts))
        .routes(routes!(one_draft))
        .routes(routes!(approve))
        .routes(routes!(reject))
        .routes(routes!(invocations))
        .routes(routes!(changed))
        .merge(hand_over::router())
        .merge(policy::router())
        .merge(switches::router())
}

/// Which drafts to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct DraftParams {
    /// Only in this state, such as `AWAITING_HUMAN`.
    state: Option<String>,
    /// The same.
    status: Option<String>,
    /// Only of this conversation.
    #[param(value_type = Option<uuid::Uuid>)]
    conversation_id: Option<ConversationId>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page, up to 100.
    limit: Option<i64>,
}

/// A decision about a draft.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DraftDecisionBody)]
struct DecisionBody {
    /// Hash of what the decider saw; another one is refused.
    payload_hash: Option<String>,
    /// Why.
    reason: Option<String>,
}

/// Drafts of conversations the caller may see, newest first.
#[utoipa::path(get, path = "/api/v1/drafts", tag = "drafts", params(DraftParams),
    responses((status = 200, description = "`{\"data\",\"next_cursor\"}`", body = Value), (status = 403, description = "FORBIDDEN")))]
async fn drafts(
    State(gateway): State<Gateway>,
    Caller(ctx): Caller,
    Params(params): Params<DraftParams>,
) -> Result<Json<Value>, HubError> {
    require_people(&ctx.actor)?;
    let state = match params.state.or(params.status) {
        None => None,
        Some(word) => Some(
            word.to_uppercase()
                .parse::<DraftState>()
                .or_else(|_| by_other_word(&word))
                .map_err(|()| ApiError::new(Code::InvalidQuery, "state is not one we know"))?,
        ),
    };
    let limit = limit(params.limit)?;
    let before: Option<ToolDraftId> = params.cursor.as_deref().map(decode_cursor).transpose()?;
    let mut tx = gateway.hub.db.read().await?;
    let rows = tool_drafts::page(&mut tx, state, params.conversation_id, before, limit + 1).await?;
    let page = Page::of(rows, limit, |row: &DraftRow| encode_cursor(&row.id));
    let mut data = Vec::new();
    for row in &page.data {
        if sees(&mut tx, &ctx, row.conversation_id).await? {
            data.push(person_body(row, &customer(&mut tx, row).await?));
        }
    }
    Ok(Json(json!({"data": data, "next_cursor": page.next_cursor})))
}

/// One draft, with what an approver needs: our own sentence, the customer's words, the day's other drafts.
#[utoipa::path(get, path = "/api/v1/drafts/{id}", tag = "drafts", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The draft.", body = Value), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND")))]
async fn one_draft(
    State(gateway): State<Gateway>,
    Caller(ctx): Caller,
    Id(id): Id<ToolDraftId>,
) -> Result<Json<Value>, HubError> {
    require_people(&ctx.actor)?;
    let mut tx = gateway.hub.db.read().await?;
    let absent = || ApiError::not_found("draft");
    let row = tool_drafts::by_id(&mut tx, id).await?.ok_or_else(absent)?;
    if sees(&mut tx, &ctx, row.conversation_id).await? {
        Ok(Json(gateway.for_approval(&mut tx, &row).await?))
    } else {
        Err(absent().into())
    }
}

/// What the conversation of a draft calls its customer.
async fn customer(tx: &mut Tx, draft: &DraftRow) -> Result<String, StoreError> {
    Ok(conversations::by_id(tx, draft.conversation_id).await?.map(|row| row.contact_name).unwrap_or_default())
}

/// Approves a draft that waits for a person: a supervisor up to 5000.00, an admin above; never whoever made it or has its
/// conversation.
#[utoipa::path(post, path = "/api/v1/drafts/{id}/approve", tag = "drafts", params(("id" = Uuid, Path)),
    request_body = DecisionBody,
    responses((status = 200, description = "The draft.", body = Value), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND"),
              (status = 409, description = "DRAFT_STATE_CONFLICT, CONFIRMATION_INVALID, APPROVAL_THRESHOLD")))]
async fn approve(
    State(gateway): State<Gateway>,
    Caller(ctx): Caller,
    Id(id): Id<ToolDraftId>,
    body: Result<OptionalBody<DecisionBody>, ApiError>,
) -> Result<Json<Value>, HubError> {
    require_decider(&ctx.actor)?;
    let OptionalBody(body) = body?;
    let row = gateway.decide(&ctx, id, Verdict::Approve, body.payload_hash.as_deref(), body.reason).await?;
    let name = customer(&mut gateway.hub.db.read().await?, &row).await?;
    Ok(Json(person_body(&row, &name)))
}

/// Rejects a draft that waits for a person.
#[utoipa::path(post, path = "/api/v1/drafts/{id}/reject", tag = "drafts", params(("id" = Uuid, Path)),
    request_body = DecisionBody,
    responses((status = 200, description = "The draft.", body = Value), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND"), (status = 409, description = "DRAFT_STATE_CONFLICT")))]
async fn reject(
    State(gateway): State<Gateway>,
    Caller(ctx): Caller,
    Id(id): Id<ToolDraftId>,
    body: Result<OptionalBody<DecisionBody>, ApiError>,
) -> Result<Json<Value>, HubError> {
    require_decider(&ctx.actor)?;
    let OptionalBody(body) = body?;
    let row = gateway.decide(&ctx, id, Verdict::Reject, body.payload_hash.as_deref(), body.reason).await?;
    let name = customer(&mut gateway.hub.db.read().await?, &row).await?;
    Ok(Json(person_body(&row, &name)))
}

/// Which calls to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct InvocationParams {
    /// Only of this conversation.
    #[param(value_type = Option<uuid::Uuid>)]
    conversation_id: Option<ConversationId>,
    /// Only of this tool.
    tool: Option<String>,
    /// Only of this caller.
    #[param(value_type = Option<uuid::Uuid>)]
    actor_id: Option<ActorId>,
    /// `allowed` or `refused`.
    decision: Option<String>,
    /// Only about this draft.
    #[param(value_type = Option<uuid::Uuid>)]
    draft_id: Option<ToolDraftId>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page, up to 100.
    limit: Option<i64>,
}

/// Calls of tools, allowed and refused, newest first: with redacted arguments and results.
#[utoipa::path(get, path = "/api/v1/tool-invocations", tag = "drafts", params(InvocationParams),
    responses((status = 200, description = "`{\"data\",\"next_cursor\"}`", body = Value), (status = 400, description = "INVALID_QUERY"),
              (status = 403, description = "FORBIDDEN")))]
async fn invocations(
    State(gateway): State<Gateway>,
    Caller(ctx): Caller,
    Params(params): Params<InvocationParams>,
) -> Result<Json<Value>, HubError> {
    require_people(&ctx.actor)?;
    if ctx.actor.role == Role::SupportAgent && params.conversation_id.is_none() {
        return Err(ApiError::forbidden("name a conversation of yours").into());
    }
    let decision = match params.decision.as_deref() {
        None => None,
        Some(word) => Some(word.parse().map_err(|_| ApiError::new(Code::InvalidQuery, "decision is not one we know"))?),
    };
    let limit = limit(params.limit)?;
    let filter = InvocationFilter {
        conversation: params.conversation_id,
        tool: params.tool,
        actor: params.actor_id,
        decision,
        draft: params.draft_id,
        before: params.cursor.as_deref().map(decode_cursor::<ToolCallId>).transpose()?,
    };
    let mut tx = gateway.hub.db.read().await?;
    let rows = tool_invocations::page(&mut tx, &filter, limit + 1).await?;
    let page = Page::of(rows, limit, |row: &InvocationRow| encode_cursor(&row.invocation.id));
    let mut data = Vec::new();
    for row in &page.data {
        let visible = match row.invocation.conversation_id {
            Some(id) => sees(&mut tx, &ctx, id).await?,
            None => matches!(ctx.actor.role, Role::Admin | Role::Auditor),
        };
        if visible {
            data.push(invocation_body(row));
        }
    }
    Ok(Json(json!({"data": data, "next_cursor": page.next_cursor})))
}

fn invocation_body(row: &InvocationRow) -> Value {
    let call = &row.invocation;
    let mut body = json!({
        "id": call.id, "call_id": call.call_id, "phase": call.phase, "at": call.at, "created_at": call.at,
        "account_id": call.account_id, "conversation_id": call.conversation_id,
        "actor": {"id": call.actor_id, "role": call.actor_role}, "agent_id": call.actor_id,
        "tool": call.tool, "tool_name": call.tool, "decision": call.decision, "code": call.code,
        "draft_id": call.draft_id, "prev_hash": row.prev_hash, "hash": row.hash,
    });
    if let (Some(body), Some(details)) = (body.as_object_mut(), call.details.as_object()) {
        for (name, value) in details {
            body.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
    body
}

/// The transaction system says that a transaction changed: what was read of it before does not count any more. Signed as
/// what we post to it.
#[utoipa::path(post, path = "/webhooks/transactions", tag = "webhooks", request_body(content = Value),
    responses((status = 200, description = "Noted.", body = Value), (status = 401, description = "WEBHOOK_SIGNATURE_INVALID"),
              (status = 404, description = "NOT_FOUND")), security(()))]
async fn changed(State(gateway): State<Gateway>, headers: HeaderMap, body: Bytes) -> Result<Json<Value>, ApiError> {
    let system = gateway.transactions.as_ref().ok_or_else(|| ApiError::not_found("path"))?;
    let signature = headers.get("x-hmac-signature").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !system.is_signed(&body, signature) {
        return Err(ApiError::new(Code::WebhookSignatureInvalid, "the signature does not fit"));
    }
    let notice: Value =
        serde_json::from_slice(&body).map_err(|_| ApiError::new(Code::InvalidJson, "the body is not JSON"))?;
    let text = |name: &str| notice.get(name).and_then(Value::as_str);
    system.forget(text("transaction_id").or_else(|| text("id")), text("customer_id"));
    Ok(Json(json!({"status": "ok"})))
}

/// The states by the words that the originals gave them.
fn by_other_word(word: &str) -> Result<DraftState, ()> {
    match word.to_uppercase().as_str() {
        "PENDING_CONFIRMATION" => Ok(DraftState::AwaitingCustomer),
        "AWAITING_APPROVAL" => Ok(DraftState::AwaitingHuman),
        "APPROVED" => Ok(DraftState::Confirmed),
        _ => Err(()),
    }
}

/// People of the hub and auditors. Error: 403 `FORBIDDEN`.
fn require_people(actor: &Actor) -> Result<(), ApiError> {
    if actor.role.works_conversations() || actor.role == Role::Auditor {
        Ok(())
    } else {
        Err(ApiError::forbidden("this role does not see what assistants do"))
    }
}

async fn sees(tx: &mut Tx, ctx: &Ctx, id: ConversationId) -> Result<bool, HubError> {
    Ok(conversations::by_id(tx, id).await?.is_some_and(|row| may_see(&ctx.actor, placement(&row))))
}
