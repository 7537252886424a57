//! `/api/v1/automation-runs`: what automations and macros did, and taking it back.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use patchbay_core::automation::RunOutcome;
use patchbay_core::ids::{AutomationId, AutomationRunId, ConversationId};
use patchbay_core::{Code, Ctx};
use patchbay_http::{ApiError, Caller, Id, Page, Params, decode_cursor, encode_cursor, limit};
use patchbay_store::automations::{self, RunRow};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::run::Step;
use super::undo::take_back;
use crate::conversations::{Seen, load_visible, lock_visible, require_hand_in_it, require_hub, require_worker};
use crate::error::HubError;
use crate::resource::{Begun, Stamp, Write, record};
use crate::state::Hub;

/// One run of an automation or a macro.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AutomationRun)]
pub(super) struct RunBody {
    /// Our id.
    id: Uuid,
    /// Of what.
    automation: AutomationRef,
    /// On which conversation.
    conversation_id: Uuid,
    /// The event it ran for, or the request.
    cause_id: Uuid,
    /// `done`, `partly`, `refused`, `stopped` (it went round in circles) or `undone`.
    outcome: String,
    /// Each action and what became of it.
    steps: Vec<RunStep>,
    /// Whether something of it can be taken back.
    can_undo: bool,
    /// Who began it; the system when it began by itself.
    actor_id: Uuid,
    /// When.
    created_at: DateTime<Utc>,
    /// When it was taken back.
    undone_at: Option<DateTime<Utc>>,
    /// By whom.
    undone_by: Option<Uuid>,
}

/// The automation or macro of a run, as it was then.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct AutomationRef {
    /// Its id.
    id: Uuid,
    /// What it was called.
    name: String,
    /// Its version.
    version: i64,
}

/// One action of a run.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct RunStep {
    /// Its type.
    action: String,
    /// `done`, or the code it was refused with.
    outcome: String,
    /// `done` when it was taken back, or the code it was refused with; null when nobody tried.
    undone: Option<String>,
}

impl RunBody {
    pub(super) fn of(row: &RunRow) -> Self {
        let steps = steps_of(row);
        Self {
            id: row.id.into(),
            automation: AutomationRef {
                id: row.automation_id.into(),
                name: row.automation_name.clone(),
                version: row.automation_version,
            },
            conversation_id: row.conversation_id.into(),
            cause_id: row.cause,
            outcome: row.outcome.as_str().to_owned(),
            can_undo: row.undone_at.is_none() && steps.iter().any(|step| step.undo.is_some()),
            steps: steps
                .into_iter()
                .map(|step| RunStep { action: step.action, outcome: step.outcome, undone: step.undone })
                .collect(),
            actor_id: row.actor_id.into(),
            created_at: row.created_at,
            undone_at: row.undone_at,
            undone_by: row.undone_by.map(Into::into),
        }
    }
}

fn steps_of(row: &RunRow) -> Vec<Step> {
    serde_json::from_value(row.steps.clone()).unwrap_or_default()
}

/// Which runs to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RunQuery {
    /// Of this automation.
    automation_id: Option<Uuid>,
    /// On this conversation. Agents must name one; others may leave it out.
    conversation_id: Option<Uuid>,
    /// `done`, `partly`, `refused`, `stopped` or `undone`.
    outcome: Option<String>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// How many, 1 to 100; 20 when missing.
    limit: Option<i64>,
}

/// Whoever sees a conversation sees what ran on it; all runs are for those who see everything.
fn sees_all(ctx: &Ctx) -> bool {
    use patchbay_core::role::Role;
    matches!(ctx.actor.role, Role::Admin | Role::Supervisor | Role::Auditor | Role::System)
}

/// What automations and macros did, the newest first.
#[utoipa::path(get, path = "/api/v1/automation-runs", tag = "automations", params(RunQuery),
    responses((status = 200, body = Page<RunBody>), (status = 400, description = "INVALID_QUERY, INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND")))]
