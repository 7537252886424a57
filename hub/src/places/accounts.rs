//! `/api/v1/accounts`.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use patchbay_core::Ctx;
use patchbay_core::ids::AccountId;
use patchbay_core::place::PlaceStatus;
use patchbay_http::{ApiError, Body, Caller, Id, Page, Params, decode_cursor, encode_cursor, limit};
use patchbay_store::Tx;
use patchbay_store::accounts::{self, AccountRow};
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;
use uuid::Uuid;

use super::access::{expected_version, record, require_admin, require_reader, require_version};
use super::account_body::{AccountBody, AccountChange, NewAccount};
use crate::error::HubError;
use crate::state::Hub;

/// Which accounts.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AccountQuery {
    /// Text in the name.
    q: Option<String>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// How many, 1 to 100.
    limit: Option<i64>,
}

/// Accounts within the caller's scope, in the order they were made.
#[utoipa::path(get, path = "/api/v1/accounts", tag = "places", params(AccountQuery),
    responses((status = 200, body = Page<AccountBody>), (status = 403, description = "FORBIDDEN")))]
pub(crate) async fn list(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Params(query): Params<AccountQuery>,
) -> Result<Json<Page<AccountBody>>, HubError> {
    require_reader(&ctx.actor)?;
    let limit = limit(query.limit)?;
    let after = query.cursor.as_deref().map(decode_cursor::<AccountId>).transpose()?;
    let text = query.q.map(|text| text.trim().to_lowercase()).filter(|text| !text.is_empty());
    let mut tx = hub.db.read().await?;
    let after = after.unwrap_or(AccountId(Uuid::nil()));
    let rows = accounts::page(&mut tx, &ctx.actor.accounts, text.as_deref(), after, limit + 1).await?;
    let page = Page::of(rows, limit, |row| encode_cursor(&row.id));
    Ok(Json(Page { data: page.data.into_iter().map(Into::into).collect(), next_cursor: page.next_cursor }))
}

/// Makes an account. Admins only.
#[utoipa::path(post, path = "/api/v1/accounts", tag = "places", request_body = NewAccount,
    responses((status = 201, body = AccountBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 403, description = "FORBIDDEN")))]
pub(crate) async fn create(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Body(body): Body<NewAccount>,
) -> Result<(StatusCode, Json<AccountBody>), HubError> {
    require_admin(&ctx.actor)?;
    let row = body.row(&ctx)?;
    let mut tx = hub.db.begin().await?;
    accounts::insert(&mut tx, &row).await?;
    record(&mut tx, &ctx, row.id, "account.create", json!({ "account_id": row.id })).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(row.into())))
}

/// One account.
#[utoipa::path(get, path = "/api/v1/accounts/{id}", tag = "places", params(("id" = Uuid, Path)),
    responses((status = 200, body = AccountBody), (status = 404, description = "NOT_FOUND")))]
pub(crate) async fn read(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<AccountId>,
) -> Result<Json<AccountBody>, HubError> {
    require_reader(&ctx.actor)?;
    Ok(Json(load(&mut hub.db.read().await?, &ctx, id).await?.into()))
}

/// Changes an account. Admins only. Error: 409 `VERSION_CONFLICT` when it is newer than the version given.
#[utoipa::path(patch, path = "/api/v1/accounts/{id}", tag = "places", params(("id" = Uuid, Path)),
    request_body = AccountChange,
    responses((status = 200, body = AccountBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 404, description = "NOT_FOUND"), (status = 409, description = "VERSION_CONFLICT")))]
pub(crate) async fn patch(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<AccountId>,
    headers: HeaderMap,
    Body(body): Body<AccountChange>,
) -> Result<Json<AccountBody>, HubError> {
    require_admin(&ctx.actor)?;
    let expected = expected_version(body.version, &headers)?;
    let mut tx = hub.db.begin().await?;
    let mut row = load(&mut tx, &ctx, id).await?;
    require_version(expected, row.version)?;
    body.apply(&mut row)?;
    save(tx, &ctx, row, "account.update").await
}

/// Deactivates an account: it takes no new work; nothing is deleted. Admins only.
#[utoipa::path(delete, path = "/api/v1/accounts/{id}", tag = "places", params(("id" = Uuid, Path)),
    responses((status = 200, body = AccountBody), (status = 404, description = "NOT_FOUND")))]
pub(crate) async fn deactivate(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<AccountId>,
) -> Result<Json<AccountBody>, HubError> {
    require_admin(&ctx.actor)?;
    let mut tx = hub.db.begin().await?;
    let mut row = load(&mut tx, &ctx, id).await?;
    if row.status == PlaceStatus::Inactive {
        return Ok(Json(row.into()));
    }
    row.status = PlaceStatus::Inactive;
    save(tx, &ctx, row, "account.deactivate").await
}

/// An account within the caller's scope; another one is not there.
async fn load(tx: &mut Tx, ctx: &Ctx, id: AccountId) -> Result<AccountRow, HubError> {
    let row = if ctx.actor.accounts.allows(&id) { accounts::by_id(tx, id).await? } else { None };
    Ok(row.ok_or_else(|| ApiError::not_found("account"))?)
}

async fn save(mut tx: Tx, ctx: &Ctx, mut row: AccountRow, tool: &str) -> Result<Json<AccountBody>, HubError> {
    row.updated_at = ctx.now;
    accounts::update(&mut tx, &row).await?;
    row.version += 1;
    record(&mut tx, ctx, row.id, tool, json!({ "account_id": row.id, "version": row.version })).await?;
    tx.commit().await?;
    Ok(Json(row.into()))
}
