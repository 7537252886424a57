//! Taking, giving, closing and opening. Source: domain, commands and rules of conversations.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use patchbay_core::Code;
use patchbay_core::channel::Channel;
use patchbay_core::conversation::{CloseReason, ConversationStatus, REOPEN_WITHIN, Trigger};
use patchbay_core::event::EventName;
use patchbay_core::ids::{ConversationId, JobId, NoteId, UserId};
use patchbay_core::job::{JobKind, JobQueue, NewJob};
use patchbay_core::role::Role;
use patchbay_http::{ApiError, Caller, Id, OptionalBody};
use patchbay_store::annotations::NoteRow;
use patchbay_store::{annotations, jobs, messages};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::access::{Seen, lock_visible, require_hand_in_it, require_lead};
use super::change::Change;
use super::placing::{assignee, require_room};
use crate::body::ConversationBody;
use crate::error::HubError;
use crate::feed::is_assignee;
use crate::resource::{Begun, Stamp, Stamped, Write};
use crate::satisfaction;
use crate::state::Hub;

type Answer = Result<Response, HubError>;

/// Takes a conversation from the queue. One of several who try at once gets it; the others learn that it is not in the
/// queue any more.
#[utoipa::path(post, path = "/api/v1/conversations/{id}/take", tag = "conversations",
    params(("id" = Uuid, Path),
           ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
    responses((status = 200, body = ConversationBody), (status = 400, description = "NOT_IN_QUEUE"),
              (status = 404, description = "NOT_FOUND"), (status = 409, description = "AGENT_AT_CAPACITY")))]
pub(crate) async fn take(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<ConversationId>,
    stamp: Stamp,
) -> Answer {
    let mut change = match Change::begin_to_take(&hub, &ctx, id, &stamp).await? {
        Begun::Now(change) => change,
        Begun::Before(answer) => return Ok(answer),
    };
    let user = ctx.actor.user_id();
    if is_assignee(&change.row, user) && change.row.status == ConversationStatus::PendingAgent {
        change.move_on(Trigger::AgentLooked)?;
        return change.finish(&hub, &ctx, EventName::ConversationUpdated, "looked", json!({})).await;
    }
    if change.row.status != ConversationStatus::Queued {
        return Err(ApiError::new(Code::NotInQueue, "the conversation does not wait in a queue")
            .because("from_state", change.row.status.as_str())
            .into());
    }
    let is_member = change.row.team_id.is_none_or(|team| ctx.actor.teams.contains(&team));
    if !is_member && ctx.actor.role != Role::Admin {
        return Err(ApiError::forbidden("only members of the team take from its queue").into());
    }
    change.admit(&ctx).await?;
    let capacity = hub.directory().users.get(&user).map_or(5, |user| user.capacity);
    require_room(&mut change.write.tx, user, capacity, "you hold as many conversations as you can").await?;
    change.move_on(Trigger::Assign)?;
    change.hand_to(Some(user));
    change.row.snoozed_until = None;
    change.finish(&hub, &ctx, EventName::ConversationAssigned, "taken", json!({})).await
}

/// To whom.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AssignBody {
    /// A member of the conversation's team.
    assigned_to: Uuid,
}

/// Gives a conversation to a member of its team.
#[utoipa::path(post, path = "/api/v1/conversations/{id}/assign", tag = "conversations",
    params(("id" = Uuid, Path),
           ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")), request_body = AssignBody,
    responses((status = 200, body = ConversationBody), (status = 403, description = "FORBIDDEN"),
              (status = 409, description = "INVALID_STATE_TRANSITION")))]
