//! Teams.

use chrono::{DateTime, Utc};
use patchbay_core::Ctx;
use patchbay_core::ids::TeamId;
use patchbay_http::ApiError;
use patchbay_store::Tx;
use patchbay_store::teams::{self, TeamRow};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::authority::{require_admin, require_colleague};
use super::fields;
use crate::resource::{Mark, Resource, Window, endpoints};
use crate::{Hub, HubError, service_levels};

/// A team.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct TeamBody {
    /// Our id.
    id: Uuid,
    /// Short unique name.
    slug: String,
    /// Name to show.
    name: String,
    /// Time zone of its business hours.
    timezone: String,
    /// Whether conversations of its queue are given out by themselves.
    auto_assign: bool,
    /// When it is there: `{weekday, open, close}`; 0 is Monday.
    business_hours: Value,
    /// Days on which it is not.
    holidays: Value,
    /// Deactivated teams take no conversations.
    is_active: bool,
    /// Grows with every change.
    version: i64,
    /// When it was created.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

impl From<TeamRow> for TeamBody {
    fn from(row: TeamRow) -> Self {
        Self {
            id: row.id.into(),
            slug: row.slug,
            name: row.name,
            timezone: row.timezone,
            auto_assign: row.auto_assign,
            business_hours: row.business_hours,
            holidays: row.holidays,
            is_active: row.is_active,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// A page of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct TeamQuery {
    /// Where the last page ended.
    cursor: Option<String>,
    /// 1 to 100; 20 when absent.
    limit: Option<i64>,
}

/// A new team.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewTeamBody {
    /// Short unique name: a-z, 0-9, `_`, `-`.
    slug: String,
    /// Name to show.
    name: String,
    /// Time zone of its business hours; UTC when absent.
    timezone: Option<String>,
    /// Whether conversations of its queue are given out by themselves; not when absent.
    auto_assign: Option<bool>,
    /// When it is there: `{weekday, open, close}`; 0 is Monday, a `close` before `open` is on the next day.
    #[schema(value_type = Option<Vec<Object>>)]
    business_hours: Option<Value>,
    /// Days on which it is not, such as `2026-12-25`.
    holidays: Option<Vec<String>>,
}

/// What changes about a team; absent fields stay.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TeamChangeBody {
    /// Short unique name: a-z, 0-9, `_`, `-`.
    slug: Option<String>,
    /// Name to show.
    name: Option<String>,
    /// Time zone of its business hours.
    timezone: Option<String>,
    /// Whether conversations of its queue are given out by themselves.
    auto_assign: Option<bool>,
    /// When it is there: `{weekday, open, close}`; 0 is Monday, a `close` before `open` is on the next day.
    #[schema(value_type = Option<Vec<Object>>)]
    business_hours: Option<Value>,
    /// Days on which it is not, such as `2026-12-25`.
    holidays: Option<Vec<String>>,
    /// Deactivated teams take no conversations.
    is_active: Option<bool>,
    /// Version the change was made from; `If-Match` says the same.
    #[serde(alias = "expected_version")]
    version: Option<i64>,
}

/// Teams.
pub(super) struct Teams;

impl Resource for Teams {
    const NAME: &'static str = "team";
    /// An id or a slug.
    type Key = String;
    type Row = TeamRow;
    type Query = TeamQuery;
    type New = NewTeamBody;
    type Change = TeamChangeBody;
    type Body = TeamBody;

    fn may_read(ctx: &Ctx) -> Result<(), ApiError> {
        require_colleague(ctx).map(drop)
    }

    fn may_write(ctx: &Ctx) -> Result<(), ApiError> {
        require_admin(ctx)
    }

    fn window(query: &TeamQuery) -> Window<'_> {
        Window { cursor: query.cursor.as_deref(), limit: query.limit }
    }

    fn mark(row: &TeamRow) -> Mark {
        Mark { id: row.id.into(), version: row.version, account: None }
    }

    fn made_from(change: &TeamChangeBody) -> Option<i64> {
        change.version
    }

    fn body(_: &Hub, row: &TeamRow) -> TeamBody {
        row.clone().into()
    }

    async fn page(
        tx: &mut Tx,
        _: &Hub,
        _: &Ctx,
        _: TeamQuery,
        after: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<TeamRow>, HubError> {
        Ok(teams::page(tx, after.map(TeamId), limit).await?)
    }

    async fn find(tx: &mut Tx, _: &Ctx, key: &String) -> Result<Option<TeamRow>, HubError> {
        fields::find_team(tx, key).await
    }

    async fn make(tx: &mut Tx, ctx: &Ctx, new: NewTeamBody) -> Result<TeamRow, HubError> {
        let row = TeamRow {
            id: TeamId::new(),
            slug: fields::slug("slug", &new.slug)?,
            name: fields::text("name", &new.name, 200)?,
            timezone: fields::known_timezone("timezone", new.timezone.as_deref().unwrap_or("UTC"))?,
            auto_assign: new.auto_assign.unwrap_or(false),
            business_hours: fields::openings("business_hours", new.business_hours.unwrap_or_else(|| json!([])))?,
            holidays: fields::days("holidays", &new.holidays.unwrap_or_default())?,
            is_active: true,
            version: 1,
            created_at: ctx.now,
            updated_at: ctx.now,
        };
        teams::insert(tx, &row).await?;
        Ok(row)
    }

    async fn apply(_: &mut Tx, _: &Ctx, row: &mut TeamRow, change: TeamChangeBody) -> Result<(), HubError> {
        if let Some(slug) = &change.slug {
            row.slug = fields::slug("slug", slug)?;
        }
        if let Some(name) = &change.name {
            row.name = fields::text("name", name, 200)?;
        }
        if let Some(timezone) = &change.timezone {
            row.timezone = fields::known_timezone("timezone", timezone)?;
        }
        row.auto_assign = change.auto_assign.unwrap_or(row.auto_assign);
        if let Some(hours) = change.business_hours {
            row.business_hours = fields::openings("business_hours", hours)?;
        }
        if let Some(days) = change.holidays {
            row.holidays = fields::days("holidays", &days)?;
        }
        row.is_active = change.is_active.unwrap_or(row.is_active);
        Ok(())
    }

    async fn save(tx: &mut Tx, ctx: &Ctx, row: &mut TeamRow) -> Result<(), HubError> {
        row.updated_at = ctx.now;
        teams::update(tx, row).await?;
        row.version += 1;
        // Its deadlines may count in its business hours.
        Ok(service_levels::recompute(tx, ctx, row.id).await?)
    }

    fn retire(row: &mut TeamRow) -> bool {
        std::mem::replace(&mut row.is_active, false)
    }

    async fn written(hub: &Hub) {
        hub.directory_changed().await;
    }
}

endpoints! {
    Teams at "/api/v1/teams" and "/api/v1/teams/{id}" tagged "administration", named by String;
    /// Teams.
    list TeamQuery;
    /// Creates a team.
    create NewTeamBody;
    /// One team, by id or slug.
    read TeamBody;
    /// Changes a team.
    change by patch TeamChangeBody;
    /// Deactivates a team: it takes no more conversations.
    deactivate;
}
