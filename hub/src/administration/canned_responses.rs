//! Canned responses, of a team or of everybody.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use patchbay_core::Ctx;
use patchbay_core::directory::Directory;
use patchbay_core::ids::CannedResponseId;
use patchbay_http::{ApiError, Body, Caller, Id, Page, Params, decode_cursor, encode_cursor, limit};
use patchbay_store::Tx;
use patchbay_store::canned_responses::{self, CannedResponseFilter, CannedResponseRow};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::authority::{Sight, require_admin, require_colleague};
use super::version::IfMatch;
use super::{TeamLink, fields};
use crate::{Hub, HubError};

/// A canned response.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct CannedResponseBody {
    /// Our id.
    id: Uuid,
    /// Team it belongs to; null: everybody's.
    team: Option<TeamLink>,
    /// What an agent types to get it.
    shortcut: String,
    /// What it is about.
    title: String,
    /// The answer.
    text: String,
    /// Deactivated ones are not offered.
    is_active: bool,
    /// Grows with every change.
    version: i64,
    /// When it was created.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

impl CannedResponseBody {
    fn of(row: CannedResponseRow, directory: &Directory) -> Self {
        Self {
            id: row.id.into(),
            team: row.team_id.and_then(|id| directory.teams.get(&id)).map(TeamLink::from),
            shortcut: row.shortcut,
            title: row.title,
            text: row.text,
            is_active: row.is_active,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// Which canned responses to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct CannedResponseQuery {
    /// Those of this team (id or slug) and everybody's.
    team: Option<String>,
    /// `true`: active ones; `false`: deactivated ones.
    active: Option<bool>,
    /// Part of shortcut, title or text.
    q: Option<String>,
    /// Where the last page ended.
    cursor: Option<String>,
    /// 1 to 100; 20 when absent.
    limit: Option<i64>,
}

/// Canned responses: everybody's, and those of the caller's teams.
#[utoipa::path(get, path = "/api/v1/canned-responses", tag = "administration", params(CannedResponseQuery),
    responses((status = 200, body = Page<CannedResponseBody>), (status = 403, description = "FORBIDDEN")))]
pub(super) async fn list(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Params(query): Params<CannedResponseQuery>,
) -> Result<Json<Page<CannedResponseBody>>, HubError> {
    let sight = require_colleague(&ctx)?;
    let limit = limit(query.limit)?;
    let after = query.cursor.as_deref().map(decode_cursor::<CannedResponseId>).transpose()?;
    let directory = hub.directory();
    let team = match &query.team {
        None => None,
        Some(named) => match directory.team(named) {
            Some(team) => Some(team.id),
            None => return Ok(Json(Page::whole(Vec::new()))),
        },
    };
    let filter = CannedResponseFilter {
        team,
        teams: match sight {
            Sight::Everything => None,
            Sight::OwnTeams(_) => Some(ctx.actor.teams.iter().copied().collect()),
        },
        is_active: query.active,
        text: query.q.map(|text| text.to_lowercase()),
    };
    let rows = {
        let mut tx = hub.db.read().await?;
        canned_responses::page(&mut tx, &filter, after, limit + 1).await?
    };
    let page = Page::of(rows, limit, |row| encode_cursor(&row.id));
    let data = page.data.into_iter().map(|row| CannedResponseBody::of(row, &directory)).collect();
    Ok(Json(Page { data, next_cursor: page.next_cursor }))
}

/// A new canned response.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewCannedResponseBody {
    /// What an agent types to get it, unique in its team.
    shortcut: String,
    /// What it is about; the shortcut when absent.
    title: Option<String>,
    /// The answer.
    text: String,
    /// Team, by slug or id; everybody's when absent.
    team: Option<String>,
}

/// Creates a canned response.
#[utoipa::path(post, path = "/api/v1/canned-responses", tag = "administration", request_body = NewCannedResponseBody,
    responses((status = 201, body = CannedResponseBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 403, description = "FORBIDDEN"), (status = 409, description = "ALREADY_EXISTS")))]
pub(super) async fn create(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Body(body): Body<NewCannedResponseBody>,
) -> Result<(StatusCode, Json<CannedResponseBody>), HubError> {
    require_admin(&ctx)?;
    let shortcut = shortcut(&body.shortcut)?;
    let mut tx = hub.db.begin().await?;
    let team_id = match &body.team {
        None => None,
        Some(named) => Some(fields::team(&mut tx, "team", named).await?.id),
    };
    let row = CannedResponseRow {
        id: CannedResponseId::new(),
        team_id,
        title: fields::text("title", body.title.as_deref().unwrap_or(&shortcut), 200)?,
        shortcut,
        text: fields::text("text", &body.text, 4096)?,
        is_active: true,
        version: 1,
        created_at: ctx.now,
        updated_at: ctx.now,
    };
    canned_responses::insert(&mut tx, &row).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(CannedResponseBody::of(row, &hub.directory()))))
}

