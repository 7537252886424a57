//! Assets: vehicles and equipment that work is done on.

use chrono::{DateTime, Utc};
use patchbay_core::actor::Scope;
use patchbay_core::catalog::AssetKind;
use patchbay_core::ids::{AccountId, AssetId, SiteId};
use patchbay_core::place::PlaceStatus;
use serde_json::Value;
use uuid::Uuid;

use crate::batch::Batch;
use crate::error::StoreError;
use crate::record;
use crate::search::pattern;
use crate::tickets::listed;
use crate::tx::Tx;

crate::stored_words!(AssetKind);

record! {
    /// An asset as it is stored.
    #[derive(Clone, Debug)]
    pub struct AssetRow {
        /// Our id.
        pub id: AssetId,
        /// Account it belongs to.
        pub account_id: AccountId,
        /// Where it is.
        pub site_id: Option<SiteId>,
        /// What it is.
        pub kind: AssetKind,
        /// The label on it.
        pub tag: Option<String>,
        /// Who made it.
        pub make: Option<String>,
        /// Which one it is.
        pub model: Option<String>,
        /// Model year.
        pub year: Option<i64>,
        /// Vehicle identification number, in capitals.
        pub vin: Option<String>,
        /// The dealer's number for it.
        pub stock_no: Option<String>,
        /// Serial number.
        pub serial: Option<String>,
        /// When it was installed, `YYYY-MM-DD`.
        pub install_date: Option<String>,
        /// Until when its maker answers for it, `YYYY-MM-DD`.
        pub warranty_end: Option<String>,
        /// What else is known.
        pub metadata: Value,
        /// Whether it is still there.
        pub status: PlaceStatus,
        /// Grows with every change.
        pub version: i64,
        /// When it was made.
        pub created_at: DateTime<Utc>,
        /// When it last changed.
        pub updated_at: DateTime<Utc>,
    }
}

/// Which assets a list shows.
#[derive(Clone, Debug)]
pub struct AssetFilter {
    /// Only of these accounts.
    pub accounts: Scope<AccountId>,
    /// Only at these sites, or at none.
    pub sites: Scope<SiteId>,
    /// Only at this site.
    pub site: Option<SiteId>,
    /// Only with this vehicle number.
    pub vin: Option<String>,
    /// Only with this in tag, make, model, stock or serial number; lower case.
    pub text: Option<String>,
}

/// Makes an asset. Errors: [`StoreError::Duplicate`] when its account has one with the vehicle number,
/// [`StoreError::MissingReference`].
pub async fn insert(tx: &mut Tx, row: &AssetRow) -> Result<(), StoreError> {
    tx.query(
        "insert into assets (id, account_id, site_id, kind, tag, make, model, year, vin, stock_no, serial, install_date,
                warranty_end, metadata, status, version, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
    )
    .bind(row.id)
    .bind(row.account_id)
    .bind(row.site_id)
    .bind(row.kind)
    .bind(row.tag.as_deref())
    .bind(row.make.as_deref())
    .bind(row.model.as_deref())
    .bind(row.year)
    .bind(row.vin.as_deref())
    .bind(row.stock_no.as_deref())
    .bind(row.serial.as_deref())
    .bind(row.install_date.as_deref())
    .bind(row.warranty_end.as_deref())
    .bind(row.metadata.clone())
    .bind(row.status)
    .bind(row.version)
    .bind(row.created_at)
    .bind(row.updated_at)
    .execute()
    .await
    .map(drop)
}

