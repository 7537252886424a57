//! Keeps the write-ahead log short from a connection of its own. Without it the commit that finds the log long copies all
//! of it into the database, and everybody waits for that.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::error::StoreError;
use crate::sqlite::{Connection, Options};

/// Time between two looks while something is committed.
const PAUSE: Duration = Duration::from_millis(250);

/// Copies what was committed, until nobody can commit any more. What is committed meanwhile is left to the next time, and
/// the end of the log to the writer itself: only then does the engine begin the log anew.
pub(super) async fn keep_up(options: Options, mut committed: watch::Receiver<()>) {
    let mut connection = None;
    while committed.changed().await.is_ok() {
        sleep(PAUSE).await;
        committed.mark_unchanged();
        connection = match copy(options.clone(), connection).await {
            Ok(connection) => Some(connection),
            Err(error) => {
                tracing::warn!(%error, "the write-ahead log could not be copied; the writer will");
                None
            }
        };
    }
}

async fn copy(options: Options, connection: Option<Connection>) -> Result<Connection, StoreError> {
    let work = move || {
        let connection = match connection {
            Some(connection) => connection,
            None => Connection::open(&options)?,
        };
        connection.control("pragma wal_checkpoint(passive)")?;
        Ok(connection)
    };
    spawn_blocking(work).await.map_err(|gone| StoreError::Unavailable(gone.into()))?
}
