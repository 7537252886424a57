//! `/api/v1/alerts`: looked at, acknowledged, snoozed, given to somebody and resolved.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use patchbay_core::alert::{AlertState, NotFromHere, Severity, Trigger};
use patchbay_core::ids::{AlertId, ConversationId, UserId};
use patchbay_core::role::{Portal, Role};
use patchbay_core::{Code, Ctx};
use patchbay_http::{ApiError, Caller, Id, Page, Params, decode_cursor, encode_cursor, limit};
use patchbay_store::alerts::{self, AlertFilter, AlertRow, Viewer};
use patchbay_store::{Tx, alert_notifications};
use serde::Deserialize;
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::body::{AlertBody, AlertDetailBody};
use super::change::{Via, acknowledge as acknowledged, turn, write};
use crate::error::HubError;
use crate::resource::text::optional_line;
use crate::resource::{Begun, Stamp, Stamped, Write, record};
use crate::state::Hub;

/// Longest snooze.
const LONGEST_SNOOZE: TimeDelta = TimeDelta::days(30);

/// Which alerts to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AlertQuery {
    /// `open`, `acknowledged`, `snoozed` or `resolved`.
    status: Option<String>,
    /// `info`, `warning` or `critical`.
    severity: Option<String>,
    /// What happened, such as `EMERGENCY`.
    code: Option<String>,
    /// Of this team, by id or slug.
    team: Option<String>,
    /// About this conversation.
    conversation_id: Option<Uuid>,
    /// Looked after by this user, or by the caller: `me`.
    owner: Option<String>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// How many, 1 to 100; 20 when missing.
    limit: Option<i64>,
}

/// Who may look at alerts, and what of them. `None`: everything.
fn viewer(ctx: &Ctx) -> Result<Option<Viewer>, ApiError> {
    let actor = &ctx.actor;
    let outside = matches!(actor.portal, Some(Portal::Technician | Portal::Customer));
    let viewer = |teams: Vec<_>, sees_teamless| Some(Viewer { user: actor.user_id(), teams, sees_teamless });
    let own = || actor.teams.iter().copied().collect();
    match actor.role {
        _ if outside => {}
        Role::Admin | Role::Auditor => return Ok(None),
        Role::Supervisor | Role::Dispatcher => return Ok(viewer(own(), true)),
        Role::TeamLead => return Ok(viewer(own(), false)),
        // Whoever is on call sees what they were told of.
        Role::SupportAgent => return Ok(viewer(Vec::new(), false)),
        _ => {}
    }
    Err(ApiError::forbidden("this role does not see alerts").because("role", actor.role.as_str()))
}

fn require_hand(ctx: &Ctx) -> Result<(), ApiError> {
    viewer(ctx)?;
    if ctx.actor.role == Role::Auditor {
        return Err(ApiError::forbidden("auditors change nothing").because("role", ctx.actor.role.as_str()));
    }
    Ok(())
}

/// Whether the caller may see this alert.
async fn sees(tx: &mut Tx, ctx: &Ctx, row: &AlertRow) -> Result<bool, HubError> {
    let Some(viewer) = viewer(ctx)? else { return Ok(true) };
    let by_team = row.team_id.map_or(viewer.sees_teamless, |team| viewer.teams.contains(&team));
    Ok(by_team || row.owner_id == Some(viewer.user) || alerts::was_told(tx, row.id, viewer.user).await?)
}

fn word<T: std::str::FromStr>(name: &str, text: Option<&str>, words: &[&str]) -> Result<Option<T>, ApiError> {
    let read = |text: &str| {
        text.parse()
            .map_err(|_| ApiError::new(Code::InvalidQuery, format!("{name} must be one of {}", words.join(", "))))
    };
    text.map(read).transpose()
}

