//! Who works here, read from the database into one snapshot that every request looks at.

mod inbox;
mod keeper;
mod newcomer;
mod settings;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use patchbay_core::clock::Clock;
use patchbay_core::directory::{Directory, OnlineUsers, Team, User};
use patchbay_http::SharedDirectory;
use patchbay_store::directory::DirectoryRows;
use patchbay_store::{Db, StoreError, directory};

pub(crate) use inbox::provider_word;
pub use inbox::{Health, InboxProblem, health, inbox_of};
pub use keeper::DirectoryKeeper;
pub use newcomer::ensure_user;
pub(crate) use newcomer::{DEFAULT_CAPACITY, NO_PASSWORD};
pub(crate) use settings::MASK;
pub use settings::{InboxSettings, JwtIdentity, KeptSecret, SecretProblem, Triage};

use crate::Hub;

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
    read_with(db, clock, OnlineUsers::default()).await
}

async fn read_with(db: &Db, clock: &Clock, online: OnlineUsers) -> Result<Directory, StoreError> {
    let rows = {
        let mut tx = db.read().await?;
        directory::load(&mut tx, revoked_since(clock)).await?
    };
    Ok(tokio::task::spawn_blocking(move || build(rows, online))
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
        let fresh = read_with(db, clock, before.online.clone()).await?;
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
fn build(rows: DirectoryRows, online: OnlineUsers) -> Directory {
    let mut teams_of: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for membership in rows.memberships {
        teams_of.entry(membership.user_id).or_default().insert(membership.team_id);
    }
    let users = rows.users.into_iter().map(|row| {
        let teams = teams_of.remove(&row.id).unwrap_or_default();
        let user = User {
            id: row.id,
            full_name: row.full_name,
            role: row.role,
            is_active: row.is_active,
            capacity: row.max_concurrent_conversations,
            teams,
        };
        (user.id, user)
    });
    let teams = rows
        .teams
        .into_iter()
        .map(|row| (row.id, Team { id: row.id, slug: row.slug, name: row.name, is_active: row.is_active }));
    let inboxes = rows.inboxes.into_iter().map(|row| (row.id, Arc::new(inbox::from_row(row))));
    Directory {
        users: users.collect(),
        teams: teams.collect(),
        inboxes: inboxes.collect(),
        revoked_sessions: rows.revoked_sessions.into_iter().collect::<HashSet<_>>(),
        online,
    }
}
