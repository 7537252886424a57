//! The journal: accepted requests of providers as they came, sealed, a row for each batch of the intake. The store cannot
//! read them and need not.

use chrono::{DateTime, Utc};
use patchbay_core::ids::{InboxId, JournalSegmentId};
use uuid::Uuid;

use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

/// A request as it came, sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalEntry {
    /// When it came.
    pub received_at: DateTime<Utc>,
    /// The inbox it was for, if one could be told.
    pub inbox_id: Option<InboxId>,
    /// The request, readable only with the key.
    pub sealed: Vec<u8>,
}

record! {
    /// The entries of one batch.
    #[derive(Clone, Debug)]
    pub struct SegmentRow {
        /// Our id.
        pub id: JournalSegmentId,
        /// The entries, one after the other; see [`SegmentRow::entries`].
        pub body: Vec<u8>,
    }
}

/// Bytes before the sealed request of an entry: its length, its time, its inbox.
const HEAD: usize = 4 + 8 + 16;

impl SegmentRow {
    /// The entries. What cannot be read (it never should) ends them.
    pub fn entries(&self) -> Vec<JournalEntry> {
        let mut entries = Vec::new();
        let mut rest = self.body.as_slice();
        while let Some((entry, after)) = read(rest) {
            entries.push(entry);
            rest = after;
        }
        entries
    }
}

fn read(bytes: &[u8]) -> Option<(JournalEntry, &[u8])> {
    let length = usize::try_from(u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?)).ok()?;
    let micros = i64::from_le_bytes(bytes.get(4..12)?.try_into().ok()?);
    let inbox = Uuid::from_slice(bytes.get(12..HEAD)?).ok()?;
    let entry = JournalEntry {
        received_at: DateTime::from_timestamp_micros(micros)?,
        inbox_id: (!inbox.is_nil()).then_some(InboxId(inbox)),
        sealed: bytes.get(HEAD..HEAD.checked_add(length)?)?.to_vec(),
    };
    Some((entry, bytes.get(HEAD + length..)?))
}

fn written(entries: &[JournalEntry]) -> Vec<u8> {
    let mut body = Vec::with_capacity(entries.iter().map(|entry| entry.sealed.len() + HEAD).sum());
    for entry in entries {
        let Ok(length) = u32::try_from(entry.sealed.len()) else { continue };
        body.extend_from_slice(&length.to_le_bytes());
        body.extend_from_slice(&entry.received_at.timestamp_micros().to_le_bytes());
        body.extend_from_slice(entry.inbox_id.map_or(Uuid::nil(), Uuid::from).as_bytes());
        body.extend_from_slice(&entry.sealed);
    }
    body
}

/// The entries of a batch as they are kept.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) id: JournalSegmentId,
    pub(crate) first_at: DateTime<Utc>,
    pub(crate) last_at: DateTime<Utc>,
    pub(crate) entries: i64,
    pub(crate) body: Vec<u8>,
}

impl Segment {
    /// `None`: there are no entries.
    pub(crate) fn of(entries: &[JournalEntry]) -> Option<Self> {
        let times = || entries.iter().map(|entry| entry.received_at);
        Some(Self {
            id: JournalSegmentId::new(),
            first_at: times().min()?,
            last_at: times().max()?,
            entries: i64::try_from(entries.len()).unwrap_or(i64::MAX),
            body: written(entries),
        })
    }
}

/// Keeps the entries of a batch.
pub async fn append(tx: &mut Tx, entries: &[JournalEntry], now: DateTime<Utc>) -> Result<(), StoreError> {
    let Some(segment) = Segment::of(entries) else { return Ok(()) };
    tx.query(
        "insert into journal_segments (id, first_at, last_at, entries, body, created_at)
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(segment.id)
    .bind(segment.first_at)
    .bind(segment.last_at)
    .bind(segment.entries)
    .bind(segment.body)
    .bind(now)
    .execute()
    .await
    .map(drop)
}

/// Up to `limit` segments after `after` with something in them that came between `from` and `to`, in the order they were
/// written.
pub async fn between(
    tx: &mut Tx,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    after: Option<JournalSegmentId>,
    limit: i64,
) -> Result<Vec<SegmentRow>, StoreError> {
    tx.query_for(
        "select id, body from journal_segments
         where last_at >= $1 and first_at < $2 and ($3 is null or id > $3) order by id limit $4",
        "select id, body from journal_segments
         where last_at >= $1 and first_at < $2 and ($3::uuid is null or id > $3) order by id limit $4",
    )
    .bind(from)
    .bind(to)
    .bind(after)
    .bind(limit)
    .all()
    .await
}

/// How many requests the journal holds that came between `from` and `to`, give or take those of the first and the last
/// segment.
pub async fn count_between(tx: &mut Tx, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<i64, StoreError> {
    tx.query(
        "select cast(coalesce(sum(entries), 0) as bigint) from journal_segments where last_at >= $1 and first_at < $2",
    )
    .bind(from)
    .bind(to)
    .scalar()
    .await
}

/// Writes what a segment holds from now on; without anything it goes.
pub async fn rewrite(tx: &mut Tx, id: JournalSegmentId, entries: &[JournalEntry]) -> Result<(), StoreError> {
    if entries.is_empty() {
        return tx.query("delete from journal_segments where id = $1").bind(id).execute().await.map(drop);
    }
    tx.query("update journal_segments set entries = $1, body = $2 where id = $3")
        .bind(i64::try_from(entries.len()).unwrap_or(i64::MAX))
        .bind(written(entries))
        .bind(id)
        .execute()
        .await
        .map(drop)
}

/// Forgets up to `limit` segments that ended before `before`.
pub async fn sweep(tx: &mut Tx, before: DateTime<Utc>, limit: i64) -> Result<u64, StoreError> {
    tx.query("delete from journal_segments where id in (select id from journal_segments where last_at < $1 limit $2)")
        .bind(before)
        .bind(limit)
        .execute()
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_as_they_were_written() {
        let entry = |micros, inbox_id, sealed: &[u8]| JournalEntry {
            received_at: DateTime::from_timestamp_micros(micros).expect("a time"),
            inbox_id,
            sealed: sealed.to_vec(),
        };
        let entries = vec![entry(1, None, b""), entry(2, Some(InboxId::new()), b"sealed"), entry(3, None, &[0; 300])];
        let mut row = SegmentRow { id: JournalSegmentId::new(), body: written(&entries) };
        assert_eq!(row.entries(), entries);
        row.body.truncate(row.body.len() - 1);
        assert_eq!(row.entries(), entries[..2]);
    }
}
