//! Answers kept for later use, of a team or of everybody.

use chrono::{DateTime, Utc};
use patchbay_core::ids::{CannedResponseId, TeamId};

use crate::batch::Batch;
use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

record! {
    /// A canned response as stored.
    #[derive(Clone, Debug)]
    pub struct CannedResponseRow {
        /// Our id.
        pub id: CannedResponseId,
        /// Team it belongs to; none: everybody's.
        pub team_id: Option<TeamId>,
        /// What an agent types to get it, unique in its team.
        pub shortcut: String,
        /// What it is about.
        pub title: String,
        /// The answer.
        pub text: String,
        /// Deactivated ones are not offered.
        pub is_active: bool,
        /// Grows with every change.
        pub version: i64,
        /// When it was created.
        pub created_at: DateTime<Utc>,
        /// When it last changed.
        pub updated_at: DateTime<Utc>,
    }
}

/// Which canned responses a list shows.
#[derive(Clone, Debug, Default)]
pub struct CannedResponseFilter {
    /// Of this team and everybody's only.
    pub team: Option<TeamId>,
    /// Of these teams and everybody's only.
    pub teams: Option<Vec<TeamId>>,
    /// Active or deactivated ones only.
    pub is_active: Option<bool>,
    /// Part of shortcut, title or text, in lower case.
    pub text: Option<String>,
}

/// Stores a canned response. Error: [`StoreError::Duplicate`] when the shortcut is taken.
pub async fn insert(tx: &mut Tx, row: &CannedResponseRow) -> Result<(), StoreError> {
    tx.query(
        "insert into canned_responses (id, team_id, shortcut, title, text, is_active, version, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, 1, $7, $7)",
    )
    .bind(row.id)
    .bind(row.team_id)
    .bind(row.shortcut.as_str())
    .bind(row.title.as_str())
    .bind(row.text.as_str())
    .bind(row.is_active)
    .bind(row.created_at)
    .execute()
    .await?;
    Ok(())
}

/// One canned response.
pub async fn by_id(tx: &mut Tx, id: CannedResponseId) -> Result<Option<CannedResponseRow>, StoreError> {
    tx.query(
        "select id, team_id, shortcut, title, text, is_active, version, created_at, updated_at
         from canned_responses where id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// Canned responses in the order of their creation, after `after`.
pub async fn page(
    tx: &mut Tx,
    filter: &CannedResponseFilter,
    after: Option<CannedResponseId>,
    limit: i64,
) -> Result<Vec<CannedResponseRow>, StoreError> {
    let pattern = filter.text.as_ref().map(|text| format!("%{}%", text.replace(['%', '_'], "")));
    tx.query_for(
        "select c.id, c.team_id, c.shortcut, c.title, c.text, c.is_active, c.version, c.created_at, c.updated_at
         from canned_responses c
         where ($1 is null or c.id > $1)
           and ($2 is null or c.team_id is null or c.team_id = $2)
           and ($3 or c.team_id is null or c.team_id in (select unhex(value ->> 0) from json_each($4)))
           and ($5 is null or c.is_active = $5)
           and ($6 is null or lower(c.shortcut) like $6 or lower(c.title) like $6 or lower(c.text) like $6)
         order by c.id limit $7",
        "select c.id, c.team_id, c.shortcut, c.title, c.text, c.is_active, c.version, c.created_at, c.updated_at
         from canned_responses c
         where ($1 is null or c.id > $1)
           and ($2 is null or c.team_id is null or c.team_id = $2)
           and ($3 or c.team_id is null or c.team_id = any($4::uuid[]))
           and ($5 is null or c.is_active = $5)
           and ($6 is null or lower(c.shortcut) like $6 or lower(c.title) like $6 or lower(c.text) like $6)
         order by c.id limit $7",
    )
    .bind(after)
    .bind(filter.team)
    .bind(filter.teams.is_none())
    .bind_batch(Batch::new().ids(filter.teams.iter().flatten().copied()))
    .bind(filter.is_active)
    .bind(pattern)
    .bind(limit)
    .all()
    .await
}

/// Whether anything is stored yet.
pub async fn any(tx: &mut Tx) -> Result<bool, StoreError> {
    tx.query("select count(*) > 0 from canned_responses").scalar().await
}

/// Writes a canned response as it stands. Errors: [`StoreError::Conflict`] when it changed since it was read,
/// [`StoreError::Duplicate`] when the shortcut is taken.
pub async fn update(tx: &mut Tx, row: &CannedResponseRow) -> Result<(), StoreError> {
    let changed = tx
        .query(
            "update canned_responses
             set team_id = $3, shortcut = $4, title = $5, text = $6, is_active = $7, updated_at = $8,
                 version = version + 1
             where id = $1 and version = $2",
        )
        .bind(row.id)
        .bind(row.version)
        .bind(row.team_id)
        .bind(row.shortcut.as_str())
        .bind(row.title.as_str())
        .bind(row.text.as_str())
        .bind(row.is_active)
        .bind(row.updated_at)
        .execute()
        .await?;
    if changed == 1 { Ok(()) } else { Err(StoreError::Conflict) }
}
