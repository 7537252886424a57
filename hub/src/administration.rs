//! Users, teams, inboxes, canned responses and templates: list, create, read, change, deactivate. Source: contract, the
//! hub's bodies; domain, entities.

mod authority;
mod canned_responses;
mod demo;
mod demo_directory;
mod demo_places;
pub(crate) mod fields;
mod inbox_rules;
mod inboxes;
mod start;
mod team_members;
mod teams;
mod template_sync;
mod templates;
mod user_changes;
mod users;

use axum::Extension;
use patchbay_core::directory::Team;
use patchbay_http::{OpenApiRouter, routes};
use patchbay_store::teams::TeamRow;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

pub use demo::{DemoError, DemoPerson, seed_demo};
pub use start::{STANDARD_TEAMS, StartError, ensure_standard_teams, store_inboxes};

use crate::Hub;
use crate::auth::Passwords;

/// Administration.
pub fn router() -> OpenApiRouter<Hub> {
    OpenApiRouter::new()
        .routes(routes!(users::list, users::create))
        .routes(routes!(users::read, user_changes::change, user_changes::deactivate))
        .routes(routes!(teams::list, teams::create))
        .routes(routes!(teams::read, teams::change, teams::deactivate))
        .routes(routes!(team_members::list))
        .routes(routes!(team_members::add, team_members::remove))
        .routes(routes!(inboxes::list, inboxes::create))
        .routes(routes!(inboxes::read, inboxes::change, inboxes::deactivate))
        .routes(routes!(canned_responses::list, canned_responses::create))
        .routes(routes!(canned_responses::read, canned_responses::change, canned_responses::deactivate))
        .routes(routes!(template_sync::sync))
        .routes(routes!(templates::list, templates::create))
        .routes(routes!(templates::read, templates::change, templates::deactivate))
        .layer(Extension(Passwords::default()))
}

/// A team, in short, with its name.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TeamLink {
    /// Our id.
    pub id: Uuid,
    /// Short unique name.
    pub slug: String,
    /// Name to show.
    pub name: String,
}

impl From<&TeamRow> for TeamLink {
    fn from(row: &TeamRow) -> Self {
        Self { id: row.id.into(), slug: row.slug.clone(), name: row.name.clone() }
    }
}

impl From<&Team> for TeamLink {
    fn from(team: &Team) -> Self {
        Self { id: team.id.into(), slug: team.slug.clone(), name: team.name.clone() }
    }
}
