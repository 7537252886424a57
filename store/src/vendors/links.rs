//! What belongs to vendors: telephones and specialties. Read for many at once, written whole.

use std::collections::BTreeMap;

use patchbay_core::ids::VendorId;

use super::{Vendor, VendorRow};
use crate::batch::Batch;
use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

record! {
    struct PhoneRow {
        vendor_id: VendorId,
        phone: String,
    }
}

record! {
    struct SpecialtyRow {
        vendor_id: VendorId,
        specialty: String,
    }
}

/// The vendors of these rows, in their order.
pub(super) async fn complete(tx: &mut Tx, rows: Vec<VendorRow>) -> Result<Vec<Vendor>, StoreError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let order: Vec<VendorId> = rows.iter().map(|row| row.id).collect();
    let mut all: BTreeMap<VendorId, Vendor> = BTreeMap::new();
    for row in rows {
        all.insert(row.id, Vendor { phones: Vec::new(), specialties: [].into(), row });
    }
    let phones: Vec<PhoneRow> = tx
        .query_for(
            "select vendor_id, phone from vendor_phones
             where vendor_id in (select unhex(value ->> 0) from json_each($1)) order by vendor_id, position",
            "select vendor_id, phone from vendor_phones
             where vendor_id = any($1::uuid[]) order by vendor_id, position",
        )
        .bind_batch(Batch::new().ids(order.iter().copied()))
        .all()
        .await?;
    for link in phones {
        if let Some(vendor) = all.get_mut(&link.vendor_id) {
            vendor.phones.push(link.phone);
        }
    }
    let specialties: Vec<SpecialtyRow> = tx
        .query_for(
            "select vendor_id, specialty from vendor_specialties
             where vendor_id in (select unhex(value ->> 0) from json_each($1))",
            "select vendor_id, specialty from vendor_specialties where vendor_id = any($1::uuid[])",
        )
        .bind_batch(Batch::new().ids(order.iter().copied()))
        .all()
        .await?;
    for link in specialties {
        if let Some(vendor) = all.get_mut(&link.vendor_id) {
            vendor.specialties.insert(link.specialty);
        }
    }
    Ok(order.iter().filter_map(|id| all.remove(id)).collect())
}

/// Replaces what belongs to a vendor.
pub(super) async fn write(tx: &mut Tx, vendor: &Vendor) -> Result<(), StoreError> {
    let id = vendor.row.id;
    tx.query("delete from vendor_phones where vendor_id = $1").bind(id).execute().await?;
    tx.query("delete from vendor_specialties where vendor_id = $1").bind(id).execute().await?;
    tx.query_for(
        "insert into vendor_phones (vendor_id, position, phone)
         select $1, value ->> 0, value ->> 1 from json_each($2)",
        "insert into vendor_phones (vendor_id, position, phone)
         select $1, position, phone from unnest($2::bigint[], $3::text[]) as listed (position, phone)",
    )
    .bind(id)
    .bind_batch(Batch::new().integers((0..).take(vendor.phones.len())).texts(vendor.phones.iter().map(String::as_str)))
    .execute()
    .await?;
    tx.query_for(
        "insert into vendor_specialties (vendor_id, specialty) select $1, value ->> 0 from json_each($2)",
        "insert into vendor_specialties (vendor_id, specialty) select $1, word from unnest($2::text[]) as word",
    )
    .bind(id)
    .bind_batch(Batch::new().texts(vendor.specialties.iter().map(String::as_str)))
    .execute()
    .await
    .map(drop)
}
