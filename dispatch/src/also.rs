//! What else happens in the transaction of a command: making a ticket from a conversation writes the ticket, the link
//! and the conversation's events, or none of them.

use std::future::Future;

use patchbay_core::Ctx;
use patchbay_core::event::Audience;
use patchbay_core::ids::{ConversationId, TicketId};
use patchbay_core::ticket::Ticket;
use patchbay_http::ApiError;
use patchbay_store::Tx;
use serde_json::Value;

use crate::body::TicketBody;

/// What a caller adds to the transaction of a command that makes a ticket. Called at most once for a command; never for
/// a replay.
pub trait Also: Send {
    /// Called after the ticket was written. An error undoes the ticket.
    fn created(
        &mut self,
        tx: &mut Tx,
        ctx: &Ctx,
        ticket: &Ticket,
    ) -> impl Future<Output = Result<Joined, ApiError>> + Send;

    /// Called in the transaction that records that the request is `ticket` already.
    fn repeated(
        &mut self,
        tx: &mut Tx,
        ctx: &Ctx,
        ticket: TicketId,
    ) -> impl Future<Output = Result<(), ApiError>> + Send;
}

/// What became of the addition.
#[derive(Clone, Debug)]
pub struct Joined {
    /// Body of the answer.
    pub reply: Value,
    /// Conversation the ticket was made from.
    pub conversation: Option<ConversationId>,
    /// Who sees that conversation, and so the ticket's events.
    pub audience: Audience,
}

/// Nothing else happens: the answer is the ticket.
#[derive(Clone, Copy, Debug)]
pub struct Alone;

impl Also for Alone {
    async fn created(&mut self, _: &mut Tx, _: &Ctx, ticket: &Ticket) -> Result<Joined, ApiError> {
        let reply = serde_json::to_value(TicketBody::from(ticket)).expect("a body is plain data");
        Ok(Joined { reply, conversation: None, audience: Audience::default() })
    }

    async fn repeated(&mut self, _: &mut Tx, _: &Ctx, _: TicketId) -> Result<(), ApiError> {
        Ok(())
    }
}
