//! SQLite, spoken to on the thread that asks: most statements cost microseconds, and handing one to another thread would
//! cost more than the statement. Only one that reads for long is moved to a thread where it may.

mod brief;
mod connection;
mod migrate;
mod options;
mod readers;

pub(crate) use connection::{Answer, Connection, Copied, LiteRow};
pub(crate) use migrate::migrate;
pub(crate) use options::Options;
pub(crate) use readers::{Reader, Readers};

/// Primary result codes after which the same statement may succeed later: busy, locked, I/O, full, cannot open.
const AWAY: [i32; 5] = [5, 6, 10, 13, 14];
/// Extended result codes of unique constraints: primary key, unique, rowid.
const DUPLICATE: [i32; 3] = [1555, 2067, 2579];
/// Extended result code of a foreign key.
const MISSING_REFERENCE: i32 = 787;
/// Primary result codes that leave a transaction as it was: error in the SQL, not found, too big, constraint, mismatch,
/// out of range.
const HARMLESS: [i32; 6] = [1, 12, 18, 19, 20, 25];

use crate::error::StoreError;

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error().map(|error| error.extended_code) {
            Some(code) if DUPLICATE.contains(&code) => Self::Duplicate,
            Some(MISSING_REFERENCE) => Self::MissingReference,
            Some(code) if AWAY.contains(&(code & 0xff)) => Self::Unavailable(error.into()),
            _ => Self::Statement(error.into()),
        }
    }
}

/// Whether another process writes at the moment.
pub(crate) fn is_busy(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|error| error.extended_code & 0xff == 5)
}

/// Whether the engine may have given up the whole transaction with this error, not only the statement.
pub(crate) fn gives_up(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|error| !HARMLESS.contains(&(error.extended_code & 0xff)))
}
