//! The format of a segment file: a mark, then records of length, checksum and bytes.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use super::MAX_RECORD_BYTES;

/// First bytes of every segment; the digit is the version of the format.
pub(super) const MARK: &[u8; 8] = b"PBSPOOL1";
/// Bytes before each record: length and CRC-32 over length and record, both little endian.
pub(super) const HEADER_BYTES: u64 = 8;

/// Adds a record in its form on disk. The checksum covers the length too: a tail of zeros is no record.
pub(super) fn encode(record: &[u8], into: &mut Vec<u8>) {
    let length = u32::try_from(record.len()).unwrap_or(u32::MAX).to_le_bytes();
    into.extend_from_slice(&length);
    into.extend_from_slice(&checksum(length, record).to_le_bytes());
    into.extend_from_slice(record);
}

fn checksum(length: [u8; 4], record: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&length);
    hasher.update(record);
    hasher.finalize()
}

/// What stands after the last good record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tail {
    /// Nothing.
    Clean,
    /// A record that was not written to its end: never acknowledged.
    Torn,
    /// Bytes that are no record although all of them are there. Somebody has to look.
    Damaged,
}

/// Reads the records of a segment one by one.
#[derive(Debug)]
pub(super) struct Records {
    reader: BufReader<File>,
    offset: u64,
    end: u64,
}

impl Records {
    /// The records between `from` (0: from the beginning) and `end`.
    pub(super) fn open(path: &Path, from: u64, end: u64) -> std::io::Result<Self> {
        let mut reader = BufReader::with_capacity(64 * 1024, File::open(path)?);
        let offset = from.max(MARK.len() as u64);
        reader.seek(SeekFrom::Start(offset))?;
        Ok(Self { reader, offset, end })
    }

    /// The next record and the offset behind it; or how the segment ends.
    pub(super) fn next(&mut self) -> std::io::Result<Result<(Vec<u8>, u64), Tail>> {
        let left = self.end.saturating_sub(self.offset);
        if left == 0 {
            return Ok(Err(Tail::Clean));
        }
        if left < HEADER_BYTES {
            return Ok(Err(Tail::Torn));
        }
        let (mut length, mut sum) = ([0; 4], [0; 4]);
        self.reader.read_exact(&mut length)?;
        self.reader.read_exact(&mut sum)?;
        let bytes = u32::from_le_bytes(length) as usize;
        if bytes > MAX_RECORD_BYTES {
            return Ok(Err(Tail::Damaged));
        }
        if (bytes as u64) > left - HEADER_BYTES {
            return Ok(Err(Tail::Torn));
        }
        let mut record = vec![0; bytes];
        self.reader.read_exact(&mut record)?;
        if checksum(length, &record) != u32::from_le_bytes(sum) {
            return Ok(Err(Tail::Damaged));
        }
        self.offset += HEADER_BYTES + bytes as u64;
        Ok(Ok((record, self.offset)))
    }
}

/// Whether a file begins like a segment.
pub(super) fn is_marked(path: &Path) -> std::io::Result<bool> {
    let mut mark = [0; MARK.len()];
    match File::open(path)?.read_exact(&mut mark) {
        Ok(()) => Ok(&mark == MARK),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}
