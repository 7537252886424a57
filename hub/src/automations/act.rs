//! One action on one conversation, and what takes it back.

use chrono::{DateTime, TimeDelta, Utc};
use patchbay_core::automation::Action;
use patchbay_core::conversation::{CloseReason, ConversationStatus, Priority, Trigger};
use patchbay_core::event::EventName;
use patchbay_core::ids::{ConversationId, JobId, NoteId, TeamId, UserId};
use patchbay_core::job::{JobKind, JobQueue, NewJob};
use patchbay_core::routing::OpenTicket;
use patchbay_core::{Code, Ctx};
use patchbay_http::ApiError;
use patchbay_store::annotations::NoteRow;
use patchbay_store::conversations::ConversationRow;
use patchbay_store::{Tx, annotations, jobs};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::change::Held;
use crate::conversations::{assignee, end, hand_to, require_room, write_note};
use crate::error::HubError;
use crate::replies::{Said, say};
use crate::satisfaction;
use crate::state::Hub;

/// Incident type of a ticket that nobody has looked at. Source: domain, evidence and closeout gate.
const ANY_INCIDENT: &str = "GENERIC_REPAIR";

/// What takes an action back, as long as nobody has changed the same since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Undo {
    /// These tags were put on.
    Tagged { tags: Vec<String> },
    /// These were taken off.
    Untagged { tags: Vec<String> },
    /// It had another priority.
    Prioritized { from: Priority, to: Priority },
    /// It belonged elsewhere.
    Moved { from: Place, to: Place },
    /// It was to be seen, or hidden for another time.
    Snoozed { from: Option<DateTime<Utc>>, to: DateTime<Utc> },
    /// It was open.
    Closed { assigned_to: Option<UserId>, at: DateTime<Utc> },
}

/// Whose a conversation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) team: Option<TeamId>,
    pub(super) user: Option<UserId>,
}

impl Place {
    pub(super) fn of(row: &ConversationRow) -> Self {
        Self { team: row.team_id, user: row.assigned_to }
    }
}

/// Does an action. `name`: what a reply is known by, the same when it is done again. Errors: what the same change by hand
/// is refused with.
pub(super) async fn act(
    tx: &mut Tx,
    hub: &Hub,
    ctx: &Ctx,
    (id, name): (ConversationId, Uuid),
    action: &Action,
) -> Result<Option<Undo>, HubError> {
    match action {
        Action::Tag { tags } => tag(tx, hub, ctx, id, tags).await,
        Action::Untag { tags } => untag(tx, hub, ctx, id, tags).await,
        Action::Priority { priority } => {
            let mut held = open(tx, id).await?;
            let (from, to) = (std::mem::replace(&mut held.row.priority, *priority), *priority);
            if from == to {
                return Ok(None);
            }
            let what = (EventName::ConversationUpdated, "changed", json!({ "priority": to }));
            held.write(tx, hub, ctx, what).await?;
            Ok(Some(Undo::Prioritized { from, to }))
        }
        Action::Assign { team, user } => {
            let held = open(tx, id).await?;
            let team = team.or(held.row.team_id.filter(|_| user.is_some()));
            hand_over(tx, hub, ctx, held, Place { team, user: *user }, Room::Needed).await
        }
        Action::Reply { text } => {
            let held = open(tx, id).await?;
            let text = text.replace("{{name}}", &held.row.contact_name);
            let directory = hub.gate.directory.load_full();
            match say(tx, ctx, &directory, id, name, &text).await? {
                Said::Now(_) | Said::Before(_) => Ok(None),
                Said::Nowhere => Err(ApiError::not_found("conversation").into()),
            }
        }
        Action::Note { text } => {
            let held = Held::lock(tx, id).await?;
            let note = NoteRow {
                id: NoteId::new(),
                conversation_id: id,
                author_id: None,
                author_name: ctx.actor.name.clone().unwrap_or_else(|| "Patchbay".into()),
                text: text.trim().to_owned(),
                created_at: ctx.now,
            };
            write_note(tx, ctx, &held.row, &note).await?;
            annotations::record_event(tx, ctx, id, "noted", json!({ "note_id": note.id })).await?;
            Ok(None)
        }
        Action::Snooze { minutes } => {
            let mut held = open(tx, id).await?;
            let until = ctx.now + TimeDelta::minutes(*minutes);
            let from = held.row.snoozed_until.replace(until);
            let wake = job(JobKind::EndSnooze, None, json!({ "conversation_id": id, "until": until }), until);
            jobs::enqueue(tx, ctx, &wake).await?;
            let what = (EventName::ConversationUpdated, "snoozed", json!({ "until": until }));
            held.write(tx, hub, ctx, what).await?;
            Ok(Some(Undo::Snoozed { from, to: until }))
        }
        Action::Close { reason } => {
            let held = open(tx, id).await?;
            close(tx, hub, ctx, held, *reason).await
        }
        Action::Ticket { incident_type, priority } => {
            open(tx, id).await?;
            let incident_type = incident_type.clone().unwrap_or_else(|| ANY_INCIDENT.to_owned());
            let ticket = OpenTicket { incident_type, priority: *priority };
            let payload = json!({ "conversation_id": id, "ticket": ticket });
            let once = format!("open_ticket:{id}");
            jobs::enqueue(tx, ctx, &job(JobKind::OpenTicket, Some(once), payload, ctx.now)).await?;
            Ok(None)
        }
    }
}

