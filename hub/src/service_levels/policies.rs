//! `/api/v1/sla-policies`: what is promised to the customers of a team, by priority.

use chrono::{DateTime, Utc};
use patchbay_core::Ctx;
use patchbay_core::conversation::Priority;
use patchbay_core::ids::{SlaPolicyId, TeamId};
use patchbay_http::ApiError;
use patchbay_store::Tx;
use patchbay_store::sla_policies::{self, SlaPolicyRow};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::administration::fields;
use crate::body::TeamRef;
use crate::error::HubError;
use crate::resource::text::within;
use crate::resource::{Edit, Mark, Resource, Window, endpoints, require_catalog_keeper};
use crate::state::Hub;

/// Longest promise: a year.
const MOST_SECONDS: i64 = 366 * 24 * 3_600;

/// A service level.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SlaPolicy)]
pub(super) struct PolicyBody {
    /// Our id.
    id: Uuid,
    /// Whose customers it is for.
    team: Option<TeamRef>,
    /// For conversations of this priority.
    #[schema(value_type = String)]
    priority: Priority,
    /// Until a person of ours has answered, in seconds.
    frt_s: Option<i64>,
    /// Until it is done, in seconds.
    resolution_s: Option<i64>,
    /// Until somebody else is told that nobody has answered, in seconds.
    escalation_s: Option<i64>,
    /// How long before a deadline it is warned of, in seconds; a fifth of the target when null.
    warning_s: Option<i64>,
    /// When time counts: `always`, `team` (the team's business hours), or `{timezone, hours, holidays}`.
    calendar: Value,
    /// Whether it counts.
    is_active: bool,
    /// Grows with every change.
    version: i64,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

/// Which service levels to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PolicyQuery {
    /// Of this team, by id or slug.
    team: Option<String>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// How many, 1 to 100; 20 when missing.
    limit: Option<i64>,
}

/// A new service level: at least one of `frt_s` and `resolution_s`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPolicy {
    /// Whose customers it is for: a team, by id or slug.
    #[serde(alias = "team_id")]
    team: String,
    /// For conversations of this priority: `low`, `normal`, `high` or `urgent`.
    priority: String,
    /// Until a person of ours has answered, in seconds.
    #[serde(alias = "first_response_s", alias = "first_response_seconds")]
    frt_s: Option<i64>,
    /// Until it is done, in seconds.
    #[serde(alias = "resolution_seconds")]
    resolution_s: Option<i64>,
    /// Until somebody else is told that nobody has answered, in seconds.
    #[serde(alias = "escalation_seconds")]
    escalation_s: Option<i64>,
    /// How long before a deadline it is warned of, in seconds; a fifth of the target when missing.
    warning_s: Option<i64>,
    /// When time counts: `always`, `team`, or `{timezone, hours, holidays}`; always when missing.
    #[schema(value_type = Option<Object>)]
    calendar: Option<Value>,
    /// Whether it counts; true when missing.
    is_active: Option<bool>,
}

/// A change of a service level: what is missing stays, null clears.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PolicyChange {
    /// The version the caller read; `If-Match` says the same.
    #[serde(alias = "expected_version")]
    version: Option<i64>,
    /// Whose customers it is for: a team, by id or slug.
    #[serde(alias = "team_id")]
    team: Option<String>,
    /// For conversations of this priority.
    priority: Option<String>,
    /// Until a person of ours has answered, in seconds.
    #[serde(default, alias = "first_response_s", alias = "first_response_seconds")]
    #[schema(value_type = Option<i64>)]
    frt_s: Edit<i64>,
    /// Until it is done, in seconds.
    #[serde(default, alias = "resolution_seconds")]
    #[schema(value_type = Option<i64>)]
    resolution_s: Edit<i64>,
    /// Until somebody else is told that nobody has answered, in seconds.
    #[serde(default, alias = "escalation_seconds")]
    #[schema(value_type = Option<i64>)]
    escalation_s: Edit<i64>,
    /// How long before a deadline it is warned of, in seconds.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    warning_s: Edit<i64>,
    /// When time counts: `always`, `team`, or `{timezone, hours, holidays}`.
    #[schema(value_type = Option<Object>)]
    calendar: Option<Value>,
    /// Whether it counts.
    is_active: Option<bool>,
}

