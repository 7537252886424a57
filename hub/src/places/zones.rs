//! `/api/v1/zones`: the parts of the country that technicians cover.

use chrono::{DateTime, Utc};
use patchbay_core::Ctx;
use patchbay_core::ids::{AccountId, ZoneId};
use patchbay_core::place::PlaceStatus;
use patchbay_http::ApiError;
use patchbay_store::Tx;
use patchbay_store::zones::{self, ZoneFilter, ZoneRow};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::error::HubError;
use crate::resource::text::{line, optional_text, searched, within};
use crate::resource::{Edit, Mark, Resource, Window, endpoints, require_catalog_keeper};
use crate::state::Hub;

/// A zone.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Zone)]
pub(super) struct ZoneBody {
    /// Our id.
    id: Uuid,
    /// Account it belongs to; null: everybody's.
    account_id: Option<Uuid>,
    /// Its name, unique in its account.
    name: String,
    /// What it covers.
    description: Option<String>,
    /// Latitude of its middle, in degrees.
    centroid_lat: Option<f64>,
    /// Longitude of its middle, in degrees.
    centroid_lon: Option<f64>,
    /// How far it reaches, in kilometers.
    radius_km: Option<f64>,
    /// Its place in the dispatcher's queue, 10 to 990; lower comes first.
    region_weight: i64,
    /// `active` or `inactive`.
    status: &'static str,
    /// Grows with every change.
    version: i64,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

/// Which zones to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ZoneQuery {
    /// `active` or `inactive`.
    #[param(value_type = Option<String>)]
    status: Option<PlaceStatus>,
    /// Text in the name.
    q: Option<String>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// How many, 1 to 100; 20 when missing.
    limit: Option<i64>,
}

/// A new zone.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewZone {
    /// Account it belongs to; everybody's when missing.
    account_id: Option<Uuid>,
    /// Its name, unique in its account.
    name: String,
    /// What it covers.
    description: Option<String>,
    /// Latitude of its middle, in degrees. Without a middle, work in two zones counts as too far apart.
    centroid_lat: Option<f64>,
    /// Longitude of its middle, in degrees.
    centroid_lon: Option<f64>,
    /// How far it reaches, in kilometers.
    radius_km: Option<f64>,
    /// Its place in the dispatcher's queue, 10 to 990; 500 when missing.
    region_weight: Option<i64>,
}

/// A change of a zone: what is missing stays, null clears. Its account stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ZoneChange {
    /// The version the caller read; `If-Match` says the same.
    #[serde(alias = "expected_version")]
    version: Option<i64>,
    /// Its name, unique in its account.
    name: Option<String>,
    /// What it covers.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    description: Edit<String>,
    /// Latitude of its middle, in degrees.
    #[serde(default)]
    #[schema(value_type = Option<f64>)]
    centroid_lat: Edit<f64>,
    /// Longitude of its middle, in degrees.
    #[serde(default)]
    #[schema(value_type = Option<f64>)]
    centroid_lon: Edit<f64>,
    /// How far it reaches, in kilometers.
    #[serde(default)]
    #[schema(value_type = Option<f64>)]
    radius_km: Edit<f64>,
    /// Its place in the dispatcher's queue, 10 to 990.
    region_weight: Option<i64>,
    /// `active` or `inactive`.
    #[schema(value_type = Option<String>)]
    status: Option<PlaceStatus>,
}

/// Zones.
pub(super) struct Zones;

impl Resource for Zones {
    const NAME: &'static str = "zone";
    type Key = ZoneId;
    type Row = ZoneRow;
    type Query = ZoneQuery;
    type New = NewZone;
    type Change = ZoneChange;
    type Body = ZoneBody;

    fn may_write(ctx: &Ctx) -> Result<(), ApiError> {
        require_catalog_keeper(ctx)
    }

