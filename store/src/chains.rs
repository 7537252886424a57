//! The chains of the two logs: each row carries the hash of the one before it in its account's chain, and the chain's
//! head says where it ends. Rows of no account have a chain of their own.

use patchbay_core::ids::AccountId;
use uuid::Uuid;

use crate::batch::Batch;
use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

/// A log that is chained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Log {
    /// What was done to tickets and settings.
    Audit,
    /// Calls of tools.
    Calls,
}

record! {
    struct Head {
        hash: Option<String>,
    }
}

record! {
    struct End {
        account_id: AccountId,
        hash: String,
    }
}

/// The account under which a chain is kept.
pub(crate) fn key(account: Option<AccountId>) -> AccountId {
    account.unwrap_or(AccountId(Uuid::nil()))
}

/// Locks a chain until the transaction ends and tells the hash it ends with: append late.
pub(crate) async fn lock(tx: &mut Tx, log: Log, account: Option<AccountId>) -> Result<Option<String>, StoreError> {
    let query = match log {
        Log::Audit => tx.query(
            "insert into audit_heads (account_id, hash) values ($1, null)
             on conflict (account_id) do update set hash = audit_heads.hash
             returning hash",
        ),
        Log::Calls => tx.query(
            "insert into tool_invocation_heads (account_id, hash) values ($1, null)
             on conflict (account_id) do update set hash = tool_invocation_heads.hash
             returning hash",
        ),
    };
    let head: Head = query.bind(key(account)).one().await?;
    Ok(head.hash)
}

/// Hash of the newest row of a chain, as its head says.
pub async fn head(tx: &mut Tx, log: Log, account: Option<AccountId>) -> Result<Option<String>, StoreError> {
    let query = match log {
        Log::Audit => tx.query("select hash from audit_heads where account_id = $1"),
        Log::Calls => tx.query("select hash from tool_invocation_heads where account_id = $1"),
    };
    let head: Option<Head> = query.bind(key(account)).optional().await?;
    Ok(head.and_then(|head| head.hash))
}

/// The chains of a log: those with a head, and those that have lost it.
pub async fn of(tx: &mut Tx, log: Log) -> Result<Vec<Option<AccountId>>, StoreError> {
    let none = key(None);
    let query = match log {
        Log::Audit => tx.query(
            "select account_id from audit_heads
             union select coalesce(account_id, $1) from audit_events
             order by 1",
        ),
        Log::Calls => tx.query(
            "select account_id from tool_invocation_heads
             union select coalesce(account_id, $1) from tool_invocations
             order by 1",
        ),
    };
    let chains: Vec<AccountId> = query.bind(none).column().await?;
    Ok(chains.into_iter().map(|account| Some(account).filter(|account| *account != none)).collect())
}

/// Where each chain of a log ends: the hash of its newest row, as its head says.
pub async fn ends(tx: &mut Tx, log: Log) -> Result<Vec<(Option<AccountId>, String)>, StoreError> {
    let query = match log {
        Log::Audit => tx.query("select account_id, hash from audit_heads where hash is not null order by account_id"),
        Log::Calls => {
            tx.query("select account_id, hash from tool_invocation_heads where hash is not null order by account_id")
        }
    };
    let ends: Vec<End> = query.all().await?;
    let account = |id: AccountId| Some(id).filter(|id| *id != key(None));
    Ok(ends.into_iter().map(|end| (account(end.account_id), end.hash)).collect())
}

/// Those of `hashes` that rows of a chain have.
pub async fn held(
    tx: &mut Tx,
    log: Log,
    account: Option<AccountId>,
    hashes: &[String],
) -> Result<Vec<String>, StoreError> {
    let query = match log {
        Log::Audit => tx.query_for(
            "select hash from audit_events
             where (account_id = $1 or ($1 is null and account_id is null))
               and hash in (select value ->> 0 from json_each($2))",
            "select hash from audit_events
             where (account_id = $1 or ($1 is null and account_id is null)) and hash = any($2::text[])",
        ),
        Log::Calls => tx.query_for(
            "select hash from tool_invocations
             where (account_id = $1 or ($1 is null and account_id is null))
               and hash in (select value ->> 0 from json_each($2))",
            "select hash from tool_invocations
             where (account_id = $1 or ($1 is null and account_id is null)) and hash = any($2::text[])",
        ),
    };
    query.bind(account).bind_batch(Batch::new().texts(hashes.iter().map(String::as_str))).column().await
}
