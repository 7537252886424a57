//! Canned responses, of a team or of everybody.

use chrono::{DateTime, Utc};
use patchbay_core::Ctx;
use patchbay_core::directory::Directory;
use patchbay_core::ids::CannedResponseId;
use patchbay_http::ApiError;
use patchbay_store::Tx;
use patchbay_store::canned_responses::{self, CannedResponseFilter, CannedResponseRow};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::authority::{Sight, require_admin, require_colleague};
use super::{TeamLink, fields};
use crate::resource::{Edit, Mark, Resource, Window, endpoints};
use crate::{Hub, HubError};

/// A canned response.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct CannedResponseBody {
    /// Our id.
    id: Uuid,
    /// Team it belongs to; null: everybody's.
    team: Option<TeamLink>,
    /// What an agent types to get it.
    shortcut: String,
    /// What it is about.
    title: String,
    /// The answer.
    text: String,
    /// Deactivated ones are not offered.
    is_active: bool,
    /// Grows with every change.
    version: i64,
    /// When it was created.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

impl CannedResponseBody {
    fn of(row: CannedResponseRow, directory: &Directory) -> Self {
        Self {
            id: row.id.into(),
            team: row.team_id.and_then(|id| directory.teams.get(&id)).map(TeamLink::from),
            shortcut: row.shortcut,
            title: row.title,
            text: row.text,
            is_active: row.is_active,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// Which canned responses to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct CannedResponseQuery {
    /// Those of this team (id or slug) and everybody's.
    team: Option<String>,
    /// `true`: active ones; `false`: deactivated ones.
    active: Option<bool>,
    /// Part of shortcut, title or text.
    q: Option<String>,
    /// Where the last page ended.
    cursor: Option<String>,
    /// 1 to 100; 20 when absent.
    limit: Option<i64>,
}

/// A new canned response.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewCannedResponseBody {
    /// What an agent types to get it, unique in its team.
    shortcut: String,
    /// What it is about; the shortcut when absent.
    title: Option<String>,
    /// The answer.
    text: String,
    /// Team, by slug or id; everybody's when absent.
    team: Option<String>,
}

/// What changes about a canned response; absent fields stay.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CannedResponseChangeBody {
    /// What an agent types to get it, unique in its team.
    shortcut: Option<String>,
    /// What it is about.
    title: Option<String>,
    /// The answer.
    text: Option<String>,
    /// Team, by slug or id; null makes it everybody's.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    team: Edit<String>,
    /// Deactivated ones are not offered.
    is_active: Option<bool>,
    /// Version the change was made from; `If-Match` says the same.
    #[serde(alias = "expected_version")]
    version: Option<i64>,
}

/// Canned responses.
pub(super) struct CannedResponses;

impl Resource for CannedResponses {
    const NAME: &'static str = "canned_response";
    type Key = CannedResponseId;
    type Row = CannedResponseRow;
    type Query = CannedResponseQuery;
    type New = NewCannedResponseBody;
    type Change = CannedResponseChangeBody;
    type Body = CannedResponseBody;

    fn may_read(ctx: &Ctx) -> Result<(), ApiError> {
        require_colleague(ctx).map(drop)
    }

    fn may_write(ctx: &Ctx) -> Result<(), ApiError> {
        require_admin(ctx)
    }

