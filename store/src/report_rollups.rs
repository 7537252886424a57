//! Roll-ups of reports: what conversations add to an hour, kept so that it can be taken back.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use patchbay_core::channel::{Channel, Direction};
use patchbay_core::conversation::CloseReason;
use patchbay_core::delivery::DeliveryStatus;
use patchbay_core::ids::{ConversationId, TeamId, UserId};
use serde_json::Value;
use uuid::Uuid;

use crate::batch::Batch;
use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

record! {
    /// What of a conversation a report asks about.
    #[derive(Clone, Copy, Debug)]
    pub struct Facts {
        /// The conversation.
        pub id: ConversationId,
        /// Its team now.
        pub team_id: Option<TeamId>,
        /// Its channel.
        pub channel: Channel,
        /// When it began.
        pub created_at: DateTime<Utc>,
        /// When a person first answered.
        pub first_response_at: Option<DateTime<Utc>>,
        /// When it ended.
        pub closed_at: Option<DateTime<Utc>>,
        /// Who ended it.
        pub closed_by: Option<UserId>,
        /// Why.
        pub close_reason: Option<CloseReason>,
    }
}

record! {
    /// Messages of a conversation in an hour.
    #[derive(Clone, Copy, Debug)]
    pub struct Said {
        /// The conversation.
        pub conversation_id: ConversationId,
        /// From or to the customer.
        pub direction: Direction,
        /// How far they have come.
        pub status: DeliveryStatus,
        /// Hours since 1970.
        pub hour: i64,
        /// How many.
        pub count: i64,
    }
}

record! {
    /// What all conversations together add to an hour.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct HourRow {
        /// What is measured.
        pub metric: String,
        /// Hours since 1970.
        pub hour: i64,
        /// The team; the nil id for none.
        pub team_id: Uuid,
        /// The channel.
        pub channel: Channel,
        /// What tells it from others.
        pub word: String,
        /// How many.
        pub count: i64,
        /// How long each took, in milliseconds, in order.
        pub millis: String,
    }
}

record! {
    struct PartsRow {
        conversation_id: ConversationId,
        parts: Value,
    }
}

record! {
    /// How far the roll-ups have come.
    #[derive(Clone, Copy, Debug, Default)]
    pub struct Progress {
        /// The last conversation of those that were there before; `None`: all of them are in.
        pub after_id: Option<ConversationId>,
        /// Hours before then are complete.
        pub complete_until: Option<DateTime<Utc>>,
    }
}

/// The facts of conversations.
pub async fn facts(tx: &mut Tx, ids: &[ConversationId]) -> Result<Vec<Facts>, StoreError> {
    tx.query_for(
        "select id, team_id, channel, created_at, first_response_at, closed_at, closed_by, close_reason
         from conversations where id in (select unhex(value ->> 0) from json_each($1))",
        "select id, team_id, channel, created_at, first_response_at, closed_at, closed_by, close_reason
         from conversations where id = any($1::uuid[])",
    )
    .bind_batch(Batch::new().ids(ids.iter().copied()))
    .all()
    .await
}

/// The messages of conversations, by hour, direction and state.
pub async fn said(tx: &mut Tx, ids: &[ConversationId]) -> Result<Vec<Said>, StoreError> {
    tx.query_for(
        "select conversation_id, direction, status, created_at / 3600000000 as hour, count(*) as count
         from messages where conversation_id in (select unhex(value ->> 0) from json_each($1))
         group by conversation_id, direction, status, created_at / 3600000000",
        "select conversation_id, direction, status,
                cast(floor(extract(epoch from created_at) / 3600) as bigint) as hour, count(*) as count
         from messages where conversation_id = any($1::uuid[])
         group by conversation_id, direction, status, cast(floor(extract(epoch from created_at) / 3600) as bigint)",
    )
    .bind_batch(Batch::new().ids(ids.iter().copied()))
    .all()
    .await
}

/// Conversations in the order they began to be known, after `after`.
pub async fn conversations_after(
    tx: &mut Tx,
    after: Option<ConversationId>,
    limit: i64,
) -> Result<Vec<ConversationId>, StoreError> {
    tx.query("select id from conversations where $1 is null or id > $1 order by id limit $2")
        .bind(after)
        .bind(limit)
        .column()
        .await
}

/// What conversations have added so far.
pub async fn parts(tx: &mut Tx, ids: &[ConversationId]) -> Result<BTreeMap<ConversationId, Value>, StoreError> {
    let rows: Vec<PartsRow> = tx
        .query_for(
            "select conversation_id, parts from report_parts
             where conversation_id in (select unhex(value ->> 0) from json_each($1))",
            "select conversation_id, parts from report_parts where conversation_id = any($1::uuid[])",
        )
        .bind_batch(Batch::new().ids(ids.iter().copied()))
        .all()
        .await?;
    Ok(rows.into_iter().map(|row| (row.conversation_id, row.parts)).collect())
}

