//! What happened to a ticket.

use chrono::{DateTime, Utc};
use patchbay_core::Ctx;
use patchbay_core::ids::{AuditId, TicketId};
use patchbay_core::ticket::{Command, TicketState};
use patchbay_http::{decode_cursor, encode_cursor};
use patchbay_store::Tx;
use patchbay_store::audit::{self, AuditRow};
use patchbay_store::tickets::{self, TransitionRow};

use crate::body::{TimelineBody, TimelineEvent, TimelineStep};
use crate::error::CommandError;
use crate::pipeline::Dispatch;
use crate::query::{Parameters, invalid};
use crate::read::visible;

/// Most events of one answer, and how many there are when the caller does not say.
const MOST_EVENTS: i64 = 500;

impl Dispatch {
    /// What happened to a ticket, oldest first. Errors: as for one ticket, 400 `INVALID_QUERY`.
    pub(crate) async fn timeline(
        &self,
        ctx: &Ctx,
        id: TicketId,
        mut given: Parameters,
        tool: Option<&str>,
    ) -> Result<TimelineBody, CommandError> {
        let mut tx = self.db.read().await?;
        visible(&mut tx, ctx, Command::TicketTimeline.row(), id, tool).await?;
        let limit = match given.number("limit")? {
            None => MOST_EVENTS,
            Some(limit) if (1..=MOST_EVENTS).contains(&limit) => limit,
            Some(_) => return Err(invalid(format!("limit must be between 1 and {MOST_EVENTS}")).into()),
        };
        let cursor = given.one("cursor")?;
        given.finish()?;
        let after: Option<(DateTime<Utc>, AuditId)> =
            cursor.map(|cursor| decode_cursor(&cursor)).transpose().map_err(CommandError::Also)?;
        let mut entries = audit::of_ticket(&mut tx, id, after, limit + 1).await?;
        let shown = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = entries.len() > shown;
        entries.truncate(shown);
        let last = entries.last().filter(|_| has_more);
        let next_cursor = last.map(|row| encode_cursor(&(row.entry.created_at, row.entry.id)));
        Ok(TimelineBody { ticket_id: id.into(), events: events(&mut tx, id, &entries).await?, next_cursor })
    }
}

/// The latest events of a ticket, oldest first.
pub(crate) async fn latest(tx: &mut Tx, id: TicketId, limit: i64) -> Result<Vec<TimelineEvent>, CommandError> {
    let mut entries = audit::latest_of_ticket(tx, id, limit).await?;
    entries.reverse();
    events(tx, id, &entries).await
}

async fn events(tx: &mut Tx, id: TicketId, entries: &[AuditRow]) -> Result<Vec<TimelineEvent>, CommandError> {
    let steps = tickets::transitions(tx, id).await?;
    Ok(entries.iter().map(|entry| event(entry, &steps)).collect())
}

fn event(row: &AuditRow, steps: &[TransitionRow]) -> TimelineEvent {
    let entry = &row.entry;
    TimelineEvent {
        id: entry.id.into(),
        tool_name: entry.tool_name.clone(),
        actor_type: entry.actor_type.as_str(),
        actor_id: entry.actor_id.into(),
        actor_role: entry.actor_role.as_str(),
        on_behalf_of: entry.on_behalf_of,
        outcome: entry.outcome.as_str(),
        error_code: entry.error_code.clone(),
        before_state: entry.before_state.clone(),
        after_state: entry.after_state.clone(),
        ticket_version: entry.ticket_version,
        transitions: steps
            .iter()
            .filter(|step| step.audit_event_id == entry.id)
            .map(|step| TimelineStep {
                seq: step.seq,
                from_state: step.from_state.map(TicketState::as_str),
                to_state: step.to_state.as_str(),
            })
            .collect(),
        payload: entry.payload.clone(),
        changes: entry.changes.clone(),
        request_id: entry.request_id.clone(),
        correlation_id: entry.correlation_id.clone(),
        created_at: entry.created_at,
    }
}
