//! Follows the feed: in the transaction that moves the reader on, what happened becomes alerts. Nothing is lost and
//! nothing counts twice, whatever happens to the node.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use patchbay_core::Ctx;
use patchbay_core::alert::{AlertConditions, GroupField};
use patchbay_core::event::EventName;
use patchbay_store::alert_notifications::{self, Marks};
use patchbay_store::alert_rules::{self, AlertRuleRow};
use patchbay_store::feed::{self, Position, StoredEvent};
use patchbay_store::{StoreError, Tx, alerts};

use super::raise::raise;
use super::signal::{Heard, INBOX_UNHEALTHY, heard};
use super::{answers, change};
use crate::state::Hub;

const READER: &str = "alerts";
/// Events that are taken at once.
const BATCH: i64 = 200;
/// How often the place in the feed is written down while nothing happens: writing costs a commit.
const SAVE_EVERY: TimeDelta = TimeDelta::seconds(10);
/// How long what is known of who was told counts without a sign that it changed.
const FRESH: TimeDelta = TimeDelta::seconds(5);
/// What happened longer ago than this is no news to a hub that never had alerts.
const OLD_NEWS: TimeDelta = TimeDelta::hours(1);

/// A rule made ready.
pub(super) struct Rule {
    pub(super) row: AlertRuleRow,
    pub(super) when: AlertConditions,
    pub(super) group_by: Vec<GroupField>,
}

/// What is stored but not what this release writes never applies.
pub(super) fn ready(row: AlertRuleRow) -> Option<Rule> {
    let when = serde_json::from_value(row.conditions.clone()).ok()?;
    let group_by = serde_json::from_value(row.group_by.clone()).ok()?;
    Some(Rule { row, when, group_by })
}

/// What one look at the feed brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Nothing that concerns alerts.
    Nothing,
    /// So many events; there may be more.
    Some(usize),
}

/// Where this node is in the feed: as far as what is written down, or further when nothing there concerned alerts.
#[derive(Debug, Default)]
pub struct Reader {
    seen: Position,
    saved_at: Option<DateTime<Utc>>,
    known: Known,
}

/// What the reader knows of rules and of who was told, and what it knows it by.
#[derive(Default)]
struct Known {
    marks: Option<Marks>,
    read_at: Option<DateTime<Utc>>,
    rules: Arc<[Rule]>,
    told: Arc<HashSet<String>>,
}

/// Addresses do not print.
impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Known").field("marks", &self.marks).field("rules", &self.rules.len()).finish_non_exhaustive()
    }
}

impl Known {
    /// Reads what changed.
    async fn refresh(&mut self, tx: &mut Tx, now: DateTime<Utc>) -> Result<(), StoreError> {
        let marks = alert_notifications::marks(tx).await?;
        // The clocks of two nodes differ, and what was told goes out of date.
        let is_fresh = self.read_at.is_some_and(|at| now >= at && now - at < FRESH);
        if is_fresh && self.marks.as_ref() == Some(&marks) {
            return Ok(());
        }
        if self.marks.as_ref().is_none_or(|known| known.rules != marks.rules) {
            self.rules = alert_rules::in_force(tx).await?.into_iter().filter_map(ready).collect();
        }
        let told = alert_notifications::told_by_mail(tx, now - answers::ANSWERS_FOR).await?;
        self.told = Arc::new(told.into_iter().collect());
        (self.marks, self.read_at) = (Some(marks), Some(now));
        Ok(())
    }
}

impl Reader {
    /// Takes the next events that concern alerts.
    pub async fn take(&mut self, hub: &Hub) -> Result<Taken, StoreError> {
        let now = hub.gate.clock.now();
        let mut reading = hub.db.read().await?;
        let stored = feed::position_of(&mut reading, READER).await?;
        let from = self.seen.max(stored);
        self.known.refresh(&mut reading, now).await?;
        let (rules, told) = (Arc::clone(&self.known.rules), Arc::clone(&self.known.told));
        let mut names: BTreeSet<&str> =
            rules.iter().flat_map(|rule| rule.when.heard()).map(|name| name.as_str()).collect();
        // Whatever the rules say: an inbox that works again ends its alert.
        names.insert(EventName::InboxHealthChanged.as_str());
        if !told.is_empty() {
            names.insert(EventName::MessageReceived.as_str());
        }
        let names: Vec<&str> = names.into_iter().collect();
        let latest = feed::bounds(&mut reading).await?.latest;
        let mut events = feed::named_after(&mut reading, from, &names, BATCH).await?;
        drop(reading);
        let is_full = i64::try_from(events.len()) == Ok(BATCH);
        let end =
            events.last().map_or(latest, |event| if is_full { event.position } else { event.position.max(latest) });
        if end <= from {
            return Ok(Taken::Nothing);
        }
        // Messages from elsewhere answer nothing, and cost no commit.
        events.retain(|event| event.name != EventName::MessageReceived.as_str() || answers::may_answer(event, &told));
        if events.is_empty() {
            self.seen = end;
            if self.saved_at.is_none_or(|at| now - at >= SAVE_EVERY) {
                let mut tx = hub.db.begin().await?;
                feed::advance(&mut tx, READER, (stored, end), now).await?;
                tx.commit().await?;
                self.saved_at = Some(now);
            }
            return Ok(if is_full { Taken::Some(0) } else { Taken::Nothing });
        }
        let ctx = Ctx::system(now, READER);
        let mut tx = hub.db.begin().await?;
        if !feed::advance(&mut tx, READER, (stored, end), now).await? {
            // Another node took them.
            tx.rollback().await?;
            self.seen = Position::START;
            return Ok(Taken::Some(0));
        }
        for event in &events {
            if stored == Position::START && now - event.created_at > OLD_NEWS {
                continue;
            }
            take_one(&mut tx, &ctx, hub, &rules, event).await?;
        }
        tx.commit().await?;
        self.seen = end;
        self.saved_at = Some(now);
        Ok(Taken::Some(events.len()))
    }
}

async fn take_one(tx: &mut Tx, ctx: &Ctx, hub: &Hub, rules: &[Rule], event: &StoredEvent) -> Result<(), StoreError> {
    let directory = hub.gate.directory.load_full();
    if event.name == EventName::MessageReceived.as_str() {
        answers::take(tx, ctx, &directory, event).await?;
    }
    match heard(event) {
        Heard::Signal(signal) => {
            // The first rule that applies decides.
            if let Some(rule) = rules.iter().find(|rule| rule.when.fits(&signal)) {
                raise(tx, ctx, &directory, rule, &signal).await?;
            }
        }
        Heard::InboxWorks(inbox) => {
            for id in alerts::open_of_inbox(tx, inbox, INBOX_UNHEALTHY).await? {
                change::end(tx, ctx, &directory, id, "the inbox works again").await?;
            }
        }
        Heard::Nothing => {}
    }
    Ok(())
}
