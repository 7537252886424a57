//! Commands that make a ticket.

use chrono::Datelike as _;
use patchbay_core::Ctx;
use patchbay_core::audit::{AuditEntry, Outcome, redact};
use patchbay_core::ticket::{Command, Told};
use patchbay_store::{StoreError, Tx, counters, jobs, ticket_services, ticket_urgencies, tickets};
use serde_json::{Map, Value};

use super::Written;
use crate::also::{Also, Joined};
use crate::call::Call;
use crate::deadlines;
use crate::effect::creation::{self, Creation};
use crate::error::CommandError;
use crate::telling::{self, Telling};
use crate::work::Asked;

/// First part of the codes of tickets whose account has none of its own.
const CODE_PREFIX: &str = "T";

pub(super) async fn carry_out(
    tx: &mut Tx,
    asked: Asked<'_>,
    call: &Call,
    body: &Value,
    also: &mut dyn Also,
) -> Result<Written, CommandError> {
    let (ctx, row) = (asked.ctx, asked.row);
    let grounds = also.grounds(tx, ctx).await.map_err(CommandError::Also)?;
    let Creation { decision, place, urgency } = match row.command {
        Command::TicketCreate => creation::create(tx, asked, body, &grounds).await?,
        _ => creation::blind_intake(tx, asked, body, &grounds).await?,
    };
    let code = next_code(tx, ctx, place.code_prefix.as_deref().unwrap_or(CODE_PREFIX)).await?;
    let ticket = decision.draft.with_code(code);
    tickets::insert(tx, &ticket).await?;
    if ticket.urgency != urgency {
        ticket_urgencies::keep(tx, ticket.id, urgency).await?;
    }
    if !grounds.lines.is_empty() {
        ticket_services::replace(tx, ticket.id, &grounds.lines, ctx.now).await?;
    }
    jobs::set_timers(tx, ctx, deadlines::timer(ctx, None, &ticket).as_slice()).await?;
    let Joined { reply, conversation, audience } = also.created(tx, ctx, &ticket).await.map_err(CommandError::Also)?;
    let previous = decision.steps.first().and_then(|step| step.from);
    let entry = AuditEntry {
        ticket_id: Some(ticket.id),
        conversation_id: conversation,
        account_id: Some(ticket.account_id),
        before_state: previous.map(|state| state.to_string()),
        after_state: Some(ticket.state.to_string()),
        ticket_version: Some(ticket.version),
        on_behalf_of: call.whom(),
        payload: redact(&call.body),
        ..AuditEntry::new(ctx, row.tool, Outcome::Success)
    };
    let telling = Telling { ticket: &ticket, previous, conversation, audience };
    let told: Vec<Told> = decision.topics.iter().map(|topic| Told { topic: *topic, facts: Map::new() }).collect();
    let told = telling::other_systems(ctx, telling, &told);
    let shown = vec![telling::people(ctx, telling)];
    let (ticket, steps) = (Some(ticket.id), decision.steps);
    Ok(Written { ticket, entry: Some(entry), steps, told, shown, ..Written::new(asked, &reply) })
}

/// The next code of a prefix in this year: `T-2026-001`.
async fn next_code(tx: &mut Tx, ctx: &Ctx, prefix: &str) -> Result<String, StoreError> {
    let year = ctx.now.year();
    let number = counters::next(tx, &format!("ticket:{prefix}:{year}")).await?;
    Ok(format!("{prefix}-{year}-{number:03}"))
}
