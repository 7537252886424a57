//! The commands that change how the desk runs: where automation is paused, and what others are told again.

mod outbox;
mod pause;

use patchbay_core::Code;
use patchbay_core::actor::{Actor, Scope};
use patchbay_core::ids::{AccountId, SiteId};
use patchbay_core::ticket::autonomy::{self, Control};
use patchbay_core::ticket::{Command as C, Refusal, Ticket};
use patchbay_store::{StoreError, Tx};
use serde_json::Value;

use crate::error::CommandError;
use crate::work::{Asked, Operated};

/// Carries out a command that changes how the desk runs.
pub(crate) async fn run(tx: &mut Tx, asked: Asked<'_>, body: &Value) -> Result<Operated, CommandError> {
    match asked.row.command {
        C::AutonomyPause | C::AutonomyRollback => pause::say(tx, asked, body).await,
        C::OutboxReplay => outbox::replay(tx, asked, body).await,
        command => unreachable!("{command:?} is not of this family"),
    }
}

/// The pause of automation that holds for a ticket, if one does. It stops only actors that are no people.
pub(crate) async fn paused(tx: &mut Tx, ticket: &Ticket) -> Result<Option<Control>, StoreError> {
    let incident_type = ticket.incident_type.as_deref().unwrap_or_default();
    let controls = patchbay_store::autonomy::covering(tx, &ticket.id.to_string(), incident_type).await?;
    Ok(autonomy::pause(&controls).cloned())
}

/// Whether `actor` may touch what belongs to a place; what belongs to none is for those who may touch everything.
fn within_scope(actor: &Actor, place: Option<(AccountId, SiteId)>) -> Result<(), Refusal> {
    let is_within = match place {
        Some((account, site)) => actor.may_touch(account, site),
        None => actor.accounts == Scope::All && actor.sites == Scope::All,
    };
    if is_within {
        return Ok(());
    }
    Err(Refusal::new(Code::ForbiddenScope, "it concerns accounts or sites outside of what the caller may touch"))
}
