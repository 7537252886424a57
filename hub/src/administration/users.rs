//! Users: list, create, read.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::{Extension, Json};
use chrono::{DateTime, Utc};
use patchbay_core::directory::Directory;
use patchbay_core::ids::{TeamId, UserId};
use patchbay_core::role::Role;
use patchbay_http::{ApiError, Caller, Id, Page, Params, decode_cursor, encode_cursor, limit};
use patchbay_store::users::{self, UserFilter, UserRow};
use patchbay_store::{StoreError, Tx, assignment_turns, teams};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::authority::{Sight, require_admin, require_colleague};
use super::{TeamLink, fields};
use crate::auth::{Passwords, check_policy};
use crate::directory::DEFAULT_CAPACITY;
use crate::resource::{Begun, Stamped, Write, record};
use crate::{Hub, HubError};

/// As well as one can.
const BEST: i64 = 5;
/// Most skills of a user.
const MOST_SKILLS: usize = 100;

/// A user.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct UserBody {
    /// Our id.
    id: Uuid,
    /// E-mail address.
    email: String,
    /// Name to show.
    full_name: String,
    /// Role.
    #[schema(value_type = String)]
    role: Role,
    /// Deactivated users may do nothing.
    is_active: bool,
    /// How many conversations the user can hold at once.
    max_concurrent_conversations: i64,
    /// What the user can do, and how well: 1 to 5.
    #[schema(value_type = Object)]
    skills: BTreeMap<String, i64>,
    /// Teams.
    teams: Vec<TeamLink>,
    /// Grows with every change.
    version: i64,
    /// When it was created.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

impl UserBody {
    /// The body of a row, with the teams of the directory.
    pub(super) fn of(row: &UserRow, directory: &Directory) -> Self {
        let teams = directory.users.get(&row.id).map(|user| user.teams.iter()).into_iter().flatten();
        let skills = directory.users.get(&row.id).map(|user| user.skills.clone()).unwrap_or_default();
        Self::with_teams(row, teams.filter_map(|id| directory.teams.get(id)).map(TeamLink::from).collect(), skills)
    }

    pub(super) fn with_teams(row: &UserRow, teams: Vec<TeamLink>, skills: BTreeMap<String, i64>) -> Self {
        Self {
            id: row.id.into(),
            email: row.email.clone(),
            full_name: row.full_name.clone(),
            role: row.role,
            is_active: row.is_active,
            max_concurrent_conversations: row.max_concurrent_conversations,
            skills,
            teams,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// Which users to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct UserQuery {
    /// Members of this team (id or slug).
    team: Option<String>,
    /// Of this role.
    role: Option<String>,
    /// `true`: active ones; `false`: deactivated ones.
    active: Option<bool>,
    /// Part of name or address.
    q: Option<String>,
    /// Where the last page ended.
    cursor: Option<String>,
    /// 1 to 100; 20 when absent.
    limit: Option<i64>,
}

/// Users. Administrators and auditors see all, others the people of their teams.
#[utoipa::path(get, path = "/api/v1/users", tag = "administration", params(UserQuery),
    responses((status = 200, body = Page<UserBody>), (status = 403, description = "FORBIDDEN")))]
pub(super) async fn list(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Params(query): Params<UserQuery>,
) -> Result<Json<Page<UserBody>>, HubError> {
    let sight = require_colleague(&ctx)?;
    let limit = limit(query.limit)?;
    let after = query.cursor.as_deref().map(decode_cursor::<UserId>).transpose()?;
    let directory = hub.directory();
    let team = match &query.team {
        None => None,
        Some(named) => match directory.team(named) {
            Some(team) => Some(team.id),
            None => return Ok(Json(Page::whole(Vec::new()))),
        },
    };
    let role = query.role.as_deref().map(known_role).transpose()?;
    let filter = UserFilter {
        team,
        colleagues_of: match sight {
            Sight::Everything => None,
            Sight::OwnTeams(user) => Some((user, ctx.actor.teams.iter().copied().collect())),
        },
        role,
        is_active: query.active,
        text: query.q.map(|text| text.to_lowercase()),
    };
    let rows = {
        let mut tx = hub.db.read().await?;
        users::page(&mut tx, &filter, after, limit + 1).await?
    };
    let page = Page::of(rows, limit, |row| encode_cursor(&row.id));
    let data = page.data.iter().map(|row| UserBody::of(row, &directory)).collect();
    Ok(Json(Page { data, next_cursor: page.next_cursor }))
}

/// A new user.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewUserBody {
    /// E-mail address, unique.
    email: String,
    /// Name to show.
    full_name: String,
    /// Password, at least 10 characters. Without one the user cannot log in yet.
    password: Option<String>,
    /// Role.
    role: String,
    /// Teams, by slug or id.
    #[serde(default)]
    teams: Vec<String>,
    /// How many conversations the user can hold at once; 5 when absent.
    max_concurrent_conversations: Option<i64>,
    /// What the user can do: `{"billing": 3}`, or a list of skills.
    #[serde(default)]
    #[schema(value_type = Object)]
    skills: Skills,
    /// Whether the user may do anything; true when absent.
    is_active: Option<bool>,
}

/// Creates a user.
#[utoipa::path(post, path = "/api/v1/users", tag = "administration", params(("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
    request_body = NewUserBody,
    responses((status = 201, body = UserBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 403, description = "FORBIDDEN"), (status = 409, description = "ALREADY_EXISTS")))]
