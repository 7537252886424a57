//! Users: change, deactivate.

use std::collections::BTreeSet;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use patchbay_core::ids::{TeamId, UserId};
use patchbay_core::notice::Notice;
use patchbay_core::role::Role;
use patchbay_core::{Code, Ctx};
use patchbay_http::{ApiError, Caller, Id};
use patchbay_store::users::{self, UserRow};
use patchbay_store::{Tx, assignment_turns, sessions, teams};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::authority::require_admin;
use super::users::{Skills, UserBody, assignable_role, capacity, named_teams, set_skills};
use super::{TeamLink, fields};
use crate::auth::{Passwords, check_policy};
use crate::conversations::{Leaving, release};
use crate::resource::{Begun, Stamp, Stamped, Write, record};
use crate::{Hub, HubError};

/// What changes about a user; absent fields stay.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UserChangeBody {
    /// E-mail address, unique.
    email: Option<String>,
    /// Name to show.
    full_name: Option<String>,
    /// Password, at least 10 characters. All logins of the user end.
    password: Option<String>,
    /// Role.
    role: Option<String>,
    /// Teams, by slug or id; the user leaves the others, and what they hold of these goes back to the queue.
    teams: Option<Vec<String>>,
    /// How many conversations the user can hold at once.
    max_concurrent_conversations: Option<i64>,
    /// What the user can do: `{"billing": 3}`, or a list of skills; the others are forgotten.
    #[schema(value_type = Option<Object>)]
    skills: Option<Skills>,
    /// Whether the user may do anything. Deactivating ends all logins and gives held conversations back to the queue.
    is_active: Option<bool>,
    /// Version the change was made from; `If-Match` says the same.
    #[serde(alias = "expected_version")]
    version: Option<i64>,
}

/// Changes a user.
#[utoipa::path(patch, path = "/api/v1/users/{id}", tag = "administration", params(("id" = Uuid, Path),
           ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
    request_body = UserChangeBody,
    responses((status = 200, body = UserBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 403, description = "FORBIDDEN"), (status = 404, description = "NOT_FOUND"),
              (status = 409, description = "VERSION_CONFLICT, ALREADY_EXISTS, INVALID_STATE_TRANSITION")))]
pub(super) async fn change(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Extension(passwords): Extension<Passwords>,
    Id(id): Id<UserId>,
    Stamped { body, stamp }: Stamped<UserChangeBody>,
) -> Result<Response, HubError> {
    require_admin(&ctx)?;
    let hash = match body.password {
        None => None,
        Some(password) => {
            check_policy(&password)?;
            Some(passwords.hash(password).await?)
        }
    };
    let mut write = match Write::begin(&hub, &ctx, &stamp).await? {
        Begun::Now(write) => write,
        Begun::Before(answer) => return Ok(answer),
    };
    let before = users::by_id(&mut write.tx, id).await?.ok_or_else(|| ApiError::not_found("user"))?;
    stamp.check_version(body.version, before.version)?;
    let mut row = before.clone();
    if let Some(email) = &body.email {
        row.email = fields::email("email", email)?;
    }
    if let Some(name) = &body.full_name {
        row.full_name = fields::text("full_name", name, 200)?;
    }
    if let Some(role) = &body.role {
        row.role = assignable_role(role)?;
    }
    if let Some(conversations) = body.max_concurrent_conversations {
        row.max_concurrent_conversations = capacity(conversations)?;
    }
    if let Some(is_active) = body.is_active {
        row.is_active = is_active;
    }
    let new_password = hash.is_some();
    row.password_hash = hash.unwrap_or(row.password_hash);
    let memberships = match &body.teams {
        None => None,
        Some(named) => Some(named_teams(&mut write.tx, named).await?),
    };
    let ends_logins = if new_password { EndsLogins::Yes("password changed") } else { EndsLogins::WhenDeactivated };
    if let Some(skills) = body.skills {
        set_skills(&mut write.tx, row.id, &skills.checked()?).await?;
    }
    save(&hub, write, &ctx, &before, row, memberships, ends_logins).await
}

