//! Tokens of webhooks whose signature does not cover the body: each counts for one body.

use chrono::{DateTime, Utc};

use crate::error::StoreError;
use crate::tx::Tx;

/// Remembers a token with the digest of its body. `Some`: it was used before, with this digest.
pub async fn remember(
    tx: &mut Tx,
    token: &str,
    digest: &str,
    forget_at: DateTime<Utc>,
) -> Result<Option<String>, StoreError> {
    let inserted = tx
        .query(
            "insert into webhook_tokens (token, digest, forget_at) values ($1, $2, $3) on conflict (token) do nothing",
        )
        .bind(token)
        .bind(digest)
        .bind(forget_at)
        .execute()
        .await?;
    if inserted == 1 {
        return Ok(None);
    }
    let known = tx.query("select digest from webhook_tokens where token = $1").bind(token).column().await?;
    Ok(known.into_iter().next())
}

/// Forgets up to `limit` tokens that are past their end.
pub async fn forget(tx: &mut Tx, now: DateTime<Utc>, limit: i64) -> Result<u64, StoreError> {
    tx.query(
        "delete from webhook_tokens where token in (select token from webhook_tokens where forget_at < $1 limit $2)",
    )
    .bind(now)
    .bind(limit)
    .execute()
    .await
}
