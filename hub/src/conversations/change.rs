//! How a conversation changes: under its lock, with its record, with its event, in one transaction.

use axum::http::StatusCode;
use axum::response::Response;
use patchbay_core::Code;
use patchbay_core::channel::Channel;
use patchbay_core::conversation::{CloseReason, ConversationStatus, Placement, Trigger};
use patchbay_core::ctx::Ctx;
use patchbay_core::directory::Directory;
use patchbay_core::event::EventName;
use patchbay_core::ids::{ConversationId, TeamId, UserId};
use patchbay_http::ApiError;
use patchbay_store::conversations::{self, ConversationRow};
use patchbay_store::{StoreError, Tx, agent_absences, annotations, events, messages, satisfaction};
use serde_json::{Value, json};

use super::access::{Seen, lock_to_take, lock_visible};
use super::overrides::{audit_override, is_override};
use super::placing::hand_to;
use crate::body::{ConversationBody, TicketRef};
use crate::error::HubError;
use crate::feed::{conversation_event, placement};
use crate::resource::{Begun, Stamp, Write, record};
use crate::service_levels;
use crate::state::Hub;

/// A conversation being changed.
pub(crate) struct Change {
    pub(crate) write: Write,
    pub(crate) row: ConversationRow,
    before: Placement,
    /// Whether the caller became a user in this transaction: the directory does not know them yet.
    has_newcomer: bool,
}

impl Change {
    /// Locks a conversation that the caller may see. What the same request did before answers again. Errors: 403
    /// `FORBIDDEN`, 404 `NOT_FOUND`, those of a key.
    pub(crate) async fn begin(
        hub: &Hub,
        ctx: &Ctx,
        id: ConversationId,
        stamp: &Stamp,
    ) -> Result<Begun<Self>, HubError> {
        let mut write = match Write::begin(hub, ctx, stamp).await? {
            Begun::Now(write) => write,
            Begun::Before(answer) => return Ok(Begun::Before(answer)),
        };
        let Seen(row) = lock_visible(&mut write.tx, ctx, id).await?;
        Ok(Begun::Now(Self::of_locked(write, row)))
    }

    /// Locks a conversation that the caller may see or could have taken. Errors: those of [`Change::begin`].
    pub(crate) async fn begin_to_take(
        hub: &Hub,
        ctx: &Ctx,
        id: ConversationId,
        stamp: &Stamp,
    ) -> Result<Begun<Self>, HubError> {
        let mut write = match Write::begin(hub, ctx, stamp).await? {
            Begun::Now(write) => write,
            Begun::Before(answer) => return Ok(Begun::Before(answer)),
        };
        let Seen(row) = lock_to_take(&mut write.tx, ctx, id).await?;
        Ok(Begun::Now(Self::of_locked(write, row)))
    }

    /// A conversation that was locked in `write`.
    pub(super) fn of_locked(write: Write, row: ConversationRow) -> Self {
        let before = placement(&row);
        Self { write, row, before, has_newcomer: false }
    }

    /// The row was exchanged for another that the caller locked, too.
    pub(crate) fn rebase(&mut self) {
        self.before = placement(&self.row);
    }

    /// Moves it to the state after `trigger`. Error: 409 `INVALID_STATE_TRANSITION`.
    pub(crate) fn move_on(&mut self, trigger: Trigger) -> Result<(), ApiError> {
        let from = self.row.status;
        self.row.status = from.after(trigger).ok_or_else(|| {
            ApiError::new(Code::InvalidStateTransition, format!("not possible while the conversation is {from}"))
                .because("from_state", from.as_str())
        })?;
        Ok(())
    }

    /// Whether it may be closed now. Error: 409 `INVALID_STATE_TRANSITION`.
    pub(crate) fn may_close(&mut self, reason: CloseReason) -> Result<(), ApiError> {
        let status = self.row.status;
        let may = self.move_on(Trigger::Close(reason));
        self.row.status = status;
        may
    }

    /// Makes sure that the caller is a user, so that rows can name them.
    pub(crate) async fn admit(&mut self, ctx: &Ctx) -> Result<(), HubError> {
        self.has_newcomer |= crate::directory::ensure_user(&mut self.write.tx, ctx).await?;
        Ok(())
    }

    /// Gives it to `user`, or to nobody, remembering who had it.
    pub(crate) fn hand_to(&mut self, user: Option<UserId>) {
        hand_to(&mut self.row, user);
    }

    /// Closes it, in the name of `by` if that is one of our users. Error: 409 `INVALID_STATE_TRANSITION`.
    pub(crate) fn close(&mut self, ctx: &Ctx, reason: CloseReason, by: Option<UserId>) -> Result<(), ApiError> {
        self.move_on(Trigger::Close(reason))?;
        end(&mut self.row, ctx, reason, by);
        Ok(())
    }

