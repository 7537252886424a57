//! Zones: the parts of the country that technicians cover.

use chrono::{DateTime, Utc};
use patchbay_core::actor::Scope;
use patchbay_core::ids::{AccountId, ZoneId};
use patchbay_core::place::PlaceStatus;
use uuid::Uuid;

use crate::batch::Batch;
use crate::error::StoreError;
use crate::record;
use crate::search::pattern;
use crate::tickets::listed;
use crate::tx::Tx;

record! {
    /// A zone as it is stored.
    #[derive(Clone, Debug)]
    pub struct ZoneRow {
        /// Our id.
        pub id: ZoneId,
        /// Account it belongs to; none: everybody's.
        pub account_id: Option<AccountId>,
        /// Its name, unique in its account.
        pub name: String,
        /// What it covers.
        pub description: Option<String>,
        /// Latitude of its middle, in degrees.
        pub centroid_lat: Option<f64>,
        /// Longitude of its middle, in degrees.
        pub centroid_lon: Option<f64>,
        /// How far it reaches.
        pub radius_km: Option<f64>,
        /// Its place in the dispatcher's queue, 10 to 990; lower comes first.
        pub region_weight: i64,
        /// Whether it is in use.
        pub status: PlaceStatus,
        /// Grows with every change.
        pub version: i64,
        /// When it was made.
        pub created_at: DateTime<Utc>,
        /// When it last changed.
        pub updated_at: DateTime<Utc>,
    }
}

/// Which zones a list shows.
#[derive(Clone, Debug)]
pub struct ZoneFilter {
    /// Those of these accounts, and everybody's.
    pub accounts: Scope<AccountId>,
    /// Only of this status.
    pub status: Option<PlaceStatus>,
    /// Only with this in their name; lower case.
    pub text: Option<String>,
}

/// Makes a zone. Error: [`StoreError::Duplicate`] when its account has one of that name.
pub async fn insert(tx: &mut Tx, row: &ZoneRow) -> Result<(), StoreError> {
    tx.query(
        "insert into zones (id, account_id, name, description, centroid_lat, centroid_lon, radius_km, region_weight, status,
                version, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(row.id)
    .bind(row.account_id)
    .bind(row.name.as_str())
    .bind(row.description.as_deref())
    .bind(row.centroid_lat)
    .bind(row.centroid_lon)
    .bind(row.radius_km)
    .bind(row.region_weight)
    .bind(row.status)
    .bind(row.version)
    .bind(row.created_at)
    .bind(row.updated_at)
    .execute()
    .await
    .map(drop)
}

/// One zone.
pub async fn by_id(tx: &mut Tx, id: ZoneId) -> Result<Option<ZoneRow>, StoreError> {
    tx.query(
        "select id, account_id, name, description, centroid_lat, centroid_lon, radius_km, region_weight, status,
                version, created_at, updated_at
         from zones where id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// Zones in the order they were made, after `after`.
pub async fn page(
    tx: &mut Tx,
    filter: &ZoneFilter,
    after: Option<ZoneId>,
    limit: i64,
) -> Result<Vec<ZoneRow>, StoreError> {
    tx.query_for(
        "select id, account_id, name, description, centroid_lat, centroid_lon, radius_km, region_weight, status,
                version, created_at, updated_at
         from zones
         where id > $1
           and ($2 or account_id is null or account_id in (select unhex(value ->> 0) from json_each($3)))
           and ($4 is null or status = $4)
           and ($5 is null or lower(name) like $5)
         order by id limit $6",
        "select id, account_id, name, description, centroid_lat, centroid_lon, radius_km, region_weight, status,
                version, created_at, updated_at
         from zones
         where id > $1
           and ($2::boolean or account_id is null or account_id = any($3::uuid[]))
           and ($4::text is null or status = $4)
           and ($5::text is null or lower(name) like $5)
         order by id limit $6",
    )
    .bind(after.unwrap_or(ZoneId(Uuid::nil())))
    .bind(filter.accounts == Scope::All)
    .bind_batch(Batch::new().ids(listed(&filter.accounts)))
    .bind(filter.status)
    .bind(pattern(filter.text.as_deref()))
    .bind(limit)
    .all()
    .await
}

/// Writes a zone as it stands; its account stays. Errors: [`StoreError::Conflict`] when it changed since it was read,
/// [`StoreError::Duplicate`] when the name is taken.
pub async fn update(tx: &mut Tx, row: &ZoneRow) -> Result<(), StoreError> {
    let changed = tx
        .query(
            "update zones
             set name = $3, description = $4, centroid_lat = $5, centroid_lon = $6, radius_km = $7,
                 region_weight = $8, status = $9, updated_at = $10, version = version + 1
             where id = $1 and version = $2",
        )
        .bind(row.id)
        .bind(row.version)
        .bind(row.name.as_str())
        .bind(row.description.as_deref())
        .bind(row.centroid_lat)
        .bind(row.centroid_lon)
        .bind(row.radius_km)
        .bind(row.region_weight)
        .bind(row.status)
        .bind(row.updated_at)
        .execute()
        .await?;
    if changed == 1 { Ok(()) } else { Err(StoreError::Conflict) }
}
