//! What is learned about a request while it is served, for the record of it.

use std::sync::{Arc, OnceLock};

use axum::response::Response;
use patchbay_core::Code;
use patchbay_core::actor::Actor;
use patchbay_core::ids::ActorId;
use patchbay_core::role::{ActorType, Role};

use crate::error::PendingError;

/// A place in the extensions of a request where [`crate::Caller`] notes who calls.
#[derive(Clone, Debug, Default)]
pub struct Noted(Arc<OnceLock<NotedActor>>);

/// Who called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotedActor {
    /// Who.
    pub id: ActorId,
    /// As what.
    pub role: Role,
    /// What kind of being.
    pub actor_type: ActorType,
}

impl Noted {
    /// Who called, once that is known.
    pub fn actor(&self) -> Option<NotedActor> {
        self.0.get().copied()
    }

    pub(crate) fn note(&self, actor: &Actor) {
        // The first proof counts; an endpoint that asks twice gets the same answer.
        let _known = self.0.set(NotedActor { id: actor.id, role: actor.role, actor_type: actor.actor_type });
    }
}

/// The code of the error that a response carries, before the correlation layer has completed it.
pub fn error_code(response: &Response) -> Option<Code> {
    response.extensions().get::<PendingError>().map(|PendingError(error)| error.code())
}
