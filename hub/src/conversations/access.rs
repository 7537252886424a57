//! Who may see a conversation, and who may do what to it.

use patchbay_core::Code;
use patchbay_core::actor::Actor;
use patchbay_core::conversation::may_see;
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::{ConversationId, TeamId};
use patchbay_core::role::{Portal, Role};
use patchbay_http::ApiError;
use patchbay_store::Tx;
use patchbay_store::conversations::{self, ConversationRow};
use patchbay_store::inbox_views::Visible;

use crate::error::HubError;
use crate::feed::{is_assignee, placement};

/// A conversation that the caller may see.
#[derive(Clone, Debug)]
pub struct Seen(pub ConversationRow);

/// Whether the caller works in the hub at all. Errors: 403 `FORBIDDEN`.
pub(crate) fn require_hub(actor: &Actor) -> Result<(), ApiError> {
    let is_hub = actor.role.works_conversations() || matches!(actor.role, Role::Auditor | Role::System);
    if is_hub && actor.portal != Some(Portal::Technician) {
        Ok(())
    } else {
        Err(ApiError::forbidden("this role does not work with conversations"))
    }
}

/// Whether the caller may change anything in the hub. Errors: 403 `FORBIDDEN`.
pub(crate) fn require_worker(actor: &Actor) -> Result<(), ApiError> {
    require_hub(actor)?;
    if actor.role == Role::Auditor { Err(ApiError::forbidden("auditors read and change nothing")) } else { Ok(()) }
}

/// A conversation, if the caller may see it. Error: 404 `NOT_FOUND`, whether absent or not theirs to know.
pub async fn load_visible(tx: &mut Tx, ctx: &Ctx, id: ConversationId) -> Result<Seen, HubError> {
    require_hub(&ctx.actor)?;
    seen(ctx, conversations::by_id(tx, id).await?)
}

/// Whether the caller may make a conversation into a ticket, as far as the conversation goes: beside those who may see
/// it, dispatchers take any, and an assistant the one its token is bound to.
pub(crate) fn may_dispatch(actor: &Actor, row: &ConversationRow) -> bool {
    match actor.role {
        Role::Dispatcher => actor.portal != Some(Portal::Technician),
        Role::AiAgent => actor.conversation == Some(row.id),
        _ => may_see(actor, placement(row)),
    }
}

/// The same, locked until the transaction ends.
pub(crate) async fn lock_visible(tx: &mut Tx, ctx: &Ctx, id: ConversationId) -> Result<Seen, HubError> {
    require_worker(&ctx.actor)?;
    seen(ctx, conversations::lock(tx, id).await?)
}

/// The same for somebody who wants to take it: the members of its team also learn that it has left their queue.
pub(crate) async fn lock_to_take(tx: &mut Tx, ctx: &Ctx, id: ConversationId) -> Result<Seen, HubError> {
    require_worker(&ctx.actor)?;
    let row = conversations::lock(tx, id).await?;
    let is_of_the_team = row.as_ref().and_then(|row| row.team_id).is_some_and(|team| ctx.actor.teams.contains(&team));
    match row {
        Some(row) if is_of_the_team => Ok(Seen(row)),
        row => seen(ctx, row),
    }
}

fn seen(ctx: &Ctx, row: Option<ConversationRow>) -> Result<Seen, HubError> {
    row.filter(|row| may_see(&ctx.actor, placement(row)))
        .map(Seen)
        .ok_or_else(|| ApiError::not_found("conversation").into())
}

/// Whether the caller leads the conversation's team, or everything. Error: 403 `FORBIDDEN`.
pub(crate) fn require_lead(actor: &Actor, row: &ConversationRow) -> Result<(), ApiError> {
    if leads(actor, row) { Ok(()) } else { Err(ApiError::forbidden("only those who lead the team may do this")) }
}

/// Whether the caller has the conversation or leads its team. Errors: 403 `NOT_ASSIGNED`.
pub(crate) fn require_hand_in_it(actor: &Actor, row: &ConversationRow) -> Result<(), ApiError> {
    if is_assignee(row, actor.user_id()) || leads(actor, row) {
        Ok(())
    } else {
        Err(ApiError::new(Code::NotAssigned, "take the conversation first: it is not assigned to you"))
    }
}

fn leads(actor: &Actor, row: &ConversationRow) -> bool {
    let own_team = row.team_id.is_some_and(|team| actor.teams.contains(&team));
    // What belongs to no team waits for the supervisors.
    let stray = row.team_id.is_none() && actor.role == Role::Supervisor;
    actor.role == Role::Admin || stray || (actor.role.leads() && own_team)
}

/// What the caller may list.
pub(crate) fn visible_to(actor: &Actor) -> Visible {
    let teams: Vec<TeamId> = actor.teams.iter().copied().collect();
    match actor.role {
        Role::Admin | Role::Auditor | Role::System => Visible::All,
        Role::Supervisor => Visible::TeamsAndStray(teams),
        Role::TeamLead => Visible::Teams(teams),
        Role::SupportAgent => Visible::OwnAndQueued(actor.user_id(), teams),
        _ => Visible::Nothing,
    }
}
