//! Where a call happens: the conversation of the token, its customer, and whom the call acts for. Nothing of this comes
//! from the arguments.

use std::collections::BTreeSet;

use patchbay_core::actor::{Actor, Scope};
use patchbay_core::conversation::{ConversationStatus, may_see};
use patchbay_core::ids::{AccountId, ConversationId, TicketId};
use patchbay_core::redaction::Known;
use patchbay_core::role::{ActorType, Role};
use patchbay_core::ticket::{Profile, Ticket};
use patchbay_core::{Code, Ctx};
use patchbay_hub::feed::placement;
use patchbay_store::Tx;
use patchbay_store::conversations::{self, ConversationRow};
use patchbay_store::tool_views::{self, CustomerRow};

use crate::gateway::Gateway;
use crate::outcome::Refusal;

/// Where a call happens.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    /// The caller, limited to what the conversation's customer owns.
    pub(crate) ctx: Ctx,
    pub(crate) conversation: ConversationRow,
    pub(crate) contact: CustomerRow,
    /// The account the customer belongs to, if known.
    pub(crate) account: Option<AccountId>,
    /// Slug of the conversation's team.
    pub(crate) team: Option<String>,
    /// Names that the conversation knows.
    pub(crate) known: Known,
}

impl Scene {
    /// Finds the conversation of a call and checks that the caller may act in it.
    pub(crate) async fn find(gateway: &Gateway, tx: &mut Tx, ctx: &Ctx, id: ConversationId) -> Result<Self, Refusal> {
        let absent = || Refusal::not_found("conversation");
        let conversation = conversations::by_id(tx, id).await?.ok_or_else(absent)?;
        if ctx.actor.role != Role::AiAgent && !may_see(&ctx.actor, placement(&conversation)) {
            return Err(absent());
        }
        let contact = tool_views::customer(tx, conversation.contact_id).await?.ok_or_else(absent)?;
        let directory = gateway.hub.directory();
        let team = conversation.team_id.and_then(|id| directory.teams.get(&id)).map(|team| team.slug.clone());
        let known = Known::new([contact.display_name.as_str(), conversation.contact_name.as_str()]);
        let actor = limited(&ctx.actor, contact.account_id);
        Ok(Self { ctx: Ctx { actor, ..ctx.clone() }, account: contact.account_id, conversation, contact, team, known })
    }

    /// Whom the call acts for. It comes from our records: nothing that a token or an argument says makes a dealer.
    pub(crate) fn party(&self) -> &'static str {
        match self.contact.profile {
            Some(Profile::Dealership) => "dealer",
            _ => "customer",
        }
    }

    /// Whose share of the calls to other systems a call takes from.
    pub(crate) fn tenant(&self) -> String {
        self.account.map(|account| account.to_string()).unwrap_or_default()
    }

    /// Whether the conversation is open. Error: 409, whatever the tool.
    pub(crate) fn check_open(&self) -> Result<(), Refusal> {
        if self.conversation.status == ConversationStatus::Closed {
            return Err(Refusal::new(Code::InvalidStateTransition, "context.closed", "the conversation is closed"));
        }
        Ok(())
    }

    /// Whether an account is the conversation's customer's, or one that the caller's token names.
    pub(crate) fn owns(&self, account: AccountId) -> bool {
        self.account == Some(account) || named(&self.ctx.actor.accounts, account)
    }

    /// A ticket that belongs to this conversation's customer. Error: 404, whether absent or somebody else's.
    pub(crate) async fn ticket(&self, tx: &mut Tx, id: TicketId) -> Result<Ticket, Refusal> {
        let absent = || Refusal::new(Code::TicketNotFound, "ticket.not_found", "no such ticket");
        let ticket = patchbay_store::tickets::by_id(tx, id).await?.ok_or_else(absent)?;
        let own = ticket.contact_id == Some(self.contact.id)
            || self.owns(ticket.account_id)
            || tool_views::is_linked(tx, self.conversation.id, id).await?;
        if own && self.ctx.actor.may_touch(ticket.account_id, ticket.site_id) { Ok(ticket) } else { Err(absent()) }
    }
}

/// Whether a scope names the account itself, and not just every one.
fn named(scope: &Scope<AccountId>, account: AccountId) -> bool {
    matches!(scope, Scope::Only(accounts) if accounts.contains(&account))
}

/// The caller as the enforcement API sees it: an assistant is always an assistant, and touches at most the account of
/// the conversation's customer.
fn limited(actor: &Actor, account: Option<AccountId>) -> Actor {
    let mut limited = actor.clone();
    if actor.role != Role::AiAgent {
        return limited;
    }
    limited.actor_type = ActorType::Agent;
    if let Some(account) = account {
        let within = actor.accounts.is_empty() || actor.accounts.allows(&account);
        limited.accounts = if within { Scope::Only(BTreeSet::from([account])) } else { Scope::none() };
    }
    if actor.sites.is_empty() {
        limited.sites = Scope::All;
    }
    limited
}
