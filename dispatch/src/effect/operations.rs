//! Not built yet.

use patchbay_core::Code;
use patchbay_core::ticket::autonomy::{self, Control};
use patchbay_core::ticket::{Refusal, Ticket};
use patchbay_store::{StoreError, Tx};
use serde_json::Value;

use crate::error::CommandError;
use crate::work::{Asked, Operated};

/// Carries out a command that changes how the desk runs.
#[expect(clippy::unused_async, reason = "not built yet")]
pub(crate) async fn run(_: &mut Tx, asked: Asked<'_>, _: &Value) -> Result<Operated, CommandError> {
    Err(Refusal::new(Code::NotReady, format!("{} is not built yet", asked.row.tool)).into())
}

/// The pause of automation that holds for a ticket, if one does. It stops only actors that are no people.
pub(crate) async fn paused(tx: &mut Tx, ticket: &Ticket) -> Result<Option<Control>, StoreError> {
    let incident_type = ticket.incident_type.as_deref().unwrap_or_default();
    let controls = patchbay_store::autonomy::covering(tx, &ticket.id.to_string(), incident_type).await?;
    Ok(autonomy::pause(&controls).cloned())
}
