//! What giving out a queue asks: what waits, who holds how much, whose turn it is.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use patchbay_core::ids::{ConversationId, TeamId, UserId};

use crate::batch::Batch;
use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

record! {
    /// How much somebody holds, and since when they wait.
    #[derive(Clone, Copy, Debug)]
    pub struct Load {
        /// Who.
        pub user_id: UserId,
        /// Open conversations they hold.
        pub held: i64,
        /// When they last got one.
        pub assigned_at: Option<DateTime<Utc>>,
    }
}

record! {
    /// What somebody can do.
    #[derive(Clone, Debug)]
    pub struct SkillRow {
        /// Who.
        pub user_id: UserId,
        /// What.
        pub skill: String,
        /// How well, 1 to 5.
        pub proficiency: i64,
    }
}

/// What everybody can do.
pub async fn skills(tx: &mut Tx) -> Result<Vec<SkillRow>, StoreError> {
    tx.query("select user_id, skill, proficiency from agent_skills order by user_id, skill").all().await
}

/// The skills of one user, by name.
pub async fn skills_of(tx: &mut Tx, user: UserId) -> Result<BTreeMap<String, i64>, StoreError> {
    let rows: Vec<SkillRow> =
        tx.query("select user_id, skill, proficiency from agent_skills where user_id = $1").bind(user).all().await?;
    Ok(rows.into_iter().map(|row| (row.skill, row.proficiency)).collect())
}

/// Replaces what somebody can do.
pub async fn set_skills(tx: &mut Tx, user: UserId, skills: &[(String, i64)]) -> Result<(), StoreError> {
    tx.query("delete from agent_skills where user_id = $1").bind(user).execute().await?;
    for (skill, proficiency) in skills {
        tx.query("insert into agent_skills (user_id, skill, proficiency) values ($1, $2, $3)")
            .bind(user)
            .bind(skill.as_str())
            .bind(*proficiency)
            .execute()
            .await?;
    }
    Ok(())
}

/// Locks people until the transaction ends, always in the same order: nobody else gives them anything meanwhile.
pub async fn lock(tx: &mut Tx, users: &[UserId]) -> Result<(), StoreError> {
    tx.query_for(
        "select 1 from json_each($1) where false",
        "select 1 from users where id = any($1::uuid[]) order by id for update",
    )
    .bind_batch(Batch::new().ids(users.iter().copied()))
    .execute()
    .await
    .map(drop)
}

/// How much these people hold.
pub async fn loads(tx: &mut Tx, users: &[UserId]) -> Result<Vec<Load>, StoreError> {
    tx.query_for(
        "select u.id as user_id, t.assigned_at,
                (select count(*) from conversations v where v.assigned_to = u.id and v.status <> 'closed') as held
         from json_each($1) as batch join users u on u.id = unhex(batch.value ->> 0)
              left join assignment_turns t on t.user_id = u.id
         order by u.id",
        "select u.id as user_id, t.assigned_at,
                (select count(*) from conversations v where v.assigned_to = u.id and v.status <> 'closed') as held
         from users u left join assignment_turns t on t.user_id = u.id
         where u.id = any($1::uuid[])
         order by u.id",
    )
    .bind_batch(Batch::new().ids(users.iter().copied()))
    .all()
    .await
}

/// What waits in a team's queue: the most urgent first, then who waits longest. On PostgreSQL what somebody else works
/// on is left out, and the rest is locked until the transaction ends.
pub async fn waiting(tx: &mut Tx, team: TeamId, limit: i64) -> Result<Vec<ConversationId>, StoreError> {
    tx.query_for(
        "select id from conversations
         where team_id = $1 and status <> 'closed' and status = 'queued' and assigned_to is null and snoozed_until is null
         order by case priority when 'urgent' then 0 when 'high' then 1 when 'normal' then 2 else 3 end,
                  coalesce(waiting_since, created_at), id
         limit $2",
        "select id from conversations
         where team_id = $1 and status <> 'closed' and status = 'queued' and assigned_to is null and snoozed_until is null
         order by case priority when 'urgent' then 0 when 'high' then 1 when 'normal' then 2 else 3 end,
                  coalesce(waiting_since, created_at), id
         limit $2
         for update skip locked",
    )
    .bind(team)
    .bind(limit)
    .column()
    .await
}

/// Whether anything waits in one of these queues.
pub async fn any_waiting(tx: &mut Tx, teams: &[TeamId]) -> Result<bool, StoreError> {
    tx.query_for(
        "select exists (select 1 from conversations
                        where status <> 'closed' and status = 'queued' and assigned_to is null and snoozed_until is null
                          and team_id in (select unhex(value ->> 0) from json_each($1))) as found",
        "select exists (select 1 from conversations
                        where status <> 'closed' and status = 'queued' and assigned_to is null and snoozed_until is null
                          and team_id = any($1::uuid[])) as found",
    )
    .bind_batch(Batch::new().ids(teams.iter().copied()))
    .scalar()
    .await
}

/// Remembers that these people got something at `now`.
pub async fn took(tx: &mut Tx, users: &[UserId], now: DateTime<Utc>) -> Result<(), StoreError> {
    for user in users {
        tx.query(
            "insert into assignment_turns (user_id, assigned_at) values ($1, $2)
             on conflict (user_id) do update set assigned_at = excluded.assigned_at",
        )
        .bind(*user)
        .bind(now)
        .execute()
        .await?;
    }
    Ok(())
}
