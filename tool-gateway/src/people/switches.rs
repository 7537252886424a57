//! Switches: people stop assistants, a tool, a tenant or everything, and let them go on.

use axum::Json;
use axum::extract::State;
use patchbay_core::Ctx;
use patchbay_core::ids::{RecordId, ToolCallId};
use patchbay_core::redaction::Known;
use patchbay_core::role::{ActorType, Role};
use patchbay_core::tool::invocation::{CallDecision, Invocation, Phase};
use patchbay_http::{ApiError, Body, Caller, OpenApiRouter, routes};
use patchbay_hub::HubError;
use patchbay_store::kill_switches::{self, SwitchRow};
use patchbay_store::tool_invocations;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::require_people;
use crate::gateway::Gateway;

/// What a switch may be about.
const SCOPES: &[&str] = &["all", "agent", "tool", "tenant", "conversation", "handover"];
/// Longest reason, in characters.
const MOST_SAID: usize = 500;

pub(super) fn router() -> OpenApiRouter<Gateway> {
    OpenApiRouter::new().routes(routes!(switches, switch))
}

/// A switch to set or to lift.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SwitchBody {
    /// `all`, `agent`, `tool`, `tenant`, `conversation` or `handover`.
    scope_type: String,
    /// Which one: a tool by any of its names, anything else by its id; left out for `all`.
    #[serde(default)]
    scope_id: String,
    /// Stops (`true`, when missing) or lets go on (`false`).
    active: Option<bool>,
    /// Why.
    reason: Option<String>,
}

/// What is stopped, and what was.
#[utoipa::path(get, path = "/api/v1/kill-switches", tag = "drafts",
    responses((status = 200, description = "`{\"data\"}`", body = Value), (status = 403, description = "FORBIDDEN")))]
async fn switches(State(gateway): State<Gateway>, Caller(ctx): Caller) -> Result<Json<Value>, HubError> {
    require_people(&ctx.actor)?;
    let rows = kill_switches::latest(&mut gateway.hub.db.read().await?, 100).await?;
    let data: Vec<Value> = rows.iter().map(switch_body).collect();
    Ok(Json(json!({"data": data, "next_cursor": null})))
}

/// Stops an assistant, a tool, a tenant, a conversation's assistant or everything, or lets it go on.
#[utoipa::path(post, path = "/api/v1/kill-switches", tag = "drafts", request_body = SwitchBody,
    responses((status = 200, description = "`{\"data\"}`: what is stopped now.", body = Value), (status = 400, description = "INVALID_REQUEST"),
              (status = 403, description = "FORBIDDEN")))]
async fn switch(
    State(gateway): State<Gateway>,
    Caller(ctx): Caller,
    body: Result<Body<SwitchBody>, ApiError>,
) -> Result<Json<Value>, HubError> {
    if ctx.actor.actor_type != ActorType::Human || !matches!(ctx.actor.role, Role::Admin | Role::Supervisor) {
        return Err(ApiError::forbidden("supervisors and admins stop assistants").into());
    }
    let Body(body) = body?;
    if !SCOPES.contains(&body.scope_type.as_str()) {
        return Err(ApiError::invalid("scope_type", format!("must be one of {}", SCOPES.join(", "))).into());
    }
    let reason: String = body.reason.unwrap_or_default().chars().take(MOST_SAID).collect();
    let which = which_one(&gateway, &body.scope_type, &body.scope_id);
    let row = |scope_id: &str| SwitchRow {
        id: RecordId::new(),
        scope_type: body.scope_type.clone(),
        scope_id: scope_id.to_owned(),
        reason: reason.clone(),
        set_by: ctx.actor.id,
        set_at: ctx.now,
        lifted_by: None,
        lifted_at: None,
    };
    let mut tx = gateway.hub.db.begin().await?;
    if body.active.unwrap_or(true) {
        let row = row(&which?);
        if kill_switches::set(&mut tx, &row).await? {
            tool_invocations::append(&mut tx, &noted(&gateway, &ctx, "switch.set", &row)).await?;
        }
    } else {
        // One that stands there under another name comes off too.
        for scope_id in [which.as_ref().ok(), Some(&body.scope_id)].into_iter().flatten() {
            if kill_switches::lift(&mut tx, &body.scope_type, scope_id, ctx.actor.id, ctx.now).await? {
                let row = row(scope_id);
                tool_invocations::append(&mut tx, &noted(&gateway, &ctx, "switch.lift", &row)).await?;
            }
        }
    }
    let rows = kill_switches::set_now(&mut tx).await?;
    tx.commit().await?;
    let data: Vec<Value> = rows.iter().map(switch_body).collect();
    Ok(Json(json!({"data": data})))
}

/// Which one a switch is about, as calls are compared with it. Error: 400 `INVALID_REQUEST` when it names nothing, so
/// that nobody believes stopped what goes on.
fn which_one(gateway: &Gateway, scope_type: &str, given: &str) -> Result<String, ApiError> {
    let wrong = |message: &str| ApiError::invalid("scope_id", message);
    match scope_type {
        "all" if given.is_empty() => Ok(String::new()),
        "all" => Err(wrong("must say nothing for all")),
        "tool" => gateway.tool(given).map(|spec| spec.name.to_owned()).ok_or_else(|| wrong("no tool has this name")),
        _ => given.parse::<Uuid>().map(|id| id.to_string()).map_err(|_| wrong("must say which one, by its id")),
    }
}

/// Switches stand in the audit beside the calls that they stop.
fn noted(gateway: &Gateway, ctx: &Ctx, word: &str, row: &SwitchRow) -> Invocation {
    let id = ToolCallId::new();
    let is_one = matches!(row.scope_type.as_str(), "conversation" | "handover");
    Invocation {
        id,
        call_id: id,
        phase: Phase::Done,
        account_id: None,
        conversation_id: row.scope_id.parse().ok().filter(|_| is_one),
        actor_id: ctx.actor.id,
        actor_role: ctx.actor.role,
        tool: word.to_owned(),
        decision: CallDecision::Allowed,
        code: None,
        draft_id: None,
        details: json!({
            "scope_type": row.scope_type, "scope_id": row.scope_id,
            "reason": gateway.for_audit.redact(&row.reason, &Known::default()).text,
            "correlation_id": ctx.correlation_id,
        }),
        at: ctx.now,
    }
}

fn switch_body(row: &SwitchRow) -> Value {
    json!({
        "id": row.id, "scope_type": row.scope_type, "scope_id": row.scope_id, "reason": row.reason,
        "active": row.lifted_at.is_none(), "set_by": row.set_by, "set_at": row.set_at, "lifted_by": row.lifted_by,
        "lifted_at": row.lifted_at,
    })
}
