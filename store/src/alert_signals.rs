//! The facts that alerts are made of. Counts only; nothing here names a person.

use chrono::{DateTime, Utc};

use crate::error::StoreError;
use crate::tx::Tx;

/// Tickets that wait to be scheduled and have been where they are since before `since`. A scheduled one counts when its
/// time has come, or comes before `lead_until` with nobody assigned: it waits for a dispatcher then.
pub async fn stuck_scheduling(
    tx: &mut Tx,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
    lead_until: DateTime<Utc>,
) -> Result<i64, StoreError> {
    tx.query(
        "select cast(count(*) as bigint) as tickets from tickets t
         where t.state in ('READY_TO_SCHEDULE', 'SCHEDULE_PROPOSED', 'SCHEDULED', 'PENDING_CUSTOMER_CONFIRMATION')
           and (t.state <> 'SCHEDULED' or t.scheduled_start < $2
                or (t.scheduled_start < $3 and t.assigned_tech_id is null and t.assigned_provider_id is null))
           and coalesce((select max(s.created_at) from ticket_state_transitions s
                         where s.ticket_id = t.id and s.to_state = t.state), t.created_at) <= $1",
    )
    .bind(since)
    .bind(now)
    .bind(lead_until)
    .scalar()
    .await
}

/// Open tickets that are late. One whose clock stands still is late when it was before.
pub async fn sla_breaches(tx: &mut Tx, now: DateTime<Utc>) -> Result<i64, StoreError> {
    tx.query(
        "select cast(count(*) as bigint) as tickets from tickets
         where state not in ('CLOSED', 'CANCELLED') and sla_due_at < $1
           and (sla_paused_since is null or sla_due_at < sla_paused_since)",
    )
    .bind(now)
    .scalar()
    .await
}

/// Invoices that did not reach the accounting system.
pub async fn invoice_sync_failures(tx: &mut Tx) -> Result<i64, StoreError> {
    tx.query(
        "select cast(count(*) as bigint) as invoices from invoices
         where state in ('FAILED', 'NEEDS_MANUAL_VERIFICATION')",
    )
    .scalar()
    .await
}

/// Searches for a vendor that ended with nobody since `since`.
pub async fn bookings_exhausted(tx: &mut Tx, since: DateTime<Utc>) -> Result<i64, StoreError> {
    tx.query(
        "select cast(count(*) as bigint) as loops from outbox_events
         where event_type = 'booking.exhausted' and created_at >= $1",
    )
    .bind(since)
    .scalar()
    .await
}

/// Events that could not be handed on and wait for a decision.
pub async fn open_outbox_letters(tx: &mut Tx) -> Result<i64, StoreError> {
    tx.query("select cast(count(*) as bigint) as letters from dead_letters where status = 'open' and source = 'outbox'")
        .scalar()
        .await
}

crate::record! {
    /// How much of something one team or agent has.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Load {
        /// Slug of the team, or id of the agent.
        pub subject: String,
        /// How much.
        pub count: i64,
    }
}

/// Conversations that wait in each team's queue, also where none does.
pub async fn queues(tx: &mut Tx) -> Result<Vec<Load>, StoreError> {
    tx.query(
        "select t.slug as subject, cast(count(v.id) as bigint) as count
         from teams t
         left join conversations v on v.team_id = t.id and v.status = 'queued' and v.status <> 'closed'
         group by t.slug order by t.slug",
    )
    .all()
    .await
}

crate::record! {
    struct AgentLoad {
        assigned_to: patchbay_core::ids::UserId,
        count: i64,
    }
}

/// Conversations that each agent has open, more than `more_than` of them.
pub async fn agents(tx: &mut Tx, more_than: i64) -> Result<Vec<Load>, StoreError> {
    let rows: Vec<AgentLoad> = tx
        .query(
            "select assigned_to, cast(count(*) as bigint) as count from conversations
             where status <> 'closed' and assigned_to is not null
             group by assigned_to having count(*) > $1 order by assigned_to",
        )
        .bind(more_than)
        .all()
        .await?;
    Ok(rows.into_iter().map(|row| Load { subject: row.assigned_to.to_string(), count: row.count }).collect())
}

crate::record! {
    /// From one moment to another.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Span {
        /// The beginning.
        pub began: DateTime<Utc>,
        /// The end.
        pub ended: DateTime<Utc>,
    }
}

/// First answers by people since `since`, the newest 1,000: from the customer's first message to the answer.
pub async fn first_responses(tx: &mut Tx, since: DateTime<Utc>) -> Result<Vec<Span>, StoreError> {
    tx.query(
        "select created_at as began, first_response_at as ended from conversations
         where first_response_at is not null and first_response_at >= $1
         order by first_response_at desc limit 1000",
    )
    .bind(since)
    .all()
    .await
}

/// Conversations closed since `since`, the newest 1,000: from their beginning to their end.
pub async fn resolutions(tx: &mut Tx, since: DateTime<Utc>) -> Result<Vec<Span>, StoreError> {
    tx.query(
        "select created_at as began, closed_at as ended from conversations
         where closed_at is not null and closed_at >= $1
         order by closed_at desc limit 1000",
    )
    .bind(since)
    .all()
    .await
}

/// Open tickets by state.
pub async fn open_tickets(tx: &mut Tx) -> Result<Vec<Load>, StoreError> {
    tx.query(
        "select state as subject, cast(count(*) as bigint) as count from tickets
         where state not in ('CLOSED', 'CANCELLED') group by state order by state",
    )
    .all()
    .await
}