pub(super) async fn list(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Params(query): Params<RunQuery>,
) -> Result<Json<Page<RunBody>>, HubError> {
    require_hub(&ctx.actor)?;
    let limit = limit(query.limit)?;
    let before = query.cursor.as_deref().map(decode_cursor::<AutomationRunId>).transpose()?;
    let outcome = query.outcome.as_deref().map(str::parse::<RunOutcome>).transpose();
    let outcome = outcome.map_err(|_| ApiError::invalid("outcome", "is no outcome of a run"))?;
    let mut tx = hub.db.read().await?;
    let conversation = query.conversation_id.map(ConversationId);
    match conversation {
        Some(id) => drop(load_visible(&mut tx, &ctx, id).await?),
        None if sees_all(&ctx) => {}
        None => return Err(ApiError::invalid("conversation_id", "name a conversation").into()),
    }
    let automation = query.automation_id.map(AutomationId);
    let rows = automations::runs(&mut tx, automation, conversation, outcome, before, limit + 1).await?;
    let page = Page::of(rows, limit, |row| encode_cursor(&row.id));
    Ok(Json(Page { data: page.data.iter().map(RunBody::of).collect(), next_cursor: page.next_cursor }))
}

/// One run.
#[utoipa::path(get, path = "/api/v1/automation-runs/{id}", tag = "automations", params(("id" = Uuid, Path)),
    responses((status = 200, body = RunBody), (status = 401, description = "AUTH_REQUIRED"),
              (status = 403, description = "FORBIDDEN"), (status = 404, description = "NOT_FOUND")))]
pub(super) async fn read(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<AutomationRunId>,
) -> Result<Json<RunBody>, HubError> {
    require_hub(&ctx.actor)?;
    let mut tx = hub.db.read().await?;
    let row = automations::run_by_id(&mut tx, id).await?.ok_or_else(|| ApiError::not_found("run"))?;
    if !sees_all(&ctx) {
        load_visible(&mut tx, &ctx, row.conversation_id).await?;
    }
    Ok(Json(RunBody::of(&row)))
}

/// Takes back what a run did, the last action first, as far as nobody has changed the same since. What was said to the
/// customer, notes and tickets stay. Errors: 403 `NOT_ASSIGNED`, 409 `INVALID_STATE_TRANSITION` when nothing of it can be
/// taken back.
#[utoipa::path(post, path = "/api/v1/automation-runs/{id}/undo", tag = "automations",
    params(("id" = Uuid, Path),
           ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
    responses((status = 200, body = RunBody), (status = 401, description = "AUTH_REQUIRED"),
              (status = 403, description = "FORBIDDEN, NOT_ASSIGNED"), (status = 404, description = "NOT_FOUND"),
              (status = 409, description = "INVALID_STATE_TRANSITION, VERSION_CONFLICT")))]
pub(super) async fn undo(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<AutomationRunId>,
    stamp: Stamp,
) -> Result<Response, HubError> {
    require_worker(&ctx.actor)?;
    let mut write = match Write::begin(&hub, &ctx, &stamp).await? {
        Begun::Now(write) => write,
        Begun::Before(answer) => return Ok(answer),
    };
    let tx = &mut write.tx;
    let found = automations::run_by_id(tx, id).await?.ok_or_else(|| ApiError::not_found("run"))?;
    // Under the conversation's lock nobody else takes it back at the same time.
    let Seen(conversation) = lock_visible(tx, &ctx, found.conversation_id).await?;
    require_hand_in_it(&ctx.actor, &conversation)?;
    let mut row = automations::run_by_id(tx, id).await?.ok_or_else(|| ApiError::not_found("run"))?;
    let mut steps = steps_of(&row);
    if row.undone_at.is_some() || !steps.iter().any(|step| step.undo.is_some()) {
        let message = "nothing of it can be taken back";
        return Err(ApiError::new(Code::InvalidStateTransition, message)
            .because("from_state", row.outcome.as_str())
            .into());
    }
    for step in steps.iter_mut().rev() {
        let Some(undo) = &step.undo else { continue };
        let undone = match Box::pin(take_back(tx, &hub, &ctx, row.conversation_id, undo)).await {
            Ok(()) => "done".to_owned(),
            Err(HubError::Refused(refusal)) => refusal.code().as_str().to_owned(),
            Err(error) => return Err(error),
        };
        step.undone = Some(undone);
    }
    row.outcome = RunOutcome::Undone;
    row.steps = json!(steps);
    (row.undone_at, row.undone_by) = (Some(ctx.now), Some(ctx.actor.id));
    automations::settle_run(tx, &row).await?;
    let subject = json!({ "run_id": row.id, "automation_id": row.automation_id });
    record(tx, &ctx, None, "automation.undo", subject).await?;
    write.finish(StatusCode::OK, &RunBody::of(&row)).await
}
