//! The oldest calls of a chain go when they were kept for long enough: always from its beginning, and what is left still
//! proves itself, for the hash after which it begins stays.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use patchbay_core::ids::{AccountId, ToolCallId};
use uuid::Uuid;

use super::of_account;
use crate::batch::Batch;
use crate::chains::{self, Log};
use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

record! {
    struct Start {
        hash: String,
    }
}

/// What went from the beginning of a chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trimmed {
    /// How many rows were looked at.
    pub seen: u64,
    /// How many went.
    pub rows: u64,
    /// The hash of the last that went: the chain begins after it. `None`: nothing went.
    pub after: Option<String>,
}

/// The hash after which a chain begins; `None`: at its very beginning.
pub async fn begins_after(tx: &mut Tx, account: Option<AccountId>) -> Result<Option<String>, StoreError> {
    let start: Option<Start> = tx
        .query("select hash from tool_invocation_starts where account_id = $1")
        .bind(chains::key(account))
        .optional()
        .await?;
    Ok(start.map(|start| start.hash))
}

/// Takes rows from before `cutoff` off the beginning of a chain, out of its oldest `limit`. Stops at the first row that is
/// younger, and where the chain is broken: what is wrong with it stays to be seen.
pub async fn trim(
    tx: &mut Tx,
    account: Option<AccountId>,
    cutoff: DateTime<Utc>,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Trimmed, StoreError> {
    chains::lock(tx, Log::Calls, account).await?;
    let begins_after = begins_after(tx, account).await?;
    let oldest = of_account(tx, account, ToolCallId(Uuid::nil()), limit).await?;
    let seen = oldest.len() as u64;
    let mut following = HashMap::with_capacity(oldest.len());
    for row in oldest {
        let is_whole = row.invocation.hash(row.prev_hash.as_deref()) == row.hash;
        if is_whole && row.invocation.at < cutoff {
            following.insert(row.prev_hash, (row.invocation.id, row.hash));
        }
    }
    let (mut gone, mut end) = (Vec::new(), begins_after);
    while let Some((id, hash)) = following.remove(&end) {
        gone.push(id);
        end = Some(hash);
    }
    let Some(after) = end.filter(|_| !gone.is_empty()) else {
        return Ok(Trimmed { seen, ..Trimmed::default() });
    };
    tx.query(
        "insert into tool_invocation_starts (account_id, hash, removed, updated_at) values ($1, $2, $3, $4)
         on conflict (account_id) do update
         set hash = excluded.hash, removed = tool_invocation_starts.removed + excluded.removed,
             updated_at = excluded.updated_at",
    )
    .bind(chains::key(account))
    .bind(after.as_str())
    .bind(i64::try_from(gone.len()).unwrap_or(i64::MAX))
    .bind(now)
    .execute()
    .await?;
    let rows = tx
        .query_for(
            "delete from tool_invocations where id in (select unhex(value ->> 0) from json_each($1))",
            "delete from tool_invocations where id = any($1::uuid[])",
        )
        .bind_batch(Batch::new().ids(gone))
        .execute()
        .await?;
    Ok(Trimmed { seen, rows, after: Some(after) })
}