pub(crate) async fn assign(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<ConversationId>,
    Stamped { body, stamp }: Stamped<AssignBody>,
) -> Answer {
    let mut change = match Change::begin(&hub, &ctx, id, &stamp).await? {
        Begun::Now(change) => change,
        Begun::Before(answer) => return Ok(answer),
    };
    require_lead(&ctx.actor, &change.row)?;
    let to = UserId(body.assigned_to);
    assignee(&hub.directory(), "assigned_to", to, change.row.team_id)?;
    change.move_on(Trigger::Assign)?;
    change.hand_to(Some(to));
    change.row.snoozed_until = None;
    let details = json!({ "assigned_to": to });
    change.finish(&hub, &ctx, EventName::ConversationAssigned, "assigned", details).await
}

/// Where to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TransferBody {
    /// Team, by id or slug.
    #[serde(alias = "to_team")]
    to_team_id: String,
    /// A member of that team; without one the conversation waits in the team's queue.
    to_agent_id: Option<Uuid>,
    /// Why; stands in the thread.
    reason: String,
}

/// Gives a conversation to another team, or to a named agent of it.
#[utoipa::path(post, path = "/api/v1/conversations/{id}/transfer", tag = "conversations",
    params(("id" = Uuid, Path),
           ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")), request_body = TransferBody,
    responses((status = 200, body = ConversationBody), (status = 403, description = "FORBIDDEN"),
              (status = 409, description = "INVALID_STATE_TRANSITION")))]
pub(crate) async fn transfer(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<ConversationId>,
    Stamped { body, stamp }: Stamped<TransferBody>,
) -> Answer {
    let mut change = match Change::begin(&hub, &ctx, id, &stamp).await? {
        Begun::Now(change) => change,
        Begun::Before(answer) => return Ok(answer),
    };
    require_lead(&ctx.actor, &change.row)?;
    if body.reason.trim().is_empty() || body.reason.len() > 1_000 {
        return Err(ApiError::invalid("reason", "say why in up to 1000 characters").into());
    }
    let team = hub
        .directory()
        .team(&body.to_team_id)
        .filter(|team| team.is_active)
        .cloned()
        .ok_or_else(|| ApiError::invalid("to_team_id", "no such team"))?;
    let moves_within_own =
        ctx.actor.teams.contains(&team.id) && (ctx.actor.role != Role::TeamLead || change.row.team_id == Some(team.id));
    if ctx.actor.role != Role::Admin && !moves_within_own {
        return Err(ApiError::forbidden("you do not lead the team it would go to").into());
    }
    let from = change.row.team_id.and_then(|id| hub.directory().teams.get(&id).map(|team| team.name.clone()));
    change.row.team_id = Some(team.id);
    if let Some(agent) = body.to_agent_id.map(UserId) {
        assignee(&hub.directory(), "assigned_to", agent, change.row.team_id)?;
        change.move_on(Trigger::Assign)?;
        change.hand_to(Some(agent));
    } else {
        if change.row.status != ConversationStatus::Queued {
            change.move_on(Trigger::Queue)?;
        }
        change.hand_to(None);
    }
    let note = NoteRow {
        id: NoteId::new(),
        conversation_id: id,
        author_id: None,
        author_name: ctx.actor.name.clone().unwrap_or_else(|| "Patchbay".into()),
        text: format!("Moved from {} to {}: {}", from.as_deref().unwrap_or("no team"), team.name, body.reason.trim()),
        created_at: ctx.now,
    };
    super::annotate::write_note(&mut change.write.tx, &ctx, &change.row, &note).await?;
    let details = json!({ "to_team_id": team.id, "to_agent_id": body.to_agent_id });
    change.finish(&hub, &ctx, EventName::ConversationAssigned, "transferred", details).await
}

/// Why it is done.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CloseBody {
    /// `resolved`, `spam`, `duplicate` or `customer_unresponsive`.
    #[schema(value_type = String)]
    close_reason: CloseReason,
    /// Stands as a note in the thread.
    notes: Option<String>,
    /// The conversation it is a duplicate of.
    duplicate_of: Option<Uuid>,
}

