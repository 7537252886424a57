//! `/api/v1/incident-templates`: what each type of incident asks for. A change is a new version.

use chrono::{DateTime, Utc};
use patchbay_core::Ctx;
use patchbay_core::ids::IncidentTemplateId;
use patchbay_core::ticket::TicketPriority;
use patchbay_core::ticket::command::field::MAX_CENTS;
use patchbay_http::ApiError;
use patchbay_store::incident_templates::{self, IncidentTemplateFilter, IncidentTemplateRow};
use patchbay_store::{StoreError, Tx};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::error::HubError;
use crate::resource::text::{line, searched, within, words};
use crate::resource::{Edit, Mark, Resource, Window, endpoints, require_catalog_keeper};
use crate::state::Hub;

/// Evidence that every template asks for. Source: domain, evidence and closeout gate.
const SIGNATURE: &str = "signature_or_no_signature_reason";
/// What every checklist must say. Source: domain, evidence and closeout gate.
const CHECKLIST: [&str; 5] =
    ["work_performed", "parts_used_or_needed", "resolution_status", "onsite_photos_after", "billing_authorization"];

/// A version of what a type of incident asks for.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = IncidentTemplate)]
pub(super) struct TemplateBody {
    /// Our id of this version.
    id: Uuid,
    /// Kind of incident, upper case.
    incident_type: String,
    /// Which version, from 1; the latest active one counts.
    version: i64,
    /// Evidence that must be there at closeout.
    required_evidence_keys: Vec<String>,
    /// What the checklist must say.
    required_checklist_keys: Vec<String>,
    /// `EMERGENCY`, `URGENT` or `ROUTINE`.
    default_priority: &'static str,
    /// Target in minutes; null: that of the priority.
    sla_minutes: Option<i64>,
    /// What may be spent when nobody says otherwise, in minor units.
    default_nte_cents: Option<i64>,
    /// Automation never closes it out.
    high_risk: bool,
    /// What an intake must find out.
    required_intake_fields: Vec<String>,
    /// Whether this version counts.
    active: bool,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was switched on or off last.
    updated_at: DateTime<Utc>,
}

/// Which versions to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct TemplateQuery {
    /// Only of this kind of incident.
    incident_type: Option<String>,
    /// `true`: those that count; `false`: those that do not.
    active: Option<bool>,
    /// Text in the kind of incident.
    q: Option<String>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// How many, 1 to 100; 20 when missing.
    limit: Option<i64>,
}

/// A new kind of incident, or a new version of a known one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewTemplate {
    /// Kind of incident; becomes upper case.
    incident_type: String,
    /// Evidence that must be there at closeout; the signature or the reason for none is always among it.
    required_evidence_keys: Vec<String>,
    /// What the checklist must say; the usual five when missing.
    required_checklist_keys: Option<Vec<String>>,
    /// `EMERGENCY`, `URGENT` or `ROUTINE` (the default).
    #[schema(value_type = Option<String>)]
    default_priority: Option<TicketPriority>,
    /// Target in minutes; that of the priority when missing.
    sla_minutes: Option<i64>,
    /// What may be spent when nobody says otherwise, in minor units.
    default_nte_cents: Option<i64>,
    /// Automation never closes it out; false when missing.
    high_risk: Option<bool>,
    /// What an intake must find out.
    required_intake_fields: Option<Vec<String>>,
    /// Whether it counts; true when missing.
    active: Option<bool>,
}

/// A change, which makes a new version unless it only switches this one on or off: what is missing stays, null clears.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TemplateChange {
    /// The version the caller read; `If-Match` says the same.
    #[serde(alias = "expected_version")]
    version: Option<i64>,
    /// Evidence that must be there at closeout.
    required_evidence_keys: Option<Vec<String>>,
    /// What the checklist must say.
    required_checklist_keys: Option<Vec<String>>,
    /// `EMERGENCY`, `URGENT` or `ROUTINE`.
    #[schema(value_type = Option<String>)]
    default_priority: Option<TicketPriority>,
    /// Target in minutes.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    sla_minutes: Edit<i64>,
    /// What may be spent when nobody says otherwise, in minor units.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    default_nte_cents: Edit<i64>,
    /// Automation never closes it out.
    high_risk: Option<bool>,
    /// What an intake must find out.
    required_intake_fields: Option<Vec<String>>,
    /// Whether it counts.
    active: Option<bool>,
}

