//! Taking back what a run did, as far as nobody has changed the same since.

use patchbay_core::conversation::{ConversationStatus, REOPEN_WITHIN, Trigger};
use patchbay_core::event::EventName;
use patchbay_core::ids::ConversationId;
use patchbay_core::{Code, Ctx};
use patchbay_http::ApiError;
use patchbay_store::{Tx, annotations};
use serde_json::{Value, json};

use super::act::{Place, Room, Undo, hand_over, not_from};
use super::change::Held;
use crate::error::HubError;
use crate::state::Hub;

fn moved_on() -> HubError {
    ApiError::new(Code::VersionConflict, "somebody has changed it since").into()
}

/// Takes one action back. Errors: 409 `VERSION_CONFLICT`, `INVALID_STATE_TRANSITION`.
pub(super) async fn take_back(
    tx: &mut Tx,
    hub: &Hub,
    ctx: &Ctx,
    id: ConversationId,
    undo: &Undo,
) -> Result<(), HubError> {
    let mut held = Held::lock(tx, id).await?;
    let updated = |details: Value| (EventName::ConversationUpdated, "automation_undone", details);
    match undo {
        Undo::Tagged { tags } => {
            for tag in tags {
                annotations::remove_tag(tx, id, tag).await?;
            }
            held.row.tags = Value::from(annotations::tags_of(tx, id).await?);
            held.write(tx, hub, ctx, updated(json!({ "untagged": tags }))).await
        }
        Undo::Untagged { tags } => {
            for name in tags {
                let tag = annotations::tag(tx, ctx, name).await?;
                annotations::add_tag(tx, ctx, id, tag, None).await?;
            }
            held.row.tags = Value::from(annotations::tags_of(tx, id).await?);
            held.write(tx, hub, ctx, updated(json!({ "tagged": tags }))).await
        }
        Undo::Prioritized { from, to } => {
            if held.row.priority != *to {
                return Err(moved_on());
            }
            held.row.priority = *from;
            held.write(tx, hub, ctx, updated(json!({ "priority": from }))).await
        }
        Undo::Moved { from, to } => {
            if Place::of(&held.row) != *to {
                return Err(moved_on());
            }
            hand_over(tx, hub, ctx, held, *from, Room::Theirs).await.map(drop)
        }
        Undo::Snoozed { from, to } => {
            if held.row.snoozed_until.map(|until| until.timestamp_micros()) != Some(to.timestamp_micros()) {
                return Err(moved_on());
            }
            held.row.snoozed_until = from.filter(|until| *until > ctx.now);
            held.write(tx, hub, ctx, updated(json!({ "snoozed_until": from }))).await
        }
        Undo::Closed { assigned_to, at } => {
            if held.row.closed_at.map(|at| at.timestamp_micros()) != Some(at.timestamp_micros()) {
                return Err(moved_on());
            }
            if *at + REOPEN_WITHIN < ctx.now {
                return Err(not_from("closed").into());
            }
            let works = assigned_to.filter(|user| hub.directory().users.get(user).is_some_and(|user| user.is_active));
            let trigger = if works.is_some() { Trigger::ReopenTo } else { Trigger::ReopenToQueue };
            held.row.status = ConversationStatus::Closed.after(trigger).ok_or_else(|| not_from("closed"))?;
            held.row.assigned_to = works;
            (held.row.closed_at, held.row.closed_by, held.row.close_reason) = (None, None, None);
            held.write(tx, hub, ctx, (EventName::ConversationAssigned, "reopened", json!({ "undone": true }))).await
        }
    }
}