/// Alerts, newest first.
#[utoipa::path(get, path = "/api/v1/alerts", tag = "alerts", operation_id = "alert_list", params(AlertQuery),
    responses((status = 200, body = Page<AlertBody>), (status = 400, description = "INVALID_QUERY"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN")))]
pub(super) async fn list(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Params(query): Params<AlertQuery>,
) -> Result<Json<Page<AlertBody>>, HubError> {
    let seen_by = viewer(&ctx)?;
    let limit = limit(query.limit)?;
    let before: Option<AlertId> = query.cursor.as_deref().map(decode_cursor).transpose()?;
    let directory = hub.gate.directory.load_full();
    let team = match query.team.as_deref() {
        None => None,
        Some(named) => match directory.team(named) {
            Some(team) => Some(team.id),
            None => return Ok(Json(Page { data: Vec::new(), next_cursor: None })),
        },
    };
    let owner = match query.owner.as_deref() {
        None => None,
        Some("me") => Some(ctx.actor.user_id()),
        Some(id) => {
            Some(id.parse::<UserId>().map_err(|_| ApiError::new(Code::InvalidQuery, "owner must be an id or me"))?)
        }
    };
    let filter = AlertFilter {
        state: word("status", query.status.as_deref(), AlertState::WORDS)?,
        severity: word("severity", query.severity.as_deref(), Severity::WORDS)?,
        code: query.code,
        team,
        conversation: query.conversation_id.map(ConversationId),
        owner,
        seen_by,
    };
    let rows = alerts::page(&mut hub.db.read().await?, &filter, before, limit + 1).await?;
    let page = Page::of(rows, limit, |row: &AlertRow| encode_cursor(&row.id));
    let data = page.data.iter().map(|row| AlertBody::of(row, &directory)).collect();
    Ok(Json(Page { data, next_cursor: page.next_cursor }))
}

/// One alert and who was told of it.
#[utoipa::path(get, path = "/api/v1/alerts/{id}", tag = "alerts", operation_id = "alert_read",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = AlertDetailBody), (status = 401, description = "AUTH_REQUIRED"),
              (status = 403, description = "FORBIDDEN"), (status = 404, description = "NOT_FOUND")))]
pub(super) async fn read(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<AlertId>,
) -> Result<Json<AlertDetailBody>, HubError> {
    viewer(&ctx)?;
    let mut tx = hub.db.read().await?;
    let row = alerts::by_id(&mut tx, id).await?.ok_or_else(|| ApiError::not_found("alert"))?;
    if !sees(&mut tx, &ctx, &row).await? {
        return Err(ApiError::not_found("alert").into());
    }
    let told = alert_notifications::of_alert(&mut tx, id).await?;
    Ok(Json(AlertDetailBody::of(&row, &told, &hub.directory())))
}

/// Changes an alert under its lock; `how` works on the row alone.
async fn changed(
    hub: &Hub,
    ctx: &Ctx,
    id: AlertId,
    (stamp, tool): (&Stamp, &str),
    how: impl FnOnce(&mut AlertRow) -> Result<(), NotFromHere> + Send,
) -> Result<Response, HubError> {
    let mut begun = match Write::begin(hub, ctx, stamp).await? {
        Begun::Now(begun) => begun,
        Begun::Before(answer) => return Ok(answer),
    };
    let mut row = alerts::lock(&mut begun.tx, id).await?.ok_or_else(|| ApiError::not_found("alert"))?;
    if !sees(&mut begun.tx, ctx, &row).await? {
        return Err(ApiError::not_found("alert").into());
    }
    stamp.check_version(None, row.version)?;
    let directory = hub.gate.directory.load_full();
    let (state, owner, until) = (row.state, row.owner_id, row.snoozed_until);
    how(&mut row).map_err(|misfit| {
        ApiError::new(Code::InvalidStateTransition, misfit.to_string()).because("state", misfit.0.as_str())
    })?;
    if (state, owner, until) != (row.state, row.owner_id, row.snoozed_until) {
        row.updated_at = ctx.now;
        write(&mut begun.tx, ctx, &directory, &mut row).await?;
        record(&mut begun.tx, ctx, None, tool, json!({ "alert_id": id, "state": row.state })).await?;
    }
    begun.finish(StatusCode::OK, &AlertBody::of(&row, &directory)).await
}

/// The caller looks after an alert: nobody else is told. Doing it again changes nothing.
#[utoipa::path(post, path = "/api/v1/alerts/{id}/acknowledge", tag = "alerts", operation_id = "alert_acknowledge",
    params(("id" = Uuid, Path),
           ("If-Match" = Option<String>, Header, description = "The version that the caller saw."),
           ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
    responses((status = 200, body = AlertBody), (status = 401, description = "AUTH_REQUIRED"),
              (status = 403, description = "FORBIDDEN"), (status = 404, description = "NOT_FOUND"),
              (status = 409, description = "INVALID_STATE_TRANSITION, VERSION_CONFLICT")))]