    /// Writes the row, the record `kind` and the event, keeps the conversation as the answer, and commits.
    pub(crate) async fn finish(
        mut self,
        hub: &Hub,
        ctx: &Ctx,
        name: EventName,
        kind: &str,
        mut details: Value,
    ) -> Result<Response, HubError> {
        self.row.updated_at = ctx.now;
        service_levels::follow(&mut self.write.tx, ctx, &hub.gate.directory.load_full(), &mut self.row).await?;
        conversations::update(&mut self.write.tx, std::slice::from_ref(&self.row)).await?;
        self.row.version += 1;
        if is_override(&ctx.actor, &self.row) {
            details["override"] = json!("an admin outside the team");
        }
        audit_override(&mut self.write.tx, ctx, &self.row, kind).await?;
        annotations::record_event(&mut self.write.tx, ctx, self.row.id, kind, details).await?;
        let mut body = body_of(&mut self.write.tx, hub, &self.row).await?;
        if let Some(agent) = body.assigned_to.as_mut().filter(|agent| agent.id == ctx.actor.id.0) {
            // The directory does not know somebody who became a user in this very transaction.
            agent.name = ctx.actor.name.clone().unwrap_or_default();
        }
        let event = conversation_event(ctx, name, &self.row, body.clone(), Some(self.before));
        events::append(&mut self.write.tx, &[event]).await?;
        let answer = self.write.finish(StatusCode::OK, &body).await?;
        if self.has_newcomer {
            hub.directory_changed().await;
        }
        Ok(answer)
    }
}

/// What a conversation says of its end, in the name of `by` if that is one of our users.
pub(crate) fn end(row: &mut ConversationRow, ctx: &Ctx, reason: CloseReason, by: Option<UserId>) {
    row.status = ConversationStatus::Closed;
    row.previous_assignee = row.assigned_to.or(row.previous_assignee);
    row.closed_at = Some(ctx.now);
    row.closed_by = by;
    row.close_reason = Some(reason);
    row.waiting_since = None;
    row.snoozed_until = None;
}

/// The body of a conversation with its newest message and its tickets.
pub async fn body_of(tx: &mut Tx, hub: &Hub, row: &ConversationRow) -> Result<ConversationBody, HubError> {
    let last = match row.last_message_id {
        Some(id) => messages::by_id(tx, id).await?,
        None => None,
    };
    let tickets = annotations::tickets_of(tx, &[row.id]).await?;
    let mut body = ConversationBody::of(row, &hub.directory()).with_last_message(last.as_ref());
    body.tickets = Some(
        tickets
            .into_iter()
            .map(|link| TicketRef { id: link.ticket_id.into(), code: link.code, state: link.state })
            .collect(),
    );
    // Elsewhere nobody is asked, so nobody answered.
    let is_asked = row.channel == Channel::Chat || hub.directory().asking.contains(&row.inbox_id);
    if is_asked {
        body.satisfaction = satisfaction::answers(tx, &[row.id]).await?.pop().map(Into::into);
    }
    Ok(body)
}

/// Why an agent loses what they hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// They may not work here any more.
    Deactivated,
    /// They belong to this team no longer; what they hold of it goes.
    Team(TeamId),
    /// They had their page open, have none now and did not come back; customers who wait for them go.
    Absent,
}

impl Leaving {
    fn as_str(self) -> &'static str {
        match self {
            Self::Deactivated => "deactivated",
            Self::Team(_) => "left_team",
            Self::Absent => "absent",
        }
    }
}

/// Puts what an agent leaves behind back into the queues, in the caller's transaction, with record, event and an audit
/// entry. Tells how many conversations that were.
pub async fn release(
    tx: &mut Tx,
    directory: &Directory,
    ctx: &Ctx,
    user: UserId,
    why: Leaving,
) -> Result<usize, StoreError> {
    let held = match why {
        Leaving::Deactivated => conversations::held_ids(tx, user).await?,
        Leaving::Team(team) => agent_absences::held_of_team(tx, user, team).await?,
        Leaving::Absent => agent_absences::waiting_for(tx, user).await?,
    };
    let mut released = 0;
    for id in held {
        // Somebody may have taken it over since the look.
        let locked = conversations::lock(tx, id).await?;
        let Some(mut row) = locked.filter(|row| row.assigned_to == Some(user)) else { continue };
        let Some(next) = row.status.after(Trigger::Queue) else { continue };
        let before = placement(&row);
        row.status = next;
        row.previous_assignee = row.assigned_to.take();
        row.updated_at = ctx.now;
        service_levels::follow(tx, ctx, directory, &mut row).await?;
        conversations::update(tx, std::slice::from_ref(&row)).await?;
        row.version += 1;
        let details = json!({ "user_id": user, "reason": why.as_str() });
        annotations::record_event(tx, ctx, id, "released", details).await?;
        let body = ConversationBody::of(&row, directory);
        let event = conversation_event(ctx, EventName::ConversationAssigned, &row, body, Some(before));
        events::append(tx, &[event]).await?;
        released += 1;
    }
    if released > 0 {
        let subject = json!({ "user_id": user, "reason": why.as_str(), "conversations": released });
        record(tx, ctx, None, "conversation.release", subject).await?;
        metrics::counter!("conversations_released_total", "reason" => why.as_str()).increment(released as u64);
    }
    Ok(released)
}