/// Closes a conversation.
#[utoipa::path(post, path = "/api/v1/conversations/{id}/close", tag = "conversations",
    params(("id" = Uuid, Path),
           ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")), request_body = CloseBody,
    responses((status = 200, body = ConversationBody), (status = 403, description = "NOT_ASSIGNED"),
              (status = 409, description = "INVALID_STATE_TRANSITION")))]
pub(crate) async fn close(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<ConversationId>,
    Stamped { body, stamp }: Stamped<CloseBody>,
) -> Answer {
    let mut change = match Change::begin(&hub, &ctx, id, &stamp).await? {
        Begun::Now(change) => change,
        Begun::Before(answer) => return Ok(answer),
    };
    require_hand_in_it(&ctx.actor, &change.row)?;
    if body.close_reason == CloseReason::Duplicate {
        let original = body
            .duplicate_of
            .filter(|original| *original != id.0)
            .ok_or_else(|| ApiError::invalid("duplicate_of", "name the conversation it is a duplicate of"))?;
        super::access::load_visible(&mut change.write.tx, &ctx, ConversationId(original)).await?;
    }
    let closed_by = hub.directory().users.contains_key(&ctx.actor.user_id()).then(|| ctx.actor.user_id());
    change.may_close(body.close_reason)?;
    let directory = hub.gate.directory.load_full();
    satisfaction::ask(&mut change.write.tx, &ctx, &directory, &mut change.row, body.close_reason).await?;
    change.close(&ctx, body.close_reason, closed_by)?;
    if let Some(text) = body.notes.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        super::annotate::note_by(&mut change.write.tx, &ctx, &change.row, text).await?;
    }
    let details = json!({ "close_reason": body.close_reason, "duplicate_of": body.duplicate_of });
    change.finish(&hub, &ctx, EventName::ConversationUpdated, "closed", details).await
}

/// Opens a conversation again within seven days, for the agent who had it, else for the caller.
#[utoipa::path(post, path = "/api/v1/conversations/{id}/reopen", tag = "conversations",
    params(("id" = Uuid, Path),
           ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
    responses((status = 200, body = ConversationBody), (status = 403, description = "FORBIDDEN"),
              (status = 409, description = "INVALID_STATE_TRANSITION, ALREADY_EXISTS")))]
pub(crate) async fn reopen(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<ConversationId>,
    stamp: Stamp,
) -> Answer {
    let mut change = match Change::begin(&hub, &ctx, id, &stamp).await? {
        Begun::Now(change) => change,
        Begun::Before(answer) => return Ok(answer),
    };
    require_lead(&ctx.actor, &change.row)?;
    if change.row.closed_at.is_some_and(|closed| closed + REOPEN_WITHIN < ctx.now) {
        return Err(ApiError::new(Code::InvalidStateTransition, "it was closed more than seven days ago")
            .because("from_state", "closed")
            .into());
    }
    change.move_on(Trigger::ReopenTo)?;
    let active = |id: &UserId| hub.directory().users.get(id).is_some_and(|user| user.is_active);
    let to = if let Some(agent) = change.row.previous_assignee.filter(active) {
        agent
    } else {
        change.admit(&ctx).await?;
        ctx.actor.user_id()
    };
    change.row.assigned_to = Some(to);
    change.row.closed_at = None;
    change.row.closed_by = None;
    change.row.close_reason = None;
    change.finish(&hub, &ctx, EventName::ConversationAssigned, "reopened", json!({})).await
}

/// Until when.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SnoozeBody {
    /// A time to come; null wakes it now.
    until: Option<DateTime<Utc>>,
}

/// Hides a conversation until a time; a customer's message wakes it.
#[utoipa::path(post, path = "/api/v1/conversations/{id}/snooze", tag = "conversations",
    params(("id" = Uuid, Path),
           ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")), request_body = SnoozeBody,
    responses((status = 200, body = ConversationBody), (status = 403, description = "NOT_ASSIGNED"),
              (status = 409, description = "INVALID_STATE_TRANSITION")))]
