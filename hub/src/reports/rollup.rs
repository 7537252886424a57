//! Roll-ups: what each conversation adds to the hours of the reports. A conversation that changed is looked at anew; what
//! it added before is taken back and what it adds now is put in, both in one transaction. So the hours are always what a
//! recomputation from all conversations would give; a test holds that on random histories.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use patchbay_core::channel::Channel;
use patchbay_core::conversation::CloseReason;
use patchbay_core::ids::ConversationId;
use patchbay_store::report_rollups::{self as store, Facts, HourRow, Progress, Said};
use patchbay_store::{Db, StoreError, Tx, feed};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

/// The reader of the feed.
const READER: &str = "reports";
/// Conversations of before the roll-ups that are taken in at once.
const BITE: i64 = 500;
/// An hour is complete when it has been over for so long: a transaction that began in it may still end.
const SETTLES_IN: TimeDelta = TimeDelta::minutes(10);
const HOUR: i64 = 3_600;

/// Where a number is kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cell {
    /// What is measured.
    metric: String,
    /// Hours since 1970.
    hour: i64,
    /// The team; the nil id for none.
    team: Uuid,
    /// The channel.
    channel: Channel,
    /// State of messages, agent, or nothing.
    word: String,
}

/// A number and the durations behind it, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    count: i64,
    millis: Vec<i64>,
}

/// Names of what is measured.
pub(super) mod metric {
    pub(in super::super) const OPENED: &str = "opened";
    pub(in super::super) const CLOSED: &str = "closed";
    pub(in super::super) const CLOSED_BY: &str = "closed_by";
    pub(in super::super) const RESPONSE: &str = "response";
    pub(in super::super) const RESOLUTION: &str = "resolution";
    pub(in super::super) const MESSAGES: &str = "messages";
    pub(in super::super) const ALL: [&str; 6] = [OPENED, CLOSED, CLOSED_BY, RESPONSE, RESOLUTION, MESSAGES];
}

/// What is kept of a number.
fn row_of(cell: &Cell, amount: &Amount) -> HourRow {
    let Cell { metric, hour, team, channel, word } = cell.clone();
    let millis = amount.millis.iter().map(i64::to_string).collect::<Vec<String>>().join(" ");
    HourRow { metric, hour, team_id: team, channel, word, count: amount.count, millis }
}

/// A number, of what is kept of it.
fn read(row: HourRow) -> (Cell, Amount) {
    let HourRow { metric, hour, team_id: team, channel, word, count, millis } = row;
    (Cell { metric, hour, team, channel, word }, Amount { count, millis: millis_of(&millis).collect() })
}

/// What one conversation adds.
fn parts_of(facts: &Facts, said: &[Said]) -> BTreeMap<Cell, Amount> {
    let mut parts: BTreeMap<Cell, Amount> = BTreeMap::new();
    let mut add = |metric: &str, hour: i64, word: String, count: i64, took: Option<TimeDelta>| {
        let team = facts.team_id.map_or(Uuid::nil(), Into::into);
        let cell = Cell { metric: metric.to_owned(), hour, team, channel: facts.channel, word };
        let amount = parts.entry(cell).or_default();
        amount.count += count;
        amount.millis.extend(took.map(|took| took.num_milliseconds().max(0)));
    };
    let nothing = String::new;
    add(metric::OPENED, hour_of(facts.created_at), nothing(), 1, None);
    if let Some(at) = facts.first_response_at {
        add(metric::RESPONSE, hour_of(at), nothing(), 1, Some(at - facts.created_at));
    }
    if let Some(at) = facts.closed_at {
        add(metric::CLOSED, hour_of(at), nothing(), 1, None);
        if let Some(by) = facts.closed_by {
            add(metric::CLOSED_BY, hour_of(at), by.to_string(), 1, None);
        }
        if !matches!(facts.close_reason, Some(CloseReason::Spam | CloseReason::Duplicate)) {
            add(metric::RESOLUTION, hour_of(at), nothing(), 1, Some(at - facts.created_at));
        }
    }
    for said in said.iter().filter(|said| said.conversation_id == facts.id) {
        add(metric::MESSAGES, said.hour, format!("{} {}", said.direction, said.status), said.count, None);
    }
    parts
}