/// The service levels.
pub(super) struct SlaPolicies;

impl Resource for SlaPolicies {
    const NAME: &'static str = "sla_policy";
    type Key = SlaPolicyId;
    type Row = SlaPolicyRow;
    type Query = PolicyQuery;
    type New = NewPolicy;
    type Change = PolicyChange;
    type Body = PolicyBody;

    fn may_write(ctx: &Ctx) -> Result<(), ApiError> {
        require_catalog_keeper(ctx)
    }

    fn window(query: &PolicyQuery) -> Window<'_> {
        Window { cursor: query.cursor.as_deref(), limit: query.limit }
    }

    fn mark(row: &SlaPolicyRow) -> Mark {
        Mark { id: row.id.into(), version: row.version, account: None }
    }

    fn made_from(change: &PolicyChange) -> Option<i64> {
        change.version
    }

    fn body(hub: &Hub, row: &SlaPolicyRow) -> PolicyBody {
        let directory = hub.directory();
        let team = directory.teams.get(&row.team_id);
        PolicyBody {
            id: row.id.into(),
            team: team.map(|team| TeamRef { id: team.id.into(), slug: team.slug.clone() }),
            priority: row.priority,
            frt_s: row.frt_s,
            resolution_s: row.resolution_s,
            escalation_s: row.escalation_s,
            warning_s: row.warning_s,
            calendar: row.calendar.clone().unwrap_or_else(|| json!("always")),
            is_active: row.is_active,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }

    async fn page(
        tx: &mut Tx,
        hub: &Hub,
        _: &Ctx,
        query: PolicyQuery,
        after: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<SlaPolicyRow>, HubError> {
        let team = match &query.team {
            None => None,
            Some(named) => match hub.directory().team(named) {
                Some(team) => Some(team.id),
                None => return Ok(Vec::new()),
            },
        };
        Ok(sla_policies::page(tx, team, after.map(SlaPolicyId), limit).await?)
    }

    async fn find(tx: &mut Tx, _: &Ctx, key: &SlaPolicyId) -> Result<Option<SlaPolicyRow>, HubError> {
        Ok(sla_policies::by_id(tx, *key).await?)
    }

    async fn make(tx: &mut Tx, ctx: &Ctx, new: NewPolicy) -> Result<SlaPolicyRow, HubError> {
        let row = SlaPolicyRow {
            id: SlaPolicyId::new(),
            team_id: known_team(tx, &new.team).await?,
            priority: known_priority(&new.priority)?,
            frt_s: new.frt_s,
            resolution_s: new.resolution_s,
            escalation_s: new.escalation_s,
            warning_s: new.warning_s,
            calendar: new.calendar.map(calendar).transpose()?.flatten(),
            is_active: new.is_active.unwrap_or(true),
            version: 1,
            created_at: ctx.now,
            updated_at: ctx.now,
        };
        check(&row)?;
        sla_policies::insert(tx, &row).await?;
        super::recompute(tx, ctx, row.team_id).await?;
        Ok(row)
    }

    async fn apply(tx: &mut Tx, ctx: &Ctx, row: &mut SlaPolicyRow, change: PolicyChange) -> Result<(), HubError> {
        if let Some(named) = &change.team {
            // The conversations of the team it leaves are no longer promised anything.
            super::recompute(tx, ctx, row.team_id).await?;
            row.team_id = known_team(tx, named).await?;
        }
        if let Some(word) = &change.priority {
            row.priority = known_priority(word)?;
        }
        change.frt_s.apply(&mut row.frt_s, Ok)?;
        change.resolution_s.apply(&mut row.resolution_s, Ok)?;
        change.escalation_s.apply(&mut row.escalation_s, Ok)?;
        change.warning_s.apply(&mut row.warning_s, Ok)?;
        if let Some(value) = change.calendar {
            row.calendar = calendar(value)?;
        }
        row.is_active = change.is_active.unwrap_or(row.is_active);
        Ok(check(row)?)
    }

    async fn save(tx: &mut Tx, ctx: &Ctx, row: &mut SlaPolicyRow) -> Result<(), HubError> {
        row.updated_at = ctx.now;
        sla_policies::update(tx, row).await?;
        row.version += 1;
        Ok(super::recompute(tx, ctx, row.team_id).await?)
    }

    fn retire(row: &mut SlaPolicyRow) -> bool {
        std::mem::replace(&mut row.is_active, false)
    }

    async fn written(hub: &Hub) {
        hub.directory_changed().await;
    }
}

async fn known_team(tx: &mut Tx, named: &str) -> Result<TeamId, HubError> {
    let team = fields::team(tx, "team", named).await?;
    if team.is_active { Ok(team.id) } else { Err(ApiError::invalid("team", "the team is deactivated").into()) }
}

fn known_priority(word: &str) -> Result<Priority, ApiError> {
    word.parse().map_err(|_| ApiError::invalid("priority", "must be low, normal, high or urgent"))
}

fn check(row: &SlaPolicyRow) -> Result<(), ApiError> {
    let spans = [
        ("frt_s", row.frt_s),
        ("resolution_s", row.resolution_s),
        ("escalation_s", row.escalation_s),
        ("warning_s", row.warning_s),
    ];
    for (path, span) in spans {
        if let Some(seconds) = span {
            within(path, seconds, 1..=MOST_SECONDS)?;
        }
    }
    if row.frt_s.is_none() && row.resolution_s.is_none() {
        return Err(ApiError::invalid("frt_s", "one of frt_s and resolution_s is needed"));
    }
    if let (Some(first), Some(last)) = (row.frt_s, row.resolution_s)
        && first > last
    {
        return Err(ApiError::invalid("resolution_s", "must not be shorter than frt_s"));
    }
    Ok(())
}

/// The calendar of a policy.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnCalendar {
    timezone: String,
    #[serde(alias = "business_hours")]
    hours: Value,
    #[serde(default)]
    holidays: Vec<String>,
}

