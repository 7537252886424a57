//! Reading the durable feed. A position is (tx, seq). On PostgreSQL tx is the writer's transaction id, and a row is
//! *settled* once every older transaction has ended: only settled rows are handed out, in order of position, so nothing
//! can appear later before a position somebody has read up to. On SQLite there is one writer, tx is 0 and everything
//! committed is settled.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use patchbay_core::event::Audience;
use patchbay_core::ids::{AccountId, ConversationId, EventId, InboxId, SiteId, TeamId, TicketId, UserId};

use crate::db::Engine;
use crate::error::StoreError;
use crate::tx::Tx;

/// A place in the feed: everything up to and including it was read. Its text form is opaque to callers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    tx: i64,
    seq: i64,
}

/// A text is not a position that we wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cursor is not one of ours")]
pub struct NotAPosition;

impl Position {
    /// Before everything.
    pub const START: Self = Self { tx: 0, seq: 0 };
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "f1-{:x}-{:x}", self.tx, self.seq)
    }
}

impl FromStr for Position {
    type Err = NotAPosition;

    fn from_str(text: &str) -> Result<Self, NotAPosition> {
        let mut parts = text.strip_prefix("f1-").ok_or(NotAPosition)?.split('-');
        let mut number = || {
            let digits = parts.next().filter(|part| part.len() <= 16 && part.bytes().all(|b| b.is_ascii_hexdigit()))?;
            i64::from_str_radix(digits, 16).ok()
        };
        let (tx, seq) = number().zip(number()).ok_or(NotAPosition)?;
        if parts.next().is_some() { Err(NotAPosition) } else { Ok(Self { tx, seq }) }
    }
}

/// An event as it stands in the feed.
#[derive(Clone, Debug)]
pub struct StoredEvent {
    /// Where it stands.
    pub position: Position,
    /// Names the event.
    pub id: EventId,
    /// What happened: a name of [`patchbay_core::event::EventName`], or one that only newer nodes know. During an
    /// upgrade an older node passes it on.
    pub name: String,
    /// Conversation it is about.
    pub conversation_id: Option<ConversationId>,
    /// Sequence within that conversation.
    pub conversation_seq: Option<i64>,
    /// Ticket it is about.
    pub ticket_id: Option<TicketId>,
    /// Who may know.
    pub audience: Audience,
    /// The `data` of the frame, as JSON text.
    pub payload: String,
    /// When it happened.
    pub created_at: DateTime<Utc>,
}

/// Some of the feed, in order.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Settled events.
    pub events: Vec<StoredEvent>,
    /// More events are committed beyond them, but not settled yet: look again very soon.
    pub unsettled: bool,
}

/// How far the feed reaches back and forth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Everything up to here was removed by retention.
    pub trimmed: Position,
    /// The last settled event.
    pub latest: Position,
}

impl Bounds {
    /// Whether everything after `position` is still there, and `position` itself is not from another database.
    pub fn cover(&self, position: Position) -> bool {
        self.trimmed <= position && position <= self.latest
    }
}

crate::record! {
    struct Row {
        tx: i64,
        seq: i64,
        id: EventId,
        name: String,
        conversation_id: Option<ConversationId>,
        conversation_seq: Option<i64>,
        ticket_id: Option<TicketId>,
        inbox_id: Option<InboxId>,
        team_id: Option<TeamId>,
        assigned_to: Option<UserId>,
        previous_assigned_to: Option<UserId>,
        is_queued: bool,
        account_id: Option<AccountId>,
        site_id: Option<SiteId>,
        payload: String,
        created_at: DateTime<Utc>,
    }
}

impl From<Row> for StoredEvent {
    fn from(row: Row) -> Self {
        Self {
            position: Position { tx: row.tx, seq: row.seq },
            id: row.id,
            name: row.name,
            conversation_id: row.conversation_id,
            conversation_seq: row.conversation_seq,
            ticket_id: row.ticket_id,
            audience: Audience {
                inbox_id: row.inbox_id,
                team_id: row.team_id,
                assigned_to: row.assigned_to,
                previous_assigned_to: row.previous_assigned_to,
                is_queued: row.is_queued,
                account_id: row.account_id,
                site_id: row.site_id,
            },
            payload: row.payload,
            created_at: row.created_at,
        }
    }
}

