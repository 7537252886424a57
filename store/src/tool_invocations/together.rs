//! Rows of many calls appended as one: on PostgreSQL one statement that is a transaction of its own, so that a trip to the
//! server, a lock of the chain and a sync of the disk are shared by all of them.

use std::collections::{BTreeMap, HashMap};

use patchbay_core::event::NewEvent;
use patchbay_core::ids::AccountId;
use patchbay_core::tool::invocation::Invocation;
use patchbay_core::trace::SpanContext;
use uuid::Uuid;

use super::{append, kept};
use crate::batch::Batch;
use crate::chains::{self, Log};
use crate::db::{Db, Engine};
use crate::error::StoreError;
use crate::events;
use crate::traces;
use crate::tx::Tx;

/// Where chains end, as far as it is known: what was last written here, which another node may have gone beyond.
#[derive(Debug, Default)]
pub struct Ends(HashMap<AccountId, Option<String>>);

/// Chains whose end is remembered.
const REMEMBERED: usize = 10_000;

/// A call that ended.
#[derive(Clone, Debug)]
pub struct Written {
    /// Its row.
    pub row: Invocation,
    /// What is told of it.
    pub told: NewEvent,
    /// Where it stands in a trace; the round that writes it belongs to none.
    pub span: Option<SpanContext>,
}

/// Calls by the chain they belong to, in the order of chains.
type Chains<'a> = BTreeMap<AccountId, Vec<&'a Written>>;

/// Appends the rows of calls and the events that tell of them. Rows of one chain are appended in their order here.
/// Everything is durable when this returns; after an error some calls may have been written, each with its event.
pub async fn append_all(db: &Db, ends: &mut Ends, calls: &[Written]) -> Result<(), StoreError> {
    if db.engine() == Engine::Sqlite {
        let mut tx = db.begin().await?;
        keep_places(&mut tx, calls).await?;
        for call in calls {
            events::append(&mut tx, std::slice::from_ref(&call.told)).await?;
            append(&mut tx, &call.row).await?;
        }
        return tx.commit().await;
    }
    if calls.iter().any(|call| call.span.is_some()) {
        // Before the events are there: who reads one finds its place.
        let mut tx = db.begin().await?;
        keep_places(&mut tx, calls).await?;
        tx.commit().await?;
    }
    if ends.0.len() > REMEMBERED {
        ends.0.clear();
    }
    let mut chains = Chains::new();
    for call in calls {
        chains.entry(chains::key(call.row.account_id)).or_default().push(call);
    }
    // Mostly nobody else writes: then the chains still end where this process left them.
    if chains.keys().all(|chain| ends.0.contains_key(chain)) {
        let mut tx = db.read().await?;
        let moved = append_where_they_end(&mut tx, ends, &chains).await?;
        tx.commit().await?;
        chains.retain(|chain, _| !moved.contains(chain));
    }
    if chains.is_empty() {
        return Ok(());
    }
    // Their ends are looked at, and nobody moves them until the commit.
    let mut tx = db.begin().await?;
    for chain in chains.keys() {
        ends.0.insert(*chain, chains::lock(&mut tx, Log::Calls, Some(*chain)).await?);
    }
    let moved = append_where_they_end(&mut tx, ends, &chains).await?;
    let end = if moved.len() == chains.len() { tx.commit().await } else { Err(StoreError::NoRow) };
    if end.is_err() {
        ends.0.clear();
    }
    end
}

/// Notes where the calls stand in their traces.
async fn keep_places(tx: &mut Tx, calls: &[Written]) -> Result<(), StoreError> {
    let Some(first) = calls.first() else { return Ok(()) };
    let places: Vec<(Uuid, SpanContext)> =
        calls.iter().filter_map(|call| Some((call.told.id.into(), call.span?))).collect();
    traces::keep(tx, &places, first.told.created_at).await
}

/// A row in its place.
struct Link {
    chain: AccountId,
    row: Invocation,
    previous: Option<String>,
    hash: String,
}

/// How far a chain goes.
struct Stretch {
    chain: AccountId,
    from: Option<String>,
    to: Option<String>,
}

