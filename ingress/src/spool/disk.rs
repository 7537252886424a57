//! The files of the spool: sealed segments in order, and the one that is written.

use std::collections::VecDeque;
use std::fs::{self, File, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::segment::{HEADER_BYTES, MARK, Records, Tail, encode, is_marked};
use super::{Position, SpoolError, Spooled};

/// When a segment is full. Space is freed a segment at a time.
const SEGMENT_BYTES: u64 = 8 * 1024 * 1024;
/// Most bytes of one batch that is read.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

#[derive(Debug)]
pub(super) struct Disk {
    dir: PathBuf,
    /// Held as long as the spool is open; the system releases it with the process.
    _lock: File,
    max_bytes: u64,
    segment_bytes: u64,
    sealed: VecDeque<Sealed>,
    active: Option<Active>,
    next_number: u64,
    /// Behind the last removed record.
    cursor: Position,
    records: u64,
}

/// A segment that is not written any more.
#[derive(Debug)]
struct Sealed {
    number: u64,
    /// Behind its last good record.
    end: u64,
    file_bytes: u64,
    tail: Tail,
}

/// The segment that is written.
#[derive(Debug)]
struct Active {
    number: u64,
    file: File,
    /// Behind its last acknowledged record.
    end: u64,
}

impl Disk {
    pub(super) fn open(dir: &Path, max_bytes: u64) -> Result<Self, SpoolError> {
        fs::create_dir_all(dir)?;
        let lock = File::create(dir.join("lock"))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => SpoolError::InUse,
            TryLockError::Error(error) => error.into(),
        })?;
        let mut disk = Self {
            dir: dir.to_owned(),
            _lock: lock,
            max_bytes,
            segment_bytes: SEGMENT_BYTES.min(max_bytes / 4).max(1024),
            sealed: VecDeque::new(),
            active: None,
            next_number: 1,
            cursor: Position { segment: 0, end: 0, ordinal: 0 },
            records: 0,
        };
        for number in disk.numbers()? {
            disk.next_number = number + 1;
            disk.take_over(number)?;
        }
        Ok(disk)
    }

    /// Bytes on disk.
    pub(super) fn bytes(&self) -> u64 {
        let sealed: u64 = self.sealed.iter().map(|segment| segment.file_bytes).sum();
        sealed + self.active.as_ref().map_or(0, |active| active.end)
    }

    /// Records that were not removed.
    pub(super) fn records(&self) -> u64 {
        self.records
    }

    /// Writes the records in order, with one fsync for each segment they touch. One answer for each record: those that
    /// do not fit are refused, those of a failed write too.
    pub(super) fn append<'r>(&mut self, records: impl Iterator<Item = &'r [u8]>) -> Vec<Result<(), SpoolError>> {
        let mut results = Vec::new();
        let mut buffer = Vec::new();
        let mut buffered = 0;
        for record in records {
            let room = self.max_bytes.saturating_sub(self.bytes() + buffer.len() as u64 + MARK.len() as u64);
            if record.len() as u64 + HEADER_BYTES > room {
                // Keeps the answers in the order of the records.
                self.settle(&mut buffer, &mut buffered, &mut results);
                results.push(Err(SpoolError::Full));
                continue;
            }
            let begun = self.active.as_ref().map_or(MARK.len() as u64, |active| active.end);
            if begun + buffer.len() as u64 > self.segment_bytes {
                self.settle(&mut buffer, &mut buffered, &mut results);
                self.seal();
            }
            encode(record, &mut buffer);
            buffered += 1;
        }
        self.settle(&mut buffer, &mut buffered, &mut results);
        results
    }

    /// Writes the buffer and answers for the records in it.
    fn settle(&mut self, buffer: &mut Vec<u8>, buffered: &mut u64, results: &mut Vec<Result<(), SpoolError>>) {
        if *buffered == 0 {
            return;
        }
        let result = self.write(buffer);
        if result.is_ok() {
            self.records += *buffered;
        }
        results.extend((0..*buffered).map(|_| result));
        buffer.clear();
        *buffered = 0;
    }

    fn write(&mut self, buffer: &[u8]) -> Result<(), SpoolError> {
        let written = self.active().and_then(|active| {
            active.file.write_all(buffer)?;
            active.file.sync_data()?;
            active.end += buffer.len() as u64;
            Ok(())
        });
        written.map_err(|error| {
            tracing::error!(error = %error, "the spool could not write");
            // What stands behind the last acknowledged record is not trusted: cut it off, and write elsewhere.
            if let Some(active) = &self.active
                && let Err(error) = active.file.set_len(active.end)
            {
                tracing::warn!(error = %error, "the spool left a torn tail");
            }
            self.seal();
            error.into()
        })
    }

    /// The segment to write to, made when there is none.
    fn active(&mut self) -> std::io::Result<&mut Active> {
        let active = if let Some(active) = self.active.take() {
            active
        } else {
            let number = self.next_number;
            self.next_number += 1;
            let mut file = File::create_new(self.path(number))?;
            file.write_all(MARK)?;
            file.sync_all()?;
            self.sync_dir()?;
            Active { number, file, end: MARK.len() as u64 }
        };
        Ok(self.active.insert(active))
    }

    fn seal(&mut self) {
        if let Some(Active { number, end, .. }) = self.active.take() {
            self.sealed.push_back(Sealed { number, end, file_bytes: end, tail: Tail::Clean });
        }
    }

    /// The oldest records behind the cursor.
    pub(super) fn read(&self, max_records: usize) -> Result<Vec<Spooled>, SpoolError> {
        let mut batch = Vec::new();
        let mut bytes = 0;
        let sealed = self.sealed.iter().map(|segment| (segment.number, segment.end));
        for (number, end) in sealed.chain(self.active.iter().map(|active| (active.number, active.end))) {
            let from = if number == self.cursor.segment { self.cursor.end } else { 0 };
            if number < self.cursor.segment || from >= end {
                continue;
            }
            let mut records = Records::open(&self.path(number), from, end)?;
            while batch.len() < max_records && bytes < BATCH_BYTES {
                match records.next()? {
                    Ok((record, end)) => {
                        bytes += record.len();
                        let ordinal = self.cursor.ordinal + batch.len() as u64 + 1;
                        batch.push(Spooled { position: Position { segment: number, end, ordinal }, record });
                    }
                    Err(Tail::Clean) => break,
                    // It was good when the spool was opened or written.
                    Err(Tail::Torn | Tail::Damaged) => return Err(SpoolError::Disk(std::io::ErrorKind::InvalidData)),
                }
            }
            if batch.len() >= max_records || bytes >= BATCH_BYTES {
                break;
            }
        }
        Ok(batch)
    }

    /// Moves the cursor and deletes what lies behind it.
    pub(super) fn remove(&mut self, through: Position) -> Result<(), SpoolError> {
        if through <= self.cursor {
            return Ok(());
        }
        self.records = self.records.saturating_sub(through.ordinal - self.cursor.ordinal);
        self.cursor = through;
        while let Some(oldest) = self.sealed.front() {
            let is_done =
                oldest.number < through.segment || (oldest.number == through.segment && oldest.end <= through.end);
            if !is_done {
                break;
            }
            self.discard(oldest.number, oldest.tail)?;
            self.sealed.pop_front();
        }
        if let Some(active) = &self.active
            && active.number == through.segment
            && active.end <= through.end
        {
            let number = active.number;
            self.active = None;
            self.discard(number, Tail::Clean)?;
        }
        Ok(())
    }

    /// Takes over a segment of an earlier process. It is not written to again: its tail may be torn.
    fn take_over(&mut self, number: u64) -> Result<(), SpoolError> {
        let path = self.path(number);
        let file_bytes = fs::metadata(&path)?.len();
        if !is_marked(&path)? {
            return self.discard(number, if file_bytes < MARK.len() as u64 { Tail::Torn } else { Tail::Damaged });
        }
        let mut records = Records::open(&path, 0, file_bytes)?;
        let mut end = MARK.len() as u64;
        let mut count = 0;
        let tail = loop {
            match records.next()? {
                Ok((_, behind)) => {
                    end = behind;
                    count += 1;
                }
                Err(tail) => break tail,
            }
        };
        if count == 0 {
            return self.discard(number, tail);
        }
        self.records += count;
        self.sealed.push_back(Sealed { number, end, file_bytes, tail });
        Ok(())
    }

    /// Deletes a segment; one that is damaged is set aside instead, for somebody to look at.
    fn discard(&self, number: u64, tail: Tail) -> Result<(), SpoolError> {
        let path = self.path(number);
        if tail == Tail::Damaged {
            tracing::error!(spool.segment = number, "a segment of the spool is damaged; it is kept as .damaged");
            fs::rename(&path, path.with_extension("damaged"))?;
        } else {
            fs::remove_file(&path)?;
        }
        Ok(self.sync_dir()?)
    }

    fn numbers(&self) -> Result<Vec<u64>, SpoolError> {
        let mut numbers = Vec::new();
        for entry in fs::read_dir(&self.dir)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "seg")
                && let Some(number) = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok())
            {
                numbers.push(number);
            }
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    fn path(&self, number: u64) -> PathBuf {
        self.dir.join(format!("{number:020}.seg"))
    }

    /// Makes creations and deletions of files durable.
    fn sync_dir(&self) -> std::io::Result<()> {
        File::open(&self.dir)?.sync_all()
    }
}
