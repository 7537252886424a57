//! `/api/v1/retention`: what the policies say, what they would do, how far they are; and the archive of a conversation.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use patchbay_core::Code;
use patchbay_core::ids::{ConversationId, RetentionRunId};
use patchbay_core::retention::{RetentionPolicy, RetentionState};
use patchbay_core::role::Role;
use patchbay_http::{ApiError, Caller, Id, Page, Params, decode_cursor, encode_cursor, limit};
use patchbay_store::retention::{self, RunRow};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::archive::{ArchiveError, unpacked};
use super::run;
use crate::conversations::load_visible;
use crate::error::HubError;
use crate::resource::{Begun, Stamp, Stamped, Write, record, require_admin};
use crate::state::Hub;

/// What a policy says, and how it stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RetentionPolicy)]
pub(super) struct PolicyBody {
    /// `messages`, `conversation_events`, `internal_chat`, `automation_runs` or `tool_calls`.
    policy: String,
    /// What becomes of what is older: `archive` or `delete`.
    action: String,
    /// For how many days it is kept; 0: for ever.
    days: u32,
    /// What is older goes now; null: nothing does.
    cutoff_at: Option<DateTime<Utc>>,
    /// Its latest run that was not dry.
    last_run: Option<RetentionRunBody>,
}

/// A run of a policy.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RetentionRun)]
pub(super) struct RetentionRunBody {
    /// Our id.
    id: Uuid,
    /// Of what.
    policy: String,
    /// Whether it only counted.
    dry_run: bool,
    /// `running`, `done`, `canceled` or `failed`.
    state: String,
    /// What was older went.
    cutoff_at: DateTime<Utc>,
    /// How much was due when it began: conversations for `messages`, rows for the others.
    expected: i64,
    /// How much it looked at.
    seen: i64,
    /// How much went.
    done: i64,
    /// How many bytes were put into the archive.
    bytes: i64,
    /// Why it could not go on.
    error: Option<String>,
    /// When it began.
    created_at: DateTime<Utc>,
    /// When it last went on.
    updated_at: DateTime<Utc>,
    /// When it ended.
    finished_at: Option<DateTime<Utc>>,
}

impl From<&RunRow> for RetentionRunBody {
    fn from(row: &RunRow) -> Self {
        Self {
            id: row.id.into(),
            policy: row.policy.as_str().to_owned(),
            dry_run: row.dry_run,
            state: row.state.as_str().to_owned(),
            cutoff_at: row.cutoff_at,
            expected: row.expected,
            seen: row.seen,
            done: row.done,
            bytes: row.bytes,
            error: row.error.clone(),
            created_at: row.created_at,
            updated_at: row.updated_at,
            finished_at: row.finished_at,
        }
    }
}

/// Those who see failures see how long what is kept. Error: 403 `FORBIDDEN`.
fn require_overseer(ctx: &patchbay_core::Ctx) -> Result<(), ApiError> {
    match ctx.actor.role {
        Role::Admin | Role::Supervisor | Role::Auditor => Ok(()),
        _ => Err(ApiError::forbidden("only admins, supervisors and auditors see how long what is kept")),
    }
}

/// What the policies say, and how they stand.
#[utoipa::path(get, path = "/api/v1/retention", tag = "retention",
    responses((status = 200, body = Page<PolicyBody>), (status = 401, description = "AUTH_REQUIRED"),
              (status = 403, description = "FORBIDDEN")))]
pub(super) async fn policies(State(hub): State<Hub>, Caller(ctx): Caller) -> Result<Json<Page<PolicyBody>>, HubError> {
    require_overseer(&ctx)?;
    let mut tx = hub.db.read().await?;
    let mut policies = Vec::new();
    for policy in RetentionPolicy::ALL {
        let runs = retention::runs(&mut tx, Some(*policy), None, 20).await?;
        policies.push(PolicyBody {
            policy: policy.as_str().to_owned(),
            action: if *policy == RetentionPolicy::Messages { "archive" } else { "delete" }.to_owned(),
            days: hub.config.retention.of(*policy),
            cutoff_at: hub.config.retention.cutoff(*policy, ctx.now),
            last_run: runs.iter().find(|run| !run.dry_run).map(Into::into),
        });
    }
    Ok(Json(Page::whole(policies)))
}

