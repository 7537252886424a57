//! Keeps the write-ahead log short from a connection of its own. Without it the commit that finds the log long copies all
//! of it into the database, and everybody waits for that.
//!
//! The log begins anew only when all of it was copied while nobody wrote, and only the writer knows such a moment. So the
//! copying here goes on until little is left, and then asks the writer to copy that little between two transactions.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::error::StoreError;
use crate::sqlite::{Connection, Copied, Options};

/// Time between two looks while something is committed.
const PAUSE: Duration = Duration::from_millis(250);
/// Pages from which on the log shall begin anew.
const LONG: i64 = 8_000;
/// Pages that the writer copies in a moment.
const FEW: i64 = 400;
/// Most passes of one look: each copies what was committed during the one before.
const PASSES: u32 = 6;

/// Asks the writer to copy the rest of the log. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Rest(Arc<AtomicBool>);

impl Rest {
    fn is_small(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it shall be copied now. Asked once, it is answered once.
    pub(super) fn take(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}

/// Copies what was committed, until nobody can commit any more.
pub(super) async fn keep_up(options: Options, mut committed: watch::Receiver<()>, rest: Rest) {
    let mut connection = None;
    while committed.changed().await.is_ok() {
        sleep(PAUSE).await;
        committed.mark_unchanged();
        connection = match copy(options.clone(), connection, rest.clone()).await {
            Ok(connection) => Some(connection),
            Err(error) => {
                tracing::warn!(%error, "the write-ahead log could not be copied; the writer will");
                None
            }
        };
    }
}

async fn copy(options: Options, connection: Option<Connection>, rest: Rest) -> Result<Connection, StoreError> {
    let work = move || {
        let connection = match connection {
            Some(connection) => connection,
            None => Connection::open(&options)?,
        };
        for _ in 0..PASSES {
            let Copied { length, left } = connection.copy_log()?;
            if length < LONG {
                break;
            }
            if left <= FEW {
                rest.is_small();
                break;
            }
        }
        Ok(connection)
    };
    spawn_blocking(work).await.map_err(|gone| StoreError::Unavailable(gone.into()))?
}
