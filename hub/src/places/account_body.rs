//! The JSON bodies of accounts.

use chrono::{DateTime, Utc};
use patchbay_core::Ctx;
use patchbay_core::ids::AccountId;
use patchbay_core::place::{PlaceStatus, SlaTier};
use patchbay_core::ticket::Profile;
use patchbay_core::ticket::command::field::MAX_CENTS;
use patchbay_http::ApiError;
use patchbay_store::accounts::AccountRow;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::resource::Edit;
use crate::resource::text::{currency, line, optional_line, optional_object, timezone};

/// An account: a customer organization.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Account)]
pub struct AccountBody {
    /// Our id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Line of business: `facility`, `property` or `dealership`.
    pub profile: &'static str,
    /// `active` or `inactive`.
    pub status: &'static str,
    /// `standard`, `priority` or `critical`.
    pub sla_tier: &'static str,
    /// What a ticket may cost when nobody says otherwise, in minor units.
    pub default_nte_cents: Option<i64>,
    /// Currency of its money.
    pub currency: String,
    /// Its language.
    pub locale: String,
    /// Its time zone.
    pub timezone: String,
    /// What else is set: `code_prefix`, the first part of its tickets' codes.
    pub settings: Value,
    /// Its customer in the accounting system.
    pub qb_customer_id: Option<String>,
    /// Grows with every change.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl From<AccountRow> for AccountBody {
    fn from(row: AccountRow) -> Self {
        Self {
            id: row.id.into(),
            name: row.name,
            profile: row.profile.as_str(),
            status: row.status.as_str(),
            sla_tier: row.sla_tier.as_str(),
            default_nte_cents: row.default_nte_cents,
            currency: row.currency,
            locale: row.locale,
            timezone: row.timezone,
            settings: row.settings,
            qb_customer_id: row.qb_customer_id,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// A new account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAccount {
    /// Its name.
    name: String,
    /// `facility` (the default), `property` or `dealership`.
    #[schema(value_type = Option<String>)]
    profile: Option<Profile>,
    /// `standard` (the default), `priority` or `critical`.
    #[schema(value_type = Option<String>)]
    sla_tier: Option<SlaTier>,
    /// What a ticket may cost when nobody says otherwise, in minor units.
    default_nte_cents: Option<i64>,
    /// Three letters; `USD` when missing.
    currency: Option<String>,
    /// Its language; `en` when missing.
    locale: Option<String>,
    /// Its time zone; `UTC` when missing.
    timezone: Option<String>,
    /// What else is set.
    settings: Option<Value>,
    /// Its customer in the accounting system.
    qb_customer_id: Option<String>,
    /// `active` (the default) or `inactive`.
    #[schema(value_type = Option<String>)]
    status: Option<PlaceStatus>,
}

impl NewAccount {
    /// The row it becomes.
    pub(super) fn row(self, ctx: &Ctx) -> Result<AccountRow, ApiError> {
        Ok(AccountRow {
            id: AccountId::new(),
            name: line("name", &self.name)?,
            profile: self.profile.unwrap_or(Profile::Facility),
            status: self.status.unwrap_or(PlaceStatus::Active),
            sla_tier: self.sla_tier.unwrap_or(SlaTier::Standard),
            default_nte_cents: cents(self.default_nte_cents)?,
            currency: currency("currency", self.currency.as_deref().unwrap_or("USD"))?,
            locale: line("locale", self.locale.as_deref().unwrap_or("en"))?,
            timezone: timezone("timezone", self.timezone.as_deref().unwrap_or("UTC"))?,
            settings: settings(self.settings)?,
            qb_customer_id: optional_line("qb_customer_id", self.qb_customer_id)?,
            version: 1,
            created_at: ctx.now,
            updated_at: ctx.now,
        })
    }
}

/// A change of an account: what is missing stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountChange {
    /// The version the caller read; `If-Match` says the same.
    #[serde(alias = "expected_version")]
    pub(super) version: Option<i64>,
    /// Its name.
    name: Option<String>,
    /// Line of business.
    #[schema(value_type = Option<String>)]
    profile: Option<Profile>,
    /// `active` or `inactive`.
    #[schema(value_type = Option<String>)]
    status: Option<PlaceStatus>,
    /// How fast it is served.
    #[schema(value_type = Option<String>)]
    sla_tier: Option<SlaTier>,
    /// What a ticket may cost; null: nothing is agreed.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    default_nte_cents: Edit<i64>,
    /// Three letters.
    currency: Option<String>,
    /// Its language.
    locale: Option<String>,
    /// Its time zone.
    timezone: Option<String>,
    /// What else is set; replaces the whole.
    settings: Option<Value>,
    /// Its customer in the accounting system.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    qb_customer_id: Edit<String>,
}

impl AccountChange {
    /// Changes the row.
    pub(super) fn apply(self, row: &mut AccountRow) -> Result<(), ApiError> {
        if let Some(name) = self.name {
            row.name = line("name", &name)?;
        }
        row.profile = self.profile.unwrap_or(row.profile);
        row.status = self.status.unwrap_or(row.status);
        row.sla_tier = self.sla_tier.unwrap_or(row.sla_tier);
        self.default_nte_cents.apply(&mut row.default_nte_cents, cents)?;
        if let Some(text) = self.currency {
            row.currency = currency("currency", &text)?;
        }
        if let Some(text) = self.locale {
            row.locale = line("locale", &text)?;
        }
        if let Some(text) = self.timezone {
            row.timezone = timezone("timezone", &text)?;
        }
        if self.settings.is_some() {
            row.settings = settings(self.settings)?;
        }
        self.qb_customer_id.apply(&mut row.qb_customer_id, |text| optional_line("qb_customer_id", text))?;
        Ok(())
    }
}

fn cents(amount: Option<i64>) -> Result<Option<i64>, ApiError> {
    match amount {
        Some(amount) if !(0..=MAX_CENTS).contains(&amount) => {
            Err(ApiError::invalid("default_nte_cents", format!("must be between 0 and {MAX_CENTS}")))
        }
        other => Ok(other),
    }
}

/// A prefix becomes part of codes that people read aloud: letters and digits only.
fn settings(value: Option<Value>) -> Result<Value, ApiError> {
    let value = optional_object("settings", value)?.unwrap_or_else(|| json!({}));
    let is_prefix = |text: &str| (1..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
    match value.get("code_prefix") {
        Some(prefix) if !prefix.as_str().is_some_and(is_prefix) => {
            Err(ApiError::invalid("settings.code_prefix", "must be 1 to 8 letters or digits"))
        }
        _ => Ok(value),
    }
}
