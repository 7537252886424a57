//! Where the figures of a report come from: hours that are complete from the roll-ups, the rest (the running hours, and
//! the pieces of hours at the ends of the range) from the rows themselves.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use patchbay_core::ids::TeamId;
use patchbay_store::report_rollups::{self as store, HourRow};
use patchbay_store::reports::{self, AgentQuarter, MessageQuarter, Quarter, Reach, TeamSpan};
use patchbay_store::{StoreError, Tx};

use super::asked::Asked;
use super::rollup::{begin_of, hour_of, metric, millis_of};

/// How long something took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Took {
    /// Team of the conversation.
    pub(super) team_id: Option<TeamId>,
    /// A moment in the same bucket as the end.
    pub(super) at: DateTime<Utc>,
    /// How long.
    pub(super) lasted: TimeDelta,
}

impl From<TeamSpan> for Took {
    fn from(span: TeamSpan) -> Self {
        Self { team_id: span.team_id, at: span.ended, lasted: span.ended - span.began }
    }
}

/// A range in pieces.
#[derive(Debug)]
pub(super) struct Pieces {
    /// Hours from the roll-ups: from the first up to before the second.
    hours: Option<(i64, i64)>,
    /// Everything else, from the rows.
    rows: Vec<Reach>,
}

impl Pieces {
    /// Cuts what was asked.
    pub(super) async fn of(tx: &mut Tx, asked: &Asked) -> Result<Self, StoreError> {
        let progress = store::progress(tx).await?.unwrap_or_default();
        let complete = progress.complete_until.filter(|_| progress.after_id.is_none());
        Ok(Self::cut(asked, complete))
    }

    fn cut(asked: &Asked, complete: Option<DateTime<Utc>>) -> Self {
        let reach = &asked.reach;
        let all = || Self { hours: None, rows: vec![reach.clone()] };
        // An hour that belongs to two buckets cannot be told apart any more.
        let is_cut =
            asked.buckets.starts().iter().any(|start| *start > reach.from && begin_of(hour_of(*start)) != *start);
        let Some(complete) = complete.filter(|_| !is_cut) else { return all() };
        let first =
            if begin_of(hour_of(reach.from)) == reach.from { hour_of(reach.from) } else { hour_of(reach.from) + 1 };
        let last = hour_of(reach.to.min(complete));
        if first >= last {
            return all();
        }
        let piece = |from: DateTime<Utc>, to: DateTime<Utc>| Reach { from, to, ..reach.clone() };
        let ends = [piece(reach.from, begin_of(first)), piece(begin_of(last), reach.to)];
        Self { hours: Some((first, last)), rows: ends.into_iter().filter(|piece| piece.from < piece.to).collect() }
    }

    async fn hours(&self, tx: &mut Tx, asked: &Asked, metric: &str) -> Result<Vec<HourRow>, StoreError> {
        match self.hours {
            Some(range) => {
                store::spans(tx, metric, &spans(range, asked.buckets.starts()), asked.reach.teams.as_deref()).await
            }
            None => Ok(Vec::new()),
        }
    }

    async fn took(&self, tx: &mut Tx, asked: &Asked, metric: &str) -> Result<Vec<Took>, StoreError> {
        let mut all = Vec::new();
        for row in self.hours(tx, asked, metric).await? {
            let (team_id, at) = (team(&row), begin_of(row.hour));
            all.extend(millis_of(&row.millis).map(|millis| Took {
                team_id,
                at,
                lasted: TimeDelta::milliseconds(millis),
            }));
        }
        Ok(all)
    }

    async fn quarters(&self, tx: &mut Tx, asked: &Asked, metric: &str) -> Result<Vec<Quarter>, StoreError> {
        let hours = self.hours(tx, asked, metric).await?;
        let quarter = |row: HourRow| Quarter {
            team_id: team(&row),
            channel: row.channel,
            at: begin_of(row.hour),
            count: row.count,
        };
        Ok(hours.into_iter().map(quarter).collect())
    }

    /// First answers by people.
    pub(super) async fn first_responses(&self, tx: &mut Tx, asked: &Asked) -> Result<Vec<Took>, StoreError> {
        let mut all = self.took(tx, asked, metric::RESPONSE).await?;
        for piece in &self.rows {
            all.extend(reports::first_responses(tx, piece).await?.into_iter().map(Took::from));
        }
        Ok(all)
    }

