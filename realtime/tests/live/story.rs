//! Things that happen: events in the feed, conversations in their tables.

use patchbay_core::event::{Audience, EventName, NewEvent};
use patchbay_core::ids::{ContactId, ConversationId, EventId, InboxId, TeamId, UserId};
use patchbay_store::{Db, events};
use serde_json::json;

use crate::ground::Ground;

/// An event about a message in a conversation of `team`, waiting in the queue.
pub(crate) fn queued(ground: &Ground, team: TeamId, number: usize) -> NewEvent {
    event(ground, Audience { team_id: Some(team), is_queued: true, ..Audience::default() }, number)
}

/// An event about a message in a conversation that `user` has.
pub(crate) fn held(ground: &Ground, team: TeamId, user: UserId, number: usize) -> NewEvent {
    event(ground, Audience { team_id: Some(team), assigned_to: Some(user), ..Audience::default() }, number)
}

pub(crate) fn event(ground: &Ground, audience: Audience, number: usize) -> NewEvent {
    NewEvent {
        id: EventId::new(),
        name: EventName::MessageReceived,
        conversation_id: Some(ConversationId::new()),
        conversation_seq: i64::try_from(number).ok(),
        ticket_id: None,
        audience,
        payload: json!({ "number": number }).to_string(),
        created_at: ground.gate.clock.now(),
    }
}

/// Commits events in one transaction.
pub(crate) async fn happen(db: &Db, events: &[NewEvent]) {
    let mut tx = db.begin().await.unwrap();
    events::append(&mut tx, events).await.unwrap();
    tx.commit().await.unwrap();
}

/// A conversation that waits in the queue of `team`.
pub(crate) async fn conversation(ground: &Ground, db: &Db, team: TeamId) -> ConversationId {
    let (id, inbox, contact) = (ConversationId::new(), InboxId::new(), ContactId::new());
    let now = ground.gate.clock.now();
    let mut tx = db.begin().await.unwrap();
    tx.query(
        "insert into teams (id, slug, name, timezone, is_active, version, created_at, updated_at)
         values ($1, $2, 'Team', 'UTC', $4, 1, $3, $3) on conflict (id) do nothing",
    )
    .bind(team)
    .bind(team.to_string())
    .bind(now)
    .bind(true)
    .execute()
    .await
    .unwrap();
    tx.query(
        "insert into inboxes (id, name, channel, address, team_id, triage, provider, settings, origin, is_active, version,
                created_at, updated_at)
         values ($1, $2, 'sms', '+15550002222', $3, 'direct', 'twilio', '{}', 'test', $5, 1, $4, $4)",
    )
    .bind(inbox)
    .bind(inbox.to_string())
    .bind(team)
    .bind(now)
    .bind(true)
    .execute()
    .await
    .unwrap();
    tx.query(
        "insert into contacts (id, display_name, is_authorized_requester, is_authorized_approver, metadata, version,
                created_at, updated_at)
         values ($1, 'Cora', $3, $3, '{}', 1, $2, $2)",
    )
    .bind(contact)
    .bind(now)
    .bind(false)
    .execute()
    .await
    .unwrap();
    tx.query(
        "insert into conversations (id, inbox_id, channel, contact_id, contact_address, status, priority, team_id, last_seq,
                inbound_count, read_inbound_count, tags, last_message_at, version, created_at, updated_at)
         values ($1, $2, 'sms', $3, '+15550103333', 'queued', 'normal', $4, 0, 0, 0, '[]', $5, 1, $5, $5)",
    )
    .bind(id)
    .bind(inbox)
    .bind(contact)
    .bind(team)
    .bind(now)
    .execute()
    .await
    .unwrap();
    tx.commit().await.unwrap();
    id
}

/// The number of an event made here.
pub(crate) fn number(frame: &serde_json::Value) -> u64 {
    frame["data"]["number"].as_u64().unwrap_or_else(|| panic!("not one of our events: {frame}"))
}

/// The cursor of a frame.
pub(crate) fn cursor(frame: &serde_json::Value) -> String {
    frame["cursor"].as_str().unwrap_or_else(|| panic!("no cursor: {frame}")).to_owned()
}
