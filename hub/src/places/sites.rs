//! `/api/v1/sites`.

use patchbay_core::Ctx;
use patchbay_core::ids::{AccountId, SiteId};
use patchbay_core::place::PlaceStatus;
use patchbay_core::ticket::Profile;
use patchbay_http::ApiError;
use patchbay_store::sites::{self, SiteFilter, SiteRow};
use patchbay_store::{StoreError, Tx, accounts, counters};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::assets::narrowed;
use super::site_body::{NewSite, SiteBody, SiteChange};
use crate::error::HubError;
use crate::resource::text::searched;
use crate::resource::{Mark, Resource, Window, endpoints, require_admin};
use crate::state::Hub;

/// Which sites.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SiteQuery {
    /// Only of this account.
    account_id: Option<Uuid>,
    /// Text in name, code or city.
    q: Option<String>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// How many, 1 to 100.
    limit: Option<i64>,
}

/// Places of accounts.
pub(super) struct Sites;

impl Resource for Sites {
    const NAME: &'static str = "site";
    type Key = SiteId;
    type Row = SiteRow;
    type Query = SiteQuery;
    type New = NewSite;
    type Change = SiteChange;
    type Body = SiteBody;

    fn may_write(ctx: &Ctx) -> Result<(), ApiError> {
        require_admin(ctx)
    }

    fn window(query: &SiteQuery) -> Window<'_> {
        Window { cursor: query.cursor.as_deref(), limit: query.limit }
    }

    fn mark(row: &SiteRow) -> Mark {
        Mark { id: row.id.into(), version: row.version, account: Some(row.account_id) }
    }

    fn made_from(change: &SiteChange) -> Option<i64> {
        change.version
    }

    fn body(_: &Hub, row: &SiteRow) -> SiteBody {
        row.clone().into()
    }

    async fn page(
        tx: &mut Tx,
        _: &Hub,
        ctx: &Ctx,
        query: SiteQuery,
        after: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<SiteRow>, HubError> {
        let accounts = narrowed(ctx, query.account_id);
        let filter = SiteFilter { accounts, sites: ctx.actor.sites.clone(), text: searched(query.q) };
        Ok(sites::page(tx, &filter, SiteId(after.unwrap_or_default()), limit).await?)
    }

    async fn find(tx: &mut Tx, ctx: &Ctx, key: &SiteId) -> Result<Option<SiteRow>, HubError> {
        Ok(sites::by_id(tx, *key).await?.filter(|row| ctx.actor.may_touch(row.account_id, row.id)))
    }

    async fn make(tx: &mut Tx, ctx: &Ctx, new: NewSite) -> Result<SiteRow, HubError> {
        let account = AccountId(new.account_id);
        let owner = if ctx.actor.accounts.allows(&account) { accounts::by_id(tx, account).await? } else { None };
        let owner = owner.ok_or_else(|| ApiError::invalid("account_id", "there is no such account"))?;
        let code = match new.code.clone() {
            Some(code) => code,
            None => next_code(tx, owner.profile).await?,
        };
        let row = new.row(ctx, &code)?;
        sites::insert(tx, &row).await?;
        Ok(row)
    }

    async fn apply(_: &mut Tx, _: &Ctx, row: &mut SiteRow, change: SiteChange) -> Result<(), HubError> {
        Ok(change.apply(row)?)
    }

    async fn save(tx: &mut Tx, ctx: &Ctx, row: &mut SiteRow) -> Result<(), HubError> {
        row.updated_at = ctx.now;
        sites::update(tx, row).await?;
        patchbay_dispatch::site_changed(tx, row.id).await?;
        row.version += 1;
        Ok(())
    }

    fn retire(row: &mut SiteRow) -> bool {
        std::mem::replace(&mut row.status, PlaceStatus::Inactive) != PlaceStatus::Inactive
    }
}

/// A site within the caller's scope; another one is not there.
pub(super) async fn load(tx: &mut Tx, ctx: &Ctx, id: SiteId) -> Result<SiteRow, HubError> {
    Ok(Sites::find(tx, ctx, &id).await?.ok_or_else(|| ApiError::not_found("site"))?)
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

endpoints! {
    Sites at "/api/v1/sites" and "/api/v1/sites/{id}" tagged "places", named by Uuid;
    /// Sites within the caller's scope, in the order they were made.
    list SiteQuery;
    /// Makes a site. Admins only. Error: 409 `ALREADY_EXISTS` when the code is taken.
    create NewSite;
    /// One site.
    read SiteBody;
    /// Changes a site. Admins only. Errors: 409 `VERSION_CONFLICT` when it is newer than the version given, 409
    /// `ALREADY_EXISTS` when the code is taken.
    change by patch SiteChange;
    /// Deactivates a site: it takes no new work; nothing is deleted. Admins only.
    deactivate;
}
