//! Since when something holds that becomes an alert when it lasts: a long queue, a busy agent, an open circuit.

use chrono::{DateTime, Utc};

use crate::error::StoreError;
use crate::tx::Tx;

crate::record! {
    /// Something that holds.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Condition {
        /// Which alert it leads to.
        pub code: String,
        /// What it holds for: a team, an agent, an integration.
        pub subject: String,
        /// Since when.
        pub since: DateTime<Utc>,
    }
}

/// Everything that holds.
pub async fn all(tx: &mut Tx) -> Result<Vec<Condition>, StoreError> {
    tx.query("select code, subject, since from alert_conditions order by code, subject").all().await
}

/// It holds. Since when is kept if it did before.
pub async fn begin(tx: &mut Tx, code: &str, subject: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.query(
        "insert into alert_conditions (code, subject, since) values ($1, $2, $3) on conflict (code, subject) do nothing",
    )
    .bind(code)
    .bind(subject)
    .bind(now)
    .execute()
    .await
    .map(drop)
}

/// It holds no longer.
pub async fn end(tx: &mut Tx, code: &str, subject: &str) -> Result<(), StoreError> {
    tx.query("delete from alert_conditions where code = $1 and subject = $2")
        .bind(code)
        .bind(subject)
        .execute()
        .await
        .map(drop)
}
