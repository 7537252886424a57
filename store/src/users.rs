//! People who log in.

use chrono::{DateTime, Utc};
use patchbay_core::ids::{TeamId, UserId};
use patchbay_core::role::Role;

use crate::batch::Batch;
use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

record! {
    /// A user as stored. Does not leave the hub whole: it holds the password's hash.
    #[derive(Clone, Debug)]
    pub struct UserRow {
        /// Our id.
        pub id: UserId,
        /// Lower-case e-mail address.
        pub email: String,
        /// Name to show.
        pub full_name: String,
        /// Argon2id hash in PHC form; anything else lets nobody in.
        pub password_hash: String,
        /// What the user is allowed to be.
        pub role: Role,
        /// Deactivated users may do nothing.
        pub is_active: bool,
        /// How many conversations the user can hold at once.
        pub max_concurrent_conversations: i64,
        /// Grows with every change.
        pub version: i64,
        /// When it was created.
        pub created_at: DateTime<Utc>,
        /// When it last changed.
        pub updated_at: DateTime<Utc>,
    }
}

/// Which users a list shows.
#[derive(Clone, Debug, Default)]
pub struct UserFilter {
    /// Members of this team only.
    pub team: Option<TeamId>,
    /// Only this user and the members of these teams.
    pub colleagues_of: Option<(UserId, Vec<TeamId>)>,
    /// Of this role only.
    pub role: Option<Role>,
    /// Active or deactivated ones only.
    pub is_active: Option<bool>,
    /// Part of name or address, in lower case.
    pub text: Option<String>,
}

/// Stores a user. Error: [`StoreError::Duplicate`] when the address is taken.
pub async fn insert(tx: &mut Tx, row: &UserRow) -> Result<(), StoreError> {
    tx.query(
        "insert into users (id, email, full_name, password_hash, role, is_active, max_concurrent_conversations,
                version, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, 1, $8, $8)",
    )
    .bind(row.id)
    .bind(row.email.as_str())
    .bind(row.full_name.as_str())
    .bind(row.password_hash.as_str())
    .bind(row.role)
    .bind(row.is_active)
    .bind(row.max_concurrent_conversations)
    .bind(row.created_at)
    .execute()
    .await?;
    Ok(())
}

/// Stores a user unless id or address are taken. Tells whether it did; then the directory is read again after the commit.
pub async fn insert_if_new(tx: &mut Tx, row: &UserRow) -> Result<bool, StoreError> {
    let inserted = tx
        .query(
            "insert into users (id, email, full_name, password_hash, role, is_active, max_concurrent_conversations,
                    version, created_at, updated_at)
             values ($1, $2, $3, $4, $5, $6, $7, 1, $8, $8) on conflict do nothing",
        )
        .bind(row.id)
        .bind(row.email.as_str())
        .bind(row.full_name.as_str())
        .bind(row.password_hash.as_str())
        .bind(row.role)
        .bind(row.is_active)
        .bind(row.max_concurrent_conversations)
        .bind(row.created_at)
        .execute()
        .await?;
    if inserted == 1 {
        tx.touch_directory();
    }
    Ok(inserted == 1)
}

/// One user.
pub async fn by_id(tx: &mut Tx, id: UserId) -> Result<Option<UserRow>, StoreError> {
    tx.query(
        "select id, email, full_name, password_hash, role, is_active, max_concurrent_conversations, version,
                created_at, updated_at
         from users where id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// The user with a lower-case address.
pub async fn by_email(tx: &mut Tx, email: &str) -> Result<Option<UserRow>, StoreError> {
    tx.query(
        "select id, email, full_name, password_hash, role, is_active, max_concurrent_conversations, version,
                created_at, updated_at
         from users where email = $1",
    )
    .bind(email)
    .optional()
    .await
}

/// Users in the order of their creation, after `after`.
pub async fn page(
    tx: &mut Tx,
    filter: &UserFilter,
    after: Option<UserId>,
    limit: i64,
) -> Result<Vec<UserRow>, StoreError> {
    let pattern = filter.text.as_ref().map(|text| format!("%{}%", text.replace(['%', '_'], "")));
    let (colleague, teams) =
        filter.colleagues_of.clone().map_or((None, Vec::new()), |(user, teams)| (Some(user), teams));
    tx.query_for(
        "select u.id, u.email, u.full_name, u.password_hash, u.role, u.is_active, u.max_concurrent_conversations,
                u.version, u.created_at, u.updated_at
         from users u
         where ($1 is null or u.id > $1)
           and ($2 is null or exists (select 1 from team_memberships m where m.user_id = u.id and m.team_id = $2))
           and ($3 is null or u.id = $3
                or exists (select 1 from team_memberships m where m.user_id = u.id and m.team_id in (select unhex(value ->> 0) from json_each($4))))
           and ($5 is null or u.role = $5)
           and ($6 is null or u.is_active = $6)
           and ($7 is null or lower(u.full_name) like $7 or u.email like $7)
         order by u.id limit $8",
        "select u.id, u.email, u.full_name, u.password_hash, u.role, u.is_active, u.max_concurrent_conversations,
                u.version, u.created_at, u.updated_at
         from users u
         where ($1 is null or u.id > $1)
           and ($2 is null or exists (select 1 from team_memberships m where m.user_id = u.id and m.team_id = $2))
           and ($3 is null or u.id = $3
                or exists (select 1 from team_memberships m where m.user_id = u.id and m.team_id = any($4::uuid[])))
           and ($5 is null or u.role = $5)
           and ($6 is null or u.is_active = $6)
           and ($7 is null or lower(u.full_name) like $7 or u.email like $7)
         order by u.id limit $8",
    )
    .bind(after)
    .bind(filter.team)
    .bind(colleague)
    .bind_batch(Batch::new().ids(teams.iter().copied()))
    .bind(filter.role)
    .bind(filter.is_active)
    .bind(pattern)
    .bind(limit)
    .all()
    .await
}

/// Writes a user as it stands. Errors: [`StoreError::Conflict`] when it changed since it was read,
/// [`StoreError::Duplicate`] when the address is taken.
pub async fn update(tx: &mut Tx, row: &UserRow) -> Result<(), StoreError> {
    let changed = tx
        .query(
            "update users
             set email = $3, full_name = $4, password_hash = $5, role = $6, is_active = $7,
                 max_concurrent_conversations = $8, updated_at = $9, version = version + 1
             where id = $1 and version = $2",
        )
        .bind(row.id)
        .bind(row.version)
        .bind(row.email.as_str())
        .bind(row.full_name.as_str())
        .bind(row.password_hash.as_str())
        .bind(row.role)
        .bind(row.is_active)
        .bind(row.max_concurrent_conversations)
        .bind(row.updated_at)
        .execute()
        .await?;
    if changed == 1 { Ok(()) } else { Err(StoreError::Conflict) }
}

/// How many active users of a role there are beside `except`.
pub async fn count_active_of_role_except(tx: &mut Tx, role: Role, except: UserId) -> Result<i64, StoreError> {
    tx.query("select count(*) from users where role = $1 and is_active and id <> $2")
        .bind(role)
        .bind(except)
        .scalar()
        .await
}
