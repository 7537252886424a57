//! Who belongs to a team.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use patchbay_core::ids::UserId;
use patchbay_core::role::Role;
use patchbay_http::{ApiError, Caller, Id, Page, Params, decode_cursor, encode_cursor, limit};
use patchbay_store::teams;
use patchbay_store::users::{self, UserFilter};
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

use super::authority::{Sight, require_admin, require_colleague};
use super::fields;
use super::users::UserBody;
use crate::conversations::{Leaving, release};
use crate::resource::record;
use crate::{Hub, HubError};

/// A page of the members.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct MemberQuery {
    /// Where the last page ended.
    cursor: Option<String>,
    /// 1 to 100; 20 when absent.
    limit: Option<i64>,
}

/// Members of a team. Administrators and auditors see all teams, others their own.
#[utoipa::path(get, path = "/api/v1/teams/{id}/members", tag = "administration",
    params(("id" = String, Path), MemberQuery),
    responses((status = 200, body = Page<UserBody>), (status = 403, description = "FORBIDDEN, FORBIDDEN_SCOPE"),
              (status = 404, description = "NOT_FOUND")))]
pub(super) async fn list(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<String>,
    Params(query): Params<MemberQuery>,
) -> Result<Json<Page<UserBody>>, HubError> {
    let sight = require_colleague(&ctx)?;
    let limit = limit(query.limit)?;
    let after = query.cursor.as_deref().map(decode_cursor::<UserId>).transpose()?;
    let mut tx = hub.db.read().await?;
    let team = fields::find_team(&mut tx, &id).await?.ok_or_else(|| ApiError::not_found("team"))?;
    if sight != Sight::Everything && !ctx.actor.teams.contains(&team.id) {
        return Err(ApiError::new(patchbay_core::Code::ForbiddenScope, "not one of your teams").into());
    }
    let filter = UserFilter { team: Some(team.id), ..UserFilter::default() };
    let rows = users::page(&mut tx, &filter, after, limit + 1).await?;
    let page = Page::of(rows, limit, |row| encode_cursor(&row.id));
    let directory = hub.directory();
    let data = page.data.iter().map(|row| UserBody::of(row, &directory)).collect();
    Ok(Json(Page { data, next_cursor: page.next_cursor }))
}

/// Puts a user into a team; nothing happens when the user is in it.
#[utoipa::path(put, path = "/api/v1/teams/{id}/members/{user_id}", tag = "administration",
    params(("id" = String, Path), ("user_id" = Uuid, Path)),
    responses((status = 204, description = "is a member"), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND")))]
pub(super) async fn add(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id((id, user)): Id<(String, UserId)>,
) -> Result<StatusCode, HubError> {
    require_admin(&ctx)?;
    let mut tx = hub.db.begin().await?;
    let team = fields::find_team(&mut tx, &id).await?.ok_or_else(|| ApiError::not_found("team"))?;
    let user = users::by_id(&mut tx, user).await?.ok_or_else(|| ApiError::not_found("user"))?;
    teams::add_member(&mut tx, team.id, user.id, ctx.now).await?;
    record(&mut tx, &ctx, None, "team.add_member", json!({ "id": team.id, "user_id": user.id })).await?;
    tx.commit().await?;
    hub.directory_changed().await;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a user out of a team; nothing happens when the user is not in it. Conversations of the team that the user holds
/// go back to its queue.
#[utoipa::path(delete, path = "/api/v1/teams/{id}/members/{user_id}", tag = "administration",
    params(("id" = String, Path), ("user_id" = Uuid, Path)),
    responses((status = 204, description = "is no member"), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND")))]
pub(super) async fn remove(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id((id, user)): Id<(String, UserId)>,
) -> Result<StatusCode, HubError> {
    require_admin(&ctx)?;
    let mut tx = hub.db.begin().await?;
    let team = fields::find_team(&mut tx, &id).await?.ok_or_else(|| ApiError::not_found("team"))?;
    teams::remove_member(&mut tx, team.id, user).await?;
    let is_admin = users::by_id(&mut tx, user).await?.is_some_and(|user| user.role == Role::Admin);
    if !is_admin {
        release(&mut tx, &hub.gate.directory.load_full(), &ctx, user, Leaving::Team(team.id)).await?;
    }
    record(&mut tx, &ctx, None, "team.remove_member", json!({ "id": team.id, "user_id": user })).await?;
    tx.commit().await?;
    hub.directory_changed().await;
    Ok(StatusCode::NO_CONTENT)
}
