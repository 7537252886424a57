//! The logs of exact limits. They are locked while a call is decided, so that all windows of a call are read and written
//! as one, on any number of nodes.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

record! {
    struct WindowRow {
        log: Value,
    }
}

/// Locks a window until the transaction ends and tells its log. Lock windows in the order of their names.
pub async fn lock(tx: &mut Tx, name: &str, expires_at: DateTime<Utc>) -> Result<Vec<i64>, StoreError> {
    let row: WindowRow = tx
        .query(
            "insert into tool_windows (name, log, expires_at) values ($1, '[]', $2)
             on conflict (name) do update set log = tool_windows.log
             returning log",
        )
        .bind(name)
        .bind(expires_at)
        .one()
        .await?;
    let times = row.log.as_array().map(|times| times.iter().filter_map(Value::as_i64).collect());
    Ok(times.unwrap_or_default())
}

/// Keeps the log of a locked window.
pub async fn keep(tx: &mut Tx, name: &str, log: &[i64], expires_at: DateTime<Utc>) -> Result<(), StoreError> {
    tx.query("update tool_windows set log = $2, expires_at = $3 where name = $1")
        .bind(name)
        .bind(Value::from(log.to_vec()))
        .bind(expires_at)
        .execute()
        .await
        .map(drop)
}

/// Forgets up to `limit` windows that hold nothing any more, and tells how many.
pub async fn sweep(tx: &mut Tx, now: DateTime<Utc>, limit: i64) -> Result<u64, StoreError> {
    tx.query("delete from tool_windows where name in (select name from tool_windows where expires_at < $1 limit $2)")
        .bind(now)
        .bind(limit)
        .execute()
        .await
}