/// Notes what conversations have added.
pub async fn put_parts(tx: &mut Tx, parts: &[(ConversationId, Value)]) -> Result<(), StoreError> {
    if parts.is_empty() {
        return Ok(());
    }
    tx.query_for(
        "insert into report_parts (conversation_id, parts) values ($1, $2)
         on conflict (conversation_id) do update set parts = excluded.parts",
        "insert into report_parts (conversation_id, parts)
         select batch.* from unnest($1::uuid[], $2::text[]) as batch
         on conflict (conversation_id) do update set parts = excluded.parts",
    )
    .bind_each(
        Batch::new().ids(parts.iter().map(|(id, _)| *id)).texts(parts.iter().map(|(_, parts)| parts.to_string())),
    )
    .execute()
    .await?;
    Ok(())
}

/// The numbers of hours that are to be changed, as they stand; of those that nothing was added to there is none. What
/// `rows` say of counts and durations does not matter.
pub async fn standing(tx: &mut Tx, rows: &[HourRow]) -> Result<Vec<HourRow>, StoreError> {
    let (Some(first), Some(last)) = (rows.iter().map(|row| row.hour).min(), rows.iter().map(|row| row.hour).max())
    else {
        return Ok(Vec::new());
    };
    tx.query_for(
        "select h.metric, h.hour, h.team_id, h.channel, h.word, h.count, h.millis
         from json_each($3) cell cross join report_hours h
              on h.metric = cell.value ->> 0 and h.hour = cell.value ->> 1 and h.team_id = unhex(cell.value ->> 2)
                 and h.channel = cell.value ->> 3 and h.word = cell.value ->> 4
         where h.hour between $1 and $2",
        "select h.metric, h.hour, h.team_id, h.channel, h.word, h.count, h.millis
         from unnest($3::text[], $4::bigint[], $5::uuid[], $6::text[], $7::text[])
                  as cell (metric, hour, team_id, channel, word)
              join report_hours h
              on h.metric = cell.metric and h.hour = cell.hour and h.team_id = cell.team_id
                 and h.channel = cell.channel and h.word = cell.word
         where h.hour between $1 and $2",
    )
    .bind(first)
    .bind(last)
    .bind_batch(cells(rows.iter()))
    .planned_for_values()
    .all()
    .await
}

/// Where numbers are kept.
fn cells<'r>(rows: impl Iterator<Item = &'r HourRow> + Clone) -> Batch {
    Batch::new()
        .texts(rows.clone().map(|row| row.metric.as_str()))
        .integers(rows.clone().map(|row| row.hour))
        .ids(rows.clone().map(|row| row.team_id))
        .texts(rows.clone().map(|row| row.channel.as_str()))
        .texts(rows.map(|row| row.word.as_str()))
}

/// Writes hours as they stand. One that nothing is left of stays, with a count of 0.
pub async fn put_hours(tx: &mut Tx, rows: &[HourRow]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let batch =
        cells(rows.iter()).integers(rows.iter().map(|row| row.count)).texts(rows.iter().map(|row| row.millis.as_str()));
    tx.query_for(
        "insert into report_hours (metric, hour, team_id, channel, word, count, millis)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (metric, hour, team_id, channel, word)
         do update set count = excluded.count, millis = excluded.millis",
        "insert into report_hours (metric, hour, team_id, channel, word, count, millis)
         select batch.* from unnest($1::text[], $2::bigint[], $3::uuid[], $4::text[], $5::text[], $6::bigint[], $7::text[])
                as batch
         on conflict (metric, hour, team_id, channel, word)
         do update set count = excluded.count, millis = excluded.millis",
    )
    .bind_each(batch)
    .execute()
    .await?;
    Ok(())
}

/// Days are those of UTC: day 0 begins with hour 0.
pub const HOURS_OF_A_DAY: i64 = 24;

