//! The logs of exact limits. They are locked while a call is decided, so that all windows of a call are read and written
//! as one, on any number of nodes.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::batch::Batch;
use crate::db::Engine;
use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

/// A window to lock or to keep.
#[derive(Clone, Debug)]
pub struct WindowKey {
    /// Its name.
    pub name: String,
    /// When it holds nothing any more.
    pub expires_at: DateTime<Utc>,
}

record! {
    struct WindowRow {
        name: String,
        log: Value,
    }
}

/// Locks windows until the transaction ends, in the order of their names so that two calls never wait for each other, and
/// tells their logs in the order of `keys`.
pub async fn lock(tx: &mut Tx, keys: &[WindowKey]) -> Result<Vec<Vec<i64>>, StoreError> {
    let mut in_order: Vec<&WindowKey> = keys.iter().collect();
    in_order.sort_by(|one, other| one.name.cmp(&other.name));
    let mut rows: Vec<WindowRow> = Vec::with_capacity(keys.len());
    match tx.engine() {
        Engine::Sqlite => {
            for key in in_order {
                let row = tx
                    .query_sqlite(
                        "insert into tool_windows (name, log, expires_at) values ($1, '[]', $2)
                         on conflict (name) do update set log = tool_windows.log
                         returning name, log",
                    )
                    .bind(key.name.as_str())
                    .bind(key.expires_at)
                    .one()
                    .await?;
                rows.push(row);
            }
        }
        Engine::Postgres => {
            rows = tx
                .query_postgres(
                    "insert into tool_windows (name, log, expires_at)
                     select k.name, '[]', k.expires_at
                     from unnest($1::text[], $2::timestamptz[]) with ordinality as k (name, expires_at, place)
                     order by k.place
                     on conflict (name) do update set log = tool_windows.log
                     returning name, log",
                )
                .bind_batch(
                    Batch::new()
                        .texts(in_order.iter().map(|key| key.name.as_str()))
                        .times(in_order.iter().map(|key| key.expires_at)),
                )
                .all()
                .await?;
        }
    }
    let log = |key: &WindowKey| {
        let row = rows.iter().find(|row| row.name == key.name).ok_or(StoreError::NoRow)?;
        let times = row.log.as_array().map(|times| times.iter().filter_map(Value::as_i64).collect());
        Ok(times.unwrap_or_default())
    };
    keys.iter().map(log).collect()
}

/// Keeps the logs of locked windows.
pub async fn keep(tx: &mut Tx, kept: &[(WindowKey, Vec<i64>)]) -> Result<(), StoreError> {
    tx.query_for(
        "update tool_windows set log = $2, expires_at = $3 where name = $1",
        "update tool_windows w set log = k.log, expires_at = k.expires_at
         from unnest($1::text[], $2::text[], $3::timestamptz[]) as k (name, log, expires_at)
         where w.name = k.name",
    )
    .bind_each(
        Batch::new()
            .texts(kept.iter().map(|(key, _)| key.name.as_str()))
            .texts(kept.iter().map(|(_, log)| Value::from(log.clone()).to_string()))
            .times(kept.iter().map(|(key, _)| key.expires_at)),
    )
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
