//! Vendors, also called providers: companies that do the work on site.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use patchbay_core::ids::VendorId;
use patchbay_core::place::PlaceStatus;
use serde_json::Value;
use uuid::Uuid;

use crate::error::StoreError;
use crate::record;
use crate::search::pattern;
use crate::tx::Tx;

mod links;

record! {
    /// A vendor as it is stored, without what is linked.
    #[derive(Clone, Debug)]
    pub struct VendorRow {
        /// Our id.
        pub id: VendorId,
        /// Name.
        pub name: String,
        /// E-mail address.
        pub email: Option<String>,
        /// Weekly hours, a list of shifts.
        pub hours: Value,
        /// Whether emergencies may call at any hour.
        pub available_24_7: bool,
        /// Who is asked first; lower comes first.
        pub priority: i64,
        /// Whether the vendor takes work.
        pub status: PlaceStatus,
        /// When it was last asked.
        pub last_offered_at: Option<DateTime<Utc>>,
        /// How often it declined in a row.
        pub consecutive_declines: i64,
        /// What people should know.
        pub notes: Option<String>,
        /// Grows with every change.
        pub version: i64,
        /// When it was made.
        pub created_at: DateTime<Utc>,
        /// When it last changed.
        pub updated_at: DateTime<Utc>,
    }
}

/// A vendor with everything linked.
#[derive(Clone, Debug)]
pub struct Vendor {
    /// The row.
    pub row: VendorRow,
    /// Telephones, in the order in which they are tried.
    pub phones: Vec<String>,
    /// Kinds of work it does.
    pub specialties: BTreeSet<String>,
}

/// Which vendors a list shows.
#[derive(Clone, Debug, Default)]
pub struct VendorFilter {
    /// Only of this status.
    pub status: Option<PlaceStatus>,
    /// Only those who do this kind of work.
    pub specialty: Option<String>,
    /// Only with this in their name; lower case.
    pub text: Option<String>,
}

/// Makes a vendor.
pub async fn insert(tx: &mut Tx, vendor: &Vendor) -> Result<(), StoreError> {
    insert_row(tx, &vendor.row).await?;
    links::write(tx, vendor).await
}

async fn insert_row(tx: &mut Tx, row: &VendorRow) -> Result<(), StoreError> {
    tx.query(
        "insert into vendors (id, name, email, hours, available_24_7, priority, status, last_offered_at, consecutive_declines,
                notes, version, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(row.id)
    .bind(row.name.as_str())
    .bind(row.email.as_deref())
    .bind(row.hours.clone())
    .bind(row.available_24_7)
    .bind(row.priority)
    .bind(row.status)
    .bind(row.last_offered_at)
    .bind(row.consecutive_declines)
    .bind(row.notes.as_deref())
    .bind(row.version)
    .bind(row.created_at)
    .bind(row.updated_at)
    .execute()
    .await
    .map(drop)
}

/// One vendor.
pub async fn by_id(tx: &mut Tx, id: VendorId) -> Result<Option<Vendor>, StoreError> {
    let row = tx
        .query(
            "select id, name, email, hours, available_24_7, priority, status, last_offered_at, consecutive_declines, notes,
                    version, created_at, updated_at
             from vendors where id = $1",
        )
        .bind(id)
        .optional()
        .await?;
    Ok(links::complete(tx, row.into_iter().collect()).await?.pop())
}

/// Vendors in the order they were made, after `after`.
pub async fn page(
    tx: &mut Tx,
    filter: &VendorFilter,
    after: Option<VendorId>,
    limit: i64,
) -> Result<Vec<Vendor>, StoreError> {
    let rows = tx
        .query_for(
            "select id, name, email, hours, available_24_7, priority, status, last_offered_at, consecutive_declines, notes,
                    version, created_at, updated_at
             from vendors v
             where id > $1
               and ($2 is null or status = $2)
               and ($3 is null or exists (
                   select 1 from vendor_specialties s where s.vendor_id = v.id and s.specialty = $3))
               and ($4 is null or lower(name) like $4)
             order by id limit $5",
            "select id, name, email, hours, available_24_7, priority, status, last_offered_at, consecutive_declines, notes,
                    version, created_at, updated_at
             from vendors v
             where id > $1
               and ($2::text is null or status = $2)
               and ($3::text is null or exists (
                   select 1 from vendor_specialties s where s.vendor_id = v.id and s.specialty = $3))
               and ($4::text is null or lower(name) like $4)
             order by id limit $5",
        )
        .bind(after.unwrap_or(VendorId(Uuid::nil())))
        .bind(filter.status)
        .bind(filter.specialty.as_deref())
        .bind(pattern(filter.text.as_deref()))
        .bind(limit)
        .all()
        .await?;
    links::complete(tx, rows).await
}

/// Writes a vendor as it stands, links included; what the booking keeps about its answers stays. Error:
/// [`StoreError::Conflict`] when it changed since it was read.
pub async fn update(tx: &mut Tx, vendor: &Vendor) -> Result<(), StoreError> {
    update_row(tx, &vendor.row).await?;
    links::write(tx, vendor).await
}

async fn update_row(tx: &mut Tx, row: &VendorRow) -> Result<(), StoreError> {
    let changed = tx
        .query(
            "update vendors
             set name = $3, email = $4, hours = $5, available_24_7 = $6, priority = $7, status = $8, notes = $9,
                 updated_at = $10, version = version + 1
             where id = $1 and version = $2",
        )
        .bind(row.id)
        .bind(row.version)
        .bind(row.name.as_str())
        .bind(row.email.as_deref())
        .bind(row.hours.clone())
        .bind(row.available_24_7)
        .bind(row.priority)
        .bind(row.status)
        .bind(row.notes.as_deref())
        .bind(row.updated_at)
        .execute()
        .await?;
    if changed == 1 { Ok(()) } else { Err(StoreError::Conflict) }
}
