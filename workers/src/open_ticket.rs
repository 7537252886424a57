//! Makes the ticket that an emergency, a service request or a routing rule asks for, through the enforcement API.

use patchbay_core::ctx::Ctx;
use patchbay_core::ids::ConversationId;
use patchbay_core::routing::OpenTicket;
use patchbay_hub::HubError;
use patchbay_hub::ticket_link::open_for;
use patchbay_store::jobs::ClaimedJob;
use serde::Deserialize;

use crate::deps::Deps;
use crate::work::{Verdict, WorkError};

#[derive(Debug, Deserialize)]
struct Payload {
    conversation_id: ConversationId,
    ticket: OpenTicket,
}

pub(crate) async fn run(deps: &Deps, ctx: &Ctx, job: &ClaimedJob) -> Result<Verdict, WorkError> {
    let payload: Payload = serde_json::from_value(job.payload.clone()).map_err(WorkError::Payload)?;
    match open_for(&deps.hub, ctx, payload.conversation_id, &payload.ticket).await {
        Ok(_) => Ok(Verdict::Done),
        Err(HubError::Store(error)) => Err(error.into()),
        Err(HubError::Refused(refusal)) if refusal.code().status() >= 500 => {
            Err(WorkError::Elsewhere("the ticket could not be made now"))
        }
        // A person finds it among the dead letters, and the conversation in its queue.
        Err(HubError::Refused(refusal)) => Ok(Verdict::Hopeless(refusal.code().as_str())),
    }
}