/// Incident templates, every version.
pub(super) struct IncidentTemplates;

impl Resource for IncidentTemplates {
    const NAME: &'static str = "incident_template";
    type Key = IncidentTemplateId;
    type Row = IncidentTemplateRow;
    type Query = TemplateQuery;
    type New = NewTemplate;
    type Change = TemplateChange;
    type Body = TemplateBody;

    fn may_write(ctx: &Ctx) -> Result<(), ApiError> {
        require_catalog_keeper(ctx)
    }

    fn window(query: &TemplateQuery) -> Window<'_> {
        Window { cursor: query.cursor.as_deref(), limit: query.limit }
    }

    fn mark(row: &IncidentTemplateRow) -> Mark {
        Mark { id: row.id.into(), version: row.version, account: None }
    }

    fn made_from(change: &TemplateChange) -> Option<i64> {
        change.version
    }

    fn body(_: &Hub, row: &IncidentTemplateRow) -> TemplateBody {
        let row = row.clone();
        TemplateBody {
            id: row.id.into(),
            incident_type: row.incident_type,
            version: row.version,
            required_evidence_keys: row.required_evidence_keys,
            required_checklist_keys: row.required_checklist_keys,
            default_priority: row.default_priority.as_str(),
            sla_minutes: row.sla_minutes,
            default_nte_cents: row.default_nte_cents,
            high_risk: row.high_risk,
            required_intake_fields: row.required_intake_fields,
            active: row.active,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }

    async fn page(
        tx: &mut Tx,
        _: &Hub,
        _: &Ctx,
        query: TemplateQuery,
        after: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<IncidentTemplateRow>, HubError> {
        let filter = IncidentTemplateFilter {
            incident_type: query.incident_type.map(|text| text.trim().to_uppercase()),
            active: query.active,
            text: searched(query.q),
        };
        Ok(incident_templates::page(tx, &filter, after.map(IncidentTemplateId), limit).await?)
    }

    async fn find(tx: &mut Tx, _: &Ctx, key: &IncidentTemplateId) -> Result<Option<IncidentTemplateRow>, HubError> {
        Ok(incident_templates::by_id(tx, *key).await?)
    }

    async fn make(tx: &mut Tx, ctx: &Ctx, new: NewTemplate) -> Result<IncidentTemplateRow, HubError> {
        let incident_type = incident_type(&new.incident_type)?;
        let usual = || CHECKLIST.map(str::to_owned).to_vec();
        let row = IncidentTemplateRow {
            id: IncidentTemplateId::new(),
            version: incident_templates::newest_version(tx, &incident_type).await? + 1,
            incident_type,
            required_evidence_keys: evidence_keys(new.required_evidence_keys)?,
            required_checklist_keys: words(
                "required_checklist_keys",
                new.required_checklist_keys.unwrap_or_else(usual),
            )?,
            default_priority: new.default_priority.unwrap_or(TicketPriority::Routine),
            sla_minutes: minutes(new.sla_minutes)?,
            default_nte_cents: cents(new.default_nte_cents)?,
            high_risk: new.high_risk.unwrap_or(false),
            required_intake_fields: words("required_intake_fields", new.required_intake_fields.unwrap_or_default())?,
            active: new.active.unwrap_or(true),
            created_at: ctx.now,
            updated_at: ctx.now,
        };
        incident_templates::insert(tx, &row).await?;
        Ok(row)
    }

    async fn apply(_: &mut Tx, _: &Ctx, row: &mut IncidentTemplateRow, change: TemplateChange) -> Result<(), HubError> {
        if let Some(keys) = change.required_evidence_keys {
            row.required_evidence_keys = evidence_keys(keys)?;
        }
        if let Some(keys) = change.required_checklist_keys {
            row.required_checklist_keys = words("required_checklist_keys", keys)?;
        }
        if let Some(fields) = change.required_intake_fields {
            row.required_intake_fields = words("required_intake_fields", fields)?;
        }
        row.default_priority = change.default_priority.unwrap_or(row.default_priority);
        change.sla_minutes.apply(&mut row.sla_minutes, minutes)?;
        change.default_nte_cents.apply(&mut row.default_nte_cents, cents)?;
        row.high_risk = change.high_risk.unwrap_or(row.high_risk);
        row.active = change.active.unwrap_or(row.active);
        Ok(())
    }

    /// Tickets are pinned to versions: what a version asks for never changes.
    async fn save(tx: &mut Tx, ctx: &Ctx, row: &mut IncidentTemplateRow) -> Result<(), HubError> {
        let stored = incident_templates::by_id(tx, row.id).await?.ok_or(StoreError::NoRow)?;
        row.updated_at = ctx.now;
        if asks_the_same(&stored, row) {
            incident_templates::set_active(tx, row.id, row.active, ctx.now).await?;
            return Ok(());
        }
        if incident_templates::newest_version(tx, &row.incident_type).await? != row.version {
            return Err(StoreError::Conflict.into());
        }
        row.id = IncidentTemplateId::new();
        row.version += 1;
        row.created_at = ctx.now;
        incident_templates::insert(tx, row).await?;
        Ok(())
    }

    fn retire(row: &mut IncidentTemplateRow) -> bool {
        std::mem::replace(&mut row.active, false)
    }
}

fn asks_the_same(one: &IncidentTemplateRow, other: &IncidentTemplateRow) -> bool {
    one.required_evidence_keys == other.required_evidence_keys
        && one.required_checklist_keys == other.required_checklist_keys
        && one.required_intake_fields == other.required_intake_fields
        && one.default_priority == other.default_priority
        && one.sla_minutes == other.sla_minutes
        && one.default_nte_cents == other.default_nte_cents
        && one.high_risk == other.high_risk
}

fn incident_type(text: &str) -> Result<String, ApiError> {
    let name = line("incident_type", text)?.to_uppercase();
    let fits = name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    if fits { Ok(name) } else { Err(ApiError::invalid("incident_type", "only A-Z, 0-9 and _")) }
}

fn evidence_keys(keys: Vec<String>) -> Result<Vec<String>, ApiError> {
    let mut keys = words("required_evidence_keys", keys)?;
    if !keys.iter().any(|key| key == SIGNATURE) {
        keys.push(SIGNATURE.to_owned());
    }
    Ok(keys)
}

fn minutes(minutes: Option<i64>) -> Result<Option<i64>, ApiError> {
    minutes.map(|minutes| within("sla_minutes", minutes, 1..=525_600)).transpose()
}

fn cents(cents: Option<i64>) -> Result<Option<i64>, ApiError> {
    cents.map(|cents| within("default_nte_cents", cents, 0..=MAX_CENTS)).transpose()
}

endpoints! {
    IncidentTemplates at "/api/v1/incident-templates" and "/api/v1/incident-templates/{id}" tagged "catalog",
        named by Uuid;
    /// Versions of incident templates, in the order they were made. The latest active one of a type counts.
    list TemplateQuery;
    /// Adds a type of incident, or a version to a known one. Admins and supervisors only.
    create NewTemplate;
    /// One version.
    read TemplateBody;
    /// Makes a new version from the newest one, or switches a version on or off. Admins and supervisors only. Error: 409
    /// `VERSION_CONFLICT` when a newer version exists.
    change by patch TemplateChange;
    /// Switches a version off: the latest one that is still active counts then. Admins and supervisors only.
    deactivate;
}
