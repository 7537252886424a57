//! `/api/v1/on-call-schedules`: who is on call when.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, NaiveDate, Utc};
use patchbay_core::Ctx;
use patchbay_core::calendar::{Opening, openings_in_order};
use patchbay_core::hours::DayMinute;
use patchbay_core::ids::{OnCallScheduleId, UserId};
use patchbay_core::on_call::{LONGEST_TURN, Override, Rotation, Schedule, on_call};
use patchbay_http::{ApiError, Caller, Id, Params};
use patchbay_store::on_call_schedules::{self, ScheduleRow};
use patchbay_store::{Tx, users};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::body::named;
use crate::administration::fields;
use crate::body::UserRef;
use crate::error::HubError;
use crate::resource::text::{line, within};
use crate::resource::{Mark, Resource, Window, endpoints, require_catalog_keeper, require_reader};
use crate::state::Hub;

/// Most rotations and most exceptions of a schedule, and most people of a rotation.
const MOST: usize = 200;

/// Who is on call when.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = OnCallSchedule)]
pub(super) struct ScheduleBody {
    /// Our id.
    id: Uuid,
    /// What it is called.
    name: String,
    /// Whose clocks count.
    timezone: String,
    /// People who take turns; the first rotation that has somebody decides.
    #[schema(value_type = Vec<RotationEntry>)]
    rotations: Value,
    /// Exceptions; of several the last decides.
    #[schema(value_type = Vec<OverrideEntry>)]
    overrides: Value,
    /// Whether it counts.
    is_active: bool,
    /// Grows with every change.
    version: i64,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

/// People who take turns.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RotationEntry {
    /// Who, in their order.
    users: Vec<Uuid>,
    /// The day of the first turn, such as `2026-01-05`.
    starts_on: String,
    /// When turns change, such as `09:00`.
    handoff: String,
    /// How many days a turn has; 7 when missing.
    days: Option<i64>,
    /// When somebody is on call at all: `[{"weekday","open","close"}]`; always when missing.
    #[schema(value_type = Option<Vec<Object>>)]
    hours: Option<Value>,
}

/// Somebody takes over for a while.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OverrideEntry {
    /// Who.
    user: Uuid,
    /// From.
    from: DateTime<Utc>,
    /// Until.
    until: DateTime<Utc>,
}

/// Which schedules to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ScheduleQuery {
    /// Where the page before ended.
    cursor: Option<String>,
    /// How many, 1 to 100; 20 when missing.
    limit: Option<i64>,
}

/// A new schedule.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewOnCallSchedule {
    /// What it is called.
    name: String,
    /// Whose clocks count, such as `America/Toronto`.
    timezone: String,
    /// People who take turns.
    rotations: Vec<RotationEntry>,
    /// Exceptions.
    overrides: Option<Vec<OverrideEntry>>,
}

/// A change of a schedule: what is missing stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OnCallScheduleChange {
    /// The version the caller read; `If-Match` says the same.
    #[serde(alias = "expected_version")]
    version: Option<i64>,
    /// What it is called.
    name: Option<String>,
    /// Whose clocks count.
    timezone: Option<String>,
    /// People who take turns; replaces all rotations.
    rotations: Option<Vec<RotationEntry>>,
    /// Exceptions; replaces all of them.
    overrides: Option<Vec<OverrideEntry>>,
    /// Whether it counts.
    is_active: Option<bool>,
}

/// The schedules.
pub(super) struct Schedules;

impl Resource for Schedules {
    const NAME: &'static str = "on_call_schedule";
    type Key = OnCallScheduleId;
    type Row = ScheduleRow;
    type Query = ScheduleQuery;
    type New = NewOnCallSchedule;
    type Change = OnCallScheduleChange;
    type Body = ScheduleBody;

    fn may_write(ctx: &Ctx) -> Result<(), ApiError> {
        require_catalog_keeper(ctx)
    }