/// Makes the days that these hours lie in anew of all their hours.
pub async fn make_days(tx: &mut Tx, rows: &[HourRow]) -> Result<(), StoreError> {
    let day = |row: &HourRow| row.hour.div_euclid(HOURS_OF_A_DAY);
    let (Some(first), Some(last)) = (rows.iter().map(day).min(), rows.iter().map(day).max()) else {
        return Ok(());
    };
    let days: BTreeSet<_> = rows
        .iter()
        .map(|row| (row.metric.as_str(), day(row), row.team_id, row.channel.as_str(), row.word.as_str()))
        .collect();
    let batch = Batch::new()
        .texts(days.iter().map(|(metric, ..)| *metric))
        .integers(days.iter().map(|(_, day, ..)| *day))
        .ids(days.iter().map(|(_, _, team, ..)| *team))
        .texts(days.iter().map(|(.., channel, _)| *channel))
        .texts(days.iter().map(|(.., word)| *word));
    tx.query_for(
        "insert into report_days (metric, day, team_id, channel, word, count, millis)
         select h.metric, cell.value ->> 1, h.team_id, h.channel, h.word, sum(h.count),
                coalesce(group_concat(nullif(h.millis, ''), ' '), '')
         from json_each($3) cell
              cross join (values (0),(1),(2),(3),(4),(5),(6),(7),(8),(9),(10),(11),(12),
                                 (13),(14),(15),(16),(17),(18),(19),(20),(21),(22),(23)) part
              cross join report_hours h
              on h.metric = cell.value ->> 0 and h.hour = (cell.value ->> 1) * 24 + part.column1
                 and h.team_id = unhex(cell.value ->> 2) and h.channel = cell.value ->> 3 and h.word = cell.value ->> 4
         where h.hour between $1 and $2
         group by cell.key
         on conflict (metric, day, team_id, channel, word)
         do update set count = excluded.count, millis = excluded.millis",
        "insert into report_days (metric, day, team_id, channel, word, count, millis)
         select cell.metric, cell.day, cell.team_id, cell.channel, cell.word, cast(sum(h.count) as bigint),
                coalesce(string_agg(nullif(h.millis, ''), ' '), '')
         from unnest($3::text[], $4::bigint[], $5::uuid[], $6::text[], $7::text[])
                  as cell (metric, day, team_id, channel, word)
              cross join generate_series(0, 23) as part (number)
              join report_hours h
              on h.metric = cell.metric and h.hour = cell.day * 24 + part.number and h.team_id = cell.team_id
                 and h.channel = cell.channel and h.word = cell.word
         where h.hour between $1 and $2
         group by cell.metric, cell.day, cell.team_id, cell.channel, cell.word
         on conflict (metric, day, team_id, channel, word)
         do update set count = excluded.count, millis = excluded.millis",
    )
    .bind(first * HOURS_OF_A_DAY)
    .bind((last + 1) * HOURS_OF_A_DAY - 1)
    .bind_batch(batch)
    .planned_for_values()
    .execute()
    .await?;
    Ok(())
}

/// Hours of one metric from `from` up to before `to`; of these teams only, when asked.
pub async fn hours(
    tx: &mut Tx,
    metric: &str,
    (from, to): (i64, i64),
    teams: Option<&[TeamId]>,
) -> Result<Vec<HourRow>, StoreError> {
    tx.query_for(
        "select metric, hour, team_id, channel, word, count, millis from report_hours
         where metric = $1 and hour >= $2 and hour < $3
           and ($4 or team_id in (select unhex(value ->> 0) from json_each($5)))",
        "select metric, hour, team_id, channel, word, count, millis from report_hours
         where metric = $1 and hour >= $2 and hour < $3 and ($4 or team_id = any($5::uuid[]))",
    )
    .bind(metric)
    .bind(from)
    .bind(to)
    .bind(teams.is_none())
    .bind_batch(Batch::new().ids(teams.into_iter().flatten().copied()))
    .all()
    .await
}

/// All days of one metric, each under its first hour. The durations are in no order.
pub async fn days(tx: &mut Tx, metric: &str) -> Result<Vec<HourRow>, StoreError> {
    tx.query(
        "select metric, day * 24 as hour, team_id, channel, word, count, millis from report_days where metric = $1",
    )
    .bind(metric)
    .all()
    .await
}

/// What one metric comes to in each span of hours (from its first up to before its second), under the first; of these teams
/// only, when asked. Whole days are read as such. There may be more than one row for a span, a team, a channel and a word;
/// the durations are in no order.
pub async fn spans(
    tx: &mut Tx,
    metric: &str,
    spans: &[(i64, i64)],
    teams: Option<&[TeamId]>,
) -> Result<Vec<HourRow>, StoreError> {
    let (mut of_hours, mut of_days) = (Vec::new(), Vec::new());
    for (first, end) in spans {
        let (midnight, last) = (-(-first).div_euclid(HOURS_OF_A_DAY), end.div_euclid(HOURS_OF_A_DAY));
        if midnight < last {
            of_hours.extend([(*first, *first, midnight * HOURS_OF_A_DAY), (*first, last * HOURS_OF_A_DAY, *end)]);
            of_days.push((*first, midnight, last));
        } else {
            of_hours.push((*first, *first, *end));
        }
    }
    of_hours.retain(|(_, from, to)| from < to);
    let mut rows = summed_hours(tx, metric, &of_hours, teams).await?;
    rows.extend(summed_days(tx, metric, &of_days, teams).await?);
    Ok(rows)
}

