//! What commands on tickets leave behind beside the tickets' own rows, written at once: their steps, what others are told,
//! the answers that are kept, and the entries of the audit log.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use patchbay_core::audit::AuditEntry;
use patchbay_core::event::NewEvent;
use patchbay_core::ids::{AccountId, TicketId};
use patchbay_core::ticket::{TicketState, Transition};
use patchbay_core::trace::{self, SpanContext};
use uuid::Uuid;

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
        account_id: Option<AccountId>,
        hash: Option<String>,
    }
}

/// Writes what one command leaves. The chain of the account's audit log stays locked until the transaction ends: write it
/// last.
///
/// Error: [`StoreError::Conflict`] when the claim was taken over meanwhile, so that the effect must not happen.
pub async fn leave(tx: &mut Tx, trail: Trail<'_>) -> Result<(), StoreError> {
    match tx.engine() {
        // Speaks to the engine in its own process: statement by statement costs nothing.
        Engine::Sqlite => step_by_step(tx, trail).await,
        Engine::Postgres => leave_all(tx, &[trail]).await,
    }
}

/// What people see of commands whose requests are recorded, each with the span of its own request: whoever writes it for
/// all of them has another.
fn shown_below_spans(trails: &[Trail<'_>]) -> Vec<(Uuid, SpanContext)> {
    let mut shown = Vec::new();
    for trail in trails {
        let mut told = trail.told.iter();
        let span = told.find_map(|event| event.headers.get("traceparent")?.as_str()?.parse::<SpanContext>().ok());
        if let Some(span) = span {
            shown.extend(trail.shown.iter().map(|event| (event.id.into(), span)));
        }
    }
    shown
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

/// Writes what commands leave, each on another ticket: two trips to the server instead of one for each row. A command
/// whose key was not claimed before claims it here. PostgreSQL only.
///
/// Error: [`StoreError::Conflict`] when a key has another user, so that no effect of these must happen.
pub async fn leave_all(tx: &mut Tx, trails: &[Trail<'_>]) -> Result<(), StoreError> {
    let all = || trails.iter();
    let steps = || all().flat_map(|trail| (1..).zip(trail.steps).map(move |(place, step)| (trail, place, step)));
    let told = || all().flat_map(|trail| trail.told.iter().map(move |event| (trail, event)));
    let kept_steps = Batch::new()
        .ids(steps().map(|(trail, ..)| trail.ticket))
        .integers(steps().map(|(_, place, _)| place))
        .optional_texts(steps().map(|(.., step)| step.from.map(TicketState::as_str)))
        .texts(steps().map(|(.., step)| step.to.as_str()))
        .texts(steps().map(|(trail, ..)| trail.entry.tool_name.as_str()))
        .ids(steps().map(|(trail, ..)| trail.entry.id))
        .times(steps().map(|(trail, ..)| trail.at));
    let kept_told = Batch::new()
        .ids(told().map(|(_, event)| event.id))
        .ids(told().map(|(trail, _)| trail.ticket))
        .integers(told().map(|(_, event)| event.aggregate_version))
        .texts(told().map(|(_, event)| event.event_type.as_str()))
        .texts(told().map(|(_, event)| event.payload.to_string()))
        .texts(told().map(|(_, event)| event.headers.to_string()))
        .texts(told().map(|(_, event)| event.idempotency_key.as_str()))
        .times(told().map(|(trail, _)| trail.at));
    let answers = Batch::new()
        .ids(all().map(|trail| trail.claim.key.actor_id))
        .texts(all().map(|trail| trail.claim.key.endpoint.as_str()))
        .ids(all().map(|trail| trail.claim.key.request_id))
        .texts(all().map(|trail| trail.claim.request_hash.as_str()))
        .times(all().map(|trail| trail.claim.locked_until))
        .times(all().map(|trail| trail.claim.expires_at))
        .times(all().map(|trail| trail.at))
        .integers(all().map(|trail| trail.status))
        .texts(all().map(|trail| trail.answer))
        .ids(all().map(|trail| trail.ticket));
    let accounts: BTreeSet<AccountId> = all().map(|trail| chains::key(trail.entry.account_id)).collect();
    let left: Vec<Left> = tx
        .query_postgres(
            "with steps as (
                 insert into ticket_state_transitions (ticket_id, seq, from_state, to_state, command, audit_event_id,
                        created_at)
                 select step.ticket_id, step.place + coalesce(
                            (select max(seq) from ticket_state_transitions before
                             where before.ticket_id = step.ticket_id), 0),
                        step.origin, step.goal, step.command, step.entry_id, step.at
                 from unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::uuid[],
                             $7::timestamptz[])
                      as step (ticket_id, place, origin, goal, command, entry_id, at)
             ), told as (
                 insert into outbox_events (id, aggregate_type, aggregate_id, aggregate_version, event_type, payload,
                        headers, idempotency_key, status, attempt_count, next_attempt_at, created_at)
                 select event.id, 'ticket', event.ticket_id, event.version, event.kind, event.payload, event.headers,
                        event.key, 'PENDING', 0, event.at, event.at
                 from unnest($8::uuid[], $9::uuid[], $10::bigint[], $11::text[], $12::text[], $13::text[], $14::text[],
                             $15::timestamptz[])
                      as event (id, ticket_id, version, kind, payload, headers, key, at)
             ), shown as (
                 insert into events (tx, id, name, conversation_id, conversation_seq, ticket_id, inbox_id, team_id,
                        assigned_to, previous_assigned_to, is_queued, account_id, site_id, payload, created_at)
                 select pg_current_xact_id()::text::bigint, event.*
                 from unnest($16::uuid[], $17::text[], $18::uuid[], $19::bigint[], $20::uuid[], $21::uuid[],
                             $22::uuid[], $23::uuid[], $24::uuid[], $25::boolean[], $26::uuid[], $27::uuid[],
                             $28::text[], $29::timestamptz[]) as event
             ), settled as (
                 insert into idempotency_keys as kept (actor_id, endpoint, request_id, request_hash, status, locked_until,
                        expires_at, created_at, response_code, response_body, ticket_id)
                 select answer.actor_id, answer.endpoint, answer.request_id, answer.request_hash, 'DONE',
                        answer.locked_until, answer.expires_at, answer.at, answer.status, answer.body, answer.ticket_id
                 from unnest($30::uuid[], $31::text[], $32::uuid[], $33::text[], $34::timestamptz[],
                             $35::timestamptz[], $36::timestamptz[], $37::bigint[], $38::text[], $39::uuid[])
                      as answer (actor_id, endpoint, request_id, request_hash, locked_until, expires_at, at, status,
                                 body, ticket_id)
                 on conflict (actor_id, endpoint, request_id) do update
                 set status = 'DONE', response_code = excluded.response_code, response_body = excluded.response_body,
                     ticket_id = excluded.ticket_id
                 where kept.locked_until = excluded.locked_until and kept.status = 'IN_PROGRESS'
                 returning 1
             ), heads as (
                 select account_id, hash from audit_heads where account_id = any($40::uuid[])
                 order by account_id for update
             )
             select (select count(*) from settled) as settled, heads.account_id, heads.hash
             from (values (1)) as one left join heads on true",
        )
        .bind_batch(kept_steps)
        .bind_batch(kept_told)
        .bind_batch(events::batch_of(all().flat_map(|trail| trail.shown)))
        .bind_batch(answers)
        .bind_batch(Batch::new().ids(accounts.iter().copied()))
        .all()
        .await?;
    if left.first().and_then(|left| usize::try_from(left.settled).ok()) != Some(trails.len()) {
        return Err(StoreError::Conflict);
    }
    if trace::is_on() {
        let at = trails.first().map_or_else(DateTime::default, |trail| trail.at);
        traces::keep(tx, &shown_below_spans(trails), at).await?;
    }
    if trails.iter().any(|trail| !trail.shown.is_empty()) {
        tx.touch_feed();
    }
    let mut heads: BTreeMap<AccountId, Option<String>> =
        left.into_iter().filter_map(|left| left.account_id.map(|account| (account, left.hash))).collect();
    for account in accounts {
        if let Entry::Vacant(head) = heads.entry(account) {
            // The first entry of an account: its chain has no head yet.
            head.insert(chains::lock(tx, Log::Audit, Some(account)).await?);
        }
    }
    let entries: Vec<&AuditEntry> = all().map(|trail| trail.entry).collect();
    audit::append_all(tx, &entries, heads).await
}