    fn window(query: &ScheduleQuery) -> Window<'_> {
        Window { cursor: query.cursor.as_deref(), limit: query.limit }
    }

    fn mark(row: &ScheduleRow) -> Mark {
        Mark { id: row.id.into(), version: row.version, account: None }
    }

    fn made_from(change: &OnCallScheduleChange) -> Option<i64> {
        change.version
    }

    fn body(_: &Hub, row: &ScheduleRow) -> ScheduleBody {
        let row = row.clone();
        ScheduleBody {
            id: row.id.into(),
            name: row.name,
            timezone: row.timezone,
            rotations: row.rotations,
            overrides: row.overrides,
            is_active: row.is_active,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }

    async fn page(
        tx: &mut Tx,
        _: &Hub,
        _: &Ctx,
        _: ScheduleQuery,
        after: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<ScheduleRow>, HubError> {
        Ok(on_call_schedules::page(tx, after.map(OnCallScheduleId), limit).await?)
    }

    async fn find(tx: &mut Tx, _: &Ctx, key: &OnCallScheduleId) -> Result<Option<ScheduleRow>, HubError> {
        Ok(on_call_schedules::by_id(tx, *key).await?)
    }

    async fn make(tx: &mut Tx, ctx: &Ctx, new: NewOnCallSchedule) -> Result<ScheduleRow, HubError> {
        let row = ScheduleRow {
            id: OnCallScheduleId::new(),
            name: line("name", &new.name)?,
            timezone: fields::known_timezone("timezone", &new.timezone)?,
            rotations: rotations(tx, new.rotations).await?,
            overrides: overrides(tx, new.overrides.unwrap_or_default()).await?,
            is_active: true,
            version: 1,
            created_at: ctx.now,
            updated_at: ctx.now,
        };
        on_call_schedules::insert(tx, &row).await?;
        Ok(row)
    }

    async fn apply(tx: &mut Tx, _: &Ctx, row: &mut ScheduleRow, change: OnCallScheduleChange) -> Result<(), HubError> {
        if let Some(name) = &change.name {
            row.name = line("name", name)?;
        }
        if let Some(timezone) = &change.timezone {
            row.timezone = fields::known_timezone("timezone", timezone)?;
        }
        if let Some(entries) = change.rotations {
            row.rotations = rotations(tx, entries).await?;
        }
        if let Some(entries) = change.overrides {
            row.overrides = overrides(tx, entries).await?;
        }
        row.is_active = change.is_active.unwrap_or(row.is_active);
        Ok(())
    }

    async fn save(tx: &mut Tx, ctx: &Ctx, row: &mut ScheduleRow) -> Result<(), HubError> {
        row.updated_at = ctx.now;
        on_call_schedules::update(tx, row).await?;
        row.version += 1;
        Ok(())
    }

    fn retire(row: &mut ScheduleRow) -> bool {
        std::mem::replace(&mut row.is_active, false)
    }
}

/// A schedule as it is asked who is on call.
pub(super) fn schedule_of(row: &ScheduleRow) -> Schedule {
    Schedule {
        timezone: row.timezone.clone(),
        rotations: serde_json::from_value(row.rotations.clone()).unwrap_or_default(),
        overrides: serde_json::from_value(row.overrides.clone()).unwrap_or_default(),
    }
}

async fn rotations(tx: &mut Tx, entries: Vec<RotationEntry>) -> Result<Value, HubError> {
    if entries.is_empty() || entries.len() > MOST {
        return Err(ApiError::invalid("rotations", format!("must have 1 to {MOST} entries")).into());
    }
    let mut rotations = Vec::with_capacity(entries.len());
    for (place, entry) in entries.into_iter().enumerate() {
        let at = |field: &str| format!("rotations[{place}].{field}");
        if entry.users.is_empty() || entry.users.len() > MOST {
            return Err(ApiError::invalid(&at("users"), format!("must name 1 to {MOST} people")).into());
        }
        let mut people = Vec::with_capacity(entry.users.len());
        for (turn, id) in entry.users.iter().enumerate() {
            people.push(known_user(tx, &at(&format!("users[{turn}]")), *id).await?);
        }
        let starts_on: NaiveDate = entry
            .starts_on
            .parse()
            .map_err(|_| ApiError::invalid(&at("starts_on"), "must be a day such as 2026-01-05"))?;
        let handoff: DayMinute = entry
            .handoff
            .parse()
            .map_err(|_| ApiError::invalid(&at("handoff"), "must be a time of day, such as 09:00"))?;
        let days = within(&at("days"), entry.days.unwrap_or(7), 1..=LONGEST_TURN)?;
        let hours = match entry.hours {
            Some(value) => {
                let hours: Vec<Opening> = serde_json::from_value(fields::openings(&at("hours"), value)?)
                    .map_err(|_| ApiError::invalid(&at("hours"), "must be a list of openings"))?;
                openings_in_order(hours).map_err(|misfit| ApiError::invalid(&at("hours"), misfit.to_string()))?
            }
            None => Vec::new(),
        };
        rotations.push(Rotation { users: people, starts_on, handoff, days, hours });
    }
    Ok(json!(rotations))
}

async fn overrides(tx: &mut Tx, entries: Vec<OverrideEntry>) -> Result<Value, HubError> {
    if entries.len() > MOST {
        return Err(ApiError::invalid("overrides", format!("at most {MOST} entries")).into());
    }
    let mut overrides = Vec::with_capacity(entries.len());
    for (place, entry) in entries.into_iter().enumerate() {
        let user = known_user(tx, &format!("overrides[{place}].user"), entry.user).await?;
        if entry.until <= entry.from {
            return Err(ApiError::invalid(&format!("overrides[{place}].until"), "must be later than from").into());
        }
        overrides.push(Override { user, from: entry.from, until: entry.until });
    }
    Ok(json!(overrides))
}

async fn known_user(tx: &mut Tx, path: &str, id: Uuid) -> Result<UserId, HubError> {
    let user = users::by_id(tx, UserId(id)).await?.filter(|user| user.is_active);
    Ok(user.ok_or_else(|| ApiError::invalid(path, "no active user has this id"))?.id)
}

/// When.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct OnCallQuery {
    /// At which time; now when missing.
    at: Option<DateTime<Utc>>,
}

