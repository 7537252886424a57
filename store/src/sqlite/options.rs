//! How a connection is opened.

use std::path::PathBuf;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

/// Pages that the writer and each reader keep, as SQLite writes it: so many KiB. What is not among them the system has in
/// its cache.
const WRITER_CACHE: i64 = -16_000;
const READER_CACHE: i64 = -4_000;
/// Pages of the log after which the writer copies it itself: far more than whoever copies beside it lets it become.
const AUTOCHECKPOINT: i64 = 32_000;
/// Size to which the log is cut back, in bytes. As long as it stays under it, it is written in place.
const LOG_LIMIT: i64 = 64 << 20;
/// Prepared statements that a connection keeps: as many as the store has, so that none is prepared again and again.
const PREPARED_STATEMENTS: usize = 512;
/// How long the first words of a writer wait for another process.
const OPENING_PATIENCE: Duration = Duration::from_secs(5);
/// How long a reader waits for a lock, which it needs only while another process recovers the log.
const READER_PATIENCE: Duration = Duration::from_secs(5);

/// Where the database is, and what the connection is for.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    path: PathBuf,
    use_of_it: Use,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    Writing,
    Reading,
}

impl Options {
    /// For writing to the file of `sqlite://path`. `None`: the address names no file.
    pub(crate) fn of(url: &str) -> Option<Self> {
        let rest = url.strip_prefix("sqlite:")?;
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        let path = rest.split('?').next().filter(|path| !path.is_empty() && *path != ":memory:")?;
        Some(Self { path: path.into(), use_of_it: Use::Writing })
    }

    /// For reading the same file.
    pub(crate) fn for_reading(&self) -> Self {
        Self { use_of_it: Use::Reading, ..self.clone() }
    }

    /// The file.
    pub(crate) fn path(&self) -> &std::path::Path {
        &self.path
    }

    /// Opens the file; for writing, makes it when it is missing.
    pub(super) fn open(&self) -> rusqlite::Result<Connection> {
        let unshared = OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = match self.use_of_it {
            Use::Writing => {
                let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | unshared;
                let connection = Connection::open_with_flags(&self.path, flags)?;
                connection.busy_timeout(OPENING_PATIENCE)?;
                connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
                connection.pragma_update(None, "synchronous", "full")?;
                connection.pragma_update(None, "foreign_keys", true)?;
                connection.pragma_update(None, "cache_size", WRITER_CACHE)?;
                connection.pragma_update_and_check(None, "wal_autocheckpoint", AUTOCHECKPOINT, |_| Ok(()))?;
                connection.pragma_update_and_check(None, "journal_size_limit", LOG_LIMIT, |_| Ok(()))?;
                // From here on whoever waits for another process does so without holding a thread.
                connection.busy_timeout(Duration::ZERO)?;
                connection
            }
            Use::Reading => {
                let connection = Connection::open_with_flags(&self.path, OpenFlags::SQLITE_OPEN_READ_ONLY | unshared)?;
                connection.busy_timeout(READER_PATIENCE)?;
                connection.pragma_update(None, "cache_size", READER_CACHE)?;
                connection
            }
        };
        // Plans do not depend on what is bound. Otherwise a statement with a bound limit is planned again at each run, which
        // takes longer than most of them do.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.pragma_update(None, "temp_store", "memory")?;
        connection.set_prepared_statement_cache_capacity(PREPARED_STATEMENTS);
        Ok(connection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_file_with_or_without_slashes() {
        let path = |url| Options::of(url).map(|options| options.path.display().to_string());
        assert_eq!(path("sqlite://data/patchbay.db"), Some("data/patchbay.db".into()));
        assert_eq!(path("sqlite:///var/lib/p.db?mode=rwc"), Some("/var/lib/p.db".into()));
        assert_eq!(path("sqlite:p.db"), Some("p.db".into()));
        assert_eq!(path("sqlite://"), None);
        assert_eq!(path("sqlite::memory:"), None);
    }
}