    /// Conversations that ended.
    pub(super) async fn resolutions(&self, tx: &mut Tx, asked: &Asked) -> Result<Vec<Took>, StoreError> {
        let mut all = self.took(tx, asked, metric::RESOLUTION).await?;
        for piece in &self.rows {
            all.extend(reports::resolutions(tx, piece).await?.into_iter().map(Took::from));
        }
        Ok(all)
    }

    /// Conversations that began.
    pub(super) async fn opened(&self, tx: &mut Tx, asked: &Asked) -> Result<Vec<Quarter>, StoreError> {
        let mut all = self.quarters(tx, asked, metric::OPENED).await?;
        for piece in &self.rows {
            all.extend(reports::opened(tx, piece).await?);
        }
        Ok(all)
    }

    /// Conversations that had begun before the range and had not ended: those that began less those that ended.
    pub(super) async fn open_before(
        &self,
        tx: &mut Tx,
        asked: &Asked,
    ) -> Result<BTreeMap<Option<TeamId>, i64>, StoreError> {
        let reach = &asked.reach;
        let Some((first, _)) = self.hours else {
            let rows = reports::open_before(tx, reach).await?;
            return Ok(rows.into_iter().map(|then| (then.team_id, then.count)).collect());
        };
        let mut open: BTreeMap<Option<TeamId>, i64> = BTreeMap::new();
        let until = first.min(hour_of(reach.from));
        for (metric, sign) in [(metric::OPENED, 1), (metric::CLOSED, -1)] {
            for row in store::spans(tx, metric, &[(0, until)], reach.teams.as_deref()).await? {
                *open.entry(team(&row)).or_default() += sign * row.count;
            }
        }
        let rest = Reach { from: begin_of(until), to: reach.from, ..reach.clone() };
        if rest.from < rest.to {
            for quarter in reports::opened(tx, &rest).await? {
                *open.entry(quarter.team_id).or_default() += quarter.count;
            }
            for quarter in reports::closed(tx, &rest).await? {
                *open.entry(quarter.team_id).or_default() -= quarter.count;
            }
        }
        open.retain(|_, count| *count != 0);
        Ok(open)
    }

    /// Conversations that ended and still are.
    pub(super) async fn closed(&self, tx: &mut Tx, asked: &Asked) -> Result<Vec<Quarter>, StoreError> {
        let mut all = self.quarters(tx, asked, metric::CLOSED).await?;
        for piece in &self.rows {
            all.extend(reports::closed(tx, piece).await?);
        }
        Ok(all)
    }

    /// The same, by who closed them.
    pub(super) async fn closed_by_agent(&self, tx: &mut Tx, asked: &Asked) -> Result<Vec<AgentQuarter>, StoreError> {
        let hours = self.hours(tx, asked, metric::CLOSED_BY).await?;
        let quarter = |row: &HourRow| {
            let user_id = row.word.parse().ok()?;
            Some(AgentQuarter { user_id, at: begin_of(row.hour), count: row.count })
        };
        let mut all: Vec<AgentQuarter> = hours.iter().filter_map(quarter).collect();
        for piece in &self.rows {
            all.extend(reports::closed_by_agent(tx, piece).await?);
        }
        Ok(all)
    }

    /// Messages.
    pub(super) async fn messages(&self, tx: &mut Tx, asked: &Asked) -> Result<Vec<MessageQuarter>, StoreError> {
        let hours = self.hours(tx, asked, metric::MESSAGES).await?;
        let quarter = |row: &HourRow| {
            let (direction, status) = row.word.split_once(' ')?;
            Some(MessageQuarter {
                channel: row.channel,
                direction: direction.parse().ok()?,
                status: status.parse().ok()?,
                at: begin_of(row.hour),
                count: row.count,
            })
        };
        let mut all: Vec<MessageQuarter> = hours.iter().filter_map(quarter).collect();
        for piece in &self.rows {
            all.extend(reports::messages(tx, piece).await?);
        }
        Ok(all)
    }
}

/// The hours of a range by the buckets that begin at `starts`: no hour belongs to two.
fn spans((first, last): (i64, i64), starts: &[DateTime<Utc>]) -> Vec<(i64, i64)> {
    let begins = starts.iter().map(|start| hour_of(*start).max(first));
    let ends = starts.iter().skip(1).map(|start| hour_of(*start)).chain(std::iter::once(last));
    begins.zip(ends).map(|(begin, end)| (begin, end.min(last))).filter(|(begin, end)| begin < end).collect()
}

fn team(row: &HourRow) -> Option<TeamId> {
    Some(row.team_id).filter(|id| !id.is_nil()).map(TeamId)
}
