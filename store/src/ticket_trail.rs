//! What a command on a ticket leaves behind beside the ticket's own row, written at once: its steps, what others are told,
//! the answer that is kept, and the entry of the audit log.

use chrono::{DateTime, Utc};
use patchbay_core::audit::AuditEntry;
use patchbay_core::event::NewEvent;
use patchbay_core::ids::TicketId;
use patchbay_core::ticket::{TicketState, Transition};

use crate::batch::Batch;
use crate::chains::Log;
use crate::db::Engine;
use crate::error::StoreError;
use crate::idempotency::{Claim, settle};
use crate::outbox::{self, OutboxRow};
use crate::tx::Tx;
use crate::{audit, chains, events, record, tickets, traces};

/// What is left behind.
#[derive(Clone, Copy, Debug)]
pub struct Trail<'a> {
    /// The ticket.
    pub ticket: TicketId,
    /// The steps it took, in order.
    pub steps: &'a [Transition],
    /// What other systems are told, in order.
    pub told: &'a [OutboxRow],
    /// What people see of it.
    pub shown: &'a [NewEvent],
    /// The claim of the request.
    pub claim: &'a Claim,
    /// Status of the answer.
    pub status: i64,
    /// The answer.
    pub answer: &'a str,
    /// The entry of the audit log.
    pub entry: &'a AuditEntry,
    /// When.
    pub at: DateTime<Utc>,
}

record! {
    struct Left {
        settled: i64,
        heads: i64,
        head: Option<String>,
    }
}

/// Writes it. The chain of the account's audit log stays locked until the transaction ends: write it last.
///
/// Error: [`StoreError::Conflict`] when the claim was taken over meanwhile, so that the effect must not happen.
pub async fn leave(tx: &mut Tx, trail: Trail<'_>) -> Result<(), StoreError> {
    match tx.engine() {
        // Speaks to the engine in its own process: statement by statement costs nothing.
        Engine::Sqlite => step_by_step(tx, trail).await,
        Engine::Postgres => at_once(tx, trail).await,
    }
}

async fn step_by_step(tx: &mut Tx, trail: Trail<'_>) -> Result<(), StoreError> {
    for step in trail.steps {
        let (command, entry) = (&trail.entry.tool_name, trail.entry.id);
        tickets::append_transition(tx, trail.ticket, *step, command, entry, trail.at).await?;
    }
    for event in trail.told {
        outbox::append(tx, event).await?;
    }
    events::append(tx, trail.shown).await?;
    settle(tx, trail.claim, trail.status, trail.answer, Some(trail.ticket)).await?;
    audit::append(tx, trail.entry).await.map(drop)
}

/// One trip to the server instead of one for each row.
async fn at_once(tx: &mut Tx, trail: Trail<'_>) -> Result<(), StoreError> {
    let steps = Batch::new()
        .optional_texts(trail.steps.iter().map(|step| step.from.map(TicketState::as_str)))
        .texts(trail.steps.iter().map(|step| step.to.as_str()));
    let told = Batch::new()
        .ids(trail.told.iter().map(|event| event.id))
        .integers(trail.told.iter().map(|event| event.aggregate_version))
        .texts(trail.told.iter().map(|event| event.event_type.as_str()))
        .texts(trail.told.iter().map(|event| event.payload.to_string()))
        .texts(trail.told.iter().map(|event| event.headers.to_string()))
        .texts(trail.told.iter().map(|event| event.idempotency_key.as_str()));
    let left: Left = tx
        .query_postgres(
            "with steps as (
                 insert into ticket_state_transitions (ticket_id, seq, from_state, to_state, command, audit_event_id,
                        created_at)
                 select $1, step.place + coalesce(
                            (select max(seq) from ticket_state_transitions where ticket_id = $1), 0),
                        step.origin, step.goal, $2, $3, $4
                 from unnest($5::text[], $6::text[]) with ordinality as step (origin, goal, place)
             ), told as (
                 insert into outbox_events (id, aggregate_type, aggregate_id, aggregate_version, event_type, payload,
                        headers, idempotency_key, status, attempt_count, next_attempt_at, created_at)
                 select event.id, 'ticket', $1, event.version, event.kind, event.payload, event.headers, event.key,
                        'PENDING', 0, $4, $4
                 from unnest($7::uuid[], $8::bigint[], $9::text[], $10::text[], $11::text[], $12::text[])
                      as event (id, version, kind, payload, headers, key)
             ), shown as (
                 insert into events (tx, id, name, conversation_id, conversation_seq, ticket_id, inbox_id, team_id,
                        assigned_to, previous_assigned_to, is_queued, account_id, site_id, payload, created_at)
                 select pg_current_xact_id()::text::bigint, event.*
                 from unnest($13::uuid[], $14::text[], $15::uuid[], $16::bigint[], $17::uuid[], $18::uuid[],
                             $19::uuid[], $20::uuid[], $21::uuid[], $22::boolean[], $23::uuid[], $24::uuid[],
                             $25::text[], $26::timestamptz[]) as event
             ), settled as (
                 update idempotency_keys
                 set status = 'DONE', response_code = $31, response_body = $32, ticket_id = $1
                 where actor_id = $27 and endpoint = $28 and request_id = $29 and locked_until = $30
                   and status = 'IN_PROGRESS'
                 returning 1
             ), head as (
                 select hash from audit_heads where account_id = $33 for update
             )
             select (select count(*) from settled) as settled, (select count(*) from head) as heads,
                    (select hash from head) as head",
        )
        .bind(trail.ticket)
        .bind(trail.entry.tool_name.as_str())
        .bind(trail.entry.id)
        .bind(trail.at)
        .bind_batch(steps)
        .bind_batch(told)
        .bind_batch(events::batch_of(trail.shown))
        .bind(trail.claim.key.actor_id)
        .bind(trail.claim.key.endpoint.as_str())
        .bind(trail.claim.key.request_id)
        .bind(trail.claim.locked_until)
        .bind(trail.status)
        .bind(trail.answer)
        .bind(chains::key(trail.entry.account_id))
        .one()
        .await?;
    if left.settled != 1 {
        return Err(StoreError::Conflict);
    }
    traces::keep_here(tx, trail.shown.iter().map(|event| event.id.into()), trail.at).await?;
    if !trail.shown.is_empty() {
        tx.touch_feed();
    }
    // The first entry of an account: its chain has no head yet.
    let head = match left.heads {
        0 => chains::lock(tx, Log::Audit, trail.entry.account_id).await?,
        _ => left.head,
    };
    audit::append_after(tx, trail.entry, head.as_deref()).await
}