    fn window(query: &ZoneQuery) -> Window<'_> {
        Window { cursor: query.cursor.as_deref(), limit: query.limit }
    }

    fn mark(row: &ZoneRow) -> Mark {
        Mark { id: row.id.into(), version: row.version, account: row.account_id }
    }

    fn made_from(change: &ZoneChange) -> Option<i64> {
        change.version
    }

    fn body(_: &Hub, row: &ZoneRow) -> ZoneBody {
        let row = row.clone();
        ZoneBody {
            id: row.id.into(),
            account_id: row.account_id.map(Into::into),
            name: row.name,
            description: row.description,
            centroid_lat: row.centroid_lat,
            centroid_lon: row.centroid_lon,
            radius_km: row.radius_km,
            region_weight: row.region_weight,
            status: row.status.as_str(),
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }

    async fn page(
        tx: &mut Tx,
        _: &Hub,
        ctx: &Ctx,
        query: ZoneQuery,
        after: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<ZoneRow>, HubError> {
        let accounts = ctx.actor.accounts.clone();
        let filter = ZoneFilter { accounts, status: query.status, text: searched(query.q) };
        Ok(zones::page(tx, &filter, after.map(ZoneId), limit).await?)
    }

    async fn find(tx: &mut Tx, ctx: &Ctx, key: &ZoneId) -> Result<Option<ZoneRow>, HubError> {
        let row = zones::by_id(tx, *key).await?;
        Ok(row.filter(|row| row.account_id.is_none_or(|account| ctx.actor.accounts.allows(&account))))
    }

    async fn make(tx: &mut Tx, ctx: &Ctx, new: NewZone) -> Result<ZoneRow, HubError> {
        let account_id = new.account_id.map(AccountId);
        if account_id.is_some_and(|account| !ctx.actor.accounts.allows(&account)) {
            return Err(ApiError::invalid("account_id", "there is no such account").into());
        }
        let row = ZoneRow {
            id: ZoneId::new(),
            account_id,
            name: line("name", &new.name)?,
            description: optional_text("description", new.description)?,
            centroid_lat: latitude(new.centroid_lat)?,
            centroid_lon: longitude(new.centroid_lon)?,
            radius_km: radius(new.radius_km)?,
            region_weight: within("region_weight", new.region_weight.unwrap_or(500), 10..=990)?,
            status: PlaceStatus::Active,
            version: 1,
            created_at: ctx.now,
            updated_at: ctx.now,
        };
        require_whole_middle(&row)?;
        zones::insert(tx, &row).await?;
        Ok(row)
    }

    async fn apply(_: &mut Tx, _: &Ctx, row: &mut ZoneRow, change: ZoneChange) -> Result<(), HubError> {
        if let Some(name) = change.name {
            row.name = line("name", &name)?;
        }
        change.description.apply(&mut row.description, |text| optional_text("description", text))?;
        change.centroid_lat.apply(&mut row.centroid_lat, latitude)?;
        change.centroid_lon.apply(&mut row.centroid_lon, longitude)?;
        change.radius_km.apply(&mut row.radius_km, radius)?;
        if let Some(weight) = change.region_weight {
            row.region_weight = within("region_weight", weight, 10..=990)?;
        }
        row.status = change.status.unwrap_or(row.status);
        Ok(require_whole_middle(row)?)
    }

    async fn save(tx: &mut Tx, ctx: &Ctx, row: &mut ZoneRow) -> Result<(), HubError> {
        row.updated_at = ctx.now;
        zones::update(tx, row).await?;
        patchbay_dispatch::zone_changed(tx, row.id).await?;
        row.version += 1;
        Ok(())
    }

    fn retire(row: &mut ZoneRow) -> bool {
        std::mem::replace(&mut row.status, PlaceStatus::Inactive) != PlaceStatus::Inactive
    }
}

fn latitude(degrees: Option<f64>) -> Result<Option<f64>, ApiError> {
    degrees.map(|degrees| within("centroid_lat", degrees, -90.0..=90.0)).transpose()
}

fn longitude(degrees: Option<f64>) -> Result<Option<f64>, ApiError> {
    degrees.map(|degrees| within("centroid_lon", degrees, -180.0..=180.0)).transpose()
}

fn radius(km: Option<f64>) -> Result<Option<f64>, ApiError> {
    km.map(|km| within("radius_km", km, 0.0..=20_000.0)).transpose()
}

/// Half a middle would look like an unknown one.
fn require_whole_middle(row: &ZoneRow) -> Result<(), ApiError> {
    if row.centroid_lat.is_some() == row.centroid_lon.is_some() {
        Ok(())
    } else {
        Err(ApiError::invalid("centroid_lon", "centroid_lat and centroid_lon come together"))
    }
}

endpoints! {
    Zones at "/api/v1/zones" and "/api/v1/zones/{id}" tagged "places", named by Uuid;
    /// Everybody's zones and those of the caller's accounts, in the order they were made.
    list ZoneQuery;
    /// Makes a zone. Admins and supervisors only. Error: 409 `ALREADY_EXISTS` when the name is taken.
    create NewZone;
    /// One zone.
    read ZoneBody;
    /// Changes a zone. Admins and supervisors only.
    change by patch ZoneChange;
    /// Takes a zone out of use. Admins and supervisors only.
    deactivate;
}
