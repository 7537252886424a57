//! `ticket.escalate`.

use patchbay_core::event::{Audience, EventName, NewEvent};
use patchbay_core::ids::EventId;
use patchbay_core::ticket::Ticket;
use patchbay_core::ticket::escalate::{self, Call};
use patchbay_store::{events, tickets};
use serde_json::json;

use crate::body::TicketBody;
use crate::error::CommandError;
use crate::work::{Effect, Work};

/// Beside the ticket, writes `ticket.escalated` into the feed for those who lead: `{"ticket", "target", "reason"}`.
pub(super) async fn escalate(work: &mut Work<'_>) -> Result<Effect, CommandError> {
    let call: Call = work.input()?;
    let now = work.ctx().now;
    let change = escalate::decide(work.ticket, &call, now);
    let (conversation, audience) = tickets::audience(work.tx, work.ticket.id).await?.unzip();
    let ticket = Ticket { version: work.ticket.version + 1, updated_at: now, ..change.ticket.clone() };
    let event = NewEvent {
        id: EventId::new(),
        name: EventName::TicketEscalated,
        conversation_id: conversation,
        conversation_seq: None,
        ticket_id: Some(ticket.id),
        audience: Audience {
            account_id: Some(ticket.account_id),
            site_id: Some(ticket.site_id),
            ..audience.unwrap_or_default()
        },
        payload: json!({ "ticket": TicketBody::from(&ticket), "target": call.target, "reason": call.reason })
            .to_string(),
        created_at: now,
    };
    events::append(work.tx, &[event]).await?;
    Ok(change.into())
}
