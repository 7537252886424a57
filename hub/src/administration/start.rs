//! What must be there when the server starts: the standard teams, and the inboxes of the settings file.

use chrono::{DateTime, Utc};
use patchbay_core::ids::{InboxId, TeamId};
use patchbay_store::inboxes::{self, InboxRow};
use patchbay_store::teams::{self, TeamRow};
use patchbay_store::{Db, StoreError, Tx};

use super::inbox_rules::{account, check, clash};
use crate::directory::{InboxSettings, SecretProblem, provider_word};

/// Teams of a new installation, slug and name. Source: domain, entities.
pub const STANDARD_TEAMS: [(&str, &str); 4] =
    [("support", "Support"), ("sales", "Sales"), ("customer_service", "Customer service"), ("dispatch", "Dispatch")];

/// Team of an inbox that names none: its conversations must wait where somebody looks.
pub(super) const DEFAULT_TEAM: &str = "support";

/// Why the settings of the inboxes cannot be used. Each says in one line what to change.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A key does not fit.
    #[error("inbox {inbox}: {path}: {message}")]
    Misfit {
        /// The inbox.
        inbox: String,
        /// The key.
        path: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// Two inboxes have the same name.
    #[error("inbox {0}: the name is given twice")]
    NameTwice(String),
    /// A secret is not where it was said to be.
    #[error("inbox {inbox}: {key}: {problem}")]
    Secret {
        /// The inbox.
        inbox: String,
        /// The key.
        key: &'static str,
        /// What is wrong.
        problem: SecretProblem,
    },
    /// The account does not exist.
    #[error("inbox {0}: account: no such account")]
    NoSuchAccount(String),
    /// The store did not do it.
    #[error("the inboxes could not be stored")]
    Store(#[from] StoreError),
}

impl InboxSettings {
    /// Checks the settings of all inboxes, without the database: shapes, names, secret references. Reads secret files:
    /// blocks.
    pub fn check_all(inboxes: &[Self]) -> Result<(), StartError> {
        for (place, settings) in inboxes.iter().enumerate() {
            let inbox = || settings.name.clone();
            check(settings).map_err(|found| StartError::Misfit {
                inbox: inbox(),
                path: found.path,
                message: found.message,
            })?;
            if inboxes.iter().take(place).any(|earlier| earlier.name == settings.name) {
                return Err(StartError::NameTwice(inbox()));
            }
            for (key, secret) in settings.secrets() {
                secret.resolve().map_err(|problem| StartError::Secret { inbox: inbox(), key, problem })?;
            }
        }
        Ok(())
    }
}

/// Gives a new installation its teams. Does nothing when there are any.
pub async fn ensure_standard_teams(db: &Db, now: DateTime<Utc>) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    if teams::count(&mut tx).await? == 0 {
        for (slug, name) in STANDARD_TEAMS {
            teams::insert_if_new(&mut tx, &new_team(slug, name, now)).await?;
        }
    }
    tx.commit().await
}

/// Stores the inboxes of the settings file, by name: new ones are added, changed ones changed, others left alone. Teams
/// that they name are made. To be called before the directory is read for the first time.
pub async fn store_inboxes(db: &Db, inboxes: &[InboxSettings], now: DateTime<Utc>) -> Result<(), StartError> {
    let mut tx = db.begin().await?;
    let mut known = inboxes::all(&mut tx).await?;
    for settings in inboxes {
        let misfit = |found: super::inbox_rules::Misfit| StartError::Misfit {
            inbox: settings.name.clone(),
            path: found.path,
            message: found.message,
        };
        check(settings).map_err(misfit)?;
        if let Some(found) = known.iter().find_map(|other| clash(settings, other)) {
            return Err(misfit(found));
        }
        let named = settings.team.as_deref().unwrap_or(DEFAULT_TEAM);
        let team_id = Some(team_named(&mut tx, named, now).await?);
        let row = row_of(settings, team_id, account(settings).map_err(misfit)?, "settings", now);
        let stored = match known.iter_mut().find(|other| other.name == settings.name) {
            None => {
                let outcome = inboxes::insert(&mut tx, &row).await;
                known.push(row);
                outcome
            }
            Some(other) => {
                let row = InboxRow {
                    id: other.id,
                    version: other.version,
                    created_at: other.created_at,
                    // Somebody may have switched it off; the settings have no key for that.
                    is_active: other.is_active,
                    ..row
                };
                if is_same(&row, other) { Ok(()) } else { inboxes::update(&mut tx, &row).await }
            }
        };
        stored.map_err(|error| match error {
            StoreError::MissingReference => StartError::NoSuchAccount(settings.name.clone()),
            error => StartError::Store(error),
        })?;
    }
    tx.commit().await?;
    Ok(())
}

/// The row of new settings.
pub(super) fn row_of(
    settings: &InboxSettings,
    team_id: Option<TeamId>,
    account_id: Option<patchbay_core::ids::AccountId>,
    origin: &str,
    now: DateTime<Utc>,
) -> InboxRow {
    InboxRow {
        id: InboxId::new(),
        name: settings.name.clone(),
        channel: settings.channel,
        address: settings.address.clone().unwrap_or_default(),
        team_id,
        account_id,
        triage: settings.triage.to_string(),
        provider: provider_word(settings).to_owned(),
        settings: serde_json::to_value(settings).expect("settings are plain data"),
        origin: origin.to_owned(),
        is_active: true,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

pub(super) fn new_team(slug: &str, name: &str, now: DateTime<Utc>) -> TeamRow {
    TeamRow {
        id: TeamId::new(),
        slug: slug.to_owned(),
        name: name.to_owned(),
        timezone: "UTC".to_owned(),
        auto_assign: false,
        business_hours: serde_json::json!([]),
        holidays: serde_json::json!([]),
        is_active: true,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

async fn team_named(tx: &mut Tx, named: &str, now: DateTime<Utc>) -> Result<TeamId, StoreError> {
    let found = match named.parse::<TeamId>() {
        Ok(id) => teams::by_id(tx, id).await?,
        Err(_) => teams::by_slug(tx, named).await?,
    };
    if let Some(team) = found {
        return Ok(team.id);
    }
    let team = new_team(named, named, now);
    teams::insert(tx, &team).await?;
    Ok(team.id)
}

fn is_same(row: &InboxRow, other: &InboxRow) -> bool {
    row.channel == other.channel
        && row.address == other.address
        && row.team_id == other.team_id
        && row.account_id == other.account_id
        && row.triage == other.triage
        && row.provider == other.provider
        && row.settings == other.settings
        && row.origin == other.origin
}
