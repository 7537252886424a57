//! `/api/v1/accounts`.

use patchbay_core::Ctx;
use patchbay_core::ids::AccountId;
use patchbay_core::place::PlaceStatus;
use patchbay_http::ApiError;
use patchbay_store::Tx;
use patchbay_store::accounts::{self, AccountRow};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::account_body::{AccountBody, AccountChange, NewAccount};
use crate::error::HubError;
use crate::resource::text::searched;
use crate::resource::{Mark, Resource, Window, endpoints, require_admin};
use crate::state::Hub;

/// Which accounts.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AccountQuery {
    /// Text in the name.
    q: Option<String>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// How many, 1 to 100.
    limit: Option<i64>,
}

/// Customer organizations.
pub(super) struct Accounts;

impl Resource for Accounts {
    const NAME: &'static str = "account";
    type Key = AccountId;
    type Row = AccountRow;
    type Query = AccountQuery;
    type New = NewAccount;
    type Change = AccountChange;
    type Body = AccountBody;

    fn may_write(ctx: &Ctx) -> Result<(), ApiError> {
        require_admin(ctx)
    }

    fn window(query: &AccountQuery) -> Window<'_> {
        Window { cursor: query.cursor.as_deref(), limit: query.limit }
    }

    fn mark(row: &AccountRow) -> Mark {
        Mark { id: row.id.into(), version: row.version, account: Some(row.id) }
    }

    fn made_from(change: &AccountChange) -> Option<i64> {
        change.version
    }

    fn body(_: &Hub, row: &AccountRow) -> AccountBody {
        row.clone().into()
    }

    async fn page(
        tx: &mut Tx,
        _: &Hub,
        ctx: &Ctx,
        query: AccountQuery,
        after: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<AccountRow>, HubError> {
        let text = searched(query.q);
        let after = AccountId(after.unwrap_or_default());
        Ok(accounts::page(tx, &ctx.actor.accounts, text.as_deref(), after, limit).await?)
    }

    async fn find(tx: &mut Tx, ctx: &Ctx, key: &AccountId) -> Result<Option<AccountRow>, HubError> {
        Ok(if ctx.actor.accounts.allows(key) { accounts::by_id(tx, *key).await? } else { None })
    }

    async fn make(tx: &mut Tx, ctx: &Ctx, new: NewAccount) -> Result<AccountRow, HubError> {
        let row = new.row(ctx)?;
        accounts::insert(tx, &row).await?;
        Ok(row)
    }

    async fn apply(_: &mut Tx, _: &Ctx, row: &mut AccountRow, change: AccountChange) -> Result<(), HubError> {
        Ok(change.apply(row)?)
    }

    async fn save(tx: &mut Tx, ctx: &Ctx, row: &mut AccountRow) -> Result<(), HubError> {
        row.updated_at = ctx.now;
        accounts::update(tx, row).await?;
        row.version += 1;
        Ok(())
    }

    fn retire(row: &mut AccountRow) -> bool {
        std::mem::replace(&mut row.status, PlaceStatus::Inactive) != PlaceStatus::Inactive
    }
}

endpoints! {
    Accounts at "/api/v1/accounts" and "/api/v1/accounts/{id}" tagged "places", named by Uuid;
    /// Accounts within the caller's scope, in the order they were made.
    list AccountQuery;
    /// Makes an account. Admins only.
    create NewAccount;
    /// One account.
    read AccountBody;
    /// Changes an account. Admins only. Error: 409 `VERSION_CONFLICT` when it is newer than the version given.
    change by patch AccountChange;
    /// Deactivates an account: it takes no new work; nothing is deleted. Admins only.
    deactivate;
}