pub(super) async fn acknowledge(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<AlertId>,
    stamp: Stamp,
) -> Result<Response, HubError> {
    require_hand(&ctx)?;
    let user = ctx.actor.user_id();
    changed(&hub, &ctx, id, (&stamp, "alert.acknowledge"), |row| acknowledged(row, &ctx, user, Via::Console)).await
}

/// How long nobody wants to hear of an alert.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AlertSnooze {
    /// Until when; at most 30 days.
    until: Option<DateTime<Utc>>,
    /// For so many minutes, when `until` is missing.
    minutes: Option<i64>,
}

/// Nobody is told of an alert for a while; then its ladder begins anew.
#[utoipa::path(post, path = "/api/v1/alerts/{id}/snooze", tag = "alerts", operation_id = "alert_snooze",
    params(("id" = Uuid, Path),
           ("If-Match" = Option<String>, Header, description = "The version that the caller saw."),
           ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
    request_body = AlertSnooze,
    responses((status = 200, body = AlertBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND"),
              (status = 409, description = "INVALID_STATE_TRANSITION, VERSION_CONFLICT")))]
pub(super) async fn snooze(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<AlertId>,
    asked: Stamped<AlertSnooze>,
) -> Result<Response, HubError> {
    require_hand(&ctx)?;
    let span = asked.body.minutes.and_then(TimeDelta::try_minutes);
    let until = asked.body.until.or_else(|| ctx.now.checked_add_signed(span?));
    let until = until.ok_or_else(|| ApiError::invalid("until", "one of until and minutes is needed"))?;
    if until <= ctx.now || until - ctx.now > LONGEST_SNOOZE {
        return Err(ApiError::invalid("until", "must be in the next 30 days").into());
    }
    changed(&hub, &ctx, id, (&asked.stamp, "alert.snooze"), |row| turn(row, Trigger::Snooze(until), ctx.now)).await
}

/// Who is to look after an alert.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AlertAssignment {
    /// The user; null: nobody.
    #[serde(default)]
    user_id: Option<Uuid>,
}

/// Says who looks after an alert. It stays as open as it was: that person still has to acknowledge it.
#[utoipa::path(post, path = "/api/v1/alerts/{id}/assign", tag = "alerts", operation_id = "alert_assign",
    params(("id" = Uuid, Path),
           ("If-Match" = Option<String>, Header, description = "The version that the caller saw."),
           ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
    request_body = AlertAssignment,
    responses((status = 200, body = AlertBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND"),
              (status = 409, description = "INVALID_STATE_TRANSITION, VERSION_CONFLICT")))]
pub(super) async fn assign(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<AlertId>,
    asked: Stamped<AlertAssignment>,
) -> Result<Response, HubError> {
    require_hand(&ctx)?;
    let user = asked.body.user_id.map(UserId);
    if let Some(user) = user
        && !hub.directory().users.get(&user).is_some_and(|user| user.is_active)
    {
        return Err(ApiError::invalid("user_id", "no active user has this id").into());
    }
    let given = |row: &mut AlertRow| {
        if row.state == AlertState::Resolved {
            return Err(NotFromHere(row.state));
        }
        row.owner_id = user;
        Ok(())
    };
    changed(&hub, &ctx, id, (&asked.stamp, "alert.assign"), given).await
}

/// Why an alert is over.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AlertResolution {
    /// Why; at most 200 characters.
    reason: Option<String>,
}

/// An alert is over: what happens from now on is a new one. Doing it again changes nothing.
#[utoipa::path(post, path = "/api/v1/alerts/{id}/resolve", tag = "alerts", operation_id = "alert_resolve",
    params(("id" = Uuid, Path),
           ("If-Match" = Option<String>, Header, description = "The version that the caller saw."),
           ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
    request_body = AlertResolution,
    responses((status = 200, body = AlertBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND"), (status = 409, description = "VERSION_CONFLICT")))]
pub(super) async fn resolve(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<AlertId>,
    asked: Stamped<AlertResolution>,
) -> Result<Response, HubError> {
    require_hand(&ctx)?;
    let reason = optional_line("reason", asked.body.reason)?;
    let over = |row: &mut AlertRow| {
        if row.state == AlertState::Resolved {
            return Ok(());
        }
        turn(row, Trigger::Resolve, ctx.now)?;
        row.resolved_at = Some(ctx.now);
        row.resolved_by = Some(ctx.actor.id);
        row.resolved_reason = reason;
        Ok(())
    };
    changed(&hub, &ctx, id, (&asked.stamp, "alert.resolve"), over).await
}
