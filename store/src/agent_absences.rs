//! Agents who had a page open and have none now, and since when.

use chrono::{DateTime, Utc};
use patchbay_core::ids::{ConversationId, TeamId, UserId};

use crate::batch::Batch;
use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

record! {
    /// Somebody who has a page open, or had one.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Person {
        /// Who.
        pub user_id: UserId,
        /// Since when they have none; null: they have one.
        pub since: Option<DateTime<Utc>>,
    }
}

/// Everybody who is there or left not long ago.
pub async fn all(tx: &mut Tx) -> Result<Vec<Person>, StoreError> {
    tx.query("select user_id, since from agent_absences order by user_id").all().await
}

/// Remembers who is there, or since when they are not. Those who are no users of ours are left out.
pub async fn put(tx: &mut Tx, users: &[UserId], since: Option<DateTime<Utc>>) -> Result<(), StoreError> {
    if users.is_empty() {
        return Ok(());
    }
    tx.query_for(
        "insert into agent_absences (user_id, since)
         select u.id, $2 from json_each($1) as batch join users u on u.id = unhex(batch.value ->> 0)
         where true
         on conflict (user_id) do update set since = excluded.since",
        "insert into agent_absences (user_id, since)
         select u.id, $2::timestamptz from users u where u.id = any($1::uuid[]) order by u.id
         on conflict (user_id) do update set since = excluded.since",
    )
    .bind_batch(Batch::new().ids(users.iter().copied()))
    .bind(since)
    .execute()
    .await
    .map(drop)
}

/// Forgets somebody who left then. `false`: they came back, or somebody else forgot them.
pub async fn forget(tx: &mut Tx, user: UserId, since: Option<DateTime<Utc>>) -> Result<bool, StoreError> {
    let gone = tx
        .query("delete from agent_absences where user_id = $1 and since = $2")
        .bind(user)
        .bind(since)
        .execute()
        .await?;
    Ok(gone == 1)
}

/// Open conversations of somebody in which a customer waits for them.
pub async fn waiting_for(tx: &mut Tx, user: UserId) -> Result<Vec<ConversationId>, StoreError> {
    tx.query(
        "select id from conversations
         where assigned_to = $1 and status <> 'closed' and status in ('assigned', 'pending_agent')
           and waiting_since is not null and snoozed_until is null
         order by id",
    )
    .bind(user)
    .column()
    .await
}

/// Open conversations of a team that somebody holds.
pub async fn held_of_team(tx: &mut Tx, user: UserId, team: TeamId) -> Result<Vec<ConversationId>, StoreError> {
    tx.query("select id from conversations where assigned_to = $1 and status <> 'closed' and team_id = $2 order by id")
        .bind(user)
        .bind(team)
        .column()
        .await
}
