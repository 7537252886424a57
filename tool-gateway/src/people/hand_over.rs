//! A person hands a conversation to an assistant of another runtime: the assistant gets a token that opens this conversation's
//! tools and nothing else, for a quarter of an hour.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::TimeDelta;
use patchbay_core::Code;
use patchbay_core::Ctx;
use patchbay_core::conversation::{ConversationStatus, may_see};
use patchbay_core::ids::{ActorId, ConversationId, ToolCallId};
use patchbay_core::role::{ActorType, Portal, Role};
use patchbay_core::tool::invocation::{CallDecision, Invocation, Phase};
use patchbay_core::tool::{Class, grant};
use patchbay_http::{ApiError, Caller, Claims, Id, OpenApiRouter, OptionalBody, ScopeClaim, WordList, routes};
use patchbay_hub::HubError;
use patchbay_hub::feed::placement;
use patchbay_store::{contacts, conversations, kill_switches, tool_invocations};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::gateway::Gateway;

/// How long the token lasts. Source: tool gateway reference, surfaces.
const LIFE: TimeDelta = TimeDelta::minutes(15);

pub(super) fn router() -> OpenApiRouter<Gateway> {
    OpenApiRouter::new().routes(routes!(hand_over))
}

/// To which assistant.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct HandOverBody {
    /// Id of the assistant, the same in all its conversations; left out: a new one.
    #[schema(value_type = Option<uuid::Uuid>)]
    agent_id: Option<ActorId>,
    /// Its name.
    name: Option<String>,
}

/// Hands a conversation to an assistant: a token for its tools, which ends after a quarter of an hour or when the assistant
/// hands the conversation back.
#[utoipa::path(post, path = "/api/v1/conversations/{id}/assistant", tag = "drafts", params(("id" = Uuid, Path)),
    request_body = HandOverBody,
    responses((status = 201, description = "`{\"access_token\",\"token_type\",\"expires_in\",\"agent_id\",\"conversation_id\"}`", body = Value),
              (status = 403, description = "FORBIDDEN"), (status = 404, description = "NOT_FOUND"),
              (status = 409, description = "INVALID_STATE_TRANSITION")))]
async fn hand_over(
    State(gateway): State<Gateway>,
    Caller(ctx): Caller,
    Id(id): Id<ConversationId>,
    body: Result<OptionalBody<HandOverBody>, ApiError>,
) -> Result<(StatusCode, Json<Value>), HubError> {
    if !ctx.actor.role.works_conversations() || ctx.actor.actor_type != ActorType::Human {
        return Err(ApiError::forbidden("people who work conversations hand them to assistants").into());
    }
    let OptionalBody(body) = body?;
    let agent = body.agent_id.unwrap_or_else(ActorId::new);
    let keys = gateway.hub.gate.keys.as_ref();
    let keys =
        keys.ok_or_else(|| ApiError::new(Code::AuthConfigError, "no secret to sign tokens with is configured"))?;
    let mut tx = gateway.hub.db.begin().await?;
    let absent = || ApiError::not_found("conversation");
    let conversation = conversations::by_id(&mut tx, id).await?.ok_or_else(absent)?;
    if !may_see(&ctx.actor, placement(&conversation)) {
        return Err(absent().into());
    }
    if conversation.status == ConversationStatus::Closed {
        return Err(ApiError::new(Code::InvalidStateTransition, "the conversation is closed").into());
    }
    let contact = contacts::by_id(&mut tx, conversation.contact_id).await?.ok_or_else(absent)?;
    let token = keys.issue(Claims {
        sub: agent.to_string(),
        role: Role::AiAgent.as_str().to_owned(),
        exp: (ctx.now + LIFE).timestamp(),
        iat: Some(ctx.now.timestamp()),
        aud: Some(WordList::List(vec![Portal::Service.as_str().to_owned()])),
        name: body.name.map(|name| name.chars().take(100).collect()),
        account_ids: contact.account_id.map(|account| WordList::List(vec![account.to_string()])),
        conv: Some(id.0),
        scope: Some(ScopeClaim::of_permissions(Class::ALL.iter().map(|class| grant::word(*class)))),
        jti: Some(ToolCallId::new().to_string()),
        ..Claims::default()
    })?;
    kill_switches::lift(&mut tx, "handover", &id.to_string(), ctx.actor.id, ctx.now).await?;
    tool_invocations::append(&mut tx, &noted(&ctx, id, contact.account_id, agent)).await?;
    tx.commit().await?;
    let answer = json!({
        "access_token": token, "token_type": "Bearer", "expires_in": LIFE.num_seconds(), "agent_id": agent,
        "conversation_id": id,
    });
    Ok((StatusCode::CREATED, Json(answer)))
}

fn noted(
    ctx: &Ctx,
    conversation: ConversationId,
    account: Option<patchbay_core::ids::AccountId>,
    agent: ActorId,
) -> Invocation {
    let id = ToolCallId::new();
    Invocation {
        id,
        call_id: id,
        phase: Phase::Done,
        account_id: account,
        conversation_id: Some(conversation),
        actor_id: ctx.actor.id,
        actor_role: ctx.actor.role,
        tool: "conversation.hand_over".into(),
        decision: CallDecision::Allowed,
        code: None,
        draft_id: None,
        details: json!({"agent_id": agent, "correlation_id": ctx.correlation_id}),
        at: ctx.now,
    }
}
