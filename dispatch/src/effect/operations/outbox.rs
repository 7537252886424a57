//! `outbox.replay`: an event that could not be delivered is tried again.

use patchbay_core::Code;
use patchbay_core::ids::OutboxId;
use patchbay_core::outbox::OutboxStatus;
use patchbay_core::ticket::{Refusal, Told, Topic};
use patchbay_store::{Tx, dead_letters, outbox, outbox_views};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::within_scope;
use crate::body::OutboxBody;
use crate::error::CommandError;
use crate::work::{Asked, Operated, typed};

#[derive(Deserialize)]
struct Asking {
    outbox_id: OutboxId,
}

/// Errors: 404 `OUTBOX_NOT_FOUND`, 409 `OUTBOX_REPLAY_INVALID_STATE`.
pub(super) async fn replay(tx: &mut Tx, asked: Asked<'_>, body: &Value) -> Result<Operated, CommandError> {
    let Asking { outbox_id } = typed(body)?;
    let event = outbox_views::by_id(tx, outbox_id).await?;
    let mut event = event.ok_or_else(|| Refusal::new(Code::OutboxNotFound, "there is no such event"))?;
    within_scope(&asked.ctx.actor, event.account_id.zip(event.site_id))?;
    if !outbox::replay(tx, outbox_id, asked.ctx.now).await? {
        return Err(Refusal::new(Code::OutboxReplayInvalidState, "only dead letters can be tried again")
            .because("status", event.status.as_str())
            .because("allowed_statuses", vec![OutboxStatus::DeadLetter.as_str()])
            .into());
    }
    dead_letters::settle_about(tx, asked.ctx, "outbox", outbox_id.into(), "replayed").await?;
    event.status = OutboxStatus::Pending;
    event.attempt_count = 0;
    event.next_attempt_at = asked.ctx.now;
    event.last_error = None;
    let facts = Map::from_iter([
        ("outbox_id".to_owned(), json!(outbox_id)),
        ("event_type".to_owned(), json!(event.event_type)),
    ]);
    Ok(Operated {
        account: event.account_id,
        told: Some(("outbox", outbox_id.into(), Told { topic: Topic::OutboxReplayed, facts })),
        reply: json!(OutboxBody::from(event)),
    })
}