/// Which runs to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RetentionQuery {
    /// Of this policy.
    policy: Option<String>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// How many, 1 to 100; 20 when missing.
    limit: Option<i64>,
}

fn policy(word: &str) -> Result<RetentionPolicy, ApiError> {
    let words = RetentionPolicy::WORDS.join(", ");
    word.parse().map_err(|_| ApiError::invalid("policy", format!("must be one of {words}")))
}

/// Runs, the newest first.
#[utoipa::path(get, path = "/api/v1/retention/runs", tag = "retention", params(RetentionQuery),
    responses((status = 200, body = Page<RetentionRunBody>), (status = 400, description = "INVALID_QUERY, INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN")))]
pub(super) async fn list(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Params(query): Params<RetentionQuery>,
) -> Result<Json<Page<RetentionRunBody>>, HubError> {
    require_overseer(&ctx)?;
    let limit = limit(query.limit)?;
    let before = query.cursor.as_deref().map(decode_cursor::<RetentionRunId>).transpose()?;
    let policy = query.policy.as_deref().map(policy).transpose()?;
    let rows = retention::runs(&mut hub.db.read().await?, policy, before, limit + 1).await?;
    let page = Page::of(rows, limit, |row| encode_cursor(&row.id));
    Ok(Json(Page { data: page.data.iter().map(Into::into).collect(), next_cursor: page.next_cursor }))
}

/// A run to begin.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewRetentionRun {
    /// `messages`, `conversation_events`, `internal_chat` or `automation_runs`.
    policy: String,
    /// Only count what would go; true when missing.
    dry_run: Option<bool>,
}

/// Runs a policy now, or counts what it would do: then the answer is a run that is over. Admins only. Errors: 409
/// `INVALID_STATE_TRANSITION` when the policy keeps everything, `ALREADY_EXISTS` when a run of it goes on.
#[utoipa::path(post, path = "/api/v1/retention/runs", tag = "retention",
    params(("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
    request_body = NewRetentionRun,
    responses((status = 201, body = RetentionRunBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN"),
              (status = 409, description = "INVALID_STATE_TRANSITION, ALREADY_EXISTS")))]
pub(super) async fn begin(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Stamped { body, stamp }: Stamped<NewRetentionRun>,
) -> Result<Response, HubError> {
    require_admin(&ctx)?;
    let policy = policy(&body.policy)?;
    let cutoff = hub.config.retention.cutoff(policy, ctx.now).ok_or_else(|| {
        ApiError::new(Code::InvalidStateTransition, "the policy keeps everything").because("from_state", "kept")
    })?;
    let mut write = match Write::begin(&hub, &ctx, &stamp).await? {
        Begun::Now(write) => write,
        Begun::Before(answer) => return Ok(answer),
    };
    let tx = &mut write.tx;
    let row = if body.dry_run.unwrap_or(true) {
        let expected = retention::count_due(tx, policy, cutoff).await?;
        let row = RunRow {
            id: RetentionRunId::new(),
            policy,
            dry_run: true,
            state: RetentionState::Done,
            cutoff_at: cutoff,
            cursor: None,
            expected,
            seen: expected,
            done: 0,
            bytes: 0,
            error: None,
            started_by: ctx.actor.id,
            created_at: ctx.now,
            updated_at: ctx.now,
            finished_at: Some(ctx.now),
        };
        retention::insert_run(tx, &row).await?;
        row
    } else {
        let begun = run::begin(tx, &ctx, policy, cutoff).await?;
        begun.ok_or_else(|| ApiError::new(Code::AlreadyExists, "a run of this policy goes on"))?
    };
    let subject = json!({ "run_id": row.id, "policy": policy, "dry_run": row.dry_run, "expected": row.expected });
    record(tx, &ctx, None, "retention.run", subject).await?;
    write.finish(StatusCode::CREATED, &RetentionRunBody::from(&row)).await
}

/// One run, with its progress.
#[utoipa::path(get, path = "/api/v1/retention/runs/{id}", tag = "retention", params(("id" = Uuid, Path)),
    responses((status = 200, body = RetentionRunBody), (status = 401, description = "AUTH_REQUIRED"),
              (status = 403, description = "FORBIDDEN"), (status = 404, description = "NOT_FOUND")))]
