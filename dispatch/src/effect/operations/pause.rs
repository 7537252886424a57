//! `ops.autonomy.pause` and `ops.autonomy.rollback`.

use patchbay_core::ids::RecordId;
use patchbay_core::ticket::autonomy::{ControlChange, Said};
use patchbay_core::ticket::words::AutonomyScope;
use patchbay_core::ticket::{Command, Ticket, Told, Topic};
use patchbay_store::{Tx, autonomy, tickets};
use serde_json::{Map, Value, json};

use super::within_scope;
use crate::error::CommandError;
use crate::work::{Asked, Operated, misfits, typed};

/// Says whether automation may go on in a scope, and remembers that it was said, also when it was so before.
pub(super) async fn say(tx: &mut Tx, asked: Asked<'_>, body: &Value) -> Result<Operated, CommandError> {
    let said: Said = typed(body)?;
    let key = said.canonical_key().map_err(|error| misfits(vec![error]))?;
    let ticket = subject(tx, &said, key.as_deref()).await?;
    within_scope(&asked.ctx.actor, ticket.as_ref().map(|ticket| (ticket.account_id, ticket.site_id)))?;
    let change = ControlChange {
        id: RecordId::new(),
        scope_type: said.scope_type,
        key,
        is_paused: asked.row.command == Command::AutonomyPause,
        reason: said.reason,
        actor_id: asked.ctx.actor.id,
        actor_role: asked.ctx.actor.role,
        created_at: asked.ctx.now,
    };
    autonomy::put(tx, &change).await?;
    let facts = Map::from_iter([
        ("scope_type".to_owned(), json!(change.scope_type)),
        ("key".to_owned(), json!(change.key)),
        ("is_paused".to_owned(), json!(change.is_paused)),
    ]);
    Ok(Operated {
        reply: json!(change),
        account: ticket.map(|ticket| ticket.account_id),
        told: Some(("autonomy", change.id.into(), Told { topic: Topic::AutonomyChanged, facts })),
    })
}

/// The ticket that is spoken of, when one is.
async fn subject(tx: &mut Tx, said: &Said, key: Option<&str>) -> Result<Option<Ticket>, CommandError> {
    if said.scope_type != AutonomyScope::Ticket {
        return Ok(None);
    }
    let id = key.and_then(|key| key.parse().ok()).ok_or(CommandError::NoSuchTicket)?;
    Ok(Some(tickets::by_id(tx, id).await?.ok_or(CommandError::NoSuchTicket)?))
}
