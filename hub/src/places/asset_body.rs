//! The JSON bodies of assets.

use chrono::{DateTime, NaiveDate, Utc};
use patchbay_core::Ctx;
use patchbay_core::catalog::{AssetKind, vin, vin_check};
use patchbay_core::ids::{AccountId, AssetId, SiteId};
use patchbay_core::place::PlaceStatus;
use patchbay_http::ApiError;
use patchbay_store::assets::AssetRow;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::resource::Edit;
use crate::resource::text::{optional_line, optional_object, within};

/// A vehicle or a piece of equipment.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Asset)]
pub struct AssetBody {
    /// Our id.
    pub id: Uuid,
    /// Account it belongs to.
    pub account_id: Uuid,
    /// Where it is.
    pub site_id: Option<Uuid>,
    /// `vehicle` or `equipment`.
    pub kind: &'static str,
    /// The label on it.
    pub tag: Option<String>,
    /// Who made it.
    pub make: Option<String>,
    /// Which one it is.
    pub model: Option<String>,
    /// Model year.
    pub year: Option<i64>,
    /// Vehicle identification number, in capitals; unique in its account.
    pub vin: Option<String>,
    /// Whether the check digit of a North American vehicle number fits; null for others. A misfit wants a look.
    pub vin_check_ok: Option<bool>,
    /// The dealer's number for it.
    pub stock_no: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// When it was installed.
    pub install_date: Option<String>,
    /// Until when its maker answers for it.
    pub warranty_end: Option<String>,
    /// What else is known.
    pub metadata: Value,
    /// `active` or `inactive`.
    pub status: &'static str,
    /// Grows with every change.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl From<AssetRow> for AssetBody {
    fn from(row: AssetRow) -> Self {
        Self {
            id: row.id.into(),
            account_id: row.account_id.into(),
            site_id: row.site_id.map(Into::into),
            kind: row.kind.as_str(),
            tag: row.tag,
            make: row.make,
            model: row.model,
            year: row.year,
            vin_check_ok: row.vin.as_deref().and_then(vin_check),
            vin: row.vin,
            stock_no: row.stock_no,
            serial: row.serial,
            install_date: row.install_date,
            warranty_end: row.warranty_end,
            metadata: row.metadata,
            status: row.status.as_str(),
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// A new asset.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewAsset {
    /// Account it belongs to.
    account_id: Uuid,
    /// Where it is, a site of the account.
    site_id: Option<Uuid>,
    /// `vehicle` or `equipment`.
    #[schema(value_type = String)]
    kind: AssetKind,
    /// The label on it.
    tag: Option<String>,
    /// Who made it.
    make: Option<String>,
    /// Which one it is.
    model: Option<String>,
    /// Model year, 1900 to 2100.
    year: Option<i64>,
    /// Vehicle identification number: 17 letters and digits, none of I, O and Q.
    vin: Option<String>,
    /// The dealer's number for it.
    stock_no: Option<String>,
    /// Serial number.
    serial: Option<String>,
    /// When it was installed.
    install_date: Option<NaiveDate>,
    /// Until when its maker answers for it.
    warranty_end: Option<NaiveDate>,
    /// What else is known: an object.
    metadata: Option<Value>,
}

impl NewAsset {
    /// The row it becomes.
    pub(super) fn row(self, ctx: &Ctx) -> Result<AssetRow, ApiError> {
        Ok(AssetRow {
            id: AssetId::new(),
            account_id: AccountId(self.account_id),
            site_id: self.site_id.map(SiteId),
            kind: self.kind,
            tag: optional_line("tag", self.tag)?,
            make: optional_line("make", self.make)?,
            model: optional_line("model", self.model)?,
            year: year(self.year)?,
            vin: optional_vin(self.vin)?,
            stock_no: optional_line("stock_no", self.stock_no)?,
            serial: optional_line("serial", self.serial)?,
            install_date: self.install_date.map(|day| day.to_string()),
            warranty_end: self.warranty_end.map(|day| day.to_string()),
            metadata: optional_object("metadata", self.metadata)?.unwrap_or_else(|| json!({})),
            status: PlaceStatus::Active,
            version: 1,
            created_at: ctx.now,
            updated_at: ctx.now,
        })
    }
}

/// A change of an asset: what is missing stays, null clears. Its account stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AssetChange {
    /// The version the caller read; `If-Match` says the same.
    #[serde(alias = "expected_version")]
    pub(super) version: Option<i64>,
    /// Where it is, a site of the account.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    site_id: Edit<SiteId>,
    /// `vehicle` or `equipment`.
    #[schema(value_type = Option<String>)]
    kind: Option<AssetKind>,
    /// The label on it.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    tag: Edit<String>,
    /// Who made it.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    make: Edit<String>,
    /// Which one it is.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    model: Edit<String>,
    /// Model year, 1900 to 2100.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    year: Edit<i64>,
    /// Vehicle identification number.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    vin: Edit<String>,
    /// The dealer's number for it.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    stock_no: Edit<String>,
    /// Serial number.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    serial: Edit<String>,
    /// When it was installed.
    #[serde(default)]
    #[schema(value_type = Option<NaiveDate>)]
    install_date: Edit<NaiveDate>,
    /// Until when its maker answers for it.
    #[serde(default)]
    #[schema(value_type = Option<NaiveDate>)]
    warranty_end: Edit<NaiveDate>,
    /// What else is known; replaces the whole.
    metadata: Option<Value>,
    /// `active` or `inactive`.
    #[schema(value_type = Option<String>)]
    status: Option<PlaceStatus>,
}

impl AssetChange {
    /// Changes the row.
    pub(super) fn apply(self, row: &mut AssetRow) -> Result<(), ApiError> {
        let lines = [
            ("tag", self.tag, &mut row.tag),
            ("make", self.make, &mut row.make),
            ("model", self.model, &mut row.model),
            ("stock_no", self.stock_no, &mut row.stock_no),
            ("serial", self.serial, &mut row.serial),
        ];
        for (path, edit, field) in lines {
            edit.apply(field, |text| optional_line(path, text))?;
        }
        for (edit, field) in [(self.install_date, &mut row.install_date), (self.warranty_end, &mut row.warranty_end)] {
            match edit {
                Edit::Keep => {}
                Edit::Clear => *field = None,
                Edit::Set(day) => *field = Some(day.to_string()),
            }
        }
        self.site_id.apply(&mut row.site_id, Ok)?;
        self.year.apply(&mut row.year, year)?;
        self.vin.apply(&mut row.vin, optional_vin)?;
        row.kind = self.kind.unwrap_or(row.kind);
        if self.metadata.is_some() {
            row.metadata = optional_object("metadata", self.metadata)?.unwrap_or_else(|| json!({}));
        }
        row.status = self.status.unwrap_or(row.status);
        Ok(())
    }
}

fn year(year: Option<i64>) -> Result<Option<i64>, ApiError> {
    year.map(|year| within("year", year, 1900..=2100)).transpose()
}

fn optional_vin(text: Option<String>) -> Result<Option<String>, ApiError> {
    let Some(text) = optional_line("vin", text)? else { return Ok(None) };
    let misfit = || ApiError::invalid("vin", "must be 17 letters and digits, none of I, O and Q");
    vin(&text).map(Some).ok_or_else(misfit)
}
