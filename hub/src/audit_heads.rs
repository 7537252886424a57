//! Where the chains of the audit end, signed and told to the object store from time to time. Whoever can write the database
//! can make a chain anew that fits in itself, but not one that also holds what was signed before. Source: tool gateway
//! reference, tampering with the record.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use futures::TryStreamExt as _;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use patchbay_core::ids::{AccountId, ToolCallId};
use patchbay_store::chains::{self, Log};
use patchbay_store::{Db, StoreError, tool_invocations};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::sealing::Signer;

/// Where they lie in the object store: one file for each time, of two lines, what was signed and the signature.
const FOLDER: &str = "audit-heads";

/// Why they could not be told, or looked at.
#[derive(Debug, thiserror::Error)]
pub enum HeadsError {
    /// The database did not play along.
    #[error("the store refused")]
    Store(#[from] StoreError),
    /// The object store did not.
    #[error("the object store refused")]
    Files(#[from] object_store::Error),
    /// There is no key to sign with.
    #[error("there is no key to sign with: set journal.key")]
    NoKey,
}

/// The chains' ends at a time.
#[derive(Debug, Serialize, Deserialize)]
struct Heads {
    at: DateTime<Utc>,
    heads: Vec<Head>,
}

/// The end of a chain.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    log: LogName,
    /// None: the chain of no account.
    account: Option<AccountId>,
    hash: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum LogName {
    Audit,
    ToolCalls,
}

impl From<LogName> for Log {
    fn from(name: LogName) -> Self {
        match name {
            LogName::Audit => Self::Audit,
            LogName::ToolCalls => Self::Calls,
        }
    }
}

/// What was signed, against what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadsChecked {
    /// Files that were looked at.
    pub files: usize,
    /// What is wrong, in words for operators; empty when the chains hold all that was signed.
    pub flaws: Vec<String>,
}

/// Signs where all chains end, and puts it into the object store. Tells how many chains that are.
pub async fn sign(
    db: &Db,
    files: &dyn ObjectStore,
    signer: Option<&Signer>,
    now: DateTime<Utc>,
) -> Result<usize, HeadsError> {
    let mut heads = Vec::new();
    for log in [LogName::Audit, LogName::ToolCalls] {
        let ends = chains::ends(&mut db.read().await?, log.into()).await?;
        heads.extend(ends.into_iter().map(|(account, hash)| Head { log, account, hash }));
    }
    let count = heads.len();
    let text = serde_json::to_string(&Heads { at: now, heads }).expect("heads are plain data");
    let signature = signer.and_then(|signer| signer.sign(&text)).ok_or(HeadsError::NoKey)?;
    let name = now.to_rfc3339_opts(SecondsFormat::Millis, true).replace(':', "-");
    let path = Path::from(format!("{FOLDER}/{name}.txt"));
    files.put(&path, format!("{text}\n{signature}\n").into_bytes().into()).await?;
    Ok(count)
}

/// Looks whether the chains still hold everything that was ever signed. What retention has taken off the beginning of a
/// chain is not missed.
pub async fn check(db: &Db, files: &dyn ObjectStore, signer: Option<&Signer>) -> Result<HeadsChecked, HeadsError> {
    let folder = Path::from(FOLDER);
    let mut paths: Vec<Path> = files.list(Some(&folder)).map_ok(|found| found.location).try_collect().await?;
    paths.sort_unstable();
    let mut checked = HeadsChecked { files: paths.len(), flaws: Vec::new() };
    let mut signed: BTreeMap<(LogName, Option<AccountId>), BTreeMap<String, DateTime<Utc>>> = BTreeMap::new();
    for path in paths {
        let content = files.get(&path).await?.bytes().await?;
        let text = String::from_utf8_lossy(&content);
        let (text, signature) = text.trim_end().split_once('\n').unwrap_or_default();
        let heads = serde_json::from_str::<Heads>(text).ok();
        let Some(heads) = heads.filter(|_| signer.is_some_and(|signer| signer.signed(text, signature))) else {
            checked.flaws.push(format!("{path}: it was changed, or signed with a key that is not configured"));
            continue;
        };
        for head in heads.heads {
            signed.entry((head.log, head.account)).or_default().insert(head.hash, heads.at);
        }
    }
    for ((log, account), signed) in signed {
        let hashes: Vec<String> = signed.keys().cloned().collect();
        let held = chains::held(&mut db.read().await?, log.into(), account, &hashes).await?;
        let kept_from = match log {
            LogName::Audit => None,
            LogName::ToolCalls => begins(db, account).await?,
        };
        let name = account.map_or_else(|| "none".to_owned(), |account| account.to_string());
        for (hash, at) in signed {
            if !held.contains(&hash) && kept_from.is_none_or(|from| at >= from) {
                let what = match log {
                    LogName::Audit => "the audit log",
                    LogName::ToolCalls => "the log of tool calls",
                };
                checked.flaws.push(format!("account {name}: {what} does not hold what was signed at {at}"));
            }
        }
    }
    Ok(checked)
}

/// When the calls begin that retention has left of a chain; `None`: it has taken none.
async fn begins(db: &Db, account: Option<AccountId>) -> Result<Option<DateTime<Utc>>, StoreError> {
    if tool_invocations::begins_after(&mut db.read().await?, account).await?.is_none() {
        return Ok(None);
    }
    let rows = tool_invocations::of_account(&mut db.read().await?, account, ToolCallId(Uuid::nil()), 1).await?;
    Ok(Some(rows.first().map_or(DateTime::<Utc>::MAX_UTC, |row| row.invocation.at)))
}
