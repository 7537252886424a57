//! The JSON bodies of vendors.

use chrono::{DateTime, Utc};
use patchbay_core::Ctx;
use patchbay_core::hours::Shift;
use patchbay_core::ids::VendorId;
use patchbay_core::place::PlaceStatus;
use patchbay_http::ApiError;
use patchbay_store::vendors::{Vendor, VendorRow};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::technician_body::{ShiftBody, working_hours};
use crate::resource::Edit;
use crate::resource::text::{line, optional_email, optional_phone, optional_text, within, words};

/// A vendor: a company that does the work on site.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Vendor)]
pub(super) struct VendorBody {
    /// Our id.
    id: Uuid,
    /// Name.
    name: String,
    /// Telephones, in the order in which they are tried.
    phones: Vec<String>,
    /// E-mail address.
    email: Option<String>,
    /// Kinds of work it does.
    specialties: Vec<String>,
    /// When it takes work; always when empty.
    #[schema(value_type = Vec<ShiftBody>)]
    hours: Value,
    /// Whether emergencies may call at any hour.
    available_24_7: bool,
    /// Who is asked first; lower comes first.
    priority: i64,
    /// `active` or `inactive`.
    status: &'static str,
    /// When it was last asked.
    last_offered_at: Option<DateTime<Utc>>,
    /// How often it declined in a row.
    consecutive_declines: i64,
    /// What people should know.
    notes: Option<String>,
    /// Grows with every change.
    version: i64,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

impl From<&Vendor> for VendorBody {
    fn from(vendor: &Vendor) -> Self {
        let row = vendor.row.clone();
        Self {
            id: row.id.into(),
            name: row.name,
            phones: vendor.phones.clone(),
            email: row.email,
            specialties: vendor.specialties.iter().cloned().collect(),
            hours: row.hours,
            available_24_7: row.available_24_7,
            priority: row.priority,
            status: row.status.as_str(),
            last_offered_at: row.last_offered_at,
            consecutive_declines: row.consecutive_declines,
            notes: row.notes,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// A new vendor.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewVendor {
    /// Name.
    name: String,
    /// Telephones, in the order in which they are tried.
    #[serde(default)]
    phones: Vec<String>,
    /// E-mail address.
    email: Option<String>,
    /// Kinds of work it does; become lower case.
    #[serde(default)]
    specialties: Vec<String>,
    /// When it takes work; always when empty.
    #[serde(default)]
    #[schema(value_type = Vec<ShiftBody>)]
    hours: Vec<Shift>,
    /// Whether emergencies may call at any hour; false when missing.
    available_24_7: Option<bool>,
    /// Who is asked first, 0 to 10000, lower first; 100 when missing.
    priority: Option<i64>,
    /// `active` (the default) or `inactive`.
    #[schema(value_type = Option<String>)]
    status: Option<PlaceStatus>,
    /// What people should know.
    notes: Option<String>,
}

impl NewVendor {
    /// What it becomes.
    pub(super) fn vendor(self, ctx: &Ctx) -> Result<Vendor, ApiError> {
        let row = VendorRow {
            id: VendorId::new(),
            name: line("name", &self.name)?,
            email: optional_email("email", self.email)?,
            hours: json!(working_hours(self.hours)?),
            available_24_7: self.available_24_7.unwrap_or(false),
            priority: within("priority", self.priority.unwrap_or(100), 0..=10_000)?,
            status: self.status.unwrap_or(PlaceStatus::Active),
            last_offered_at: None,
            consecutive_declines: 0,
            notes: optional_text("notes", self.notes)?,
            version: 1,
            created_at: ctx.now,
            updated_at: ctx.now,
        };
        Ok(Vendor { row, phones: phones(self.phones)?, specialties: specialties(self.specialties)? })
    }
}

/// A change of a vendor: what is missing stays, null clears; lists replace the whole.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct VendorChange {
    /// The version the caller read; `If-Match` says the same.
    #[serde(alias = "expected_version")]
    pub(super) version: Option<i64>,
    /// Name.
    name: Option<String>,
    /// Telephones, in the order in which they are tried.
    phones: Option<Vec<String>>,
    /// E-mail address.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    email: Edit<String>,
    /// Kinds of work it does.
    specialties: Option<Vec<String>>,
    /// When it takes work.
    #[schema(value_type = Option<Vec<ShiftBody>>)]
    hours: Option<Vec<Shift>>,
    /// Whether emergencies may call at any hour.
    available_24_7: Option<bool>,
    /// Who is asked first; lower comes first.
    priority: Option<i64>,
    /// `active` or `inactive`.
    #[schema(value_type = Option<String>)]
    status: Option<PlaceStatus>,
    /// What people should know.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    notes: Edit<String>,
}

impl VendorChange {
    /// Changes the vendor.
    pub(super) fn apply(self, vendor: &mut Vendor) -> Result<(), ApiError> {
        let row = &mut vendor.row;
        if let Some(name) = self.name {
            row.name = line("name", &name)?;
        }
        self.email.apply(&mut row.email, |text| optional_email("email", text))?;
        self.notes.apply(&mut row.notes, |text| optional_text("notes", text))?;
        if let Some(shifts) = self.hours {
            row.hours = json!(working_hours(shifts)?);
        }
        row.available_24_7 = self.available_24_7.unwrap_or(row.available_24_7);
        row.priority = within("priority", self.priority.unwrap_or(row.priority), 0..=10_000)?;
        row.status = self.status.unwrap_or(row.status);
        if let Some(texts) = self.phones {
            vendor.phones = phones(texts)?;
        }
        if let Some(texts) = self.specialties {
            vendor.specialties = specialties(texts)?;
        }
        Ok(())
    }
}

fn phones(texts: Vec<String>) -> Result<Vec<String>, ApiError> {
    let read = |text| optional_phone("phones", Some(text)).map(Option::unwrap_or_default);
    let read: Vec<String> = words("phones", texts)?.into_iter().map(read).collect::<Result<_, _>>()?;
    words("phones", read)
}

fn specialties(texts: Vec<String>) -> Result<std::collections::BTreeSet<String>, ApiError> {
    Ok(words("specialties", texts)?.iter().map(|word| word.to_lowercase()).collect())
}
