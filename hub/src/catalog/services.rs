//! `/api/v1/services`: the catalog.

use chrono::{DateTime, Utc};
use patchbay_core::Ctx;
use patchbay_core::catalog::ServiceStatus;
use patchbay_core::ids::ServiceId;
use patchbay_core::invoice::Tax;
use patchbay_core::ticket::command::field::MAX_CENTS;
use patchbay_http::ApiError;
use patchbay_store::Tx;
use patchbay_store::services::{self, ServiceFilter, ServiceRow};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::error::HubError;
use crate::resource::text::{currency, line, optional_line, searched, within};
use crate::resource::{Edit, Mark, Resource, Window, endpoints, require_catalog_keeper};
use crate::state::Hub;

/// An entry of the catalog of services.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Service)]
pub(super) struct ServiceBody {
    /// Our id.
    id: Uuid,
    /// Its short name, unique.
    code: String,
    /// Its name.
    name: String,
    /// What it costs when nobody says otherwise, in minor units.
    base_price_cents: i64,
    /// Currency of the price.
    currency: String,
    /// A ticket with it waits for an approval.
    requires_approval: bool,
    /// Kind of work, for matching vendors.
    category: Option<String>,
    /// What a technician must be able to do.
    skill_key: Option<String>,
    /// How long it takes, in minutes.
    default_duration_min: Option<i64>,
    /// `active` or `archived`.
    status: &'static str,
    /// Its item in the accounting system.
    qb_item_id: Option<String>,
    /// How it is taxed.
    tax_code: Option<String>,
    /// Grows with every change.
    version: i64,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

/// Which services to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ServiceQuery {
    /// `active` or `archived`.
    #[param(value_type = Option<String>)]
    status: Option<ServiceStatus>,
    /// Only of this kind of work.
    category: Option<String>,
    /// Text in name or code.
    q: Option<String>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// How many, 1 to 100; 20 when missing.
    limit: Option<i64>,
}

/// A new service.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewService {
    /// Its short name, unique.
    code: String,
    /// Its name.
    name: String,
    /// What it costs when nobody says otherwise, in minor units.
    base_price_cents: i64,
    /// Three letters; `USD` when missing.
    currency: Option<String>,
    /// A ticket with it waits for an approval; false when missing.
    requires_approval: Option<bool>,
    /// Kind of work, for matching vendors.
    category: Option<String>,
    /// What a technician must be able to do; anybody can when missing.
    skill_key: Option<String>,
    /// How long it takes, in minutes.
    default_duration_min: Option<i64>,
    /// `active` (the default) or `archived`.
    #[schema(value_type = Option<String>)]
    status: Option<ServiceStatus>,
    /// Its item in the accounting system, unique.
    qb_item_id: Option<String>,
    /// `EXEMPT`, `ZERO`, `GST`, `QST`, `GST_QST` or `CUSTOM(rate)`, the rate in percent.
    tax_code: Option<String>,
}

/// A change of a service: what is missing stays, null clears.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ServiceChange {
    /// The version the caller read; `If-Match` says the same.
    #[serde(alias = "expected_version")]
    version: Option<i64>,
    /// Its short name, unique.
    code: Option<String>,
    /// Its name.
    name: Option<String>,
    /// What it costs when nobody says otherwise, in minor units.
    base_price_cents: Option<i64>,
    /// Three letters.
    currency: Option<String>,
    /// A ticket with it waits for an approval.
    requires_approval: Option<bool>,
    /// Kind of work.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    category: Edit<String>,
    /// What a technician must be able to do.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    skill_key: Edit<String>,
    /// How long it takes, in minutes.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    default_duration_min: Edit<i64>,
    /// `active` or `archived`.
    #[schema(value_type = Option<String>)]
    status: Option<ServiceStatus>,
    /// Its item in the accounting system, unique.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    qb_item_id: Edit<String>,
    /// How it is taxed.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    tax_code: Edit<String>,
}

/// The catalog of services.
pub(super) struct Services;

impl Resource for Services {
    const NAME: &'static str = "service";
    type Key = ServiceId;
    type Row = ServiceRow;
    type Query = ServiceQuery;
    type New = NewService;
    type Change = ServiceChange;
    type Body = ServiceBody;

    fn may_write(ctx: &Ctx) -> Result<(), ApiError> {
        require_catalog_keeper(ctx)
    }