/// Who is on call.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = OnCall)]
pub(super) struct OnCallBody {
    /// At this time.
    at: DateTime<Utc>,
    /// Who; null: nobody.
    user: Option<UserRef>,
    /// Until when the turn or the exception lasts.
    until: Option<DateTime<Utc>>,
    /// `rotation` or `override`.
    source: Option<&'static str>,
}

/// Who is on call at a time.
#[utoipa::path(get, path = "/api/v1/on-call-schedules/{id}/on-call", tag = "alerts", operation_id = "on_call",
    params(("id" = Uuid, Path), OnCallQuery),
    responses((status = 200, body = OnCallBody), (status = 400, description = "INVALID_QUERY"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND")))]
pub(super) async fn on_call_at(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<OnCallScheduleId>,
    Params(query): Params<OnCallQuery>,
) -> Result<Json<OnCallBody>, HubError> {
    require_reader(&ctx)?;
    let at = query.at.unwrap_or(ctx.now);
    let row = on_call_schedules::by_id(&mut hub.db.read().await?, id).await?;
    let row = row.ok_or_else(|| ApiError::not_found("on call schedule"))?;
    let turn = on_call(&schedule_of(&row), at).filter(|_| row.is_active);
    Ok(Json(OnCallBody {
        at,
        user: turn.map(|turn| named(&hub.directory(), turn.user)),
        until: turn.map(|turn| turn.until),
        source: turn.map(|turn| if turn.rotation.is_some() { "rotation" } else { "override" }),
    }))
}

endpoints! {
    Schedules at "/api/v1/on-call-schedules" and "/api/v1/on-call-schedules/{id}" tagged "alerts", named by Uuid;
    /// Schedules of who is on call, in the order they were made.
    list ScheduleQuery;
    /// Makes a schedule. Admins and supervisors only.
    create NewOnCallSchedule;
    /// One schedule.
    read ScheduleBody;
    /// Changes a schedule. Admins and supervisors only.
    change by patch OnCallScheduleChange;
    /// Takes a schedule out of use: nobody is on call by it. Admins and supervisors only.
    deactivate;
}