pub(super) async fn read(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<RetentionRunId>,
) -> Result<Json<RetentionRunBody>, HubError> {
    require_overseer(&ctx)?;
    let row = retention::run(&mut hub.db.read().await?, id).await?;
    Ok(Json(RetentionRunBody::from(&row.ok_or_else(|| ApiError::not_found("run"))?)))
}

/// Ends a run where it is; what went is gone. Admins only. Errors: 409 `INVALID_STATE_TRANSITION` when it is over.
#[utoipa::path(post, path = "/api/v1/retention/runs/{id}/cancel", tag = "retention",
    params(("id" = Uuid, Path),
           ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
    responses((status = 200, body = RetentionRunBody), (status = 401, description = "AUTH_REQUIRED"),
              (status = 403, description = "FORBIDDEN"), (status = 404, description = "NOT_FOUND"),
              (status = 409, description = "INVALID_STATE_TRANSITION")))]
pub(super) async fn cancel(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<RetentionRunId>,
    stamp: Stamp,
) -> Result<Response, HubError> {
    require_admin(&ctx)?;
    let mut write = match Write::begin(&hub, &ctx, &stamp).await? {
        Begun::Now(write) => write,
        Begun::Before(answer) => return Ok(answer),
    };
    let tx = &mut write.tx;
    let mut row = retention::run(tx, id).await?.ok_or_else(|| ApiError::not_found("run"))?;
    let was = row.state;
    (row.state, row.updated_at, row.finished_at) = (RetentionState::Canceled, ctx.now, Some(ctx.now));
    if !retention::put_run(tx, &row).await? {
        return Err(ApiError::new(Code::InvalidStateTransition, "the run is over")
            .because("from_state", was.as_str())
            .into());
    }
    record(tx, &ctx, None, "retention.cancel", json!({ "run_id": id })).await?;
    write.finish(StatusCode::OK, &RetentionRunBody::from(&row)).await
}

/// What lies in the archive of a conversation.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ConversationArchive)]
pub(super) struct ArchiveBody {
    /// Which conversation.
    conversation_id: Uuid,
    /// When it was put there.
    archived_at: DateTime<Utc>,
    /// The messages as they were, in order.
    #[schema(value_type = Vec<Object>)]
    messages: Vec<Value>,
}

/// Reads back what was said in a conversation whose messages went to the archive. Errors: 404 `NOT_FOUND` when nothing of
/// it lies there, 502 `INTEGRATION_FAILED` when the object store does not give it back as it was.
#[utoipa::path(get, path = "/api/v1/conversations/{id}/archive", tag = "retention", params(("id" = Uuid, Path)),
    responses((status = 200, body = ArchiveBody), (status = 401, description = "AUTH_REQUIRED"),
              (status = 403, description = "FORBIDDEN"), (status = 404, description = "NOT_FOUND"),
              (status = 502, description = "INTEGRATION_FAILED")))]
pub(super) async fn archive(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<ConversationId>,
) -> Result<Json<ArchiveBody>, HubError> {
    let mut tx = hub.db.read().await?;
    load_visible(&mut tx, &ctx, id).await?;
    let row = retention::archived(&mut tx, id).await?;
    let row = row.ok_or_else(|| ApiError::not_found("archive of this conversation"))?;
    drop(tx);
    let lines = match unpacked(&*hub.files, &row.object_key, &row.sha256).await {
        Ok(lines) => lines,
        Err(ArchiveError::Store(error)) => return Err(error.into()),
        Err(ArchiveError::Files(_) | ArchiveError::Damaged) => {
            let message = "the archive could not be read back";
            return Err(ApiError::new(Code::IntegrationFailed, message).into());
        }
    };
    let messages = lines.into_iter().filter_map(|mut line| Some(line.get_mut("message")?.take())).collect();
    Ok(Json(ArchiveBody { conversation_id: id.into(), archived_at: row.archived_at, messages }))
}