    fn window(query: &ServiceQuery) -> Window<'_> {
        Window { cursor: query.cursor.as_deref(), limit: query.limit }
    }

    fn mark(row: &ServiceRow) -> Mark {
        Mark { id: row.id.into(), version: row.version, account: None }
    }

    fn made_from(change: &ServiceChange) -> Option<i64> {
        change.version
    }

    fn body(_: &Hub, row: &ServiceRow) -> ServiceBody {
        let row = row.clone();
        ServiceBody {
            id: row.id.into(),
            code: row.code,
            name: row.name,
            base_price_cents: row.base_price_cents,
            currency: row.currency,
            requires_approval: row.requires_approval,
            category: row.category,
            skill_key: row.skill_key,
            default_duration_min: row.default_duration_min,
            status: row.status.as_str(),
            qb_item_id: row.qb_item_id,
            tax_code: row.tax_code,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }

    async fn page(
        tx: &mut Tx,
        _: &Hub,
        _: &Ctx,
        query: ServiceQuery,
        after: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<ServiceRow>, HubError> {
        let filter = ServiceFilter { status: query.status, category: query.category, text: searched(query.q) };
        Ok(services::page(tx, &filter, after.map(ServiceId), limit).await?)
    }

    async fn find(tx: &mut Tx, _: &Ctx, key: &ServiceId) -> Result<Option<ServiceRow>, HubError> {
        Ok(services::by_id(tx, *key).await?)
    }

    async fn make(tx: &mut Tx, ctx: &Ctx, new: NewService) -> Result<ServiceRow, HubError> {
        let row = ServiceRow {
            id: ServiceId::new(),
            code: line("code", &new.code)?,
            name: line("name", &new.name)?,
            base_price_cents: within("base_price_cents", new.base_price_cents, 0..=MAX_CENTS)?,
            currency: currency("currency", new.currency.as_deref().unwrap_or("USD"))?,
            requires_approval: new.requires_approval.unwrap_or(false),
            category: optional_line("category", new.category)?,
            skill_key: optional_line("skill_key", new.skill_key)?,
            default_duration_min: duration(new.default_duration_min)?,
            status: new.status.unwrap_or(ServiceStatus::Active),
            qb_item_id: optional_line("qb_item_id", new.qb_item_id)?,
            tax_code: tax_code(new.tax_code)?,
            version: 1,
            created_at: ctx.now,
            updated_at: ctx.now,
        };
        services::insert(tx, &row).await?;
        Ok(row)
    }

    async fn apply(_: &mut Tx, _: &Ctx, row: &mut ServiceRow, change: ServiceChange) -> Result<(), HubError> {
        if let Some(code) = change.code {
            row.code = line("code", &code)?;
        }
        if let Some(name) = change.name {
            row.name = line("name", &name)?;
        }
        if let Some(cents) = change.base_price_cents {
            row.base_price_cents = within("base_price_cents", cents, 0..=MAX_CENTS)?;
        }
        if let Some(text) = change.currency {
            row.currency = currency("currency", &text)?;
        }
        row.requires_approval = change.requires_approval.unwrap_or(row.requires_approval);
        row.status = change.status.unwrap_or(row.status);
        change.category.apply(&mut row.category, |text| optional_line("category", text))?;
        change.skill_key.apply(&mut row.skill_key, |text| optional_line("skill_key", text))?;
        change.default_duration_min.apply(&mut row.default_duration_min, duration)?;
        change.qb_item_id.apply(&mut row.qb_item_id, |text| optional_line("qb_item_id", text))?;
        change.tax_code.apply(&mut row.tax_code, tax_code)?;
        Ok(())
    }

    async fn save(tx: &mut Tx, ctx: &Ctx, row: &mut ServiceRow) -> Result<(), HubError> {
        row.updated_at = ctx.now;
        services::update(tx, row).await?;
        row.version += 1;
        Ok(())
    }

    fn retire(row: &mut ServiceRow) -> bool {
        let was = std::mem::replace(&mut row.status, ServiceStatus::Archived);
        was != ServiceStatus::Archived
    }
}

fn duration(minutes: Option<i64>) -> Result<Option<i64>, ApiError> {
    minutes.map(|minutes| within("default_duration_min", minutes, 1..=10_080)).transpose()
}

/// One of the known codes, or `CUSTOM(rate)` with a rate of 0 to 100 percent. Source: domain, invoices.
fn tax_code(text: Option<String>) -> Result<Option<String>, ApiError> {
    let Some(text) = optional_line("tax_code", text)? else { return Ok(None) };
    let code = text.to_ascii_uppercase();
    if Tax::of(&code, None).is_some() {
        Ok(Some(code))
    } else {
        Err(ApiError::invalid("tax_code", "must be EXEMPT, ZERO, GST, QST, GST_QST or CUSTOM(rate)"))
    }
}

endpoints! {
    Services at "/api/v1/services" and "/api/v1/services/{id}" tagged "catalog", named by Uuid;
    /// The catalog of services, in the order they were made.
    list ServiceQuery;
    /// Adds a service to the catalog. Admins and supervisors only. Error: 409 `ALREADY_EXISTS` when the code is taken.
    create NewService;
    /// One service.
    read ServiceBody;
    /// Changes a service. Admins and supervisors only.
    change by patch ServiceChange;
    /// Archives a service: nobody can ask for it any more. Admins and supervisors only.
    deactivate;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tax_codes_are_known_or_have_a_rate() {
        for good in ["EXEMPT", "gst_qst", "CUSTOM(7.5)", "CUSTOM(0)"] {
            assert!(tax_code(Some(good.into())).is_ok(), "{good}");
        }
        for bad in ["VAT", "CUSTOM", "CUSTOM()", "CUSTOM(-1)", "CUSTOM(101)", "CUSTOM(inf)"] {
            assert!(tax_code(Some(bad.into())).is_err(), "{bad}");
        }
    }
}
