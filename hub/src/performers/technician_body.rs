//! The JSON bodies of technicians.

use chrono::{DateTime, Utc};
use patchbay_core::Ctx;
use patchbay_core::hours::{self, Shift};
use patchbay_core::ids::{TechnicianId, UserId, ZoneId};
use patchbay_core::technician::{Availability, TechnicianStatus};
use patchbay_http::ApiError;
use patchbay_store::technicians::{Technician, TechnicianRow};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::resource::Edit;
use crate::resource::text::{line, optional_e164, optional_email, within, words};

/// A stretch of a weekday, by the clock at the place of the work.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Shift)]
pub(super) struct ShiftBody {
    /// 0 is Monday.
    #[schema(minimum = 0, maximum = 6)]
    weekday: u8,
    /// From, such as `08:00`.
    start: String,
    /// Until, such as `17:00`; `24:00` is the end of the day.
    end: String,
    /// Switched off, it counts for nothing.
    enabled: bool,
}

impl From<&Shift> for ShiftBody {
    fn from(shift: &Shift) -> Self {
        let (start, end) = (shift.start.to_string(), shift.end.to_string());
        Self { weekday: shift.weekday, start, end, enabled: shift.enabled }
    }
}

/// A technician.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Technician)]
pub(super) struct TechnicianBody {
    /// Our id.
    id: Uuid,
    /// The login of the technician.
    user_id: Option<Uuid>,
    /// Name.
    name: String,
    /// Telephone, unique.
    phone_e164: Option<String>,
    /// E-mail address.
    email: Option<String>,
    /// `active` or `deactivated`.
    status: &'static str,
    /// `AVAILABLE`, `BUSY`, `OFFLINE` or `ON_LEAVE`.
    availability: &'static str,
    /// Who goes first among equals; lower comes first.
    priority_rank: i64,
    /// How many jobs at once.
    max_active_jobs: i64,
    /// Where the technician is at home.
    home_zone_id: Option<Uuid>,
    /// What the technician can do; `DEFAULT` answers every service.
    skills: Vec<String>,
    /// Where the technician works.
    zones: Vec<Uuid>,
    /// When the technician works; always when empty.
    working_hours: Vec<ShiftBody>,
    /// Grows with every change.
    version: i64,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

impl From<&Technician> for TechnicianBody {
    fn from(technician: &Technician) -> Self {
        let row = technician.row.clone();
        Self {
            id: row.id.into(),
            user_id: row.user_id.map(Into::into),
            name: row.name,
            phone_e164: row.phone_e164,
            email: row.email,
            status: row.status.as_str(),
            availability: row.availability.as_str(),
            priority_rank: row.priority_rank,
            max_active_jobs: row.max_active_jobs,
            home_zone_id: row.home_zone_id.map(Into::into),
            skills: technician.skills.iter().cloned().collect(),
            zones: technician.zones.iter().map(|zone| Uuid::from(*zone)).collect(),
            working_hours: technician.hours.iter().map(ShiftBody::from).collect(),
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// A new technician.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewTechnician {
    /// Name.
    name: String,
    /// Telephone with country code, such as `+15550100`; unique.
    phone_e164: Option<String>,
    /// The login of the technician.
    user_id: Option<Uuid>,
    /// E-mail address.
    email: Option<String>,
    /// `AVAILABLE` (the default), `BUSY`, `OFFLINE` or `ON_LEAVE`.
    #[schema(value_type = Option<String>)]
    availability: Option<Availability>,
    /// Who goes first among equals; 100 when missing.
    priority_rank: Option<i64>,
    /// How many jobs at once; 2 when missing.
    max_active_jobs: Option<i64>,
    /// Where the technician is at home.
    home_zone_id: Option<Uuid>,
    /// What the technician can do; `DEFAULT` answers every service.
    #[serde(default)]
    skills: Vec<String>,
    /// Where the technician works, by id.
    #[serde(default)]
    zones: Vec<Uuid>,
    /// When the technician works; always when empty.
    #[serde(default)]
    #[schema(value_type = Vec<ShiftBody>)]
    working_hours: Vec<Shift>,
}

impl NewTechnician {
    /// What it becomes.
    pub(super) fn technician(self, ctx: &Ctx) -> Result<Technician, ApiError> {
        let row = TechnicianRow {
            id: TechnicianId::new(),
            user_id: self.user_id.map(UserId),
            name: line("name", &self.name)?,
            phone_e164: optional_e164("phone_e164", self.phone_e164)?,
            email: optional_email("email", self.email)?,
            status: TechnicianStatus::Active,
            availability: self.availability.unwrap_or(Availability::Available),
            priority_rank: rank(self.priority_rank.unwrap_or(100))?,
            max_active_jobs: at_once(self.max_active_jobs.unwrap_or(2))?,
            home_zone_id: self.home_zone_id.map(ZoneId),
            version: 1,
            created_at: ctx.now,
            updated_at: ctx.now,
        };
        Ok(Technician {
            row,
            skills: words("skills", self.skills)?.into_iter().collect(),
            zones: self.zones.into_iter().map(ZoneId).collect(),
            hours: working_hours(self.working_hours)?,
        })
    }
}

/// A change of a technician: what is missing stays, null clears; lists replace the whole.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TechnicianChange {
    /// The version the caller read; `If-Match` says the same.
    #[serde(alias = "expected_version")]
    pub(super) version: Option<i64>,
    /// Name.
    name: Option<String>,
    /// Telephone, unique.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    phone_e164: Edit<String>,
    /// The login of the technician.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    user_id: Edit<UserId>,
    /// E-mail address.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    email: Edit<String>,
    /// `active` or `deactivated`.
    #[schema(value_type = Option<String>)]
    status: Option<TechnicianStatus>,
    /// `AVAILABLE`, `BUSY`, `OFFLINE` or `ON_LEAVE`.
    #[schema(value_type = Option<String>)]
    availability: Option<Availability>,
    /// Who goes first among equals; lower comes first.
    priority_rank: Option<i64>,
    /// How many jobs at once.
    max_active_jobs: Option<i64>,
    /// Where the technician is at home.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    home_zone_id: Edit<ZoneId>,
    /// What the technician can do.
    skills: Option<Vec<String>>,
    /// Where the technician works, by id.
    zones: Option<Vec<Uuid>>,
    /// When the technician works.
    #[schema(value_type = Option<Vec<ShiftBody>>)]
    working_hours: Option<Vec<Shift>>,
}

impl TechnicianChange {
    /// Changes the technician.
    pub(super) fn apply(self, technician: &mut Technician) -> Result<(), ApiError> {
        let row = &mut technician.row;
        if let Some(name) = self.name {
            row.name = line("name", &name)?;
        }
        self.phone_e164.apply(&mut row.phone_e164, |text| optional_e164("phone_e164", text))?;
        self.user_id.apply(&mut row.user_id, Ok)?;
        self.email.apply(&mut row.email, |text| optional_email("email", text))?;
        row.status = self.status.unwrap_or(row.status);
        row.availability = self.availability.unwrap_or(row.availability);
        row.priority_rank = rank(self.priority_rank.unwrap_or(row.priority_rank))?;
        row.max_active_jobs = at_once(self.max_active_jobs.unwrap_or(row.max_active_jobs))?;
        self.home_zone_id.apply(&mut row.home_zone_id, Ok)?;
        if let Some(skills) = self.skills {
            technician.skills = words("skills", skills)?.into_iter().collect();
        }
        if let Some(zones) = self.zones {
            technician.zones = zones.into_iter().map(ZoneId).collect();
        }
        if let Some(shifts) = self.working_hours {
            technician.hours = working_hours(shifts)?;
        }
        Ok(())
    }
}

fn rank(rank: i64) -> Result<i64, ApiError> {
    within("priority_rank", rank, 0..=10_000)
}

fn at_once(jobs: i64) -> Result<i64, ApiError> {
    within("max_active_jobs", jobs, 0..=100)
}

/// Weekly hours in their order.
pub(super) fn working_hours(shifts: Vec<Shift>) -> Result<Vec<Shift>, ApiError> {
    hours::in_order(shifts).map_err(|misfit| ApiError::invalid("working_hours", misfit.to_string()))
}
