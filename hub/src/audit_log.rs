//! `/api/v1/audit`: who did what, and what was refused. Values of what was changed are not kept, only their names: see the
//! decision about the audit log.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use patchbay_core::actor::Scope;
use patchbay_core::audit::Outcome;
use patchbay_core::directory::Directory;
use patchbay_core::ids::{ActorId, AuditId, ConversationId, TicketId, UserId};
use patchbay_core::role::{Portal, Role};
use patchbay_core::{Code, Ctx};
use patchbay_http::{ApiError, Caller, OpenApiRouter, Page, Params, decode_cursor, encode_cursor, limit, routes};
use patchbay_store::audit::{self, AuditFilter, AuditRow};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::error::HubError;
use crate::state::Hub;

/// The endpoint.
pub(crate) fn router() -> OpenApiRouter<Hub> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Something that was done, or refused.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub(crate) struct AuditBody {
    /// Our id.
    id: Uuid,
    /// What was done, such as `routing_rule.change`.
    tool: String,
    /// `success` or `denied`.
    outcome: &'static str,
    /// Why it was refused.
    error_code: Option<String>,
    /// Who did it.
    actor: AuditActor,
    /// For whom it was done.
    on_behalf_of: Option<Uuid>,
    /// The ticket it was about.
    ticket_id: Option<Uuid>,
    /// The conversation it was about.
    conversation_id: Option<Uuid>,
    /// The account it was about.
    account_id: Option<Uuid>,
    /// State of the ticket before.
    before_state: Option<String>,
    /// State of the ticket after.
    after_state: Option<String>,
    /// Fields of the ticket, before and after.
    #[schema(value_type = Option<Object>)]
    changes: Option<Value>,
    /// What was asked, without what identifies somebody.
    #[schema(value_type = Object)]
    payload: Value,
    /// The request.
    request_id: Option<String>,
    /// What it was part of.
    correlation_id: String,
    /// Its place in the chain of hashes.
    hash: String,
    /// When.
    created_at: DateTime<Utc>,
}

/// Who did something.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AuditActor {
    /// Their id.
    id: Uuid,
    /// Their name, when we know them.
    name: Option<String>,
    /// As what they acted.
    role: &'static str,
    /// What kind of being: `HUMAN`, `AI`, `SYSTEM`, ….
    #[serde(rename = "type")]
    kind: &'static str,
}

impl AuditBody {
    fn of(AuditRow { entry, hash, .. }: AuditRow, directory: &Directory) -> Self {
        let user = directory.users.get(&UserId(entry.actor_id.0));
        Self {
            id: entry.id.into(),
            tool: entry.tool_name,
            outcome: entry.outcome.as_str(),
            error_code: entry.error_code,
            actor: AuditActor {
                id: entry.actor_id.into(),
                name: user.map(|user| user.full_name.clone()),
                role: entry.actor_role.as_str(),
                kind: entry.actor_type.as_str(),
            },
            on_behalf_of: entry.on_behalf_of,
            ticket_id: entry.ticket_id.map(Into::into),
            conversation_id: entry.conversation_id.map(Into::into),
            account_id: entry.account_id.map(Into::into),
            before_state: entry.before_state,
            after_state: entry.after_state,
            changes: entry.changes,
            payload: entry.payload,
            request_id: entry.request_id,
            correlation_id: entry.correlation_id,
            hash,
            created_at: entry.created_at,
        }
    }
}

/// Which entries to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditQuery {
    /// What was done begins with this: `routing_rule`.
    tool: Option<String>,
    /// `success` or `denied`.
    outcome: Option<String>,
    /// Done by this user.
    actor: Option<Uuid>,
    /// About this ticket.
    ticket_id: Option<Uuid>,
    /// About this conversation.
    conversation_id: Option<Uuid>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// How many, 1 to 100; 20 when missing.
    limit: Option<i64>,
}

/// How far the caller may look: admins and auditors everywhere, supervisors as far as their accounts and teams reach.
fn within(ctx: &Ctx) -> Result<AuditFilter, ApiError> {
    let actor = &ctx.actor;
    let outside = matches!(actor.portal, Some(Portal::Technician | Portal::Customer));
    match actor.role {
        Role::Admin | Role::Auditor if !outside => Ok(AuditFilter::default()),
        Role::Supervisor if !outside => Ok(AuditFilter {
            teams: Some(actor.teams.iter().copied().collect()),
            accounts: match &actor.accounts {
                Scope::All => None,
                Scope::Only(ids) => Some(ids.iter().copied().collect()),
            },
            ..AuditFilter::default()
        }),
        _ => Err(ApiError::forbidden("this role does not read the audit log").because("role", actor.role.as_str())),
    }
}

/// The audit log, newest first.
#[utoipa::path(get, path = "/api/v1/audit", tag = "operations", operation_id = "audit_list", params(AuditQuery),
    responses((status = 200, body = Page<AuditBody>), (status = 400, description = "INVALID_QUERY"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN")))]
pub(crate) async fn list(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Params(query): Params<AuditQuery>,
) -> Result<Json<Page<AuditBody>>, HubError> {
    let reach = within(&ctx)?;
    let limit = limit(query.limit)?;
    let before: Option<AuditId> = query.cursor.as_deref().map(decode_cursor).transpose()?;
    let outcome = query.outcome.as_deref().map(str::parse::<Outcome>).transpose().map_err(|_| {
        ApiError::new(Code::InvalidQuery, format!("outcome must be one of {}", Outcome::WORDS.join(", ")))
    })?;
    let filter = AuditFilter {
        tool: query.tool.filter(|text| !text.is_empty()),
        outcome,
        actor: query.actor.map(ActorId),
        ticket: query.ticket_id.map(TicketId),
        conversation: query.conversation_id.map(ConversationId),
        ..reach
    };
    let rows = audit::page(&mut hub.db.read().await?, &filter, before, limit + 1).await?;
    let page = Page::of(rows, limit, |row: &AuditRow| encode_cursor(&row.entry.id));
    let directory = hub.gate.directory.load_full();
    let data = page.data.into_iter().map(|row| AuditBody::of(row, &directory)).collect();
    Ok(Json(Page { data, next_cursor: page.next_cursor }))
}
