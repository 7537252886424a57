//! `/sites/{id}`, `/assets/{id}` and `/assets?vin=`: what everybody in scope reads.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use patchbay_core::Ctx;
use patchbay_core::catalog::vin;
use patchbay_core::ids::{AssetId, SiteId};
use patchbay_core::role::Role;
use patchbay_core::ticket::Ticket;
use patchbay_http::{ApiError, Caller, Id, Page, Params};
use patchbay_store::assets::{self, AssetFilter};
use patchbay_store::tickets;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::asset_body::AssetBody;
use super::assets::may_touch;
use super::site_body::SiteBody;
use super::sites::load;
use crate::error::HubError;
use crate::state::Hub;

/// Most vehicles, and most jobs, that a history shows.
const MOST: i64 = 100;

/// One site. Error: 404 `NOT_FOUND`, also for one that is not the caller's to know.
#[utoipa::path(get, path = "/sites/{id}", tag = "tickets", operation_id = "site_read", params(("id" = Uuid, Path)),
    responses((status = 200, body = SiteBody), (status = 401, description = "AUTH_REQUIRED"),
              (status = 404, description = "NOT_FOUND")))]
pub(super) async fn site(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<SiteId>,
) -> Result<Json<SiteBody>, HubError> {
    let mut body = SiteBody::from(load(&mut hub.db.read().await?, &ctx, id).await?);
    if ctx.actor.role == Role::Customer {
        // How staff gets in, and who pays what, is not for whoever writes from the site.
        (body.access_instructions, body.bill_to) = (None, None);
    }
    Ok(Json(body))
}

/// A job that was done on an asset.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct PastJob {
    /// The ticket.
    ticket_id: Uuid,
    /// Its code.
    code: String,
    /// Where it stands.
    state: &'static str,
    /// One line about it.
    summary: String,
    /// When it was recorded.
    created_at: DateTime<Utc>,
}

/// An asset and what was done on it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct AssetHistory {
    /// The asset.
    #[serde(flatten)]
    asset: AssetBody,
    /// Its tickets within the caller's scope, newest first.
    tickets: Vec<PastJob>,
}

/// One asset and what was done on it. Error: 404 `NOT_FOUND`, also for one that is not the caller's to know.
#[utoipa::path(get, path = "/assets/{id}", tag = "tickets", operation_id = "asset_read", params(("id" = Uuid, Path)),
    responses((status = 200, body = AssetHistory), (status = 401, description = "AUTH_REQUIRED"),
              (status = 404, description = "NOT_FOUND")))]
pub(super) async fn asset(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<AssetId>,
) -> Result<Json<AssetHistory>, HubError> {
    let mut tx = hub.db.read().await?;
    let row = assets::by_id(&mut tx, id).await?.filter(|row| may_touch(&ctx, row));
    let row = row.ok_or_else(|| ApiError::not_found("asset"))?;
    let done = tickets::of_assets(&mut tx, &[id], &ctx.actor.accounts, &ctx.actor.sites, MOST).await?;
    Ok(Json(history(&ctx, row.into(), &done)))
}

/// Which vehicle.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct VehicleQuery {
    /// Its identification number.
    vin: String,
}

/// The history of a vehicle: the assets with its number across the caller's accounts, and their tickets. Error: 400
/// `INVALID_QUERY`.
#[utoipa::path(get, path = "/assets", tag = "tickets", operation_id = "asset_history", params(VehicleQuery),
    responses((status = 200, body = Page<AssetHistory>), (status = 400, description = "INVALID_QUERY"),
              (status = 401, description = "AUTH_REQUIRED")))]
pub(super) async fn vehicle(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Params(query): Params<VehicleQuery>,
) -> Result<Json<Page<AssetHistory>>, HubError> {
    let misfit = || ApiError::new(patchbay_core::Code::InvalidQuery, "vin: must be 17 letters and digits");
    let filter = AssetFilter {
        accounts: ctx.actor.accounts.clone(),
        sites: ctx.actor.sites.clone(),
        site: None,
        vin: Some(vin(&query.vin).ok_or_else(misfit)?),
        text: None,
    };
    let mut tx = hub.db.read().await?;
    let rows = assets::page(&mut tx, &filter, None, MOST).await?;
    let ids: Vec<AssetId> = rows.iter().map(|row| row.id).collect();
    let done = tickets::of_assets(&mut tx, &ids, &ctx.actor.accounts, &ctx.actor.sites, MOST).await?;
    Ok(Json(Page::whole(rows.into_iter().map(|row| history(&ctx, row.into(), &done)).collect())))
}

/// Technicians, vendors and customers have lists of the jobs that are theirs, and see no others here.
fn history(ctx: &Ctx, asset: AssetBody, done: &[Ticket]) -> AssetHistory {
    let has_own_list = matches!(ctx.actor.role, Role::Technician | Role::Vendor | Role::Customer);
    let jobs = done.iter().filter(|ticket| ticket.asset_id.map(Uuid::from) == Some(asset.id) && !has_own_list);
    let tickets = jobs
        .map(|ticket| PastJob {
            ticket_id: ticket.id.into(),
            code: ticket.code.clone(),
            state: ticket.state.as_str(),
            summary: ticket.summary.clone(),
            created_at: ticket.created_at,
        })
        .collect();
    AssetHistory { asset, tickets }
}