/// The hour that a time lies in, since 1970.
pub(super) fn hour_of(at: DateTime<Utc>) -> i64 {
    at.timestamp().div_euclid(HOUR)
}

/// When an hour begins.
pub(super) fn begin_of(hour: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(hour.saturating_mul(HOUR), 0).unwrap_or_default()
}

/// Durations as they are kept.
pub(super) fn millis_of(text: &str) -> impl Iterator<Item = i64> {
    text.split(' ').filter_map(|millis| millis.parse().ok())
}

/// Looks at conversations anew.
pub async fn take(tx: &mut Tx, ids: &[ConversationId]) -> Result<(), StoreError> {
    if ids.is_empty() {
        return Ok(());
    }
    // Whoever looks at the same conversation waits, and then finds what was put in here.
    store::lock(tx).await?;
    let before = store::parts(tx, ids).await?;
    let facts = store::facts(tx, ids).await?;
    let said = store::said(tx, ids).await?;
    let mut changes: BTreeMap<Cell, (Amount, Amount)> = BTreeMap::new();
    let mut kept = Vec::with_capacity(facts.len());
    for facts in &facts {
        let old: Vec<(Cell, Amount)> =
            before.get(&facts.id).and_then(|parts| serde_json::from_value(parts.clone()).ok()).unwrap_or_default();
        let new: Vec<(Cell, Amount)> = parts_of(facts, &said).into_iter().collect();
        if old == new {
            continue;
        }
        kept.push((facts.id, json!(new)));
        for (cell, amount) in old {
            let gone = &mut changes.entry(cell).or_default().0;
            gone.count += amount.count;
            gone.millis.extend(amount.millis);
        }
        for (cell, amount) in new {
            let come = &mut changes.entry(cell).or_default().1;
            come.count += amount.count;
            come.millis.extend(amount.millis);
        }
    }
    changes.retain(|_, (gone, come)| gone != come);
    let asked: Vec<HourRow> = changes.keys().map(|cell| row_of(cell, &Amount::default())).collect();
    let mut standing: BTreeMap<Cell, Amount> = store::standing(tx, &asked).await?.into_iter().map(read).collect();
    let mut rows = Vec::with_capacity(changes.len());
    for (cell, (gone, come)) in changes {
        let mut amount = standing.remove(&cell).unwrap_or_default();
        amount.count += come.count - gone.count;
        for value in gone.millis {
            if let Some(place) = amount.millis.iter().position(|kept| *kept == value) {
                amount.millis.swap_remove(place);
            }
        }
        amount.millis.extend(come.millis);
        amount.millis.sort_unstable();
        rows.push(row_of(&cell, &amount));
    }
    store::put_hours(tx, &rows).await?;
    store::make_days(tx, &rows).await?;
    store::put_parts(tx, &kept).await
}

