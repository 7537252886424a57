//! Talk among agents: direct threads of two, groups, mentions. It has its own tables, and its events are for the people of
//! the thread alone: no leader, no auditor and no webhook sees them. Source: S3 (internal chat).

mod body;
mod messages;
mod tell;
mod threads;

use patchbay_core::actor::Actor;
use patchbay_core::ids::InternalThreadId;
use patchbay_core::role::{Portal, Role};
use patchbay_http::{ApiError, OpenApiRouter, routes};
use patchbay_store::Tx;
use patchbay_store::internal_chat::{self, MemberRow, ThreadRow};

use crate::error::HubError;
use crate::state::Hub;

/// The endpoints under `/api/v1/internal/threads`.
pub(crate) fn router() -> OpenApiRouter<Hub> {
    OpenApiRouter::new()
        .routes(routes!(threads::list, threads::create))
        .routes(routes!(threads::read))
        .routes(routes!(threads::add_member))
        .routes(routes!(threads::remove_member))
        .routes(routes!(messages::list, messages::write))
        .routes(routes!(messages::mark_read))
}

/// Whether a role takes part at all.
fn talks(role: Role) -> bool {
    role.works_conversations() || role == Role::Dispatcher
}

/// Whether the caller takes part. Error: 403 `FORBIDDEN`.
fn require_talker(actor: &Actor) -> Result<(), ApiError> {
    let outside = matches!(actor.portal, Some(Portal::Technician | Portal::Customer));
    if talks(actor.role) && !outside {
        Ok(())
    } else {
        Err(ApiError::forbidden("this role does not take part in the talk among agents"))
    }
}

/// A thread that the caller is in, and who else is. Error: 404 `NOT_FOUND`, whether absent or not theirs.
async fn own(tx: &mut Tx, actor: &Actor, id: InternalThreadId) -> Result<(ThreadRow, Vec<MemberRow>), HubError> {
    let row = internal_chat::thread(tx, id).await?;
    check(tx, actor, row).await
}

/// The same, locked until the transaction ends.
async fn lock_own(tx: &mut Tx, actor: &Actor, id: InternalThreadId) -> Result<(ThreadRow, Vec<MemberRow>), HubError> {
    let row = internal_chat::lock_thread(tx, id).await?;
    check(tx, actor, row).await
}

async fn check(tx: &mut Tx, actor: &Actor, row: Option<ThreadRow>) -> Result<(ThreadRow, Vec<MemberRow>), HubError> {
    let row = row.ok_or_else(|| ApiError::not_found("thread"))?;
    let members = internal_chat::members(tx, &[row.id]).await?;
    if members.iter().any(|member| member.user_id == actor.user_id()) {
        Ok((row, members))
    } else {
        Err(ApiError::not_found("thread").into())
    }
}
