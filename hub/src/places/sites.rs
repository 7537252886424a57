//! `/api/v1/sites`.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use patchbay_core::Ctx;
use patchbay_core::actor::Scope;
use patchbay_core::ids::{AccountId, SiteId};
use patchbay_core::place::PlaceStatus;
use patchbay_core::ticket::Profile;
use patchbay_http::{ApiError, Body, Caller, Id, Page, Params, decode_cursor, encode_cursor, limit};
use patchbay_store::sites::{self, SiteFilter, SiteRow};
use patchbay_store::{StoreError, Tx, accounts, counters};
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;
use uuid::Uuid;

use super::access::{expected_version, record, require_admin, require_reader, require_version};
use super::site_body::{NewSite, SiteBody, SiteChange};
use crate::error::HubError;
use crate::state::Hub;

/// Which sites.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SiteQuery {
    /// Only of this account.
    account_id: Option<Uuid>,
    /// Text in name, code or city.
    q: Option<String>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// How many, 1 to 100.
    limit: Option<i64>,
}

/// Sites within the caller's scope, in the order they were made.
#[utoipa::path(get, path = "/api/v1/sites", tag = "places", params(SiteQuery),
    responses((status = 200, body = Page<SiteBody>), (status = 403, description = "FORBIDDEN")))]
pub(crate) async fn list(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Params(query): Params<SiteQuery>,
) -> Result<Json<Page<SiteBody>>, HubError> {
    require_reader(&ctx.actor)?;
    let limit = limit(query.limit)?;
    let after = query.cursor.as_deref().map(decode_cursor::<SiteId>).transpose()?;
    let accounts = match query.account_id.map(AccountId) {
        None => ctx.actor.accounts.clone(),
        Some(account) if ctx.actor.accounts.allows(&account) => Scope::Only([account].into()),
        Some(_) => Scope::none(),
    };
    let text = query.q.map(|text| text.trim().to_lowercase()).filter(|text| !text.is_empty());
    let filter = SiteFilter { accounts, sites: ctx.actor.sites.clone(), text };
    let mut tx = hub.db.read().await?;
    let rows = sites::page(&mut tx, &filter, after.unwrap_or(SiteId(Uuid::nil())), limit + 1).await?;
    let page = Page::of(rows, limit, |row| encode_cursor(&row.id));
    Ok(Json(Page { data: page.data.into_iter().map(Into::into).collect(), next_cursor: page.next_cursor }))
}

/// Makes a site. Admins only. Error: 409 `ALREADY_EXISTS` when the code is taken.
#[utoipa::path(post, path = "/api/v1/sites", tag = "places", request_body = NewSite,
    responses((status = 201, body = SiteBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 403, description = "FORBIDDEN"), (status = 409, description = "ALREADY_EXISTS")))]
pub(crate) async fn create(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Body(body): Body<NewSite>,
) -> Result<(StatusCode, Json<SiteBody>), HubError> {
    require_admin(&ctx.actor)?;
    let account = AccountId(body.account_id);
    let mut tx = hub.db.begin().await?;
    let owner = if ctx.actor.accounts.allows(&account) { accounts::by_id(&mut tx, account).await? } else { None };
    let owner = owner.ok_or_else(|| ApiError::invalid("account_id", "there is no such account"))?;
    let code = match body.code.clone() {
        Some(code) => code,
        None => next_code(&mut tx, owner.profile).await?,
    };
    let row = body.row(&ctx, &code)?;
    sites::insert(&mut tx, &row).await?;
    record(&mut tx, &ctx, account, "site.create", json!({ "site_id": row.id })).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(row.into())))
}

/// One site.
#[utoipa::path(get, path = "/api/v1/sites/{id}", tag = "places", params(("id" = Uuid, Path)),
    responses((status = 200, body = SiteBody), (status = 404, description = "NOT_FOUND")))]
pub(crate) async fn read(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<SiteId>,
) -> Result<Json<SiteBody>, HubError> {
    require_reader(&ctx.actor)?;
    Ok(Json(load(&mut hub.db.read().await?, &ctx, id).await?.into()))
}

/// Changes a site. Admins only. Errors: 409 `VERSION_CONFLICT` when it is newer than the version given, 409
/// `ALREADY_EXISTS` when the code is taken.
#[utoipa::path(patch, path = "/api/v1/sites/{id}", tag = "places", params(("id" = Uuid, Path)),
    request_body = SiteChange,
    responses((status = 200, body = SiteBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 404, description = "NOT_FOUND"), (status = 409, description = "VERSION_CONFLICT")))]
pub(crate) async fn patch(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<SiteId>,
    headers: HeaderMap,
    Body(body): Body<SiteChange>,
) -> Result<Json<SiteBody>, HubError> {
    require_admin(&ctx.actor)?;
    let expected = expected_version(body.version, &headers)?;
    let mut tx = hub.db.begin().await?;
    let mut row = load(&mut tx, &ctx, id).await?;
    require_version(expected, row.version)?;
    body.apply(&mut row)?;
    save(tx, &ctx, row, "site.update").await
}

/// Deactivates a site: it takes no new work; nothing is deleted. Admins only.
#[utoipa::path(delete, path = "/api/v1/sites/{id}", tag = "places", params(("id" = Uuid, Path)),
    responses((status = 200, body = SiteBody), (status = 404, description = "NOT_FOUND")))]
pub(crate) async fn deactivate(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<SiteId>,
) -> Result<Json<SiteBody>, HubError> {
    require_admin(&ctx.actor)?;
    let mut tx = hub.db.begin().await?;
    let mut row = load(&mut tx, &ctx, id).await?;
    if row.status == PlaceStatus::Inactive {
        return Ok(Json(row.into()));
    }
    row.status = PlaceStatus::Inactive;
    save(tx, &ctx, row, "site.deactivate").await
}

/// A site within the caller's scope; another one is not there.
pub(super) async fn load(tx: &mut Tx, ctx: &Ctx, id: SiteId) -> Result<SiteRow, HubError> {
    let row = sites::by_id(tx, id).await?.filter(|row| ctx.actor.may_touch(row.account_id, row.id));
    Ok(row.ok_or_else(|| ApiError::not_found("site"))?)
}

/// The next code that no site has: `D-001` for dealerships, `P-001` for property, `S-001` for the rest.
async fn next_code(tx: &mut Tx, profile: Profile) -> Result<String, StoreError> {
    let prefix = match profile {
        Profile::Facility => "S",
        Profile::Property => "P",
        Profile::Dealership => "D",
    };
    loop {
        let number = counters::next(tx, &format!("site:{prefix}")).await?;
        let code = format!("{prefix}-{number:03}");
        if !sites::has_code(tx, &code).await? {
            return Ok(code);
        }
    }
}

async fn save(mut tx: Tx, ctx: &Ctx, mut row: SiteRow, tool: &str) -> Result<Json<SiteBody>, HubError> {
    row.updated_at = ctx.now;
    sites::update(&mut tx, &row).await?;
    row.version += 1;
    let subject = json!({ "site_id": row.id, "version": row.version });
    record(&mut tx, ctx, row.account_id, tool, subject).await?;
    tx.commit().await?;
    Ok(Json(row.into()))
}
