//! The catalog of services.

use chrono::{DateTime, Utc};
use patchbay_core::catalog::ServiceStatus;
use patchbay_core::ids::ServiceId;
use uuid::Uuid;

use crate::batch::Batch;
use crate::error::StoreError;
use crate::record;
use crate::search::pattern;
use crate::tx::Tx;

crate::stored_words!(ServiceStatus);

record! {
    /// A service as it is stored.
    #[derive(Clone, Debug)]
    pub struct ServiceRow {
        /// Our id.
        pub id: ServiceId,
        /// Its short name, unique.
        pub code: String,
        /// Its name.
        pub name: String,
        /// What it costs when nobody says otherwise, in minor units.
        pub base_price_cents: i64,
        /// Currency of the price.
        pub currency: String,
        /// A ticket with it waits for an approval.
        pub requires_approval: bool,
        /// Kind of work, for matching vendors.
        pub category: Option<String>,
        /// What a technician must be able to do.
        pub skill_key: Option<String>,
        /// How long it takes, in minutes.
        pub default_duration_min: Option<i64>,
        /// Whether it can be asked for.
        pub status: ServiceStatus,
        /// Its item in the accounting system.
        pub qb_item_id: Option<String>,
        /// How it is taxed.
        pub tax_code: Option<String>,
        /// Grows with every change.
        pub version: i64,
        /// When it was made.
        pub created_at: DateTime<Utc>,
        /// When it last changed.
        pub updated_at: DateTime<Utc>,
    }
}

/// Which services a list shows.
#[derive(Clone, Debug, Default)]
pub struct ServiceFilter {
    /// Only of this status.
    pub status: Option<ServiceStatus>,
    /// Only of this kind of work.
    pub category: Option<String>,
    /// Only with this in their name or code; lower case.
    pub text: Option<String>,
}

/// Makes a service. Error: [`StoreError::Duplicate`] when its code or its accounting item is taken.
pub async fn insert(tx: &mut Tx, row: &ServiceRow) -> Result<(), StoreError> {
    tx.query(
        "insert into services (id, code, name, base_price_cents, currency, requires_approval, category, skill_key,
                default_duration_min, status, qb_item_id, tax_code, version, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
    )
    .bind(row.id)
    .bind(row.code.as_str())
    .bind(row.name.as_str())
    .bind(row.base_price_cents)
    .bind(row.currency.as_str())
    .bind(row.requires_approval)
    .bind(row.category.as_deref())
    .bind(row.skill_key.as_deref())
    .bind(row.default_duration_min)
    .bind(row.status)
    .bind(row.qb_item_id.as_deref())
    .bind(row.tax_code.as_deref())
    .bind(row.version)
    .bind(row.created_at)
    .bind(row.updated_at)
    .execute()
    .await
    .map(drop)
}

/// One service.
pub async fn by_id(tx: &mut Tx, id: ServiceId) -> Result<Option<ServiceRow>, StoreError> {
    tx.query(
        "select id, code, name, base_price_cents, currency, requires_approval, category, skill_key,
                default_duration_min, status, qb_item_id, tax_code, version, created_at, updated_at
         from services where id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// Those of these services that there are, in no order.
pub async fn by_ids(tx: &mut Tx, ids: &[ServiceId]) -> Result<Vec<ServiceRow>, StoreError> {
    tx.query_for(
        "select id, code, name, base_price_cents, currency, requires_approval, category, skill_key,
                default_duration_min, status, qb_item_id, tax_code, version, created_at, updated_at
         from services where id in (select unhex(value ->> 0) from json_each($1))",
        "select id, code, name, base_price_cents, currency, requires_approval, category, skill_key,
                default_duration_min, status, qb_item_id, tax_code, version, created_at, updated_at
         from services where id = any($1::uuid[])",
    )
    .bind_batch(Batch::new().ids(ids.iter().copied()))
    .all()
    .await
}

/// The service with a code.
pub async fn by_code(tx: &mut Tx, code: &str) -> Result<Option<ServiceRow>, StoreError> {
    tx.query(
        "select id, code, name, base_price_cents, currency, requires_approval, category, skill_key,
                default_duration_min, status, qb_item_id, tax_code, version, created_at, updated_at
         from services where code = $1",
    )
    .bind(code)
    .optional()
    .await
}

/// Services in the order they were made, after `after`.
pub async fn page(
    tx: &mut Tx,
    filter: &ServiceFilter,
    after: Option<ServiceId>,
    limit: i64,
) -> Result<Vec<ServiceRow>, StoreError> {
    tx.query_for(
        "select id, code, name, base_price_cents, currency, requires_approval, category, skill_key,
                default_duration_min, status, qb_item_id, tax_code, version, created_at, updated_at
         from services
         where id > $1
           and ($2 is null or status = $2)
           and ($3 is null or category = $3)
           and ($4 is null or lower(name) like $4 or lower(code) like $4)
         order by id limit $5",
        "select id, code, name, base_price_cents, currency, requires_approval, category, skill_key,
                default_duration_min, status, qb_item_id, tax_code, version, created_at, updated_at
         from services
         where id > $1
           and ($2::text is null or status = $2)
           and ($3::text is null or category = $3)
           and ($4::text is null or lower(name) like $4 or lower(code) like $4)
         order by id limit $5",
    )
    .bind(after.unwrap_or(ServiceId(Uuid::nil())))
    .bind(filter.status)
    .bind(filter.category.as_deref())
    .bind(pattern(filter.text.as_deref()))
    .bind(limit)
    .all()
    .await
}

/// Writes a service as it stands. Errors: [`StoreError::Conflict`] when it changed since it was read,
/// [`StoreError::Duplicate`] when the code or the accounting item is taken.
pub async fn update(tx: &mut Tx, row: &ServiceRow) -> Result<(), StoreError> {
    let changed = tx
        .query(
            "update services
             set code = $3, name = $4, base_price_cents = $5, currency = $6, requires_approval = $7,
                 category = $8, skill_key = $9, default_duration_min = $10, status = $11,
                 qb_item_id = $12, tax_code = $13, updated_at = $14, version = version + 1
             where id = $1 and version = $2",
        )
        .bind(row.id)
        .bind(row.version)
        .bind(row.code.as_str())
        .bind(row.name.as_str())
        .bind(row.base_price_cents)
        .bind(row.currency.as_str())
        .bind(row.requires_approval)
        .bind(row.category.as_deref())
        .bind(row.skill_key.as_deref())
        .bind(row.default_duration_min)
        .bind(row.status)
        .bind(row.qb_item_id.as_deref())
        .bind(row.tax_code.as_deref())
        .bind(row.updated_at)
        .execute()
        .await?;
    if changed == 1 { Ok(()) } else { Err(StoreError::Conflict) }
}
