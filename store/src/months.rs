//! What PostgreSQL keeps by months: tables that grow with time and whose keys can hold the time. Months are made ahead, and
//! one that is over for long enough goes whole. On SQLite, and where TimescaleDB does the same, there is nothing to do.

use chrono::{DateTime, Utc};

use crate::db::Engine;
use crate::error::StoreError;
use crate::tx::Tx;

/// A table that is kept by months.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// What happened to conversations.
    ConversationEvents,
    /// The roll-ups of reports.
    ReportHours,
}

impl Kept {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::ConversationEvents, Self::ReportHours];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ConversationEvents => "conversation_events",
            Self::ReportHours => "report_hours",
        }
    }
}

/// Whether months have to be made and dropped by us.
pub async fn are_partitions(tx: &mut Tx, kept: Kept) -> Result<bool, StoreError> {
    if tx.engine() == Engine::Sqlite {
        return Ok(false);
    }
    tx.query_postgres("select months_are_partitions($1)").bind(kept.as_str()).scalar().await
}

/// The months of the rows for which there was no month when they were written.
pub async fn of_the_rest(tx: &mut Tx, kept: Kept) -> Result<Vec<DateTime<Utc>>, StoreError> {
    tx.query_postgres("select months_in($1, $1 || '_rest') as month").bind(kept.as_str()).column().await
}

/// Makes the month of `at`, if it is not there, with the rows that are there already; tells how many those were.
pub async fn cut(tx: &mut Tx, kept: Kept, at: DateTime<Utc>) -> Result<i64, StoreError> {
    take_time(tx).await?;
    tx.query_postgres("select months_cut($1, $2)").bind(kept.as_str()).bind(at).scalar().await
}

/// Drops the oldest month that ended before `until`; tells how many rows it had. `None`: there is none.
pub async fn drop_oldest(tx: &mut Tx, kept: Kept, until: DateTime<Utc>) -> Result<Option<i64>, StoreError> {
    if tx.engine() == Engine::Sqlite {
        return Ok(None);
    }
    take_time(tx).await?;
    tx.query_postgres("select months_drop($1, $2)").bind(kept.as_str()).bind(until).scalar().await
}

/// Until the transaction ends a statement may take longer than others, but nobody has to wait long behind its locks.
async fn take_time(tx: &mut Tx) -> Result<(), StoreError> {
    tx.query_postgres("select set_config('statement_timeout', '60000', true), set_config('lock_timeout', '1000', true)")
        .execute()
        .await
        .map(drop)
}
