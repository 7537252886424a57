//! Incident templates: what each type of incident asks for, version by version. A version is never changed but for
//! whether it counts: tickets pin the version they were triaged under.

use chrono::{DateTime, Utc};
use patchbay_core::ids::IncidentTemplateId;
use patchbay_core::ticket::TicketPriority;
use uuid::Uuid;

use crate::error::StoreError;
use crate::record;
use crate::search::pattern;
use crate::tx::Tx;

record! {
    /// A version of a template as it is stored.
    #[derive(Clone, Debug)]
    pub struct IncidentTemplateRow {
        /// Our id.
        pub id: IncidentTemplateId,
        /// Kind of incident, upper case.
        pub incident_type: String,
        /// Which version, from 1.
        pub version: i64,
        /// Evidence that must be there at closeout.
        pub required_evidence_keys: Vec<String>,
        /// What the checklist must say.
        pub required_checklist_keys: Vec<String>,
        /// Priority when nobody says otherwise.
        pub default_priority: TicketPriority,
        /// Target in minutes; none: that of the priority.
        pub sla_minutes: Option<i64>,
        /// What may be spent when nobody says otherwise, in minor units.
        pub default_nte_cents: Option<i64>,
        /// Automation never closes it out.
        pub high_risk: bool,
        /// What an intake must find out.
        pub required_intake_fields: Vec<String>,
        /// Whether it counts.
        pub active: bool,
        /// When it was made.
        pub created_at: DateTime<Utc>,
        /// When it was switched on or off last.
        pub updated_at: DateTime<Utc>,
    }
}

/// Which versions a list shows.
#[derive(Clone, Debug, Default)]
pub struct IncidentTemplateFilter {
    /// Only of this type, upper case.
    pub incident_type: Option<String>,
    /// Only those that count, or only those that do not.
    pub active: Option<bool>,
    /// Only with this in their type; lower case.
    pub text: Option<String>,
}

/// Adds a version. Error: [`StoreError::Duplicate`] when the type has one of that number.
pub async fn insert(tx: &mut Tx, row: &IncidentTemplateRow) -> Result<(), StoreError> {
    tx.query(
        "insert into incident_templates (id, incident_type, version, required_evidence_keys, required_checklist_keys, default_priority,
                sla_minutes, default_nte_cents, high_risk, required_intake_fields, active,
                created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(row.id)
    .bind(row.incident_type.as_str())
    .bind(row.version)
    .bind(row.required_evidence_keys.clone())
    .bind(row.required_checklist_keys.clone())
    .bind(row.default_priority)
    .bind(row.sla_minutes)
    .bind(row.default_nte_cents)
    .bind(row.high_risk)
    .bind(row.required_intake_fields.clone())
    .bind(row.active)
    .bind(row.created_at)
    .bind(row.updated_at)
    .execute()
    .await
    .map(drop)
}

/// One version.
pub async fn by_id(tx: &mut Tx, id: IncidentTemplateId) -> Result<Option<IncidentTemplateRow>, StoreError> {
    tx.query(
        "select id, incident_type, version, required_evidence_keys, required_checklist_keys, default_priority,
                sla_minutes, default_nte_cents, high_risk, required_intake_fields, active, created_at,
                updated_at
         from incident_templates where id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// The version that counts for a type (upper case): the latest active one.
pub async fn latest(tx: &mut Tx, incident_type: &str) -> Result<Option<IncidentTemplateRow>, StoreError> {
    tx.query(
        "select id, incident_type, version, required_evidence_keys, required_checklist_keys, default_priority,
                sla_minutes, default_nte_cents, high_risk, required_intake_fields, active, created_at,
                updated_at
         from incident_templates where incident_type = $1 and active order by version desc limit 1",
    )
    .bind(incident_type)
    .optional()
    .await
}

/// A version that a ticket was pinned to, whether it still counts or not.
pub async fn pinned(tx: &mut Tx, incident_type: &str, version: i64) -> Result<Option<IncidentTemplateRow>, StoreError> {
    tx.query(
        "select id, incident_type, version, required_evidence_keys, required_checklist_keys, default_priority,
                sla_minutes, default_nte_cents, high_risk, required_intake_fields, active, created_at,
                updated_at
         from incident_templates where incident_type = $1 and version = $2",
    )
    .bind(incident_type)
    .bind(version)
    .optional()
    .await
}

/// The number of a type's newest version, active or not; 0 when there is none.
pub async fn newest_version(tx: &mut Tx, incident_type: &str) -> Result<i64, StoreError> {
    tx.query("select coalesce(max(version), 0) from incident_templates where incident_type = $1")
        .bind(incident_type)
        .scalar()
        .await
}

/// Versions in the order they were made, after `after`.
pub async fn page(
    tx: &mut Tx,
    filter: &IncidentTemplateFilter,
    after: Option<IncidentTemplateId>,
    limit: i64,
) -> Result<Vec<IncidentTemplateRow>, StoreError> {
    tx.query_for(
        "select id, incident_type, version, required_evidence_keys, required_checklist_keys, default_priority,
                sla_minutes, default_nte_cents, high_risk, required_intake_fields, active, created_at,
                updated_at
         from incident_templates
         where id > $1
           and ($2 is null or incident_type = $2)
           and ($3 is null or active = $3)
           and ($4 is null or lower(incident_type) like $4)
         order by id limit $5",
        "select id, incident_type, version, required_evidence_keys, required_checklist_keys, default_priority,
                sla_minutes, default_nte_cents, high_risk, required_intake_fields, active, created_at,
                updated_at
         from incident_templates
         where id > $1
           and ($2::text is null or incident_type = $2)
           and ($3::boolean is null or active = $3)
           and ($4::text is null or lower(incident_type) like $4)
         order by id limit $5",
    )
    .bind(after.unwrap_or(IncidentTemplateId(Uuid::nil())))
    .bind(filter.incident_type.as_deref())
    .bind(filter.active)
    .bind(pattern(filter.text.as_deref()))
    .bind(limit)
    .all()
    .await
}

/// Switches a version on or off. Error: [`StoreError::NoRow`] when there is none.
pub async fn set_active(
    tx: &mut Tx,
    id: IncidentTemplateId,
    active: bool,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let changed = tx
        .query("update incident_templates set active = $2, updated_at = $3 where id = $1")
        .bind(id)
        .bind(active)
        .bind(now)
        .execute()
        .await?;
    if changed == 1 { Ok(()) } else { Err(StoreError::NoRow) }
}
