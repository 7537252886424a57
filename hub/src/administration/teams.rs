//! Teams.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use patchbay_core::ids::TeamId;
use patchbay_http::{ApiError, Body, Caller, Id, Page, Params, decode_cursor, encode_cursor, limit};
use patchbay_store::teams::{self, TeamRow};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::authority::{require_admin, require_colleague};
use super::fields;
use super::version::IfMatch;
use crate::{Hub, HubError};

/// A team.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct TeamBody {
    /// Our id.
    id: Uuid,
    /// Short unique name.
    slug: String,
    /// Name to show.
    name: String,
    /// Time zone of its business hours.
    timezone: String,
    /// Deactivated teams take no conversations.
    is_active: bool,
    /// Grows with every change.
    version: i64,
    /// When it was created.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

impl From<TeamRow> for TeamBody {
    fn from(row: TeamRow) -> Self {
        Self {
            id: row.id.into(),
            slug: row.slug,
            name: row.name,
            timezone: row.timezone,
            is_active: row.is_active,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// A page of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct TeamQuery {
    /// Where the last page ended.
    cursor: Option<String>,
    /// 1 to 100; 20 when absent.
    limit: Option<i64>,
}

/// Teams.
#[utoipa::path(get, path = "/api/v1/teams", tag = "administration", params(TeamQuery),
    responses((status = 200, body = Page<TeamBody>), (status = 403, description = "FORBIDDEN")))]
pub(super) async fn list(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Params(query): Params<TeamQuery>,
) -> Result<Json<Page<TeamBody>>, HubError> {
    require_colleague(&ctx)?;
    let limit = limit(query.limit)?;
    let after = query.cursor.as_deref().map(decode_cursor::<TeamId>).transpose()?;
    let mut tx = hub.db.read().await?;
    let rows = teams::page(&mut tx, after, limit + 1).await?;
    let page = Page::of(rows, limit, |row| encode_cursor(&row.id));
    Ok(Json(Page { data: page.data.into_iter().map(TeamBody::from).collect(), next_cursor: page.next_cursor }))
}

/// A new team.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewTeamBody {
    /// Short unique name: a-z, 0-9, `_`, `-`.
    slug: String,
    /// Name to show.
    name: String,
    /// Time zone of its business hours; UTC when absent.
    timezone: Option<String>,
}

/// Creates a team.
#[utoipa::path(post, path = "/api/v1/teams", tag = "administration", request_body = NewTeamBody,
    responses((status = 201, body = TeamBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 403, description = "FORBIDDEN"), (status = 409, description = "ALREADY_EXISTS")))]
pub(super) async fn create(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Body(body): Body<NewTeamBody>,
) -> Result<(StatusCode, Json<TeamBody>), HubError> {
    require_admin(&ctx)?;
    let row = TeamRow {
        id: TeamId::new(),
        slug: fields::slug("slug", &body.slug)?,
        name: fields::text("name", &body.name, 200)?,
        timezone: fields::timezone("timezone", body.timezone.as_deref().unwrap_or("UTC"))?,
        is_active: true,
        version: 1,
        created_at: ctx.now,
        updated_at: ctx.now,
    };
    let mut tx = hub.db.begin().await?;
    teams::insert(&mut tx, &row).await?;
    tx.commit().await?;
    hub.directory_changed().await;
    Ok((StatusCode::CREATED, Json(row.into())))
}

/// One team, by id or slug.
#[utoipa::path(get, path = "/api/v1/teams/{id}", tag = "administration", params(("id" = String, Path)),
    responses((status = 200, body = TeamBody), (status = 404, description = "NOT_FOUND")))]
pub(super) async fn read(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<String>,
) -> Result<Json<TeamBody>, HubError> {
    require_colleague(&ctx)?;
    let mut tx = hub.db.read().await?;
    let row = fields::find_team(&mut tx, &id).await?.ok_or_else(|| ApiError::not_found("team"))?;
    Ok(Json(row.into()))
}

/// What changes about a team; absent fields stay.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TeamChangeBody {
    /// Short unique name: a-z, 0-9, `_`, `-`.
    slug: Option<String>,
    /// Name to show.
    name: Option<String>,
    /// Time zone of its business hours.
    timezone: Option<String>,
    /// Deactivated teams take no conversations.
    is_active: Option<bool>,
    /// Version the change was made from; `If-Match` says the same.
    version: Option<i64>,
}

/// Changes a team.
#[utoipa::path(patch, path = "/api/v1/teams/{id}", tag = "administration", params(("id" = String, Path)),
    request_body = TeamChangeBody,
    responses((status = 200, body = TeamBody), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND"), (status = 409, description = "VERSION_CONFLICT, ALREADY_EXISTS")))]
pub(super) async fn change(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<String>,
    if_match: IfMatch,
    Body(body): Body<TeamChangeBody>,
) -> Result<Json<TeamBody>, HubError> {
    require_admin(&ctx)?;
    let mut tx = hub.db.begin().await?;
    let mut row = fields::find_team(&mut tx, &id).await?.ok_or_else(|| ApiError::not_found("team"))?;
    if_match.check(body.version, row.version)?;
    if let Some(slug) = &body.slug {
        row.slug = fields::slug("slug", slug)?;
    }
    if let Some(name) = &body.name {
        row.name = fields::text("name", name, 200)?;
    }
    if let Some(timezone) = &body.timezone {
        row.timezone = fields::timezone("timezone", timezone)?;
    }
    if let Some(is_active) = body.is_active {
        row.is_active = is_active;
    }
    row.updated_at = ctx.now;
    teams::update(&mut tx, &row).await?;
    tx.commit().await?;
    hub.directory_changed().await;
    row.version += 1;
    Ok(Json(row.into()))
}

/// Deactivates a team: it takes no more conversations.
#[utoipa::path(delete, path = "/api/v1/teams/{id}", tag = "administration", params(("id" = String, Path)),
    responses((status = 200, body = TeamBody), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND")))]
pub(super) async fn deactivate(
    state: State<Hub>,
    caller: Caller,
    id: Id<String>,
    if_match: IfMatch,
) -> Result<Json<TeamBody>, HubError> {
    let body = TeamChangeBody { is_active: Some(false), ..TeamChangeBody::default() };
    change(state, caller, id, if_match, Body(body)).await
}
