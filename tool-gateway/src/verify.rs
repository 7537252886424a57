//! The check of the calls' audit: every row carries the hash of the one before it in its account's chain.

use std::collections::HashMap;

use patchbay_core::ids::{AccountId, ToolCallId};
use patchbay_store::{Db, StoreError, chains, tool_invocations};
use uuid::Uuid;

/// Rows that are read at once.
const PAGE: i64 = 1_000;

/// How a chain of calls was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallsChecked {
    /// Every row is there and as it was written.
    Whole {
        /// How many.
        rows: u64,
    },
    /// It is not whole.
    Broken {
        /// How many rows are whole before that.
        rows: u64,
        /// The first row that is not as it should be; none when it is missing.
        at: Option<ToolCallId>,
    },
}

/// Checks the chain of an account, or that of no account. Rows may be appended meanwhile, and the oldest removed.
pub async fn check_calls(db: &Db, account: Option<AccountId>) -> Result<CallsChecked, StoreError> {
    loop {
        let begins_after = tool_invocations::begins_after(&mut db.read().await?, account).await?;
        let checked = check_from(db, account, begins_after.clone()).await?;
        // Else retention took rows away while they were read.
        if tool_invocations::begins_after(&mut db.read().await?, account).await? == begins_after {
            return Ok(checked);
        }
    }
}

async fn check_from(
    db: &Db,
    account: Option<AccountId>,
    begins_after: Option<String>,
) -> Result<CallsChecked, StoreError> {
    // First, so that all rows up to it are there to be read.
    let end = chains::head(&mut db.read().await?, chains::Log::Calls, account).await?;
    let mut by_previous: HashMap<Option<String>, Vec<(ToolCallId, String)>> = HashMap::new();
    let mut after = ToolCallId(Uuid::nil());
    let mut read = 0_u64;
    loop {
        let page = tool_invocations::of_account(&mut db.read().await?, account, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.invocation.id;
        for row in page {
            read += 1;
            if row.invocation.hash(row.prev_hash.as_deref()) != row.hash {
                return Ok(CallsChecked::Broken { rows: read - 1, at: Some(row.invocation.id) });
            }
            by_previous.entry(row.prev_hash).or_default().push((row.invocation.id, row.hash));
        }
    }
    // When everything went, the chain ends where it begins.
    let (mut rows, mut passed) = (0_u64, end == begins_after);
    let mut tail = begins_after;
    while let Some(next) = by_previous.get(&tail) {
        let [(_, hash)] = next.as_slice() else {
            return Ok(CallsChecked::Broken { rows, at: next.get(1).map(|(id, _)| *id) });
        };
        passed |= end.as_ref() == Some(hash);
        tail = Some(hash.clone());
        rows += 1;
    }
    if passed && rows == read { Ok(CallsChecked::Whole { rows }) } else { Ok(CallsChecked::Broken { rows, at: None }) }
}