/// Deactivates a user: all logins end, held conversations go back to the queue. What the user wrote stays.
#[utoipa::path(delete, path = "/api/v1/users/{id}", tag = "administration", params(("id" = Uuid, Path),
           ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
    responses((status = 200, body = UserBody), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND"), (status = 409, description = "INVALID_STATE_TRANSITION")))]
pub(super) async fn deactivate(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<UserId>,
    stamp: Stamp,
) -> Result<Response, HubError> {
    require_admin(&ctx)?;
    let mut write = match Write::begin(&hub, &ctx, &stamp).await? {
        Begun::Now(write) => write,
        Begun::Before(answer) => return Ok(answer),
    };
    let before = users::by_id(&mut write.tx, id).await?.ok_or_else(|| ApiError::not_found("user"))?;
    stamp.check_version(None, before.version)?;
    let row = UserRow { is_active: false, ..before.clone() };
    save(&hub, write, &ctx, &before, row, None, EndsLogins::WhenDeactivated).await
}

/// Whether a change ends the user's logins.
enum EndsLogins {
    /// For this reason.
    Yes(&'static str),
    /// Only when it deactivates the user.
    WhenDeactivated,
}

async fn save(
    hub: &Hub,
    mut write: Write,
    ctx: &Ctx,
    before: &UserRow,
    mut row: UserRow,
    memberships: Option<BTreeSet<TeamId>>,
    ends_logins: EndsLogins,
) -> Result<Response, HubError> {
    let tx = &mut write.tx;
    keep_one_admin(tx, before, &row).await?;
    row.updated_at = ctx.now;
    users::update(tx, &row).await?;
    row.version += 1;
    if let Some(teams) = memberships {
        let current: BTreeSet<TeamId> = teams::of_user(tx, row.id).await?.into_iter().map(|team| team.id).collect();
        for team in current.difference(&teams) {
            teams::remove_member(tx, *team, row.id).await?;
            if row.is_active && row.role != Role::Admin {
                release(tx, &hub.gate.directory.load_full(), ctx, row.id, Leaving::Team(*team)).await?;
            }
        }
        for team in teams.difference(&current) {
            teams::add_member(tx, *team, row.id, ctx.now).await?;
        }
    }
    let deactivated = before.is_active && !row.is_active;
    let revoked = match ends_logins {
        EndsLogins::Yes(reason) => Some(reason),
        EndsLogins::WhenDeactivated => deactivated.then_some("deactivated"),
    };
    if let Some(reason) = revoked {
        sessions::revoke_all_of(tx, row.id, reason, ctx.now).await?;
    }
    if deactivated {
        release(tx, &hub.gate.directory.load_full(), ctx, row.id, Leaving::Deactivated).await?;
    }
    let links = teams::of_user(tx, row.id).await?.iter().map(TeamLink::from).collect();
    let skills = assignment_turns::skills_of(tx, row.id).await?;
    let subject = json!({ "id": row.id, "role": row.role, "is_active": row.is_active, "logins_ended": revoked });
    record(tx, ctx, None, "user.change", subject).await?;
    let answer = write.finish(StatusCode::OK, &UserBody::with_teams(&row, links, skills)).await?;
    hub.directory_changed().await;
    if revoked.is_some() {
        hub.db.signals().announce(Notice::UserRevoked { user: row.id });
    }
    Ok(answer)
}

/// Somebody must be left who can let others in.
async fn keep_one_admin(tx: &mut Tx, before: &UserRow, after: &UserRow) -> Result<(), HubError> {
    let was = before.is_active && before.role == Role::Admin;
    let stays = after.is_active && after.role == Role::Admin;
    if was && !stays && users::count_active_of_role_except(tx, Role::Admin, before.id).await? == 0 {
        return Err(ApiError::new(Code::InvalidStateTransition, "the last administrator must stay one").into());
    }
    Ok(())
}
