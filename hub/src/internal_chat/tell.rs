//! What the people of a thread learn: an event for each of them, which nobody else sees.

use patchbay_core::Ctx;
use patchbay_core::directory::Directory;
use patchbay_core::event::{Audience, EventName, NewEvent};
use patchbay_core::ids::{EventId, UserId};
use patchbay_store::internal_chat::{InternalMessageRow, MemberRow, ThreadRow};
use patchbay_store::{StoreError, Tx, events};
use serde_json::{Value, json};

use super::body::{InternalMessageBody, ThreadBody};

fn event(ctx: &Ctx, name: EventName, to: UserId, payload: &Value) -> NewEvent {
    NewEvent {
        id: EventId::new(),
        name,
        conversation_id: None,
        conversation_seq: None,
        ticket_id: None,
        audience: Audience { assigned_to: Some(to), ..Audience::default() },
        payload: payload.to_string(),
        created_at: ctx.now,
    }
}

/// A thread began, or its people changed. `also`: somebody who is not in it any more.
pub(super) async fn of_thread(
    tx: &mut Tx,
    ctx: &Ctx,
    directory: &Directory,
    (row, members): (&ThreadRow, &[MemberRow]),
    also: Option<UserId>,
) -> Result<(), StoreError> {
    let people = members.iter().map(|member| member.user_id).chain(also);
    let told: Vec<NewEvent> = people
        .map(|user| {
            let thread = ThreadBody::of(row, members, None, directory, user);
            event(ctx, EventName::InternalThread, user, &json!({ "thread": thread }))
        })
        .collect();
    events::append(tx, &told).await
}

/// Something was said.
pub(super) async fn of_message(
    tx: &mut Tx,
    ctx: &Ctx,
    members: &[MemberRow],
    (row, mentions): (&InternalMessageRow, &[UserId]),
) -> Result<(), StoreError> {
    let message = InternalMessageBody::from(row);
    let told: Vec<NewEvent> = members
        .iter()
        .map(|member| {
            let is_named = mentions.contains(&member.user_id);
            let payload = json!({ "message": message, "thread_id": row.thread_id, "mentioned": is_named });
            event(ctx, EventName::InternalMessage, member.user_id, &payload)
        })
        .collect();
    events::append(tx, &told).await
}