/// The settled events with one of these names after `position`, at most `limit`. What has another name is passed over
/// in the database.
pub async fn named_after(
    tx: &mut Tx,
    position: Position,
    names: &[&str],
    limit: i64,
) -> Result<Vec<StoredEvent>, StoreError> {
    let rows = tx
        .query_for(
            "select tx, seq, id, name, conversation_id, conversation_seq, ticket_id, inbox_id, team_id, assigned_to,
                    previous_assigned_to, is_queued, account_id, site_id, payload, created_at
             from events
             where seq > $2 and $1 >= 0 and name in (select value ->> 0 from json_each($3)) order by seq limit $4",
            "select tx, seq, id, name, conversation_id, conversation_seq, ticket_id, inbox_id, team_id, assigned_to,
                    previous_assigned_to, is_queued, account_id, site_id, payload, created_at
             from events
             where (tx, seq) > ($1, $2) and tx < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
               and name = any($3::text[])
             order by tx, seq limit $4",
        )
        .bind(position.tx)
        .bind(position.seq)
        .bind_batch(crate::batch::Batch::new().texts(names.iter().copied()))
        .bind(limit)
        .all::<Row>()
        .await?;
    Ok(rows.into_iter().map(StoredEvent::from).collect())
}

/// The settled events after `position`, at most `limit`.
pub async fn after(tx: &mut Tx, position: Position, limit: i64) -> Result<Batch, StoreError> {
    let rows = tx
        .query_for(
            "select tx, seq, id, name, conversation_id, conversation_seq, ticket_id, inbox_id, team_id, assigned_to,
                    previous_assigned_to, is_queued, account_id, site_id, payload, created_at
             from events where seq > $2 and $1 >= 0 order by seq limit $3",
            "select tx, seq, id, name, conversation_id, conversation_seq, ticket_id, inbox_id, team_id, assigned_to,
                    previous_assigned_to, is_queued, account_id, site_id, payload, created_at
             from events
             where (tx, seq) > ($1, $2) and tx < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
             order by tx, seq limit $3",
        )
        .bind(position.tx)
        .bind(position.seq)
        .bind(limit)
        .all::<Row>()
        .await?;
    let mut batch = Batch { events: rows.into_iter().map(StoredEvent::from).collect(), unsettled: false };
    let is_end = i64::try_from(batch.events.len()).is_ok_and(|events| events < limit);
    if is_end && tx.engine() == Engine::Postgres {
        let end = batch.events.last().map_or(position, |event| event.position);
        // In the order of the index: a third of all rows is what PostgreSQL expects behind a position it does not know, and
        // to find none of them it would read the whole feed.
        batch.unsettled = tx
            .query(
                "select coalesce((select true from events where (tx, seq) > ($1, $2) order by tx, seq limit 1), false)
                        as found",
            )
            .bind(end.tx)
            .bind(end.seq)
            .scalar()
            .await?;
    }
    Ok(batch)
}

crate::record! {
    struct PositionRow {
        tx: i64,
        seq: i64,
    }
}

impl From<PositionRow> for Position {
    fn from(row: PositionRow) -> Self {
        Self { tx: row.tx, seq: row.seq }
    }
}

/// How far the feed reaches.
pub async fn bounds(tx: &mut Tx) -> Result<Bounds, StoreError> {
    let trimmed = trimmed(tx).await?;
    let latest = tx
        .query_for(
            "select tx, seq from events order by seq desc limit 1",
            "select tx, seq from events where tx < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
             order by tx desc, seq desc limit 1",
        )
        .optional::<PositionRow>()
        .await?;
    Ok(Bounds { trimmed, latest: latest.map_or(trimmed, Position::from) })
}

async fn trimmed(tx: &mut Tx) -> Result<Position, StoreError> {
    let row = tx
        .query("select tx, seq from feed_positions where reader = $1")
        .bind(TRIMMED)
        .optional::<PositionRow>()
        .await?;
    Ok(row.map_or(Position::START, Position::from))
}

