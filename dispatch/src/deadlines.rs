//! The timer of a ticket: one job that is due at the second at which its standing gets worse. It is set in the transaction
//! that moves the clock, and what it finds when it rings goes to the feed, where alert rules hear of it. Source: domain,
//! ticket SLA.

use chrono::{DateTime, Utc};
use patchbay_core::Ctx;
use patchbay_core::event::{Audience, EventName, NewEvent};
use patchbay_core::ids::{EventId, JobId, TicketId};
use patchbay_core::job::{JobKind, JobQueue, NewJob};
use patchbay_core::ticket::{SlaStatus, Ticket};
use patchbay_store::{StoreError, Tx, events, tickets};
use serde_json::json;

/// How often a timer is tried before it becomes a dead letter.
const TRIES: i64 = 20;

/// The timer of a ticket whose clock may have moved, to be set in the same transaction; `before`: as it was, if it was
/// there. A change that makes it late at once rings at once. `None`: the timer that is set, if any, is right.
pub(crate) fn timer(ctx: &Ctx, before: Option<&Ticket>, after: &Ticket) -> Option<NewJob> {
    if before.is_some_and(|before| before.sla == after.sla && before.state.is_terminal() == after.state.is_terminal()) {
        return None;
    }
    let was = before.map_or(SlaStatus::Healthy, |before| before.sla_standing(ctx.now).status);
    let is = after.sla_standing(ctx.now).status;
    // The worst comes first.
    let is_worse = is < was && !after.state.is_terminal() && after.sla.paused_since.is_none();
    let run_at = if is_worse { Some(ctx.now) } else { after.sla_turns_at(ctx.now) };
    Some(NewJob {
        id: JobId::new(),
        queue: JobQueue::Default,
        kind: JobKind::TicketSlaTimer,
        lane: None,
        dedupe_key: Some(format!("ticket_sla_timer:{}", after.id)),
        payload: json!({ "ticket_id": after.id }),
        run_at: run_at?,
        max_attempts: TRIES,
    })
}

/// Looks how a ticket stands whose timer rang, and tells it when it is near its deadline or late. Answers when to look
/// again; `None`: not unless something changes. The ticket stays locked until the transaction ends.
pub async fn ring(tx: &mut Tx, ctx: &Ctx, id: TicketId) -> Result<Option<DateTime<Utc>>, StoreError> {
    let Some(ticket) = tickets::lock(tx, id).await? else { return Ok(None) };
    if ticket.state.is_terminal() || ticket.sla.paused_since.is_some() {
        return Ok(None);
    }
    let standing = ticket.sla_standing(ctx.now);
    let code = match standing.status {
        SlaStatus::Breach => "TICKET_SLA_BREACH",
        SlaStatus::Warning => "TICKET_SLA_WARNING",
        SlaStatus::Healthy => return Ok(ticket.sla_turns_at(ctx.now)),
    };
    let (conversation, audience) = tickets::audience(tx, id).await?.unzip();
    let event = NewEvent {
        id: EventId::new(),
        name: EventName::AlertRaised,
        conversation_id: conversation,
        conversation_seq: None,
        ticket_id: Some(id),
        audience: Audience {
            account_id: Some(ticket.account_id),
            site_id: Some(ticket.site_id),
            ..audience.unwrap_or_default()
        },
        payload: json!({ "alert": {
            "code": code,
            "ticket_id": id,
            "ticket_code": ticket.code,
            "ticket_priority": ticket.priority,
            "due_at": standing.deadline_at,
            "target_minutes": standing.target_minutes,
            "delay": standing.attribution,
        }})
        .to_string(),
        created_at: ctx.now,
    };
    events::append(tx, &[event]).await?;
    Ok(ticket.sla_turns_at(ctx.now))
}