/// Takes in what happened since the last time, up to `limit` events, and before that the conversations of before the
/// roll-ups. Tells how much that was; 0: everything is in.
pub async fn roll_up(db: &Db, now: DateTime<Utc>, limit: i64) -> Result<usize, StoreError> {
    let mut reading = db.read().await?;
    let progress = store::progress(&mut reading).await?;
    let Some(progress) = progress else {
        // What happens from now on is in the feed; what was before is looked at in order.
        let latest = feed::bounds(&mut reading).await?.latest;
        let from = feed::position_of(&mut reading, READER).await?;
        drop(reading);
        let mut tx = db.begin().await?;
        if latest > from {
            feed::advance(&mut tx, READER, (from, latest), now).await?;
        }
        let begun = Progress { after_id: Some(ConversationId(Uuid::nil())), complete_until: None };
        store::put_progress(&mut tx, begun).await?;
        tx.commit().await?;
        return Ok(1);
    };
    if progress.after_id.is_some() {
        let ids = store::conversations_after(&mut reading, progress.after_id, BITE).await?;
        drop(reading);
        let mut tx = db.begin().await?;
        take(&mut tx, &ids).await?;
        let next = Progress { after_id: ids.last().copied(), ..progress };
        store::put_progress(&mut tx, next).await?;
        tx.commit().await?;
        return Ok(ids.len().max(1));
    }
    let from = feed::position_of(&mut reading, READER).await?;
    let batch = feed::after(&mut reading, from, limit).await?;
    drop(reading);
    let Some(last) = batch.events.last() else {
        let complete = begin_of(hour_of(now - SETTLES_IN));
        if !batch.unsettled && progress.complete_until != Some(complete) {
            let mut tx = db.begin().await?;
            store::put_progress(&mut tx, Progress { complete_until: Some(complete), ..progress }).await?;
            tx.commit().await?;
        }
        return Ok(0);
    };
    let touched: BTreeSet<ConversationId> = batch.events.iter().filter_map(|event| event.conversation_id).collect();
    let touched: Vec<ConversationId> = touched.into_iter().collect();
    let mut tx = db.begin().await?;
    if !feed::advance(&mut tx, READER, (from, last.position), now).await? {
        tx.rollback().await?;
        return Ok(0);
    }
    take(&mut tx, &touched).await?;
    tx.commit().await?;
    Ok(batch.events.len())
}

/// The days as they are kept, each under its first hour.
pub async fn kept_days(tx: &mut Tx) -> Result<BTreeMap<Cell, Amount>, StoreError> {
    let mut all = BTreeMap::new();
    for metric in metric::ALL {
        for row in store::days(tx, metric).await? {
            let (cell, mut amount) = read(row);
            amount.millis.sort_unstable();
            if amount != Amount::default() {
                all.insert(cell, amount);
            }
        }
    }
    Ok(all)
}

/// Hours, added up by days.
pub fn by_days(hours: &BTreeMap<Cell, Amount>) -> BTreeMap<Cell, Amount> {
    let mut all: BTreeMap<Cell, Amount> = BTreeMap::new();
    for (cell, part) in hours {
        let amount = all
            .entry(Cell { hour: cell.hour - cell.hour.rem_euclid(store::HOURS_OF_A_DAY), ..cell.clone() })
            .or_default();
        amount.count += part.count;
        amount.millis.extend(&part.millis);
    }
    for amount in all.values_mut() {
        amount.millis.sort_unstable();
    }
    all
}

/// The hours as they are kept.
pub async fn kept(tx: &mut Tx) -> Result<BTreeMap<Cell, Amount>, StoreError> {
    let mut all = BTreeMap::new();
    for metric in metric::ALL {
        for row in store::hours(tx, metric, (i64::MIN, i64::MAX), None).await? {
            let (cell, amount) = read(row);
            if amount != Amount::default() {
                all.insert(cell, amount);
            }
        }
    }
    Ok(all)
}

/// The hours as all conversations make them, from scratch.
pub async fn recomputed(tx: &mut Tx) -> Result<BTreeMap<Cell, Amount>, StoreError> {
    let mut all: BTreeMap<Cell, Amount> = BTreeMap::new();
    let mut after = None;
    loop {
        let ids = store::conversations_after(tx, after, BITE).await?;
        if ids.is_empty() {
            break;
        }
        after = ids.last().copied();
        let said = store::said(tx, &ids).await?;
        for facts in store::facts(tx, &ids).await? {
            for (cell, part) in parts_of(&facts, &said) {
                let amount = all.entry(cell).or_default();
                amount.count += part.count;
                amount.millis.extend(part.millis);
            }
        }
    }
    for amount in all.values_mut() {
        amount.millis.sort_unstable();
    }
    Ok(all)
}