    fn window(query: &CannedResponseQuery) -> Window<'_> {
        Window { cursor: query.cursor.as_deref(), limit: query.limit }
    }

    fn mark(row: &CannedResponseRow) -> Mark {
        Mark { id: row.id.into(), version: row.version, account: None }
    }

    fn made_from(change: &CannedResponseChangeBody) -> Option<i64> {
        change.version
    }

    fn body(hub: &Hub, row: &CannedResponseRow) -> CannedResponseBody {
        CannedResponseBody::of(row.clone(), &hub.directory())
    }

    async fn page(
        tx: &mut Tx,
        hub: &Hub,
        ctx: &Ctx,
        query: CannedResponseQuery,
        after: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<CannedResponseRow>, HubError> {
        let named = query.team.as_ref().map(|named| hub.directory().team(named).map(|team| team.id));
        if named == Some(None) {
            return Ok(Vec::new());
        }
        let filter = CannedResponseFilter {
            team: named.flatten(),
            teams: match require_colleague(ctx)? {
                Sight::Everything => None,
                Sight::OwnTeams(_) => Some(ctx.actor.teams.iter().copied().collect()),
            },
            is_active: query.active,
            text: query.q.map(|text| text.to_lowercase()),
        };
        Ok(canned_responses::page(tx, &filter, after.map(CannedResponseId), limit).await?)
    }

    async fn find(tx: &mut Tx, ctx: &Ctx, key: &CannedResponseId) -> Result<Option<CannedResponseRow>, HubError> {
        let sees_all = require_colleague(ctx)? == Sight::Everything;
        Ok(canned_responses::by_id(tx, *key).await?.filter(|row| sees_all || may_see(ctx, row)))
    }

    async fn make(tx: &mut Tx, ctx: &Ctx, new: NewCannedResponseBody) -> Result<CannedResponseRow, HubError> {
        let shortcut = shortcut(&new.shortcut)?;
        let team_id = match &new.team {
            None => None,
            Some(named) => Some(fields::team(tx, "team", named).await?.id),
        };
        let row = CannedResponseRow {
            id: CannedResponseId::new(),
            team_id,
            title: fields::text("title", new.title.as_deref().unwrap_or(&shortcut), 200)?,
            shortcut,
            text: fields::text("text", &new.text, 4096)?,
            is_active: true,
            version: 1,
            created_at: ctx.now,
            updated_at: ctx.now,
        };
        canned_responses::insert(tx, &row).await?;
        Ok(row)
    }

    async fn apply(
        tx: &mut Tx,
        _: &Ctx,
        row: &mut CannedResponseRow,
        change: CannedResponseChangeBody,
    ) -> Result<(), HubError> {
        if let Some(text) = &change.shortcut {
            row.shortcut = shortcut(text)?;
        }
        if let Some(title) = &change.title {
            row.title = fields::text("title", title, 200)?;
        }
        if let Some(text) = &change.text {
            row.text = fields::text("text", text, 4096)?;
        }
        match &change.team {
            Edit::Keep => {}
            Edit::Clear => row.team_id = None,
            Edit::Set(named) => row.team_id = Some(fields::team(tx, "team", named).await?.id),
        }
        row.is_active = change.is_active.unwrap_or(row.is_active);
        Ok(())
    }

    async fn save(tx: &mut Tx, ctx: &Ctx, row: &mut CannedResponseRow) -> Result<(), HubError> {
        row.updated_at = ctx.now;
        canned_responses::update(tx, row).await?;
        row.version += 1;
        Ok(())
    }

    fn retire(row: &mut CannedResponseRow) -> bool {
        std::mem::replace(&mut row.is_active, false)
    }
}

endpoints! {
    CannedResponses at "/api/v1/canned-responses" and "/api/v1/canned-responses/{id}" tagged "administration",
        named by Uuid;
    /// Canned responses: everybody's, and those of the caller's teams.
    list CannedResponseQuery;
    /// Creates a canned response.
    create NewCannedResponseBody;
    /// One canned response.
    read CannedResponseBody;
    /// Changes a canned response.
    change by patch CannedResponseChangeBody;
    /// Deactivates a canned response: it is not offered any more.
    deactivate;
}

fn may_see(ctx: &Ctx, row: &CannedResponseRow) -> bool {
    row.team_id.is_none_or(|team| ctx.actor.teams.contains(&team))
}

/// One word, without the slash that agents type before it.
fn shortcut(value: &str) -> Result<String, ApiError> {
    let value = fields::text("shortcut", value.trim().trim_start_matches('/'), 64)?;
    if value.contains(char::is_whitespace) {
        return Err(ApiError::invalid("shortcut", "must be one word"));
    }
    Ok(value)
}