/// A calendar as it is stored. `None`: time always counts.
fn calendar(value: Value) -> Result<Option<Value>, ApiError> {
    match value.as_str() {
        Some("always") => return Ok(None),
        Some("team" | "business_hours") => return Ok(Some(json!("team"))),
        _ if value.is_null() => return Ok(None),
        _ => {}
    }
    let own: OwnCalendar = serde_json::from_value(value).map_err(|_| {
        ApiError::invalid("calendar", "must be \"always\", \"team\" or {\"timezone\",\"hours\",\"holidays\"}")
    })?;
    let timezone = fields::known_timezone("calendar.timezone", &own.timezone)?;
    let hours = fields::openings("calendar.hours", own.hours)?;
    if hours.as_array().is_none_or(Vec::is_empty) {
        return Err(ApiError::invalid("calendar.hours", "must have an opening: else time never counts"));
    }
    let holidays = fields::days("calendar.holidays", &own.holidays)?;
    Ok(Some(json!({ "timezone": timezone, "hours": hours, "holidays": holidays })))
}

endpoints! {
    SlaPolicies at "/api/v1/sla-policies" and "/api/v1/sla-policies/{id}" tagged "service levels", named by Uuid;
    /// Service levels.
    list PolicyQuery;
    /// Promises something to the customers of a team, from now on also in conversations that are open. Admins and
    /// supervisors only.
    create NewPolicy;
    /// One service level.
    read PolicyBody;
    /// Changes a service level; deadlines that are still open are set anew. Admins and supervisors only.
    change by patch PolicyChange;
    /// Takes a service level out of force. Admins and supervisors only.
    deactivate;
}