/// Appends to the chains that end where `ends` says, and tells which did. They are locked in their order, so that two
/// nodes never wait for each other.
async fn append_where_they_end(
    tx: &mut Tx,
    ends: &mut Ends,
    chains: &Chains<'_>,
) -> Result<Vec<AccountId>, StoreError> {
    let (mut links, mut stretches, mut told) = (Vec::new(), Vec::with_capacity(chains.len()), Vec::new());
    for (chain, calls) in chains {
        let from = ends.0.get(chain).cloned().flatten();
        let mut to = from.clone();
        for call in calls {
            let row = kept(&call.row);
            let hash = row.hash(to.as_deref());
            links.push(Link { chain: *chain, row, previous: to.replace(hash.clone()), hash });
            told.push((*chain, &call.told));
        }
        stretches.push(Stretch { chain: *chain, from, to });
    }
    let rows = || links.iter().map(|link| &link.row);
    let batch = Batch::new()
        .ids(stretches.iter().map(|stretch| stretch.chain))
        .optional_texts(stretches.iter().map(|stretch| stretch.from.as_deref()))
        .optional_texts(stretches.iter().map(|stretch| stretch.to.as_deref()))
        .ids(links.iter().map(|link| link.chain))
        .ids(rows().map(|row| row.id))
        .ids(rows().map(|row| row.call_id))
        .texts(rows().map(|row| row.phase.as_str()))
        .optional_ids(rows().map(|row| row.account_id))
        .optional_ids(rows().map(|row| row.conversation_id))
        .ids(rows().map(|row| row.actor_id))
        .texts(rows().map(|row| row.actor_role.as_str()))
        .texts(rows().map(|row| row.tool.as_str()))
        .texts(rows().map(|row| row.decision.as_str()))
        .optional_texts(rows().map(|row| row.code.as_deref()))
        .optional_ids(rows().map(|row| row.draft_id))
        .texts(rows().map(|row| row.details.to_string()))
        .optional_texts(links.iter().map(|link| link.previous.as_deref()))
        .texts(links.iter().map(|link| link.hash.as_str()))
        .times(rows().map(|row| row.at))
        .ids(told.iter().map(|(chain, _)| *chain));
    let moved: Vec<AccountId> = tx
        .query_postgres(
            "with locked as materialized (
                 select account_id from tool_invocation_heads where account_id = any($1::uuid[])
                 order by account_id for update),
             moved as (
                 update tool_invocation_heads h set hash = c.ends
                 from unnest($1::uuid[], $2::text[], $3::text[]) as c (chain, begins, ends)
                 join locked l on l.account_id = c.chain
                 where h.account_id = c.chain and h.hash is not distinct from c.begins
                 returning h.account_id),
             kept as (
                 insert into tool_invocations (id, call_id, phase, account_id, conversation_id, actor_id, actor_role, tool,
                        decision, code, draft_id, details, prev_hash, hash, created_at)
                 select r.id, r.call_id, r.phase, r.account_id, r.conversation_id, r.actor_id, r.actor_role, r.tool,
                        r.decision, r.code, r.draft_id, r.details, r.prev_hash, r.hash, r.created_at
                 from unnest($4::uuid[], $5::uuid[], $6::uuid[], $7::text[], $8::uuid[], $9::uuid[], $10::uuid[],
                             $11::text[], $12::text[], $13::text[], $14::text[], $15::uuid[], $16::text[], $17::text[],
                             $18::text[], $19::timestamptz[])
                      as r (chain, id, call_id, phase, account_id, conversation_id, actor_id, actor_role, tool, decision,
                            code, draft_id, details, prev_hash, hash, created_at)
                 where r.chain in (select account_id from moved)),
             told as (
                 insert into events (tx, id, name, conversation_id, conversation_seq, ticket_id, inbox_id, team_id,
                        assigned_to, previous_assigned_to, is_queued, account_id, site_id, payload, created_at)
                 select pg_current_xact_id()::text::bigint, e.id, e.name, e.conversation_id, e.conversation_seq,
                        e.ticket_id, e.inbox_id, e.team_id, e.assigned_to, e.previous_assigned_to, e.is_queued,
                        e.account_id, e.site_id, e.payload, e.created_at
                 from unnest($20::uuid[], $21::uuid[], $22::text[], $23::uuid[], $24::bigint[], $25::uuid[], $26::uuid[],
                             $27::uuid[], $28::uuid[], $29::uuid[], $30::boolean[], $31::uuid[], $32::uuid[],
                             $33::text[], $34::timestamptz[])
                      as e (chain, id, name, conversation_id, conversation_seq, ticket_id, inbox_id, team_id, assigned_to,
                            previous_assigned_to, is_queued, account_id, site_id, payload, created_at)
                 where e.chain in (select account_id from moved))
             select account_id from moved",
        )
        .bind_batch(batch)
        .bind_batch(events::batch_of(told.into_iter().map(|(_, event)| event)))
        .column()
        .await?;
    for stretch in stretches {
        if moved.contains(&stretch.chain) {
            ends.0.insert(stretch.chain, stretch.to);
        }
    }
    if !moved.is_empty() {
        tx.touch_feed();
    }
    Ok(moved)
}
