//! A vehicle that a request is about: found by its number or its dealer's number, recorded when it is new.

use patchbay_core::Ctx;
use patchbay_core::catalog::AssetKind;
use patchbay_core::ids::{AccountId, AssetId, SiteId};
use patchbay_core::place::PlaceStatus;
use patchbay_store::assets::{self, AssetRow};
use patchbay_store::{StoreError, Tx};
use serde_json::json;

use crate::resource::record;

/// A vehicle as a request names it; it has a number or a stock number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedVehicle {
    /// Account it belongs to.
    pub account: AccountId,
    /// Where the work is.
    pub site: SiteId,
    /// Model year.
    pub year: i64,
    /// Who made it.
    pub make: String,
    /// Which one it is.
    pub model: String,
    /// Vehicle identification number, in capitals.
    pub vin: Option<String>,
    /// The dealer's number for it.
    pub stock_no: Option<String>,
}

/// Finds the vehicle or records it, in the transaction of the request; writes the audit beside it. What is on record
/// stays: a request fills in what nobody knew, and says where the vehicle is now. Error: [`StoreError::Duplicate`] when
/// another request recorded it just now.
pub async fn record_vehicle(tx: &mut Tx, ctx: &Ctx, named: &NamedVehicle) -> Result<AssetId, StoreError> {
    let known = assets::vehicle(tx, named.account, named.vin.as_deref(), named.stock_no.as_deref()).await?;
    let Some(before) = known else {
        let row = new_row(ctx, named);
        assets::insert(tx, &row).await?;
        let subject = json!({"asset_id": row.id, "version": row.version});
        record(tx, ctx, Some(row.account_id), "asset.create", subject).await?;
        return Ok(row.id);
    };
    let mut row = before.clone();
    row.site_id = Some(named.site);
    row.year = row.year.or(Some(named.year));
    row.make = row.make.or_else(|| Some(named.make.clone()));
    row.model = row.model.or_else(|| Some(named.model.clone()));
    row.vin = row.vin.or_else(|| named.vin.clone());
    row.stock_no = row.stock_no.or_else(|| named.stock_no.clone());
    let fields: Vec<&str> = [
        ("site_id", row.site_id != before.site_id),
        ("year", row.year != before.year),
        ("make", row.make != before.make),
        ("model", row.model != before.model),
        ("vin", row.vin != before.vin),
        ("stock_no", row.stock_no != before.stock_no),
    ]
    .into_iter()
    .filter_map(|(field, differs)| differs.then_some(field))
    .collect();
    if !fields.is_empty() {
        row.updated_at = ctx.now;
        assets::update(tx, &row).await?;
        let subject = json!({"asset_id": row.id, "version": row.version + 1, "fields": fields});
        record(tx, ctx, Some(row.account_id), "asset.update", subject).await?;
    }
    Ok(row.id)
}

fn new_row(ctx: &Ctx, named: &NamedVehicle) -> AssetRow {
    AssetRow {
        id: AssetId::new(),
        account_id: named.account,
        site_id: Some(named.site),
        kind: AssetKind::Vehicle,
        tag: None,
        make: Some(named.make.clone()),
        model: Some(named.model.clone()),
        year: Some(named.year),
        vin: named.vin.clone(),
        stock_no: named.stock_no.clone(),
        serial: None,
        install_date: None,
        warranty_end: None,
        metadata: json!({}),
        status: PlaceStatus::Active,
        version: 1,
        created_at: ctx.now,
        updated_at: ctx.now,
    }
}