pub(super) async fn create(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Extension(passwords): Extension<Passwords>,
    Stamped { body, stamp }: Stamped<NewUserBody>,
) -> Result<Response, HubError> {
    require_admin(&ctx)?;
    let mut row = UserRow {
        id: UserId::new(),
        email: fields::email("email", &body.email)?,
        full_name: fields::text("full_name", &body.full_name, 200)?,
        password_hash: crate::directory::NO_PASSWORD.to_owned(),
        role: assignable_role(&body.role)?,
        is_active: body.is_active.unwrap_or(true),
        max_concurrent_conversations: capacity(body.max_concurrent_conversations.unwrap_or(DEFAULT_CAPACITY))?,
        version: 1,
        created_at: ctx.now,
        updated_at: ctx.now,
    };
    if let Some(password) = body.password {
        check_policy(&password)?;
        row.password_hash = passwords.hash(password).await?;
    }
    let skills = body.skills.checked()?;
    let mut write = match Write::begin(&hub, &ctx, &stamp).await? {
        Begun::Now(write) => write,
        Begun::Before(answer) => return Ok(answer),
    };
    let tx = &mut write.tx;
    let teams = named_teams(tx, &body.teams).await?;
    users::insert(tx, &row).await?;
    set_skills(tx, row.id, &skills).await?;
    for team in &teams {
        teams::add_member(tx, *team, row.id, ctx.now).await?;
    }
    let links = teams::of_user(tx, row.id).await?.iter().map(TeamLink::from).collect();
    record(tx, &ctx, None, "user.create", json!({ "id": row.id, "role": row.role })).await?;
    let answer = write.finish(StatusCode::CREATED, &UserBody::with_teams(&row, links, skills)).await?;
    hub.directory_changed().await;
    Ok(answer)
}

/// One user.
#[utoipa::path(get, path = "/api/v1/users/{id}", tag = "administration", params(("id" = Uuid, Path)),
    responses((status = 200, body = UserBody), (status = 404, description = "NOT_FOUND")))]
pub(super) async fn read(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<UserId>,
) -> Result<Json<UserBody>, HubError> {
    let sight = require_colleague(&ctx)?;
    let directory = hub.directory();
    if let Sight::OwnTeams(own) = sight
        && own != id
        && directory.users.get(&id).is_none_or(|user| user.teams.is_disjoint(&ctx.actor.teams))
    {
        return Err(ApiError::not_found("user").into());
    }
    let mut tx = hub.db.read().await?;
    let row = users::by_id(&mut tx, id).await?.ok_or_else(|| ApiError::not_found("user"))?;
    Ok(Json(UserBody::of(&row, &directory)))
}

/// Skills as they are sent: with how well, or just named.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Skills {
    /// `{"billing": 3}`.
    Graded(BTreeMap<String, i64>),
    /// `["billing"]`: as well as one can.
    Named(Vec<String>),
}

impl Default for Skills {
    fn default() -> Self {
        Self::Named(Vec::new())
    }
}

impl Skills {
    /// Checked. Error: 400 `INVALID_REQUEST` naming the skill.
    pub(super) fn checked(self) -> Result<BTreeMap<String, i64>, ApiError> {
        let graded = match self {
            Self::Graded(graded) => graded,
            Self::Named(names) => names.into_iter().map(|name| (name, BEST)).collect(),
        };
        if graded.len() > MOST_SKILLS {
            return Err(ApiError::invalid("skills", format!("at most {MOST_SKILLS} skills")));
        }
        for (name, grade) in &graded {
            fields::text("skills", name, 100)?;
            if !(1..=BEST).contains(grade) {
                return Err(ApiError::invalid(&format!("skills.{name}"), "must be between 1 and 5"));
            }
        }
        Ok(graded)
    }
}

pub(super) async fn set_skills(tx: &mut Tx, user: UserId, skills: &BTreeMap<String, i64>) -> Result<(), StoreError> {
    let rows: Vec<(String, i64)> = skills.iter().map(|(name, grade)| (name.clone(), *grade)).collect();
    assignment_turns::set_skills(tx, user, &rows).await
}

/// The teams named by slug or id, each once.
pub(super) async fn named_teams(tx: &mut Tx, named: &[String]) -> Result<BTreeSet<TeamId>, HubError> {
    let mut teams = BTreeSet::new();
    for (place, name) in named.iter().enumerate() {
        teams.insert(fields::team(tx, &format!("teams[{place}]"), name).await?.id);
    }
    Ok(teams)
}

fn known_role(role: &str) -> Result<Role, ApiError> {
    role.parse().map_err(|_| ApiError::new(patchbay_core::Code::InvalidQuery, "role: no such role"))
}

/// A role that a person can have. Assistants and the system itself do not log in.
pub(super) fn assignable_role(role: &str) -> Result<Role, ApiError> {
    match role.parse() {
        Ok(Role::AiAgent | Role::System) | Err(_) => Err(ApiError::invalid("role", "no role that a person can have")),
        Ok(role) => Ok(role),
    }
}

pub(super) fn capacity(conversations: i64) -> Result<i64, ApiError> {
    if (0..=1000).contains(&conversations) {
        Ok(conversations)
    } else {
        Err(ApiError::invalid("max_concurrent_conversations", "must be between 0 and 1000"))
    }
}
