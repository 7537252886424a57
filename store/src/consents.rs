//! The ledger of consent, and the suppressions that it leaves.

use chrono::{DateTime, Utc};
use patchbay_core::channel::Channel;
use patchbay_core::consent::{ConsentReason, ConsentScope, Decision};
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::RecordId;
use serde_json::Value;
use uuid::Uuid;

use crate::contacts;
use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

crate::stored_words!(Decision, ConsentScope, ConsentReason);

record! {
    /// An entry of the ledger.
    #[derive(Clone, Debug)]
    pub struct ConsentRow {
        /// Our id.
        pub id: RecordId,
        /// Channel.
        pub channel: Channel,
        /// Canonical address.
        pub address: String,
        /// What was decided.
        pub decision: Decision,
        /// About what.
        pub scope: ConsentScope,
        /// How we know.
        pub reason: ConsentReason,
        /// What proves it.
        pub evidence: Value,
        /// Who recorded it, when a person did.
        pub actor_id: Option<Uuid>,
        /// When it was decided.
        pub occurred_at: DateTime<Utc>,
        /// When we wrote it down.
        pub created_at: DateTime<Utc>,
    }
}

record! {
    /// Something that may not be written to an address.
    #[derive(Clone, Debug)]
    pub struct SuppressionRow {
        /// Channel.
        pub channel: Channel,
        /// Canonical address.
        pub address: String,
        /// What may not be written.
        pub scope: ConsentScope,
        /// How we know.
        pub reason: ConsentReason,
        /// The entry of the ledger.
        pub entry_id: RecordId,
        /// What proves it.
        pub evidence: Value,
        /// Since when.
        pub created_at: DateTime<Utc>,
    }
}

/// An entry about to be written.
#[derive(Clone, Debug)]
pub struct NewConsent<'a> {
    /// The same for the same decision, so that a repetition changes nothing.
    pub id: RecordId,
    /// Channel.
    pub channel: Channel,
    /// Canonical address.
    pub address: &'a str,
    /// What was decided.
    pub decision: Decision,
    /// About what.
    pub scope: ConsentScope,
    /// How we know.
    pub reason: ConsentReason,
    /// What proves it.
    pub evidence: Value,
    /// Who recorded it, when a person did.
    pub actor_id: Option<Uuid>,
    /// When it was decided.
    pub occurred_at: DateTime<Utc>,
}

/// Writes an entry and what follows from it. `false`: it was there already, and what was decided since stands.
pub async fn record(tx: &mut Tx, ctx: &Ctx, entry: &NewConsent<'_>) -> Result<bool, StoreError> {
    let inserted = tx
        .query(
            "insert into consent_entries (id, channel, address, decision, scope, reason, evidence, actor_id,
                    occurred_at, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             on conflict (id) do nothing",
        )
        .bind(entry.id)
        .bind(entry.channel)
        .bind(entry.address)
        .bind(entry.decision)
        .bind(entry.scope)
        .bind(entry.reason)
        .bind(entry.evidence.clone())
        .bind(entry.actor_id)
        .bind(entry.occurred_at)
        .bind(ctx.now)
        .execute()
        .await?;
    if inserted == 0 {
        return Ok(false);
    }
    match (entry.decision, entry.scope) {
        (Decision::Withdrawn, scope) => {
            suppress(tx, ctx, entry).await?;
            if scope == ConsentScope::Everything {
                contacts::opt_out(tx, entry.channel, entry.address, entry.reason.as_str(), ctx.now).await?;
            }
        }
        // Whoever wants everything again wants answers; advertising has to be asked for.
        (Decision::Given, ConsentScope::Everything) => {
            contacts::opt_in(tx, entry.channel, entry.address).await?;
        }
        (Decision::Given, ConsentScope::Marketing) => {
            lift(tx, entry.channel, entry.address, ConsentScope::Marketing).await?;
        }
    }
    Ok(true)
}

async fn suppress(tx: &mut Tx, ctx: &Ctx, entry: &NewConsent<'_>) -> Result<(), StoreError> {
    tx.query(
        "insert into suppressions (channel, address, scope, reason, entry_id, created_at)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (channel, address, scope) do nothing",
    )
    .bind(entry.channel)
    .bind(entry.address)
    .bind(entry.scope)
    .bind(entry.reason)
    .bind(entry.id)
    .bind(ctx.now)
    .execute()
    .await
    .map(drop)
}

/// Takes a suppression away. `false`: there was none.
pub(crate) async fn lift(
    tx: &mut Tx,
    channel: Channel,
    address: &str,
    scope: ConsentScope,
) -> Result<bool, StoreError> {
    let gone = tx
        .query("delete from suppressions where channel = $1 and address = $2 and scope = $3")
        .bind(channel)
        .bind(address)
        .bind(scope)
        .execute()
        .await?;
    Ok(gone == 1)
}

/// Whether `scope` may not be written to an address.
pub async fn is_suppressed(
    tx: &mut Tx,
    channel: Channel,
    address: &str,
    scope: ConsentScope,
) -> Result<bool, StoreError> {
    tx.query("select exists (select 1 from suppressions where channel = $1 and address = $2 and scope = $3) as found")
        .bind(channel)
        .bind(address)
        .bind(scope)
        .scalar()
        .await
}

/// The ledger of an address, newest first.
pub async fn history(tx: &mut Tx, channel: Channel, address: &str, limit: i64) -> Result<Vec<ConsentRow>, StoreError> {
    tx.query(
        "select id, channel, address, decision, scope, reason, evidence, actor_id, occurred_at, created_at
         from consent_entries where channel = $1 and address = $2 order by created_at desc, id desc limit $3",
    )
    .bind(channel)
    .bind(address)
    .bind(limit)
    .all()
    .await
}

/// What may not be written to an address.
pub async fn suppressions_of(tx: &mut Tx, channel: Channel, address: &str) -> Result<Vec<SuppressionRow>, StoreError> {
    tx.query(
        "select s.channel, s.address, s.scope, s.reason, s.entry_id, e.evidence, s.created_at
         from suppressions s join consent_entries e on e.id = s.entry_id
         where s.channel = $1 and s.address = $2 order by s.scope",
    )
    .bind(channel)
    .bind(address)
    .all()
    .await
}

/// Suppressions in the order of channel, address and scope, after `after`; of one channel when given.
pub async fn page(
    tx: &mut Tx,
    channel: Option<Channel>,
    after: Option<(Channel, String, ConsentScope)>,
    limit: i64,
) -> Result<Vec<SuppressionRow>, StoreError> {
    let (after_channel, after_address, after_scope) = match after {
        None => (None, None, None),
        Some((channel, address, scope)) => (Some(channel), Some(address), Some(scope)),
    };
    tx.query_for(
        "select s.channel, s.address, s.scope, s.reason, s.entry_id, e.evidence, s.created_at
         from suppressions s join consent_entries e on e.id = s.entry_id
         where ($1 is null or s.channel = $1) and ($2 is null or (s.channel, s.address, s.scope) > ($2, $3, $4))
         order by s.channel, s.address, s.scope limit $5",
        "select s.channel, s.address, s.scope, s.reason, s.entry_id, e.evidence, s.created_at
         from suppressions s join consent_entries e on e.id = s.entry_id
         where ($1::text is null or s.channel = $1)
           and ($2::text is null or (s.channel, s.address, s.scope) > ($2, $3::text, $4::text))
         order by s.channel, s.address, s.scope limit $5",
    )
    .bind(channel)
    .bind(after_channel)
    .bind(after_address)
    .bind(after_scope)
    .bind(limit)
    .all()
    .await
}
