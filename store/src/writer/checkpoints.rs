//! Keeps the write-ahead log short from a connection of its own. Without it the commit that finds the log long copies all
//! of it into the database, and everybody waits for that.
//!
//! The log begins anew only when all of it was copied while nobody wrote, and only the writer knows such a moment. So the
//! copying here goes on until little is left, and then asks the writer to copy that little between two transactions.
//!
//! The writer should not be the one who brings to the disk what was copied before: that takes several times as long as the
//! little that is left. SQLite does it at the end of a copy during which nothing was committed, and does not tell. A copy
//! of little mostly takes less than the time between two commits, so it is made more than once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::error::StoreError;
use crate::sqlite::{Connection, Copied, Options};

/// Time between two looks while something is committed.
const PAUSE: Duration = Duration::from_millis(100);
/// Pages from which on the log shall begin anew.
const LONG: i64 = 4_000;
/// Pages that are copied in a moment: about what a few large commits write.
const FEW: i64 = 1_000;
/// Copies of few pages before the writer is asked: after so many the disk nearly always has what came before.
const COPIES_OF_FEW: u32 = 2;
/// Most passes of one look: each copies what was committed during the one before.
const PASSES: u32 = 12;

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
        let mut passes = Passes::default();
        for _ in 0..PASSES {
            match passes.count(connection.copy_log()?) {
                Next::Copy => {}
                Next::Ask => {
                    rest.is_small();
                    break;
                }
                Next::Leave => break,
            }
        }
        Ok(connection)
    };
    spawn_blocking(work).await.map_err(|gone| StoreError::Unavailable(gone.into()))?
}

/// What is done after a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// Copy what was committed meanwhile.
    Copy,
    /// Have the writer copy the rest.
    Ask,
    /// The log may stay as it is.
    Leave,
}

/// The passes of one look.
#[derive(Debug, Default)]
struct Passes {
    /// Length of the log at the last pass, in pages.
    length: i64,
    of_few: u32,
}

impl Passes {
    fn count(&mut self, Copied { length, left }: Copied) -> Next {
        if length < LONG {
            return Next::Leave;
        }
        // A log that is shorter than before began anew.
        let came = if length < self.length { length } else { length - self.length };
        self.length = length;
        // What somebody who reads holds back, the writer could not copy either.
        if left == 0 && came <= FEW {
            self.of_few += 1;
        }
        if self.of_few < COPIES_OF_FEW { Next::Copy } else { Next::Ask }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(passes: &[(i64, i64)], expect: &[Next]) {
        let mut counted = Passes::default();
        let next: Vec<Next> = passes.iter().map(|&(length, left)| counted.count(Copied { length, left })).collect();
        assert_eq!(next, expect, "{passes:?}");
    }

    #[test]
    fn the_writer_is_asked_once_little_came_during_two_copies() {
        check(&[(9_000, 0), (10_500, 0), (11_000, 0), (11_200, 0)], &[Next::Copy, Next::Copy, Next::Copy, Next::Ask]);
    }

    #[test]
    fn a_short_log_is_left_alone() {
        check(&[(LONG - 1, 0)], &[Next::Leave]);
    }

    #[test]
    fn a_long_log_of_which_nothing_is_new_is_copied_twice_and_begun_anew() {
        check(&[(LONG, 0), (LONG, 0), (LONG, 0)], &[Next::Copy, Next::Copy, Next::Ask]);
    }

    #[test]
    fn what_a_reader_holds_back_is_not_asked_for() {
        check(&[(9_000, 8_000), (9_100, 8_100), (9_200, 8_200)], &[Next::Copy, Next::Copy, Next::Copy]);
    }

    #[test]
    fn a_log_that_began_anew_is_counted_from_its_beginning() {
        check(&[(9_000, 0), (9_100, 0), (5_000, 0), (5_100, 0)], &[Next::Copy, Next::Copy, Next::Copy, Next::Ask]);
    }
}
