//! Commands that change a ticket.

use patchbay_core::Code;
use patchbay_core::audit::{AuditEntry, Outcome, redact};
use patchbay_core::ticket::policy::{self, Facts};
use patchbay_core::ticket::{Refusal, Ticket, Told, Topic, sla};
use patchbay_store::{Tx, tickets};
use serde_json::{Map, Value};

use super::{Written, facts};
use crate::body::TicketBody;
use crate::call::Call;
use crate::deadlines;
use crate::effect;
use crate::error::CommandError;
use crate::telling::{self, Telling};
use crate::work::{Asked, Done, Effect, Work};

pub(super) async fn carry_out(
    tx: &mut Tx,
    asked: Asked<'_>,
    call: &Call,
    body: &Value,
) -> Result<Written, CommandError> {
    let (ctx, row) = (asked.ctx, asked.row);
    let id = call.ticket().ok_or(CommandError::NoSuchTicket)?;
    let before = tickets::lock(tx, id).await?.ok_or(CommandError::NoSuchTicket)?;
    check(tx, asked, call, body, &before).await.map_err(|error| error.about(&before))?;
    let effect = effect::run(&mut Work { tx: &mut *tx, asked, ticket: &before, body }).await;
    let Done { change, extra } = match effect.map_err(|error| error.about(&before))? {
        Effect::Changed(done) => *done,
        Effect::AlreadySo(extra) => {
            let reply = answer(&before, extra);
            return Ok(Written { ticket: Some(id), ..Written::new(asked, &reply) });
        }
    };
    let clock = sla::follow(&before, &change.ticket, ctx.now);
    let ticket = Ticket { version: before.version + 1, updated_at: ctx.now, sla: clock, ..change.ticket };
    tickets::update(tx, &ticket).await?;
    deadlines::follow(tx, ctx, Some(&before), &ticket).await?;
    let (conversation, audience) = tickets::audience(tx, id).await?.unzip();
    let entry = AuditEntry {
        ticket_id: Some(id),
        conversation_id: conversation,
        account_id: Some(ticket.account_id),
        before_state: Some(before.state.to_string()),
        after_state: Some(ticket.state.to_string()),
        ticket_version: Some(ticket.version),
        on_behalf_of: call.whom(),
        payload: redact(&call.body),
        changes: Some(before.difference(&ticket)),
        ..AuditEntry::new(ctx, row.tool, Outcome::Success)
    };
    let telling =
        Telling { ticket: &ticket, previous: Some(before.state), conversation, audience: audience.unwrap_or_default() };
    let mut told = change.told;
    if !change.steps.is_empty() {
        told.push(Told { topic: Topic::TicketStateChanged, facts: Map::new() });
    }
    let told = telling::other_systems(ctx, telling, &told);
    let shown = vec![telling::people(ctx, telling)];
    let reply = answer(&ticket, extra);
    Ok(Written {
        ticket: Some(id),
        entry: Some(entry),
        steps: change.steps,
        told,
        shown,
        ..Written::new(asked, &reply)
    })
}

/// Scope, version and state, in this order.
async fn check(tx: &mut Tx, asked: Asked<'_>, call: &Call, body: &Value, ticket: &Ticket) -> Result<(), CommandError> {
    let facts = facts(tx, asked.ctx, ticket).await?;
    policy::may(&asked.ctx.actor, asked.row, asked.tool, &Facts { state: None, ..facts })?;
    if let Some(expected) = call.expected_version(body)?
        && expected != ticket.version
    {
        return Err(Refusal::new(Code::VersionConflict, "the ticket was changed since")
            .because("expected_version", expected)
            .because("current_version", ticket.version)
            .into());
    }
    policy::may(&asked.ctx.actor, asked.row, asked.tool, &facts)?;
    Ok(())
}

/// The ticket, and what the command made beside it.
fn answer(ticket: &Ticket, extra: Map<String, Value>) -> Value {
    let mut reply = serde_json::to_value(TicketBody::from(ticket)).expect("a body is plain data");
    if let Value::Object(fields) = &mut reply {
        fields.extend(extra);
    }
    reply
}
