//! Who works here, read from the database into one snapshot that every request looks at.

mod inbox;
mod keeper;
mod newcomer;
mod settings;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use patchbay_core::calendar::{Calendar, Opening};
use patchbay_core::clock::Clock;
use patchbay_core::directory::{Directory, OnlineUsers, Team, User};
use patchbay_core::routing::RuleSet;
use patchbay_http::SharedDirectory;
use patchbay_store::directory::{DirectoryRows, KnownTeam};
use patchbay_store::{Db, StoreError, directory};
use serde_json::Value;

pub(crate) use inbox::provider_word;
pub use inbox::{Health, InboxProblem, health, inbox_of};
pub use keeper::DirectoryKeeper;
pub use newcomer::ensure_user;
pub(crate) use newcomer::{DEFAULT_CAPACITY, NO_PASSWORD};
pub(crate) use settings::MASK;
pub use settings::{InboxSettings, JwtIdentity, KeptSecret, SecretProblem, Triage};

use crate::{Hub, service_levels, triage};

/// How long an access token of a login is good.
pub const ACCESS_TOKEN_LIFETIME: TimeDelta = TimeDelta::hours(8);
/// How long a revoked login is remembered: longer than any token made from it.
const REVOCATIONS_KEPT: TimeDelta = TimeDelta::hours(9);

/// Revocations before this need no remembering.
fn revoked_since(clock: &Clock) -> DateTime<Utc> {
    clock.now() - REVOCATIONS_KEPT
}

/// Reads the directory once, for a command that ends soon.
pub async fn read(db: &Db, clock: &Clock) -> Result<Directory, StoreError> {
    read_with(db, clock, &Directory::default()).await
}

/// `last`: the snapshot before; what did not change is taken over from it.
async fn read_with(db: &Db, clock: &Clock, last: &Directory) -> Result<Directory, StoreError> {
    let rows = {
        let mut tx = db.read().await?;
        directory::load(&mut tx, revoked_since(clock)).await?
    };
    let (online, routing) = (last.online.clone(), Arc::clone(&last.routing));
    Ok(tokio::task::spawn_blocking(move || build(rows, online, routing))
        .await
        .expect("building the directory neither panics nor is canceled"))
}

/// Reads the directory and puts it in place of the current one.
///
/// Several may do this at once. Each only replaces the snapshot it found before it began to read, else it reads again:
/// an older reading never stands in place of a newer one, and whoever committed something before calling this finds it in
/// the snapshot afterwards.
pub async fn refresh(db: &Db, shared: &SharedDirectory, clock: &Clock) -> Result<(), StoreError> {
    loop {
        let before = shared.load_full();
        let fresh = read_with(db, clock, &before).await?;
        let replaced = shared.compare_and_swap(&before, Arc::new(fresh));
        if Arc::ptr_eq(&replaced, &before) {
            return Ok(());
        }
    }
}

impl Hub {
    /// To be called after a commit that changed users, teams, memberships, inboxes or logins: this node knows at once,
    /// the others are told. A failure to read is left to the [`DirectoryKeeper`].
    pub async fn directory_changed(&self) {
        if let Err(error) = refresh(&self.db, &self.gate.directory, &self.gate.clock).await {
            tracing::warn!(error = %patchbay_http::Chain(&error), "the directory could not be read again yet");
        }
        self.db.signals().announce(patchbay_core::notice::Notice::DirectoryChanged);
    }
}

/// Reads secret files: blocks.
fn build(rows: DirectoryRows, online: OnlineUsers, routing: Arc<RuleSet>) -> Directory {
    let mut teams_of: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for membership in rows.memberships {
        teams_of.entry(membership.user_id).or_default().insert(membership.team_id);
    }
    let mut skills_of: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
    for row in rows.skills {
        skills_of.entry(row.user_id).or_default().insert(row.skill, row.proficiency);
    }
    let users = rows.users.into_iter().map(|row| {
        let skills = skills_of.remove(&row.id).unwrap_or_default();
        let teams = teams_of.remove(&row.id).unwrap_or_default();
        let user = User {
            id: row.id,
            full_name: row.full_name,
            role: row.role,
            is_active: row.is_active,
            capacity: row.max_concurrent_conversations,
            teams,
            skills,
        };
        (user.id, user)
    });
    let teams: BTreeMap<_, _> = rows.teams.into_iter().map(|row| (row.id, team(row))).collect();
    let sla = service_levels::policies_of(&rows.policies, &teams);
    let routing = triage::rules_of(&rows.rules, routing);
    let asks = |settings: &Value| settings.get("csat").and_then(Value::as_bool).unwrap_or(false);
    let asking = rows.inboxes.iter().filter(|row| row.is_active && asks(&row.settings)).map(|row| row.id).collect();
    let inboxes = rows.inboxes.into_iter().map(|row| (row.id, Arc::new(inbox::from_row(row))));
    Directory {
        users: users.collect(),
        teams,
        inboxes: inboxes.collect(),
        revoked_sessions: rows.revoked_sessions.into_iter().collect::<HashSet<_>>(),
        routing,
        asking,
        sla: Arc::new(sla),
        online,
    }
}

fn team(row: KnownTeam) -> Team {
    let calendar = calendar_of(&row.timezone, &row.business_hours, &row.holidays).map(Arc::new);
    Team {
        id: row.id,
        slug: row.slug,
        name: row.name,
        is_active: row.is_active,
        auto_assign: row.auto_assign,
        calendar,
    }
}

/// Business hours as they are stored; `None` when there are none.
pub(crate) fn calendar_of(timezone: &str, hours: &Value, holidays: &Value) -> Option<Calendar> {
    let openings: Vec<Opening> = serde_json::from_value(hours.clone()).ok()?;
    let holidays: Vec<NaiveDate> = serde_json::from_value(holidays.clone()).unwrap_or_default();
    Calendar::new(timezone, openings, holidays).ok().filter(Calendar::has_openings)
}
