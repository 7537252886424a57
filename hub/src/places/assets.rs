//! `/api/v1/assets`: vehicles and equipment.

use patchbay_core::Ctx;
use patchbay_core::actor::Scope;
use patchbay_core::ids::{AccountId, AssetId, SiteId};
use patchbay_core::place::PlaceStatus;
use patchbay_http::ApiError;
use patchbay_store::assets::{self, AssetFilter, AssetRow};
use patchbay_store::{Tx, sites};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::asset_body::{AssetBody, AssetChange, NewAsset};
use crate::error::HubError;
use crate::resource::text::searched;
use crate::resource::{Mark, Resource, Window, endpoints, require_dispatch_lead};
use crate::state::Hub;

/// Which assets to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AssetQuery {
    /// Only of this account.
    account_id: Option<Uuid>,
    /// Only at this site.
    site_id: Option<Uuid>,
    /// Only with this vehicle number.
    vin: Option<String>,
    /// Text in tag, make, model, stock or serial number.
    q: Option<String>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// How many, 1 to 100; 20 when missing.
    limit: Option<i64>,
}

/// Vehicles and equipment.
pub(super) struct Assets;

impl Resource for Assets {
    const NAME: &'static str = "asset";
    type Key = AssetId;
    type Row = AssetRow;
    type Query = AssetQuery;
    type New = NewAsset;
    type Change = AssetChange;
    type Body = AssetBody;

    fn may_write(ctx: &Ctx) -> Result<(), ApiError> {
        require_dispatch_lead(ctx)
    }

    fn window(query: &AssetQuery) -> Window<'_> {
        Window { cursor: query.cursor.as_deref(), limit: query.limit }
    }

    fn mark(row: &AssetRow) -> Mark {
        Mark { id: row.id.into(), version: row.version, account: Some(row.account_id) }
    }

    fn made_from(change: &AssetChange) -> Option<i64> {
        change.version
    }

    fn body(_: &Hub, row: &AssetRow) -> AssetBody {
        row.clone().into()
    }

    async fn page(
        tx: &mut Tx,
        _: &Hub,
        ctx: &Ctx,
        query: AssetQuery,
        after: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<AssetRow>, HubError> {
        let filter = AssetFilter {
            accounts: narrowed(ctx, query.account_id),
            sites: ctx.actor.sites.clone(),
            site: query.site_id.map(SiteId),
            vin: query.vin.map(|vin| vin.trim().to_ascii_uppercase()),
            text: searched(query.q),
        };
        Ok(assets::page(tx, &filter, after.map(AssetId), limit).await?)
    }

    async fn find(tx: &mut Tx, ctx: &Ctx, key: &AssetId) -> Result<Option<AssetRow>, HubError> {
        Ok(assets::by_id(tx, *key).await?.filter(|row| may_touch(ctx, row)))
    }

    async fn make(tx: &mut Tx, ctx: &Ctx, new: NewAsset) -> Result<AssetRow, HubError> {
        let row = new.row(ctx)?;
        if !ctx.actor.accounts.allows(&row.account_id) {
            return Err(ApiError::invalid("account_id", "there is no such account").into());
        }
        require_own_site(tx, ctx, &row).await?;
        assets::insert(tx, &row).await?;
        Ok(row)
    }

    async fn apply(tx: &mut Tx, ctx: &Ctx, row: &mut AssetRow, change: AssetChange) -> Result<(), HubError> {
        change.apply(row)?;
        require_own_site(tx, ctx, row).await
    }

    async fn save(tx: &mut Tx, ctx: &Ctx, row: &mut AssetRow) -> Result<(), HubError> {
        row.updated_at = ctx.now;
        assets::update(tx, row).await?;
        row.version += 1;
        Ok(())
    }

    fn retire(row: &mut AssetRow) -> bool {
        std::mem::replace(&mut row.status, PlaceStatus::Inactive) != PlaceStatus::Inactive
    }
}

/// An asset that is at no site is seen by whoever sees its account.
pub(super) fn may_touch(ctx: &Ctx, row: &AssetRow) -> bool {
    ctx.actor.accounts.allows(&row.account_id) && row.site_id.is_none_or(|site| ctx.actor.sites.allows(&site))
}

/// The caller's accounts, or of these the one that is asked for.
pub(super) fn narrowed(ctx: &Ctx, account: Option<Uuid>) -> Scope<AccountId> {
    match account.map(AccountId) {
        None => ctx.actor.accounts.clone(),
        Some(account) if ctx.actor.accounts.allows(&account) => Scope::Only([account].into()),
        Some(_) => Scope::none(),
    }
}

async fn require_own_site(tx: &mut Tx, ctx: &Ctx, row: &AssetRow) -> Result<(), HubError> {
    let Some(site) = row.site_id else { return Ok(()) };
    let known = sites::by_id(tx, site).await?.filter(|site| site.account_id == row.account_id);
    if known.is_some_and(|site| ctx.actor.sites.allows(&site.id)) {
        Ok(())
    } else {
        Err(ApiError::invalid("site_id", "there is no such site of the account").into())
    }
}

endpoints! {
    Assets at "/api/v1/assets" and "/api/v1/assets/{id}" tagged "places", named by Uuid;
    /// Assets within the caller's scope, in the order they were made.
    list AssetQuery;
    /// Makes an asset. Admins, supervisors and dispatchers only. Error: 409 `ALREADY_EXISTS` when the account has one with
    /// the vehicle number.
    create NewAsset;
    /// One asset.
    read AssetBody;
    /// Changes an asset. Admins, supervisors and dispatchers only.
    change by patch AssetChange;
    /// Takes an asset out of use; its history stays. Admins, supervisors and dispatchers only.
    deactivate;
}
