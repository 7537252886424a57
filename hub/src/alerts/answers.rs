//! Whoever was told by SMS or mail answers: they look after the alert. An SMS is taken at the intake, for it is no
//! message of a customer; a mail when the feed shows it.

use std::collections::HashSet;

use chrono::TimeDelta;
use patchbay_core::Ctx;
use patchbay_core::actor::{Actor, Scope};
use patchbay_core::alert::{NotifyChannel, Proof, is_acknowledgement, possible_answer};
use patchbay_core::directory::Directory;
use patchbay_core::ids::{ActorId, UserId};
use patchbay_core::role::ActorType;
use patchbay_store::alert_notifications::Answerable;
use patchbay_store::feed::StoredEvent;
use patchbay_store::{StoreError, Tx, alert_notifications, alerts};
use serde::Deserialize;
use serde_json::json;

use super::change::{Via, acknowledge, write};
use crate::resource::record;

/// How long an answer counts.
pub(crate) const ANSWERS_FOR: TimeDelta = TimeDelta::days(2);

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
    if received.message.channel != "email" {
        return Ok(());
    }
    let Some(address) = received.conversation.contact.address else { return Ok(()) };
    // The subject of a mail holds the code: an answer repeats it.
    let mut said = received.message.content.text.unwrap_or_default();
    if let Some(subject) = received.conversation.subject {
        said.push('\n');
        said.push_str(&subject);
    }
    let since = event.created_at - ANSWERS_FOR;
    let told = alert_notifications::answerable(tx, NotifyChannel::Email, &address.to_lowercase(), since).await?;
    hear(tx, ctx, directory, &told, (&said, Proof::Code, Via::Email)).await.map(drop)
}

/// Takes an SMS from a telephone that alerts were told to. `false`: it answers none, and is a message like any other.
/// An answer that comes again, or after somebody else's, changes nothing and is still no message.
pub(crate) async fn take_sms(
    tx: &mut Tx,
    ctx: &Ctx,
    directory: &Directory,
    (address, said): (&str, &str),
) -> Result<bool, StoreError> {
    let Some(answer) = possible_answer(said) else { return Ok(false) };
    let since = ctx.now - ANSWERS_FOR;
    let told = alert_notifications::answerable(tx, NotifyChannel::Sms, address, since).await?;
    if hear(tx, ctx, directory, &told, (said, Proof::Sender, Via::Sms)).await? {
        return Ok(true);
    }
    if answer.says_yes && alert_notifications::was_told(tx, NotifyChannel::Sms, address, since, None).await? {
        return Ok(true);
    }
    for code in &answer.codes {
        if alert_notifications::was_told(tx, NotifyChannel::Sms, address, since, Some(code)).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether what was said answers one of these alerts; then its sender looks after it.
async fn hear(
    tx: &mut Tx,
    ctx: &Ctx,
    directory: &Directory,
    told: &[Answerable],
    (said, proof, via): (&str, Proof, Via),
) -> Result<bool, StoreError> {
    let Some(answered) = told.iter().find(|told| is_acknowledgement(said, &told.reply_code, proof)) else {
        return Ok(false);
    };
    let (Some(user), Some(mut row)) = (answered.user_id, alerts::lock(tx, answered.alert_id).await?) else {
        return Ok(false);
    };
    let ctx = Ctx { actor: person(directory, user), ..ctx.clone() };
    if acknowledge(&mut row, &ctx, user, via).is_err() {
        return Ok(true);
    }
    write(tx, &ctx, directory, &mut row).await?;
    record(tx, &ctx, None, "alert.acknowledge", json!({ "alert_id": row.id, "via": via.as_str() })).await?;
    Ok(true)
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
