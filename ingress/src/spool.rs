//! The disk spool: keeps what cannot be handed over now, in order, across crashes. Append-only segment files of
//! records with length and checksum; one fsync for all who append at the same time; bounded in size.
//!
//! A record is acknowledged only after its fsync. A crash can leave a torn tail, which was never acknowledged and is
//! skipped. What was read and not removed comes again after a crash: the taker deduplicates.

mod disk;
mod segment;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use disk::Disk;

/// Longest record. A notification of 3 MB grows when it is written as a delivery.
pub const MAX_RECORD_BYTES: usize = 16 * 1024 * 1024;

/// A spool in a directory of its own. Cheap to clone; all clones are one spool.
#[derive(Clone, Debug)]
pub struct Spool {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// Records that wait for the next write, in order. Held for a few instructions.
    waiting: Mutex<Vec<Waiting>>,
    /// The files. Held during writes and fsync, so only on blocking threads.
    disk: Mutex<Disk>,
    /// Who writes next; the others find their record written when their turn comes.
    turn: tokio::sync::Mutex<()>,
    bytes: AtomicU64,
    records: AtomicU64,
}

#[derive(Debug)]
struct Waiting {
    record: Vec<u8>,
    reply: oneshot::Sender<Result<(), SpoolError>>,
}

/// A place in the spool: just behind a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    segment: u64,
    end: u64,
    /// How many records lie before it, since the spool was opened.
    ordinal: u64,
}

/// A record read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spooled {
    /// Just behind the record; what [`Spool::remove`] takes.
    pub position: Position,
    /// The record as it was appended.
    pub record: Vec<u8>,
}

/// Why the spool did not do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpoolError {
    /// The bound is reached; nothing was kept.
    #[error("the spool is full")]
    Full,
    /// Longer than [`MAX_RECORD_BYTES`].
    #[error("the record is too large for the spool")]
    TooLarge,
    /// Another process has this directory.
    #[error("the spool belongs to another process")]
    InUse,
    /// The disk said no.
    #[error("the disk refused: {0}")]
    Disk(std::io::ErrorKind),
    /// The write was given up half way; the record may or may not be there.
    #[error("the write was interrupted")]
    Interrupted,
}

impl From<std::io::Error> for SpoolError {
    fn from(error: std::io::Error) -> Self {
        Self::Disk(error.kind())
    }
}

impl Spool {
    /// Opens the spool in `dir`, which is made if it is missing; at most `max_bytes` on disk. Reads everything once to
    /// check it, so call it at start-up.
    pub fn open(dir: impl AsRef<Path>, max_bytes: u64) -> Result<Self, SpoolError> {
        let disk = Disk::open(dir.as_ref(), max_bytes)?;
        let shared = Shared {
            bytes: AtomicU64::new(disk.bytes()),
            records: AtomicU64::new(disk.records()),
            waiting: Mutex::default(),
            disk: Mutex::new(disk),
            turn: tokio::sync::Mutex::default(),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Appends a record. `Ok` only when it survives a crash.
    pub async fn append(&self, record: Vec<u8>) -> Result<(), SpoolError> {
        if record.len() > MAX_RECORD_BYTES {
            return Err(SpoolError::TooLarge);
        }
        let (reply, mut written) = oneshot::channel();
        lock(&self.shared.waiting).push(Waiting { record, reply });
        let _turn = self.shared.turn.lock().await;
        // Whoever had the turn before may have written this record too.
        if let Ok(result) = written.try_recv() {
            return result;
        }
        let shared = Arc::clone(&self.shared);
        let _finished = tokio::task::spawn_blocking(move || shared.flush()).await;
        written.await.unwrap_or(Err(SpoolError::Interrupted))
    }

    /// The oldest records, at most `max_records` and some megabytes; empty when there are none. Reads the same ones
    /// again until they are removed.
    pub async fn read_batch(&self, max_records: usize) -> Result<Vec<Spooled>, SpoolError> {
        self.on_disk(move |disk| disk.read(max_records)).await
    }

    /// Forgets everything up to and with the record before `through`.
    pub async fn remove(&self, through: Position) -> Result<(), SpoolError> {
        self.on_disk(move |disk| disk.remove(through)).await
    }

    /// Bytes on disk.
    pub fn bytes(&self) -> u64 {
        self.shared.bytes.load(Ordering::Relaxed)
    }

    /// Records that were not removed yet.
    pub fn records(&self) -> u64 {
        self.shared.records.load(Ordering::Relaxed)
    }

    /// Whether everything was removed.
    pub fn is_empty(&self) -> bool {
        self.records() == 0
    }

    async fn on_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Disk) -> Result<T, SpoolError> + Send + 'static,
    ) -> Result<T, SpoolError> {
        let shared = Arc::clone(&self.shared);
        let done = tokio::task::spawn_blocking(move || {
            let mut disk = lock(&shared.disk);
            let result = work(&mut disk);
            shared.publish(&disk);
            result
        });
        done.await.unwrap_or(Err(SpoolError::Interrupted))
    }
}

impl Shared {
    /// Writes what waits and tells everybody. Runs on a blocking thread to its end, whoever stops waiting for it.
    fn flush(&self) {
        let mut disk = lock(&self.disk);
        let waiting = std::mem::take(&mut *lock(&self.waiting));
        let results = disk.append(waiting.iter().map(|waiting| waiting.record.as_slice()));
        self.publish(&disk);
        for (waiting, result) in waiting.into_iter().zip(results) {
            // A caller that went away does not need the answer; its record is kept all the same.
            let _gone = waiting.reply.send(result);
        }
    }

    fn publish(&self, disk: &Disk) {
        self.bytes.store(disk.bytes(), Ordering::Relaxed);
        self.records.store(disk.records(), Ordering::Relaxed);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