/// Stretches with the hour that they stand under, one after the other.
fn stretches(of: &[(i64, i64, i64)]) -> Batch {
    Batch::new()
        .integers(of.iter().map(|of| of.0))
        .integers(of.iter().map(|of| of.1))
        .integers(of.iter().map(|of| of.2))
}

async fn summed_hours(
    tx: &mut Tx,
    metric: &str,
    of: &[(i64, i64, i64)],
    teams: Option<&[TeamId]>,
) -> Result<Vec<HourRow>, StoreError> {
    if of.is_empty() {
        return Ok(Vec::new());
    }
    tx.query_for(
        "select $1 as metric, span.value ->> 0 as hour, h.team_id, h.channel, h.word, sum(h.count) as count,
                coalesce(group_concat(nullif(h.millis, ''), ' '), '') as millis
         from json_each($4) span cross join report_hours h
              on h.metric = $1 and h.hour >= span.value ->> 1 and h.hour < span.value ->> 2
         where ($2 or h.team_id in (select unhex(value ->> 0) from json_each($3)))
         group by span.value ->> 0, h.team_id, h.channel, h.word",
        "select cast($1 as text) as metric, ($4::bigint[])[h.place] as hour, h.team_id, h.channel, h.word,
                cast(sum(h.count) as bigint) as count, coalesce(string_agg(nullif(h.millis, ''), ' '), '') as millis
         from (select team_id, channel, word, count, millis, hour, width_bucket(hour, $5::bigint[]) as place
               from report_hours
               where metric = $1 and hour >= ($5::bigint[])[1] and hour < ($6::bigint[])[cardinality($6::bigint[])]
                     and ($2 or team_id = any($3::uuid[]))) h
         where h.hour < ($6::bigint[])[h.place]
         group by h.place, h.team_id, h.channel, h.word",
    )
    .bind(metric)
    .bind(teams.is_none())
    .bind_batch(Batch::new().ids(teams.into_iter().flatten().copied()))
    .bind_batch(stretches(of))
    .planned_for_values()
    .all()
    .await
}

async fn summed_days(
    tx: &mut Tx,
    metric: &str,
    of: &[(i64, i64, i64)],
    teams: Option<&[TeamId]>,
) -> Result<Vec<HourRow>, StoreError> {
    if of.is_empty() {
        return Ok(Vec::new());
    }
    tx.query_for(
        "select $1 as metric, span.value ->> 0 as hour, d.team_id, d.channel, d.word, sum(d.count) as count,
                coalesce(group_concat(nullif(d.millis, ''), ' '), '') as millis
         from json_each($4) span cross join report_days d
              on d.metric = $1 and d.day >= span.value ->> 1 and d.day < span.value ->> 2
         where ($2 or d.team_id in (select unhex(value ->> 0) from json_each($3)))
         group by span.value ->> 0, d.team_id, d.channel, d.word",
        "select cast($1 as text) as metric, ($4::bigint[])[d.place] as hour, d.team_id, d.channel, d.word,
                cast(sum(d.count) as bigint) as count, coalesce(string_agg(nullif(d.millis, ''), ' '), '') as millis
         from (select team_id, channel, word, count, millis, day, width_bucket(day, $5::bigint[]) as place
               from report_days
               where metric = $1 and day >= ($5::bigint[])[1] and day < ($6::bigint[])[cardinality($6::bigint[])]
                     and ($2 or team_id = any($3::uuid[]))) d
         where d.day < ($6::bigint[])[d.place]
         group by d.place, d.team_id, d.channel, d.word",
    )
    .bind(metric)
    .bind(teams.is_none())
    .bind_batch(Batch::new().ids(teams.into_iter().flatten().copied()))
    .bind_batch(stretches(of))
    .planned_for_values()
    .all()
    .await
}

/// How far the roll-ups have come. `None`: they have not begun.
pub async fn progress(tx: &mut Tx) -> Result<Option<Progress>, StoreError> {
    tx.query("select after_id, complete_until from report_progress where name = $1").bind(NAME).optional().await
}

/// Lets nobody else change the roll-ups until the transaction ends.
pub async fn lock(tx: &mut Tx) -> Result<(), StoreError> {
    tx.query("update report_progress set after_id = after_id where name = $1").bind(NAME).execute().await?;
    Ok(())
}

/// Notes how far the roll-ups have come.
pub async fn put_progress(tx: &mut Tx, progress: Progress) -> Result<(), StoreError> {
    tx.query(
        "insert into report_progress (name, after_id, complete_until) values ($1, $2, $3)
         on conflict (name) do update set after_id = excluded.after_id, complete_until = excluded.complete_until",
    )
    .bind(NAME)
    .bind(progress.after_id)
    .bind(progress.complete_until)
    .execute()
    .await?;
    Ok(())
}

const NAME: &str = "conversations";
