//! What else happens in the transaction of a command: making a ticket from a conversation writes the ticket, the link
//! and the conversation's events, or none of them.

use futures::future::BoxFuture;
use patchbay_core::Ctx;
use patchbay_core::event::Audience;
use patchbay_core::ids::{AssetId, ConversationId, TicketId};
use patchbay_core::ticket::{Ticket, Urgency};
use patchbay_http::ApiError;
use patchbay_store::Tx;
use patchbay_store::ticket_services::NewLine;
use serde_json::Value;

use crate::body::TicketBody;

/// What a caller adds to the transaction of a command that makes a ticket. Called at most once for a command; never for
/// a replay.
pub trait Also: Send {
    /// Called first: what the ticket stands on is written, before the command looks at it. An error undoes it.
    fn grounds<'a>(&'a mut self, _: &'a mut Tx, _: &'a Ctx) -> BoxFuture<'a, Result<Grounds, ApiError>> {
        Box::pin(async { Ok(Grounds::default()) })
    }

    /// Called after the ticket was written. An error undoes the ticket.
    fn created<'a>(
        &'a mut self,
        tx: &'a mut Tx,
        ctx: &'a Ctx,
        ticket: &'a Ticket,
    ) -> BoxFuture<'a, Result<Joined, ApiError>>;

    /// Called in the transaction that records that the request is `ticket` already.
    fn repeated<'a>(
        &'a mut self,
        tx: &'a mut Tx,
        ctx: &'a Ctx,
        ticket: TicketId,
    ) -> BoxFuture<'a, Result<(), ApiError>>;
}

/// What a ticket stands on beside the fields of its command. The command's own guards hold for it all.
#[derive(Clone, Debug, Default)]
pub struct Grounds {
    /// What the work is done on, where the fields name nothing.
    pub asset: Option<AssetId>,
    /// Lines of work.
    pub lines: Vec<NewLine>,
    /// What raises the ticket beside the rules that rank all tickets.
    pub raised: Vec<Raised>,
}

/// Why a ticket is more urgent than it ranks, or a person has to look at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raised {
    /// What stands on the ticket beside the rules that applied.
    pub name: String,
    /// Least urgency.
    pub urgency: Option<Urgency>,
    /// Why a person has to look.
    pub reason: Option<String>,
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
    fn created<'a>(
        &'a mut self,
        _: &'a mut Tx,
        _: &'a Ctx,
        ticket: &'a Ticket,
    ) -> BoxFuture<'a, Result<Joined, ApiError>> {
        Box::pin(async move {
            let reply = serde_json::to_value(TicketBody::from(ticket)).expect("a body is plain data");
            Ok(Joined { reply, conversation: None, audience: Audience::default() })
        })
    }

    fn repeated<'a>(&'a mut self, _: &'a mut Tx, _: &'a Ctx, _: TicketId) -> BoxFuture<'a, Result<(), ApiError>> {
        Box::pin(async { Ok(()) })
    }
}
