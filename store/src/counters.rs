//! Named counters.

use crate::error::StoreError;
use crate::tx::Tx;

/// The next number of a counter, from 1. The counter stays locked until the transaction ends, so numbers have no gaps.
pub async fn next(tx: &mut Tx, name: &str) -> Result<i64, StoreError> {
    tx.query(
        "insert into counters (name, value) values ($1, 1)
         on conflict (name) do update set value = counters.value + 1
         returning value",
    )
    .bind(name)
    .scalar()
    .await
}

/// Where a counter stands; 0 when nobody has counted.
pub async fn value(tx: &mut Tx, name: &str) -> Result<i64, StoreError> {
    tx.query("select cast(coalesce(max(value), 0) as bigint) as value from counters where name = $1")
        .bind(name)
        .scalar()
        .await
}

/// Forgets the counters whose names begin with `prefix` and stand before `keep` in the alphabet.
pub async fn forget_before(tx: &mut Tx, prefix: &str, keep: &str) -> Result<u64, StoreError> {
    tx.query("delete from counters where name >= $1 and name < $2").bind(prefix).bind(keep).execute().await
}
