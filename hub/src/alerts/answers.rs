//! Whoever was told by SMS or mail answers: they look after the alert.

use std::collections::HashSet;

use chrono::TimeDelta;
use patchbay_core::Ctx;
use patchbay_core::actor::{Actor, Scope};
use patchbay_core::alert::{NotifyChannel, Proof, is_acknowledgement};
use patchbay_core::directory::Directory;
use patchbay_core::ids::{ActorId, UserId};
use patchbay_core::role::ActorType;
use patchbay_store::feed::StoredEvent;
use patchbay_store::{StoreError, Tx, alert_notifications, alerts};
use serde::Deserialize;
use serde_json::json;

use super::change::{Via, acknowledge, write};
use crate::resource::record;

/// How long an answer counts.
pub(super) const ANSWERS_FOR: TimeDelta = TimeDelta::days(2);

#[derive(Deserialize)]
struct Received {
    message: Message,
    conversation: Conversation,
}

#[derive(Deserialize)]
struct Message {
    channel: String,
    content: Content,
}

#[derive(Deserialize)]
struct Content {
    text: Option<String>,
}

#[derive(Deserialize)]
struct Conversation {
    contact: Contact,
    subject: Option<String>,
}

#[derive(Deserialize)]
struct Contact {
    address: Option<String>,
}

/// Whether a message comes from where somebody was told of an alert.
pub(super) fn may_answer(event: &StoredEvent, told: &HashSet<String>) -> bool {
    let received = serde_json::from_str::<Received>(&event.payload);
    received.is_ok_and(|received| {
        received.conversation.contact.address.is_some_and(|address| told.contains(&address.to_lowercase()))
    })
}

/// Looks whether a message that came in answers an alert.
pub(super) async fn take(tx: &mut Tx, ctx: &Ctx, directory: &Directory, event: &StoredEvent) -> Result<(), StoreError> {
    let Ok(received) = serde_json::from_str::<Received>(&event.payload) else { return Ok(()) };
    let (channel, via, proof) = match received.message.channel.as_str() {
        "sms" => (NotifyChannel::Sms, Via::Sms, Proof::Sender),
        "email" => (NotifyChannel::Email, Via::Email, Proof::Code),
        _ => return Ok(()),
    };
    let Some(address) = received.conversation.contact.address else { return Ok(()) };
    let since = event.created_at - ANSWERS_FOR;
    let known = alert_notifications::answerable(tx, channel, &address.to_lowercase(), since).await?;
    if known.is_empty() {
        return Ok(());
    }
    // The subject of a mail holds the code: an answer repeats it.
    let mut said = received.message.content.text.unwrap_or_default();
    if let Some(subject) = received.conversation.subject.filter(|_| proof == Proof::Code) {
        said.push('\n');
        said.push_str(&subject);
    }
    let Some(answered) = known.iter().find(|told| is_acknowledgement(&said, &told.reply_code, proof)) else {
        return Ok(());
    };
    let (Some(user), Some(mut row)) = (answered.user_id, alerts::lock(tx, answered.alert_id).await?) else {
        return Ok(());
    };
    let ctx = Ctx { actor: person(directory, user), ..ctx.clone() };
    if acknowledge(&mut row, &ctx, user, via).is_err() {
        return Ok(());
    }
    write(tx, &ctx, directory, &mut row).await?;
    record(tx, &ctx, None, "alert.acknowledge", json!({ "alert_id": row.id, "via": via.as_str() })).await
}

/// A user of ours who acts from a telephone or a mailbox.
fn person(directory: &Directory, id: UserId) -> Actor {
    let user = directory.users.get(&id);
    Actor {
        id: ActorId(id.0),
        name: user.map(|user| user.full_name.clone()),
        role: user.map_or(patchbay_core::role::Role::SupportAgent, |user| user.role),
        actor_type: ActorType::Human,
        accounts: Scope::none(),
        sites: Scope::none(),
        teams: user.map(|user| user.teams.clone()).unwrap_or_default(),
        portal: None,
        session: None,
        conversation: None,
        tools: patchbay_core::tool::Grant::Everything,
    }
}
