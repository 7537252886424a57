//! The JSON bodies of sites.

use chrono::{DateTime, Utc};
use patchbay_core::Ctx;
use patchbay_core::ids::{AccountId, SiteId, TechnicianId, ZoneId};
use patchbay_core::place::PlaceStatus;
use patchbay_http::ApiError;
use patchbay_store::sites::SiteRow;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::resource::Edit;
use crate::resource::text::{
    country, line, optional_e164, optional_email, optional_line, optional_object, optional_text, timezone,
};

/// A site: a place of an account where work is done.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Site)]
pub struct SiteBody {
    /// Our id.
    pub id: Uuid,
    /// Account it belongs to.
    pub account_id: Uuid,
    /// Its name among people, unique: `D-001`.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Street and number.
    pub address1: String,
    /// More of it.
    pub address2: Option<String>,
    /// Flat or suite.
    pub unit: Option<String>,
    /// City.
    pub city: String,
    /// State or province.
    pub region: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// Country.
    pub country: String,
    /// Its time zone.
    pub timezone: String,
    /// Its telephone, without punctuation.
    pub phone: Option<String>,
    /// Its e-mail address.
    pub email: Option<String>,
    /// How to get in.
    pub access_instructions: Option<String>,
    /// When it is open.
    pub hours: Option<Value>,
    /// Every ticket of it needs a person's look.
    pub is_audit_flagged: bool,
    /// Who pays: `{name, address1, city, country, …}`.
    pub bill_to: Option<Value>,
    /// The zone it lies in.
    pub zone_id: Option<Uuid>,
    /// The one technician it accepts; anybody when null.
    pub exclusive_technician_id: Option<Uuid>,
    /// `active` or `inactive`.
    pub status: &'static str,
    /// Grows with every change.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl From<SiteRow> for SiteBody {
    fn from(row: SiteRow) -> Self {
        Self {
            id: row.id.into(),
            account_id: row.account_id.into(),
            code: row.code,
            name: row.name,
            address1: row.address1,
            address2: row.address2,
            unit: row.unit,
            city: row.city,
            region: row.region,
            postal_code: row.postal_code,
            country: row.country,
            timezone: row.timezone,
            phone: row.phone,
            email: row.email,
            access_instructions: row.access_instructions,
            hours: row.hours,
            is_audit_flagged: row.is_audit_flagged,
            bill_to: row.bill_to,
            zone_id: row.zone_id.map(Into::into),
            exclusive_technician_id: row.exclusive_technician_id.map(Into::into),
            status: row.status.as_str(),
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// A new site.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSite {
    /// Account it belongs to.
    pub(super) account_id: Uuid,
    /// Its name among people, unique; the next free one when missing.
    pub(super) code: Option<String>,
    /// Its name.
    name: String,
    /// Street and number.
    address1: String,
    /// More of it.
    address2: Option<String>,
    /// Flat or suite.
    unit: Option<String>,
    /// City.
    city: String,
    /// State or province.
    region: Option<String>,
    /// Postal code.
    postal_code: Option<String>,
    /// Country.
    country: String,
    /// Its time zone.
    timezone: String,
    /// Its telephone with the country code: tells the site when it calls or writes.
    phone: Option<String>,
    /// Its e-mail address.
    email: Option<String>,
    /// How to get in.
    access_instructions: Option<String>,
    /// When it is open: an object.
    hours: Option<Value>,
    /// Every ticket of it needs a person's look.
    is_audit_flagged: Option<bool>,
    /// Who pays: an object.
    bill_to: Option<Value>,
    /// The zone it lies in.
    zone_id: Option<Uuid>,
    /// The one technician it accepts.
    exclusive_technician_id: Option<Uuid>,
    /// `active` (the default) or `inactive`.
    #[schema(value_type = Option<String>)]
    status: Option<PlaceStatus>,
}

impl NewSite {
    /// The row it becomes, with the code it gets.
    pub(super) fn row(self, ctx: &Ctx, code: &str) -> Result<SiteRow, ApiError> {
        Ok(SiteRow {
            id: SiteId::new(),
            account_id: AccountId(self.account_id),
            code: line("code", code)?,
            name: line("name", &self.name)?,
            address1: line("address1", &self.address1)?,
            address2: optional_line("address2", self.address2)?,
            unit: optional_line("unit", self.unit)?,
            city: line("city", &self.city)?,
            region: optional_line("region", self.region)?,
            postal_code: optional_line("postal_code", self.postal_code)?,
            country: country("country", &self.country)?,
            timezone: timezone("timezone", &self.timezone)?,
            phone: optional_e164("phone", self.phone)?,
            email: optional_email("email", self.email)?,
            access_instructions: optional_text("access_instructions", self.access_instructions)?,
            hours: optional_object("hours", self.hours)?,
            is_audit_flagged: self.is_audit_flagged.unwrap_or(false),
            bill_to: optional_object("bill_to", self.bill_to)?,
            zone_id: self.zone_id.map(ZoneId),
            exclusive_technician_id: self.exclusive_technician_id.map(TechnicianId),
            status: self.status.unwrap_or(PlaceStatus::Active),
            version: 1,
            created_at: ctx.now,
            updated_at: ctx.now,
        })
    }
}

/// A change of a site: what is missing stays, null clears. Its account stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SiteChange {
    /// The version the caller read; `If-Match` says the same.
    #[serde(alias = "expected_version")]
    pub(super) version: Option<i64>,
    /// Its name among people, unique.
    code: Option<String>,
    /// Its name.
    name: Option<String>,
    /// Street and number.
    address1: Option<String>,
    /// More of it.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    address2: Edit<String>,
    /// Flat or suite.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    unit: Edit<String>,
    /// City.
    city: Option<String>,
    /// State or province.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    region: Edit<String>,
    /// Postal code.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    postal_code: Edit<String>,
    /// Country.
    country: Option<String>,
    /// Its time zone.
    timezone: Option<String>,
    /// Its telephone.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    phone: Edit<String>,
    /// Its e-mail address.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    email: Edit<String>,
    /// How to get in.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    access_instructions: Edit<String>,
    /// When it is open: an object.
    #[serde(default)]
    #[schema(value_type = Option<Value>)]
    hours: Edit<Value>,
    /// Every ticket of it needs a person's look.
    is_audit_flagged: Option<bool>,
    /// Who pays: an object.
    #[serde(default)]
    #[schema(value_type = Option<Value>)]
    bill_to: Edit<Value>,
    /// The zone it lies in.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    zone_id: Edit<ZoneId>,
    /// The one technician it accepts.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    exclusive_technician_id: Edit<TechnicianId>,
    /// `active` or `inactive`.
    #[schema(value_type = Option<String>)]
    status: Option<PlaceStatus>,
}

impl SiteChange {
    /// Changes the row.
    pub(super) fn apply(self, row: &mut SiteRow) -> Result<(), ApiError> {
        let required = [
            ("code", self.code, &mut row.code),
            ("name", self.name, &mut row.name),
            ("address1", self.address1, &mut row.address1),
            ("city", self.city, &mut row.city),
        ];
        for (path, text, field) in required {
            if let Some(text) = text {
                *field = line(path, &text)?;
            }
        }
        let optional = [
            ("address2", self.address2, &mut row.address2),
            ("unit", self.unit, &mut row.unit),
            ("region", self.region, &mut row.region),
            ("postal_code", self.postal_code, &mut row.postal_code),
        ];
        for (path, edit, field) in optional {
            edit.apply(field, |text| optional_line(path, text))?;
        }
        if let Some(text) = self.country {
            row.country = country("country", &text)?;
        }
        if let Some(text) = self.timezone {
            row.timezone = timezone("timezone", &text)?;
        }
        self.phone.apply(&mut row.phone, |text| optional_e164("phone", text))?;
        self.email.apply(&mut row.email, |text| optional_email("email", text))?;
        self.access_instructions
            .apply(&mut row.access_instructions, |text| optional_text("access_instructions", text))?;
        self.hours.apply(&mut row.hours, |value| optional_object("hours", value))?;
        self.bill_to.apply(&mut row.bill_to, |value| optional_object("bill_to", value))?;
        self.zone_id.apply(&mut row.zone_id, Ok)?;
        self.exclusive_technician_id.apply(&mut row.exclusive_technician_id, Ok)?;
        row.is_audit_flagged = self.is_audit_flagged.unwrap_or(row.is_audit_flagged);
        row.status = self.status.unwrap_or(row.status);
        Ok(())
    }
}