/// One canned response.
#[utoipa::path(get, path = "/api/v1/canned-responses/{id}", tag = "administration", params(("id" = Uuid, Path)),
    responses((status = 200, body = CannedResponseBody), (status = 404, description = "NOT_FOUND")))]
pub(super) async fn read(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<CannedResponseId>,
) -> Result<Json<CannedResponseBody>, HubError> {
    let sight = require_colleague(&ctx)?;
    let mut tx = hub.db.read().await?;
    let row = existing(&mut tx, id).await?;
    if sight != Sight::Everything && !may_see(&ctx, &row) {
        return Err(ApiError::not_found("canned response").into());
    }
    Ok(Json(CannedResponseBody::of(row, &hub.directory())))
}

/// What changes about a canned response; absent fields stay.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CannedResponseChangeBody {
    /// What an agent types to get it, unique in its team.
    shortcut: Option<String>,
    /// What it is about.
    title: Option<String>,
    /// The answer.
    text: Option<String>,
    /// Team, by slug or id; null makes it everybody's.
    #[serde(default, deserialize_with = "fields::present")]
    #[schema(value_type = Option<String>)]
    #[expect(clippy::option_option, reason = "absent and null mean different things in a change")]
    team: Option<Option<String>>,
    /// Deactivated ones are not offered.
    is_active: Option<bool>,
    /// Version the change was made from; `If-Match` says the same.
    version: Option<i64>,
}

/// Changes a canned response.
#[utoipa::path(patch, path = "/api/v1/canned-responses/{id}", tag = "administration", params(("id" = Uuid, Path)),
    request_body = CannedResponseChangeBody,
    responses((status = 200, body = CannedResponseBody), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND"), (status = 409, description = "VERSION_CONFLICT, ALREADY_EXISTS")))]
pub(super) async fn change(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<CannedResponseId>,
    if_match: IfMatch,
    Body(body): Body<CannedResponseChangeBody>,
) -> Result<Json<CannedResponseBody>, HubError> {
    require_admin(&ctx)?;
    let mut tx = hub.db.begin().await?;
    let mut row = existing(&mut tx, id).await?;
    if_match.check(body.version, row.version)?;
    if let Some(text) = &body.shortcut {
        row.shortcut = shortcut(text)?;
    }
    if let Some(title) = &body.title {
        row.title = fields::text("title", title, 200)?;
    }
    if let Some(text) = &body.text {
        row.text = fields::text("text", text, 4096)?;
    }
    match &body.team {
        None => {}
        Some(None) => row.team_id = None,
        Some(Some(named)) => row.team_id = Some(fields::team(&mut tx, "team", named).await?.id),
    }
    if let Some(is_active) = body.is_active {
        row.is_active = is_active;
    }
    row.updated_at = ctx.now;
    canned_responses::update(&mut tx, &row).await?;
    tx.commit().await?;
    row.version += 1;
    Ok(Json(CannedResponseBody::of(row, &hub.directory())))
}

/// Deactivates a canned response: it is not offered any more.
#[utoipa::path(delete, path = "/api/v1/canned-responses/{id}", tag = "administration", params(("id" = Uuid, Path)),
    responses((status = 200, body = CannedResponseBody), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND")))]
pub(super) async fn deactivate(
    state: State<Hub>,
    caller: Caller,
    id: Id<CannedResponseId>,
    if_match: IfMatch,
) -> Result<Json<CannedResponseBody>, HubError> {
    let body = CannedResponseChangeBody { is_active: Some(false), ..CannedResponseChangeBody::default() };
    change(state, caller, id, if_match, Body(body)).await
}

async fn existing(tx: &mut Tx, id: CannedResponseId) -> Result<CannedResponseRow, HubError> {
    Ok(canned_responses::by_id(tx, id).await?.ok_or_else(|| ApiError::not_found("canned response"))?)
}

fn may_see(ctx: &Ctx, row: &CannedResponseRow) -> bool {
    row.team_id.is_none_or(|team| ctx.actor.teams.contains(&team))
}

/// One word, without the slash that agents type before it.
fn shortcut(value: &str) -> Result<String, ApiError> {
    let value = fields::text("shortcut", value.trim().trim_start_matches('/'), 64)?;
    if value.contains(char::is_whitespace) {
        return Err(ApiError::invalid("shortcut", "must be one word"));
    }
    Ok(value)
}