pub(crate) async fn snooze(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<ConversationId>,
    Stamped { body, stamp }: Stamped<SnoozeBody>,
) -> Answer {
    let mut change = match Change::begin(&hub, &ctx, id, &stamp).await? {
        Begun::Now(change) => change,
        Begun::Before(answer) => return Ok(answer),
    };
    require_hand_in_it(&ctx.actor, &change.row)?;
    if change.row.status == ConversationStatus::Closed {
        return Err(ApiError::new(Code::InvalidStateTransition, "the conversation is closed")
            .because("from_state", "closed")
            .into());
    }
    if body.until.is_some_and(|until| until <= ctx.now) {
        return Err(ApiError::invalid("until", "must be in the future").into());
    }
    change.row.snoozed_until = body.until;
    if let Some(until) = body.until {
        let wake = NewJob {
            id: JobId::new(),
            queue: JobQueue::Default,
            kind: JobKind::EndSnooze,
            lane: None,
            dedupe_key: None,
            payload: json!({ "conversation_id": id, "until": until }),
            run_at: until,
            max_attempts: 10,
        };
        jobs::enqueue(&mut change.write.tx, &ctx, &wake).await?;
    }
    let details = json!({ "until": body.until });
    change.finish(&hub, &ctx, EventName::ConversationUpdated, "snoozed", details).await
}

/// How far.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadBody {
    /// The last sequence the caller saw; everything when absent.
    #[serde(default)]
    seq: Option<i64>,
}

/// Remembers how far the caller has read. When the caller may answer, the team's unread counter follows.
#[utoipa::path(post, path = "/api/v1/conversations/{id}/read", tag = "conversations",
    params(("id" = Uuid, Path)), request_body = Option<ReadBody>,
    responses((status = 200, body = ConversationBody), (status = 404, description = "NOT_FOUND")))]
pub(crate) async fn read(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<ConversationId>,
    OptionalBody(body): OptionalBody<ReadBody>,
) -> Answer {
    // To read twice is to read once: it takes no key.
    let mut tx = hub.db.begin().await?;
    let Seen(row) = lock_visible(&mut tx, &ctx, id).await?;
    let mut change = Change::of_locked(Write::unnamed(tx), row);
    let user = ctx.actor.user_id();
    let seq = body.seq.unwrap_or(change.row.last_seq).clamp(0, change.row.last_seq);
    let later =
        if seq == change.row.last_seq { 0 } else { annotations::inbound_after(&mut change.write.tx, id, seq).await? };
    let read_inbound = change.row.inbound_count - later;
    change.admit(&ctx).await?;
    annotations::mark_read(&mut change.write.tx, &ctx, id, user, seq, read_inbound).await?;
    let may_answer = require_hand_in_it(&ctx.actor, &change.row).is_ok() || change.row.assigned_to.is_none();
    if !may_answer || read_inbound <= change.row.read_inbound_count {
        let answer = super::body_of(&mut change.write.tx, &hub, &change.row).await?;
        return change.write.finish(StatusCode::OK, &answer).await;
    }
    change.row.read_inbound_count = read_inbound;
    if change.row.channel == Channel::Whatsapp
        && let Some(message) = messages::last_inbound_up_to(&mut change.write.tx, id, seq).await?
    {
        let show = NewJob {
            id: JobId::new(),
            queue: JobQueue::Default,
            kind: JobKind::ShowRead,
            lane: None,
            dedupe_key: Some(format!("show_read:{message}")),
            payload: json!({ "show": "read", "message_id": message }),
            run_at: ctx.now,
            max_attempts: 3,
        };
        jobs::enqueue(&mut change.write.tx, &ctx, &show).await?;
    }
    let details = json!({ "seq": seq });
    change.finish(&hub, &ctx, EventName::ConversationUpdated, "read", details).await
}
