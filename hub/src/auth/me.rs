//! Who am I, and what may I do.

use axum::Json;
use axum::extract::State;
use patchbay_core::role::Role;
use patchbay_http::Caller;
use patchbay_store::users;
use serde::Serialize;
use utoipa::ToSchema;

use super::grant::SelfBody;
use crate::administration::TeamLink;
use crate::{Hub, HubError};

/// Who am I, and what may I do.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MeBody {
    /// Who.
    user: SelfBody,
    /// What, as words for pages to show or hide things by. The server checks every request by itself.
    permissions: Vec<&'static str>,
}

/// Who am I, and what may I do.
#[utoipa::path(get, path = "/api/v1/me", tag = "auth",
    responses((status = 200, body = MeBody), (status = 401, description = "AUTH_REQUIRED, INVALID_AUTH_TOKEN")))]
pub(super) async fn me(State(hub): State<Hub>, Caller(ctx): Caller) -> Result<Json<MeBody>, HubError> {
    let actor = ctx.actor;
    let email = {
        let mut tx = hub.db.read().await?;
        users::by_id(&mut tx, actor.user_id()).await?.map(|user| user.email)
    };
    let directory = hub.directory();
    let teams = actor.teams.iter().filter_map(|id| directory.teams.get(id)).map(TeamLink::from).collect();
    Ok(Json(MeBody {
        user: SelfBody {
            id: actor.id.into(),
            email,
            full_name: actor.name.unwrap_or_default(),
            role: actor.role,
            teams,
        },
        permissions: permissions(actor.role),
    }))
}

/// What a role may do, in the words of the console.
fn permissions(role: Role) -> Vec<&'static str> {
    let mut words = Vec::new();
    if role.works_conversations() {
        words.extend(["conversations.read", "conversations.take", "conversations.reply", "conversations.close"]);
        words.extend(["notes.write", "tags.write", "tickets.create"]);
    }
    if role.leads() {
        words.extend(["conversations.assign", "conversations.transfer", "conversations.reopen", "inboxes.read"]);
    }
    match role {
        Role::Admin => words.extend(["administration.read", "administration.write", "dead_letters.write"]),
        Role::Auditor => words.extend(["conversations.read", "administration.read", "inboxes.read"]),
        Role::Dispatcher => words.extend(["tickets.create", "tickets.dispatch"]),
        _ => {}
    }
    words
}
