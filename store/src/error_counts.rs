//! How often which error was answered, by minute, over all nodes.

use chrono::{DateTime, Utc};

use crate::error::StoreError;
use crate::tx::Tx;

crate::record! {
    /// How often one error was answered.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ErrorCount {
        /// Its code.
        pub code: String,
        /// How often.
        pub count: i64,
    }
}

/// Adds `count` answers with `code` to a minute.
pub async fn add(tx: &mut Tx, code: &str, minute: DateTime<Utc>, count: i64) -> Result<(), StoreError> {
    tx.query(
        "insert into error_counts (code, minute, count) values ($1, $2, $3)
         on conflict (code, minute) do update set count = error_counts.count + excluded.count",
    )
    .bind(code)
    .bind(minute)
    .bind(count)
    .execute()
    .await
    .map(drop)
}

/// The errors of the minute `from` and of those after it, by code.
pub async fn since(tx: &mut Tx, from: DateTime<Utc>) -> Result<Vec<ErrorCount>, StoreError> {
    tx.query(
        "select code, cast(sum(count) as bigint) as count from error_counts where minute >= $1
         group by code order by code",
    )
    .bind(from)
    .all()
    .await
}

/// Forgets the minutes before `before`.
pub async fn forget(tx: &mut Tx, before: DateTime<Utc>) -> Result<u64, StoreError> {
    tx.query("delete from error_counts where minute < $1").bind(before).execute().await
}
