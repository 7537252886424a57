//! Keeps the write-ahead log short from a connection of its own. Without it the commit that finds the log long copies all
//! of it into the database, and everybody waits for that.

use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Executor as _};
use tokio::sync::watch;
use tokio::time::sleep;

/// Time between two looks while something is committed.
const PAUSE: Duration = Duration::from_millis(250);

/// Copies what was committed, until nobody can commit any more. What is committed meanwhile is left to the next time, and
/// the end of the log to the writer itself: only then does the engine begin the log anew.
pub(super) async fn keep_up(options: SqliteConnectOptions, mut committed: watch::Receiver<()>) {
    let mut connection = None;
    while committed.changed().await.is_ok() {
        sleep(PAUSE).await;
        committed.mark_unchanged();
        if let Err(error) = copy(&options, &mut connection).await {
            tracing::warn!(%error, "the write-ahead log could not be copied; the writer will");
            connection = None;
        }
    }
}

async fn copy(options: &SqliteConnectOptions, connection: &mut Option<SqliteConnection>) -> sqlx::Result<()> {
    let connection = match connection {
        Some(connection) => connection,
        None => connection.insert(options.connect().await?),
    };
    connection.execute("pragma wal_checkpoint(passive)").await.map(drop)
}