/// One asset.
pub async fn by_id(tx: &mut Tx, id: AssetId) -> Result<Option<AssetRow>, StoreError> {
    tx.query(
        "select id, account_id, site_id, kind, tag, make, model, year, vin, stock_no, serial, install_date,
                warranty_end, metadata, status, version, created_at, updated_at
         from assets where id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// The vehicle of an account with a vehicle number, or with one of the dealer's own; the newest that has it.
pub async fn vehicle(
    tx: &mut Tx,
    account: AccountId,
    vin: Option<&str>,
    stock_no: Option<&str>,
) -> Result<Option<AssetRow>, StoreError> {
    let of_number = match vin {
        Some(vin) => {
            tx.query("select id from assets where account_id = $1 and vin = $2 and kind = 'vehicle'")
                .bind(account)
                .bind(vin)
                .column::<AssetId>()
                .await?
        }
        None => Vec::new(),
    };
    let found = match (of_number.first(), stock_no) {
        (Some(id), _) => Some(*id),
        // One that is known under another vehicle number is another vehicle.
        (None, Some(stock_no)) => tx
            .query(
                "select id from assets
                 where account_id = $1 and upper(stock_no) = upper($2) and kind = 'vehicle'
                   and (vin is null or $3 is null or vin = $3)
                 order by id desc limit 1",
            )
            .bind(account)
            .bind(stock_no)
            .bind(vin)
            .column::<AssetId>()
            .await?
            .pop(),
        (None, None) => None,
    };
    match found {
        Some(id) => by_id(tx, id).await,
        None => Ok(None),
    }
}

/// Assets in the order they were made, after `after`.
pub async fn page(
    tx: &mut Tx,
    filter: &AssetFilter,
    after: Option<AssetId>,
    limit: i64,
) -> Result<Vec<AssetRow>, StoreError> {
    tx.query_for(
        "select id, account_id, site_id, kind, tag, make, model, year, vin, stock_no, serial, install_date,
                warranty_end, metadata, status, version, created_at, updated_at
         from assets
         where id > $1
           and ($2 or account_id in (select unhex(value ->> 0) from json_each($3)))
           and ($4 or site_id is null or site_id in (select unhex(value ->> 0) from json_each($5)))
           and ($6 is null or site_id = $6)
           and ($7 is null or vin = $7)
           and ($8 is null or lower(tag) like $8 or lower(make) like $8 or lower(model) like $8 or lower(stock_no) like $8
                or lower(serial) like $8)
         order by id limit $9",
        "select id, account_id, site_id, kind, tag, make, model, year, vin, stock_no, serial, install_date,
                warranty_end, metadata, status, version, created_at, updated_at
         from assets
         where id > $1
           and ($2::boolean or account_id = any($3::uuid[]))
           and ($4::boolean or site_id is null or site_id = any($5::uuid[]))
           and ($6::uuid is null or site_id = $6)
           and ($7::text is null or vin = $7)
           and ($8::text is null or lower(tag) like $8 or lower(make) like $8 or lower(model) like $8
                or lower(stock_no) like $8 or lower(serial) like $8)
         order by id limit $9",
    )
    .bind(after.unwrap_or(AssetId(Uuid::nil())))
    .bind(filter.accounts == Scope::All)
    .bind_batch(Batch::new().ids(listed(&filter.accounts)))
    .bind(filter.sites == Scope::All)
    .bind_batch(Batch::new().ids(listed(&filter.sites)))
    .bind(filter.site)
    .bind(filter.vin.as_deref())
    .bind(pattern(filter.text.as_deref()))
    .bind(limit)
    .all()
    .await
}

/// Writes an asset as it stands; its account stays. Errors: [`StoreError::Conflict`] when it changed since it was read,
/// [`StoreError::Duplicate`] when its account has one with the vehicle number.
pub async fn update(tx: &mut Tx, row: &AssetRow) -> Result<(), StoreError> {
    let changed = tx
        .query(
            "update assets
             set site_id = $3, kind = $4, tag = $5, make = $6, model = $7, year = $8, vin = $9, stock_no = $10,
                 serial = $11, install_date = $12, warranty_end = $13, metadata = $14,
                 status = $15, updated_at = $16, version = version + 1
             where id = $1 and version = $2",
        )
        .bind(row.id)
        .bind(row.version)
        .bind(row.site_id)
        .bind(row.kind)
        .bind(row.tag.as_deref())
        .bind(row.make.as_deref())
        .bind(row.model.as_deref())
        .bind(row.year)
        .bind(row.vin.as_deref())
        .bind(row.stock_no.as_deref())
        .bind(row.serial.as_deref())
        .bind(row.install_date.as_deref())
        .bind(row.warranty_end.as_deref())
        .bind(row.metadata.clone())
        .bind(row.status)
        .bind(row.updated_at)
        .execute()
        .await?;
    if changed == 1 { Ok(()) } else { Err(StoreError::Conflict) }
}