/// How far the background reader `reader` has come. [`Position::START`] when it never was here.
pub async fn position_of(tx: &mut Tx, reader: &str) -> Result<Position, StoreError> {
    let row =
        tx.query("select tx, seq from feed_positions where reader = $1").bind(reader).optional::<PositionRow>().await?;
    Ok(row.map_or(Position::START, Position::from))
}

/// Moves the background reader `reader` from `from` to `to`. `false`: another node moved it meanwhile; what was read has
/// been dealt with there.
pub async fn advance(
    tx: &mut Tx,
    reader: &str,
    (from, to): (Position, Position),
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    if from == Position::START {
        tx.query(
            "insert into feed_positions (reader, tx, seq, updated_at) values ($1, 0, 0, $2)
             on conflict (reader) do nothing",
        )
        .bind(reader)
        .bind(now)
        .execute()
        .await?;
    }
    let moved = tx
        .query(
            "update feed_positions set tx = $4, seq = $5, updated_at = $6
             where reader = $1 and tx = $2 and seq = $3",
        )
        .bind(reader)
        .bind(from.tx)
        .bind(from.seq)
        .bind(to.tx)
        .bind(to.seq)
        .bind(now)
        .execute()
        .await?;
    Ok(moved == 1)
}

/// The reader under whose name retention notes how far it removed the feed.
const TRIMMED: &str = "feed.trimmed";

/// Removes the oldest events, at most `limit`, before the first one that happened at or after `cutoff`; never the latest,
/// which tells where the feed stands. Tells how many events went.
pub async fn trim(tx: &mut Tx, cutoff: DateTime<Utc>, now: DateTime<Utc>, limit: i64) -> Result<u64, StoreError> {
    let last = tx
        .query_for(
            "with oldest as (select tx, seq, created_at from events order by seq limit $2),
                  kept as (select seq from oldest where created_at >= $1
                           union all select max(seq) from events)
             select tx, seq from oldest where seq < (select min(seq) from kept) order by seq desc limit 1",
            "with oldest as (select tx, seq, created_at from events order by tx, seq limit $2),
                  kept as (select tx, seq from oldest where created_at >= $1
                           union all (select tx, seq from events order by tx desc, seq desc limit 1))
             select tx, seq from oldest
             where (tx, seq) < (select tx, seq from kept order by tx, seq limit 1)
             order by tx desc, seq desc limit 1",
        )
        .bind(cutoff)
        .bind(limit)
        .optional::<PositionRow>()
        .await?;
    let Some(last) = last else { return Ok(0) };
    tx.query(
        "insert into feed_positions (reader, tx, seq, updated_at) values ($1, $2, $3, $4)
         on conflict (reader) do update set tx = excluded.tx, seq = excluded.seq, updated_at = excluded.updated_at",
    )
    .bind(TRIMMED)
    .bind(last.tx)
    .bind(last.seq)
    .bind(now)
    .execute()
    .await?;
    tx.query("delete from events where (tx, seq) <= ($1, $2)").bind(last.tx).bind(last.seq).execute().await
}

/// Where the feed ends for this transaction: what it appends from now on comes after. Means nothing to others.
pub async fn own_mark(tx: &mut Tx) -> Result<i64, StoreError> {
    tx.query_for("select coalesce(max(seq), 0) as seq from events", "select cast(0 as bigint) as seq").scalar().await
}

/// What this transaction has appended since [`own_mark`].
pub async fn written_here(tx: &mut Tx, mark: i64) -> Result<Vec<EventId>, StoreError> {
    tx.query_for(
        "select id from events where seq > $1 order by seq",
        "select id from events where $1 >= 0 and tx = pg_current_xact_id()::text::bigint order by seq",
    )
    .bind(mark)
    .column()
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: Option<Position>) {
        assert_eq!(text.parse::<Position>().ok(), expect, "{text}");
    }

    #[test]
    fn a_position_survives_its_text_form() {
        let position = Position { tx: 731, seq: i64::MAX };
        check(&position.to_string(), Some(position));
        check("f1-0-0", Some(Position::START));
    }

    #[test]
    fn other_texts_are_not_positions() {
        for text in ["", "f1", "f1-", "f1-1", "f1-1-2-3", "f1--1-2", "f1-1-ffffffffffffffff", "f1-g-1", "f1-+1-1"] {
            check(text, None);
        }
    }
}
