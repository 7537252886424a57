//! Whom a conversation can be given to, whoever gives it: an agent by hand, an automation, a macro.

use patchbay_core::Code;
use patchbay_core::directory::{Directory, User};
use patchbay_core::ids::{TeamId, UserId};
use patchbay_core::role::Role;
use patchbay_http::ApiError;
use patchbay_store::conversations::{self, ConversationRow};
use patchbay_store::{Tx, assignment_turns};

use crate::error::HubError;

/// An active user who works conversations and, if it is of a team, belongs to it. Error: 400 that names `field`.
pub(crate) fn assignee<'d>(
    directory: &'d Directory,
    field: &str,
    to: UserId,
    team: Option<TeamId>,
) -> Result<&'d User, ApiError> {
    let user = directory.users.get(&to).filter(|user| user.is_active && user.role.works_conversations());
    let user = user.ok_or_else(|| ApiError::invalid(field, "no active user of the hub has this id"))?;
    let is_member = team.is_none_or(|team| user.teams.contains(&team)) || user.role == Role::Admin;
    if is_member { Ok(user) } else { Err(ApiError::invalid(field, "the user is not a member of the team")) }
}

/// Locks a user until the transaction ends, so that what is given out at the same moment counts, and refuses who holds
/// all they can. Error: 409 `AGENT_AT_CAPACITY` with `message`.
pub(crate) async fn require_room(tx: &mut Tx, user: UserId, capacity: i64, message: &str) -> Result<(), HubError> {
    assignment_turns::lock(tx, &[user]).await?;
    let held = conversations::held_by(tx, user).await?;
    if held < capacity {
        return Ok(());
    }
    let full = ApiError::new(Code::AgentAtCapacity, message);
    Err(full.because("held", held).because("capacity", capacity).into())
}

/// Gives it to `user`, or to nobody, remembering who had it.
pub(crate) fn hand_to(row: &mut ConversationRow, user: Option<UserId>) {
    if row.assigned_to != user {
        row.previous_assignee = row.assigned_to.or(row.previous_assignee);
        row.assigned_to = user;
    }
}
