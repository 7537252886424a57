//! The whole matrix: every command by every role in every state, within and outside of its reach. What must come out is
//! worked out here from the table's rows alone, not by the policy that the pipeline asks.

mod bodies;
mod histories;
mod policy;
mod refusals;
mod staging;
mod successes;

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::Request;
use patchbay_core::ids::TechnicianId;
use patchbay_core::role::{ActorType, Role};
use patchbay_core::ticket::{Actors, CommandRow, Kind, Reach, Ticket, TicketState, commands};
use serde_json::Value;
use uuid::Uuid;

use super::{Answer, App};

/// The states in which a ticket rests: it only passes through ON_SITE, which is tested for refusals all the same.
const STATES: &[TicketState] = TicketState::ALL;

/// The commands on a ticket.
fn rows() -> impl Iterator<Item = &'static CommandRow> {
    commands().filter(|row| row.kind == Kind::Changes)
}

/// Whether the role does the work on site: it changes what is assigned to it.
fn is_performer(role: Role) -> bool {
    matches!(role, Role::Technician | Role::Vendor)
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
struct Asker {
    role: Role,
    /// Subject of the token.
    id: Uuid,
    /// Whether the ticket's site is within the token's scope.
    reach: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Here,
    Elsewhere,
}

/// What must come out, as status, code and dimension. `None`: policy is not against it.
fn refusal(row: &CommandRow, asker: Asker, ticket: &Ticket) -> Option<(u16, &'static str, &'static str)> {
    let reach = row.roles.iter().find(|(role, _)| *role == asker.role).map(|(_, reach)| *reach);
    let is_person = asker.role.default_actor_type() == ActorType::Human;
    let works = reach == Some(Reach::Own) && is_performer(asker.role);
    let assigned = [ticket.assigned_tech_id.map(Uuid::from), ticket.assigned_provider_id.map(Uuid::from)];
    let is_free = assigned == [None, None];
    let is_own = assigned.contains(&Some(asker.id));
    let starts_here = row.from.is_empty() || row.from.contains(&ticket.state);
    if reach.is_none() || (row.actors == Actors::Humans && !is_person) {
        Some((403, "FORBIDDEN", "role"))
    } else if asker.reach == Place::Elsewhere {
        Some((403, "FORBIDDEN_SCOPE", "scope"))
    } else if works && !is_own && !is_free {
        Some((403, "NOT_ASSIGNED", "scope"))
    } else if !starts_here {
        Some((409, "INVALID_STATE_TRANSITION", "state"))
    } else if works && !is_own {
        Some((403, "NOT_ASSIGNED", "scope"))
    } else {
        None
    }
}

impl App {
    fn token_of(&self, asker: Asker) -> String {
        let site = match asker.reach {
            Place::Here => self.site.to_string(),
            Place::Elsewhere => Uuid::from_u128(11).to_string(),
        };
        self.scoped_token(asker.role.as_str(), asker.id, &["*".into()], &[site])
    }

    async fn ask(&self, row: &CommandRow, asker: Asker, ticket: &Ticket, key: Uuid, body: &Value) -> Answer {
        let path = row.route.replace("{ticket_id}", &ticket.id.to_string());
        let request = Request::builder()
            .method(row.method.as_str())
            .uri(path)
            .header("authorization", format!("Bearer {}", self.token_of(asker)))
            .header("content-type", "application/json")
            .header("idempotency-key", key.to_string());
        self.send(request.body(Body::from(body.to_string())).expect("a request")).await
    }

    /// A ticket in each state, with `technician` where somebody does the work.
    async fn one_in_each_state(&self, technician: TechnicianId) -> BTreeMap<TicketState, Ticket> {
        let mut tickets = BTreeMap::new();
        for state in STATES {
            tickets.insert(*state, self.ticket_in(*state, technician).await);
        }
        tickets
    }
}