fn job(kind: JobKind, dedupe_key: Option<String>, payload: Value, run_at: DateTime<Utc>) -> NewJob {
    NewJob {
        id: JobId::new(),
        queue: JobQueue::Default,
        kind,
        lane: None,
        dedupe_key,
        payload,
        run_at,
        max_attempts: 10,
    }
}

/// Locks a conversation that must be open. Error: 409 `INVALID_STATE_TRANSITION`.
async fn open(tx: &mut Tx, id: ConversationId) -> Result<Held, HubError> {
    let held = Held::lock(tx, id).await?;
    if held.row.status == ConversationStatus::Closed {
        return Err(not_from("closed").into());
    }
    Ok(held)
}

pub(super) fn not_from(state: &str) -> ApiError {
    ApiError::new(Code::InvalidStateTransition, format!("not possible while the conversation is {state}"))
        .because("from_state", state)
}

async fn tag(tx: &mut Tx, hub: &Hub, ctx: &Ctx, id: ConversationId, tags: &[String]) -> Result<Option<Undo>, HubError> {
    let mut held = Held::lock(tx, id).await?;
    let mut added = Vec::new();
    for name in tags {
        let tag = annotations::tag(tx, ctx, name).await?;
        if annotations::add_tag(tx, ctx, id, tag, None).await? {
            added.push(name.clone());
        }
    }
    if added.is_empty() {
        return Ok(None);
    }
    held.row.tags = Value::from(annotations::tags_of(tx, id).await?);
    held.write(tx, hub, ctx, (EventName::ConversationUpdated, "tagged", json!({ "tags": added }))).await?;
    Ok(Some(Undo::Tagged { tags: added }))
}

async fn untag(
    tx: &mut Tx,
    hub: &Hub,
    ctx: &Ctx,
    id: ConversationId,
    tags: &[String],
) -> Result<Option<Undo>, HubError> {
    let mut held = Held::lock(tx, id).await?;
    let mut gone = Vec::new();
    for name in tags {
        if annotations::remove_tag(tx, id, name).await? {
            gone.push(name.clone());
        }
    }
    if gone.is_empty() {
        return Ok(None);
    }
    held.row.tags = Value::from(annotations::tags_of(tx, id).await?);
    held.write(tx, hub, ctx, (EventName::ConversationUpdated, "untagged", json!({ "tags": gone }))).await?;
    Ok(Some(Undo::Untagged { tags: gone }))
}

/// Whether whoever gets a conversation must have room for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// Yes.
    Needed,
    /// They had it before.
    Theirs,
}

/// Gives a conversation to a team's queue or to a person. Nobody gets more than they can hold.
pub(super) async fn hand_over(
    tx: &mut Tx,
    hub: &Hub,
    ctx: &Ctx,
    mut held: Held,
    to: Place,
    room: Room,
) -> Result<Option<Undo>, HubError> {
    let from = Place::of(&held.row);
    let is_there = from == to && (to.user.is_some() || held.row.status == ConversationStatus::Queued);
    if is_there {
        return Ok(None);
    }
    let directory = hub.gate.directory.load_full();
    if to.team.is_some_and(|team| directory.teams.get(&team).is_none_or(|team| !team.is_active)) {
        return Err(ApiError::invalid("team", "no active team has this id").into());
    }
    let trigger = match to.user {
        Some(user) => {
            let known = assignee(&directory, "user", user, to.team)?;
            if room == Room::Needed && from.user != to.user {
                require_room(tx, user, known.capacity, "they hold as many conversations as they can").await?;
            }
            Trigger::Assign
        }
        None => Trigger::Queue,
    };
    let status = held.row.status;
    if !(trigger == Trigger::Queue && status == ConversationStatus::Queued) {
        held.row.status = status.after(trigger).ok_or_else(|| not_from(status.as_str()))?;
    }
    held.row.team_id = to.team;
    hand_to(&mut held.row, to.user);
    let details = json!({ "to_team_id": to.team, "assigned_to": to.user });
    held.write(tx, hub, ctx, (EventName::ConversationAssigned, "assigned", details)).await?;
    Ok(Some(Undo::Moved { from, to }))
}

async fn close(
    tx: &mut Tx,
    hub: &Hub,
    ctx: &Ctx,
    mut held: Held,
    reason: CloseReason,
) -> Result<Option<Undo>, HubError> {
    let status = held.row.status;
    status.after(Trigger::Close(reason)).ok_or_else(|| not_from(status.as_str()))?;
    let directory = hub.gate.directory.load_full();
    satisfaction::ask(tx, ctx, &directory, &mut held.row, reason).await?;
    let assigned_to = held.row.assigned_to;
    let by = ctx.actor.user_id();
    let by = hub.directory().users.contains_key(&by).then_some(by);
    end(&mut held.row, ctx, reason, by);
    let details = json!({ "close_reason": reason });
    held.write(tx, hub, ctx, (EventName::ConversationUpdated, "closed", details)).await?;
    Ok(Some(Undo::Closed { assigned_to, at: ctx.now }))
}
