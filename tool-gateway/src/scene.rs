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
use patchbay_store::conversations::ConversationRow;
use patchbay_store::tool_scenes::{self, SceneRow, Stop};
use patchbay_store::tool_views::{self, CustomerRow};
use patchbay_store::{Engine, StoreError, Tx};

use crate::gateway::Gateway;
use crate::outcome::Refusal;
use patchbay_store::together::{Together, Turn};

/// Where conversations are looked at for many calls at once.
pub(crate) type Looks = Together<ConversationId, Option<SceneRow>, ()>;

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
    /// What is stopped, here or everywhere.
    pub(crate) stops: Vec<Stop>,
}

impl Scene {
    /// Finds the conversation of a call and checks that the caller may act in it.
    pub(crate) async fn find(gateway: &Gateway, ctx: &Ctx, id: ConversationId) -> Result<Self, Refusal> {
        let absent = || Refusal::not_found("conversation");
        let SceneRow { conversation, customer, stops } = gateway.look_at(id).await?.ok_or_else(absent)?;
        if ctx.actor.role != Role::AiAgent && !may_see(&ctx.actor, placement(&conversation)) {
            return Err(absent());
        }
        let directory = gateway.hub.directory();
        let team = conversation.team_id.and_then(|id| directory.teams.get(&id)).map(|team| team.slug.clone());
        let known = Known::new([customer.display_name.as_str(), conversation.contact_name.as_str()]);
        let actor = limited(&ctx.actor, customer.account_id);
        let ctx = Ctx { actor, ..ctx.clone() };
        Ok(Self { ctx, account: customer.account_id, conversation, contact: customer, team, known, stops })
    }

    /// Whether a switch stops assistants.
    pub(crate) fn is_stopped(&self, kind: &str, id: &str) -> bool {
        self.ctx.actor.role == Role::AiAgent
            && self.stops.iter().any(|stop| stop.scope_type == kind && stop.scope_id == id)
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

impl Gateway {
    /// The conversation as it is now. Where a server has to be asked, calls that come at once are asked for together.
    async fn look_at(&self, id: ConversationId) -> Result<Option<SceneRow>, StoreError> {
        let db = &self.hub.db;
        if db.engine() == Engine::Postgres {
            let mut wait = self.looks.enter(id);
            let seen = loop {
                match wait.turn().await {
                    Turn::Over(seen) => break seen,
                    Turn::Mine(round) => {
                        let rows = match db.read().await {
                            Ok(mut tx) => tool_scenes::by_ids(&mut tx, &round.items).await.unwrap_or_default(),
                            Err(_) => Vec::new(),
                        };
                        let of = |id: &ConversationId| rows.iter().find(|row| row.conversation.id == *id).cloned();
                        let ends: Vec<Option<SceneRow>> = round.items.iter().map(of).collect();
                        round.end(ends);
                    }
                }
            };
            if let Some(Some(row)) = seen {
                return Ok(Some(row));
            }
        }
        // Absent, or it could not be read: this call learns which.
        Ok(tool_scenes::by_ids(&mut db.read().await?, &[id]).await?.pop())
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
